"""A question to what it asks of whole reports: one told in short, what is new in one, how a subject has changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rag.answering.sections import read_section_number
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import YEAR, Question, pattern
from rag.records import Filters, Report
from rag.references.looking_up import FILLER
from rag.references.naming import named_reports, read_names
from rag.references.reading import MASK, PART, mask, part_name, read_references
from rag.text import fold


@dataclass(frozen=True, slots=True)
class Place:
    """The part of a report and the section of it that are meant; all of it where neither is."""

    part: str | None = None  # "main", "annex", "summary" …
    number: str = ""  # of the section, or "last"
    below: str = ""  # of the section in it
    words: str = ""  # of its heading
    by_heading: bool = False  # whether it is a section that is asked for by them


@dataclass(frozen=True, slots=True)
class Summary:
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


Request = Summary | News | Changes


class _Read(NamedTuple):
    """A question without the documents it names: what is left, folded, those that are there, and those that are not."""

    rest: str
    named: tuple[str, ...]
    absent: tuple[str, ...]


def read_request(question: Question, index: Index, lexicon: Lexicon, filters: Filters) -> Request | None:
    """What a question asks of whole reports; None where it asks something else.

    A follow-up is read as it was asked; then in the place of what it names in the question before, "and section IV?";
    then as it was put together with that.
    """
    reports = sorted(filter(filters.admit, index.reports.values()), key=lambda report: report.date, reverse=True)

    def read(text: str) -> Request | None:
        if subject := _subject_of_changes(fold(text)):
            return Changes(subject)
        of = _read_names(fold(text), index, lexicon, reports)
        return _news(of, reports) or _summary(of, reports, question.about, lexicon)

    request = read(question.asked)
    if request or question.understood == question.asked:
        return request
    follow_up = _read_names(fold(question.asked), index, lexicon, reports)
    place, rest = _place(follow_up.rest)
    before = read(question.understood.removesuffix(question.asked))
    if isinstance(before, Summary) and (place != Place() or follow_up.named) and not _words(rest, lexicon):
        return replace(before, reports=follow_up.named or before.reports, place=place)
    return read(question.understood)


def _read_names(folded: str, index: Index, lexicon: Lexicon, there: Sequence[Report]) -> _Read:
    """A question without the documents it names."""
    known = index.reports.values()
    readings = read_names(folded, named_reports(folded, known), known, lexicon.forms)
    names = {(name.start, name.report): name for reading in readings for name in reading}
    certain = read_references(folded, [*names.values()])[1]
    ids = {report.id for report in there}
    named = tuple(name.report for name in certain if name.report in ids)
    absent = tuple(folded[name.start : name.end].upper() for name in certain if name.report not in ids)
    return _Read(mask(folded, certain, keep_outcome=True).replace(MASK, " "), named, absent)


def _summary(read: _Read, reports: Sequence[Report], about: Sequence[str], lexicon: Lexicon) -> Summary | None:
    """A report or section to be told in short, where the question asks for nothing else."""
    short = bool(pattern("overview").search(read.rest))
    kinds = (name for name in table("question.toml")["asked_for"] if pattern(name, "asked_for").search(read.rest))
    kind = next(kinds, "")
    if not (short or kind or pattern("gist").search(read.rest)):
        return None
    place, rest = _place(read.rest)
    by_heading = short and not place.number and bool(pattern("section_words").search(rest))
    asked = [pattern(name) for name in ("length", "overview", "gist", "all_reports", "section_words")]
    rest = _without(rest, *asked, *([pattern(kind, "asked_for")] if kind else []))
    words = _words(rest, lexicon)
    pointed = read.named or place != Place() or about or len(reports) == 1 or pattern("pointing").search(read.rest)
    if (words and not short) or not (pointed or by_heading or (short and not words)):
        return None
    order = [report.id for report in reports]
    before = [] if pattern("all_reports").search(read.rest) else [each for each in order if each in about]
    meant = sorted(set(read.named), key=order.index) if read.named or read.absent else before or order
    return Summary(kind or "overview", tuple(meant), replace(place, words=words, by_heading=by_heading), read.absent)


def _words(text: str, lexicon: Lexicon) -> str:
    """The words of a question that name something, and do not only ask."""
    asking = (pattern("around_request"), FILLER, pattern("particles"))
    return " ".join(word for word in lexicon.segmenter.cut(text) if re.search(r"\w", _without(word, *asking)))


def _place(rest: str) -> tuple[Place, str]:
    """The part and the numbered section a question names, and what is left of it."""
    parts = (each for each in PART.finditer(rest) if each[0] != "summary" or rest[: each.start()].endswith("the "))
    named = None
    if part := next(parts, None):
        named = part_name(part)
        rest = rest[: part.start()] + " " + rest[part.end() :]
    if not (section := pattern("section").search(rest)):
        return Place(named), rest
    number = section["en"] or section["zh"] or (section["nth"] or "last").replace("final", "last")
    below = section["en_below"] or section["zh_below"] or ""
    return Place(named, read_section_number(number), read_section_number(below)), rest.replace(section[0], " ", 1)


def _news(read: _Read, reports: Sequence[Report]) -> News | None:
    """What is new in one report beside an earlier one, where the question asks for nothing else."""
    if not pattern("news").search(read.rest):
        return None
    asking = [pattern(name) for name in ("news", "earlier_report", "against", "particles")]
    if re.search(r"\w", _without(read.rest, *asking, YEAR, FILLER, PART)):
        return None
    date = {report.id: report.date[:4] for report in reports if report.date}
    dates = sorted({*(date[each] for each in read.named if each in date), *YEAR.findall(read.rest)})

    def of(year: str) -> list[str]:
        dated = [each for each in date if date[each] == year]
        return [each for each in dated if each in read.named] or dated

    earlier: list[str] = []
    if len(dates) == 2:
        earlier = of(dates[0])
    elif len(dates) == 1 and pattern("earlier_report").search(read.rest):
        earlier = [each for each in date if date[each] < dates[0]]
    later = of(dates[-1]) if earlier else []
    return News(tuple(later), tuple(earlier)) if later else None


def _subject_of_changes(folded: str) -> str:
    """The subject whose change over the years is asked for; "" where none is."""
    if not (pattern("over_years").search(folded) and pattern("changing").search(folded)):
        return ""
    rest = _without(folded, pattern("over_years"), pattern("around_subject"), re.compile(r"[?。.!；;,，:]"))
    return pattern("subject_edges").sub("", " ".join(rest.split()))


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for each in patterns:
        text = each.sub(" ", text)
    return text
