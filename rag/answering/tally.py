"""A question for every paragraph that mentions something to the exact count and the list of them, each cited."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, islice

import numpy as np

from rag.answering.compose import Sentence, compose_headed, heading
from rag.answering.mentions import Term, longer_names, mentions, places_to_search, term_of
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import YEAR, Question, pattern
from rag.records import Citation, Filters, Language, Paragraph, Report, Slice
from rag.references import described_reports, written
from rag.text import language as language_of
from rag.text import sentences
from rag.text.folding import narrow

LONG = {"zh": 10, "en": 6}  # characters or words beyond which something unquoted, not in the glossary, is no term
SHOWN = 20  # paragraphs listed in the answer's text; all of them are cited
LEAST = 3  # of each report that are shown
FORMS = 8  # words told that were counted
QUOTE = {"zh": 60, "en": 160}  # characters from which a sentence is cut around its mention
_END = " \t\n?。.!"
_TITLE = re.compile(r"《[^》]{1,300}》")
_QUOTED = re.compile(r"[“\"「'‘«][^”\"」]{1,80}[”\"」'’»]")
_PLACE_EN = re.compile(r"\s(?=(?:in|within|across|throughout|from|of|by)\s)", re.IGNORECASE)
_PLACE_ZH = re.compile(r"里面|[里中内,，]")


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
    shape = _shape(text)
    if shape is None:
        return None
    start, end = shape.span("what")
    what, place = _without_place(text[start:end], reports, lexicon)
    where = f"{place} {text[:start]} {text[end:]}"
    if follow_up:
        other, place = _without_place(f" {follow_up}", reports, lexicon)
        what, where = other.strip() or what, place or where
    terms, every = _terms(what, lexicon)
    return Asked(terms, every, bool(_QUOTED.search(what)), _reports_named(where, reports, lexicon)) if terms else None


def _cut_off(question: Question) -> tuple[str, str]:
    """The question that asks for a count, without end marks, and what a follow-up put behind it says."""
    asked, understood = (narrow(text).rstrip(_END) for text in (question.asked, question.understood))
    if asked == understood or not understood.endswith(asked):
        return understood, ""
    if _shape(asked):
        return asked, ""
    return understood.removesuffix(asked).rstrip(_END), pattern("opening").sub("", asked).removesuffix("呢")


def _shape(text: str) -> re.Match[str] | None:
    """The wording in a text that asks for a count; it goes over no end of a clause but those inside titles."""
    plain = _TITLE.sub(lambda title: re.sub("[,;:]", "_", title[0]), text)
    found = (re.search(shape, plain, re.IGNORECASE) for shape in table("question.toml")["tally"])
    return next(filter(None, found), None)


def _without_place(what: str, reports: Mapping[str, Report], lexicon: Lexicon) -> tuple[str, str]:
    """The thing counted without the reports it is counted in, and those: "women", "in S/2021/839"."""
    splits = [(what[: at.start()], what[at.start() :]) for at in _PLACE_EN.finditer(what)]
    splits += [(what[at.end() :], what[: at.end()]) for at in _PLACE_ZH.finditer(what)]
    for thing, place in splits:
        everywhere = pattern("tally_everywhere").fullmatch(place.strip(" ,，"))
        if everywhere or _reports_named(place, reports, lexicon) is not None:
            return thing, place
    return what, ""


def _reports_named(text: str, reports: Mapping[str, Report], lexicon: Lexicon) -> frozenset[str] | None:
    """The reports a text names, describes or gives the year of; None where it does none of these."""
    if named := described_reports(text, reports.values(), lexicon.forms):
        return named
    years = frozenset(map(int, YEAR.findall(text)))
    return frozenset(report.id for report in reports.values() if years & set(report.years)) if years else None


def _terms(what: str, lexicon: Lexicon) -> tuple[tuple[str, ...], bool]:
    """The terms that something counted is made of, and whether a paragraph must have all; none where it is no term."""
    every = not pattern("tally_either").search(what)
    quoted, whole = _QUOTED.findall(what), [what] if lexicon.entries(_bare(what)) else []
    several = quoted or whole or pattern("tally_both" if every else "tally_either").split(what)
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
    if quoted or not re.search(r"\w", term) or lexicon.entries(term):
        return bool(re.search(r"\w", term))
    size = len(term.split()) if term.isascii() else len(term)
    return size <= LONG["en" if term.isascii() else "zh"] and not pattern("tally_asks_more").search(term)


# What is found


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A paragraph that mentions what is counted: the words around the first mention, and how often."""

    sentence: Sentence
    times: int  # in its own language where it is said there, and in its footnotes
    words: tuple[str, ...]  # the mentions as they are printed, in any language
    longer: tuple[str, ...] = ()  # the names of other things that all of them are part of


@dataclass(frozen=True, slots=True)
class Count:
    """What was looked for, where, and what was found, by report, the oldest first."""

    asked: Asked
    terms: tuple[Term, ...]
    looked_in: tuple[Report, ...]
    untranslated: bool  # whether some paragraph has no text in the question's language
    found: tuple[Mentioned, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a count comes to: its text in the question's language, and a citation for each paragraph."""

    text: str
    citations: tuple[Citation, ...]
    corrected: bool = False  # whether misspelt words were put right


def tally(question: Question, index: Index, lexicon: Lexicon, filters: Filters) -> Tally | None:
    """The count that a question asks for; None where it asks for none.

    What is nowhere as it is typed is counted taken apart, then with its spelling put right.
    """
    typed = read_tally(question, index.reports, lexicon)
    if typed is None:
        return None
    spelt = read_tally(Question(question.asked, question.text), index.reports, lexicon) or typed
    as_typed, language = (typed, typed.taken_apart), question.language

    def count(asked: Asked) -> Count:
        return _count(asked, index, lexicon, filters, language)

    ways = dict.fromkeys([*as_typed, spelt, spelt.taken_apart])
    best = next((each for each in map(count, ways) if each.found), None) or count(typed)
    text, citations = _compose(best, index.reports, language)
    return Tally(text, citations, best.asked not in as_typed)


def _count(asked: Asked, index: Index, lexicon: Lexicon, filters: Filters, language: Language) -> Count:
    """What mentions the terms, by the dictionary too where a paragraph has no text in the question's language.

    A title page mentions nothing.
    """
    reports = {
        report.id: report
        for report in index.reports.values()
        if (not filters.reports or report.id in filters.reports)
        and (not filters.years or filters.years & set(report.years))
        and (asked.reports is None or report.id in asked.reports)
    }
    there = (paragraph for paragraph in index.paragraphs if paragraph.report in reports)
    untranslated = any(language not in paragraph.languages(filters.renderings) for paragraph in there)
    terms = tuple(term_of(term, lexicon, untranslated) for term in asked.terms)
    places = [places_to_search(term, index) for term in terms]
    found = []
    for paragraph in (index.paragraphs[n] for n in reduce(np.intersect1d if asked.all_of_them else np.union1d, places)):
        if paragraph.report in reports and paragraph.part != "front":
            shown = paragraph.languages(filters.renderings)
            having = [each for term in terms if (each := _mentioned(term, paragraph, shown, lexicon, language))]
            if having and (len(having) == len(terms) or not asked.all_of_them):
                found.append(_together(having))
    found.sort(key=lambda each: _date(reports[each.sentence.paragraph.report]))  # each report's stay in their order
    return Count(asked, terms, tuple(reports.values()), untranslated, tuple(found))


def _date(report: Report) -> str:
    return report.date or str(min(report.years, default=9999))


def _together(of_terms: Sequence[Mentioned]) -> Mentioned:
    """What a paragraph mentions of several terms as one."""
    if len(of_terms) == 1:
        return of_terms[0]
    words = tuple(word for each in of_terms for word in each.words)
    return Mentioned(of_terms[0].sentence, sum(each.times for each in of_terms), words)


def _mentioned(
    term: Term, paragraph: Paragraph, shown: Sequence[Language], lexicon: Lexicon, language: Language
) -> Mentioned | None:
    """The mentions of a term in a paragraph, quoted in the question's language where it is said in that."""
    shape = term.pattern if not term.foreign or term.language in shown else term.foreign_pattern
    texts = [(of, paragraph.in_language(of) or "", "") for of in shown]
    texts += [
        (paragraph.language, note.text, message("footnote", language, mark=note.mark)) for note in paragraph.footnotes
    ]
    said = [(*each, found) for each in texts if (found := mentions(each[1], shape, lexicon))]
    if not said:
        return None
    words = tuple(text[start:end] for _, text, _, found in said for start, end in found)
    times = sum(len(found) for of, _, note, found in said if note or of == said[0][0])
    longer = [longer_names(text, found, term) for _, text, _, found in said]
    names = tuple(dict.fromkeys(name for each in longer for name in each)) if all(longer) else ()
    of, text, note, found = min(said, key=lambda each: (bool(each[2]), each[0] != language))
    start, end = _around(text, of, found[0])
    return Mentioned(Sentence(paragraph, of, start, end, text[start:end], -1 if note else 0, note), times, words, names)


def _around(text: str, of: Language, mention: Slice) -> Slice:
    """The sentence of a text in which a mention stands; of a long one what is near, cut between words or clauses."""
    line, after = text.rfind("\n", 0, mention[0]) + 1, text.find("\n", mention[1])
    spans = sentences(text[line : after if after >= 0 else len(text)], of)
    start, end = next((line + start, line + end) for start, end in spans if mention[0] < line + end)
    end = max(end, mention[1])
    if end - start <= QUOTE[of]:
        return start, end
    half = max(0, QUOTE[of] - (mention[1] - mention[0])) // 2
    low = max(start, min(mention[0] - half, end - QUOTE[of]))
    high = min(end, max(mention[1] + half, start + QUOTE[of]))
    cuts = re.compile(r"[，,；;：:、]\s*" if of == "zh" else r"\s")
    before = cuts.search(text, low, mention[0]) if low > start else None
    behind = [found.start() for found in cuts.finditer(text, mention[1], high)] if high < end else []
    return (before.end() if before else low), (behind[-1] if behind else high)


# What is told


def _compose(count: Count, reports: Mapping[str, Report], language: Language) -> tuple[str, tuple[Citation, ...]]:
    """The count, how it was counted, and the list by report, the first of each; all are cited."""
    if not count.looked_in:
        return message("count-nowhere", language, reports=_list([each.name for each in reports.values()], language)), ()
    joint = message("count-and" if count.asked.all_of_them else "count-or", language)
    what = joint.join(f"“{term}”" for term in count.asked.terms)
    if not count.found:
        return "\n".join([message("count-none", language, what=what), *_how(count, language)]), ()
    n, of_report = len(count.found), Counter(each.sentence.paragraph.report for each in count.found)
    most = n if n <= SHOWN else max(LEAST, SHOWN // len(of_report))
    shown = sum(min(most, each) for each in of_report.values())
    sums = {"paragraphs": n, "reports": len(of_report), "times": sum(each.times for each in count.found)}
    total = message("count", language, what=what, **{noun: _number(m, noun, language) for noun, m in sums.items()})
    rest = [message("count-rest", language, shown=shown, n=n)] if shown < n else []
    colon = "：" if language == "zh" else ": "
    groups = [
        (
            f"{heading(reports[report], language)}{colon}{_number(of_report[report], 'paragraphs', language)}",
            [_labelled(each.sentence, reports[report], colon, language) for each in of_this],
        )
        for report, of_this in groupby(count.found, lambda each: each.sentence.paragraph.report)
    ]
    text, citations = compose_headed(groups, "\n".join([total, *_how(count, language), *rest]), language)
    head, *lists = text.split("\n\n")
    return "\n\n".join([head, *("\n".join(each.split("\n")[: 1 + most]) for each in lists)]), citations


def _labelled(sentence: Sentence, report: Report, colon: str, language: Language) -> Sentence:
    """A sentence with where in its report it stands: "para. 21: "."""
    place = written(sentence.paragraph, report, language).removeprefix(report.name).lstrip("，, ")
    return replace(sentence, label=f"{place}{colon}{sentence.label}")


def _how(count: Count, language: Language) -> Iterator[str]:
    """How it was counted: the words found, or looked for in vain; the dictionary's; the reports that were named."""
    printed: dict[str, str] = {}  # each word in small letters → as it is mostly printed
    for word, _ in Counter(" ".join(word.split()) for each in count.found for word in each.words).most_common():
        printed.setdefault(word.lower(), word)
    looked_for = dict.fromkeys(form for term in count.terms for form in term.forms)
    yield message("count-how", language, forms=_quoted(printed.values() or looked_for, language))
    if longer := [each.longer for each in count.found if each.longer]:
        names = [name for name, _ in Counter(name for each in longer for name in each).most_common()]
        own = [name for name in names if language_of(name) == language]
        yield message("count-longer", language, n=len(longer), names=_quoted(own or names, language))
    for term in count.terms if count.untranslated else ():
        if term.foreign:
            forms = _quoted(term.foreign, language)
            yield message("count-by-dictionary", language, term=term.written, forms=forms)
        elif all(language_of(form) == term.language for form in term.forms):
            yield message("count-without", language, term=term.written)
    if count.asked.reports is not None:
        yield message("count-where", language, reports=_list([report.name for report in count.looked_in], language))


def _quoted(forms: Iterable[str], language: Language) -> str:
    return _list([f"“{form}”" for form in islice(forms, FORMS)], language)


def _number(n: int, noun: str, language: Language) -> str:
    return message(f"count-{noun}-{'one' if n == 1 else 'more'}", language, n=n)


def _list(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names)
