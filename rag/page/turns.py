"""Whose turn it is: searches and quotations run one at a time, in the order they were asked for; the line has an end.

Three lines stand one behind the other. Gradio's lets everything in at once, so that a reader hears how many are ahead
or that the line is full; it limits only the reading of files and the writing of the index. This one is for searching,
quoting and checking, which take a second. A language model has a line of its own (`rag.models`), and reads for
minutes: what comes to it steps aside here, and still counts.
"""

from threading import Condition

from rag.errors import RagError

LONGEST = 16  # in the line at once: at half a second each, the last of them waits eight


class Busy(RagError):
    """More wait than the line holds."""


class Turns:
    """A line of readers before the models. Whoever waits learns how many are ahead."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._line: list[Turn] = []
        self._aside: set[Turn] = set()
        self._moved = Condition()

    def __len__(self) -> int:
        return len(self._line) + len(self._aside)

    def take(self) -> "Turn":
        """A place at the end of the line, kept until the `with` it opens is left; Busy where the line is full."""
        with self._moved:
            if len(self) >= self._longest:
                raise Busy("line-full", n=len(self))
            self._line.append(turn := Turn(self._line, self._aside, self._moved))
        return turn


class Turn:
    """A place in the line."""

    def __init__(self, line: "list[Turn]", aside: "set[Turn]", moved: Condition) -> None:
        self._line, self._aside, self._moved = line, aside, moved

    def ahead(self, seconds: float | None = None) -> int:
        """How many are ahead, as soon as that changes or so many seconds have passed; 0 says that it is one's turn."""
        with self._moved:
            if before := self._line.index(self):
                self._moved.wait_for(lambda: self._line.index(self) < before, seconds)
            return self._line.index(self)

    def come(self) -> None:
        """Return when it is one's turn."""
        while self.ahead():
            pass

    def step_aside(self) -> None:
        """Let the next one come, and still count as one who is being answered."""
        with self._moved:
            self._leave()
            self._aside.add(self)

    def _leave(self) -> None:
        with self._moved:
            if self in self._line:
                self._line.remove(self)
            self._aside.discard(self)
            self._moved.notify_all()

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
