"""A word or name to every place where a text mentions it, in the singular or plural, by any name of the glossary.

In English `women` is found as “woman”, not `arms` as “armed”; in Chinese 中国 is not found in 其中国家. Paragraphs
without a text in the language of the word are searched for what the dictionary calls it.
"""

import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.answering.names import READ, form_of, glossary_forms, index_terms, is_chinese
from rag.data import table
from rag.index import GLOSS, Index
from rag.lexicon import Entry, Lexicon, read_glossary
from rag.records import Language, Slice
from rag.text import Figure, character_pairs, figures, fold, symbols, term_en, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN, narrow

SHORT = 4  # characters up to which an abbreviation counts only in its own case: IT is no “it”
PHRASE = 4  # characters from which a form names one thing, so that what else that is called counts too
AMBIGUOUS = 3  # Chinese characters up to which a word may stand across two others
_MARKS = re.compile(r"[《》〈〉「」『』“”‘’\"]")
_ACRONYM = re.compile(r"[A-Z].{0,40}[A-Z0-9]")
_WORD = re.compile(rf"[^\W_{HAN}]+")
_SCRIPT = re.compile(rf"[{HAN}]+|[^{HAN}]+")
_BETWEEN = r"(?![.,]\s)[\s\-'’&/.,()]{1,2}"  # the words of a name
_ENDINGS = (("", "s"), ("s", ""), ("", "es"), ("es", ""), ("y", "ies"), ("ies", "y"))  # of one number → of the other
_COUNTED_ZH = re.compile(
    r"(?:多少|几)(?P<measure>[个次名国种人票件支届期场门套批把所家座位辆枚发处]?)(?P<noun>[^，。？?、,多少几]{0,6})"
)
_COUNTED_EN = re.compile(r"\b(?:how many|number of) (?P<noun>[\w-]{1,30}(?: [\w-]{1,30}){0,2})", re.IGNORECASE)
_BESIDE = {"zh": (6, 14), "en": (15, 45)}  # characters before and after a figure in which the thing counted is named


@dataclass(frozen=True)
class Term:
    """Something whose mentions are looked for."""

    written: str
    forms: tuple[str, ...]  # what it is called in either language
    foreign: tuple[str, ...] = ()  # what else it is called in the other one, by the dictionary
    missed: bool = False  # whether a text in the other one may mention it by a word that neither knows
    longer: re.Pattern[str] | None = None  # names of other things that have its name in them: South Sudan for Sudan

    def pattern(self, shown: Collection[Language]) -> re.Pattern[str]:
        """What finds it in the narrow texts of a paragraph that is shown in some languages."""
        return _any_of(self.forms if language_of(self.written) in shown else (*self.forms, *self.foreign))


def term_of(written: str, lexicon: Lexicon, translated: bool) -> Term:
    """What someone writes as a term with all its forms; `translated` where some text may need the dictionary."""
    language, forms = language_of(written), [written, *_forms(written, lexicon)]
    phrases = [form for form in forms if len(form) >= PHRASE if is_chinese(form) or " " in form]
    every = tuple(dict.fromkeys([*forms, *(form for phrase in phrases for form in _forms(phrase, lexicon))]))
    unnamed = translated and all(language_of(form) == language for form in every)
    foreign = lexicon.translations(written, language) if unnamed else []
    return Term(written, every, tuple(foreign), unnamed and not foreign, _longer(written, every, lexicon))


def _forms(name: str, lexicon: Lexicon) -> list[str]:
    """What the glossary calls the thing a name stands for, without what stands for others too."""
    meant = [entry for entry in lexicon.entries(name) if not _refers_back(name, entry)]
    first = [entry for entry in meant if _bare(name) in (_bare(entry.zh[0]), _bare(entry.en[0]))]
    said = [(form, entry) for entry in first or meant for form in (*entry.zh, *entry.en)]
    return [form for form, entry in said if not _refers_back(form, entry)]


def _refers_back(form: str, entry: Entry) -> bool:
    """Whether a form is short for a longer one, and may be for others: "the Office", "Council", 公约 of one convention.

    Not the short name of one thing: Tanzania.
    """
    bare, preferred = _bare(form), [_bare(entry.zh[0]), _bare(entry.en[0])]
    if bare.startswith("the "):  # whichever was named before
        return True
    short = len(bare) < AMBIGUOUS if is_chinese(bare) else " " not in bare
    if not short or bare in preferred or not any(name.endswith(bare) for name in preferred):
        return False
    return is_chinese(bare) or entry.en[0][:1].islower() or not preferred[1].endswith(f" of {bare}")


def _longer(written: str, forms: tuple[str, ...], lexicon: Lexicon) -> re.Pattern[str] | None:
    """What finds the names in the glossary of other things that a proper name is part of, the longest first."""
    if not any(entry.en[0][:1].isupper() for entry in lexicon.entries(written)):
        return None
    known, name = set(map(_bare, forms)), _any_of(forms)
    others = {form for entry in _proper_names() if not known & entry for form in entry if name.search(form)}
    longest_first = sorted(others, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if others else None


@cache
def _proper_names() -> Sequence[Set[str]]:
    rows = (entry for entry in read_glossary() if entry.en[0][:1].isupper())
    return [{_bare(form) for form in (*entry.zh, *entry.en)} for entry in rows]


def _bare(form: str) -> str:
    """A form narrow, in small letters and without marks."""
    return narrow(_MARKS.sub("", form)).lower()


def places_to_search(term: Term, index: Index) -> NDArray[np.int64]:
    """The places of the paragraphs that may mention a term, by the index's terms; no other does."""
    legs = [leg for (_, kind), leg in index.legs.items() if kind != GLOSS]
    needed = [_index_terms(form) for form in (*term.forms, *term.foreign)]
    return np.unique(np.concatenate([leg.having(terms) for terms in needed for leg in legs]))


def _index_terms(form: str) -> list[str]:
    """Index terms that stand in every paragraph that has a form; none for one that is indexed in other pieces."""
    pairs = [pair for run in re.findall(f"[{HAN}]{{2,}}", fold(form)) for pair in character_pairs(run)]
    return [] if symbols(form) else pairs or [term for term in terms_en(form) if term.isalpha()]


def mentions(text: str, pattern: re.Pattern[str], lexicon: Lexicon) -> list[Slice]:
    """The slices of a text that a pattern finds, in order; none across two Chinese words."""
    read = narrow(text)
    return [
        (start, end)
        for start, end in (found.span() for found in pattern.finditer(read))
        if end - start > AMBIGUOUS
        or not is_chinese(read[start])
        or lexicon.segmenter.is_read_together(read, start, end)
    ]


def longer_names(text: str, found: Sequence[Slice], term: Term) -> list[str]:
    """The longer names that mentions of a term in a text are part of; none unless all are."""
    others = [name.span() for name in term.longer.finditer(narrow(text))] if term.longer else []
    holding = [next((text[a:b] for a, b in others if a <= start and end <= b), "") for start, end in found]
    return holding if all(holding) else []


@lru_cache(maxsize=64)
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    """What finds any of some forms, the longest that fits."""
    shapes = "|".join(map(_shape, sorted(set(forms), key=lambda form: (-len(form), form))))
    begin = "".join(re.sub(r"^\W+", "", each)[:1] + _MARKS.sub("", each)[:1] for each in map(narrow, forms))
    return re.compile(
        f"(?=[{re.escape(begin + begin.swapcase())}])(?:{shapes})"
    )  # the first sign alone: ten times faster


def _shape(form: str) -> str:
    """A form whose Latin words may be singular or plural, and no part of others; a short abbreviation in its own case.

    In a Chinese one blanks may stand where it meets digits or Latin letters, which printers part or do not.
    """
    signs, case = narrow(form), "i"
    words = _WORD.findall(signs)
    if is_chinese(signs):
        signs = "".join(_MARKS.sub("", signs).split())
        shape = r"\s?".join(map(re.escape, _SCRIPT.findall(signs)))
    elif not words or (len(form) <= SHORT and _ACRONYM.fullmatch(form)):
        shape, case = re.escape(form) + "s?", ""
    else:
        shape = _BETWEEN.join(
            f"(?:{'|'.join(sorted(singular_and_plural(word.lower()), reverse=True))})" for word in words
        )
    before = "" if is_chinese(signs[0]) else rf"(?<![^\W_{HAN}])"
    after = "" if is_chinese(signs[-1]) else rf"(?![^\W_{HAN}])"
    return f"(?{case}:{before}{shape}{after})"


@cache
def singular_and_plural(word: str) -> frozenset[str]:
    """An English word in the singular and the plural, in every spelling that the index holds for one.

    >>> {"country", "countries"} <= singular_and_plural("countries"), "woman" in singular_and_plural("women")
    (True, True)
    """
    same = table("text.toml")["same_word"]
    singular = same.get(word, word)
    written = {word, singular, *(other for other, one in same.items() if one == singular)}
    written |= {
        each.removesuffix(ending) + other for each in written for ending, other in _ENDINGS if each.endswith(ending)
    }
    return frozenset(each for each in written if term_en(each) == term_en(word))


# What a question counts, and the figures of a text that stand beside it


def counted_in(question: str, lexicon: Lexicon, translated: bool, words_of: int = 2) -> tuple[str, tuple[str, ...]]:
    """The measure word and the forms of the thing whose number a question asks for; none where it is not said.

    The thing is one of the first words after the question word, the second perhaps a verb already.
    """
    zh, en = _COUNTED_ZH.search(question), _COUNTED_EN.search(question)
    if zh:
        words = [word for word in lexicon.segmenter.cut(zh["noun"]) if lexicon.terms(word, "zh")]
    else:
        words = [word for word in (en["noun"].split() if en else []) if terms_en(word)]
    forms: list[str] = []
    for word in words[:words_of]:
        entry = glossary_forms().get(form_of(word)) or glossary_forms().get(word)
        other = lexicon.gloss_terms(word, "zh" if zh else "en") if translated else []
        forms += [form_of(word), *(entry[0] if entry else ()), *map(form_of, other)]
    return (zh["measure"] if zh else ""), tuple(form for form in dict.fromkeys(forms) if form.strip())


def stands_beside(figure: Figure, text: str, measure: str, counted: Sequence[str]) -> bool:
    """Whether a figure has its measure word, or a form of the thing counted near it."""
    if measure not in ("", "个") and measure in text[figure.end : figure.end + 3]:
        return True
    before, after = _BESIDE[language_of(text)]
    beside = text[max(0, figure.start - before) : figure.end + after]
    chinese, terms = fold(beside), index_terms(beside)
    return any(form in (chinese if is_chinese(form) else terms) for form in counted)


@lru_cache(maxsize=READ)
def figures_of(text: str) -> Sequence[Figure]:
    """The figures in a text, read once."""
    return figures(text)
