"""rag.index.terms: BM25 over the index terms of some of the paragraphs."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index.terms import K1, B, TermLeg

WORDS = st.sampled_from(["枪", "武器", "弹药", "gun", "A/RES/65/69", "联合国"])
LEGS = st.dictionaries(st.integers(0, 40), st.lists(WORDS, max_size=8), min_size=1, max_size=8)


def bm25(terms: dict[int, list[str]], question: list[str]) -> list[float]:
    """Lucene's BM25, written out."""
    mean = sum(map(len, terms.values())) / len(terms)
    scores = []
    for words in terms.values():
        score = 0.0
        for term in question:
            holding = sum(term in each for each in terms.values())
            count = words.count(term)
            idf = log(1 + (len(terms) - holding + 0.5) / (holding + 0.5))
            score += idf * count / (count + K1 * (1 - B + B * len(words) / mean)) if count else 0.0
        scores.append(score)
    return scores


@settings(max_examples=60)
@given(LEGS, st.lists(WORDS, max_size=5))
def test_scores_are_lucenes_bm25(terms: dict[int, list[str]], question: list[str]) -> None:
    leg = TermLeg.build(terms)
    np.testing.assert_allclose(leg.scores(question), bm25(terms, question), rtol=1e-4, atol=1e-6)
    assert leg.places.tolist() == list(terms)


@settings(max_examples=25)
@given(LEGS, st.lists(WORDS, max_size=5))
def test_save_load_score_is_identity(
    tmp_path_factory: pytest.TempPathFactory, terms: dict[int, list[str]], question: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("leg")
    leg = TermLeg.build(terms)
    leg.save(folder)
    loaded = TermLeg.load(folder)
    np.testing.assert_array_equal(loaded.scores(question), leg.scores(question))
    assert loaded.places.tolist() == leg.places.tolist()
    assert [loaded.frequency(word) for word in question] == [leg.frequency(word) for word in question]


@given(LEGS, WORDS)
def test_frequency_counts_paragraphs_and_a_rarer_term_weighs_more(terms: dict[int, list[str]], word: str) -> None:
    leg = TermLeg.build(terms)
    assert leg.frequency(word) == sum(word in each for each in terms.values())
    assert 0 < leg.rarity(word) <= leg.rarity("nowhere")


def test_terms_that_stand_nowhere_score_nothing() -> None:
    leg = TermLeg.build({3: ["枪"], 7: ["gun", "gun"]})
    assert leg.scores(["ferry"]).tolist() == leg.scores([]).tolist() == [0.0, 0.0]


def test_an_empty_term_stands_nowhere() -> None:
    assert TermLeg.build({0: ["gun"], 1: ["枪", "gun"]}).frequency("") == 0


def test_a_leg_without_any_term_is_still_a_leg(tmp_path: Path) -> None:
    leg = TermLeg.build({0: [], 1: []})
    leg.save(tmp_path)
    assert TermLeg.load(tmp_path).scores(["枪"]).tolist() == [0.0, 0.0]
