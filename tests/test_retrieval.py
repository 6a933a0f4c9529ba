"""rag.retrieval: from a question to ranked hits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests
from made_index import FERRIES, FakeEmbedder, ferry_paragraphs, indexed

from rag.index import Index
from rag.lexicon import Lexicon
from rag.records import Paragraph, Translation
from rag.retrieval import Filters, Retriever, fuse, squash
from rag.seams import ParagraphRetriever

SCORES = st.one_of(st.just(np.nan), st.floats(-5, 5, width=16))
WEIGHTS = {"a": 2.0, "b": 1.0, "c": 0.5}
QUESTIONS = [
    "枪支",
    "2016年至2019年收缴了多少件非法小武器？",
    "How many firearms were seized in 2017?",
    "ferry",
    "Qu'est-ce que c'est ?",
    "!",
    "A/RES/65/69",
    "BMS7主席是谁，what about S/2021/839?",
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def ours(quick_index: Index, lexicon: Lexicon) -> Retriever:
    return Retriever(quick_index, FakeEmbedder, lexicon)


@pytest.fixture
def retriever(ours: Retriever) -> Retriever:
    return ours


def ids(retriever: Retriever, question: str, k: int = 10, **filters: Any) -> list[str]:
    return [hit.paragraph.id for hit in retriever.find(question, k, Filters(**filters)).hits]


class TestParagraphRetrieverIsALangChainRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _made(self, ours: Retriever) -> None:
        self.made = ours

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return ParagraphRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"retriever": self.made}

    @property
    def retriever_query_example(self) -> str:
        return "枪支"


TestParagraphRetrieverIsALangChainRetriever.test_ainvoke_returns_documents = pytest.mark.asyncio(  # type: ignore
    RetrieversIntegrationTests.test_ainvoke_returns_documents
)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 10, 531, 1000])
def test_there_are_exactly_k_hits_or_all_there_are_best_first(question: str, k: int, retriever: Retriever) -> None:
    hits = retriever.find(question, k).hits
    assert len({hit.paragraph.id for hit in hits}) == len(hits) == min(k, 531)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert all(np.isfinite([hit.dense, hit.lexical]).all() and hit.lexical >= 0 for hit in hits)


@pytest.mark.parametrize("question", [*QUESTIONS, "S/2021/839第43段"])
def test_front_matter_never_stands_above_body_text(question: str, retriever: Retriever) -> None:
    front = [hit.paragraph.part == "front" for hit in retriever.find(question, 531).hits]
    assert front == sorted(front)
    assert any(front)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("S/2021/839第43段", ["S/2021/839#43"]),
        ("What did S/2021/839, para. 43 say of terrorists' weapons?", ["S/2021/839#43"]),
        ("A/70/183#annex-table-17", ["A/70/183#annex-table-17"]),
        ("BMS7附件第24段和S/2021/839第43段", ["A/CONF.192/BMS/2021/1#annex-24", "S/2021/839#43"]),
        ("title page of S/2021/839, unnumbered para. 1", ["S/2021/839#front-1"]),
    ],
)
def test_named_paragraphs_come_first_with_score_one(question: str, named: list[str], retriever: Retriever) -> None:
    found = retriever.find(question, 10)
    assert [hit.paragraph.id for hit in found.hits[: len(named)]] == named
    assert [paragraph.id for paragraph in found.named] == named
    assert {hit.score for hit in found.hits[: len(named)]} == {1.0}
    assert max(hit.score for hit in found.hits[len(named) :]) < 1.0
    assert len(found.hits) == 10


def test_a_look_up_needs_no_embedder(quick_index: Index) -> None:
    def never() -> Any:
        raise AssertionError("loaded for nothing")

    without = Retriever(quick_index, never, Lexicon([], never))
    assert len(without.find("S/2021/839第43段", 10).hits) == 10
    with pytest.raises(AssertionError, match="loaded for nothing"):
        without.find("枪支", 10)


@pytest.mark.parametrize("question", ["枪支", "S/2021/839第43段"])
@pytest.mark.parametrize(
    ("filters", "reports"),
    [
        ({"reports": frozenset({"A/67/176"})}, {"A/67/176"}),
        ({"years": frozenset({2015})}, {"A/70/183"}),
        ({"years": frozenset({2021})}, {"S/2021/839", "A/CONF.192/BMS/2021/1", "004_0cf6bfd787c3b7d3"}),
        ({"reports": frozenset({"A/67/176", "A/70/183"}), "years": frozenset({2014})}, {"A/70/183"}),
        ({"reports": frozenset({"A/67/176"}), "years": frozenset({2021})}, set()),
    ],
    ids=["report", "year", "year of several", "both", "neither"],
)
def test_filters_hold_for_every_hit(
    question: str, filters: dict[str, Any], reports: set[str], retriever: Retriever
) -> None:
    hits = retriever.find(question, 531, Filters(**filters)).hits
    assert {hit.paragraph.report for hit in hits} == reports
    assert len(hits) == sum(paragraph.report in reports for paragraph in retriever.index.paragraphs)


def test_without_renderings_they_change_nothing(tmp_path: Path, lexicon: Lexicon) -> None:
    """Hits and scores are those of an index that never had any."""
    (report, paragraphs), other = ferry_paragraphs()
    chinese = [
        replace(paragraph, translations={"en": Translation(f"A rendering of ferry {n}.")})
        for n, paragraph in enumerate(other[1])
    ]
    bare = indexed([(report, paragraphs), other], tmp_path / "bare", FakeEmbedder(), lexicon)
    rendered = indexed([(report, paragraphs), (other[0], chinese)], tmp_path / "rendered", FakeEmbedder(), lexicon)
    for question in ("ferry rendering", "渡船", "A/99/123, para. 1", "crews#p1"):
        of_bare = Retriever(bare, FakeEmbedder, lexicon).find(question, 5)
        of_rendered = Retriever(rendered, FakeEmbedder, lexicon).find(question, 5, Filters(renderings=False))
        assert [(hit.paragraph.id, hit.score) for hit in of_rendered.hits] == [
            (hit.paragraph.id, hit.score) for hit in of_bare.hits
        ]
    seen = Retriever(rendered, FakeEmbedder, lexicon).find("ferry rendering", 5)
    assert seen.hits != Retriever(bare, FakeEmbedder, lexicon).find("ferry rendering", 5).hits


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("2016年至2019年收缴了多少件非法小武器？", "2016年至2019年收繳了多少件非法小武器？"),
        ("安全理事会第2220(2015)号决议", "安全理事會第２２２０（２０１５）號決議"),
        ("S/2021/839第43段", "Ｓ／２０２１／８３９第４３段"),
        ("国际追查文书有什么作用？", "國際追查文書有什麼作用？"),
    ],
)
def test_a_question_in_traditional_or_full_width_characters_has_the_same_hits(
    simplified: str, traditional: str, retriever: Retriever
) -> None:
    assert retriever.find(simplified, 30).hits == retriever.find(traditional, 30).hits


def test_a_symbol_finds_the_paragraphs_that_print_it(retriever: Retriever) -> None:
    texts = [hit.paragraph.text for hit in retriever.find("第2220(2015)号决议", 3).hits]
    assert any("2220" in text for text in texts)


def test_an_english_question_meets_a_chinese_text_without_a_rendering(tmp_path: Path, lexicon: Lexicon) -> None:
    crews = ferry_paragraphs()[1]
    index = indexed([crews], tmp_path, FakeEmbedder(), lexicon)
    hits = Retriever(index, FakeEmbedder, lexicon).find("training of the crew at night", 2).hits
    lexical = {hit.paragraph.id: hit.lexical for hit in hits}
    assert lexical["crews#p2"] > lexical["crews#p1"]


def legs(size: int) -> st.SearchStrategy[dict[str, np.ndarray]]:
    return st.fixed_dictionaries({name: arrays(np.float64, size, elements=SCORES) for name in WEIGHTS})


@given(st.integers(1, 8).flatmap(legs), st.floats(0.1, 9), st.floats(-5, 5))
def test_fusing_does_not_see_a_legs_scale_or_origin(made: dict[str, np.ndarray], scale: float, shift: float) -> None:
    moved = {**made, "b": made["b"] * scale + shift}
    spoken = made["b"][~np.isnan(made["b"])]
    if spoken.size and 0 < spoken.std() < 1e-3:
        return  # rounding
    np.testing.assert_allclose(fuse(moved, WEIGHTS), fuse(made, WEIGHTS), atol=1e-4)


@given(st.integers(2, 8).flatmap(legs))
def test_a_leg_that_cannot_speak_changes_nothing(made: dict[str, np.ndarray]) -> None:
    silent = {**made, "c": np.full(len(made["a"]), np.nan)}
    without = {name: made[name] for name in ("a", "b")}
    np.testing.assert_allclose(fuse(silent, WEIGHTS), fuse(without, WEIGHTS))


@given(st.integers(2, 8).flatmap(legs), st.data())
def test_a_paragraph_no_leg_speaks_for_is_last(made: dict[str, np.ndarray], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(made["a"]) - 1))
    for scores in made.values():
        scores[place] = np.nan
    fused = fuse(made, WEIGHTS)
    assert np.isfinite(fused).all()
    others = [score for i, score in enumerate(fused) if any(not np.isnan(scores[i]) for scores in made.values())]
    assert not others or fused[place] < min(others)


@given(arrays(np.float64, st.integers(1, 8), elements=st.floats(-5, 5, width=16)), st.data())
def test_legs_that_agree_keep_their_order_and_order_of_paragraphs_does_not_matter(
    scores: np.ndarray, data: st.DataObject
) -> None:
    made = dict.fromkeys(WEIGHTS, scores)
    fused = fuse(made, WEIGHTS)
    assert all(fused[i] >= fused[j] for i in range(len(scores)) for j in range(len(scores)) if scores[i] > scores[j])
    order = data.draw(st.permutations(range(len(scores))))
    np.testing.assert_allclose(fuse(dict.fromkeys(WEIGHTS, scores[order]), WEIGHTS), fused[order], atol=1e-6)


def test_a_paragraph_is_not_punished_for_a_leg_that_cannot_speak_for_it() -> None:
    full = {"a": np.array([1.0, 0.0, -1.0]), "b": np.array([1.0, 0.0, -1.0])}
    partial = {**full, "b": np.array([np.nan, 1.0, -1.0])}
    assert np.argmax(fuse(partial, WEIGHTS)) == 0
    assert fuse({"a": np.array([2.0, 2.0])}, WEIGHTS).tolist() == [0.0, 0.0]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_squashing_keeps_the_order_within_zero_and_one(one: float, other: float) -> None:
    assert 0 <= squash(one) <= 1
    assert squash(min(one, other)) <= squash(max(one, other))
    assert squash(one) + squash(-one) == pytest.approx(1)


def test_a_text_of_one_paragraph_is_found(tmp_path: Path) -> None:
    one = [Paragraph("A/99/123", "main", "1", 0, "Ferries sank.", "en", "1")]
    index = indexed([(FERRIES, one)], tmp_path, FakeEmbedder(), Lexicon([], dict))
    for question in ("Ferries", "渡船", "A/99/123 para. 1"):
        assert [
            hit.paragraph.id for hit in Retriever(index, FakeEmbedder, Lexicon([], dict)).find(question, 3).hits
        ] == ["A/99/123#1"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("2016年至2019年，各国当局收缴了多少件非法小武器和轻武器？", "S/2021/839#21"),
        ("How many illicit small arms were collected by national authorities from 2016 to 2019?", "S/2021/839#21"),
    ],
)
def test_the_built_in_embedder_finds_the_paragraph_in_both_languages(
    question: str, expected: str, seed_index: Index, minilm: Any, lexicon: Lexicon
) -> None:
    found = Retriever(seed_index, lambda: minilm, lexicon)
    assert expected in ids(found, question, 5)
    assert expected in ids(found, question, 10, renderings=False)
