"""Fetch a model's files from the hub, going on where a broken download ended, each held to its checksum.

The only door to huggingface_hub. Its own download functions have thrown away what a broken download left since
huggingface_hub 2, and compare sizes only.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.models.files import PART, Progress, Told, checksum_of
from rag.models.known import Hub, Model

# Of a folder: settings, vocabularies and weights, at the top or of a numbered module; nothing that is a pickle.
WANTED = re.compile(r"(?:\d{1,2}_\w{1,40}/)?[\w.-]{1,120}\.(?:json|txt|model|jinja|safetensors)")
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class File:
    """A file to fetch."""

    path: str  # in the repository
    size: int
    checksum: str = ""  # SHA-256, or git's own where the hub keeps the file in git; "" where neither is known


def fetch(model: Model, source: Hub, place: Path, progress: Progress) -> None:
    """Fetch a model to a path: its folder, or its file with the other parts beside it.

    Nothing stands at the path before all of it is whole. ModelError says in short what went wrong; what has come is
    kept.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined]  # the client's own base
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")
    told = Told(progress, f"fetching {model.name}", model.size)
    try:
        if constants.HF_HUB_OFFLINE:
            raise OfflineModeIsEnabled("offline")
        if model.file:
            for file, checksum in (*model.parts, (model.file, model.sha256)):  # the first part last: it stands for all
                _fetch_one(source, File(file, 0, checksum), place.with_name(file), endpoint, told)
        else:
            folder = place.with_name(place.name + PART)
            for listed in _listed(model, source, endpoint):
                _fetch_one(source, listed, folder / listed.path, endpoint, told)
            os.replace(folder, place)
    except OfflineModeIsEnabled as error:
        raise ModelError("HF_HUB_OFFLINE forbids fetching from the hub") from error
    except (HubError, LocalEntryNotFoundError, OSError, ValueError, RuntimeError) as error:
        said = re.sub(r"\s+", " ", str(error)).strip()[:160] or type(error).__name__
        raise ModelError(f"not from {endpoint} ({said})") from error


def room(model: Model, place: Path) -> int:
    """The bytes of a model that are still to come."""
    files = [place.with_name(name) for name in _names(model)] if model.file else []
    left = [path.with_name(path.name + PART) for path in files] + files
    left += list(place.with_name(place.name + PART).rglob("*")) if not model.file else []
    return model.size - sum(path.stat().st_size for path in left if path.is_file())


def _names(model: Model) -> Sequence[str]:
    return [model.file, *(file for file, _ in model.parts)]


def _listed(model: Model, source: Hub, endpoint: str) -> Iterator[File]:
    """The files of a model's folder, weights last, with the checksums the hub states; ours where one is known."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    tree = HfApi(endpoint=endpoint).list_repo_tree(source.repo, recursive=True, revision=source.revision)
    files = [each for each in tree if isinstance(each, RepoFile) and WANTED.fullmatch(each.path)]
    if not any(each.path.endswith(".safetensors") for each in files):
        raise ValueError(f"{source.repo} has no weights in the safetensors form")
    for each in sorted(files, key=lambda each: each.size):
        stated = each.lfs.sha256 if each.lfs else each.blob_id
        yield File(each.path, each.size, model.sha256 if each.path == WEIGHTS and model.sha256 else stated)


def _fetch_one(source: Hub, file: File, place: Path, endpoint: str, told: Told) -> None:
    """Fetch one file, going on behind what a broken download left; it is at its place once its checksum is right."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    if place.exists():
        told.update(place.stat().st_size)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(place.name + PART)
    url = hf_hub_url(source.repo, file.path, revision=source.revision, endpoint=endpoint)
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
            f"{file.path} from {source.repo} has another checksum than {expected[:12]}… and was deleted: not the file "
            "that was checked; HF_ENDPOINT names another mirror"
        )
    os.replace(part, place)


class _Bar:
    """What the hub's client takes for its progress bar."""

    def __init__(self, told: Told, **_: Any) -> None:
        self.update = told.update

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        pass
