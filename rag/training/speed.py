"""How quick the built-in embedder is, beside all-MiniLM-L6-v2 on the same texts, and how true it stays to it."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from rag.embedding import Embedder, base_folder, built_in

ROUNDS = 5  # both models by turns, so that what else the machine does falls on both
SHORT = 256  # tokens all-MiniLM-L6-v2 reads as published; longer texts it cuts


def base_model() -> Embedder:
    """all-MiniLM-L6-v2 as its package has it."""
    from sentence_transformers import SentenceTransformer

    return Embedder(SentenceTransformer(str(base_folder()), local_files_only=True), "all-MiniLM-L6-v2", "")


def throughput(embedder: Embedder, base: Embedder, texts: Sequence[str]) -> float:
    """How many times as many texts a second it encodes as the base: the median of ROUNDS."""
    embedder.vectors(texts[:8]), base.vectors(texts[:8])
    return median(
        _seconds(lambda: base.vectors(texts)) / _seconds(lambda: embedder.vectors(texts)) for _ in range(ROUNDS)
    )


def question_time(embedder: Embedder, questions: Sequence[str]) -> float:
    """The median milliseconds a question takes."""
    embedder.embed_query(questions[0])
    return 1000 * median(_seconds(partial(embedder.embed_query, question)) for question in questions)


def assembly_time() -> float:
    """The seconds it takes to put the built-in model together in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(lambda: built_in(Path(folder)))


def likeness(embedder: Embedder, base: Embedder, texts: Sequence[str]) -> float:
    """The lowest cosine between what both make of a text, over those that the base reads whole."""
    short = [text for text in texts if len(base.model.tokenizer.tokenize(text)) + 2 <= SHORT]
    return float(np.min(np.sum(embedder.vectors(short) * base.vectors(short), axis=1)))


def _seconds(run: Callable[[], object]) -> float:
    started = perf_counter()
    run()
    return perf_counter() - started
