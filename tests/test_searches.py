"""rag.training.searches, chance and calibrate: what each way of searching finds, and weights chosen by it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_index import FakeEmbedder, ferry_paragraphs, indexed

from rag.errors import IndexProblem
from rag.index import CALIBRATED
from rag.lexicon import Lexicon
from rag.retrieval import WEIGHTS, Retriever
from rag.training import calibrate
from rag.training.calibrate import GRID, Asked, best_weights
from rag.training.chance import chance_of, interval
from rag.training.searches import DENSE, FUSED, PLAIN, TERMS, Encoder, as_report, lines, plain_search, rank, searches

TEXTS = ["渡船在夜里沉没。船员获救。", "码头修好了。", "灯塔的灯坏了。", "引航员学会了夜航。"]
QUESTIONS, GOLD = ["渡船何时沉没？", "灯塔怎么了？"], [frozenset({0}), frozenset({2})]


def letters(texts: Sequence[str]) -> np.ndarray:
    """A toy encoder: how often each of a few characters is in a text, as unit vectors."""
    counts = np.array([[text.count(letter) + 1e-3 for letter in "渡船码灯引夜"] for text in texts], dtype=np.float32)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture
def toy(tmp_path: Path, lexicon: Lexicon) -> Retriever:
    encoder = Encoder(letters, "letters", "f" * 64, 6)
    index = indexed([as_report(TEXTS)], tmp_path / "index", encoder, lexicon)
    return Retriever(index, lambda: encoder, lexicon)


def test_every_way_of_searching_is_told_with_interval_and_test(toy: Retriever) -> None:
    found = [*searches(toy, QUESTIONS, GOLD), plain_search(toy.index, QUESTIONS, GOLD)]
    assert [search.name for search in found] == [DENSE, TERMS, FUSED, PLAIN]
    assert all(search.ranks.tolist() == [0, 0] for search in found)
    told = lines(found, GOLD, against=PLAIN)
    assert told[2].strip() == f"fused: R@1 100.0% [100.0%, 100.0%]  R@5 100.0%  (+0.0% beside {PLAIN}, p = 1.0000)"
    assert "beside" not in told[3]


@given(st.lists(st.floats(0, 1, width=16), min_size=1, max_size=8), st.data())
def test_a_rank_is_how_many_stand_before(scores: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(scores) - 1))
    before = sum(score > scores[place] or (score == scores[place] and i < place) for i, score in enumerate(scores))
    assert rank(np.array(scores), frozenset({place})) == before
    assert rank(np.array(scores), frozenset(range(len(scores)))) == 0


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 5))
def test_an_interval_holds_the_share_and_what_does_not_differ_is_chance(yes: list[bool], size: int) -> None:
    answered, clusters = np.array(yes), [i // size for i in range(len(yes))]
    low, high = interval(answered, clusters)
    assert 0 <= low <= answered.mean() + 1e-9
    assert answered.mean() - 1e-9 <= high <= 1
    assert chance_of(answered, answered, clusters) == 1.0
    assert chance_of(answered, ~answered, clusters) == chance_of(~answered, answered, clusters)


def test_questions_of_one_paragraph_count_as_one() -> None:
    worse, better = np.zeros(40, dtype=bool), np.ones(40, dtype=bool)
    assert chance_of(worse, better, range(40)) < 0.001
    assert chance_of(worse, better, [0] * 40) == 1.0


def asked(dense: Sequence[float], terms: Sequence[float]) -> Asked:
    legs = {"dense same": np.array(dense), "terms own": np.array(terms)}
    return Asked("zh", True, frozenset({0}), np.zeros(len(dense)), legs, ())


def test_weights_are_chosen_by_what_they_find_and_the_shipped_ones_where_nothing_is_gained() -> None:
    agree = [asked([0.9, 0.1, 0.2], [3.0, 0.0, 1.0])]
    assert best_weights(agree)[0][1] == WEIGHTS
    only_terms_know = [asked([0.50, 0.52, *[0.1] * 9], [3.0, 1.8, *[0.0] * 9])] * 3
    only_vectors_know = [asked([0.9, 0.5, *[0.1] * 9], [1.0, 3.0, *[0.0] * 9])] * 3
    chosen = [best_weights(of)[0][1]["dense same"] for of in (only_terms_know, only_vectors_know)]
    assert chosen[0] <= chosen[1]
    assert set(chosen) <= set(GRID["dense same"])


def test_kept_weights_are_used_for_the_embedder_they_were_chosen_for(toy: Retriever, lexicon: Lexicon) -> None:
    plain = toy.find(QUESTIONS[0], 4)
    path = toy.index.keep_weights({**WEIGHTS, "dense same": 9.0})
    again = Retriever(toy.index, lambda: Encoder(letters, "letters", "f" * 64, 6), lexicon)
    assert again.weights["dense same"] == 9.0
    assert [hit.score for hit in again.find(QUESTIONS[0], 4).hits] != [hit.score for hit in plain.hits]
    other = indexed(ferry_paragraphs(), path.parent, FakeEmbedder(), lexicon)
    assert Retriever(other, FakeEmbedder, lexicon).weights == WEIGHTS
    other.keep_weights({"dense same": 1.0})
    assert set(json.loads(path.read_text())) == {"f" * 64, "0" * 64}


@pytest.mark.parametrize(
    "written", ["{", "[]", '{"%s": {"no leg": 1}}' % ("f" * 64), '{"%s": {"dense same": "x"}}' % ("f" * 64)]
)
def test_damaged_weights_say_which_command_mends_them(written: str, toy: Retriever) -> None:
    (toy.index.folder.parent / CALIBRATED).write_text(written)
    with pytest.raises(IndexProblem, match=r"python -m rag\.training\.calibrate"):
        toy.find(QUESTIONS[0], 1)


def test_calibrating_asks_dev_questions_with_and_without_renderings(toy: Retriever) -> None:
    lines = [
        {
            "id": f"q{n}",
            "lang": "zh",
            "question": QUESTIONS[n % 2],
            "gold": [{"report": "texts", "number": f"p{1 + 2 * (n % 2)}"}],
        }
        for n in range(12)
    ]
    found = list(calibrate.asked(toy, lines))
    dev = [line for line in lines if calibrate.is_dev(line, "zh")]
    assert 0 < len(dev) < 12
    assert [each.renderings for each in found] == [True, False] * len(dev)
    assert calibrate.value(found, WEIGHTS) == 1.0
