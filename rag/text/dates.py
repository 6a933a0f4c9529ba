"""The dates in a text, in either language, as exact as they are given."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag.text.late import late
from rag.text.numerals import read_chinese


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a text; a part that is neither given nor shared with its neighbour in a range or list is 0."""

    year: int
    month: int
    day: int
    start: int
    end: int


_MONTHS = "January February March April May June July August September October November December"
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS.split(), start=1)}
_YEARS = range(1500, 2200)  # four digits outside it, before 年, count years


def _listed(item: str, link: str) -> str:
    """A pattern for one or more of an item: "26、27 和 28", "2016-2019", "1 to 5"."""
    return rf"{item}(?:(?:{link}){item}){{0,9}}"


_LINK_ZH = r" ?(?:[、,和及或至到~-]|以及) ?"
_YEAR_ZH = _listed(r"(?:\d{4}|[〇零一二三四五六七八九]{4})", _LINK_ZH)
_NUMBER_ZH = _listed(r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})", _LINK_ZH)
_ZH = late(
    r"(?<![\d./])(?<!\d[ ,])(?=[\d〇零一二三四五六七八九十])"
    rf"(?:(?P<years>{_YEAR_ZH}) ?年 ?)?(?:(?P<months>{_NUMBER_ZH}) ?月份?)?"
    rf"(?: ?(?P<days>{_NUMBER_ZH}) ?(?P<unit>[日号]))?"
)
_JOINED_ZH = late(rf"(?:\([^()]{{1,10}}\))?{_LINK_ZH}")

_LINK_EN = r", (?:and )?| (?:and|or|to|through|until) | ?- ?"
_DAYS_EN = _listed(r"\d{1,2}(?:st|nd|rd|th)?", _LINK_EN)
_EN = late(
    rf"(?:(?<![\d.,/-])(?P<days>{_DAYS_EN}) (?:of )?)?\b(?P<month>{_MONTHS.replace(' ', '|')}"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
    # "July 26", but not the "May 20" of "in May 20 States met"
    rf"(?: (?P<days_after>{_DAYS_EN})(?!\d| ?%| (?:per|[A-Z]|[a-z]{{3,20}}s\b)))?(?:,? (?P<year>\d{{4}})\b)?"
)
_JOINED_EN = late(rf"(?:{_LINK_EN})(?:(?:on|in|from|the|early|late|mid) ?-?){{0,2}}")
_BEFORE_MONTH = late(r"\b(?:in|since|until|by|from|to|of|and|between|late|early|mid|through|during)[ -]$")
_ISO = late(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d./-])")


def dates(text: str) -> list[Date]:
    """The dates in a text as `narrow` leaves it, in order; the ends of a range and the items of a list one by one.

    >>> [(d.year, d.month, d.day) for d in dates("2021 年 7 月 26 日至 30 日")]
    [(2021, 7, 26), (2021, 7, 30)]
    """
    found = [Date(int(m[1]), int(m[3]), int(m[4]), *m.span()) for m in _ISO.finditer(text)]
    found += _completed(text, list(_dates_zh(text)), _JOINED_ZH)
    backwards = list(_dates_en(text))[::-1]  # "26 June to 7 July 2006": in English the year comes last
    found += [date for date in _completed(text, backwards, _JOINED_EN) if not _may_be_word(text, date)]
    return sorted((date for date in found if _exists(date)), key=lambda date: date.start)


def _may_be_word(text: str, date: Date) -> bool:
    """Whether a month alone may be the word "may" or "march"."""
    alone = not (date.year or date.day)
    return alone and not _BEFORE_MONTH.search(text, max(0, date.start - 12), date.start)


def _exists(date: Date) -> bool:
    named = date.year or date.month
    return bool(named) and date.month <= 12 and date.day <= 31 and (not date.year or date.year in _YEARS)


def _completed(text: str, found: list[Date], joined: re.Pattern[str]) -> list[Date]:
    """Dates with the year, and for a bare day the month, of the one before them where only a link stands between."""
    completed: list[Date] = []
    for date in found:
        if completed:
            last = completed[-1]
            first, second = sorted((last, date), key=lambda one: one.start)
            if joined.fullmatch(text, first.end, second.start):
                date = replace(date, year=date.year or last.year, month=date.month or (last.month if date.day else 0))
        completed.append(date)
    return completed


def _dates_zh(text: str) -> Iterator[Date]:
    for match in _ZH.finditer(text):
        if match.group() and (match["months"] or match["unit"] != "号"):
            years, months, days = (_numbers(match, name) for name in ("years", "months", "days"))
            yield from _spread(match, years, months, days)


def _dates_en(text: str) -> Iterator[Date]:
    for match in _EN.finditer(text):
        days = _numbers(match, "days") or _numbers(match, "days_after")
        month = (_MONTH_NUMBERS[match["month"][:3]], *match.span("month"))
        yield from _spread(match, _numbers(match, "year"), [month], days)


_Number = tuple[int, int, int]  # value, start, end


def _numbers(match: re.Match[str], group: str) -> list[_Number]:
    """The numbers of a list caught in a group, with their offsets in the text."""
    items = re.finditer(r"\d+|[〇零一二三四五六七八九十]+", match[group] or "")
    start = match.start(group)
    return [(_value(item.group()), start + item.start(), start + item.end()) for item in items]


def _value(numeral: str) -> int:
    if numeral.isdigit():
        return int(numeral)
    if len(numeral) == 4:  # a year is read digit by digit
        return int("".join(str("零一二三四五六七八九".index(digit)) for digit in numeral.replace("〇", "零")))
    return read_chinese(numeral) or 0


def _spread(match: re.Match[str], *parts: Iterable[_Number]) -> Iterator[Date]:
    """One date for each item of the finest list; together they cover the whole match."""
    years, months, days = map(list, parts)
    finest = days or months or years
    start = match.start()
    for position, (_, _, item_end) in enumerate(finest):
        end = match.end() if position == len(finest) - 1 else item_end
        year, month, day = (
            (items[position] if items is finest else items[-1])[0] if items else 0 for items in (years, months, days)
        )
        yield Date(year, month, day, start, end)
        start = end if position == len(finest) - 1 else finest[position + 1][1]
