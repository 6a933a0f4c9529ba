"""What runs in a limited child process: recognising a report that somebody gave us, and indexing.

Started by `rag.own.limited` as `python -m rag.own.jobs JOB`. The limits are set before anything else is imported.
"""

import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.own.limited import NICE, Limits

if TYPE_CHECKING:
    from rag.records import Paragraph
    from rag.settings import Settings

Say = Callable[[str, Any], None]

EXCERPTS = 4  # paragraphs shown of a report before it is indexed
EXCERPT = 240  # characters of each
TITLE = 300  # characters of a title at the most
LISTED = 12  # missing or repeated numbers named for each part; a longer list says that the numbers were misread


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
    from rag.reports import likely_title, read_report

    read = read_report(path)
    report, paragraphs = read.report, read.paragraphs
    numbered = [each for each in paragraphs if each.printed] or list(paragraphs)
    return {
        "facts": {
            "title": likely_title(paragraphs),
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


def numberings(paragraphs: "Sequence[Paragraph]") -> list[Numbering]:
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


def reindex(settings: "Settings", file: Path | None, without: str | None, say: Say) -> str:
    """Index what the index holds, with an own file more or a report less; the generation's name.

    What is held is neither read nor embedded again.
    """
    from rag.index import build_index, open_index
    from rag.lexicon import Lexicon
    from rag.models import embedder as embedding
    from rag.reports import read_report

    index = open_index(settings.index)
    texts: dict[str, list[Paragraph]] = {name: [] for name in index.reports}
    for paragraph in index.paragraphs:
        texts[paragraph.report].append(paragraph)
    reports = [(report, texts[report.id]) for report in index.reports.values() if report.id != without]
    if file:
        read = read_report(file, settings.renderings).apart_from(texts)
        reports.append((read.report, list(read.paragraphs)))
    fingerprint = embedding.fingerprint_of(settings.embedder, settings.cache)
    encoder = lambda: embedding.load(settings.embedder, settings.cache)  # noqa: E731
    progress = lambda *news: say("news", news)  # noqa: E731
    name, _ = build_index(reports, settings.index, encoder, fingerprint, Lexicon.load(), progress)
    return name


def _index(given: Mapping[str, Any], say: Say) -> Any:
    from rag.settings import load_settings

    settings, _ = load_settings(given["settings"], {})
    return reindex(settings, given["file"] and Path(given["file"]), given["without"], say)


JOBS: Mapping[str, Callable[[Mapping[str, Any], Say], Any]] = {
    "read": lambda given, say: recognise(Path(given["path"])),
    "index": _index,
}


def _restrict(limits: Limits) -> None:
    """Hold this process to the limits, for good."""
    os.nice(NICE)
    for what, value in (resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_FSIZE, limits.file_size):
        if value:
            resource.setrlimit(what, (value, value))
    if limits.cpu_seconds:  # the signal first, which tells why; a second later the kernel ends it
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no copy of the report behind


def main() -> None:
    """Do one job."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer of ours

    def say(kind: str, told: Any) -> None:
        channel.write(json.dumps([kind, told]) + "\n")
        channel.flush()

    asked = json.loads(sys.stdin.buffer.read())
    _restrict(Limits(**asked["limits"]))
    try:
        say("answer", JOBS[sys.argv[1]](asked["given"], say))
    except RagError as error:
        if isinstance(error.__cause__, MemoryError):  # not the file's damage, as its reader took it for
            say("stopped", "memory")
        else:
            say("error", [type(error).__name__, error.key, error.values])
    except MemoryError:
        say("stopped", "memory")


if __name__ == "__main__":
    main()
