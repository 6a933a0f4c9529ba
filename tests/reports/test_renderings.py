import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ReportError
from rag.records import Paragraph
from rag.reports import join_renderings, parse, read_rendering, read_report, rendering_file

SEEDS = Path(__file__).parents[2] / "seeds"
TEXT = "渡船\n\n摘要\n\n渡船安全。\n\n一. 导言\n\n1. 第一。\n\n2. 第二。\n\n附件\n\n国家\t培训\n甲国\t无\n乙国\t有\n"


def rendered(*lines: dict[str, Any]) -> dict[str, Paragraph]:
    return {p.locator: p for p in join_renderings(parse(TEXT, "R", "zh").paragraphs, lines)}


def row(country: str, cell: str) -> dict[str, Any]:
    zh, en = country.split("=")
    cell_zh, cell_en = cell.split("=")
    return {
        **{"kind": "table-row", "country_zh": zh, "country_en": en, "body_en": ""},
        **{"cells_zh": {"training": cell_zh}, "cells_en": {"training": cell_en}},
    }


def test_a_paragraph_meets_its_rendering_by_part_and_number() -> None:
    found = rendered({"kind": "paragraph", "part": "main", "number": "2", "en": "Second."})
    assert found["2"].translations["en"].text == "Second."
    assert not found["2"].translations["en"].official
    assert not found["1"].translations


def test_titles_headings_and_summaries_meet_theirs_by_the_chinese_blanks_and_marks_aside() -> None:
    found = rendered(
        {"kind": "heading", "zh": "渡 船*", "en": "Ferries"},
        {"kind": "heading", "zh": "渡船安全。", "en": "On safety."},
        {"kind": "heading", "zh": "一.导言", "en": "I. Introduction"},
        {"kind": "paragraph", "part": "main", "number": "1", "en": "First."},
    )
    assert [found[name].translations["en"].text for name in ("front-1", "summary-1")] == ["Ferries", "On safety."]
    assert found["1"].translations["en"].headings == ("I. Introduction",)


def test_rows_meet_theirs_by_order_with_columns_named_in_english() -> None:
    found = rendered(
        row("甲国=Freedonia", "无=None"),
        row("乙国=Sylvania", "有=Yes"),
        {"kind": "heading", "zh": "培训", "en": "Training"},
    )
    translation = found["annex-table-2"].translations["en"]
    assert (translation.row, translation.text) == ("Sylvania", "Sylvania\nYes")
    assert translation.columns == (("Training", "Yes"),)


def test_rows_of_another_country_are_not_joined() -> None:
    found = rendered(row("乙国=Sylvania", "有=Yes"), row("乙国=Sylvania", "有=Yes"))
    assert not found["annex-table-1"].translations
    assert found["annex-table-2"].translations


def test_without_renderings_a_report_has_none() -> None:
    path = SEEDS / "001_53c35d2cc8807670.txt"
    assert all(paragraph.translations for paragraph in read_report(path).paragraphs)
    assert not any(paragraph.translations for paragraph in read_report(path, renderings=False).paragraphs)


def test_a_report_without_a_rendering_file_has_no_lines(tmp_path: Path) -> None:
    assert rendering_file(tmp_path / "a.b.txt") == tmp_path / "en" / "a.b.en.jsonl"
    assert read_rendering(rendering_file(tmp_path / "a.b.txt")) == []


def test_a_rendering_file_may_hold_blank_lines_and_line_separators_in_strings(tmp_path: Path) -> None:
    path = tmp_path / "a.en.jsonl"
    line = {"kind": "heading", "zh": "甲", "en": "A\u2028B"}
    path.write_text(json.dumps(line, ensure_ascii=False) + "\n\n", encoding="utf-8")
    assert read_rendering(path) == [line]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        pytest.param("{", "line 2 is not JSON", id="broken"),
        pytest.param("[]", "line 2 has the kind None", id="no-object"),
        pytest.param('{"kind": "note"}', "line 2 has the kind 'note'", id="unknown-kind"),
        pytest.param('{"kind": "paragraph", "part": "main"}', "line 2 lacks en, number", id="missing-fields"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_the_next_command(line: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "a.en.jsonl"
    path.write_text(f'{{"kind": "heading", "zh": "甲", "en": "A"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ReportError, match=named) as error:
        read_rendering(path)
    assert str(error.value).startswith("a.en.jsonl line 2 ")
    assert str(error.value).endswith("run: rapporteur build")


def test_a_rendering_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.en.jsonl"
    path.write_bytes("渡船".encode("gb18030"))
    with pytest.raises(ReportError, match=r"a\.en\.jsonl is not UTF-8"):
        read_rendering(path)
