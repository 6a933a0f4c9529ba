"""Whether the hits answer the question at all, from calibrated signals.

A logistic regression over what tells: how much of the question's rare words, names, years and symbols the best paragraphs
have, how near they are, and how the legs agree. Its coefficients are fitted on the dev questions by
`python -m eval calibrate` and kept in `rag/data/abstention.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from importlib import resources
from math import exp

import numpy as np

from rag.index import GLOSS
from rag.records import Language, Paragraph
from rag.retrieval import Filters, Found, Retriever
from rag.text import figures, symbols

BEST = 3  # paragraphs looked into: one that answers is nearly always among them


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells whether the best paragraphs answer; every one is higher where they more likely do."""

    nearness: float  # the best cosine
    coverage: float  # of the question's words by the best paragraphs together, by rarity, in [0, 1]
    coverage_of_one: float  # by the best single one of them
    rarest: float  # 1 less the share of the rarest word that none of them has, in [0, 1]
    figures: float  # the share of the question's figures and symbols that one of them has; 1 where it has none
    margin: float  # the best fused score above the tenth, in standard deviations
    agreement: float  # overlap of the best ten of the dense and the lexical leg, in [0, 1]


def signals(question: str, found: Found, retriever: Retriever, language: Language, filters: Filters) -> Signals:
    """The signals of a question and what was found for it."""
    best = [hit.paragraph for hit in found.hits[:BEST]]
    words = question_words(question, retriever, language)
    total = sum(words.values()) or 1.0
    said = [_terms_of(paragraph, retriever, language, filters) for paragraph in best]
    together = set().union(*said)
    missing = [rarity for term, rarity in words.items() if term not in together]
    return Signals(
        nearness=max((hit.dense for hit in found.hits[:BEST]), default=0.0),
        coverage=sum(rarity for term, rarity in words.items() if term in together) / total,
        coverage_of_one=max((sum(r for t, r in words.items() if t in each) / total for each in said), default=0.0),
        rarest=1.0 - max(missing, default=0.0) / max(words.values(), default=1.0),
        figures=_figures_found(question, best, retriever),
        margin=_margin(found),
        agreement=_agreement(found),
    )


def answerable(signals: Signals) -> float:
    """The probability that the reports answer, by the shipped coefficients."""
    model = coefficients()
    score = model["intercept"] + sum(
        weight * (value - mean) / scale
        for weight, value, mean, scale in zip(model["weights"], astuple(signals), model["means"], model["scales"], strict=True)
    )
    return 1.0 / (1.0 + exp(-score))


def answers(signals: Signals) -> bool:
    """Whether to answer rather than abstain."""
    return answerable(signals) >= float(coefficients()["threshold"])


@cache
def coefficients() -> Mapping[str, object]:
    """The shipped calibration: intercept, weights, means, scales (in the order of Signals) and threshold."""
    return dict(json.loads((resources.files("rag") / "data" / "abstention.json").read_text(encoding="utf-8")))


def question_words(question: str, retriever: Retriever, language: Language) -> Mapping[str, float]:
    """The question's index terms with their rarity among the paragraphs in its language."""
    legs = retriever.index.legs
    spoken = [leg for (of, kind), leg in legs.items() if of == language and kind != GLOSS]
    spoken = spoken or [leg for (of, _), leg in legs.items() if of == language]
    return {term: spoken[0].rarity(term) for term in dict.fromkeys(retriever.lexicon.terms(question, language))}


def _terms_of(paragraph: Paragraph, retriever: Retriever, language: Language, filters: Filters) -> set[str]:
    """The index terms a paragraph has in a language, by any leg: its own, its rendering's, its gloss."""
    from rag.index.views import searchable_text

    lexicon = retriever.lexicon
    if language == paragraph.language:
        return set(lexicon.terms(searchable_text(paragraph, language), language))
    terms = set(lexicon.gloss_terms(searchable_text(paragraph, paragraph.language), paragraph.language))
    if language in paragraph.translations and filters.renderings:
        terms |= set(lexicon.terms(searchable_text(paragraph, language), language))
    return terms


def _figures_found(question: str, best: Sequence[Paragraph], retriever: Retriever) -> float:
    asked = {figure.value for figure in figures(question)} | {symbol.canonical for symbol in symbols(question)}
    if not asked:
        return 1.0
    return max((len(asked & _figures_of(paragraph, retriever)) / len(asked) for paragraph in best), default=0.0)


def _figures_of(paragraph: Paragraph, retriever: Retriever) -> set[object]:
    """The values of a paragraph's figures and symbols, and of what its report is known by."""
    report = retriever.index.reports[paragraph.report]
    texts = [paragraph.text, *(note.text for note in paragraph.footnotes), *paragraph.headings, report.id, report.date[:4]]
    texts += [translation.text for translation in paragraph.translations.values()]
    values: set[object] = {symbol.canonical for text in texts for symbol in symbols(text)}
    return values | {figure.value for text in texts for figure in figures(text)} | {figure.value for year in report.years for figure in figures(f"{year}年")}


def _margin(found: Found) -> float:
    if found.fused is None:
        return 0.0
    ordered = np.sort(found.fused)[::-1]
    return float(ordered[0] - ordered[min(9, len(ordered) - 1)])


def _agreement(found: Found) -> float:
    tops = [set(np.argsort(-np.nan_to_num(scores, nan=-9.0))[:10].tolist()) for scores in found.legs.values()]
    if len(tops) < 2:
        return 1.0
    return float(np.mean([len(one & other) / 10 for i, one in enumerate(tops) for other in tops[i + 1 :]]))
