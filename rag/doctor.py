"""What is in use, where each setting came from, and what would mend what is wrong."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from rag.errors import RagError
from rag.models.catalogue import resolved
from rag.settings import Settings

PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "bm25s", "langchain-core", "gradio", "llama-cpp-python")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report, and whether what it tells of is fine."""

    text: str
    fine: bool = True


def examine(settings: Settings, sources: Mapping[str, str]) -> Iterator[Line]:
    """The lines of the report, in order; nothing is sent anywhere, and a model is loaded only where a GPU is used."""
    yield Line(f"Python {sys.version.split()[0]}; " + "; ".join(f"{name} {_version(name)}" for name in PACKAGES))
    yield Line("Network: none is used; nothing leaves this machine.")
    for each in fields(Settings):
        yield Line(f"  {each.name} = {getattr(settings, each.name)}  ({sources[each.name]})")
    yield from _index(settings)
    yield from _answers(settings)


def _index(settings: Settings) -> Iterator[Line]:
    from rag.index import open_index
    from rag.index.generations import verify
    from rag.models import embedder as embedding

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


def _answers(settings: Settings) -> Iterator[Line]:
    """What writes, or how to get it, and how much of it is on a GPU."""
    chosen = resolved(settings)
    local = chosen.llm != "none" and not chosen.llm.startswith("http")
    if local and find_spec("llama_cpp") is None:
        yield Line(f"Answers: {chosen.llm} needs llama-cpp-python; it is not installed. Run: make llm", fine=False)
        return
    if chosen.llm == "none":
        more = " Get one with: make llm, then: rapporteur models pull auto" if settings.llm == "auto" else ""
        yield Line(f"Answers: quoted sentences; no language model is in use.{more}")
    else:
        yield Line(f"Answers: quoted, and written by {chosen.llm}, checked against the paragraphs.")
    if local:
        yield from _gpu(chosen)


def _gpu(settings: Settings) -> Iterator[Line]:
    from rag.models.chat import chat_model
    from rag.models.engine import uses_gpu
    from rag.models.local import LlamaChat

    if not uses_gpu():
        yield Line("GPU: none is used; this llama.cpp was built for the processor alone. README says how to build it.")
        return
    try:
        model = chat_model(settings)
        if isinstance(model, LlamaChat):
            on_gpu, layers = model.engine.offloaded
            yield Line(f"GPU: {on_gpu} of the model's {layers} layers are on it.")
    except RagError as error:
        yield Line(f"GPU: {error}", fine=False)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
