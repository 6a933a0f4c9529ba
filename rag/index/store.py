"""Views and their unit vectors in memory, searched exactly: the only door to FAISS."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.generations import as_lines, read_lines
from rag.index.views import View

Vectors = NDArray[np.float32]
VECTORS, VIEWS = "vectors.faiss", "views.jsonl"
LARGEST_FILE = 8 << 30  # bytes FAISS may allocate for one array of a file: a damaged header must not ask for terabytes


class FaissStore:
    """Views in order, each with its vector; nothing it saves is a pickle."""

    def __init__(self, views: Sequence[View], index: Any) -> None:
        """`index` is the FAISS index of the views' vectors; ValueError where there are more or fewer of them."""
        if index.ntotal != len(views):
            raise ValueError(f"{index.ntotal} vectors but {len(views)} views")
        self.views = views
        self._index = index

    @classmethod
    def build(cls, views: Sequence[View], vectors: Vectors) -> Self:
        """The store of views and their vectors, shape (n, dim)."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(_unit(vectors))
        return cls(views, index)

    def scores(self, vector: Sequence[float] | Vectors) -> Vectors:
        """The cosine of a vector with every view's, in the order of `views`, shape (n,)."""
        query = _unit(np.asarray(vector, dtype=np.float32).reshape(1, -1))
        found, places = self._index.search(query, len(self.views))
        scores = np.empty(len(self.views), dtype=np.float32)
        scores[places[0]] = found[0]
        return scores

    def vector(self, place: int) -> Vectors:
        """The vector of one view, of length 1, shape (dim,)."""
        return np.asarray(self._index.reconstruct(place), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write the store into a folder."""
        import faiss

        folder.mkdir(exist_ok=True)
        faiss.write_index(self._index, str(folder / VECTORS))
        (folder / VIEWS).write_text(as_lines(self.views), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The store a folder holds. The caller has checked the files' checksums: FAISS trusts what it reads."""
        import faiss

        faiss.set_deserialization_vector_byte_limit(LARGEST_FILE)
        return cls([View(**line) for line in read_lines(folder / VIEWS)], faiss.read_index(str(folder / VECTORS)))


def _unit(vectors: Vectors) -> Vectors:
    """The vectors with length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
