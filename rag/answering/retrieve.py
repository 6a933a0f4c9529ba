"""A question to the paragraphs that may answer it: look-up by reference, dense, lexical, fused.

Every leg scores the paragraphs it can speak for; scores are standardised for each question and averaged by weight, so
that a paragraph is not punished for a leg that cannot speak for it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.answering.spelling import Speller
from rag.answering.weights import Weights, weights_for
from rag.index import GLOSS, OWN, RENDERING, Index, TermLeg
from rag.index.store import FaissStore
from rag.index.views import whole_text
from rag.lexicon import Lexicon
from rag.question import Question, names_report_of, report_years
from rag.records import Filters, Hit, Paragraph, Report
from rag.references import LookUp, look_up, named_reports
from rag.text import fold
from rag.text import language as language_of

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from rag.models.cross_encoder import Reranker

Scores = NDArray[np.float64]  # one per paragraph of the index; nan where a leg cannot speak for it
Cosines = NDArray[np.float32]  # of a question with every view of the index

TITLE = 12  # characters from which a title in a question means the report, not its subject
ALIKE = 1e-6  # of the largest score: what scores differ by when only rounding tells them apart
RERANKED = 10  # paragraphs a reranker puts in order: each costs it a tenth of a second on two cores
SQUASH = 4.0  # fused standard deviations at which a score reaches 3/4
NEAR = 6.0  # standard deviations: the nearest of some thousand sentences lies four to six above the mean
LEAST_DEVIATION = 1e-6


@dataclass(frozen=True)
class Found:
    """What retrieval says of a question: hits, and the signals behind them."""

    question: Question  # its misspelt words put right
    hits: tuple[Hit, ...]
    look_up: LookUp = field(default_factory=LookUp)  # what the question's references resolve to
    fused: Scores | None = None
    nearness: Mapping[str, float] = field(default_factory=dict)  # a hit's view → how near the question is to it
    of_parts: tuple[Mapping[str, float], ...] = ()  # the same for each of the question's parts
    named: frozenset[str] = frozenset()  # the reports it names


class Retriever:
    """Finds paragraphs in an index. The embedder is asked for only when a question needs it."""

    def __init__(
        self,
        index: Index,
        embedder: "Callable[[], Embeddings]",
        lexicon: Lexicon,
        reranker: Callable[[], "Reranker | None"] = lambda: None,
        weights: Weights | None = None,
    ) -> None:
        """Nothing is loaded until the first question; the weights are those of the index's embedder."""
        self.index = index
        self.lexicon = lexicon
        self.weights = weights or weights_for(index)
        self._embedder = embedder
        self._reranker = reranker

    def find(self, question: Question, k: int, filters: Filters = Filters()) -> Found:
        """The best paragraphs for a question, exactly min(k, allowed) of them, best first.

        A question that names paragraphs gets those first, with score 1.0; one that asks for nothing else gets after
        them the paragraphs nearest to them, which needs neither the embedder nor a segmenter. One that asks for what is
        not there gets the paragraphs of that report with the nearest numbers.
        """
        allowed = self._allowed(filters)
        asked = self.look_up(question.text, allowed)
        near = [self.index.place[each.id] for each in asked.near] if asked.in_vain else []
        if asked.only or near:
            legs = {"dense same": self._like([*asked.named, *asked.near][0], filters)}
            fused = fuse(legs, self.weights.legs) + self.weights.named_report * self.named_report(question.text)
            return Found(question, self._rank(fused, legs, asked.named, allowed, near, k), asked, fused)
        question = replace(question, corrections=self.speller.corrections(question.text))
        cosines, of_parts, legs, fused = self._score(question, filters)
        first = self._rerank(question.text, fused, allowed, filters)
        hits = self._rank(fused, legs, asked.named, allowed, first, k)
        nearness, *parts = (self._nearness(each, hits) for each in (cosines, *of_parts))
        return Found(question, hits, asked, fused, nearness, tuple(parts), self.reports_named(question.text))

    def _score(
        self, question: Question, filters: Filters
    ) -> tuple[Cosines, Sequence[Cosines], dict[str, Scores], Scores]:
        """A question's and its parts' cosines, every leg's scores, and what they come to with the report it names."""
        cosines, legs = self.legs(question.text, filters)
        fused = fuse(legs, self.weights.legs) + self.weights.named_report * self.named_report(question.text)
        of_parts = [self.legs(part, filters) for part in question.parts]
        if of_parts:
            fused += self.weights.part * np.max([fuse(part, self.weights.legs) for _, part in of_parts], axis=0)
        return cosines, [part for part, _ in of_parts], legs, fused

    def look_up(self, question: str, allowed: NDArray[np.bool_]) -> LookUp:
        """What a question's references resolve to among the allowed paragraphs."""
        reports, paragraphs = self.index.reports, self.index.paragraphs
        there = [paragraph for paragraph, is_allowed in zip(paragraphs, allowed, strict=True) if is_allowed]
        left_out = {each.report for each in paragraphs} - {each.report for each in there}
        return look_up(question, reports, there, self.lexicon.forms, left_out)

    def legs(self, question: str, filters: Filters) -> tuple[Cosines, dict[str, Scores]]:
        """A question's cosine with every view, and every leg's scores."""
        vector = np.asarray(self._embedder().embed_query(question), dtype=np.float32)
        cosines, same = self.store.scores(vector), self._views["language"] == language_of(question)
        dense = {
            "dense same": self._by_paragraph(cosines, same & self._visible(filters)),
            "dense cross": self._by_paragraph(cosines, ~same & self._visible(filters)),
        }
        return cosines, {**dense, **self._lexical(question, filters)}

    def _lexical(self, question: str, filters: Filters) -> dict[str, Scores]:
        """The BM25 legs that speak the question's language."""
        language = language_of(question)
        terms = self.lexicon.search_terms(question, language)
        more = self.lexicon.expansions(question, language)
        legs: dict[str, Scores] = {}
        for kind in (OWN, RENDERING, GLOSS):
            leg = self.index.legs.get((language, kind))
            if leg is not None and (filters.renderings or kind != RENDERING):
                legs[f"terms {kind}"] = self._spread(leg, leg.scores(terms) + self.weights.expansion * leg.scores(more))
        return legs

    @cached_property
    def speller(self) -> Speller:
        """Mends words that the index does not have."""
        english = (paragraph.in_language("en") or "" for paragraph in self.index.paragraphs)
        return Speller(self.lexicon, self.index.legs, english)

    @property
    def store(self) -> FaissStore:
        """The index's views and their vectors."""
        return self.index.store

    @cached_property
    def _views(self) -> dict[str, NDArray[Any]]:
        """What is known of each view, in the store's order."""
        views = self.store.views
        return {
            "place": np.array([self.index.place[view.paragraph] for view in views], dtype=np.int64),
            "whole": np.array([view.whole for view in views]),
            "language": np.array([view.language for view in views]),
            "rendering": np.array([view.rendering for view in views]),
        }

    def _visible(self, filters: Filters) -> NDArray[np.bool_]:
        rendering: NDArray[np.bool_] = self._views["rendering"]
        return ~rendering if not filters.renderings else np.ones_like(rendering)

    def _by_paragraph(self, scores: Cosines, mask: NDArray[np.bool_]) -> Scores:
        """For each paragraph the mean of the whole and of its best sentence, of the views in the mask."""
        place, whole = self._views["place"], self._views["whole"]
        of_whole = np.full(len(self.index.paragraphs), -np.inf)
        best_part = np.full(len(self.index.paragraphs), -np.inf)
        np.maximum.at(of_whole, place[mask & whole], scores[mask & whole])
        np.maximum.at(best_part, place[mask], scores[mask])
        mean = (1 - self.weights.best_sentence) * of_whole + self.weights.best_sentence * best_part
        return np.where(np.isfinite(mean), mean, np.nan)

    def _like(self, paragraph: Paragraph, filters: Filters) -> Scores:
        """How near every paragraph is to one, by the vectors the index holds."""
        at = next(i for i, view in enumerate(self.store.views) if view.paragraph == paragraph.id)
        scores = self.store.scores(self.store.vector(at))
        return self._by_paragraph(scores, (self._views["language"] == paragraph.language) & self._visible(filters))

    def _spread(self, leg: TermLeg, scores: NDArray[np.float32]) -> Scores:
        spread = np.full(len(self.index.paragraphs), np.nan)
        spread[leg.places] = scores
        return spread

    def named_report(self, question: str) -> Scores:
        """1 for the paragraphs of a report the question names."""
        names = self.reports_named(question)
        return np.array([float(paragraph.report in names) for paragraph in self.index.paragraphs])

    def reports_named(self, question: str) -> frozenset[str]:
        """The reports a question names, or asks for by year, body, session or title."""
        reports, years = self.index.reports, report_years(question)
        told = (each.id for each in reports.values() if each.date[:4] in years or self._asks_for(question, each))
        return frozenset({*told, *(each.report for each in named_reports(question, reports.values()))})

    def _asks_for(self, question: str, report: Report) -> bool:
        """Whether a question asks for a report by the body or session it was made for, or has its title."""
        issued = [form for name in (report.body, report.session) if name for form in self.lexicon.forms(name)]
        titles = [fold(re.split("[:：]", title)[0]) for title in report.titles.values()]
        told = [title for title in titles if len(title) >= TITLE and title in fold(question)]
        return bool(told) or (bool(issued) and names_report_of(question, issued))

    def _allowed(self, filters: Filters) -> NDArray[np.bool_]:
        reports = self.index.reports
        return np.array([filters.admit(reports[paragraph.report]) for paragraph in self.index.paragraphs])

    def _order(self, fused: Scores) -> NDArray[np.int64]:
        """All paragraphs' places, best first; titles and agenda lines after all body text."""
        front = np.array([paragraph.part == "front" for paragraph in self.index.paragraphs])
        return np.lexsort((np.arange(len(fused)), -fused, front))

    def _rerank(self, question: str, fused: Scores, allowed: NDArray[np.bool_], filters: Filters) -> list[int]:
        """The places of the best paragraphs as a reranker orders them; none where none is chosen."""
        reranker = self._reranker()
        if reranker is None:
            return []
        best = [int(place) for place in self._order(fused) if allowed[place]][:RERANKED]
        paragraphs = [self.index.paragraphs[place] for place in best]
        language = language_of(question)
        texts = [whole_text(each, each.shown_in(language, filters.renderings)) for each in paragraphs]
        return [best[n] for n in np.argsort(-reranker.scores(question, texts), kind="stable")]

    def _nearness(self, cosines: Cosines, hits: Sequence[Hit]) -> dict[str, float]:
        """View of a hit → how far its cosine lies above its language's mean, in units of NEAR deviations.

        Embedders differ in where their cosines lie and how far apart, and so do languages with one embedder.
        """
        near, languages = cosines.copy(), self._views["language"]
        for language in set(languages):
            of = languages == language
            near[of] = (near[of] - near[of].mean()) / (NEAR * max(float(near[of].std()), LEAST_DEVIATION))
        places = [self.index.place[hit.paragraph.id] for hit in hits]
        of_hits = np.flatnonzero(np.isin(self._views["place"], places))
        return {self.store.views[view].id: float(near[view]) for view in map(int, of_hits)}

    def _rank(
        self,
        fused: Scores,
        legs: Mapping[str, Scores],
        named: Sequence[Paragraph],
        allowed: NDArray[np.bool_],
        before: Sequence[int],
        k: int,
    ) -> tuple[Hit, ...]:
        """The hits: those named, those a reranker has put in order, the rest by their fused scores."""
        first = [self.index.place[paragraph.id] for paragraph in named]
        order = [*before, *(int(place) for place in self._order(fused) if place not in before)]
        rest = [place for place in order if allowed[place] and place not in first]
        dense, lexical = _best_of(legs, "dense", len(fused), least=-1.0), _best_of(legs, "terms", len(fused), least=0.0)
        hits: list[Hit] = []
        for rank, place in enumerate([*first, *rest][:k], 1):
            lowest = hits[-1].score if hits else 1.0
            score = 1.0 if place in first else min(lowest, squash(float(fused[place])))
            hits.append(Hit(self.index.paragraphs[place], rank, score, float(dense[place]), float(lexical[place])))
        return tuple(hits)


def fuse(legs: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """The weighted mean of the legs' standardised scores over the legs that speak for each paragraph.

    A leg whose scores are all alike says nothing and counts as zero.
    """
    size = len(next(iter(legs.values())))
    total, weight = np.zeros(size), np.zeros(size)
    for name, scores in legs.items():
        spoken = ~np.isnan(scores)
        of_leg = scores[spoken]
        if of_leg.size and of_leg.std() > ALIKE * np.abs(of_leg).max():
            total[spoken] += weights[name] * (of_leg - of_leg.mean()) / of_leg.std()
        weight[spoken] += weights[name]
    spoken = weight > 0
    fused: Scores = np.divide(total, weight, out=np.zeros(size), where=spoken)
    fused[~spoken] = fused.min() - 1.0
    return fused


def _best_of(legs: Mapping[str, Scores], kind: str, size: int, least: float) -> Scores:
    """The best score of any leg of a kind for each paragraph; `least` where none speaks."""
    of_kind = [scores for name, scores in legs.items() if name.startswith(kind)]
    best: Scores = np.fmax.reduce([np.full(size, least), *of_kind])
    return best


def squash(fused: float) -> float:
    """A fused score in standard deviations to (0, 1), rising.

    >>> squash(0.0), squash(4.0)
    (0.5, 0.75)
    """
    return 0.5 * (1.0 + fused / (SQUASH + abs(fused)))
