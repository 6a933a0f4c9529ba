"""Where in a text something stands between quotation marks."""

import re
from collections.abc import Iterator

from rag.records import Slice

_CLOSING = {"“": "”", "「": "」", "『": "』", "‘": "’", "〝": "〞", "«": "»", "﹁": "﹂", "﹃": "﹄", "｢": "｣"}
_STRAIGHT = '"＂'
_MOST = 60  # marks from one to the one that closes it: more are no quotation but noise
_MARK = re.compile(f"[{re.escape(''.join(_CLOSING) + ''.join(_CLOSING.values()) + _STRAIGHT)}]")
_STANZA = re.compile(r"[^\n]+(?:\n(?![ \t]*\n)[^\n]+)*")  # what blank lines part: no quotation runs on behind one


def quoted(text: str) -> list[Slice]:
    """The slices between quotation marks, without the marks, in order; one inside another belongs to it.

    A mark that is never closed quotes nothing, and an apostrophe closes nothing.

    >>> [("a “b ‘c’ d” e “f"[start:end]) for start, end in quoted("a “b ‘c’ d” e “f")]
    ['b ‘c’ d']
    """
    return [span for stanza in _STANZA.finditer(text) for span in _in_stanza(text, stanza.start(), stanza.end())]


def _in_stanza(text: str, start: int, end: int) -> Iterator[Slice]:
    marks = [mark.start() for mark in _MARK.finditer(text, start, end) if not _is_apostrophe(text, mark.start())]
    n = 0
    while n < len(marks):
        closes = _closed_at(text, marks, n)
        if closes is None:
            n += 1
            continue
        if any(map(str.isalnum, text[marks[n] + 1 : marks[closes]])):
            yield marks[n] + 1, marks[closes]
        n = closes + 1


def _closed_at(text: str, marks: list[int], opened: int) -> int | None:
    """Which of the marks closes one; None where none does or it does not open."""
    mark, end = text[marks[opened]], min(len(marks), opened + _MOST)
    if mark in _STRAIGHT:
        return next((n for n in range(opened + 1, end) if text[marks[n]] == mark), None)
    closing, depth = _CLOSING.get(mark), 0
    if closing is None:
        return None
    for n in range(opened, end):
        depth += (text[marks[n]] == mark) - (text[marks[n]] == closing)
        if not depth and not (closing == "’" and _is_possessive(text, marks, n)):
            return n
        depth = max(depth, 1)
    return None


def _is_apostrophe(text: str, at: int) -> bool:
    """Whether a mark stands inside a word: "don’t"."""
    beside = text[at - 1 : at] + text[at + 1 : at + 2]
    return text[at] == "’" and len(beside) == 2 and beside.isascii() and beside.isalnum()


def _is_possessive(text: str, marks: list[int], n: int) -> bool:
    """Whether a mark may be that of "States’ obligations" because another one closes after it."""
    at = marks[n]
    later = next((text[other] for other in marks[n + 1 : n + _MOST] if text[other] in "‘’"), "")
    return later == "’" and text[at - 1 : at] == "s" and re.match(r"’ [a-z]", text[at : at + 3]) is not None
