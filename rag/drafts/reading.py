"""A draft's file to its text, and that to plain text: one line a paragraph, without Markdown's marks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.errors import ReportError
from rag.records import Slice
from rag.reports.files import read_text
from rag.text.folding import HAN

_PLAIN = (".md", ".markdown", ".text")  # read as plain text
MAX_CHARACTERS = 200_000  # sixty pages; a statement has three

_BLOCK_QUOTE = re.compile(r"[ \t]{0,3}>(?:[ \t]?>){0,5}[ \t]?")
_MARKUP = re.compile(  # the marks of emphasis, headings and links; a link's words are group 1
    r"(?<!\\)(?:\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<!\w)_{1,3}(?=[^\W_])|(?<=[^\W_])_{1,3}(?!\w)|`{1,3})"
    r"|^[ \t]{0,3}#{1,6}[ \t]+"
    r"|!?\[([^\[\]\n]{1,300})\]\((?:https?://|mailto:|#|/|\.)[^()\s]{0,500}\)"
)
_BEGINS_ANEW = re.compile(  # a heading, list item, footnote, table row or rule: not the rest of the line before
    r"[ \t]*(?:#{1,6}[ \t]|[-*+•·][ \t]|\d{1,3}[.)、．]|[（(][\da-z一二三四五六七八九十]{1,3}[)）]|\[\^?\d{1,3}\]"
    r"|\||[_=-]{3}|[“「—])"
)
_ENDS = re.compile(r"[。！？!?.:：;；][”’」』\"')）\]]{0,3}\s*$")
_WIDE = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef]")  # with the punctuation marks of Chinese
_WRAPPED = 40  # columns: a shorter line was ended on purpose; Han characters take two
_LINE = re.compile(r"[^\n]*(?:\n|$)")


def read_draft(source: Path | bytes, name: str = "") -> str:
    """The text of a draft's file, or of the bytes of one called `name`; a name without an ending is plain text's.

    Encodings, Word files and PDFs are read as a report's are. ReportError, in one line, where there is no such file, or
    it is empty, too large or of a kind that is not read.
    """
    name = name or (source.name if isinstance(source, Path) else "draft")
    ending = Path(name).suffix.lower()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "draft"
        if isinstance(source, Path):
            path = source
        else:
            path.write_bytes(source)
        try:
            text = read_text(path, ".txt" if ending in ("", *_PLAIN) else ending)
        except ReportError as error:
            key = "draft-empty" if error.key in ("file-empty", "file-blank") else error.key
            raise ReportError(key, **{**error.values, "file": name}) from error
    if len(text) > MAX_CHARACTERS:
        raise ReportError("draft-too-long", file=name, characters=len(text), limit=MAX_CHARACTERS)
    return text


@dataclass(frozen=True, slots=True)
class Plain:
    """A draft as it is read: one line a paragraph; blank lines are kept."""

    text: str
    offsets: Sequence[int]  # in the draft, of each character and of the end
    block_quotes: tuple[Slice, ...]  # the paragraphs set off as quotations

    def back(self, start: int, end: int) -> Slice:
        """The slice of the draft that a slice of the text stood in."""
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def plain(draft: str) -> Plain:
    r"""A draft without Markdown's marks, the lines of each paragraph joined.

    >>> plain("> **As said,**\n> so be it.\n").text
    'As said, so be it.\n'
    """
    kept: list[tuple[str, int]] = []
    blocks: list[Slice] = []
    for is_quote, lines in _paragraphs(draft):
        first = len(kept)
        for line in lines:
            offsets = _without_markup(draft, *line)
            if offsets and len(kept) > first and len(_WIDE.findall(kept[-1][0] + draft[offsets[0]])) < 2:
                kept.append((" ", line[0] - 1))
            kept += [(draft[at], at) for at in offsets]
        if is_quote and len(kept) > first:
            blocks.append((first, len(kept)))
        kept.append(("\n", max(lines[-1][1] - 1, 0)))
    text = "".join(character for character, _ in kept)
    return Plain(text, [*(at for _, at in kept), len(draft)], tuple(blocks))


def _paragraphs(draft: str) -> Iterator[tuple[bool, list[Slice]]]:
    """The lines that make up each paragraph, a blank line being one, and whether it is set off as a quotation."""
    lines = [match.span() for match in _LINE.finditer(draft) if match.group()]
    for is_quote, of_kind in groupby(lines, key=lambda line: _BLOCK_QUOTE.match(draft, *line) is not None):
        paragraph: list[Slice] = []
        for start, end in of_kind:
            mark = _BLOCK_QUOTE.match(draft, start, end)
            line = (mark.end() if mark else start, end)
            if paragraph and not _goes_on(draft[slice(*paragraph[-1])].rstrip(), draft[slice(*line)], is_quote):
                yield is_quote, paragraph
                paragraph = []
            paragraph.append(line)
        yield is_quote, paragraph


def _goes_on(above: str, line: str, is_quote: bool) -> bool:
    """Whether a line is the rest of the paragraph above it."""
    if not above.strip() or not line.strip() or _BEGINS_ANEW.match(line):
        return False
    return is_quote or (len(above) + len(_WIDE.findall(above)) >= _WRAPPED and not _ENDS.search(above))


def _without_markup(draft: str, start: int, end: int) -> list[int]:
    """The offsets of a line's characters without surrounding blanks and marks of markup."""
    line = draft[start:end]
    marks = {
        at for mark in _MARKUP.finditer(line) for at in range(*mark.span()) if not mark.start(1) <= at < mark.end(1)
    }
    offsets = [start + at for at in range(len(line)) if at not in marks]
    text = "".join(draft[at] for at in offsets)
    blanks = len(text) - len(text.lstrip())
    return offsets[blanks : blanks + len(text.strip())]
