"""Tests of what tells a question for a count from its wording."""

import pytest

from rag.answering.tally_asked import read_tally
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Turn


@pytest.mark.parametrize(
    "question",
    [
        "how many women were trained?",
        "有多少国家报告？",
        "How many paragraphs does the outcome document have?",
        "How many times did the Security Council meet on small arms?",
        "Where is the regional centre located?",
        "Which places did the team visit?",
        "How many countries mention women in their reports?",
        "What does the paragraph on women say?",
        "How many paragraphs were put to a vote?",
        "In which places did the course address trafficking?",
        "How many times were weapons used in attacks?",
        "Which paragraphs mention that the Secretary-General met the Group and why did he leave?",
        "有多少处武器库？",
        "培训举办了几次？",
        "哪些国家提到了弹药问题？",
        "报告提到的几次会议是什么？",
        "关于妇女的段落说了什么？",
        "多少次培训涉及妇女？",
    ],
)
def test_a_count_that_reports_state_is_none(question: str, quick_index: Index, lexicon: Lexicon) -> None:
    assert read_tally(Question.of(question), quick_index.reports, lexicon) is None


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("In how many paragraphs are women mentioned?", ("women",)),
        ("How many references to women are there in A/67/176?", ("women",)),
        ("Can you list all the places where the word “gender” appears?", ("gender",)),
        ("Which paragraphs discuss armed violence in the reports?", ("armed violence",)),
        ("Where do the reports mention Haiti?", ("Haiti",)),
        ("In which paragraphs of BMS7 does gender appear?", ("gender",)),
        ("List all the paragraphs that mention women or children, please", ("women", "children")),
        ("“三维打印”这个词在S/2021/839中出现过几次？", ("三维打印",)),
        ("请列出所有关于海地的段落", ("海地",)),
        ("報告裡有幾段談到婦女？", ("妇女",)),
        ("提到“标识”的段落有多少个？", ("标识",)),
        ("海地在哪些段落中被提到？", ("海地",)),
        ("请找出每一处提到妇女、儿童的地方", ("妇女", "儿童")),
    ],
)
def test_many_wordings_ask_for_a_count(
    question: str, terms: tuple[str, ...], quick_index: Index, lexicon: Lexicon
) -> None:
    asked = read_tally(Question.of(question), quick_index.reports, lexicon)
    assert asked is not None
    assert asked.terms == terms


@pytest.mark.parametrize(
    ("before", "follow_up", "terms", "reports"),
    [
        ("How many paragraphs mention women?", "And children?", ("children",), None),
        ("哪些段落提到儿童？", "那弹药呢？", ("弹药",), None),
        ("How many paragraphs mention women?", "And in S/2021/839?", ("women",), {"S/2021/839"}),
        ("How many paragraphs of BMS7 mention women?", "And children?", ("children",), {"A/CONF.192/BMS/2021/1"}),
    ],
)
def test_a_follow_up_says_what_else_or_where(
    before: str, follow_up: str, terms: tuple[str, ...], reports: set[str] | None, quick_index: Index, lexicon: Lexicon
) -> None:
    question = Question.parse(follow_up, [Turn(before, "…")], 2000)
    asked = read_tally(question, quick_index.reports, lexicon)
    assert asked is not None
    assert (asked.terms, asked.reports) == (terms, reports)


def test_no_question_of_the_tuning_halves_asks_for_a_count(quick_index: Index, lexicon: Lexicon) -> None:
    from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions

    for each in [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]:
        assert read_tally(Question.parse(each.text, each.history, 2000), quick_index.reports, lexicon) is None, each.id
