"""Read a report file (txt, PDF, DOCX), with what is known of it, and split it into its numbered paragraphs.

Beside the files of a folder may stand `reports.toml`, which states facts of them, and in its folder `en/` unofficial
English renderings: `<stem>.en.jsonl`, one object a line, of kind `paragraph` (part and number), `heading` (its Chinese:
titles, headings, paragraphs of summaries) or `table-row` (in the table's order). Footnotes have none.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.errors import ReportError
from rag.records import Language, Paragraph, Report, Translation
from rag.reports.files import file_sha256, list_reports, read_text
from rag.reports.layout import Kind, Piece
from rag.reports.lines import SYMBOL_LINE
from rag.reports.parsing import parse, rejoin
from rag.reports.titles import evident_title, likely_title

__all__ = [
    "Kind",
    "Piece",
    "ReadReport",
    "likely_title",
    "list_reports",
    "parse",
    "read_folder",
    "read_report",
    "rejoin",
]

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
FIRST_LINES = 20  # not blank; within them a report prints its own symbol and date
MASTHEAD = re.compile(r"(?:United Nations|联 ?合 ?国|聯 ?合 ?國)\s{1,200}(\S{1,80})")  # "United Nations   A/79/123"
YEAR = re.compile(r"(?<!\d)(19[4-9]\d|20\d\d)(?!\d)")
DATE_LINE = re.compile(
    r"[^。.]{0,20}?(?:\d{1,2} [A-Z][a-z]{2,8} \d{4}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日)[^。.]{0,14}"
)
RENDERING_FIELDS = {  # kind of line → what it must state
    "paragraph": {"part", "number", "en"},
    "heading": {"zh", "en"},
    "table-row": {"country_zh", "country_en", "body_en", "cells_zh", "cells_en"},
}


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report, its paragraphs in order, and the pieces its text is made of."""

    report: Report
    paragraphs: tuple[Paragraph, ...]
    pieces: tuple[Piece, ...]

    def apart_from(self, taken: Collection[str]) -> "ReadReport":
        """The same under its id, else its file's stem, else its file's name: the first that is not `taken`."""
        path = Path(self.report.file)
        free = next(name for name in (self.report.id, path.stem, path.name) if name not in taken)
        paragraphs = tuple(replace(paragraph, report=free) for paragraph in self.paragraphs)
        return ReadReport(replace(self.report, id=free), paragraphs, self.pieces)


def read_report(path: Path, renderings: bool = True) -> ReadReport:
    """The report in a file, with what is known of it and its renderings; ReportError where it cannot be read."""
    text = read_text(path)
    letters = sum(map(str.isalpha, text))
    language: Language = "zh" if len(HAN.findall(text)) > 0.1 * letters else "en"  # it may name places in Chinese
    known = known_reports(path.parent).get(path.name, {})
    report = describe(path.name, text, language, file_sha256(path), known)
    parsed = parse(text, report.id, language)
    if not known and (title := evident_title(parsed.paragraphs)):
        report = replace(report, titles={language: title}, known_from={f"title_{language}": "printed"})
    lines = read_rendering(rendering_file(path)) if renderings else []
    return ReadReport(report, tuple(join_renderings(parsed.paragraphs, lines)), parsed.pieces)


def read_folder(folder: Path, renderings: bool = True) -> Iterator[ReadReport]:
    """The reports in a folder, by file name, no two of one id."""
    taken: set[str] = set()
    for path in list_reports(folder):
        read = read_report(path, renderings).apart_from(taken)
        taken.add(read.report.id)
        yield read


# What is known of a report


def known_reports(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """File name → what `reports.toml` states of it; empty where a folder has none."""
    path = folder / "reports.toml"
    if not path.exists():
        return {}
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReportError("facts-not-toml", path=str(path), reason=str(error)) from error
    for file, facts in known.items():
        if not isinstance(facts, dict):
            raise ReportError("facts-outside-table", path=str(path), file=file)
        if not isinstance(facts.get("year", 0), int):
            raise ReportError("facts-year", path=str(path), file=file, year=repr(facts["year"]))
    return known


def describe(file: str, text: str, language: Language, sha256: str, known: Mapping[str, Any]) -> Report:
    """The Report for a file's text, from what is known of it, else what it prints."""
    symbol = known.get("symbol") or (None if known else printed_symbol(text))
    year = known.get("year") or _printed_year(symbol, text)
    period, meant = known.get("period", ""), known.get("period_meant", "")
    covered = [int(found) for found in YEAR.findall(meant or period)]
    years = {*range(min(covered), max(covered) + 1)} if covered else set()
    return Report(
        id=symbol or Path(file).stem,
        file=file,
        language=language,
        text=text,
        sha256=sha256,
        symbol=symbol,
        titles={lang: known[f"title_{lang}"] for lang in ("zh", "en") if f"title_{lang}" in known},
        short_title=known.get("short_title", ""),
        body=known.get("body", ""),
        session=known.get("session", ""),
        date=known.get("date", str(year) if year else ""),
        years=tuple(sorted(years | ({year} if year else set()))),
        period=period,
        period_meant=meant,
        aliases=tuple(known.get("aliases", ())),
        links={lang: f"https://undocs.org/{lang}/{symbol}" for lang in ("zh", "en")} if symbol else {},
        known_from=dict(known.get("from", {})),
    )


def printed_symbol(text: str) -> str | None:
    """The report's own symbol: alone or in the masthead on one of its first lines, else alone again and again."""
    lines = _lines(text)
    first = [masthead[1] if (masthead := MASTHEAD.fullmatch(line)) else line for line in lines[:FIRST_LINES]]
    alone = [
        [line for line in part if SYMBOL_LINE.fullmatch(line) and any(map(str.isdigit, line))]
        for part in (first, lines[FIRST_LINES:])
    ]
    repeated = [symbol for symbol, times in Counter(alone[1]).items() if times > 1]
    return next(iter([*alone[0], *repeated]), None)


def _printed_year(symbol: str | None, text: str) -> int | None:
    """The year in a report's symbol, else that of the date among its first lines; None rather than a guess."""
    dates = [line for line in _lines(text)[:FIRST_LINES] if DATE_LINE.fullmatch(line)]
    found = (YEAR.search(place) for place in (symbol or "", *dates))
    return next((int(year[1]) for year in found if year), None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


# Renderings


def rendering_file(report_file: Path) -> Path:
    """Where a report's rendering stands, whether or not there is one."""
    return report_file.parent / "en" / f"{report_file.stem}.en.jsonl"


def read_rendering(path: Path) -> list[dict[str, Any]]:
    """The lines of a rendering file; none where there is no file. Raises ReportError for a line that cannot be used."""
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ReportError("rendering-not-utf8", file=path.name, reason=error.reason) from error
    return [_rendering_line(path.name, n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]


def _rendering_line(file: str, n: int, line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReportError("rendering-not-json", file=file, line=n, reason=error.msg) from error
    kind = read.get("kind") if isinstance(read, dict) else None
    if kind not in RENDERING_FIELDS:
        raise ReportError("rendering-kind", file=file, line=n, kind=kind, kinds=", ".join(RENDERING_FIELDS))
    if missing := RENDERING_FIELDS[kind] - set(read):
        raise ReportError("rendering-lacks", file=file, line=n, fields=", ".join(sorted(missing)))
    return dict(read)


def join_renderings(paragraphs: Iterable[Paragraph], lines: Sequence[Mapping[str, Any]]) -> Iterator[Paragraph]:
    """The paragraphs with their English, where a line renders them."""
    numbered = {(line["part"], line["number"]): line["en"] for line in lines if line["kind"] == "paragraph"}
    english = {_key(line["zh"]): line["en"] for line in lines if line["kind"] == "heading"}
    rows = [line for line in lines if line["kind"] == "table-row"]
    for paragraph in paragraphs:
        headings = tuple(english.get(_key(heading), "") for heading in paragraph.headings)
        if paragraph.is_row:
            translation = _rendered_row(paragraph, rows, headings, english)
        else:
            words = numbered.get((paragraph.part, paragraph.number)) or english.get(_key(paragraph.text))
            translation = Translation(words, headings) if words else None
        yield replace(paragraph, translations={"en": translation}) if translation else paragraph


def _rendered_row(
    paragraph: Paragraph, rows: Sequence[Mapping[str, Any]], headings: tuple[str, ...], english: Mapping[str, str]
) -> Translation | None:
    """The rendering of a row. Rows pair by order; the country must agree, so that a shifted file shows."""
    place = int(paragraph.number) - 1
    if place >= len(rows) or _key(rows[place]["country_zh"]) != _key(paragraph.row or ""):
        return None
    line = rows[place]
    cells = {_key(line["cells_zh"].get(name, "")): words for name, words in line["cells_en"].items() if words}
    columns = tuple((english.get(_key(name), name), cells.get(_key(cell), "")) for name, cell in paragraph.columns)
    text = "\n".join(words for words in (line["country_en"], *(cell for _, cell in columns)) if words)
    return Translation(text, headings, row=line["country_en"], body=line["body_en"], columns=columns)


def _key(text: str) -> str:
    """What a Chinese text is recognised by: blanks, marks and escapes aside."""
    return re.sub(r"[\s*]|\^\{\*{1,3}\}", "", text)
