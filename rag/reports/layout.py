"""A report's text to its body lines, footnotes and furniture, as the UN lays reports out.

Every character ends up in at most one piece, so nothing can be read twice. This module knows lines and pages; of
numbered paragraphs it knows only that the next one ends a block of footnotes.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, NamedTuple

from rag.records import Slice
from rag.reports.lines import Furniture, Line, Spacing, furniture_of, printed_lines, spacing_of
from rag.reports.numbering import GAP, REFERENCE, announces_part, printed_number

# Footnote marks as they are printed.
_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}"
MARK_LINE = re.compile(rf"\d{{1,3}}|\*{{1,3}}|{_RAISED}")
STAR_LINE = re.compile(r"\*{1,3}")
NOTE_START = re.compile(rf"(\d{{1,3}}(?=\s)|\*{{1,3}}|{_RAISED})\s*(?=\S)")
UNRULED_NOTE = re.compile(rf"(\*{{1,3}}|{_RAISED})\s+(?=\S)")
SIGN = re.compile(rf"{_RAISED}|\*{{1,3}}")
INLINE = re.compile(rf"{_RAISED}|\^\{{\*{{1,3}}\}}|(?<=[^\s*])\*{{1,3}}(?=\s|$)")
# A plain figure is a mark after punctuation, as the UN sets it, or against a word; not after a decimal point or
# thousands comma (but after a year that ends a sentence), and not before a unit, a month or the rest of a number.
_FIGURE = r"(\d{1,3})(?![\d.,%/]\d|%|\s?(?:\d|年|月|日|个|次|项|名|件|票|国|人|支|条|段|号|亿|万|千|百|倍|家|份|种))"
AFTER_PUNCTUATION = re.compile(
    rf"(?<=[。，、；：！？,.;:)）”》」\]])(?<!(?<!\d{{3}})\d[.,]){_FIGURE}(?=\s|$|[^\W\d]|[《“「(（])"
)
AFTER_WORD = re.compile(rf"(?:(?<=[a-z]{{3}})|(?<=[\u4e00-\u9fff])(?<!第)){_FIGURE}(?=[\s，。、；,.;)）]|$)")
# After three digits of a grouped figure it is one where no other place has it, at a line's end or before a sentence.
AFTER_THOUSANDS = re.compile(rf"(?<=\d[ ,]\d{{3}}[.,]){_FIGURE}(?=$|\s+[A-Z“])")

Kind = Literal["paragraph", "heading", "footnote", "mark", "number", "furniture"]  # a number: as printed
Marks = dict[int, tuple[int, str]]  # where a mark begins → where it ends, and the mark in plain characters


class Piece(NamedTuple):
    """A slice of the text and what it is."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote as printed: its mark and the slices of its text."""

    mark: str
    slices: list[Slice]
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
    lines = list(printed_lines(text))
    spacing = spacing_of(lines)
    sorter = _Sorter(spacing)
    sorter.sort(lines, furniture_of(lines, spacing))
    body, marks = _glue_lone_marks(sorter.body)
    for start, end in _running_text(body):
        marks |= {found.start(): (found.end(), plain_mark(found[0])) for found in INLINE.finditer(text, start, end)}
    marks |= _figures(body, sorter.notes, marks, text)
    pieces = (*sorter.pieces, *(Piece("mark", start, end) for start, (end, _) in marks.items()))
    return Layout(tuple(_without_marks(body, marks, text)), tuple(sorter.notes), pieces, spacing)


def cover(text: str, pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces in order, with the blanks between them as furniture: every character in exactly one."""
    covered: list[Piece] = []
    at = 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if piece.start > at:
            covered.append(Piece("furniture", at, piece.start))
        covered.append(piece)
        at = piece.end
    return [*covered, Piece("furniture", at, len(text))] if at < len(text) else covered


def plain_mark(mark: str) -> str:
    """A mark in plain characters: "²" → "2", "^{*}" → "*"."""
    return unicodedata.normalize("NFKC", mark).strip("^{}")


class _Sorter:
    """Sorts the lines of a text into body and footnotes.

    Footnotes end where the page does: at a list of addresses, a running head, a form feed; in a PDF's text also at a
    line that follows with no blank line between and begins with one blank, which is how a page break comes out; in
    spaced text at a blank line; and at the paragraph whose number is due.
    """

    def __init__(self, spacing: Spacing) -> None:
        self.body: list[Line] = []
        self.notes: list[Note] = []
        self.pieces: list[Piece] = []
        self._spacing = spacing
        self._block: int | None = None  # where the open block of footnotes begins
        self._signs: set[str] = set()  # the stars and raised figures seen in the body
        self._numbers: set[int] = set()  # that lines of this part's body have begun with

    def sort(self, lines: Sequence[Line], furniture: Mapping[int, Furniture]) -> None:
        for i, line in enumerate(lines):
            if i in furniture:
                self.pieces.append(Piece("furniture", line.start, line.end))
                if furniture[i] in ("rule", "page"):
                    self._block = line.start if furniture[i] == "rule" else None
                continue
            cut = i > 0 and self._spacing is Spacing.NONE and not line.after_blank and line.indent > 0
            new_page = furniture.get(i - 1) in ("page", "address") or (
                cut and not MARK_LINE.fullmatch(lines[i - 1].text)
            )
            if self._block is not None and (new_page or self._leaves_notes(line, lines[i - 1])):
                self._block, new_page = None, True
            self._take(replace(line, indent=max(line.indent - 1, 0), new_page=True) if new_page else line)

    def _leaves_notes(self, line: Line, above: Line) -> bool:
        """Whether a line in a block of footnotes is none of them: a paragraph in its turn, or parted by a blank line.

        Blank lines say so only where they part what does not belong together.
        """
        if not self.notes or self.notes[-1].block != self._block:
            return False
        if self._begins_paragraph(line, above):
            return True
        return self._spacing is not Spacing.NONE and line.after_blank and not self._next_mark(line)

    def _begins_paragraph(self, line: Line, above: Line) -> bool:
        """Whether a line after footnotes begins with the number that is due in the body."""
        number = printed_number(line.text)
        if number is None or number in self._numbers or self._numbers.isdisjoint(range(number - GAP, number)):
            return False
        return not REFERENCE.search(above.text[-20:])

    def _take(self, line: Line) -> None:
        if self._block is not None:
            self._take_note_line(line, self._block)
        elif self.body and STAR_LINE.fullmatch(self.body[-1].text) and self.body[-1].after_blank:
            star = self.body.pop()  # its footnote stands on the next line
            self.pieces.append(Piece("footnote", star.start, star.end))
            self._begin(line, star.text, line.start, star.start)
        elif (found := UNRULED_NOTE.match(line.text)) and plain_mark(found[1]) in self._signs:
            self._begin(line, found[1], line.start + found.end(), line.start)
        else:
            self._signs |= {plain_mark(mark) for mark in SIGN.findall(line.text)}
            self._take_body_line(line)

    def _take_body_line(self, line: Line) -> None:
        number = printed_number(line.text)
        if number is not None:
            self._numbers.add(number)
        elif announces_part(line.text):
            self._numbers.clear()  # numbers may begin again
        self.body.append(line)

    def _take_note_line(self, line: Line, block: int) -> None:
        if MARK_LINE.fullmatch(line.text):
            self._begin(line, line.text, line.end, block)
        elif found := self._next_mark(line):
            self._begin(line, found[1], line.start + found.end(), block)
        elif self.notes:
            self.pieces.append(Piece("footnote", line.start, line.end))
            self.notes[-1].slices.extend(line.slices)
        else:
            self._take_body_line(line)

    def _next_mark(self, line: Line) -> re.Match[str] | None:
        """The mark a footnote begins with. A number must be the next one: other figures at a line's start are text."""
        found = NOTE_START.match(line.text)
        if found and self.notes and self.notes[-1].block == self._block and self.notes[-1].slices:
            mark, last = plain_mark(found[1]), self.notes[-1].mark
            if mark.isdigit() and last.isdigit() and int(mark) != int(last) + 1:
                return None
        return found

    def _begin(self, line: Line, mark: str, text_start: int, block: int) -> None:
        self.pieces.append(Piece("footnote", line.start, line.end))
        slices = [(text_start, line.end)] if text_start < line.end else []
        self.notes.append(Note(plain_mark(mark), slices, block))


# Footnote marks in the body


def _glue_lone_marks(body: Sequence[Line]) -> tuple[list[Line], Marks]:
    """Lines that hold a footnote mark alone, and what follows them, put back into the line they were printed in."""
    groups: list[list[Line]] = []
    marks: Marks = {}
    after_mark = False
    for line in body:
        goes_on = bool(groups) and not line.after_blank and "\t" not in groups[-1][-1].text + line.text
        is_mark = goes_on and bool(MARK_LINE.fullmatch(line.text))
        if is_mark:
            marks[line.start] = (line.end, plain_mark(line.text))
        if is_mark or (after_mark and goes_on):
            groups[-1].append(line)
        else:
            groups.append([line])
        after_mark = is_mark
    return [
        replace(
            group[0],
            slices=tuple(each for line in group for each in line.slices),
            text=" ".join(line.text for line in group),
        )
        for group in groups
    ], marks


def _running_text(body: Iterable[Line]) -> list[Slice]:
    """The slices of the body but for tables, whose stars and figures belong to their cells."""
    return [each for line in body if "\t" not in line.text for each in line.slices]


def _figures(body: Sequence[Line], notes: Iterable[Note], known: Marks, text: str) -> Marks:
    """The marks printed as plain figures, on the pages before each block of footnotes, where they are not known yet.

    Of several places for a mark the last one before the next mark wins.
    """
    places = sorted(known)
    found: Marks = {}
    at = 0
    for block, of_block in groupby(notes, key=lambda note: note.block):
        first = at
        while at < len(body) and body[at].start < block:
            at += 1
        slices = _running_text(body[first:at])
        since, bound = (slices[0][0], slices[-1][1]) if slices else (block, block)
        here = {known[place][1] for place in places[bisect_left(places, since) : bisect_left(places, block)]}
        wanted = [note.mark for note in of_block if note.mark.isdigit() and note.mark not in here]
        candidates = _places(text, slices, set(wanted), AFTER_PUNCTUATION)
        for pattern in (AFTER_WORD, AFTER_THOUSANDS):
            candidates |= _places(text, slices, set(wanted) - set(candidates), pattern)
        for mark in reversed(wanted):
            if before := bisect_left(candidates.get(mark, []), bound):
                bound = candidates[mark][before - 1]
                found[bound] = (bound + len(mark), mark)
    return found


def _places(text: str, slices: Sequence[Slice], wanted: set[str], pattern: re.Pattern[str]) -> dict[str, list[int]]:
    """Mark → where it may stand in slices of a text, in order."""
    places: dict[str, list[int]] = {}
    for start, end in slices if wanted else ():
        for found in pattern.finditer(text, start, end):
            if found[1] in wanted:
                places.setdefault(found[1], []).append(found.start(1))
    return places


def _without_marks(body: Iterable[Line], marks: Marks, text: str) -> Iterator[Line]:
    """The lines without the footnote marks that stand in them; a line of nothing else is left out."""
    places = sorted(marks)
    for line in body:
        kept: list[Slice] = []
        taken: list[tuple[str, int]] = []
        for start, end in line.slices:
            at = start
            for place in places[bisect_left(places, start) : bisect_left(places, end)]:
                kept.append(_trim(at, place, text))
                taken.append((marks[place][1], place))
                at = marks[place][0]
            kept.append(_trim(at, end, text))
        slices = tuple((start, end) for start, end in kept if start < end)
        if not taken:
            yield line
        elif slices:
            words = " ".join(text[start:end] for start, end in slices)
            yield replace(line, slices=slices, text=words, marks=tuple(taken))


def _trim(start: int, end: int, text: str) -> Slice:
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return start, start + len(words.strip())
