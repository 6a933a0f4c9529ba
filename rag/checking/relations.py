"""What belongs together in a statement and in its source: a figure and its words, a deed and its doer, who says it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from rag.checking.operators import has_direction, opposed
from rag.checking.words import Sentence, Word, tables
from rag.text import figure_supported, term_en

# Chosen on the dev half of eval/statements.jsonl.
BOUNDARY = 3  # words that a comma, bracket or conjunction between two words counts for
MARGIN = 1.5  # how much nearer the words around have to be to another figure than to their own
LEAST = 0.02  # and by how much in all
COUNTED = 2  # words behind a number that may say what it counts: "44 partner countries"
SUBJECT = 4  # words before a word of saying in which a subject stands

TEXT = frozenset({"report", "document", "paragraph", "报告", "文件", "段落", "报告书"})  # said of any text
_BY = {"en": re.compile(r"\bby\b"), "zh": re.compile("由|被")}
_PLACED = re.compile(  # a name behind it does nothing
    "in|at|from|to|with|under|within|into|on|over|of|for|[在于向对为与从到给]"
)
_AUXILIARY = re.compile("is|are|was|were|has|have|had|will|shall|should|can|could|may|might|must")
_ORGANS = re.compile(
    "office|council|assembly|conference|committee|commission|centre|section|service|group|meeting|government|mission"
    "|secretariat|programme|fund|department|agency|board|court|forum|mechanism|panel|unit"
)
_LINKS = re.compile("of|the|and|for|on|against|in|&")  # between the words of one name
_JOINED = frozenset({"and", "or", "和", "与", "及", "或"})  # what follows is a second name, not what the first does

Name = tuple[Word, ...]


def lacks(clause: Sequence[Word], source: Sentence, others: Sequence[Sentence]) -> bool:
    """Whether a figure of a clause is not in the source's sentence, but in another, and does not belong there.

    It does not where the sentence has another of its kind, or the other has not the word beside it.
    """
    away = [word for word in clause if _is_amount(word) and not any(_equal(word, each) for each in source.words)]
    return any(_alone(word, clause, others) or any(_rivals(word, each) for each in source.words) for word in away)


def _alone(figure: Word, clause: Sequence[Word], others: Sequence[Sentence]) -> bool:
    """Whether no sentence with a figure has the content word nearest to it in a clause."""
    there = [word for each in others if any(_equal(figure, word) for word in each.words) for word in each.content]
    gaps = {word: abs(word.place - figure.place) for word in clause if word.content}
    beside = [word for word, gap in gaps.items() if gap == min(gaps.values())]
    return bool(there) and not any(word.among(there) for word in beside)


def misplaced(clause: Sequence[Word], source: Sentence) -> bool:
    """Whether a figure or direction of a clause stands, in the source, away from the words it has in the clause."""
    values = [word for word in clause if _is_value(word)]
    return any(_counts_another(word, clause, source) or _nearer_to_another(word, clause, source) for word in values)


def _counts_another(value: Word, clause: Sequence[Word], source: Sentence) -> bool:
    """Whether a number counts one thing in a clause and another in the source, which has both: 8个项目, 八个区域."""
    if value.figure is None or value.figure.kind != "count":
        return False
    own = _counted(value, clause)
    there = [_counted(each, source.words) for each in source.words if _equal(value, each)]
    if not own or not all(there) or not own[0].among(source.content):
        return False
    return not any(word.among(words) for word in own for words in there)


def _counted(value: Word, words: Sequence[Word]) -> list[Word]:
    """The content words right behind a figure, at most COUNTED."""
    return [word for word in words if word.place > value.place and word.content][:COUNTED]


def _nearer_to_another(value: Word, clause: Sequence[Word], source: Sentence) -> bool:
    """Whether the words that a value has in a clause stand, in the source, nearer to another of its kind."""
    there = [each for each in source.words if _equal(value, each)]
    around = _around(value, clause)
    own = _nearness(there, around, source)
    for rival in source.words if there else ():
        if not _rivals(value, rival) or any(_listed(rival, each) for each in there):
            continue
        gains = [theirs - ours for theirs, ours in zip(_nearness([rival], around, source), own, strict=True)]
        gain, loss = sum(each for each in gains if each > 0), -sum(each for each in gains if each < 0)
        if gain > LEAST and gain > MARGIN * loss:
            return True
    return False


def _listed(one: Word, other: Word) -> bool:
    """Whether two figures stand in one list or range, so that what is said of the one is said of the other."""
    first, last = sorted((one.place, other.place))
    return not any(word.key for word in one.sentence.words[first + 1 : last])


def _around(value: Word, clause: Sequence[Word]) -> dict[Word, float]:
    """The words of a clause that are nearer to this value than to any other it has of its kind, with how near.

    A word that stands by another of them too, as the 票 of "100票对1票", tells nothing.
    """
    values = [word for word in clause if word is value or _rivals(value, word)]
    plain = [word for word in clause if word.key and not _is_value(word)]
    nearest = {word: min(values, key=lambda each: _distance(each, word)) for word in plain}
    others = [word for word in plain if nearest[word] is not value]
    own = [word for word in plain if nearest[word] is value and not word.among(others)]
    return {word: 1 / (1 + _distance(value, word)) for word in own}


def _nearness(values: Sequence[Word], around: Mapping[Word, float], source: Sentence) -> list[float]:
    """For each word of a clause how near it stands to one of these values in the source, times how near in its own."""
    found = []
    for word, near in around.items():
        same = [each for each in source.content if word.like(each)]
        gaps = [_distance(value, each) for value in values for each in same]
        found.append(near / (1 + min(gaps)) if gaps else 0.0)
    return found


def _distance(one: Word, other: Word) -> int:
    return abs(one.place - other.place) + BOUNDARY * abs(one.clause - other.clause)


def _is_amount(word: Word) -> bool:
    """Whether a word is a figure that something has; "second" and "16.4.2" are rather names."""
    return word.figure is not None and word.figure.kind not in ("ordinal", "label")


def _is_value(word: Word) -> bool:
    return _is_amount(word) or has_direction(word)


def _equal(value: Word, other: Word) -> bool:
    if value.figure is None or other.figure is None:
        return value.figure is other.figure and value.key == other.key
    return figure_supported(value.figure, [other.figure])


def _rivals(value: Word, other: Word) -> bool:
    """Whether two words are different values of one kind."""
    if value.figure is None:
        return opposed(value, other)
    if other.figure is None or _equal(value, other):
        return False
    kinds = {value.figure.kind, other.figure.kind}
    return len(kinds) == 1 or kinds <= {"date", "year"}


def swapped(said: Sequence[Sentence], source: Sequence[Sentence], paired: Mapping[Word, Word]) -> bool:
    """Whether a word that both texts have is done by one here and by another there."""
    known = [pair for sentence in source for pair in _doers(sentence, listed=True)]
    for sentence in said:
        for name, deed in _doers(sentence):
            others = [each for each, word in known if word.like(deed)]
            if others and not any(_meet(name, each) or _again(each) for each in others):
                return True
    return any(_inverted(sentence, paired) for sentence in said)


def _inverted(said: Sentence, paired: Mapping[Word, Word]) -> bool:
    """Whether what stands before and behind a word here stands behind and before it there, both in the active."""
    words = [word for word in said.content if word in paired]
    for ours in zip(words, words[1:], words[2:], strict=False):
        before, deed, behind = (paired[word] for word in ours)
        if said.language == "en" and all(word.key for word in said.words[ours[0].place : ours[2].place]):
            continue  # a compound: "arms control work"
        clauses = {(word.sentence, word.clause) for word in (*ours, before, deed, behind)}
        if len(clauses) > 2 or deed.text != ours[1].text or not behind.place < deed.place < before.place:
            continue
        if not _passive(ours[1]) and not _passive(deed):
            return True
    return False


def _passive(deed: Word) -> bool:
    sentence = deed.sentence
    return deed.passive or _BY[sentence.language].search(sentence.text[deed.end : deed.end + 20]) is not None


def _doers(sentence: Sentence, listed: bool = False) -> Iterator[tuple[Name, Word]]:
    """Each word that is no name with the name right before it or behind its "by"; with all of a list of names."""
    names = _names(sentence)
    free = [name for name in names if not _placed(name)]
    aside = {word for name in names if name not in free for word in name}
    for word in sentence.content:
        if word.name or any(
            _AUXILIARY.fullmatch(each.text) for each in sentence.words[word.place + 1 : word.place + 2]
        ):
            continue  # "the Zagreb seminar was" has no doer
        by = _BY["en"].search(sentence.text[word.start : word.start + 60]) if sentence.language == "en" else None
        if by and len(by.string[: by.start()].split()) <= 3:
            doers = [name for name in names if name[0].start > word.start + by.start()]
        elif sentence.language == "en" and word.passive:
            continue
        else:
            doers = [name for name in free if name[-1].place < word.place][::-1]
            between = sentence.words[doers[0][-1].place + 1 : word.place] if doers else []
            if any((each.key or each.text in _JOINED) and each not in aside for each in between):
                continue
        if doers:
            yield tuple(word for name in (_chained(doers) if listed else doers[:1]) for word in name), word


def _chained(names: Sequence[Name]) -> Iterator[Name]:
    """The first names and those that nothing but commas and function words divides from them: a list."""
    for last, name in zip([names[0], *names], names, strict=False):
        low, high = sorted((last, name), key=lambda each: each[0].place)
        if any(each.key for each in name[0].sentence.words[low[-1].place + 1 : high[0].place]):
            return
        yield name


def _placed(name: Name) -> bool:
    """Whether a name stands behind a preposition."""
    first = name[0]
    before = [each.text for each in first.sentence.words[max(0, first.place - 2) : first.place]]
    before = [text for text in before if text not in ("the", "a")]
    return bool(before) and _PLACED.fullmatch(before[-1]) is not None


def _names(sentence: Sentence) -> list[Name]:
    """The names of a sentence, each as its words; English ones of several words and what links them are one."""
    names: list[Name] = []
    for word in sentence.words:
        if not word.name:
            continue
        gap = sentence.words[names[-1][-1].place + 1 : word.place] if names else []
        joined = names and sentence.language == "en" and word.clause == names[-1][0].clause
        if joined and all(_LINKS.fullmatch(each.text) for each in gap):
            names[-1] += (word,)
        else:
            names.append((word,))
    return names


def _again(name: Name) -> bool:
    """Whether a name is a common noun that takes up one from before: "the Office"."""
    return len(name) == 1 and _ORGANS.fullmatch(name[0].text) is not None


def _meet(one: Name, other: Name) -> bool:
    return any(word.among(other) for word in one) or _abbreviates(one, other) or _abbreviates(other, one)


def _abbreviates(short: Name, long: Name) -> bool:
    letters = "".join(word.text[0] for word in long)
    return any(len(word.text) > 1 and word.text in letters for word in short)


def misattributed(said: Sequence[Sentence], source: Sequence[Sentence]) -> bool:
    """Whether someone says here what someone else says there."""
    known = [saying for sentence in source for saying in _sayings(sentence)]
    for before, verb in (saying for sentence in said for saying in _sayings(sentence)):
        subject = before[-SUBJECT:]
        theirs = [words for words, other in known if other.key == verb.key]
        told = theirs and all(theirs)  # not by a pronoun
        reported = any(word.key in TEXT for word in subject)
        if subject and told and not reported and not any(word.among(each) for word in subject for each in theirs):
            return True
    return False


def _sayings(sentence: Sentence) -> list[tuple[list[Word], Word]]:
    """Each word of saying with the words before it in its sentence; what is said itself says nothing."""
    saying = [word for word in sentence.content if word.key in _verbs_of_saying() and not (word.name or word.passive)]
    return [([word for word in sentence.content if word.place < verb.place], verb) for verb in saying]


@cache
def _verbs_of_saying() -> frozenset[str]:
    words = tables()["saying"]
    return frozenset((*map(term_en, words["en"].split()), *words["zh"].split()))
