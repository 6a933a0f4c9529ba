"""A Word file to its text: paragraphs, tables, automatic numbers and footnotes, as a reader sees them.

The only door to python-docx, which is given nothing but the checked XML of a file's package.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import chain, count
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from rag.errors import ReportError

# Our choice: low enough that a hostile file cannot fill the memory.
MAX_ENTRIES = 2_000
MAX_UNZIPPED_BYTES = 200_000_000
MAX_RATIO = 100  # deflate shrinks Word's XML some tens of times, zeros a thousand times
RATIO_FROM_BYTES = 1_000_000  # smaller entries may shrink as they like
LONGEST_PATTERN = 64  # characters of a list's numbers; a longer one would be repeated at every paragraph
BASED_ON = 50  # styles that a style may be based on, one upon the other
MOST_COLUMNS = 63  # this and the next are Word's own limits
MOST_LEVELS = 9

# What python-docx and pypdf let through from damaged files besides their own errors, found by reading and by fuzzing.
# SyntaxError is lxml's parse error; RuntimeError covers recursion and unknown compression.
LEAKED = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zlib.error),
)

_TRUE = {"1", "true", "on"}
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # so that a mark after a figure is no part of it
_RULE = "__________________"  # as UN reports print it above their footnotes
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Elements that only wrap what stands in them, and elements a reader does not see: properties, what tracked changes took
# away, the second copy of a drawing for old programs, the pronunciation above a character.
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"})
_UNSEEN = frozenset({"pPr", "rPr", "sdtPr", "del", "moveFrom", "Fallback", "rt"})
_CHINESE = {"chineseCounting", "ideographDigital", "japaneseCounting", "taiwaneseCounting"}
_CHARACTERS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}

# Lists of one definition go on counting where the other stopped: the definition, level → its element, and level → the
# number it begins anew with, where it does.
_List = tuple[str, dict[int, Any], dict[int, int]]


def word_blocks(data: bytes, error: Callable[..., ReportError]) -> Iterator[str]:
    """Each paragraph, text box paragraph or table of a Word file that is not blank, in order, then its footnotes.

    What is wrong with the file is raised as `error(key, **values)` makes it.
    """
    from docx import Document
    from docx.exceptions import PythonDocxError
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.exceptions import OpcError
    from docx.oxml.parser import parse_xml

    wanted = {getattr(RELATIONSHIP_TYPE, name): name for name in ("NUMBERING", "STYLES", "FOOTNOTES", "ENDNOTES")}
    try:
        document = Document(_safe_package(data, error))
        body = document.element.body
        parts = {
            wanted[relation.reltype]: parse_xml(relation.target_part.blob)
            for relation in document.part.rels.values()
            if relation.reltype in wanted and not relation.is_external
        }
    except (OpcError, PythonDocxError, BadZipFile, *LEAKED) as wrong:
        raise error("word-damaged") from wrong
    words = _Words(parts)
    yield from words.blocks(body)
    called = tuple(words.called)  # a note may call another, whose text is let go
    if called:
        yield _RULE
    for mark, note in called:
        yield " " + f"{mark} {' '.join(words.blocks(note))}".strip()


def _safe_package(data: bytes, error: Callable[..., ReportError]) -> BytesIO:
    """The XML of a Word file as a zip archive anew, its other entries emptied.

    Each entry is read to its declared size and no further, so a false size cannot unpack more than was checked.
    """
    entries = data.count(b"PK\x01\x02")  # counted before zipfile makes an object of each
    if entries > MAX_ENTRIES:
        raise error("word-entries", entries=entries, limit=MAX_ENTRIES)
    safe = BytesIO()
    with ZipFile(BytesIO(data)) as package, ZipFile(safe, "w") as copy:
        unpacked = sum(entry.file_size for entry in package.infolist())
        if unpacked > MAX_UNZIPPED_BYTES:
            raise error("word-unzipped", bytes=unpacked, limit=MAX_UNZIPPED_BYTES)
        for name, entry in {entry.filename: entry for entry in package.infolist()}.items():  # of two the last counts
            if entry.file_size > max(RATIO_FROM_BYTES, MAX_RATIO * entry.compress_size):
                raise error("word-ratio", ratio=entry.file_size // max(entry.compress_size, 1), limit=MAX_RATIO)
            content = b""
            if name.lower().endswith((".xml", ".rels")):
                if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                    raise BadZipFile(f"compression {entry.compress_type} of {name}")
                with package.open(entry) as packed:
                    content = packed.read(entry.file_size)
                if re.search(rb"<!(?:DOCTYPE|ENTITY)", content.replace(b"\0", b"")):
                    raise error("word-entities")
            copy.writestr(name, content)
    safe.seek(0)
    return safe


class _Words:
    """The text of a Word file's body, in document order; it gathers the footnotes called on the way."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._numbers = _Numbers(parts)
        self._notes = {
            (reference, note.get(_WORD + "id")): note
            for reference, part in (("footnoteReference", "FOOTNOTES"), ("endnoteReference", "ENDNOTES"))
            for note in parts.get(part, ())
        }
        self._marks = count(1)
        self.called: list[tuple[str, Any]] = []  # (mark, note); the mark is empty where the note's text begins with it

    def blocks(self, container: Any) -> Iterator[str]:
        for name, block in _within(container, "p", "tbl"):
            yield from self._table(block) if name == "tbl" else self._paragraph(block)

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        boxes: list[Any] = []
        label = self._numbers.label(paragraph)
        lines = "".join(self._runs(paragraph, boxes)).split("\n")
        text = "\n".join(line.strip() for line in lines).strip()
        if text:
            yield label + text
        yield from chain.from_iterable(map(self.blocks, boxes))

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
            elif name not in _UNSEEN:
                hidden = child.find(f"{_WORD}rPr/{_WORD}vanish")
                if hidden is None or hidden.get(_WORD + "val") in {"0", "false", "off"}:
                    yield from self._runs(child, boxes)

    def _mark(self, name: str, reference: Any) -> str:
        note = self._notes.get((name, reference.get(_WORD + "id")))
        if note is None:
            return ""
        mark = "" if reference.get(_WORD + "customMarkFollows") in _TRUE else str(next(self._marks))
        self.called.append((mark, note))
        return mark.translate(_SUPERSCRIPT)

    def _table(self, table: Any) -> Iterator[str]:
        """One block of tab-parted rows; of a table with one column, which is a frame around text, its paragraphs."""
        rows = [[cell for _, cell in _within(row, "tc")] for _, row in _within(table, "tr")]
        if all(len(row) < 2 for row in rows):
            yield from chain.from_iterable(map(self.blocks, chain.from_iterable(rows)))
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
        return [text, *[""] * (min(spanned, MOST_COLUMNS) - 1)]


class _Numbers:
    """The automatic numbers of a Word file, counted while its paragraphs pass in order."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        styles = [style for style in parts.get("STYLES", ()) if _name(style) == "style"]
        self._styles = {style.get(_WORD + "styleId"): style for style in styles}
        of_paragraphs = [style for style in styles if style.get(_WORD + "type") == "paragraph"]
        default = (style for style in of_paragraphs if style.get(_WORD + "default") in _TRUE)
        self._default = next((style.get(_WORD + "styleId") for style in default), None)
        self._lists = dict(_lists(parts["NUMBERING"])) if "NUMBERING" in parts else {}
        self._counts: dict[str, dict[int, int]] = {}  # definition → level → last number
        self._begun: set[str] = set()

    def label(self, paragraph: Any) -> str:
        """The number Word prints before the next paragraph, with what parts it from the text; empty for none."""
        number, depth = self._place(paragraph)
        definition, levels, new_starts = self._lists.get(number, ("", {}, {}))
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(definition, {})
        if number not in self._begun:
            counts.update({level: start - 1 for level, start in new_starts.items()})
            self._begun.add(number)
        counts[depth] = counts.get(depth, _number(_value(levels[depth], "start"), 0) - 1) + 1
        for deeper, level in levels.items():
            if deeper > depth and depth < _number(_value(level, "lvlRestart"), deeper):
                counts.pop(deeper, None)
        return _label(depth, levels, counts)

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """The list a paragraph is numbered in and its level, from its own properties, else from its styles'."""
        number, depth = (_value(paragraph, "pPr", "numPr", name) for name in ("numId", "ilvl"))
        style = self._styles.get(_value(paragraph, "pPr", "pStyle") or self._default)
        for _ in range(BASED_ON):
            if style is None:
                break
            number = number or _value(style, "pPr", "numPr", "numId")
            depth = depth or _value(style, "pPr", "numPr", "ilvl")
            style = self._styles.get(_value(style, "basedOn"))
        return number or "", _number(depth, 0)


def _lists(numbering: Any) -> Iterator[tuple[str, _List]]:
    """The number of each list of a numbering part, and the list."""
    definitions = {each.get(_WORD + "abstractNumId"): each for each in numbering.findall(_WORD + "abstractNum")}
    by_style = {_value(each, "styleLink"): name for name, each in definitions.items()}
    for each in numbering.findall(_WORD + "num"):
        name = _value(each, "abstractNumId")
        name = by_style.get(_value(definitions.get(name), "numStyleLink") or "", name)
        overrides = each.findall(_WORD + "lvlOverride")
        levels = {
            depth: level
            for part in (definitions.get(name, ()), *overrides)
            for level in part
            if _name(level) == "lvl" and (depth := _number(level.get(_WORD + "ilvl"), 0)) < MOST_LEVELS
        }
        new_starts = {
            _number(override.get(_WORD + "ilvl"), 0): _number(start, 1)
            for override in overrides
            if (start := _value(override, "startOverride")) is not None
        }
        yield each.get(_WORD + "numId"), (name or "", levels, new_starts)


def _label(depth: int, levels: Mapping[int, Any], counts: Mapping[int, int]) -> str:
    def numeral(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        if place not in levels:
            return ""
        value = counts.get(place, _number(_value(levels[place], "start"), 0))
        return _numeral(_value(levels[place], "numFmt") or "decimal", value)

    pattern = (_value(levels[depth], "lvlText") or "")[:LONGEST_PATTERN]  # "%1.", "(%2)"
    bullet = _value(levels[depth], "numFmt") == "bullet"
    label = "•" if bullet else re.sub(r"%([1-9])", numeral, pattern)
    return label and label + " " * (_value(levels[depth], "suff") != "nothing")


def _numeral(style: str, value: int) -> str:
    """A number in one of Word's styles; in figures past 99, where no list of the UN's goes with letters."""
    if style == "none" or not 1 <= value <= 99:
        return "" if style == "none" else str(value)
    tens, ones = divmod(value, 10)
    if style in {"lowerLetter", "upperLetter"}:
        numeral = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
    elif style in {"lowerRoman", "upperRoman"}:
        units = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
        numeral = units[tens].translate(str.maketrans("ivx", "xlc")) + units[ones]
    elif style.removesuffix("Thousand") in _CHINESE:
        digits = "〇一二三四五六七八九"
        numeral = (digits[tens] * (tens > 1) + "十") * (tens > 0) + digits[ones] * (ones > 0)
    else:
        numeral = str(value)
    return numeral.upper() if style.startswith("upper") else numeral


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


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else default
