"""`rapporteur models`: the list, and choosing a model from the command line."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.__main__ import app
from rag.catalogue import MODELS, find
from rag.settings import Settings


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with reports and a place for models."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAPPORTEUR_CACHE", str(tmp_path / "cache"))
    (tmp_path / "seeds").mkdir()
    (tmp_path / "cache" / "models").mkdir(parents=True)
    return tmp_path / "cache" / "models"


def test_the_list_says_all_that_is_known_of_each_model() -> None:
    listed = CliRunner().invoke(app, ["models"]).stdout
    for model in MODELS:
        for fact in (model.name, model.repo, model.file, model.licence, model.sha256, model.good_for):
            assert fact in listed, (model.name, fact)
    assert "Nothing is fetched unless you say" in listed


def test_the_list_says_what_is_here_and_what_is_in_use(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORTEUR_LLM", str(place / find("Qwen3-4B").file))
    (place / find("Qwen3-4B").file).write_bytes(b"GGUF")
    (place / "bge-m3").mkdir()
    heads = {
        line.split()[1]: line for line in CliRunner().invoke(app, ["models"]).stdout.splitlines()[1:] if line[0] != " "
    }
    assert "in use" in heads["Qwen3-4B"]
    assert "installed" in heads["bge-m3"]
    assert "installed" not in heads["multilingual-e5-small"]


def test_using_an_embedder_builds_its_index_before_anything_is_changed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "bge-m3").mkdir()
    seen: list[tuple[str, bool]] = []

    def build(settings: Settings, *_: Any) -> tuple[str, bool, Path]:
        seen.append((settings.embedder, Path("rapporteur.toml").exists()))
        return "abc123", True, settings.index

    monkeypatch.setattr("rag.assistant.build", build)
    said = CliRunner().invoke(app, ["models", "use", "bge-m3"])
    assert seen == [(str(place / "bge-m3"), False)]
    assert tomllib.loads(Path("rapporteur.toml").read_text("utf-8")) == {"embedder": str(place / "bge-m3")}
    assert "bge-m3 is in use, and the index abc123" in said.stdout
    assert "the old one is used until that is done" in said.stderr


def test_where_the_index_cannot_be_built_nothing_is_changed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "bge-m3").mkdir()

    def build(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("rag.assistant.build", build)
    assert CliRunner().invoke(app, ["models", "use", "bge-m3"]).exit_code != 0
    assert not Path("rapporteur.toml").exists()


def test_what_was_added_is_named_as_it_can_be_used(place: Path, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(b"GGUF and more")
    said = CliRunner().invoke(app, ["models", "add", str(tmp_path / "my.gguf")]).stdout
    name = said.rsplit("models use ", 1)[1].strip()
    assert CliRunner().invoke(app, ["models", "use", name]).exit_code == 0
    assert tomllib.loads(Path("rapporteur.toml").read_text("utf-8")) == {"llm": str(place / "my.gguf")}
