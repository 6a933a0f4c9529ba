"""The models known to work: where they are, their checksums, pulling and adding them.

Nothing is fetched unless `pull` is called.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.catalogue.hub import PART, Progress, checksum_of, fetch, held
from rag.catalogue.known import MODELS, Kind, Model
from rag.errors import ModelError
from rag.settings import FILE, Settings

__all__ = ["MODELS", "SPLIT", "Kind", "Model", "Row", "add", "find", "installed", "models_folder", "prompts_of", "pull", "rows", "use"]

MARGIN = 200 << 20  # bytes left free on the disk beside a model
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", ".git")
SPLIT = re.compile(r"(?P<name>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf")  # as llama.cpp names the parts of a file


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `rapporteur models`."""

    model: Model
    path: Path | None  # where it is installed
    in_use: bool


def rows(settings: Settings) -> Iterator[Row]:
    """The catalogue in its order, then what was added; each with where it is and whether the settings name it."""
    named = (getattr(settings, kind, "none") for kind in ("embedder", "reranker", "llm", "nli"))
    used = {_same(name) for name in named}
    for model in (*MODELS, *_added(settings)):
        path = _place(model, settings)
        yield Row(model, path if path.exists() else None, bool({_same(str(path)), _same(model.name)} & used))


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
        if name.lower() in (model.name.lower(), model.repo.lower(), model.file.lower()):
            return model
    raise ModelError(f"No model {name!r} is known. Known are: {', '.join(model.name for model in MODELS)}.")


def installed(name: str, settings: Settings) -> tuple[Model, Path]:
    """The model with a name, known or added, and where it is; ModelError where it is not here."""
    for model in _added(settings):
        if name.lower() == model.name.lower():
            return model, _place(model, settings)
    model = find(name)
    place = _place(model, settings)
    if not place.exists():
        raise ModelError(f"{model.name} is not here yet. Get it with: rapporteur models pull {model.name}")
    return model, place


def pull(name: str, settings: Settings, progress: Progress, models: tuple[Model, ...] = MODELS) -> Path:
    """Fetch a model from the hub (or HF_ENDPOINT), going on where a broken download ended; the path it is now at.

    ModelError where there is no room for it, no connection, or its checksum is another.
    """
    model = next((each for each in models if each.name == name), None) or find(name)
    place = _place(model, settings)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        _check_room(place.parent, model.size - held(model, place))
        fetch(model, place, progress)
    return place


def add(path: Path, settings: Settings) -> Path:
    """Copy a model's file or folder, as carried on a stick, to where models are kept; the path it is now at.

    A GGUF file in parts is copied with all of them, whichever was named.
    """
    files = _carried(path)
    known = next(
        (model for model in MODELS if files[0].name in (model.file, model.name, model.repo.split("/")[-1])), None
    )
    if known:
        _check_known(files, known)
    place = _place(known, settings) if known else _folder(settings) / files[0].name
    if place.exists():
        return place
    size = sum(each.stat().st_size for path in files for each in (path, *path.rglob("*")) if each.is_file())
    place.parent.mkdir(parents=True, exist_ok=True)
    _check_room(place.parent, size)
    for file in reversed(files):  # the first last: it stands for all
        _copy(file, place if file is files[0] else place.with_name(file.name))
    return place


def use(name: str, settings: Settings, folder: Path = Path()) -> str:
    """Write a model into `rapporteur.toml`; what a person is told of it."""
    model, place = installed(name, settings)
    _write_setting(folder / FILE, model.kind, str(place))
    if model.kind == "embedder":
        return f"{FILE} now names {model.name}. It needs an index built with it: rapporteur build"
    follows = {"llm": "Answers are written by it", "reranker": "Paragraphs are ranked by it", "nli": "It gives hints"}
    return f"{FILE} now names {model.name}. {follows[model.kind]} from the next question on."


def _carried(path: Path) -> list[Path]:
    """The folder, or the file with the other parts of it, the first in front; ModelError where it is no model."""
    if not path.is_file():
        if not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
            raise ModelError(
                f"{path} is no model: a GGUF file, or a folder with config.json and *.safetensors, is one."
            )
        return [path]
    files = [path]
    if split := SPLIT.fullmatch(path.name):
        count = int(split["parts"])
        files = [path.with_name(f"{split['name']}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1)]
    for file in files:
        if not file.is_file():
            raise ModelError(f"{file} is missing beside {path.name}: the model comes in {len(files)} parts. Copy all.")
        with file.open("rb") as opened:
            if opened.read(4) != b"GGUF":
                raise ModelError(
                    f"{file} is not a GGUF file. Give one, or the folder of a sentence-transformers model."
                )
    return files


def _check_known(files: list[Path], model: Model) -> None:
    """ModelError where a known model's files are not what they should be."""
    sums = {model.file or "model.safetensors": model.sha256, **dict(model.parts)}
    for file in files:
        weights = file if file.is_file() else file / "model.safetensors"
        expected = sums.get(weights.name, "")
        if expected and weights.is_file() and checksum_of(weights) != expected:
            raise ModelError(f"{weights} has another checksum than {model.name} should: it is damaged. Copy it again.")


def _copy(source: Path, place: Path) -> None:
    part = place.with_name(place.name + PART)
    if source.is_file():
        shutil.copyfile(source, part)
    else:
        shutil.rmtree(part, ignore_errors=True)
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
            size = sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())
            file = path.name if path.is_file() else ""
            yield Model(path.name, kind, "", size, "", size / 2**30, "added from a file; not in the list", file)


def _write_setting(path: Path, setting: str, value: str) -> None:
    """Set one value of a settings file and leave the rest as it is."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*{setting}\s*=", line)]
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    part = path.with_name(path.name + PART)
    part.write_text("\n".join([f'{setting} = "{escaped}"', *kept]) + "\n", encoding="utf-8")
    os.replace(part, path)


def models_folder(cache: Path) -> Path:
    """Where models lie in a cache folder."""
    return cache.expanduser() / "models"


def _folder(settings: Settings) -> Path:
    return models_folder(settings.cache)


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
