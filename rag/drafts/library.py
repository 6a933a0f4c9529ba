"""Where in the reports quoted words stand, or what they are nearest to."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from rag.checking import cite_quote
from rag.drafts.findings import Place
from rag.records import Language, Paragraph, Slice, Verdict
from rag.text import language
from rag.text.alterations import nearly, shared
from rag.text.folding import HAN

Nearest = Callable[[str], Sequence[Paragraph]]  # the paragraphs nearest to some words, best first
Differs = tuple[Slice, str]  # a slice of a quotation, and what the report has in its place

PLACES = 3  # shown of a quotation that stands in many paragraphs
NEARLY = 0.6  # of a quotation's words that a text must have in order to be what it was altered from; our choice
ALMOST = 8  # texts that share the most short runs of words with a quotation: only these are compared word by word
_LEAST_HALF = 3  # words or Han characters: a shorter half of a joined quotation could be anything's
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_SAYS = re.compile(rf"[A-Za-z]{{2}}|[{HAN}]")


@dataclass(frozen=True, slots=True)
class Library:
    """The paragraphs of an index, and the words they can be quoted by."""

    paragraphs: Sequence[Paragraph]
    nearest: Nearest
    renderings: bool

    def find(self, quote: str, within: Sequence[Paragraph] | None = None) -> list[tuple[Place, bool]]:
        """The first places where a quotation stands, and whether exactly so; those come first."""
        paragraphs = self.paragraphs if within is None else within
        found = list(islice(self._found(quote, paragraphs), 4 * PLACES))
        return sorted(found, key=lambda each: not each[1])[:PLACES]

    def can_be_quoted(self, paragraph: Paragraph, quote: str) -> bool:
        """Whether a paragraph has a text in the quotation's language."""
        return any(True for _ in self._texts(paragraph, language_of(quote)))

    def likest(
        self, quote: str, within: Sequence[Paragraph], least: float = NEARLY
    ) -> tuple[Place, tuple[Differs, ...]] | None:
        """The words most like a quotation, and how it differs; None where no paragraph has enough of it."""
        texts = [text for paragraph in within for text in self._quotable(paragraph, language_of(quote))]
        best = nlargest(ALMOST, texts, key=lambda place: shared(place.text, quote))
        compared = [(near, place) for place in best if (near := nearly(place.text, quote))]
        near, place = max(compared, key=lambda each: each[0].share, default=(None, None))
        if near is None or place is None or near.share < least:
            return None
        differs = tuple((each.quote, place.text[slice(*each.text)]) for each in near.alterations)
        span = (near.start, near.end)
        words = place.text[slice(*span)]
        return Place(place.paragraph, place.language, place.official, words, place.span and span), differs

    def joined(self, quote: str) -> tuple[Place, ...]:
        """The two places in two paragraphs that the halves of a quotation stand in; none where it is not so made."""
        ends = [match.end() for match in _WORD.finditer(quote)]
        low, high = 0, len(ends)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.find(quote[: ends[middle - 1]]) else (low, middle)
        if not _LEAST_HALF <= low <= len(ends) - _LEAST_HALF:
            return ()
        before, after = self.find(quote[: ends[low - 1]]), self.find(quote[ends[low - 1] :])
        same = {place.paragraph.id for place, _ in before} & {place.paragraph.id for place, _ in after}
        return () if same or not after else (before[0][0], after[0][0])

    def _found(self, quote: str, within: Sequence[Paragraph]) -> Iterator[tuple[Place, bool]]:
        for paragraph in within:
            for spoken, text, _ in self._texts(paragraph, language_of(quote)):
                citation = cite_quote(0, paragraph, quote, spoken)
                if citation.verdict in (Verdict.FOUND, Verdict.FOUND_NORMALISED):
                    words = text[slice(*citation.span)] if citation.span else quote
                    place = Place(paragraph, spoken, citation.official, words, citation.span)
                    yield place, citation.verdict == Verdict.FOUND
                    break

    def _texts(self, paragraph: Paragraph, spoken: Language | None) -> Iterator[tuple[Language, str, bool]]:
        """A paragraph's texts that may be quoted, in one language or all: language, text, whether it is official."""
        if spoken in (None, paragraph.language):
            yield paragraph.language, paragraph.text, True
        for other, translation in paragraph.translations.items():
            of_other: Language = "zh" if other == "zh" else "en"
            if spoken in (None, of_other) and (self.renderings or translation.official):
                yield of_other, translation.text, translation.official

    def _quotable(self, paragraph: Paragraph, spoken: Language | None) -> Iterator[Place]:
        """Each text and footnote of a paragraph as a place."""
        for of_text, text, official in self._texts(paragraph, spoken):
            yield Place(paragraph, of_text, official, text, (0, len(text)))
        for note in paragraph.footnotes:
            yield Place(paragraph, paragraph.language, True, note.text)


def language_of(quote: str) -> Language | None:
    """The language a quotation is in; None for figures, which are of either."""
    return language(quote) if _SAYS.search(quote) else None
