"""A report's text to its numbered paragraphs, headings, unnumbered paragraphs and table rows.

The span law: `rejoin(text, paragraph.spans) == paragraph.text`, and no character is in two paragraphs. This module
knows nothing of files or of what is known about a report beside its text.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.records import Footnote, Language, Paragraph, Slice
from rag.reports.blocks import blocks_of, read_table
from rag.reports.layout import Note, Piece, cover, lay_out
from rag.reports.lines import Line
from rag.reports.numbering import (
    ANNEX,
    LABELLED,
    PRINTED_NUMBER,
    SUMMARY,
    UNNUMBERED,
    Block,
    announces_part,
    heading_level,
    headings,
    numbered_paragraphs,
)
from rag.text import join_lines

LINK = re.compile(r"\[([^\[\]]{1,300})\]\((?:#|https?://[^\s()]{1,300})\)")  # what some converters make of a link


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a report's text is made of. The pieces cover it exactly."""

    paragraphs: tuple[Paragraph, ...]
    pieces: tuple[Piece, ...]


def parse(text: str, report: str, language: Language) -> Parsed:
    """The paragraphs of a report's text, in order, and the pieces the text is made of."""
    layout = lay_out(text)
    reader = _Reader(text, report, language)
    for part, blocks in _parts(blocks_of(layout)):
        reader.read(part, blocks)
    paragraphs = tuple(reader.finished(layout.notes))
    pieces = [Piece("paragraph", *span) for paragraph in paragraphs for span in paragraph.spans]
    return Parsed(paragraphs, tuple(cover(text, (*layout.pieces, *reader.pieces, *pieces))))


def rejoin(text: str, spans: Iterable[Slice]) -> str:
    """The clean text of slices of a report's text: lines rejoined, a slice that begins with a break on its own line."""
    groups: list[list[str]] = []
    for start, end in spans:
        piece = text[start:end]
        if piece.startswith(("\n", "\t")) or not groups:
            groups.append([])
        groups[-1].append(piece)
    return "\n".join(_clean(group) for group in groups)


def _clean(printed: Iterable[str]) -> str:
    """Printed lines as one clean line."""
    return LINK.sub(r"\1", join_lines(line for piece in printed for line in piece.splitlines())).strip()


def _parts(blocks: Sequence[Block]) -> Iterator[tuple[str, Sequence[Block]]]:
    """The blocks of each part in order; the lines that announce a summary or an annex become headings there.

    A text without numbered paragraphs and tables is one part, "main".
    """
    first = next((i for i, block in enumerate(blocks) if block.is_numbered_text), len(blocks))
    annexes = [i for i in range(first + 1, len(blocks) - 1) if ANNEX.fullmatch(blocks[i].text)]
    bounds = [*annexes, len(blocks)]
    body = blocks[: bounds[0]]
    chosen = numbered_paragraphs(body)
    if not chosen and not annexes and not any(block.is_table for block in blocks):
        yield "main", blocks
        return
    sections = (i for i in headings(body, chosen) if heading_level(body[i].text) == 1)
    main = min([*chosen, *sections], default=0)
    summary = next((i for i in range(main) if SUMMARY.fullmatch(body[i].text)), main)
    yield "front", body[:summary]
    yield "summary", body[summary:main]
    yield "main", body[main:]
    for n, (start, end) in enumerate(zip(annexes, bounds[1:], strict=True), 1):
        yield "annex" if n == 1 else f"annex-{n}", blocks[start:end]


class _Reader:
    """Reads the blocks of a report, part by part, into paragraphs without text yet, pieces and footnote marks."""

    def __init__(self, text: str, report: str, language: Language) -> None:
        self._paragraphs: list[Paragraph] = []
        self._groups: list[list[Sequence[Line]]] = []  # each paragraph's lines; a group stands on a line of its own
        self.pieces: list[Piece] = []
        self._given: dict[str, Any] = {"report": report, "language": language}
        self._text = text
        self._marks: dict[str, list[tuple[int, int]]] = defaultdict(list)  # mark → its places, each with its paragraph
        self._counts: Counter[tuple[str, str | None]] = Counter()  # part and number → how often it was printed
        self._part = ""
        self._path: list[tuple[int, str]] = []  # the headings above, each with its level
        self._after_heading = False
        self._open = False  # whether what follows may belong to the last paragraph

    def read(self, part: str, blocks: Sequence[Block]) -> None:
        """Read the blocks of one part."""
        self._part, self._path, self._after_heading, self._open = part, [], False, False
        in_front = part in ("front", "summary")
        numbered = {} if in_front else numbered_paragraphs(blocks)
        headed = {0} if blocks and announces_part(blocks[0].text) else set()
        if not in_front and (numbered or headed or any(block.is_table for block in blocks)):
            headed |= headings(blocks, numbered)
        for i, block in enumerate(blocks):
            if block.is_table:
                self._take_table(block.lines)
            elif i in numbered:
                self._take_numbered(block, str(numbered[i]))
            elif i in headed and not self._is_list_entry(block):
                self._take_heading(block)
            elif self._open and numbered:
                self._groups[-1].append(block.lines)
                self._note_marks(block, len(self._paragraphs) - 1)
            else:
                number = f"{'' if in_front else 'p'}{self._count(part, None)}"
                self._begin(block, number, None, block.lines)

    def finished(self, notes: Iterable[Note]) -> Iterator[Paragraph]:
        """The paragraphs with their text and footnotes; each knows whether its printed number stands there again."""
        footnotes = self._footnotes(notes)
        beside = {printed for part, printed in self._counts if part != "main"}
        for i, (paragraph, groups) in enumerate(zip(self._paragraphs, self._groups, strict=True)):
            spans = tuple(_spans(groups, self._text))
            printed = paragraph.printed
            yield replace(
                paragraph,
                text=rejoin(self._text, spans),
                spans=spans,
                footnotes=tuple(footnotes[i]),
                printed_again=printed is not None and self._counts[paragraph.part, printed] > 1,
                printed_elsewhere=printed is not None and printed in beside,
            )

    def _footnotes(self, notes: Iterable[Note]) -> dict[int, list[Footnote]]:
        """Paragraph → its footnotes: the paragraph their mark stands in, else the last one before their block."""
        starts = [groups[0][0].start for groups in self._groups]
        footnotes: dict[int, list[Footnote]] = defaultdict(list)
        for note in notes:
            here = self._marks[note.mark]
            at = bisect_left(here, (note.block, -1))
            owner = here.pop(at - 1)[1] if at else bisect_left(starts, note.block) - 1
            words = _clean(self._text[start:end] for start, end in note.slices)
            footnotes[min(max(owner, 0), len(starts) - 1)].append(Footnote(note.mark, words))
        return footnotes

    def _is_list_entry(self, block: Block) -> bool:
        """Whether a block that reads like a heading is an entry of a list in the open paragraph."""
        if not self._open:
            return False
        last = self._groups[-1][-1]
        level = heading_level(block.text)
        after_entry = level == LABELLED and heading_level(last[0].text) == LABELLED
        return after_entry or (level in (LABELLED, None) and last[-1].opens_list)

    def _take_numbered(self, block: Block, printed: str) -> None:
        first = block.lines[0]
        start, end = first.slices[0]
        found = PRINTED_NUMBER.match(first.text)
        begins = min(start + len(found[0] if found else ""), end)  # a footnote mark may follow the number
        self.pieces.append(Piece("number", start, begins))
        slices = (*([(begins, end)] if begins < end else ()), *first.slices[1:])
        lines = [*([replace(first, slices=slices)] if slices else ()), *block.lines[1:]]
        times = self._count(self._part, printed)
        self._begin(block, printed if times == 1 else f"{printed}-{times}", printed, lines)

    def _take_heading(self, block: Block) -> None:
        slices = [each for line in block.lines for each in line.slices]
        self.pieces += [Piece("heading", *each) for each in slices]
        level = heading_level(block.text) or UNNUMBERED
        if level < UNNUMBERED:
            self._path = [each for each in self._path if each[0] < level]
        elif not self._after_heading and self._path and self._path[-1][0] == UNNUMBERED:
            self._path.pop()  # unnumbered headings in a row nest; one alone takes the place of the last
        self._path.append((level, _clean(self._text[start:end] for start, end in slices)))
        self._after_heading, self._open = True, False
        self._note_marks(block, len(self._paragraphs))

    def _take_table(self, lines: Sequence[Line]) -> None:
        rows, bodies = read_table(lines)
        self.pieces += [Piece("heading", *each) for line in (lines[0], *bodies) for each in line.slices]
        again = [line for line in lines[1:] if line.text == lines[0].text]
        self.pieces += [Piece("furniture", *each) for line in again for each in line.slices]
        part = f"{self._part}-table"
        for label, body, cells in rows:
            groups: list[Sequence[Line]] = [[line] for line in (label, *(line for _, line in cells)) if line]
            columns = tuple((column, _clean([line.text])) for column, line in cells)
            row = {"row": label.text if label else "", "body": body, "columns": columns}
            self._add(part, str(self._count(part, None)), None, groups, **row)
        self._open = False

    def _begin(self, block: Block, number: str, printed: str | None, lines: Sequence[Line]) -> None:
        self._add(self._part, number, printed, [lines])
        self._after_heading, self._open = False, True
        self._note_marks(block, len(self._paragraphs) - 1)

    def _add(self, part: str, number: str, printed: str | None, groups: list[Sequence[Line]], **row: Any) -> None:
        above = tuple(text for _, text in self._path)
        given = {**self._given, "part": part, "number": number, "printed": printed, "headings": above, **row}
        self._paragraphs.append(Paragraph(position=len(self._paragraphs), text="", **given))
        self._groups.append(groups)

    def _count(self, part: str, printed: str | None) -> int:
        self._counts[part, printed] += 1
        return self._counts[part, printed]

    def _note_marks(self, block: Block, paragraph: int) -> None:
        for line in block.lines:
            for mark, place in line.marks:
                self._marks[mark].append((place, paragraph))


def _spans(groups: Sequence[Sequence[Line]], text: str) -> Iterator[Slice]:
    """The slices of the groups; each group but the first takes the break before it along."""
    for g, lines in enumerate(groups):
        slices = [each for line in lines for each in line.slices]
        if g:
            start, end = slices[0]
            line_break = max(text.rfind("\n", 0, start), text.rfind("\t", 0, start))
            if text[line_break:start].isspace():
                slices[0] = (line_break, end)
            else:  # a footnote mark stands between
                yield line_break, line_break + 1
        yield from slices
