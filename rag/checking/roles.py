"""Who does what: the name nearest before a word, or behind its "by", in the statement as in its source."""

import re
from collections.abc import Iterator, Sequence

from rag.checking.clauses import Sentence, Word, alike

_BY = {"en": re.compile(r"\bby\b"), "zh": re.compile("由|被")}
_BE = re.compile(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)?$", re.IGNORECASE)
PLACED = re.compile(
    "in|at|from|to|with|under|within|into|on|over|of|for|[在于向对为与从到给]"
)  # a name behind it does nothing
_AUXILIARY = re.compile("is|are|was|were|has|have|had|will|shall|should|can|could|may|might|must")
ORGANS = re.compile(
    "office|council|assembly|conference|committee|commission|centre|section|service|group|meeting|government|mission"
    "|secretariat|programme|fund|department|agency|board|court|forum|mechanism|panel|unit"
)
LINKS = re.compile("of|the|and|for|on|against|in|&")  # between the words of one name
JOINED = frozenset({"and", "or", "和", "与", "及", "或"})  # what follows is a second name, not what the first does

Names = tuple[Word, ...]


def swapped(statement: Sequence[Sentence], source: Sequence[Sentence], pairs: Sequence[tuple[Word, Word]]) -> bool:
    """Whether a word that both texts have is done by one here and by another there."""
    known = [pair for sentence in source for pair in _direct(sentence, listed=True)]
    for sentence in statement:
        for names, verb in _direct(sentence):
            others = [each for each, word in known if alike(word, verb)]
            if others and not any(_meet(names, each) or _again(each) for each in others):
                return True
    return any(_inverted(sentence, source, pairs) for sentence in statement)


def _inverted(statement: Sentence, source: Sequence[Sentence], pairs: Sequence[tuple[Word, Word]]) -> bool:
    """Whether what stands before and behind a word here stands behind and before it there, both in the active."""
    paired = {id(ours): theirs for ours, theirs in pairs}
    words = [word for word in statement.content if id(word) in paired]
    for before, verb, behind in zip(words, words[1:], words[2:], strict=False):
        theirs = [paired[id(word)] for word in (before, verb, behind)]
        if statement.language == "en" and not any(
            not each.key for each in statement.words if before.start < each.start < behind.start
        ):
            continue  # a compound: "arms control work"
        home = next((each for each in source if any(theirs[1] is word for word in each.words)), None)
        if home is None or not all(any(each is word for word in home.words) for each in theirs):
            continue
        if (
            theirs[1].text != verb.text
            or len({each.clause for each in theirs}) > 1
            or len({before.clause, verb.clause, behind.clause}) > 1
        ):
            continue
        if theirs[2].start < theirs[1].start < theirs[0].start and not (
            _passive(verb, statement) or _passive(theirs[1], home)
        ):
            return True
    return False


def _passive(verb: Word, sentence: Sentence) -> bool:
    behind = sentence.text[verb.start + len(verb.text) :]
    return bool(_BE.search(sentence.text[: verb.start].rstrip()) or _BY[sentence.language].search(behind[:20]))


def _agents(sentence: Sentence, listed: bool) -> Iterator[tuple[Names, Word]]:
    """Each word that is no name with the name that does it, as far as order tells; with all of a list of names."""
    groups = _names(sentence)
    for n, word in enumerate(sentence.words):
        if word.key and not word.name and word.figure is None:
            found = _agent(n, word, sentence, groups)
            names = [
                word for group in (_chained(found, sentence) if listed else found[:1]) for word in _of(group, sentence)
            ]
            if names:
                yield tuple(names), word


def _agent(n: int, word: Word, sentence: Sentence, groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The names from the nearest on, on the side of a word where what does it stands."""
    if sentence.language == "en":
        behind = sentence.text[word.start : word.start + 60]
        match = _BY["en"].search(behind)
        if match and len(behind[: match.start()].split()) <= 3:
            return [group for group in groups if sentence.words[group[0]].start > word.start + match.start()]
        if _BE.search(sentence.text[: word.start].rstrip()):
            return []
    return [group for group in groups if group[1] <= n and not _placed(group, sentence)][::-1]


def _chained(groups: Sequence[tuple[int, int]], sentence: Sentence) -> Iterator[tuple[int, int]]:
    """The first names and those that nothing but commas and function words divides from them: a list."""
    last = None
    for group in groups:
        low, high = sorted([last, group]) if last else (group, group)
        if last and any(each.key for each in sentence.words[low[1] : high[0]]):
            return
        yield group
        last = group


def _placed(group: tuple[int, int], sentence: Sentence) -> bool:
    before = [each.text for each in sentence.words[max(0, group[0] - 2) : group[0]] if each.text not in ("the", "a")]
    return bool(before) and PLACED.fullmatch(before[-1]) is not None


def _direct(sentence: Sentence, listed: bool = False) -> Iterator[tuple[Names, Word]]:
    """The names that stand right before a word or right behind its "by"."""
    groups = _names(sentence)
    for names, word in _agents(sentence, listed):
        n = next(i for i, each in enumerate(sentence.words) if each is word)
        if any(_AUXILIARY.fullmatch(each.text) for each in sentence.words[n + 1 : n + 2]):
            continue  # "the Zagreb seminar was" has no doer
        placed = {id(word) for group in groups if _placed(group, sentence) for word in _of(group, sentence)}
        last = max((group[1] for group in groups if group[1] <= n and not _placed(group, sentence)), default=None)
        between = [word for word in sentence.words[last:n] if id(word) not in placed] if last is not None else []
        if not any(each.key or each.text in JOINED for each in between) or names[0].start > word.start:
            yield names, word


def _names(sentence: Sentence) -> list[tuple[int, int]]:
    """The names of a sentence, from their first word to behind their last."""
    groups: list[tuple[int, int]] = []
    for n, word in enumerate(sentence.words):
        if not word.name:
            continue
        gap = sentence.words[groups[-1][1] : n] if groups else ()
        joined = bool(groups) and sentence.language == "en" and all(LINKS.fullmatch(each.text) for each in gap)
        if joined and word.clause == sentence.words[groups[-1][0]].clause:
            groups[-1] = (groups[-1][0], n + 1)
        else:
            groups.append((n, n + 1))
    return groups


def _of(group: tuple[int, int], sentence: Sentence) -> Names:
    return tuple(word for word in sentence.words[slice(*group)] if word.name)


def _again(names: Names) -> bool:
    """Whether a name is a common noun that takes up one from before: "the Office"."""
    return len(names) == 1 and ORGANS.fullmatch(names[0].text) is not None


def _meet(one: Names, other: Names) -> bool:
    if any(alike(word, each) for word in one for each in other):
        return True
    return _abbreviates(one, other) or _abbreviates(other, one)


def _abbreviates(short: Names, long: Names) -> bool:
    initials = "".join(word.text[0] for word in long)
    return any(len(word.text) > 1 and word.text in initials for word in short)
