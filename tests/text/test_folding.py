"""rag.text.folding: the normal form, its offsets, questions and rejoined lines."""

import random
import re
import time

import pytest
import seed_texts
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.text.folding import HAN, clean_question, fold, fold_with_offsets, join_lines, language, narrow

MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("器非法贸易貿乾隆瞭著 \t\u3000\u200b\u00ad—-–“”「」ＡＢ１２（）…é\u0301\u3099かｶﾞﬁß"),
    ),
    max_size=40,
)


@given(MIXED)
@example("か ゙")
@example("薴")
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize(
    "code_points",
    [
        pytest.param(range(0x20, 0x3400), id="everything before the Han characters"),
        pytest.param(range(0x4E00, 0x9FFF), id="Han characters"),
        pytest.param(range(0xF900, 0xFFFF), id="compatibility and full-width forms"),
    ],
)
def test_every_character_folds_to_a_form_that_stays(code_points: range) -> None:
    folded = [fold(chr(code)) for code in code_points]
    assert [fold(once) for once in folded] == folded


@given(MIXED)
@settings(deadline=None)
def test_offsets_lie_in_the_text_in_order_one_for_each_folded_character(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert len(folded) == len(offsets)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)


@given(MIXED)
@settings(deadline=None)
def test_narrowing_keeps_every_character_in_its_place(text: str) -> None:
    assert len(narrow(text)) == len(text)


def test_folding_with_offsets_agrees_with_folding_on_the_reports() -> None:
    for text in seed_texts.chinese() + seed_texts.english():
        folded, offsets = fold_with_offsets(text)
        assert folded == fold(text)
        for character, offset in zip(folded, offsets, strict=True):
            assert character in fold(text[offset]) or character == " "


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("武器 非 法 贸 易 各 方 面", "武器非法贸易各方面", id="letter-spaced"),
        pytest.param("第 2220（2015） 号决议", "第2220(2015)号决议", id="blanks beside Han"),
        pytest.param("小武器和輕武器問題", "小武器和轻武器问题", id="Traditional"),
        pytest.param("乾隆", "乾隆", id="a word whose character stays"),
        pytest.param("Ｓ／２０２１／８３９", "s/2021/839", id="full width"),
        pytest.param("“行动纲领”「行动纲领」", '"行动纲领""行动纲领"', id="double quotation marks"),
        pytest.param("States’ ‘arms’", "states' 'arms'", id="single quotation marks"),
        pytest.param("2016–2019 年——2021—22", "2016-2019年-2021-22", id="dashes"),
        pytest.param("small \u00a0 arms\r\n and\tlight ", "small arms and light", id="blanks"),
        pytest.param("sm\u200ball\u202e ar\u00adms\U000e0041\ufeff", "small arms", id="invisible characters"),
        pytest.param("⼩武器", "小武器", id="Kangxi radicals"),
        pytest.param("Straße ﬁre Cafe\u0301", "strasse fire café", id="ligatures, case and accents"),
        pytest.param("", "", id="nothing"),
        pytest.param(" \u3000\n", "", id="only blanks"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("What is BMS7?", "en", id="English"),
        pytest.param("什么是 BMS7？", "zh", id="Chinese"),
        pytest.param("Explain 小武器 please", "zh", id="mixed"),
        pytest.param("聯合國", "zh", id="Traditional"),
        pytest.param("二〇三〇", "zh", id="numerals"),
        pytest.param("〇", "zh", id="the ideographic zero alone"),
        pytest.param("\U00020000", "zh", id="supplementary plane"),
        pytest.param("—–…“”《》、。", "en", id="punctuation only"),
        pytest.param("ＡＢＣ １２", "en", id="full-width Latin"),
        pytest.param("", "en", id="nothing"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        pytest.param("  What is\u200b BMS7?\n", "What is BMS7?", id="zero width and surrounding blanks"),
        pytest.param("什么\u202e是\u2066 BMS7？\u3000", "什么是 BMS7？", id="bidi"),
        pytest.param("a\x00b\x1b[0m", "ab[0m", id="controls"),
        pytest.param("hi\U000e0068\U000e0069\U000e007f", "hi", id="tag characters"),
        pytest.param("two\nlines “as they are” ＡＢ", "two\nlines “as they are” ＡＢ", id="all else stays"),
        pytest.param("\u200b \ufeff", "", id="nothing visible"),
    ],
)
def test_clean_question(typed: str, cleaned: str) -> None:
    assert clean_question(typed) == cleaned


@given(MIXED)
def test_cleaning_a_question_only_takes_away(typed: str) -> None:
    cleaned = clean_question(typed)
    assert clean_question(cleaned) == cleaned
    rest = iter(typed)
    assert all(character in rest for character in cleaned)


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        pytest.param(["提交一份关", "", "于小武器的报告。"], "提交一份关于小武器的报告。", id="Han and Han"),
        pytest.param(
            ["至少有 176 095", "名平民死亡。2020", "年"], "至少有 176 095 名平民死亡。2020 年", id="digit and Han"
        ),
        pytest.param(["根据第", "2220(2015)号"], "根据第 2220(2015)号", id="Han and digit"),
        pytest.param(["利用", "Interprefy", "平台"], "利用 Interprefy 平台", id="Han and Latin"),
        pytest.param(["定居，", "2020 年"], "定居，2020 年", id="after a Chinese comma"),
        pytest.param(["(COVID-19)", "大流行"], "(COVID-19)大流行", id="ASCII bracket and Han"),
        pytest.param(["报告", "(S/2019/1011)"], "报告(S/2019/1011)", id="Han and ASCII bracket"),
        pytest.param(["small arms and", "light weapons"], "small arms and light weapons", id="Latin words"),
        pytest.param(["Why?", "States met"], "Why? States met", id="question mark"),
        pytest.param(["https://x.org/a?", "b=c"], "https://x.org/a?b=c", id="question mark of an address"),
        pytest.param(["the post-", "2015 agenda"], "the post-2015 agenda", id="hyphen"),
        pytest.param(["the year -", "2015"], "the year - 2015", id="a dash between blanks"),
        pytest.param(["A/CONF.192/", "BMS/2021/1"], "A/CONF.192/BMS/2021/1", id="slash at the end"),
        pytest.param(["A/CONF.192", "/BMS/2021/1"], "A/CONF.192/BMS/2021/1", id="slash at the start"),
        pytest.param(["https://undocs.org/", "ch/S"], "https://undocs.org/ch/S", id="address"),
        pytest.param(["weapons (", "small)"], "weapons (small)", id="opening bracket"),
        pytest.param(["the arms", ", which"], "the arms, which", id="closing punctuation"),
        pytest.param(["信息的。", "¹ 该报告"], "信息的。¹ 该报告", id="raised mark after a stop"),
        pytest.param(["纲领", "¹ 该报告"], "纲领¹ 该报告", id="raised mark after Han"),
        pytest.param(["武器 非 法 贸 易 各 方 面 "], "武器非法贸易各方面", id="letter-spaced"),
        pytest.param(["大 会"], "大会", id="letter-spaced title"),
        pytest.param(["王明 李四"], "王明 李四", id="two words keep their blank"),
        pytest.param(["a   b\u3000 c"], "a b c", id="runs of blanks"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_join_lines(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


@given(st.lists(MIXED, max_size=6))
def test_joining_lines_neither_loses_nor_adds_a_visible_character(lines: list[str]) -> None:
    assert "".join(join_lines(lines).split()) == "".join("".join(lines).split())


def test_a_letter_with_endless_marks_folds_in_a_moment() -> None:
    start = time.process_time()
    assert len(fold("a" + "\u0327\u0301" * 50_000)) <= 31
    assert time.process_time() - start < 2


def test_a_report_wrapped_anywhere_it_may_be_wrapped_is_joined_as_it_was() -> None:
    dice = random.Random(20)
    may_break = re.compile(rf"(?<=[{HAN}])(?=[{HAN}、，。])|(?<=[，。；])(?=[{HAN}A-Za-z0-9])|(?<=[\w,]) (?=\w)")
    for paragraph in seed_texts.chinese() + seed_texts.english():
        breaks = sorted(dice.sample(places := [m.end() for m in may_break.finditer(paragraph)], min(8, len(places))))
        lines = [paragraph[start:end] for start, end in zip([0, *breaks], [*breaks, None], strict=True)]
        assert join_lines(lines) == " ".join(paragraph.split())
