"""rag.answering.counting: what a question counts, and the figures beside it."""

import pytest

from rag.answering.counting import counted_in, figures_of, stands_beside
from rag.lexicon import Lexicon

BARE = Lexicon([], dict)


@pytest.mark.parametrize(
    ("question", "measure", "form"),
    [
        ("How many passengers died?", "", " passeng "),
        ("有多少名乘客丧生？", "名", "乘客"),
        ("Who died?", "", None),
        ("谁丧生了？", "", None),
    ],
)
def test_a_question_names_what_it_counts(question: str, measure: str, form: str | None) -> None:
    found, forms = counted_in(question, BARE, False)
    assert found == measure
    assert (form in forms) if form else forms == ()


@pytest.mark.parametrize(
    ("question", "text", "beside"),
    [
        ("How many passengers died?", "318 passengers died.", True),
        ("How many passengers died?", "318 ferries sank.", False),
        ("有多少名乘客丧生？", "318名旅客丧生。", True),  # its measure word
        ("有多少乘客丧生？", "318艘渡船沉没。", False),
    ],
)
def test_a_figure_stands_beside_what_is_counted(question: str, text: str, beside: bool) -> None:
    assert stands_beside(figures_of(text)[0], text, *counted_in(question, BARE, False)) is beside
