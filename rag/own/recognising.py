"""What is recognised in a report file before it is indexed: its title, symbol, year, numbers and first paragraphs."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.records import Paragraph
from rag.reports import read_report

EXCERPTS = 4  # paragraphs shown of a report before it is indexed
EXCERPT = 240  # characters of each
TITLE = 300  # characters of a title at the most
LISTED = 12  # missing or repeated numbers named for each part; a longer list says that the numbers were misread
NO_TITLE = re.compile(  # what stands on a first page beside the title
    r"[A-Z]{1,5}/[\w./()-]{0,60}\d"
    r"|届会议|议程项目|月 ?\d{1,2} ?日|^(?:Distr|Original|Chinese|English|中文|联合国$|大会$|安全理事会$)"
    r"|\b[Ss]ession$|[Aa]genda item|^(?:United Nations|General Assembly|Security Council|Economic and Social Council)$"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
BY_WHOM = re.compile(
    r"(?:秘书长|秘书处|主席|高级专员)\S{0,10}报告$|(?:Report|Note) (?:of|by) the ", re.IGNORECASE
)  # its second line


@dataclass(frozen=True, slots=True)
class Numbering:
    """The paragraph numbers found in one part of a report."""

    part: str
    count: int
    first: int
    last: int
    missing: tuple[int, ...]
    repeated: tuple[int, ...]


def recognise(path: Path) -> dict[str, Any]:
    """What a report's reader is shown before it is indexed, as JSON has it."""
    read = read_report(path)
    report, paragraphs = read.report, read.paragraphs
    numbered = [each for each in paragraphs if each.printed] or list(paragraphs)
    return {
        "facts": {
            "title": printed_title(paragraphs),
            "symbol": report.symbol or "",
            "year": str(report.years[0]) if report.years else "",
        },
        "language": report.language,
        "sha256": report.sha256,
        "paragraphs": len(paragraphs),
        "rows": sum(each.is_row for each in paragraphs),
        "footnotes": sum(len(each.footnotes) for each in paragraphs),
        "numbering": [asdict(each) for each in numberings(paragraphs)],
        "excerpts": [[each.locator, each.text[:EXCERPT]] for each in numbered[:EXCERPTS]],
    }


def numberings(paragraphs: Sequence[Paragraph]) -> list[Numbering]:
    """The printed numbers of each part that has some, in order, with those missing between and those repeated."""
    printed: dict[str, Counter[int]] = {}
    for paragraph in paragraphs:
        if paragraph.printed and paragraph.printed.isdecimal():
            printed.setdefault(paragraph.part, Counter())[int(paragraph.printed)] += 1
    found = []
    for part, numbers in printed.items():
        missing = tuple(n for n in range(1, max(numbers)) if n not in numbers)[: LISTED + 1]
        repeated = tuple(sorted(n for n, times in numbers.items() if times > 1))[: LISTED + 1]
        found.append(Numbering(part, numbers.total(), min(numbers), max(numbers), missing, repeated))
    return found


def printed_title(paragraphs: Sequence[Paragraph]) -> str:
    """What is probably the title: the longest line of the first page that is none of its usual furniture.

    A text without a first page has its first paragraph as title, if that is short.
    """
    front = [each.text for each in paragraphs if each.part == "front"]
    if not front and paragraphs and paragraphs[0].printed is None and len(paragraphs[0].text) <= TITLE // 2:
        front = [paragraphs[0].text]
    lines = [line for line in (" ".join(text.split()) for text in front) if not NO_TITLE.search(line)]
    return max(lines, key=lambda line: (not BY_WHOM.match(line), len(line)), default="")[:TITLE]
