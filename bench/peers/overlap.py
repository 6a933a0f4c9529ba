"""From the chunks a peer retrieves to the paragraphs they hold: at least half of a paragraph's characters.

Blanks do not count, so that a splitter that tidies them changes nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from bench.peers.materials import Text
from rag.records import Slice

HALF = 0.5
BLANK = re.compile(r"\s")


class Shelf:
    """Texts in which chunks are looked up."""

    def __init__(self, texts: Iterable[Text]) -> None:
        """Squeeze the blanks out of every text, and move its paragraphs' slices accordingly."""
        self.texts = {text.name: squeezed(text.text) for text in texts}
        self.places = {text.name: _squeezed_places(text) for text in texts}

    def held(self, chunks: Sequence[Mapping[str, str]]) -> list[list[str]]:
        """For each chunk ({"name", "text"}, in the order of their text) the ids of the paragraphs it holds.

        ValueError where a chunk is no part of its text.
        """
        found: list[list[str]] = []
        last: dict[str, int] = {}
        for chunk in chunks:
            name, wanted = chunk["name"], squeezed(chunk["text"])
            start = self.texts[name].find(wanted, last.get(name, 0))
            start = start if start >= 0 else self.texts[name].find(wanted)
            if start < 0:
                raise ValueError(f"a chunk is no part of {name}: {chunk['text'][:60]!r}")
            last[name] = start
            found.append(self.within(name, (start, start + len(wanted))))
        return found

    def within(self, name: str, chunk: Slice) -> list[str]:
        """The ids of the paragraphs of which a slice of a squeezed text holds at least half the characters."""
        return [each for each, slices in self.places[name].items() if share(slices, chunk) >= HALF]


def share(slices: Sequence[Slice], chunk: Slice) -> float:
    """How much of the slices a chunk holds, by characters; 0 where they have none.

    >>> share([(0, 10), (20, 30)], (5, 25))
    0.5
    """
    length = sum(end - start for start, end in slices)
    common = sum(max(0, min(end, chunk[1]) - max(start, chunk[0])) for start, end in slices)
    return common / length if length else 0.0


def squeezed(text: str) -> str:
    """A text without its blanks."""
    return BLANK.sub("", text)


def _squeezed_places(text: Text) -> dict[str, list[Slice]]:
    blanks = [match.start() for match in BLANK.finditer(text.text)]

    def moved(at: int) -> int:
        return at - bisect_left(blanks, at)

    return {each: [(moved(start), moved(end)) for start, end in slices] for each, slices in text.places.items()}
