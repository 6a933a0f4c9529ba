"""Whose turn it is: searches and quotations run one at a time, in the order they were asked for; the line has an end.

Answers that a language model writes step aside from it: the model has a line of its own, and reads for minutes.
"""

from threading import Condition
from types import TracebackType

from rag.errors import RagError

LONGEST = 16  # in the line at once: at half a second each, the last of them waits eight


class Busy(RagError):
    """More wait than the line holds."""


class Turns:
    """A line of readers before the models. Whoever waits learns how many are ahead."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._line: list[Turn] = []
        self._aside: list[Turn] = []
        self._moved = Condition()

    def __len__(self) -> int:
        return len(self._line) + len(self._aside)

    def take(self) -> "Turn":
        """A place at the end of the line, kept until the `with` it opens is left; Busy where the line is full."""
        turn = Turn(self)
        with self._moved:
            if len(self) >= self._longest:
                raise Busy(f"{len(self)} questions are being answered or waiting. Ask again in a moment.")
            self._line.append(turn)
        return turn

    def _ahead(self, turn: "Turn", seconds: float | None) -> int:
        with self._moved:
            before = self._line.index(turn)
            if before:
                self._moved.wait_for(lambda: self._line.index(turn) < before, seconds)
            return self._line.index(turn)

    def _leave(self, turn: "Turn", for_good: bool) -> None:
        with self._moved:
            for place in (self._line, self._aside):
                if turn in place:
                    place.remove(turn)
            if not for_good:
                self._aside.append(turn)
            self._moved.notify_all()


class Turn:
    """A place in the line."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def ahead(self, seconds: float | None = None) -> int:
        """How many are ahead, as soon as that changes or so many seconds have passed; 0 says that it is one's turn."""
        return self._turns._ahead(self, seconds)

    def come(self) -> None:
        """Return when it is one's turn."""
        while self.ahead():
            pass

    def step_aside(self) -> None:
        """Let the next one come, and still count as one who is being answered."""
        self._turns._leave(self, for_good=False)

    def __enter__(self) -> "Turn":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns._leave(self, for_good=True)
