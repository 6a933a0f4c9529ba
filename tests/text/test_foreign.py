"""rag.text.foreign: questions in a third language, told from Chinese and English ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions
from rag.data import table
from rag.text import foreign
from rag.text.foreign import language_name


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("fr", "Combien d'États ont présenté un rapport en 2021 ?"),
        ("fr", "Quel est l’impact de la prolifération des armes légères sur les enfants ?"),
        ("fr", "QUE DIT LE RAPPORT S/2021/839 SUR LES FEMMES ?"),
        ("es", "¿Cuántas armas se recogieron en Mali en 2020?"),
        ("es", "Cuantos Estados presentaron informes"),
        ("es", "Impacto de las armas pequeñas en los niños"),
        ("ru", "Сколько единиц оружия было собрано в Мали?"),
        ("ru", "Что говорит доклад S/2021/839 о MINUSMA?"),
        ("ar", "ما هو تأثير انتشار الأسلحة الصغيرة على الأطفال؟"),
        ("de", "Wie viele Waffen wurden in Mali eingesammelt?"),
        ("de", "Welche Staaten haben 2021 berichtet?"),
        ("pt", "Qual é o impacto das armas ligeiras nas crianças?"),
        ("it", "Quanti Stati hanno presentato rapporti?"),
        ("ja", "マリで何丁の武器が回収されましたか？"),
        ("ko", "말리에서 무기가 몇 개 수거되었습니까?"),
    ],
)
def test_a_third_language_is_told(code: str, question: str) -> None:
    assert foreign(question) == code


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?!",
        "BMS7",
        "Mali",
        "Côte d'Ivoire arms embargo",
        "São Tomé and Príncipe",
        "the La Paz declaration",
        "de facto control of the Rio de la Plata",
        "What does the Communauté économique des États de l'Afrique de l'Ouest do?",
        "What is “Сколько?” in the report on small arms?",
        "comment on paragraph 3",
        "轻小武器扩散对儿童有什么影响？",
        "輕小武器擴散對兒童有什麼影響？",
        "中国の报告有哪些规定以及如何标识",
        "Combien 是什么意思",
    ],
)
def test_chinese_and_english_with_words_of_another_are_no_third_language(question: str) -> None:
    assert foreign(question) is None


def test_no_question_of_ours_is_taken_for_one() -> None:
    questions = [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]
    assert not [each.text for each in questions if foreign(each.text)]


@given(st.text(max_size=40))
def test_whatever_is_told_has_a_name(text: str) -> None:
    code = foreign(text)
    assert code is None or language_name(code)


def test_every_language_has_a_name() -> None:
    told = table("foreign.toml")
    assert {*told["latin"], *told["scripts"].values(), "ja"} == set(told["names"])
