"""A deed in a statement and in its source: whether the same do it or say it, to the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from rag.checking.synonyms import light
from rag.checking.words import Sentence, Word, listed

# Chosen on eval/statements-tuning.jsonl.
BESIDE = 3  # words between a deed and its "by"
SPEAKER = 2  # words between a doer and the deed

_BY = {"en": re.compile(r"\bby\b"), "zh": re.compile("由|被")}

Name = tuple[Word, ...]


def swapped(
    said: Sequence[Sentence], source: Sequence[Sentence], texts: Sequence[Sentence], paired: Mapping[Word, Word]
) -> bool:
    """Whether a word that both texts have is done by one here and by another there."""
    known = [each for sentence in source for each in _doers(sentence)]
    for name, _, deed in (each for sentence in said for each in _doers(sentence)):
        others = [names for _, names, other in known if other.like(deed)]
        named = any(word.meant(sentence.content) for word in name for sentence in texts)
        if named and others and not any(_meet(name, each) for each in others):
            return True
    return any(_inverted(sentence, paired) for sentence in said)


def _inverted(said: Sentence, paired: Mapping[Word, Word]) -> bool:
    """Whether what stands before and behind a word here stands behind and before it there, both in the active."""
    words = [word for word in said.content if word in paired]
    for ours in zip(words, words[1:], words[2:], strict=False):
        before, deed, behind = (paired[word] for word in ours)
        if ours[1].name:
            continue
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
    names, words = names_of(sentence), sentence.words
    aside = {word for name in names if _placed(name) for word in name}
    for deed in sentence.content:
        if deed.name or any(word.text in listed("auxiliaries") for word in words[deed.place + 1 : deed.place + 2]):
            continue  # "the Zagreb seminar was" has no doer
        by = _by(deed, 60) if sentence.language == "en" else None
        if by is not None and len(sentence.text[deed.start : by].split()) <= BESIDE:
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
            yield doers[0], tuple(sorted((word for word in run[:ends] if word.name), key=lambda word: word.place)), deed


def _placed(name: Name) -> bool:
    """Whether a name stands behind a preposition."""
    before = [word.text for word in name[0].sentence.words[: name[0].place][-2:] if word.text not in ("the", "a")]
    return bool(before) and before[-1] in listed("prepositions")


def names_of(sentence: Sentence) -> list[Name]:
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
    return again or any(short) or any(word.meant(other) for word in one)


def misattributed(said: Sequence[Sentence], source: Sequence[Sentence]) -> bool:
    """Whether someone says or does here what someone else says or does there, in a sentence that names both."""
    for ours, deed in (each for sentence in said for each in _deeds(sentence)):
        same = [word for sentence in source for word in sentence.content if word.like(deed) and not word.name]
        heard = [_may_do(word) for word in same if any(name[0].among(word.sentence.content) for name in ours)]
        theirs = [name for names in heard for name in names]
        if (
            len(heard) == len(same)
            and all(heard)
            and theirs
            and not any(_meet(*pair) for pair in product(ours, theirs))
        ):
            return True
    return False


def _deeds(sentence: Sentence) -> Iterator[tuple[list[Name], Word]]:
    """Each word that someone right before it does, with who may do it."""
    for word in sentence.content:
        behind = sentence.words[word.place + 1 : word.place + 2]
        compound = sentence.language == "zh" and any(each.name for each in behind)  # 审议大会
        quoted = word.start > 0 and sentence.text[word.start - 1] in '“‘"«《'
        if quoted or light(word.key) or word.name or word.passive or compound or word.key in listed("texts"):
            continue
        doers = [name for name in _may_do(word) if name[-1].place < word.place and name[-1].clause == word.clause]
        between = sum(doers[-1][-1].place < each.place < word.place for each in sentence.content) if doers else 0
        if doers and between < SPEAKER:
            yield doers, word


def _may_do(deed: Word) -> list[Name]:
    """Who may do something: whoever is behind its "by", else all before it and behind no preposition or before 的."""
    words, names = deed.sentence.words, names_of(deed.sentence)
    given = [name for name in names if _given(name) and name[-1].place < deed.place and name[0].clause == deed.clause]
    if given:
        return given
    of = [name for name in names if [each.text for each in words[name[-1].place + 1 : deed.place]] == ["的"]]
    if of:
        return of  # 大会的欢迎
    by = _by(deed, 60) if deed.sentence.language == "en" else None
    if by is not None and len(deed.sentence.text[deed.start : by].split()) <= BESIDE:
        return [name for name in names if name[0].start > by][:1]
    if deed.passive:
        return []
    before = [name for name in names if name[-1].place < deed.place and not _placed(name)]
    before = [name for name in before if words[name[-1].place + 1].text != "的"]
    nearest = max((name[-1].clause for name in before), default=0)
    first = deed.sentence.content[:1]
    return [name for name in before if name[-1].clause == nearest or name[0] in first]


def _given(name: Name) -> bool:
    """Whether a Chinese name stands behind 由 or 被, which say who does what follows."""
    before = name[0].sentence.words[: name[0].place][-4:]
    return name[0].sentence.language == "zh" and any(word.text in ("由", "被") for word in before)
