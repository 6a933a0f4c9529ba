"""The lines of a table, over any number of pages, to its rows.

A line with nothing but its first cell names what the rows after it stand under (a body), unless the same label also
heads a row with cells; a header row printed again on each page is dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.reports.lines import Line

ALIKE = 3  # first characters that make a label read like the bodies of its table: "联合国", "Uni"
BETWEEN_PAGES = 4  # lines without tabs that may stand before a header printed again; the five reports have two
NUMBER_AND_TAB = re.compile(r"(?:[A-Z\d]{1,5}[.．]|[(（]\w{1,4}[)）]|[一二三四五六七八九十]{1,3}[.、．])\t")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty, and the name of its column."""

    column: str
    line: Line


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the label printed in its first column, the body it stands under, and its other cells in order."""

    label: Line | None
    body: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a table's lines are."""

    rows: tuple[Row, ...]
    bodies: tuple[Line, ...]  # the places that name bodies
    header: Line
    repeated_headers: tuple[Line, ...]


def table_lines(lines: Sequence[Line]) -> dict[int, int]:
    """Place → which table the line belongs to, counted from 0, for the lines of all tables.

    A table goes on over the page where its header is printed again; lines without tabs in between belong to it.
    """
    found: dict[int, int] = {}
    tables = 0
    at = 0
    while at < len(lines):
        end = _end_of_table(lines, at)
        if end > at + 1:
            found.update(dict.fromkeys(range(at, end), tables))
            tables += 1
        at = max(end, at + 1)
    return found


def _end_of_table(lines: Sequence[Line], start: int) -> int:
    """The place after the last line of the table that begins with a line; the line's own place if none does."""
    if not _is_row(lines[start]):
        return start
    header = lines[start].text
    at = start + 1
    while at < len(lines):
        if _is_row(lines[at]) and (not lines[at].after_blank or lines[at].text.count("\t") == header.count("\t")):
            at += 1
            continue
        again = [i for i in range(at, min(at + BETWEEN_PAGES, len(lines))) if lines[i].text == header]
        if not again:
            break
        at = again[0]
    return at


def _is_row(line: Line) -> bool:
    return "\t" in line.text and not NUMBER_AND_TAB.match(line.text)


def read_table(lines: Sequence[Line]) -> Table:
    """The rows of a table whose first line is its header."""
    header = lines[0]
    columns = [cell.strip() for cell in header.text.split("\t")]
    parsed = [(line, *_cells(line, columns)) for line in lines if line.text != header.text]
    heading_rows = {label.text for _, label, cells in parsed if label and cells}
    names = {label.text for _, label, cells in parsed if label and not cells} - heading_rows
    rows: list[Row] = []
    bodies: list[Line] = []
    body, rows_of_body = "", 0
    for line, label, cells in parsed:
        if "\t" not in line.text and body and not rows_of_body:  # a line alone under its body: one cell, the last
            label, cells = None, (Cell(columns[-1], line),)
        elif label and (label.text in names or _reads_like(label.text, names)):
            body, rows_of_body = label.text, 0
            bodies.append(label)
            label = None
        if label or cells:
            rows_of_body += 1
            rows.append(Row(label, body, cells))
    return Table(tuple(rows), tuple(bodies), header, tuple(line for line in lines[1:] if line.text == header.text))


def _cells(line: Line, columns: list[str]) -> tuple[Line | None, tuple[Cell, ...]]:
    """The cell in the first column, and the others; empty ones left out."""
    if "\t" not in line.text:
        return line, ()
    label: Line | None = None
    cells: list[Cell] = []
    for match in re.finditer(r"[^\t]+", line.text):
        if not (words := match[0].strip()):
            continue
        start = line.start + match.start() + match[0].index(words)
        place = Line(((start, start + len(words)),), words, 0)
        column = line.text.count("\t", 0, match.start())
        if column == 0:
            label = place
        else:
            cells.append(Cell(columns[min(column, len(columns) - 1)], place))
    return label, tuple(cells)


def _reads_like(label: str, names: set[str]) -> bool:
    """Whether a label begins as at least two of the table's bodies do: it names a body and heads a row at once."""
    return sum(name[:ALIKE] == label[:ALIKE] for name in names) >= 2
