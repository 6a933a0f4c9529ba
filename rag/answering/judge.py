"""Whether the hits answer the question at all, from calibrated signals.

What a question names should stand together in one of the best paragraphs, in either language, and with it the kind of
answer asked for: an amount of money, a number of the things counted, a share, a date, a reason, a person. One logistic
regression tells whether the reports are about the question at all, another whether they say it; both are fitted by
`python -m eval calibrate`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, prod
from typing import Any, Literal

import numpy as np

from rag.answering.mentions import counted_in, figures_of, stands_beside
from rag.answering.names import Name, Said, names, read_paragraph, texts_of
from rag.answering.retrieve import Found
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question, asks, pattern
from rag.records import Filters, Language

BEST = 5  # paragraphs looked into: those whose sentences a quoted answer weighs
PRIOR = 1.0  # what a question counts as having beside its names: one common name missing says little
ELSEWHERE = 0.5  # what a figure counts that does not stand beside the thing counted
MISSING = 3  # names a refusal tells of

Test = Callable[[Sequence[str]], float]  # how far texts have what is asked for, in [0, 1]
Outcome = Literal["sure", "unsure", "refused"]


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells whether the best paragraphs answer; every one is higher where they more likely do."""

    language: Language  # of the question: what is usual differs
    together: float  # how far one paragraph has what the question names and the kind of answer it wants, in [0, 1]
    standing: float  # the best fused score, in standard deviations
    dense: float  # the best cosine of question and paragraph, in [-1, 1]
    lexical: float | None  # the best BM25, ≥ 0; None for a question in a third language, whose words are not there
    named: float  # the rarity of the names that the best paragraph has of those in the question, ≥ 0
    model: float = 0.0  # a language model's log-odds that the passages answer; 0 where none was asked


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things a question asks: what it names, and a test for each kind of answer it wants."""

    names: Sequence[Name]
    kinds: Sequence[Test]

    @property
    def weight(self) -> float:
        """What it counts among the parts of its question."""
        return 1.0 + sum(name.weight for name in self.names)

    def share(self, said: Said) -> float:
        """How much of what it names a paragraph has, by rarity, of what it would have; 1 where it names nothing."""
        told = [name for name in self.names if said.has(name) or said.tells(name)]
        there = sum(name.weight for name in told if said.has(name))
        return (there + PRIOR) / (sum(name.weight for name in told) + PRIOR)

    def kind(self, texts: Sequence[str]) -> float:
        """How much of the kinds it wants texts have; 1 where it wants none that can be told."""
        return sum(test(texts) for test in self.kinds) / len(self.kinds) if self.kinds else 1.0


def judge(signals: Signals, model: Mapping[str, Any]) -> Outcome:
    """Whether to answer, to quote under a caveat, or to refuse, by what was calibrated."""
    probability = answerable(signals, model)
    if probability >= model["sure"]:
        return "sure"
    return "unsure" if probability >= model["unsure"] else "refused"


def signals(found: Found, index: Index, lexicon: Lexicon, filters: Filters) -> Signals:
    """The signals of what was found for a question; several paragraphs together may answer a comparison."""
    question, best = found.question, [hit.paragraph for hit in found.hits[:BEST]]
    said = [read_paragraph(paragraph, index.reports[paragraph.report], filters) for paragraph in best]
    texts = [texts_of(paragraph, filters) for paragraph in best]
    if question.asks.compare:
        languages = frozenset[str]().union(*(each.languages for each in said))
        said = [Said("".join(each.chinese for each in said), "".join(each.terms for each in said), languages)]
        texts = [[text for of_paragraph in texts for text in of_paragraph]]
    in_english = all("en" in paragraph.languages(filters.renderings) for paragraph in best)
    own_language = all(question.language in paragraph.languages(filters.renderings) for paragraph in best)
    asked = [
        Part(names(part, index, lexicon, not in_english), kinds(part, lexicon, not own_language))
        for part in question.parts or [question.text]
    ]
    total = sum(part.weight for part in asked)
    together = 0.0
    for part in asked:
        shares = [part.share(each) for each in said]
        fits = [share * part.kind(each) if share else 0.0 for share, each in zip(shares, texts, strict=True)]
        together += part.weight / total * max(fits, default=0.0)
    standing = float(np.max(found.fused)) if found.fused is not None and len(found.fused) else 0.0
    dense, lexical = (
        max((getattr(hit, leg) for hit in found.hits[:BEST]), default=0.0) for leg in ("dense", "lexical")
    )
    every = {name.written: name for part in asked for name in part.names}.values()
    named = max((sum(name.weight for name in every if each.has(name)) for each in said), default=0.0)
    return Signals(question.language, together, standing, dense, None if question.foreign else lexical, named)


def answerable(signals: Signals, model: Mapping[str, Any]) -> float:
    """The probability that the reports answer: that they are about it at all, times that they then say it."""
    about = "about_by_meaning" if signals.lexical is None else "about"
    return prod(_logistic(signals, model[part]) for part in (about, "says") if part in model)


def _logistic(signals: Signals, regression: Mapping[str, Any]) -> float:
    values = (getattr(signals, name) for name in regression["signals"])
    means, scales = (regression[name][signals.language] for name in ("means", "scales"))
    columns = zip(regression["weights"], values, means, scales, strict=True)
    score = regression["intercept"] + sum(weight * (value - mean) / scale for weight, value, mean, scale in columns)
    return float(1.0 / (1.0 + exp(-score)))


def missing(found: Found, index: Index, lexicon: Lexicon, filters: Filters) -> list[str]:
    """What the question names and no best paragraph has, as the question writes it: the rarest first, at most three.

    Names that stand side by side are told as one.
    """
    question, best = found.question.text, [hit.paragraph for hit in found.hits[:BEST]]
    said = [read_paragraph(paragraph, index.reports[paragraph.report], filters) for paragraph in best]
    translated = not all("en" in paragraph.languages(filters.renderings) for paragraph in best)
    named = names(question, index, lexicon, translated)
    absent = [name for name in named if not any(each.has(name) or not each.tells(name) for each in said)]
    runs: list[tuple[int, int, float]] = []  # start, end, the rarest name's weight
    for name in sorted(absent, key=lambda each: question.find(each.written)):
        start = question.find(name.written)
        end = start + len(name.written)
        if runs and not question[runs[-1][1] : start].strip():
            start, last, weight = runs.pop()
            runs.append((start, max(end, last), max(weight, name.weight)))
        else:
            runs.append((start, end, name.weight))
    return [question[start:end] for start, end, _ in sorted(runs, key=lambda run: -run[2])[:MISSING]]


def kinds(question: str, lexicon: Lexicon, translated: bool = True) -> list[Test]:
    """A test for each kind of answer that a question's wording asks for and that can be told from a text.

    The thing counted is looked up in the other language too where it is to be translated.
    """
    known = Question.of(question).known

    def new(*of: str) -> Test:
        return lambda texts: float(
            any(f.kind in of and f.value not in known for text in texts for f in figures_of(text))
        )

    def said(kind: str) -> Test:
        return lambda texts: float(any(pattern(kind, "kinds_of_answer").search(text) for text in texts))

    def count(texts: Sequence[str]) -> float:
        measure, counted = counted_in(question, lexicon, translated)
        return max((_counts(text, known, measure, counted) for text in texts), default=0.0)

    tests: dict[str, Test] = {
        "money": new("money"),
        "share": new("percent"),
        "duration": said("duration"),
        "votes": said("votes"),
        "count": count,
        "date": new("date", "year"),
        "why": said("why"),
        "person": said("person"),
    }
    return [tests[kind] for kind in asks(question).kinds]


def _counts(text: str, known: Collection[Fraction], measure: str, counted: Sequence[str]) -> float:
    """1 where a new count stands beside the thing counted, less where it stands elsewhere, 0 where there is none."""
    counts = [figure for figure in figures_of(text) if figure.kind == "count" and figure.value not in known]
    if not counts:
        return 0.0
    return 1.0 if not counted or any(stands_beside(figure, text, measure, counted) for figure in counts) else ELSEWHERE
