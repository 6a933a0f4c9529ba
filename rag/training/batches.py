"""Which texts are learnt from together at each step: a pure function of the seed.

Pairs are sampled by source, so that the largest does not drown the rest, in blocks; a block is sorted by length and
cut into batches, as equal lengths waste no padding. All order follows from the seed and the block's number, so that
training can resume at any step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.training.pairs import Pair, Triple

Item = TypeVar("Item")

PAIRS = 256  # in a batch: the trial's choice
QUESTIONS_PER_PAIR = 1 / 4  # in a batch: with their paragraphs so many cost about as much as the pairs do
PAIR_BATCHES, QUESTION_BATCHES = 16, 8  # in a block: one batch in three is of questions
PASSAGES = (80, 160, 320)  # characters of a paragraph around the answer: a sentence, a few, most of a paragraph
ALIKE = 32  # questions of a batch whose paragraphs are near each other: negatives that are hard to tell apart

# What part of the pairs each source gives. Prose teaches words in use, terms the rest of the vocabulary. With half of
# the pairs from statutes a trial lost recall on UN reports. Small sources of the nearest kinds are seen several times.
SHARES: Mapping[str, float] = {
    "taiwan_laws": 0.30,
    "python_docs": 0.10,
    "tatoeba_cmn": 0.10,
    "tico19_covid": 0.06,
    "gnome_user_docs": 0.03,
    "mozilla_legal": 0.02,
    "open_sdg": 0.02,
    "un_charter": 0.015,
    "udhr": 0.005,
    "cedict": 0.16,
    "chinese_wordnet": 0.08,
    "naer_science_terms": 0.03,
    "iso_codes": 0.03,
    "glossary": 0.05,
}


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Chinese texts and their English, position by position."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class QuestionBatch:
    """Questions and passages, position by position; `homes` says which paragraph a passage is from."""

    questions: tuple[str, ...]
    passages: tuple[str, ...]
    homes: tuple[str, ...]


Batch = PairBatch | QuestionBatch


class Sampler:
    """The batches of every step for one corpus and seed."""

    def __init__(
        self, pairs: Mapping[str, Sequence[Pair]], triples: Sequence[Triple], seed: int, batch: int = PAIRS
    ) -> None:
        """`batch` is how many pairs are learnt from at once; `triples` may be empty."""
        self._sources = [list(source) for source in pairs.values()]
        self._pairs, self._questions = batch, max(2, round(batch * QUESTIONS_PER_PAIR))
        self._counts = _apportion(shares({name: len(source) for name, source in pairs.items()}), PAIR_BATCHES * batch)
        self._triples = list(triples)
        paragraphs, self._homes = np.unique([triple.paragraph for triple in triples], return_inverse=True)
        self._near = _nearness(paragraphs.tolist()) if triples else np.zeros((0, 0), dtype=np.float32)
        self._seed = seed
        self._turn, self._order = -1, list[int]()  # the round last drawn from, and its order
        self.block_length = PAIR_BATCHES + (QUESTION_BATCHES if triples else 0)

    def steps(self, pairs: int) -> int:
        """How many steps it takes to see so many pairs, in whole blocks."""
        return max(1, round(pairs / (PAIR_BATCHES * self._pairs))) * self.block_length

    def first_pairs(self, count: int) -> list[Pair]:
        """The different ones among the first `count` pairs, in whole blocks."""
        blocks = range(max(1, round(count / (PAIR_BATCHES * self._pairs))))
        return list(dict.fromkeys(pair for block in blocks for pair in self._drawn(block)))

    def batches(self, first_step: int) -> Iterator[Batch]:
        """The batches from a step (0-based) on, without end."""
        block, skipped = divmod(first_step, self.block_length)
        while True:
            yield from self._block(block)[skipped:]
            block, skipped = block + 1, 0

    def _block(self, block: int) -> list[Batch]:
        rng = np.random.default_rng([self._seed, block])
        pairs = self._drawn(block)
        noise = rng.uniform(0.9, 1.1, len(pairs))
        pairs = [pairs[i] for i in np.argsort([noise[i] * len(pair.en) for i, pair in enumerate(pairs)], kind="stable")]
        made: list[Batch] = [PairBatch(tuple(pairs[i : i + self._pairs])) for i in range(0, len(pairs), self._pairs)]
        if self._triples:
            count, size = QUESTION_BATCHES * self._questions, self._questions
            triples = self._asked(block * count, count)
            made += [question_batch(triples[i : i + size], rng) for i in range(0, count, size)]
        return [made[i] for i in rng.permutation(len(made))]

    def _asked(self, start: int, count: int) -> list[Triple]:
        """`count` triples from the `start`-th on of endless rounds through all, those of like paragraphs together."""
        found: list[Triple] = []
        while len(found) < count:
            turn, place = divmod(start + len(found), len(self._triples))
            if turn != self._turn:
                rng = np.random.default_rng([self._seed, len(self._sources), turn])
                self._turn, self._order = turn, _neighbours(self._homes, self._near, rng)
            found += [self._triples[i] for i in self._order[place : place + count - len(found)]]
        return found

    def _drawn(self, block: int) -> list[Pair]:
        counts = enumerate(zip(self._sources, self._counts, strict=True))
        drawn = [_cycled(source, block * n, n, [self._seed, place]) for place, (source, n) in counts]
        return [pair for source in drawn for pair in source]


def shares(sizes: Mapping[str, int]) -> list[float]:
    """What part of the pairs each source gives, summing to 1, in the order of `sizes`."""
    root = {name: size**0.5 for name, size in sizes.items()}
    known = sum(root[name] for name in sizes if name in SHARES)
    # An unknown source weighs against the known ones as the square root of its size does.
    scale = sum(SHARES[name] for name in sizes if name in SHARES) / known if known else 1.0
    weights = [SHARES.get(name, scale * root[name]) if sizes[name] else 0.0 for name in sizes]
    return [weight / sum(weights) for weight in weights]


def question_batch(triples: Sequence[Triple], rng: np.random.Generator) -> QuestionBatch:
    """The triples with their paragraphs cut to one of PASSAGES, so that a passage holds the answer somewhere."""
    length = int(rng.choice(PASSAGES))
    passages = [passage(triple, float(rng.random()), length) for triple in triples]
    return QuestionBatch(
        tuple(triple.question for triple in triples), tuple(passages), tuple(triple.paragraph for triple in triples)
    )


def passage(triple: Triple, place: float, length: int) -> str:
    """At most `length` characters of the paragraph with the answer in them; `place` in [0, 1) says how far along."""
    text = triple.paragraph
    start = max(0, text.find(triple.answer))
    earliest = max(0, start + len(triple.answer) - length)
    latest = max(earliest, min(start, len(text) - length))
    cut = earliest + round(place * (latest - earliest))
    return text[cut : cut + length]


def same(*keys: Sequence[str]) -> NDArray[np.bool_]:
    """Where two positions of a batch share any key: (n, n), true on the diagonal. Such are no negatives."""
    alike = np.eye(len(keys[0]), dtype=bool)
    for key in keys:
        _, numbers = np.unique(np.array(key, dtype=object).astype(str), return_inverse=True)
        alike |= numbers[:, None] == numbers[None, :]
    return alike


def _nearness(paragraphs: Sequence[str]) -> NDArray[np.float32]:
    """How much two of the paragraphs share of their rarer character pairs: cosines (n, n).

    By characters, not by the student's vectors, so that the order is the same however far the training is.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True, dtype=np.float32)
    weights = vectors.fit_transform(paragraphs)
    near: NDArray[np.float32] = (weights @ weights.T).toarray()
    return near


def _neighbours(homes: NDArray[np.intp], near: NDArray[np.float32], rng: np.random.Generator) -> list[int]:
    """All questions, in groups of ALIKE: one drawn by chance and of the rest those whose paragraphs are nearest to its.

    Questions of one paragraph are no negatives of each other, so a group takes one of each.
    """
    left = rng.permutation(len(homes))
    order: list[int] = []
    while len(left):
        _, first = np.unique(homes[left], return_index=True)
        nearness = near[homes[left[0]], homes[left[first]]]
        group = first[np.argsort(-nearness, kind="stable")[:ALIKE]]
        order += left[group].tolist()
        left = np.delete(left, group)
    return order


def _apportion(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers in the proportion of `parts` that sum to `total`."""
    ends = np.round(np.cumsum(parts) * total).astype(int)
    return [int(count) for count in np.diff([0, *ends])]


def _cycled(items: Sequence[Item], start: int, count: int, seed: Sequence[int]) -> list[Item]:
    """`count` items from the `start`-th on of endless rounds through all of them, each round in an order of its own."""
    found: list[Item] = []
    while len(found) < count:
        turn, place = divmod(start + len(found), len(items))
        order = np.random.default_rng([*seed, turn]).permutation(len(items))
        found += [items[i] for i in order[place : place + count - len(found)]]
    return found
