"""A question that asks of whole reports to its answer: in short, what is new in one, or how a subject has changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import islice, product

import numpy as np

from rag.answering.compose import Sentence, compose_headed
from rag.answering.overview import Composed, Teller, standardised
from rag.answering.quote import complete
from rag.answering.requests import Changes, News, Summary, read_request
from rag.answering.retrieve import Found, Retriever
from rag.answering.weighing import weigh
from rag.messages import message
from rag.question import Question
from rag.records import Filters, Report

NEW = 6  # sentences told of what is new
NOVELTY = 2.5  # what a sentence's distance from the earlier report counts beside its nearness to its own
READ = 20  # of those that have a word of the subject, whose sentences are weighed
NAMED = 0.7  # share of a subject's words, by rarity, from which a sentence speaks of it


def answer_whole(found: Found, retriever: Retriever, filters: Filters) -> Composed | None:
    """What is answered to a question that asks of whole reports; None for any other."""
    if found.look_up.named or found.look_up.in_vain:
        return None
    index, lexicon = retriever.index, retriever.lexicon
    teller = Teller(index, lexicon, found.question.language, filters)
    match read_request(found.question, index, lexicon, filters):
        case Summary() as request:
            return teller.tell(request)
        case News() as request:
            return _tell_news(request, teller)
        case Changes(subject):
            return _tell_changes(subject, teller, retriever)
    return None


def nearest_of_each(
    retriever: Retriever, topic: Question, n: int, filters: Filters = Filters()
) -> Iterator[tuple[Report, Found]]:
    """For each report, the oldest first, the n paragraphs of it nearest to a topic, title pages left out."""
    found = retriever.find(topic, len(retriever.index.paragraphs), filters)
    for report in sorted(retriever.index.reports.values(), key=lambda each: each.date or "9999"):
        of_report = (hit for hit in found.hits if hit.paragraph.report == report.id and hit.paragraph.part != "front")
        if hits := tuple(islice(of_report, n)):
            yield report, replace(found, hits=hits)


def _tell_changes(subject: str, teller: Teller, retriever: Retriever) -> Composed | None:
    """One sentence of each report on a subject, the oldest report first; None where none speaks of it."""
    language = teller.language
    speaks = _speaks_of(subject, teller)
    chosen: list[Sentence] = []
    silent: list[str] = []
    for report, found in nearest_of_each(retriever, Question.of(subject), len(teller.index.paragraphs), teller.filters):
        name = teller.name(report.id)
        if said := _said(speaks, found, teller, retriever):
            chosen.append(replace(said, label=f"{name}{'：' if language == 'zh' else ': '}{said.label}"))
        else:
            silent.append(name)
    text, citations = compose_headed([("", chosen)], message("changes", language, subject=subject), language)
    if silent:
        text += "\n" + message("changes-none", language, reports=teller.listed(silent))
    return Composed(text, citations) if chosen else None


def _speaks_of(subject: str, teller: Teller) -> Callable[[Sentence], bool]:
    """Whether a sentence with its label has most of a subject's words, by rarity, or what the glossary calls them."""
    lexicon, language = teller.lexicon, teller.language
    leg = teller.index.leg(language)
    terms = lexicon.terms(subject, language) if leg else []
    rarity = {frozenset([term, *lexicon.expansions(term, language)]): leg.rarity(term) for term in terms if leg}

    def speaks(sentence: Sentence) -> bool:
        terms_of = lexicon.terms if sentence.language == language else lexicon.gloss_terms
        there = set(terms_of(sentence.label + sentence.text, sentence.language))
        return sum(rarity[forms] for forms in rarity if forms & there) >= NAMED * sum(rarity.values()) > 0

    return speaks


def _said(speaks: Callable[[Sentence], bool], found: Found, teller: Teller, retriever: Retriever) -> Sentence | None:
    """The best sentence of a report's paragraphs that speaks of a subject; of a table where the text has none."""
    hits = tuple([hit for hit in found.hits if hit.lexical > 0][:READ])
    weights = replace(retriever.weights, paragraphs=READ)
    weighed = weigh(replace(found, hits=hits), retriever.index, teller.lexicon, teller.filters, weights)
    text_first = sorted((each.sentence for each in weighed), key=lambda each: each.paragraph.is_row)
    said = next((each for each in text_first if each.place >= 0 and speaks(each)), None)
    return said if said is None or said.paragraph.is_row else complete(said)


def _tell_news(request: News, teller: Teller) -> Composed | None:
    """The sentences of a later report that are farthest from any of an earlier one, by section; None without any.

    Of several that may be meant, the two are taken whose names are most alike.
    """

    def alike(pair: tuple[str, str]) -> float:  # a series keeps its name
        reports = (teller.index.reports[each] for each in pair)
        one, other = (each.short_title or " ".join(each.titles.values()) or each.name for each in reports)
        return SequenceMatcher(None, one, other).ratio()

    new, old = max(product(request.later, request.earlier), key=alike)
    later, earlier = teller.substance(teller.outline(new)), teller.substance(teller.outline(old))
    if not later or not earlier:
        return None
    nearest = (teller.vectors(later) @ teller.vectors(earlier).T).max(axis=1)
    places = np.unique([each.paragraph.position for each in later], return_inverse=True)[1]
    of_paragraphs = (np.bincount(places, nearest) / np.bincount(places))[places]  # what is new takes several sentences
    favour = -NOVELTY * standardised(nearest + of_paragraphs)
    groups = teller.under_titles(teller.quote(later, NEW, favour), teller.outline(new))
    language = teller.language
    lead_in = message("news", language, later=teller.name(new), earlier=teller.name(old))
    if others := [teller.name(each) for each in request.later if each != new]:
        lead_in += " " * (language == "en") + message("news-others", language, reports=teller.listed(others))
    text, citations = compose_headed(groups, lead_in, language)
    return Composed(text, citations, tuple(title for title, _ in groups))
