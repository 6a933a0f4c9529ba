"""Figures that say how much: shares, money and counts. Texts come in as `folding.narrow` leaves them."""

import re
from collections.abc import Iterator
from fractions import Fraction

from rag.text.late import late
from rag.text.numerals import NUMBER, ordinal_en, read_number
from rag.text.readings import MEASURE, ONE_OR_RANGE, RANGE, Reading, numbers_in

SMALL_FRACTION = r"(?<![\d/.])(?P<over>[1-9])/(?P<under>[2-9]|10)(?![\d/])"
_PERCENT = late(
    rf"(?:{NUMBER}(?:{RANGE}| and |[、和]))?{NUMBER} ?(?:%|(?i:per ?cent\b|percentage points?\b)|个?百分点)"
    rf"|百分之(?:{ONE_OR_RANGE}|百)"
)
_TENTHS = late(r"(?P<tenths>[一二三四五六七八九两])成(?![为员立功果本就分品因年长人])")
_DENOMINATORS = {"quarter": 4} | {ordinal_en(value): value for value in range(3, 11)}
_COARSE = Fraction(1, 20)  # half a tenth: "nearly half" and "about a third" are read to the nearest tenth
_HALF = late(r"一半|半数|过半|(?i:\b(?:one[ -])?half\b(?![ -](?:an?|year|day|hour|way|time)\b))")
_FRACTIONS = (
    late(rf"(?P<under>{NUMBER}|[千万]) ?分之 ?(?P<over>{NUMBER})"),
    late(SMALL_FRACTION),
    late(
        r"\b(?:a|(?P<over>one|two|three|four|five|six|seven|eight|nine))[ -]"
        rf"(?P<under>{'|'.join(_DENOMINATORS)})s?\b(?(over)|(?= of\b|[,.;:)]|$))",  # not "a third meeting"
        re.IGNORECASE,
    ),
    late(rf"\b(?P<over>[Oo]ne|1) (?:in|out of)(?: every)? (?!(?:19|20)\d\d\b)(?P<under>{NUMBER})"),
)


def shares(text: str) -> Iterator[Reading]:
    """Percentages and fractions, as shares of the whole."""
    for match in _PERCENT.finditer(text):
        if match.group() == "百分之百":
            yield Reading(Fraction(1), "percent", *match.span())
        for number, start, end in numbers_in(match):
            yield Reading(number.value / 100, "percent", start, end, number.half_unit / 100)
    for match in _TENTHS.finditer(text):
        yield Reading(_value(match["tenths"]) / 10, "percent", *match.span(), _COARSE)
    for match in _HALF.finditer(text):
        yield Reading(Fraction(1, 2), "percent", *match.span(), _COARSE)
    for pattern in _FRACTIONS:
        for match in pattern.finditer(text):
            over, under = _value(match["over"] or "one"), _value(match["under"])
            if 0 < over < under:
                yield Reading(over / under, "percent", *match.span(), _COARSE)


def _value(written: str) -> Fraction:
    """The value of one part of a fraction, 0 where it has none."""
    if denominator := _DENOMINATORS.get(written.lower()):
        return Fraction(denominator)
    number = read_number("一" + written if written in "千万" else written)
    return number.value if number else Fraction(0)


_CURRENCIES = {
    "USD": r"US\$|\$|USD|美元|(?:United States |US |U\.S\. )?dollars?",
    "EUR": r"€|EUR|欧元|euros?",
    "GBP": r"£|GBP|英镑|pounds? sterling",
    "JPY": r"日元|JPY|yen",
    "CHF": r"CHF|瑞士法郎|Swiss francs?",
    "CNY": r"CNY|RMB|人民币|元(?![素首])|yuan",
}
_MONEY = late(
    rf"(?P<before>(?i:US\$|\$|€|£|USD|EUR|GBP|CHF)) ?{ONE_OR_RANGE}"
    rf"|{ONE_OR_RANGE} ?[多余]? ?(?P<after>(?i:{'|'.join(_CURRENCIES.values())}))(?![A-Za-z])"
)


def money(text: str) -> Iterator[Reading]:
    """Amounts with a currency."""
    for match in _MONEY.finditer(text):
        sign = match["before"] or match["after"]
        unit = next(name for name, pattern in _CURRENCIES.items() if re.fullmatch(pattern, sign, re.IGNORECASE))
        for number, start, end in numbers_in(match):
            yield Reading(number.value, "money", start, end, number.half_unit, unit)


_PHRASES = {
    "twice": 2,
    "decade": 10,
    "half a million": 500_000,
    "half a billion": 500_000_000,
}
_PHRASE = late(rf"\b(?:{'|'.join(_PHRASES)})\b", re.IGNORECASE)


def phrases(text: str) -> Iterator[Reading]:
    """Numbers said without a numeral."""
    for match in _PHRASE.finditer(text):
        yield Reading(Fraction(_PHRASES[match.group().lower()]), "count", *match.span())


_COUNT = late(rf"(?P<numbers>{ONE_OR_RANGE})(?P<measure>{MEASURE})?")


def counts(text: str) -> Iterator[Reading]:
    """Whatever is left in digits, English words from two on, and Chinese numerals that can only be meant as numbers."""
    for match in _COUNT.finditer(text):
        for number, start, end in numbers_in(match, "numbers"):
            in_digits, in_english = text[start].isdigit(), text[start].isascii()
            certain = in_digits or (number.value > 1 and (in_english or match["measure"] or number.value > 10))
            if certain:
                yield Reading(number.value, "count", start, end, number.half_unit)
