"""A Word file's XML to its text: paragraphs, tables, automatic numbers and footnotes, as a reader sees them.

It is given lxml elements and knows neither files nor python-docx.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

_MOST_COLUMNS = 63  # this and the next are Word's own limits
_MOST_LEVELS = 9
_TRUE = {"1", "true", "on"}
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # so that a mark after a figure is no part of it
_RULE = "__________________"  # as UN reports print it above their footnotes
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Elements that only wrap what stands in them, and elements a reader does not see: properties, what tracked changes took
# away, the second copy of a drawing for old programs, the pronunciation above a character.
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"})
_UNSEEN = frozenset({"pPr", "rPr", "sdtPr", "del", "moveFrom", "Fallback", "rt"})
_CHARACTERS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


class Words:
    """The text of a Word file's body, in document order; it gathers the footnotes called on the way.

    `notes` is the root of the part that holds the notes each kind of reference calls, or None.
    """

    def __init__(self, numbers: "Numbers", notes: dict[str, Any]) -> None:
        self._numbers = numbers
        self._notes = {
            (reference, note.get(_WORD + "id")): note
            for reference, part in notes.items()
            for note in (() if part is None else part)
        }
        self._marks = 0
        self._called: list[tuple[str, Any]] = []  # (mark, note); the mark is empty where the note's text begins with it

    def blocks(self, container: Any) -> Iterator[str]:
        """Each paragraph, text box paragraph or table that is not blank."""
        for name, block in _within(container, "p", "tbl"):
            yield from self._table(block) if name == "tbl" else self._paragraph(block)

    def notes(self) -> Iterator[str]:
        """A rule and the footnotes called so far, in order; endnotes are numbered along with them."""
        called = tuple(self._called)
        if called:
            yield _RULE
        for mark, note in called:
            yield " " + f"{mark} {' '.join(self.blocks(note))}".strip()

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        boxes: list[Any] = []
        label = self._numbers.label(paragraph)
        lines = "".join(self._runs(paragraph, boxes)).split("\n")
        text = "\n".join(line.strip() for line in lines).strip()
        if text:
            yield label + text
        for box in boxes:
            yield from self.blocks(box)

    def _runs(self, element: Any, boxes: list[Any]) -> Iterator[str]:
        for child in element:
            name = _name(child)
            if name == "t":
                yield "".join(child.itertext()).replace("\t", " ")
            elif name in _CHARACTERS:
                yield _CHARACTERS[name]
            elif name in {"footnoteReference", "endnoteReference"}:
                yield self._mark(name, child)
            elif name == "txbxContent":
                boxes.append(child)
            elif name not in _UNSEEN and not _is_on(child, "rPr", "vanish"):
                yield from self._runs(child, boxes)

    def _mark(self, name: str, reference: Any) -> str:
        note = self._notes.get((name, reference.get(_WORD + "id")))
        if note is None:
            return ""
        if reference.get(_WORD + "customMarkFollows") in _TRUE:
            self._called.append(("", note))
            return ""
        self._marks += 1
        self._called.append((str(self._marks), note))
        return str(self._marks).translate(_SUPERSCRIPT)

    def _table(self, table: Any) -> Iterator[str]:
        """One block of tab-parted rows; of a table with one column, which is a frame around text, its paragraphs."""
        rows = [[cell for _, cell in _within(row, "tc")] for _, row in _within(table, "tr")]
        if all(len(row) < 2 for row in rows):
            for cell in chain.from_iterable(rows):
                yield from self.blocks(cell)
            return
        lines = ["\t".join(chain.from_iterable(map(self._columns, row))) for row in rows]
        text = "\n".join(line for line in lines if line.strip())
        if text:
            yield text

    def _columns(self, cell: Any) -> list[str]:
        """A cell's text, and an empty one for each further column it spans or if it goes on from the cell above."""
        merge = cell.find(f"{_WORD}tcPr/{_WORD}vMerge")
        merged = merge is not None and merge.get(_WORD + "val") != "restart"
        text = "" if merged else " ".join(" ".join(block.split()) for block in self.blocks(cell))
        spanned = _number(_value(cell, "tcPr", "gridSpan"), 1)
        return [text, *[""] * (min(spanned, _MOST_COLUMNS) - 1)]


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of an automatically numbered list."""

    start: int
    style: str  # Word's name for the digits: decimal, lowerLetter …
    pattern: str  # "%1.", "(%2)"
    glue: str  # between number and text
    restarts_below: int  # it begins anew after a number of any level below this one, counted from 0


class Numbers:
    """The automatic numbers of a Word file, counted while its paragraphs pass in order."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        style_list = [] if styles is None else styles.findall(_WORD + "style")
        self._styles = {style.get(_WORD + "styleId"): style for style in style_list}
        self._default_style = next((name for name, style in self._styles.items() if _is_default(style)), None)
        self._style_places: dict[str | None, tuple[str | None, str | None]] = {None: (None, None)}
        self._lists = {} if numbering is None else _lists(numbering)
        self._counts: dict[str, dict[int, int]] = {}  # definition → level → last number
        self._begun: set[str] = set()

    def label(self, paragraph: Any) -> str:
        """The number Word prints before the next paragraph, with what parts it from the text; empty for none."""
        number, depth = self._place(paragraph)
        listed = self._lists.get(number)
        if listed is None or depth not in listed.levels:
            return ""
        counts = self._counts.setdefault(listed.definition, {})
        if number not in self._begun:
            counts.update({level: start - 1 for level, start in listed.new_starts.items()})
            self._begun.add(number)
        level = listed.levels[depth]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper, other in listed.levels.items():
            if deeper > depth and depth < other.restarts_below:
                counts.pop(deeper, None)
        return _label(level, listed.levels, counts)

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """The list a paragraph is numbered in and its level, from its own properties, else from its style's."""
        number, depth = self._style_place(_value(paragraph, "pPr", "pStyle") or self._default_style)
        number = _value(paragraph, "pPr", "numPr", "numId") or number
        return number or "", _number(_value(paragraph, "pPr", "numPr", "ilvl") or depth, 0)

    def _style_place(self, name: str | None) -> tuple[str | None, str | None]:
        """The list and level a style gives, itself or by the styles it is based on."""
        chained: list[str | None] = []
        while name not in self._style_places and name in self._styles:
            self._style_places[name] = (None, None)  # until known, so that a style based on itself ends here
            chained.append(name)
            name = _value(self._styles[name], "basedOn")
        number, depth = self._style_places.get(name, (None, None))
        for style in reversed(chained):
            number = _value(self._styles[style], "pPr", "numPr", "numId") or number
            depth = _value(self._styles[style], "pPr", "numPr", "ilvl") or depth
            self._style_places[style] = (number, depth)
        return number, depth


def _is_default(style: Any) -> bool:
    return style.get(_WORD + "type") == "paragraph" and style.get(_WORD + "default") in _TRUE


@dataclass(frozen=True, slots=True)
class _List:
    """A numbered list; lists of one definition go on counting where the other stopped."""

    definition: str
    levels: dict[int, _Level]
    new_starts: dict[int, int]  # level → the number it begins anew with, where it does


def _lists(numbering: Any) -> dict[str, _List]:
    """Each list of a numbering part by its number."""
    definitions = {each.get(_WORD + "abstractNumId"): each for each in numbering.findall(_WORD + "abstractNum")}
    by_style = {_value(each, "styleLink"): name for name, each in definitions.items()}
    lists = {}
    for each in numbering.findall(_WORD + "num"):
        name = _value(each, "abstractNumId")
        style = _value(definitions.get(name), "numStyleLink")
        name = by_style.get(style, name) if style else name
        overrides = each.findall(_WORD + "lvlOverride")
        levels = [*definitions.get(name, ()), *chain.from_iterable(overrides)]
        new_starts = {
            _number(override.get(_WORD + "ilvl"), 0): _number(start, 1)
            for override in overrides
            if (start := _value(override, "startOverride")) is not None
        }
        lists[each.get(_WORD + "numId")] = _List(
            name or "",
            {depth: _level(level, depth) for level in levels if (depth := _depth(level)) is not None},
            new_starts,
        )
    return lists


def _depth(level: Any) -> int | None:
    """The level from 0 that an element defines; None where it defines none, or one past Word's nine."""
    depth = _number(level.get(_WORD + "ilvl"), 0)
    return depth if _name(level) == "lvl" and depth < _MOST_LEVELS else None


def _level(level: Any, depth: int) -> _Level:
    return _Level(
        start=_number(_value(level, "start"), 0),
        style=_value(level, "numFmt") or "decimal",
        pattern=(_value(level, "lvlText") or "")[:_LONGEST_PATTERN],
        glue="" if _value(level, "suff") == "nothing" else " ",
        restarts_below=_number(_value(level, "lvlRestart"), depth),
    )


def _label(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
    def numeral(match: re.Match[str]) -> str:
        depth = int(match[1]) - 1
        if depth not in levels:
            return ""
        value = counts.get(depth, levels[depth].start)
        return _NUMERALS.get(levels[depth].style, str)(value) if 1 <= value <= _LARGEST_NUMERAL else str(value)

    label = "•" if level.style == "bullet" else re.sub(r"%([1-9])", numeral, level.pattern)
    return label and label + level.glue


def _letters(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)


def _roman(value: int) -> str:
    tens, ones = divmod(value, 10)
    units = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
    return units[tens].translate(str.maketrans("ivx", "xlc")) + units[ones]


def _chinese(value: int) -> str:
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(value, 10)
    return (digits[tens] * (tens > 1) + "十") * (tens > 0) + digits[ones] * (ones > 0)


_LONGEST_PATTERN = 64  # characters; a hostile one would be repeated at every paragraph
_LARGEST_NUMERAL = 99  # past it all are written in figures: no list of the UN's goes there with letters
_NUMERALS: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letters,
    "upperLetter": lambda value: _letters(value).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda value: _roman(value).upper(),
    **dict.fromkeys(("chineseCounting", "chineseCountingThousand", "ideographDigital"), _chinese),
    **dict.fromkeys(("japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand"), _chinese),
    "none": lambda value: "",
}


def _name(element: Any) -> str:
    """An element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _within(element: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """The children of these names, with their names, also those in elements that only wrap."""
    for child in element:
        name = _name(child)
        if name in names:
            yield name, child
        elif name in _WRAPPERS:
            yield from _within(child, *names)


def _value(element: Any, *names: str) -> str | None:
    """The value of the descendant that the names lead to, child by child; None where there is none."""
    found = None if element is None else element.find("/".join(_WORD + name for name in names))
    return None if found is None else found.get(_WORD + "val")


def _is_on(element: Any, *names: str) -> bool:
    """Whether the descendant that the names lead to is there and not switched off."""
    found = element.find("/".join(_WORD + name for name in names))
    return found is not None and found.get(_WORD + "val") not in {"0", "false", "off"}


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else default
