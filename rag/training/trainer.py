"""The training loop: batches in, trained rows out, resumable at every checkpoint."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.training.batches import Batch, PairBatch, Sampler, same
from rag.training.pairs import PairsError
from rag.training.student import Student

if TYPE_CHECKING:
    from torch import Tensor

SCALE = 20.0  # of the cosine in the cross-entropy, as in sentence-transformers' MultipleNegativesRankingLoss
PULL = 2.0  # weight of 1 - cosine: a text and its translation shall be near, not only nearer than others
TOKENS = 224  # of a text: longer ones cost more than they teach
ALIKE = 0.95  # cosine of two English texts above which one is no negative for the other

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run does; two runs of one recipe and corpus give the same rows within rounding."""

    steps: int
    seed: int = 0
    rate: float = 3e-3  # of SparseAdam: the trial's choice; 5e-3 lost recall on UN reports
    warm_up: int = 8  # steps; the fitted start needs few


@dataclass(frozen=True, slots=True)
class Pace:
    """When to stop and how often to save and to measure, in seconds; none of it changes what a step does."""

    deadline: float | None = None  # time.time() at which the rate has fallen to zero
    save_every: float = 180.0
    measure_every: float = 300.0


def train(
    student: Student,
    sampler: Sampler,
    recipe: Recipe,
    checkpoint: Path,
    pace: Pace = Pace(),
    measure: Callable[[], str] = lambda: "",
    say: Say = lambda line: None,
) -> int:
    """Train the student's rows in place, from the checkpoint if there is one; the number of steps they have had.

    With a deadline the rate falls with the clock where that is ahead of the steps, so a rerun repeats it only roughly.

    Raises:
        PairsError: the checkpoint is of another recipe, or memory has run out.
    """
    import torch

    optimiser = torch.optim.SparseAdam(student.rows.parameters(), lr=recipe.rate)
    step = _resume(checkpoint, student, optimiser, recipe) if checkpoint.is_file() else 0
    clock = _Clock(pace, step / recipe.steps)
    losses: dict[str, float] = {}
    seen = 0
    for batch in sampler.batches(step):
        progress = max(step / recipe.steps, clock.fraction())
        if progress >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min(1.0, (step + 1) / recipe.warm_up) * (1 - progress)
        kind = "pairs" if isinstance(batch, PairBatch) else "questions"
        loss = _step(student, optimiser, batch)
        losses[kind] = loss + 0.95 * (losses.get(kind, loss) - loss)
        seen += len(batch.pairs) if isinstance(batch, PairBatch) else len(batch.questions)
        step += 1
        if step % 10 == 0:
            shown = ", ".join(f"{name} {value:.3f}" for name, value in sorted(losses.items()))
            say(f"step {step}/{recipe.steps} ({progress:.0%}): loss {shown}; {seen / clock.running():.0f} texts/s")
        if clock.due("save", pace.save_every):
            _save(checkpoint, student, optimiser, recipe, step)
        if clock.due("measure", pace.measure_every):
            say(f"step {step}: {measure()}")
    _save(checkpoint, student, optimiser, recipe, step)
    return step


def pair_loss(zh: "Tensor", en: "Tensor", alike: "Tensor") -> "Tensor":
    """Cross-entropy of finding each other's text in the batch, both ways, and the distance of the pairs.

    `zh` and `en` are unit vectors (n, dim); where `alike` (n, n) is true off the diagonal a text is no negative.
    """
    return contrast(zh, en, alike) + PULL * (1 - (zh * en).sum(1)).mean()


def contrast(one: "Tensor", other: "Tensor", alike: "Tensor") -> "Tensor":
    """Mean cross-entropy, over both directions, of finding one[i]'s partner other[i] among the batch."""
    import torch
    from torch.nn.functional import cross_entropy

    own = torch.arange(len(one), device=one.device)
    others = alike.clone().fill_diagonal_(False)
    scores = (SCALE * one @ other.T).masked_fill(others, float("-inf"))
    return (cross_entropy(scores, own) + cross_entropy(scores.T, own)) / 2


def _step(student: Student, optimiser: Any, batch: Batch) -> float:
    import torch

    try:
        loss = _loss(student, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        raise PairsError(f"out of memory in a batch of {student.device}; take smaller ones with --batch") from error
    return float(loss.detach())


def _loss(student: Student, batch: Batch) -> "Tensor":
    import torch

    if isinstance(batch, PairBatch):
        zh_texts, en_texts = [pair.zh for pair in batch.pairs], [pair.en for pair in batch.pairs]
        with torch.no_grad():
            en = student.embed(en_texts, TOKENS)  # no word of ours is in them: this is the unchanged model
        alike = torch.from_numpy(same(zh_texts, [text.lower() for text in en_texts])).to(en.device)
        return pair_loss(student.embed(zh_texts, TOKENS), en, alike | (en @ en.T > ALIKE))
    alike = torch.from_numpy(same(batch.homes, batch.questions)).to(student.device)
    return contrast(student.embed(batch.questions, TOKENS), student.embed(batch.passages, TOKENS), alike)


class _Clock:
    """How much of the time is over, and what is due."""

    def __init__(self, pace: Pace, done: float) -> None:
        self._start = time.time()
        self._deadline, self._done = pace.deadline, done
        self._last: dict[str, float] = {}

    def running(self) -> float:
        return max(1e-6, time.time() - self._start)

    def fraction(self) -> float:
        """0 without a deadline; else how much of the work the clock says is done, 1 at the deadline."""
        if self._deadline is None:
            return 0.0
        length = max(1e-6, self._deadline - self._start)
        return self._done + (1 - self._done) * min(1.0, self.running() / length)

    def due(self, what: str, every: float) -> bool:
        if time.time() - self._last.get(what, self._start) < every:
            return False
        self._last[what] = time.time()
        return True


def _save(checkpoint: Path, student: Student, optimiser: Any, recipe: Recipe, step: int) -> None:
    """One file, replaced whole: rows, the optimiser's state and the step."""
    from safetensors.torch import save_file

    state = optimiser.state[student.rows.weight]
    tensors = {"rows": student.rows.weight.detach()}
    tensors |= {name: state[name] for name in ("exp_avg", "exp_avg_sq") if name in state}
    unfinished = checkpoint.with_name(checkpoint.name + ".part")
    about = {"step": step, "words": len(student.words), "recipe": asdict(recipe)}
    save_file({k: v.contiguous().cpu() for k, v in tensors.items()}, unfinished, {"about": json.dumps(about)})
    os.replace(unfinished, checkpoint)


def _resume(checkpoint: Path, student: Student, optimiser: Any, recipe: Recipe) -> int:
    """Put the checkpoint's rows and state in place; the steps they have had."""
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint, "pt") as file:
            about = json.loads(file.metadata()["about"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, KeyError) as error:
        raise PairsError(f"{checkpoint} cannot be read ({error}); delete it to start afresh") from error
    if about["recipe"] != asdict(recipe) or tensors["rows"].shape != student.rows.weight.shape:
        raise PairsError(
            f"{checkpoint} is of {about['recipe']} with {about['words']} words, not {asdict(recipe)} "
            f"with {len(student.words)}; give its settings, or delete it to start afresh"
        )
    with torch.no_grad():
        student.rows.weight.copy_(tensors["rows"])
    if about["step"]:
        moments = {name: tensors[name].to(student.device) for name in ("exp_avg", "exp_avg_sq")}
        optimiser.state[student.rows.weight] = {"step": about["step"], **moments}
    return int(about["step"])
