"""rag.answering.sections: a report's sections, and those that a number or words name."""

import re

import pytest
from shoals import CHINESE, NEW, OLD, made

from rag.answering.sections import Section, headed, numbered, outline, read_section_number, worded
from rag.lexicon import Lexicon
from rag.records import Paragraph, Translation


def titles(sections: list[Section]) -> list[str]:
    return [section.title("en") for section in sections]


def test_an_outline_has_the_top_headings_in_order() -> None:
    assert titles(outline(OLD[1], 12)) == ["I. Introduction", "II. Shoals", "III. Recommendations"]


def test_a_section_that_is_most_of_a_report_is_told_by_its_own_while_they_are_few() -> None:
    sections = [(("I. One",), ["a"]), (("II. Two", "A. First"), ["b", "c"]), (("II. Two", "B. Second"), ["d", "e"])]
    _, paragraphs = made("A/1/1", "en", "2030", sections)
    assert titles(outline(paragraphs, 3)) == ["I. One", "A. First", "B. Second"]
    assert titles(outline(paragraphs, 2)) == ["I. One", "II. Two"]


def test_paragraphs_without_headings_are_one_section() -> None:
    _, paragraphs = made("A/1/2", "en", "2030", [((), ["a", "b"])])
    assert [(each.title("en"), len(each.paragraphs)) for each in outline(paragraphs, 12)] == [("", 2)]


def test_a_title_page_is_no_section() -> None:
    assert outline([Paragraph("A/1/3", "front", "1", 0, "A title", "en")], 12) == []


def test_a_heading_is_told_in_the_language_that_has_it() -> None:
    rendered = {"en": Translation("Text", headings=("I. Lamps",))}
    plain = Paragraph("A/1/4", "main", "1", 0, "灯", "zh", headings=("一. 灯",))
    other = Paragraph("A/1/4", "main", "2", 1, "灯", "zh", headings=("一. 灯",), translations=rendered)
    (section,) = outline([plain, other], 12)
    assert (section.title("en"), section.title("zh")) == ("I. Lamps", "一. 灯")


@pytest.mark.parametrize(
    ("number", "below", "found"),
    [
        ("2", "", ["II. Shoals"]),
        ("2", "b", ["B. Lamps"]),
        ("last", "", ["Annex"]),
        ("9", "", []),
        ("2", "z", []),
    ],
)
def test_a_section_is_found_by_its_number(number: str, below: str, found: list[str]) -> None:
    assert titles(numbered(outline(NEW[1], 0), number, below)) == found


def test_a_chinese_section_is_found_by_its_number() -> None:
    assert [each.title("zh") for each in numbered(outline(CHINESE[1], 0), "3")] == ["三. 建议"]


@pytest.mark.parametrize(
    ("written", "number"), [("III", "3"), ("three", "3"), ("三", "3"), ("十二", "12"), ("4", "4"), ("B", "b")]
)
def test_a_number_is_compared_however_it_is_written(written: str, number: str) -> None:
    assert read_section_number(written) == number


@pytest.mark.parametrize(
    ("words", "found"), [("dredging", ["A. Dredging"]), ("shoals", ["II. Shoals"]), ("whales", [])]
)
def test_a_section_is_found_by_its_heading(words: str, found: list[str], lexicon: Lexicon) -> None:
    assert titles(worded(outline(NEW[1]), words, lexicon)) == found


def test_sections_are_found_by_the_wording_of_their_headings() -> None:
    sections = outline(NEW[1], 0)
    assert titles(headed(sections, re.compile("Lamps|Annex"))) == ["B. Lamps", "Annex"]
