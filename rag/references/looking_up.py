"""A question to the paragraphs and footnotes its references ask to be looked up, and to those that are not there."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from rag.errors import UnknownParagraph
from rag.records import Footnote, Paragraph, Report
from rag.references.naming import NamedReport, described_reports, named_reports
from rag.references.reading import DIGITS, MASK, NUMBERED, PART, UNPRINTED, Printed, Reference, read_references
from rag.references.resolving import LOCATOR, ids_in, resolve
from rag.text import fold, fold_with_offsets, symbols

NEAREST = 5  # paragraphs offered for one that is not there
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
    forms: Callable[[str], Iterable[str]] = lambda name: [name],
    left_out: Collection[str] = (),
) -> LookUp:
    """What a question's references resolve to; `forms` gives what else a body is called, `left_out` reports filtered.

    A number with neither a report nor a part beside it names a paragraph only when the question is nothing more:
    "第38段" may be another instrument's.
    """
    folded, offsets = fold_with_offsets(question)
    names = named_reports(folded, reports.values())
    ids = list(ids_in(folded, reports)) if "#" in folded else []
    groups, _ = read_references(folded, names, question=True)
    if not groups and not ids:
        return LookUp()
    readings = _readings(folded, names, list(reports.values()), forms)
    bare = _is_bare(folded, readings[0])
    if not bare:  # words that fit several reports are too little to go by
        readings = readings if len(readings) == 1 else [names]
    found = [_Asked(folded, reading, bare, paragraphs, left_out) for reading in readings]
    foreign = {name: question[offsets[name.start] : offsets[name.end - 1] + 1] for one in found for name in one.foreign}
    documents = dict.fromkeys(_symbol(written) for written in foreign.values())
    among = tuple(report for report in reports if report not in left_out)
    return replace(_put_together(found, ids, bare, paragraphs, tuple(documents)), among=among)


def named_paragraphs(
    question: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]
) -> tuple[list[Paragraph], bool]:
    """The paragraphs a question names, and whether it asks for nothing else."""
    asked = look_up(question, reports, paragraphs)
    return asked.named, asked.only


def find_paragraphs(written: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs any printed form names; UnknownParagraph offers the nearest ids where it names none."""
    named, _ = named_paragraphs(written, reports, paragraphs)
    if not named and (number := _LAST_NUMBER.search(fold(written))):  # "S/2021/839 21", "BMS7 annex 92"
        named, bare = named_paragraphs(f"{fold(written)[: number.start()]} para {number[0]}", reports, paragraphs)
        named = named if bare and named_reports(written, reports.values()) else []
    if not named:
        raise UnknownParagraph(_unknown(written, reports, paragraphs))
    return named


def _readings(
    folded: str,
    names: Sequence[NamedReport],
    reports: Sequence[Report],
    forms: Callable[[str], Iterable[str]],
) -> list[list[NamedReport]]:
    """The documents a question names, once for each report that its descriptions fit; "" for one that is not there."""
    certain = list(names)
    open_: list[tuple[tuple[str, ...], int, int]] = []
    for told in described_reports(folded, reports, forms):
        inside = [name for name in certain if name.start < told.end and told.start < name.end]
        fitting = [name.report for name in inside if name.report in told.reports] or list(told.reports)
        if inside and told.reports and fitting == list(told.reports) and len(fitting) > 1:
            continue  # the name beside it says more
        start, end = min([told.start, *(n.start for n in inside)]), max([told.end, *(n.end for n in inside)])
        certain = [name for name in certain if name not in inside]
        if len(set(fitting)) > 1:
            open_.append((told.reports, start, end))
        else:
            certain.append(NamedReport(fitting[0] if fitting else "", start, end))
    choices = list(dict.fromkeys(report for fitting, _, _ in open_ for report in fitting))
    open_names = [[NamedReport(r, start, end) for fitting, start, end in open_ if r in fitting] for r in choices]
    return [sorted([*certain, *chosen], key=lambda name: name.start) for chosen in open_names or [[]]]


class _Asked:
    """What one reading of a question names: paragraphs, footnotes, and references that name nothing."""

    def __init__(
        self,
        folded: str,
        names: Sequence[NamedReport],
        bare: bool,
        paragraphs: Sequence[Paragraph],
        left_out: Collection[str],
    ) -> None:
        here = [replace(name, report="") if name.report in left_out else name for name in names]
        self._folded, self._bare, self._paragraphs = folded, bare, paragraphs
        self.groups, self.names = read_references(folded, here, question=True)
        self.paragraphs: list[Paragraph] = []
        self.footnotes: list[tuple[Paragraph, Footnote]] = []
        self.lacking: list[tuple[Reference, tuple[str, ...]]] = []  # with the paragraphs whose footnotes they are
        self.foreign: list[NamedReport] = []  # where they stand
        self.ambiguous = False
        self.wants_footnotes = _ON_FOOTNOTES.search(folded) is not None
        owners = {id(owner) for group in self.groups if (owner := self._owner(group))}
        for group in self.groups:
            if group.report == "":
                self._leave(group)
            elif id(group) not in owners and self._is_looked_up(group):
                self._take(group)

    def _is_looked_up(self, group: Printed) -> bool:
        """Whether the question looks into what a group names, rather than asking about it or another document's."""
        before, after = self._folded[: group.start], self._folded[group.end :]
        if _DONE_BEFORE.search(before[-60:]) or _DONE_AFTER.match(after):
            return False
        closed = _CLOSED.search(before)
        closed_by_name = closed and any(name.end == closed.start() for name in self.names if name.report)
        return group.beside or not (_OF_ANOTHER.match(after) or (closed and not closed_by_name))

    def _owner(self, group: Printed) -> Printed | None:
        """The paragraphs whose footnotes a group of footnotes is: "footnote 3 of para. 29", "第29段的脚注3"."""
        if not group.references or not group.references[0].footnote:
            return None
        for other in self.groups:
            if other.references and not other.references[0].footnote and other.report == group.report:
                gap = self._folded[min(group.end, other.end) : max(group.start, other.start)]
                if _BETWEEN_NOTE.fullmatch(gap):
                    return other
        return None

    def _take(self, group: Printed) -> None:
        owner = self._owner(group)
        within = (
            [p for each in owner.references for p in resolve(each, self._paragraphs)] if owner else self._paragraphs
        )
        for reference in group.references:
            if not (reference.report or reference.part or self._bare):
                continue
            found = resolve(reference, within)
            self.ambiguous = self.ambiguous or len(found) > 1
            if reference.footnote:
                self.footnotes += [(p, note) for p in found for note in p.footnotes if note.mark == reference.number]
            else:
                self.paragraphs += found
            if not found and (self._bare or group.beside):
                self.lacking.append((reference, tuple(each.number for each in owner.references) if owner else ()))

    def _leave(self, group: Printed) -> None:
        """Note a document that is not there, where the question does nothing but look it up."""
        known = any(name.report for name in self.names)
        if self._bare and (not known or any(each.report and each.beside for each in self.groups)):
            foreign = (name for name in self.names if name.report == "")
            self.foreign.append(min(foreign, key=lambda name: abs(name.start - group.start)))


def _put_together(
    found: Sequence[_Asked],
    ids: Sequence[tuple[str, str]],
    bare: bool,
    paragraphs: Sequence[Paragraph],
    documents: Sequence[str],
) -> LookUp:
    """The look-up that the readings of a question come to; those that find something count, if any do."""
    by_place = {(paragraph.report, paragraph.locator): paragraph for paragraph in paragraphs} if ids else {}
    some = [asked for asked in found if asked.paragraphs or asked.footnotes] or found
    named = [by_place[place] for place in ids if place in by_place]
    named += [paragraph for asked in some for paragraph in asked.paragraphs]
    notes = [note for asked in some for note in asked.footnotes]
    lacking: list[tuple[Reference, tuple[str, ...]]] = [
        (Reference(report, None, locator), ()) for report, locator in ids if (report, locator) not in by_place
    ]
    lacking += [each for asked in some for each in asked.lacking]
    if bare and not notes and any(asked.wants_footnotes for asked in some):
        notes = [(paragraph, note) for paragraph in named for note in paragraph.footnotes]
        named = [] if notes else named
    missing = [Missing(Reference(None, None, ""), document=document) for document in documents]
    missing += _by_kind(lacking)
    return LookUp(
        paragraphs=tuple({paragraph.id: paragraph for paragraph in named}.values()),
        footnotes=tuple({(carrier.id, note.mark): (carrier, note) for carrier, note in notes}.values()),
        only=bare and bool(named or notes),
        ambiguous=any(asked.ambiguous for asked in some) or len(some) > 1,
        missing=tuple(missing),
        near=tuple(_nearest(lacking[0][0], paragraphs)) if lacking and lacking[0][0].report else (),
    )


def _symbol(written: str) -> str:
    """A document as it is written, by its symbol where it has one."""
    found = symbols(written)
    return found[0].canonical if found else written


def _by_kind(lacking: Iterable[tuple[Reference, tuple[str, ...]]]) -> Iterator[Missing]:
    """The references that name nothing, those of one report and part together."""
    kinds: dict[tuple[Reference, tuple[str, ...]], list[str]] = {}
    for reference, within in lacking:
        kinds.setdefault((replace(reference, number="", occurrence=None), within), []).append(reference.number)
    for (like, within), numbers in kinds.items():
        yield Missing(like, tuple(dict.fromkeys(numbers)), within)


def _nearest(lacking: Reference, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs of a report nearest to a number it lacks, by number."""
    there = [each for each in paragraphs if each.report == lacking.report]
    if lacking.footnote:
        there = [each for each in there if each.footnotes]
    else:
        there = [each for each in there if each.is_row == lacking.row and each.part not in UNPRINTED - {lacking.part}]
    there = [each for each in there if lacking.part in (None, each.part.removesuffix("-table"))] or there
    wanted = _leading(lacking.number)

    def distance(each: Paragraph) -> int:
        numbers = [note.mark for note in each.footnotes] if lacking.footnote else [each.number]
        return min(abs(_leading(number) - wanted) for number in numbers)

    return sorted(there, key=distance)[:NEAREST]


def _leading(number: str) -> int:
    digits = re.search(r"\d{1,9}", number)
    return int(digits[0]) if digits else 0


def _is_bare(folded: str, names: Sequence[NamedReport]) -> bool:
    """Whether nothing but references and the words around them is left of a question."""
    _, placed = read_references(folded, names)
    rest = folded
    for name in reversed(placed):
        rest = rest[: name.start] + MASK + rest[name.end :]
    rest = re.sub(rf"(?:{MASK}|\S{{1,80}}){LOCATOR.pattern}", " ", rest)
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
