"""Texts in, unit vectors out.

An embedder's vectors lie round a mean that differs between languages, and between questions and paragraphs: what is in
the wrong language looks far away whatever it says. Where the means of a model are known they are taken off. With
multilingual-e5-small an English question then finds its Chinese paragraph first in 40 of 100 cases by the vectors
alone, and in 19 without; NOTES.md has the table, `bench/embedder.py` measures the means.

This module knows nothing of paragraphs, questions' meaning or indexes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache as remember
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models.catalogue import folder_of, prompts_of
from rag.models.sources import Progress, checksum_of
from rag.text import language

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FloatMatrix = NDArray[np.float32]
Means = Mapping[str, FloatMatrix]  # "question zh", "paragraph en" … → the mean of such vectors, (dim,)

DATA = Path(__file__).parents[1] / "data"
BATCH = 8  # texts encoded at once: on two cores a quarter quicker than the library's 32, which pads more


class Embedder(Embeddings):
    """A sentence-transformers model as LangChain embeddings; every vector has length 1."""

    def __init__(self, model: "SentenceTransformer", name: str, fingerprint: str, means: Means | None = None) -> None:
        """Wrap a loaded model, whose vectors are centred where its means are given."""
        self.model = model
        self.name = name
        self.fingerprint = fingerprint
        self.means = means or {}
        self.dim = int(model.get_embedding_dimension() or 0)

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """The texts as paragraphs to be found: (len(texts), dim), row i of length 1 belongs to text i."""
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))  # equal lengths waste no padding
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            those = [texts[i] for i in batch]
            encoded = self.model.encode_document(
                those, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
            out[batch] = self._centred(encoded, those, "paragraph")
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
            row: list[float] = self.questions([text])[0].tolist()
        return row

    def questions(self, texts: Sequence[str]) -> FloatMatrix:
        """The texts as questions: (len(texts), dim), row i of length 1 belongs to text i."""
        vectors = self.model.encode_query(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return self._centred(vectors, texts, "question")

    def _centred(self, vectors: FloatMatrix, texts: Sequence[str], kind: str) -> FloatMatrix:
        """The vectors of texts without the mean of their kind and language, of length 1 again."""
        if not self.means:
            return vectors
        moved = vectors - np.stack([self.means[f"{kind} {language(text)}"] for text in texts])
        unit: FloatMatrix = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def __repr__(self) -> str:
        return f"Embedder({self.name!r}, dim={self.dim}, fingerprint={self.fingerprint[:12]!r})"


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


def load(name_or_path: str, cache: Path) -> Embedder:
    """The embedder that was pulled under a name, or the one in a folder; never over the network.

    Raises:
        ModelError: there is none, or its files are damaged.
    """
    folder = _folder(name_or_path, cache)
    prompts = prompts_of(folder.name) or None  # e5's files do not say theirs: a silent loss without them
    model = load_transformer("SentenceTransformer", folder, "embedder-damaged", prompts=prompts)
    return Embedder(model, name_or_path, _fingerprint(folder), means_of(folder.name))


def means_of(model: str) -> Means:
    """The means of a known model's vectors; none where they are not known."""
    from safetensors.numpy import load_file

    path = _means_file(model)
    return load_file(path) if path.is_file() else {}


def fingerprint_of(name_or_path: str, cache: Path) -> str:
    """The fingerprint `load` would give, without loading the model: a sha256 over its files."""
    return _fingerprint(_folder(name_or_path, cache))


def load_transformer(
    kind: Literal["SentenceTransformer", "CrossEncoder"], folder: Path, error: str, **options: Any
) -> Any:
    """A model of sentence-transformers from a folder, never over the network; ModelError with that key if damaged."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the library is first imported: a local model needs no hub
    import sentence_transformers
    from safetensors import SafetensorError
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over ours
    safe = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}
    try:
        return getattr(sentence_transformers, kind)(str(folder), **safe, **options)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as failure:
        reason = (str(failure).strip() or type(failure).__name__).splitlines()[0]
        raise ModelError(error, folder=str(folder), reason=reason[:160]) from failure


def _folder(name_or_path: str, cache: Path) -> Path:
    folder = folder_of(name_or_path, cache)
    if not (folder / "modules.json").is_file():
        raise ModelError("embedder-none", folder=str(folder))
    return folder


def _fingerprint(folder: Path) -> str:
    """A sha256 over the names and checksums of all that decides a vector: weights, tokenizer, configuration, means."""
    files = [path for path in folder.rglob("*") if path.suffix in {".safetensors", ".json", ".txt", ".model"}]
    named = [(path.relative_to(folder).as_posix(), path) for path in sorted(files) if path.is_file()]
    means = _means_file(folder.name)
    digest = sha256()
    for name, path in [*named, *([(means.name, means)] if means.is_file() else [])]:
        status = path.stat()
        digest.update(f"{name} {_checksum(path, status.st_size, status.st_mtime_ns)}\n".encode())
    return digest.hexdigest()


def _means_file(model: str) -> Path:
    return DATA / f"{model}.means.safetensors"


@remember
def _checksum(path: Path, size: int, modified: int) -> str:
    """Hashed once per process and version: `fingerprint_of` is often followed by `load`."""
    return checksum_of(path)
