"""How well each way of searching finds the paragraphs of a task: vectors, plain BM25, our terms, and all of it fused.

The index and the fusion are those that answer questions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.embedding import FloatMatrix
from rag.index import Index, TermLeg, build_index, open_index
from rag.lexicon import Lexicon
from rag.records import Paragraph, Report
from rag.retrieval import Filters, Retriever, Scores, fuse
from rag.text import Segmenter
from rag.training.chance import chance_of, interval

Encode = Callable[[Sequence[str]], FloatMatrix]  # texts → unit vectors

DENSE, PLAIN, TERMS, FUSED = "dense", "BM25 with jieba", "our terms", "fused"
NEAREST = 5  # the k of the second recall


@dataclass(frozen=True, slots=True)
class Search:
    """The rank of the best gold paragraph for each question, counted from 0, by one way of searching."""

    name: str
    ranks: NDArray[np.int64]


class Encoder(Embeddings):
    """Vectors by a function, as the index and the retriever want them."""

    def __init__(self, encode: Encode, name: str, fingerprint: str, dim: int) -> None:
        """`encode` gives rows of `dim` numbers and length 1."""
        self._encode, self.name, self.fingerprint, self.dim = encode, name, fingerprint, dim

    def vectors(self, texts: Sequence[str], progress: Any = None) -> FloatMatrix:
        """The texts as paragraphs to be found."""
        return self._encode(texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same as lists."""
        rows: list[list[float]] = self._encode(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The text as a question."""
        row: list[float] = self._encode([text])[0].tolist()
        return row


def as_report(texts: Sequence[str]) -> tuple[Report, list[Paragraph]]:
    """Chinese texts as the paragraphs of a report nobody names."""
    checksum = sha256("\n".join(texts).encode()).hexdigest()
    report = Report(id="texts", file="texts.txt", language="zh", text="", sha256=checksum)
    return report, [Paragraph("texts", "main", f"p{n}", n - 1, text, "zh") for n, text in enumerate(texts, 1)]


def indexed(reports: Sequence[tuple[Report, Sequence[Paragraph]]], folder: Path, encoder: Encoder) -> Retriever:
    """A retriever over paragraphs, indexed in a folder as reports are."""
    lexicon = Lexicon.load()
    build_index(reports, folder, lambda: encoder, encoder.fingerprint, lexicon, lambda what, done, of: None)
    return Retriever(open_index(folder), lambda: encoder, lexicon)


def searches(
    retriever: Retriever, questions: Sequence[str], gold: Sequence[frozenset[int]], filters: Filters = Filters()
) -> list[Search]:
    """Every way of searching, over the same questions; a paragraph a text names is not looked up."""
    ranks: dict[str, list[int]] = {}
    for question, places in zip(questions, gold, strict=True):
        found = retriever.find(question, 1, filters)
        if found.fused is None or found.only_named:
            raise ValueError(f"{question!r} asks for nothing but a look-up")
        kinds = {DENSE: "dense", TERMS: "terms"}
        ways = {name: _only(found.legs, kind, retriever.weights) for name, kind in kinds.items()}
        ways[FUSED] = found.fused
        for name, scores in ways.items():
            ranks.setdefault(name, []).append(rank(scores, places))
    return [Search(name, np.array(of_way)) for name, of_way in ranks.items()]


def plain_search(index: Index, questions: Sequence[str], gold: Sequence[frozenset[int]]) -> Search:
    """BM25 as anyone would set it up: jieba's words, nothing left out, Lucene's formula with k1 1.5 and b 0.75."""
    words = Segmenter([]).cut
    leg = TermLeg.build({place: words(p.text) for place, p in enumerate(index.paragraphs)}, k1=1.5, b=0.75)
    ranks = [rank(leg.scores(words(question)), places) for question, places in zip(questions, gold, strict=True)]
    return Search(PLAIN, np.array(ranks))


def rank(scores: NDArray[np.floating], places: frozenset[int]) -> int:
    """How many paragraphs stand before the best of some; of equal scores the earlier paragraph stands first.

    >>> rank(np.array([0.1, 0.5, 0.5]), frozenset({2}))
    1
    """
    order = np.argsort(-scores, kind="stable")
    return int(np.isin(order, list(places)).argmax())


def lines(found: Sequence[Search], gold: Sequence[frozenset[int]], against: str = "") -> list[str]:
    """A line for each search: recall at 1 with its 95 % interval, at NEAREST, and how it differs from one of them."""
    named = {search.name: search for search in found}
    return [_line(search, gold, named.get(against)) for search in found]


def _line(search: Search, gold: Sequence[frozenset[int]], other: Search | None) -> str:
    first = search.ranks < 1
    low, high = interval(first, gold)
    near = np.mean(search.ranks < NEAREST)
    said = f"  {search.name}: R@1 {first.mean():.1%} [{low:.1%}, {high:.1%}]  R@{NEAREST} {near:.1%}"
    if other is None or other is search:
        return said
    p = chance_of(other.ranks < 1, first, gold)
    return f"{said}  ({first.mean() - np.mean(other.ranks < 1):+.1%} beside {other.name}, p = {p:.4f})"


def _only(legs: Mapping[str, Scores], kind: str, weights: Mapping[str, float]) -> Scores:
    """The legs of one kind, fused among themselves."""
    return fuse({name: scores for name, scores in legs.items() if name.startswith(kind)}, weights)
