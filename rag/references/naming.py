"""The reports a text names: by symbol, alias, title, id or file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.records import Report
from rag.text import fold


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A report named in a folded text, and where; `report` is empty for a document that is not in the index."""

    report: str
    start: int
    end: int


def named_reports(text: str, reports: Iterable[Report]) -> list[NamedReport]:
    """The reports a text names by symbol, alias, title, id or file, in order; a longer name hides one inside it."""
    folded = fold(text)
    found = [
        NamedReport(report.id, *place)
        for report in reports
        for name in names_of(report)
        for place in _places(folded, name)
    ]
    found.sort(key=lambda named: (named.start, -named.end))
    kept: list[NamedReport] = []
    for named in found:
        if not kept or named.start >= kept[-1].end:
            kept.append(named)
    return kept


folded_name = lru_cache(maxsize=4096)(fold)  # the names of the reports are asked for with every question


def names_of(report: Report) -> set[str]:
    """What a report is called, folded. A file named by one common word ("report.txt") counts only with its ending."""
    stem = report.file.rsplit(".", 1)[0]
    names = [report.symbol or "", report.short_title, report.file, *report.aliases, *report.titles.values()]
    names += [each for each in (report.id, stem) if not each.isalpha() or not each.isascii()]
    return {folded_name(name) for name in names if len(name) > 1}


def _places(folded: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands, not inside a longer symbol, word or number."""
    start = folded.find(name)
    while start >= 0:
        end = start + len(name)
        before, after = folded[:start][-1:], folded[end:][:1]
        if not (_goes_on(before, name[0]) or _goes_on(after, name[-1])):
            yield start, end
        start = folded.find(name, end)


def _goes_on(beside: str, edge: str) -> bool:
    """Whether a character beside a name belongs to the same word or symbol."""
    return edge.isascii() and beside.isascii() and (beside.isalnum() or beside in {"/", "_"})
