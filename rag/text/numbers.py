"""The figures in a text, in either language and any written form, and whether one is supported by others.

What merely looks like a figure is left out: document symbols, addresses, citation and list marks, numbers that are part
of a name (COVID-19, G20, 3D), and a written-out "one" or 一, which mostly stands for an article.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from rag.data import table
from rag.text.folding import narrow
from rag.text.labels import dates, labels, ordinals, years
from rag.text.numerals import MEASURE, NUMBER, ONE_OR_RANGE, ORDINALS_EN, RANGE, Figure, Hedge, numbers_in, read_number
from rag.text.symbols import symbols

_SMALL_FRACTION = r"(?<![\d/.])(?P<over>[1-9])/(?P<under>[2-9]|10)(?![\d/])"
_PERCENT = re.compile(
    rf"(?:{NUMBER}(?:{RANGE}| and |[、和]))?{NUMBER} ?(?:%|(?i:per ?cent\b|percentage points?\b)|个?百分点)"
    rf"|百分之(?:{ONE_OR_RANGE}|百)"
)
_TENTHS = re.compile(r"(?P<tenths>[一二三四五六七八九两])成(?![为员立功果本就分品因年长人])")
_DENOMINATORS = {"quarter": 4} | {ordinal: value for ordinal, value in ORDINALS_EN.items() if 3 <= value <= 10}
_COARSE = Fraction(1, 20)  # half a tenth: "nearly half" and "about a third" are read to the nearest tenth
_HALF = re.compile(r"一半|半数|过半|(?i:\b(?:one[ -])?half\b(?![ -](?:an?|year|day|hour|way|time)\b))")
_FRACTIONS = (
    re.compile(rf"(?P<under>{NUMBER}|[千万]) ?分之 ?(?P<over>{NUMBER})"),
    re.compile(_SMALL_FRACTION),
    re.compile(
        r"\b(?:a|(?P<over>one|two|three|four|five|six|seven|eight|nine))[ -]"
        rf"(?P<under>{'|'.join(_DENOMINATORS)})s?\b(?(over)|(?= of\b|[,.;:)]|$))",  # not "a third meeting"
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?P<over>[Oo]ne|1) (?:in|out of)(?: every)? (?!(?:19|20)\d\d\b)(?P<under>{NUMBER})"),
)


def shares(text: str) -> Iterator[Figure]:
    """Percentages and fractions, as shares of the whole."""
    for match in _PERCENT.finditer(text):
        if match.group() == "百分之百":
            yield Figure(Fraction(1), "percent", *match.span())
        for number, start, end in numbers_in(match):
            yield Figure(number.value / 100, "percent", start, end, number.half_unit / 100)
    for match in _TENTHS.finditer(text):
        yield Figure(_value(match["tenths"]) / 10, "percent", *match.span(), _COARSE)
    for match in _HALF.finditer(text):
        yield Figure(Fraction(1, 2), "percent", *match.span(), _COARSE)
    for pattern in _FRACTIONS:
        for match in pattern.finditer(text):
            over, under = _value(match["over"] or "one"), _value(match["under"])
            if 0 < over < under:
                yield Figure(over / under, "percent", *match.span(), _COARSE)


def _value(written: str) -> Fraction:
    """The value of one part of a fraction, 0 where it has none."""
    if denominator := _DENOMINATORS.get(written.lower()):
        return Fraction(denominator)
    number = read_number("一" + written if written in "千万" else written)
    return number.value if number else Fraction(0)


_CURRENCIES: dict[str, str] = table("text.toml")["currencies"]
_MONEY = re.compile(
    rf"(?P<before>(?i:US\$|\$|€|£|USD|EUR|GBP|CHF)) ?{ONE_OR_RANGE}"
    rf"|{ONE_OR_RANGE} ?[多余]? ?(?P<after>(?i:{'|'.join(_CURRENCIES.values())}))(?![A-Za-z])"
)


def money(text: str) -> Iterator[Figure]:
    """Amounts with a currency."""
    for match in _MONEY.finditer(text):
        sign = match["before"] or match["after"]
        unit = next(name for name, pattern in _CURRENCIES.items() if re.fullmatch(pattern, sign, re.IGNORECASE))
        for number, start, end in numbers_in(match):
            yield Figure(number.value, "money", start, end, number.half_unit, unit)


_PHRASES = {"twice": 2, "decade": 10, "half a million": 500_000, "half a billion": 500_000_000}
_PHRASE = re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b", re.IGNORECASE)


def phrases(text: str) -> Iterator[Figure]:
    """Numbers said without a numeral."""
    for match in _PHRASE.finditer(text):
        yield Figure(Fraction(_PHRASES[match.group().lower()]), "count", *match.span())


_COUNT = re.compile(rf"(?P<numbers>{ONE_OR_RANGE})(?P<measure>{MEASURE})?")


def counts(text: str) -> Iterator[Figure]:
    """Whatever is left in digits, English words from two on, and Chinese numerals that can only be meant as numbers."""
    for match in _COUNT.finditer(text):
        for number, start, end in numbers_in(match, "numbers"):
            in_digits, in_english = text[start].isdigit(), text[start].isascii()
            certain = in_digits or (number.value > 1 and (in_english or match["measure"] or number.value > 10))
            if certain:
                yield Figure(number.value, "count", start, end, number.half_unit)


def figures(text: str) -> list[Figure]:
    """The figures in a text, in order; the ends of a range and the items of a list one by one.

    >>> [(figure.kind, str(figure.value)) for figure in figures("2020 年军费增至近 2 万亿美元，占 27%")]
    [('year', '2020'), ('money', '2000000000000'), ('percent', '27/100')]
    """
    plain = rest = narrow(text)
    for symbol in symbols(plain):
        rest = _blank(rest, symbol.start, symbol.end)
    rest = _NAMES.sub(lambda match: "\0" * len(match.group()), rest)
    found: list[Figure] = []
    for read in _READERS:
        for figure in read(rest):
            start, end = figure.start, figure.end
            if "\0" not in rest[start:end]:
                found.append(replace(figure, text=text[start:end], hedge=_hedge(plain, figure)))
                rest = _blank(rest, start, end)
    return sorted(found, key=lambda figure: figure.start)


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


# In order: the surer the form, the earlier. Each character is read once.
_READERS = (dates, phrases, shares, money, labels, ordinals, years, counts)
# What only looks like a figure.
_NAMES = re.compile(
    r"https?:[!-~]{1,500}|\bwww\.[!-~]{1,500}"
    r"|\[\d{1,3}(?:[ ,、-]{1,2}\d{1,3}){0,20}\]"  # citation markers
    r"|^[ \t]{0,20}(?:\d{1,3}[.)、](?=\s|$)|\(\d{1,3}\))"  # list marks at the start of a line, and within one
    r"|(?:(?<=[.,:;。、段])|(?<=[.,:;] )|(?<=and )|(?<=\d ))\(\d{1,2}\)|(?<=[.:;。] )\d{1,2}\.(?= \D)"
    r"|(?i:COVID-?19)|2019 ?年?(?=新?型?冠状)|(?i:disease (?:of )?2019|2019(?= novel| coronavirus))"
    r"|\b(?:Add|Corr|Rev)\. ?\d{1,3}"
    rf"|(?!(?:19|20)\d\d/\d\d(?![\d/])|{_SMALL_FRACTION})(?<![\d/])\d{{1,5}}(?:/\d{{1,5}}){{1,9}}"  # 24/7, 98/66
    r"|(?i:\b(?:first|second|latter|other) half\b|\b(?:[a-z]{2,9} )?dozens?\b)"
    r"|\bFirst,|(?i:\bat first\b|\bfirst(?: and foremost| of all| (?=two|three|four|five|\d)))",
    re.MULTILINE,
)


_HEDGED_BEFORE: dict[Hedge, re.Pattern[str]] = {
    hedge: re.compile(rf"(?:{'|'.join(words)})$", re.IGNORECASE)
    for hedge, words in table("text.toml")["hedges"]["before"].items()
}
_HEDGED_AFTER: dict[Hedge, re.Pattern[str]] = {
    hedge: re.compile(words) for hedge, words in table("text.toml")["hedges"]["after"].items()
}


def _hedge(plain: str, figure: Figure) -> Hedge:
    """What the words around a number, or 多 within it, say of its exactness; dates and the like have none."""
    if figure.kind not in ("count", "percent", "money"):
        return ""
    if re.search("[多余]", plain[figure.start : figure.end]):
        return "above"
    recent = re.match(r"年|月|周|天|日|个月", plain[figure.end : figure.end + 3].lstrip())
    for hedge, pattern in _HEDGED_BEFORE.items():
        match = pattern.search(plain, max(0, figure.start - 16), figure.start)
        if match and not (recent and match.group().strip() == "近"):
            return hedge
    return next((hedge for hedge, pattern in _HEDGED_AFTER.items() if pattern.match(plain, figure.end)), "")


def figure_supported(figure: Figure, in_figures: Iterable[Figure]) -> bool:
    """Whether one of the figures says the same, or, where the figure itself is hedged, rounds to it."""
    return any(_supports(source, figure) for source in in_figures)


def _supports(source: Figure, figure: Figure) -> bool:
    if figure.kind in ("date", "year"):  # the same, or less exact
        parts = zip(_parts(figure), _parts(source), strict=True)
        return source.kind in ("date", "year") and all(said in (0, known) for said, known in parts)
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


def _parts(figure: Figure) -> tuple[int, int, int]:
    """Year, month and day."""
    value = int(figure.value)
    return (value, 0, 0) if figure.kind == "year" else (value // 10000, value // 100 % 100, value % 100)
