"""The views of an index and their vectors, read and compared without LangChain.

A look-up needs no more than this, and importing LangChain's vector stores takes as long as all the rest of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # (n, dim), rows of length 1
VECTORS, DOCUMENTS = "vectors.faiss", "documents.jsonl"
LARGEST_FILE = 8 << 30  # bytes FAISS may allocate for one array of a file: a damaged header must not ask for terabytes


@dataclass(frozen=True, slots=True)
class View:
    """What a FaissStore keeps as a Document."""

    id: str
    text: str
    metadata: Mapping[str, Any]


class Views:
    """The views a folder holds and their vectors, in order."""

    def __init__(self, views: Sequence[View], index: Any) -> None:
        """`index` is the FAISS index of as many vectors."""
        self.views = views
        self._index = index

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The views a FaissStore saved. The caller has checked the files' checksums."""
        index, lines = read(folder)
        return cls([View(line["id"], line["text"], line["metadata"]) for line in lines], index)

    def __len__(self) -> int:
        """How many views there are."""
        return len(self.views)

    def scores(self, vector: Sequence[float] | Vectors) -> Vectors:
        """The cosine of a vector with every view's, shape (n,)."""
        return cosines(self._index, vector)

    def vector(self, place: int) -> Vectors:
        """The vector of one view, shape (dim,)."""
        return np.asarray(self._index.reconstruct(place), dtype=np.float32)


def read(folder: Path) -> tuple[Any, list[dict[str, Any]]]:
    """The FAISS index in a folder and what is written of each vector; FAISS trusts what it reads."""
    import faiss

    faiss.set_deserialization_vector_byte_limit(LARGEST_FILE)
    index = faiss.read_index(str(folder / VECTORS))
    text = (folder / DOCUMENTS).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.split("\n") if line]  # U+2028 ends none
    if index.ntotal != len(lines):
        raise ValueError(f"{index.ntotal} vectors but {len(lines)} documents in {folder}")
    return index, lines


def cosines(index: Any, vector: Sequence[float] | Vectors) -> Vectors:
    """The cosine of a vector with each in a FAISS index, in its order, shape (n,)."""
    query = unit(np.asarray(vector, dtype=np.float32).reshape(1, -1))
    found, places = index.search(query, index.ntotal)
    scores = np.empty(index.ntotal, dtype=np.float32)
    scores[places[0]] = found[0]
    return scores


def unit(vectors: Vectors) -> Vectors:
    """The vectors with length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
