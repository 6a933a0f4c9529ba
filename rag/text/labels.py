"""Figures that say which one: dates, years, ordinals and labels. Texts come in as `folding.narrow` leaves them."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from rag.text.numerals import CHINESE, MEASURE, NUMBER, ORDINALS_EN, VALUES_ZH, Figure, numbers_in, read_number

_MONTHS = "January February March April May June July August September October November December"
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS.split(), start=1)}
_YEARS = range(1500, 2200)  # four digits outside it, before 年, count years


def _listed(item: str, link: str) -> str:
    """A pattern for one or more of an item: "26、27 和 28", "2016-2019", "1 to 5"."""
    return rf"{item}(?:(?:{link}){item}){{0,9}}"


_LINK_ZH = r" ?(?:[、,和及或至到~-]|以及) ?"
_YEAR_ZH = _listed(r"(?:\d{4}|[〇零一二三四五六七八九]{4})", _LINK_ZH)
_NUMBER_ZH = _listed(r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})", _LINK_ZH)
_ZH = re.compile(
    r"(?<![\d./])(?<!\d[ ,])(?=[\d〇零一二三四五六七八九十])"
    rf"(?:(?P<years>{_YEAR_ZH}) ?年 ?)?(?:(?P<months>{_NUMBER_ZH}) ?月份?)?"
    rf"(?: ?(?P<days>{_NUMBER_ZH}) ?(?P<unit>[日号]))?"
)
_JOINED_ZH = re.compile(rf"(?:\([^()]{{1,10}}\))?{_LINK_ZH}")

_LINK_EN = r", (?:and )?| (?:and|or|to|through|until) | ?- ?"
_DAYS_EN = _listed(r"\d{1,2}(?:st|nd|rd|th)?", _LINK_EN)
_EN = re.compile(
    rf"(?:(?<![\d.,/-])(?P<days>{_DAYS_EN}) (?:of )?)?\b(?P<months>{_MONTHS.replace(' ', '|')}"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
    # "July 26", but not the "May 20" of "in May 20 States met"
    rf"(?: (?P<days_after>{_DAYS_EN})(?!\d| ?%| (?:per|[A-Z]|[a-z]{{3,20}}s\b)))?(?:,? (?P<years>\d{{4}})\b)?"
)
_JOINED_EN = re.compile(rf"(?:{_LINK_EN})(?:(?:on|in|from|the|early|late|mid) ?-?){{0,2}}")
_BEFORE_MONTH = re.compile(r"\b(?:in|since|until|by|from|to|of|and|between|late|early|mid|through|during)[ -]$")
_ISO = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d./-])")


class _Date(NamedTuple):
    """A date in a text; a part that is neither given nor shared with its neighbour in a range or list is 0."""

    year: int
    month: int
    day: int
    start: int
    end: int


def dates(text: str) -> Iterator[Figure]:
    """The dates and the years given as dates, in order; the ends of a range and the items of a list one by one.

    >>> [str(date.value) for date in dates("2021 年 7 月 26 日至 30 日")]
    ['20210726', '20210730']
    """
    found = [_Date(int(m[1]), int(m[3]), int(m[4]), *m.span()) for m in _ISO.finditer(text)]
    chinese = (m for m in _ZH.finditer(text) if m.group() and (m["months"] or m["unit"] != "号"))
    found += _completed(text, [date for m in chinese for date in _spread(m, "days")], _JOINED_ZH)
    english = [date for m in _EN.finditer(text) for date in _spread(m, "days" if m["days"] else "days_after")]
    for date in _completed(text, english[::-1], _JOINED_EN):  # "26 June to 7 July 2006": the year comes last
        if date.year or date.day or _BEFORE_MONTH.search(text, max(0, date.start - 12), date.start):  # else "may"
            found.append(date)
    for year, month, day, start, end in sorted(found, key=lambda date: date.start):
        if (year or month) and month <= 12 and day <= 31 and (not year or year in _YEARS):
            if month or day:
                yield Figure(Fraction(year * 10000 + month * 100 + day), "date", start, end)
            else:
                yield Figure(Fraction(year), "year", start, end)


def _completed(text: str, found: list[_Date], joined: re.Pattern[str]) -> list[_Date]:
    """Dates with the year, and for a bare day the month, of the one before them where only a link stands between."""
    completed: list[_Date] = []
    for date in found:
        if completed:
            last = completed[-1]
            first, second = sorted((last, date), key=lambda one: one.start)
            if joined.fullmatch(text, first.end, second.start):
                date = date._replace(year=date.year or last.year, month=date.month or (last.month if date.day else 0))
        completed.append(date)
    return completed


def _spread(match: re.Match[str], days: str) -> Iterator[_Date]:
    """One date for each item of the finest list in the groups; together they cover the whole match."""
    parts = [list(_items(match, group)) for group in ("years", "months", days)]
    finest = next(items for items in reversed(parts) if items)
    starts = [match.start(), *(start for _, start, _ in finest[1:])]
    ends = [*(end for _, _, end in finest[:-1]), match.end()]
    for position, (start, end) in enumerate(zip(starts, ends, strict=True)):
        year, month, day = ((items[position] if items is finest else items[-1])[0] if items else 0 for items in parts)
        yield _Date(year, month, day, start, end)


def _items(match: re.Match[str], group: str) -> Iterator[tuple[int, int, int]]:
    """The numbers of a list caught in a group, with their offsets in the text."""
    for item in re.finditer(r"\d+|[〇零一二三四五六七八九十]+|[A-Z][a-z]+", match[group] or ""):
        numeral, start = item.group(), match.start(group)
        if numeral.isascii():
            value = int(numeral) if numeral.isdigit() else _MONTH_NUMBERS[numeral[:3]]
        elif len(numeral) == 4:  # a year is read digit by digit
            value = int("".join(str(VALUES_ZH[digit]) for digit in numeral))
        else:
            value = int(number.value) if (number := read_number(numeral)) else 0
        yield value, start + item.start(), start + item.end()


_YEAR = re.compile(
    r"(?<![\dA-Za-z./$])(?<![A-Z]-)(?P<first>(?:19|20)\d\d)(?:[-/](?P<last>(?:19|20)?\d\d)(?![\d-]))?s?"
    r"(?![\dA-Za-z]|\.\d|,\d{3}(?!\d))"
)
_COUNTED = re.compile(
    rf" ?[多余万亿千百]|(?! ?年){MEASURE}|(?P<noun> (?:[a-z]{{3,20}}s|people|women|men|children|personnel)\b)"
)
_BEFORE_YEAR = re.compile(
    r"\b(?:in|of|since|by|from|to|until|through|and|between|for|during|before|after|the|early|late|mid|end|year)[ -]$",
    re.IGNORECASE,
)


def years(text: str) -> Iterator[Figure]:
    """Bare years; "2015 weapons" is a count, "of the 2015 meetings" is not."""
    for match in _YEAR.finditer(text):
        counted = _COUNTED.match(text, match.end())
        if counted and not (counted["noun"] and _BEFORE_YEAR.search(text, max(0, match.start() - 10), match.start())):
            continue
        first, last = int(match["first"]), int(match["last"] or 0)
        last += first // 100 * 100 if 0 < last < 100 else 0
        yield Figure(Fraction(first), "year", match.start(), match.end("first"))
        if last > first:
            yield Figure(Fraction(last), "year", match.start("last"), match.end())


_LINK = r" ?(?:[、,和及至到~-]|以及) ?|,? and | to "
_LIST = rf"{NUMBER}(?:(?:{_LINK})(?:第 ?)?{NUMBER}){{0,20}}"
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_MARK = r"(?:\d{1,2} ?的?具体目标 ?\d{1,2}|\d{1,4}(?:\.\d{1,3}){0,4}(?!\d|,\d{3}(?!\d))|[IVXL]{1,6}\b)"
_MARKS = rf"(?P<marks>{_MARK}(?:(?:{_LINK}){_MARK}){{0,20}})"
_LABELS = (
    re.compile(rf"第 ?(?P<marks>{_LIST}) ?(?:段|条|章|节|款|页|号)|(?P<number>{NUMBER}) ?号(?![召码称])"),
    re.compile(
        rf"(?:目标|指标|项目|附件|附录|(?<![代发报试意企力地版])[表图]|模块) ?{_MARKS}(?! ?[多余]? ?[个名国家项次件年])"
    ),
    re.compile(r"(?:附件|附录) ?(?P<marks>[一二三四五六七八九十]{1,3})(?![一-鿿])"),
    re.compile(
        r"\b(?:(?i:paragraphs?|paras?\.?|articles?|arts?\.|sections?|sect\.|chapters?|chap\.|items?|pages?|pp?\.|nos?\."
        r"|annex(?:es)?|appendix|vol\.|volume|footnotes?|phase|module|part|principle|table)|Goals?|Targets?|Figure"
        rf"|(?i:targets?|indicators?)(?= \d{{1,2}}\.\d)) {_MARKS}"
    ),
    re.compile(r"(?<![\d.])(?P<marks>\d{1,3}(?:\.\d{1,3}){2,5})(?![\d.])"),
)


def labels(text: str) -> Iterator[Figure]:
    """Numbers of paragraphs, annexes, goals and indicators, and dotted ones wherever they stand."""
    for pattern in _LABELS:
        for match in pattern.finditer(text):
            group = "marks" if match["marks"] else "number"
            marks = list(re.finditer(rf"{_MARK}|{CHINESE}", match[group]))
            for mark in marks:
                start = match.start() if mark is marks[0] else match.start(group) + mark.start()
                end = match.end() if mark is marks[-1] else match.start(group) + mark.end()
                if value := _label(mark.group()):
                    yield Figure(value, "label", start, end)


def _label(mark: str) -> Fraction:
    """The value of a label: its parts in base 1000, so that 16.4.2 is neither 16.4 nor 1642; 0 where it has none."""
    if mark[0] in _ROMAN:
        values = [_ROMAN[letter] for letter in mark] + [0]
        return Fraction(sum(-v if v < after else v for v, after in pairwise(values)))
    if parts := re.findall(r"\d+", mark):
        return Fraction(int("".join(f"{int(part):03}" for part in parts)))
    number = read_number(mark)
    return number.value if number else Fraction(0)


_WORDS = "|".join(sorted(ORDINALS_EN, key=len, reverse=True))
_ORDINAL_EN = re.compile(rf"(?<!per )\b(?P<words>{_WORDS}|(?P<digits>\d{{1,3}})(?:st|nd|rd|th))\b", re.IGNORECASE)
_ORDINAL_ZH = re.compile(rf"第 ?{_LIST}|{NUMBER} ?(?=世纪)")
_FIRST_ZH = re.compile(r"首(?=次|个|届|轮|批|份|项|期|场|阶段)")
_ANNIVERSARY = re.compile(r" anniversar", re.IGNORECASE)


def ordinals(text: str) -> Iterator[Figure]:
    """Ordinals; an anniversary counts years, as 二十周年 does."""
    for match in _ORDINAL_ZH.finditer(text):
        for number, start, end in numbers_in(match):
            yield Figure(number.value, "ordinal", start, end)
    for match in _FIRST_ZH.finditer(text):
        yield Figure(Fraction(1), "ordinal", *match.span())
    for match in _ORDINAL_EN.finditer(text):
        value = int(match["digits"]) if match["digits"] else ORDINALS_EN[match["words"].lower()]
        yield Figure(Fraction(value), "count" if _ANNIVERSARY.match(text, match.end()) else "ordinal", *match.span())
