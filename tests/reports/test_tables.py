from collections import Counter
from pathlib import Path

import pytest

from rag.reports import parse, read_report

SEEDS = Path(__file__).parents[2] / "seeds"


def rows_of(text: str) -> list[tuple[str | None, str | None, tuple[tuple[str, str], ...]]]:
    return [(each.row, each.body, each.columns) for each in parse(text, "R", "en").paragraphs if each.is_row]


def annex_rows():
    return [each for each in read_report(SEEDS / "003_d3f6966431f67994.txt").paragraphs if each.is_row]


def test_every_line_below_the_header_is_a_row_with_named_columns_and_empty_cells_left_out() -> None:
    text = "Country\tTraining\tOther\nFreedonia\t40 officials\t\nSylvania\t\tA study\n"
    assert rows_of(text) == [
        ("Freedonia", "", (("Training", "40 officials"),)),
        ("Sylvania", "", (("Other", "A study"),)),
    ]


def test_a_row_is_read_as_its_cells_on_lines_of_their_own() -> None:
    (row,) = parse("国家\t培训\n甲国\t40 名官员\n", "R", "zh").paragraphs
    assert (row.id, row.text) == ("R#main-table-1", "甲国\n40 名官员")


def test_a_line_with_nothing_but_its_first_cell_names_what_the_rows_after_it_stand_under() -> None:
    text = "Country\tTraining\tOther\nOffice A\t\t\nFreedonia\tx\t\nOffice B\t\t\nSylvania\ty\t\n"
    assert [(row, body) for row, body, _ in rows_of(text)] == [("Freedonia", "Office A"), ("Sylvania", "Office B")]


def test_a_label_that_also_heads_a_row_with_cells_is_a_row_even_where_its_cells_are_empty() -> None:
    text = "Country\tTraining\tOther\nOffice A\t\t\nGlobal\t\t\nGlobal\tx\t\n"
    assert [(row, body) for row, body, _ in rows_of(text)] == [("Global", "Office A"), ("Global", "Office A")]


def test_the_header_printed_again_on_the_next_page_is_dropped() -> None:
    text = "a\tb\tc\n1\t2\t3\n\na\tb\tc\n4\t5\t6\n"
    assert [label for label, _, _ in rows_of(text)] == ["1", "4"]
    furniture = [text[p.start : p.end] for p in parse(text, "R", "en").pieces if p.kind == "furniture"]
    assert furniture.count("a\tb\tc") == 1


def test_lines_without_tabs_before_a_repeated_header_belong_to_the_table() -> None:
    text = "a\tb\tc\nOffice A\t\t\n1\t2\t3\n\nOffice B\n\nIt held a meeting.\n\na\tb\tc\n4\t5\t6\n"
    assert rows_of(text)[1] == ("", "Office B", (("c", "It held a meeting."),))


def test_a_table_of_the_next_annex_is_another_though_its_header_is_the_same() -> None:
    text = "1. Text.\n\nAnnex I\n\nName\tSum\nA\t1\n\nAnnex II\n\nName\tSum\nB\t2\n"
    rows = [each for each in parse(text, "R", "en").paragraphs if each.is_row]
    assert [(each.locator, each.headings, each.columns) for each in rows] == [
        ("annex-table-1", ("Annex I",), (("Sum", "1"),)),
        ("annex-2-table-1", ("Annex II",), (("Sum", "2"),)),
    ]


def test_two_tables_keep_their_own_columns_and_share_one_count() -> None:
    text = "1. Text.\n\nName\tSum\nA\t1\n\nMore text follows here.\n\nPlace\tYear\nB\t2020\n"
    rows = [each for each in parse(text, "R", "en").paragraphs if each.is_row]
    assert [(each.locator, each.columns) for each in rows] == [
        ("main-table-1", (("Sum", "1"),)),
        ("main-table-2", (("Year", "2020"),)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1.\tOne sentence.\n2.\tAnother sentence.\n", id="numbers-and-tabs"),
        pytest.param("(a)\tOne entry;\n(b)\tAnother entry.\n", id="labels-and-tabs"),
        pytest.param("A line\twith a tab alone.\n\nText.\n", id="one-line-alone"),
    ],
)
def test_a_tab_alone_makes_no_table(text: str) -> None:
    assert not rows_of(text)


def test_the_seeds_annex_has_87_rows_under_14_bodies() -> None:
    rows = annex_rows()
    bodies = list(Counter(row.body for row in rows))
    assert (len(rows), len(bodies), [row.number for row in rows]) == (87, 14, [str(n) for n in range(1, 88)])
    assert all(row.row is not None and row.body for row in rows)


@pytest.mark.parametrize(
    ("number", "row", "body", "text"),
    [
        pytest.param(
            13, "", "联合国人权事务高级专员办事处(人权高专办)", "在人权理事会第二十九届会议", id="ohchr-without-tabs"
        ),
        pytest.param(14, "", "联合国开发计划署(开发署)", "*\n在所述国家的工作", id="star-row-with-empty-label"),
        pytest.param(62, "", "联合国裁军研究所", "与区域伙伴协作", id="unidir-body-and-row"),
        pytest.param(64, "全球", "联合国裁军研究所", "全球", id="global-all-cells-empty"),
        pytest.param(65, "全球", "联合国裁军研究所", "全球\n为协调统一", id="global-with-a-cell"),
        pytest.param(87, "多哥", None, "多哥\n提供审查和更新", id="the-last"),
    ],
)
def test_the_hard_rows_of_the_seeds_annex(number: int, row: str, body: str | None, text: str) -> None:
    found = annex_rows()[number - 1]
    assert (found.row, found.text[: len(text)]) == (row, text)
    assert body is None or found.body == body


def test_a_cell_of_the_seeds_annex_stands_under_its_own_column() -> None:
    columns = dict(annex_rows()[1].columns)
    assert list(columns) == ["立法和程序", "储存管理、标识、记录保存、收集/销毁", "培训/提高认识", "其他"]
    assert columns["培训/提高认识"] == "向武装部队、宪兵和警察进行武器和弹药培训"
