"""A report's body lines to blocks: the lines that stand together, paragraph by paragraph, heading by heading.

A table is one block, over any number of pages; here its lines become rows too.
"""

import re
from collections.abc import Sequence

from rag.records import Slice
from rag.reports.layout import Layout
from rag.reports.lines import FULL, Line, Spacing, widest
from rag.reports.numbering import (
    ANNEX,
    GAP,
    LABELLED,
    REFERENCE,
    Block,
    announces_part,
    heading_level,
    printed_number,
)

TITLE_LINE = re.compile(  # a line of a title page that is a block whatever stands around it
    r"第[一二三四五六七八九十百]{1,6}(?:[届屆]|次)(?:[会會][议議]|年[会會])"
    r"|(?:[^\d\s]{1,12}，)?\d{4} ?年 ?\d{1,2} ?月.{0,24}"
    r"|(?:[A-Z][\w ]{1,20}, )?\d{1,2}(?:[–\-]\d{1,2})? [A-Z][a-z]{2,8} \d{4}"
    r"|(?:[临臨][时時])?[议議]程.{0,40}|(?:Agenda item|Item) .{0,60}|(?:Distr|Original)[.:].{0,20}"
    r"|秘[书書](?:[长長]|[处處])的[报報]告|Report (?:of|by) the Secretar(?:y-General|iat)"
)
BARE_NUMBER = re.compile(r"\d{1,3}[.．]")
LABEL = re.compile(r"[(（]([a-z]{1,4}|\d{1,2})[)）]")
FIRST_LABELS = {"a": "b", "i": "ii", "1": "2"}  # what begins a list → what comes next in it
NUMBER_AND_TAB = re.compile(r"(?:[A-Z\d]{1,5}[.．]|[(（]\w{1,4}[)）]|[一二三四五六七八九十]{1,3}[.、．])\t")
NARROW = 0.4  # of the full width: a narrower line did not wrap (the five reports' headings wrap above 0.47)
FILLED = 0.93  # of the full width: a sentence that ends in a line this wide may go on in the next
LONG_LINE = 60  # characters; a shorter line that ends no sentence stands alone where every line is a block
FEW = 3  # lines of a heading that wraps
BETWEEN_PAGES = 4  # lines without tabs that may stand before a table's header printed again; the five reports have two
ALIKE = 3  # first characters that make a label read like the bodies of its table: "联合国", "Uni"

Row = tuple[Line | None, str, list[tuple[str, Line]]]  # its label, the body it stands under, column and cell


def blocks_of(layout: Layout) -> list[Block]:
    """The body lines grouped."""
    gatherer = _Gatherer(layout.spacing, widest(layout.lines))
    at = 0
    while at < len(layout.lines):
        end = _end_of_table(layout.lines, at)
        if end > at + 1:
            gatherer.take_table(layout.lines[at:end])
        else:
            gatherer.take(layout.lines[at])
        at = max(end, at + 1)
    return gatherer.blocks


class _Gatherer:
    """Gathers lines into blocks, one line at a time."""

    def __init__(self, spacing: Spacing, full: int) -> None:
        self.blocks: list[Block] = []
        self._spacing = spacing
        self._full = full  # the width of a full line
        self._in_front = True  # no numbered line has been seen
        self._labelled = False  # the labels (a), (b) of the open paragraph stand on lines of their own
        self._last = 0  # the last number seen in its turn
        self._number: int | None = None  # of the open block

    def take_table(self, lines: Sequence[Line]) -> None:
        self.blocks.append(Block([*lines], is_table=True))
        for line in lines:
            self._note(line, None)

    def take(self, line: Line) -> None:
        """Add a line to the open block, or begin one with it."""
        if self.blocks and not self.blocks[-1].is_table and not self._begins(line, self.blocks[-1].lines):
            self.blocks[-1].lines.append(line)
            return
        self.blocks.append(Block([line]))
        self._note(line, printed_number(line.text))

    def _note(self, line: Line, number: int | None) -> None:
        self._number = number
        if number is not None:
            self._labelled = self._in_front = False
            self._last = number if self._is_due(number) else self._last
        elif announces_part(line.text):
            self._last = 0  # numbers may begin again
        elif label := LABEL.match(line.text):
            self._labelled |= label[1] in FIRST_LABELS

    def _begins(self, line: Line, lines: Sequence[Line]) -> bool:
        """Whether a line begins a block rather than going on with the open one."""
        last = lines[-1]
        if self._number is not None and len(lines) == 1 and BARE_NUMBER.fullmatch(last.text):
            return False
        under_way = self._sentence_under_way(line, last)
        if (number := printed_number(line.text)) is not None:
            refers = REFERENCE.search(last.text[-20:])
            return not under_way or (not refers and (self._is_due(number) or self._number is None))
        if (heading_level(line.text) or LABELLED) < LABELLED:
            return not under_way or (self._number is None and len(lines) <= FEW and not LABEL.match(lines[0].text))
        if self._stands_alone(line) or (len(lines) == 1 and self._stands_alone(last)):
            return True
        caption = line.opens_list and line.width < NARROW * self._full  # as above the names in a vote
        if last.complete and (caption or self._begins_entry(line)):
            return True
        return self._parted(line, last)

    def _sentence_under_way(self, line: Line, last: Line) -> bool:
        """Whether the line before ends no sentence though it is full, and nothing parts the two."""
        if last.complete:
            return False
        if self._spacing is Spacing.BLANK:
            return line.new_page or not line.after_blank
        return last.width >= FULL * self._full and (line.new_page or line.indent == 0)

    def _is_due(self, number: int) -> bool:
        return self._last <= number <= self._last + GAP

    def _stands_alone(self, line: Line) -> bool:
        return announces_part(line.text) or (self._in_front and bool(TITLE_LINE.fullmatch(line.text)))

    def _begins_entry(self, line: Line) -> bool:
        """Whether a line begins an entry of a list whose entries stand on lines of their own."""
        label = LABEL.match(line.text)
        following = label and FIRST_LABELS.get(label[1])
        return bool(label and self._labelled) or bool(following and f"({following})" not in line.text)

    def _parted(self, line: Line, last: Line) -> bool:
        """Whether blanks, indents or a short line part a line from the one before."""
        if self._spacing is Spacing.LINE:
            return last.complete or not (self._number or (len(last.text) > LONG_LINE and not line.after_blank))
        if self._spacing is Spacing.BLANK:
            return line.after_blank and (last.complete or not line.new_page)
        if line.indent > 0 and not line.new_page:
            return True
        if last.complete and line.width < FULL * self._full and not line.complete:
            return True  # too short for the middle of a paragraph, and not its end
        narrow = last.width < NARROW * self._full and not self._in_front  # a title's lines may all be narrow
        return narrow or (last.complete and last.width < FILLED * self._full)


# Tables


def _end_of_table(lines: Sequence[Line], start: int) -> int:
    """The place after the last line of the table that begins with a line; the line's own place if none does.

    A table goes on over the page where its header is printed again; lines without tabs in between belong to it.
    """
    if not _is_row(lines[start]):
        return start
    header = lines[start].text
    at = start + 1
    while at < len(lines):
        if _is_row(lines[at]) and (not lines[at].after_blank or lines[at].text.count("\t") == header.count("\t")):
            at += 1
            continue
        again = next((i for i in range(at, min(at + BETWEEN_PAGES, len(lines))) if lines[i].text == header), at)
        if again == at or any(ANNEX.fullmatch(line.text) for line in lines[at:again]):
            break
        at = again
    return at


def _is_row(line: Line) -> bool:
    return "\t" in line.text and not NUMBER_AND_TAB.match(line.text)


def read_table(lines: Sequence[Line]) -> tuple[list[Row], list[Line]]:
    """The rows of a table whose first line is its header, and the lines that name bodies.

    A line with nothing but its first cell names what the rows after it stand under (a body), unless the same label also
    heads a row with cells; a header row printed again on each page is dropped.
    """
    header = lines[0].text
    columns = [cell.strip() for cell in header.split("\t")]
    parsed = [(line, *_cells(line, columns)) for line in lines if line.text != header]
    heading_rows = {label.text for _, label, cells in parsed if label and cells}
    names = {label.text for _, label, cells in parsed if label and not cells} - heading_rows
    rows: list[Row] = []
    bodies: list[Line] = []
    body, rows_of_body = "", 0
    for line, label, cells in parsed:
        if "\t" not in line.text and body and not rows_of_body:  # a line alone under its body: one cell, the last
            label, cells = None, [(columns[-1], line)]
        elif label and (label.text in names or sum(name[:ALIKE] == label.text[:ALIKE] for name in names) >= 2):
            body, rows_of_body = label.text, 0  # a label that begins as bodies do names one and heads a row at once
            bodies.append(label)
            label = None
        if label or cells:
            rows_of_body += 1
            rows.append((label, body, cells))
    return rows, bodies


def _cells(line: Line, columns: Sequence[str]) -> tuple[Line | None, list[tuple[str, Line]]]:
    """The cell in the first column, and the others; empty ones left out."""
    if "\t" not in line.text:
        return line, []
    cells: list[tuple[int, Line]] = []
    at = line.start
    for column, cell in enumerate(line.text.split("\t")):
        if words := cell.strip():
            start = at + cell.index(words)
            place: Slice = (start, start + len(words))
            cells.append((column, Line((place,), words)))
        at += len(cell) + 1
    label = cells.pop(0)[1] if cells and cells[0][0] == 0 else None
    return label, [(columns[min(column, len(columns) - 1)], cell) for column, cell in cells]
