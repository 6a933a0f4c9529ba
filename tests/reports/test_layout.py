import re
import time
from types import ModuleType

import pytest

from rag import reports
from rag.reports import blocks, layout, lines, numbering, parsing, titles
from rag.reports.layout import Kind, lay_out
from rag.reports.lines import Spacing

MODULES = (reports, blocks, layout, lines, numbering, parsing, titles)


def body(text: str) -> list[str]:
    return [line.text for line in lay_out(text).lines]


def notes(text: str) -> list[tuple[str, str]]:
    return [(note.mark, " ".join(text[a:b] for a, b in note.slices)) for note in lay_out(text).notes]


def marked(text: str) -> list[tuple[str, list[str]]]:
    """The lines that carried footnote marks, without them, and the marks."""
    return [(line.text, [mark for mark, _ in line.marks]) for line in lay_out(text).lines if line.marks]


def pieces(text: str, kind: Kind) -> list[str]:
    return [text[piece.start : piece.end] for piece in lay_out(text).pieces if piece.kind is kind]


# Spacing

SENTENCE = "The office held three workshops for captains and crews of the river in the north. "
HALF = "The office held three workshops for captains and crews of the river in the north of the "


@pytest.mark.parametrize(
    ("text", "spacing"),
    [
        pytest.param(f"{SENTENCE * 3}\n{SENTENCE * 2}\n{SENTENCE * 3}\n", Spacing.LINE, id="a-paragraph-a-line"),
        pytest.param(f"{SENTENCE}\n\n{SENTENCE}\n\n{SENTENCE}\n", Spacing.BLANK, id="short-paragraphs"),
        pytest.param(f"{HALF}\ncountry.\n\n{HALF}\n{HALF}\nworld.\n\n{HALF}\nyear.\n", Spacing.BLANK, id="wrapped"),
        pytest.param(f"{HALF}\n\ncountry.\n\n{HALF}\n\n{HALF}\n\nworld.\n", Spacing.NONE, id="blank-after-each-line"),
        pytest.param(f"{HALF}\ncountry.\n{HALF}\n{HALF}\nworld.\n", Spacing.NONE, id="no-blanks"),
        pytest.param("One\n\nTwo\n", Spacing.BLANK, id="a-few-words-parted"),
        pytest.param("One\nTwo\n", Spacing.LINE, id="a-few-words"),
        pytest.param("", Spacing.LINE, id="nothing"),
    ],
)
def test_what_breaks_mean_is_told_from_what_follows_long_lines(text: str, spacing: Spacing) -> None:
    assert lay_out(text).spacing is spacing


# Furniture


@pytest.mark.parametrize(
    ("text", "furniture"),
    [
        pytest.param("Text.\n__________________\n", ["__________________"], id="rule"),
        pytest.param("Text.\n\nA/79/123\n\n2/17 24-12345\n\nMore.\n", ["A/79/123", "2/17 24-12345"], id="english-even"),
        pytest.param("Text.\n\n24-12345          3/17\n\nMore.\n", ["24-12345          3/17"], id="english-odd"),
        pytest.param("Text.\n\n24-12345 (E)    150724\n", ["24-12345 (E)    150724"], id="job-number-and-date"),
        pytest.param("Text.\n\nGE.21-12345(E)\n", ["GE.21-12345(E)"], id="geneva-job-number"),
        pytest.param("Text.\n\n*2412345*\n", ["*2412345*"], id="barcode"),
        pytest.param("Text.\n\n第 3 页\n\nMore.\n", ["第 3 页"], id="chinese-page"),
        pytest.param("Text.\n\n3\n\f\nMore.\n", ["3", "\f"], id="bare-page-number-before-a-feed"),
        pytest.param(
            "One.\nA head\n\f\nTwo.\nA head\n\f\nThree.\nA head\n\f\n", ["A head", "\f"] * 3, id="running-foot"
        ),
        pytest.param("I. Text . . . . . . . 3\n\nI. Text\n", ["I. Text . . . . . . . 3"], id="contents"),
    ],
)
def test_furniture_is_recognised_by_its_shape(text: str, furniture: list[str]) -> None:
    assert pieces(text, "furniture") == furniture


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("In 2021/22 it rose.\n", id="a-fraction-in-a-sentence"),
        pytest.param("See A/79/123.\n", id="a-symbol-in-a-sentence"),
        pytest.param("A/79/123\n\nThe title\n", id="the-symbol-on-the-title-page"),
        pytest.param("See the site:\n\nhttps://ferries.example/\n", id="an-address-that-is-text"),
        pytest.param("It was in 2021 ...\n", id="an-ellipsis"),
        pytest.param("It was 12\n\nmen.\n", id="a-figure"),
    ],
)
def test_text_that_looks_like_furniture_is_none(text: str) -> None:
    assert not pieces(text, "furniture")


def test_addresses_are_furniture_only_where_a_page_of_a_pdf_lists_its_links() -> None:
    text = f"{HALF}\n\n{HALF}\n\nhttps://a.example/\nhttps://b.example/\n {HALF}\n\nend, at\nhttps://c.example/\n"
    assert pieces(text, "furniture") == ["https://a.example/", "https://b.example/"]
    assert body(text)[2:] == [HALF.strip(), "end, at", "https://c.example/"]


# Footnotes


def test_a_footnote_block_ends_with_its_page() -> None:
    text = "One.1\n\n________\n 1 A note that\ngoes on.\n\n2/3 24-12345\n\nTwo.\n"
    assert (notes(text), body(text)) == ([("1", "A note that goes on.")], ["One.", "Two."])


def test_a_footnote_block_in_spaced_text_ends_at_a_blank_line_that_no_footnote_follows() -> None:
    text = "One.1 Two.2\n\n________\n1 A note.\n\n2 Another.\n\nThree goes on.\n"
    assert (notes(text), body(text)) == ([("1", "A note."), ("2", "Another.")], ["One. Two.", "Three goes on."])


def test_a_figure_at_the_start_of_a_footnotes_line_begins_no_footnote() -> None:
    text = f"{HALF}\none.1\n\n________\n1 There were\n500 of them.\n2 Another.\n"
    assert notes(text) == [("1", "There were 500 of them."), ("2", "Another.")]


def test_a_mark_on_a_line_of_its_own_is_put_back_into_its_line() -> None:
    text = "他们的建议\n5\n 经常提到\n\n________\n\n5\n 见 A/1。\n"
    assert marked(text) == [("他们的建议 经常提到", ["5"])]
    assert notes(text) == [("5", "见 A/1。")]


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        pytest.param("It ended.1 It began", "1", id="after-a-stop"),
        pytest.param("It ended in 2019.1 It began", "1", id="after-a-year-and-a-stop"),
        pytest.param("a survey3 of ships", "3", id="against-a-word"),
        pytest.param("它结束了。1 然后", "1", id="after-a-chinese-stop"),
        pytest.param("200 项活动，2汇集了", "2", id="against-the-next-word"),
        pytest.param("《小武器》1 和", "1", id="after-a-bracket"),
        pytest.param("It ended.104 It began", "104", id="three-digits"),
    ],
)
def test_a_plain_figure_is_a_mark_after_punctuation_or_against_a_word(line: str, mark: str) -> None:
    assert [found for _, found in marked(f"{line}\n\n________\n {mark} A note.\n")] == [[mark]]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("It was 3.1 million", id="decimal"),
        pytest.param("It was 2,1 million", id="decimal-comma"),
        pytest.param("目标 16.1 的", id="target"),
        pytest.param("。1 月", id="month"),
        pytest.param("，1个国家", id="counted"),
        pytest.param("第1，", id="ordinal"),
        pytest.param("，1 000 人", id="thousands"),
        pytest.param("see 1 of them", id="alone"),
        pytest.param("BMS1 and", id="abbreviation"),
    ],
)
def test_a_figure_in_a_sentence_is_no_mark(line: str) -> None:
    assert not marked(f"{line}\n\n________\n 1 A note.\n")


def test_of_several_places_for_a_mark_the_last_one_before_the_next_mark_wins() -> None:
    text = "In 1. And.1 Then.2 Last.1\n\n________\n 1 A note.\n 2 Another.\n"
    assert marked(text) == [("In 1. And. Then. Last.1", ["1", "2"])]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        pytest.param("It ended.² It began\n", "2", id="raised"),
        pytest.param("The agenda*\n", "*", id="star"),
        pytest.param("议程^{*} 项目\n", "*", id="escaped-star"),
        pytest.param("It ended.** It began\n", "**", id="two-stars"),
    ],
)
def test_raised_figures_and_stars_are_marks_without_a_footnote(text: str, mark: str) -> None:
    assert [found for _, found in marked(text)] == [[mark]]


def test_a_star_in_a_table_belongs_to_the_table() -> None:
    assert not marked("Kenya*\tx\nTogo*\ty\n")


def test_a_footnote_without_a_rule_is_one_where_the_body_has_its_mark() -> None:
    assert notes("It ended.² It began.\n\n² A note.\n") == [("2", "A note.")]
    assert not notes("It ended.\n\n* A bullet.\n")


# Speed


def patterns() -> list[object]:
    def of(module: ModuleType) -> list[object]:
        found = [value for value in vars(module).values() if isinstance(value, re.Pattern)]
        lists = [value for value in vars(module).values() if isinstance(value, tuple)]
        found += [each for values in lists for each in values if isinstance(each, re.Pattern)]
        return [pytest.param(pattern, id=f"{module.__name__}-{i}") for i, pattern in enumerate(found)]

    return [parameter for module in MODULES for parameter in of(module)]


LONG = 100_000
WORST = [
    *(character * LONG for character in "1 a._*/(.一A²[\t"),
    *(
        (pair * LONG)[:LONG]
        for pair in ("1 ", ". ", "A/", "a.", "(a", "[a](", "2021.", "24-12345 ", "年 ", "http://", "^{*")
    ),
]


@pytest.mark.parametrize("pattern", patterns())
def test_every_pattern_takes_linear_time(pattern: re.Pattern[str]) -> None:
    for text in WORST:
        for use in (pattern.match, pattern.fullmatch):
            began = time.process_time()
            use(text)
            assert time.process_time() - began < 0.05, text[:20]


@pytest.mark.parametrize(
    "pattern",
    [
        layout.INLINE,
        layout.SIGN,
        layout.AFTER_PUNCTUATION,
        layout.AFTER_WORD,
        layout.AFTER_THOUSANDS,
        parsing.LINK,
        reports.YEAR,
    ],
    ids=lambda pattern: pattern.pattern[:20],
)
def test_every_pattern_that_is_searched_for_takes_linear_time(pattern: re.Pattern[str]) -> None:
    for text in WORST:
        began = time.process_time()
        sum(1 for _ in pattern.finditer(text))
        assert time.process_time() - began < 0.05, text[:20]
