"""A LangChain vector store on FAISS: documents and their unit vectors, searched exactly by inner product.

It knows nothing of paragraphs: any Document may be held. Nothing it writes is a pickle.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from rag.index.vectors import DOCUMENTS, VECTORS, Vectors, cosines, read, unit


class FaissStore(VectorStore):
    """Documents with vectors in memory; `save` and `load` are how generations keep them.

    Scores are cosines in [-1, 1], higher is better.
    """

    def __init__(self, embedding: Embeddings) -> None:
        """An empty store; the width of its vectors is fixed by the first document."""
        self._embedding = embedding
        self._documents: list[Document] = []
        self._place: dict[str, int] = {}
        self._faiss: Any = None

    def __len__(self) -> int:
        """How many documents are held."""
        return len(self._documents)

    @property
    def embeddings(self) -> Embeddings:
        """What turns texts into vectors here."""
        return self._embedding

    @property
    def documents(self) -> Sequence[Document]:
        """The documents, in the order of `scores`."""
        return self._documents

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Embed and hold texts; one whose id is held already takes its place. Returns the ids in order."""
        texts = list(texts)
        metadatas = metadatas or [{} for _ in texts]
        given = [each or str(uuid4()) for each in (ids or [""] * len(texts))]
        vectors = np.asarray(self._embedding.embed_documents(texts), dtype=np.float32)
        documents = [
            Document(page_content=text, metadata=metadata, id=each)
            for text, metadata, each in zip(texts, metadatas, given, strict=True)
        ]
        self.add_vectors(documents, vectors)
        return given

    def add_vectors(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """Hold documents whose vectors are known already, shape (n, dim); each needs an id, the last of two counts."""
        import faiss

        if len(documents) != len(vectors):
            raise ValueError(f"{len(documents)} documents but {len(vectors)} vectors")
        if not documents:
            return
        last = sorted({str(document.id): place for place, document in enumerate(documents)}.values())
        self.delete([str(document.id) for document in documents])
        if self._faiss is None:
            self._faiss = faiss.IndexFlatIP(vectors.shape[1])
        self._faiss.add(unit(vectors[last]))
        self._documents.extend(documents[place].model_copy(deep=True) for place in last)
        self._number()

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Let go of the documents with these ids, all of them without ids; unknown ids are passed over."""
        wanted = list(self._place) if ids is None else ids
        gone = {self._place[each] for each in wanted if each in self._place}
        if gone:
            self._faiss.remove_ids(np.array(sorted(gone), dtype=np.int64))
            self._documents = [document for place, document in enumerate(self._documents) if place not in gone]
            self._number()
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents with these ids, in their order; unknown ids are passed over."""
        return [self._documents[self._place[each]].model_copy(deep=True) for each in ids if each in self._place]

    def scores(self, vector: Sequence[float] | Vectors) -> Vectors:
        """The cosine of a vector with every document's, in the order of `documents`, shape (n,)."""
        return cosines(self._faiss, vector) if self._documents else np.zeros(0, dtype=np.float32)

    def vectors(self) -> Vectors:
        """All vectors in the order of `documents`, shape (n, dim); (0, 0) before the first."""
        if self._faiss is None:
            return np.zeros((0, 0), dtype=np.float32)
        return np.asarray(self._faiss.reconstruct_n(0, len(self)), dtype=np.float32)

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The k documents nearest to a text, nearest first; `filter` is a test of a Document."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The k documents nearest to a text with their cosines, nearest first."""
        return self._nearest(self._embedding.embed_query(query), k, kwargs.get("filter")) if len(self) else []

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        """The k documents nearest to a vector, nearest first."""
        return [document for document, _ in self._nearest(embedding, k, kwargs.get("filter"))]

    def _nearest(
        self, vector: list[float], k: int, keep: Callable[[Document], bool] | None
    ) -> list[tuple[Document, float]]:
        scores = self.scores(vector)
        order = np.argsort(-scores, kind="stable")
        kept = [place for place in order if keep is None or keep(self._documents[place])][:k]
        return [(self._documents[place].model_copy(deep=True), float(scores[place])) for place in kept]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: (1.0 + cosine) / 2.0

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store that holds the texts."""
        store = cls(embedding)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def save(self, folder: Path) -> None:
        """Write the vectors and documents into a folder."""
        import faiss

        faiss.write_index(self._faiss if self._faiss is not None else faiss.IndexFlatIP(0), str(folder / VECTORS))
        lines = (
            json.dumps({"id": d.id, "text": d.page_content, "metadata": d.metadata}, ensure_ascii=False)
            for d in self._documents
        )
        (folder / DOCUMENTS).write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, embedding: Embeddings) -> Self:
        """The store a folder holds. The caller has checked the files' checksums: FAISS trusts what it reads."""
        store = cls(embedding)
        index, lines = read(folder)
        store._documents = [
            Document(page_content=line["text"], metadata=line["metadata"], id=line["id"]) for line in lines
        ]
        store._faiss = index if lines else None  # an empty store takes vectors of any width
        store._number()
        return store

    def _number(self) -> None:
        self._place = {str(document.id): place for place, document in enumerate(self._documents)}
