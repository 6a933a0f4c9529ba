"""The mean of several runs' rows: `python -m rag.training.mean RUN RUN … --out FILE`.

Runs from one start that saw other batches go wrong in other directions; their mean finds more than either does
(Wortsman et al., Model soups, ICML 2022; figures in docs/training.md).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from rag.embedding import FloatMatrix, trained_rows
from rag.training.__main__ import run
from rag.training.packing import write_rows
from rag.training.pairs import PairsError


def mean(runs: Sequence[Path]) -> tuple[list[str], FloatMatrix]:
    """The words of the first of several weights files and the mean of all their rows.

    Raises:
        PairsError: they hold other words.
        ModelError: one is damaged or of another base.
    """
    words, total = trained_rows(runs[0])
    for path in runs[1:]:
        others, rows = trained_rows(path)
        place = {word: i for i, word in enumerate(others)}
        if set(words) != set(others):
            raise PairsError(f"{path} holds other words than {runs[0]}; average runs with the same --words")
        total = total + rows[[place[word] for word in words]]
    return words, (total / len(runs)).astype(np.float32)


def main(
    runs: Annotated[list[Path], typer.Argument(help="Weights files that rag.training wrote.")],
    out: Annotated[Path, typer.Option(help="The weights file to write.")],
) -> None:
    """Write the mean of the rows of several runs."""
    words, rows = mean(runs)
    training = [json.loads(path.with_suffix(".json").read_text("utf-8"))["training"] for path in runs]
    write_rows(out, words, rows, {"mean of": training})


if __name__ == "__main__":
    run(main)
