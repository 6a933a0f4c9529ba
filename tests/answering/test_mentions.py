"""Tests of where a text mentions a term, and of the figures beside what a question counts."""

import re

import pytest

from rag.answering.mentions import (
    counted_in,
    figures_of,
    mentions,
    places_to_search,
    singular_and_plural,
    stands_beside,
    term_of,
)
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon, read_glossary
from rag.records import LANGUAGES, Paragraph


def mentioned(paragraph: Paragraph, shape: re.Pattern[str], lexicon: Lexicon) -> bool:
    renderings = [each.text for each in paragraph.translations.values()]
    texts = [paragraph.text, *renderings, *(note.text for note in paragraph.footnotes)]
    return any(mentions(text, shape, lexicon) for text in texts)


def test_the_index_narrows_to_every_paragraph_that_mentions_a_term(quick_index: Index, lexicon: Lexicon) -> None:
    forms = [form for entry in read_glossary()[::9] for form in (entry.zh[0], entry.en[-1])]
    for form in [*forms, "女", "2021", "S/RES/2220", "3D", "of"]:
        term = term_of(form, lexicon, translated=False)
        narrowed = {quick_index.paragraphs[place].id for place in places_to_search(term, quick_index)}
        mentioning = {each.id for each in quick_index.paragraphs if mentioned(each, term.pattern(LANGUAGES), lexicon)}
        assert mentioning <= narrowed, form


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("women", {"woman", "women"}),
        ("arms", {"arm", "arms"}),  # not armed
        ("policy", {"policy", "policies"}),
        ("news", {"news"}),
        ("children", {"child", "children"}),
    ],
)
def test_a_word_is_found_in_the_singular_and_plural(word: str, forms: set[str]) -> None:
    assert forms <= singular_and_plural(word)
    assert "armed" not in singular_and_plural(word)
    assert "new" not in singular_and_plural(word)


def test_every_spelling_of_a_word_begins_alike() -> None:
    """A pattern looks for its words only where their first letter stands."""
    for word, same in table("text.toml")["same_word"].items():
        assert {each[0] for each in singular_and_plural(word)} == {word[0]} == {same[0]}


@pytest.mark.parametrize(
    ("text", "word", "together"),
    [
        ("其中国家应当", "中国", False),
        ("发展中国家", "中国", False),
        ("中国代表团", "中国", True),
        ("个人权利", "人权", False),
        ("保护人权", "人权", True),
        ("上海地区", "海地", False),
        ("在海地设立", "海地", True),
        ("联合国小武器问题会议", "武器", True),
        ("国际追查文书", "追查", True),
        ("妇女儿童", "儿童", True),
        ("非法贸易额", "贸易", True),
    ],
)
def test_chinese_words_are_not_read_across_others(text: str, word: str, together: bool, lexicon: Lexicon) -> None:
    start = text.index(word)
    assert lexicon.segmenter.is_read_together(text, start, start + len(word)) is together


def test_forms_that_stand_for_many_things_are_not_counted(lexicon: Lexicon) -> None:
    assert "the Office" not in term_of("UNODC", lexicon, False).forms
    assert "条约" not in term_of("ATT", lexicon, False).forms
    assert "Council" not in term_of("Security Council", lexicon, False).forms
    assert "Tanzania" in term_of("坦桑尼亚", lexicon, False).forms
    assert not any("United" in form for form in term_of("公约", lexicon, False).forms)


@pytest.mark.parametrize(
    ("written", "also"),
    [
        ("三维打印", {"3D printing", "增材制造"}),  # by the names of its names
        ("collect", {"collection"}),
        ("illegal trade", {"illicit trade", "非法贸易"}),
    ],
)
def test_every_name_of_the_glossary_counts(written: str, also: set[str], lexicon: Lexicon) -> None:
    assert also <= set(term_of(written, lexicon, False).forms)


def test_a_term_is_what_its_own_row_of_the_glossary_says_not_what_others_allow(lexicon: Lexicon) -> None:
    assert "seizure" not in term_of("收集", lexicon, False).forms


def test_the_dictionary_is_asked_only_where_the_glossary_has_no_name(lexicon: Lexicon) -> None:
    assert term_of("women", lexicon, True).foreign == ("女人", "女子", "妇女")
    assert term_of("women", lexicon, False).foreign == ()
    assert term_of("ammunition", lexicon, True).foreign == ()


# What a question counts

BARE = Lexicon([], dict)


@pytest.mark.parametrize(
    ("question", "measure", "form"),
    [
        ("How many passengers died?", "", " passeng "),
        ("有多少名乘客丧生？", "名", "乘客"),
        ("Who died?", "", None),
        ("谁丧生了？", "", None),
    ],
)
def test_a_question_names_what_it_counts(question: str, measure: str, form: str | None) -> None:
    found, forms = counted_in(question, BARE, False)
    assert found == measure
    assert (form in forms) if form else forms == ()


@pytest.mark.parametrize(
    ("question", "text", "beside"),
    [
        ("How many passengers died?", "318 passengers died.", True),
        ("How many passengers died?", "318 ferries sank.", False),
        ("有多少名乘客丧生？", "318名旅客丧生。", True),  # its measure word
        ("有多少乘客丧生？", "318艘渡船沉没。", False),
    ],
)
def test_a_figure_stands_beside_what_is_counted(question: str, text: str, beside: bool) -> None:
    assert stands_beside(figures_of(text)[0], text, *counted_in(question, BARE, False)) is beside
