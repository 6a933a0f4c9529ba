"""The weights of retrieval's legs chosen anew for the embedder an index was built with, on the dev questions.

They are kept beside the index's generations, for that embedder alone.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from rag.embedding import load
from rag.errors import RagError
from rag.index import open_index
from rag.lexicon import Lexicon
from rag.questions import parts
from rag.retrieval import NAMED_REPORT, PART, WEIGHTS, Filters, Retriever, Scores, fuse
from rag.settings import load_settings
from rag.training.figures import gold_places, is_dev
from rag.training.searches import NEAREST, rank

GRID: Mapping[str, Sequence[float]] = {
    "dense same": (0.5, 1.0, 2.0, 3.0),
    "dense cross": (0.25, 0.5, 1.0),
    "terms gloss": (0.1, 0.25, 0.5),
}
MARGIN = 0.005  # by less than half a point of recall no weights are better than the shipped ones
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the scores of every leg for it and for each of its parts."""

    language: str
    renderings: bool
    gold: frozenset[int]
    named: Scores
    legs: Mapping[str, Scores]
    of_parts: Sequence[Mapping[str, Scores]]


def asked(retriever: Retriever, lines: Sequence[Mapping[str, object]]) -> Iterator[Asked]:
    """The answerable dev questions that stand alone, with and without the renderings."""
    for line in lines:
        gold = gold_places(line, retriever.index.paragraphs)
        if not gold or not any(is_dev(line, language) for language in ("zh", "en")):
            continue
        question = retriever.speller.mended(str(line["question"]))
        for renderings in (True, False):
            filters = Filters(renderings=renderings)
            found = [retriever.legs(each, filters)[1] for each in (question, *parts(question))]
            named = retriever.named_report(question)
            yield Asked(str(line["lang"]), renderings, gold, named, found[0], found[1:])


def value(questions: Sequence[Asked], weights: Mapping[str, float]) -> float:
    """The mean of recall at 1 and at NEAREST, each language and each way of reading counting alike."""
    of_kind: dict[tuple[str, bool], list[float]] = {}
    for each in questions:
        fused = fuse(each.legs, weights) + NAMED_REPORT * each.named
        if each.of_parts:
            fused += PART * np.max([fuse(legs, weights) for legs in each.of_parts], axis=0)
        place = rank(fused, each.gold)
        of_kind.setdefault((each.language, each.renderings), []).append(((place < 1) + (place < NEAREST)) / 2)
    return float(np.mean([np.mean(values) for values in of_kind.values()]))


def best_weights(questions: Sequence[Asked]) -> list[tuple[float, dict[str, float]]]:
    """Every combination of GRID with its value, the best first; the shipped weights stand first among equals."""
    tried = [(value(questions, WEIGHTS), dict(WEIGHTS))]
    for values in itertools.product(*GRID.values()):
        weights = {**WEIGHTS, **dict(zip(GRID, values, strict=True))}
        tried.append((value(questions, weights), weights))
    return sorted(tried, key=lambda each: -each[0] - MARGIN * (each[1] == WEIGHTS))


def main(
    index: Annotated[Path | None, typer.Option(help="The index folder.")] = None,
    embedder: Annotated[str | None, typer.Option(help="The embedder it was built with.")] = None,
    questions: Annotated[Path, typer.Option(help="Questions file; its dev half is used.")] = Path(
        "eval/questions.jsonl"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print, write nothing.")] = False,
) -> None:
    """Choose the weights of retrieval for the settings' embedder and keep them beside the index."""
    settings, _ = load_settings({"index": index, "embedder": embedder})
    opened = open_index(settings.index)
    loaded = load(settings.embedder, settings.cache)
    built_with = opened.manifest["embedder"]
    if loaded.fingerprint != built_with["fingerprint"]:
        raise RagError(f"The index was built with {built_with['name']}, the setting is {settings.embedder}.")
    lines = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    found = list(asked(Retriever(opened, lambda: loaded, Lexicon.load()), lines))
    if not found:
        raise RagError(f"{questions} has no dev question that the index answers. Give others with --questions.")
    tried = best_weights(found)
    for score, weights in tried[:SHOWN]:
        print(f"{score:.3f}  " + ", ".join(f"{name} {weight:g}" for name, weight in weights.items()))
    print(f"shipped: {value(found, WEIGHTS):.3f}")
    if not dry_run:
        print(f"Written: {opened.keep_weights(tried[0][1])}. Now when to abstain: python -m eval calibrate")


if __name__ == "__main__":
    typer.run(main)
