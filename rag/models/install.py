"""Bring models to this machine, from their sources or off a stick, and take them away again.

Nothing is fetched unless `pull` is called.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.errors import ModelError
from rag.models import catalogue, sources
from rag.models.catalogue import PART, Model, in_parts, place_of, size_of
from rag.models.sources import WEIGHTS, Progress, checksum_of
from rag.settings import FILE, Settings

MARGIN = 200 << 20  # bytes left free on the disk beside a model
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", ".git")


def pull(model: Model, settings: Settings, progress: Progress, source: str | None = None) -> Path:
    """Fetch a model from the first of its sources that has it, or from the one named; the path it is now at.

    It goes on where a broken download ended, and waits for another pull of this user's to end. ModelError where there
    is no room for it or no source has it.
    """
    if source not in (None, *model.sources):
        raise ModelError("model-other-source", name=model.name, source=source, sources=" or ".join(model.sources))
    place = place_of(model, settings)
    with _alone(settings, progress):
        if not place.exists():
            _fetch(model, [source] if source else model.sources, place, progress)
        elif source == "hub" and catalogue.is_four_bit(place):
            raise ModelError("model-four-bit", place=str(place), name=model.name)
    return place


def _fetch(model: Model, names: Sequence[str], place: Path, progress: Progress) -> None:
    """Fetch a model from the first source that has it; ModelError names what is wrong with each."""
    reasons = []
    place.parent.mkdir(parents=True, exist_ok=True)
    for source in names:
        _check_room(place.parent, sources.room(model, source, place))
        try:
            sources.fetch(model, source, place, progress)
            return _delete(sources.unfinished(place))  # what another source has left
        except ModelError as error:
            reasons.append(str(error).rstrip("."))
        except OSError as error:  # of this machine's disk: another source would fare no better
            reasons = [f"{error.strerror or error} in {place.parent}"]
            break
    again = model.name + (" --source hub" if "hub" in model.sources[1:] else "")
    raise ModelError("model-not-fetched", name=model.name, reasons="; ".join(reasons), again=again)


@contextmanager
def _alone(settings: Settings, progress: Progress) -> Iterator[None]:
    """One pull at a time, whatever checkout it is started from: a second waits, and says so."""
    folder = settings.cache.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pull.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another pull to end", 0, 1)
            fcntl.flock(lock, fcntl.LOCK_EX)
            progress("waiting for another pull to end", 1, 1)
        yield


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + MARGIN > free:
        raise ModelError("model-no-room", folder=str(folder), free=free / 2**30, size=size / 2**30)


def add(path: Path, settings: Settings) -> Path:
    """Copy a model's file or folder, as carried on a stick, to where models are kept; the path it is now at.

    A GGUF file in parts is copied with all of them, whichever was named.
    """
    if not path.is_file() and not ((path / "config.json").is_file() and any(path.glob("*.safetensors"))):
        raise ModelError("no-model", path=str(path))
    files = catalogue.gguf_parts(path) if path.is_file() else [path]
    known = next((each for each in catalogue.known_models() if files[0].name.lower() in each.names), None)
    if known:
        _check_known(files, known)
    place = place_of(known, settings) if known else catalogue.models_folder(settings.cache) / files[0].name
    if place.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    _check_room(place.parent, sum(map(size_of, files)))
    for file in reversed(files):  # the first last: it stands for all
        to = place if file is files[0] else place.with_name(file.name)
        part = to.with_name(f"{to.name}.added{PART}")
        _delete([part])
        if file.is_file():
            shutil.copyfile(file, part)
        else:
            shutil.copytree(file, part, ignore=shutil.ignore_patterns(*PICKLES))
        os.replace(part, to)
    return place


def remove(name: str, settings: Settings, progress: Progress) -> str:
    """Delete a model, or what a broken download left of it; what a person is told. ModelError where nothing is here."""
    model = catalogue.named(name, settings)
    place = place_of(model, settings)
    with _alone(settings, progress):
        paths = [path for path in (*in_parts(place), *sources.unfinished(place)) if path.exists()]
        if not paths:
            raise ModelError("model-nothing-to-remove", name=model.name)
        size = sum(map(size_of, paths))
        _delete(paths)
    told = f"Removed {model.name}: {size / 10**6:,.0f} MB are free again."
    still = f" The settings still name it. Choose another: rapporteur models use NAME, or mend {FILE}."
    return told + (still if catalogue.is_used(model, settings) else "")


def _check_known(files: Sequence[Path], model: Model) -> None:
    """ModelError where a known model's files are not what they should be."""
    sums = {model.file or WEIGHTS: model.sha256, **model.parts}
    for file in files:
        weights = file if file.is_file() else file / WEIGHTS
        expected = sums.get(weights.name, "")
        if expected and weights.is_file() and checksum_of(weights) != expected:
            raise ModelError("model-other-checksum", file=str(weights), name=model.name)


def _delete(paths: Sequence[Path]) -> None:
    """Delete files and folders; a folder is moved away first, so that no half of it is ever taken for a model."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path.rename(path.with_name(path.name + ".removed" + PART)))
        else:
            path.unlink(missing_ok=True)
