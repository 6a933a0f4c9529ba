"""rag.index.store: documents and their unit vectors in memory, saved and loaded, searched exactly."""

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import VectorStoreIntegrationTests
from made_index import FakeEmbedder

from rag.index.store import FaissStore

SIZES = st.integers(1, 12)
COMPONENTS = st.floats(-4, 4, width=32).filter(lambda value: value == 0 or abs(value) > 1e-3)
TEXTS = st.text(st.one_of(st.sampled_from("武器 a\n\u2028\x85"), st.characters(exclude_categories=["Cs"])), max_size=20)


def asynchronous(suite: type) -> type:
    """Marks the coroutine tests of a LangChain suite for pytest-asyncio, which runs none unmarked."""
    for name, test in inspect.getmembers(suite, inspect.iscoroutinefunction):
        setattr(suite, name, pytest.mark.asyncio(test))
    return suite


@asynchronous
class TestFaissStoreIsALangChainVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return FaissStore(self.get_embeddings())


@st.composite
def stores(draw: st.DrawFn) -> tuple[FaissStore, np.ndarray]:
    count, dim = draw(SIZES), draw(SIZES)
    vectors = draw(arrays(np.float32, (count, dim), elements=COMPONENTS))
    store = FaissStore(FakeEmbedder(size=dim))
    texts = draw(st.lists(TEXTS, min_size=count, max_size=count))
    documents = [
        Document(page_content=text, id=f"{n}号", metadata={"n": n, "语": "中\u2028"}) for n, text in enumerate(texts)
    ]
    store.add_vectors(documents, vectors)
    return store, vectors


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


@given(stores(), st.data())
def test_faiss_equals_numpy(made: tuple[FaissStore, np.ndarray], data: st.DataObject) -> None:
    store, vectors = made
    query = data.draw(arrays(np.float32, vectors.shape[1], elements=COMPONENTS))
    expected = unit(vectors) @ unit(query[None])[0]
    np.testing.assert_allclose(store.scores(query), expected, atol=1e-5)
    np.testing.assert_allclose(store.vectors(), unit(vectors), atol=1e-6)
    found = store._nearest(list(query), 3, None)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert found[0][1] == pytest.approx(expected.max(), abs=1e-5)


@settings(max_examples=40)
@given(stores())
def test_save_load_search_is_identity(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[FaissStore, np.ndarray]
) -> None:
    store, vectors = made
    folder = tmp_path_factory.mktemp("store")
    store.save(folder)
    loaded = FaissStore.load(folder, store.embeddings)
    assert list(loaded.documents) == list(store.documents)
    np.testing.assert_array_equal(loaded.vectors(), store.vectors())
    np.testing.assert_array_equal(loaded.scores(vectors[0]), store.scores(vectors[0]))


@given(stores(), st.data())
def test_what_is_deleted_leaves_nothing(made: tuple[FaissStore, np.ndarray], data: st.DataObject) -> None:
    store, vectors = made
    ids = [str(document.id) for document in store.documents]
    gone = data.draw(st.sets(st.sampled_from([*ids, "unknown"])))
    kept = [place for place, each in enumerate(ids) if each not in gone]
    store.delete(sorted(gone))
    assert [document.id for document in store.documents] == [ids[place] for place in kept]
    assert store.get_by_ids(sorted(gone)) == []
    np.testing.assert_allclose(store.vectors(), unit(vectors)[kept], atol=1e-6)
    for place, each in enumerate(kept):
        assert store.get_by_ids([ids[each]])[0].id == store.documents[place].id
    store.delete()
    assert (len(store), store.similarity_search("武器")) == (0, [])


def test_of_two_documents_with_one_id_the_last_counts() -> None:
    store = FaissStore(FakeEmbedder())
    assert store.add_texts(["one", "two", "three"], ids=["a", "b", "a"]) == ["a", "b", "a"]
    store.add_texts(["four"], ids=["b"])
    assert {document.id: document.page_content for document in store.documents} == {"a": "three", "b": "four"}
    assert len(store) == len(store.vectors()) == 2


def test_a_text_is_nearest_to_itself_and_a_filter_keeps_the_order() -> None:
    store = FaissStore.from_texts(["枪支", "弹药", "ferry"], FakeEmbedder(), [{"n": n} for n in range(3)])
    (best, score), *others = store.similarity_search_with_score("弹药", 3)
    assert (best.page_content, round(score, 4)) == ("弹药", 1.0)
    kept = store.similarity_search("弹药", 2, filter=lambda document: document.metadata["n"] != 1)
    assert [document.page_content for document in kept] == [document.page_content for document, _ in others]
    assert all(0 <= score <= 1 for _, score in store.similarity_search_with_relevance_scores("弹药", 3))


def test_an_empty_store_is_kept_too(tmp_path: Path) -> None:
    FaissStore(FakeEmbedder()).save(tmp_path)
    loaded = FaissStore.load(tmp_path, FakeEmbedder())
    assert (len(loaded), loaded.similarity_search("a")) == (0, [])
    loaded.add_texts(["a"])
    assert [document.page_content for document in loaded.similarity_search("a")] == ["a"]


def test_documents_given_out_or_taken_in_are_copies() -> None:
    store = FaissStore(FakeEmbedder())
    given = Document(page_content="a", id="1", metadata={"tags": ["x"]})
    store.add_vectors([given], np.ones((1, 2), dtype=np.float32))
    given.metadata["tags"].append("y")
    store.get_by_ids(["1"])[0].metadata["tags"].append("z")
    assert store.get_by_ids(["1"])[0].metadata == {"tags": ["x"]}


@pytest.mark.parametrize("lines", [[], ["a", "b"]], ids=["fewer documents", "more documents"])
def test_vectors_and_documents_that_do_not_pair_are_refused(lines: list[str], tmp_path: Path) -> None:
    FaissStore.from_texts(["a"], FakeEmbedder()).save(tmp_path)
    held: list[dict[str, Any]] = [{"id": text, "text": text, "metadata": {}} for text in lines]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, held)))
    with pytest.raises(ValueError, match="1 vectors but"):
        FaissStore.load(tmp_path, FakeEmbedder())
    with pytest.raises(ValueError, match="2 documents but 1 vectors"):
        FaissStore(FakeEmbedder()).add_vectors([Document(page_content="a")] * 2, np.ones((1, 2), dtype=np.float32))
