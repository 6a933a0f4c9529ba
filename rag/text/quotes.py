"""Whether quoted words are in a text, and where. Nothing fuzzy: one changed letter, character or digit is not found."""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.records import Slice
from rag.text.folding import fold_with_offsets


@dataclass(frozen=True, slots=True)
class QuoteMatch:
    """Where in a text a quotation stands; an omission marked in the quotation is inside the span."""

    start: int
    end: int
    exact: bool  # False where width, blanks, punctuation marks, case or script differ, or words were left out
    whole: bool = True  # False where it begins or ends inside a Latin word or a number: "5 States" of "15 States"


OMISSION = re.compile(r"[\[(（【]?(?:…{1,4}|\.{3,6}|\. \. \.|⋯{1,4})[\])）】]?")
_EDGE = " \t\r\n\"'“”‘’「」『』()（）[]【】,，.。;；:：、!！?？-–—"
# One form of the marks that folding keeps apart: "。" and ".", nested and single quotation or title marks.
_ONE_MARK = str.maketrans({"。": ".", "'": '"', "〈": "《", "〉": "》", "·": ""})
_LEAST_PIECE = 2  # letters, characters or digits: shorter pieces beside an omission could spell anything


def find_quote(text: str, quote: str) -> QuoteMatch | None:
    """The first place where a text has the quoted words, or None.

    Words may be left out where the quotation has an ellipsis; its pieces must then stand in the text in order.

    >>> find_quote("各国 應“充分执行”《行动纲领》", '应"充分执行"')
    QuoteMatch(start=3, end=10, exact=False, whole=True)
    """
    quote = quote.strip()
    if not _has_content(quote):
        return None
    start = text.find(quote)
    if start >= 0:
        return _match(text, start, start + len(quote), exact=True)
    folded, offsets = comparable(text)
    as_given, stripped = _pieces(quote)
    span = _find_in_order(folded, as_given) or _find_in_order(folded, stripped)
    if span is None:
        return None
    return _match(text, offsets[span[0]], _end(text, offsets[span[1] - 1]), exact=False)


def _match(text: str, start: int, end: int, exact: bool) -> QuoteMatch:
    return QuoteMatch(start, end, exact, whole=not (_is_cut(text, start) or _is_cut(text, end)))


def _has_content(text: str) -> bool:
    return any(character.isalnum() for character in text)


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
    pieces = [comparable(piece)[0] for piece in OMISSION.split(quote)]
    return pieces, [piece.strip(_EDGE) for piece in pieces]


def _find_in_order(folded: str, pieces: list[str]) -> Slice | None:
    """The span from the first piece to the last, each found after the one before; None where one is missing."""
    pieces = [piece for piece in pieces if piece]
    if not any(map(_has_content, pieces)):
        return None
    first = end = -1
    for position, piece in enumerate(pieces):
        if len(pieces) > 1 and sum(map(str.isalnum, piece)) < _LEAST_PIECE:
            return None
        start = _find_whole(folded, piece, max(end, 0), cut_left=position > 0, cut_right=position < len(pieces) - 1)
        if start < 0:
            return None
        first = start if position == 0 else first
        end = start + len(piece)
    return first, end


def _find_whole(folded: str, piece: str, start: int, cut_left: bool, cut_right: bool) -> int:
    """Where a piece stands, with no word or number cut at an omission: "1 … 5" is not in "100 of 1 500"."""
    while (start := folded.find(piece, start)) >= 0:
        end = start + len(piece)
        if not (cut_left and _is_cut(folded, start)) and not (cut_right and _is_cut(folded, end)):
            break
        start += 1
    return start


def _is_cut(text: str, offset: int) -> bool:
    """Whether a Latin word or a number runs across an offset."""
    return offset > 0 and re.match(r"[0-9A-Za-z]{2}|\d[.,]\d", text[offset - 1 : offset + 2]) is not None


def _end(text: str, last: int) -> int:
    """The offset behind a character and the marks it carries."""
    end = last + 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end
