"""Vectors that need not be made again: those the last generation holds, where the same embedder made them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import IndexProblem
from rag.index.generations import current, read_manifest, verify
from rag.index.store import FaissStore


class Held:
    """The vectors of a generation's texts; none where there is no usable one by that embedder."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Look at the generation in use in an index folder."""
        self.embedder: dict[str, Any] = {}  # as its manifest has it
        self._place: dict[str, int] = {}
        self._vectors: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
        try:
            generation = current(folder)
            manifest = read_manifest(generation)
            if manifest["embedder"]["fingerprint"] != fingerprint:
                return
            verify(generation, manifest, only="views/")
        except (IndexProblem, OSError):
            return
        store = FaissStore.load(generation / "views", None)  # type: ignore[arg-type]  # nothing is embedded with it
        self.embedder = manifest["embedder"]
        self._vectors = store.vectors()
        self._place = {document.page_content: place for place, document in enumerate(store.documents)}

    def missing(self, documents: Sequence[Document]) -> list[str]:
        """The texts whose vectors are not held, each once, in order."""
        return [text for text in dict.fromkeys(each.page_content for each in documents) if text not in self._place]

    def vectors(
        self, documents: Sequence[Document], embed: Callable[[list[str]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """The vectors of the documents in order, those not held made by `embed`, which is only asked for some."""
        missing = self.missing(documents)
        made = dict(zip(missing, embed(missing), strict=True)) if missing else {}
        texts = [each.page_content for each in documents]
        rows = [made[text] if text in made else self._vectors[self._place[text]] for text in texts]
        return np.stack(rows).astype(np.float32)
