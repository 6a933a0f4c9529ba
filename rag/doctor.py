"""What is in use, where each setting came from, and what would mend what is wrong."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from rag.errors import RagError
from rag.settings import Settings

PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "bm25s", "langchain-core", "gradio", "llama-cpp-python")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report, and whether what it tells of is fine."""

    text: str
    fine: bool = True


def examine(settings: Settings, sources: Mapping[str, str]) -> Iterator[Line]:
    """The lines of the report, in order; no model is loaded and nothing is sent anywhere."""
    yield Line(f"Python {sys.version.split()[0]}; " + "; ".join(f"{name} {_version(name)}" for name in PACKAGES))
    yield Line("Network: none is used; nothing leaves this machine.")
    for each in fields(Settings):
        yield Line(f"  {each.name} = {getattr(settings, each.name)}  ({sources[each.name]})")
    yield from _index(settings)
    yield _answers(settings)


def _index(settings: Settings) -> Iterator[Line]:
    from rag import embedding
    from rag.index import open_index
    from rag.index.generations import verify

    try:
        index = open_index(settings.index)
        verify(index.folder, index.manifest)
        held = f"{len(index.reports)} reports, {len(index.paragraphs)} paragraphs"
        yield Line(f"Index: {index.name}, {held}, checksums right.")
        fingerprint = embedding.fingerprint_of(settings.embedder, settings.cache)
        built_with = index.manifest["embedder"]
    except RagError as error:
        yield Line(f"Index: {error}", fine=False)
        return
    same = fingerprint == built_with["fingerprint"]
    mend = "" if same else f" but the index was built with {built_with['name']}. Run: rapporteur build"
    yield Line(f"Embedder: {settings.embedder} ({fingerprint[:12]}){mend}", same)


def _answers(settings: Settings) -> Line:
    if settings.llm == "none":
        return Line("Answers: quoted sentences; no language model is in use.")
    if not settings.llm.startswith("http") and find_spec("llama_cpp") is None:
        return Line(f"Answers: {settings.llm} needs llama-cpp-python; it is not installed. Run: make llm", fine=False)
    return Line(f"Answers: written by {settings.llm}, checked against the paragraphs.")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
