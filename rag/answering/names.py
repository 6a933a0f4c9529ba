"""What a question names (countries, bodies, treaties, acronyms, years, ordinals, symbols), in every form it may have.

A form in Chinese is folded; any other stands as its index terms, each between blanks, so that only whole words match.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rag.index import Index
from rag.index.views import whole_text
from rag.lexicon import Lexicon, read_glossary
from rag.records import Filters, Language, Paragraph, Report
from rag.text import figures, fold, foreign, symbols, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN, fold_with_offsets
from rag.text.numerals import ordinal_en, write_chinese

COMMON = 0.25  # what a common noun counts beside a name, as it may be said in other words: chosen on dev
LONGEST = 20  # characters or words of a name
READ = 4096  # texts whose reading is kept: the paragraphs and names of some hundred questions
_WORD = re.compile(r"[A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}(?:['’&./-][A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}){0,5}", re.ASCII)
_POSSESSIVE = re.compile(r"['’]s$")
_ACRONYM = re.compile(r"[A-Z].{0,40}[A-Z0-9]")
_BEGINS = re.compile(r"(?:^|[.?!:;“”\"(]) {0,3}$")  # what stands before a word that begins a sentence
_TITLE_MARKS = re.compile(r"[《》〈〉“”\"「」]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SHORT = 4  # characters up to which an abbreviation counts only in its own case: IT is no ITI
Forms = tuple[tuple[str, ...], bool]  # the forms of a name, and whether it is a proper one


@dataclass(frozen=True, slots=True)
class Name:
    """Something a question names, as it writes it, with every form it may stand in."""

    written: str
    forms: tuple[str, ...]  # Chinese ones folded; others as index terms, each between blanks
    weight: float  # its rarity; less for a common noun


@dataclass(frozen=True, slots=True)
class Said:
    """What a paragraph says in all its languages, with what its report is known by."""

    chinese: str  # folded
    terms: str  # index terms in Latin letters and digits, each between blanks

    def has(self, name: Name) -> bool:
        """Whether any form of a name stands in it."""
        return any(form in (self.chinese if is_chinese(form) else self.terms) for form in name.forms)


def names(question: str, index: Index, lexicon: Lexicon, translated: bool = True) -> list[Name]:
    """What a question names: glossary terms, names, acronyms, symbols, years, and ordinals from the second on.

    A Latin name is looked up in Chinese too where it is to be translated: that reads the dictionary, seconds when cold.
    """
    found: dict[str, Forms] = {}
    plain = question
    for symbol in symbols(question):
        written = question[symbol.start : symbol.end]
        found[written] = ((f" {symbol.stem} ",), True)
        plain = plain.replace(written, " " * len(written))
    if not foreign(question):  # what a third language calls something says nothing of what is called so here
        found |= dict(_latin_names(plain, lexicon, translated))
        found |= dict(_chinese_names(plain, lexicon)) if language_of(question) == "zh" else {}
    for figure in figures(plain):
        if figure.kind == "ordinal" and figure.value > 1 and figure.value.denominator == 1:
            found[figure.text] = (_ordinal(int(figure.value)), True)
    found |= {year: ((f" {year} ",), True) for year in _YEAR.findall(plain)}
    return [
        Name(written, forms, _rarity(forms, index, lexicon) * (1.0 if proper else COMMON))
        for written, (forms, proper) in found.items()
    ]


def _chinese_names(text: str, lexicon: Lexicon) -> Iterator[tuple[str, Forms]]:
    """Glossary terms in a Chinese question, the longest first, then words that English writes with a capital."""
    glossary, (folded, offsets), start = glossary_forms(), fold_with_offsets(text), 0
    taken = ""
    while start < len(folded):
        ends = range(min(len(folded), start + LONGEST), start + 1, -1)
        end = next((end for end in ends if folded[start:end] in glossary and is_chinese(folded[start:end])), None)
        if end:
            yield text[offsets[start] : offsets[end - 1] + 1], glossary[folded[start:end]]
            taken += folded[start:end] + " "
        start = end or start + 1
    for word in lexicon.segmenter.cut(text):
        means = is_chinese(word) and word not in taken and lexicon.terms(word, "zh")
        senses = lexicon.gloss_senses(word) if means else []
        at = folded.find(word)
        if senses and senses[0][:1].isupper() and at >= 0:
            yield text[offsets[at] : offsets[at + len(word) - 1] + 1], ((word, *map(index_terms, senses[:2])), True)


def _latin_names(text: str, lexicon: Lexicon, translated: bool) -> Iterator[tuple[str, Forms]]:
    """Glossary terms, acronyms and capitalised words; in a Chinese question every word in Latin letters is a name."""
    words = [match for match in _WORD.finditer(text) if re.search("[A-Za-z]", match.group())]
    terms = [index_terms(_POSSESSIVE.sub("", word.group())).split() for word in words]
    in_english, glossary, start = language_of(text) == "en", glossary_forms(), 0
    while start < len(words):
        first, longest = words[start], LONGEST if in_english and terms[start] else 1
        alone = _POSSESSIVE.sub("", first.group())
        ends = [end for end in range(start + 1, min(len(words), start + longest) + 1) if terms[end - 1]]
        known = [(end, glossary[key]) for end in ends if (key := _joined(terms[start:end])) in glossary]
        begins = bool(_BEGINS.search(text, max(0, first.start() - 4), first.start()))
        capital = bool(_ACRONYM.search(alone)) or (alone[:1].isupper() and not begins)
        end, entry = known[-1] if known else (start + 1, glossary.get(alone))
        if entry:
            yield _POSSESSIVE.sub("", text[first.start() : words[end - 1].end()]), entry
        elif (capital or not in_english) and terms[start]:
            yield alone, ((index_terms(alone), *(_in_other_words(alone, lexicon) if translated else ())), True)
        start = end


def _joined(terms: Sequence[Sequence[str]]) -> str:
    return f" {' '.join(term for of_word in terms for term in of_word)} "


def _in_other_words(written: str, lexicon: Lexicon) -> list[str]:
    """The Chinese words for an English one, without single characters, which stand in too many others."""
    return [term for term in lexicon.gloss_terms(written, "en") if len(term) > 1 and is_chinese(term)]


@cache
def glossary_forms() -> Mapping[str, Forms]:
    """Each form of the glossary to all forms of its entries.

    A Chinese form is folded, an English one stands as its index terms, a short abbreviation as it is written.
    """
    found: dict[str, Forms] = {}
    for entry in read_glossary():
        written = (*entry.zh, *entry.en)
        forms = tuple(map(form_of, written))
        for form, key in zip(written, forms, strict=True):
            short = len(form) <= _SHORT and form.isascii() and bool(_ACRONYM.search(form))
            known, proper = found.get(form if short else key, ((), entry.en[0][:1].isupper()))
            found[form if short else key] = (tuple(dict.fromkeys((*known, *forms))), proper)
    return found


def form_of(written: str) -> str:
    """A name as it is looked for."""
    return _folded(_TITLE_MARKS.sub("", written)) if language_of(written) == "zh" else index_terms(written)


@lru_cache(maxsize=READ)
def index_terms(text: str) -> str:
    """The index terms of a text, each between blanks."""
    return f" {' '.join(terms_en(text))} "


@lru_cache(maxsize=READ)
def _folded(text: str) -> str:
    return fold(text)


def is_chinese(form: str) -> bool:
    """Whether a form is a Chinese one."""
    return bool(re.search(f"[{HAN}]", form))


def _ordinal(value: int) -> tuple[str, ...]:
    return (f"第{write_chinese(value)}", f"第{value}", index_terms(ordinal_en(value)))


def _rarity(forms: Sequence[str], index: Index, lexicon: Lexicon) -> float:
    """The inverse document frequency of a name: that of its commonest form, each as rare as its rarest term."""
    rarities = []
    for form in forms:
        of: Language = "zh" if is_chinese(form) else "en"
        leg = index.leg(of)
        terms = lexicon.terms(form, "zh") if of == "zh" else form.split()
        if leg and terms:
            rarities.append(max(leg.rarity(term) for term in terms))
    return min(rarities, default=1.0)


def read_paragraph(paragraph: Paragraph, report: Report, filters: Filters) -> Said:
    """What a paragraph says in the languages a reader is shown, with its headings and what its report is known by."""
    known = [report.id, report.symbol or "", report.short_title, report.body, report.session, report.period]
    known += [*report.aliases, *report.titles.values(), report.date[:4], *map(str, report.years)]
    headings = [*paragraph.headings, *(h for each in paragraph.translations.values() for h in each.headings)]
    texts = [*texts_of(paragraph, filters), "\n".join([*headings, *known])]
    chinese = "\n".join(_folded(text) for text in texts if language_of(text) == "zh")
    return Said(chinese, "".join(map(index_terms, texts)))


def texts_of(paragraph: Paragraph, filters: Filters) -> list[str]:
    """What a paragraph says in each language a reader is shown, and its footnotes."""
    spoken = paragraph.languages(filters.renderings)
    return [whole_text(paragraph, of) for of in spoken] + [note.text for note in paragraph.footnotes]
