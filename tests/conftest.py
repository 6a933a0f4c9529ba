"""Fixtures that are dear to make and shared by several test modules."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rag.embedding import Embedder


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Embedder]":
    """The built-in embedder, assembled in an empty cache."""
    from rag.embedding import BUILT_IN, load

    cache = tmp_path_factory.mktemp("models")
    yield load(BUILT_IN, cache)
    shutil.rmtree(cache)  # 170 MB; pytest keeps the folders of three runs
