"""rag.text.segmentation: where sentences begin and end."""

import time

import pytest
import seed_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.records import Language
from rag.text.segmentation import sentences

PARAGRAPH = st.text(
    st.one_of(st.sampled_from("。！？；.!?;:()（）《》[] \n\u2028\t“”\"'aAéÉ1武器1."), st.characters()), max_size=60
)


def assert_spans_hold_the_text(text: str, language: Language) -> None:
    """The spans are in order and disjoint, none begins or ends in a blank, and nothing else is outside them."""
    end = 0
    for start, following in sentences(text, language):
        assert text[end:start].strip() == ""
        assert start < following
        assert text[start:following] == text[start:following].strip()
        end = following
    assert text[end:].strip() == ""


@given(PARAGRAPH, st.sampled_from(["zh", "en"]))
@settings(deadline=None)
def test_sentences_are_in_order_and_leave_out_only_blanks(text: str, language: Language) -> None:
    assert_spans_hold_the_text(text, language)


def test_sentences_of_the_reports_are_in_order_and_leave_out_only_blanks() -> None:
    for text in seed_texts.chinese():
        assert_spans_hold_the_text(text, "zh")
    for text in seed_texts.english():
        assert_spans_hold_the_text(text, "en")


def test_no_sentence_of_the_renderings_begins_with_a_small_letter() -> None:
    starts = {text[start] for text in seed_texts.english() for start, _ in sentences(text, "en")[1:]}
    assert not [start for start in starts if start.islower()]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(["第一句。", "第二句！", "真的吗？", "是。"], id="full stops"),
        pytest.param(["他说：“来。”", "走了。"], id="closing quotation mark"),
        pytest.param(["见报告（S/2021/839，第 21 段。）", "第二句。"], id="full stop inside brackets"),
        pytest.param(["《何为枪支？》一书已出版。", "第二句。"], id="question mark at the end of a title"),
        pytest.param(["《什么是枪支？如何追查。》一书已出版。", "第二句。"], id="inside a title"),
        pytest.param(["“第一句。”", "（第二句。）"], id="a sentence in brackets"),
        pytest.param(["增加 3.1 倍。", "第 16.4.2 项。"], id="decimal points"),
        pytest.param(
            ["设立一个工作组来审议有关事项；", "请秘书长就此提出一份全面的报告。"], id="semicolon between long clauses"
        ),
        pytest.param(["短句；另一短句。", "完。"], id="semicolon between short clauses"),
        pytest.param(["序言：\n", "(a) 第一项；\n", "(b) 第二项。"], id="sub-paragraphs on lines of their own"),
        pytest.param(["信息的。¹", "该报告。"], id="raised footnote mark"),
        pytest.param(["真的？！", "是。"], id="several marks"),
        pytest.param(["见 https://undocs.org/a?b=c。", "完。"], id="address"),
        pytest.param(["1. 主席发言。", "2. 通过议程。"], id="numbers of a list"),
        pytest.param(["一. 导言"], id="heading"),
        pytest.param(["没有句号"], id="no full stop"),
        pytest.param(["左（括号不闭合。", "第二句。"], id="an unclosed bracket protects nothing"),
    ],
)
def test_sentences_zh(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert [text[start:end] for start, end in sentences(text, "zh")] == [piece.strip() for piece in pieces]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(["States agreed.", "They met!", "Why?", "It ended"], id="full stops"),
        pytest.param(["See para. 5 and paras. 6 and 7.", "Art. 3 holds."], id="paragraphs and articles"),
        pytest.param(["Vol. II, No. 5, Nos. 6, pp. 7.", "Next."], id="volumes and numbers"),
        pytest.param(["The U.S. Government and Mr. K. Kimani met.", "He left."], id="initials and titles"),
        pytest.param(["Arms, e.g. Rifles, i.e. Long guns, cf. Annex.", "Next."], id="Latin abbreviations"),
        pytest.param(["See A/CONF.192/BMS/2021/1.", "The end."], id="symbol before a full stop"),
        pytest.param(["It rose 3.5 per cent.", "In 2020 it fell."], id="decimal point"),
        pytest.param(["It ended in 2020.", "In 2021 it began."], id="a year before a full stop"),
        pytest.param(["It said “Stop.”", "Then it went."], id="closing quotation mark"),
        pytest.param(["It ended.", "“Then it went.”"], id="opening quotation mark"),
        pytest.param(["The report (see annex. It is long.) ended.", "Next."], id="inside brackets"),
        pytest.param(["States met.", "(See annex II.)", "They left."], id="a sentence in brackets"),
        pytest.param(["See https://x.org/a?b=C.", "Next."], id="address"),
        pytest.param(["To act; to report; and to end.", "Next."], id="semicolons never"),
        pytest.param(["The following:\n", "(a) To act;\n", "(b) To report."], id="sub-paragraphs"),
        pytest.param(["It was adopted: 1. Opening.", "2. Election.", "3. Statement."], id="numbers of a list"),
        pytest.param(["I. Introduction"], id="heading"),
        pytest.param(["It is small. it goes on."], id="a small letter goes on"),
        pytest.param(["Wait...", "Then go."], id="three dots"),
        pytest.param(["It ended.", "15 States met."], id="a number begins"),
        pytest.param(["报告说 ended.", "然后结束。"], id="Chinese after an English full stop"),
    ],
)
def test_sentences_en(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert [text[start:end] for start, end in sentences(text, "en")] == [piece.strip() for piece in pieces]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 50_000 + "》" * 50_000, id="unclosed brackets"),
        pytest.param("(" * 50_000 + ")" * 50_000, id="nested brackets"),
        pytest.param("." * 100_000, id="dots"),
        pytest.param("a. " * 30_000, id="initials"),
        pytest.param("。”" * 50_000, id="closers"),
    ],
)
def test_a_hostile_paragraph_takes_no_more_than_a_moment(text: str) -> None:
    start = time.process_time()
    sentences(text, "zh")
    assert time.process_time() - start < 2
