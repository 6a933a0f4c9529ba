"""rag.answering.central: which sentences say something by themselves, and which are most central."""

import numpy as np
from shoals import NEW, OLD

from rag.answering.central import most_central, standardised, telling
from rag.records import Paragraph


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
