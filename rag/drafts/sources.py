"""The paragraphs and documents a draft names, each where it stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.question import report_years
from rag.records import Paragraph, Report, Slice
from rag.references import NEAR, NamedReport, Printed, printed_references, resolve
from rag.text import symbols

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
_ID = re.compile(r"#([a-z0-9][a-z0-9-]{0,39})")
_CALLED_A_REPORT = re.compile(r"/|报告|report|\.\w{3,4}$", re.IGNORECASE)
_ACT = re.compile(r"/(?:RES|DEC)/|^(?:RES|DEC)/")


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

    @property
    def is_act(self) -> bool:
        """Whether it is a resolution or decision, which is no report."""
        return _ACT.search(self.symbol) is not None

    @property
    def cites(self) -> bool:
        """Whether something can be looked up in it."""
        return bool(self.paragraphs) or (bool(self.report) and not self.numbered)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is in the index."""

    reports: Mapping[str, Report]
    paragraphs: Sequence[Paragraph]


def sources(text: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Source]:
    """The paragraphs and documents named in a text of one line a paragraph, in order.

    A number goes with the document named beside it; "ibid." and one in brackets go with the last one named.
    """
    known = _Known(reports, paragraphs)
    found: list[Source] = []
    for line in _LINE.finditer(text):
        last = next((one for one in reversed(found) if one.report is not None), None)
        found += _in_line(line.group(), line.start(), last, known)
    return found


def _in_line(line: str, at: int, last: Source | None, known: _Known) -> list[Source]:
    printed, names = printed_references(line, known.reports.values())
    free = list(names)
    found: list[Source] = []
    for group in printed:
        name = _name_of(group, free, line)
        if name:
            free.remove(name)
        found.append(_numbered(line, group, name, names))
    found += [_document(line, name, known) for name in free]
    found += [
        Source(match.start(), match.end(), match.group(), None)
        for match in _IBID.finditer(line)
        if not any(match.end() <= one.start <= match.end() + 3 for one in found)
    ]
    complete: list[Source] = []
    for one in sorted(found, key=lambda each: each.start):
        inside = [each for each in printed if one.start <= each.start and each.end <= one.end]
        in_line = complete[-1] if complete else None
        before = in_line or last
        if inside:
            complete.append(_resolved(one, inside[0], in_line, last, line, known))
        elif before and _IBID.fullmatch(one.text):
            complete.append(replace(before, start=one.start, end=one.end, text=one.text))
        else:
            complete.append(one)
    return [replace(one, start=at + one.start, end=at + one.end) for one in complete]


def _name_of(group: Printed, free: Sequence[NamedReport], line: str) -> NamedReport | None:
    """The name of the group's document that stands nearest to it, with nothing but a few words between."""
    if not group.beside:
        return None
    near = [(max(group.start - name.end, name.start - group.end), name) for name in free if name.report == group.report]
    distance, name = min(near, key=lambda each: each[0], default=(NEAR + 1, None))
    return name if distance <= NEAR else None


def _numbered(line: str, group: Printed, name: NamedReport | None, names: Sequence[NamedReport]) -> Source:
    start, end = (min(group.start, name.start), max(group.end, name.end)) if name else (group.start, group.end)
    foreign = name or (min((n for n in names if n.report == ""), key=lambda n: abs(n.start - start), default=None))
    symbol = _symbol(line, foreign) if group.report == "" and foreign else ""
    inside = line[start:end]
    if inside.count("(") + inside.count("（") > inside.count(")") + inside.count("）") and line[end : end + 1] in ")）":
        end += 1
    elif inside.count("(") + inside.count("（") < inside.count(")") + inside.count("）") and line[:start][-1:] in "(（":
        start -= 1
    return Source(start, end, line[start:end], group.report, symbol, sure=group.beside)


def _document(line: str, name: NamedReport, known: _Known) -> Source:
    """A document named without a number, or by a paragraph's id."""
    written = line[name.start : name.end]
    if name.report and (locator := _ID.match(line, name.end)):
        wanted = f"{name.report}#{locator[1].rstrip('-')}"
        named = [each for each in known.paragraphs if each.id == wanted]
        missing = () if named else (locator[1],)
        return Source(name.start, locator.end(), written + locator.group(), name.report, "", tuple(named), missing)
    sure = not name.report or _CALLED_A_REPORT.search(written) is not None
    symbol = "" if name.report else _symbol(line, name)
    return Source(name.start, name.end, written, name.report, symbol, numbered=False, sure=sure)


def _symbol(line: str, name: NamedReport) -> str:
    named = [symbol for symbol in symbols(line) if symbol.start < name.end and name.start < symbol.end]
    return named[0].canonical if named else line[name.start : name.end]


def _resolved(
    source: Source, group: Printed, in_line: Source | None, last: Source | None, line: str, known: _Known
) -> Source:
    """A source with the paragraphs it names, in the report that goes with it."""
    source, within = _placed(source, in_line, last, line, known)
    found: list[Paragraph] = []
    missing: list[str] = []
    for reference in group.references if within else ():
        named = [one for each in within for one in resolve(replace(reference, report=each), known.paragraphs)]
        found += [each for each in named if each not in found]
        missing += [] if named else [reference.number]
    return replace(source, paragraphs=tuple(found), missing=tuple(missing))


def _placed(
    source: Source, in_line: Source | None, last: Source | None, line: str, known: _Known
) -> tuple[Source, list[str]]:
    """A source with the report named before it, where it names none itself; and the reports it may be of."""
    before = in_line or last
    beginning = "" if source.start <= _LOOKED_BACK else "…"
    if _GOES_WITH_LAST.search(beginning + line[max(0, source.start - _LOOKED_BACK) : source.start]):
        source = replace(source, sure=True)
        if source.report is None and before:
            source = replace(source, report=before.report, symbol=before.symbol)
    elif source.report is None and in_line and in_line.numbered:
        source = replace(source, report=in_line.report, symbol=in_line.symbol)
    if source.report is None:
        years = report_years(line)
        of_year = [report.id for report in known.reports.values() if report.date[:4] in years]
        return (replace(source, report=of_year[0]) if len(of_year) == 1 else source), of_year
    return source, [source.report] if source.report else []


_NOTE = re.compile(r"^(?:\[\^(?P<mark>\w{1,8})\]:|(?P<high>[⁰¹²³⁴-⁹]{1,3})(?=\s))[ \t]*", re.MULTILINE)
_NOTE_BELOW = re.compile(r"^(?P<mark>\d{1,3})[.)]?[ \t]+(?=\S)", re.MULTILINE)
_RULE = re.compile(r"^_{8,}$", re.MULTILINE)
CALL = re.compile(r"\[\^(?P<mark>\w{1,8})\](?!:)|(?P<high>[⁰¹²³⁴-⁹]{1,3})")
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def footnotes(text: str) -> dict[str, Slice]:
    """The lines of a draft that are footnotes, by their mark: Markdown's, and those under a rule at the end."""
    notes = list(_NOTE.finditer(text))
    rules = list(_RULE.finditer(text))
    notes += list(_NOTE_BELOW.finditer(text, rules[-1].end())) if rules else []
    return {_mark_of(note): (note.start(), _line_end(text, note.end())) for note in notes}


def calls(text: str) -> Iterator[tuple[str, int, int]]:
    """The footnote marks in a text, and where each stands."""
    for call in CALL.finditer(text):
        yield _mark_of(call), call.start(), call.end()


def _mark_of(match: re.Match[str]) -> str:
    """The mark of a footnote or of a call of one, in plain digits."""
    groups = match.groupdict()
    return groups["mark"] or groups["high"].translate(_HIGH)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
