from pathlib import Path
from typing import Any

import pytest

from rag.errors import ReportError
from rag.records import Report
from rag.reports import describe, known_reports, list_reports, printed_symbol, read_folder, read_report

SEEDS = Path(__file__).parents[2] / "seeds"


def described(text: str = "", **known: Any) -> Report:
    return describe("a.report.txt", text, "en", "0" * 64, known)


@pytest.mark.parametrize(
    ("stem", "id_", "years"),
    [
        pytest.param("000", "S/2021/839", (2021,), id="printed"),
        pytest.param("001", "A/67/176", (2011, 2012), id="known"),
        pytest.param("002", "A/CONF.192/BMS/2021/1", (2021,), id="printed-elsewhere"),
        pytest.param("003", "A/70/183", (2014, 2015), id="period-as-meant"),
        pytest.param("004", "004_0cf6bfd787c3b7d3", (2020, 2021, 2022), id="no-symbol"),
    ],
)
def test_a_seed_is_known_by_its_symbol_else_by_its_stem(stem: str, id_: str, years: tuple[int, ...]) -> None:
    (path,) = (path for path in list_reports(SEEDS) if path.name.startswith(stem))
    report = read_report(path).report
    assert (report.id, report.years) == (id_, years)
    assert report.text == path.read_text(encoding="utf-8")
    assert set(report.titles) == {"zh", "en"}


def test_every_fact_of_the_seeds_says_whether_it_is_printed_or_known_otherwise() -> None:
    given = {"short_title", "aliases", "from"}  # names for people, not facts
    for file, facts in known_reports(SEEDS).items():
        assert set(facts["from"]) == set(facts) - given, file
        assert all(origin.startswith(("printed", "known")) for origin in facts["from"].values()), file


def test_official_links_are_built_from_the_symbol_and_never_without_one() -> None:
    assert described(symbol="A/70/183").links["zh"] == "https://undocs.org/zh/A/70/183"
    assert described(short_title="Ferries").links == {}


def test_a_report_of_which_facts_are_stated_takes_no_symbol_from_its_text() -> None:
    assert described("A/79/123\n\nText.", year=2034).symbol is None
    assert described("A/79/123\n\nText.").symbol == "A/79/123"
    assert described().id == "a.report"


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        pytest.param("A/79/123\n\nThe title\n", "A/79/123", id="on-the-title-page"),
        pytest.param("United Nations   A/79/123\nGeneral Assembly\n", "A/79/123", id="in-the-masthead"),
        pytest.param("联 合 国 A/79/123\n大会\n", "A/79/123", id="in-the-chinese-masthead"),
        pytest.param("聯合國 A/79/123\n", "A/79/123", id="in-the-traditional-masthead"),
        pytest.param("United Nations and/or others\n", None, id="a-line-that-begins-like-a-masthead"),
        pytest.param("Text.\n" * 30 + "S/2021/839\nText.\nS/2021/839\n", "S/2021/839", id="as-a-running-head"),
        pytest.param("Text.\n" * 30 + "S/2021/839\n", None, id="once-far-down"),
        pytest.param("See A/79/123.\n", None, id="in-a-sentence"),
        pytest.param("AND/OR\n", None, id="words"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_printed_symbol_is_the_reports_own(text: str, symbol: str | None) -> None:
    assert printed_symbol(text) == symbol


@pytest.mark.parametrize(
    ("text", "facts", "years"),
    [
        pytest.param("12 July 2034\n", {}, (2034,), id="dated-english"),
        pytest.param("纽约，2034 年 7 月 12 日\n", {}, (2034,), id="dated-chinese"),
        pytest.param("S/2021/839\n", {}, (2021,), id="in-the-symbol"),
        pytest.param("1. In 1999 it rose.\n", {}, (), id="no-guess-from-a-sentence"),
        pytest.param("", {"year": 2015, "period": "2013 to 2015"}, (2013, 2014, 2015), id="period"),
        pytest.param("", {"year": 2015, "period": "2014-2013", "period_meant": "2014-2015"}, (2014, 2015), id="slip"),
    ],
)
def test_a_report_is_found_under_its_own_year_and_those_it_covers(
    text: str, facts: dict[str, Any], years: tuple[int, ...]
) -> None:
    assert described(text, **facts).years == years


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("[[", "not valid TOML", id="broken"),
        pytest.param("a = 1\n", "states a outside a table", id="no-table"),
        pytest.param('["a.txt"]\nyear = "2015"\n', "the year '2015' for a.txt", id="year-in-quotes"),
    ],
)
def test_facts_that_cannot_be_used_are_named_with_the_next_command(text: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "reports.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=named) as error:
        known_reports(tmp_path)
    assert "reports.toml" in str(error.value)
    assert "rapporteur build" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_without_facts_has_none(tmp_path: Path) -> None:
    assert known_reports(tmp_path) == {}


def test_reports_that_claim_one_symbol_are_told_apart_by_stem_and_then_by_name(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("A/79/123\n\n1. One.\n", encoding="utf-8")
    found = list(read_folder(tmp_path))
    assert [(read.report.id, read.paragraphs[-1].id) for read in found] == [("A/79/123", "A/79/123#1"), ("b", "b#1")]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("The village of 上海 lies on the river, and its ferries are many.", "en", id="a-name-in-chinese"),
        pytest.param("渡船 COVID-19 Interprefy 报告", "zh", id="names-in-latin"),
    ],
)
def test_a_reports_language_is_that_of_most_of_it(text: str, language: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    read = read_report(path)
    assert {read.report.language, *(paragraph.language for paragraph in read.paragraphs)} == {language}
