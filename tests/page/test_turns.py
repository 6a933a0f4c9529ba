"""rag.page.turns: one at a time, in the order they came, and never more than the line holds."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from rag.page import conversation
from rag.page.turns import Busy, Turns
from rag.page.wording import words
from rag.records import Filters


def test_turns_come_in_the_order_they_were_taken_and_one_at_a_time() -> None:
    turns, came = Turns(), []
    first = turns.take()
    others = [turns.take() for _ in range(3)]

    def run(place: int) -> None:
        with others[place] as turn:
            turn.come()
            came.append((place, len(turns)))

    threads = [threading.Thread(target=run, args=(place,)) for place in (2, 0, 1)]
    for thread in threads:
        thread.start()
    assert [each.ahead(0) for each in others] == [1, 2, 3]
    assert came == []
    with first:
        pass
    for thread in threads:
        thread.join(5)
    assert came == [(0, 3), (1, 2), (2, 1)]


def test_one_who_leaves_the_middle_of_the_line_holds_nobody_up() -> None:
    turns = Turns()
    with turns.take() as first:
        with turns.take(), turns.take() as last:
            assert last.ahead(0) == 2
        assert first.ahead() == 0
    assert len(turns) == 0


def test_one_whose_answer_is_being_written_lets_the_next_come_but_still_counts() -> None:
    turns = Turns(longest=2)
    with turns.take() as written, turns.take() as next_one:
        written.step_aside()
        assert next_one.ahead() == 0
        written.step_aside()
        with pytest.raises(Busy):
            turns.take()
    assert len(turns) == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_reader_who_waits_is_told_how_many_are_ahead_and_a_full_line_says_so(
    language: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "BEAT", 0.01)
    assistant: Any = SimpleNamespace(
        stream=lambda *given, **named: iter(()), index=SimpleNamespace(reports={}, paragraphs=())
    )
    turns = Turns(longest=2)

    def asked() -> Any:
        return conversation.ask_in_turn(assistant, turns, "怎么了？", (), Filters(), language)

    with turns.take() as before:
        waiting = asked()
        assert (next(waiting).box, next(waiting).box) == ("", None)  # emptied once; then it is the reader's to type in
        told = next(waiting)
        assert words(language)["queue"].format(n=1) in told.growing
        assert told.asking == "怎么了？"
        full = list(asked())
        assert [(view.box, view.asking) for view in full] == [("怎么了？", "")]
        assert ("等候的问题太多" if language == "zh" else "2 questions are being answered or waiting") in full[0].notice
        assert before.ahead() == 0
    assert next(waiting).growing == ""  # its turn: the question alone, then the paragraphs
    waiting.close()  # as Gradio does when a reader stops or leaves
    assert len(turns) == 0
