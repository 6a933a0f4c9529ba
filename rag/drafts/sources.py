"""What a draft says where: its statements, and the paragraphs and documents each gives as its source."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.question import report_years
from rag.records import Paragraph, Report, Slice
from rag.references import NEAR, NamedReport, Printed, printed_references, resolve
from rag.text import language, sentences, symbols

_LINE = re.compile(r"[^\n]+")
_AGAIN = r"(?:\b(?:ibid(?:em)?|op\. ?cit|loc\. ?cit)\b\.?|同上|同前)"
_IBID = re.compile(_AGAIN, re.IGNORECASE)
# What says that a number without a report beside it goes with the report named last.
_GOES_WITH_LAST = re.compile(
    rf"(?:[(（\[][^()（）\[\]\n]{{0,30}}|{_AGAIN}[\s,，:：]{{0,3}}|(?:该|上述|这份|同一)报告(?:的|中)?|^\s*|[.。；;]\s*"
    r"|\b(?:the|that|this|same) report[\s,]{1,3})$",
    re.IGNORECASE,
)
_LOOKED_BACK = 60  # characters
_OF = re.compile(r"[\w(（]")  # stands between a number and the document named after it: "para. 5 of …"
_ID = re.compile(r"#([a-z0-9][a-z0-9-]{0,39})")
_CALLED_A_REPORT = re.compile(r"/|报告|report|\.\w{3,4}$", re.IGNORECASE)
_NOTE = re.compile(r"^(?:\[\^(?P<mark>\w{1,8})\]:|(?P<high>[⁰¹²³⁴-⁹]{1,3})(?=\s))[^\n]*", re.MULTILINE)
_NOTE_BELOW = re.compile(r"^(?P<mark>\d{1,3})[.)]?[ \t]+(?=\S)[^\n]*", re.MULTILINE)
_RULE = re.compile(r"^_{8,}$", re.MULTILINE)
_CALL = re.compile(r"\[\^(?P<mark>\w{1,8})\](?!:)|(?P<high>[⁰¹²³⁴-⁹]{1,3})")
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_BRACKET = re.compile(  # at the beginning of what follows a full stop
    r"\s*(?:[(（\[【](?:[^()（）\[\]【】\n]|[(（][^()（）\n]{0,40}[)）]|\[\^\w{1,8}\]){1,200}[)）\]】]|\[\^\w{1,8}\])[.。；;，,]?"
)
_ATTRIBUTION = re.compile(r"\s*(?:[—–―-]{1,3}|[(（\[])")
_OPENS = re.compile(r"[:：]\s*$")
_BEFORE = re.compile(r"\W*(?:(?:see|cf|in|from|参见|见|引自|载于)\W*)?", re.IGNORECASE)
_BETWEEN = re.compile(r"[^\w()（）]*(?:(?:and|see|also|cf|和|及|以及|与|参见|见)[^\w()（）]*){0,2}")


# Sources


@dataclass(frozen=True, slots=True)
class Source:
    """Paragraphs printed together with the document they are of, or a document alone."""

    start: int
    end: int
    text: str  # as written
    report: str | None  # Report.id; "" for a document that is not in the index; None where no report is named
    symbol: str = ""  # of a document that is not in the index
    paragraphs: tuple[Paragraph, ...] = ()
    missing: tuple[str, ...] = ()  # the numbers the report does not have
    numbered: bool = True  # False for a document alone
    sure: bool = True  # whether it is plain that the words beside it are said to be from it


def sources(text: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Source]:
    """The paragraphs and documents named in a text of one line a paragraph, in order.

    A number goes with the document named beside it; "ibid." and one in brackets go with the last one named.
    """
    found: list[Source] = []
    for line in _LINE.finditer(text):
        last = next((one for one in reversed(found) if one.report is not None), None)
        in_line = _Line(line.group(), last, reports, paragraphs).sources()
        found += [replace(one, start=line.start() + one.start, end=line.start() + one.end) for one in in_line]
    return found


class _Line:
    """Reads the sources of one line."""

    def __init__(
        self, line: str, last: Source | None, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]
    ) -> None:
        self._line, self._last, self._reports, self._paragraphs = line, last, reports, paragraphs
        self._groups, self._names = printed_references(line, reports.values())

    def sources(self) -> list[Source]:
        """Each with the paragraphs it names, where it stands in the line."""
        free = list(self._names)
        found: list[tuple[Source, Printed | None]] = [(self._numbered(group, free), group) for group in self._groups]
        found += [(self._document(name), None) for name in free]
        for match in _IBID.finditer(self._line):
            if not any(match.end() <= source.start <= match.end() + 3 for source, _ in found):
                found.append((Source(match.start(), match.end(), match.group(), None), None))
        complete: list[Source] = []
        for source, group in sorted(found, key=lambda each: each[0].start):
            before = complete[-1] if complete else None
            named = before or self._last
            if group:
                source = self._resolve(source, group, before)
            elif named and _IBID.fullmatch(source.text):
                source = replace(named, start=source.start, end=source.end, text=source.text)
            complete.append(source)
        return complete

    def _numbered(self, group: Printed, free: list[NamedReport]) -> Source:
        """Paragraphs together with the nearest name of their document, which is taken from the free ones."""

        def distance(name: NamedReport) -> int:
            return max(group.start - name.end, name.start - group.end)

        names = [name for name in free if group.beside and name.report == group.report and distance(name) <= NEAR]
        near = [name for name in names if name.start < group.start or _OF.search(self._line, group.end, name.start)]
        name = min(near, key=distance, default=None)
        start, end = group.start, group.end
        if name:
            free.remove(name)
            start, end = min(start, name.start), max(end, name.end)
        elif group.report == "":
            others = [each for each in self._names if each.report == ""]
            name = min(others, key=lambda each: abs(each.start - start), default=None)
        symbol = self._symbol(name) if name and group.report == "" else ""
        open_brackets = sum((each in "(（") - (each in ")）") for each in self._line[start:end])
        if open_brackets > 0 and self._line[end : end + 1] in (")", "）"):
            end += 1
        elif open_brackets < 0 and self._line[start - 1 : start] in ("(", "（"):
            start -= 1
        return Source(start, end, self._line[start:end], group.report, symbol, sure=group.beside)

    def _document(self, name: NamedReport) -> Source:
        """A document named without a number, or by a paragraph's id."""
        written = self._line[name.start : name.end]
        if name.report and (locator := _ID.match(self._line, name.end)):
            wanted = f"{name.report}#{locator[1].rstrip('-')}"
            named = tuple(each for each in self._paragraphs if each.id == wanted)
            missing = () if named else (locator[1],)
            return Source(name.start, locator.end(), written + locator.group(), name.report, "", named, missing)
        sure = not name.report or _CALLED_A_REPORT.search(written) is not None
        symbol = "" if name.report else self._symbol(name)
        return Source(name.start, name.end, written, name.report, symbol, numbered=False, sure=sure)

    def _symbol(self, name: NamedReport) -> str:
        named = [each.canonical for each in symbols(self._line) if each.start < name.end and name.start < each.end]
        return named[0] if named else self._line[name.start : name.end]

    def _resolve(self, source: Source, group: Printed, before: Source | None) -> Source:
        """A source with the paragraphs it names, in the report that goes with it: where it names none, one before."""
        named = before or self._last
        if _GOES_WITH_LAST.search(self._line, max(0, source.start - _LOOKED_BACK), source.start):
            source = replace(source, sure=True)
        elif not (before and before.numbered):
            named = None
        if source.report is None and named:
            source = replace(source, report=named.report, symbol=named.symbol)
        within = [source.report] if source.report else []
        if source.report is None:
            years = report_years(self._line)
            within = [report.id for report in self._reports.values() if report.date[:4] in years]
            source = replace(source, report=within[0]) if len(within) == 1 else source
        found: list[Paragraph] = []
        missing: list[str] = []
        for reference in group.references if within else ():
            here = [one for each in within for one in resolve(replace(reference, report=each), self._paragraphs)]
            found += here
            missing += [] if here else [reference.number]
        paragraphs = tuple({each.id: each for each in found}.values())
        return replace(source, paragraphs=paragraphs, missing=tuple(missing))


# Footnotes


def footnotes(text: str) -> dict[str, Slice]:
    """The lines of a draft that are footnotes, by their mark: Markdown's, and those under a rule at the end."""
    notes = list(_NOTE.finditer(text))
    rules = list(_RULE.finditer(text))
    notes += list(_NOTE_BELOW.finditer(text, rules[-1].end())) if rules else []
    return {_mark_of(note): note.span() for note in notes}


def calls(text: str) -> Iterator[tuple[str, int, int]]:
    """The footnote marks in a text, and where each stands."""
    for call in _CALL.finditer(text):
        yield _mark_of(call), call.start(), call.end()


def _mark_of(match: re.Match[str]) -> str:
    """The mark of a footnote or of a call of one, in plain digits."""
    return match["mark"] or match["high"].translate(_HIGH)


# Statements


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a draft, or several that one quotation runs through."""

    start: int
    end: int
    sources: tuple[Source, ...] = ()  # in it, in brackets right behind it, in its footnotes


def statements(
    text: str, whole: Sequence[Slice], named: Sequence[Source], notes: Mapping[str, Slice]
) -> list[Statement]:
    """The statements of a text with the sources each gives, in order; no slice in `whole` is torn apart.

    One that gives none has those of the statement before it where that ends in a colon.
    """
    found: list[Statement] = []
    for start, end in _sentences(text, whole):
        lead = _behind(text, start, end, named) if found else start
        if lead > start:
            given = (*found[-1].sources, *_sources_of(text, (start, lead), named, notes))
            found[-1] = Statement(found[-1].start, lead, given)
        if text[lead:end].strip():
            found.append(Statement(lead, end, _sources_of(text, (lead, end), named, notes)))
    for n in range(1, len(found)):
        before = found[n - 1]
        if not found[n].sources and _OPENS.search(text, before.start, before.end):
            found[n] = replace(found[n], sources=before.sources)
    return found


def right_behind(quote: Slice, statement: Statement, text: str) -> tuple[Source, ...]:
    """The sources that stand right behind a quotation, so that it is said to be from them."""
    attached: list[Source] = []
    at = quote[1]
    for source in sorted(statement.sources, key=lambda each: each.start):
        gap = _BETWEEN if attached else _BEFORE
        if source.start >= at and gap.fullmatch(text, at, source.start):
            attached.append(source)
            at = source.end
    return tuple(attached)


def _sentences(text: str, whole: Sequence[Slice]) -> list[Slice]:
    """The sentences of each line, joined where something must not be torn apart."""
    joined: list[Slice] = []
    for line in _LINE.finditer(text):
        for start, end in sentences(line.group(), language(line.group())):
            begin, stop = line.start() + start, line.start() + end
            if joined and any(first < begin < last for first, last in whole):
                begin, _ = joined.pop()
            joined.append((begin, stop))
    return joined


def _behind(text: str, start: int, end: int, named: Sequence[Source]) -> int:
    """Where the brackets end that belong to the statement before: they hold nothing but its source."""
    bracket = _BRACKET.match(text, start, end)
    if bracket and (_sources_within(named, bracket.span()) or any(calls(bracket.group()))):
        return bracket.end()
    inside = _sources_within(named, (start, end))
    if not inside or not _ATTRIBUTION.match(text, start, end):
        return start
    rest = text[start:end]
    for source in reversed(inside):
        rest = rest[: source.start - start] + rest[source.end - start :]
    return start if re.search(r"\w", rest) else end


def _sources_of(text: str, part: Slice, named: Sequence[Source], notes: Mapping[str, Slice]) -> tuple[Source, ...]:
    """The sources of a part of the text, those of footnotes called there standing at the call."""
    given = _sources_within(named, part)
    for mark, start, end in calls(text[slice(*part)]):
        if mark in notes and not notes[mark][0] <= part[0] < notes[mark][1]:
            first, last = part[0] + start, part[0] + end
            given += [replace(source, start=first, end=last) for source in _sources_within(named, notes[mark])]
    return tuple(given)


def _sources_within(named: Iterable[Source], place: Slice) -> list[Source]:
    return [source for source in named if place[0] <= source.start and source.end <= place[1]]
