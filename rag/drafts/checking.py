"""Every quotation, reference and figure of a draft to a finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from rag.drafts.figures import SEARCHED, elsewhere, instead, may_name, support, told_by
from rag.drafts.findings import Change, Draft, Finding, Kind, Place, Verdict
from rag.drafts.library import PLACES, Library, Nearest
from rag.drafts.passages import inside, marked, overlap, taken_over
from rag.drafts.plain import plain
from rag.drafts.quotations import Seen, is_sure, look_for, said_paragraphs
from rag.drafts.sources import Source, calls, footnotes, sources
from rag.drafts.statements import Statement, right_behind, statements
from rag.records import Language, Paragraph, Report, Slice
from rag.text import Figure, figures, language

_LIKE_SYMBOL = 0.85  # how alike two symbols are of which one is taken for a slip of the other
_NOTE_MARK = 3  # characters at the beginning of a footnote


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

    def findings(self) -> Iterator[Finding]:
        """All of them, by kind."""
        in_marks = marked(self._plain, self._sources)
        taken = taken_over(self._plain, self._library, self._sources)
        passages = {span: found for span, found in taken if not inside(_shorter(span), in_marks)}
        quotes = [span for span in in_marks if not overlap(span, list(passages))]
        spoken = [*quotes, *passages]  # what a report names is no source of the draft's
        self._sources = [each for each in self._sources if not inside((each.start, each.end), spoken)]
        whole = [*spoken, *self._plain.block_quotes]
        told = statements(self._text, whole, self._sources, self._notes)
        seen: dict[Slice, Seen] = dict(passages)
        for span, found in passages.items():
            yield self._quotation(span, found, ())
        for span in quotes:
            here = (each for each in told if each.start < span[1] and span[0] < each.end)
            statement = next(here, Statement(*span))
            attached = right_behind(span, statement, self._text)
            cited = attached or statement.sources
            seen[span] = look_for(self._text[slice(*span)], cited, self._library, bool(attached))
            yield self._quotation(span, seen[span], cited)
        for source in self._sources:
            yield self._reference(source)
        yield from self._figures(told, seen)

    def _finding(self, kind: Kind, span: Slice, verdict: Verdict) -> Finding:
        start, end = self._plain.back(*span)
        return Finding(kind, start, end, self._draft[start:end], verdict)

    def _quotation(self, span: Slice, seen: Seen, cited: Sequence[Source]) -> Finding:
        changes = []
        for (first, last), printed in seen.differs:
            start, end = self._plain.back(span[0] + first, span[0] + last)
            changes.append(Change(self._draft[start:end], printed, start, end))
        finding = self._finding("quotation", span, seen.verdict)
        finding = replace(finding, places=seen.places, changes=tuple(changes), nearest=seen.nearest)
        return _said(finding, cited)

    # References

    def _reference(self, source: Source) -> Finding:
        verdict, nearest = self._names(source)
        places = tuple(Place(each, each.language, True, "") for each in source.paragraphs)
        finding = self._finding("reference", (source.start, source.end), verdict)
        return replace(_said(finding, [source]), said="", missing=source.missing, places=places, nearest=nearest)

    def _names(self, source: Source) -> tuple[Verdict, tuple[Paragraph, ...]]:
        """The verdict of a reference, and what is nearest to one that names nothing."""
        if source.report is None:
            return (Verdict.FOUND if source.paragraphs else Verdict.UNCHECKED), ()
        if source.report == "":
            may_be_wrong = source.numbered and not source.is_act
            return (Verdict.UNKNOWN_REPORT if may_be_wrong else Verdict.OUTSIDE), self._meant(source)
        if source.missing:
            return (Verdict.UNKNOWN_PARAGRAPH if source.sure else Verdict.UNCHECKED), self._beside(source)
        return Verdict.FOUND, ()

    def _meant(self, source: Source) -> tuple[Paragraph, ...]:
        """The first paragraph of the report whose symbol is nearly the one written."""
        near = get_close_matches(source.symbol, self._reports, n=1, cutoff=_LIKE_SYMBOL)
        return tuple(each for each in self._library.paragraphs if each.report in near)[:1]

    def _beside(self, source: Source) -> tuple[Paragraph, ...]:
        """The paragraphs of the report whose numbers are nearest to the one it does not have."""
        wanted = next((int(number) for number in source.missing if number.isdigit()), 0)
        printed = [each for each in self._library.paragraphs if each.report == source.report and not each.is_row]
        numbered = [each for each in printed if (each.printed or "").isdigit()] or printed
        return tuple(sorted(numbered, key=lambda each: abs(_number(each) - wanted))[:1])

    # Figures

    def _figures(self, told: Sequence[Statement], seen: Mapping[Slice, Seen]) -> Iterator[Finding]:
        taken = [*seen, *((each.start, each.end) for each in self._sources)]
        taken += [(start, end) for _, start, end in calls(self._text)]
        taken += [(start, start + _NOTE_MARK) for start, _ in self._notes.values()]
        for n, statement in enumerate(told):
            at = statement.start
            found = [(each, (at + each.start, at + each.end)) for each in figures(self._text[at : statement.end])]
            loose = [(each, span) for each, span in found if not overlap(span, taken)]
            if loose:
                around = [
                    told[i].sources for i in (n - 1, n + 1) if 0 <= i < len(told) and self._one_line(told[i], statement)
                ]
                yield from self._of_statement(statement, loose, seen, [each for of_one in around for each in of_one])

    def _of_statement(
        self,
        statement: Statement,
        loose: Sequence[tuple[Figure, Slice]],
        seen: Mapping[Slice, Seen],
        around: Sequence[Source],
    ) -> Iterator[Finding]:
        """Against what the statement cites; else what it quotes or is cited beside it; else the nearest paragraphs."""
        cited = [source for source in statement.sources if source.cites and is_sure(statement.sources)]
        unsure = [source for source in statement.sources if source.cites and not cited]
        said = said_paragraphs(cited, self._library)
        quoted = [span for span in seen if statement.start <= span[0] and span[1] <= statement.end]
        of_quotes = [place.paragraph for span in quoted for place in seen[span].places]
        of_quotes = [each for each in of_quotes if each not in said]
        names = {source.report for source in statement.sources} | {each.report for each in said}
        names |= {each.report for source in unsure for each in source.paragraphs}
        named = [report for name, report in self._reports.items() if name in names]
        nearest: Sequence[Paragraph] | None = None
        for figure, span in loose:
            finding = self._finding("figure", span, Verdict.FOUND)
            if told_by(figure, named):
                continue
            if said:
                yield _said(self._against(finding, figure, said + of_quotes), cited)
                continue
            beside = of_quotes + said_paragraphs([*unsure, *around], self._library)
            if places := self._support(figure, beside):
                yield _said(replace(finding, places=tuple(places)), () if of_quotes else [*unsure, *around])
            elif not may_name(figure):
                if nearest is None:
                    nearest = self._library.nearest(self._text[statement.start : statement.end])[:SEARCHED]
                places = self._support(figure, nearest)
                verdict = Verdict.LIKELY if places else Verdict.UNCHECKED
                near = () if places else tuple(nearest[:PLACES])
                yield replace(finding, verdict=verdict, places=tuple(places), nearest=near)

    def _against(self, finding: Finding, figure: Figure, said: Sequence[Paragraph]) -> Finding:
        """A figure against the paragraphs its statement cites."""
        language, renderings = self.language, self._library.renderings
        if places := self._support(figure, said):
            return replace(finding, places=tuple(places))
        if may_name(figure):
            return replace(finding, verdict=Verdict.UNCHECKED)
        if places := elsewhere(figure, self._library.paragraphs, language, renderings):
            return replace(finding, verdict=Verdict.ELSEWHERE, places=tuple(places))
        other = instead(figure, said, language, renderings)
        changes = (Change(finding.text, other.text, finding.start, finding.end),) if other else ()
        return replace(finding, verdict=Verdict.NOT_FOUND, places=(other,) if other else (), changes=changes)

    def _support(self, figure: Figure, within: Sequence[Paragraph]) -> list[Place]:
        return support(figure, within, self.language, self._library.renderings)

    def _one_line(self, one: Statement, other: Statement) -> bool:
        first, second = sorted((one, other), key=lambda each: each.start)
        return "\n" not in self._text[first.end : second.start]


def _said(finding: Finding, cited: Sequence[Source]) -> Finding:
    """A finding with the sources it is said to be from."""
    first = next((source.report or source.symbol for source in cited if source.report is not None), "")
    paragraphs = tuple({each.id: each for source in cited for each in source.paragraphs}.values())
    written = "; ".join(dict.fromkeys(source.text for source in cited))
    return replace(finding, said=written, said_paragraphs=paragraphs, said_report=first)


def _shorter(span: Slice) -> Slice:
    """A slice without a quotation mark, and a stop, at each end."""
    return min(span[0] + 1, span[1]), max(span[1] - 2, span[0] + 1)


def _number(paragraph: Paragraph) -> int:
    digits = (paragraph.printed or paragraph.number).lstrip("p")
    return int(digits) if digits.isdigit() else 0
