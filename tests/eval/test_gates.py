"""The gates over a part of the dev questions: what a change to retrieval, citations or abstention must not break."""

import io
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval import __main__ as cli
from eval.keeping import read_summary

if TYPE_CHECKING:
    from rag.index import Index

GATES = Path(cli.__file__).with_name("gates.toml")
SUBSET = "40"  # questions, spread over the types: seconds where all of dev take minutes on a busy machine


@pytest.fixture(scope="module")
def asked(seed_index: "Index", model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """A run over the subset, asked twice: its folder, its exit code, and what was said of failed gates."""
    folder = tmp_path_factory.mktemp("runs") / "subset"
    words = ["run", "--limit", SUBSET, "--repeat", "2", "--index", str(seed_index.folder.parent), "--out", str(folder)]
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(io.StringIO()) as said:
        patch.setattr(sys, "argv", ["eval", *words, "--gate", str(GATES)])
        patch.setenv("RAPPORTEUR_CACHE", str(model_cache))
        with pytest.raises(SystemExit) as left:
            cli.main()
    return folder, int(left.value.code or 0), said.getvalue()


def test_every_gate_holds_on_a_part_of_dev(asked: tuple[Path, int, str]) -> None:
    _, code, said = asked
    assert (code, said) == (0, "")


def test_asking_again_finds_and_answers_the_same(asked: tuple[Path, int, str]) -> None:
    repeats = read_summary(asked[0])["repeats"]
    assert repeats["identical_hits"]["n"] >= int(SUBSET) - 2
    assert (repeats["times"], repeats["identical_hits"]["value"], repeats["differing"]) == (2, 1.0, [])
