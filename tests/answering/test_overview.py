"""rag.answering.overview, by way of rag.answering.whole: reports and sections told in short, by which sentences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_index import FakeEmbedder, indexed
from shoals import LIBRARY, NEW, OLD, made

from rag.answering.overview import QUOTED, Composed, most_central, standardised, telling
from rag.answering.retrieve import Found, Retriever
from rag.answering.whole import answer_whole
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Language, Paragraph, Verdict

Ask = Callable[..., Composed | None]


@pytest.fixture(scope="module")
def retriever(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    index = indexed(LIBRARY, tmp_path_factory.mktemp("shoals") / "index", FakeEmbedder(), lexicon)
    return Retriever(index, FakeEmbedder, lexicon)


@pytest.fixture
def ask(retriever: Retriever) -> Ask:
    return lambda question, filters=Filters(): answer_whole(Found(Question.of(question), ()), retriever, filters)


@pytest.fixture(scope="module")
def on_seeds(quick_index: Index, lexicon: Lexicon) -> Ask:
    retriever = Retriever(quick_index, FakeEmbedder, lexicon)
    return lambda question: answer_whole(Found(Question.of(question), ()), retriever, Filters())


def told(answer: Composed | None) -> Composed:
    """An answer each of whose quotations was found, one a paragraph or table body at the most."""
    assert answer
    assert not answer.abstained
    assert {citation.verdict for citation in answer.citations} == {Verdict.FOUND}
    assert all(f"\n{heading}" in answer.text for heading in answer.headings)
    assert [answer.text.count(f"[{n}]") for n in range(1, len(answer.citations) + 1)] == [1] * len(answer.citations)
    return answer


def cited(answer: Composed) -> list[str]:
    return [citation.paragraph.id for citation in answer.citations]


@pytest.mark.parametrize(
    ("question", "headings"),
    [
        ("Summarise A/93/20", ["I. Introduction", "II. Shoals", "III. Recommendations", "Annex"]),
        ("概述A/94/30", ["一. 导言", "二. 浅滩", "三. 建议"]),
    ],
)
def test_a_report_is_told_section_by_section(question: str, headings: list[str], ask: Ask) -> None:
    answer = told(ask(question))
    assert list(answer.headings) == headings
    assert len(cited(answer)) == len(headings)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Summarise section II of A/93/20", ["A/93/20#2", "A/93/20#3", "A/93/20#4"]),
        ("summarise section II.B of A/93/20", ["A/93/20#4"]),
        ("概述A/94/30第二节", ["A/94/30#2", "A/94/30#3"]),
        ("Summarise the section on dredging of A/93/20", ["A/93/20#2", "A/93/20#3"]),
        ("Summarise dredging in A/93/20", ["A/93/20#2", "A/93/20#3"]),
        ("Summary of the annex of A/93/20", ["A/93/20#annex-1"]),
    ],
)
def test_a_section_is_told_by_its_sentences(question: str, found: list[str], ask: Ask) -> None:
    assert cited(told(ask(question))) == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What does A/93/20 recommend?", "A/93/20#5"),
        ("A/94/30提出了哪些建议？", "A/94/30#4"),
        ("What does A/90/10 recommend?", "A/90/10#4"),
    ],
)
def test_what_a_report_recommends_is_told_by_its_heading_and_wording(question: str, found: str, ask: Ask) -> None:
    assert cited(told(ask(question))) == [found]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Summarise section IX of A/93/20", "II. Shoals"),
        ("概述A/94/30第九节", "二. 浅滩"),
        ("Summarise the section on whales of A/93/20", "II. Shoals"),
        ("What does A/93/20 conclude?", "III. Recommendations"),
        ("Summary of the annex of A/90/10", "II. Shoals"),
        ("Summarise A/75/999", "A/93/20"),
        ("总结A/75/999", "A/93/20"),
    ],
)
def test_what_is_not_there_is_told_with_what_there_is(question: str, said: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer
    assert (answer.abstained, answer.citations) == (True, ())
    assert said in answer.text or said.split(". ")[1] in answer.text


def test_words_that_head_no_section_ask_for_something_else(ask: Ask) -> None:
    assert ask("Summarise whales in A/93/20") is None


def test_a_report_without_headings_has_none(lexicon: Lexicon, tmp_path: Path) -> None:
    plain = made("A/95/1", "en", "2035", [((), ["Pilots sail at dawn from each of the nine harbours of the river."])])
    index = indexed([plain], tmp_path / "index", FakeEmbedder(), lexicon)
    found = Found(Question.of("Summarise A/95/1"), ())
    answer = told(answer_whole(found, Retriever(index, FakeEmbedder, lexicon), Filters()))
    assert answer.headings == ()
    assert "heading" not in answer.text


@pytest.mark.parametrize("question", ["Summarise all the reports", "概述所有报告"])
def test_several_reports_are_told_one_after_the_other(question: str, ask: Ask) -> None:
    answer = told(ask(question))
    assert [each for each in answer.headings if each.startswith("A/9")] == [
        each for each in answer.headings if each.split(" ")[0].split("（")[0] in {"A/94/30", "A/93/20", "A/90/10"}
    ]
    assert {each.split("#")[0] for each in cited(answer)} == {"A/94/30", "A/93/20", "A/90/10"}
    assert "3" in answer.text.split("\n")[0]


def test_filters_choose_the_report(ask: Ask) -> None:
    answer = told(ask("What does this report recommend?", Filters(frozenset({"A/93/20"}))))
    assert cited(answer) == ["A/93/20#5"]


# On the seeds, where sections are many, long and rendered


@pytest.mark.parametrize(
    ("question", "report", "heading"),
    [
        ("Summarise section III of A/70/183", "A/70/183", "III. Observations and conclusions"),
        ("概述A/70/183第三节", "A/70/183", "三. 意见和结论"),
        ("总结A/67/176的结论", "A/67/176", "三. 意见和结论"),
    ],
)
def test_a_section_of_a_seed_is_told(question: str, report: str, heading: str, on_seeds: Ask) -> None:
    answer = told(on_seeds(question))
    assert answer.headings == (heading,)
    assert len(answer.citations) <= QUOTED
    assert {citation.paragraph.report for citation in answer.citations} == {report}


@pytest.mark.parametrize("question", ["Outline of A/67/176", "概述A/67/176", "Summarise the annex of A/70/183"])
def test_a_seed_is_told_in_the_language_of_the_question(question: str, on_seeds: Ask) -> None:
    answer = told(on_seeds(question))
    language: Language = "en" if question.isascii() else "zh"
    assert {citation.language for citation in answer.citations} == {language}


def test_every_quotation_stands_under_its_own_heading(ask: Ask) -> None:
    answer = told(ask("Summarise A/93/20"))
    headings = {paragraph.id: paragraph.headings for paragraph in NEW[1]}
    under = ""
    place = iter(answer.citations)
    for line in answer.text.split("\n"):
        under = line if line in answer.headings else under
        if line.startswith("“"):
            assert under in headings[next(place).paragraph.id]


# Which sentences say something by themselves, and which are most central


def paragraph(text: str, number: int = 1, **more: str) -> Paragraph:
    return Paragraph("A/1/1", "main", str(number), number - 1, text, "en", str(number), **more)


def test_what_leans_or_only_leads_in_is_left_out() -> None:
    text = "The rivers that were visited had many shoals. They were deep in the spring of that year too. "
    text += "The pilots also asked for lamps on every shoal they knew. It follows that:"
    assert [each.text for each in telling([paragraph(text)], "en", True)] == [
        "The rivers that were visited had many shoals."
    ]


def test_short_sentences_stand_where_there_is_nothing_else() -> None:
    assert [each.text for each in telling([paragraph("Lamps burn. Oil too.")], "en", True)] == [
        "Lamps burn.",
        "Oil too.",
    ]


def test_a_row_is_told_by_its_longest_cell() -> None:
    columns = (("Lamps", "Two"), ("Pilots", "Training of all pilots in nine harbours of the lower river"))
    row = Paragraph(
        "A/1/1",
        "annex-table",
        "1",
        0,
        "Two\nTraining of all pilots in nine harbours of the lower river",
        "en",
        row="Mali",
        columns=columns,
    )
    assert [each.text for each in telling([row], "en", True)] == [columns[1][1]]


def test_the_sentences_nearest_to_all_are_chosen_in_their_order() -> None:
    sentences = telling([*OLD[1], *NEW[1]], "en", True)[:4]
    vectors = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1], [0.8, -0.6, 0]], dtype=np.float32)
    assert most_central(sentences, vectors, 1) == [sentences[0]]
    assert sentences[2] not in most_central(sentences, vectors, 2)
    assert most_central(sentences, vectors, 9) == sentences


def test_no_paragraph_and_no_wording_is_told_twice() -> None:
    one = "The rivers that were visited had many shoals. The lamps of the pilots were put out at dawn each day."
    same = "The lamps of the pilots were put out at dawn each day."
    sentences = telling([paragraph(one), paragraph(same, 2)], "en", True)
    chosen = most_central(sentences, np.eye(3, dtype=np.float32), 3)
    assert len(chosen) == len({each.text for each in chosen}) == len({each.paragraph.id for each in chosen})


def test_equal_values_do_not_stand_out() -> None:
    assert standardised(np.ones(3)).tolist() == [0, 0, 0]
