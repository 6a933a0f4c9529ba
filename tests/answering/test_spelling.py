"""rag.answering.spelling: misspelt words mended by what the index has."""

from dataclasses import replace

import pytest

from rag.answering.spelling import Speller, slips
from rag.index.terms import GLOSS, OWN, RENDERING, TermLeg
from rag.lexicon import Lexicon
from rag.question import Question

CHINESE = [
    "小武器和轻武器的标识、登记和追查。",
    "安全理事会关于小武器的决议；各国收缴了非法小武器。",
    "裁军事务厅协助边境管制和弹药管理。",
    "妇女参与和平进程。",
    "查到来源。",
]
ENGLISH = [
    "Marking, registration and tracing of small arms and light weapons.",
    "The Security Council on illicit small arms; States collected firearms.",
    "The Office for Disarmament Affairs helps with border controls at the Biennial Meeting.",
    "The Secretary-General collected the lock of a rocket.",
    "Women in peacekeeping.",
    "A summary of judgments.",
]


@pytest.fixture(scope="module")
def speller(lexicon: Lexicon) -> Speller:
    legs = {
        ("zh", OWN): TermLeg.build({n: lexicon.search_terms(text, "zh") for n, text in enumerate(CHINESE)}),
        ("en", RENDERING): TermLeg.build({n: lexicon.search_terms(text, "en") for n, text in enumerate(ENGLISH)}),
        ("en", GLOSS): TermLeg.build({n: lexicon.gloss_terms(text, "zh") for n, text in enumerate(CHINESE)}),
    }
    return Speller(lexicon, legs, ENGLISH)


def mended(speller: Speller, question: str) -> str:
    """What is searched for."""
    return replace(Question.of(question), corrections=speller.corrections(question)).text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            "How many ilicit small arms were colected?", "How many illicit small arms were collected?", id="left out"
        ),
        pytest.param("illicit wweapons", "illicit weapons", id="put in"),
        pytest.param("the disarmamnet office", "the disarmament office", id="swapped"),
        pytest.param("women in peacekeepimg", "women in peacekeeping", id="changed"),
        pytest.param("Who chairs the Bienial Meeting", "Who chairs the Biennial Meeting", id="a name of the index"),
        pytest.param("the rokcet and the orcket", "the rocket and the rocket", id="first letters swapped"),
    ],
)
def test_a_misspelt_word_becomes_one_the_index_has(speller: Speller, written: str, meant: str) -> None:
    assert mended(speller, written) == meant


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Marking of small arms",
        "Could you summarise the judgments?",  # "summaris" would be no word
        "Which tiers do guidelines come in?",  # a word the index lacks, beside "ties"
        "UNODC and SALW in Zanzibar",
        "Glock pistols in Mali",  # a name that the index does not have
        "glock pistols",  # beside "lock"
        "How many Glock pistols?",
        "Which Colected works?",
        "ties with other rackets",  # no rockets
        'pistols called "glock"',  # as typed
        "When was PrepCom held?",
        "请问安全里事会的决议",
        "Was it doingg or aftre?",  # slips of function words, which are no terms
        "What about S/2021/839, para. 82?",
        "2012年报告里小武器标识的规定",  # 年报告 is beside 本报告
        "司法培训做了什么",
        "古特雷斯何时呼吁停火？",
        "轻小武器方面有哪些捐助方？",
        "什么是ilicit武器？",  # a Chinese question
        "Quelles firearmes ont été saisies ?",  # a French one
        "請問邊境管制由誰負責？",
    ],
)
def test_what_is_spelt_right_or_unlike_anything_stays(speller: Speller, question: str) -> None:
    assert mended(speller, question) == question


def test_nothing_is_read_for_words_the_index_has() -> None:
    def never() -> dict[str, list[str]]:
        raise AssertionError("read for nothing")

    lexicon = Lexicon([], never)
    legs = {("zh", OWN): TermLeg.build({0: lexicon.search_terms("小武器", "zh")})}
    assert mended(Speller(lexicon, legs, (never() for _ in "x")), "小武器") == "小武器"


def test_each_correction_is_told(speller: Speller) -> None:
    assert speller.corrections("ilicit arms, ilicit trade, colected") == {"ilicit": "illicit", "colected": "collected"}
    assert speller.corrections("illicit arms") == {}


def test_of_several_words_those_with_the_same_first_letter_are_meant_of_these_the_commonest(lexicon: Lexicon) -> None:
    texts = ["The caress, the caress.", "The bares.", "The xarex, the xaren, the xaren."]
    legs = {("en", OWN): TermLeg.build({n: lexicon.search_terms(text, "en") for n, text in enumerate(texts)})}
    assert mended(Speller(lexicon, legs, texts), "the baress") == "the bares"
    assert mended(Speller(lexicon, legs, texts), "the xareq") == "the xaren"


def test_slips_are_every_string_one_slip_away() -> None:
    assert {"arm", "amrs", "alrms", "arma", "arms"} <= slips("arms")
    assert "ams" in slips("arms")
    assert not {"as", "smra"} & slips("arms")
