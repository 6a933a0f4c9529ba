"""The reader's own reports: what is recognised in a file, adding it to the index, removing it again.

They are kept beside the index, as they were given, with a `reports.toml` of what their reader says of them; so
`rapporteur build` indexes them too. A file is read only in a limited process of its own.
"""

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from rag.errors import ReportError, SettingError
from rag.index import Index, open_index
from rag.index.generations import locked
from rag.own.jobs import TITLE, Numbering
from rag.own.limited import Limits, News, Stopped, run
from rag.records import Language, Report
from rag.reports import ReadReport, known_reports, read_report
from rag.reports.files import MAX_BYTES, READABLE
from rag.settings import Settings

FACTS = "reports.toml"
READING = Limits(seconds=180, cpu_seconds=150, memory=2 << 30, file_size=1 << 20)  # 2,000 pages take about a minute
LONGEST_NAME = 60  # characters of a file's name before its ending: three bytes each in UTF-8, and names may have 255
SYMBOL = re.compile(r"\w[\w./()-]{2,80}")
YEARS = range(1945, 2101)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader may correct before a report is indexed."""

    title: str
    symbol: str
    year: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What was recognised in a file that waits to be added."""

    path: Path  # in a folder of its own, under the name it will be kept by
    facts: Facts
    language: Language
    sha256: str
    paragraphs: int
    rows: int
    footnotes: int
    numbering: tuple[Numbering, ...]
    excerpts: tuple[tuple[str, str], ...]  # a paragraph's locator, and how its text begins

    @property
    def file(self) -> str:
        """The name it will be kept by."""
        return self.path.name


def folder_of(settings: Settings) -> Path:
    """Where an index's own reports are kept."""
    return settings.index / settings.own


def own_reports(settings: Settings, index: Index) -> list[Report]:
    """The reports of an index that were added and can be removed, in its order."""
    folder = folder_of(settings)
    return [report for report in index.reports.values() if (folder / report.file).is_file()]


def read_own(settings: Settings, taken: set[str]) -> Iterator[ReadReport]:
    """The own reports in the order they were added, none under an id that is `taken`."""
    folder = folder_of(settings)
    there = sorted(path.name for path in folder.glob("*") if path.is_file() and path.suffix in READABLE)
    for name in dict.fromkeys([*(name for name in known_reports(folder) if name in there), *there]):
        read = read_report(folder / name, settings.renderings).apart_from(taken)
        taken.add(read.report.id)
        yield read


def preview(path: Path, settings: Settings, index: Index) -> Generator[News, None, Preview]:
    """What is recognised in a file, told while it is read; nothing is kept but a copy that `discard` deletes.

    ReportError where it is too large, cannot be read as a report within the limits, or is in the index already.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:  # before it is copied
        raise ReportError("file-too-large", file=path.name, bytes=size, limit=MAX_BYTES)
    limits = replace(READING, seconds=settings.read_seconds, cpu_seconds=int(settings.read_seconds) + 1)
    name = safe_name(path.name, {report.file for report in index.reports.values()})
    copy = Path(tempfile.mkdtemp(prefix="rapporteur-own-")) / name
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, copy.parent, ignore_errors=True)
        shutil.copyfile(path, copy)
        try:
            found = yield from run("read", {"path": str(copy)}, limits)
        except Stopped as stopped:
            values = {"seconds": limits.seconds, "megabytes": limits.memory >> 20}
            raise ReportError(f"own-{stopped.why}", file=name, **values) from stopped
        seen = _preview(copy, found)
        _check_new(seen, index, own_reports(settings, index))
        undo.pop_all()
    return seen


def preview_text(seen: Preview) -> str:
    """A preview in lines of English, as a terminal shows it."""
    facts = seen.facts
    lines = [f"{seen.file}: {facts.title or 'no title found'}"]
    lines.append(f"  symbol {facts.symbol or 'none'}; year {facts.year or 'unknown'}; language {seen.language}")
    lines.append(f"  {seen.paragraphs} paragraphs, {seen.rows} of them table rows; {seen.footnotes} footnotes")
    for each in seen.numbering:
        missing, repeated = (" ".join(map(str, numbers)) or "none" for numbers in (each.missing, each.repeated))
        lines.append(f"  {each.part}: {each.first} to {each.last}; missing: {missing}; more than once: {repeated}")
    return "\n".join([*lines, *(f"  {locator}  {' '.join(text.split())[:100]}" for locator, text in seen.excerpts)])


def discard(seen: Preview) -> None:
    """Delete the copy of a file that was not added, or has been."""
    shutil.rmtree(seen.path.parent, ignore_errors=True)


def add(seen: Preview, facts: Facts, settings: Settings) -> Generator[News, None, None]:
    """Add a previewed report to the index, with what its reader says of it; nothing changes where that fails.

    ReportError where the facts cannot be used, or another report has the symbol.
    """
    facts = _usable(facts)
    folder = folder_of(settings)
    with locked(folder), ExitStack() as undo:
        index = open_index(settings.index)
        _check_new(replace(seen, facts=facts), index, own_reports(settings, index))
        if not seen.path.is_file():
            raise ReportError("own-gone", file=seen.file)
        before = known_reports(folder)
        undo.callback(_write_facts, folder, before)
        undo.callback((folder / seen.file).unlink, missing_ok=True)
        shutil.copyfile(seen.path, folder / seen.file)
        stated = {"symbol": facts.symbol, f"title_{seen.language}": facts.title, "year": int(facts.year or 0)}
        stated = {name: value for name, value in stated.items() if value}
        _write_facts(folder, {**before, seen.file: {**stated, "from": {"all": "given when it was added"}}})
        yield from _reindex(settings, file=str(folder / seen.file))
        undo.pop_all()
    discard(seen)


def remove(report: str, settings: Settings) -> Generator[News, None, None]:
    """Take an own report out of the index and delete its file; SettingError where it is none."""
    folder = folder_of(settings)
    with locked(folder):
        own = {each.id: each.file for each in own_reports(settings, open_index(settings.index))}
        if report not in own:
            raise SettingError("own-not", report=report)
        yield from _reindex(settings, without=report)
        (folder / own[report]).unlink(missing_ok=True)
        _write_facts(folder, {name: facts for name, facts in known_reports(folder).items() if name != own[report]})


def safe_name(name: str, taken: set[str]) -> str:
    """A file's name without anything a folder, a report id or a terminal takes for more than a letter; not `taken`.

    >>> safe_name("../../etc/a#b.PDF", set()), safe_name("报告.txt", {"报告.txt"})
    ('a_b.pdf', '报告-2.txt')
    """
    base = Path(unicodedata.normalize("NFC", name.replace("\\", "/"))).name
    stem, ending = (base.rpartition(".")[0], base.rpartition(".")[2]) if "." in base else (base, "")
    stem = re.sub(r"[^\w .,()（）、，-]", "_", stem).strip(" ._~")[:LONGEST_NAME] or "report"
    ending = re.sub(r"[^\w]", "", ending.lower())[:10]
    names = (f"{stem}{f'-{n}' if n > 1 else ''}{f'.{ending}' if ending else ''}" for n in count(1))
    return next(name for name in names if name not in taken)


def _usable(facts: Facts) -> Facts:
    """The facts with stray blanks gone; ReportError where a symbol or year cannot be one."""
    title, symbol, year = (" ".join(str(each).split()) for each in (facts.title, facts.symbol, facts.year))
    if symbol and not SYMBOL.fullmatch(symbol):
        raise ReportError("own-symbol", symbol=symbol[:80])
    if year and not (year.isdecimal() and int(year) in YEARS):
        raise ReportError("own-year", year=year[:20])
    return Facts(title[:TITLE], symbol, year)


def _preview(path: Path, found: Mapping[str, Any]) -> Preview:
    """What `jobs.recognise` told, out of JSON."""
    numbering = tuple(
        Numbering(**{**each, "missing": tuple(each["missing"]), "repeated": tuple(each["repeated"])})
        for each in found["numbering"]
    )
    excerpts = tuple((locator, text) for locator, text in found["excerpts"])
    return Preview(path, **{**found, "facts": Facts(**found["facts"]), "numbering": numbering, "excerpts": excerpts})


def _check_new(seen: Preview, index: Index, own: Sequence[Report]) -> None:
    """Raise ReportError where the same file, or the same report in the same language, is in the index."""
    for report in index.reports.values():
        same_report = seen.facts.symbol and seen.facts.symbol == report.symbol and seen.language == report.language
        if report.sha256 == seen.sha256 or same_report:
            raise ReportError("own-added" if report in own else "own-here", file=seen.file, name=report.name)


def _reindex(settings: Settings, file: str | None = None, without: str | None = None) -> Generator[News, None, None]:
    given = {name: str(getattr(settings, name)) for name in ("index", "own", "cache", "embedder")}
    given["renderings"] = "yes" if settings.renderings else "no"
    try:
        yield from run("index", {"settings": given, "file": file, "without": without}, Limits())
    except Stopped as stopped:
        raise ReportError("own-not-indexed") from stopped


def _write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    import tomlkit

    part = folder / f".{FACTS}.part"
    part.write_text(tomlkit.dumps(facts), encoding="utf-8")
    part.replace(folder / FACTS)
