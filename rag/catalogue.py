"""The models known to work: where they are, their checksums, pulling and adding them. The only door to huggingface_hub.

Nothing is fetched unless `pull` is called. Sizes, licences and checksums are the publishers' as of 2026-11; where no
checksum is known here, a downloaded file is held to the one the hub states for it.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from rag.errors import ModelError
from rag.settings import FILE, Settings

Kind = Literal["embedder", "llm"]
Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much

MARGIN = 200 << 20  # bytes left free on the disk beside a model
WEIGHTS = (
    "*.json",
    "*.txt",
    "*.model",
    "*.safetensors",
    "1_Pooling/*",
    "2_*/*",
)  # of a folder; nothing that is a pickle


@dataclass(frozen=True, slots=True)
class Model:
    """A model known to work."""

    name: str
    kind: Kind
    repo: str  # on the Hugging Face hub
    size: int  # bytes to download, rounded where the publisher gives no exact figure
    licence: str
    memory: float  # GiB in use, about
    good_for: str
    file: str = ""  # one file of the repository; "" for the whole folder
    sha256: str = ""  # of that file, where known
    query_prompt: str = ""  # what stands before a question
    text_prompt: str = ""  # what stands before a paragraph


_RETRIEVE = "Instruct: Given a question, retrieve report paragraphs that answer it\nQuery:"
MODELS: tuple[Model, ...] = (
    Model("granite-embedding-97m-multilingual-r2", "embedder", "ibm-granite/granite-embedding-97m-multilingual-r2",
          186 << 20, "Apache-2.0", 0.5, "smallest good one; strong across languages"),
    Model("multilingual-e5-small", "embedder", "intfloat/multilingual-e5-small", 449 << 20, "MIT", 0.7,
          "questions and reports in one language", query_prompt="query: ", text_prompt="passage: "),
    Model("multilingual-e5-base", "embedder", "intfloat/multilingual-e5-base", 1061 << 20, "MIT", 1.4,
          "the same, better and slower", query_prompt="query: ", text_prompt="passage: "),
    Model("bge-m3", "embedder", "BAAI/bge-m3", 2167 << 20, "MIT", 2.6, "long paragraphs"),
    Model("Qwen3-Embedding-0.6B", "embedder", "Qwen/Qwen3-Embedding-0.6B", 1136 << 20, "Apache-2.0", 2.6,
          "best across languages; slow without a GPU", query_prompt=_RETRIEVE),
    Model("Qwen2.5-1.5B-Instruct", "llm", "Qwen/Qwen2.5-1.5B-Instruct-GGUF", 1_117_320_736, "Apache-2.0", 2.0,
          "any laptop", "qwen2.5-1.5b-instruct-q4_k_m.gguf",
          "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e"),
    Model("Qwen3-4B-Instruct-2507", "llm", "unsloth/Qwen3-4B-Instruct-2507-GGUF", 2_500_000_000, "Apache-2.0", 4.0,
          "a laptop with 8 GB: the best answers for it", "Qwen3-4B-Instruct-2507-Q4_K_M.gguf"),
    Model("Qwen3-4B", "llm", "Qwen/Qwen3-4B-GGUF", 2_497_280_256, "Apache-2.0", 4.0,
          "the same, from its publisher; its thinking is switched off", "Qwen3-4B-Q4_K_M.gguf",
          "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `rapporteur models`."""

    model: Model
    path: Path | None  # where it is installed
    in_use: bool


def rows(settings: Settings) -> Iterator[Row]:
    """The catalogue in its order, each model with where it is and whether the settings name it."""
    used = {_same(settings.embedder), _same(settings.llm)}
    for model in MODELS:
        path = _place(model, settings)
        installed = path if path.exists() else None
        yield Row(model, installed, bool({_same(str(path)), _same(model.name)} & used))


def prompts_of(name: str) -> dict[str, str]:
    """What a known embedder wants before questions and paragraphs; nothing where its own files say, or it wants none.

    >>> prompts_of("multilingual-e5-small")
    {'query': 'query: ', 'document': 'passage: '}
    """
    model = next((model for model in MODELS if model.name == name), None)
    wanted = {"query": model.query_prompt, "document": model.text_prompt} if model else {}
    return wanted if any(wanted.values()) else {}


def find(name: str) -> Model:
    """The model with a name, upper or lower case; ModelError lists those there are."""
    for model in MODELS:
        if name.lower() in (model.name.lower(), model.repo.lower(), model.file.lower()):
            return model
    raise ModelError(f"No model {name!r} is known. Known are: {', '.join(model.name for model in MODELS)}.")


def pull(name: str, settings: Settings, progress: Progress, models: tuple[Model, ...] = MODELS) -> Path:
    """Fetch a model from the hub (or HF_ENDPOINT), going on where a broken download ended; the path it is now at.

    ModelError where there is no room for it, no connection, or its checksum is another.
    """
    model = next((each for each in models if each.name == name), None) or find(name)
    place = _place(model, settings)
    if place.exists():
        return place
    part = place.with_name(place.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    _check_room(part.parent, model.size - _held(part))
    progress(f"fetching {model.name}", 0, model.size)
    stated = _fetch(model, part)
    progress(f"fetching {model.name}", model.size, model.size)
    expected = model.sha256 or stated
    if model.file and expected and _sha256(part) != expected:
        part.unlink()
        raise ModelError(
            f"{model.file} from {model.repo} has another checksum than {expected[:12]}…: not the file that was "
            f"checked. It was deleted; try again, or from another mirror: HF_ENDPOINT=… rapporteur models pull {name}"
        )
    os.replace(part, place)
    return place


def add(path: Path, settings: Settings) -> Path:
    """Copy a model's file or folder, as carried on a stick, to where models are kept; the path it is now at."""
    known = next((model for model in MODELS if path.name in (model.file, model.name, model.repo.split("/")[-1])), None)
    if path.is_file():
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError(
                    f"{path} is not a GGUF file. Give one, or the folder of a sentence-transformers model."
                )
    elif not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
        raise ModelError(f"{path} is no model: a GGUF file, or a folder with config.json and *.safetensors, is one.")
    if known and known.sha256 and _sha256(path) != known.sha256:
        raise ModelError(f"{path} has another checksum than {known.name} should: it is damaged. Copy it again.")
    place = _place(known, settings) if known else _folder(settings) / path.name
    if place.exists():
        return place
    size = sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())
    place.parent.mkdir(parents=True, exist_ok=True)
    _check_room(place.parent, size)
    part = place.with_name(place.name + ".part")
    if path.is_file():
        shutil.copyfile(path, part)
    else:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(path, part, ignore=shutil.ignore_patterns("*.bin", "*.pt", "*.pkl", "*.pickle", ".git"))
    os.replace(part, place)
    return place


def use(name: str, settings: Settings, folder: Path = Path()) -> str:
    """Write a model into `rapporteur.toml`; what a person is told of it."""
    model = find(name)
    place = _place(model, settings)
    if not place.exists():
        raise ModelError(f"{model.name} is not here yet. Get it with: rapporteur models pull {model.name}")
    _write_setting(folder / FILE, model.kind, str(place))
    if model.kind == "embedder":
        return f"{FILE} now names {model.name}. The index must be built again, beside the old one: rapporteur build"
    return f"{FILE} now names {model.name}. Answers are written by it from the next question on."


def _write_setting(path: Path, setting: str, value: str) -> None:
    """Set one value of a settings file and leave the rest as it is."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*{setting}\s*=", line)]
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    part = path.with_name(path.name + ".part")
    part.write_text("\n".join([f'{setting} = "{escaped}"', *kept]) + "\n", encoding="utf-8")
    os.replace(part, path)


def _fetch(model: Model, part: Path) -> str:
    """Fetch a model's file, or its whole folder, to a path; the file's SHA-256 as the hub states it, or ""."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined]  # the client's own base
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")
    try:
        return _fetch_file(model, part, endpoint) if model.file else _fetch_folder(model, part, endpoint)
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


def _fetch_file(model: Model, part: Path, endpoint: str) -> str:
    """Fetch one file, going on behind what a broken download left.

    hf_hub_download has thrown that away since huggingface_hub 2.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    about = get_hf_file_metadata(hf_hub_url(model.repo, model.file, endpoint=endpoint), endpoint=endpoint)
    if about.size is not None and _held(part) > about.size:
        part.unlink()
    with part.open("ab") as file:
        if about.size is None or file.tell() < about.size:
            http_get(about.location, file, resume_size=file.tell(), expected_size=about.size)
    return about.etag if about.etag and re.fullmatch(r"[0-9a-f]{64}", about.etag) else ""


def _fetch_folder(model: Model, part: Path, endpoint: str) -> str:
    from huggingface_hub import snapshot_download

    snapshot_download(model.repo, local_dir=part, endpoint=endpoint, allow_patterns=list(WEIGHTS))
    shutil.rmtree(part / ".cache", ignore_errors=True)  # the hub's own notes
    return ""


def _folder(settings: Settings) -> Path:
    return settings.cache.expanduser() / "models"


def _place(model: Model, settings: Settings) -> Path:
    return _folder(settings) / (model.file or model.name)


def _same(name: str) -> str:
    return str(Path(name).expanduser().resolve()) if os.sep in name else name.lower()


def _held(part: Path) -> int:
    """The bytes a broken download left."""
    if part.is_file():
        return part.stat().st_size
    return sum(each.stat().st_size for each in part.rglob("*") if each.is_file())


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + MARGIN > free:
        raise ModelError(
            f"{folder} has {free / 2**30:.1f} GiB free, the model takes {size / 2**30:.1f} GiB. Free some, or name "
            "another place with RAPPORTEUR_CACHE."
        )


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
