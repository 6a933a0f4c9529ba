"""rag.question: a question as typed to one that stands alone, and what kind of answer it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions
from rag.errors import QuestionError
from rag.question import Question, asks, stand_alone
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
    assert Question.parse(question, (), LIMIT).text == question


def checked_or_problem(text: str) -> str | QuestionError:
    try:
        return Question.parse(text, (), LIMIT).text
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
        Question.parse(typed, (), LIMIT)


def test_a_question_as_long_as_the_limit_is_accepted_and_invisible_characters_are_dropped() -> None:
    assert len(Question.parse("枪" * LIMIT, (), LIMIT).text) == LIMIT
    assert Question.parse("\ufeff 什么是\u200bBMS7？\n", (), LIMIT).text == "什么是BMS7？"


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
        ("What does para. 21 of S/2021/839 say?", "And paragraph 22?", "What does paragraph 22 of S/2021/839 say?"),
        ("S/2021/839第21段说了什么？", "那第22段呢？", "S/2021/839第22段说了什么？"),
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


LEANING_EN = [
    "And in 2012?",
    "What about Africa?",
    "How about women?",
    "Why?",
    "Who runs it?",
    "What is its budget?",
    "Who funds them?",
    "How much money was that altogether?",
    "When did they meet?",
    "And how many home-made ones?",
    "So who pays for it?",
    "Then what happened?",
    "In 2012?",
    "Which of these are in Africa?",
    "What does this one say?",
    "But who decided that?",
    "And the one the year after?",
    "How many of those were destroyed?",
    "Where is its office?",
    "Also in Asia?",
    "Which countries support it?",
    "Who are their partners?",
    "And paragraph 22?",
    "Did they agree?",
]
LEANING_ZH = [
    "那2012年呢？",
    "2012年呢？",
    "为什么？",
    "它由谁管理？",
    "由谁管理呢？",
    "非洲呢？",
    "其中哪些在非洲？",
    "还有哪些国家？",
    "另外，有多少件被销毁？",
    "上述措施由谁执行？",
    "该基金由谁管理？",
    "这些武器后来怎么处理？",
    "那个机构的总部在哪里？",
    "谁资助它们？",
    "再举几个例子",
    "再说说弹药的情况",
    "他们什么时候开会？",
    "总共是多少钱？",
    "此外还有什么建议？",
    "那第二年那次呢？",
    "那土造的枪呢？还收了几件没炸的弹药？",
    "而女性呢？",
    "这份报告是谁写的？",
    "那第22段呢？",
    "同样的问题在亚洲如何？",
    "它的任务是什么？",
]
STANDING_EN = [
    "So far, how many States have reported?",
    "So-called ghost guns: what are they?",
    "How many States mark their weapons?",
    "Which countries reported on their stockpiles?",
    "What did Germany say about its stockpile?",
    "Is it legal to export pistols to Mali?",
    "How long does it take to trace a weapon?",
    "Also known as iARMS, what does the system do?",
    "What becomes of those who traffic in arms?",
    "Who helps those affected by armed violence?",
    "So many weapons were destroyed in Mali: why?",
    "And/or: how is the term used?",
    "Then-President of BMS7: who was it?",
    "Do States share their data with INTERPOL?",
    "But for the embargo, would arms have come in?",
    "What happened the year after BMS7 ended?",
    "When States destroy arms, how do they report?",
    "What does paragraph 21 of S/2021/839 say?",
    "And what does S/2021/839, para. 21 say?",
    "How many firearms did the States seize?",
    "Which organization is the one that keeps records?",
    "Is it true that 92 States reported?",
    "Which body oversees its own elections?",
]
STANDING_ZH = [
    "再生能源武器有哪些规定？",
    "再出口需要什么授权？",
    "再次审议大会什么时候举行？",
    "应该报告哪些内容？",
    "该如何处理过剩弹药？",
    "各国如何管理他们的库存？",
    "什么是终结倡议呢？",
    "2021年有多少国家提交了报告呢？",
    "这些年来小武器的趋势如何？",
    "那不勒斯会议讨论了什么？",
    "他国援助了多少资金？",
    "谁负责武器的标识呢？",
    "裁军厅和它的伙伴做了什么？",
    "应该文件化哪些程序？",
    "其实小武器的定义是什么？",
    "S/2021/839第21段说了什么？",
    "那S/2021/839第21段说了什么？",
    "妇女和她们的组织起什么作用？",
    "再培训方案由谁出资？",
    "小武器贩运和枪支犯罪有什么关系？",
    "这里说的轻武器指什么？",
    "联合国向哪些国家提供援助呢？",
]


@pytest.mark.parametrize("question", [*LEANING_EN, *LEANING_ZH])
def test_a_follow_up_is_asked_with_the_question_before(question: str) -> None:
    assert stand_alone(question, [Turn("What is BMS7?", "…")]) != question


@pytest.mark.parametrize("question", [*STANDING_EN, *STANDING_ZH])
def test_a_question_that_only_looks_like_a_follow_up_is_asked_alone(question: str) -> None:
    assert stand_alone(question, [Turn("What is BMS7?", "…")]) == question


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_follow_up_of_the_dev_questions_leans_and_nothing_else_does(language: str) -> None:
    questions = [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]
    asked = [each for each in questions if each.lang == language]
    leans = [each.id for each in asked if stand_alone(each.text, [Turn("?", "…")]) != each.text]
    assert leans == [each.id for each in asked if each.history]


@pytest.mark.parametrize("question", ["And in 2012?", "那2012年呢？", "Why?"])
def test_without_a_turn_before_nothing_is_added(question: str) -> None:
    assert stand_alone(question, []) == question


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How many weapons were collected?", {"count"}),
        ("收缴了多少件武器？", {"count"}),
        ("What percentage of deaths were by firearm?", {"share"}),
        ("2015年占比例如何？", {"share"}),
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
        ("为什么报告数目下降？", {"why"}),
        ("What is MOSAIC?", set()),
        ("什么是“终结”倡议？", set()),
    ],
)
def test_the_wording_tells_what_is_asked_for(question: str, kinds: set[str]) -> None:
    asked = asks(question)
    assert {*asked.kinds, *(kind for kind in ("list", "compare") if getattr(asked, kind))} == kinds


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many weapons were collected?", True),
        ("收缴了多少件武器？", True),
        ("When was BMS7 held, and why?", True),
        ("第七次双年度会议何时举行，为什么？", True),
        ("Why were few reports submitted?", False),
        ("为什么很少有国家提交报告？", False),
        ("Which countries received help?", False),
        ("哪些国家得到了援助？", False),
    ],
)
def test_a_number_or_a_date_is_a_figure_and_a_reason_is_none(question: str, figure: bool) -> None:
    assert asks(question).figure is figure


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How many States reported? Which are in Africa?", ["How many States reported", "Which are in Africa"]),
        ("有多少国家提交了报告？其中哪些在非洲？", ["有多少国家提交了报告", "其中哪些在非洲"]),
        ("Who chaired BMS7, and when did it meet?", ["Who chaired BMS7", "when did it meet?"]),
        ("谁主持了双年度会议，又在哪个城市召开？", ["谁主持了双年度会议", "在哪个城市召开"]),
        ("How many States reported?", []),
        ("有多少国家提交了报告？", []),
        ("How many States reported? Why?", []),  # too short to be looked for alone
        ("有多少国家提交了报告？为什么？", []),
        ("According to the report of 2012, which States reported?", []),  # what asks nothing is no part
        ("When the States voted on paragraph 92, what made France vote against?", []),
        ("S/2021/839 tells of a fund, which was opened in 2019, where ammunition is stored.", []),
        ("两份报告都援引了公约。请按年份逐项列出。", []),
        ("任何国家都可以在几内亚报告；哪些国家提交了报告？", []),
        (
            "Ports: in which city did the group meet in 2011, and to how many States did it report? (A/67/176)",
            ["Ports: in which city did the group meet in 2011", "to how many States did it report, (A/67/176)"],
        ),
        (
            "Both reports cite the treaty. Which article do they name and what do they say of it?",
            ["Both reports cite the treaty, Which article do they name", "what do they say of it"],
        ),
        ("The 2012 conference met when? And the first one?", ["The 2012 conference met when", "And the first one"]),
        ("會議是哪幾天開的？各國希望專題審還是通盤審？", ["會議是哪幾天開的", "各國希望專題審還是通盤審"]),
    ],
)
def test_a_question_that_asks_several_things_has_parts(question: str, parts: list[str]) -> None:
    assert [part.rstrip("?") for part in Question.of(question).parts] == [part.rstrip("?") for part in parts]


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("How many ilicit arms, ilicit ammunition?", "How many illicit arms, illicit ammunition?"),
        ("ilicit是什么意思？", "illicit是什么意思？"),
        ("How many illicit arms?", "How many illicit arms?"),
    ],
)
def test_a_question_is_read_with_its_misspelt_words_put_right(asked: str, searched: str) -> None:
    question = Question(asked, asked, {"ilicit": "illicit"})
    assert (question.text, question.asked) == (searched, asked)


@pytest.mark.parametrize(
    ("asked", "code", "language"),
    [
        ("Combien d'armes ont été saisies ?", "fr", "en"),
        ("武器は何丁回収されましたか", "ja", "en"),
        ("How many?", None, "en"),
        ("多少？", None, "zh"),
    ],
)
def test_a_third_language_is_answered_in_english(asked: str, code: str | None, language: str) -> None:
    question = Question.of(asked)
    assert (question.foreign, question.language) == (code, language)
