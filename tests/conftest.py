"""Fixtures that are dear to make and shared by several test modules."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

if TYPE_CHECKING:
    from rag.embedding import Embedder
    from rag.index import Index
    from rag.lexicon import Lexicon
    from rag.reports import ReadReport

settings.register_profile("shared", deadline=None)  # a busy machine is no failure
settings.load_profile("shared")
SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache folder of the built-in embedder; empty until `minilm` is asked for."""
    cache = tmp_path_factory.mktemp("models")
    yield cache
    shutil.rmtree(cache)  # 170 MB; pytest keeps the folders of three runs


@pytest.fixture(scope="session")
def minilm(model_cache: Path) -> "Embedder":
    """The built-in embedder, assembled in an empty cache."""
    from rag.embedding import BUILT_IN, load

    return load(BUILT_IN, model_cache)


@pytest.hookimpl(tryfirst=True)  # before the fixtures of the first test are made
def pytest_runtest_setup() -> None:
    """Nothing but this machine can be reached; pytest-socket lifts it after each test."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def seeds() -> "tuple[ReadReport, ...]":
    """The five reports as read, with their renderings."""
    from rag.reports import read_folder

    return tuple(read_folder(SEEDS))


@pytest.fixture(scope="session")
def quick_index(seeds: "tuple[ReadReport, ...]", tmp_path_factory: pytest.TempPathFactory) -> "Index":
    """An index of the seeds whose vectors say nothing: built in seconds, for whatever does not test nearness."""
    from made_index import FakeEmbedder, built

    from rag.embedding import fingerprint_of

    folder = tmp_path_factory.mktemp("quick")
    model = folder / "model"  # passes for a model's folder as long as nothing is embedded
    model.mkdir()
    (model / "modules.json").write_text("[]")
    embedder = FakeEmbedder(name=str(model), fingerprint=fingerprint_of(str(model), folder))
    return built(seeds, folder / "index", embedder)


@pytest.fixture(scope="session")
def seed_index(
    seeds: "tuple[ReadReport, ...]", minilm: "Embedder", tmp_path_factory: pytest.TempPathFactory
) -> "Index":
    """An index of the seeds with the built-in embedder: most of a minute, for whatever tests nearness."""
    from made_index import built

    return built(seeds, tmp_path_factory.mktemp("seeds") / "index", minilm)


@pytest.fixture(scope="session")
def lexicon() -> "Lexicon":
    """The dictionary and the glossary: seconds to read."""
    from rag.lexicon import Lexicon

    return Lexicon.load()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running in this process, which async tests cannot share."""
    items.sort(key=lambda item: "browser" in item.path.parts)
