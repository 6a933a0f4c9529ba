"""Every quotation, reference and figure of a draft to a finding."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from rag.checking.passages import texts_of
from rag.drafts.findings import Change, Draft, Finding, Kind, Place, Verdict
from rag.drafts.quotations import (
    PLACES,
    Library,
    Nearest,
    Outcome,
    find_marked,
    find_taken_over,
    inside,
    is_sure,
    look_for,
    notes,
    overlap,
)
from rag.drafts.reading import plain
from rag.drafts.sources import Source, Statement, calls, footnotes, right_behind, sources, statements
from rag.records import Language, Paragraph, Report, Slice
from rag.text import Figure, figure_supported, language
from rag.text import figures as figures_in

_ACT = re.compile(r"/(?:RES|DEC)/|^(?:RES|DEC)/")  # a resolution or decision, which is no report
_LIKE_SYMBOL = 0.85  # how alike two symbols are of which one is taken for a slip of the other
_NOTE_MARK = 3  # characters at the beginning of a footnote
_SEARCHED = 5  # of the paragraphs nearest to a sentence that cites none
_TELLING = 1000  # a greater figure, other than a year, stands in another paragraph by no accident
_MAY_NAME = {"ordinal", "label"}  # "the seventh meeting", "Goal 16": names as much as figures, so none is called wrong


def check(
    text: str,
    reports: Mapping[str, Report],
    paragraphs: Sequence[Paragraph],
    nearest: Nearest = lambda words: (),
    renderings: bool = True,
) -> Draft:
    """A draft with a finding for each quotation, reference and figure, in order.

    `nearest` is asked only for quotations that are found nowhere, and for sentences with figures that cite nothing.
    Without renderings, English words of a Chinese report are not looked for.
    """
    checker = _Checker(text, reports, Library(paragraphs, nearest, renderings))
    findings = sorted(checker.findings(), key=lambda each: (each.start, each.end))
    return Draft(text, checker.language, tuple(findings))


class _Checker:
    """Checks one draft."""

    def __init__(self, draft: str, reports: Mapping[str, Report], library: Library) -> None:
        self._draft, self._reports, self._library = draft, reports, library
        self.language: Language = language(draft)
        self._plain = plain(draft)
        self._text = self._plain.text
        self._sources = sources(self._text, reports, library.paragraphs)
        self._notes = footnotes(self._text)
        self._quotations: dict[Slice, Outcome] = {}  # what became of each quotation

    def findings(self) -> Iterator[Finding]:
        """All of them, by kind."""
        in_marks = find_marked(self._plain, self._sources)
        for (start, end), seen in find_taken_over(self._plain, self._library, self._sources):
            if not inside((min(start + 1, end), max(end - 2, start + 1)), in_marks):  # marks, and a stop, aside
                self._quotations[start, end] = seen
                yield self._quotation((start, end), ())
        quotes = [span for span in in_marks if not overlap(span, list(self._quotations))]
        spoken = [*quotes, *self._quotations]  # what a report names is no source of the draft's
        self._sources = [each for each in self._sources if not inside((each.start, each.end), spoken)]
        in_order = statements(self._text, [*spoken, *self._plain.block_quotes], self._sources, self._notes)
        for span in quotes:
            here = (each for each in in_order if each.start < span[1] and span[0] < each.end)
            statement = next(here, Statement(*span))
            attached = right_behind(span, statement, self._text)
            cited = attached or statement.sources
            self._quotations[span] = look_for(self._text[slice(*span)], cited, self._library, bool(attached))
            yield self._quotation(span, cited)
        yield from map(self._reference, self._sources)
        yield from self._figures(in_order)

    def _finding(
        self, kind: Kind, span: Slice, verdict: Verdict, cited: Sequence[Source] = (), **found: Any
    ) -> Finding:
        """A finding where it stands in the draft, with the sources it is said to be from."""
        start, end = self._plain.back(*span)
        return Finding(
            kind,
            start,
            end,
            self._draft[start:end],
            verdict,
            said="; ".join(dict.fromkeys(source.text for source in cited)),
            said_paragraphs=tuple({each.id: each for source in cited for each in source.paragraphs}.values()),
            said_report=next((source.report or source.symbol for source in cited if source.report is not None), ""),
            **found,
        )

    def _change(self, span: Slice, printed: str) -> Change:
        start, end = self._plain.back(*span)
        return Change(self._draft[start:end], printed, start, end)

    def _quotation(self, span: Slice, cited: Sequence[Source]) -> Finding:
        seen, at = self._quotations[span], span[0]
        changes = tuple(self._change((at + first, at + last), printed) for (first, last), printed in seen.differs)
        finding = self._finding("quotation", span, seen.verdict, cited, places=seen.places, changes=changes)
        return replace(finding, nearest=seen.nearest)

    # References

    def _reference(self, source: Source) -> Finding:
        """A reference that names something or not, with what is nearest to what it may have meant."""
        verdict = Verdict.FOUND
        nearest: Sequence[Paragraph] = ()
        if source.report is None:
            verdict = Verdict.FOUND if source.paragraphs else Verdict.UNCHECKED
        elif source.report == "":
            like = get_close_matches(source.symbol, self._reports, n=1, cutoff=_LIKE_SYMBOL)
            nearest = [each for each in self._library.paragraphs if each.report in like]
            may_be_wrong = source.numbered and not _ACT.search(source.symbol)
            verdict = Verdict.UNKNOWN_REPORT if may_be_wrong else Verdict.OUTSIDE
        elif source.missing:
            nearest = self._beside(source)
            verdict = Verdict.UNKNOWN_PARAGRAPH if source.sure else Verdict.UNCHECKED
        places = tuple(Place(each, each.language, True, "") for each in source.paragraphs)
        finding = self._finding("reference", (source.start, source.end), verdict, [source], places=places)
        return replace(finding, said="", missing=source.missing, nearest=tuple(nearest[:1]))

    def _beside(self, source: Source) -> list[Paragraph]:
        """The paragraphs of the report, the one whose number is nearest to one it does not have first."""
        wanted = next((int(number) for number in source.missing if number.isdigit()), 0)
        there = [each for each in self._library.paragraphs if each.report == source.report and not each.is_row]
        numbered = [each for each in there if each.printed] or there

        def distance(each: Paragraph) -> int:
            number = re.sub(r"^p|\D.*", "", each.number)  # of "p3" and "24-2", 3 and 24
            return abs(int(number or "0") - wanted)

        return sorted(numbered, key=distance)

    # Figures

    def _figures(self, in_order: Sequence[Statement]) -> Iterator[Finding]:
        taken = [*self._quotations, *((each.start, each.end) for each in self._sources)]
        taken += [(start, end) for _, start, end in calls(self._text)]
        taken += [(start, start + _NOTE_MARK) for start, _ in self._notes.values()]
        for n, one in enumerate(in_order):
            read = figures_in(self._text[one.start : one.end])
            found = [(figure, (one.start + figure.start, one.start + figure.end)) for figure in read]
            loose = [(figure, span) for figure, span in found if not overlap(span, taken)]
            around = [
                source
                for each in in_order[max(0, n - 1) : n + 2]
                if each is not one and "\n" not in self._text[min(each.end, one.end) : max(each.start, one.start)]
                for source in each.sources
            ]
            if loose:
                yield from self._of_statement(one, loose, around)

    def _of_statement(
        self, statement: Statement, loose: Sequence[tuple[Figure, Slice]], around: Sequence[Source]
    ) -> Iterator[Finding]:
        """Against what the statement cites; else what it quotes or is cited beside it; else the nearest paragraphs."""
        cited = [each for each in statement.sources if each.paragraphs or (each.report and not each.numbered)]
        unsure = [] if is_sure(statement.sources) else cited
        cited = [] if unsure else cited
        said = self._library.paragraphs_of(cited)
        quoted = [span for span in self._quotations if inside(span, [(statement.start, statement.end)])]
        of_quotes = [place.paragraph for span in quoted for place in self._quotations[span].places]
        of_quotes = [each for each in of_quotes if each not in said]
        names = {source.report for source in statement.sources} | {each.report for each in said}
        names |= {each.report for source in unsure for each in source.paragraphs}
        named = [report for name, report in self._reports.items() if name in names]
        beside = [*unsure, *around]
        paragraphs_beside = of_quotes + self._library.paragraphs_of(beside)
        nearest: Sequence[Paragraph] | None = None
        for figure, span in loose:
            if _is_of_name(figure, named):
                continue
            if said:
                yield self._against(figure, span, said + of_quotes, cited)
            elif places := self._support(figure, paragraphs_beside):
                yield self._finding("figure", span, Verdict.FOUND, [] if of_quotes else beside, places=places)
            elif figure.kind not in _MAY_NAME:
                if nearest is None:
                    nearest = self._library.nearest(self._text[statement.start : statement.end])[:_SEARCHED]
                if places := self._support(figure, nearest):
                    yield self._finding("figure", span, Verdict.LIKELY, places=places)
                else:
                    yield self._finding("figure", span, Verdict.UNCHECKED, nearest=tuple(nearest[:PLACES]))

    def _against(self, figure: Figure, span: Slice, said: Sequence[Paragraph], cited: Sequence[Source]) -> Finding:
        """A figure against the paragraphs its statement cites."""
        finding = partial(self._finding, "figure", span, cited=cited)
        if places := self._support(figure, said):
            return finding(Verdict.FOUND, places=places)
        if figure.kind in _MAY_NAME:
            return finding(Verdict.UNCHECKED)
        if places := self._elsewhere(figure):
            return finding(Verdict.ELSEWHERE, places=places)
        alike = [
            (abs(other.value - figure.value), place)
            for paragraph in said
            for other, place in self._figures_of(paragraph)
            if other.kind == figure.kind and (not figure.unit or other.unit in ("", figure.unit))
        ]
        if not alike:
            return finding(Verdict.NOT_FOUND)
        _, instead = min(alike, key=lambda each: each[0])
        changes = (self._change(span, instead.text),)
        return finding(Verdict.NOT_FOUND, places=(instead,), changes=changes)

    def _support(self, figure: Figure, within: Sequence[Paragraph]) -> tuple[Place, ...]:
        """The first places that have a figure in any written form, one a paragraph."""
        having = (
            next((place for other, place in self._figures_of(each) if figure_supported(figure, [other])), None)
            for each in within
        )
        return tuple(islice(filter(None, having), PLACES))

    def _elsewhere(self, figure: Figure) -> tuple[Place, ...]:
        """Other places that have a figure too long to stand there by accident."""
        if figure.kind not in ("count", "money") or figure.value < _TELLING:
            return ()
        # Reading the figures of every paragraph takes seconds, so only those are read that may have it.
        thousands = f"{int(figure.value):,}".split(",")
        forms = [r"[ ,.\u00a0\u2009]?".join(thousands)]
        forms += [re.escape(f"{float(figure.value / unit):g}") for unit in (10**4, 10**6, 10**8)]
        pattern = re.compile(rf"(?<![\d.,])(?:{'|'.join(forms)})")
        having = (each for each in self._library.paragraphs if any(map(pattern.search, texts_of(each))))
        return self._support(figure, list(islice(having, 4 * PLACES)))

    def _figures_of(self, paragraph: Paragraph) -> Iterator[tuple[Figure, Place]]:
        """The figures of a paragraph with where they stand, those of its text in the draft's language first."""
        texts = sorted(self._library.texts(paragraph), key=lambda each: each.language != self.language)
        for text in (*texts, *notes(paragraph)):
            for figure in _figures(text.text):
                span = text.span and (figure.start, figure.end)
                yield figure, Place(paragraph, text.language, text.official, figure.text, span)


def _is_of_name(figure: Figure, reports: Sequence[Report]) -> bool:
    """Whether a figure is what the reports themselves are called or dated by."""
    about = [
        text for one in reports for text in (*one.titles.values(), *one.aliases, one.period, one.session, one.date)
    ]
    about += [f"{year}年" for report in reports for year in (report.date[:4], *report.years) if year]
    return figure_supported(figure, [each for text in about for each in _figures(text)])


@lru_cache(maxsize=4096)
def _figures(text: str) -> tuple[Figure, ...]:
    return tuple(figures_in(text))
