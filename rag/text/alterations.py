"""How a quotation that is not in a text differs from the words it is nearest to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.records import Slice
from rag.text.folding import HAN
from rag.text.quotes import OMISSION, comparable

_TOKEN = re.compile(rf"[{HAN}]|\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+(?:\.\d+)?|[^\W\d_{HAN}]+(?:['-][^\W\d_{HAN}]+)*|\0")
_Code = tuple[str, int, int, int, int]  # as difflib writes them: what, then a slice of the text and of the quotation
_SLACK = 8  # tokens a text may have more than the quotation on either side of what both have
_SHINGLE = {True: 3, False: 2}  # tokens looked for together; fewer of a short quotation
_SHORT = 6  # tokens


@dataclass(frozen=True, slots=True)
class Alteration:
    """Words of a quotation, and the text's words in their place; either slice may be empty."""

    quote: Slice
    text: Slice


@dataclass(frozen=True, slots=True)
class Nearly:
    """The words of a text that a quotation is nearest to."""

    start: int  # in the text
    end: int
    share: float  # of the quotation's words that stand there in its order
    alterations: tuple[Alteration, ...]


@dataclass(frozen=True, slots=True)
class _Tokens:
    words: tuple[str, ...]
    slices: tuple[Slice, ...]

    def slice(self, first: int, last: int) -> Slice:
        """Where the tokens from `first` to before `last` stand; an empty slice where there are none."""
        if first < last:
            return self.slices[first][0], self.slices[last - 1][1]
        at = self.slices[first][0] if first < len(self.slices) else self.slices[-1][1]
        return at, at


def nearly(text: str, quote: str) -> Nearly | None:
    """The words of a text that a quotation is nearest to, and how it differs; None where they share nothing.

    >>> nearly("At least 176 civilians died.", "At least 175 civilians").alterations
    (Alteration(quote=(9, 12), text=(9, 12)),)
    """
    ours, theirs = _tokens(quote), _tokens(text)
    if not ours.words or not theirs.words:
        return None
    low, high = 0, len(theirs.words)
    if "\0" not in ours.words:
        longest = SequenceMatcher(None, theirs.words, ours.words, autojunk=False).find_longest_match()
        if not longest.size:
            return None
        low = max(0, longest.a - longest.b - _SLACK)
        high = min(high, longest.a + len(ours.words) - longest.b + _SLACK)
    window = theirs.words[low:high]
    return _compared(ours, theirs, low, SequenceMatcher(None, window, ours.words, autojunk=False).get_opcodes())


def shared(text: str, quote: str) -> float:
    """The share of a quotation's short runs of words that a text has: quick to tell, and high where it is nearly in it.

    >>> shared("至少有176 095名平民死亡", "至少有176 096名平民死亡") > 0.5
    True
    """
    folded, _ = comparable(text)
    runs = _runs(quote)
    return sum(run in folded for run in runs) / len(runs) if runs else 0.0


def _runs(quote: str) -> list[str]:
    folded, _ = comparable(quote)
    places = [match.span() for match in _TOKEN.finditer(folded)]
    size = _SHINGLE[len(places) > _SHORT]
    return [folded[places[n][0] : places[n + size - 1][1]] for n in range(len(places) - size + 1)]


def _compared(ours: _Tokens, theirs: _Tokens, low: int, codes: Sequence[_Code]) -> Nearly | None:
    """What two windows of tokens share and where they differ, without what only the text has at either end."""
    codes = _without_strays(codes, ours)
    same = [(first, last) for code, first, last, _, _ in codes if code == "equal"]
    if not same:
        return None
    first, last = same[0][0], same[-1][1]
    alterations = []
    for code, start, end, own_start, own_end in codes:
        if code == "equal" or ours.words[own_start:own_end] == ("\0",):
            continue
        if start < first:  # the words before: as many as the quotation has there
            start = max(start, first - (own_end - own_start))
            first = min(first, start)
        elif end > last:
            end = min(end, start + own_end - own_start)
            last = max(last, end)
        if start == end and own_start == own_end:
            continue
        alterations.append(Alteration(ours.slice(own_start, own_end), theirs.slice(low + start, low + end)))
    count = sum(end - start for start, end in same)
    share = count / sum(word != "\0" for word in ours.words)
    return Nearly(*theirs.slice(low + first, low + last), share, tuple(alterations))


def _without_strays(codes: Sequence[_Code], ours: _Tokens) -> list[_Code]:
    """The differences, with a few equal words at either end that stand far from the rest no longer taken for equal."""
    kept = list(codes)
    for end in (0, -1):
        ends = [n for n, code in enumerate(kept) if code[0] == "equal"]
        while len(ends) > 1:
            outer, inner = (ends[0], ends[1]) if end == 0 else (ends[-1], ends[-2])
            between = kept[min(outer, inner) + 1 : max(outer, inner)]
            gap = sum(code[2] - code[1] for code in between if "\0" not in ours.words[code[3] : code[4]])
            if gap <= kept[outer][2] - kept[outer][1] + 1:
                break
            part = kept[:inner] if end == 0 else kept[inner + 1 :]
            merged = ("replace", part[0][1], part[-1][2], part[0][3], part[-1][4])
            kept = [merged, *kept[inner:]] if end == 0 else [*kept[: inner + 1], merged]
            ends = [n for n, code in enumerate(kept) if code[0] == "equal"]
    return kept


def _tokens(text: str) -> _Tokens:
    """The words, numbers and Han characters of a text as they are compared, a zero for an omission."""
    words: list[str] = []
    slices: list[Slice] = []
    last = 0
    for omission in [*OMISSION.finditer(text), None]:
        piece = text[last : omission.start() if omission else len(text)]
        folded, offsets = comparable(piece)
        for match in _TOKEN.finditer(folded):
            words.append(match.group())
            slices.append((last + offsets[match.start()], last + offsets[match.end() - 1] + 1))
        if omission:
            words.append("\0")
            slices.append(omission.span())
            last = omission.end()
    return _Tokens(tuple(words), tuple(slices))
