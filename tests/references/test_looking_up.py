"""rag.references.look_up: a question to what its references name, and what it is told of what is not there."""

import pytest
from recombined import read, recombinations

from rag.lexicon import Lexicon, read_glossary
from rag.records import Footnote, Paragraph, Report
from rag.references import LookUp, look_up, not_there
from rag.reports import ReadReport
from rag.text import language

S, A67, BMS, A70, UNODC = "S/2021/839", "A/67/176", "A/CONF.192/BMS/2021/1", "A/70/183", "004_0cf6bfd787c3b7d3"
Seeds = tuple[dict[str, Report], tuple[Paragraph, ...]]
LEXICON = Lexicon(read_glossary(), dict)


@pytest.fixture(scope="module")
def known(seeds: tuple[ReadReport, ...]) -> Seeds:
    return {each.report.id: each.report for each in seeds}, tuple(p for each in seeds for p in each.paragraphs)


def asked(question: str, known: Seeds) -> LookUp:
    return look_up(question, *known, LEXICON.forms)


def named(look: LookUp) -> list[str]:
    return [p.id for p in look.paragraphs] + [f"{carrier.id}!{note.mark}" for carrier, note in look.footnotes]


BOTH_24 = [f"{BMS}#24", f"{BMS}#24-2"]
FORMS = [
    # by symbol
    ("What does para. 21 of S/2021/839 say?", [f"{S}#21"]),
    ("S/2021/839第21段说了什么？", [f"{S}#21"]),
    ("Let me see S/2021/839, paragraph twenty-one", [f"{S}#21"]),
    ("请介绍一下S/2021/839号文件第二十一段", [f"{S}#21"]),
    ("paras 85-90 of S/2021/839", [f"{S}#85", f"{S}#86"]),
    ("S/2021/839第85至90段", [f"{S}#85", f"{S}#86"]),
    ("S/2021/839 paras 20, 21 and 900", [f"{S}#20", f"{S}#21"]),
    ("S/2021/839第20段、第21段和第900段", [f"{S}#20", f"{S}#21"]),
    ("S/2021/839, para. 21 and A/75/78, para. 3", [f"{S}#21"]),
    ("S/2021/839第21段和A/75/78第3段", [f"{S}#21"]),
    # by year, body, subject
    ("第12段 of UNODC's report of 2022", [f"{UNODC}#12"]),
    ("para 12 of the 2022 UNODC report", [f"{UNODC}#12"]),
    ("paragraph 7 of UNODC's report of 2022", [f"{UNODC}#7"]),
    ("毒品和犯罪问题办公室2022年报告第7段", [f"{UNODC}#7"]),
    ("毒罪办2022年报告第12段", [f"{UNODC}#12"]),
    ("UNODC2022年的报告第12段", [f"{UNODC}#12"]),
    ("paragraph 5 of the 2021 report of the Secretary-General on small arms", [f"{S}#5"]),
    ("2021年秘书长关于小武器的报告第5段", [f"{S}#5"]),
    ("the Secretary-General's 2012 report, para. 3", [f"{A67}#3"]),
    ("秘书长2012年的报告第3段", [f"{A67}#3"]),
    ("In the Secretary-General's 2015 report, what does paragraph 44 say?", [f"{A70}#44"]),
    ("秘书长2015年向大会提交的报告第10段", [f"{A70}#10"]),
    ("the report to the Security Council, para. 21", [f"{S}#21"]),
    ("安理会2021年的小武器报告第21段", [f"{S}#21"]),
    ("para 4 of the report of the Biennial Meeting", [f"{BMS}#4", f"{BMS}#annex-4"]),
    ("第十一届会议的报告第6段", [f"{UNODC}#6"]),
    ("in the report on firearms, para 6", [f"{UNODC}#6"]),
    ("关于枪支议定书的报告第6段", [f"{UNODC}#6"]),
    ("para 3 of the 2012 report and para 3 of the 2015 report", [f"{A67}#3", f"{A70}#3"]),
    ("2012年的报告第3段和2015年的报告第3段", [f"{A67}#3", f"{A70}#3"]),
    ("What did paragraph 12 of UNODC's report of 2022 say on training women?", [f"{UNODC}#12"]),
    ("毒罪办2022年报告第12段谈到哪些培训？", [f"{UNODC}#12"]),
    # parts, stated and denied
    ("A/CONF.192/BMS/2021/1 para 24, the report proper, not the annex", BOTH_24),
    ("A/CONF.192/BMS/2021/1第24段，正文，不是附件", BOTH_24),
    ("paragraph 24 of BMS7, not in the annex", BOTH_24),
    ("BMS7第24段（正文）", BOTH_24),
    ("In the report proper, what does BMS7 say in paragraph 24?", BOTH_24),
    ("BMS7正文里第24段写的是什么？", BOTH_24),
    ("BMS7 para 24 of the annex rather than the main text", [f"{BMS}#annex-24"]),
    ("BMS7第24段，附件，不要正文", [f"{BMS}#annex-24"]),
    ("What does the BMS7 outcome say in paragraph 24?", [f"{BMS}#annex-24"]),
    ("BMS7附件一第24段", [f"{BMS}#annex-24"]),
    ("What does the annex of BMS7 say in paragraph 24?", [f"{BMS}#annex-24"]),
    ("第24段，BMS7附件", [f"{BMS}#annex-24"]),
    ("a summary of para. 44 of A/70/183", [f"{A70}#44"]),
    ("A/70/183摘要第2段", [f"{A70}#summary-2"]),
    # footnotes
    ("What does footnote 3 of S/2021/839 say?", [f"{S}#16!3"]),
    ("S/2021/839的脚注3", [f"{S}#16!3"]),
    ("footnotes 2 and 3 of S/2021/839", [f"{S}#3!2", f"{S}#16!3"]),
    ("S/2021/839第3个脚注", [f"{S}#16!3"]),
    ("the 3rd footnote of S/2021/839", [f"{S}#16!3"]),
    ("S/2021/839脚注三", [f"{S}#16!3"]),
    ("footnote 3 of para. 16 of S/2021/839", [f"{S}#16!3"]),
    ("S/2021/839第16段的脚注3", [f"{S}#16!3"]),
    ("What does the footnote of para. 16 of S/2021/839 say?", [f"{S}#16!3"]),
    ("S/2021/839第16段的脚注说什么？", [f"{S}#16!3"]),
    # rows, ids, several readings
    ("A/70/183, annex, table row 17", [f"{A70}#annex-table-17"]),
    ("A/70/183附件表第17行", [f"{A70}#annex-table-17"]),
    ("What does S/2021/839#21 say?", [f"{S}#21"]),
    ("S/2021/839#21说了什么", [f"{S}#21"]),
    ("A/CONF.192/BMS/2021/1 para 24", [*BOTH_24, f"{BMS}#annex-24"]),
    ("A/CONF.192/BMS/2021/1第24段", [*BOTH_24, f"{BMS}#annex-24"]),
    ("paragraph 5 of the 2021 report", [f"{S}#5", f"{BMS}#5", f"{BMS}#annex-5"]),
    ("2021年的报告第5段", [f"{S}#5", f"{BMS}#5", f"{BMS}#annex-5"]),
    ("paragraph 80 of the 2021 report", [f"{S}#80", f"{BMS}#annex-80"]),
    ("第38段", [f"{S}#38", f"{A70}#38", f"{UNODC}#38", f"{BMS}#annex-38"]),
    # nothing: asked about, not looked into; another instrument's; not there
    ("How did the BMS7 vote on keeping paragraph 92 go?", []),
    ("BMS7上保留第92段的表决结果如何？", []),
    ("the vote on keeping paragraph 92", []),
    ("第92段的去留是怎么表决的？", []),
    ("Was paragraph 92 of the BMS7 outcome put to a vote?", []),
    ("BMS7就第92段投票了吗？", []),
    ("Which States voted against paragraph 92 of BMS7?", []),
    ("谁要求删除BMS7附件第92段？", []),
    ("What does S/2021/839 say of paragraph 38 of the Programme of Action?", []),
    ("S/2021/839如何提到《行动纲领》第38段？", []),
    ("What does S/2021/839 say of paragraph 5 of resolution 2220 (2015)?", []),
    ("S/2021/839如何提到第2220(2015)号决议第5段？", []),
    ("What happened in Mali?", []),
    ("用3段话介绍小武器问题", []),
    ("S/2021/839, para. 999", []),
    ("S/2021/839第999段", []),
    ("paragraph 3 to paragraph 0", [f"{r}#3" for r in (S, A67, BMS, A70, UNODC)] + [f"{BMS}#annex-3"]),
    ("S/2021/839第0段", []),
]


@pytest.mark.parametrize(("question", "expected"), FORMS, ids=[question for question, _ in FORMS])
def test_a_question_looks_up_what_it_names_and_nothing_else(question: str, expected: list[str], known: Seeds) -> None:
    assert named(asked(question, known)) == expected


def test_the_table_of_forms_is_large_and_half_of_it_chinese() -> None:
    chinese = [question for question, _ in FORMS if language(question) == "zh"]
    assert len(FORMS) >= 80
    assert 0.45 <= len(chinese) / len(FORMS) <= 0.55


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("S/2021/839, para. 999", "S/2021/839 has no paragraph 999. It has paragraphs 1 to 86."),
        ("S/2021/839第999段", "S/2021/839没有第999段，只有第1至86段。"),
        ("Which States does paragraph 999 of S/2021/839 mention?", "S/2021/839 has no paragraph 999. It has"),
        ("A/67/176第99段提到哪些组织？", "A/67/176没有第99段，只有第1至32段。"),
        ("S/2021/839 paragraph 2021", "S/2021/839 has no paragraph 2021. It has paragraphs 1 to 86."),
        ("S/2021/839#999", "S/2021/839 has no paragraph 999. It has paragraphs 1 to 86."),
        ("S/2021/839第0段", "S/2021/839没有第0段，只有第1至86段。"),
        ("paras 87-90 of S/2021/839", "S/2021/839 has no paragraphs 87 to 90. It has paragraphs 1 to 86."),
        (
            "BMS7 annex para 130",
            f"{BMS} has no paragraph 130 in its annex. It has main text, paragraphs 1 to 25; annex, paragraphs 1 to",
        ),
        ("BMS7附件第130段", f"{BMS}附件没有第130段，只有正文第1至25段；附件第1至122段。"),
        ("S/2021/839, annex II, para. 3", "S/2021/839 has no annex II. It has paragraphs 1 to 86."),
        ("S/2021/839附件第3段", "S/2021/839没有附件，只有第1至86段。"),
        ("footnote 99 of S/2021/839", "S/2021/839 has no footnote 99. It has footnotes 1 to 18."),
        ("S/2021/839的脚注99", "S/2021/839没有脚注99，只有脚注1至18。"),
        (
            "footnote 3 of para. 58 of S/2021/839",
            "S/2021/839 has no footnote 3 in paragraph 58. It has footnotes 1 to 18.",
        ),
        ("A/70/183附件表第99行", "A/70/183附件没有表第99行，只有附件表第1至87行。"),
        ("paragraph 3 of A/75/78", "A/75/78 is not among the reports looked in. They are: S/2021/839; A/67/176;"),
        ("A/75/78第3段", "所查的报告中没有A/75/78。所查的报告：S/2021/839；"),
        ("UNODC report of 2019, para 3", "UNODC report of 2019 is not among the reports looked in."),
        ("2019年的报告第5段", "所查的报告中没有2019年的报告。"),
        ("paragraph 999", "No report has paragraph 999. There are: S/2021/839, paragraphs 1 to 86; A/67/176"),
        ("第999段", "没有一份报告有第999段。现有：S/2021/839，第1至86段；"),
    ],
)
def test_what_is_not_there_is_told_with_what_there_is(question: str, said: str, known: Seeds) -> None:
    look = asked(question, known)
    assert look.in_vain
    assert not look.only
    assert not_there(look, *known, language(question)).startswith(said)
    assert {paragraph.report for paragraph in look.near} <= {S, BMS, A67, A70}


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("paras 85-90 of S/2021/839", "S/2021/839 has no paragraphs 87 to 90. It has paragraphs 1 to 86."),
        ("S/2021/839第21段和A/75/78第3段", "所查的报告中没有A/75/78。"),
    ],
)
def test_what_is_there_is_given_and_the_rest_told(question: str, said: str, known: Seeds) -> None:
    look = asked(question, known)
    assert look.only
    assert not look.in_vain
    assert not_there(look, *known, language(question)).startswith(said)


@pytest.mark.parametrize("question", ["S/2021/839, para. 21", "S/2021/839#21", "S/2021/839#999"])
def test_a_report_that_a_filter_leaves_out_is_not_among_those_looked_in(question: str, known: Seeds) -> None:
    reports, paragraphs = known
    rest = [paragraph for paragraph in paragraphs if paragraph.report != S]
    look = look_up(question, reports, rest, left_out={S})
    said = not_there(look, reports, rest, "en")
    assert look.in_vain
    assert said.startswith("S/2021/839 is not among the reports looked in. They are: A/67/176;")


def test_numbers_that_name_several_paragraphs_are_said_to(known: Seeds) -> None:
    assert asked("BMS7第24段", known).ambiguous
    assert asked("paragraph 5 of the 2021 report", known).ambiguous
    assert not asked("S/2021/839, paras. 21-23", known).ambiguous


def test_an_unnumbered_block_answers_to_no_number() -> None:
    report = Report("A/99/7", "mixed.txt", "en", "", "4" * 64, symbol="A/99/7")
    notes = (Footnote("1", "A note."),)
    blocks = [Paragraph("A/99/7", "main", f"p{n}", n, "Text.", "en", footnotes=notes) for n in range(1, 4)]
    known = ({report.id: report}, (*blocks, Paragraph("A/99/7", "main", "5", 5, "Text.", "en", "5")))
    assert named(asked("A/99/7, paragraph 1", known)) == []
    assert not_there(asked("A/99/7, paragraph 1", known), *known, "en") == (
        "A/99/7 has no paragraph 1. It has paragraph 5."
    )
    assert named(asked("A/99/7, unnumbered para. 1", known)) == ["A/99/7#p1"]
    assert named(asked("A/99/7第5段", known)) == ["A/99/7#5"]


def test_whatever_the_words_of_references_make_is_read_without_an_unforeseen_error(known: Seeds) -> None:
    for question in recombinations(3000, seed=0):
        read(question, *known, LEXICON.forms)
