"""rag.text.segmentation: index terms in both languages, and Chinese words in order."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import seed_texts

from rag.text.folding import HAN, fold
from rag.text.segmentation import Segmenter, terms_en
from rag.text.symbols import symbols


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(["小武器和轻武器", "從各個方面防止", "行动纲领", "BMS7", "器"])


def test_loading_is_quick_silent_and_leaves_no_file(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(Path(tempfile.gettempdir()).glob("jieba*"))
    start = time.process_time()
    one_of_its_own = Segmenter(["非法贸易"])
    assert time.process_time() - start < 1.5
    assert capfd.readouterr() == ("", "")
    assert set(Path(tempfile.gettempdir()).glob("jieba*")) == before
    assert "非法贸易" in one_of_its_own.cut("武器非法贸易")


def test_english_terms_load_no_chinese_dictionary() -> None:
    program = (
        "import sys; from rag.text import terms_en; terms_en('arms'); print({'jieba', 'opencc'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_two_segmenters_do_not_share_their_words(segmenter: Segmenter) -> None:
    assert "非法贸易" not in segmenter.cut("武器非法贸易")


def test_cutting_a_report_loses_no_han_character(segmenter: Segmenter) -> None:
    def without_numbers(text: str) -> str:
        return "".join(re.findall(rf"(?![千百万亿多余])[{HAN}]", text))

    for paragraph in seed_texts.chinese():
        assert without_numbers("".join(segmenter.cut(paragraph))) == without_numbers(fold(paragraph))


def test_terms_of_every_paragraph_hold_its_symbols_and_no_blank(segmenter: Segmenter) -> None:
    texts = [(text, segmenter.terms) for text in seed_texts.chinese()] + [
        (text, terms_en) for text in seed_texts.english()
    ]
    for paragraph, terms_of in texts:
        terms = terms_of(paragraph)
        assert terms
        assert all(term and not term.isspace() for term in terms)
        assert {symbol.canonical for symbol in symbols(paragraph)} <= set(terms)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("illicit trafficking of weapons", ["illicit", "traffick", "weapon"], id="stems"),
        pytest.param("What is the purpose of it?", ["purpos"], id="stop words and words of asking"),
        pytest.param("The Council’s States' arms", ["council", "state", "arm"], id="possessives"),
        pytest.param("758 000, 6,400 and 3.1 million", ["758000", "6400", "3100000"], id="numbers"),
        pytest.param("in 2020 500 States", ["2020", "500", "state"], id="a year before a number"),
        pytest.param("the 26th of July", ["26", "juli"], id="ordinals"),
        pytest.param("COVID-19, BMS7 and 3D printing", ["covid", "19", "bms7", "3d", "print"], id="names with digits"),
        pytest.param("indicator 16.4.2", ["indic", "16.4.2"], id="a dotted label"),
        pytest.param("resolution 2220 (2015)", ["resolut", "S/RES/2220(2015)", "S/RES/2220"], id="resolution"),
        pytest.param("(see S/2021/839, para. 21)", ["see", "S/2021/839", "para", "21"], id="symbol"),
        pytest.param("ＡＲＭＳ\u200b café", ["arm", "café"], id="width, invisible characters, accents"),
        pytest.param("…—,!", [], id="punctuation"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_terms_en(text: str, terms: list[str]) -> None:
    assert terms_en(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("小武器和轻武器", ["武器", "武器", "轻武器", "小武器和轻武器"], id="a long word and its parts"),
        pytest.param("小武器和輕武器", ["武器", "武器", "轻武器", "小武器和轻武器"], id="Traditional"),
        pytest.param("武器 非 法 贸 易", ["武器", "非法", "贸易"], id="letter-spaced"),
        pytest.param("什么是《行动纲领》？", ["行动", "纲领", "行动纲领"], id="stop words and punctuation"),
        pytest.param("第 2220（2015）号决议", ["S/RES/2220(2015)", "S/RES/2220", "决议"], id="resolution"),
        pytest.param("销毁 75.8万件", ["销毁", "758000", "件"], id="a number with a scale"),
        pytest.param("UNODC 的 Firearms", ["unodc", "firearm"], id="Latin words"),
        pytest.param("。，", [], id="punctuation"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_terms_zh(segmenter: Segmenter, text: str, terms: list[str]) -> None:
    assert segmenter.terms(text) == terms


@pytest.mark.parametrize("written", ["758 000", "758,000", "758000", "75.8万", "７５８０００", "758\u00a0000"])
def test_a_number_is_one_term_however_written(segmenter: Segmenter, written: str) -> None:
    assert "758000" in segmenter.terms(f"销毁{written}件")
    assert "758000" in terms_en(f"destroyed {written} weapons") or "万" in written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("什么是小武器和轻武器？", ["什么", "是", "小武器和轻武器"], id="longest words, none dropped"),
        pytest.param("從各個方面防止", ["从各个方面防止"], id="a user word given in Traditional"),
        pytest.param(
            "在 A/RES/65/69 中 UNODC Trained", ["在", "A/RES/65/69", "中", "unodc", "trained"], id="Latin unstemmed"
        ),
        pytest.param("", [], id="nothing"),
    ],
)
def test_cut(segmenter: Segmenter, text: str, words: list[str]) -> None:
    assert segmenter.cut(text) == words
