"""rag.references: every printed form of a reference to the paragraphs it names, and back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_index import CREWS, FERRIES, ferry_paragraphs

from rag.errors import UnknownParagraph
from rag.records import Paragraph, Report
from rag.references import find_paragraphs, look_up, named_reports, printed_references, written
from rag.reports import ReadReport

S, A67, BMS, A70, UNODC = "S/2021/839", "A/67/176", "A/CONF.192/BMS/2021/1", "A/70/183", "004_0cf6bfd787c3b7d3"
Seeds = tuple[dict[str, Report], tuple[Paragraph, ...]]


@pytest.fixture(scope="module")
def known(seeds: tuple[ReadReport, ...]) -> Seeds:
    return {each.report.id: each.report for each in seeds}, tuple(p for each in seeds for p in each.paragraphs)


def found(text: str, known: Seeds) -> list[str]:
    return [paragraph.id for paragraph in find_paragraphs(text, *known)]


def named(text: str, known: Seeds) -> list[str]:
    return [paragraph.id for paragraph in look_up(text, *known).named]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_reference_printed_for_a_paragraph_finds_that_paragraph_alone(language: str, known: Seeds) -> None:
    reports, paragraphs = known
    printed = {p.id: written(p, reports[p.report], language) for p in paragraphs}
    assert {each: found(reference, known) for each, reference in printed.items()} == {each: [each] for each in printed}
    assert len(set(printed.values())) == len(paragraphs)


def test_an_id_finds_its_paragraph_alone(known: Seeds) -> None:
    assert all(found(paragraph.id, known) == [paragraph.id] for paragraph in known[1])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("S/2021/839#21", [f"{S}#21"]),
        ("s/2021/839#21", [f"{S}#21"]),
        ("看S/2021/839#21说了什么", [f"{S}#21"]),
        ("BMS7#annex-92", [f"{BMS}#annex-92"]),
        ("A/70/183#annex-table-17", [f"{A70}#annex-table-17"]),
        ("S/2021/839, para. 21", [f"{S}#21"]),
        ("S/2021/839, para.21", [f"{S}#21"]),
        ("S/2021/839, para21", [f"{S}#21"]),
        ("S/2021/839, para. 21 (a)", [f"{S}#21"]),
        ("S/2021/839, para. 21 (a) (ii)", [f"{S}#21"]),
        ("S/2021/839, paragraph 21(a) and (b)", [f"{S}#21"]),
        ("S/2021/839 para 21", [f"{S}#21"]),
        ("S/2021/839 ¶21", [f"{S}#21"]),
        ("S/2021/839, § 21", [f"{S}#21"]),
        ("S/2021/839 paragraph 21", [f"{S}#21"]),
        ("S/2021/839 paragraph twenty-one", [f"{S}#21"]),
        ("the 21st paragraph of S/2021/839", [f"{S}#21"]),
        ("paragraph 21 of document S/2021/839", [f"{S}#21"]),
        ("paragraph 21 (S/2021/839)", [f"{S}#21"]),
        ("S/2021/839 21", [f"{S}#21"]),
        ("S/2021/839，第21段", [f"{S}#21"]),
        ("S/2021/839第21段", [f"{S}#21"]),
        ("S/2021/839 第 21 段", [f"{S}#21"]),
        ("S/2021/839的21段", [f"{S}#21"]),
        ("Ｓ／２０２１／８３９第２１段", [f"{S}#21"]),
        ("S/2021/839第二十一段", [f"{S}#21"]),
        ("S/2021/839第21段(a)", [f"{S}#21"]),
        ("S/2021/839第21段（a）分段", [f"{S}#21"]),
        ("S/2021/839第21(a)段", [f"{S}#21"]),
        ("第21段（S/2021/839）", [f"{S}#21"]),
        ("文件S/2021/839的第21段", [f"{S}#21"]),
        ("《S/2021/839》第21段", [f"{S}#21"]),
        ("000_2474981921580e93.txt第21段", [f"{S}#21"]),
        ("004_0cf6bfd787c3b7d3第65段", [f"{UNODC}#65"]),
        ("UNODC report, para. 65", [f"{UNODC}#65"]),
        ("2022年毒品和犯罪问题办公室報告第65段", [f"{UNODC}#65"]),
        ("S/2021/839, paras. 21-23", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839, paras. 21–23", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839, paras. 21 to 23", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839, pp. 21-23", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839, paragraph 21 through paragraph 23", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839第21至23段", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839第21-23段", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839第21段至第23段", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839第二十一至二十三段", [f"{S}#21", f"{S}#22", f"{S}#23"]),
        ("S/2021/839, paras. 21, 24 and 60", [f"{S}#21", f"{S}#24", f"{S}#60"]),
        ("S/2021/839第21、24和60段", [f"{S}#21", f"{S}#24", f"{S}#60"]),
        ("S/2021/839第21段、第24段和第60段", [f"{S}#21", f"{S}#24", f"{S}#60"]),
        ("S/2021/839, paras. 21, 24-26", [f"{S}#21", f"{S}#24", f"{S}#25", f"{S}#26"]),
        ("BMS7 annex para 92", [f"{BMS}#annex-92"]),
        ("BMS7 annex 92", [f"{BMS}#annex-92"]),
        ("BMS7 annex, paragraph 24", [f"{BMS}#annex-24"]),
        ("annex, paragraph 24", [f"{BMS}#annex-24"]),
        ("para 92 of the BMS7 outcome", [f"{BMS}#annex-92"]),
        ("BMS7 outcome document, para. 92", [f"{BMS}#annex-92"]),
        ("BMS7成果文件第92段", [f"{BMS}#annex-92"]),
        ("paragraph 24 of the annex to A/CONF.192/BMS/2021/1", [f"{BMS}#annex-24"]),
        ("annex to A/CONF.192/BMS/2021/1, para. 24", [f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1, annex I, para. 24", [f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1附件第24段", [f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1附件中的第24段", [f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1附件一第24段", [f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1附件第24段和第30段", [f"{BMS}#annex-24", f"{BMS}#annex-30"]),
        ("第七次雙年度會議附件第92段", [f"{BMS}#annex-92"]),
        ("A/CONF.192/BMS/2021/1, para. 24", [f"{BMS}#24", f"{BMS}#24-2", f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1第24段", [f"{BMS}#24", f"{BMS}#24-2", f"{BMS}#annex-24"]),
        ("A/CONF.192/BMS/2021/1正文第24段", [f"{BMS}#24", f"{BMS}#24-2"]),
        ("A/CONF.192/BMS/2021/1 para. 24-2", [f"{BMS}#24-2"]),
        ("A/70/183, summary, para. 1", [f"{A70}#summary-1"]),
        ("A/70/183摘要第2段", [f"{A70}#summary-2"]),
        ("para. 2 of the summary of A/70/183", [f"{A70}#summary-2"]),
        ("a summary of para. 44 of A/70/183", [f"{A70}#44"]),
        ("A/70/183附件表第17行", [f"{A70}#annex-table-17"]),
        ("A/70/183, annex, table row 17", [f"{A70}#annex-table-17"]),
        ("A/70/183, rows 17 to 19", [f"{A70}#annex-table-{n}" for n in (17, 18, 19)]),
        ("S/2021/839, para. 21 and A/70/183, para. 44", [f"{S}#21", f"{A70}#44"]),
        ("paragraph 21 of S/2021/839 and paragraph 44 of A/70/183", [f"{S}#21", f"{A70}#44"]),
        ("S/2021/839第21段、A/70/183第44段", [f"{S}#21", f"{A70}#44"]),
        ("S/2021/839第21段和第43段与A/70/183第44段", [f"{S}#21", f"{S}#43", f"{A70}#44"]),
        ("para. 21 of S/2021/839 and para. 24 of the annex to BMS7", [f"{S}#21", f"{BMS}#annex-24"]),
        ("S/2021/839 para 21 and annex para 24 of BMS7", [f"{S}#21", f"{BMS}#annex-24"]),
    ],
)
def test_a_printed_form_finds_what_it_names(form: str, expected: list[str], known: Seeds) -> None:
    assert found(form, known) == expected


@pytest.mark.parametrize(
    "question",
    [
        "S/2021/839第43段",
        "What does paragraph 43 of S/2021/839 say?",
        "Could you summarise para. 43 of S/2021/839?",
        "Tell me what para. 43 of S/2021/839 is about.",
        "請概括S/2021/839第43段的內容。",
        "S/2021/839第43段的意思是什么？",
        "S/2021/839第43段讲的啥？",
        "S/2021/839#43",
    ],
)
def test_a_question_that_asks_for_a_paragraph_and_nothing_else_says_so(question: str, known: Seeds) -> None:
    asked = look_up(question, *known)
    assert ([paragraph.id for paragraph in asked.named], asked.only) == ([f"{S}#43"], True)


@pytest.mark.parametrize(
    "question",
    [
        "What organizations come up in para. 29 of A/67/176?",
        "A/67/176第29段提到跟哪些组织合作？",
        "A/67/176#29 区域组织",
    ],
)
def test_a_question_about_a_named_paragraph_asks_for_more(question: str, known: Seeds) -> None:
    asked = look_up(question, *known)
    assert ([paragraph.id for paragraph in asked.named], asked.only) == ([f"{A67}#29"], False)


@pytest.mark.parametrize(
    "question",
    [
        "What does S/2021/839 say of paragraph 5 of resolution 2220 (2015)?",
        "S/2021/839如何提到第2220(2015)号决议第5段？",
        "What was said in paragraph 38 of the Programme of Action?",
        "《行动纲领》第38段的要求执行得如何，各国有何困难？",
        "paragraph 3 of A/75/78",
        "In 2021, 3 paragraphs were added.",
        "用3段话介绍小武器问题",
        "S/2021/839 paragraph 2021",
        "",
    ],
)
def test_what_is_no_paragraph_of_these_reports_names_none(question: str, known: Seeds) -> None:
    assert named(question, known) == []


def test_a_number_alone_names_that_paragraph_of_every_report(known: Seeds) -> None:
    assert named("第38段", known) == [f"{S}#38", f"{A70}#38", f"{UNODC}#38", f"{BMS}#annex-38"]


@pytest.mark.parametrize(
    ("unknown", "near"),
    [("S/2021/839#99", "S/2021/839#9"), ("S/2021/839第99段", S), ("A/70/183, annex, para. 3", A70), ("nonsense", "#")],
)
def test_an_unknown_reference_is_answered_with_near_ids(unknown: str, near: str, known: Seeds) -> None:
    with pytest.raises(UnknownParagraph) as problem:
        find_paragraphs(unknown, *known)
    assert unknown in str(problem.value)
    assert near in str(problem.value)
    assert "\n" not in str(problem.value)


def test_reports_are_named_by_symbol_alias_title_and_file_but_not_inside_other_names(known: Seeds) -> None:
    reports = known[0].values()
    text = "比较A/67/176、BMS 7和2015年秘书长小武器报告（A/70/183）；A/70/1833、XBMS7与A/70/183/Add.1不算"
    assert [each.report for each in named_reports(text, reports)] == [A67, BMS, A70, A70]
    for report in reports:
        for name in (report.id, report.file, report.short_title, *report.titles.values(), *report.aliases):
            assert [each.report for each in named_reports(f"see {name}.", reports)] == [report.id], name


def test_a_text_without_printed_numbers_is_referred_to_by_counted_ones() -> None:
    (_, english), (_, chinese) = ferry_paragraphs()
    known = ({FERRIES.id: FERRIES, CREWS.id: CREWS}, (*english, *chinese))
    assert written(chinese[1], CREWS, "en") == "crews.txt, unnumbered para. 2"
    for form in ("crews#p2", "crews.txt, unnumbered para. 2", "crews.txt，无编号第2段"):
        assert found(form, known) == ["crews#p2"]
    with pytest.raises(UnknownParagraph, match="Nearest: crews#p2"):  # what is counted is no paragraph 2
        find_paragraphs("crews.txt para 2", *known)
    assert named("how many crews were trained, para. 2", known) == []  # a common word is no report's name


def test_a_plain_reference_is_as_short_as_delegates_write_it(known: Seeds) -> None:
    reports, paragraphs = known
    by_id = {paragraph.id: paragraph for paragraph in paragraphs}
    expected = {
        f"{S}#21": ("S/2021/839, para. 21", "S/2021/839，第21段"),
        f"{BMS}#annex-92": ("A/CONF.192/BMS/2021/1, annex, para. 92", "A/CONF.192/BMS/2021/1，附件，第92段"),
    }
    for each, (english, chinese) in expected.items():
        paragraph = by_id[each]
        report = reports[paragraph.report]
        assert (written(paragraph, report, "en"), written(paragraph, report, "zh")) == (english, chinese)


ANNEXED = Report("A/99/9", "annexed.txt", "en", "", "2" * 64, symbol="A/99/9")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_any_number_of_annexes_can_be_written_and_found(language: str) -> None:
    parts = ["main", "annex", *(f"annex-{n}" for n in range(2, 100)), "annex-12-table"]
    given = {"printed": "3", "printed_elsewhere": True, "row": "Row"}
    paragraphs = [Paragraph("A/99/9", part, "3", n, "Text.", "en", **given) for n, part in enumerate(parts)]
    known = ({ANNEXED.id: ANNEXED}, paragraphs)
    printed = [written(paragraph, ANNEXED, language) for paragraph in paragraphs]
    assert [found(each, known) for each in printed] == [[paragraph.id] for paragraph in paragraphs]
    assert found("A/99/9 annex XII para 3", known) == ["A/99/9#annex-12-3"]
    assert found("A/99/9附件十二第3段", known) == found("A/99/9附件12第3段", known) == ["A/99/9#annex-12-3"]
    assert found("annexes of A/99/9, para 3", known) == ["A/99/9#annex-3"]


@pytest.mark.parametrize("reference", ["BMS7 annexes para 3", "annex 45 of BMS7, paragraph 3 to paragraph 0", "第0段"])
def test_numbers_that_nothing_bears_are_no_crash(reference: str, known: Seeds) -> None:
    printed_references(reference, known[0].values())
    named(reference, known)


def test_a_report_without_paragraphs_is_told_with_the_nearest_of_others(known: Seeds) -> None:
    notes = Report("A/99/8", "notes.txt", "en", "1 A note.", "3" * 64, symbol="A/99/8")
    with pytest.raises(UnknownParagraph, match="Nearest: S/2021/839"):
        find_paragraphs("A/99/8, para. 1", {**known[0], notes.id: notes}, known[1])
    with pytest.raises(UnknownParagraph, match="rapporteur build"):
        find_paragraphs("A/99/8, para. 1", {notes.id: notes}, ())


@given(
    st.text(
        st.one_of(st.sampled_from("S/2021/839第21段和至-annex para. (a)#、BMS7附件摘要行 "), st.characters()),
        max_size=80,
    )
)
def test_any_text_can_be_read_for_references(text: str) -> None:
    reports = dict(report for report, _ in [((FERRIES.id, FERRIES), None)])
    paragraphs = ferry_paragraphs()[0][1]
    assert all(paragraph in paragraphs for paragraph in look_up(text, reports, paragraphs).named)


@pytest.mark.parametrize(
    "piece", ["第1、", "para 1 (a) and ", "annex the of ", "A/99/123, ", "一", "1-", "#a", "(S/2021/839 "]
)
def test_a_long_text_is_read_in_linear_time(piece: str) -> None:
    reports = [FERRIES, CREWS]
    started = time.process_time()
    printed_references(piece * 1000, reports)
    assert time.process_time() - started < 1.0
