"""Measures against values worked out by hand, and the laws they keep."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import metrics
from rag.text import figures

IDS = st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12)


class TestRetrieval:
    def test_values_worked_out_by_hand(self) -> None:
        found = metrics.retrieval({"q": ["a", "x", "b"]}, {"q": [{"a"}, {"b"}]})["q"]
        ideal = 1 + 1 / math.log2(3)
        expected = {
            "recall@1": 0.5,
            "recall@5": 1.0,
            "mrr@10": 1.0,
            "ndcg@10": (1 + 1 / 2) / ideal,
            "all_evidence@5": 1.0,
        }
        assert {name: found[name] for name in expected} == pytest.approx(expected)

    def test_interchangeable_paragraphs_count_once_at_the_better_rank(self) -> None:
        found = metrics.retrieval({"q": ["x", "b2", "b1"]}, {"q": [{"b1", "b2"}]})["q"]
        assert found["recall@5"] == 1.0
        assert found["mrr@10"] == pytest.approx(0.5)

    def test_all_evidence_needs_every_set_within_the_depth(self) -> None:
        hits = ["a", *"stuvw", "b"]
        found = metrics.retrieval({"q": hits}, {"q": [{"a"}, {"b"}]})["q"]
        assert (found["all_evidence@5"], found["all_evidence@8"]) == (0.0, 1.0)

    def test_paragraphs_of_one_rank_are_cut_off_together(self) -> None:
        found = metrics.retrieval({"q": ["x", {"a", "y", "b"}]}, {"q": [{"a"}, {"b"}]})["q"]
        assert (found["recall@1"], found["all_evidence@5"], found["mrr@10"]) == (0.0, 1.0, 0.5)
        first = metrics.retrieval({"q": [{"a", "y", "b"}]}, {"q": [{"a"}, {"b"}]})["q"]
        assert (first["recall@1"], first["ndcg@10"]) == (1.0, pytest.approx(1.0))

    def test_a_rank_that_holds_no_paragraph_is_a_rank_lost(self) -> None:
        found = metrics.retrieval({"q": [set(), "a"]}, {"q": [{"a"}]})["q"]
        assert (found["mrr@10"], found["success@5"]) == (0.5, 1.0)

    def test_a_question_without_hits_gets_zeros(self) -> None:
        found = metrics.retrieval({"q": [], "r": ["a"]}, {"q": [{"a"}], "r": [{"a"}]})
        assert set(found["q"].values()) == {0.0}
        assert found["r"]["ndcg@10"] == 1.0

    def test_hits_and_gold_of_other_questions_are_an_error(self) -> None:
        with pytest.raises(ValueError, match="same questions"):
            metrics.retrieval({"q": ["a"]}, {"r": [{"a"}]})

    @given(hits=IDS, gold=st.sets(st.sampled_from("abcdefghijkl"), min_size=1, max_size=4))
    def test_recall_and_reciprocal_rank_agree_with_their_definitions(self, hits: list[str], gold: set[str]) -> None:
        found = metrics.retrieval({"q": hits}, {"q": [{each} for each in sorted(gold)]})["q"]
        first = next((1 / rank for rank, hit in enumerate(hits[:10], 1) if hit in gold), 0.0)
        assert found["recall@5"] == pytest.approx(len(gold & set(hits[:5])) / len(gold))
        assert found["mrr@10"] == pytest.approx(first)

    @given(hits=IDS, seed=st.integers(0, 99))
    def test_a_distractor_below_the_depth_changes_nothing(self, hits: list[str], seed: int) -> None:
        long = (hits + [f"other {n}" for n in range(12)])[:10]
        gold = {"q": [{random.Random(seed).choice("abcdefghijkl")}]}
        assert metrics.retrieval({"q": long}, gold) == metrics.retrieval({"q": [*long, "distractor"]}, gold)


class TestFacts:
    @pytest.mark.parametrize(
        ("text", "form", "held"),
        [
            pytest.param("收缴 176 095 件", "176,095", True, id="separators"),
            pytest.param("共１７６０９５件", "176 095", True, id="full width"),
            pytest.param("在 75.8 万件中", "758,000", True, id="the same value in another form"),
            pytest.param("國際追查文書", "国际追查文书", True, id="Traditional Chinese"),
            pytest.param("in 2023", "23", False, id="part of a year"),
            pytest.param("18% of them", "18", False, id="a share for a count"),
            pytest.param("1,180 of them", "180", False, id="part of a longer number"),
            pytest.param("标准为ISO 7076，2029年通过", "ISO 7076", True, id="before a full-width comma and a year"),
            pytest.param("标准为ISO 7076，2029年通过", "2029年", True, id="after a figure and a full-width comma"),
            pytest.param("ISO 7076,2029 edition", "ISO 7076", True, id="before a comma and a year"),
            pytest.param("In 2019,176 of them", "2019", True, id="a year before a comma and a count"),
            pytest.param("ISO 7076.1", "ISO 7076", False, id="part of a dotted number"),
            pytest.param("several cities", "ITI", False, id="abbreviation inside a word"),
            pytest.param("Two IEDs were found", "IED", True, id="plural of an abbreviation"),
            pytest.param("they were negotiating", "negotiat", True, id="a stem"),
            pytest.param("于 2012 年 5 月 21 日开幕", "5月21日", True, id="a less exact date"),
            pytest.param("十国提交", "10国", False, id="only what is listed, where words follow the number"),
        ],
    )
    def test_forms(self, text: str, form: str, held: bool) -> None:
        assert metrics.holds(text, form) is held

    @given(st.text(max_size=30).filter(lambda text: metrics.normal(text).strip() != ""))
    def test_a_text_holds_itself(self, form: str) -> None:
        assert metrics.holds(f"。{form}。", form)

    def test_recall_is_the_share_of_facts_said(self) -> None:
        assert metrics.fact_recall("Mali and Chad", [["Mali", "马里"], ["Niger"]]) == (0.5, 1.0)
        assert metrics.fact_recall("", []) == metrics.UNDEFINED

    def test_another_number_before_the_same_unit_is_wrong_and_silence_is_not(self) -> None:
        question, facts = "How many countries submitted national reports in 2020?", [["7 countries"]]
        wrong = "In 2020, 9 countries submitted national reports."
        assert metrics.wrong_facts(wrong, question, facts) == (1.0, 1.0)
        assert metrics.wrong_facts("Few countries submitted national reports.", question, facts) == (0.0, 1.0)
        assert metrics.wrong_facts("In 2020, 7 countries submitted national reports.", question, facts) == (0.0, 1.0)
        assert metrics.wrong_facts(wrong, question, [["Mali"]]) == (0.0, 0.0)


class TestCitations:
    def test_precision_recall_and_f1(self) -> None:
        found = metrics.citation_quality(["a", "x"], [{"a"}, {"b", "c"}])
        assert found == {"citation_precision": (0.5, 1.0), "citation_recall": (0.5, 1.0), "citation_f1": (0.5, 1.0)}

    def test_without_citations_precision_is_not_defined_and_f1_is_zero(self) -> None:
        found = metrics.citation_quality([], [{"a"}])
        assert found["citation_precision"] == metrics.UNDEFINED
        assert found["citation_f1"] == (0.0, 1.0)

    def test_a_marker_that_leads_nowhere_is_invalid(self) -> None:
        assert metrics.citation_validity([1, 2], {1: "a"}, {"a"}) == (1.0, 2.0)

    def test_numbers_in_brackets_inside_a_quotation_are_no_markers(self) -> None:
        assert metrics.printed_markers("“see note [7]” [1]", ["see note [7]"]) == {1}


class TestSupport:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            pytest.param("报告说：\n“甲国收缴武器。” [1]", [("“甲国收缴武器。”", (1,))], id="a lead-in is none"),
            pytest.param("A/67/176\n“Weapons.” [1]", [("“Weapons.”", (1,))], id="a report's name is none"),
            pytest.param("“Arms.” [1] (only in Chinese)", [("“Arms.”", (1,))], id="a remark is none"),
            pytest.param("Arms fell. Guns rose. [2]", [("Arms fell", ()), ("Guns rose", (2,))], id="marker after stop"),
            pytest.param(
                "他说“见“大赦月”。后来” [1]", [("他说“见“大赦月”。后来”", (1,))], id="a quotation in a quotation"
            ),
        ],
    )
    def test_statements(self, text: str, said: list[tuple[str, tuple[int, ...]]]) -> None:
        assert metrics.sentences_of(text, ["见“大赦月”。后来"], ["A/67/176"]) == said

    # a says "one"; b and c say "two" only together; d says nothing
    SAYS = (("one", {"a"}), ("two", {"b", "c"}))

    def supports(self, statement: str, ids: list[str]) -> bool | None:
        return None if statement == "?" else any(statement == s and needed <= set(ids) for s, needed in self.SAYS)

    @pytest.mark.parametrize(
        ("said", "recall", "precision", "coverage"),
        [
            pytest.param([("one", (1,))], (1, 1), (1, 1), (1, 1), id="supported"),
            pytest.param([("one", (1, 4))], (1, 1), (1, 2), (1, 1), id="one citation could be spared"),
            pytest.param([("two", (2, 3))], (1, 1), (1, 2), (1, 1), id="two that help each other count half"),
            pytest.param([("two", (2,))], (0, 1), (0, 1), (1, 1), id="not supported"),
            pytest.param([("one", ())], (0, 1), (0, 0), (0, 1), id="not cited"),
            pytest.param([("one", (9,))], (0, 1), (0, 1), (0, 1), id="a marker that leads nowhere"),
            pytest.param([("?", (1,))], (0, 0), (0, 0), (1, 1), id="not told"),
        ],
    )
    def test_recall_precision_and_coverage(
        self,
        said: list[tuple[str, tuple[int, ...]]],
        recall: metrics.Share,
        precision: metrics.Share,
        coverage: metrics.Share,
    ) -> None:
        found = metrics.citation_support(said, {1: "a", 2: "b", 3: "c", 4: "d"}, self.supports)
        assert found == {"support_recall": recall, "support_precision": precision, "citation_coverage": coverage}


class TestNumbers:
    @pytest.mark.parametrize(
        ("statement", "question", "share"),
        [
            pytest.param("1,393 weapons in 2020 [1]", "How many?", (2.0, 2.0), id="other separators"),
            pytest.param("1,394 weapons", "How many?", (0.0, 1.0), id="invented"),
            pytest.param("In 2019 there were 1,393", "How many in 2019?", (1.0, 1.0), id="the question's own"),
        ],
    )
    def test_faithfulness(self, statement: str, question: str, share: metrics.Share) -> None:
        assert metrics.number_faithfulness(statement, question, figures("2020 年 1 393 件"), set()) == share

    def test_an_invented_symbol_counts(self) -> None:
        assert metrics.number_faithfulness("See S/2021/999.", "Where?", [], {"S/2021/1"}) == (0.0, 1.0)


class TestLanguage:
    @pytest.mark.parametrize(
        ("text", "language", "share"),
        [
            pytest.param("The reports do not answer this.", "en", (1.0, 1.0), id="English"),
            pytest.param("报告没有回答。", "zh", (1.0, 1.0), id="Chinese"),
            pytest.param("报告没有回答。", "en", (0.0, 1.0), id="wrong language"),
            pytest.param("What they say: “武器和弹药” [1]", "en", (1.0, 1.0), id="a quotation is left out"),
            pytest.param("“武器” [1]", "en", metrics.UNDEFINED, id="no words of its own"),
        ],
    )
    def test_own_words(self, text: str, language: str, share: metrics.Share) -> None:
        assert metrics.language_match(text, language) == share


class TestParity:
    def test_overlap_of_sets(self) -> None:
        assert metrics.jaccard("abc", "bcd") == 0.5
        assert metrics.jaccard("", "") == 1.0

    @given(one=IDS, other=IDS)
    def test_overlap_of_rankings_is_symmetric_and_within_bounds(self, one: list[str], other: list[str]) -> None:
        value = metrics.rank_biased_overlap(one, other)
        assert 0.0 <= value <= 1.0
        assert value == pytest.approx(metrics.rank_biased_overlap(other, one))

    def test_overlap_of_rankings_worked_out_by_hand(self) -> None:
        # depths agree 0 of 1, then 2 of 2: 1·0.81 + (0.1/0.9)·(0·0.9 + 1·0.81)
        assert metrics.rank_biased_overlap("ab", "ba") == pytest.approx(0.81 + 0.1 / 0.9 * 0.81)


def test_equal_confidence_is_answered_together_whatever_the_order() -> None:
    forward = metrics.risk_coverage([0.5, 0.5, 0.9], [0.0, 1.0, 0.0])
    assert forward == metrics.risk_coverage([0.9, 0.5, 0.5], [0.0, 1.0, 0.0])
    assert forward[0] == [(pytest.approx(1 / 3), 0.0), (1.0, pytest.approx(1 / 3))]
