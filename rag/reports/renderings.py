"""Unofficial English renderings joined to the paragraphs they render.

A rendering file stands in the folder `en/` beside the reports: `<stem>.en.jsonl`, one object a line, of kind
`paragraph` (part and number), `heading` (its Chinese: titles, headings, paragraphs of summaries) or `table-row` (in the
table's order). Footnotes have none.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.errors import ReportError
from rag.records import Paragraph, Translation

FIELDS = {  # kind of line → what it must state
    "paragraph": {"part", "number", "en"},
    "heading": {"zh", "en"},
    "table-row": {"country_zh", "country_en", "body_en", "cells_zh", "cells_en"},
}


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
        raise _problem(path, None, f"is not UTF-8 ({error.reason})") from error
    return [_line(path, n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]


def join_renderings(paragraphs: Iterable[Paragraph], lines: Sequence[Mapping[str, Any]]) -> Iterator[Paragraph]:
    """The paragraphs with their English, where a line renders them."""
    numbered = {(line["part"], line["number"]): line["en"] for line in lines if line["kind"] == "paragraph"}
    said = {_key(line["zh"]): line["en"] for line in lines if line["kind"] == "heading"}
    rows = [line for line in lines if line["kind"] == "table-row"]
    for paragraph in paragraphs:
        headings = tuple(said.get(_key(heading), "") for heading in paragraph.headings)
        if paragraph.is_row:
            translation = _row(paragraph, rows, headings, said)
        else:
            english = numbered.get((paragraph.part, paragraph.number)) or said.get(_key(paragraph.text))
            translation = Translation(english, headings) if english else None
        yield replace(paragraph, translations={"en": translation}) if translation else paragraph


def _line(path: Path, n: int, line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except json.JSONDecodeError as error:
        raise _problem(path, n, f"is not JSON ({error.msg})") from error
    kind = read.get("kind") if isinstance(read, dict) else None
    if kind not in FIELDS:
        raise _problem(path, n, f"has the kind {kind!r}, not one of {', '.join(FIELDS)}")
    if missing := FIELDS[kind] - set(read):
        raise _problem(path, n, f"lacks {', '.join(sorted(missing))}")
    return dict(read)


def _problem(path: Path, n: int | None, wrong: str) -> ReportError:
    place = path.name if n is None else f"{path.name} line {n}"
    return ReportError(f"{place} {wrong}. Mend it, then run: rapporteur build")


def _row(
    paragraph: Paragraph, rows: Sequence[Mapping[str, Any]], headings: tuple[str, ...], said: Mapping[str, str]
) -> Translation | None:
    """The rendering of a row. Rows pair by order; the country must agree, so that a shifted file shows."""
    place = int(paragraph.number) - 1
    if place >= len(rows) or _key(rows[place]["country_zh"]) != _key(paragraph.row or ""):
        return None
    line = rows[place]
    cells = {_key(line["cells_zh"].get(name, "")): english for name, english in line["cells_en"].items() if english}
    columns = tuple((said.get(_key(name), name), cells.get(_key(cell), "")) for name, cell in paragraph.columns)
    words = "\n".join(word for word in (line["country_en"], *(cell for _, cell in columns)) if word)
    return Translation(words, headings, row=line["country_en"], body=line["body_en"], columns=columns)


def _key(text: str) -> str:
    """What a Chinese text is recognised by: blanks, marks and escapes aside."""
    return re.sub(r"[\s*]|\^\{\*{1,3}\}", "", text)
