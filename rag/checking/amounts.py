"""A figure or a direction in a statement and in its source: whether it belongs to the same words in both."""

from collections.abc import Sequence

from rag.checking.operators import opposed, sides
from rag.checking.subjects import linked
from rag.checking.words import Sentence, Word
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl.
BOUNDARY = 3  # words that a comma, bracket or conjunction between two words counts for
MARGIN = 1.5  # how much nearer the words around have to be to another figure than to their own
LEAST = 0.02  # and by how much in all
REACH = 4  # and in the source: "44 partner and donor countries"
COUNTED = 2  # words behind a number that may say what it counts: "44 partner countries"


def misplaced(clause: Sequence[Word], source: Sentence, others: Sequence[Sentence]) -> bool:
    """Whether a figure or direction of a clause stands, in the source, away from the words it has in the clause.

    So does a figure where the source's sentence has only another of its kind, or none while another sentence has it.
    """
    joined = [each for each in others if linked(source, each, others)]
    for value in clause:
        there = [word for word in source.words if _equal(value, word)]
        rivals = [word for word in source.words if _rivals(value, word)]
        if not there and not rivals and any(_equal(value, word) for each in joined for word in each.words):
            continue
        if _is_amount(value) and not there and (rivals or _alone(value, clause, others)):
            return True
        rivals = [word for word in rivals if there and not any(_in_one_list(word, each) for each in there)]
        pulled = _is_value(value) and any(_pulls(rival, value, clause, there) for rival in rivals)
        if pulled or _counts_another(value, clause, there, source) or _of_others(value, clause, source, others):
            return True
    return False


def _of_others(figure: Word, clause: Sequence[Word], source: Sentence, others: Sequence[Sentence]) -> bool:
    """Whether the names of a clause stand where its figure does not, and another of its kind does."""
    names = [word for word in clause if word.name]
    with_figure = [each for each in others if any(_equal(figure, word) for word in each.words)]
    away = [word for word in names if not any(word.among(each.content) for each in with_figure)]
    return _is_amount(figure) and any(
        word.among(each.content) and any(_rivals(figure, rival) for rival in each.words)
        for word in away
        for each in others
        if each not in with_figure
    )


def _alone(figure: Word, clause: Sequence[Word], others: Sequence[Sentence]) -> bool:
    """Whether no sentence with a figure has the content word nearest to it in a clause."""
    there = [word for each in others if any(_equal(figure, word) for word in each.words) for word in each.content]
    gaps = {word: abs(word.place - figure.place) for word in clause if word.content}
    beside = [word for word, gap in gaps.items() if gap == min(gaps.values())]
    return bool(there) and not any(word.among(there) for word in beside)


def _counts_another(value: Word, clause: Sequence[Word], there: Sequence[Word], source: Sentence) -> bool:
    """Whether a number counts one thing in a clause and another in the source, which has both: 8个项目, 八个区域."""
    if value.figure is None or value.figure.kind != "count":
        return False
    reach = REACH if source.language == "en" else COUNTED
    own, counted = _counted(value, clause, COUNTED), [_counted(each, source.words, reach) for each in there]
    if not own or not there or not all(counted) or not own[0].among(source.content):
        return False
    return not any(word.among(words) for word in own for words in counted)


def _counted(value: Word, words: Sequence[Word], most: int) -> list[Word]:
    """The content words right behind a figure, so many at most; none where another figure follows as close: 2 of 9."""
    behind = [word for word in words if word.place > value.place and (word.content or word.figure)][:most]
    return [] if any(word.figure for word in behind[:COUNTED]) else [word for word in behind if not word.figure]


def _in_one_list(one: Word, other: Word) -> bool:
    """Whether two figures stand in one list or range, so that what is said of the one is said of the other."""
    first, last = sorted((one.place, other.place))
    return not any(word.key for word in one.sentence.words[first + 1 : last])


def _pulls(rival: Word, value: Word, clause: Sequence[Word], there: Sequence[Word]) -> bool:
    """Whether the words that a value has in a clause stand, in the source, nearer to a rival of it."""
    gain = loss = 0.0
    for word in _company(value, clause):
        same = [each for each in rival.sentence.content if word.like(each)]
        if same:
            theirs = min(_distance(rival, each) for each in same)
            ours = min(_distance(own, each) for own in there for each in same)
            change = (1 / (1 + theirs) - 1 / (1 + ours)) / (1 + _distance(value, word))
            gain, loss = gain + max(change, 0.0), loss - min(change, 0.0)
    return gain > LEAST and gain > MARGIN * loss


def _company(value: Word, clause: Sequence[Word]) -> list[Word]:
    """The words of a clause that are nearer to this value than to any other it has of its kind.

    A word that stands by another of them too, as the 票 of "100票对1票", tells nothing.
    """
    values = [word for word in clause if word is value or _rivals(value, word)]
    plain = [word for word in clause if word.key and not _is_value(word)]
    nearest = {word: min(values, key=lambda each: _distance(each, word)) for word in plain}
    others = [word for word in plain if nearest[word] is not value]
    return [word for word in plain if nearest[word] is value and not word.among(others)]


def _distance(one: Word, other: Word) -> int:
    return abs(one.place - other.place) + BOUNDARY * abs(one.clause - other.clause)


def _is_amount(word: Word) -> bool:
    """Whether a word is a figure that something has; "second" and "16.4.2" are rather names."""
    return word.figure is not None and word.figure.kind not in ("ordinal", "label")


def _is_value(word: Word) -> bool:
    return _is_amount(word) or bool(sides(word))


def _equal(value: Word, other: Word) -> bool:
    if value.figure is None or other.figure is None:
        return value.figure is other.figure and not sides(value).isdisjoint(sides(other))
    return figure_supported(value.figure, [other.figure])


def _rivals(value: Word, other: Word) -> bool:
    """Whether two words are different values of one kind."""
    if value.figure is None:
        return opposed(value, other)
    if other.figure is None or _equal(value, other) or _is_amount(value) != _is_amount(other):
        return False
    kinds = {value.figure.kind, other.figure.kind}
    return len(kinds) == 1 or kinds <= {"date", "year"}
