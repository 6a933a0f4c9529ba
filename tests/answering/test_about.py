"""rag.answering.about: small talk and questions about the tool, told from questions about reports."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions
from rag.answering.about import About, without_courtesies, wordings
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models.embedder import Embedder
from rag.question import Question
from rag.records import Turn
from rag.text import language

# The kind and a wording of our own on each line, "-" where it asks of reports or of the world; none is in the data.
WORDINGS = [
    line.split("\t") for line in (Path(__file__).parents[1] / "about.tsv").read_text("utf-8").splitlines() if line
]
Tell = Callable[..., str | None]


@pytest.fixture(scope="module")
def kind(e5: Embedder, seed_index: Index, lexicon: Lexicon) -> Tell:
    """The kind of a question with the turns before it."""
    about = About(lambda: e5, lexicon)
    return lambda asked, history=(): about.kind(Question.parse(asked, history, 2000), seed_index.store)


@pytest.fixture(scope="module")
def by_words(lexicon: Lexicon, quick_index: Index) -> Tell:
    """The same where the words alone have to tell."""

    def never() -> Embedder:
        raise AssertionError("embedded for nothing")

    about = About(never, lexicon)
    return lambda asked, history=(): about.kind(Question.parse(asked, history, 2000), quick_index.store)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("Hello", "greeting"),
        ("hi there!", "greeting"),
        ("Hello. How are you today?", "greeting"),
        ("你好", "greeting"),
        ("您好！", "greeting"),
        ("哈囉，大家好", "greeting"),
        ("Thank you very much!", "thanks"),
        ("OK, got it. Thanks", "thanks"),
        ("好的，謝謝", "thanks"),
        ("多謝，再見", "bye"),
        ("Goodbye", "bye"),
        ("help", "abilities"),
        ("帮助", "abilities"),
    ],
)
def test_courtesies_are_told_by_their_words(by_words: Tell, asked: str, kind: str) -> None:
    assert by_words(asked) == kind
    assert by_words(asked, [Turn("How many States reported in 2021?", "…")]) == kind


@pytest.mark.parametrize(
    "asked",
    [
        "Hello, what does S/2021/839, para. 21 say?",
        "What happened in 2021? Thanks",
        "你好，第21段讲什么？谢谢",
        "x" * 400,
        "1+1=?",
    ],
)
def test_figures_symbols_and_length_tell_of_reports(by_words: Tell, asked: str) -> None:
    assert by_words(asked) is None


def test_a_question_that_leans_on_another_is_about_that(by_words: Tell) -> None:
    assert by_words("And the first one?", [Turn("Which reports did States submit?", "…")]) is None


@pytest.mark.parametrize(
    ("asked", "rest"),
    [
        ("Hello, how many States reported? Thanks!", "how many states reported?"),
        ("你好！哪些国家提交了报告？谢谢", "哪些国家提交了报告?"),
        ("Is it good?", "is it"),  # what is looked for stays as it is
        ("Which States thanked the Chair?", "Which States thanked the Chair?"),
        ("再见武器运动", "再见武器运动"),
        ("Goodall wrote it", "Goodall wrote it"),
    ],
)
def test_a_question_stands_without_its_courtesies(asked: str, rest: str) -> None:
    assert without_courtesies(asked)[1] == rest


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_most_wordings_are_told_by_their_meaning(kind: Tell, spoken: str) -> None:
    of = [(wanted, asked) for wanted, asked in WORDINGS if wanted != "-" and language(asked) == spoken]
    told = [(wanted, kind(asked)) for wanted, asked in of]
    assert len(of) > 70
    assert sum(got is not None for _, got in told) >= 0.8 * len(of)
    assert sum(got == wanted for wanted, got in told) >= 0.7 * len(of)


def test_no_question_about_reports_or_the_world_is_taken_for_one(kind: Tell) -> None:
    asked = [each for wanted, each in WORDINGS if wanted == "-"]
    assert len(asked) > 180
    assert [each for each in asked if kind(each)] == []


def test_no_question_of_dev_or_tuning_is_taken_for_one(kind: Tell) -> None:
    questions = [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]
    assert [each.text for each in questions if kind(each.text, each.history)] == []


def test_the_wordings_shown_are_few_in_both_languages_and_none_of_those_tested() -> None:
    shown = [text for _, text in wordings()] + table("about.toml")["others"]["wordings"]
    assert len(wordings()) <= 60
    assert {(kind, language(text)) for kind, text in wordings()} == {
        (kind, spoken) for kind in table("about.toml")["wordings"] for spoken in ("zh", "en")
    }
    assert not set(shown) & {asked for _, asked in WORDINGS}
