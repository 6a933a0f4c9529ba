"""What was tuned, one record an embedder: `rag/data/weights.json`, and what the owner of an index calibrated."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from rag.data import table
from rag.index import Index

DEFAULT = "multilingual-e5-small"  # whose record another embedder starts from


@dataclass(frozen=True)
class Weights:
    """Chosen on the dev and tuning questions; the figures behind them are told in NOTES.md."""

    legs: Mapping[str, float]  # of retrieval
    best_sentence: float  # a paragraph's best sentence beside the whole
    expansion: float  # a synonym from the glossary beside the question's own words
    named_report: float  # standard deviations a paragraph gains when the question names its report, or its year
    part: float  # the best of a question's parts beside the whole question
    paragraphs: int  # the best hits whose sentences are weighed for quotations
    quotes: int  # of them chosen at the most
    quotes_of_parts: int  # the same where a question has several parts
    nearness: float  # a sentence's nearness to the question, where quotations are chosen
    coverage: float  # the share of the question's words that it has
    kind: float  # a number or date where one is asked for
    kept: float  # of its paragraph's best sentence's score: a lower one is left out
    behind: float  # of a further paragraph: what each standard deviation behind the first tells against it
    part_elsewhere: float  # what it gains where it answers a part of the question better than the first
    one_thing: float  # what stands for that gain where a question has no parts
    report_named: float  # what it gains where its report is named and the first is of another
    abstention: Mapping[str, Any]  # what `judge.judge` decides by, without a language model


def weights_for(index: Index) -> Weights:
    """The weights for an index's embedder. IndexProblem where those its owner calibrated are damaged."""
    records, embedder = shipped(), index.manifest["embedder"]["name"]
    weights = records.get(embedder) or replace(records[DEFAULT], abstention=_of_any(records[DEFAULT].abstention))
    return replace(weights, legs={**weights.legs, **index.calibrated_weights(weights.legs)})


def judge_of(model: str) -> Mapping[str, Any] | None:
    """What `judge.judge` decides by with a language model's view, by its name; None where not calibrated.

    `log_odds` has the mean and scale of what it says in each language.
    """
    judges: Mapping[str, Mapping[str, Any]] = table("judges.json")
    return judges.get(model)


def _of_any(abstention: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is decided by with another embedder: its cosines lie elsewhere, so what needs them is left out."""
    return {name: value for name, value in abstention.items() if not name.startswith("about")}


@cache
def shipped() -> Mapping[str, Weights]:
    """Embedder → its weights as shipped."""
    return {name: Weights(**record) for name, record in table("weights.json").items()}
