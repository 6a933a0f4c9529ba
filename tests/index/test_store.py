"""rag.index.store: views and their unit vectors in memory, saved and loaded, searched exactly."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rag.index.store import FaissStore
from rag.index.views import View

SIZES = st.integers(1, 12)
COMPONENTS = st.floats(-4, 4, width=32).filter(lambda value: value == 0 or abs(value) > 1e-3)
TEXTS = st.text(st.one_of(st.sampled_from("武器 a\n\u2028\x85"), st.characters(exclude_categories=["Cs"])), max_size=20)


def view(place: int, text: str) -> View:
    return View(f"A/1#{place}@zh:0", f"A/1#{place}", "zh", True, False, text)


@st.composite
def stores(draw: st.DrawFn) -> tuple[FaissStore, np.ndarray]:
    count, dim = draw(SIZES), draw(SIZES)
    vectors = draw(arrays(np.float32, (count, dim), elements=COMPONENTS))
    texts = draw(st.lists(TEXTS, min_size=count, max_size=count))
    return FaissStore.build([view(place, text) for place, text in enumerate(texts)], vectors), vectors


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


@given(stores(), st.data())
def test_faiss_equals_numpy(made: tuple[FaissStore, np.ndarray], data: st.DataObject) -> None:
    store, vectors = made
    query = data.draw(arrays(np.float32, vectors.shape[1], elements=COMPONENTS))
    np.testing.assert_allclose(store.scores(query), unit(vectors) @ unit(query[None])[0], atol=1e-5)
    for place, vector in enumerate(unit(vectors)):
        np.testing.assert_allclose(store.vector(place), vector, atol=1e-6)


@settings(max_examples=40)
@given(stores())
def test_save_load_search_is_identity(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[FaissStore, np.ndarray]
) -> None:
    store, vectors = made
    folder = tmp_path_factory.mktemp("store")
    store.save(folder)
    loaded = FaissStore.load(folder)
    assert loaded.views == store.views
    for place, vector in enumerate(vectors):
        np.testing.assert_array_equal(loaded.vector(place), store.vector(place))
        np.testing.assert_array_equal(loaded.scores(vector), store.scores(vector))


@pytest.mark.parametrize("count", [0, 2], ids=["fewer views", "more views"])
def test_vectors_and_views_that_do_not_pair_are_refused(count: int, tmp_path: Path) -> None:
    several = [view(place, "a") for place in range(count)]
    with pytest.raises(ValueError, match=f"1 vectors but {count} views"):
        FaissStore.build(several, np.ones((1, 2), dtype=np.float32))
    FaissStore.build([view(0, "a")], np.ones((1, 2), dtype=np.float32)).save(tmp_path)
    one = (tmp_path / "views.jsonl").read_text("utf-8")
    (tmp_path / "views.jsonl").write_text(one * count, "utf-8")
    with pytest.raises(ValueError, match=f"1 vectors but {count} views"):
        FaissStore.load(tmp_path)
