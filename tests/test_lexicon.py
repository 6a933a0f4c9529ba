import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.lexicon import SENSES, Entry, Lexicon, meaning, read_glossary
from rag.text import fold

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


def never() -> dict[str, list[str]]:
    raise AssertionError("the dictionary was read")


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def glossary(lexicon: Lexicon) -> Lexicon:
    """Without the dictionary, which it must do without; the segmenter is the same."""
    without = Lexicon(read_glossary(), never)
    without.segmenter = lexicon.segmenter
    return without


# --- glossary ---------------------------------------------------------------------------------------------------------


def test_a_glossary_row_sorts_its_aliases_by_language(tmp_path: Path):
    row = "《行动纲领》\tProgramme of Action\tPoA|行动纲领| UNPoA |3D打印枪支"
    (tmp_path / "glossary.tsv").write_text(f"zh\ten\taliases\n{row}\n", encoding="utf-8")
    assert read_glossary(tmp_path / "glossary.tsv") == [
        Entry(zh=("《行动纲领》", "行动纲领", "3D打印枪支"), en=("Programme of Action", "PoA", "UNPoA"))
    ]


def test_every_row_of_the_shipped_glossary_has_both_languages():
    for entry in read_glossary():
        assert all(re.search("[一-鿿]", form) for form in entry.zh), entry
        assert entry.en[0], entry


@pytest.mark.parametrize("form", ["武器贸易条约", "轻小武器", "小武器和轻武器", "《武器贸易条约》", "輕小武器"])
def test_forms_of_the_glossary_are_kept_whole_without_their_title_marks(glossary: Lexicon, form: str):
    assert glossary.segmenter.cut(f"关于{form}的报告")[1:-2] == [fold(form.strip("《》"))]


@pytest.mark.parametrize(
    ("question", "language", "further"),
    [
        pytest.param("SALW in the Sahel", "en", {"small", "arm", "light", "weapon"}, id="SALW"),
        pytest.param("What is the PoA?", "en", {"programm", "action"}, id="PoA"),
        pytest.param("the Programme of Action", "en", {"poa"}, id="Programme of Action"),
        pytest.param("DDR", "en", {"disarma", "demobil", "reintegr"}, id="DDR"),
        pytest.param("minusca", "en", {"multidimension", "stabil", "african"}, id="long abbreviation in small letters"),
        pytest.param("轻小武器有多少", "zh", {"小武器和轻武器"}, id="轻小武器"),
        pytest.param("妇女参与轻小武器管制", "zh", {"小武器和轻武器"}, id="overlapped by another form"),
        pytest.param("輕小武器", "zh", {"小武器和轻武器"}, id="Traditional"),
        pytest.param("PoA的执行情况", "zh", {"行动纲领"}, id="abbreviation in a Chinese question"),
        pytest.param("《武器贸易条约》", "zh", {"武贸条约"}, id="title marks"),
    ],
)
def test_a_question_is_expanded_by_the_other_names_of_what_it_names(glossary: Lexicon, question, language, further):
    found = glossary.expansions(question, language)
    assert further <= set(found)
    assert not set(found) & set(glossary.terms(question, language))


@pytest.mark.parametrize("question", ["Is it true?", "a poa", "iti", "the car is old", "can we", "it att ddr"])
def test_short_abbreviations_count_only_as_they_are_written(glossary: Lexicon, question: str):
    assert glossary.expansions(question, "en") == []


# --- dictionary -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "left"),
    [
        pytest.param("to traffic (in sth)", "traffic", id="aside and to"),
        pytest.param("the Legalists", "Legalists", id="article"),
        pytest.param("to be hit by", "hit by", id="to be"),
        pytest.param("a cab (abbr. for 的士[di1 shi4])", "cab", id="nested brackets"),
        pytest.param("to rank (first", "rank", id="cut inside brackets"),
        pytest.param("second) among siblings", "among siblings", id="cut before a bracket's end"),
        pytest.param("abbr. for 國際足聯|国际足联, FIFA", "FIFA", id="abbreviation spelt out"),
        pytest.param("to give sb sth", "give", id="placeholders"),
        pytest.param("variant of 和[he2]", "", id="variant"),
        pytest.param("old variant of 和[he2]", "", id="old variant"),
        pytest.param("erhua variant of 對心|对心", "", id="erhua variant"),
        pytest.param("CL:個|个[ge4]", "", id="classifier"),
        pytest.param("surname He", "", id="surname"),
        pytest.param("see 正房[zheng4 fang2]", "", id="pointer"),
        pytest.param("Taiwan pr. [han4]", "", id="pronunciation"),
        pytest.param("(polite)", "", id="only an aside"),
        pytest.param("seeing is believing", "seeing is believing", id="begins like a pointer"),
        pytest.param("to see", "see", id="to see"),
        pytest.param("tonic", "tonic", id="begins like to"),
    ],
)
def test_a_definition_is_reduced_to_its_meaning(definition: str, left: str):
    assert meaning(definition) == left


@given(st.text(alphabet="ab()[]|和 ,;sth", max_size=2000))
def test_any_definition_is_reduced_without_brackets_around_or_blanks(definition: str):
    left = meaning(definition)
    assert left == left.strip()
    assert "  " not in left


@settings(max_examples=20)
@given(st.integers(1000, 20000))
def test_a_definition_of_nothing_but_brackets_takes_no_time(length: int):
    start = time.process_time()
    meaning("(" * length)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("word", "first"),
    [
        pytest.param("和平", "peace", id="a common word before the district of that name"),
        pytest.param("武器", "weapon", id="weapon"),
        pytest.param("联合国", "United Nations", id="a name"),
        pytest.param("小武器", "small arms", id="only in the glossary"),
    ],
)
def test_the_first_sense_of_a_word_is_what_it_mostly_means(lexicon: Lexicon, word: str, first: str):
    senses = lexicon.gloss_senses(word)
    assert senses[0] == first
    assert len(senses) <= SENSES


def test_a_word_nobody_knows_has_no_senses(lexicon: Lexicon):
    assert lexicon.gloss_senses("甴甴曱") == []


# --- glosses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("小武器和轻武器", ["small", "arm", "light", "weapon"], id="glossary before words"),
        pytest.param("洗钱", ["money", "launder"], id="dictionary"),
        pytest.param("的", [], id="function word"),
        pytest.param("2021", ["2021"], id="number"),
        pytest.param("第2220(2015)号决议", ["S/RES/2220(2015)", "S/RES/2220", "resolut"], id="symbol"),
        pytest.param("UNODC", ["unodc"], id="Latin"),
        pytest.param("聯合國", ["unit", "nation"], id="Traditional"),
    ],
)
def test_chinese_is_said_in_english_terms(lexicon: Lexicon, text: str, terms: list[str]):
    found = lexicon.gloss_terms(text, "zh")
    assert [term for term in found if term in terms] == terms


class OneWord:
    """A segmenter that takes any text for one word."""

    def cut(self, text: str) -> list[str]:
        return [text]

    terms = cut


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        pytest.param("武器贩子", ["weapon", "traffick"], id="words"),
        pytest.param("武器贩", ["weapon"], id="a character beside a word"),
        pytest.param("贩甴", ["peddl"], id="characters alone"),
        pytest.param("甴", [], id="nothing known"),
    ],
)
def test_an_unknown_chinese_word_is_glossed_by_its_parts(word: str, terms: list[str]):
    lexicon = Lexicon([], lambda: {"武器": ["weapon"], "贩": ["to peddle"], "贩子": ["trafficker"]})
    lexicon.segmenter = OneWord()
    assert lexicon.gloss_terms(word, "zh") == terms


@pytest.mark.parametrize(
    ("text", "terms", "others"),
    [
        pytest.param("illicit weapons", {"非法", "武器"}, set(), id="words"),
        pytest.param("money laundering", {"洗钱"}, {"钱"}, id="phrase of the dictionary"),
        pytest.param("small arms and light weapons", {"小武器", "轻武器"}, {"手臂", "光"}, id="longest phrase"),
        pytest.param("the ITI", {"国际追查文书", "iti"}, set(), id="abbreviation"),
        pytest.param("INTERPOL", {"国际刑警组织", "interpol"}, set(), id="a name Chinese may print in Latin letters"),
        pytest.param("resolution 2220 (2015)", {"S/RES/2220(2015)", "决议"}, set(), id="symbol"),
        pytest.param("6,400 xyzzy", {"6400", "xyzzi"}, set(), id="number and unknown word"),
    ],
)
def test_english_is_said_in_chinese_terms(lexicon: Lexicon, text: str, terms: set[str], others: set[str]):
    found = set(lexicon.gloss_terms(text, "en"))
    assert terms <= found
    assert not others & found


def test_of_many_chinese_words_the_commonest_are_given(lexicon: Lexicon):
    found = lexicon.gloss_terms("problem", "en")
    assert "问题" in found
    assert len(found) <= 2 * 4  # four words and their parts


def test_either_half_can_be_left_out():
    assert Lexicon.load(glossary=False).forms("SALW") == ["SALW"]
    assert Lexicon.load(glossary=False).expansions("SALW", "en") == []
    assert Lexicon.load(dictionary=False).gloss_senses("小武器") == ["small arms"]
    assert Lexicon.load(dictionary=False).gloss_senses("和平") == []


def test_the_seeds_are_glossed_within_seconds(lexicon: Lexicon):
    lexicon.gloss_terms("武器", "zh")  # loads what is loaded once
    start = time.process_time()
    terms = [term for path in SEEDS for term in lexicon.gloss_terms(path.read_text("utf-8"), "zh")]
    assert len(terms) > 30_000
    assert time.process_time() - start < 5


def test_the_glossary_file_has_three_columns_in_every_line():
    path = Path(__file__).parent.parent / "rag" / "data" / "glossary.tsv"
    rows = list(csv.reader(path.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {len(row) for row in rows} == {3}


@pytest.mark.parametrize(
    ("in_words", "in_digits", "language"),
    [("第七次会议", "第7次会议", "zh"), ("第十二届", "第12届", "zh"), ("the Seventh Meeting", "the 7th Meeting", "en")],
)
def test_an_ordinal_in_words_is_searched_by_its_digits_too(in_words: str, in_digits: str, language) -> None:
    lexicon = Lexicon([], dict)
    written = set(lexicon.search_terms(in_words, language))
    assert next(each for each in lexicon.search_terms(in_digits, language) if each.isdigit()) in written
