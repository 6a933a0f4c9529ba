"""Fixtures that are dear to make and shared by several test modules, and by the workers where there are several."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from rag.index import Index
    from rag.lexicon import Lexicon
    from rag.models.embedder import Embedder
    from rag.reports import ReadReport

os.environ.setdefault("RAPPORTEUR_LLM", "none")  # what one machine has pulled decides no test
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
def model_cache() -> Path:
    """The cache folder the models of a first run were pulled into; `make test` pulls those that are missing."""
    from rag.settings import load_settings

    return load_settings({})[0].cache


@pytest.fixture(scope="session")
def e5(model_cache: Path) -> "Embedder":
    """The default embedder; ModelError says how to bring it where it is missing."""
    from rag.models.embedder import load
    from rag.settings import Settings

    return load(Settings().embedder, model_cache)


@pytest.fixture(scope="session")
def real_llm(model_cache: Path) -> Path:
    """The small language model that the tests of real models use, or the one RAPPORTEUR_TEST_GGUF names."""
    from rag.models.catalogue import installed
    from rag.settings import Settings

    if named := os.environ.get("RAPPORTEUR_TEST_GGUF"):
        return Path(named)
    return installed("Qwen2.5-Coder-0.5B-Instruct", Settings(cache=model_cache))[1]


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

    from rag.index.generations import locked
    from rag.models.embedder import fingerprint_of

    folder = shared / "quick"
    model = folder / "model"  # passes for a model's folder as long as nothing is embedded
    with locked(folder):
        model.mkdir(exist_ok=True)
        (model / "modules.json").write_text("[]")
    embedder = FakeEmbedder(name=str(model), fingerprint=fingerprint_of(str(model), folder))
    return built(seeds, folder / "index", embedder)


@pytest.fixture(scope="session")
def seed_index(
    seeds: "tuple[ReadReport, ...]", e5: "Embedder", shared: Path, request: pytest.FixtureRequest
) -> "Index":
    """An index of the seeds with the default embedder, for whatever tests nearness.

    Built once and kept from run to run beside pytest's own cache, as embedding takes minutes; each run has a copy.
    """
    from made_index import built

    from rag.index.generations import locked

    kept, folder = request.config.cache.mkdir("seeds"), shared / "seeds" / "index"  # type: ignore[union-attr]
    with locked(shared):
        built(seeds, kept, e5)
        if not folder.exists():
            shutil.copytree(kept, folder)
    return built(seeds, folder, e5)


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
