"""The reader's own reports: what is recognised in a file, adding it to the index, removing it again.

They are kept beside the index, as they were given, with a `reports.toml` of what their reader says of them; so
`rapporteur build` indexes them too. A file is read only in a limited process of its own.
"""

import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.errors import ReportError, SettingError
from rag.index import Index, Progress, build_index, open_index
from rag.index.generations import locked
from rag.lexicon import Lexicon
from rag.models import embedder as embedding
from rag.own.limited import Limits, News, Stopped, run
from rag.own.recognising import TITLE, Numbering
from rag.records import Language, Paragraph, Report
from rag.reports import ReadReport, read_report
from rag.reports.files import MAX_BYTES, READABLE
from rag.reports.known import known_reports
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
    there = {path.name: path for path in sorted(folder.glob("*")) if path.is_file() and path.suffix in READABLE}
    for name in [*(each for each in _facts(folder) if each in there), *(each for each in there)]:
        if path := there.pop(name, None):
            read = _apart(read_report(path, settings.renderings), taken)
            taken.add(read.report.id)
            yield read


def preview(path: Path, settings: Settings, index: Index) -> Generator[News, None, Preview]:
    """What is recognised in a file, told while it is read; nothing is kept but a copy that `discard` deletes.

    ReportError where it is too large, cannot be read as a report within the limits, or is in the index already.
    """
    name = safe_name(path.name, {report.file for report in index.reports.values()})
    size = path.stat().st_size
    if size > MAX_BYTES:  # before it is copied
        raise ReportError(f"{path.name}: {size:,} bytes, over the limit of {MAX_BYTES:,}; split it into smaller files")
    waiting = Path(tempfile.mkdtemp(prefix="rapporteur-own-")) / name
    kept = False
    try:
        shutil.copyfile(path, waiting)
        found = yield from _read(waiting, settings)
        seen = _seen(waiting, found)
        _check_new(seen, index, own_reports(settings, index))
        kept = True
    finally:
        if not kept:
            shutil.rmtree(waiting.parent, ignore_errors=True)
    return seen


def told(seen: Preview) -> list[str]:
    """A preview in lines of English, as a terminal shows it."""
    facts = seen.facts
    lines = [f"{seen.file}: {facts.title or 'no title found'}"]
    lines.append(f"  symbol {facts.symbol or 'none'}; year {facts.year or 'unknown'}; language {seen.language}")
    lines.append(f"  {seen.paragraphs} paragraphs, {seen.rows} of them table rows; {seen.footnotes} footnotes")
    for each in seen.numbering:
        missing, repeated = (" ".join(map(str, numbers)) or "none" for numbers in (each.missing, each.repeated))
        lines.append(f"  {each.part}: {each.first} to {each.last}; missing: {missing}; more than once: {repeated}")
    return [*lines, *(f"  {locator}  {' '.join(text.split())[:100]}" for locator, text in seen.excerpts)]


def discard(seen: Preview) -> None:
    """Delete the copy of a file that was not added, or has been."""
    shutil.rmtree(seen.path.parent, ignore_errors=True)


def add(seen: Preview, facts: Facts, settings: Settings) -> Generator[News, None, None]:
    """Add a previewed report to the index, with what its reader says of it; nothing changes where that fails.

    ReportError where the facts cannot be used, or another report has the symbol.
    """
    facts = checked(facts)
    folder = folder_of(settings)
    with locked(folder):
        index = open_index(settings.index)
        _check_new(replace(seen, facts=facts), index, own_reports(settings, index))
        if not seen.path.is_file():
            raise ReportError(f"{seen.file}: is no longer here; choose it again")
        before = _facts(folder)
        kept = False
        try:
            shutil.copyfile(seen.path, folder / seen.file)
            _write_facts(folder, {**before, seen.file: _stated(facts, seen.language)})
            yield from _reindex_apart(settings, file=seen.file)
            kept = True
        finally:
            if not kept:
                (folder / seen.file).unlink(missing_ok=True)
                _write_facts(folder, before)
    discard(seen)


def remove(report: str, settings: Settings) -> Generator[News, None, None]:
    """Take an own report out of the index and delete its file; SettingError where it is none."""
    folder = folder_of(settings)
    with locked(folder):
        own = {each.id: each for each in own_reports(settings, open_index(settings.index))}
        if report not in own:
            raise SettingError(f"{report} is not one of your own reports, so it stays.")
        yield from _reindex_apart(settings, without=report)
        (folder / own[report].file).unlink(missing_ok=True)
        _write_facts(folder, {name: facts for name, facts in _facts(folder).items() if name != own[report].file})


def reindex(settings: Settings, file: str | None, without: str | None, progress: Progress) -> str:
    """Index what the index holds, with an own file more or a report less; the generation's name.

    What is held is neither read nor embedded again.
    """
    index = open_index(settings.index)
    texts: dict[str, list[Paragraph]] = {name: [] for name in index.reports}
    for paragraph in index.paragraphs:
        texts[paragraph.report].append(paragraph)
    reports = [(report, texts[report.id]) for report in index.reports.values() if report.id != without]
    if file:
        read = _apart(read_report(folder_of(settings) / file, settings.renderings), set(texts))
        reports.append((read.report, list(read.paragraphs)))
    fingerprint = embedding.fingerprint_of(settings.embedder, settings.cache)
    encoder = lambda: embedding.load(settings.embedder, settings.cache)  # noqa: E731
    name, _ = build_index(reports, settings.index, encoder, fingerprint, Lexicon.load(), progress)
    return name


def safe_name(name: str, taken: set[str]) -> str:
    """A file's name without anything a folder, a report id or a terminal takes for more than a letter; not `taken`.

    >>> safe_name("../../etc/a#b.PDF", set()), safe_name("报告.txt", {"报告.txt"})
    ('a_b.pdf', '报告-2.txt')
    """
    base = Path(unicodedata.normalize("NFC", name.replace("\\", "/"))).name
    stem, ending = (base.rpartition(".")[0], base.rpartition(".")[2]) if "." in base else (base, "")
    stem = re.sub(r"[^\w .,()（）、，-]", "_", stem).strip(" ._~")[:LONGEST_NAME] or "report"
    ending = re.sub(r"[^\w]", "", ending.lower())[:10]
    for n in range(1, len(taken) + 2):
        free = f"{stem}{f'-{n}' if n > 1 else ''}{f'.{ending}' if ending else ''}"
        if free not in taken:
            return free
    raise AssertionError("more names are taken than there are")


def checked(facts: Facts) -> Facts:
    """The facts with stray blanks gone; ReportError where a symbol or year cannot be one."""
    title, symbol, year = (" ".join(str(each).split()) for each in (facts.title, facts.symbol, facts.year))
    if symbol and not SYMBOL.fullmatch(symbol):
        raise ReportError(f"{symbol[:80]!r} is no symbol: give one such as A/75/78, or none")
    if year and not (year.isdecimal() and int(year) in YEARS):
        raise ReportError(f"{year[:20]!r} is no year: give one such as 2021, or none")
    return Facts(title[:TITLE], symbol, year)


# Reading, and indexing, in a process of their own


def _read(path: Path, settings: Settings) -> Generator[News, None, dict[str, Any]]:
    limits = replace(READING, seconds=settings.read_seconds, cpu_seconds=int(settings.read_seconds) + 1)
    try:
        found: dict[str, Any] = yield from run("read", {"path": str(path)}, limits)
    except Stopped as stopped:
        raise _stopped(path.name, stopped, limits) from stopped
    return found


def _stopped(name: str, stopped: Stopped, limits: Limits) -> ReportError:
    wrong, remedy = {
        "time": (f"took longer to read than {limits.seconds:g} s", "split it, or save it as plain text"),
        "memory": (f"takes more memory to read than {limits.memory >> 20:,} MB", "split it, or save it as plain text"),
        "crash": ("broke the reader", "open it and save it anew, or save it as plain text"),
    }[stopped.why]
    return ReportError(f"{name}: {wrong}; {remedy}")


def _reindex_apart(settings: Settings, **what: str) -> Generator[News, None, None]:
    given = {name: str(getattr(settings, name)) for name in ("index", "own", "cache", "embedder")}
    given["renderings"] = "yes" if settings.renderings else "no"
    asked = {"settings": given, "file": None, "without": None, **what}
    try:
        yield from run("index", asked, Limits())
    except Stopped as stopped:
        raise ReportError("The index could not be written; see what is wrong with: rapporteur doctor") from stopped


def _seen(path: Path, found: Mapping[str, Any]) -> Preview:
    numbering = tuple(
        Numbering(**{**each, "missing": tuple(each["missing"]), "repeated": tuple(each["repeated"])})
        for each in found["numbering"]
    )
    excerpts = tuple((str(locator), str(text)) for locator, text in found["excerpts"])
    simple = {**found, "facts": Facts(**found["facts"]), "numbering": numbering, "excerpts": excerpts}
    return Preview(path=path, **simple)


def _check_new(seen: Preview, index: Index, own: Sequence[Report]) -> None:
    """Raise ReportError where the same file, or the same report in the same language, is in the index."""
    for report in index.reports.values():
        same_report = seen.facts.symbol and seen.facts.symbol == report.symbol and seen.language == report.language
        if report.sha256 == seen.sha256 or same_report:
            remedy = "remove that one first" if report in own else "ask about it straight away"
            raise ReportError(f"{seen.file}: is here already, as {report.name}; {remedy}")


def _apart(read: ReadReport, taken: set[str]) -> ReadReport:
    """A report under its id, else its file's stem, else its file's name, whichever is not taken."""
    path = Path(read.report.file)
    free = next(name for name in (read.report.id, path.stem, path.name) if name not in taken)
    paragraphs = tuple(replace(paragraph, report=free) for paragraph in read.paragraphs)
    return ReadReport(replace(read.report, id=free), paragraphs, read.pieces)


# What readers say of their reports


def _facts(folder: Path) -> dict[str, Any]:
    """File name → what was stated when it was added, in that order."""
    return dict(known_reports(folder))


def _stated(facts: Facts, language: Language) -> dict[str, Any]:
    stated = {"symbol": facts.symbol, f"title_{language}": facts.title, "year": int(facts.year) if facts.year else 0}
    return {**{name: value for name, value in stated.items() if value}, "from": {"all": "given when it was added"}}


def _write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    lines = []
    for file, stated in facts.items():
        lines += [f"[{_toml(file)}]", *(f"{name} = {_toml(value)}" for name, value in stated.items()), ""]
    part = folder / f".{FACTS}.part"
    part.write_text("\n".join(lines), encoding="utf-8")
    part.replace(folder / FACTS)


def _toml(value: Any) -> str:
    """A value of `reports.toml`: JSON's texts, numbers and lists are TOML's too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(name)} = {_toml(each)}" for name, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
