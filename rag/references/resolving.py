"""References to the paragraphs of the reports they name, and what to say where they name none."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from rag.errors import UnknownParagraph
from rag.records import Paragraph, Report
from rag.references.naming import NamedReport, folded_name, named_reports, names_of
from rag.references.reading import DIGITS, MASK, NUMBERED, PART, Reference, read_references
from rag.text import fold

FILLER = re.compile(  # what may stand beside a reference in a question that asks for nothing more
    r"\b(?:what|which|does|do|did|is|are|was|were|in|of|the|says?|said|show|me|read|quote|please|give|text|full|whole|about"
    r"|to|tell|and|from|report|document|contents?|can|could|would|you|i|see|open|find|display|print|cite|it|there|there's"
    r"|summari[sz]e|summary|explain|describe|discuss|stated?|states|mean|meaning|main|points?|exact|wording|word|for|an?|out)\b"
    r"|请|问|讲|说|了|的|什么|啥|些|内容|是|写|全文|原文|显示|给我|我|想|看|一下|怎么|有|哪些|报告|文件|引用|列出|把|念|里|中|和|与|以及"
    r"|分别|规定|提到|到|呢|吗|如何|概括|概述|总结|归纳|解释|说明|意思|大意|主要|要点|谈|关于|段落|那|告诉|帮|查|找|打开"
)
_LOCATOR = re.compile(r"#([a-z0-9][a-z0-9-]{0,39})")
_LAST_NUMBER = re.compile(rf"(?<![\w/#.-]){DIGITS}$")
UNPRINTED = {"front", "summary"}  # parts whose paragraphs are found only where the reference says so


def named_paragraphs(
    question: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]
) -> tuple[list[Paragraph], bool]:
    """The paragraphs a question names, and whether it asks for nothing else.

    A number with neither a report nor a part beside it names a paragraph only when the question is nothing more:
    "第38段" may be another instrument's.
    """
    folded, names = fold(question), named_reports(question, reports.values())
    by_place = {(paragraph.report, paragraph.locator): paragraph for paragraph in paragraphs} if "#" in folded else {}
    named = [by_place[place] for place in _ids_in(folded, reports) if place in by_place]
    found = read_references(folded, names)
    bare = (bool(named) or bool(found)) and _is_bare(folded, names)
    for reference in found:
        if reference.report or reference.part or bare:
            named.extend(resolve(reference, paragraphs))
    return list({paragraph.id: paragraph for paragraph in named}.values()), bool(named) and bare


def resolve(reference: Reference, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs a reference names: the report proper first, as printed, then annexes."""
    named = [paragraph for paragraph in paragraphs if _matches(reference, paragraph)]
    if not named and not reference.row:  # "para. 3" of a text that prints no numbers
        counted = replace(reference, unnumbered=True)
        named = [paragraph for paragraph in paragraphs if _matches(counted, paragraph)]
    return sorted(named, key=lambda paragraph: paragraph.part != "main")


def find_paragraphs(written: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs any printed form names; UnknownParagraph offers the nearest ids where it names none."""
    named, _ = named_paragraphs(written, reports, paragraphs)
    if not named and (number := _LAST_NUMBER.search(fold(written))):  # "S/2021/839 21", "BMS7 annex 92"
        named, bare = named_paragraphs(f"{fold(written)[: number.start()]} para {number[0]}", reports, paragraphs)
        named = named if bare and named_reports(written, reports.values()) else []
    if not named:
        raise UnknownParagraph(_unknown(written, reports, paragraphs))
    return named


def _matches(reference: Reference, paragraph: Paragraph) -> bool:
    if reference.report not in (None, paragraph.report):
        return False
    number = reference.number
    if reference.row or paragraph.is_row:
        in_part = reference.part is None or paragraph.part == f"{reference.part}-table"
        return reference.row and paragraph.is_row and in_part and paragraph.number == number
    if paragraph.part != (reference.part or paragraph.part) or (paragraph.part in UNPRINTED and not reference.part):
        return False
    if paragraph.printed is None and (reference.unnumbered or paragraph.part in UNPRINTED):
        return paragraph.number in (number, f"p{number}")
    if reference.unnumbered or reference.occurrence:
        return paragraph.number == (number if reference.occurrence == 1 else f"{number}-{reference.occurrence}")
    return number in (paragraph.number, paragraph.printed)


def _ids_in(folded: str, reports: Mapping[str, Report]) -> Iterator[tuple[str, str]]:
    """(report id, locator) of each id that stands in a folded text, in order."""
    for match in _LOCATOR.finditer(folded):
        before = folded[: match.start()]
        names = (
            (name, report.id) for report in reports.values() for name in {*names_of(report), folded_name(report.id)}
        )
        called = [(len(name), report) for name, report in names if before.endswith(name)]
        if called:
            yield max(called)[1], match[1].removeprefix("main-").rstrip("-")


def _is_bare(folded: str, names: Sequence[NamedReport]) -> bool:
    """Whether nothing but references and the words around them is left of a question."""
    rest = folded
    for name in reversed(names):
        rest = rest[: name.start] + MASK + rest[name.end :]
    rest = re.sub(rf"(?:{MASK}|\S{{1,80}}){_LOCATOR.pattern}", " ", rest)
    for pattern in (NUMBERED, PART, re.compile(MASK), FILLER):
        rest = pattern.sub(" ", rest)
    return not re.search(r"\w", rest)


def _unknown(written: str, reports: Mapping[str, Report], paragraphs: Collection[Paragraph]) -> str:
    """What to say of a reference that names nothing: the nearest ids, those of the report it names first."""
    folded = fold(written)
    names = named_reports(written, reports.values())
    within = [p.id for p in paragraphs if not names or p.report == names[0].report]
    within = within or [p.id for p in paragraphs]  # a report may hold nothing but footnotes
    wanted = f"{names[0].report}#{folded[names[0].end :].strip(' ,#')}" if names else folded
    near = get_close_matches(wanted, within, n=3, cutoff=0.6) or within[:1] + within[1:][-1:]
    if not near:
        return f"No paragraph is named by {written[:80]!r}: the index holds none. Build it with: rapporteur build"
    nearest = ", ".join(near)
    return f'No paragraph is named by {written[:80]!r}. Nearest: {nearest}. Show one with: rapporteur show "{near[0]}"'
