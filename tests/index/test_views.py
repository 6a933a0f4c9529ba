"""rag.index.views: a paragraph to the texts it can be found by."""

from dataclasses import replace

import pytest

from rag.index.views import searchable_text, views, whole_text
from rag.records import Footnote, Paragraph, Report, Translation
from rag.reports import ReadReport

PARAGRAPH = Paragraph(
    "A/1/1",
    "main",
    "3",
    2,
    "船只沉没。船员获救。",
    "zh",
    "3",
    headings=("一. 导言", "A. 事故"),
    footnotes=(Footnote("1", "见A/1/2。"),),
    translations={
        "en": Translation("The ship sank. The crew was saved.", headings=("I. Introduction", "A. Accidents"))
    },
)
ROW = Paragraph(
    "A/1/1",
    "annex-table",
    "1",
    3,
    "墨西哥",
    "zh",
    row="墨西哥",
    body="裁军厅",
    columns=(("活动", "销毁武器"),),
    translations={"en": Translation("Mexico", row="Mexico", body="ODA", columns=(("Activity", "Destroying weapons"),))},
)


def test_a_paragraph_is_found_whole_by_each_sentence_and_by_its_footnotes_in_every_language() -> None:
    assert [(view.id, view.text) for view in views(PARAGRAPH)] == [
        ("A/1/1#3@zh:0", "船只沉没。船员获救。"),
        ("A/1/1#3@zh:1", "船只沉没。"),
        ("A/1/1#3@zh:2", "船员获救。"),
        ("A/1/1#3@en:0", "The ship sank. The crew was saved."),
        ("A/1/1#3@en:1", "The ship sank."),
        ("A/1/1#3@en:2", "The crew was saved."),
        ("A/1/1#3@zh:n1", "见A/1/2。"),
    ]


@pytest.mark.parametrize(("official", "rendering"), [(False, True), (True, False)], ids=["rendering", "official"])
def test_only_the_views_of_an_unofficial_translation_are_marked_as_a_renderings(
    official: bool, rendering: bool
) -> None:
    translated = Paragraph(
        "A/1/1", "main", "1", 0, "船", "zh", translations={"en": Translation("ship", official=official)}
    )
    marked = {view.language: view.rendering for view in views(translated)}
    assert marked == {"zh": False, "en": rendering}


def test_a_row_says_what_it_stands_under_and_names_its_columns() -> None:
    assert whole_text(ROW, "zh") == "裁军厅\n墨西哥\n活动: 销毁武器"
    assert whole_text(ROW, "en") == "ODA\nMexico\nActivity: Destroying weapons"


def test_words_are_indexed_with_headings_footnotes_in_their_own_language_and_what_the_report_is_known_by() -> None:
    report = Report("A/1/1", "1.txt", "zh", "", "0" * 64, titles={"zh": "渡船", "en": "Ferries"}, date="2033-05-01")
    known = replace(report, body="General Assembly", session="第八十八届会议")
    assert searchable_text(PARAGRAPH, "zh", known) == (
        "船只沉没。船员获救。\n一. 导言\nA. 事故\n见A/1/2。\n渡船\n2033\nGeneral Assembly\n第八十八届会议"
    )
    assert searchable_text(PARAGRAPH, "en", report) == (
        "The ship sank. The crew was saved.\nI. Introduction\nA. Accidents\nFerries\n2033"
    )


def test_views_of_the_seeds_have_ids_of_their_own_and_cut_sentences_where_they_say(
    seeds: tuple[ReadReport, ...],
) -> None:
    for read in seeds:
        made = [(paragraph, view) for paragraph in read.paragraphs for view in views(paragraph)]
        assert len({view.id for _, view in made}) == len(made)
        assert all(view.text.strip() for _, view in made)
        for paragraph, view in made:
            footnote = view.id.rpartition(":")[2].startswith("n")
            assert view.whole == (view.text == whole_text(paragraph, view.language)) or footnote
            assert view.whole or footnote or view.text in (paragraph.in_language(view.language) or "")
