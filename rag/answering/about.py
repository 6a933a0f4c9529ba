"""A question to what it wants of the tool itself, small talk and its library among it; None where it asks of reports.

Courtesies are told by their words. Whatever else is told by its meaning: it lies nearer to one of the wordings of
data/about.toml than to those that only look alike, and than to anything in the reports.
"""

import re
from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.data import table
from rag.index.store import FaissStore
from rag.lexicon import Lexicon
from rag.question import Question
from rag.text import fold, language, symbols
from rag.text.folding import narrow

if TYPE_CHECKING:
    from rag.models.embedder import Embedder

# In standard deviations of the wordings' cosines with each other: embedders differ in how far apart theirs lie. Chosen
# on dev and tuning, none of whose questions is taken for such a one, and on wordings of our own (tests/answering).
NEAR = 1.9  # above their mean, to the nearest wording
AHEAD = 0.8  # of the nearest that is of no such kind
TERM = 0.2  # more for each term of the glossary that none of the wordings has: then it may ask of that
LONGEST = {"zh": 40, "en": 100}  # characters: longer questions are about something

_BLANK = r"[\s,.!?;:~，。！？、；…—-]"
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w")


class About:
    """Tells questions about the tool. The embedder is asked for only where the words alone do not tell."""

    def __init__(self, embedder: "Callable[[], Embedder]", lexicon: Lexicon) -> None:
        """Nothing is embedded until a question needs it."""
        self._embedder, self._lexicon = embedder, lexicon

    def kind(self, question: Question, store: FaissStore) -> str | None:
        """The kind of a question as typed, a key of data/about.toml; `store` is what reports lie nearest in."""
        said, rest = without_courtesies(question.asked)
        if not _WORD.search(rest):
            return said
        follows_up = question.understood != question.asked
        too_long = len(rest) > LONGEST[language(rest)]
        return None if follows_up or too_long or _DIGIT.search(rest) or symbols(rest) else self._nearest(rest, store)

    def _nearest(self, text: str, store: FaissStore) -> str | None:
        """The kind whose wording a text is nearest to, where it is near and ahead of all else."""
        kinds, vectors, mean, deviation = self._wordings
        vector = np.asarray(self._embedder().embed_query(narrow(text)), dtype=np.float32)
        cosines, of_reports = vectors @ vector, store.scores(vector)
        at = int(np.argmax(cosines[: len(kinds)]))
        near, other = float(cosines[at]), max(float(cosines[len(kinds) :].max()), float(of_reports.max()))
        ahead = AHEAD + TERM * len(self._terms(text))
        return kinds[at] if near - mean >= NEAR * deviation and near - other >= ahead * deviation else None

    def _terms(self, text: str) -> list[str]:
        """The glossary's terms in a text that none of the wordings has."""
        return [term for term in self._lexicon.glossary_terms(text) if term not in self._known]

    @cached_property
    def _known(self) -> frozenset[str]:
        """The glossary's terms in the wordings."""
        return frozenset(term for _, text in wordings() for term in self._lexicon.glossary_terms(text))

    @cached_property
    def _wordings(self) -> tuple[list[str], NDArray[np.float32], float, float]:
        """The kinds of the wordings, the vectors of them and of the others, mean and deviation of their cosines."""
        kinds, texts = zip(*wordings(), strict=True)
        vectors = self._embedder().questions([*texts, *table("about.toml")["others"]["wordings"]])
        apart = (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)]
        return list(kinds), vectors, float(apart.mean()), float(apart.std())


def wordings() -> list[tuple[str, str]]:
    """Each wording of data/about.toml after its kind."""
    return [(kind, text) for kind, texts in table("about.toml")["wordings"].items() for text in texts]


def without_courtesies(question: str) -> tuple[str | None, str]:
    """The kind of a question's last courtesy, and what it says beside those that it begins and ends with.

    >>> without_courtesies("Hello, how many States reported? Thanks!")
    ('thanks', 'how many states reported?')
    >>> without_courtesies("您好")
    ('greeting', '')
    """
    said, rest = None, fold(question)
    for place in ("before", "after"):
        while match := _courtesy(place).search(rest):
            said, rest = match.lastgroup, rest[: match.start()] + rest[match.end() :]
    return said, rest.strip() if said else question


@cache
def _courtesy(place: str) -> re.Pattern[str]:
    """A courtesy at the beginning, or at the end, of a folded text, with the blanks around it."""
    any_of = "|".join(f"(?P<{kind}>{'|'.join(of)})" for kind, of in table("about.toml")["courtesies"].items())
    if place == "before":
        return re.compile(rf"^{_BLANK}*(?:{any_of})(?:{_BLANK}+|$)")
    return re.compile(rf"(?:^|(?<={_BLANK}))(?:{any_of}){_BLANK}*$")
