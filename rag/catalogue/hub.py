"""Fetch a model's files from the hub, going on where a broken download ended, each held to its checksum.

The only door to huggingface_hub. Its own download functions have thrown away what a broken download left since
huggingface_hub 2, and compare sizes only.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest, sha1, sha256
from pathlib import Path
from typing import Any

from rag.catalogue.known import Model
from rag.errors import ModelError

Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much

PART = ".part"  # behind the name of what is not whole yet
# Of a folder: settings, vocabularies and weights, at the top or of a numbered module; nothing that is a pickle.
WANTED = re.compile(r"(?:\d{1,2}_\w{1,40}/)?[\w.-]{1,120}\.(?:json|txt|model|jinja|safetensors)")
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class File:
    """A file to fetch."""

    path: str  # in the repository
    size: int
    checksum: str = ""  # SHA-256, or git's own where the hub keeps the file in git; "" where neither is known


def fetch(model: Model, place: Path, progress: Progress) -> None:
    """Fetch a model to a path: its folder, or its file with the other parts beside it.

    Nothing stands at the path before all of it is whole. ModelError names what went wrong; what has come is kept.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined]  # the client's own base
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")
    told = _Told(progress, model)
    try:
        if constants.HF_HUB_OFFLINE:
            raise OfflineModeIsEnabled("offline")
        if model.file:
            for file, checksum in (*model.parts, (model.file, model.sha256)):  # the first part last: it stands for all
                _fetch_one(model, File(file, 0, checksum), place.with_name(file), endpoint, told)
        else:
            folder = place.with_name(place.name + PART)
            for listed in _listed(model, endpoint):
                _fetch_one(model, listed, folder / listed.path, endpoint, told)
            os.replace(folder, place)
    except OfflineModeIsEnabled as error:
        raise ModelError(
            "HF_HUB_OFFLINE forbids fetching. Unset it, or carry the file: rapporteur models add"
        ) from error
    except (HubError, LocalEntryNotFoundError, OSError, ValueError, RuntimeError) as error:
        said = re.sub(r"\s+", " ", str(error)).strip()[:160] or type(error).__name__
        raise ModelError(
            f"{model.name} could not be fetched from {endpoint} ({said}). What has come is kept: try again with "
            f"rapporteur models pull {model.name}, or carry the file: rapporteur models add"
        ) from error


def held(model: Model, place: Path) -> int:
    """The bytes of a model that broken downloads have left."""
    files = [place.with_name(name) for name in _names(model)] if model.file else []
    left = [path.with_name(path.name + PART) for path in files] + files
    left += list(place.with_name(place.name + PART).rglob("*")) if not model.file else []
    return sum(path.stat().st_size for path in left if path.is_file())


def checksum_of(path: Path, like: str = "") -> str:
    """A file's SHA-256, or git's name for its content where the checksum to compare with is as long as those."""
    if len(like) == 40:
        content = path.read_bytes()  # such files are small
        return sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _names(model: Model) -> Sequence[str]:
    return [model.file, *(file for file, _ in model.parts)]


def _listed(model: Model, endpoint: str) -> Iterator[File]:
    """The files of a model's folder, weights last, with the checksums the hub states; ours where one is known."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    tree = HfApi(endpoint=endpoint).list_repo_tree(model.repo, recursive=True, revision=model.revision)
    files = [each for each in tree if isinstance(each, RepoFile) and WANTED.fullmatch(each.path)]
    if not any(each.path.endswith(".safetensors") for each in files):
        raise ValueError(f"{model.repo} has no weights in the safetensors form")
    for each in sorted(files, key=lambda each: each.size):
        stated = each.lfs.sha256 if each.lfs else each.blob_id
        yield File(each.path, each.size, model.sha256 if each.path == WEIGHTS and model.sha256 else stated)


def _fetch_one(model: Model, file: File, place: Path, endpoint: str, told: "_Told") -> None:
    """Fetch one file, going on behind what a broken download left; it is at its place once its checksum is right."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    if place.exists():
        told.update(place.stat().st_size)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(place.name + PART)
    url = hf_hub_url(model.repo, file.path, revision=model.revision, endpoint=endpoint)
    about = get_hf_file_metadata(url, endpoint=endpoint)
    size = file.size or about.size
    if part.exists() and size is not None and part.stat().st_size > size:
        part.unlink()
    with part.open("ab") as kept:
        told.update(kept.tell())
        if size is None or kept.tell() < size:
            bar: Any = partial(_Bar, told)
            http_get(about.location, kept, resume_size=kept.tell(), expected_size=size, tqdm_class=bar)
    stated = about.etag if about.etag and re.fullmatch("[0-9a-f]{64}|[0-9a-f]{40}", about.etag) else ""
    expected = file.checksum or stated
    if expected and checksum_of(part, expected) != expected:
        part.unlink()
        raise ModelError(
            f"{file.path} from {model.repo} has another checksum than {expected[:12]}…: not the file that was checked. "
            f"It was deleted; try again, or from another mirror: HF_ENDPOINT=… rapporteur models pull {model.name}"
        )
    os.replace(part, place)


class _Told:
    """Adds up what has come, and tells of it."""

    def __init__(self, progress: Progress, model: Model) -> None:
        self._progress, self._model, self._come = progress, model, 0
        self.update(0)

    def update(self, size: int) -> None:
        self._come += size
        self._progress(f"fetching {self._model.name}", min(self._come, self._model.size), self._model.size)


class _Bar:
    """What the hub's client takes for its progress bar."""

    def __init__(self, told: _Told, **_: Any) -> None:
        self.update = told.update

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        pass
