"""rag.answering.spans: the words of a quotation that answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from made_index import FERRIES, FakeEmbedder, indexed, printed

from rag.answering.compose import Sentence
from rag.answering.spans import Answering, figure_span, find_answers
from rag.answering.weighing import Weighed, quotable
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Footnote, Language

ALL: Callable[[str], float] = lambda text: 1.0  # noqa: E731 - what every text covers


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon([], dict)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon) -> Index:
    """A report in each language, whose words are all that is known."""
    texts = [
        "Ferries sank in 2033; 318 passengers died.",
        "Owners bought lamps.",
        "渡船沉没，318名乘客丧生。",
        "船主买了灯具。",
    ]
    paragraphs = [printed(text, "en" if text.isascii() else "zh", n) for n, text in enumerate(texts, 1)]
    return indexed([(FERRIES, paragraphs)], tmp_path_factory.mktemp("spans"), FakeEmbedder(), lexicon)


def shown(asked: str, text: str, lexicon: Lexicon, coverage: Callable[[str], float] = ALL) -> str | None:
    """The words of a text that answer."""
    span = figure_span(text, asked, Question.of(asked).known, lexicon, coverage)
    return text[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("asked", "text", "words"),
    [
        ("How many passengers died?", "In 2033 at least 1,318 passengers died in 12 ports.", "at least 1,318"),
        ("How many passengers died?", "In 2033 ferries sank in 12 ports.", None),  # another thing is counted
        ("How many of the 318 passengers died?", "The 318 passengers were on two ferries.", None),  # the question's own
        ("How much money was paid?", "Twelve ports got $3.1 million in all.", "$3.1 million"),
        ("How much money was paid?", "The ports got $3.1 million, the owners $2 million.", None),  # one of two
        ("What per cent was lost?", "Nearly 27 per cent of 40 ferries were lost.", "Nearly 27 per cent"),
        ("When did they meet?", "They met from 5 to 8 September 2011 in three rooms.", "5 to 8 September 2011"),
        ("When did they meet?", "They met in 2011.", "2011"),
        ("When they met, what did they say?", "They met in 2011.", None),  # asks for no date
        ("What did they say?", "They met in 2011.", None),
        ("有多少乘客丧生？", "2033年至少有1 318名乘客在12个港口丧生。", "至少有1 318名"),
        ("有多少乘客丧生？", "2033年渡船在12个港口沉没。", None),
        ("花了多少钱？", "12个港口一共得到310万美元。", "310万美元"),
        ("占百分之几？", "近27%的渡船沉没，共40艘。", "近27%"),
        ("会议是什么时候开的？", "会议于2012年3月19日至23日举行，三百人到会。", "2012年3月19日至23日"),
        ("会议说了什么？", "会议于2012年举行。", None),
    ],
)
def test_the_one_figure_asked_for_answers_as_hedged_and_with_its_unit(
    lexicon: Lexicon, asked: str, text: str, words: str | None
) -> None:
    assert shown(asked, text, lexicon) == words


def test_of_several_figures_that_in_the_clause_with_the_questions_words_answers(lexicon: Lexicon) -> None:
    text = "The ports got $3.1 million, the owners $2 million."
    assert shown("How much money did the owners get?", text, lexicon, lambda words: 1.0 + ("owners" in words)) == (
        "$2 million"
    )


@pytest.mark.parametrize("covered", [0.2, 0.3])
def test_a_figure_of_a_sentence_on_something_else_does_not_answer(lexicon: Lexicon, covered: float) -> None:
    assert (shown("When did they meet?", "They met in 2011.", lexicon, lambda words: covered) is None) == (
        covered < 0.25
    )


def found(index: Index, lexicon: Lexicon, question: str, text: str, *scores: float) -> Answering:
    """What answers in a paragraph quoted whole, whose sentences have these scores."""
    language: Language = "en" if question.isascii() else "zh"
    said = list(quotable(printed(text, language), language, True))
    whole = replace(said[0], end=said[-1].end, text=text)
    weighed = [Weighed(sentence, score) for sentence, score in zip(said, scores, strict=True)]
    return find_answers([whole], weighed, Question.of(question), index, lexicon)


def words_of(quotation: Sentence) -> list[str]:
    return [quotation.text[start:end] for start, end in quotation.answers]


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("How many passengers died?", "Owners left. Ferries sank, 318 passengers died.", "318"),
        ("有多少乘客丧生？", "船主不多。渡船沉没，318名乘客丧生。", "318名"),
    ],
)
def test_one_figure_leads_and_is_marked_where_it_stands(
    index: Index, lexicon: Lexicon, question: str, text: str, words: str
) -> None:
    answers = found(index, lexicon, question, text, 0.1, 1.0)
    assert words_of(answers.quotations[0]) == [words]
    assert answers.lead is not None
    assert (answers.lead.text, text[answers.lead.start : answers.lead.end]) == (words, words)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many passengers and owners died?", "Ferries sank, 318 passengers died."),
        ("How many passengers died? Which owners left the port?", "Ferries sank, 318 passengers died."),
        ("有多少乘客和船主丧生？", "渡船沉没，318名乘客丧生。"),
        ("有多少乘客丧生？哪些船主离开了？", "渡船沉没，318名乘客丧生。"),
    ],
)
def test_no_figure_leads_where_more_is_asked(index: Index, lexicon: Lexicon, question: str, text: str) -> None:
    assert found(index, lexicon, question, text, 1.0).lead is None


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who bought them?", "Ferries sank in the night. Owners bought lamps. Ports were lit by noon."),
        ("谁买了灯具？", "渡船在夜间沉没。船主买了灯具。港口中午装了灯。"),
    ],
)
def test_where_no_figure_is_asked_for_the_sentence_nearest_is_marked(
    index: Index, lexicon: Lexicon, question: str, text: str
) -> None:
    answers = found(index, lexicon, question, text, 0.1, 1.0, 0.1)
    assert words_of(answers.quotations[0])[0] in ("Owners bought lamps.", "船主买了灯具。")
    assert answers.lead is None
    only = found(index, lexicon, question, text.split("。" if "。" in text else ". ")[0], 1.0)
    assert words_of(only.quotations[0]) == []  # all of it


@pytest.mark.parametrize("question", ["How many passengers died?", "有多少乘客丧生？"])
def test_where_a_figure_is_asked_for_and_none_is_meant_nothing_is_marked(
    index: Index, lexicon: Lexicon, question: str
) -> None:
    text = "Ferries sank. Owners left. Ports were lit." if question.isascii() else "渡船沉没。船主离开。港口装了灯。"
    assert words_of(found(index, lexicon, question, text, 1.0, 0.5, 0.1).quotations[0]) == []


def test_each_part_marks_its_own_words(index: Index, lexicon: Lexicon) -> None:
    text = "Ferries sank at night. At least 318 passengers died. Owners bought lamps for all the ports."
    said = list(quotable(printed(text, "en"), "en", True))
    whole = replace(said[0], end=said[-1].end, text=text)
    parts = [(0.1, 0.1), (1.0, 0.1), (0.1, 1.0)]
    weighed = [Weighed(sentence, 0.5, of) for sentence, of in zip(said, parts, strict=True)]
    question = Question.of("How many passengers died? Who bought lamps for the ports?")
    answers = find_answers([whole], weighed, question, index, lexicon)
    assert words_of(answers.quotations[0]) == ["At least 318", "Owners bought lamps for all the ports."]


def test_a_footnote_that_answers_is_marked_in_itself_and_a_row_not(index: Index, lexicon: Lexicon) -> None:
    noted = printed("Ferries sank.", "en", footnotes=(Footnote("1", "Of 2033."), Footnote("2", "318 passengers died.")))
    note = list(quotable(noted, "en", True))[-1]
    question = Question.of("How many passengers died?")
    answers = find_answers([note], [Weighed(note, 1.0)], question, index, lexicon)
    assert words_of(answers.quotations[0]) == ["318"]
    row = replace(printed("x", "en"), part="annex-table", columns=(("Dead", "318 passengers died"),))
    cell = next(quotable(row, "en", True))
    assert find_answers([cell], [Weighed(cell, 1.0)], question, index, lexicon).lead is None


def test_of_nothing_quoted_nothing_answers(index: Index, lexicon: Lexicon) -> None:
    assert find_answers([], [], Question.of("How many?"), index, lexicon) == Answering([])
