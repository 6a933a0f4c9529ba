"""A question to what it wants counted: every paragraph of some reports that mentions one thing, or several."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from rag.data import table
from rag.lexicon import Lexicon
from rag.question import YEAR, Question, pattern
from rag.records import Report
from rag.references import described_reports
from rag.text.folding import narrow

LONG = {"zh": 10, "en": 6}  # characters or words beyond which something unquoted, not in the glossary, is no term
_END = re.compile(r"[\s?？。.!！]+$")
_PREPOSITION = re.compile(r"\s(?:in|within|across|throughout|from|of|by)\s", re.IGNORECASE)
_PLACE_ZH = re.compile(r"里面|当中|里|中|内|[,，]")
_TITLE = re.compile(r"《[^》]{1,300}》")
_CLAUSE = re.compile(r"[,;:]")
_QUOTED = re.compile(r"[“\"「'‘«][^”\"」]{1,80}[”\"」'’»]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question wants counted: every paragraph of some reports with any, or all, of some terms."""

    terms: tuple[str, ...]
    all_of_them: bool
    quoted: bool  # to be found as they stand
    reports: frozenset[str] | None  # that it names; None for all

    @property
    def taken_apart(self) -> "Asked":
        """The same with the pieces of a phrase as terms of their own, all to be in one paragraph."""
        pieces = pattern("tally_phrase").split(self.terms[0]) if len(self.terms) == 1 and not self.quoted else []
        return replace(self, terms=tuple(dict.fromkeys(filter(None, pieces)))) if len(pieces) > 1 else self


def read_tally(question: Question, reports: Mapping[str, Report], lexicon: Lexicon) -> Asked | None:
    """What a question wants counted, and in which reports; None where it asks for something else.

    A follow-up says what else to count, or where.
    """
    text, follow_up = _cut_off(question)
    shape = next((found for each in _shapes() if (found := each.search(_plain(text)))), None)
    if shape is None:
        return None
    start, end = shape.span("what")
    around = f"{text[:start]} {text[end:]}"
    what, inside = _without_place(text[start:end], reports, lexicon)
    if follow_up:
        other, place = _without_place(f" {follow_up}", reports, lexicon)
        what, inside, around = other.strip() or what, place or inside, "" if place else around
    terms, every = _terms(what, lexicon)
    named = _reports_named(f"{inside} {around}", reports, lexicon)
    return Asked(terms, every, bool(_QUOTED.search(what)), named) if terms else None


def _cut_off(question: Question) -> tuple[str, str]:
    """The question that asks for a count, without end marks, and what a follow-up put behind it says."""
    asked, understood = (_END.sub("", narrow(text)) for text in (question.asked, question.understood))
    if asked == understood or not understood.endswith(asked):
        return understood, ""
    if any(shape.search(_plain(asked)) for shape in _shapes()):
        return asked, ""
    return _END.sub("", understood.removesuffix(asked)), pattern("opening").sub("", asked).removesuffix("呢")


def _plain(text: str) -> str:
    """A text with no marks of a clause's end inside titles."""
    return _TITLE.sub(lambda title: _CLAUSE.sub("_", title[0]), text)


@cache
def _shapes() -> Sequence[re.Pattern[str]]:
    return [re.compile(shape, re.IGNORECASE) for shape in table("question.toml")["tally"]]


def _without_place(what: str, reports: Mapping[str, Report], lexicon: Lexicon) -> tuple[str, str]:
    """The thing counted without the reports it is counted in, and those: "women", "in S/2021/839"."""
    for found in _PREPOSITION.finditer(what):
        if _is_place(what[found.start() :], reports, lexicon):
            return what[: found.start()], what[found.start() :]
    for found in _PLACE_ZH.finditer(what):
        if _is_place(what[: found.end()], reports, lexicon):
            return what[found.end() :], what[: found.end()]
    return what, ""


def _is_place(text: str, reports: Mapping[str, Report], lexicon: Lexicon) -> bool:
    place = _PLACE_ZH.sub("", text.strip())
    everywhere = pattern("tally_everywhere").fullmatch(text.strip()) or pattern("tally_everywhere").fullmatch(place)
    return bool(everywhere) or _reports_named(text, reports, lexicon) is not None


def _reports_named(text: str, reports: Mapping[str, Report], lexicon: Lexicon) -> frozenset[str] | None:
    """The reports a text names, describes or gives the year of; None where it does none of these."""
    if named := described_reports(text, reports.values(), lexicon.forms):
        return named
    years = frozenset(map(int, YEAR.findall(text)))
    return frozenset(report.id for report in reports.values() if years & set(report.years)) if years else None


def _terms(what: str, lexicon: Lexicon) -> tuple[tuple[str, ...], bool]:
    """The terms that something counted is made of, and whether a paragraph must have all; none where it is no term."""
    if quoted := _QUOTED.findall(what):
        several, every = quoted, not pattern("tally_either").search(what)
    elif lexicon.entries(_bare(what)):
        several, every = [what], True
    else:
        every = not pattern("tally_either").search(what)
        several = pattern("tally_both" if every else "tally_either").split(what)
    terms = tuple(dict.fromkeys(map(_bare, several)))
    return (terms if all(_is_term(term, lexicon, bool(quoted)) for term in terms) else ()), every


def _bare(term: str) -> str:
    """A term without its quotation marks and the words around it that say that it is one."""
    last = ""
    while last != term:
        last, term = term, pattern("tally_around").sub("", term).strip(" ,，;；:：")
    return term


def _is_term(term: str, lexicon: Lexicon, quoted: bool) -> bool:
    """Whether something is a word, a name or a short phrase, not a clause or a further question."""
    if not re.search(r"\w", term):
        return False
    if quoted or lexicon.entries(term):
        return True
    size = len(term.split()) if term.isascii() else len(term)
    return size <= LONG["en" if term.isascii() else "zh"] and not pattern("tally_asks_more").search(term)
