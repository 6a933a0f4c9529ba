"""A text to the paragraphs it names, without looking at what the reports hold: the grammar of references.

A number belongs to the report and the part that stand beside it in the ways both languages allow: "附件第24段",
"paragraph 24 of the annex to …", "… (S/2021/839)". The number of another instrument's paragraph names nothing here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.records import Paragraph, Report
from rag.references.naming import NamedReport, named_reports
from rag.text import fold_with_offsets, symbols
from rag.text.numerals import ENGLISH, read_number, roman, write_chinese

# Everything below is matched against folded text in which the characters of each name of a document are masked.
MASK = "\x01"
_JOINT = r"\s?(?:、|,\s?and\b|,|和|以及|及|与|或|至|到|-|~|\band\b|&|\bor\b|\bto\b|\bthrough\b)\s?"
_SUB = r"(?:\s?\((?:[a-z]|[ivx]{1,4}|\d{1,2}|[一二三四五六七八九十]{1,2})\)){0,3}"  # sub-paragraph (a) (ii)
DIGITS = r"\d{1,3}(?:-\d{1,2})?(?!\d)"
_HAN = "一二三四五六七八九十百零〇"
_ZH = rf"(?:{DIGITS}|[{_HAN}]{{1,6}})"
_EN = rf"(?:{DIGITS}|{ENGLISH})"
_LIST_ZH = rf"{_ZH}{_SUB}(?:{_JOINT}(?:第\s?)?{_ZH}{_SUB}){{0,9}}"
_LIST_EN = rf"{_EN}{_SUB}(?:{_JOINT}{_EN}{_SUB}){{0,9}}"
_MARKS = rf"(?:{_EN}|[{_HAN}]{{1,6}})(?:{_JOINT}(?:{_EN}|[{_HAN}]{{1,6}})){{0,9}}"
_TOO_MANY = r"\d{4,9}(?!\d)"  # a year in a list of numbers is none of them, but one alone is asked for and not there
NUMBERED = re.compile(
    r"(?P<unnumbered>无编号|\bunnumbered\s)?"
    rf"(?:第\s?(?P<zh>{_LIST_ZH}|{_TOO_MANY})\s?"
    rf"(?:(?P<row_zh>行)|(?P<note_zh>[个条号]?\s?(?:脚注|注释))|(?:自然)?段){_SUB}(?:分段|项|款)?"
    rf"|(?<=[{MASK}件录要文的,#])\s?(?P<plain>{DIGITS}{_SUB})\s?段(?![话落时])"
    rf"|(?P<note>脚注|注释|\bfoot ?notes?\b|\bfn\.?(?![a-z]))\s?(?:nos?\.?\s?)?第?\s?(?P<marks>{_MARKS})(?!\s?段)"
    rf"|(?:(?P<row_en>\brows?\s)|\bparagraphs?|\bparas?\.?(?![a-z])|\bpars?\.|¶{{1,2}}|§{{1,2}}|\bpp?\.)"
    rf"\s?(?:nos?\.?\s?)?(?P<en>{_LIST_EN}|{_TOO_MANY})"
    r"|\b(?P<nth>\d{1,3})(?:st|nd|rd|th) (?:(?P<note_nth>foot ?note)|paragraph))"
    r"(?:\s?\((?:printed twice; occurrence|编号重复,第)\s?(?P<occurrence>\d{1,2})次?\))?"
)
ANNEXES = {  # how an annex is numbered → its place
    written: place for place in range(1, 100) for written in (write_chinese(place), roman(place).lower(), str(place))
}
_ANNEX_NUMBER = "|".join(sorted(ANNEXES, key=len, reverse=True))
_PARTS = (
    r"(?:(?:附件|附录|\bannex(?:es)?\b|\bappendix\b)"
    rf"(?:\s?(?P<annex>{_ANNEX_NUMBER})(?![{_HAN}\da-z]|\s?段))?"
    r"|成果文件|成果|\boutcome(?: document)?\b|摘要|\bsummary\b"
    r"|正文|\bmain (?:text|part|body)\b|\breport proper\b|标题页|\btitle page\b)"
)
PART = re.compile(_PARTS)
_DENIED = re.compile(  # what is said before the part that is not meant
    r"(?:\b(?:not|except|excluding|without|rather than|instead of)\s(?:(?:in|from|of|to)\s)?(?:(?:the|its)\s)?"
    r"|(?:不是|不要|不含|不包括|不看|并非|而非|非)\s?(?:在|指|其|该|它的)?\s?)$"
)
# What may stand between a name or part and the number it goes with.
_BESIDE_WORDS = r"\b(?:of|to|in|the|its|s|report|document|table|unnumbered)\b|号?报告|号?文件|表格?|无编号"
_BESIDE = rf"(?:[\s,:'()的之中里内]|{MASK}++|{_BESIDE_WORDS})"
_BEFORE_PART = re.compile(rf"{_BESIDE}{{0,60}}")
_BEFORE_SUMMARY = re.compile(r"[\s,:'()的之中里内]{0,9}(?:无编号|unnumbered)?\s?")  # not "summary of para. 44"
_AFTER_PART = re.compile(
    rf"\s?\(\s?|[\s,]?\s?(?:of|in|to|from)\s(?:(?:the|its|this)\s)?(?:{MASK}++(?:'s)?\s?)?|\s?{MASK}++(?:'s)?\s?"
)
_BEFORE_NUMBER = re.compile(rf"(?:{_BESIDE}|{_PARTS}|号?决议|号?决定|resolution|decision){{0,60}}")
_AFTER_NUMBER = re.compile(
    rf"\s?\(\s?|[\s,]?\s?(?:of|in|to|from)\s(?:(?:the|its)\s)?(?:{_PARTS}\s(?:of|to|in)\s(?:the\s)?)?"
    r"(?:(?:report|document|file|resolution|decision)s?\s)?"
)
_JOINED = re.compile(r"[\s,、;]{0,3}(?P<joint>和|以及|及|与|或|至|到|-|~|and\b|&|or\b|to\b|through\b)?\s?(?:the\s)?")
RANGE = {"至", "到", "-", "~", "to", "through"}
UNPRINTED = {"front", "summary"}  # parts whose paragraphs are found only where the reference says so
LONGEST_RANGE = 200  # paragraphs; a slip of the pen may ask for a million
NEAR = 40  # characters between a report's name and a number that goes with it for want of a nearer name


@dataclass(frozen=True, slots=True)
class Reference:
    """A paragraph named in a text. No report or part means that none was named beside it."""

    report: str | None
    part: str | None
    number: str
    row: bool = False
    unnumbered: bool = False  # one whose number is not printed but counted
    footnote: bool = False  # the number is a footnote's mark
    occurrence: int | None = None  # which of the paragraphs printed with one number

    def names(self, paragraph: Paragraph) -> bool:
        """Whether it names a paragraph, or a footnote of it.

        One that is not printed with a number answers to no number: it is asked for as unnumbered, or by its id.
        """
        number, part = self.number, self.part
        if self.report not in (None, paragraph.report):
            return False
        if self.footnote:
            return part in (None, paragraph.part) and any(note.mark == number for note in paragraph.footnotes)
        if self.row or paragraph.is_row:
            in_part = part is None or paragraph.part == f"{part}-table"
            return self.row and paragraph.is_row and in_part and paragraph.number == number
        if part not in (None, paragraph.part) or (paragraph.part in UNPRINTED and not part):
            return False
        if paragraph.printed is None and (self.unnumbered or paragraph.part in UNPRINTED):
            return paragraph.number in (number, f"p{number}")
        if self.unnumbered or self.occurrence:
            return paragraph.number == (number if self.occurrence == 1 else f"{number}-{self.occurrence}")
        return number in (paragraph.number, paragraph.printed)


@dataclass(frozen=True, slots=True)
class Printed:
    """The paragraphs that stand together in a text ("paras. 21-23"), and where; without the name of their report."""

    references: tuple[Reference, ...]
    report: str | None  # "" for a document that is not in the index, None where none is named
    beside: bool  # whether the document is named beside them, not only somewhere in the text
    start: int
    end: int

    @property
    def of_footnotes(self) -> bool:
        """Whether they are footnotes."""
        return any(each.footnote for each in self.references)


def printed_references(text: str, reports: Iterable[Report]) -> tuple[list[Printed], list[NamedReport]]:
    """The paragraphs a text names and the documents it names, each where it stands in the text as given, in order."""
    folded, offsets = fold_with_offsets(text)
    printed, names = read_references(folded, named_reports(folded, reports))
    of_paragraphs = [each for each in printed if not each.of_footnotes]
    groups = [replace(each, start=offsets[each.start], end=offsets[each.end - 1] + 1) for each in of_paragraphs]
    return groups, [replace(name, start=offsets[name.start], end=offsets[name.end - 1] + 1) for name in names]


def read_references(
    folded: str, names: Iterable[NamedReport], question: bool = False
) -> tuple[list[Printed], list[NamedReport]]:
    """The paragraphs and footnotes a folded text names and all documents it names, in order.

    In a question, a part named anywhere goes with the numbers that have none beside them.
    """
    names = _with_foreign(folded, names)
    masked = mask(folded, names, keep_outcome=True)
    matches = list(NUMBERED.finditer(masked))
    only = names[0].report if len({name.report for name in names}) == 1 else None
    printed: list[Printed] = []
    report = part = None
    for match, own in zip(matches, _parts(masked, matches, question), strict=True):
        before = printed[-1] if printed else None
        joined = _JOINED.fullmatch(masked, before.end, match.start()) if before else None
        named = _report_beside(masked, match, names)
        beside = named is not None
        if joined and before and not beside:
            part, beside = own or part, before.beside
        else:
            report, part = named, own
        if report is None:
            report = only if only is not None else _nearest(names, match)
        like = Reference(
            report,
            part,
            "",
            row=bool(match["row_zh"] or match["row_en"]),
            unnumbered=bool(match["unnumbered"]),
            footnote=bool(match["note"] or match["note_zh"] or match["note_nth"]),
            occurrence=int(match["occurrence"]) if match["occurrence"] else None,
        )
        numbers = list(_numbers(match["zh"] or match["plain"] or match["marks"] or match["en"] or match["nth"]))
        first = before.references[-1] if before and before.references and joined and joined["joint"] in RANGE else None
        if first and numbers and like == replace(first, number=""):
            numbers = [*_between(first.number, numbers[0]), *numbers]
        references = tuple(replace(like, number=number) for number in numbers)
        printed.append(Printed(references, report, beside, *match.span()))
    return printed, names


def _with_foreign(folded: str, names: Iterable[NamedReport]) -> list[NamedReport]:
    """The reports named, and the documents named by a symbol of their own, in order."""
    known = list(names)
    foreign = [NamedReport("", each.start, each.end) for each in symbols(folded)]
    others = [each for each in foreign if not any(n.start < each.end and each.start < n.end for n in known)]
    return sorted([*known, *others], key=lambda name: name.start)


def mask(folded: str, names: Iterable[NamedReport], keep_outcome: bool = False) -> str:
    """The text with its names of documents masked, each offset kept; an outcome may still be called one."""
    kept = r"(outcome|成果)|." if keep_outcome else "()."
    for name in names:
        hidden = re.sub(kept, lambda part: part[1] or MASK, folded[name.start : name.end], flags=re.DOTALL)
        folded = folded[: name.start] + hidden + folded[name.end :]
    return folded


def _parts(masked: str, matches: Sequence[re.Match[str]], question: bool) -> list[str | None]:
    """The part of a report that goes with each of the numbers: named beside it, or else anywhere in a question."""
    parts = list(PART.finditer(masked))
    denied = [part for part in parts if _DENIED.search(masked, max(0, part.start() - 30), part.start())]
    meant = [part for part in parts if part not in denied]
    before = [_part_before(masked, match, meant) for match in matches]
    free = [part for part in meant if part not in before]
    owned = [one or _part_after(masked, match, free) for one, match in zip(before, matches, strict=True)]
    if any(owned) or not question:
        return [part_name(part) if part else None for part in owned]
    stated = {part_name(part) for part in meant} - UNPRINTED
    if denied and not stated:
        stated = {"main"} if "main" not in map(part_name, denied) else {"annex"}
    return [stated.pop() if len(stated) == 1 else None] * len(matches)


def _part_before(masked: str, match: re.Match[str], parts: Sequence[re.Match[str]]) -> re.Match[str] | None:
    part = next((part for part in reversed(parts) if part.end() <= match.start()), None)
    if part is None:
        return None
    gap = _BEFORE_SUMMARY if part[0] in {"summary", "摘要"} else _BEFORE_PART
    return part if gap.fullmatch(masked, part.end(), match.start()) else None


def _part_after(masked: str, match: re.Match[str], parts: Sequence[re.Match[str]]) -> re.Match[str] | None:
    part = next((part for part in parts if part.start() >= match.end()), None)
    return part if part and _AFTER_PART.fullmatch(masked, match.end(), part.start()) else None


def part_name(named: re.Match[str]) -> str:
    """The part of a report that a word for one means: "main", "summary", "front", "annex", "annex-2" and so on."""
    for part, words in (("main", "正文 main proper"), ("summary", "摘要 summary"), ("front", "标题页 title")):
        if any(word in named[0] for word in words.split()):
            return part
    place = ANNEXES[named["annex"]] if named["annex"] else 1
    return "annex" if place == 1 else f"annex-{place}"


def _report_beside(masked: str, match: re.Match[str], names: Sequence[NamedReport]) -> str | None:
    """The document that goes with a number by the words between them: "" for one that is not in the index."""
    after = next((name for name in names if name.start >= match.end()), None)
    if after and _AFTER_NUMBER.fullmatch(masked, match.end(), after.start):
        return after.report
    before = next((name for name in reversed(names) if name.end <= match.start()), None)
    return before.report if before and _BEFORE_NUMBER.fullmatch(masked, before.end, match.start()) else None


def _nearest(names: Sequence[NamedReport], match: re.Match[str]) -> str | None:
    distances = [(max(match.start() - name.end, name.start - match.end()), name.report) for name in names]
    distance, report = min(distances, default=(NEAR + 1, None))
    return report if distance <= NEAR else None


def _numbers(written: str) -> Iterator[str]:
    """The numbers a written list or range holds; "24-2" is the second paragraph printed 24.

    >>> list(_numbers("21 (a), 24-26和二十八"))
    ['21', '24', '25', '26', '28']
    """
    bare = re.sub(r"\([^)]{1,4}\)", " ", written)
    tokens = re.findall(
        rf"\d{{1,3}}(?:-\d{{1,2}})?(?!\d)|\d{{1,9}}|[{_HAN}]{{1,6}}|{ENGLISH}|[^\s第,、\d{_HAN}]{{1,7}}",
        bare,
    )
    previous, joint = "", ""
    for token in tokens:
        value = read_number(token) if not re.fullmatch(r"\d+-\d+", token) else None
        low, dash, high = token.partition("-")
        if dash and low.isdigit():
            yield from [low, *_between(low, high), high] if int(low) < int(high) else [token]
            previous = high
        elif value is not None:
            number = str(value.value)
            yield from _between(previous, number) if previous and joint in RANGE else []
            yield number
            previous = number
        joint = token


def _between(low: str, high: str) -> Iterator[str]:
    """The numbers between two ends of a range, neither included."""
    if low.isdigit() and high.isdigit() and int(high) - int(low) <= LONGEST_RANGE:
        yield from map(str, range(int(low) + 1, int(high)))
