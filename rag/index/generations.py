"""Complete index folders and the pointer to the one in use.

A generation is a folder named by what went into it. Its manifest is written last, with the checksum of every file and
of itself, and the pointer is replaced in one step after that: a reader sees the old index or the new one, never a mix.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from rag.errors import IndexProblem

POINTER, MANIFEST = "CURRENT", "manifest.json"
FORMAT = 3  # raised whenever a reader of the last one could not read this
KEPT = 2  # generations: the one in use, and the one before for readers that opened it


def current(folder: Path) -> Path:
    """The generation in use; IndexProblem where there is none or it is not complete."""
    pointer = folder / POINTER
    if not pointer.is_file():
        raise IndexProblem("index-missing", folder=str(folder))
    name = pointer.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"\w{1,64}", name) or not (folder / name / MANIFEST).is_file():
        raise IndexProblem("index-incomplete", folder=str(folder), name=name[:40])
    return folder / name


def read_manifest(generation: Path) -> dict[str, Any]:
    """What a generation says of itself; IndexProblem where this version cannot read it."""
    path, folder = generation / MANIFEST, str(generation.parent)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, is_whole = manifest["format"], manifest.pop("checksum") == _checksum_of(manifest)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexProblem("index-manifest-damaged", path=str(path), folder=folder) from error
    if not is_whole:
        raise IndexProblem("index-manifest-damaged", path=str(path), folder=folder)
    if version != FORMAT:
        raise IndexProblem("index-format", folder=folder, found=version, expected=FORMAT)
    return dict(manifest)


def verify(generation: Path, manifest: Mapping[str, Any], *only: str) -> None:
    """Raise IndexProblem unless the files are as they were written: all, or those whose names begin so."""
    for name in (name for name in manifest["files"] if not only or name.startswith(only)):
        expected: str = manifest["files"][name]
        path, folder = generation / name, str(generation.parent)
        if not path.is_file():
            raise IndexProblem("index-file-missing", folder=folder, name=name)
        if (found := _checksum(path)) != expected:
            raise IndexProblem(
                "index-file-checksum", folder=folder, name=name, found=found[:12], expected=expected[:12]
            )


def is_complete(generation: Path) -> bool:
    """Whether a generation can be used as it is."""
    try:
        verify(generation, read_manifest(generation))
    except (IndexProblem, OSError):
        return False
    return True


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer at a time in an index folder: a second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def writing(folder: Path, name: str, about: dict[str, Any]) -> Iterator[Path]:
    """A folder to write a generation into; on leaving without an error it becomes the one in use.

    The caller holds the lock.
    """
    for left in (*folder.glob(".building-*"), *folder.glob(f".{POINTER}-*")):  # a killed writer's
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        yield building
        _seal(building, about)
        shutil.rmtree(folder / name, ignore_errors=True)  # there only where it is damaged
        building.rename(folder / name)
        point_to(folder, name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _tidy(folder, name)


def point_to(folder: Path, name: str) -> None:
    """Make a complete generation the one in use, in one step; nothing is written where it is already."""
    with contextlib.suppress(IndexProblem):
        if current(folder) == folder / name:
            return
    temporary = folder / f".{POINTER}-{os.getpid()}"
    temporary.write_text(name + "\n", encoding="utf-8")
    _sync(temporary)
    temporary.replace(folder / POINTER)
    _sync(folder)


def as_lines(records: Iterable[Any]) -> str:
    """Dataclass instances as JSON, one a line."""
    return "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """What `as_lines` made of records, from a file."""
    return (json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line)  # U+2028 ends no line


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _checksum_of(manifest: dict[str, Any]) -> str:
    return sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _seal(building: Path, about: dict[str, Any]) -> None:
    """Write the manifest, after every other file is on disk."""
    files = sorted(path for path in building.rglob("*") if path.is_file())
    for path in files:
        _sync(path)
    names = {path.relative_to(building).as_posix(): _checksum(path) for path in files}
    path = building / MANIFEST
    manifest = {"format": FORMAT, **about, "files": names}
    manifest["checksum"] = _checksum_of(manifest)
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    _sync(path)
    _sync(building)
    building.chmod(0o755)  # mkdtemp's 0700 would lock a team's other accounts out


def _tidy(folder: Path, name: str) -> None:
    others = [path for path in folder.iterdir() if path.is_dir() and path.name != name and (path / MANIFEST).exists()]
    newest_first = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
