"""`rapporteur models`: the list, and choosing a model from the command line."""

import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from rag.__main__ import app, main
from rag.console import Progress
from rag.models.catalogue import FOUR_BIT, Model, find, known_models
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
    for model in known_models():
        for fact in (model.name, model.publisher, model.file, model.licence, model.sha256, model.good_for):
            assert fact in listed, (model.name, fact)
        for fact in (model.hub, *(wheel.requirement for wheel in model.wheels[:1] + model.wheels[-1:])):
            assert fact in listed, (model.name, fact)
    assert "Nothing is fetched unless you say" in listed


def test_the_list_says_whose_copy_it_is_and_where_it_lies(place: Path) -> None:
    (place / "multilingual-e5-small").mkdir()
    (place / "multilingual-e5-small" / "README.md").write_text(FOUR_BIT)
    listed = CliRunner().invoke(app, ["models"]).stdout
    assert f"at {place / 'multilingual-e5-small'} (the four-bit copy)" in listed
    assert "a four-bit copy. --source hub brings the original" in listed
    assert "compared with the model publisher's checksum" in listed
    assert "published by Qwen" in listed


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

    monkeypatch.setattr("rag.build.build", build)
    said = CliRunner().invoke(app, ["models", "use", "bge-m3"])
    assert seen == [(str(place / "bge-m3"), False)]
    assert tomllib.loads(Path("rapporteur.toml").read_text("utf-8")) == {"embedder": str(place / "bge-m3")}
    assert "bge-m3 is in use, and the index abc123" in said.stdout
    assert "the old one is used until that is done" in said.stderr


def test_where_the_index_cannot_be_built_nothing_is_changed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "bge-m3").mkdir()

    def build(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("rag.build.build", build)
    assert CliRunner().invoke(app, ["models", "use", "bge-m3"]).exit_code != 0
    assert not Path("rapporteur.toml").exists()


def test_what_was_added_is_named_as_it_can_be_used(place: Path, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(b"GGUF and more")
    said = CliRunner().invoke(app, ["models", "add", str(tmp_path / "my.gguf")]).stdout
    name = said.rsplit("models use ", 1)[1].strip()
    assert CliRunner().invoke(app, ["models", "use", name]).exit_code == 0
    assert tomllib.loads(Path("rapporteur.toml").read_text("utf-8")) == {"llm": str(place / "my.gguf")}


def test_a_model_is_removed_by_its_name(place: Path) -> None:
    (place / "bge-m3").mkdir()
    assert "Removed bge-m3" in CliRunner().invoke(app, ["models", "remove", "bge-m3"]).stdout
    assert list(place.iterdir()) == []


def test_removing_what_is_not_here_is_one_plain_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["rapporteur", "models", "remove", "bge-m3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "rapporteur: bge-m3 is not here: nothing to remove. See what is: rapporteur models\n"
    )


def test_the_source_named_is_the_one_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []

    def pull(model: Model, settings: Settings, progress: Any, source: str | None) -> Path:
        seen.append((model.name, source))
        return Path("there")

    monkeypatch.setattr("rag.models.install.pull", pull)
    CliRunner().invoke(app, ["models", "pull", "multilingual-e5-small", "--source", "hub"])
    CliRunner().invoke(app, ["models", "pull", "multilingual-e5-small"])
    assert seen == [("multilingual-e5-small", "hub"), ("multilingual-e5-small", None)]


def test_the_bar_shows_bytes_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, written = iter(range(1000)), io.StringIO()
    terminal = Console(file=written, force_terminal=True, width=120, get_time=lambda: float(next(seconds)))
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal)
    with Progress(in_bytes=True) as progress:
        for done in range(400_000_000, 405_000_001, 1_000_000):  # the first 400 had come before
            progress("fetching it", done, 491_400_064)
    assert "405.0/491.4 MB" in written.getvalue()
    assert re.search(r"0:[0-5]\d:\d\d", written.getvalue())
    assert "0:00:" not in written.getvalue()
