"""rag.text.quotes: quoted words are found where they are, and nothing else is found; how others differ."""

import random
import re
import time
from itertools import pairwise

import pytest
import seed_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.folding import HAN, fold
from rag.text.quotes import find_quote, nearest_words, quotations


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    return [text for text in seed_texts.chinese() + seed_texts.english() if 40 <= len(text) <= 1500]


def sliced(dice: random.Random, text: str, longest: int = 120) -> tuple[int, str]:
    """A random slice with at least four letters, characters or digits, and where it starts."""
    while True:
        start = dice.randrange(len(text) - 4)
        piece = text[start : start + dice.randint(4, longest)]
        if sum(map(str.isalnum, piece)) >= 4 and "…" not in piece and "..." not in piece:
            return start, piece


def test_any_slice_of_a_report_is_found_at_or_before_its_place(paragraphs: list[str]) -> None:
    dice = random.Random(1)
    for _ in range(600):
        text = dice.choice(paragraphs)
        start, piece = sliced(dice, text)
        match = find_quote(text, piece)
        assert match is not None
        assert match.exact
        assert match.start <= start + len(piece) - len(piece.lstrip())
        assert text[match.start : match.end] == piece.strip()


def test_any_slice_in_other_dress_is_found_with_its_span_in_the_original(paragraphs: list[str]) -> None:
    dice = random.Random(2)
    dresses = [
        lambda text: text.upper(),
        lambda text: re.sub(f"(?<=[{HAN}])(?=[{HAN}])", " ", text),
        lambda text: re.sub(f"(?<=[{HAN}]) | (?=[{HAN}])", "", text),
        lambda text: text.translate({ord(c): ord(c) + 0xFEE0 for c in "()0123456789:;?!abc"}),
        lambda text: text.translate(str.maketrans("“”‘’，", "「」'',")),
        lambda text: text.replace(" ", "\u00a0 \n"),
        lambda text: "\u200b".join(text),
    ]
    for turn in range(400):
        text = dice.choice(paragraphs)
        _, piece = sliced(dice, text)
        match = find_quote(text, dresses[turn % len(dresses)](piece))
        assert match is not None, (text, piece)
        assert re.sub(r"\W", "", fold(text[match.start : match.end])) == re.sub(r"\W", "", fold(piece))


def test_a_slice_with_words_left_out_is_found_where_an_ellipsis_says_so(paragraphs: list[str]) -> None:
    dice = random.Random(3)
    for turn in range(200):
        text = dice.choice(paragraphs)
        words = re.findall(rf"[{HAN}]{{2,8}}|[A-Za-z]{{2,20}}", text)
        if len(words) < 6 or not 0 <= text.find(words[1]) < text.rfind(words[-2]):
            continue
        match = find_quote(text, words[1] + ["…", "……", " ... ", "[…]", " [...] "][turn % 5] + words[-2])
        assert match is not None, (words[1], words[-2], text)
        assert not match.exact or "…" in text


def changed_character(dice: random.Random, piece: str, _: str) -> str:
    place = dice.choice([offset for offset, character in enumerate(piece) if character.isalnum()])
    old = piece[place]
    kind = "0123456789" if old.isdigit() else "abcdefghijklmnopqrstuvwxyz" if old.isascii() else "的不国武器年三"
    new = dice.choice([character for character in kind if fold(character) != fold(old)])
    return piece[:place] + new + piece[place + 1 :]


def words_left_out(dice: random.Random, piece: str, _: str) -> str:
    third = len(piece) // 3
    return piece[:third] + piece[third + dice.randint(1, third) :]


def halves_joined(dice: random.Random, piece: str, other: str) -> str:
    return piece[: len(piece) // 2] + sliced(dice, other)[1][-20:]


def occurs(text: str, quote: str) -> bool:
    """Whether the quotation stands in the text when punctuation and blanks are not looked at: an independent check."""

    def bare(one: str) -> str:
        return re.sub(r"[\W_]", "", fold(one))

    return bare(quote) in bare(text)


@pytest.mark.parametrize("mutate", [changed_character, words_left_out, halves_joined])
def test_a_changed_quotation_is_not_found(paragraphs: list[str], mutate: object) -> None:
    dice = random.Random(4)
    tried = 0
    for _ in range(500):
        text, other = dice.sample(paragraphs, 2)
        mutant = mutate(dice, sliced(dice, text)[1], other)  # type: ignore[operator]
        if not occurs(text, mutant):
            tried += 1
            assert find_quote(text, mutant) is None, (text, mutant)
    assert tried > 400


@given(st.text(max_size=80), st.text(max_size=20))
@settings(deadline=None)
def test_what_is_found_lies_in_the_text(text: str, quote: str) -> None:
    match = find_quote(text + quote + text, quote)
    if any(character.isalnum() for character in quote):
        assert match is not None
        assert 0 <= match.start < match.end <= len(text + quote + text)
    else:
        assert match is None


TEXT = (
    "各国强调，2021 年是《行动纲领》通过二十周年，“充分执行”该文书；"
    "销毁了 758 000 件小武器(27%)。马丁·基马尼主持了会议。"
)
ENGLISH = (
    "States stressed that “full implementation” of the Programme of Action "
    "– adopted in 2001 – was vital; 15 States met."
)


@pytest.mark.parametrize(
    ("text", "quote", "found", "exact"),
    [
        pytest.param(TEXT, "各国强调", "各国强调", True, id="as printed"),
        pytest.param(TEXT, " 各国强调\n", "各国强调", True, id="surrounding blanks"),
        pytest.param(TEXT, "各國強調", "各国强调", False, id="Traditional"),
        pytest.param(TEXT, "2021年是", "2021 年是", False, id="blanks beside Han"),
        pytest.param(TEXT, "小武器（２７％）。", "小武器(27%)。", False, id="width"),
        pytest.param(TEXT, "「充分执行」该文书", "“充分执行”该文书", False, id="quotation marks"),
        pytest.param(
            TEXT, "《行动纲领》通过二十周年。", "《行动纲领》通过二十周年", False, id="another mark at the end"
        ),
        pytest.param(TEXT, "“各国强调，2021 年”", "各国强调，2021 年", False, id="marks around it"),
        pytest.param(TEXT, "马丁•基马尼", "马丁·基马尼", False, id="middle dot"),
        pytest.param(
            TEXT, "各国强调……通过二十周年", "各国强调，2021 年是《行动纲领》通过二十周年", False, id="omission"
        ),
        pytest.param(ENGLISH, "STATES STRESSED", "States stressed", False, id="case"),
        pytest.param(ENGLISH, '"full implementation"', "“full implementation”", False, id="straight quotation marks"),
        pytest.param(ENGLISH, "Action—adopted", "Action – adopted", False, id="dash"),
        pytest.param(ENGLISH, "States stressed [...] was vital.", ENGLISH[:99], False, id="omission in brackets"),
        pytest.param(ENGLISH, "... adopted in 2001 ...", "adopted in 2001", False, id="omission at both ends"),
        pytest.param("cafe\u0301 society", "café", "cafe\u0301", False, id="a mark belongs to its letter"),
        pytest.param("It said: wait... then went.", "wait... then", "wait... then", True, id="an ellipsis of the text"),
    ],
)
def test_found(text: str, quote: str, found: str, exact: bool) -> None:
    match = find_quote(text, quote)
    assert match is not None
    assert text[match.start : match.end] == found
    assert match.exact is exact


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param(TEXT, "各国强凋", id="one character changed"),
        pytest.param(TEXT, "758 001 件", id="one digit changed"),
        pytest.param(TEXT, "二十一周年", id="one character added"),
        pytest.param(TEXT, "各国，2021 年", id="words left out without a mark"),
        pytest.param(TEXT, "通过二十周年……各国强调", id="pieces out of order"),
        pytest.param(TEXT, "各国强调……不存在", id="a piece that is not there"),
        pytest.param(TEXT, "各…小…武", id="pieces too short to mean anything"),
        pytest.param(ENGLISH, "Statez stressed", id="one letter changed"),
        pytest.param(ENGLISH, "States stressed full", id="English words left out"),
        pytest.param(ENGLISH, "State … vital", id="a word cut at an omission"),
        pytest.param(ENGLISH, "adopted … 5 States", id="a number cut at an omission"),
        pytest.param(ENGLISH, "", id="nothing"),
        pytest.param(ENGLISH, " \n", id="blanks"),
        pytest.param(ENGLISH, "“…”", id="only an ellipsis"),
        pytest.param(TEXT, "，。“”", id="only punctuation"),
        pytest.param("", "各国", id="in nothing"),
    ],
)
def test_not_found(text: str, quote: str) -> None:
    assert find_quote(text, quote) is None


@pytest.mark.parametrize(
    ("quote", "whole"),
    [
        pytest.param("15 States met", True, id="whole"),
        pytest.param("5 States met", False, id="a number cut"),
        pytest.param("tates stressed", False, id="a word cut"),
        pytest.param("TATES STRESSED", False, id="a word cut, case aside"),
    ],
)
def test_a_match_says_whether_it_cuts_a_word_or_a_number(quote: str, whole: bool) -> None:
    match = find_quote(ENGLISH, quote)
    assert match is not None
    assert match.whole is whole


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("ab" * 50_000, "ab…" * 200 + "c", id="an endless omission"),
        pytest.param("a" * 100_000, "…".join(["aa"] * 100), id="pieces everywhere"),
        pytest.param("a", "." * 100_000, id="dots"),
    ],
)
def test_a_hostile_quotation_takes_no_more_than_a_moment(text: str, quote: str) -> None:
    start = time.process_time()
    find_quote(text, quote)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        pytest.param("说“甲”和「乙」『丙』", ["甲", "乙", "丙"], id="zh marks"),
        pytest.param("他说「甲『乙』丙」。", ["甲『乙』丙"], id="one inside another"),
        pytest.param("a “b “c” d”", ["b “c” d"], id="the same inside itself"),
        pytest.param('say "a b" and "c"', ["a b", "c"], id="straight"),
        pytest.param("It’s the States’ own ‘term’.", ["term"], id="apostrophes"),
        pytest.param("the ‘States’ obligations’", ["States’ obligations"], id="possessive"),
        pytest.param("a “b\nc” d", ["b\nc"], id="over a line's end"),
        pytest.param("a “b\n\nc” d", [], id="not over a blank line"),
        pytest.param("a “b and “c”", ["c"], id="never closed"),
        pytest.param("“…” and “”", [], id="nothing said"),
    ],
)
def test_what_stands_between_marks_is_quoted(text: str, inside: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == inside


@given(st.text(st.sampled_from('ab武 “”‘’"「」『』\n'), max_size=40))
def test_quotations_are_in_order_and_apart(text: str) -> None:
    spans = quotations(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "quote", "changes"),
    [
        ("States agreed on it in 2020, a year ago.", "States agreed on it in 2021", [("2021", "2020")]),
        ("大多数平民的死因是轻武器(27%)。", "大多數平民的死因是重武器", [("重", "轻")]),
        ("States did not agree on any of it.", "States did agree on any of it", [("", "not")]),
        ("States agreed on any of it.", "States never agreed on any of it", [("never", "")]),
        ("各国已经商定行动纲领并执行。", "各国商定行动计划并执行", [("", "已经"), ("计划", "纲领")]),
    ],
)
def test_what_differs_is_named(text: str, quote: str, changes: list[tuple[str, str]]) -> None:
    near = nearest_words(text, quote)
    assert near
    found = [(quote[slice(*own)], text[slice(*theirs)]) for own, theirs in near.alterations]
    assert found == changes
    assert 0.5 < near.share <= 1


def test_a_text_with_nothing_of_a_quotation_is_not_near_it() -> None:
    assert nearest_words("各国商定行动纲领", "whales swim") is None
    assert nearest_words("", "whales") is None


@pytest.mark.parametrize(
    ("text", "quote", "at"),
    [
        ("In 2015 there were 15 ports.", "15", 19),
        ("In ２０１５ there were １５ ports.", "15", 19),
        ("Airports and ports", "ports", 13),
        ("In 2015 there were none.", "15", 5),
    ],
)
def test_a_place_that_cuts_no_word_is_found_before_one_that_does(text: str, quote: str, at: int) -> None:
    match = find_quote(text, quote)
    assert match is not None
    assert match.start == at
