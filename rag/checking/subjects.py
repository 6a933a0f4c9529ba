"""A clause of a statement and the sentences of its source: whether they speak of one subject."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product

from rag.checking.doers import names_of
from rag.checking.synonyms import light
from rag.checking.words import Sentence, Word, listed, pattern

# Chosen on eval/statements-tuning.jsonl.
PARTED = 0.25  # of the words of a clause, how many have to stand in another sentence
HEADING = 8  # words of a line that heads the ones below
MOST = 3  # words that a clause and one of its source have to share


def parted(clause: Sequence[Word], source: Sentence, known: Sequence[Sentence]) -> bool:
    """Whether a clause says of one thing what another sentence says of another: the two are not of one subject."""
    words = [word for word in clause if word.content and not light(word.key)]
    joined = [
        each
        for each in known
        if each is source or linked(source, each, known) or _of_one(source, each) or _speaks_of(each, words)
    ]
    away = [word for word in words if not any(word.meant(each.content) for each in joined)]
    others = (each for each in known if each not in joined)
    least = 1 if words and words[0].name and words[0] in away else max(1, PARTED * len(words))
    return any(sum(word.among(each.content) for word in away) >= least for each in others)


def _speaks_of(sentence: Sentence, words: Sequence[Word]) -> bool:
    """Whether a sentence begins with one of some words and names nothing else."""
    subject = [word for word in sentence.content if not light(word.key)][:1]
    return all(word.meant(words) for word in [*subject, *(word for word in sentence.content if word.name)])


def linked(one: Sentence, other: Sentence, known: Sequence[Sentence]) -> bool:
    """Whether two sentences have one subject: one begins with a word that takes up the other, or both with the same."""
    first, second = sorted((known.index(one), known.index(other)))
    if all(each.text.rstrip().endswith((";", "；", ":", "：")) for each in known[first:second]):
        return True  # points of one list
    if (first == 0 and _heads(known[0])) or _takes_up(known[second], known[first]):
        return True
    subjects = [[word for word in known[n].content if not light(word.key)] for n in (first, second)]
    if second - first == 1:
        again = known[second].text.lower().startswith("the ") and subjects[1][:1]
        if pattern("anaphor").match(known[second].text) or (again and again[0].among(subjects[0])):
            return True
    return False


def _heads(sentence: Sentence) -> bool:
    """Whether a sentence is a line without a stop, such as a heading or the label of a row."""
    return len(sentence.content) <= HEADING and sentence.text.rstrip()[-1:] not in tuple(".。!！?？;；:：")


def _takes_up(sentence: Sentence, before: Sentence) -> bool:
    """Whether a sentence calls a name of the one before by its last word: "the Service", 该办公室."""
    if sentence.language == "zh":
        return "该" in sentence.text
    again = {match[1].lower() for match in re.finditer(r"\b[Tt]he ([A-Z]\w+)\b(?! [A-Z])", sentence.text)}
    return any(name[-1].text in again for name in names_of(before))


def _of_one(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences begin with the same."""
    subjects = [[word for word in each.content if not light(word.key)][:2] for each in (one, other)]
    return any(word.among(subjects[1]) for word in subjects[0])


def turned(said: Sentence, paired: Mapping[Word, Word]) -> bool:
    """Whether what is compared stands on the other side of "than" in the source."""
    pivot = next((word for word in said.words if word.text in listed("pivots")), None)
    if pivot is None:
        return False
    for before, behind in product(said.content, said.content):
        if before.place < pivot.place < behind.place and before in paired and behind in paired:
            ours, theirs = paired[behind], paired[before]
            between = theirs.sentence.words[ours.place : theirs.place]
            if ours.sentence is theirs.sentence and any(word.text == pivot.text for word in between):
                return True
    return False


def taken_over(clause: Sequence[Word], paired: Mapping[Word, Word]) -> bool:
    """Whether a clause says of its first word what the source says, in a clause before that word, of something else."""
    words = [word for word in clause if word.content and word in paired and not light(word.key)]
    if not words or (words[0].clause and pattern("aim").match(words[0].sentence.text, words[0].start)):
        return False  # it has the subject of the clause before
    first, rest = paired[words[0]], [paired[word] for word in words[1:]]
    near = [word for word in rest if word.sentence is first.sentence and word.clause < first.clause]
    where, n = max(Counter(word.clause for word in near).items(), key=lambda each: each[1], default=(0, 0))
    there = [word for word in near if word.clause == where]
    if n < max(MOST, len(rest) / 2) or any(word.passive for word in there):
        return False
    start = min(word.place for word in there)
    before = [word for word in first.sentence.content if word.place < start and not light(word.key)]
    earlier = [word for word in first.sentence.content if word.clause <= where]
    return not words[0].meant(earlier) and not all(word.meant(words) for word in before[-2:])
