"""Sentences and their vectors: which say something by themselves, and which are most central among them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.answering.compose import Sentence
from rag.answering.quote import LEANS
from rag.answering.weighing import quotable, views_of
from rag.index.store import FaissStore
from rag.records import Language, Paragraph

Vectors = NDArray[np.float32]  # one a sentence, of length 1, shape (n, dim)
Scores = NDArray[Any]  # one a sentence

ADDS = re.compile(  # that a sentence goes on from the one before
    r"^.{0,60}\b(?:also|the same|as well)\b|^In (?:the|that) (?:same )?resolution\b|^.{0,9}[还亦]|^.{0,4}同一"
)
LEAST = 1e-6
SHORTEST = {"zh": 15, "en": 40}  # characters: what is shorter is a cell, a label or a lead-in
LONGEST = {"zh": 220, "en": 600}
LEADS = 0.5  # deviations that a paragraph's first sentence gains: it says what the rest is about
REPEATING = 1.0  # deviations that a sentence loses which says the same as one chosen


def telling(paragraphs: Iterable[Paragraph], language: Language, renderings: bool) -> list[Sentence]:
    """The sentences that say something by themselves, in order, of a row its longest cell; all where none does."""
    spoken: list[Sentence] = []
    for paragraph in paragraphs:
        said = [sentence for sentence in quotable(paragraph, language, renderings) if sentence.place >= 0]
        spoken += [max(said, key=lambda each: len(each.text))] if paragraph.is_row and said else said
    return [sentence for sentence in spoken if _stands_alone(sentence)] or spoken


def vectors_of(sentences: Sequence[Sentence], store: FaissStore) -> Vectors:
    """The vectors of sentences, by the views they are in."""
    row = {view.id: n for n, view in enumerate(store.views)}
    rows = (next(row[view] for view in views_of(sentence) if view in row) for sentence in sentences)
    return np.stack([store.vector(n) for n in rows])


def most_central(sentences: Sequence[Sentence], vectors: Vectors, n: int) -> list[Sentence]:
    """The n sentences nearest to what all of them say, not two of a paragraph or of a table's body, in order."""
    leads = np.array([sentence.place == 0 for sentence in sentences])
    return best(sentences, vectors, standardised(vectors @ vectors.mean(axis=0)) + LEADS * leads, n)


def best(sentences: Sequence[Sentence], vectors: Vectors, scores: Scores, n: int) -> list[Sentence]:
    """The n sentences with the best scores, none repeating another, not two of a paragraph or of a table's body."""
    apart = vectors - vectors.mean(axis=0)
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), LEAST)
    chosen: list[int] = []
    left = set(range(len(sentences)))
    while left and len(chosen) < n:
        like = (apart @ apart[chosen].T).max(axis=1) if chosen else np.zeros(len(sentences))
        place = max(left, key=lambda each: (scores[each] - REPEATING * like[each], -each))
        chosen.append(place)
        left = {each for each in left if not _is_told(sentences[each], sentences[place])}
    return [sentences[place] for place in sorted(chosen)]


def _is_told(sentence: Sentence, chosen: Sentence) -> bool:
    """Whether a sentence is of the paragraph, or its row of the body, that one chosen is of, or has its very words."""
    one, other = sentence.paragraph, chosen.paragraph
    same_body = one.is_row and other.is_row and one.body == other.body
    return one is other or same_body or sentence.text == chosen.text


def standardised(values: Scores) -> Scores:
    """How many standard deviations each value lies above their mean."""
    deviations: Scores = (values - values.mean()) / max(float(values.std()), LEAST)
    return deviations


def _stands_alone(sentence: Sentence) -> bool:
    text, language = sentence.text.strip(), sentence.language
    fits = SHORTEST[language] <= len(text) <= LONGEST[language]
    return (
        fits
        and text[-1] not in ":："
        and not text.startswith(("(", "（"))
        and not LEANS.match(text)
        and not ADDS.match(text)
    )
