"""A report's text to its body lines, footnotes and furniture, as the UN lays reports out.

Every character ends up in at most one piece, so nothing can be read twice. This module knows lines and pages; it does
not know which lines are numbered paragraphs or headings.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from rag.records import Slice
from rag.reports.marks import (
    MARK_LINE,
    NOTE_START,
    STAR_LINE,
    UNRULED_NOTE,
    Marks,
    bare_marks,
    inline_marks,
    plain_mark,
    signs,
)

RULE = re.compile(r"_{8,}")  # stands between a page's text and its footnotes
ADDRESS_LINE = re.compile(r"(?:https?://|www\.)\S+(?: \S{0,80})?")
SYMBOL_LINE = re.compile(r"[A-Z]{1,6}(?:/[\w.()\-]{1,30}){1,8}")
_JOB = r"(?:[A-Z]{1,3}\.)?\d\d-\d{5}(?: ?\([A-Z]\))?(?: \d{6}){0,3}"  # "24-12345 (E) 150724": job, language, dates
_PAGE = r"\d{1,4} ?/ ?\d{1,4}|(?:Page|page|第) ?\d{1,4} ?[页頁]?|\*\d{7}\*"
PAGE_LINE = re.compile(rf"(?:{_JOB}|{_PAGE})(?: (?:{_JOB}|{_PAGE})){{0,2}}")
CONTENTS_LINE = re.compile(r".{1,200}?(?:\. ?){4,200}\s{0,20}\d{1,4}")
SENTENCE_END = re.compile(r"[。！？；：.!?;:…][”’」』》）)\]\"']*$")
FEED = "\f"  # a page's end, on a line of its own
LONG = 30  # columns; shorter lines say nothing of how a text wraps
PRINTED = 160  # columns; longer lines have never been on a page
FULL = 0.75  # of the widest: a line that wrapped. The last words of a line may be too long to fit


class Kind(StrEnum):
    """What a slice of a report's text is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    FOOTNOTE = "footnote"
    MARK = "mark"  # of a footnote
    NUMBER = "number"  # a paragraph's, as printed
    FURNITURE = "furniture"


class Spacing(StrEnum):
    """What a line break and a blank line mean in a text."""

    LINE = "line"  # every line is a block
    BLANK = "blank"  # lines wrap, a blank line ends a block
    NONE = "none"  # lines wrap and blank lines say nothing: text taken out of a PDF


@dataclass(frozen=True, slots=True)
class Piece:
    """A slice of the text and what it is."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """A logical line: what one printed line says, footnote marks taken out."""

    slices: tuple[Slice, ...]  # of the report's text, in order, blanks at both ends left out
    text: str  # the slices, put together
    indent: int = 0  # leading blanks, the one a page begins with not counted
    after_blank: bool = False  # a blank line stands before it
    new_page: bool = False
    marks: tuple[tuple[str, int], ...] = ()  # the footnote marks that stood in it, each with its offset

    @property
    def start(self) -> int:
        """Where it begins in the report's text."""
        return self.slices[0][0]

    @property
    def end(self) -> int:
        """Where it ends in the report's text."""
        return self.slices[-1][1]

    @cached_property
    def width(self) -> int:
        """Columns: a Chinese character takes two."""
        return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in self.text)

    @cached_property
    def complete(self) -> bool:
        """Whether a sentence, clause or list opening ends with it."""
        return bool(SENTENCE_END.search(self.text[-10:]))

    @property
    def opens_list(self) -> bool:
        """Whether it ends with a colon."""
        return self.text.endswith((":", "："))


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote as printed: its mark and the slices of its text."""

    mark: str
    slices: tuple[Slice, ...]
    block: int  # where its block of footnotes begins: its mark stands before


@dataclass(frozen=True, slots=True)
class Layout:
    """A text taken apart: its body lines in order, its footnotes, and the pieces that are neither."""

    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    pieces: tuple[Piece, ...]  # marks, footnotes and furniture; the caller adds what it makes of the lines
    spacing: Spacing


def lay_out(text: str) -> Layout:
    """The body lines, footnotes and furniture of a report's text."""
    raw = list(_raw_lines(text))
    spacing = _spacing(raw)
    furniture = _furniture(raw, spacing)
    sorter = _Sorter(spacing)
    for i, line in enumerate(raw):
        if i in furniture:
            sorter.take_furniture(line, furniture[i])
        else:
            sorter.take(line, raw[i - 1] if i else None)
    body, found = _with_lone_marks_glued(sorter.body)
    found |= _inline(body, text)
    found |= _bare(body, sorter.notes, found, text)
    marks = [Piece(Kind.MARK, start, start + length) for start, (length, _) in found.items()]
    lines = tuple(_without_marks(body, found, text))
    return Layout(lines, tuple(sorter.notes), (*sorter.pieces, *marks), spacing)


def widest(lines: Iterable[Line]) -> int:
    """The width full lines have: one that nearly all lines stay within."""
    widths = sorted(line.width for line in lines if "\t" not in line.text)
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0


def cover(text: str, pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces in order, with the blanks between them as furniture: every character in exactly one."""
    covered: list[Piece] = []
    at = 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if piece.start > at:
            covered.append(Piece(Kind.FURNITURE, at, piece.start))
        covered.append(piece)
        at = piece.end
    if at < len(text):
        covered.append(Piece(Kind.FURNITURE, at, len(text)))
    return covered


# Lines as printed


def _raw_lines(text: str) -> Iterator[Line]:
    at = 0
    blank = False
    for printed in text.split("\n"):
        content = printed.strip()
        if FEED in printed and not content.strip(FEED):
            yield Line(((at, at + len(printed)),), FEED, after_blank=True)
            blank = True
        elif not content:
            blank = True
        else:
            content = printed if "\t" in printed.strip(" ") else content  # an empty first cell must stay a cell
            indent = printed.index(content)
            yield Line(((at + indent, at + indent + len(content)),), content, indent, after_blank=blank)
            blank = False
        at += len(printed) + 1


def _spacing(lines: Sequence[Line]) -> Spacing:
    """What breaks mean in this text, from what follows its longer lines.

    Where lines are longer than a page is wide, or most end a sentence, a line is a block. Otherwise lines wrap, and
    blank lines mean something unless they stand within sentences (a PDF with loose leading) or nowhere.
    """
    long = [i for i, line in enumerate(lines[:-1]) if line.width >= LONG and "\t" not in line.text]
    if not long:
        return Spacing.BLANK if any(line.after_blank for line in lines[1:]) else Spacing.LINE
    if sum(lines[i].width > PRINTED for i in long) > 0.1 * len(long):
        return Spacing.LINE
    wrapped = [i for i in long if not lines[i].complete]
    if len(wrapped) <= 0.3 * len(long):
        parted = sum(lines[i + 1].after_blank for i in long) > 0.5 * len(long)
        return Spacing.BLANK if parted else Spacing.LINE
    full = widest(lines)
    wrapped = [i for i in wrapped if lines[i].width >= FULL * full] or wrapped
    cut = sum(lines[i + 1].after_blank for i in wrapped) / len(wrapped)
    blanks = sum(line.after_blank for line in lines[1:])
    return Spacing.BLANK if cut < 0.4 and blanks > 0.02 * len(lines) else Spacing.NONE


# Furniture


class _Furniture(StrEnum):
    RULE = "rule"
    ADDRESS = "address"  # the targets of a page's links, listed at its end
    PAGE = "page"  # form feeds, page numbers, running heads and feet
    CONTENTS = "contents"


def _furniture(lines: Sequence[Line], spacing: Spacing) -> dict[int, _Furniture]:
    """The places of rules, address lists, running heads, page numbers, form feeds and contents lines."""
    feeds = {i for i, line in enumerate(lines) if line.text == FEED}
    numbers = {i for i, line in enumerate(lines) if PAGE_LINE.fullmatch(" ".join(line.text[:120].split()))}
    edges = feeds | numbers
    heads = _repeated_at_page_edges(lines, feeds)
    found: dict[int, _Furniture] = {}
    for i, line in enumerate(lines):
        near = edges & {i - 2, i - 1, i + 1, i + 2}
        if RULE.fullmatch(line.text):
            found[i] = _Furniture.RULE
        elif i in edges or i in heads or (near and SYMBOL_LINE.fullmatch(line.text)) or _is_bare_page_number(lines, i):
            found[i] = _Furniture.PAGE
        elif spacing is Spacing.NONE and ADDRESS_LINE.fullmatch(line.text):
            if line.after_blank or found.get(i - 1) is _Furniture.ADDRESS:
                found[i] = _Furniture.ADDRESS
        elif CONTENTS_LINE.fullmatch(line.text):
            found[i] = _Furniture.CONTENTS
    return found


def _is_bare_page_number(lines: Sequence[Line], i: int) -> bool:
    """Whether a line is a figure at the end of a page, or at the beginning of one."""
    at_end = i + 1 == len(lines) or lines[i + 1].text == FEED
    return (at_end or (i > 0 and lines[i - 1].text == FEED)) and lines[i].text.isdigit()


def _repeated_at_page_edges(lines: Sequence[Line], feeds: set[int]) -> set[int]:
    """Lines that stand, page numbers aside, first or last on at least three pages: running heads and feet."""
    edges: dict[str, set[int]] = {}
    for i in {feed + step for feed in feeds for step in (-2, -1, 1, 2)} - feeds:
        if 0 <= i < len(lines):
            edges.setdefault(re.sub(r"\d+", "0", lines[i].text), set()).add(i)
    return {i for places in edges.values() if len(places) >= 3 for i in places}


# Body and footnotes


class _Sorter:
    """Sorts the lines of a text into body and footnotes.

    Footnotes end where the page does: at a list of addresses, a running head, a form feed; in a PDF's text also at a
    line that follows with no blank line between and begins with one blank, which is how a page break comes out; in
    spaced text at a blank line.
    """

    def __init__(self, spacing: Spacing) -> None:
        self.body: list[Line] = []
        self.notes: list[Note] = []
        self.pieces: list[Piece] = []
        self._spacing = spacing
        self._block: int | None = None  # where the open block of footnotes begins
        self._signs: set[str] = set()  # the stars and raised figures seen in the body
        self._last: _Furniture | None = None  # what the line before was

    def take_furniture(self, line: Line, what: _Furniture) -> None:
        """Note a line of furniture and what it says about pages."""
        self.pieces.append(Piece(Kind.FURNITURE, line.start, line.end))
        if what is _Furniture.RULE:
            self._block = line.start
        elif what is _Furniture.PAGE:
            self._block = None
        self._last = what

    def take(self, line: Line, before: Line | None) -> None:
        """Note a line of body or footnote; `before` is the line printed before it."""
        new_page = self._last in (_Furniture.PAGE, _Furniture.ADDRESS) or self._cut_by_page(line, before)
        if self._block is not None and (new_page or self._leaves_notes(line)):
            self._block, new_page = None, True
        self._last = None
        if new_page:
            line = replace(line, indent=max(line.indent - 1, 0), new_page=True)
        if self._block is not None:
            self._take_note_line(line, self._block)
        elif self.body and STAR_LINE.fullmatch(self.body[-1].text) and self.body[-1].after_blank:
            star = self.body.pop()  # its footnote stands on the next line
            self.pieces.append(Piece(Kind.FOOTNOTE, star.start, star.end))
            self._begin(line, star.text, line.start, star.start)
        elif (found := UNRULED_NOTE.match(line.text)) and plain_mark(found[1]) in self._signs:
            self._begin(line, found[1], line.start + found.end(), line.start)
        else:
            self._signs |= signs(line.text)
            self.body.append(line)

    def _cut_by_page(self, line: Line, before: Line | None) -> bool:
        if before is None or self._spacing is not Spacing.NONE or line.after_blank or not line.indent:
            return False
        return not MARK_LINE.fullmatch(before.text)

    def _leaves_notes(self, line: Line) -> bool:
        """Whether a line in a block of footnotes is none of them: only where blank lines part what does not belong."""
        if self._spacing is Spacing.NONE or not line.after_blank or not self.notes:
            return False
        return self.notes[-1].block == self._block and not self._next_mark(line)

    def _take_note_line(self, line: Line, block: int) -> None:
        """Begin a footnote with this line, or add the line to the footnote being read."""
        if MARK_LINE.fullmatch(line.text):
            self._begin(line, line.text, line.end, block)
        elif found := self._next_mark(line):
            self._begin(line, found[1], line.start + found.end(), block)
        elif self.notes:
            self.pieces.append(Piece(Kind.FOOTNOTE, line.start, line.end))
            self.notes[-1] = replace(self.notes[-1], slices=(*self.notes[-1].slices, *line.slices))
        else:
            self.body.append(line)

    def _next_mark(self, line: Line) -> re.Match[str] | None:
        """The mark a footnote begins with. A number must be the next one: other figures at a line's start are text."""
        found = NOTE_START.match(line.text)
        if found and self.notes and self.notes[-1].block == self._block and self.notes[-1].slices:
            mark, last = plain_mark(found[1]), self.notes[-1].mark
            if mark.isdigit() and last.isdigit() and int(mark) != int(last) + 1:
                return None
        return found

    def _begin(self, line: Line, mark: str, text_start: int, block: int) -> None:
        self.pieces.append(Piece(Kind.FOOTNOTE, line.start, line.end))
        slices = ((text_start, line.end),) if text_start < line.end else ()
        self.notes.append(Note(plain_mark(mark), slices, block))


# Footnote marks in the body


def _with_lone_marks_glued(body: Sequence[Line]) -> tuple[list[Line], Marks]:
    """Lines that hold a footnote mark alone, and what follows them, put back into the line they were printed in."""
    groups: list[list[Line]] = []
    marks: Marks = {}
    mark_before = False
    for line in body:
        goes_on = bool(groups) and not line.after_blank and "\t" not in groups[-1][-1].text + line.text
        is_mark = goes_on and bool(MARK_LINE.fullmatch(line.text))
        if is_mark:
            marks[line.start] = (line.end - line.start, plain_mark(line.text))
        if is_mark or (mark_before and goes_on):
            groups[-1].append(line)
        else:
            groups.append([line])
        mark_before = is_mark
    return [_glued(group) for group in groups], marks


def _glued(group: Sequence[Line]) -> Line:
    slices = tuple(each for line in group for each in line.slices)
    return replace(group[0], slices=slices, text=" ".join(line.text for line in group))


def _inline(body: Iterable[Line], text: str) -> Marks:
    """The raised figures and stars in the body."""
    return {at: found for each in _running_text(body) for at, found in inline_marks(text, *each)}


def _running_text(body: Iterable[Line]) -> Iterator[Slice]:
    """The slices of the body but for tables, whose stars and figures belong to their cells."""
    for line in body:
        if "\t" not in line.text:
            yield from line.slices


def _bare(body: Sequence[Line], notes: Sequence[Note], known: Marks, text: str) -> Marks:
    """The marks printed as plain figures, on the pages before each block of footnotes, where they are not known yet."""
    blocks: dict[int, list[str]] = {}
    for note in notes:
        blocks.setdefault(note.block, []).append(note.mark)
    places = sorted(known)
    found: Marks = {}
    at = 0
    for block, marks in blocks.items():
        first = at
        while at < len(body) and body[at].start < block:
            at += 1
        slices = list(_running_text(body[first:at]))
        since = slices[0][0] if slices else block
        here = {known[place][1] for place in places[bisect_left(places, since) : bisect_left(places, block)]}
        found |= bare_marks(text, slices, [mark for mark in marks if mark.isdigit() and mark not in here])
    return found


def _without_marks(body: Iterable[Line], marks: Marks, text: str) -> Iterator[Line]:
    """The lines without the footnote marks that stand in them; a line of nothing else is left out."""
    places = sorted(marks)
    for line in body:
        kept: list[Slice] = []
        taken: list[tuple[str, int]] = []
        for start, end in line.slices:
            at = start
            for place in places[bisect_left(places, start) : bisect_left(places, end)]:
                kept.append((at, place))
                taken.append((marks[place][1], place))
                at = place + marks[place][0]
            kept.append((at, end))
        if not taken:
            yield line
        elif slices := tuple(trimmed for each in kept if (trimmed := _trim(each, text))):
            words = " ".join(text[start:end] for start, end in slices)
            yield replace(line, slices=slices, text=words, marks=tuple(taken))


def _trim(piece: Slice, text: str) -> Slice | None:
    start, end = piece
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
