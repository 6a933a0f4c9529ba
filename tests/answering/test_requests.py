"""rag.answering.requests: what a question asks of whole reports, in both languages, and what it does not."""

import pytest
from made_index import FakeEmbedder, indexed
from shoals import LIBRARY

from rag.answering.requests import Changes, News, Place, Request, Summary, read_request
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Turn

SG2021, SG2015, SG2012, BMS7 = "S/2021/839", "A/70/183", "A/67/176", "A/CONF.192/BMS/2021/1"


def read(question: str, index: Index, lexicon: Lexicon, filters: Filters = Filters()) -> Request | None:
    return read_request(Question.of(question), index, lexicon, filters)


@pytest.mark.parametrize(
    ("question", "kind", "reports", "place"),
    [
        ("Summarise section III of A/70/183", "overview", [SG2015], Place(number="3")),
        ("概述A/70/183第三节", "overview", [SG2015], Place(number="3")),
        ("概述A/70/183第三節", "overview", [SG2015], Place(number="3")),
        ("summarize section II.A of S/2021/839", "overview", [SG2021], Place(number="2", below="a")),
        ("概括S/2021/839第二节B部分", "overview", [SG2021], Place(number="2", below="b")),
        ("summary of the annex of A/70/183", "overview", [SG2015], Place(part="annex")),
        ("BMS7成果文件的主要内容是什么？", "overview", [BMS7], Place(part="annex")),
        ("Give me an outline of A/67/176, please.", "overview", [SG2012], Place()),
        ("请总结一下A/67/176这份报告", "overview", [SG2012], Place()),
        ("What is A/70/183 about?", "overview", [SG2015], Place()),
        ("A/70/183讲了些什么？", "overview", [SG2015], Place()),
        ("Summarise the last section of A/70/183", "overview", [SG2015], Place(number="last")),
        ("what does the 2015 report recommend?", "recommendations", [SG2015], Place()),
        ("What does the 2021 report recommend?", "recommendations", [BMS7, SG2021], Place()),
        ("S/2021/839的主要建议是什么？", "recommendations", [SG2021], Place()),
        ("Summarise the conclusions of A/67/176", "conclusions", [SG2012], Place()),
        ("A/67/176得出了哪些结论？", "conclusions", [SG2012], Place()),
        ("What did BMS7 decide?", "decisions", [BMS7], Place()),
        ("第七次双年度会议作出了哪些决定？", "decisions", [BMS7], Place()),
        (
            "summarise the section on children of S/2021/839",
            "overview",
            [SG2021],
            Place(words="children", by_heading=True),
        ),
        ("总结一下S/2021/839关于儿童的一节", "overview", [SG2021], Place(words="儿童", by_heading=True)),
    ],
)
def test_a_report_or_section_is_asked_for(
    question: str, kind: str, reports: list[str], place: Place, quick_index: Index, lexicon: Lexicon
) -> None:
    assert read(question, quick_index, lexicon) == Summary(kind, tuple(reports), place)


@pytest.mark.parametrize("question", ["Summarise A/75/999", "总结A/75/999", "Summarise the 2006 report"])
def test_a_document_that_is_not_there_is_told_of(question: str, quick_index: Index, lexicon: Lexicon) -> None:
    request = read(question, quick_index, lexicon)
    assert isinstance(request, Summary)
    assert not request.reports
    assert len(request.absent) == 1


@pytest.mark.parametrize(
    ("question", "later", "earlier"),
    [
        ("what is new in 2021 as against 2015", {SG2021, BMS7}, {SG2015}),
        ("2021年报告与2015年相比有什么新内容？", {SG2021, BMS7}, {SG2015}),
        ("What's new in S/2021/839 compared with A/70/183?", {SG2021}, {SG2015}),
        ("与A/67/176相比，A/70/183新增了哪些内容？", {SG2015}, {SG2012}),
        ("What is new in A/70/183 compared with the previous report?", {SG2015}, {SG2012}),
        ("A/70/183比上一份报告多了什么新内容？", {SG2015}, {SG2012}),
    ],
)
def test_what_is_new_is_asked_for(
    question: str, later: set[str], earlier: set[str], quick_index: Index, lexicon: Lexicon
) -> None:
    request = read(question, quick_index, lexicon)
    assert isinstance(request, News)
    assert (set(request.later), set(request.earlier)) == (later, earlier)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("How has the view of marking and tracing changed over the years?", "marking and tracing"),
        ("How have the reports' statements on women evolved over time?", "women"),
        ("How has climate change changed over the years?", "climate change"),
        ("How did the treatment of ammunition change over the years?", "ammunition"),
        ("Trace the evolution of the Arms Trade Treaty across the reports", "arms trade treaty"),
        ("弹药问题历年来有什么变化", "弹药"),
        ("多年來彈藥問題有什麼變化？", "弹药"),
        ("气候变化问题历年来有何变化？", "气候变化"),
        ("各报告对标识和追查的看法这些年有何变化？", "标识和追查"),
        ("历年报告中关于妇女的提法如何演变？", "妇女"),
    ],
)
def test_a_change_over_the_years_is_asked_for(
    question: str, subject: str, quick_index: Index, lexicon: Lexicon
) -> None:
    assert read(question, quick_index, lexicon) == Changes(subject)


@pytest.mark.parametrize(
    "question",
    [
        "Summarise the impact on children",
        "概述轻小武器对儿童的影响",
        "What does S/2021/839 recommend on ammunition?",
        "S/2021/839对弹药管理有什么建议？",
        "What are the main points of the outcome document agreed at RevCon1 in 2006?",
        "What new technologies does A/70/183 mention?",
        "How many States reported in 2021 as against 2012?",
        "What changed between 2012 and 2021 in the number of reports?",
        "2012年和2021年提交报告的国家数目有什么变化？",
        "How are weapons marked?",
        "什么是国际追查文书？",
        "Hello",
        "你好",
    ],
)
def test_something_else_is_asked_for(question: str, quick_index: Index, lexicon: Lexicon) -> None:
    assert read(question, quick_index, lexicon) is None


@pytest.fixture(scope="module")
def shoals(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(LIBRARY, tmp_path_factory.mktemp("shoals") / "index", FakeEmbedder(), lexicon)


@pytest.mark.parametrize("question", ["What does this report recommend?", "这份报告的主要建议是什么？"])
def test_this_report_is_the_one_that_was_cited_or_that_filters_leave(
    question: str, shoals: Index, lexicon: Lexicon
) -> None:
    history = [Turn("How often are shoals dredged?", "…", cited=("A/93/20",))]
    cited = read_request(Question.parse(question, history, 200), shoals, lexicon, Filters())
    filtered = read(question, shoals, lexicon, Filters(frozenset({"A/90/10"})))
    assert cited == Summary("recommendations", ("A/93/20",))
    assert filtered == Summary("recommendations", ("A/90/10",))


@pytest.mark.parametrize(
    ("before", "question", "told"),
    [
        ("Summarise section II of A/93/20", "And section III?", Summary("overview", ("A/93/20",), Place(number="3"))),
        ("概述A/94/30第二节", "那第三节呢？", Summary("overview", ("A/94/30",), Place(number="3"))),
        ("What does A/93/20 recommend?", "And A/90/10?", Summary("recommendations", ("A/90/10",))),
        ("A/93/20提出了哪些建议？", "那A/90/10呢？", Summary("recommendations", ("A/90/10",))),
        (
            "What does A/93/20 recommend?",
            "And the annex?",
            Summary("recommendations", ("A/93/20",), Place(part="annex")),
        ),
    ],
)
def test_a_follow_up_asks_the_same_of_another_section_or_report(
    before: str, question: str, told: Summary, shoals: Index, lexicon: Lexicon
) -> None:
    asked = Question.parse(question, [Turn(before, "…", cited=("A/93/20",))], 200)
    assert read_request(asked, shoals, lexicon, Filters()) == told


@pytest.mark.parametrize("question", ["Summarise all the reports", "概述所有报告"])
def test_all_reports_are_not_the_one_before(question: str, shoals: Index, lexicon: Lexicon) -> None:
    history = [Turn("?", "…", cited=("A/93/20",))]
    request = read_request(Question.parse(question, history, 200), shoals, lexicon, Filters())
    assert isinstance(request, Summary)
    assert request.reports == ("A/94/30", "A/93/20", "A/90/10")


def test_a_report_that_is_filtered_out_is_not_there(shoals: Index, lexicon: Lexicon) -> None:
    request = read("Summarise A/93/20", shoals, lexicon, Filters(years=frozenset({2030})))
    assert request == Summary("overview", (), absent=("A/93/20",))
