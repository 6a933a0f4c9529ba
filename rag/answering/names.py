"""What a question names (a country, an organ, a treaty, a person, a year, a document), in every form it may have.

Only what names one thing can tell that a paragraph is about something else: a common noun may be said in other words.
A form in Chinese is folded; any other stands as its index terms, each between blanks, so that only whole words match.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rag.data import table
from rag.index import Index
from rag.index.views import whole_text
from rag.lexicon import Lexicon, read_glossary
from rag.question import pattern
from rag.records import Filters, Language, Paragraph, Report
from rag.text import figures, fold, foreign, symbols, term_en, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN, fold_with_offsets
from rag.text.numerals import ordinal_en, write_chinese

LONGEST = 20  # characters or words of a name
READ = 4096  # texts whose reading is kept: the paragraphs and names of some hundred questions
_WORD = re.compile(r"[A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}(?:['’&.-][A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}){0,5}", re.ASCII)
_POSSESSIVE = re.compile(r"['’]s$")
_ACRONYM = re.compile(r"[A-Z].{0,40}[A-Z0-9]")
_BEGINS = re.compile(r"(?:^|[.?!:;“”\"(]) {0,3}$")  # what stands before a word that begins a sentence
_JOINS = re.compile(r" (?:(?:of|for|on|the) ){0,2}")  # what may stand between two words of one name
_CAPITALS = re.compile(r"\b[A-Z][\w’'-]*(?:[ -](?:(?:of|for|on|the|and|in|to|against) ){0,2}[A-Z][\w’'-]*){1,7}")
_TITLE_MARKS = re.compile(r"[《》〈〉“”\"「」]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SHORT = 4  # characters up to which an abbreviation counts only in its own case: IT is no ITI
_PEOPLE = ("n", "an", "ian", "ese", "i", "ish")  # what makes of a country its people: Kenya, Kenyan
_LEAST_COUNTRY = 4  # letters of a country before such an ending
Forms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """Something a question names, as it writes it, with every form it may stand in."""

    written: str
    forms: Forms  # Chinese ones folded; others as index terms, each between blanks
    weight: float  # its rarity
    words: Forms = ()  # of a name of several words: a paragraph that has them all has it too


@dataclass(frozen=True, slots=True)
class Said:
    """What a paragraph says in all its languages, with what its report is known by."""

    chinese: str  # folded
    terms: str  # index terms in Latin letters and digits, each between blanks
    languages: frozenset[str] = frozenset({"zh", "en"})  # it is written in

    def has(self, name: Name) -> bool:
        """Whether any form of a name, or all its words, stand in it."""
        there = any(form in (self.chinese if is_chinese(form) else self.terms) for form in name.forms)
        return there or (bool(name.words) and all(word in self.terms for word in name.words))

    def tells(self, name: Name) -> bool:
        """Whether it would have the name if it were about it: a form of it is known in a language it is written in."""
        return any(not (of := _language_of_form(form)) or of in self.languages for form in name.forms)


def names(question: str, index: Index, lexicon: Lexicon, translated: bool = True) -> list[Name]:
    """What a question names: names, acronyms, symbols, years, and ordinals from the second on.

    A Latin name is looked up in Chinese too where it is to be translated: that reads the dictionary, seconds when cold.
    """
    found: dict[str, Forms] = {}
    plain = question
    for symbol in symbols(question):
        written = question[symbol.start : symbol.end]
        found[written] = (f" {symbol.stem} ",)
        plain = plain.replace(written, " " * len(written))
    if not foreign(question):  # what a third language calls something says nothing of what is called so here
        found |= dict(_latin_names(plain, lexicon, translated))
        found |= dict(_chinese_names(plain, lexicon)) if language_of(question) == "zh" else {}
    for figure in figures(plain):
        counts = pattern("counted_by").match(plain, figure.end)  # "the twentieth anniversary" may stand as 20 years
        if figure.kind == "ordinal" and figure.value > 1 and figure.value.denominator == 1 and not counts:
            found[figure.text] = _ordinal(int(figure.value))
    found |= {year: (f" {year} ",) for year in _YEAR.findall(plain)}
    return [Name(each, forms, _rarity(forms, index, lexicon), _words(each)) for each, forms in found.items()]


def _words(written: str) -> Forms:
    """The words of a name of several in Latin letters, as it is looked for."""
    words = written.split(" ") if not is_chinese(written) else []
    return tuple(form for form in map(index_terms, words) if form.strip()) if len(words) > 1 else ()


def _chinese_names(text: str, lexicon: Lexicon) -> Iterator[tuple[str, Forms]]:
    """Names of the glossary in a Chinese question, the longest first, then words that English writes with a capital."""
    glossary, (folded, offsets), start = glossary_forms(), fold_with_offsets(text), 0
    taken = ""
    while start < len(folded):
        ends = range(min(len(folded), start + LONGEST), start + 1, -1)
        end = next((end for end in ends if folded[start:end] in glossary and is_chinese(folded[start:end])), None)
        if end:
            forms, proper = glossary[folded[start:end]]
            if proper:
                yield text[offsets[start] : offsets[end - 1] + 1], forms
            taken += folded[start:end] + " "
        start = end or start + 1
    for word in lexicon.segmenter.cut(text):
        means = is_chinese(word) and word not in taken and lexicon.terms(word, "zh")
        senses = [sense.split(",")[0] for sense in lexicon.gloss_senses(word)] if means else []
        at = folded.find(word)
        if senses and _is_proper(senses[0]) and not _names_nothing(senses[0]) and at >= 0:
            yield text[offsets[at] : offsets[at + len(word) - 1] + 1], (word, *map(index_terms, senses[:2]))


def _latin_names(text: str, lexicon: Lexicon, translated: bool) -> Iterator[tuple[str, Forms]]:
    """Names of the glossary, acronyms, capitalised words; in a Chinese question every word in Latin letters is a name.

    Capitalised words that follow each other are one name.
    """
    words = [match for match in _WORD.finditer(text) if re.search("[A-Za-z]", match.group())]
    terms = [index_terms(_POSSESSIVE.sub("", word.group())).split() for word in words]
    in_english, glossary, start = language_of(text) == "en", glossary_forms(), 0

    def longest_entry(first: int) -> tuple[int, tuple[Forms, bool] | None]:
        longest = LONGEST if in_english and terms[first] else 1
        for end in range(min(len(words), first + longest), first, -1):
            if terms[end - 1] and (entry := glossary.get(_joined(terms[first:end]))):
                return end, entry
        return first + 1, glossary.get(_POSSESSIVE.sub("", words[first].group()))

    def is_name(n: int) -> bool:
        word = _POSSESSIVE.sub("", words[n].group())
        begins = bool(_BEGINS.search(text, max(0, words[n].start() - 4), words[n].start()))
        common = begins and lexicon.knows_english(term_en(word.lower()))
        capital = bool(_ACRONYM.search(word)) or (word[:1].isupper() and not common)
        return bool(terms[n]) and (capital or not in_english) and not _names_nothing(word)

    while start < len(words):
        end, entry = longest_entry(start)
        if not entry and is_name(start) and in_english:
            while end < len(words) and is_name(end) and not longest_entry(end)[1] and _joined_in(text, words, end):
                end += 1
        written = _POSSESSIVE.sub("", text[words[start].start() : words[end - 1].end()])
        if entry and entry[1] and (end > start + 1 or not written.islower()):
            yield written, tuple(dict.fromkeys((*entry[0], *_people_and_country(written))))
        elif not entry and is_name(start):
            yield written, _latin_forms(written, lexicon if translated else None)
        start = end


def _joined_in(text: str, words: Sequence[re.Match[str]], n: int) -> bool:
    """Whether a word goes on with the name that the one before it began."""
    return bool(_JOINS.fullmatch(text, words[n - 1].end(), words[n].start()))


def _latin_forms(written: str, lexicon: Lexicon | None) -> Forms:
    """The forms of a name in Latin letters: its acronym, its people or country, what it is in Chinese."""
    forms = [index_terms(written), *(_in_other_words(written, lexicon) if lexicon else ())]
    forms += [f" {initials} " for initials in _initials(written)] if " " in written else _people_and_country(written)
    return tuple(dict.fromkeys(form for form in forms if form.strip()))


def _people_and_country(word: str) -> list[str]:
    """What the people of a country are called, and the country of a people, by their endings: Kenya, Kenyan."""
    if not word.isalpha() or word.isupper():
        return []
    countries = [word.removesuffix(ending) for ending in _PEOPLE if word.endswith(ending)]
    named = [word + ending for ending in _PEOPLE] + [each for each in countries if len(each) >= _LEAST_COUNTRY]
    return [index_terms(each) for each in named]


def _initials(text: str) -> set[str]:
    """What a run of capitalised words may be shortened to: the initials of two and more that follow each other."""
    first = "".join(re.findall(r"\b[A-Z]", text)).lower()
    return {first[start:end] for start in range(len(first)) for end in range(start + 2, len(first) + 1)}


def _names_nothing(word: str) -> bool:
    """Whether a word with a capital names no one thing: a month, a language, a part of a document."""
    return word.lower().rstrip(".") in table("question.toml")["names_nothing"]


def _is_proper(sense: str) -> bool:
    """Whether all words of an English phrase have a capital, but for the small ones between them."""
    return all(word[:1].isupper() for word in sense.split() if word not in ("of", "the", "and", "for", "in"))


def _language_of_form(form: str) -> Language | None:
    """The language a form stands in; None for figures and document symbols, which stand in both."""
    if is_chinese(form):
        return "zh"
    return "en" if re.search("[a-z]", form) else None


def _joined(terms: Sequence[Sequence[str]]) -> str:
    return f" {' '.join(term for of_word in terms for term in of_word)} "


def _in_other_words(written: str, lexicon: Lexicon) -> list[str]:
    """The Chinese words for an English one, without single characters, which stand in too many others."""
    return [term for term in lexicon.gloss_terms(written, "en") if len(term) > 1 and is_chinese(term)]


@cache
def glossary_forms() -> Mapping[str, tuple[Forms, bool]]:
    """Each form of the glossary to all forms of its entries, and whether it is a proper name.

    A Chinese form is folded, an English one stands as its index terms, a short abbreviation as it is written.
    """
    found: dict[str, tuple[Forms, bool]] = {}
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
    shortened = [f" {initials} " for text in texts for run in _CAPITALS.findall(text) for initials in _initials(run)]
    terms = "".join([*map(index_terms, texts), *shortened])
    return Said(chinese, terms, frozenset(paragraph.languages(filters.renderings)))


def texts_of(paragraph: Paragraph, filters: Filters) -> list[str]:
    """What a paragraph says in each language a reader is shown, and its footnotes."""
    spoken = paragraph.languages(filters.renderings)
    return [whole_text(paragraph, of) for of in spoken] + [note.text for note in paragraph.footnotes]
