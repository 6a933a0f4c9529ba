"""Fixtures that are dear to make and shared by several test modules, and by the workers where there are several."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from rag.embedding import Embedder
    from rag.index import Index
    from rag.lexicon import Lexicon
    from rag.reports import ReadReport

settings.register_profile("shared", deadline=None)  # a busy machine is no failure
settings.load_profile("shared")
SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share; what is in it is made by whoever comes first."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def model_cache(shared: Path) -> Path:
    """The cache folder of the built-in embedder; empty until `minilm` is asked for."""
    return shared / "models"


@pytest.fixture(scope="session")
def minilm(model_cache: Path, shared: Path) -> "Embedder":
    """The built-in embedder, assembled in an empty cache."""
    from rag.embedding import BUILT_IN, built_in, load
    from rag.index.generations import locked

    with locked(shared):
        built_in(model_cache)
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
def quick_index(seeds: "tuple[ReadReport, ...]", shared: Path) -> "Index":
    """An index of the seeds whose vectors say nothing: built in seconds, for whatever does not test nearness."""
    from made_index import FakeEmbedder, built

    from rag.embedding import fingerprint_of
    from rag.index.generations import locked

    folder = shared / "quick"
    model = folder / "model"  # passes for a model's folder as long as nothing is embedded
    with locked(folder):
        model.mkdir(exist_ok=True)
        (model / "modules.json").write_text("[]")
    embedder = FakeEmbedder(name=str(model), fingerprint=fingerprint_of(str(model), folder))
    return built(seeds, folder / "index", embedder)


@pytest.fixture(scope="session")
def seed_index(seeds: "tuple[ReadReport, ...]", minilm: "Embedder", shared: Path) -> "Index":
    """An index of the seeds with the built-in embedder: most of a minute, for whatever tests nearness."""
    from made_index import built

    return built(seeds, shared / "seeds" / "index", minilm)


@pytest.fixture(scope="session")
def lexicon() -> "Lexicon":
    """The dictionary and the glossary: seconds to read."""
    from rag.lexicon import Lexicon

    return Lexicon.load()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests first: they take longest, and workers that share the tests end together."""
    items.sort(key=lambda item: "browser" not in item.path.parts)


class OneBrowser(LoadScopeScheduling):
    """A file's tests go to one worker, all browser tests to the same: one page and one browser serve them."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "browser" if "/browser/" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    """How two workers share the tests."""
    return OneBrowser(config, log)
