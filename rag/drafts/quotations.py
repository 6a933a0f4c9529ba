"""The quotations of a draft, with marks or without, looked for in the reports."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import islice
from typing import get_args

from rag.checking.passages import cite_quote
from rag.drafts.findings import Place, Verdict
from rag.drafts.reading import Plain
from rag.drafts.sources import Source
from rag.records import Language, Paragraph, Slice
from rag.records import Verdict as Held
from rag.text import figures, language
from rag.text.folding import HAN
from rag.text.quotes import likeness, nearest_words, quotations

Nearest = Callable[[str], Sequence[Paragraph]]  # the paragraphs nearest to some words, best first

PLACES = 3  # shown of a quotation that stands in many paragraphs
NEARLY = 0.6  # of a quotation's words that a text must have in order to be what it was altered from; our choice
MOSTLY = 0.85  # of its words, for it to be neither two quotations joined nor a draft's own words; our choice
ALMOST = 8  # texts that share the most short runs of words with a quotation: only these are compared word by word
_LEAST_HALF = 3  # words or Han characters: a shorter half of a joined quotation could be anything's
_PASSAGE = 10  # words or Han characters: what is shorter may stand in a report by accident
_PASTED = 16  # words or Han characters: what is shorter and only like a report's words may be the draft's own
_LONGEST = 6000  # characters: no paragraph of a report is longer than half of it
_TERM_WORDS, _TERM_CHARACTERS = 3, 8  # what is longer is no term but somebody's words; our choice
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_SAYS = re.compile(rf"[A-Za-z]{{2}}|[{HAN}]")
_STOP = re.compile(r"[，,。；;：:！!？?]|\.(?:\s|$)|…|\.\.\.")
_LETTER_CHANGED = re.compile(r"\[(\w)\](?=\w)")  # "[T]he"
_PUT_IN = re.compile(r"\[[^\[\]\d…]{2,60}\]")  # "[the States]", "[sic]"
_STANZA = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_LINE = re.compile(r"[^\n]+")
_NUMBER = re.compile(r"\s*\d{1,3}\s?[.．、]\s*")  # pasted with its paragraph
_CALL_OR_OPENING = re.compile(r"(?:\s|[(（\[—–-]|\[\^\w{1,8}\]|[⁰¹²³⁴-⁹])*$")


# The words of the reports


@dataclass(frozen=True, slots=True)
class Outcome:
    """What looking for a quotation found."""

    verdict: Verdict
    places: tuple[Place, ...] = ()
    differs: tuple[tuple[Slice, str], ...] = ()  # slices of the quotation, and what the report has in their place
    nearest: tuple[Paragraph, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """The paragraphs of an index, and the words they can be quoted by."""

    paragraphs: Sequence[Paragraph]
    nearest: Nearest
    renderings: bool

    def texts(self, paragraph: Paragraph, spoken: Language | None = None) -> Iterator[Place]:
        """A paragraph's texts that may be quoted, in one language or all; its footnotes are not among them."""
        if spoken in (None, paragraph.language):
            yield Place(paragraph, paragraph.language, True, paragraph.text, (0, len(paragraph.text)))
        for other in get_args(Language):
            translation = paragraph.translations.get(other)
            if translation and spoken in (None, other) and (self.renderings or translation.official):
                yield Place(paragraph, other, translation.official, translation.text, (0, len(translation.text)))

    def paragraphs_of(self, sources: Sequence[Source]) -> list[Paragraph]:
        """The paragraphs that sources name, then all those of reports of which they name none."""
        numbered = {source.report for source in sources if source.numbered}
        whole = {source.report for source in sources if source.report} - numbered
        named = [paragraph for source in sources for paragraph in source.paragraphs]
        return named + [paragraph for paragraph in self.paragraphs if paragraph.report in whole]

    def find(self, quote: str, within: Sequence[Paragraph]) -> Outcome | None:
        """The first places where a quotation stands, those where it does exactly so before others."""
        found = sorted(islice(self._find(quote, within), 4 * PLACES), key=lambda each: not each[1])[:PLACES]
        if not found:
            return None
        verdict = Verdict.FOUND if found[0][1] else Verdict.FOUND_NORMALISED
        return Outcome(verdict, tuple(place for place, _ in found))

    def _find(self, quote: str, within: Sequence[Paragraph]) -> Iterator[tuple[Place, bool]]:
        for paragraph in within:
            for text in self.texts(paragraph, _language_of(quote)):
                citation = cite_quote(0, paragraph, quote, text.language)
                if citation.verdict in (Held.FOUND, Held.FOUND_NORMALISED):
                    words = text.text[slice(*citation.span)] if citation.span else quote
                    place = Place(paragraph, text.language, citation.official, words, citation.span)
                    yield place, citation.verdict == Held.FOUND
                    break

    def find_altered(self, quote: str, within: Sequence[Paragraph], least: float = NEARLY) -> Outcome | None:
        """The words most like a quotation, and how it differs; None where no paragraph has enough of it."""
        spoken = _language_of(quote)
        texts = [text for each in within for text in (*self.texts(each, spoken), *notes(each))]
        best = nlargest(ALMOST, texts, key=lambda place: likeness(place.text, quote))
        compared = [
            (near, place) for place in best if (near := nearest_words(place.text, quote)) and near.share >= least
        ]
        if not compared:
            return None
        near, place = max(compared, key=lambda each: each[0].share)
        span = (near.start, near.end)
        words = replace(place, text=place.text[slice(*span)], span=place.span and span)
        differs = tuple((own, place.text[slice(*theirs)]) for own, theirs in near.alterations)
        return Outcome(Verdict.ALTERED, (words,), differs)

    def find_halves(self, quote: str) -> Outcome | None:
        """The two places in two paragraphs that the halves of a quotation stand in; None where it is not so made."""
        ends = [match.end() for match in _WORD.finditer(quote)]
        low, high = 0, len(ends)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.find(quote[: ends[middle - 1]], self.paragraphs) else (low, middle)
        if not _LEAST_HALF <= low <= len(ends) - _LEAST_HALF:
            return None
        at = ends[low - 1]
        before, after = self.find(quote[:at], self.paragraphs), self.find(quote[at:], self.paragraphs)
        if not before or not after:
            return None
        same = {place.paragraph.id for place in before.places} & {place.paragraph.id for place in after.places}
        return None if same else Outcome(Verdict.ALTERED, (before.places[0], after.places[0]))


def notes(paragraph: Paragraph) -> list[Place]:
    """The footnotes of a paragraph."""
    return [Place(paragraph, paragraph.language, True, note.text) for note in paragraph.footnotes]


def _language_of(quote: str) -> Language | None:
    """The language a quotation is in; None for figures, which are of either."""
    return language(quote) if _SAYS.search(quote) else None


# What becomes of a quotation


def look_for(quote: str, cited: Sequence[Source], library: Library, attached: bool = False) -> Outcome:
    """What becomes of a quotation that is said to be from these sources, or from none.

    Where they are attached right behind it, it is less easily taken for a mere term.
    """
    said, sure, term = library.paragraphs_of(cited), is_sure(cited), _is_term(quote, attached)
    outside = sure and not any(source.report for source in cited)
    unedited = _PUT_IN.sub("…", _LETTER_CHANGED.sub(r"\1", quote))  # without what its writer put into it
    for within in (said, library.paragraphs):
        for words in dict.fromkeys((quote, unedited)):
            if found := library.find(words, within):
                verdict = found.verdict if words == quote else Verdict.FOUND_NORMALISED
                if sure and within is not said:
                    verdict = Verdict.OUTSIDE if outside else Verdict.UNCHECKED if term else Verdict.ELSEWHERE
                return replace(found, verdict=verdict)
    if term or outside:
        return Outcome(Verdict.UNCHECKED if term else Verdict.OUTSIDE)
    if said and not any(True for each in said for _ in library.texts(each, _language_of(quote))):
        return Outcome(Verdict.UNCHECKED, tuple(Place(each, each.language, True, "") for each in said[:PLACES]))
    return (
        library.find_altered(quote, said, least=MOSTLY)
        or library.find_halves(quote)
        or library.find_altered(quote, said)
        or library.find_altered(quote, library.paragraphs)
        or Outcome(Verdict.NOT_FOUND, nearest=tuple(library.nearest(quote))[:PLACES])
    )


def is_sure(cited: Sequence[Source]) -> bool:
    """Whether it is plain what sources name, so that what is not there can be called wrong."""
    vague = any(source.numbered and not (source.sure and source.report is not None) for source in cited)
    return not vague and any(source.sure for source in cited)


def _is_term(quote: str, attached: bool) -> bool:
    """Whether words between quotation marks may be a term or irony, said to be nobody's."""
    most = _TERM_CHARACTERS if re.search(f"[{HAN}]", quote) else _TERM_WORDS
    few = len(_WORD.findall(quote)) <= most // (2 if attached else 1)
    return few and not _STOP.search(quote.strip(" ,，.。")) and not figures(quote)


# What is quoted


def find_marked(draft: Plain, named: Sequence[Source]) -> list[Slice]:
    """The quotations of a draft between marks or set off, without marks, footnote calls and attributions, in order.

    A report's name between marks is no quotation unless a source stands right behind it.
    """
    text, blocks = draft.text, list(draft.block_quotes)
    spans = [_trim(text, *span, named) for span in blocks]
    spans += [_trim(text, *span, ()) for span in quotations(text) if not overlap(span, blocks)]
    titles = [
        (source.start, source.end)
        for source in named
        if source.report
        and not any(source.end < each.start and not _says(text[source.end : each.start]) for each in named)
    ]
    return sorted(span for span in spans if span[0] < span[1] and not inside(span, titles))


def find_taken_over(draft: Plain, library: Library, named: Sequence[Source]) -> Iterator[tuple[Slice, Outcome]]:
    """What stands in a report word for word without being marked, paragraph by paragraph.

    A draft of one paragraph that names no source may be one that was pasted: it is found altered, too.
    """
    text = draft.text
    stanzas = [match.span() for match in _STANZA.finditer(text)]
    whole = None
    for stanza in stanzas:
        whole = _find_taken(text, stanza, library)
        lines = [line.span() for line in _LINE.finditer(text, *stanza)]
        parts = [_find_taken(text, line, library) for line in lines if line != stanza and not whole]
        yield from filter(None, [whole, *parts])
    if len(stanzas) == 1 and not named and not whole:
        start, end = stanzas[0]
        in_marks = sum(last - first for first, last in quotations(text))
        pasted = 2 * in_marks < end - start <= _LONGEST and len(_WORD.findall(text)) >= _PASTED
        if pasted and (altered := library.find_altered(text[start:end], library.paragraphs, least=MOSTLY)):
            yield (start, end), altered


def _find_taken(text: str, span: Slice, library: Library) -> tuple[Slice, Outcome] | None:
    """A part of a draft, without the number it was pasted with, and where it stands."""
    number = _NUMBER.match(text, *span)
    start, end = number.end() if number else span[0], span[1]
    long_enough = len(_WORD.findall(text, start, end)) >= _PASSAGE
    seen = library.find(text[start:end], library.paragraphs) if long_enough else None
    return ((start, end), seen) if seen else None


def _trim(text: str, start: int, end: int, named: Sequence[Source]) -> Slice:
    """A quotation without the blanks around it, and without the sources named and the footnote calls at its end."""
    while True:
        behind = (each for each in named if start < each.start and each.end <= end and not _says(text[each.end : end]))
        stop = next((each.start for each in behind), end)
        left = _CALL_OR_OPENING.search(text, start, stop)
        stop = left.start() if left else stop
        if stop == end:
            break
        end = stop
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end


def _says(text: str) -> bool:
    return any(map(str.isalnum, text))


def overlap(span: Slice, others: Sequence[Slice]) -> bool:
    """Whether a slice shares a character with one of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def inside(span: Slice, others: Sequence[Slice]) -> bool:
    """Whether a slice lies within one of the others."""
    return any(start <= span[0] and span[1] <= end for start, end in others)
