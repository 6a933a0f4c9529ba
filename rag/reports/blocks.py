"""A report's body lines to blocks: the lines that stand together, paragraph by paragraph, heading by heading."""

import re
from collections.abc import Sequence

from rag.reports.layout import Layout
from rag.reports.lines import FULL, Line, Spacing, widest
from rag.reports.numbering import GAP, LABELLED, Block, heading_level, printed_number
from rag.reports.tables import table_lines

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
# A line that ends with one of these refers to the number that the next one begins with.
REFERENCE = re.compile(
    r"(?:\b(?:paragraphs?|paras?\.|articles?|sections?|items?|resolutions?|decisions?|chapters?|numbers?|annex|figure"
    r"|table|and|or|to|of|in|by|than)|[第和至、约約为為共])$"
)
NARROW = 0.4  # of the full width: a narrower line did not wrap (the five reports' headings wrap above 0.47)
FILLED = 0.93  # of the full width: a sentence that ends in a line this wide may go on in the next
LONG_LINE = 60  # characters; a shorter line that ends no sentence stands alone where every line is a block
FEW = 3  # lines of a heading that wraps


def blocks_of(layout: Layout, standing_alone: Sequence[re.Pattern[str]]) -> list[Block]:
    """The body lines grouped; lines that match a pattern of `standing_alone` are blocks of their own."""
    gatherer = _Gatherer(layout.spacing, widest(layout.lines), standing_alone)
    tables = table_lines(layout.lines)
    for i, line in enumerate(layout.lines):
        gatherer.take(line, tables.get(i))
    return [Block(tuple(lines), table) for lines, table in gatherer.gathered]


class _Gatherer:
    """Gathers lines into blocks, one line at a time."""

    def __init__(self, spacing: Spacing, full: int, standing_alone: Sequence[re.Pattern[str]]) -> None:
        self.gathered: list[tuple[list[Line], int | None]] = []  # the lines of each block, and the table it is in
        self._spacing = spacing
        self._full = full  # the width of a full line
        self._standing_alone = standing_alone
        self._in_front = True  # no numbered line has been seen
        self._labelled = False  # the labels (a), (b) of the open paragraph stand on lines of their own
        self._last = 0  # the last number seen in its turn
        self._number: int | None = None  # of the open block

    def take(self, line: Line, table: int | None) -> None:
        """Add a line to the open block, or begin one with it."""
        if self.gathered and table is None and self.gathered[-1][1] is None and not self._begins(line):
            self.gathered[-1][0].append(line)
            return
        self.gathered.append(([line], table))
        found = printed_number(line.text) if table is None else None
        self._number = int(found[1]) if found else None
        if self._number is not None:
            self._labelled = self._in_front = False
            self._last = self._number if self._is_due(self._number) else self._last
        elif self._announces(line):
            self._last = 0  # numbers may begin again
        elif label := LABEL.match(line.text):
            self._labelled |= label[1] in FIRST_LABELS

    def _begins(self, line: Line) -> bool:
        """Whether a line begins a block rather than going on with the open one."""
        lines = self.gathered[-1][0]
        last = lines[-1]
        number = printed_number(line.text)
        if self._number is not None and len(lines) == 1 and BARE_NUMBER.fullmatch(last.text):
            return False
        under_way = self._sentence_under_way(line, last)
        if number:
            refers = REFERENCE.search(last.text[-20:])
            return not under_way or (not refers and (self._is_due(int(number[1])) or self._number is None))
        if (heading_level(line.text) or LABELLED) < LABELLED:
            return not under_way or (self._number is None and len(lines) <= FEW and not LABEL.match(lines[0].text))
        if self._stands_alone(line) or (len(lines) == 1 and self._stands_alone(last)):
            return True
        if last.complete and (self._begins_entry(line) or self._is_caption(line)):
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

    def _announces(self, line: Line) -> bool:
        return any(pattern.fullmatch(line.text) for pattern in self._standing_alone)

    def _stands_alone(self, line: Line) -> bool:
        return self._announces(line) or (self._in_front and bool(TITLE_LINE.fullmatch(line.text)))

    def _begins_entry(self, line: Line) -> bool:
        """Whether a line begins an entry of a list whose entries stand on lines of their own."""
        label = LABEL.match(line.text)
        if not label:
            return False
        following = FIRST_LABELS.get(label[1])
        return self._labelled or (following is not None and f"({following})" not in line.text)

    def _is_caption(self, line: Line) -> bool:
        """Whether a line is a few words with a colon, as above the names in a vote."""
        return line.opens_list and line.width < NARROW * self._full

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
