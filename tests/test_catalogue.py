"""Tests of rag/catalogue.py, against a server on this machine that speaks the hub's protocol."""

import errno
import hashlib
import json
import re
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
from rag.catalogue import MODELS, Model, add, find, prompts_of, pull, rows, use
from rag.errors import ModelError
from rag.settings import Settings, load_settings

BODY = b"GGUF" + bytes(range(256)) * 4000
TINY = Model(
    "tiny", "llm", "us/tiny-GGUF", len(BODY), "MIT", 0.1, "tests", "tiny.gguf", hashlib.sha256(BODY).hexdigest()
)
WEIGHTS = bytes(range(256)) * 4000
FOLDER = {  # as an embedder's repository has it
    "config.json": b"{}",
    "modules.json": b"[]",
    "1_Pooling/config.json": b'{"pooling": "mean"}',
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"a pickle",
    "onnx/model.onnx": b"another form",
    "onnx/config.json": b"its settings",
    "README.md": b"# Read me",
}
EMBEDDER = Model("vectors", "embedder", "us/vectors", len(WEIGHTS), "MIT", 0.1, "tests")
PARTS = {f"big-{n:05}-of-00003.gguf": b"GGUF" + bytes([n]) * 50_000 for n in (1, 2, 3)}
SPLIT = Model(
    "big", "llm", "us/big-GGUF", 150_000, "MIT", 0.1, "tests", "big-00001-of-00003.gguf",
    hashlib.sha256(PARTS["big-00001-of-00003.gguf"]).hexdigest(),
    tuple((name, hashlib.sha256(body).hexdigest()) for name, body in list(PARTS.items())[1:]),
)  # fmt: skip


class _Hub(BaseHTTPRequestHandler):
    """The hub's protocol as far as a download goes; the attributes say what it has and what goes wrong."""

    files: dict[str, bytes] = {}  # noqa: RUF012 - of the whole server
    sent: dict[str, bytes] = {}  # noqa: RUF012 - in place of what the checksums are of
    breaks_at: int | None = None
    asked: list[tuple[str, str, str | None]] = []  # noqa: RUF012 - method, path, range

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        if "/tree/" in self.path:
            self.asked.append(("TREE", self.path, None))
            self._send_tree()
        else:
            self._answer(with_body=True)

    def _send_tree(self) -> None:
        tree = []
        for path, body in self.files.items():
            entry: dict[str, Any] = {"type": "file", "path": path, "size": len(body), "oid": _git_name(body)}
            if path.endswith((".safetensors", ".bin", ".onnx")):
                sha256 = hashlib.sha256(body).hexdigest()
                entry["lfs"] = {"oid": sha256, "size": len(body), "pointerSize": 135}
            tree.append(entry)
        body = json.dumps(tree).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, with_body: bool) -> None:
        wanted = self.headers.get("Range")
        name = self.path.partition("/resolve/")[2].partition("/")[2]
        self.asked.append((self.command, name, wanted))
        if name not in self.files:
            self.send_error(404)
            return
        body = self.sent.get(name, self.files[name])
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and with_body else 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha256(self.files[name]).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        if with_body:
            end = len(body) if self.breaks_at is None else self.breaks_at
            with suppress(OSError):
                self.wfile.write(body[start:end])
            if end < len(body):
                self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _git_name(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(body), body), usedforsecurity=False).hexdigest()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Hub]]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_PROGRESS_BARS", True)
    monkeypatch.setattr("time.sleep", lambda _: None)  # between its tries
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 16)  # it keeps whole ones only
    _Hub.files, _Hub.sent, _Hub.breaks_at, _Hub.asked = {"tiny.gguf": BODY, **FOLDER, **PARTS}, {}, None, []
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


def _names(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_pulled_model_is_whole_and_in_its_place(hub: type[_Hub], settings: Settings) -> None:
    path = _pull(settings)
    assert path.read_bytes() == BODY
    assert _names(path.parent) == ["tiny.gguf"]


def test_a_pulled_folder_has_weights_and_settings_and_no_pickle(hub: type[_Hub], settings: Settings) -> None:
    path = _pull(settings, EMBEDDER)
    assert _names(path) == ["1_Pooling/config.json", "config.json", "model.safetensors", "modules.json"]
    assert (path / "model.safetensors").read_bytes() == WEIGHTS
    assert [each.name for each in path.parent.iterdir()] == ["vectors"]


def test_a_model_in_parts_is_pulled_with_all_of_them(hub: type[_Hub], settings: Settings) -> None:
    path = _pull(settings, SPLIT)
    assert path.name == "big-00001-of-00003.gguf"
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == PARTS


@pytest.mark.parametrize("model", [TINY, EMBEDDER, SPLIT], ids=lambda model: model.name)
def test_a_model_that_is_there_is_not_fetched_again(hub: type[_Hub], settings: Settings, model: Model) -> None:
    _pull(settings, model)
    hub.asked.clear()
    _pull(settings, model)
    assert hub.asked == []


def test_progress_goes_from_nothing_to_the_whole(hub: type[_Hub], settings: Settings) -> None:
    told: list[tuple[str, int, int]] = []
    pull("tiny", settings, lambda *each: told.append(each), (TINY,))
    assert (told[0], told[-1]) == (("fetching tiny", 0, len(BODY)), ("fetching tiny", len(BODY), len(BODY)))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert len(told) > 10


def test_the_revision_that_is_named_is_the_one_fetched(hub: type[_Hub], settings: Settings) -> None:
    _pull(settings, replace(EMBEDDER, revision="refs/pr/7"))
    trees = [path for kind, path, _ in hub.asked if kind == "TREE"]
    assert len(trees) == 1
    assert "refs%2Fpr%2F7" in trees[0]


@pytest.mark.filterwarnings("ignore")  # the hub's client tells of the broken download
@pytest.mark.parametrize("model", [TINY, EMBEDDER], ids=lambda model: model.name)
def test_a_broken_download_is_told_and_then_gone_on_with(hub: type[_Hub], settings: Settings, model: Model) -> None:
    hub.breaks_at = 400_000
    with pytest.raises(ModelError, match=rf"What has come is kept.*pull {model.name}") as caught:
        _pull(settings, model)
    assert "\n" not in str(caught.value)
    hub.breaks_at = None
    hub.asked.clear()
    path = _pull(settings, model)
    assert (path if path.is_file() else path / "model.safetensors").read_bytes() in (BODY, WEIGHTS)
    begun = [int(wanted.split("=")[1].split("-")[0]) for kind, _, wanted in hub.asked if wanted and kind == "GET"]
    assert [start for start in begun if 0 < start <= 400_000]
    fetched = {name for kind, name, _ in hub.asked if kind == "GET"}
    assert fetched == {model.file or "model.safetensors"}  # what was whole is not fetched again


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param(TINY, "tiny.gguf", id="a file"),
        pytest.param(EMBEDDER, "model.safetensors", id="weights of a folder"),
        pytest.param(EMBEDDER, "1_Pooling/config.json", id="settings of a folder"),
        pytest.param(SPLIT, "big-00002-of-00003.gguf", id="a second part"),
    ],
)
def test_another_checksum_is_not_accepted(hub: type[_Hub], settings: Settings, model: Model, name: str) -> None:
    hub.sent = {name: bytes(len(hub.files[name]))}
    with pytest.raises(ModelError, match=f"{name} from .*another checksum"):
        _pull(settings, model)
    assert not catalogue._place(model, settings).exists()
    kept = _names(settings.cache / "models")
    assert not [each for each in kept if each.removesuffix(".part").endswith(name)]
    hub.sent = {}
    assert _pull(settings, model).exists()


def test_a_checksum_of_our_own_comes_before_the_hubs(hub: type[_Hub], settings: Settings) -> None:
    with pytest.raises(ModelError, match="another checksum than 000000000000"):
        _pull(settings, replace(EMBEDDER, sha256="0" * 64))


def test_a_repository_without_safe_weights_is_refused(hub: type[_Hub], settings: Settings) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(ModelError, match="no weights in the safetensors form"):
        _pull(settings, EMBEDDER)


@pytest.mark.parametrize("model", [TINY, EMBEDDER, SPLIT], ids=lambda model: model.name)
def test_a_full_disk_is_seen_before_anything_is_fetched(
    hub: type[_Hub], settings: Settings, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue.shutil, "disk_usage", lambda path: disk_usage(path)._replace(free=1000))
    with pytest.raises(ModelError, match=r"GiB free.*RAPPORTEUR_CACHE"):
        _pull(settings, model)
    assert hub.asked == []


@pytest.mark.parametrize("model", [TINY, EMBEDDER], ids=lambda model: model.name)
def test_a_disk_that_fills_up_meanwhile_is_told(
    hub: type[_Hub], settings: Settings, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(ModelError, match=r"No space left on device.*What has come is kept"):
        _pull(settings, model)


def test_without_a_known_checksum_the_hubs_own_is_held_to(hub: type[_Hub], settings: Settings) -> None:
    unknown = replace(TINY, sha256="")
    hub.sent = {"tiny.gguf": bytes(len(BODY))}
    with pytest.raises(ModelError, match="another checksum"):
        _pull(settings, unknown)
    hub.sent = {}
    assert _pull(settings, unknown).read_bytes() == BODY


@pytest.mark.filterwarnings("ignore")
def test_a_hub_that_does_not_have_it_says_how_to_carry_it(hub: type[_Hub], settings: Settings) -> None:
    with pytest.raises(ModelError, match="rapporteur models add"):
        _pull(settings, replace(TINY, file="other.gguf"))


@pytest.mark.parametrize("model", [TINY, EMBEDDER], ids=lambda model: model.name)
def test_offline_mode_is_respected(
    hub: type[_Hub], settings: Settings, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="rapporteur models add"):
        _pull(settings, model)
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


@pytest.mark.parametrize("named", [1, 2, 3])
def test_a_model_in_parts_is_carried_with_all_of_them(settings: Settings, tmp_path: Path, named: int) -> None:
    for name, body in PARTS.items():
        (tmp_path / name).write_bytes(body)
    place = add(tmp_path / f"big-{named:05}-of-00003.gguf", settings)
    assert place.name == "big-00001-of-00003.gguf"
    assert {each.name: each.read_bytes() for each in place.parent.iterdir()} == PARTS
    assert [row.model.name for row in rows(settings) if row.path] == ["big-00001-of-00003.gguf"]


def test_a_model_whose_second_part_was_left_at_home_is_not_added(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "big-00001-of-00003.gguf").write_bytes(PARTS["big-00001-of-00003.gguf"])
    with pytest.raises(ModelError, match=r"big-00002-of-00003\.gguf is missing"):
        add(tmp_path / "big-00001-of-00003.gguf", settings)


@pytest.mark.parametrize("name", ["Qwen2.5-7B-Instruct", "bge-reranker-v2-m3"])
def test_a_damaged_copy_of_any_part_is_not_accepted(settings: Settings, tmp_path: Path, name: str) -> None:
    model = find(name)
    path = tmp_path / (model.file or model.name)
    if model.file:
        path.write_bytes(BODY)
        (tmp_path / model.parts[0][0]).write_bytes(BODY)
    else:
        path.mkdir()
        (path / "config.json").write_text("{}")
        (path / "model.safetensors").write_bytes(BODY)
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


def test_what_was_added_from_a_stick_can_be_used_by_its_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(BODY)
    place = add(tmp_path / "my.gguf", settings)
    assert "my.gguf" in use("my.gguf", settings, tmp_path)
    assert tomllib.loads((tmp_path / "rapporteur.toml").read_text()) == {"llm": str(place)}
    row = next(row for row in rows(replace(settings, llm=str(place))) if row.in_use)
    assert (row.model.name, row.model.repo) == ("my.gguf", "")


@pytest.mark.parametrize("name", [model.name for model in MODELS if model.kind == "reranker"])
def test_a_reranker_is_chosen_by_its_own_setting(settings: Settings, tmp_path: Path, name: str) -> None:
    place = catalogue._place(find(name), settings)
    place.mkdir(parents=True)
    use(name, settings, tmp_path)
    assert tomllib.loads((tmp_path / "rapporteur.toml").read_text()) == {"reranker": str(place)}
    assert load_settings({}, {}, tmp_path)[0].reranker == str(place)  # type: ignore[attr-defined]


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
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for _, checksum in model.parts)
    if split := catalogue.SPLIT.fullmatch(model.file):
        assert len(model.parts) + 1 == int(split["parts"])


def test_the_list_has_what_was_promised() -> None:
    assert {model.name for model in MODELS} >= {
        "Qwen3-4B-Instruct-2507", "Qwen3-4B", "Qwen2.5-1.5B-Instruct", "Qwen2.5-7B-Instruct",
        "granite-embedding-97m-multilingual-r2", "multilingual-e5-small", "multilingual-e5-base", "bge-m3",
        "Qwen3-Embedding-0.6B", "bge-reranker-v2-m3", "gte-multilingual-reranker-base", "Qwen3-Reranker-0.6B",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "prompts"),
    [
        pytest.param("multilingual-e5-base", {"query": "query: ", "document": "passage: "}, id="e5"),
        pytest.param("bge-m3", {}, id="bge wants none"),
        pytest.param("my-own", {}, id="not known"),
    ],
)
def test_each_model_gets_its_own_prompts(name: str, prompts: dict[str, str]) -> None:
    assert prompts_of(name) == prompts


def test_a_reranker_that_judges_gets_question_and_paragraph_in_one_chat() -> None:
    prompts = prompts_of("Qwen3-Reranker-0.6B")
    whole = f"{prompts['query']}Q{prompts['document']}D{prompts['ending']}"
    assert re.search(r"<Query>: Q\n<Document>: D<\|im_end\|>\n<\|im_start\|>assistant\n<think>\n\n</think>\n\n$", whole)
    assert whole.count("<|im_start|>") == 3
