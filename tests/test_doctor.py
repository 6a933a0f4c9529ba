"""rag.doctor: what is in use, where each setting came from, and what would mend what is wrong."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
import tiny_gguf
from made_index import FakeEmbedder, ferry_paragraphs, indexed

from rag import doctor
from rag.index import Index
from rag.lexicon import Lexicon
from rag.settings import Settings

SOURCES = {each.name: f"source of {each.name}" for each in fields(Settings)}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(ferry_paragraphs(), tmp_path_factory.mktemp("doctor") / "index", FakeEmbedder(), Lexicon([], dict))


@pytest.fixture
def settings(index: Index, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda name, cache: FakeEmbedder().fingerprint)
    return Settings(index=index.folder.parent, llm="none")


def told(settings: Settings) -> dict[str, bool]:
    return {line.text: line.fine for line in doctor.examine(settings, SOURCES)}


def wrong(settings: Settings) -> list[str]:
    return [text for text, fine in told(settings).items() if not fine]


def test_every_setting_is_told_with_its_source(settings: Settings) -> None:
    said = "\n".join(told(settings))
    for each in fields(Settings):
        assert f"{each.name} = {getattr(settings, each.name)}  (source of {each.name})" in said


def test_a_healthy_installation_has_nothing_wrong_and_says_what_answers(settings: Settings, index: Index) -> None:
    assert wrong(settings) == []
    said = "\n".join(told(settings))
    assert f"Index: {index.name}, 2 reports, 5 paragraphs, checksums right." in said
    assert "no language model is in use" in said
    assert "nothing leaves this machine" in said


def test_an_embedder_other_than_the_indexs_is_told_with_the_command_that_mends_it(settings: Settings) -> None:
    other = replace(settings, embedder="other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.models.embedder.fingerprint_of", lambda name, cache: "f" * 64)
        (problem,) = wrong(other)
    assert "the index was built with fake" in problem
    assert "rapporteur build" in problem


def test_a_missing_or_damaged_index_is_told_and_the_rest_is_still_said(settings: Settings, tmp_path: Path) -> None:
    (missing,) = wrong(replace(settings, index=tmp_path / "none"))
    assert "There is no index" in missing
    copy = Path(shutil.copytree(settings.index, tmp_path / "index"))
    (next(copy.glob("*/views")) / "views.jsonl").write_text("")
    (damaged,) = wrong(replace(settings, index=copy))
    assert "views.jsonl has checksum" in damaged
    assert any("no language model" in text for text in told(replace(settings, index=copy)))


@pytest.mark.parametrize("installed", [True, False])
def test_a_gguf_file_needs_llama_cpp(settings: Settings, installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: object() if installed else None)
    problems = wrong(replace(settings, llm="model.gguf"))
    assert [("make llm" in problem) for problem in problems] == ([] if installed else [True])


@pytest.mark.parametrize(
    ("built", "said"),
    [
        pytest.param(False, "GPU: none is used; this llama.cpp was built for the processor alone.", id="processor"),
        pytest.param(True, "GPU: 0 of the model's 2 layers are on it.", id="GPU"),
    ],
)
def test_how_much_of_a_model_is_on_a_gpu(
    settings: Settings, tmp_path: Path, built: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.models.engine.uses_gpu", lambda: built)
    local = replace(settings, llm=str(tiny_gguf.write(tmp_path / "tiny.gguf")))
    assert wrong(local) == []
    assert any(text.startswith(said) for text in told(local))


def test_a_model_that_a_gpu_cannot_load_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.models.engine.uses_gpu", lambda: True)
    (problem,) = wrong(replace(settings, llm="none.gguf"))
    assert problem.startswith("GPU: No model file none.gguf")


def test_a_server_needs_nothing_installed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    served = replace(settings, llm="http://127.0.0.1:8000/v1")
    assert wrong(served) == []
    assert any("written by http://127.0.0.1:8000/v1" in text for text in told(served))


def test_a_package_that_is_not_installed_is_said_to_be_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    assert "no-such-package not installed" in next(iter(told(settings)))
