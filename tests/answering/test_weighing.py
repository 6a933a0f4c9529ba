"""rag.answering.weighing: every sentence that may be quoted, weighed for a question and its parts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from made_index import CREWS, FERRIES, FakeEmbedder, indexed, printed

from rag.answering.compose import Sentence
from rag.answering.retrieve import Found
from rag.answering.weighing import Weighed, quotable, weigh
from rag.answering.weights import DEFAULT, shipped
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Footnote, Hit, Language, Paragraph, Translation

NO_WEIGHT = replace(shipped()[DEFAULT], nearness=0.0, coverage=0.0, kind=0.0)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
OTHER: Mapping[Language, Language] = {"zh": "en", "en": "zh"}
ASKED: Mapping[Language, str] = {"zh": "渡船怎么样？", "en": "How are the ferries?"}
TABLE: Mapping[Language, Any] = {
    "zh": {"row": "甲号渡船", "columns": (("沉没", "三次"), ("乘客", "318人"), ("港口", "乙港"))},
    "en": {"row": "Ferry A", "columns": (("Sank", "three times"), ("Riders", "318 people"), ("Port", "Port B"))},
}
WEIGHED: Mapping[Language, str] = {
    "zh": "渡船载了许多乘客。船主买了灯具。丧生的有318人。",
    "en": "Ferries took many riders. Owners bought lamps. The dead were 318.",
}


def said(paragraph: Paragraph) -> list[Sentence]:
    return list(quotable(paragraph, paragraph.language, True))


@pytest.fixture(scope="module")
def small_lexicon() -> Lexicon:
    """A dictionary of three words, so that nothing is read."""
    return Lexicon([], lambda: {"渡船": ["ferry"], "灯具": ["lamp"], "船主": ["owner"]})


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, small_lexicon: Lexicon) -> Index:
    """A report in each language; their words are all that is read of it."""
    reports = [
        (FERRIES, [printed(WEIGHED["en"], "en"), printed("Nothing of note.", "en", 2)]),
        (CREWS, [printed(WEIGHED["zh"], "zh", 1, CREWS), printed("无事可记。", "zh", 2, CREWS)]),
    ]
    return indexed(reports, tmp_path_factory.mktemp("quotes"), FakeEmbedder(), small_lexicon)


Weighing = Callable[..., list[tuple[float, str]]]


@pytest.fixture(scope="module")
def weighed(index: Index, small_lexicon: Lexicon) -> Weighing:
    def of(question: str, *paragraphs: Paragraph, renderings: bool = True, **weights: float) -> list[tuple[float, str]]:
        """The scores and texts of what may be quoted, by only these weights."""
        nearness: Any = weights.pop("near", {})
        hits = tuple(Hit(paragraph, rank, 0.5) for rank, paragraph in enumerate(paragraphs, 1))
        found = Found(Question.of(question), hits, nearness=nearness)
        scored = weigh(found, index, small_lexicon, Filters(renderings=renderings), replace(NO_WEIGHT, **weights))  # type: ignore[arg-type]
        return [(round(each.score, 6), each.sentence.text) for each in scored]

    return of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_sentence_nearest_the_question_is_first(weighed: Weighing, language: Language, place: int) -> None:
    paragraph = printed(WEIGHED[language], language)
    view = f"{paragraph.id}@{language}:"
    found = weighed("?", paragraph, nearness=2.0, near={f"{view}0": 0.25, f"{view}{place + 1}": 0.5})
    assert found[0] == (1.0, said(paragraph)[place].text)
    assert [score for score, _ in found[1:]] == [0.5, 0.5]  # those without a view of their own: the whole paragraph's


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_is_as_near_as_its_row_and_a_footnote_as_its_own_view(weighed: Weighing, language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", **TABLE[language])
    noted = printed("x", language, footnotes=(Footnote("1", "z"),))
    assert weighed(ASKED[language], row, nearness=1.0, near={f"{row.id}@{language}:0": 0.5})[0][0] == 0.5
    near = {f"{noted.id}@{language}:n1": 0.5, f"{noted.id}@{language}:0": 0.25}
    assert weighed(ASKED[language], noted, nearness=1.0, near=near) == [(0.5, "z"), (0.25, "x")]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Who bought the lamps?", "Owners bought lamps."),
        ("How many riders did ferries take?", "Ferries took many riders."),
        ("谁买了灯具？", "船主买了灯具。"),
        ("渡船载了多少乘客？", "渡船载了许多乘客。"),
    ],
)
def test_the_sentence_with_the_questions_words_is_first(weighed: Weighing, question: str, first: str) -> None:
    language: Language = "en" if question.isascii() else "zh"
    (score, text), (second, _), *_ = weighed(question, printed(WEIGHED[language], language), coverage=1.0)
    assert text == first
    assert 0 <= second < score <= 1


@pytest.mark.parametrize(
    ("question", "first"), [("What lamps had the owner?", "船主买了灯具。"), ("灯具呢？", "Owners bought lamps.")]
)
def test_the_questions_words_are_looked_for_in_the_other_language(weighed: Weighing, question: str, first: str) -> None:
    language: Language = "zh" if question.isascii() else "en"
    (score, text), *_ = weighed(question, printed(WEIGHED[language], language), coverage=1.0)
    assert (text, score > 0) == (first, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cells_label_counts_among_its_words(weighed: Weighing, language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", row="?", columns=(("?", "z"), ("", "y")))
    named = replace(row, columns=(("", "z"), ({"zh": "灯具", "en": "lamps"}[language], "y")))
    question = {"zh": "灯具？", "en": "Lamps?"}[language]
    assert [text for _, text in weighed(question, row, coverage=1.0)] == ["z", "y"]
    assert [text for _, text in weighed(question, named, coverage=1.0)] == ["y", "z"]


@pytest.mark.parametrize(
    ("question", "gains"),
    [
        ("How many people died?", True),
        ("How many of the 318 people died?", False),
        ("Who died?", False),
        ("多少人丧生？", True),
        ("318人中有多少人丧生？", False),
        ("谁丧生？", False),
    ],
)
def test_a_new_figure_counts_where_one_is_asked_for(weighed: Weighing, question: str, gains: bool) -> None:
    language: Language = "en" if question.isascii() else "zh"
    paragraph = printed(WEIGHED[language], language)
    first = weighed(question, paragraph, kind=0.3)[0]
    assert first == ((0.3, said(paragraph)[2].text) if gains else (0.0, said(paragraph)[0].text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_best_paragraphs_are_quoted_and_never_a_title_page(weighed: Weighing, language: Language) -> None:
    paragraphs = [printed(f"{n}", language, n) for n in range(1, 8)]
    paragraphs[1] = replace(paragraphs[1], part="front")
    assert [text for _, text in weighed(ASKED[language], *paragraphs)] == ["1", "3", "4", "5"]


NOTED: Mapping[Language, str] = {"zh": "见登记册。", "en": "See the register."}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", LANGUAGES)
def test_only_footnotes_are_quoted_where_one_is_asked_for(weighed: Weighing, language: Language, of: Language) -> None:
    paragraph = printed("x", of, footnotes=(Footnote("1", NOTED[of]),))
    other = printed("y", of, 2)
    for question in {"zh": ("脚注怎么说？", "注释里有什么？"), "en": ("What do the footnotes say?",)}[language]:
        assert [text for _, text in weighed(question, paragraph, other)] == [NOTED[of]]
        assert [text for _, text in weighed(question, other)] == ["y"]  # there is none


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", LANGUAGES)
def test_a_footnote_not_asked_for_is_weighed_with_the_sentences(
    weighed: Weighing, language: Language, of: Language
) -> None:
    paragraph = printed("x", of, footnotes=(Footnote("1", NOTED[of]),))
    assert [text for _, text in weighed(ASKED[language], paragraph)] == ["x", NOTED[of]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_footnote_is_as_near_as_its_own_view(weighed: Weighing, language: Language) -> None:
    noted = printed("x", language, footnotes=(Footnote("1", "y"), Footnote("2", "z")))
    near = {f"{noted.id}@{language}:n1": 0.25, f"{noted.id}@{language}:n2": 0.5}
    assert weighed(ASKED[language], noted, nearness=1.0, near=near)[:2] == [(0.5, "z"), (0.25, "y")]


def test_a_sentence_counts_for_the_whole_or_for_the_whole_and_one_part() -> None:
    sentence = said(printed("Ferries sank.", "en"))[0]
    assert [Weighed(sentence, 0.5, parts).score for parts in ((), (0.1, 0.9), (0.1, 0.2))] == [0.5, 0.7, 0.5]
    assert [Weighed(sentence, 0.5, parts).of(1) for parts in ((), (0.1, 0.9))] == [0.5, 0.9]


@pytest.mark.parametrize(
    "question", ["Who bought the lamps of the ferry? How many riders died?", "谁买了渡船的灯具？有多少乘客丧生？"]
)
def test_a_sentence_is_weighed_for_each_part_by_that_parts_words_nearness_and_kind(
    index: Index, small_lexicon: Lexicon, question: str
) -> None:
    language: Language = "en" if question.isascii() else "zh"
    paragraph = printed(WEIGHED[language], language)
    near = ({f"{paragraph.id}@{language}:2": 0.5}, {f"{paragraph.id}@{language}:1": 0.5})
    found = Found(Question.of(question), (Hit(paragraph, 1, 0.5),), of_parts=near)
    weights = replace(NO_WEIGHT, nearness=1.0, kind=0.25)
    parts = {each.sentence.place: each.parts for each in weigh(found, index, small_lexicon, Filters(), weights)}
    assert parts == {0: (0.0, 0.5), 1: (0.5, 0.0), 2: (0.0, 0.25)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("renderings", "official", "translated"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_a_paragraph_is_quoted_in_the_questions_language_where_it_may_be(
    weighed: Weighing, language: Language, renderings: bool, official: bool, translated: bool
) -> None:
    paragraph = printed("x", OTHER[language], translations={language: Translation("y", official=official)})
    (_, text), *_ = weighed(ASKED[language], paragraph, renderings=renderings)
    assert text == ("y" if translated else "x")
