"""A draft's text without its markup and line breaks, and where each character of it stood."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.records import Slice
from rag.text.folding import HAN

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
    characters: list[str] = []
    offsets: list[int] = []
    blocks: list[Slice] = []
    for is_quote, lines in _paragraphs(draft):
        first = len(characters)
        for start, end in lines:
            kept = list(_kept(draft, start, end))
            if len(characters) > first and kept:
                beside = characters[-1] + draft[kept[0]]
                if len(_WIDE.findall(beside)) < 2:
                    characters.append(" ")
                    offsets.append(start - 1)
            characters.extend(draft[at] for at in kept)
            offsets.extend(kept)
        if is_quote and len(characters) > first:
            blocks.append((first, len(characters)))
        characters.append("\n")
        offsets.append(max(lines[-1][1] - 1, 0))
    return Plain("".join(characters), [*offsets, len(draft)], tuple(blocks))


def _paragraphs(draft: str) -> Iterator[tuple[bool, list[Slice]]]:
    """The lines that make up each paragraph, a blank line being one, and whether it is set off as a quotation."""
    lines = [match.span() for match in _LINE.finditer(draft) if match.group()]
    for is_quote, of_kind in groupby(lines, key=lambda line: _BLOCK_QUOTE.match(draft, *line) is not None):
        paragraph: list[Slice] = []
        for start, end in of_kind:
            mark = _BLOCK_QUOTE.match(draft, start, end)
            line = (mark.end() if mark else start, end)
            if paragraph and not _goes_on(draft, paragraph[-1], line, is_quote):
                yield is_quote, paragraph
                paragraph = []
            paragraph.append(line)
        yield is_quote, paragraph


def _goes_on(draft: str, above: Slice, line: Slice, is_quote: bool) -> bool:
    """Whether a line is the rest of the paragraph above it."""
    before, after = draft[slice(*above)].rstrip(), draft[slice(*line)]
    if not before.strip() or not after.strip() or _BEGINS_ANEW.match(after):
        return False
    wide = len(before) + len(_WIDE.findall(before)) >= _WRAPPED
    return is_quote or (wide and not _ENDS.search(before))


def _kept(draft: str, start: int, end: int) -> Iterator[int]:
    """The offsets of a line's characters without surrounding blanks and marks of markup."""
    line = draft[start:end]
    left_out: set[int] = set()
    for mark in _MARKUP.finditer(line):
        words = mark.span(1)
        left_out.update(at for at in range(*mark.span()) if not words[0] <= at < words[1])
    inside = [at for at in range(len(line)) if at not in left_out]
    while inside and line[inside[0]].isspace():
        inside.pop(0)
    while inside and line[inside[-1]].isspace():
        inside.pop()
    yield from (start + at for at in inside)
