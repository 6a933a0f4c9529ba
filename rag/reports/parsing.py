"""A report's text to its numbered paragraphs, headings, unnumbered paragraphs and table rows.

The span law: `rejoin(text, paragraph.spans) == paragraph.text`, and no character is in two paragraphs. This module
knows nothing of files or of what is known about a report beside its text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.records import Footnote, Language, Paragraph, Slice
from rag.reports.blocks import blocks_of
from rag.reports.layout import Kind, Note, Piece, cover, lay_out
from rag.reports.lines import Line
from rag.reports.numbering import (
    LABELLED,
    UNNUMBERED,
    Block,
    heading_level,
    headings,
    numbered_paragraphs,
    printed_number,
    tell_apart,
)
from rag.reports.tables import Row, read_table
from rag.text import join_lines

SUMMARY = re.compile(r"摘\s?要|[内內]容(?:提要|摘要)|(?:Executive )?(?:Summary|SUMMARY)|Abstract")
ANNEX = re.compile(
    r"附(?:件|录|錄)\s?[一二三四五六七八九十]{0,3}|(?:Annex|ANNEX|Appendix|APPENDIX)\s?(?:[IVX]{1,5}|\d{1,2}|[A-F])?"
)
LINK = re.compile(r"\[([^\[\]]{1,300})\]\((?:#|https?://[^\s()]{1,300})\)")  # what some converters make of a link


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a report's text is made of. The pieces cover it exactly."""

    paragraphs: tuple[Paragraph, ...]
    pieces: tuple[Piece, ...]


def parse(text: str, report: str, language: Language) -> Parsed:
    """The paragraphs of a report's text, in order, and the pieces the text is made of."""
    layout = lay_out(text)
    drafts: list[_Draft] = []
    pieces = list(layout.pieces)
    marks: list[_Mark] = []
    for part, blocks in _parts(blocks_of(layout, (ANNEX, SUMMARY))):
        reader = _PartReader(part, blocks, text, len(drafts))
        drafts += reader.drafts
        pieces += reader.pieces
        marks += reader.marks
    footnotes = _footnotes(layout.notes, marks, drafts, text)
    paragraphs = tell_apart(
        [draft.finished(report, i, language, text, footnotes.get(i, ())) for i, draft in enumerate(drafts)]
    )
    pieces += [Piece(Kind.PARAGRAPH, *span) for paragraph in paragraphs for span in paragraph.spans]
    return Parsed(paragraphs, tuple(cover(text, pieces)))


def rejoin(text: str, spans: Iterable[Slice]) -> str:
    """The clean text of slices of a report's text: lines rejoined, a slice that begins with a break on its own line."""
    groups: list[list[str]] = []
    for start, end in spans:
        piece = text[start:end]
        if piece.startswith(("\n", "\t")) or not groups:
            groups.append([])
        groups[-1].append(piece)
    return "\n".join(clean(group) for group in groups)


def clean(printed: Iterable[str]) -> str:
    """Printed lines as one clean line."""
    return LINK.sub(r"\1", join_lines(line for piece in printed for line in piece.splitlines())).strip()


# Parts: front, summary, main, annexes


def _parts(blocks: Sequence[Block]) -> Iterator[tuple[str, Sequence[Block]]]:
    """The blocks of each part in order; the lines that announce a summary or an annex become headings there.

    A text without numbered paragraphs and tables is one part, "main".
    """
    numbered = [i for i, block in enumerate(blocks) if block.number and block.reads_like_paragraph]
    annexes = [
        i
        for i, block in enumerate(blocks)
        if numbered and i > numbered[0] and i + 1 < len(blocks) and ANNEX.fullmatch(block.text)
    ]
    bounds = [*annexes, len(blocks)]
    body = blocks[: bounds[0]]
    chosen = numbered_paragraphs(body)
    if not chosen and not annexes and not any(block.in_table for block in blocks):
        yield "main", blocks
        return
    headed = headings(body, chosen)
    first = min([*chosen, *(i for i in headed if heading_level(body[i].text) == 1)], default=0)
    summary = next((i for i in range(first) if SUMMARY.fullmatch(body[i].text)), first)
    yield "front", body[:summary]
    yield "summary", body[summary:first]
    yield "main", body[first:]
    for n, (start, end) in enumerate(zip(annexes, bounds[1:], strict=True), 1):
        yield "annex" if n == 1 else f"annex-{n}", blocks[start:end]


# Paragraphs of one part


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """A footnote mark: where it stands, and the draft that its footnote belongs to."""

    place: int
    mark: str
    owner: int


@dataclass(slots=True)
class _Draft:
    """A paragraph being put together."""

    part: str
    number: str
    printed: str | None
    headings: tuple[str, ...]
    groups: list[Sequence[Line]]  # each stands on a line of its own
    row: Row | None = None

    def finished(
        self, report: str, position: int, language: Language, text: str, footnotes: Sequence[Footnote]
    ) -> Paragraph:
        """The paragraph."""
        spans = tuple(_spans(self.groups, text))
        paragraph = Paragraph(
            report=report,
            part=self.part,
            number=self.number,
            position=position,
            text=rejoin(text, spans),
            language=language,
            printed=self.printed,
            headings=self.headings,
            footnotes=tuple(footnotes),
            spans=spans,
        )
        if self.row is None:
            return paragraph
        label = self.row.label.text if self.row.label else ""
        columns = tuple((cell.column, clean([cell.line.text])) for cell in self.row.cells)
        return replace(paragraph, row=label, body=self.row.body, columns=columns)


class _PartReader:
    """Reads the blocks of one part into drafts of paragraphs, and pieces and marks on the way."""

    def __init__(self, part: str, blocks: Sequence[Block], text: str, drafts_before: int) -> None:
        """Read the blocks; `drafts_before` counts the drafts of the parts before."""
        self.drafts: list[_Draft] = []
        self.pieces: list[Piece] = []
        self.marks: list[_Mark] = []
        self._part = part
        self._text = text
        self._drafts_before = drafts_before
        self._path: list[_Heading] = []
        self._headings_in_a_row = 0
        self._open: _Draft | None = None  # the paragraph that what follows may belong to
        self._printed: dict[int, int] = {}  # number → how often it has been printed
        self._unnumbered = 0
        self._rows = 0
        self._read(blocks)

    def _read(self, blocks: Sequence[Block]) -> None:
        numbered = {} if self._part in ("front", "summary") else numbered_paragraphs(blocks)
        headed = self._headings(blocks, numbered)
        table: list[Line] = []
        for i, block in enumerate(blocks):
            if block.in_table:
                table.append(block.lines[0])
                if i + 1 == len(blocks) or blocks[i + 1].table != block.table:
                    self._take_table(table)
                    table = []
            elif i in numbered:
                self._take_numbered(block, numbered[i])
            elif i in headed and not self._is_list_entry(block):
                self._take_heading(block)
            elif self._open is not None and numbered:
                self._open.groups.append(block.lines)
                self._note_marks(block, len(self.drafts) - 1)
            else:
                self._take_unnumbered(block)

    def _headings(self, blocks: Sequence[Block], numbered: dict[int, int]) -> set[int]:
        """The places of headings: none in the front and in a text without numbers but what announces the part."""
        announced = {0} if blocks and (SUMMARY.fullmatch(blocks[0].text) or ANNEX.fullmatch(blocks[0].text)) else set()
        if self._part in ("front", "summary") or not (numbered or announced or any(b.in_table for b in blocks)):
            return announced
        return announced | headings(blocks, numbered)

    def _is_list_entry(self, block: Block) -> bool:
        """Whether a block that reads like a heading is an entry of a list in the open paragraph."""
        if self._open is None:
            return False
        last = self._open.groups[-1]
        level = heading_level(block.text)
        after_entry = level == LABELLED and heading_level(last[0].text) == LABELLED
        return after_entry or (level in (LABELLED, None) and last[-1].opens_list)

    def _take_numbered(self, block: Block, number: int) -> None:
        first = block.lines[0]
        start, end = first.slices[0]
        found = printed_number(first.text)
        begins = min(start + len(found[0] if found else ""), end)  # a footnote mark may follow the number
        self.pieces.append(Piece(Kind.NUMBER, start, begins))
        slices = (*([(begins, end)] if begins < end else ()), *first.slices[1:])
        lines = (*([replace(first, slices=slices)] if slices else ()), *block.lines[1:])
        times = self._printed[number] = self._printed.get(number, 0) + 1
        self._begin(block, str(number) if times == 1 else f"{number}-{times}", str(number), lines)

    def _take_unnumbered(self, block: Block) -> None:
        self._unnumbered += 1
        prefix = "" if self._part in ("front", "summary") else "p"
        self._begin(block, f"{prefix}{self._unnumbered}", None, block.lines)

    def _begin(self, block: Block, number: str, printed: str | None, lines: Sequence[Line]) -> None:
        self._open = _Draft(self._part, number, printed, self._heading_texts(), [lines])
        self._headings_in_a_row = 0
        self.drafts.append(self._open)
        self._note_marks(block, len(self.drafts) - 1)

    def _take_heading(self, block: Block) -> None:
        slices = [each for line in block.lines for each in line.slices]
        self.pieces += [Piece(Kind.HEADING, *each) for each in slices]
        words = clean(self._text[start:end] for start, end in slices)
        heading = _Heading(words, heading_level(block.text) or UNNUMBERED)
        self._path = _under(self._path, heading, self._headings_in_a_row)
        self._headings_in_a_row += 1
        self._open = None
        self._note_marks(block, len(self.drafts))

    def _take_table(self, lines: Sequence[Line]) -> None:
        table = read_table(lines)
        named = (table.header, *table.bodies)
        self.pieces += [Piece(Kind.HEADING, *each) for line in named for each in line.slices]
        self.pieces += [Piece(Kind.FURNITURE, *each) for line in table.repeated_headers for each in line.slices]
        for row in table.rows:
            self._rows += 1
            groups: list[Sequence[Line]] = [
                [line] for line in (*([row.label] if row.label else ()), *(cell.line for cell in row.cells))
            ]
            number = str(self._rows)
            self.drafts.append(_Draft(f"{self._part}-table", number, None, self._heading_texts(), groups, row))
        self._open = None

    def _note_marks(self, block: Block, draft: int) -> None:
        owner = self._drafts_before + draft
        self.marks += [_Mark(place, mark, owner) for line in block.lines for mark, place in line.marks]

    def _heading_texts(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self._path)


def _under(path: Sequence[_Heading], heading: _Heading, in_a_row: int) -> list[_Heading]:
    """The path after a heading. Unnumbered headings in a row nest; one alone takes the place of the last."""
    if heading.level < UNNUMBERED:
        return [*(each for each in path if each.level < heading.level), heading]
    if in_a_row and path[-1].level == UNNUMBERED:
        return [*path, heading]
    numbered = [each for each in path if each.level < UNNUMBERED]
    unnumbered = [each for each in path if each.level == UNNUMBERED]
    return [*numbered, *unnumbered[:-1], heading]


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


def _footnotes(
    notes: Iterable[Note], marks: Iterable[_Mark], drafts: Sequence[_Draft], text: str
) -> dict[int, list[Footnote]]:
    """Draft → its footnotes: the draft their mark stands in, else the last one before their block."""
    places: dict[str, list[_Mark]] = {}
    for mark in marks:
        places.setdefault(mark.mark, []).append(mark)
    starts = [draft.groups[0][0].start for draft in drafts]
    footnotes: dict[int, list[Footnote]] = {}
    for note in notes:
        here = places.get(note.mark, [])
        at = bisect_left(here, note.block, key=lambda mark: mark.place)
        owner = here.pop(at - 1).owner if at else bisect_left(starts, note.block) - 1
        words = clean(text[start:end] for start, end in note.slices)
        owner = min(max(owner, 0), len(drafts) - 1)
        footnotes.setdefault(owner, []).append(Footnote(note.mark, words))
    return footnotes
