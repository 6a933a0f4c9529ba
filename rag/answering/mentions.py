"""A word or name to every place where a paragraph mentions it: in the singular or plural, by any name of the glossary.

In English `women` is found as “woman”, not `arms` as “armed”; in Chinese 中国 is not found in 其中国家. Paragraphs
without a text in the language of the word are searched for what the dictionary calls it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.data import table
from rag.index import GLOSS, Index
from rag.lexicon import Entry, Lexicon, read_glossary
from rag.records import Language, Paragraph, Slice
from rag.text import character_pairs, fold, symbols, term_en, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN, narrow

SHORT = 4  # characters up to which an abbreviation counts only in its own case: IT is no “it”
PHRASE = 4  # characters from which a form names one thing, so that what else that is called counts too
AMBIGUOUS = 3  # Chinese characters up to which a word may stand across two others
_HAN = re.compile(f"[{HAN}]")
_MARKS = re.compile(r"[《》〈〉「」『』“”‘’\"]")
_ACRONYM = re.compile(r"[A-Z].{0,40}[A-Z0-9]")
_WORD = re.compile(rf"[^\W_{HAN}]+")
_SIBILANT = re.compile(r"(?:s|x|z|ch|sh)$")
_BETWEEN = r"(?![.,]\s)[\s\-'’&/.,()]{1,2}"  # the words of a name
_BACK_REFERENCE = re.compile(r"the \S", re.IGNORECASE)  # "the Office": whichever was named before
_NO_LETTER = (r"(?<![^\W_" + HAN + r"])", r"(?![^\W_" + HAN + r"])")


@dataclass(frozen=True)
class Term:
    """Something whose mentions are looked for."""

    written: str
    forms: tuple[str, ...]  # what it is called in either language
    foreign: tuple[str, ...] = ()  # what else it is called in the other one, by the dictionary
    longer: tuple[str, ...] = ()  # names of other things that have its name in them: South Sudan for Sudan

    @property
    def language(self) -> Language:
        """The language it is written in."""
        return language_of(self.written)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds it in a narrow text."""
        return _pattern(self.forms)

    @cached_property
    def foreign_pattern(self) -> re.Pattern[str]:
        """The same for a paragraph that has no text in its language."""
        return _pattern((*self.forms, *self.foreign))


def term_of(written: str, lexicon: Lexicon, translated: bool) -> Term:
    """What someone writes as a term with all its forms; `translated` where some text may need the dictionary."""
    forms = [written, *_forms(written, lexicon)]
    phrases = [form for form in forms if len(form) >= PHRASE if _HAN.search(form) or " " in form]
    forms += [form for phrase in phrases for form in _forms(phrase, lexicon)]
    other = [form for form in forms if language_of(form) != language_of(written)]
    foreign = lexicon.translations(written, language_of(written)) if translated and not other else []
    return Term(written, tuple(dict.fromkeys(forms)), tuple(foreign), _longer(written, forms, lexicon))


def _forms(name: str, lexicon: Lexicon) -> list[str]:
    """What the glossary calls the thing a name stands for, without what stands for others too."""
    meant = [entry for entry in lexicon.entries(name) if not _refers_back(name, entry, lexicon)]
    first = [entry for entry in meant if _bare(name) in (_bare(entry.zh[0]), _bare(entry.en[0]))]
    said = [(form, entry) for entry in first or meant for form in (*entry.zh, *entry.en)]
    return [form for form, entry in said if not _refers_back(form, entry, lexicon)]


def _longer(written: str, forms: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    """The names in the glossary of other things that a proper name is part of, in small letters, the longest first."""
    if not any(entry.en[0][:1].isupper() for entry in lexicon.entries(written)):
        return ()
    known, name = {_bare(form) for form in forms}, _pattern(forms)
    others = {form for entry in _proper() if not known & (of_entry := _names(entry)) for form in of_entry}
    return tuple(sorted(filter(name.search, others), key=len, reverse=True))


@cache
def _proper() -> Sequence[Entry]:
    return [entry for entry in read_glossary() if entry.en[0][:1].isupper()]


@cache
def _names(entry: Entry) -> frozenset[str]:
    """The forms of an entry in small letters, without marks."""
    return frozenset(narrow(_bare(form)) for form in (*entry.zh, *entry.en))


def _refers_back(form: str, entry: Entry, lexicon: Lexicon) -> bool:
    """Whether a form is short for a longer one, and may be for others: "the Office", "Council", 公约 of one convention.

    Not the short name of one thing: Tanzania.
    """
    if _BACK_REFERENCE.match(form):
        return True
    bare, preferred = _bare(form), {_bare(entry.zh[0]), _bare(entry.en[0])}
    chinese = bool(_HAN.search(bare))
    short = len(bare) < AMBIGUOUS if chinese else " " not in bare
    if not short or bare in preferred or not any(name.endswith(bare) for name in preferred):
        return False
    if chinese:  # a name has a capital in the dictionary
        return all(sense.islower() for sense in lexicon.gloss_senses(bare)[:1])
    return entry.en[0][:1].islower() or sum(name.endswith(bare) for name in _preferred()) > 1


def _bare(form: str) -> str:
    return _MARKS.sub("", form).lower()


@cache
def _preferred() -> frozenset[str]:
    """The preferred forms of the glossary, in small letters, without marks."""
    return frozenset(_bare(form) for entry in read_glossary() for form in (entry.zh[0], entry.en[0]))


def places_to_search(term: Term, index: Index, lexicon: Lexicon) -> NDArray[np.int64]:
    """The places of the paragraphs that may mention a term, by the index's terms; no other does."""
    found = np.zeros(len(index.paragraphs), dtype=bool)
    for form in (*term.forms, *term.foreign):
        needed = _index_terms(form)
        for (_, kind), leg in index.legs.items():
            if kind != GLOSS:
                found[leg.having(needed)] = True
    return np.flatnonzero(found)


def _index_terms(form: str) -> list[str]:
    """Index terms that stand in every paragraph that has a form; none for one that is indexed in other pieces."""
    if symbols(form):
        return []
    if _HAN.search(form):
        runs = re.findall(f"[{HAN}]{{2,}}", fold(form))
        return [pair for run in runs for pair in character_pairs(run)]
    return [term for term in terms_en(form) if term.isalpha()]


def mentions(text: str, pattern: re.Pattern[str], lexicon: Lexicon) -> list[Slice]:
    """The slices of a text that a pattern finds, in order."""
    read = narrow(text)
    return [found.span() for found in pattern.finditer(read) if _is_said(read, found.span(), lexicon)]


def longer_names(text: str, found: Sequence[Slice], term: Term) -> list[str]:
    """The longer names that mentions of a term in a text are part of; none unless all are."""
    if not term.longer or not found:
        return []
    read = narrow(text).lower()
    around = [next(filter(None, (_holding(read, name, each) for name in term.longer)), None) for each in found]
    return [text[start:end] for start, end in filter(None, around)] if all(around) else []


def _holding(text: str, name: str, part: Slice) -> Slice | None:
    """Where a name stands in a text so that it holds a part of it."""
    at = text.find(name, max(0, part[1] - len(name)), part[0] + len(name))
    return (at, at + len(name)) if 0 <= at <= part[0] else None


def _is_said(text: str, found: Slice, lexicon: Lexicon) -> bool:
    start, end = found
    if end - start > AMBIGUOUS or not _HAN.match(text, start):
        return True
    return lexicon.segmenter.is_read_together(text, start, end)


def pattern_for(term: Term, paragraph: Paragraph, shown: Iterable[Language]) -> re.Pattern[str]:
    """What finds a term in a paragraph that a reader is shown in some languages."""
    return term.pattern if not term.foreign or term.language in shown else term.foreign_pattern


def _pattern(forms: Sequence[str]) -> re.Pattern[str]:
    """Any of some forms, the longest that fits."""
    longest_first = sorted(dict.fromkeys(forms), key=len, reverse=True)
    return re.compile("|".join(_chinese(form) if _HAN.search(form) else _latin(form) for form in longest_first))


def _chinese(form: str) -> str:
    """A form with blanks allowed where Chinese meets digits or Latin letters, which printers part or do not."""
    signs = "".join(narrow(_MARKS.sub("", form)).split())
    shape = re.escape(signs[0])
    for before, sign in pairwise(signs):
        shape += (r"\s?" if bool(_HAN.match(before)) != bool(_HAN.match(sign)) else "") + re.escape(sign)
    before, after = ("" if _HAN.match(signs[0]) else _NO_LETTER[0]), ("" if _HAN.match(signs[-1]) else _NO_LETTER[1])
    return f"(?i:{before}{shape}{after})"


def _latin(form: str) -> str:
    """A form whose words may be singular or plural; a short abbreviation in its own case."""
    words = _WORD.findall(narrow(form))
    if not words:
        return re.escape(form)
    if len(form) <= SHORT and _ACRONYM.fullmatch(form):
        return f"{_NO_LETTER[0]}{re.escape(form)}s?{_NO_LETTER[1]}"
    shapes = [
        "|".join(map(re.escape, sorted(singular_and_plural(word.lower()), key=len, reverse=True))) for word in words
    ]
    return f"(?i:{_NO_LETTER[0]}{_BETWEEN.join(f'(?:{shape})' for shape in shapes)}{_NO_LETTER[1]})"


@cache
def singular_and_plural(word: str) -> frozenset[str]:
    """An English word in the singular and the plural, in every spelling that the index holds for one.

    >>> sorted(singular_and_plural("countries")), sorted(singular_and_plural("women"))
    (['countries', 'country'], ['woman', 'women'])
    """
    same = table("text.toml")["same_word"]
    singulars = {word, same.get(word, word)}
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        singulars |= {word[:-1], *([word[:-3] + "y"] if word.endswith("ies") else [])}
        singulars |= {word[:-2]} if word.endswith("es") and _SIBILANT.search(word[:-2]) else set()
    known = {each for each in singulars if term_en(each) == term_en(word)}
    known |= {other for other, one in same.items() if one in known}
    return frozenset(
        known | {plural for each in known if (plural := _plural(each)) and term_en(plural) == term_en(word)}
    )


def _plural(word: str) -> str:
    """The regular plural of a word of letters."""
    if len(word) < 3 or not word.isalpha():
        return ""
    if word[-1] == "y" and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if _SIBILANT.search(word) else "s")
