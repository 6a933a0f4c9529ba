"""rag.answering.whole: one sentence of each report on a subject, and what is new in a later report."""

import pytest
from made_index import FakeEmbedder, indexed
from shoals import LIBRARY, NEW, OLD

from rag.answering.overview import Composed
from rag.answering.retrieve import Found, Retriever
from rag.answering.whole import answer_whole, nearest_of_each
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models.embedder import Embedder
from rag.question import Question
from rag.records import Filters, Verdict


@pytest.fixture(scope="module")
def shoals(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    index = indexed(LIBRARY, tmp_path_factory.mktemp("shoals") / "index", FakeEmbedder(), lexicon)
    return Retriever(index, FakeEmbedder, lexicon)


@pytest.fixture(scope="module")
def seeds_read(seed_index: Index, e5: Embedder, lexicon: Lexicon) -> Retriever:
    return Retriever(seed_index, lambda: e5, lexicon)


def answer(question: str, retriever: Retriever, filters: Filters = Filters()) -> Composed | None:
    return answer_whole(Found(Question.of(question), ()), retriever, filters)


def test_each_report_gives_its_nearest_paragraphs_the_oldest_first(shoals: Retriever) -> None:
    columns = list(nearest_of_each(shoals, Question.of("dredging"), 2))
    assert [report.id for report, _ in columns] == ["A/90/10", "A/93/20", "A/94/30"]
    assert all({hit.paragraph.report for hit in found.hits} == {report.id} for report, found in columns)
    assert {len(found.hits) for _, found in columns} == {2}


def test_a_change_is_told_by_a_sentence_of_each_report_that_speaks_of_it(shoals: Retriever) -> None:
    told = answer("How have the reports' views on lamps changed over the years?", shoals)
    assert told
    lines = told.text.split("\n")
    assert lines[1].startswith("A/90/10 (2030): “")
    assert lines[2].startswith("A/93/20 (2033): “")
    assert [citation.paragraph.report for citation in told.citations][:2] == ["A/90/10", "A/93/20"]


def test_the_reports_that_say_nothing_of_a_subject_are_told_of(shoals: Retriever) -> None:
    told = answer("How has the use of whale oil changed over the years?", shoals)
    assert told
    assert [citation.paragraph.report for citation in told.citations] == ["A/90/10"]
    assert told.text.split("\n")[-1] == "Nothing near it in: A/93/20 (2033); A/94/30 (2034)."


@pytest.mark.parametrize(
    ("question", "silent"),
    [
        (
            "How has the view of climate change changed over the years?",
            {"A/67/176", "A/70/183", "A/CONF.192/BMS/2021/1"},
        ),
        ("气候变化问题历年来有何变化？", {"A/67/176", "A/70/183", "A/CONF.192/BMS/2021/1"}),
        ("弹药问题历年来有什么变化", set()),
        ("How has the treatment of ammunition changed over the years?", set()),
    ],
)
def test_the_seeds_tell_what_has_changed(question: str, silent: set[str], seeds_read: Retriever) -> None:
    told = answer(question, seeds_read)
    assert told
    assert {citation.verdict for citation in told.citations} == {Verdict.FOUND}
    speaking = [citation.paragraph.report for citation in told.citations]
    assert set(speaking) == set(seeds_read.index.reports) - silent
    dates = [seeds_read.index.reports[each].date for each in speaking]
    assert dates == sorted(dates)
    assert all(name in told.text for name in silent)


@pytest.mark.parametrize("question", ["How has the price of gold changed over the years?", "黄金价格历年来有什么变化"])
def test_a_subject_that_no_report_speaks_of_is_no_change(question: str, seeds_read: Retriever) -> None:
    assert answer(question, seeds_read) is None


def test_what_is_new_keeps_to_the_later_report_and_its_substance(shoals: Retriever) -> None:
    told = answer("What is new in A/93/20 compared with A/90/10?", shoals)
    assert told
    assert {citation.paragraph.report for citation in told.citations} == {NEW[0].id}
    assert "I. Introduction" not in told.headings
    assert OLD[0].id in told.text.split("\n")[0]


@pytest.mark.parametrize(
    ("question", "language"),
    [("what is new in 2021 as against 2015", "en"), ("2021年报告与2015年相比有什么新内容", "zh")],
)
def test_the_seeds_tell_what_is_new(question: str, language: str, seeds_read: Retriever) -> None:
    told = answer(question, seeds_read)
    assert told
    assert {citation.paragraph.report for citation in told.citations} == {"S/2021/839"}  # of the series of 2015
    assert {(citation.language, citation.verdict) for citation in told.citations} == {(language, Verdict.FOUND)}
    assert "A/CONF.192/BMS/2021/1" in told.text.split("\n")[0]
    assert any(word in told.text for word in ("climate", "Climate", "气候"))
