"""When to answer, doubt or refuse: logistic regressions over the signals of `answering.judge`.

Kept apart from scoring: it writes what ships in rag/data/weights.json, and sees no question of a test half.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eval import tables
from eval.metrics import risk_coverage
from eval.questions import Question
from rag.answering.judge import Outcome, Signals, answerable, judge, signals
from rag.answering.retrieve import Found
from rag.errors import BatchError
from rag.question import Question as Parsed
from rag.records import LANGUAGES, Filters, Language, Report
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from eval.elsewhere import Talk
    from rag.assistant import Assistant

SHIPPED = Path(__file__).parents[1] / "rag" / "data" / "weights.json"
JUDGES = SHIPPED.with_name("judges.json")
ABOUT, SAYS = ("standing", "dense", "lexical", "named"), ("together", "standing")
WITH_MODEL = ("together", "model")
FOLDS = 10  # by pair: a question and its translation are never on both sides
SEED = 20260101
# Shares of the answerable: to refuse what the reports answer costs a delegate more than a quotation under a caveat.
REFUSED, DOUBTED = 0.04, 0.10
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
Model = Mapping[str, Any]  # as rag/answering/judge.py reads it


@dataclass(frozen=True)
class Example:
    """The signals of a question, and what is right."""

    signals: Signals
    about: bool  # whether it asks for anything of the kind the reports tell
    answerable: bool
    pair: str
    lang: Language
    source: str


@dataclass(frozen=True)
class Fitted:
    """What to decide by, and what cross-validation says of it."""

    model: Model
    examples: Sequence[Example]
    probabilities: NDArray[np.float64]  # out of fold
    outcomes: Sequence[Outcome]  # out of fold


def examples(
    assistant: "Assistant",
    asked: "Sequence[Question | Talk]",
    source: str,
    progress: Callable[[int, int], None],
    view: "ModelView | None" = None,
) -> Iterator[Example]:
    """The signals of the questions that retrieval has to answer; those that name their paragraph are left out.

    Small talk is about nothing the reports tell. ValueError for a question of the test half.
    """
    if source == "dev" and any(isinstance(each, Question) and each.split != "dev" for each in asked):
        raise ValueError("calibration reads dev questions only")
    filters = Filters(renderings=assistant.settings.renderings)
    for n, each in enumerate(asked, 1):
        history = each.history if isinstance(each, Question) else ()
        question = Parsed.parse(each.text, history, assistant.settings.question_limit)
        found = assistant.retriever.find(question, assistant.settings.k, filters)
        if not (found.look_up.named or found.look_up.in_vain):
            signs = signals(found, assistant.index, assistant.lexicon, filters)
            of = (True, each.answerable, each.pair) if isinstance(each, Question) else (False, False, each.id)
            if view and judge(signs, assistant.retriever.weights.abstention) != "refused":
                signs = replace(signs, model=view.of(each.id, found, assistant.index.reports))
            elif view:
                continue  # it is not asked about what is refused without it
            yield Example(signs, *of, each.lang, source)
        progress(n, len(asked))


@dataclass
class ModelView:
    """What a language model says of questions: log-odds that the passages found answer.

    Kept in a file, a line a question, as each takes seconds: a run that was broken off goes on there.
    """

    model: "BaseChatModel"
    settings: Settings
    kept: Path

    @cached_property
    def known(self) -> dict[str, float]:
        """Question id → log-odds."""
        lines = self.kept.read_text("utf-8").splitlines() if self.kept.is_file() else []
        return {line["id"]: float(line["log_odds"]) for line in map(json.loads, lines)}

    def of(self, id_: str, found: Found, reports: Mapping[str, Report]) -> float:
        """The model's view of what was found for a question. ModelError where it fails, or is a server's."""
        from rag.answering.write import YES_OR_NO, prompt_for
        from rag.models.chat import log_odds

        if id_ not in self.known:
            language = found.question.language
            prompt = prompt_for(found, self.model, self.settings, reports, language, self.settings.renderings)
            asking = log_odds(self.model, prompt.judging, YES_OR_NO[language], self.settings)
            self.known[id_] = _returned(asking)
            with self.kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"id": id_, "log_odds": self.known[id_]}) + "\n")
        return self.known[id_]


def _returned(generator: Generator[Any, None, float | None]) -> float:
    while True:
        try:
            next(generator)
        except StopIteration as end:
            if end.value is None:
                raise BatchError(
                    "A server's model does not tell how likely it finds an answer. Name a GGUF file."
                ) from end
            return float(end.value)


def standardised(of: Sequence[Example]) -> tuple[list[Example], dict[str, list[float]]]:
    """The examples with the model's view in standard deviations, and mean and scale of each language."""
    scales: dict[str, list[float]] = {}
    for lang in LANGUAGES:
        own = [each.signals.model for each in of if each.lang == lang]
        scales[lang] = [float(np.mean(own)), float(np.std(own))] if own else [0.0, 1.0]

    def standard(each: Example) -> Signals:
        mean, scale = scales[each.lang]
        return replace(each.signals, model=(each.signals.model - mean) / scale)

    return [replace(each, signals=standard(each)) for each in of], scales


def fit(of: Sequence[Example], says: Sequence[str] = SAYS) -> Fitted:
    """The regressions from all examples; thresholds and figures from folds by pair. BatchError where a class lacks."""
    from sklearn.model_selection import GroupKFold

    pairs = [example.pair for example in of]
    least = min(len({each.pair for each in of if each.answerable is kind}) for kind in (True, False))
    if least < 2:
        raise BatchError(
            "Calibration needs answerable and unanswerable questions, two pairs of each at least. Add some."
        )
    probabilities, outcomes = np.zeros(len(of)), np.empty(len(of), dtype=object)
    folds = GroupKFold(min(FOLDS, least), shuffle=True, random_state=SEED)
    for train, held_out in folds.split(pairs, groups=pairs):
        model = _fit([of[n] for n in train], says)
        probabilities[held_out] = [answerable(of[n].signals, model) for n in held_out]
        outcomes[held_out] = [judge(of[n].signals, model) for n in held_out]
    answered = [each.answerable for each in of]
    counts = {"questions": len(of), "answerable": sum(answered)}
    model = {**_fit(of, says), **thresholds(probabilities[answered]), "fitted_on": counts}
    return Fitted(model, of, probabilities, list(outcomes))


def _fit(of: Sequence[Example], says: Sequence[str]) -> dict[str, Any]:
    model: dict[str, Any] = {}
    if not all(each.about for each in of):
        about = [each.about for each in of]
        model["about"] = _regression(of, about, ABOUT, "balanced")
        model["about_by_meaning"] = _regression(of, about, ("dense",), "balanced")  # for a third language
    asked = [each for each in of if each.about]
    model["says"] = _regression(asked, [each.answerable for each in asked], says)
    probabilities = np.array([answerable(each.signals, model) for each in of if each.answerable])
    return {**model, **thresholds(probabilities)}


def _regression(
    of: Sequence[Example], classes: Sequence[bool], names: Sequence[str], weight: str | None = None
) -> dict[str, Any]:
    """A regression over signals in standard deviations of their language: what is usual differs."""
    from sklearn.linear_model import LogisticRegression

    values = np.array([[getattr(each.signals, name) for name in names] for each in of], dtype=float)
    spoken = np.array([each.signals.language for each in of])
    means = {lang: values[spoken == lang].mean(axis=0) for lang in LANGUAGES if (spoken == lang).any()}
    scales = {lang: np.maximum(values[spoken == lang].std(axis=0), 1e-9) for lang in means}
    standard = [(row - means[lang]) / scales[lang] for row, lang in zip(values, spoken, strict=True)]
    fitted = LogisticRegression(max_iter=1000, class_weight=weight).fit(standard, classes)
    return {
        "signals": list(names),
        "intercept": float(fitted.intercept_[0]),
        "weights": fitted.coef_[0].tolist(),
        "means": {lang: mean.tolist() for lang, mean in means.items()},
        "scales": {lang: scale.tolist() for lang, scale in scales.items()},
    }


def thresholds(answerable: NDArray[np.float64]) -> dict[str, float]:
    """From which probability to answer under a caveat, and from which to be sure: by how many answerable lie below.

    >>> thresholds(np.linspace(0, 1, 101))
    {'unsure': 0.04, 'sure': 0.1}
    """
    unsure, sure = np.quantile(answerable, [REFUSED, DOUBTED])
    return {"unsure": round(float(unsure), 6), "sure": round(float(sure), 6)}


def table(fitted: Fitted) -> str:
    """What people read: weights, outcomes by source and language, and risk against coverage."""
    of, model = fitted.examples, fitted.model
    weights = [["signal", "weight (standardised)"]]
    for part in ("about", "says"):
        named = zip(model.get(part, {}).get("signals", ()), model.get(part, {}).get("weights", ()), strict=True)
        weights += [[f"{part}: {name}", f"{weight:+.3f}"] for name, weight in named]
    losses = [float(not each.answerable) for each in of]
    curve, area = risk_coverage(fitted.probabilities.tolist(), losses)
    risks = [["coverage", "unanswerable among those answered"]]
    for wanted in COVERAGES:
        reached = next((risk for coverage, risk in curve if coverage >= wanted - 1e-9), None)
        risks.append([f"{wanted:.0%}", "–" if reached is None else f"{reached:.3f}"])
    head = (
        f"{len(of)} questions, {sum(each.answerable for each in of)} answerable; out of fold, folds by pair. "
        f"Unsure from {model['unsure']:.3f}, sure from {model['sure']:.3f}; AURC {area:.3f}"
    )
    return "\n\n".join([head, tables.text(_outcomes(fitted)), tables.text(weights), tables.text(risks)])


def _outcomes(fitted: Fitted) -> list[list[str]]:
    """A row a source and language: how the answerable and the others were judged, and the mean of both rights."""
    rows = [["", "answerable", "refused", "unsure", "others", "refused", "unsure", "balanced accuracy"]]
    judged = list(zip(fitted.examples, fitted.outcomes, strict=True))
    sources = dict.fromkeys(each.source for each in fitted.examples)
    for name, within in (("all", sources), *((source, (source,)) for source in sources)):
        for lang in ("zh", "en"):
            own = [
                (each.answerable, outcome) for each, outcome in judged if each.source in within and each.lang == lang
            ]
            cells, rights = [], []
            for kind, right in ((True, "sure"), (False, "refused")):
                outcomes = [outcome for is_answerable, outcome in own if is_answerable is kind]
                n = len(outcomes)
                cells += [str(n), *(_share(outcomes.count(each), n) for each in ("refused", "unsure"))]
                rights += [(outcomes.count(right) + outcomes.count("unsure") / 2) / n] if n else []
            rows.append([f"{name} {lang}", *cells, f"{sum(rights) / 2:.3f}" if len(rights) == 2 else "–"])
    return rows


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def write_judge(path: Path, fitted: Fitted, scales: Mapping[str, Sequence[float]], model: str) -> None:
    """Write what is decided by with a model's view into its record."""
    records = json.loads(path.read_text(encoding="utf-8"))
    records[model] = {**fitted.model, "log_odds": scales}
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


def write(path: Path, fitted: Fitted, embedder: str) -> None:
    """Write the coefficients into the embedder's record of weights; one it lacks starts from the default's."""
    from rag.answering.weights import DEFAULT

    records = json.loads(path.read_text(encoding="utf-8"))
    records[embedder] = {**records.get(embedder, records[DEFAULT]), "abstention": fitted.model}
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
