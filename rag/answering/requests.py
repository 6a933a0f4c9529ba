"""A question to what it asks of whole reports: one told in short, what is new in one, how a subject has changed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rag.answering.sections import read_section_number
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import YEAR, Question, pattern
from rag.records import Filters, Report
from rag.references.looking_up import FILLER
from rag.references.naming import NamedReport, named_reports, read_names
from rag.references.reading import MASK, PART, mask, part_name, read_references
from rag.text import fold, symbols

OFFERED = 3  # reports told in short where a question fits several


@dataclass(frozen=True, slots=True)
class Place:
    """The part of a report and the section of it that are meant; all of it where neither is."""

    part: str | None = None  # "main", "annex", "summary" …
    number: str = ""  # of the section, or "last"
    below: str = ""  # of the section in it
    words: str = ""  # of its heading
    by_heading: bool = False  # whether it is a section that is asked for by them

    @property
    def is_whole(self) -> bool:
        """Whether all of a report is meant."""
        return self == Place()


@dataclass(frozen=True, slots=True)
class Told:
    """One or several reports, or a section of them, to be told in short."""

    kind: str  # "overview", or what of it: "recommendations", "conclusions", "decisions"
    reports: tuple[str, ...]  # that it may mean, the newest first
    place: Place = Place()
    absent: tuple[str, ...] = ()  # documents named that are not there, as written


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a report beside an earlier one; each may be one of several."""

    later: tuple[str, ...]
    earlier: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """How a subject has changed over the years."""

    subject: str


@dataclass
class _Read:
    """A question without the reports it names."""

    rest: str  # folded, names of documents left out
    named: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def read_request(question: Question, index: Index, lexicon: Lexicon, filters: Filters) -> Told | News | Changes | None:
    """What a question asks of whole reports; None where it asks something else.

    A follow-up is read as it was asked; then in the place of what it names in the question before, "and section IV?";
    then as it was put together with that.
    """
    reports = _newest_first(allowed(index.reports.values(), filters))

    def read(text: str) -> Told | News | Changes | None:
        if subject := _subject_of_changes(fold(text)):
            return Changes(subject)
        of = _read_names(fold(text), index, lexicon, reports)
        return _news(of, reports) or _told(of, reports, question.about, index, lexicon)

    if question.understood == question.asked:
        return read(question.asked)
    before = read(question.understood.removesuffix(question.asked))
    follow_up = _read_names(fold(question.asked), index, lexicon, reports)
    elsewhere = _instead(before, follow_up, lexicon) if isinstance(before, Told) else None
    return read(question.asked) or elsewhere or read(question.understood)


def _instead(before: Told, read: _Read, lexicon: Lexicon) -> Told | None:
    """What was asked before of another section or report, where a follow-up names one and nothing else."""
    place, rest = _place(read.rest, may_be_worded=False)
    if any(map(_says, lexicon.segmenter.cut(rest))) or (place.is_whole and not read.named):
        return None
    return replace(before, reports=tuple(read.named) or before.reports, place=place)


def allowed(reports: Iterable[Report], filters: Filters) -> list[Report]:
    """The reports that may be answered from."""
    return [
        each
        for each in reports
        if (not filters.reports or each.id in filters.reports)
        and (not filters.years or filters.years & set(each.years))
    ]


def _newest_first(reports: Iterable[Report]) -> list[Report]:
    return sorted(reports, key=lambda report: report.date, reverse=True)


def _read_names(folded: str, index: Index, lexicon: Lexicon, there: Sequence[Report]) -> _Read:
    """A question without the documents it names, those that may be answered from, and those that are not there."""
    known = index.reports.values()
    readings = read_names(folded, named_reports(folded, known), known, lexicon.forms)
    names = {(name.start, name.report): name for reading in readings for name in reading}
    ids, years = {report.id for report in there}, {report.date[:4] for report in there}
    certain = [
        name for name in read_references(folded, [*names.values()])[1] if not years & set(_described(folded, name))
    ]
    read = _Read(mask(folded, certain, keep_outcome=True).replace(MASK, " "))
    for name in certain:
        if name.report in ids:
            read.named.append(name.report)
        else:
            read.absent.append(folded[name.start : name.end].upper())
    return read


def _described(folded: str, name: NamedReport) -> list[str]:
    """The years by which a text describes a report that is not there: more than the report may have been read in."""
    written = folded[name.start : name.end]
    return [] if name.report or symbols(written) else YEAR.findall(written)


def _told(read: _Read, reports: Sequence[Report], about: Sequence[str], index: Index, lexicon: Lexicon) -> Told | None:
    """A report or section to be told in short, where the question asks for nothing else."""
    short = bool(pattern("overview").search(read.rest))
    kinds = (name for name in table("question.toml")["asked_for"] if pattern(name, "asked_for").search(read.rest))
    kind = next(kinds, "")
    if not (short or kind or pattern("gist").search(read.rest)):
        return None
    place, rest = _place(read.rest, may_be_worded=short)
    asked = [pattern(name) for name in ("length", "overview", "gist", "all_reports", "section_words")]
    rest = _without(rest, *asked, *([pattern(kind, "asked_for")] if kind else []))
    years = set(YEAR.findall(rest))
    words = " ".join(word for word in lexicon.segmenter.cut(YEAR.sub(" ", rest)) if _says(word))
    dated = [report.id for report in reports if report.date[:4] in years]
    if (words and not (short or place.by_heading)) or (years and not dated):
        return None
    pointed = read.named or place.number or place.part or dated or about or _POINTS.search(read.rest)
    filtered = len(reports) < len(index.reports)
    if not (pointed or (short and (filtered or place.by_heading or not words)) or len(reports) == 1):
        return None
    chosen = _chosen([*read.named, *dated], read, reports, about)
    return Told(kind or "overview", chosen, replace(place, words=words), tuple(read.absent))


def _chosen(meant: Sequence[str], read: _Read, reports: Sequence[Report], about: Sequence[str]) -> tuple[str, ...]:
    """The reports meant, the newest first: those named, those the answer before cites, or all there are."""
    order = [report.id for report in reports]
    if meant or read.absent:
        return tuple(sorted(set(meant), key=order.index))
    before = [] if pattern("all_reports").search(read.rest) else [each for each in order if each in about]
    return tuple(before or order)


def _says(word: str) -> bool:
    """Whether a word of a question names something, and does not only ask."""
    return bool(re.search(r"\w", _without(word, pattern("around_request"), FILLER, _DE)))


_EDGE = (
    "(?:the|a|an|of|on|in|to|about|regarding|concerning|with|for|and|at|its"
    "|对于?|关于|有关|在|就|从|针对|的|与|和|中|里|间)"
)
_EDGES = re.compile(rf"^{_EDGE}(?![a-z])\s*|\s*(?<![a-z]){_EDGE}$")
_DE = re.compile(r"[的一个份这那该本此]|\b(?:of|under|s)\b")
_POINTS = re.compile(r"\b(?:reports?|documents?|it|this|that|text|resolution)\b|报告|文件|它|本文|决议")


def _place(rest: str, may_be_worded: bool) -> tuple[Place, str]:
    """The part and section a question names, and what is left of it."""
    parts = (each for each in PART.finditer(rest) if each[0] != "summary" or rest[: each.start()].endswith("the "))
    part = next(parts, None)
    named = part_name(part) if part else None
    rest = rest[: part.start()] + " " + rest[part.end() :] if part else rest
    by_heading = bool(pattern("section_words").search(rest)) and may_be_worded
    section = pattern("section").search(rest)
    if not section:
        return Place(named, by_heading=by_heading), rest
    number = section["en"] or section["zh"] or section["nth"] or "last"
    number = "last" if number == "final" else read_section_number(number)
    below = section["en_below"] or section["zh_below"] or ""
    return Place(named, number, read_section_number(below) if below else ""), rest.replace(section[0], " ", 1)


def _news(read: _Read, reports: Sequence[Report]) -> News | None:
    """What is new in one report beside an earlier one, where the question asks for nothing else."""
    if not pattern("news").search(read.rest):
        return None
    years = list(dict.fromkeys(YEAR.findall(read.rest)))
    before = pattern("earlier_report").search(read.rest)
    rest = _without(read.rest, pattern("news"), pattern("earlier_report"), YEAR, pattern("against"), FILLER, _DE, PART)
    if re.search(r"\w", rest.replace("年", "")):
        return None
    date = {report.id: report.date[:4] for report in reports}
    dates = sorted({*(date[each] for each in read.named), *years} - {""})
    if len(dates) == 2:
        later, earlier = (
            tuple(id for id in date if date[id] == each and (id in read.named or each in years)) for each in dates[::-1]
        )
    elif len(dates) == 1 and before:
        later = tuple(id for id in date if date[id] == dates[0] and (id in read.named or not read.named))
        earlier = tuple(id for id in date if "" < date[id] < dates[0])
    else:
        return None
    return News(later, earlier) if later and earlier else None


def _subject_of_changes(folded: str) -> str:
    """The subject whose change over the years is asked for; "" where none is."""
    if not (pattern("over_years").search(folded) and pattern("changing").search(folded)):
        return ""
    rest = _without(folded, pattern("over_years"), pattern("around_subject"), re.compile(r"[?。.!;；,，:]"))
    rest = " ".join(rest.split())
    while (trimmed := _EDGES.sub("", rest).strip()) != rest:
        rest = trimmed
    return rest


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for each in patterns:
        text = each.sub(" ", text)
    return text
