"""When to abstain: a logistic regression over the signals of `answering.judge`, fitted on dev and tuning questions.

Kept apart from scoring: it writes what ships in rag/data/weights.json, and sees no question of the test half.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eval import tables
from eval.metrics import risk_coverage
from eval.questions import Question
from rag.errors import BatchError

if TYPE_CHECKING:
    from rag.assistant import Assistant

SHIPPED = Path(__file__).parents[1] / "rag" / "data" / "weights.json"
FOLDS = 10  # by pair: a question and its translation are never on both sides
SEED = 20260101
MOST_REFUSED = 0.08  # of the answerable: to refuse what the reports answer costs a delegate more than a weak quotation
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Examples:
    """The signals of questions, a row a question, with whether the reports answer it and which pair it belongs to."""

    signals: NDArray[np.float64]
    answerable: NDArray[np.bool_]
    pairs: Sequence[str]
    languages: Sequence[str]
    names: Sequence[str]  # of the columns


@dataclass(frozen=True)
class Fitted:
    """The coefficients in the form rag/answering/judge.py reads, and what cross-validation says of them."""

    model: Mapping[str, Any]
    probabilities: NDArray[np.float64]  # out of fold
    examples: Examples
    auc: float
    balanced_accuracy: float  # each fold judged by the threshold of the others
    hallucination: float
    over_refusal: float


def examples(
    assistant: "Assistant",
    dev: Sequence[Question],
    progress: Callable[[int, int], None],
    tuning: Sequence[Question] = (),
) -> Examples:
    """The signals of the questions that retrieval has to answer; those that name their paragraph are left out.

    `tuning` are the questions of a file that is never scored, whichever half their pairs would fall in.
    """
    from rag.answering.judge import Signals, signals
    from rag.question import Question as Parsed
    from rag.records import Filters

    if any(question.split != "dev" for question in dev):
        raise ValueError("calibration reads dev questions only")
    questions = [*dev, *tuning]
    filters = Filters(renderings=assistant.settings.renderings)
    rows, kept = [], []
    for n, question in enumerate(questions, 1):
        asked = Parsed.parse(question.text, question.history, assistant.settings.question_limit)
        found = assistant.retriever.find(asked, assistant.settings.k, filters)
        if not found.look_up.named:
            rows.append(list(map(float, astuple(signals(found, assistant.index, assistant.lexicon, filters)))))
            kept.append(question)
        progress(n, len(questions))
    return Examples(
        signals=np.array(rows, dtype=float),
        answerable=np.array([question.answerable for question in kept]),
        pairs=[question.pair for question in kept],
        languages=[question.lang for question in kept],
        names=[field.name for field in fields(Signals)],
    )


def fit(of: Examples) -> Fitted:
    """Coefficients from all examples; threshold and figures from folds by pair. BatchError where one class lacks."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    classes = of.answerable.astype(int)
    least = min(
        len({p for p, yes in zip(of.pairs, of.answerable, strict=True) if bool(yes) is kind}) for kind in (True, False)
    )
    if least < 2:
        raise BatchError(
            "Calibration needs answerable and unanswerable questions, two pairs of each at least. Add some."
        )
    folds = list(GroupKFold(min(FOLDS, least), shuffle=True, random_state=SEED).split(of.signals, classes, of.pairs))
    probabilities = np.zeros(len(classes))
    for train, held_out in folds:
        probabilities[held_out] = _regression(of.signals[train], classes[train]).predict_proba(of.signals[held_out])[
            :, 1
        ]
    chosen = np.zeros(len(classes), dtype=bool)
    for train, held_out in folds:
        chosen[held_out] = probabilities[held_out] >= best_threshold(probabilities[train], of.answerable[train])
    pipeline = _regression(of.signals, classes)
    scaler, regression = pipeline[0], pipeline[1]
    model = {
        "signals": list(of.names),
        "intercept": float(regression.intercept_[0]),
        "weights": regression.coef_[0].tolist(),
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
        "threshold": best_threshold(probabilities, of.answerable),
        "fitted_on": {"questions": len(classes), "answerable": int(classes.sum())},
    }
    refused_rightly, answered_rightly = (~chosen)[~of.answerable].mean(), chosen[of.answerable].mean()
    return Fitted(
        model=model,
        probabilities=probabilities,
        examples=of,
        auc=float(roc_auc_score(classes, probabilities)),
        balanced_accuracy=float((refused_rightly + answered_rightly) / 2),
        hallucination=float(1 - refused_rightly),
        over_refusal=float(1 - answered_rightly),
    )


def _regression(signals: NDArray[np.float64], classes: NDArray[Any]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(signals, classes)


def best_threshold(probabilities: NDArray[np.float64], answerable: NDArray[np.bool_]) -> float:
    """The threshold of the best balanced accuracy that refuses few answerable questions; of equals, the middle one.

    It lies midway between two probabilities. Where none refuses as few as MOST_REFUSED, the cap is not held.

    >>> best_threshold(np.array([0.2, 0.4, 0.6, 0.8]), np.array([False, False, True, True]))
    0.5
    """
    levels = np.unique(probabilities)
    between = (levels[1:] + levels[:-1]) / 2 if len(levels) > 1 else levels
    kept = np.array([(probabilities[answerable] >= t).mean() for t in between])
    scores = kept + np.array([(probabilities[~answerable] < t).mean() for t in between])
    scores = np.where(kept >= 1 - MOST_REFUSED, scores, -1.0) if (kept >= 1 - MOST_REFUSED).any() else scores
    best = np.flatnonzero(np.isclose(scores, max(scores)))
    return float(round(float(between[best[len(best) // 2]]), 6))


def table(fitted: Fitted) -> str:
    """What people read: weights, AUC, cross-validated figures, and risk against coverage."""
    of, model = fitted.examples, fitted.model
    weights = [
        ["signal", "weight (standardised)"],
        *([n, f"{w:+.3f}"] for n, w in zip(of.names, model["weights"], strict=True)),
    ]
    losses = [float(not yes) for yes in of.answerable]
    curve, area = risk_coverage(fitted.probabilities.tolist(), losses)
    risks = [["coverage", "unanswerable among those answered"]]
    for wanted in COVERAGES:
        reached = next((risk for coverage, risk in curve if coverage >= wanted - 1e-9), None)
        risks.append([f"{wanted:.0%}", "–" if reached is None else f"{reached:.3f}"])
    head = (
        f"{len(of.answerable)} questions, {int(of.answerable.sum())} answerable; out of fold, folds by pair:\n"
        f"AUC {fitted.auc:.3f} ({_by_language(fitted)}), balanced accuracy {fitted.balanced_accuracy:.3f}, "
        f"hallucination {fitted.hallucination:.3f}, over-refusal {fitted.over_refusal:.3f}; "
        f"always one way: balanced accuracy 0.500.\nThreshold {model['threshold']:.3f}, AURC {area:.3f}"
    )
    return "\n\n".join([head, tables.text(weights), tables.text(risks)])


def _by_language(fitted: Fitted) -> str:
    from sklearn.metrics import roc_auc_score

    parts = []
    for language in sorted(set(fitted.examples.languages)):
        own = np.array([each == language for each in fitted.examples.languages])
        if len(set(fitted.examples.answerable[own])) == 2:
            parts.append(f"{language} {roc_auc_score(fitted.examples.answerable[own], fitted.probabilities[own]):.3f}")
    return ", ".join(parts) or "one language"


def write(path: Path, fitted: Fitted, embedder: str) -> None:
    """Write the coefficients into the embedder's record of weights; one it lacks starts from the default's."""
    from rag.answering.weights import DEFAULT

    records = json.loads(path.read_text(encoding="utf-8"))
    records[embedder] = {**records.get(embedder, records[DEFAULT]), "abstention": fitted.model}
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
