"""What reports say of a subject one after the other, and what a later one says that an earlier one does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answering.central import Scores, best, standardised, telling, vectors_of
from rag.answering.compose import Sentence, compose_headed
from rag.answering.overview import Composed, Teller, says
from rag.answering.quote import complete
from rag.answering.requests import Changes, News
from rag.answering.retrieve import Found, Retriever
from rag.answering.sections import Section, outline, standing
from rag.answering.weighing import weigh
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import Question
from rag.records import Filters, Hit, Language, Report
from rag.text import language as language_of

FULL = {"zh": 25, "en": 65}  # characters from which a sentence says enough to be new
NEW = 6  # sentences told of what is new
SECTIONS = 12  # the headings that they stand under at the most
OWN = 0.5  # what a sentence's nearness to its own report counts beside its distance from the earlier one
OF_EACH = 200  # paragraphs of a report that are looked into: a long table may be nearest to many a subject
READ = 20  # of those that have a word of the subject, whose sentences are weighed
NAMED = 0.7  # share of a subject's words, by rarity, from which a sentence speaks of it


def nearest_of_each(
    retriever: Retriever, topic: Question, n: int, filters: Filters = Filters()
) -> Iterator[tuple[Report, Found]]:
    """For each report, the oldest first, the n paragraphs of it nearest to a topic, title pages left out."""
    reports = retriever.index.reports
    found = retriever.find(topic, len(retriever.index.paragraphs), filters)
    of: dict[str, list[Hit]] = {}
    for hit in found.hits:
        if hit.paragraph.part != "front":
            of.setdefault(hit.paragraph.report, []).append(hit)
    for report in sorted(reports.values(), key=lambda each: each.date or "9999"):
        if report.id in of:
            yield report, replace(found, hits=tuple(of[report.id][:n]))


def tell_changes(request: Changes, teller: Teller, retriever: Retriever) -> Composed | None:
    """One sentence of each report on a subject, the oldest report first; None where none speaks of it.

    A table tells what was done: it is quoted where the text says nothing.
    """
    subject = Subject.of(request.subject, teller.lexicon, teller.language, retriever)
    chosen: list[Sentence] = []
    silent: list[str] = []
    for report, found in nearest_of_each(retriever, Question.of(request.subject), OF_EACH, teller.filters):
        if said := _said(subject, found, teller, retriever):
            label = teller.name(report.id) + ("：" if teller.language == "zh" else ": ")
            chosen.append(replace(said, label=label + said.label))
        else:
            silent.append(teller.name(report.id))
    if not chosen:
        return None
    text, citations = compose_headed(
        [("", chosen)], message("changes", teller.language, subject=request.subject), teller.language
    )
    if silent:
        listed = ("；" if teller.language == "zh" else "; ").join(silent)
        text += "\n" + message("changes-none", teller.language, reports=listed)
    return Composed(text, citations)


def _said(subject: "Subject", found: Found, teller: Teller, retriever: Retriever) -> Sentence | None:
    """The best sentence that speaks of a subject, of a report's paragraphs; the nearest are read first, tables last."""
    with_a_word = [hit for hit in found.hits if hit.lexical > 0][:READ]
    at_once = retriever.weights.paragraphs
    for are_rows in (False, True):
        hits = [hit for hit in with_a_word if hit.paragraph.is_row == are_rows]
        for start in range(0, len(hits), at_once):
            some = replace(found, hits=tuple(hits[start : start + at_once]))
            weighed = weigh(some, retriever.index, teller.lexicon, teller.filters, retriever.weights)
            spoken = (each.sentence for each in weighed if each.sentence.place >= 0)
            if said := next((each for each in spoken if subject.share(each) >= NAMED), None):
                return said if are_rows else complete(said)
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """The words of a subject, each with what the glossary also calls it and how rare it is."""

    words: Sequence[tuple[frozenset[str], float]]
    lexicon: Lexicon
    language: Language

    @classmethod
    def of(cls, text: str, lexicon: Lexicon, language: Language, retriever: Retriever) -> "Subject":
        """A subject as it is written in a language."""
        leg = retriever.index.leg(language)
        pieces = lexicon.segmenter.cut(text) if language == "zh" else text.split()
        words = []
        for piece in pieces:
            if leg and (terms := lexicon.terms(piece, language)):
                whole = [term for term in terms if term == piece] or terms
                words.append((frozenset([*whole, *lexicon.expansions(piece, language)]), max(map(leg.rarity, whole))))
        return cls(words, lexicon, language)

    def share(self, sentence: Sentence) -> float:
        """The share of its words, by rarity, that a sentence with its label has."""
        terms_of = self.lexicon.terms if sentence.language == self.language else self.lexicon.gloss_terms
        terms = set(terms_of(sentence.label + sentence.text, sentence.language))
        total = sum(rarity for _, rarity in self.words)
        return sum(rarity for forms, rarity in self.words if forms & terms) / total if total else 0.0


def tell_news(request: News, teller: Teller) -> Composed | None:
    """The sentences of a later report that are farthest from any of an earlier one, by section; None without any.

    Of several that may be meant, the two are taken whose names are most alike.
    """
    later = {report: _substantive(report, teller) for report in request.later}
    earlier = {report: _substantive(report, teller) for report in request.earlier}
    store, language = teller.index.store, teller.language
    vectors = {
        report: vectors_of(sentences, store) for report, sentences in (*later.items(), *earlier.items()) if sentences
    }
    pairs = [(new, old) for new in later for old in earlier if new in vectors and old in vectors]
    if not pairs:
        return None
    new, old = max(pairs, key=lambda pair: _alike(pair, teller))
    own = vectors[new]
    nearest = _smoothed(later[new], (own @ vectors[old].T).max(axis=1))
    scores = OWN * standardised(own @ own.mean(axis=0)) - standardised(nearest)
    chosen = [each if each.paragraph.is_row else complete(each) for each in best(later[new], own, scores, NEW)]
    groups: dict[str, list[Sentence]] = {}
    sections = _sections(new, teller)
    for sentence in chosen:
        section = next(each for each in sections if sentence.paragraph in each.paragraphs)
        groups.setdefault(teller.title(section), []).append(sentence)
    lead_in = message("news", language, later=teller.name(new), earlier=teller.name(old))
    if others := [teller.name(each) for each in request.later if each != new]:
        listed = ("；" if language == "zh" else "; ").join(others)
        lead_in += " " * (language == "en") + message("news-others", language, reports=listed)
    text, citations = compose_headed(groups.items(), lead_in, language)
    return Composed(text, citations, tuple(groups))


def _smoothed(sentences: Sequence[Sentence], values: Scores) -> Scores:
    """Each sentence's value averaged with its paragraph's: what is new takes more than a sentence."""
    places = np.unique([each.paragraph.position for each in sentences], return_inverse=True)[1]
    return (values + (np.bincount(places, values) / np.bincount(places))[places]) / 2


def _alike(pair: tuple[str, str], teller: Teller) -> float:
    """The share of the words of two reports' names that both have: a series keeps its name."""
    reports = (teller.index.reports[each] for each in pair)
    names = (each.short_title or " ".join(each.titles.values()) or each.name for each in reports)
    one, other = (set(teller.lexicon.terms(name, language_of(name))) for name in names)
    return len(one & other) / max(len(one | other), 1)


def _sections(report: str, teller: Teller) -> list[Section]:
    return outline([each for each in teller.index.paragraphs if each.report == report], SECTIONS)


def _substantive(report: str, teller: Teller) -> list[Sentence]:
    """The sentences of a report that say something by themselves, but for its tables and its procedure."""
    sections = _sections(report, teller)
    procedure = {id(each) for section in standing(sections, says("procedure", "headed")) for each in section.paragraphs}
    told = [
        each for section in sections for each in section.paragraphs if not each.is_row and id(each) not in procedure
    ]
    return [
        each
        for each in telling(told, teller.language, teller.filters.renderings)
        if len(each.text) >= FULL[each.language]
    ]
