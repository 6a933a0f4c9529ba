"""rag.text.symbols: document symbols and resolution numbers, however written."""

import time

import pytest
import seed_texts
from hypothesis import given
from hypothesis import strategies as st

from rag.text.symbols import symbols


def canonical(text: str) -> list[str]:
    return [symbol.canonical for symbol in symbols(text)]


@given(st.integers(1, 2999), st.integers(1946, 2030))
def test_a_security_council_resolution_is_the_same_in_every_written_form(number: int, year: int) -> None:
    forms = [
        f"第{number}({year})号决议",
        f"第 {number}（{year}） 号决议",
        f"第 {number} ({year})號決議",
        f"安全理事会第{number}({year})号决议",
        f"resolution {number} ({year})",
        f"Security Council resolution {number}({year})",
        f"S/RES/{number}({year})",
        f"S/RES/{number} ({year})",
        f"s/res/{number}({year})",
    ]
    assert {form: canonical(form) for form in forms} == {form: [f"S/RES/{number}({year})"] for form in forms}


@given(st.integers(31, 99), st.integers(1, 300))
def test_a_general_assembly_resolution_is_the_same_in_every_written_form(session: int, item: int) -> None:
    number = f"{session}/{item}"
    forms = [
        f"大会第{number}号决议",
        f"第 {number} 号决议",
        f"第 {number} 號決議",
        f"决议 {number}",
        f"resolution {number}",
        f"General Assembly resolution {number}.",
        f"A/RES/{number}",
        f"a/res/{number}",
        f"Ａ／ＲＥＳ／{number}",
    ]
    assert {form: canonical(form) for form in forms} == {form: [f"A/RES/{number}"] for form in forms}


@given(st.text(st.one_of(st.sampled_from("AS/RES 0123456789()号决议、和第.-\0"), st.characters()), max_size=60))
def test_symbols_lie_in_the_text_in_order(text: str) -> None:
    end = 0
    for symbol in symbols(text):
        assert end <= symbol.start < symbol.end <= len(text)
        end = symbol.end


def test_headings_name_the_same_documents_in_both_languages() -> None:
    for chinese, english in seed_texts.pairs():
        assert set(canonical(chinese)) == set(canonical(english))


def test_every_symbol_of_the_reports_is_found_again_by_its_canonical_form() -> None:
    found = {symbol.canonical for text in seed_texts.chinese() for symbol in symbols(text)}
    assert len(found) > 80
    for name in found:
        assert canonical(name) == [name] or name.startswith("RES/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("(S/2021/839)", ["S/2021/839"], id="in brackets"),
        pytest.param("[S/2015/289](#)", ["S/2015/289"], id="in a Markdown link"),
        pytest.param("见A/CONF.192/BMS/2021/1。", ["A/CONF.192/BMS/2021/1"], id="between Chinese characters"),
        pytest.param("A/CONF.192/BMS/2021/CRP.2/Rev.1.", ["A/CONF.192/BMS/2021/CRP.2/Rev.1"], id="revision"),
        pytest.param("CTOC/COP/WG.6/2020/2、CTOC/COP/2022/1", ["CTOC/COP/WG.6/2020/2", "CTOC/COP/2022/1"], id="two"),
        pytest.param("S/PRST/2020/5", ["S/PRST/2020/5"], id="presidential statement"),
        pytest.param("A/75/873-S/2021/437", ["A/75/873-S/2021/437"], id="joint symbol"),
        pytest.param("A/RES/S-26/2", ["A/RES/S-26/2"], id="special session"),
        pytest.param("ST/SGB/2003/13", ["ST/SGB/2003/13"], id="bulletin"),
        pytest.param("A/60/88和Corr.2", ["A/60/88"], id="before a corrigendum"),
        pytest.param(
            "第 2584(2021)、2520(2020)和 2511(2020)号决议",
            ["S/RES/2584(2021)", "S/RES/2520(2020)", "S/RES/2511(2020)"],
            id="Chinese list with years",
        ),
        pytest.param(
            "第 65/67、66/34 和 66/47 号决议", ["A/RES/65/67", "A/RES/66/34", "A/RES/66/47"], id="Chinese list"
        ),
        pytest.param(
            "第1540(2004)号和第1325(2000)号决议", ["S/RES/1540(2004)", "S/RES/1325(2000)"], id="each with its 号"
        ),
        pytest.param("resolutions 57/72 and 59/86", ["A/RES/57/72", "A/RES/59/86"], id="English pair"),
        pytest.param(
            "resolutions 2584 (2021), 2520 (2020) and 2511 (2020)",
            ["S/RES/2584(2021)", "S/RES/2520(2020)", "S/RES/2511(2020)"],
            id="English list with years",
        ),
        pytest.param(
            "resolutions 65/67 of 8 December 2010 and 66/34 of 2 December 2011",
            ["A/RES/65/67", "A/RES/66/34"],
            id="with dates between",
        ),
        pytest.param("第 56/24 V 号决议", ["A/RES/56/24V"], id="letter, Chinese"),
        pytest.param("resolution 56/24 V of 24 December", ["A/RES/56/24V"], id="letter, English"),
        pytest.param("resolution 65/69 A few States", ["A/RES/65/69"], id="an article is no letter"),
        pytest.param("resolution 217 A (III)", ["A/RES/217(III)A"], id="old resolution"),
        pytest.param("第 10/2 号决议", ["RES/10/2"], id="of some other body"),
        pytest.param("经社理事会第 2019/20 号决议", ["E/RES/2019/20"], id="Economic and Social Council"),
        pytest.param("人权理事会第 41/20 号决议", ["A/HRC/RES/41/20"], id="Human Rights Council, Chinese"),
        pytest.param("Human Rights Council resolution 41/20", ["A/HRC/RES/41/20"], id="Human Rights Council, English"),
        pytest.param("第 74/552 号决定", ["A/DEC/74/552"], id="decision, Chinese"),
        pytest.param("decision 74/552", ["A/DEC/74/552"], id="decision, English"),
        pytest.param("第1325号决议", ["S/RES/1325"], id="year left out, Chinese"),
        pytest.param("resolution 1325", ["S/RES/1325"], id="year left out, English"),
        pytest.param("UNSCR 1325", ["S/RES/1325"], id="short name"),
        pytest.param("https://undocs.org/ch/S/RES/2370(2017)", [], id="address"),
        pytest.param("and/or, km/h, N/A, 24/7, 1/3", [], id="other slashes"),
        pytest.param("2020 决定", [], id="a year and a verb"),
        pytest.param("in 2015 (2016)", [], id="two years"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_symbols(text: str, expected: list[str]) -> None:
    assert canonical(text) == expected


def test_a_symbol_spans_what_is_written_of_it() -> None:
    text = "根据第 2220（2015）号决议和 A/RES/65/69"
    assert [text[symbol.start : symbol.end] for symbol in symbols(text)] == ["2220（2015）", "A/RES/65/69"]


@pytest.mark.parametrize(
    ("written", "stem"),
    [
        pytest.param("S/RES/2220(2015)", "S/RES/2220", id="year"),
        pytest.param("A/RES/56/24V", "A/RES/56/24", id="letter"),
        pytest.param("S/2021/839", "S/2021/839", id="nothing to leave out"),
    ],
)
def test_the_stem_leaves_out_what_people_leave_out(written: str, stem: str) -> None:
    assert [symbol.stem for symbol in symbols(written)] == [stem]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A/1" * 30_000, id="run-on symbols"),
        pytest.param("/A" * 50_000, id="slashes"),
        pytest.param("1/1、" * 25_000, id="an endless list"),
        pytest.param("1(2000)和" * 14_000, id="an endless list with years"),
        pytest.param("1" * 100_000, id="digits"),
    ],
)
def test_a_hostile_text_takes_no_more_than_a_moment(text: str) -> None:
    start = time.process_time()
    symbols(text)
    assert time.process_time() - start < 2
