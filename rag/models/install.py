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
from rag.models.catalogue import (
    PART,
    Model,
    in_parts,
    is_four_bit,
    is_used,
    known_models,
    models_folder,
    named,
    place_of,
    size_of,
)
from rag.models.sources import WEIGHTS, Progress, checksum_of, fetch, room, unfinished
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
        elif source == "hub" and is_four_bit(place):
            raise ModelError("model-four-bit", place=str(place), name=model.name)
    return place


def _fetch(model: Model, names: Sequence[str], place: Path, progress: Progress) -> None:
    """Fetch a model from the first source that has it; ModelError names what is wrong with each."""
    reasons = []
    place.parent.mkdir(parents=True, exist_ok=True)
    for source in names:
        _check_room(place.parent, room(model, source, place))
        try:
            fetch(model, source, place, progress)
            return _delete(unfinished(place))  # what another source has left
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
    files = in_parts(path) if path.is_file() else [path]
    _check_form(path, files)
    named = (each for each in known_models() if files[0].name in (each.file, each.name, each.hub.split("/")[-1]))
    known = next(named, None)
    if known:
        _check_known(files, known)
    place = place_of(known, settings) if known else models_folder(settings.cache) / files[0].name
    if place.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    _check_room(place.parent, sum(map(size_of, files)))
    for file in reversed(files):  # the first last: it stands for all
        _copy(file, place if file is files[0] else place.with_name(file.name))
    return place


def remove(name: str, settings: Settings, progress: Progress) -> str:
    """Delete a model, or what a broken download left of it; what a person is told. ModelError where nothing is here."""
    model = named(name, settings)
    place = place_of(model, settings)
    with _alone(settings, progress):
        paths = [path for path in (*in_parts(place), *unfinished(place)) if path.exists()]
        if not paths:
            raise ModelError("model-nothing-to-remove", name=model.name)
        size = sum(map(size_of, paths))
        _delete(paths)
    told = f"Removed {model.name}: {size / 10**6:,.0f} MB are free again."
    still = f" The settings still name it. Choose another: rapporteur models use NAME, or mend {FILE}."
    return told + (still if is_used(model, settings) else "")


def _check_form(path: Path, files: Sequence[Path]) -> None:
    """ModelError unless they are the parts of a GGUF file, or a folder with a configuration and safe weights."""
    if not path.is_file():
        if not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
            raise ModelError("no-model", path=str(path))
        return
    for file in files:
        if not file.is_file():
            raise ModelError("model-part-missing", file=str(file), name=path.name, count=len(files))
        with file.open("rb") as opened:
            if opened.read(4) != b"GGUF":
                raise ModelError("model-no-gguf", file=str(file))


def _check_known(files: Sequence[Path], model: Model) -> None:
    """ModelError where a known model's files are not what they should be."""
    sums = {model.file or WEIGHTS: model.sha256, **model.parts}
    for file in files:
        weights = file if file.is_file() else file / WEIGHTS
        expected = sums.get(weights.name, "")
        if expected and weights.is_file() and checksum_of(weights) != expected:
            raise ModelError("model-other-checksum", file=str(weights), name=model.name)


def _copy(source: Path, place: Path) -> None:
    part = place.with_name(f"{place.name}.added{PART}")
    _delete([part])
    if source.is_file():
        shutil.copyfile(source, part)
    else:
        shutil.copytree(source, part, ignore=shutil.ignore_patterns(*PICKLES))
    os.replace(part, place)


def _delete(paths: Sequence[Path]) -> None:
    """Delete files and folders; a folder is moved away first, so that no half of it is ever taken for a model."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path.rename(path.with_name(path.name + ".removed" + PART)))
        else:
            path.unlink(missing_ok=True)
