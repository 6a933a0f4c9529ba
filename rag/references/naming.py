"""The reports a text names: by symbol, alias, title, id or file, or described by year, body and subject."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.records import Report
from rag.text import fold, symbols
from rag.text.folding import HAN

_CALLED = re.compile(r"报告|\breports?\b")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = r"([a-z0-9]+(?:-[a-z0-9]+)*)(?:'s|')?"
_BETWEEN_ZH = ("的", "关于", "有关", "所", "提交", "提出", "发布", "给", "向", "在", "就", "号", "份")
# What a description is made of, read away from the word for a report.
_BEFORE = (
    re.compile(rf"({_YEAR.pattern})\s?年?度?$"),
    re.compile(rf"(?<![\w-]){_WORD}[\s(]{{0,2}}$"),
    re.compile(rf"({'|'.join(_BETWEEN_ZH)}|\s)$"),
)
_AFTER = (re.compile(rf"\s?\(?({_YEAR.pattern})\s?年?\)?"), re.compile(rf"[\s(]{{1,2}}{_WORD}\)?"))
_BETWEEN = {*_BETWEEN_ZH, " ", "a", "an", "and", "by", "for", "from", "in", "its", "of", "on", "the", "to", "about"}
_BETWEEN |= {"submitted", "dated", "year", "report", "reports"}
_RUN_BEFORE = re.compile(rf"[{HAN}]{{2,20}}$")
_INSIDE = "[a-z0-9/_]"  # what beside a name makes it a piece of a longer symbol, word or number

Forms = Callable[[str], Iterable[str]]  # a body's name → what else it is called


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A report named in a text, and where; `report` is empty for a document that is not in the index."""

    report: str
    start: int
    end: int


def named_reports(text: str, reports: Iterable[Report]) -> list[NamedReport]:
    """The reports a text names, where they stand in the folded text, in order; a longer name hides one inside it."""
    folded = fold(text)
    found = [
        NamedReport(report.id, *match.span())
        for report in reports
        for match in _any_of(frozenset(names_of(report))).finditer(folded)
    ]
    kept: list[NamedReport] = []
    for named in sorted(found, key=lambda named: (named.start, -named.end)):
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


@lru_cache(maxsize=4096)
def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    """Any of some names, the longest that fits, not inside a longer symbol, word or number."""
    before, after = ("", rf"(?<!{_INSIDE})"), ("", rf"(?!{_INSIDE})")
    longest_first = sorted(names, key=len, reverse=True)
    edged = [before[name[0].isascii()] + re.escape(name) + after[name[-1].isascii()] for name in longest_first]
    return re.compile("|".join(edged))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a report may be told by, folded."""

    report: str
    words: frozenset[str]  # with its year
    names: tuple[str, ...]

    def has(self, said: str) -> bool:
        """Whether a word, year or piece of Chinese is said of it."""
        return said in self.words if said.isascii() else any(said in name for name in self.names)


def read_names(
    folded: str, names: Sequence[NamedReport], reports: Iterable[Report], forms: Forms
) -> list[list[NamedReport]]:
    """The documents a question names or describes ("UNODC's report of 2022"), once for each report it may mean.

    `names` are those named. The report is "" for a description with a year that fits none.
    """
    certain = list(names)
    open_: list[tuple[tuple[str, ...], int, int]] = []
    for fitting, start, end in _descriptions(folded, [_facts(report, forms) for report in reports]):
        inside = [name for name in certain if name.start < end and start < name.end]
        meant = [name.report for name in inside if name.report in fitting] or list(fitting)
        if inside and len(meant) > 1 and meant == list(fitting):
            continue  # the name beside it says more
        start, end = min([start, *(name.start for name in inside)]), max([end, *(name.end for name in inside)])
        certain = [name for name in certain if name not in inside]
        if len(set(meant)) > 1:
            open_.append((fitting, start, end))
        else:
            certain.append(NamedReport(meant[0] if meant else "", start, end))
    choices = dict.fromkeys(report for fitting, _, _ in open_ for report in fitting) or [""]
    return [
        sorted(
            [*certain, *(NamedReport(choice, start, end) for fitting, start, end in open_ if choice in fitting)],
            key=lambda name: name.start,
        )
        for choice in choices
    ]


def described_reports(text: str, reports: Iterable[Report], forms: Forms) -> frozenset[str] | None:
    """The reports a text names or may describe; none where it means another document, None where it means no document.

    >>> [described_reports(text, [], lambda name: [name]) for text in ("in S/2021/839", "in Haiti")]
    [frozenset(), None]
    """
    known = list(reports)
    readings = read_names(fold(text), named_reports(text, known), known, forms)
    meant = frozenset(name.report for reading in readings for name in reading)
    return meant - {""} if meant or symbols(text) else None


def _facts(report: Report, forms: Forms) -> _Facts:
    issued = [form for name in (report.body, report.session) if name for form in forms(name)]
    names = tuple(map(folded_name, (*report.titles.values(), report.short_title, *report.aliases, *issued)))
    words = {word for name in names for word in re.findall(_WORD, name) if not word.isdigit()}  # not the 7 of "BMS 7"
    return _Facts(report.id, frozenset(words - _BETWEEN | {report.date[:4]}), names)


Step = Callable[[str, int, Sequence[_Facts]], tuple[int, str] | None]


def _descriptions(folded: str, facts: Sequence[_Facts]) -> list[tuple[tuple[str, ...], int, int]]:
    """The reports each description in a text fits, and where it stands, in order; none only where it has a year."""
    found = []
    for match in _CALLED.finditer(folded):
        start, told_before = _go(_step_before, folded, match.start(), facts)
        end, told_after = _go(_step_after, folded, match.end(), facts)
        said = told_before | told_after
        fitting = tuple(known.report for known in facts if all(known.has(each) for each in said))
        if said and (fitting or any(map(_YEAR.fullmatch, said))):
            found.append((fitting, start, end))
    return found


def _go(step: Step, folded: str, place: int, facts: Sequence[_Facts]) -> tuple[int, set[str]]:
    """How far a description goes on one side of the word for a report, and what it tells there."""
    last, told = place, set()
    while taken := step(folded, place, facts):
        place, word = taken
        if word not in _BETWEEN:
            told.add(word)
            last = place
    return last, told


def _step_before(folded: str, end: int, facts: Sequence[_Facts]) -> tuple[int, str] | None:
    """Where the word, year or piece of Chinese before a place begins, and what it is."""
    for pattern in _BEFORE:
        word = pattern.search(folded, max(0, end - 40), end)
        if word and _belongs(word[1], facts):
            return word.start(), word[1]
    run = _RUN_BEFORE.search(folded, max(0, end - 20), end)
    pieces = [run[0][at:] for at in range(len(run[0]) - 1)] if run else []  # longest first
    told = (piece for piece in pieces if any(piece in name for known in facts for name in known.names))
    return next(((end - len(piece), piece) for piece in told), None)


def _step_after(folded: str, start: int, facts: Sequence[_Facts]) -> tuple[int, str] | None:
    words = (pattern.match(folded, start) for pattern in _AFTER)
    return next(((word.end(), word[1]) for word in words if word and _belongs(word[1], facts)), None)


def _belongs(word: str, facts: Sequence[_Facts]) -> bool:
    return word in _BETWEEN or bool(_YEAR.fullmatch(word)) or any(word in known.words for known in facts)
