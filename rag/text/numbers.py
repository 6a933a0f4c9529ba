"""The figures in a text, in either language and any written form, and whether one is supported by others.

What merely looks like a figure is left out: document symbols, addresses, citation and list marks, numbers that are part
of a name (COVID-19, G20, 3D), and a written-out "one" or 一, which mostly stands for an article.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rag.text.amounts import SMALL_FRACTION, counts, money, phrases, shares
from rag.text.folding import narrow
from rag.text.labels import days, labels, ordinals, years
from rag.text.late import late
from rag.text.readings import Kind, Reading
from rag.text.symbols import symbols

Hedge = Literal["", "about", "above", "below"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number said in a text.

    The value of a percentage or fraction is its share of the whole (27% is 27/100); of a date year·10000 + month·100 +
    day, with 0 for what is not said; of a label such as 16.4.2 its parts in base 1000.
    """

    value: Fraction
    kind: Kind
    text: str
    start: int
    end: int
    half_unit: Fraction = Fraction(0)  # half a unit of the last printed digit, for rounding; 0 where none is allowed
    unit: str = ""  # the currency of money, where it is known: "USD"
    hedge: Hedge = ""  # what the text itself says of its exactness

    @property
    def approximate(self) -> bool:
        """Whether the text says that the number is not exact: 约, nearly, more than."""
        return self.hedge != ""


def figures(text: str) -> list[Figure]:
    """The figures in a text, in order; the ends of a range and the items of a list one by one.

    >>> [(figure.kind, str(figure.value)) for figure in figures("2020 年军费增至近 2 万亿美元，占 27%")]
    [('year', '2020'), ('money', '2000000000000'), ('percent', '27/100')]
    """
    plain = narrow(text)
    return [
        Figure(r.value, r.kind, text[r.start : r.end], r.start, r.end, r.half_unit, r.unit, _hedge(plain, r))
        for r in sorted(_readings(plain), key=lambda reading: reading.start)
    ]


# In order: the surer the form, the earlier. Each character is read once.
_READERS = (days, phrases, shares, money, labels, ordinals, years, counts)


def _readings(plain: str) -> Iterator[Reading]:
    rest = _without_names(plain)
    for read in _READERS:
        for reading in read(rest):
            if "\0" not in rest[reading.start : reading.end]:
                yield reading
                rest = _blank(rest, reading.start, reading.end)


_NAMES = late(
    r"https?:[!-~]{1,500}|\bwww\.[!-~]{1,500}"
    r"|\[\d{1,3}(?:[ ,、-]{1,2}\d{1,3}){0,20}\]"  # citation markers
    r"|^[ \t]{0,20}(?:\d{1,3}[.)、](?=\s|$)|\(\d{1,3}\))"  # list marks at the start of a line, and within one
    r"|(?:(?<=[.,:;。、段])|(?<=[.,:;] )|(?<=and )|(?<=\d ))\(\d{1,2}\)|(?<=[.:;。] )\d{1,2}\.(?= \D)"
    r"|(?i:COVID-?19)|2019 ?年?(?=新?型?冠状)|(?i:disease (?:of )?2019|2019(?= novel| coronavirus))"
    r"|\b(?:Add|Corr|Rev)\. ?\d{1,3}"
    rf"|(?!(?:19|20)\d\d/\d\d(?![\d/])|{SMALL_FRACTION})(?<![\d/])\d{{1,5}}(?:/\d{{1,5}}){{1,9}}"  # 24/7, 98/66
    r"|(?i:\b(?:first|second|latter|other) half\b|\b(?:[a-z]{2,9} )?dozens?\b)"
    r"|\bFirst,|(?i:\bat first\b|\bfirst(?: and foremost| of all| (?=two|three|four|five|\d)))",
    re.MULTILINE,
)


def _without_names(plain: str) -> str:
    """The text with what only looks like a figure blanked out."""
    for symbol in symbols(plain):
        plain = _blank(plain, symbol.start, symbol.end)
    return _NAMES.sub(lambda match: "\0" * len(match.group()), plain)


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


# "近 5 年" are recent years, 最近 and 附近 no quantities, and 条约 and 公约 end in 约.
_BEFORE: dict[Hedge, str] = {
    "below": r"(?:将近|接近|(?<![最附邻将接])近|不到|不足|少于|低于|不超过|至多|最多)[ 有达]{0,2}"
    r"|\b(?:no more than|not more than|(?<!no )(?<!not )(?:fewer|less) than|nearly|almost|close to|up to|under|at most"
    r"|as many as) ",
    "above": r"(?:超过|超出|逾|多于|高于|大于|至少|不少于|不低于|起码)[ 有达]{0,2}"
    r"|\b(?:more than|over|at least|no fewer than|not less than|no less than|above|exceed(?:s|ed|ing)?|in excess of"
    r"|upwards of|surpass(?:es|ed|ing)?) ",
    "about": r"(?:(?<![条公契缔节制签合盟])约|大概|估计|左右)[ 有为达]{0,2}"
    r"|\b(?:about|around|approximately|approx\.|roughly|some|circa|estimated) ",
}
_AFTER: dict[Hedge, str] = {
    "below": r"[^,.;。]{0,3}(?:以下|以内)| or (?:less|fewer)\b",
    "above": r" ?[多余来](?![哥边])|[^,.;。]{0,3}以上| or more\b| and above\b",
    "about": r"[^,.;。]{0,3}(?:左右|上下)| or so\b",
}
_HEDGED_BEFORE = {hedge: late(rf"(?:{words})$", re.IGNORECASE) for hedge, words in _BEFORE.items()}
_HEDGED_AFTER = {hedge: late(words) for hedge, words in _AFTER.items()}


def _hedge(plain: str, reading: Reading) -> Hedge:
    """What the words around a number, or 多 within it, say of its exactness; dates and the like have none."""
    if reading.kind not in ("count", "percent", "money"):
        return ""
    if re.search("[多余]", plain[reading.start : reading.end]):
        return "above"
    recent = re.match(r"年|月|周|天|日|个月", plain[reading.end : reading.end + 3].lstrip())
    for hedge, pattern in _HEDGED_BEFORE.items():
        match = pattern.search(plain, max(0, reading.start - 16), reading.start)
        if match and not (recent and match.group().strip() == "近"):
            return hedge
    return next((hedge for hedge, pattern in _HEDGED_AFTER.items() if pattern.match(plain, reading.end)), "")


def figure_supported(figure: Figure, in_figures: Iterable[Figure]) -> bool:
    """Whether one of the figures says the same, or, where the figure itself is hedged, rounds to it."""
    return any(_supports(source, figure) for source in in_figures)


def _supports(source: Figure, figure: Figure) -> bool:
    if figure.kind in ("date", "year"):
        return source.kind in ("date", "year") and _covers(source, figure)
    same_kind = source.kind == figure.kind or {source.kind, figure.kind} == {"ordinal", "label"}
    bare_amount = figure.kind == "money" and source.kind == "count"  # a column of dollars prints the sign once
    if not (same_kind or bare_amount) or (source.unit and figure.unit and source.unit != figure.unit):
        return False
    excess, last_unit = source.value - figure.value, 2 * figure.half_unit
    if excess == 0 or figure.hedge == "":
        return excess == 0
    if figure.hedge == "about":
        return abs(excess) <= min(figure.half_unit, figure.value / 10)  # 140 is not about 100
    return 0 < (excess if figure.hedge == "above" else -excess) < last_unit


def _covers(source: Figure, figure: Figure) -> bool:
    """Whether a date or year is what another says, or less exact."""
    return all(said in (0, known) for said, known in zip(_parts(figure), _parts(source), strict=True))


def _parts(figure: Figure) -> tuple[int, int, int]:
    value = int(figure.value)
    return (value, 0, 0) if figure.kind == "year" else (value // 10000, value // 100 % 100, value % 100)
