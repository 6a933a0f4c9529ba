"""Tests of rag/catalogue.py, against a server on this machine that speaks the hub's protocol."""

import hashlib
import threading
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import disk_usage
from typing import Any

import pytest

from rag import catalogue
from rag.catalogue import MODELS, Model, add, find, pull, rows, use
from rag.errors import ModelError
from rag.settings import Settings, load_settings

BODY = b"GGUF" + bytes(range(256)) * 4000
TINY = Model(
    "tiny", "llm", "us/tiny-GGUF", len(BODY), "MIT", 0.1, "tests", "tiny.gguf", hashlib.sha256(BODY).hexdigest()
)


class _Hub(BaseHTTPRequestHandler):
    """One file of one repository; the attributes say what goes wrong."""

    body = BODY
    breaks_at: int | None = None
    asked: list[tuple[str, str | None]] = []  # noqa: RUF012 - of the whole server

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        wanted = self.headers.get("Range")
        self.asked.append((self.command, wanted))
        if "/resolve/main/tiny.gguf" not in self.path:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and with_body else 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha256(self.body).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", str(len(self.body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        self.end_headers()
        if with_body:
            end = len(self.body) if self.breaks_at is None else self.breaks_at
            with suppress(OSError):
                self.wfile.write(self.body[start:end])
            if self.breaks_at is not None:
                self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Hub]]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_PROGRESS_BARS", True)
    _Hub.body, _Hub.breaks_at, _Hub.asked = BODY, None, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield _Hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache=tmp_path / "cache")


def _pull(settings: Settings, model: Model = TINY) -> Path:
    return pull(model.name, settings, lambda *_: None, (model,))


def test_a_pulled_model_is_whole_and_in_its_place(hub: type[_Hub], settings: Settings) -> None:
    path = _pull(settings)
    assert path.read_bytes() == BODY
    assert [each.name for each in path.parent.iterdir()] == ["tiny.gguf"]


def test_a_model_that_is_there_is_not_fetched_again(hub: type[_Hub], settings: Settings) -> None:
    _pull(settings)
    hub.asked.clear()
    _pull(settings)
    assert hub.asked == []


@pytest.mark.filterwarnings("ignore")  # the hub's client tells of the broken download
def test_a_broken_download_is_told_and_then_gone_on_with(
    hub: type[_Hub], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 16)  # it keeps whole ones only
    hub.breaks_at = 400_000
    with pytest.raises(ModelError, match=r"What has come is kept.*pull tiny") as caught:
        _pull(settings)
    assert "\n" not in str(caught.value)
    hub.breaks_at = None
    hub.asked.clear()
    assert _pull(settings).read_bytes() == BODY
    assert any(wanted and wanted.startswith("bytes=") and wanted != "bytes=0-" for _, wanted in hub.asked)


def test_another_checksum_is_not_accepted(hub: type[_Hub], settings: Settings) -> None:
    hub.body = b"GGUF" + b"evil" * 256_000
    with pytest.raises(ModelError, match="another checksum"):
        _pull(settings, replace(TINY, size=len(hub.body)))
    assert not list((settings.cache / "models").iterdir())


def test_a_full_disk_is_seen_before_anything_is_fetched(
    hub: type[_Hub], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue.shutil, "disk_usage", lambda path: disk_usage(path)._replace(free=1000))
    with pytest.raises(ModelError, match=r"GiB free.*RAPPORTEUR_CACHE"):
        _pull(settings)
    assert hub.asked == []


def test_without_a_known_checksum_the_hubs_own_is_held_to(
    hub: type[_Hub], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = replace(TINY, sha256="")
    assert _pull(settings, unknown).read_bytes() == BODY
    monkeypatch.setattr(catalogue, "_sha256", lambda _: "0" * 64)
    with pytest.raises(ModelError, match="another checksum"):
        _pull(replace(settings, cache=settings.cache / "other"), unknown)


@pytest.mark.filterwarnings("ignore")
def test_a_hub_that_does_not_have_it_says_how_to_carry_it(hub: type[_Hub], settings: Settings) -> None:
    with pytest.raises(ModelError, match="rapporteur models add"):
        _pull(settings, replace(TINY, file="other.gguf"))


def test_offline_mode_is_respected(hub: type[_Hub], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="rapporteur models add"):
        _pull(settings)
    assert hub.asked == []


# From a stick


def test_a_carried_file_is_copied_to_where_models_are_kept(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(BODY)
    assert add(tmp_path / "my.gguf", settings).read_bytes() == BODY


def test_a_carried_folder_is_copied_without_its_pickles(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "bge-m3"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "pytorch_model.bin"):
        (folder / name).write_text("{}")
    place = add(folder, settings)
    assert sorted(each.name for each in place.iterdir()) == ["config.json", "model.safetensors"]
    assert next(row for row in rows(settings) if row.model.name == "bge-m3").path == place


def test_a_damaged_copy_of_a_known_file_is_not_accepted(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / find("Qwen3-4B").file
    path.write_bytes(BODY)
    with pytest.raises(ModelError, match="another checksum"):
        add(path, settings)


@pytest.mark.parametrize("what", ["a page", "an empty folder", "nothing"])
def test_what_is_no_model_is_not_added(what: str, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "it"
    if what == "a page":
        path.write_text("<html>")
    elif what == "an empty folder":
        path.mkdir()
    with pytest.raises(ModelError):
        add(path, settings)


# Choosing


def test_using_a_model_changes_that_setting_only(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "rapporteur.toml").write_text('llm = "old"\nk = 5\n')
    place = catalogue._place(find("Qwen3-4B"), settings)
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    use("qwen3-4b", settings, tmp_path)
    assert tomllib.loads((tmp_path / "rapporteur.toml").read_text()) == {"llm": str(place), "k": 5}
    chosen = load_settings({}, {}, tmp_path)[0]
    assert next(row for row in rows(replace(chosen, cache=settings.cache)) if row.in_use).model.name == "Qwen3-4B"


def test_another_embedder_needs_the_index_built_again(settings: Settings, tmp_path: Path) -> None:
    catalogue._place(find("bge-m3"), settings).mkdir(parents=True)
    assert "rapporteur build" in use("bge-m3", settings, tmp_path)


def test_a_model_that_is_not_here_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models pull Qwen3-4B"):
        use("Qwen3-4B", settings, tmp_path)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match="Qwen3-4B"):
        find("gpt")


# The list


def test_names_and_places_are_unique() -> None:
    assert len({model.name.lower() for model in MODELS}) == len(MODELS)
    assert len({model.file or model.name for model in MODELS}) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_may_be_used_by_anyone(model: Model) -> None:
    assert model.licence in ("Apache-2.0", "MIT")
    assert model.size > 100 << 20
    assert not model.sha256 or len(model.sha256) == 64
    assert (model.kind == "llm") == bool(model.file)
