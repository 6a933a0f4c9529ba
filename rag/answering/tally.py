"""A question for every paragraph that mentions something to the exact count and the list of them, each cited."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import chain, groupby, islice
from operator import attrgetter

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
    if not (shape := _shape(text)):
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
    """The terms that something counted is made of, and whether a paragraph must have all.

    None where one is no word, name or short phrase but a clause or a further question.
    """
    every = not pattern("tally_either").search(what)
    quoted, whole = _QUOTED.findall(what), [what] if lexicon.entries(_bare(what)) else []
    several = quoted or whole or pattern("tally_both" if every else "tally_either").split(what)
    terms = tuple(dict.fromkeys(map(_bare, several)))
    clear = all(re.search(r"\w", term) and (quoted or lexicon.entries(term) or _is_short(term)) for term in terms)
    return (terms if clear else ()), every


def _is_short(term: str) -> bool:
    size = len(term.split()) if term.isascii() else len(term)
    return size <= LONG["en" if term.isascii() else "zh"] and not pattern("tally_asks_more").search(term)


def _bare(term: str) -> str:
    """A term without its quotation marks and the words around it that say that it is one."""
    while (less := pattern("tally_around").sub("", term).strip(" ,，;；:：")) != term:
        term = less
    return term


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
    count = partial(_count, index, lexicon, filters, language)
    ways = dict.fromkeys([*as_typed, spelt, spelt.taken_apart])
    best = next((each for each in map(count, ways) if each.found), None) or count(typed)
    text, citations = _compose(best, index.reports, language)
    return Tally(text, citations, best.asked not in as_typed)


def _count(index: Index, lexicon: Lexicon, filters: Filters, language: Language, asked: Asked) -> Count:
    """What mentions the terms, by the dictionary too where a paragraph has no text in the question's language.

    A title page mentions nothing.
    """
    open_to_it = filter(filters.admit, index.reports.values())
    reports = {each.id: each for each in open_to_it if asked.reports is None or each.id in asked.reports}
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
                words = tuple(chain.from_iterable(each.words for each in having))
                together = Mentioned(having[0].sentence, sum(each.times for each in having), words)
                found.append(together if having[1:] else having[0])
    found.sort(key=lambda each: reports[each.sentence.paragraph.report].date or "9999")  # each report's stay in order
    return Count(asked, terms, tuple(reports.values()), tuple(found))


def _mentioned(
    term: Term, paragraph: Paragraph, shown: Sequence[Language], lexicon: Lexicon, language: Language
) -> Mentioned | None:
    """The mentions of a term in a paragraph, quoted in the question's language where it is said in that."""
    of, shape = paragraph.language, term.pattern(shown)
    texts = [(of, paragraph.in_language(of) or "", "") for of in shown]
    texts += [(of, note.text, message("footnote", language, mark=note.mark)) for note in paragraph.footnotes]
    said = [(*each, found) for each in texts if (found := mentions(each[1], shape, lexicon))]
    if not said:
        return None
    words = tuple(text[start:end] for _, text, _, found in said for start, end in found)
    times = sum(len(found) for of, _, note, found in said if note or of == said[0][0])
    longer = [longer_names(text, found, term) for _, text, _, found in said]
    names = tuple(dict.fromkeys(chain(*longer))) if all(longer) else ()
    of, text, note, found = min(said, key=lambda each: (bool(each[2]), each[0] != language))
    start, end = _around(text, of, found[0])
    return Mentioned(Sentence(paragraph, of, start, end, text[start:end], -1 if note else 0, note), times, words, names)


def _around(text: str, of: Language, mention: Slice) -> Slice:
    """The sentence of a text in which a mention stands; of a long one what is near, cut between words or clauses."""
    line, after = text.rfind("\n", 0, mention[0]) + 1, text.find("\n", mention[1])
    spans = sentences(text[line : after if after >= 0 else len(text)], of)
    start, end = next((line + start, line + end) for start, end in spans if mention[0] < line + end)
    if end - start <= QUOTE[of]:
        return start, end
    half = (QUOTE[of] - (mention[1] - mention[0])) // 2
    low = max(start, min(mention[0], mention[0] - half, end - QUOTE[of]))
    high = min(end, max(mention[1], mention[1] + half, start + QUOTE[of]))
    cuts = [cut.span() for cut in re.finditer(r"[，,；;：:、]\s*" if of == "zh" else r"\s", text[:high])]
    first = next((after for _, after in cuts if low < after <= mention[0]), low) if low > start else start
    last = next((before for before, _ in reversed(cuts) if mention[1] <= before), high) if high < end else end
    return first, last


# What is told


def _compose(count: Count, reports: Mapping[str, Report], language: Language) -> tuple[str, tuple[Citation, ...]]:
    """The count, how it was counted, and the list by report, the first of each; all are cited."""
    if not count.looked_in:
        return message("count-nowhere", language, reports=_list((each.name for each in reports.values()), language)), ()
    joint = message("count-and" if count.asked.all_of_them else "count-or", language)
    what = joint.join(f"“{term}”" for term in count.asked.terms)
    if not count.found:
        return "\n".join([message("count-none", language, what=what), *_how(count, language)]), ()
    key = attrgetter("sentence.paragraph.report")
    lists = [(reports[name], [each.sentence for each in of_report]) for name, of_report in groupby(count.found, key)]
    n = len(count.found)
    most = n if n <= SHOWN else max(LEAST, SHOWN // len(lists))
    shown = sum(min(most, len(of_report)) for _, of_report in lists)
    sums = {"paragraphs": n, "reports": len(lists), "times": sum(each.times for each in count.found)}
    lead = [message("count", language, what=what, **{noun: _number(m, noun, language) for noun, m in sums.items()})]
    lead += [*_how(count, language), *([message("count-rest", language, shown=shown, n=n)] if shown < n else [])]
    titled = [_titled(report, of_report, language) for report, of_report in lists]
    text, citations = compose_headed(titled, "\n".join(lead), language)
    head, *blocks = text.split("\n\n")
    return "\n\n".join([head, *("\n".join(each.split("\n")[: 1 + most]) for each in blocks)]), citations


def _titled(report: Report, chosen: Sequence[Sentence], language: Language) -> tuple[str, list[Sentence]]:
    """A report's line with its count, and its sentences, each with where it stands: "para. 21: "."""
    colon = "：" if language == "zh" else ": "
    places = [written(each.paragraph, report, language).removeprefix(report.name).lstrip("，, ") for each in chosen]
    labelled = [replace(each, label=f"{at}{colon}{each.label}") for at, each in zip(places, chosen, strict=True)]
    return f"{heading(report, language)}{colon}{_number(len(chosen), 'paragraphs', language)}", labelled


def _how(count: Count, language: Language) -> Iterator[str]:
    """How it was counted: the words found, or looked for in vain; the dictionary's; the reports that were named."""
    printed: dict[str, str] = {}  # each word in small letters → as it is mostly printed
    for word, _ in Counter(" ".join(word.split()) for each in count.found for word in each.words).most_common():
        printed.setdefault(word.lower(), word)
    looked_for = dict.fromkeys(form for term in count.terms for form in term.forms)
    yield message("count-how", language, forms=_list(printed.values() or looked_for, language, quoted=True))
    if longer := [each.longer for each in count.found if each.longer]:
        names = [name for name, _ in Counter(chain(*longer)).most_common()]
        own = [name for name in names if language_of(name) == language]
        yield message("count-longer", language, n=len(longer), names=_list(own or names, language, quoted=True))
    for term in count.terms:
        if term.foreign or term.missed:
            told = "count-by-dictionary" if term.foreign else "count-without"
            yield message(told, language, term=term.written, forms=_list(term.foreign, language, quoted=True))
    if count.asked.reports is not None:
        yield message("count-where", language, reports=_list((each.name for each in count.looked_in), language))


def _number(n: int, noun: str, language: Language) -> str:
    return message(f"count-{noun}-{'one' if n == 1 else 'more'}", language, n=n)


def _list(names: Iterable[str], language: Language, quoted: bool = False) -> str:
    shown = [f"“{name}”" for name in islice(names, FORMS)] if quoted else names
    return ("、" if language == "zh" else ", ").join(shown)
