"""A question to the paragraphs and footnotes its references ask to be looked up, and to those that are not there."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from rag.errors import UnknownParagraph
from rag.records import Footnote, Paragraph, Report
from rag.references.naming import Forms, NamedReport, folded_name, named_reports, names_of, read_names
from rag.references.reading import DIGITS, MASK, NUMBERED, PART, UNPRINTED, Printed, Reference, mask, read_references
from rag.text import fold, fold_with_offsets, symbols

NEAREST = 5  # paragraphs offered for one that is not there
LOCATOR = re.compile(r"#([a-z0-9][a-z0-9-]{0,39})")
FILLER = re.compile(  # what may stand beside a reference in a question that asks for nothing more
    r"\b(?:what|which|does|do|did|is|are|was|were|in|of|the|says?|said|show|me|read|quote|please|give|text|full|whole|about"
    r"|to|tell|and|from|report|document|contents?|can|could|would|you|i|see|open|find|display|print|cite|it|there|there's"
    r"|summari[sz]e|summary|explain|describe|discuss|stated?|states|mean|meaning|main|points?|exact|wording|word|for|an?|out"
    r"|not|only|just|rather|than|instead|except|let|look|up|get|want|need|us|this|that|these|verbatim|has|have|on|s"
    r"|resolution|decision|foot ?notes?)\b"
    r"|请|问|讲|说|了|的|什么|啥|些|内容|是|写|全文|原文|显示|给我|我|想|看|一下|怎么|有|哪些|报告|文件|引用|列出|把|念|里|中|和|与|以及"
    r"|分别|规定|提到|到|呢|吗|如何|概括|概述|总结|归纳|解释|说明|意思|大意|主要|要点|谈|关于|段落|那|告诉|帮|查|找|打开|介绍|要|只"
    r"|不|而非|并非|决议|决定|号|第|脚注|注释"
)
_LAST_NUMBER = re.compile(rf"(?<![\w/#.-]){DIGITS}$")
# A paragraph that something is done to is what a question is about, not where its answer stands.
_DONE = (
    r"(?:vot(?:e|es|ed|ing)|keep(?:ing)?|kept|retain\w*|retention|delet\w+|remov\w+|amend\w*|adopt\w*|replac\w+|insert\w*"
    r"|reject\w*|object\w*|oppos\w+|reservations?|negotiat\w+|drop(?:ped|ping)?|strik\w+|withdr\w+)"
)
_DONE_ZH = r"(?:保留|删除|删去|删掉|去掉|修正|修改|表决|否决|反对|撤销|取消|替换|投票|去留|存废|票数)"
_DONE_BEFORE = re.compile(
    rf"\b{_DONE}(?:\s(?:on|to|of|the|for|against|over|with|text|wording|language)){{0,4}}\s$|{_DONE_ZH}[^,;。?]{{0,25}}$"
)
_DONE_AFTER = re.compile(
    rf"(?:\s(?:of|in|to)\s[^,;?]{{0,40}}?)?(?:\s(?:was|were|is|be|been|being))?\s(?:put to (?:a|the) vote\b|{_DONE}\b)"
    rf"|[^,;。?]{{0,9}}?{_DONE_ZH}"
)
_OF_ANOTHER = re.compile(  # "paragraph 38 of the Programme of Action", where no report is named beside the number
    r"\s?,?\s?(?:(?:of|in|to|under)\s(?:the|its|this|that)|of)\s(?!(?:the\s)?(?:reports?|documents?|texts?|main|annex(?:es)?"
    r"|appendix|summary|outcome|same|files?|foot ?notes?|table|para(?:graph)?s?|pp?)\b)[a-z]"
)
_ON_FOOTNOTES = re.compile(r"脚注|注释|\bfoot ?notes?\b")
_CLOSED = re.compile(r"》\s?[的中里之]?\s?$")
_BETWEEN_NOTE = re.compile(r"[\s,(]{0,3}(?:(?:of|to|in|on|under|for)\s(?:the\s)?)?[的中之]{0,2}\s?")


@dataclass(frozen=True, slots=True)
class Missing:
    """Numbers that a report does not have, or a document that is not among the reports."""

    like: Reference  # what they are numbers of; its report is None where every report was looked in
    numbers: tuple[str, ...] = ()
    within: tuple[str, ...] = ()  # the numbers of the paragraphs whose footnotes were asked for
    document: str = ""  # as written, one that is not there


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the references of a question resolve to."""

    paragraphs: tuple[Paragraph, ...] = ()
    footnotes: tuple[tuple[Paragraph, Footnote], ...] = ()  # each with the paragraph that carries it
    only: bool = False  # whether the question asks for nothing else
    ambiguous: bool = False  # whether one number names several paragraphs
    missing: tuple[Missing, ...] = ()
    near: tuple[Paragraph, ...] = ()  # of the report that lacks a number, nearest to it first
    among: tuple[str, ...] = ()  # the reports looked in

    @property
    def named(self) -> list[Paragraph]:
        """The paragraphs to show, those that carry a footnote asked for among them."""
        return list(
            {each.id: each for each in (*self.paragraphs, *(carrier for carrier, _ in self.footnotes))}.values()
        )

    @property
    def in_vain(self) -> bool:
        """Whether the question asks for what is not there, and for nothing that is."""
        return bool(self.missing) and not self.paragraphs and not self.footnotes


def look_up(
    question: str,
    reports: Mapping[str, Report],
    paragraphs: Sequence[Paragraph],
    forms: Forms = lambda name: [name],
    left_out: Collection[str] = (),
) -> LookUp:
    """What a question's references resolve to; `forms` gives what else a body is called, `left_out` reports filtered.

    A number with neither a report nor a part beside it names a paragraph only when the question is nothing more:
    "第38段" may be another instrument's.
    """
    folded, offsets = fold_with_offsets(question)
    names = named_reports(folded, reports.values())
    by_id = _find_ids(folded, reports, paragraphs, left_out)
    if by_id == _Found() and not read_references(folded, names, question=True)[0]:
        return LookUp()
    readings = read_names(folded, names, reports.values(), forms)
    bare = _is_bare(folded, readings[0])
    if not bare and len(readings) > 1:
        readings = [names]  # words that fit several reports are too little to go by
    here = [[replace(name, report="") if name.report in left_out else name for name in each] for each in readings]
    found = [_find(folded, each, bare, paragraphs) for each in here]
    some = [each for each in found if each.paragraphs or each.footnotes] or found
    named = [paragraph for each in (by_id, *some) for paragraph in each.paragraphs]
    notes = [note for each in some for note in each.footnotes]
    lacking: dict[tuple[Reference, tuple[str, ...]], dict[str, None]] = {}
    for like, within, number in (one for each in (by_id, *some) for one in each.lacking):
        lacking.setdefault((like, within), {})[number] = None
    if bare and not notes and _ON_FOOTNOTES.search(folded):
        notes = [(paragraph, note) for paragraph in named for note in paragraph.footnotes]
        named = [] if notes else named
    foreign = [
        question[offsets[name.start] : offsets[name.end - 1] + 1] for each in (by_id, *found) for name in each.foreign
    ]
    documents = dict.fromkeys(next((symbol.canonical for symbol in symbols(each)), each) for each in foreign)
    (like, _), numbers = next(iter(lacking.items()), ((Reference(None, None, ""), ()), {}))
    return LookUp(
        paragraphs=tuple({paragraph.id: paragraph for paragraph in named}.values()),
        footnotes=tuple({(carrier.id, note.mark): (carrier, note) for carrier, note in notes}.values()),
        only=bare and bool(named or notes),
        ambiguous=any(each.ambiguous for each in some) or len(some) > 1,
        missing=(
            *(Missing(Reference(None, None, ""), document=document) for document in documents),
            *(Missing(like, tuple(numbers), within) for (like, within), numbers in lacking.items()),
        ),
        near=tuple(_nearest(like, next(iter(numbers)), paragraphs)) if like.report else (),
        among=tuple(report for report in reports if report not in left_out),
    )


def find_paragraphs(written: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs any printed form names; UnknownParagraph offers the nearest ids where it names none."""
    named = look_up(written, reports, paragraphs).named
    if not named and (number := _LAST_NUMBER.search(fold(written))):  # "S/2021/839 21", "BMS7 annex 92"
        asked = look_up(f"{fold(written)[: number.start()]} para {number[0]}", reports, paragraphs)
        named = asked.named if asked.only and named_reports(written, reports.values()) else []
    if not named:
        raise _unknown(written, reports, paragraphs)
    return named


def resolve(reference: Reference, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs a reference names, or whose footnote it does: the report proper first, then annexes."""
    named = [paragraph for paragraph in paragraphs if reference.names(paragraph)]
    return sorted(named, key=lambda paragraph: paragraph.part != "main")


@dataclass
class _Found:
    """What one reading of a question names: paragraphs, footnotes, and what is not there."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    footnotes: list[tuple[Paragraph, Footnote]] = field(default_factory=list)
    lacking: list[tuple[Reference, tuple[str, ...], str]] = field(default_factory=list)  # as in Missing
    foreign: list[NamedReport] = field(default_factory=list)  # documents
    ambiguous: bool = False


def _find_ids(
    folded: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], left_out: Collection[str]
) -> _Found:
    """The paragraphs whose ids stand in a text, in order."""
    found = _Found()
    for match in LOCATOR.finditer(folded):
        before = folded[: match.start()]
        names = [(name, each.id) for each in reports.values() for name in (*names_of(each), folded_name(each.id))]
        if called := max(((len(name), report) for name, report in names if before.endswith(name)), default=None):
            (length, report), locator = called, match[1].removeprefix("main-").rstrip("-")
            named = [each for each in paragraphs if each.report == report and each.locator == locator]
            found.paragraphs += named
            if report in left_out:
                found.foreign.append(NamedReport("", match.start() - length, match.start()))
            elif not named:
                found.lacking.append((Reference(report, None, ""), (), locator))
    return found


def _find(folded: str, names: Sequence[NamedReport], bare: bool, paragraphs: Sequence[Paragraph]) -> _Found:
    """What the references of a text name, read with these names of documents, "" for one that is not there."""
    groups, names = read_references(folded, names, question=True)
    owners = [_owner(folded, group, groups) for group in groups]
    found = _Found()
    for group, owner in zip(groups, owners, strict=True):
        if group.report != "":
            if group not in owners and _is_looked_up(folded, group, names):
                _take(found, group, owner, bare, paragraphs)
        elif bare and (not any(n.report for n in names) or any(each.report and each.beside for each in groups)):
            foreign = [name for name in names if name.report == ""]
            found.foreign.append(min(foreign, key=lambda name: abs(name.start - group.start)))
    return found


def _owner(folded: str, group: Printed, groups: Sequence[Printed]) -> Printed | None:
    """The paragraphs whose footnotes a group of footnotes is: "footnote 3 of para. 29", "第29段的脚注3"."""
    for other in groups if group.of_footnotes else ():
        between = folded[min(group.end, other.end) : max(group.start, other.start)]
        beside = other.report == group.report and _BETWEEN_NOTE.fullmatch(between)
        if beside and other.references and not other.of_footnotes:
            return other
    return None


def _is_looked_up(folded: str, group: Printed, names: Sequence[NamedReport]) -> bool:
    """Whether a question looks into what a group names, rather than asking about it or another document's."""
    before, after = folded[: group.start], folded[group.end :]
    if _DONE_BEFORE.search(before[-60:]) or _DONE_AFTER.match(after):
        return False
    closed = _CLOSED.search(before)
    closed_by_name = closed and any(name.end == closed.start() for name in names if name.report)
    return group.beside or not (_OF_ANOTHER.match(after) or (closed and not closed_by_name))


def _take(found: _Found, group: Printed, owner: Printed | None, bare: bool, paragraphs: Sequence[Paragraph]) -> None:
    """Add what a group names, of the paragraphs that own it where it is of footnotes."""
    owning = owner.references if owner else ()
    within = [each for one in owning for each in resolve(one, paragraphs)] if owner else paragraphs
    for reference in group.references:
        if not (reference.report or reference.part or bare):
            continue
        here = resolve(reference, within)
        found.ambiguous |= len(here) > 1
        if reference.footnote:
            found.footnotes += [(p, note) for p in here for note in p.footnotes if note.mark == reference.number]
        else:
            found.paragraphs += here
        if not here and (bare or group.beside):
            like = replace(reference, number="", occurrence=None)
            found.lacking.append((like, tuple(each.number for each in owning), reference.number))


def _nearest(like: Reference, number: str, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs of a report nearest to a number it lacks, by number."""
    there = [each for each in paragraphs if each.report == like.report]
    if like.footnote:
        there = [each for each in there if each.footnotes]
    else:
        there = [each for each in there if each.is_row == like.row and each.part not in UNPRINTED - {like.part}]
    there = [each for each in there if like.part in (None, each.part.removesuffix("-table"))] or there

    def distance(each: Paragraph) -> int:
        numbers = [note.mark for note in each.footnotes] if like.footnote else [each.number]
        return min(abs(_leading(one) - _leading(number)) for one in numbers)

    return sorted(there, key=distance)[:NEAREST]


def _leading(number: str) -> int:
    digits = re.search(r"\d{1,9}", number)
    return int(digits[0]) if digits else 0


def _is_bare(folded: str, names: Sequence[NamedReport]) -> bool:
    """Whether nothing but references and the words around them is left of a question."""
    rest = mask(folded, read_references(folded, names)[1])
    rest = re.sub(rf"(?:{MASK}++|\S{{1,80}}){LOCATOR.pattern}", " ", rest)
    for pattern in (NUMBERED, PART, re.compile(MASK), FILLER):
        rest = pattern.sub(" ", rest)
    return not re.search(r"\w", rest)


def _unknown(written: str, reports: Mapping[str, Report], paragraphs: Collection[Paragraph]) -> UnknownParagraph:
    """What is told of a reference that names nothing: the nearest ids, those of the report it names first."""
    names = named_reports(written, reports.values())
    within = [p.id for p in paragraphs if not names or p.report == names[0].report]
    within = within or [p.id for p in paragraphs]  # a report may hold nothing but footnotes
    folded = fold(written)
    wanted = f"{names[0].report}#{folded[names[0].end :].strip(' ,#')}" if names else folded
    near = get_close_matches(wanted, within, n=3, cutoff=0.6) or within[:1] + within[1:][-1:]
    shown = repr(written[:80])[1:-1]
    if not near:
        return UnknownParagraph("reference-in-empty-index", written=shown)
    return UnknownParagraph("reference-unknown", written=shown, nearest=", ".join(near), first=near[0])
