"""The models known to work: where they are, their checksums, pulling and adding them.

Nothing is fetched unless `pull` is called.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError
from rag.models import hub, wheels
from rag.models.files import PART, Progress, checksum_of
from rag.models.known import MODELS, FourBit, Hub, Kind, Model, Source, Wheel, Wheels
from rag.models.machine import memory
from rag.settings import FILE, Settings

__all__ = [
    "MODELS",
    "SPLIT",
    "FourBit",
    "Hub",
    "Kind",
    "Model",
    "Row",
    "Source",
    "Wheel",
    "Wheels",
    "add",
    "best_llm",
    "find",
    "fitting",
    "installed",
    "is_here",
    "models_folder",
    "prompts_of",
    "pull",
    "remove",
    "resolved",
    "rows",
    "use",
]

BESIDE = 2 << 30  # bytes of memory that the system, the embedder and the index take beside a language model
FIRST_RUN = ("Qwen2.5-Coder-1.5B-Instruct", "Qwen2.5-Coder-0.5B-Instruct")  # what `pull auto` fetches, best first
MARGIN = 200 << 20  # bytes left free on the disk beside a model
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", ".git")
SPLIT = re.compile(r"(?P<name>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf")  # as llama.cpp names the parts of a file


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `rapporteur models`."""

    model: Model
    path: Path | None  # where it is installed
    in_use: bool
    four_bit: bool = False  # what is installed is the four-bit copy


def rows(settings: Settings) -> Iterator[Row]:
    """The catalogue in its order, then what was added; each with where it is and whether the settings name it."""
    for model in (*MODELS, *_added(settings)):
        path = _place(model, settings)
        yield Row(model, path if path.exists() else None, _is_used(model, settings), wheels.is_four_bit(path))


def prompts_of(name: str) -> dict[str, str]:
    """What a known model wants before questions and paragraphs; nothing where its own files say, or it wants none.

    A reranker's `ending` stands behind the paragraph.

    >>> prompts_of("multilingual-e5-small")
    {'query': 'query: ', 'document': 'passage: '}
    """
    model = next((model for model in MODELS if model.name == name), None)
    if model is None or not (model.query_prompt or model.text_prompt):
        return {}
    prompts = {"query": model.query_prompt, "document": model.text_prompt}
    return {**prompts, "ending": model.text_ending} if model.text_ending else prompts


def find(name: str) -> Model:
    """The known model with a name, upper or lower case; ModelError lists those there are."""
    for model in MODELS:
        if name.lower() in {each.lower() for each in (model.name, model.file, *_repos(model))}:
            return model
    raise ModelError(f"No model {name!r} is known. Known are: {', '.join(model.name for model in MODELS)}.")


def installed(name: str, settings: Settings) -> tuple[Model, Path]:
    """The model with a name, known or added, and where it is; ModelError where it is not here."""
    model = _named(name, settings)
    place = _place(model, settings)
    if not place.exists():
        raise ModelError(f"{model.name} is not here yet. Get it with: rapporteur models pull {model.name}")
    return model, place


def best_llm(settings: Settings) -> tuple[Model, Path] | None:
    """The best language model that is here and fits in memory beside all else, and where it is; None where none does.

    Best by the order of the catalogue; what was added and is in no list comes after.
    """
    room = memory()
    for row in rows(settings):
        fits = room is None or row.model.memory * 2**30 + BESIDE <= room
        if row.model.kind == "llm" and row.path and fits:
            return row.model, row.path
    return None


def is_here(name: str, settings: Settings) -> bool:
    """Whether a model was pulled or added."""
    return _place(find(name), settings).exists()


def fitting() -> str:
    """The language model of a first run that fits in memory beside all else; ModelError where none does."""
    room = memory()
    for name in FIRST_RUN:
        if room is None or find(name).memory * 2**30 + BESIDE <= room:
            return name
    raise ModelError("No language model fits in this machine's memory. Quotations need none: make app LLM=none")


def resolved(settings: Settings) -> Settings:
    """The settings with `llm = auto` as the best language model that is here, or none."""
    if settings.llm != "auto":
        return settings
    best = best_llm(settings) if find_spec("llama_cpp") else None
    return replace(settings, llm=str(best[1]) if best else "none")


def pull(
    name: str,
    settings: Settings,
    progress: Progress,
    source: str | None = None,
    models: tuple[Model, ...] = MODELS,
) -> Path:
    """Fetch a model from the first of its sources that has it, or from the one named; the path it is now at.

    It goes on where a broken download ended, and waits for another pull of this user's to end. ModelError where there
    is no room for it or no source has it.
    """
    model = next((each for each in models if each.name == name), None) or find(name)
    sources = [each for each in model.sources if source in (None, each.name)]
    if not sources:
        names = " or ".join(dict.fromkeys(each.name for each in model.sources)) or "a file you have"
        raise ModelError(f"{model.name} does not come from {source!r}, but from {names}.")
    place = _place(model, settings)
    with _alone(settings, progress):
        if not place.exists():
            _fetch(model, sources, place, progress)
        elif source == Hub.name and wheels.is_four_bit(place):
            raise ModelError(
                f"{place} is the four-bit copy. Remove it for the original: rapporteur models remove {model.name}"
            )
    return place


def add(path: Path, settings: Settings) -> Path:
    """Copy a model's file or folder, as carried on a stick, to where models are kept; the path it is now at.

    A GGUF file in parts is copied with all of them, whichever was named.
    """
    files = _carried(path)
    known = next((model for model in MODELS if files[0].name in _names(model)), None)
    if known:
        _check_known(files, known)
    place = _place(known, settings) if known else _folder(settings) / files[0].name
    if place.exists():
        return place
    size = sum(map(_size, files))
    place.parent.mkdir(parents=True, exist_ok=True)
    _check_room(place.parent, size)
    for file in reversed(files):  # the first last: it stands for all
        _copy(file, place if file is files[0] else place.with_name(file.name))
    return place


def remove(name: str, settings: Settings, progress: Progress) -> str:
    """Delete a model, or what a broken download left of it; what a person is told. ModelError where nothing is here."""
    model = _named(name, settings)
    place = _place(model, settings)
    with _alone(settings, progress):
        found = [path for path in (*_in_parts(place), *_unfinished(place)) if path.exists()]
        if not found:
            raise ModelError(f"{model.name} is not here: nothing to remove. See what is: rapporteur models")
        size = sum(map(_size, found))
        _delete(found)
    told = f"Removed {model.name}: {size / 10**6:,.0f} MB are free again."
    still = f" The settings still name it. Choose another: rapporteur models use NAME, or mend {FILE}."
    return told + (still if _is_used(model, settings) else "")


def use(name: str, settings: Settings, folder: Path = Path()) -> str:
    """Write a model into `rapporteur.toml`; what a person is told of it."""
    model, place = installed(name, settings)
    _write_setting(folder / FILE, model.kind, str(place))
    if model.kind == "embedder":
        return f"{FILE} now names {model.name}. It needs an index built with it: rapporteur build"
    follows = {"llm": "Answers are written by it", "reranker": "Paragraphs are ranked by it", "nli": "It gives hints"}
    return f"{FILE} now names {model.name}. {follows[model.kind]} from the next question on."


def _fetch(model: Model, sources: Sequence[Source], place: Path, progress: Progress) -> None:
    """Fetch a model from the first source that has it; ModelError names what is wrong with each."""
    reasons = []
    place.parent.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if isinstance(source, Hub):
            room, fetch = hub.room(model, place), partial(hub.fetch, model, source)
        else:
            room, fetch = wheels.room(model, source, place), partial(wheels.fetch, model, source)
        _check_room(place.parent, room)
        try:
            fetch(place, progress)
            return _delete(_unfinished(place))  # what another source has left
        except ModelError as error:
            reasons.append(str(error).rstrip("."))
        except OSError as error:  # of this machine's disk: another source would fare no better
            reasons = [f"{error.strerror or error} in {place.parent}"]
            break
    from_hub = " --source hub" if any(isinstance(each, Hub) for each in model.sources[1:]) else ""
    raise ModelError(
        f"{model.name} could not be fetched: {'; '.join(reasons)}. What has come is kept. Try again: rapporteur models "
        f"pull {model.name}{from_hub}, or bring it by USB stick: rapporteur models add FILE"
    )


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


def _carried(path: Path) -> list[Path]:
    """The folder, or the file with the other parts of it, the first in front; ModelError where it is no model."""
    if not path.is_file():
        if not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
            raise ModelError(
                f"{path} is no model: a GGUF file, or a folder with config.json and *.safetensors, is one."
            )
        return [path]
    files = _in_parts(path)
    for file in files:
        if not file.is_file():
            raise ModelError(f"{file} is missing beside {path.name}: the model comes in {len(files)} parts. Copy all.")
        with file.open("rb") as opened:
            if opened.read(4) != b"GGUF":
                raise ModelError(
                    f"{file} is not a GGUF file. Give one, or the folder of a sentence-transformers model."
                )
    return files


def _in_parts(path: Path) -> list[Path]:
    """The file with the other parts of it, the first in front; itself where it comes in one."""
    split = SPLIT.fullmatch(path.name)
    if split is None:
        return [path]
    count = int(split["parts"])
    return [path.with_name(f"{split['name']}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1)]


def _unfinished(place: Path) -> list[Path]:
    """Where what is not whole yet may lie."""
    return [*(each.with_name(each.name + PART) for each in _in_parts(place)), wheels.folder_of(place)]


def _delete(paths: Sequence[Path]) -> None:
    """Delete files and folders; a folder is moved away first, so that no half of it is ever taken for a model."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path.rename(path.with_name(path.name + ".removed" + PART)))
        else:
            path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())


def _check_known(files: list[Path], model: Model) -> None:
    """ModelError where a known model's files are not what they should be."""
    sums = {model.file or "model.safetensors": model.sha256, **dict(model.parts)}
    for file in files:
        weights = file if file.is_file() else file / "model.safetensors"
        expected = sums.get(weights.name, "")
        if expected and weights.is_file() and checksum_of(weights) != expected:
            raise ModelError(f"{weights} has another checksum than {model.name} should: it is damaged. Copy it again.")


def _copy(source: Path, place: Path) -> None:
    part = place.with_name(f"{place.name}.added{PART}")
    _delete([part])
    if source.is_file():
        shutil.copyfile(source, part)
    else:
        shutil.copytree(source, part, ignore=shutil.ignore_patterns(*PICKLES))
    os.replace(part, place)


def _added(settings: Settings) -> Iterator[Model]:
    """What lies among the models and is in no list, by what it is."""
    known = {name for model in MODELS for name in (model.file, model.name, *(file for file, _ in model.parts))}
    folder = _folder(settings)
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        split = SPLIT.fullmatch(path.name)
        if path.name in known or path.name.endswith(PART) or (split and int(split["part"]) > 1):
            continue
        kind: Kind | None = (
            "llm" if path.suffix == ".gguf" else "embedder" if (path / "modules.json").is_file() else None
        )
        if kind:
            size = sum(map(_size, _in_parts(path)))
            file = path.name if path.is_file() else ""
            yield Model(path.name, kind, "", "", size, size / 2**30, "added from a file; not in the list", (), file)


def _write_setting(path: Path, setting: str, value: str) -> None:
    """Set one value of a settings file and leave the rest as it is."""
    import tomlkit

    written = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    written[setting] = value
    part = path.with_name(path.name + PART)
    part.write_text(tomlkit.dumps(written), encoding="utf-8")
    os.replace(part, path)


def models_folder(cache: Path) -> Path:
    """Where models lie in a cache folder."""
    return cache.expanduser() / "models"


def _repos(model: Model) -> list[str]:
    return [source.repo for source in model.sources if isinstance(source, Hub)]


def _names(model: Model) -> set[str]:
    """What its file or folder may be called."""
    return {model.file, model.name, *(repo.split("/")[-1] for repo in _repos(model))} - {""}


def _folder(settings: Settings) -> Path:
    return models_folder(settings.cache)


def _named(name: str, settings: Settings) -> Model:
    """The model with a name, added or known; ModelError lists the known ones."""
    return next((each for each in _added(settings) if name.lower() == each.name.lower()), None) or find(name)


def _is_used(model: Model, settings: Settings) -> bool:
    return _same(getattr(settings, model.kind)) in {_same(str(_place(model, settings))), _same(model.name)}


def _place(model: Model, settings: Settings) -> Path:
    return _folder(settings) / (model.file or model.name)


def _same(name: str) -> str:
    return str(Path(name).expanduser().resolve()) if os.sep in name else name.lower()


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + MARGIN > free:
        raise ModelError(
            f"{folder} has {free / 2**30:.1f} GiB free, the model takes {size / 2**30:.1f} GiB. Free some, or name "
            "another place with RAPPORTEUR_CACHE."
        )
