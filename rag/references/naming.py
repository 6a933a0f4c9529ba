"""The reports a text names: by symbol, alias, title, id or file, or described by year, body and subject."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.records import Report
from rag.text import fold
from rag.text.folding import HAN

_CALLED_ZH, _CALLED_EN = re.compile("报告"), re.compile(r"\breports?\b")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_BEFORE = re.compile(rf"({_YEAR.pattern})\s?年?度?$")
_YEAR_AFTER = re.compile(rf"\s?\(?({_YEAR.pattern})\s?年?\)?")
_RUN_BEFORE = re.compile(rf"[{HAN}]{{2,20}}$")
_BETWEEN_ZH = re.compile(r"(?:的|关于|有关|所|提交|提出|发布|给|向|在|就|号|份|\s)$")
_WORD = r"([a-z0-9]+(?:-[a-z0-9]+)*)(?:'s|')?"
_WORD_BEFORE, _WORD_AFTER = re.compile(rf"(?<![\w-]){_WORD}[\s(]{{0,2}}$"), re.compile(rf"[\s(]{{1,2}}{_WORD}\)?")
_BETWEEN_EN = {"a", "an", "and", "by", "for", "from", "in", "its", "of", "on", "the", "to", "about", "submitted"}
_BETWEEN_EN |= {"dated", "year", "report", "reports"}


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


@dataclass(frozen=True, slots=True)
class Description:
    """Words that tell a report by its year, body or subject, where they stand, and the reports they fit."""

    reports: tuple[str, ...]  # none where a report of that year is not there
    start: int
    end: int


def described_reports(
    folded: str, reports: Sequence[Report], forms: Callable[[str], Iterable[str]] = lambda name: [name]
) -> list[Description]:
    """The reports a folded text describes ("UNODC's report of 2022", "2021年秘书长报告"), in order.

    `forms` gives what else a body is called. What fits no report is told only where it names a year.
    """
    facts = [_facts(report, forms) for report in reports]
    found = []
    for called, grown in ((_CALLED_ZH, _grown_zh), (_CALLED_EN, _grown_en)):
        for match in called.finditer(folded):
            start, end, said = grown(folded, *match.span(), facts)
            fitting = tuple(known.report for known in facts if all(known.has(each) for each in said))
            if said and (fitting or any(map(_YEAR.fullmatch, said))):
                found.append(Description(fitting, start, end))
    return sorted(found, key=lambda each: each.start)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a report may be told by, folded."""

    report: str
    words: frozenset[str]  # with its year
    names: tuple[str, ...]

    def has(self, said: str) -> bool:
        """Whether a word, year or piece of Chinese is said of it."""
        return said in self.words if said.isascii() else any(said in name for name in self.names)


def _facts(report: Report, forms: Callable[[str], Iterable[str]]) -> _Facts:
    issued = [form for name in (report.body, report.session) if name for form in forms(name)]
    names = tuple(map(folded_name, (*report.titles.values(), report.short_title, *report.aliases, *issued)))
    words = {word for name in names for word in re.findall(_WORD, name) if not word.isdigit()}  # not the 7 of "BMS 7"
    return _Facts(report.id, frozenset(words - _BETWEEN_EN | {report.date[:4]}), names)


def _grown_zh(folded: str, start: int, end: int, facts: Sequence[_Facts]) -> tuple[int, int, set[str]]:
    """Where a Chinese description begins and ends around the word for a report, and what it says."""
    said: set[str] = set()
    if year := _YEAR_AFTER.match(folded, end):
        said.add(year[1])
        end = year.end()
    left = start
    while left:
        if found := _YEAR_BEFORE.search(folded, max(0, left - 8), left) or _known_word(folded, left, facts):
            left = start = found.start()
            said.add(found[1])
        elif between := _BETWEEN_ZH.search(folded, max(0, left - 2), left):
            left = between.start()
        elif piece := _known_piece(folded, left, facts):
            left = start = left - len(piece)
            said.add(piece)
        else:
            break
    return start, end, said


def _known_word(folded: str, end: int, facts: Sequence[_Facts]) -> re.Match[str] | None:
    """The word in Latin letters that ends there, where some report is told by it."""
    word = _WORD_BEFORE.search(folded, max(0, end - 40), end)
    return word if word and any(word[1] in known.words for known in facts) else None


def _known_piece(folded: str, end: int, facts: Sequence[_Facts]) -> str:
    """The longest piece of Chinese that ends there and stands in some report's names."""
    run = _RUN_BEFORE.search(folded, max(0, end - 20), end)
    pieces = [run[0][at:] for at in range(len(run[0]) - 1)] if run else []
    return next((piece for piece in pieces if any(piece in name for known in facts for name in known.names)), "")


def _grown_en(folded: str, start: int, end: int, facts: Sequence[_Facts]) -> tuple[int, int, set[str]]:
    """Where an English description begins and ends around the word "report", and what it says."""
    said: set[str] = set()
    left, right = start, end
    while before := _WORD_BEFORE.search(folded, max(0, left - 40), left):
        if not (tells := _tells(before[1], facts)) and before[1] not in _BETWEEN_EN:
            break
        left = before.start()
        if tells:
            said.add(before[1])
            start = left
    while after := _WORD_AFTER.match(folded, right):
        if not (tells := _tells(after[1], facts)) and after[1] not in _BETWEEN_EN:
            break
        right = after.end()
        if tells:
            said.add(after[1])
            end = right
    return start, end, said


def _tells(word: str, facts: Sequence[_Facts]) -> bool:
    return bool(_YEAR.fullmatch(word)) or any(word in known.words for known in facts)


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
