"""One written number, read and written in digits, Chinese numerals or English words, and the figure it is read as.

Texts come in as `folding.narrow` leaves them. What a number counts, `numbers` and `labels` know.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from rag.data import table

Kind = Literal["count", "percent", "money", "year", "date", "ordinal", "label"]
Hedge = Literal["", "about", "above", "below"]


class Number(NamedTuple):
    """A number as written: its value, and half a unit of its last digit but for trailing zeros."""

    value: Fraction
    half_unit: Fraction


@dataclass(frozen=True, slots=True)
class Figure:
    """A number said in a text.

    The value of a percentage or fraction is its share of the whole (27% is 27/100); of a date year·10000 + month·100 +
    day, with 0 for what is not said; of a label such as 16.4.2 its parts in base 1000.
    """

    value: Fraction
    kind: Kind
    start: int
    end: int
    half_unit: Fraction = Fraction(0)  # half a unit of the last printed digit, for rounding; 0 where none is allowed
    unit: str = ""  # the currency of money, where it is known: "USD"
    hedge: Hedge = ""  # what the text itself says of its exactness
    text: str = ""


_DIGITS_ZH = "〇零一二三四五六七八九"
VALUES_ZH = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES_EN = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES = {"万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "十亿": 10**9, "亿": 10**8, "千万": 10**7, "百万": 10**6}
_SCALES |= {"十万": 10**5, "万": 10**4, "千": 10**3, "百": 10**2, **_SCALES_EN}
_NAMES_EN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
"""
_SMALL_EN, _TENS_EN = _NAMES_EN.split()[:20], _NAMES_EN.split()[20:]
_VALUES_EN = dict(zip(_NAMES_EN.split(), [*range(20), *range(20, 100, 10)], strict=True))
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_IRREGULAR |= {"twelve": "twelfth"}

# Not what is glued to a Latin letter, as in COVID-19, G20, 3D and BMS7; but "mid-2020" and "5km".
_NOT_GLUED = r"(?!(?!(?:[cmk]m|kg|[mgt]|(?:m|b|tr)illion)\b)[A-Za-z]|-[A-Z]\b)"
# A comma parts thousands or, after three digits and more, two numbers: "7076，2029 年".
DIGITS = (
    r"(?:(?<![\dA-Za-z])(?<![A-Z]-)(?:(?<!\d[.,])|(?<=\d{3},))"
    rf"(?:\d{{1,3}}(?:(?: \d{{3}}){{1,6}}|(?:,\d{{3}}){{1,6}})(?!\d)|\d{{1,18}})(?:\.\d{{1,9}})?(?!\d){_NOT_GLUED})"
)
_KILO = r"(?![克米瓦])"  # 千克, 千米 and 千瓦 are units of their own
SCALE_ZH = rf"(?:万亿|[千百十]?亿|[千百十]?万|千{_KILO}|百(?!分))"
_POINT_ZH = rf"点[{_DIGITS_ZH}]{{1,6}}[万亿]?"
_INSIDE_ZH = f"{_DIGITS_ZH}两十百千万亿"
CHINESE = (  # not the 十 of 数十 and 十几, which say no number
    rf"(?:(?<![几数{_INSIDE_ZH}])[一二三四五六七八九十两][{_INSIDE_ZH}]{{0,40}}(?![{_INSIDE_ZH}几])(?:{_POINT_ZH})?|零{_POINT_ZH})"
)
_UNDER_20 = "|".join(sorted(_SMALL_EN[1:], key=len, reverse=True))
_UNDER_100 = rf"(?:(?:{'|'.join(_TENS_EN)})(?:[ -](?:{'|'.join(_SMALL_EN[1:10])})\b)?|{_UNDER_20})"
_UNDER_1000 = rf"(?:(?:{_UNDER_20}|an?) hundred(?:(?: and)? {_UNDER_100})?|{_UNDER_100})\b"
_SCALE_EN = rf"(?:{'|'.join([*_SCALES_EN][1:])})\b"
ENGLISH = rf"(?i:\b(?:{_UNDER_1000}|an?(?= {_SCALE_EN}))(?: {_SCALE_EN}(?:,? (?:and )?{_UNDER_1000})?){{0,4}})"
# Digits may carry a scale, or alternate with scales: "75.8万", "2 万亿", "1亿2000万", "3.1 million".
SCALED = rf"{DIGITS}(?: ?[多余]? ?{SCALE_ZH}(?:\d{{1,4}} ?(?:万|千{_KILO}))?| (?i:hundred|{_SCALE_EN}))?"
NUMBER = rf"(?:{SCALED}|{CHINESE}|{ENGLISH})"
RANGE = r"(?: ?(?:至|到|-|~) ?| (?:to|or) )"
ONE_OR_RANGE = rf"{NUMBER}(?:{RANGE}{NUMBER})?"
MEASURE = rf" ?[多余来]? ?(?:{'|'.join(table('text.toml')['measures'].split())})"

_ANY_NUMBER = re.compile(NUMBER)
_SCALED_PARTS = re.compile(rf"({DIGITS}) ?[多余]? ?({SCALE_ZH}|[A-Za-z]+)?")
_ROMAN = {"C": 100, "XC": 90, "L": 50, "XL": 40, "X": 10, "IX": 9, "V": 5, "IV": 4, "I": 1}
_ONE_ZH = "([一二三四五六七八九两])"
_SECTION = re.compile(rf"(?:{_ONE_ZH}千)?(?:零?{_ONE_ZH}百)?(零?{_ONE_ZH}?十)?(零)?{_ONE_ZH}?")


def read_number(written: str) -> Number | None:
    """What a written number says, or None where the numerals make no number ("三三两两").

    >>> read_number("75.8万") == read_number("seven hundred and fifty-eight thousand")
    True
    """
    if written[0].isdigit():
        return _read_scaled(written)
    whole, point, decimals = written.partition("点")
    if point:
        scale = _SCALES.get(decimals[-1:], 1)
        digits = "".join(str(VALUES_ZH[digit]) for digit in decimals.rstrip("万亿"))
        unit = Fraction(scale, 10 ** len(digits))
        value = 0 if whole == "零" else _read_chinese(whole)
        return None if value is None else Number(value * scale + int(digits) * unit, unit / 2)
    value = _read_english(written) if written.isascii() else _read_chinese(written)
    return None if value is None else Number(Fraction(value), _half_unit(str(value)))


def numbers_in(match: re.Match[str], group: str | int = 0) -> list[tuple[Number, int, int]]:
    """The numbers in a group of a match with their offsets, the first and last reaching to its ends.

    A scale behind a range counts for both its ends: "2 至 3 万", "2 to 3 million".
    """
    found = list(_ANY_NUMBER.finditer(match.string, *match.span(group)))
    scale = re.search(rf"(?<=\d) ?(?:{SCALE_ZH}|[A-Za-z]+)$", found[-1].group()) if found else None
    numbers = []
    for one in found:
        bare = re.fullmatch(r"[\d.]+", one.group())
        number = read_number(one.group() + scale.group() if scale and bare else one.group())
        if number:
            start = match.start(group) if one is found[0] else one.start()
            numbers.append((number, start, match.end(group) if one is found[-1] else one.end()))
    return numbers


def _read_scaled(written: str) -> Number:
    value, half_unit = Fraction(0), Fraction(0)
    for digits, scale in _SCALED_PARTS.findall(written):
        plain = digits.replace(" ", "").replace(",", "")
        factor = _SCALES.get(scale.lower(), 1)
        value += Fraction(plain) * factor
        half_unit = _half_unit(plain) * factor
    return Number(value, half_unit)


def _half_unit(digits: str) -> Fraction:
    """Half a unit of the last digit; trailing zeros before the point are not taken for printed precision."""
    whole, _, decimals = digits.partition(".")
    exponent = -len(decimals) if decimals else len(whole) - len(whole.rstrip("0") or "0")
    return Fraction(10) ** exponent / 2


def _read_chinese(numeral: str) -> int | None:
    """The value of a Chinese numeral, read by its units, or None where it is not well formed."""
    for scale, factor in (("亿", 10**8), ("万", 10**4)):
        before, found, after = numeral.rpartition(scale)
        if found:
            high, low = _read_chinese(before), _read_chinese(after) if after else 0
            if high is None or low is None or low >= factor:
                return None
            return high * factor + (low * factor // 10 if len(after) == 1 else low)  # 三万五 is 35 000
    return _read_section(numeral)


def _read_section(numeral: str) -> int | None:
    """The value of a numeral under ten thousand."""
    numeral = numeral.removeprefix("零")
    match = _SECTION.fullmatch(numeral)
    if not match:
        return None
    thousands, hundreds, ten, tens, zero, ones = match.groups()
    digits_by_unit = {1000: thousands, 100: hundreds, 10: tens, 1: ones}
    value = sum(unit * VALUES_ZH[digit] for unit, digit in digits_by_unit.items() if digit)
    if ten and not tens:
        value += 10
    if ones and not zero and not ten and len(numeral) > 1:  # 一百二 is 120, 三千五 is 3 500
        value += VALUES_ZH[ones] * ((10 if hundreds else 100) - 1)
    return value or None


def _read_english(words: str) -> int | None:
    """The value of an English number in words, or None where it is zero."""
    total = current = 0
    for word in re.split(r"[ ,-]+", words.lower()):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES_EN:
            total, current = total + max(current, 1) * _SCALES_EN[word], 0
        elif word in _VALUES_EN:
            current += _VALUES_EN[word]
    return total + current or None


def ordinal_en(value: int) -> str:
    """An English ordinal in words: 67 → "sixty-seventh"."""
    *before, last = re.split(r"(?<=[ -])", write_english(value))
    return "".join(before) + _IRREGULAR.get(last, (last[:-1] + "ie" if last.endswith("y") else last) + "th")


def write_english(value: int) -> str:
    """A whole number from 0 in English words: 758000 → "seven hundred and fifty-eight thousand"."""
    if value < 20:
        return _SMALL_EN[value]
    if value < 100:
        return _TENS_EN[value // 10 - 2] + (f"-{_SMALL_EN[value % 10]}" if value % 10 else "")
    name, factor = next((name, factor) for name, factor in reversed(_SCALES_EN.items()) if value >= factor)
    rest = value % factor
    link = " and " if rest < 100 else " "
    return f"{write_english(value // factor)} {name}" + (link + write_english(rest) if rest else "")


ORDINALS_EN = {ordinal_en(value): value for value in range(1, 101)}


def roman(value: int) -> str:
    """A whole number from 1 to 399 in Roman numerals: 14 → "XIV"."""
    written = ""
    for numeral, factor in _ROMAN.items():
        count, value = divmod(value, factor)
        written += numeral * count
    return written


def write_chinese(value: int) -> str:
    """A whole number from 0 in Chinese numerals: 758000 → "七十五万八千"."""
    written = _write_chinese(value)
    return written.removeprefix("一") if written.startswith("一十") else written


def _write_chinese(value: int) -> str:
    for name, factor in (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10)):
        if value >= factor:
            rest = value % factor
            gap = "零" if 0 < rest < factor // 10 else ""
            return _write_chinese(value // factor) + name + gap + (_write_chinese(rest) if rest else "")
    return "零一二三四五六七八九"[value]
