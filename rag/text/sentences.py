"""Where the sentences of a clean paragraph begin and end."""

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

from rag.records import Language, Slice
from rag.text.folding import HAN, tables

_CLOSERS = "”’」』\"')\\]）】》〉」〕¹²³⁰⁴-⁹"
_STOP = re.compile(rf"[。！？!?]{{1,8}}[{_CLOSERS}]{{0,8}}|\.{{1,6}}[{_CLOSERS}]{{0,8}}(?=\s|$)|；[{_CLOSERS}]{{0,8}}")
_STARTS = re.compile(rf"\s+[\"'“‘「『(\[（【《]{{0,3}}(?:[A-Z0-9À-Þ{HAN}])")
_ABBREVIATION = re.compile(
    rf"(?:^|[\s(\[（“\"'])(?:[A-Za-z]|(?:[A-Za-z]\.){{1,4}}[A-Za-z]|{'|'.join(tables()['abbreviations'].split())})$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z]|[IVXLivxl]{1,6}|[一二三四五六七八九十]{1,3})")
_INLINE_LABEL = re.compile(r"[:：;；,，] ?\d{1,2}$")
_PAIRS = {")": "(", "）": "（", "]": "[", "】": "【", "》": "《", "〉": "〈", "〕": "〔"}
_OPENING = frozenset(_PAIRS.values())
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_VISIBLE = re.compile(r"\S(?:.*\S)?", re.DOTALL)
_UNCLOSED = 8  # brackets left open that a closing one is looked for behind
_LONG = 15  # characters: shorter clauses between Chinese semicolons read as one sentence


def sentences(text: str, language: Language) -> list[Slice]:
    """The slices of the sentences of a paragraph, in order; everything outside them is blank.

    A line break always ends one. A semicolon ends a Chinese one where both sides are long.

    >>> sentences("See para. 5. It ended.", "en")
    [(0, 12), (13, 22)]
    """
    return [
        piece.span()
        for line in _LINE.finditer(text)
        for start, end in pairwise([0, *_ends(line.group(), language), len(line.group())])
        if (piece := _VISIBLE.search(text, line.start() + start, line.start() + end))
    ]


def _ends(line: str, language: Language) -> Iterator[int]:
    """The offsets in a line where a sentence ends and another follows."""
    inside = _bracketed(line)
    stops = [m for m in _STOP.finditer(line) if not inside[m.end() - 1] and _is_end(line, m, language)]
    last = 0
    for stop, after in zip(stops, [*(m.end() for m in stops[1:]), len(line)], strict=False):
        if stop.group()[0] == "." and _LABEL.fullmatch(line, last, stop.start()):
            continue
        if stop.group()[0] == "；" and min(stop.end() - last, after - stop.end()) < _LONG:
            continue
        last = stop.end()
        yield last


def _is_end(line: str, stop: re.Match[str], language: Language) -> bool:
    mark, after = stop.group()[0], line[stop.end() : stop.end() + 1]
    if stop.group()[-1] in "》〉":  # the mark belongs to the title
        return False
    if mark == "；":
        return language == "zh"
    if mark in "!?":  # inside an address a question mark is followed by a Latin letter or digit
        return not (after.isascii() and after.isalnum())
    if mark != ".":
        return True
    before = line[max(0, stop.start() - 24) : stop.start()]
    if (len(stop.group()) == 1 and _ABBREVIATION.search(before)) or _INLINE_LABEL.search(before):
        return False
    return _STARTS.match(line, stop.end()) is not None


def _bracketed(line: str) -> list[bool]:
    """For each character whether it stands inside a balanced pair of brackets or title marks."""
    depths = [0] * (len(line) + 1)  # how much deeper than the character before
    opened: list[int] = []
    for offset, character in enumerate(line):
        if character in _OPENING:
            opened.append(offset)
        elif character in _PAIRS:
            for back in range(1, min(len(opened), _UNCLOSED) + 1):
                if line[opened[-back]] == _PAIRS[character]:
                    depths[opened[-back]] += 1
                    depths[offset] -= 1
                    del opened[-back:]
                    break
    return [depth > 0 for depth in accumulate(depths)]
