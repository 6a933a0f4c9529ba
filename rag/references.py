"""Every printed form of a reference ("S/2021/839，第21段", "BMS7 annex para 92", an id) to the paragraphs it names."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rag.errors import UnknownParagraph
from rag.records import Paragraph, Report
from rag.text import fold

_NUMBERS = r"\d{1,3}(?:-\d{1,2})?(?:\s?(?:、|,|和|及|与|至|到|-|and|&|to)\s?\d{1,3}){0,9}"
_HAN_NUMBER = r"[一二三四五六七八九十百]{1,5}"
NUMBERED = re.compile(
    rf"第\s?(?P<zh>{_NUMBERS}|{_HAN_NUMBER})\s?段"
    rf"|(?:\bparagraphs?|\bparas?\b\.?|¶{{1,2}}|\bpp?\.)\s?(?P<en>{_NUMBERS})"
    r"|\b(?P<nth>\d{1,3})(?:st|nd|rd|th) paragraph"
    r"|第\s?(?P<row_zh>\d{1,3})\s?行|\brow (?P<row_en>\d{1,3})"
)
PART = re.compile(r"(?P<annex>附件|附录|\bannex(?:es)?\b|\bappendix\b)\s?(?P<which>[一二三四五]|[ivx]{1,4}\b|\d{1,2}\b)?|(?P<summary>摘要|\bsummary\b)")
OUTCOME = re.compile(r"成果|\boutcome\b")
NEAR = 40  # characters between a report's name and the paragraph number that belongs to it
FILLER = re.compile(  # what may stand beside a reference in a question that asks for nothing more
    r"\b(?:what|does|do|did|is|are|was|were|in|of|the|says?|said|show|me|read|quote|please|give|text|full|about|to|tell|and|from|report|content|contents|can|you)\b"
    r"|请|问|讲|说|了|的|什么|内容|是|写|全文|显示|给我|看|一下|原文|怎么|有|哪些|报告|引用|列出|把|念|里|中|和|与|以及|分别|规定|提到|到|呢|吗|如何"
)
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
HAN_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}


@dataclass(frozen=True, slots=True)
class Reference:
    """A paragraph named in a text. No report means that none was named near it."""

    report: str | None
    part: str | None
    number: str
    row: bool = False


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A report named in a folded text, and where."""

    report: str
    start: int
    end: int


def named_reports(text: str, reports: Iterable[Report]) -> list[NamedReport]:
    """The reports a text names by symbol, alias, short title, id or title, in order; a longer name hides one inside it."""
    folded = fold(text)
    found: list[NamedReport] = []
    for report in reports:
        for name in {report.id, report.symbol or "", report.short_title, *report.aliases, *report.titles.values()}:
            if name:
                found.extend(NamedReport(report.id, *place) for place in _places(folded, fold(name)))
    found.sort(key=lambda named: (named.start, -named.end))
    kept: list[NamedReport] = []
    for named in found:
        if not kept or named.start >= kept[-1].end:
            kept.append(named)
    return kept


def references(text: str, reports: Iterable[Report]) -> list[Reference]:
    """The paragraphs a text names, in order. A number belongs to the nearest report named beside it."""
    folded = fold(text)
    names = named_reports(text, reports)
    found = []
    for match in NUMBERED.finditer(folded):
        report = _nearest(names, match.start(), match.end(), only=len({name.report for name in names}) == 1)
        part = _part(folded[max(0, match.start() - NEAR) : match.end() + NEAR])
        row = bool(match["row_zh"] or match["row_en"])
        written = match["zh"] or match["en"] or match["nth"] or match["row_zh"] or match["row_en"]
        found.extend(Reference(report, part, number, row) for number in _numbers(written))
    return found


def named_paragraphs(
    question: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]
) -> tuple[list[Paragraph], bool]:
    """The paragraphs a question names, and whether it asks for nothing else.

    A number with neither a report nor a part beside it names a paragraph only when the question is nothing more: "第38段"
    may be another instrument's.
    """
    by_id = {fold(paragraph.id): paragraph for paragraph in paragraphs}
    whole = by_id.get(fold(question.strip().rstrip("?？。.")))
    if whole:
        return [whole], True
    bare = _is_bare(question, reports.values())
    named: list[Paragraph] = [by_id[place] for place in _ids_in(question, by_id)]
    for reference in references(question, reports.values()):
        if reference.report or reference.part or bare:
            named.extend(paragraph for paragraph in resolve(reference, paragraphs) if paragraph not in named)
    return named, bool(named) and bare


def resolve(reference: Reference, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs a reference names: the report proper first, as printed, then annexes."""
    named = [p for p in paragraphs if _matches(reference, p)]
    return sorted(named, key=lambda p: (not p.part.startswith(reference.part or "main"), p.report, p.position))


def find_paragraphs(written: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs any printed form names; UnknownParagraph offers the nearest ids where it names none."""
    named, _ = named_paragraphs(written, reports, paragraphs)
    if named:
        return named
    ids = [paragraph.id for paragraph in paragraphs]
    near = get_close_matches(written, ids, n=3, cutoff=0.6)
    hint = f" Did you mean {', '.join(near)}?" if near else f" Ids look like {ids[len(ids) // 2]}."
    raise UnknownParagraph(f"No paragraph is named by {written[:80]!r}.{hint} List a report's with: rapporteur search")


def _places(folded: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands, not inside a longer symbol, word or number."""
    for match in re.finditer(re.escape(name), folded):
        before, after = folded[: match.start()][-1:], folded[match.end() :][:1]
        inside = (name[0].isascii() and before.isascii() and (before.isalnum() or before == "/")) or (
            name[-1].isascii() and after.isascii() and (after.isalnum() or after == "/")
        )
        if not inside:
            yield match.start(), match.end()


def _nearest(names: Sequence[NamedReport], start: int, end: int, only: bool) -> str | None:
    """The report named nearest before or after a number; the only one named, however far."""
    if not names:
        return None
    distance, report = min((max(start - name.end, name.start - end), name.report) for name in names)
    return report if only or distance <= NEAR else None


def _part(beside: str) -> str | None:
    match = PART.search(beside)
    if not match:
        return "annex" if OUTCOME.search(beside) else None
    if match["summary"]:
        return "summary"
    which = match["which"]
    place = ROMAN.get(which) or HAN_DIGITS.get(which) or int(which) if which and (which in ROMAN or which in HAN_DIGITS or which.isdigit()) else 1
    return "annex" if place == 1 else f"annex-{place}"


def _numbers(written: str) -> Iterator[str]:
    """The numbers a written list or range holds; "24-2" is the second paragraph printed 24."""
    if not written[0].isdigit():
        yield str(_han_value(written))
        return
    if re.fullmatch(r"\d+-\d+", written):
        low, high = map(int, written.split("-"))
        if high <= low:
            yield written
            return
    previous: int | None = None
    for joint, digits in re.findall(r"(\D*)(\d+)", written):
        number = int(digits)
        if previous is not None and joint.strip() in {"至", "到", "-", "to"} and previous < number <= previous + 20:
            yield from (str(between) for between in range(previous + 1, number))
        yield str(number)
        previous = number


def _han_value(numeral: str) -> int:
    """The value of a Chinese numeral below 1,000.

    >>> _han_value("二十一"), _han_value("十"), _han_value("一百二十二")
    (21, 10, 122)
    """
    value, digit = 0, 0
    for character in numeral:
        if character in "十百":
            value += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = HAN_DIGITS[character]
    return value + digit


def _matches(reference: Reference, paragraph: Paragraph) -> bool:
    if reference.report not in (None, paragraph.report):
        return False
    if reference.row or paragraph.is_row:
        return reference.row and paragraph.is_row and paragraph.number == reference.number
    if paragraph.part == "front" or (paragraph.part == "summary") != (reference.part == "summary"):
        return False
    if reference.part and reference.part != "summary" and paragraph.part != reference.part:
        return False
    return reference.number in (paragraph.number, paragraph.printed)


def _ids_in(question: str, by_id: Mapping[str, Paragraph]) -> list[str]:
    """The ids that stand in a question, in order."""
    written = re.findall(r"[^\s，。？?！!；;、()（）“”\"']{1,80}#[\w-]{1,40}", fold(question))
    return [each for each in written if each in by_id]


def _is_bare(question: str, reports: Iterable[Report]) -> bool:
    """Whether nothing but references and the words around them is left of a question."""
    rest = fold(question)
    for named in reversed(named_reports(question, reports)):
        rest = rest[: named.start] + " " + rest[named.end :]
    rest = re.sub(r"\S{1,80}#[\w-]{1,40}", " ", rest)
    for pattern in (NUMBERED, PART, OUTCOME, FILLER):
        rest = pattern.sub(" ", rest)
    return not re.search(r"\w", rest)


def written(paragraph: Paragraph, report: Report, language: str) -> str:
    """The reference to a paragraph as a delegate of that language writes it.

    "S/2021/839, para. 21" and "S/2021/839，第21段"; annexes, summaries, rows and unnumbered paragraphs say so.
    """
    part, number = paragraph.part.removesuffix("-table"), paragraph.printed or paragraph.number
    annex, _, which = part.partition("-")
    if language == "zh":
        where = {"main": "", "annex": f"附件{'一二三四五六七八九'[int(which) - 1] if which else ''}，", "summary": "摘要，", "front": "标题页，"}[annex]
        if paragraph.is_row:
            return f"{report.name}，{where}表第{number}行（{paragraph.row or paragraph.body}）"
        if paragraph.printed is None:
            return f"{report.name}，{where}无编号第{number.lstrip('p')}段"
        return f"{report.name}，{where}第{number}段" + _second(paragraph, "（编号重复，第{}次）")
    where = {"main": "", "annex": f"annex{' ' + _roman(which) if which else ''}, ", "summary": "summary, ", "front": "title page, "}[annex]
    if paragraph.is_row:
        translation = paragraph.translations.get("en")
        label = (translation.row or translation.body) if translation else (paragraph.row or paragraph.body)
        return f"{report.name}, {where}table row {number} ({label})"
    if paragraph.printed is None:
        return f"{report.name}, {where}unnumbered para. {number.lstrip('p')}"
    return f"{report.name}, {where}para. {number}" + _second(paragraph, " (printed twice; occurrence {})")


def _second(paragraph: Paragraph, form: str) -> str:
    """Which of several paragraphs printed with one number it is; nothing for the first."""
    _, dash, occurrence = paragraph.number.partition("-")
    return form.format(occurrence) if dash else ""


def _roman(which: str) -> str:
    return {str(value): numeral.upper() for numeral, value in ROMAN.items()}[which]
