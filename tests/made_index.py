"""Indexes for tests, with an embedder that needs no model."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import DeterministicFakeEmbedding

from rag.index import Index, build_index, open_index
from rag.lexicon import Lexicon
from rag.records import Language, Paragraph, Report
from rag.reports import ReadReport
from rag.text import fold


class FakeEmbedder(DeterministicFakeEmbedding):
    """A vector drawn from a text's checksum: a text in normal form is nearest to itself, and nothing else is meant."""

    size: int = 16
    name: str = "fake"
    fingerprint: str = "0" * 64
    dim: int = 16

    def embed_query(self, text: str) -> list[float]:
        return super().embed_query(fold(text))

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return super().embed_documents([fold(text) for text in texts])

    def vectors(self, texts: Sequence[str], progress: Any = None) -> np.ndarray:
        return np.array(self.embed_documents(list(texts)), dtype=np.float32)


def built(read: Iterable[ReadReport], folder: Path, embedder: Any, lexicon: Lexicon | None = None) -> Index:
    """The index of reports as read, in a folder."""
    return indexed([(each.report, each.paragraphs) for each in read], folder, embedder, lexicon)


def indexed(
    reports: Sequence[tuple[Report, Sequence[Paragraph]]], folder: Path, embedder: Any, lexicon: Lexicon | None = None
) -> Index:
    """The index of reports and their paragraphs, in a folder."""
    silent = lambda what, done, of: None  # noqa: E731
    build_index(reports, folder, lambda: embedder, embedder.fingerprint, lexicon or Lexicon.load(), silent)
    return open_index(folder)


FERRIES = Report(
    id="A/99/123",
    file="ferries.txt",
    language="en",
    text="1. Ferries sank.\n2. Crews were trained.",
    sha256="0" * 64,
    symbol="A/99/123",
    years=(2033,),
    titles={"en": "Safety of river ferries"},
)
CREWS = Report(id="crews", file="crews.txt", language="zh", text="", sha256="1" * 64, years=(2035,))


def printed(text: str, language: Language, number: int = 1, report: Report = FERRIES, **more: Any) -> Paragraph:
    """A numbered paragraph of a report."""
    return Paragraph(report.id, "main", str(number), number - 1, text, language, str(number), **more)


def ferry_paragraphs() -> list[tuple[Report, list[Paragraph]]]:
    """Two small reports that do not exist: an English one with numbers, a Chinese one without."""
    english = ["Ferries sank in 2033; 318 people died.", "Crews were trained in three ports.", "Lamps were bought."]
    chinese = ["渡船沉没，318人丧生。", "船员接受了夜航培训。"]
    return [
        (FERRIES, [Paragraph("A/99/123", "main", str(n), n - 1, t, "en", str(n)) for n, t in enumerate(english, 1)]),
        (CREWS, [Paragraph("crews", "main", f"p{n}", n - 1, t, "zh") for n, t in enumerate(chinese, 1)]),
    ]
