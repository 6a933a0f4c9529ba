"""Footnote marks: the shapes they are printed in, and where they stand in a text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rag.records import Slice

Marks = dict[int, tuple[int, str]]  # offset of a mark → its length and the plain mark

_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}"
MARK_LINE = re.compile(rf"\d{{1,3}}|\*{{1,3}}|{_RAISED}")
STAR_LINE = re.compile(r"\*{1,3}")
NOTE_START = re.compile(rf"(\d{{1,3}}(?=\s)|\*{{1,3}}|{_RAISED})\s*(?=\S)")
UNRULED_NOTE = re.compile(rf"(\*{{1,3}}|{_RAISED})\s+(?=\S)")
_SIGN = re.compile(rf"{_RAISED}|\*{{1,3}}")
_INLINE = re.compile(rf"{_RAISED}|\^\{{\*{{1,3}}\}}|(?<=[^\s*])\*{{1,3}}(?=\s|$)")
# A plain figure is a mark after punctuation, as the UN sets it, or against a word; not after a decimal point or
# thousands comma (but after a year that ends a sentence), and not before a unit, a month or the rest of a number.
_FIGURE = r"(\d{1,3})(?![\d.,%/]\d|%|\s?(?:\d|年|月|日|个|次|项|名|件|票|国|人|支|条|段|号|亿|万|千|百|倍|家|份|种))"
_AFTER_PUNCTUATION = re.compile(
    rf"(?<=[。，、；：！？,.;:)）”》」\]])(?<!(?<!\d{{3}})\d[.,]){_FIGURE}(?=\s|$|[^\W\d]|[《“「(（])"
)
_AFTER_WORD = re.compile(rf"(?:(?<=[a-z]{{3}})|(?<=[\u4e00-\u9fff])(?<!第)){_FIGURE}(?=[\s，。、；,.;)）]|$)")


def plain_mark(mark: str) -> str:
    """A mark in plain characters: "²" → "2", "^{*}" → "*"."""
    return unicodedata.normalize("NFKC", mark).strip("^{}")


def signs(text: str) -> set[str]:
    """The stars and raised figures in a text, as plain marks."""
    return {plain_mark(mark) for mark in _SIGN.findall(text)}


def inline_marks(text: str, start: int, end: int) -> Iterator[tuple[int, tuple[int, str]]]:
    """The raised figures and stars that mark footnotes in a slice of a text."""
    for found in _INLINE.finditer(text, start, end):
        yield found.start(), (len(found[0]), plain_mark(found[0]))


def bare_marks(text: str, slices: Sequence[Slice], wanted: Sequence[str]) -> Marks:
    """Where the wanted marks, in their order, stand as plain figures in slices of a text; those not found are left out.

    Of several places for a mark the last one before the next mark wins.
    """
    after_punctuation = _places(text, slices, set(wanted), _AFTER_PUNCTUATION)
    missing = set(wanted) - set(after_punctuation)
    places = after_punctuation | _places(text, slices, missing, _AFTER_WORD)
    found: Marks = {}
    bound = slices[-1][1] if slices else 0
    for mark in reversed(wanted):
        candidates = places.get(mark, [])
        while candidates and candidates[-1] >= bound:
            candidates.pop()
        if candidates:
            bound = candidates.pop()
            found[bound] = (len(mark), mark)
    return found


def _places(text: str, slices: Sequence[Slice], wanted: set[str], pattern: re.Pattern[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for start, end in slices if wanted else ():
        for found in pattern.finditer(text, start, end):
            if found[1] in wanted:
                places.setdefault(found[1], []).append(found.start(1))
    return places
