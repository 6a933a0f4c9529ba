"""A passage and what can be cited from it: quoted words, figures, and the words a statement may rest on."""

import re
from collections.abc import Sequence
from functools import cached_property

from rag.lexicon import Lexicon
from rag.records import Citation, Language, Paragraph, Report, Slice, Verdict
from rag.references import written
from rag.text import figure_supported, figures, sentences, symbols
from rag.text import language as language_of
from rag.text.injection import harmless
from rag.text.quotes import find_quote

ITEM = 6  # words of an item of an English list
MARKER = re.compile(r"\[(\d{1,3})\]")


def texts_of(paragraph: Paragraph) -> list[str]:
    """All that a paragraph says: its text in each language, its footnotes and its id."""
    translations = [translation.text for translation in paragraph.translations.values()]
    return [paragraph.text, *translations, *(footnote.text for footnote in paragraph.footnotes), paragraph.id]


def unsupported_figures(statement: str, texts: Sequence[str]) -> list[str]:
    """The figures and symbols of a statement that none of the texts has in any written form."""
    known = [figure for text in texts for figure in figures(text)]
    named = {symbol.canonical for text in texts for symbol in symbols(text)}
    bare = MARKER.sub(" ", statement)
    wrong = [figure.text for figure in figures(bare) if not figure_supported(figure, known)]
    return wrong + [bare[symbol.start : symbol.end] for symbol in symbols(bare) if symbol.canonical not in named]


def listed_counts(text: str) -> set[int]:
    """How many things each list in a text has.

    >>> listed_counts("Brazil, Kenya, Nigeria and Nepal"), listed_counts("在巴西、肯尼亚和尼泊尔举行")
    ({4}, {3})
    """
    found = set()
    for run in re.split(r"[;:.()]", text):
        items = run.split(", ")
        last = not items[-1].startswith("and ")  # "Nigeria and Nepal" are two
        if len(items) > 1 and " and " in f" {items[-1]}":
            lead = next((n for n, item in enumerate(items[::-1]) if n and len(item.split()) > ITEM), len(items) - 1)
            found |= {len(items) + last, lead + 1 + last}
    for run in re.split(r"[，。；：（）]", text):
        items = run.split("、")
        if len(items) > 1:
            found.add(len(items) + (re.search("[和及与]", items[-1]) is not None))
    return found


def cite_quote(marker: int, paragraph: Paragraph, quote: str, language: Language, at: Slice | None = None) -> Citation:
    """The citation of quoted words, checked against the paragraph's text in their language and its footnotes.

    A rendering's quotation has the official sentence beside it as `original`. `at` is where words taken from the text
    stand, which may be there twice.
    """
    official = language == paragraph.language or paragraph.translations[language].official
    text = paragraph.in_language(language) or ""
    span, verdict = (at if at and text[slice(*at)] == quote else None), Verdict.FOUND
    if not span and (match := find_quote(text, quote)) and match.whole:
        span, verdict = (match.start, match.end), Verdict.FOUND if match.exact else Verdict.FOUND_NORMALISED
    if span:
        original = None if official else _sentences_beside(paragraph, language, span)
        return Citation(marker, paragraph, quote, language, official, verdict, span, original)
    in_note = any((noted := find_quote(footnote.text, quote)) and noted.whole for footnote in paragraph.footnotes)
    verdict = Verdict.FOUND if in_note else Verdict.NOT_FOUND
    return Citation(marker, paragraph, quote, language, official or in_note, verdict)


def _sentences_beside(paragraph: Paragraph, language: Language, span: Slice) -> str:
    """The paragraph's own sentences that stand where a rendering's span does, one or more."""
    rendered = paragraph.translations[language].text
    theirs, ours = sentences(rendered, language), sentences(paragraph.text, paragraph.language)
    if not ours or not theirs:
        return paragraph.text
    if len(ours) == len(theirs):  # they pair one to one; else by how far into the text they stand
        kept = [own for own, their in zip(ours, theirs, strict=True) if their[0] < span[1] and span[0] < their[1]]
    else:
        low, high = span[0] / len(rendered), span[1] / len(rendered)
        size = len(paragraph.text)
        kept = [own for own in ours if own[0] / size < high and low < own[1] / size]
    kept = kept or [ours[-1]]
    return paragraph.text[kept[0][0] : kept[-1][1]]


class Passage:
    """A numbered paragraph as statements in a language may rest on it: without its orders to a language model."""

    def __init__(self, marker: int, paragraph: Paragraph, report: Report, language: Language, lexicon: Lexicon) -> None:
        self.marker = marker
        self.texts = [harmless(text, language_of(text)) for text in texts_of(paragraph)]
        self._paragraph, self._report, self._language, self._lexicon = paragraph, report, language, lexicon

    def has(self, quote: str) -> bool:
        """Whether quoted words stand in it."""
        found = self.cite(quote).verdict in (Verdict.FOUND, Verdict.FOUND_NORMALISED)
        return found and any(find_quote(text, quote) for text in self.texts)

    def cite(self, quote: str) -> Citation:
        """The citation of quoted words in the language they are in, else as they were meant."""
        spoken = language_of(quote)
        spoken = spoken if self._paragraph.in_language(spoken) is not None else self._paragraph.language
        return cite_quote(self.marker, self._paragraph, quote, spoken)

    def paraphrase(self, text: str, verdict: Verdict) -> Citation:
        """The citation of a statement in its own words."""
        paragraph = self._paragraph
        official = self._language not in paragraph.translations or paragraph.translations[self._language].official
        original = None if official else paragraph.text
        return Citation(self.marker, paragraph, text, self._language, official, verdict, None, original)

    @cached_property
    def about(self) -> list[str]:
        """What the model is told of its report: its reference, title and year."""
        report, year = self._report, self._report.date[:4]
        reference = written(self._paragraph, report, self._language)
        notes = [f"脚注{note.mark}；footnote {note.mark}" for note in self._paragraph.footnotes]
        names = [reference, report.name, *report.titles.values(), *self._paragraph.headings]
        return [*names, *notes, f"{year}年", f"in {year}"]

    @cached_property
    def above(self) -> frozenset[str]:
        """The index terms of the headings it stands under, in either language."""
        shown = self._paragraph.translations.get(self._language, self._paragraph)
        texts = [*shown.headings, *self._paragraph.headings, *filter(None, [self._paragraph.body])]
        return frozenset(term for text in texts for term in self._lexicon.terms(text, language_of(text)))

    @cached_property
    def said(self) -> list[str]:
        """Its text and its footnotes, as far as they are in the answer's language."""
        texts = [self._paragraph.in_language(self._language), *(note.text for note in self._paragraph.footnotes)]
        spoken = [text for n, text in enumerate(texts) if text and (n == 0 or language_of(text) == self._language)]
        return [harmless(text, language_of(text)) for text in spoken]

    @cached_property
    def words(self) -> frozenset[str]:
        """Its index terms in the answer's language, those of its reference, headings and footnotes among them."""
        paragraph = self._paragraph
        shown = paragraph.translations.get(self._language, paragraph)
        texts = [*(note.text for note in paragraph.footnotes), shown.text, *shown.headings]
        texts = [harmless(text, language_of(text)) for text in texts]
        words = [word for text in (*texts, *self.about) for word in self._lexicon.terms(text, language_of(text))]
        if paragraph.language != self._language:  # else a foreign title would have the whole dictionary read
            foreign = [text for text in texts if language_of(text) != self._language]
            words += [word for text in foreign for word in self._lexicon.gloss_terms(text, language_of(text))]
        return frozenset(words)

    def in_english(self, glossed: bool) -> frozenset[str]:
        """What its words are in English, by its renderings and, where `glossed`, by the dictionary."""
        zh = [text for text in self.texts if glossed and language_of(text) == "zh"]
        en = [text for text in self.texts if language_of(text) == "en"] + [self._report.name, *self._report.aliases]
        terms = [term for text in en for term in self._lexicon.terms(text, "en")]
        return frozenset(terms + [term for text in zh for term in self._lexicon.gloss_terms(text, "zh")])
