"""The weights of retrieval's legs chosen for the embedder an index was built with, on dev and tuning questions.

They are kept beside the index's generations, for that embedder alone.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eval.questions import Question, gold_of
from rag.answering.retrieve import Retriever, Scores, fuse
from rag.answering.weights import Weights
from rag.question import Question as Parsed
from rag.records import Filters

if TYPE_CHECKING:
    from rag.assistant import Assistant

GRID: Mapping[str, Sequence[float]] = {
    "dense same": (1.0, 1.5, 2.0, 3.0),
    "dense cross": (0.25, 0.5, 1.0, 1.5),
    "terms own": (1.0, 1.5),
    "terms gloss": (0.1, 0.25, 0.5),
}
NEAREST = 5  # the k of the second recall
MARGIN = 0.005  # by less than half a point of recall no weights are better than the shipped ones
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the scores of every leg for it and for each of its parts."""

    language: str
    renderings: bool
    gold: frozenset[int]  # places of the paragraphs that answer
    named: Scores
    legs: Mapping[str, Scores]
    of_parts: Sequence[Mapping[str, Scores]]


def asked(assistant: "Assistant", questions: Sequence[Question]) -> Iterator[Asked]:
    """The answerable questions that name no paragraph, with the renderings and without."""
    index, retriever = assistant.index, assistant.retriever
    for question in questions:
        gold = frozenset(
            index.place[each] for ids in gold_of(question, index.reports, index.paragraphs) for each in ids
        )
        found = retriever.find(Parsed.parse(question.text, question.history, len(question.text)), 1)
        if not gold or found.look_up.named:
            continue
        for renderings in (True, False):
            yield _asked(retriever, found.question, question.lang, gold, Filters(renderings=renderings))


def _asked(retriever: Retriever, question: Parsed, language: str, gold: frozenset[int], filters: Filters) -> Asked:
    legs, *of_parts = [retriever.legs(each, filters)[1] for each in (question.text, *question.parts)]
    return Asked(language, filters.renderings, gold, retriever.named_report(question.text), legs, of_parts)


def value(questions: Sequence[Asked], weights: Weights) -> float:
    """The mean of recall at 1 and at NEAREST, each language and each way of reading counting alike."""
    of_kind: dict[tuple[str, bool], list[float]] = {}
    for each in questions:
        fused = fuse(each.legs, weights.legs) + weights.named_report * each.named
        if each.of_parts:
            fused += weights.part * np.max([fuse(legs, weights.legs) for legs in each.of_parts], axis=0)
        place = int(np.isin(np.argsort(-fused, kind="stable"), list(each.gold)).argmax())
        of_kind.setdefault((each.language, each.renderings), []).append(((place < 1) + (place < NEAREST)) / 2)
    return float(np.mean([np.mean(values) for values in of_kind.values()]))


def best_weights(questions: Sequence[Asked], shipped: Weights) -> list[tuple[float, Mapping[str, float]]]:
    """Every combination of GRID with its value, the best first; the shipped weights stand first among equals."""
    tried = [(value(questions, shipped), shipped.legs)]
    for values in itertools.product(*GRID.values()):
        weights = {**shipped.legs, **dict(zip(GRID, values, strict=True))}
        weights["terms rendering"] = weights["terms own"]
        tried.append((value(questions, replace(shipped, legs=weights)), weights))
    return sorted(tried, key=lambda each: -each[0] - MARGIN * (each[1] == shipped.legs))
