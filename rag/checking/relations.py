"""What belongs together in a statement and in its source: a figure and its words, a deed and its doer, who says it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.checking.operators import opposed, sides
from rag.checking.words import Sentence, Word, listed
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl.
BOUNDARY = 3  # words that a comma, bracket or conjunction between two words counts for
MARGIN = 1.5  # how much nearer the words around have to be to another figure than to their own
LEAST = 0.02  # and by how much in all
COUNTED = 2  # words behind a number that may say what it counts: "44 partner countries"
SUBJECT = 4  # words before a word of saying in which a subject stands

_BY = {"en": re.compile(r"\bby\b"), "zh": re.compile("由|被")}

Name = tuple[Word, ...]


def misplaced(clause: Sequence[Word], source: Sentence, others: Sequence[Sentence]) -> bool:
    """Whether a figure or direction of a clause stands, in the source, away from the words it has in the clause.

    So does a figure where the source's sentence has only another of its kind, or none while another sentence has it.
    """
    for value in clause:
        there = [word for word in source.words if _equal(value, word)]
        rivals = [word for word in source.words if _rivals(value, word)]
        if _is_amount(value) and not there and (rivals or _alone(value, clause, others)):
            return True
        rivals = [word for word in rivals if there and not any(_in_one_list(word, each) for each in there)]
        pulled = _is_value(value) and any(_pulls(rival, value, clause, there) for rival in rivals)
        if pulled or _counts_another(value, clause, there, source):
            return True
    return False


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
    own, counted = _counted(value, clause), [_counted(each, source.words) for each in there]
    if not own or not all(counted) or not own[0].among(source.content):
        return False
    return not any(word.among(words) for word in own for words in counted)


def _counted(value: Word, words: Sequence[Word]) -> list[Word]:
    """The content words right behind a figure, at most COUNTED."""
    return [word for word in words if word.place > value.place and word.content][:COUNTED]


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
    known = [each for sentence in source for each in _doers(sentence)]
    for name, _, deed in (each for sentence in said for each in _doers(sentence)):
        others = [names for _, names, other in known if other.like(deed)]
        if others and not any(_meet(name, each) for each in others):
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
        turned = len(clauses) == 2 and deed.text == ours[1].text and behind.place < deed.place < before.place
        if turned and not any(word.passive or _by(word, 20) is not None for word in (deed, ours[1])):
            return True
    return False


def _by(deed: Word, within: int) -> int | None:
    """Where a "by" begins, at most so many characters behind a word; None without one."""
    sentence = deed.sentence
    match = _BY[sentence.language].search(sentence.text, deed.end, deed.end + within)
    return match.start() if match else None


def _doers(sentence: Sentence) -> Iterator[tuple[Name, Name, Word]]:
    """Each word that is no name, with the name right before it or behind its "by", and with the names of its list."""
    names, words = _names(sentence), sentence.words
    aside = {word for name in names if _placed(name) for word in name}
    for deed in sentence.content:
        if deed.name or any(word.text in listed("auxiliaries") for word in words[deed.place + 1 : deed.place + 2]):
            continue  # "the Zagreb seminar was" has no doer
        by = _by(deed, 60) if sentence.language == "en" else None
        if by is not None and len(sentence.text[deed.start : by].split()) <= 3:
            doers = [name for name in names if name[0].start > by]
            run, stops = words[doers[0][0].place :] if doers else [], set[Word]()
        elif sentence.language == "zh" or not deed.passive:
            doers = [name for name in names if name[-1].place < deed.place and name[0] not in aside][::-1]
            run, stops = words[doers[0][-1].place :: -1] if doers else [], aside
            between = words[doers[0][-1].place + 1 : deed.place] if doers else []
            if any((word.key or word.text in listed("joints")) and word not in aside for word in between):
                continue
        else:
            continue
        ends = next((n for n, word in enumerate(run) if word.key and (not word.name or word in stops)), len(run))
        if doers:
            yield doers[0], tuple(word for word in run[:ends] if word.name), deed


def _placed(name: Name) -> bool:
    """Whether a name stands behind a preposition."""
    before = [word.text for word in name[0].sentence.words[: name[0].place][-2:] if word.text not in ("the", "a")]
    return bool(before) and before[-1] in listed("prepositions")


def _names(sentence: Sentence) -> list[Name]:
    """The names of a sentence, each as its words; English ones of several words and what links them are one."""
    names: list[Name] = []
    for word in sentence.words:
        gap = sentence.words[names[-1][-1].place + 1 : word.place] if names else []
        linked = bool(names) and sentence.language == "en" and word.clause == names[-1][0].clause
        if word.name and linked and all(each.text in listed("links") for each in gap):
            names[-1] += (word,)
        elif word.name:
            names.append((word,))
    return names


def _meet(one: Name, other: Name) -> bool:
    """Whether two names share a word, one abbreviates the other, or the other takes up one before it: "the Office"."""
    letters = ["".join(word.text[0] for word in name) for name in (other, one)]
    short = [
        word.text in long for name, long in zip((one, other), letters, strict=True) for word in name if word.text[1:]
    ]
    again = len(other) == 1 and other[0].text in listed("organs")
    return again or any(short) or any(word.among(other) for word in one)


def misattributed(said: Sequence[Sentence], source: Sequence[Sentence]) -> bool:
    """Whether someone says here what someone else says there."""
    known = [saying for sentence in source for saying in _sayings(sentence)]
    for before, verb in (saying for sentence in said for saying in _sayings(sentence)):
        subject = before[-SUBJECT:]
        theirs = [words for words, other in known if other.key == verb.key]
        told = theirs and all(theirs)  # not by a pronoun
        reported = any(word.key in listed("texts") for word in subject)
        if subject and told and not reported and not any(word.among(each) for word in subject for each in theirs):
            return True
    return False


def _sayings(sentence: Sentence) -> Iterator[tuple[list[Word], Word]]:
    """Each word of saying with the words before it in its sentence; what is said itself says nothing."""
    for verb in sentence.content:
        if verb.key in listed("saying") and not verb.name and not verb.passive:
            yield [word for word in sentence.content if word.place < verb.place], verb
