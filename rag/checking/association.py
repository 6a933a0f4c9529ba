"""Which figure, year or direction goes with which words: the nearest, in the statement as in its source."""

from collections.abc import Sequence

from rag.checking.clauses import Sentence, Word, alike
from rag.checking.opposites import opposed, side
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl.
BOUNDARY = 3  # words that a comma, bracket or conjunction between two words counts for
MARGIN = 1.5  # how much nearer the words around have to be to another figure than to their own
LEAST = 0.02  # and by how much in all
COUNTED = 2  # words behind a number that may say what it counts: "44 partner countries"


def misplaced(statement: Sequence[Word], source: Sentence) -> bool:
    """Whether a figure or direction of a clause stands, in the source, away from the words it has in the clause."""
    return any(_misplaced(word, statement, source) for word in statement if _is_value(word, source))


def lacks(statement: Sequence[Word], source: Sentence, others: Sequence[Sentence]) -> bool:
    """Whether a figure of a clause is not in the source's sentence, but in another, and does not belong there.

    It does not where the sentence has another of its kind, or the other has not the word beside it.
    """
    figures = [word for word in statement if _is_amount(word) and not any(_equal(word, each) for each in source.words)]
    rivalled = any(_rival(figure, each, source) for figure in figures for each in source.words)
    return rivalled or any(_alone(figure, statement, others) for figure in figures)


def _alone(figure: Word, statement: Sequence[Word], others: Sequence[Sentence]) -> bool:
    """Whether no sentence with a figure has the content word nearest to it in a clause."""
    at = next(n for n, word in enumerate(statement) if word is figure)
    words = sorted((abs(n - at), n) for n, word in enumerate(statement) if word.key and word.figure is None)
    there = [each for each in others if any(_equal(figure, word) for word in each.words)]
    beside = [statement[n] for gap, n in words if gap == words[0][0]]
    return bool(there) and not any(alike(word, each) for word in beside for one in there for each in one.content)


def _counts_another(value: Word, statement: Sequence[Word], source: Sentence) -> bool:
    """Whether a number counts one thing in a clause and another in the source, which has both: 8个项目, 八个区域."""
    if value.figure is None or value.figure.kind != "count":
        return False
    own = _counted(value, statement)
    there = [_counted(each, source.words) for each in source.words if _equal(value, each)]
    if not own or not all(there) or not any(alike(own[0], each) for each in source.content):
        return False
    return not any(alike(word, each) for word in own for words in there for each in words)


def _counted(value: Word, words: Sequence[Word]) -> list[Word]:
    """The content words right behind a figure, at most COUNTED."""
    at = next(n for n, word in enumerate(words) if word is value)
    return [word for word in words[at + 1 :] if word.key and word.figure is None][:COUNTED]


def _misplaced(value: Word, statement: Sequence[Word], source: Sentence) -> bool:
    if _counts_another(value, statement, source):
        return True
    around = _around(value, statement, source)
    own = _nearness([each for each in source.words if _equal(value, each)], around, source)
    rivals = [each for each in source.words if _rival(value, each, source) and not _listed(value, each, source)]
    return any(_pulls(_nearness([each], around, source), own) for each in rivals if own)


def _listed(value: Word, rival: Word, source: Sentence) -> bool:
    """Whether two figures stand in one list or range, so that what is said of the one is said of the other."""
    at = next(n for n, word in enumerate(source.words) if word is rival)
    own = [n for n, word in enumerate(source.words) if _equal(value, word)]
    return any(not any(word.key for word in source.words[min(n, at) + 1 : max(n, at)]) for n in own)


def _pulls(rival: Sequence[float], own: Sequence[float]) -> bool:
    """Whether the words of a clause stand nearer to another value of the source than to their own."""
    gain = sum(max(0.0, theirs - ours) for theirs, ours in zip(rival, own, strict=True))
    loss = sum(max(0.0, ours - theirs) for theirs, ours in zip(rival, own, strict=True))
    return gain > LEAST and gain > MARGIN * loss


def _is_value(word: Word, source: Sentence) -> bool:
    return _is_amount(word) or bool(side(word, source.language))


def _is_amount(word: Word) -> bool:
    """Whether a word is a figure that something has; "second" and "16.4.2" are rather names."""
    return word.figure is not None and word.figure.kind not in ("ordinal", "label")


def _around(value: Word, statement: Sequence[Word], source: Sentence) -> list[tuple[Word, float]]:
    """The words of a clause that are nearer to this value than to any other it has of its kind, with how near.

    A word that stands by another of them too, as the 票 of "100票对1票", tells nothing.
    """
    values = [word for word in statement if word is value or _rival(value, word, source)]
    place = _places(statement)

    def nearest(word: Word) -> Word:
        return min(values, key=lambda each: _distance(place[id(each)], place[id(word)], each, word))

    plain = [(word, nearest(word)) for word in statement if word.key and not _is_value(word, source)]
    others = [word for word, of in plain if of is not value]
    words = [word for word, of in plain if of is value and not any(alike(word, each) for each in others)]
    return [(word, 1 / (1 + _distance(place[id(value)], place[id(word)], value, word))) for word in words]


def _nearness(values: Sequence[Word], around: Sequence[tuple[Word, float]], source: Sentence) -> list[float]:
    """For each word of a clause how near it stands to one of these values in the source, times how near in its own."""
    place = _places(source.words)
    found = []
    for word, near in around:
        same = [each for each in source.words if each.figure is None and each.key and alike(word, each)]
        gaps = [_distance(place[id(value)], place[id(each)], value, each) for value in values for each in same]
        found.append(near / (1 + min(gaps)) if gaps else 0.0)
    return found if values else []


def _places(words: Sequence[Word]) -> dict[int, int]:
    """Where words stand, by identity."""
    return {id(word): n for n, word in enumerate(words)}


def _distance(one: int, other: int, value: Word, word: Word) -> int:
    return abs(one - other) + BOUNDARY * abs(value.clause - word.clause)


def _equal(value: Word, other: Word) -> bool:
    if value.figure is None or other.figure is None:
        return value.figure is other.figure and value.key == other.key
    return figure_supported(value.figure, [other.figure])


def _rival(value: Word, other: Word, source: Sentence) -> bool:
    """Whether a word is another value of the same kind."""
    if value.figure is None:
        return opposed(side(value, source.language), side(other, source.language))
    if other.figure is None or _equal(value, other):
        return False
    kinds = {value.figure.kind, other.figure.kind}
    return len(kinds) == 1 or kinds <= {"date", "year"}
