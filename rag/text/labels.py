"""Figures that say which one: dates, years, ordinals and labels. Texts come in as `folding.narrow` leaves them."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise

from rag.text.dates import dates
from rag.text.late import late
from rag.text.numerals import CHINESE, NUMBER, ordinals_en, read_number
from rag.text.readings import MEASURE, Reading, numbers_in

_LINK = r" ?(?:[、,和及至到~-]|以及) ?|,? and | to "
_LIST = rf"{NUMBER}(?:(?:{_LINK})(?:第 ?)?{NUMBER}){{0,20}}"


def days(text: str) -> Iterator[Reading]:
    """The dates and years given as dates."""
    for date in dates(text):
        if date.month or date.day:
            value = date.year * 10000 + date.month * 100 + date.day
            yield Reading(Fraction(value), "date", date.start, date.end)
        else:
            yield Reading(Fraction(date.year), "year", date.start, date.end)


_YEAR = late(
    r"(?<![\dA-Za-z.,/$])(?<![A-Z]-)(?P<first>(?:19|20)\d\d)(?:[-/](?P<last>(?:19|20)?\d\d)(?![\d-]))?s?"
    r"(?![\dA-Za-z]|[.,]\d)"
)
_COUNTED = late(
    rf" ?[多余万亿千百]|(?! ?年){MEASURE}|(?P<noun> (?:[a-z]{{3,20}}s|people|women|men|children|personnel)\b)"
)
_BEFORE_YEAR = late(
    r"\b(?:in|of|since|by|from|to|until|through|and|between|for|during|before|after|the|early|late|mid|end|year)[ -]$",
    re.IGNORECASE,
)


def years(text: str) -> Iterator[Reading]:
    """Bare years; "2015 weapons" is a count, "of the 2015 meetings" is not."""
    for match in _YEAR.finditer(text):
        counted = _COUNTED.match(text, match.end())
        if counted and not (counted["noun"] and _BEFORE_YEAR.search(text, max(0, match.start() - 10), match.start())):
            continue
        first, last = int(match["first"]), int(match["last"] or 0)
        last += first // 100 * 100 if 0 < last < 100 else 0
        if last > first:
            yield Reading(Fraction(first), "year", match.start(), match.end("first"))
            yield Reading(Fraction(last), "year", match.start("last"), match.end())
        else:
            yield Reading(Fraction(first), "year", match.start(), match.end("first"))


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_MARK = r"(?:\d{1,2} ?的?具体目标 ?\d{1,2}|\d{1,4}(?:\.\d{1,3}){0,4}(?!\d|,\d)|[IVXL]{1,6}\b)"
_MARKS = rf"(?P<marks>{_MARK}(?:(?:{_LINK}){_MARK}){{0,20}})"
_LABELS = (
    late(rf"第 ?(?P<marks>{_LIST}) ?(?:段|条|章|节|款|页|号)|(?P<number>{NUMBER}) ?号(?![召码称])"),
    late(
        rf"(?:目标|指标|项目|附件|附录|(?<![代发报试意企力地版])[表图]|模块) ?{_MARKS}(?! ?[多余]? ?[个名国家项次件年])"
    ),
    late(r"(?:附件|附录) ?(?P<marks>[一二三四五六七八九十]{1,3})(?![一-鿿])"),
    late(
        r"\b(?:(?i:paragraphs?|paras?\.?|articles?|arts?\.|sections?|sect\.|chapters?|chap\.|items?|pages?|pp?\.|nos?\."
        r"|annex(?:es)?|appendix|vol\.|volume|footnotes?|phase|module|part|principle|table)|Goals?|Targets?|Figure"
        rf"|(?i:targets?|indicators?)(?= \d{{1,2}}\.\d)) {_MARKS}"
    ),
    late(r"(?<![\d.])(?P<marks>\d{1,3}(?:\.\d{1,3}){2,5})(?![\d.])"),
)


def labels(text: str) -> Iterator[Reading]:
    """Numbers of paragraphs, annexes, goals and indicators, and dotted ones wherever they stand."""
    for pattern in _LABELS:
        for match in pattern.finditer(text):
            group = "marks" if match["marks"] else "number"
            marks = list(re.finditer(rf"{_MARK}|{CHINESE}", match[group]))
            for mark in marks:
                start = match.start() if mark is marks[0] else match.start(group) + mark.start()
                end = match.end() if mark is marks[-1] else match.start(group) + mark.end()
                if value := _label(mark.group()):
                    yield Reading(value, "label", start, end)


def _label(mark: str) -> Fraction:
    """The value of a label: its parts in base 1000, so that 16.4.2 is neither 16.4 nor 1642; 0 where it has none."""
    if mark[0] in _ROMAN:
        values = [_ROMAN[letter] for letter in mark] + [0]
        return Fraction(sum(-v if v < after else v for v, after in pairwise(values)))
    if parts := re.findall(r"\d+", mark):
        return Fraction(int("".join(f"{int(part):03}" for part in parts)))
    number = read_number(mark)
    return number.value if number else Fraction(0)


@cache
def _ordinals() -> dict[str, int]:
    return ordinals_en()


@cache
def _ordinal_words() -> re.Pattern[str]:
    words = "|".join(sorted(_ordinals(), key=len, reverse=True))
    return re.compile(rf"(?<!per )\b(?P<words>{words}|(?P<digits>\d{{1,3}})(?:st|nd|rd|th))\b", re.IGNORECASE)


_ORDINAL_ZH = late(rf"第 ?{_LIST}|{NUMBER} ?(?=世纪)")
_FIRST_ZH = late(r"首(?=次|个|届|轮|批|份|项|期|场|阶段)")
_ANNIVERSARY = late(r" anniversar", re.IGNORECASE)


def ordinals(text: str) -> Iterator[Reading]:
    """Ordinals; an anniversary counts years, as 二十周年 does."""
    for match in _ORDINAL_ZH.finditer(text):
        for number, start, end in numbers_in(match):
            yield Reading(number.value, "ordinal", start, end)
    for match in _FIRST_ZH.finditer(text):
        yield Reading(Fraction(1), "ordinal", *match.span())
    for match in _ordinal_words().finditer(text):
        value = int(match["digits"]) if match["digits"] else _ordinals()[match["words"].lower()]
        yield Reading(Fraction(value), "count" if _ANNIVERSARY.match(text, match.end()) else "ordinal", *match.span())
