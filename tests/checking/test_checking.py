"""Tests of rag/checking."""

import random
import re
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed_texts import chinese, english

from rag.checking import Checked, check_answer, complete_statements, plain_markers
from rag.checking.comparison import compare
from rag.checking.passages import MARKER, cite_quote, texts_of, unsupported_figures
from rag.checking.statements import refuses
from rag.data import table
from rag.lexicon import Lexicon
from rag.records import Footnote, Language, Paragraph, Report, Translation, Verdict
from rag.text import find_quote, sentences

REPORT = Report(
    "S/2021/839", "a.txt", "zh", "", "0", "S/2021/839", {"zh": "小武器和轻武器", "en": "Small arms"}, date="2021-09-30"
)
REPORTS = {REPORT.id: REPORT}
DEATHS = Paragraph(
    "S/2021/839",
    "main",
    "3",
    2,
    "2015年至2020年，在12场武装冲突中，至少有176 095名平民死亡。大多数平民的死因是小武器和轻武器(27%)。",
    "zh",
    "3",
    translations={
        "en": Translation(
            "Between 2015 and 2020, at least 176,095 civilians died in 12 armed conflicts. "
            "Most civilian deaths were caused by small arms and light weapons (27 per cent)."
        )
    },
)
CHAIR = Paragraph(
    "S/2021/839",
    "main",
    "9",
    8,
    "马丁·基马尼当选会议主席，任期一年。各国承诺“充分执行”《行动纲领》。",
    "zh",
    "9",
    footnotes=(Footnote("1", "See resolution 2220 (2015)."),),
)
GIFTS = Paragraph(
    "S/2021/839",
    "main",
    "40",
    39,
    "2019年，德国向马里移交了40件武器，2021年又向乍得移交了60件。一些国家支持这一做法，其他国家没有表示意见。"
    "联合国没有在尼日尔收缴武器。缔约国应销毁过剩武器。秘书长鼓励各国交换信息。大会将在2023年审议此事。对医院的袭击减少，对学校的袭击增多。",
    "zh",
    "40",
    translations={
        "en": Translation(
            "In 2019, Germany gave Mali 40 weapons, and in 2021 it gave Chad 60. Some States supported the practice; "
            "others did not express a view. The United Nations did not collect weapons in the Niger. States parties "
            "should destroy surplus weapons. The Secretary-General encouraged States to exchange information. "
            "The General Assembly will consider the matter in 2023. Attacks on hospitals decreased, "
            "while attacks on schools increased."
        )
    },
)
SEIZED = Paragraph(
    "S/2021/839", "main", "41", 40, "联合国在马里收缴了40件武器。", "zh", "41",
    translations={"en": Translation("The United Nations collected 40 weapons in Mali.")},
)  # fmt: skip
ONLY_ZH = Paragraph("S/2021/839", "main", "42", 41, "联合国在马里收缴了40件武器。", "zh", "42")
PASSAGES = {1: DEATHS, 2: CHAIR}
OK = (Verdict.FOUND, Verdict.FOUND_NORMALISED, Verdict.SUPPORTED)


_LEXICON: list[Lexicon] = []


@pytest.fixture(autouse=True, scope="module")
def _lexicon(lexicon: Lexicon) -> None:
    _LEXICON.append(lexicon)


def _checked(
    answer: str, language: Language = "zh", passages: Mapping[int, Paragraph] = PASSAGES, question: str = ""
) -> Checked:
    return check_answer(answer, passages, REPORTS, language, _LEXICON[0], question)


# Markers


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("According to paragraph 2, he was elected.", "He was elected [2]."),
        ("根据第1段，他当选了。", "他当选了[1]。"),
        ("根据第9段，他当选了。", "根据第9段，他当选了。"),
        ("甲【1】。", "甲[1]。"),
        ("甲［1］。", "甲[1]。"),
        ("甲[１]。", "甲[1]。"),
        ("甲〔1〕。", "甲[1]。"),
        ("甲(1)。", "甲[1]。"),
        ("甲（2）。", "甲[2]。"),
        ("甲 (1)", "甲[1]"),
        ("甲[1, 2]。", "甲[1][2]。"),
        ("甲【1、2】。", "甲[1][2]。"),
        ("甲[1和2]。", "甲[1][2]。"),
        ("甲[段落1]。", "甲[1]。"),
        ("甲[第2段]。", "甲[2]。"),
        ("A [paragraph 1].", "A [1]."),
        ("A [Source 2].", "A [2]."),
        ("A [^1].", "A [1]."),
        ("甲。[1]", "甲[1]。"),
        ("甲。 [1] [2]", "甲[1][2]。"),
        ("A. [1] B. [2]", "A [1]. B [2]."),
        ("“甲。”[1]", "“甲[1]。”"),
        ("甲[9]。", "甲。"),
        ("甲[1][9]。", "甲[1]。"),
        ("甲[0]。", "甲。"),
        ("甲(9)。", "甲(9)。"),
        ("(1) 甲；(2) 乙。", "(1) 甲；(2) 乙。"),
        ("第2220(2015)号决议。", "第2220(2015)号决议。"),
        ("A (2) is B [1].", "A (2) is B [1]."),
    ],
)
def test_markers_are_made_plain(written: str, plain: str) -> None:
    assert plain_markers(written, [1, 2]) == plain


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True), st.sampled_from(["【{}】", "［{}］", "[{}]"]))
def test_what_is_written_as_markers_is_read_as_the_same_numbers(numbers: list[int], form: str) -> None:
    answer = f"甲{''.join(form.format(number) for number in numbers)}。"
    assert [int(found) for found in MARKER.findall(plain_markers(answer, range(1, 10)))] == numbers


@given(st.text(st.sampled_from('甲A1239。.[]【】()（）,、 \n“”"'), max_size=40))
@settings(max_examples=60)
def test_whatever_a_model_writes_only_passages_are_cited(answer: str) -> None:
    checked = _checked(answer)
    assert {citation.paragraph.id for citation in checked.citations} <= {DEATHS.id, CHAIR.id}
    shown = list(dict.fromkeys(map(int, MARKER.findall(checked.text))))
    assert shown == list(range(1, len(shown) + 1))  # numbered by first use
    assert {citation.marker for citation in checked.citations} == set(shown)  # every marker has a verdict


@pytest.mark.parametrize(
    ("cut", "kept"),
    [
        ("甲[1]。乙[2", "甲[1]。"),
        ("甲[1]。乙。丙", "甲[1]。乙。"),
        ("A [1]. B is", "A [1]."),
        ("甲乙丙", "甲乙丙"),
        ("说“甲。”乙", "说“甲。”乙"),
    ],
)
def test_an_answer_cut_by_the_limit_ends_with_its_last_whole_statement(cut: str, kept: str) -> None:
    assert complete_statements(cut) == kept


# Verdicts


@pytest.mark.parametrize(
    ("answer", "language"),
    [
        pytest.param("至少有176095名平民死亡[1]。", "zh", id="figure without blanks"),
        pytest.param("至少17.6095万平民在武装冲突中死亡[1]。", "zh", id="figure in ten thousands"),
        pytest.param("百分之二十七的平民死因是小武器和轻武器[1]。", "zh", id="share in words"),
        pytest.param("会议主席是马丁·基马尼[2]。", "zh", id="name"),
        pytest.param("各国承诺“充分执行”《行动纲领》[2]。", "zh", id="quotation"),
        pytest.param("平民的死因大多是“小武器和轻武器（27％）”[1]。", "zh", id="quotation in other width"),
        pytest.param("2021年的报告（S/2021/839）说，至少有176 095名平民死亡[1]。", "zh", id="report named"),
        pytest.param("At least 176,095 civilians died in armed conflicts [1].", "en", id="English"),
        pytest.param("Small arms caused 27% of civilian deaths [1].", "en", id="English share"),
        pytest.param("“Most civilian deaths were caused by small arms” [1].", "en", id="English quotation"),
    ],
)
def test_what_the_paragraph_says_is_verified(answer: str, language: Language) -> None:
    checked = _checked(answer, language)
    assert (checked.verified, len(checked.left_out)) == (1, 0), checked
    assert all(citation.verdict in OK for citation in checked.citations)
    assert "核实" not in checked.text
    assert "verified" not in checked.text


@pytest.mark.parametrize(
    ("answer", "language", "reason"),
    [
        pytest.param("至少有176 096名平民死亡[1]。", "zh", "figures", id="one digit"),
        pytest.param("至少有27万平民死亡[1]。", "zh", "figures", id="share as a number"),
        pytest.param("2014年至2020年有176 095名平民死亡[1]。", "zh", "figures", id="year"),
        pytest.param("S/2020/839称有176 095名平民死亡[1]。", "zh", "figures", id="symbol"),
        pytest.param("会议主席是马丁·基马尼，任期二年[2]。", "zh", "figures", id="figure in words"),
        pytest.param("平民死因是“小武器或轻武器”[1]。", "zh", "quote", id="quotation altered"),
        pytest.param("会议主席由法国大使担任，副主席来自日本[2]。", "zh", "words", id="made up"),
        pytest.param("海洋渔业配额制度改革取得进展[1]。", "zh", "words", id="another subject"),
        pytest.param("At least 176,095 civilians died [1].", "zh", "language", id="wrong language"),
        pytest.param("至少有176 095名平民死亡[1]。", "en", "language", id="wrong language in English"),
        pytest.param("At least 176,059 civilians died [1].", "en", "figures", id="English digits swapped"),
        pytest.param("A third of civilian deaths were caused by small arms [1].", "en", "figures", id="English share"),
        pytest.param("No civilians died in armed conflicts [1].", "en", "words", id="denied"),
        pytest.param("大多数平民的死因不是小武器和轻武器[1]。", "zh", "words", id="denied in Chinese"),
        pytest.param("“5 civilians died in 12 armed conflicts” [1].", "en", "quote", id="quotation cuts a number"),
        pytest.param("鲸鱼数量在北大西洋回升。", "zh", "source", id="no source"),
    ],
)
def test_what_the_paragraph_does_not_say_is_left_out_with_the_reason(
    answer: str, language: Language, reason: str
) -> None:
    checked = _checked(answer, language)
    assert (checked.verified, len(checked.left_out)) == (0, 1), checked
    assert (checked.text, checked.citations) == ("", ())
    (left_out,) = checked.left_out
    assert MARKER.sub("", answer).rstrip("。. ") == left_out.text.rstrip("。. ")
    pattern = re.escape(table("checking.toml")["wrong"][language][reason]).replace(r"\{what\}", ".+")
    assert re.fullmatch(pattern, left_out.why)
    assert all(citation.verdict not in OK for citation in checked.statements[0].citations)


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        pytest.param("The United Nations did not collect 40 weapons in Mali [2].", "denied", id="contradiction"),
        pytest.param("联合国没有在马里收缴40件武器[2]。", "denied", id="contradiction zh"),
        pytest.param("The United Nations collected 40 weapons in Mali [2].", "supported", id="affirmed"),
        pytest.param("联合国在马里收缴了40件武器[2]。", "supported", id="affirmed zh"),
        pytest.param("The United Nations collected weapons in the Niger [1].", "denied", id="reverse"),
        pytest.param("联合国在尼日尔收缴了武器[1]。", "denied", id="reverse zh"),
        pytest.param("The United Nations did not collect weapons in the Niger [1].", "supported", id="both deny"),
        pytest.param("联合国没有在尼日尔收缴武器[1]。", "supported", id="both deny zh"),
        pytest.param("In 2019, Mali gave Germany 40 weapons [1].", "not-checked", id="names swapped"),
        pytest.param("2019年，马里向德国移交了40件武器[1]。", "not-checked", id="names swapped zh"),
        pytest.param("Germany gave Mali 40 weapons in 2019 [1].", "supported", id="names kept"),
        pytest.param("德国2019年向马里移交了40件武器[1]。", "supported", id="names kept zh"),
        pytest.param("In 2021, Germany gave Mali 40 weapons [1].", "not-checked", id="year swapped"),
        pytest.param("2021年，德国向马里移交了40件武器[1]。", "not-checked", id="year swapped zh"),
        pytest.param("Attacks on schools decreased [1].", "not-checked", id="direction swapped"),
        pytest.param("对学校的袭击减少[1]。", "not-checked", id="direction swapped zh"),
        pytest.param("Attacks on schools increased [1].", "supported", id="direction kept"),
        pytest.param("对学校的袭击增多[1]。", "supported", id="direction kept zh"),
        pytest.param("All States supported the practice [1].", "not-checked", id="all for some"),
        pytest.param("所有国家支持这一做法[1]。", "not-checked", id="all for some zh"),
        pytest.param("Some States supported the practice [1].", "supported", id="some"),
        pytest.param("一些国家支持这一做法[1]。", "supported", id="some zh"),
        pytest.param("The General Assembly considered the matter in 2023 [1].", "not-checked", id="did for will"),
        pytest.param("大会已在2023年审议此事[1]。", "not-checked", id="did for will zh"),
        pytest.param("The General Assembly will consider the matter in 2023 [1].", "supported", id="will"),
        pytest.param("大会将在2023年审议此事[1]。", "supported", id="will zh"),
        pytest.param("States parties have destroyed surplus weapons [1].", "not-checked", id="did for should"),
        pytest.param("缔约国已销毁过剩武器[1]。", "not-checked", id="did for should zh"),
        pytest.param("The Secretary-General encouraged States to exchange information [1].", "supported", id="said by"),
        pytest.param("秘书长鼓励各国交换信息[1]。", "supported", id="said by zh"),
        pytest.param(
            "The General Assembly encouraged States to exchange information [1].", "not-checked", id="by another"
        ),
        pytest.param("大会鼓励各国交换信息[1]。", "not-checked", id="by another zh"),
        pytest.param(
            "In 2019, Germany gave Mali 40 weapons and taught border guards there [1].", "not-checked", id="half"
        ),
        pytest.param("2019年，德国向马里移交了40件武器，并培训边防警察[1]。", "not-checked", id="half zh"),
        pytest.param(
            "The United Nations collected 40 weapons in Mali [3].", "not-checked", id="no text in its language"
        ),
    ],
)
def test_a_statement_is_held_against_what_its_words_are_said_of(statement: str, outcome: str) -> None:
    language: Language = "en" if statement.isascii() else "zh"
    checked = _checked(statement, language, {1: GIFTS, 2: SEIZED, 3: ONLY_ZH})
    verdicts = {"supported": Verdict.SUPPORTED, "not-checked": Verdict.NOT_CHECKED, "denied": Verdict.NOT_FOUND}
    assert [citation.verdict for citation in checked.statements[0].citations] == [verdicts[outcome]], checked
    counts = (checked.verified, checked.unsure, len(checked.left_out))
    assert counts == tuple(int(outcome == each) for each in ("supported", "not-checked", "denied"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_statement_that_is_not_checked_stays_with_a_plain_note(language: Language) -> None:
    answer = "所有国家支持这一做法[1]。" if language == "zh" else "All States supported the practice [1]."
    note = (
        "（措辞未核对；数字和引文已核对）"
        if language == "zh"
        else " (wording not checked; its figures and quotations were)"
    )
    assert _checked(answer, language, {1: GIFTS}).text == answer + note


@pytest.mark.parametrize(
    ("source", "statement", "language"),
    [
        pytest.param(
            "Disarmament is unfinished in the United Nations.", "It is not in the United Nations.", "en", id="un-"
        ),
        pytest.param("非洲和非法贸易未来不断增长。", "非洲和非法贸易没有增长。", "zh", id="非, 未 and 不 in words"),
    ],
)
def test_only_words_that_deny_deny(source: str, statement: str, language: Language) -> None:
    assert compare(statement, [source], language, _LEXICON[0]) != Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("source", "statement", "language"),
    [
        pytest.param("目标国家缺少立法。", "目标国家不缺少立法。", "zh", id="a denial denied"),
        pytest.param("充分的措施构成挑战。", "充分措施的缺失构成挑战。", "zh", id="a lack behind its noun"),
        pytest.param("Reporting is often not timely.", "Reporting is timely.", "en", id="not before an adjective"),
    ],
)
def test_what_denies_is_read_by_its_clause(source: str, statement: str, language: Language) -> None:
    assert compare(statement, [source], language, _LEXICON[0]) == Verdict.NOT_FOUND
    assert compare(source, [source], language, _LEXICON[0]) == Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("source", "statement", "language"),
    [
        pytest.param("该科目前在八个区域实施项目。", "该科目前实施8个项目。", "zh", id="zh"),
        pytest.param("The Section implements projects in eight regions.", "The Section has 8 projects.", "en", id="en"),
    ],
)
def test_a_number_counts_what_it_counts_in_its_paragraph(source: str, statement: str, language: Language) -> None:
    assert compare(statement, [source], language, _LEXICON[0]) == Verdict.NOT_CHECKED
    assert compare(source, [source], language, _LEXICON[0]) == Verdict.SUPPORTED


def test_the_wrong_figures_are_named() -> None:
    assert [each.why for each in _checked("30%的平民死因是小武器和轻武器[1]。").left_out] == ["所引段落中没有30%"]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        pytest.param("马丁·基马尼当选会议主席[1]。", "马丁·基马尼当选会议主席[1]。", id="another passage"),
        pytest.param("根据第2段，马丁·基马尼当选会议主席。", "马丁·基马尼当选会议主席[1]。", id="said first"),
        pytest.param("各国承诺“充分执行”《行动纲领》[1]。", "各国承诺“充分执行”《行动纲领》[1]。", id="quotation"),
    ],
)
def test_a_statement_gets_the_passage_it_rests_on(answer: str, shown: str) -> None:
    checked = _checked(answer, "en" if answer.isascii() else "zh")
    assert checked.text.startswith(shown)
    assert checked.citations[0].paragraph == CHAIR


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        pytest.param("会议主席是谁当选的？", "会议主席当选[2]。", id="repeats the question"),
        pytest.param("Who was elected Chair of the meeting?", "See paragraph 2 [2].", id="a reference in English"),
    ],
)
def test_what_says_nothing_new_is_left_out(question: str, answer: str) -> None:
    checked = _checked(answer, "en" if answer.isascii() else "zh", question=question)
    why = "it says nothing new" if answer.isascii() else "没有说出新内容"
    assert (checked.text, [each.why for each in checked.left_out]) == ("", [why])


def test_words_of_the_question_owe_the_paragraph_nothing_but_names_do() -> None:
    asked = "到头来到底是哪位仁兄拿下了主席这个位子，是在马里吗？"
    said = "到头来拿下主席位子的仁兄是马丁·基马尼[2]。"
    assert _checked(said, question=asked).verified + _checked(said, question=asked).unsure == 1
    assert _checked(said).verified == 0
    assert _checked(said.replace("仁兄是", "仁兄在马里是"), question=asked).verified == 0


def test_a_number_of_things_that_the_question_gave_need_not_be_in_the_paragraph_but_a_year_does() -> None:
    said = "当选的两位主席是马丁·基马尼[2]。"
    assert _checked(said).statements[0].verdict == Verdict.NUMBER_MISMATCH
    assert _checked(said, question="当选的两位主席是谁？").statements[0].verdict != Verdict.NUMBER_MISMATCH
    in_a_year = "1987年当选的主席是马丁·基马尼[2]。"
    asked = "1987年当选的主席是谁？"
    assert _checked(in_a_year, question=asked).statements[0].verdict == Verdict.NUMBER_MISMATCH


def test_good_statements_stay_beside_bad_ones() -> None:
    checked = _checked("至少有176 095名平民死亡[1]。其中99%是儿童[1]。会议主席是基马尼[2]。")
    assert (checked.verified, len(checked.left_out)) == (2, 1)


def test_a_statement_without_a_marker_gets_the_passage_that_supports_it() -> None:
    checked = _checked("至少有176 095名平民死亡。马丁·基马尼当选会议主席。")
    assert checked.text == "至少有176 095名平民死亡[1]。马丁·基马尼当选会议主席[2]。"
    assert [citation.paragraph for citation in checked.citations] == [DEATHS, CHAIR]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param("[1]。", [], id="a marker alone"),
        pytest.param("根据第2段[2]。", [], id="a reference alone, which is read as a marker"),
        pytest.param("其中99名是儿童[1]。其中99名是儿童[1]。", ["其中99名是儿童。"], id="said twice"),
        pytest.param("其中99名是儿童[1]。另有77名妇女[1]。", ["其中99名是儿童。", "另有77名妇女。"], id="two"),
    ],
)
def test_what_is_left_out_is_told_once_and_has_words(answer: str, told: list[str]) -> None:
    checked = _checked(answer)
    assert (checked.text, checked.verified) == ("", 0)
    assert [each.text for each in checked.left_out] == told


def test_markers_that_are_no_passages_are_replaced_or_left_out() -> None:
    assert _checked("马丁·基马尼当选会议主席[7]。").text == "马丁·基马尼当选会议主席[1]。"
    assert _checked("鲸鱼回升了[7]。").citations == ()


def test_markers_are_numbered_by_first_use() -> None:
    checked = _checked("马丁·基马尼当选会议主席[2]。至少有176 095名平民死亡[1]。")
    assert checked.text == "马丁·基马尼当选会议主席[1]。至少有176 095名平民死亡[2]。"
    assert [(c.marker, c.paragraph) for c in checked.citations] == [(1, CHAIR), (2, DEATHS)]


def test_a_passage_cited_for_nothing_is_let_go_beside_one_that_supports() -> None:
    checked = _checked("至少有176 095名平民死亡[1][2]。")
    assert checked.text == "至少有176 095名平民死亡[1]。"
    assert [(c.paragraph, c.verdict) for c in checked.citations] == [(DEATHS, Verdict.SUPPORTED)]


def test_a_lead_in_cites_nothing_and_is_not_counted() -> None:
    checked = _checked("报告指出以下各点：\n- 马丁·基马尼当选会议主席[2]。")
    assert (checked.verified, len(checked.left_out)) == (1, 0)


def test_a_quotation_of_a_rendering_is_unofficial_and_has_the_original_beside_it() -> None:
    (citation,) = _checked("“at least 176,095 civilians died” [1].", "en").citations
    assert (citation.official, citation.verdict) == (False, Verdict.FOUND)
    assert citation.original is not None
    assert citation.original.startswith("2015年至2020年")


def test_footnotes_are_part_of_a_paragraph() -> None:
    assert unsupported_figures("见第2220(2015)号决议", texts_of(CHAIR)) == []
    assert cite_quote(1, CHAIR, "resolution 2220 (2015)", "zh").verdict == Verdict.FOUND
    assert cite_quote(1, CHAIR, "20 (2015)", "zh").verdict == Verdict.NOT_FOUND  # cuts a number


# Refusals


@pytest.mark.parametrize(
    "answer",
    [
        "报告没有回答这个问题。",
        "段落中没有提及这一数字。",
        "根据所给段落，无法确定具体日期。",
        "这些段落均未提到法国。",
        "The reports do not answer this question.",
        "The paragraphs do not mention France.",
        "This cannot be determined.",
    ],
)
def test_a_refusal_is_known_in_other_words(answer: str) -> None:
    assert refuses(answer)
    assert _checked(answer, "zh" if "。" in answer else "en").verified == 0


@pytest.mark.parametrize("answer", ["至少有176 095名平民死亡[1]。", "Civilians died [1].", "会议没有选出主席[2]。"])
def test_an_answer_is_no_refusal(answer: str) -> None:
    assert not refuses(answer)


# Five hundred altered quotations


def _mutants() -> Iterator[tuple[str, str]]:
    """Paragraphs with a quotation of them that is altered, and does not occur in them all the same."""
    chance = random.Random(5)
    sources = {"zh": chinese(), "en": english()}
    made = 0
    while made < 500:
        language: Language = "zh" if made % 2 else "en"
        text = chance.choice(sources[language])
        start, end = chance.choice(sentences(text, language))
        quote = text[start:end]
        if len(quote) < 12:
            continue
        altered = _altered(quote, chance.choice(sources[language]), made % 3, chance)
        if altered is None or _plain(altered) in _plain(text):
            continue
        made += 1
        yield text, altered


def _altered(quote: str, other: str, how: int, chance: random.Random) -> str | None:
    if how == 0:  # one Han character, letter or digit changed
        places = [n for n, character in enumerate(quote) if character.isalnum()]
        n = chance.choice(places)
        pool = "0123456789" if quote[n].isdigit() else "武器国家年会报告" if quote[n] > "\u2e80" else "aeiourst"
        return quote[:n] + chance.choice([c for c in pool if c != quote[n].lower()]) + quote[n + 1 :]
    if how == 1:  # words removed from the middle
        a = chance.randrange(2, len(quote) // 2)
        return quote[:a] + quote[a + chance.randrange(2, 6) :]
    return quote[: len(quote) // 2] + other[len(other) // 2 :][:40]  # halves of two paragraphs joined


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def test_no_altered_quotation_is_found() -> None:
    for text, altered in _mutants():
        paragraph = Paragraph("r", "main", "1", 0, text, "zh" if re.search("[一-龥]", text) else "en")
        citation = cite_quote(1, paragraph, altered, paragraph.language)
        assert citation.verdict == Verdict.NOT_FOUND, (altered, text)


def test_every_sentence_of_the_reports_is_found() -> None:
    for text, language in [(chinese()[n], "zh") for n in range(0, 200, 5)] + [(english()[n], "en") for n in range(40)]:
        for start, end in sentences(text, language):  # type: ignore[arg-type]
            match = find_quote(text, text[start:end])
            assert match is not None
            assert match.exact
