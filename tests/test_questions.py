"""rag.questions: a question as typed to one that stands alone, and what kind of answer it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import QuestionError
from rag.questions import asks, checked, stand_alone
from rag.records import Turn

LIMIT = 2000


@given(st.text(max_size=60))
def test_a_checked_question_is_text_or_is_refused_with_one_line(text: str) -> None:
    question = checked_or_problem(text)
    if isinstance(question, QuestionError):
        assert "\n" not in str(question)
        return
    assert question == question.strip()
    assert any(character.isalnum() or character == "_" for character in question)
    assert checked(question, LIMIT) == question


def checked_or_problem(text: str) -> str | QuestionError:
    try:
        return checked(text, LIMIT)
    except QuestionError as problem:
        return problem


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \t\n\u3000", "empty", id="blank"),
        pytest.param("？？！…", "empty", id="punctuation only"),
        pytest.param("\u200b\ufeff\x01", "empty", id="invisible only"),
        pytest.param("PK\x03\x04\x00\x00", "binary", id="binary"),
        pytest.param("\ufffd\ufffd武器", "binary", id="badly decoded"),
        pytest.param("枪" * 2001, "2,001 characters; 2,000 are the most", id="too long in Chinese"),
        pytest.param("gun " * 600, "2,000 are the most", id="too long in English"),
    ],
)
def test_what_is_no_question_is_refused_and_the_reason_said(typed: str, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        checked(typed, LIMIT)


def test_a_question_as_long_as_the_limit_is_accepted_and_invisible_characters_are_dropped() -> None:
    assert len(checked("枪" * LIMIT, LIMIT)) == LIMIT
    assert checked("\ufeff 什么是\u200bBMS7？\n", LIMIT) == "什么是BMS7？"


@pytest.mark.parametrize(
    ("before", "follow_up", "understood"),
    [
        ("How many States reported in 2021?", "And in 2012?", "How many States reported in 2012?"),
        ("How many States reported in 2021?", "In 2012?", "How many States reported in 2012?"),
        ("How many States reported in 2021?", "What about 2012?", "How many States reported in 2012?"),
        ("2021年有多少国家报告？", "那2012年呢？", "2012年有多少国家报告？"),
        ("2021年有多少国家报告？", "2012年呢？", "2012年有多少国家报告？"),
        ("Who leads MOSAIC?", "Why?", "Who leads MOSAIC? Why?"),
        ("谁负责《轻小武器模块化管控执行简编》？", "为什么？", "谁负责《轻小武器模块化管控执行简编》？ 为什么？"),
        ("What is iARMS?", "Who runs it?", "What is iARMS? Who runs it?"),
        ("什么是iARMS？", "它由谁管理？", "什么是iARMS？ 它由谁管理？"),
        ("什么是iARMS？", "由谁管理呢？", "什么是iARMS？ 由谁管理呢？"),
        ("From 2016 to 2019, how many?", "And in 2012?", "From 2016 to 2019, how many? And in 2012?"),
        ("What is BMS7?", "And who chaired it in 2021?", "What is BMS7? And who chaired it in 2021?"),
    ],
)
def test_a_question_that_leans_is_put_together_with_the_one_before(
    before: str, follow_up: str, understood: str
) -> None:
    assert stand_alone(follow_up, [Turn("An older one?", "…"), Turn(before, "…")]) == understood


@pytest.mark.parametrize(
    "question",
    [
        "What is the International Tracing Instrument?",
        "How many firearms were seized in 2017?",
        "Which countries destroyed weapons in 2014, according to the report?",
        "什么是《国际追查文书》？",
        "2017年缴获了多少枪支？",
        "How many weapons did Thenia destroy?",
        "Andorra has how many firearms?",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    assert stand_alone(question, [Turn("What is BMS7?", "…")]) == question


@pytest.mark.parametrize("question", ["And in 2012?", "那2012年呢？", "Why?"])
def test_without_a_turn_before_nothing_is_added(question: str) -> None:
    assert stand_alone(question, []) == question


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How many weapons were collected?", {"number"}),
        ("收缴了多少件武器？", {"number"}),
        ("What percentage of deaths were by firearm?", {"number"}),
        ("2015年占比例如何？", {"number"}),
        ("When was BMS7 held?", {"date"}),
        ("第七次双年度会议何时举行？", {"date"}),
        ("In which year was the instrument adopted?", {"date"}),
        ("Which countries received help?", {"list"}),
        ("哪些国家得到了援助？", {"list"}),
        ("What are the four priorities?", {"list"}),
        ("List the pillars of the agenda.", {"list"}),
        ("How did the 2012 report differ from the 2021 one?", {"compare"}),
        ("比较两份报告对枪支的看法。", {"compare"}),
        ("Why were few reports submitted?", {"why"}),
        ("为什么报告数目下降？", {"why", "number"}),
        ("What is MOSAIC?", set()),
        ("什么是“终结”倡议？", set()),
    ],
)
def test_the_wording_tells_what_is_asked_for(question: str, kinds: set[str]) -> None:
    asked = asks(question)
    assert {kind for kind in ("number", "date", "list", "compare", "why") if getattr(asked, kind)} == kinds
