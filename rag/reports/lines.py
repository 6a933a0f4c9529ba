"""A report's text to its printed lines: what their breaks mean, and which of them are a page's furniture."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

from rag.records import Slice

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

Furniture = Literal["rule", "address", "page", "contents"]  # an address: the target of a page's link, at its end


class Spacing(StrEnum):
    """What a line break and a blank line mean in a text."""

    LINE = "line"  # every line is a block
    BLANK = "blank"  # lines wrap, a blank line ends a block
    NONE = "none"  # lines wrap and blank lines say nothing: text taken out of a PDF


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


def printed_lines(text: str) -> Iterator[Line]:
    """The lines of a text that are not blank, a form feed on a line of its own."""
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


def widest(lines: Iterable[Line]) -> int:
    """The width full lines have: one that nearly all lines stay within."""
    widths = sorted(line.width for line in lines if "\t" not in line.text)
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0


def spacing_of(lines: Sequence[Line]) -> Spacing:
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


def furniture_of(lines: Sequence[Line], spacing: Spacing) -> dict[int, Furniture]:
    """The places of rules, address lists, contents lines, form feeds, page numbers, running heads and feet."""
    feeds = {i for i, line in enumerate(lines) if line.text == FEED}
    ends = {*feeds, len(lines)}  # of pages
    edges = feeds | {i for i, line in enumerate(lines) if PAGE_LINE.fullmatch(" ".join(line.text[:120].split()))}
    heads = _running_heads(lines, feeds)
    found: dict[int, Furniture] = {}
    for i, line in enumerate(lines):
        symbol = edges & {i - 2, i - 1, i + 1, i + 2} and SYMBOL_LINE.fullmatch(line.text)
        number = ends & {i - 1, i + 1} and line.text.isdigit()
        if RULE.fullmatch(line.text):
            found[i] = "rule"
        elif i in edges or i in heads or symbol or number:
            found[i] = "page"
        elif spacing is Spacing.NONE and ADDRESS_LINE.fullmatch(line.text):
            if line.after_blank or found.get(i - 1) == "address":
                found[i] = "address"
        elif CONTENTS_LINE.fullmatch(line.text):
            found[i] = "contents"
    return found


def _running_heads(lines: Sequence[Line], feeds: set[int]) -> set[int]:
    """Lines that stand, page numbers aside, first or last on at least three pages."""
    places: dict[str, set[int]] = {}
    for i in {feed + step for feed in feeds for step in (-2, -1, 1, 2)} - feeds:
        if 0 <= i < len(lines):
            places.setdefault(re.sub(r"\d+", "0", lines[i].text), set()).add(i)
    return {i for same in places.values() if len(same) >= 3 for i in same}
