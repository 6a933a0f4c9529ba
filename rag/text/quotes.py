"""Quotations: where a text has them between marks, whether quoted words are in a text, and how they differ from it."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from rag.records import Slice
from rag.text.folding import HAN, fold_with_offsets, is_mark

_CLOSING = {"“": "”", "「": "」", "『": "』", "‘": "’", "〝": "〞", "«": "»", "﹁": "﹂", "﹃": "﹄", "｢": "｣"}
_STRAIGHT = '"＂'
_MOST = 60  # marks from one to the one that closes it: more are no quotation but noise
_MARK = re.compile(f"[{re.escape(''.join(_CLOSING) + ''.join(_CLOSING.values()) + _STRAIGHT)}]")
_STANZA = re.compile(r"[^\n]+(?:\n(?![ \t]*\n)[^\n]+)*")  # what blank lines part: no quotation runs on behind one
_APOSTROPHE = re.compile(r"(?<=[0-9A-Za-z])’(?=[0-9A-Za-z])")


def quotations(text: str) -> list[Slice]:
    """The slices between quotation marks, without the marks, in order; one inside another belongs to it.

    A mark that is never closed quotes nothing, and an apostrophe closes nothing.

    >>> [("a “b ‘c’ d” e “f"[start:end]) for start, end in quotations("a “b ‘c’ d” e “f")]
    ['b ‘c’ d']
    """
    return [span for stanza in _STANZA.finditer(text) for span in _between_marks(text, *stanza.span())]


def _between_marks(text: str, start: int, end: int) -> Iterator[Slice]:
    places = (mark.start() for mark in _MARK.finditer(text, start, end))
    marks = [place for place in places if not _APOSTROPHE.match(text, place)]
    n = 0
    while n < len(marks):
        closing = _closing_mark(text, marks, n)
        if closing and any(map(str.isalnum, text[marks[n] + 1 : marks[closing]])):
            yield marks[n] + 1, marks[closing]
        n = (closing or n) + 1


def _closing_mark(text: str, marks: list[int], opened: int) -> int | None:
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


def _is_possessive(text: str, marks: list[int], n: int) -> bool:
    """Whether a mark may be that of "States’ obligations" because another one closes after it."""
    later = next((text[other] for other in marks[n + 1 : n + _MOST] if text[other] in "‘’"), "")
    return later == "’" and re.match(r"s’ [a-z]", text[marks[n] - 1 : marks[n] + 3]) is not None


@dataclass(frozen=True, slots=True)
class QuoteMatch:
    """Where in a text a quotation stands; an omission marked in the quotation is inside the span."""

    start: int
    end: int
    exact: bool  # False where width, blanks, punctuation marks, case or script differ, or words were left out
    whole: bool = True  # False where it begins or ends inside a Latin word or a number: "5 States" of "15 States"


_OMISSION = re.compile(r"[\[(（【]?(?:…{1,4}|\.{3,6}|\. \. \.|⋯{1,4})[\])）】]?")
_EDGE = " \t\r\n\"'“”‘’「」『』()（）[]【】,，.。;；:：、!！?？-–—"
# One form of the marks that folding keeps apart: "。" and ".", nested and single quotation or title marks.
_ONE_MARK = str.maketrans({"。": ".", "'": '"', "〈": "《", "〉": "》", "·": ""})
_LEAST_PIECE = 2  # letters, characters or digits: shorter pieces beside an omission could spell anything


def find_quote(text: str, quote: str) -> QuoteMatch | None:
    """The first place where a text has the quoted words, or None: one changed letter, character or digit is not found.

    A place that cuts a word or a number is told where there is no other. Words may be left out where the quotation has
    an ellipsis; its pieces must then stand in the text in order.

    >>> find_quote("各国 應“充分执行”《行动纲领》", '应"充分执行"')
    QuoteMatch(start=3, end=10, exact=False, whole=True)
    """
    quote = quote.strip()
    if not any(map(str.isalnum, quote)):
        return None
    start = _find_whole(text, quote, 0, cut_left=True, cut_right=True)
    start = text.find(quote) if start < 0 else start
    end, exact = start + len(quote), start >= 0
    if not exact:
        folded, offsets = comparable(text)
        as_given, stripped = _pieces(quote)
        tried = ((pieces, whole) for whole in (True, False) for pieces in (as_given, stripped))
        span = next(filter(None, (_find_in_order(folded, pieces, whole) for pieces, whole in tried)), None)
        if span is None:
            return None
        start, end = offsets[span[0]], offsets[span[1] - 1] + 1
        while end < len(text) and is_mark(text[end]):
            end += 1
    return QuoteMatch(start, end, exact, whole=not (_is_cut(text, start) or _is_cut(text, end)))


@lru_cache(maxsize=1 << 14)  # a draft's quotations are looked for in every paragraph
def comparable(text: str) -> tuple[str, Sequence[int]]:
    """The folded text with one form of each mark and no blank beside one, and the offset of each character."""
    folded, offsets = fold_with_offsets(text)
    kept = [
        (character.translate(_ONE_MARK), offset)
        for position, (character, offset) in enumerate(zip(folded, offsets, strict=True))
        if character != " " or (folded[position - 1].isalnum() and folded[position + 1].isalnum())
    ]
    kept = [(character, offset) for character, offset in kept if character]
    return "".join(character for character, _ in kept), array("L", [offset for _, offset in kept])


@lru_cache(maxsize=64)
def _pieces(quote: str) -> tuple[list[str], list[str]]:
    """What stands between a quotation's omissions, with the marks at its edges and without them."""
    pieces = [comparable(piece)[0] for piece in _OMISSION.split(quote)]
    return [piece for piece in pieces if piece], [bare for piece in pieces if (bare := piece.strip(_EDGE))]


def _find_in_order(folded: str, pieces: list[str], whole: bool) -> Slice | None:
    """The span from the first piece to the last, each found after the one before; None where one is missing.

    `whole`: also at its outer edges it cuts no word.
    """
    lengths = [sum(map(str.isalnum, piece)) for piece in pieces]
    if not any(lengths) or (len(pieces) > 1 and min(lengths) < _LEAST_PIECE):
        return None
    first = end = 0
    for position, piece in enumerate(pieces):
        inner = position > 0, position < len(pieces) - 1
        start = _find_whole(folded, piece, end, whole or inner[0], whole or inner[1])
        if start < 0:
            return None
        first, end = first if position else start, start + len(piece)
    return first, end


def _find_whole(folded: str, piece: str, start: int, cut_left: bool, cut_right: bool) -> int:
    """Where a piece stands, with no word or number cut at an omission: "1 … 5" is not in "100 of 1 500"."""
    while (start := folded.find(piece, start)) >= 0:
        cut = (cut_left and _is_cut(folded, start)) or (cut_right and _is_cut(folded, start + len(piece)))
        if not cut:
            break
        start += 1
    return start


def _is_cut(text: str, offset: int) -> bool:
    """Whether a Latin word or a number runs across an offset."""
    return offset > 0 and re.match(r"[0-9A-Za-z]{2}|\d[.,]\d", text[offset - 1 : offset + 2]) is not None


@dataclass(frozen=True, slots=True)
class NearestWords:
    """The words of a text that a quotation is nearest to."""

    start: int  # in the text
    end: int
    share: float  # of the quotation's words that stand there in its order
    alterations: tuple[tuple[Slice, Slice], ...]  # words of the quotation, and the text's in their place; or nothing


_TOKEN = re.compile(rf"[{HAN}]|\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+(?:\.\d+)?|[^\W\d_{HAN}]+(?:['-][^\W\d_{HAN}]+)*|\0")
_Token = tuple[str, int, int]  # a word, number or Han character as it is compared, "\0" for an omission; its slice
_Code = tuple[str, int, int, int, int]  # as difflib writes them: what, then a slice of the text and of the quotation
_SLACK = 8  # tokens a text may have more than the quotation on either side of what both have
_SHINGLE = {True: 3, False: 2}  # tokens looked for together; fewer of a short quotation
_SHORT = 6  # tokens


def likeness(text: str, quote: str) -> float:
    """The share of a quotation's short runs of words that a text has: quick to tell, and high where it is nearly in it.

    >>> likeness("至少有176 095名平民死亡", "至少有176 096名平民死亡") > 0.5
    True
    """
    folded, own = comparable(text)[0], comparable(quote)[0]
    places = [match.span() for match in _TOKEN.finditer(own)]
    size = _SHINGLE[len(places) > _SHORT]
    runs = [own[start:end] for (start, _), (_, end) in zip(places, places[size - 1 :], strict=False)]
    return sum(run in folded for run in runs) / len(runs) if runs else 0.0


def nearest_words(text: str, quote: str) -> NearestWords | None:
    """The words of a text that a quotation is nearest to, and how it differs; None where they share nothing.

    >>> nearest_words("At least 176 civilians died.", "At least 175 civilians").alterations
    (((9, 12), (9, 12)),)
    """
    ours, theirs = _tokens(quote), _tokens(text)
    own, window = [word for word, _, _ in ours], [word for word, _, _ in theirs]
    low = 0
    if "\0" not in own:
        longest = SequenceMatcher(None, window, own, autojunk=False).find_longest_match()
        low = max(0, longest.a - longest.b - _SLACK)
        window = window[low : longest.a + len(own) - longest.b + _SLACK]
    codes = _without_strays(SequenceMatcher(None, window, own, autojunk=False).get_opcodes(), own)
    same = [(first, last) for code, first, last, _, _ in codes if code == "equal"]
    if not same:
        return None
    first, last = same[0][0], same[-1][1]
    alterations = []
    for code, start, end, own_start, own_end in codes:
        if code == "equal" or own[own_start:own_end] == ["\0"]:
            continue
        if start < first:  # the words before: as many as the quotation has there
            first = start = max(start, first - (own_end - own_start))
        elif end > last:
            last = end = min(end, start + own_end - own_start)
        if start < end or own_start < own_end:
            alterations.append((_slice(ours, own_start, own_end), _slice(theirs, low + start, low + end)))
    share = sum(end - start for start, end in same) / sum(word != "\0" for word in own)
    return NearestWords(*_slice(theirs, low + first, low + last), share, tuple(alterations))


def _without_strays(codes: Sequence[_Code], own: list[str]) -> Sequence[_Code]:
    """The differences, with a few equal words at either end that stand far from the rest no longer taken for equal."""
    for backwards in (False, True):
        while len(ends := [n for n, code in enumerate(codes) if code[0] == "equal"]) > 1:
            outer, inner = ends[:2]
            between = codes[outer + 1 : inner]
            gap = sum(code[2] - code[1] for code in between if "\0" not in own[code[3] : code[4]])
            if gap <= codes[outer][2] - codes[outer][1] + 1:
                break
            first, last = (codes[inner - 1], codes[0]) if backwards else (codes[0], codes[inner - 1])
            codes = [("replace", first[1], last[2], first[3], last[4]), *codes[inner:]]
        codes = codes[::-1]
    return codes


def _slice(tokens: Sequence[_Token], first: int, last: int) -> Slice:
    """Where the tokens from `first` to before `last` stand; an empty slice where there are none."""
    if first < last:
        return tokens[first][1], tokens[last - 1][2]
    at = tokens[first][1] if first < len(tokens) else tokens[-1][2]
    return at, at


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    last = 0
    for omission in [*_OMISSION.finditer(text), None]:
        folded, offsets = comparable(text[last : omission.start() if omission else len(text)])
        for match in _TOKEN.finditer(folded):
            tokens.append((match.group(), last + offsets[match.start()], last + offsets[match.end() - 1] + 1))
        if omission:
            tokens.append(("\0", *omission.span()))
            last = omission.end()
    return tokens
