"""What a text says of its words: that it is not so, to come, asked for, allowed, true of all, some, most; opposites."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rag.checking.synonyms import key_of
from rag.checking.words import Sentence, Word, alike, listed, pattern
from rag.data import table
from rag.records import Language, Slice

UNREAL = (
    "if",
    "coming",
    "due",
    "asked",
    "aimed",
    "shall",
    "must",
)  # these reach into the clause behind: "邀请各国采取措施，落实…"
WEAK = frozenset({"possible", "done", "if", "aimed"})  # what a statement may add and says no more
QUANTIFIERS = frozenset({"all", "some", "most"})
_ALIKE = {  # an operator of a statement → those of its source that it may stand for
    "due": ("due", "aimed", "shall", "must"),
    "must": ("must", "shall"),
    "asked": ("asked", "aimed"),
    "coming": ("coming", "shall"),
    "shall": ("shall", "must", "due", "coming", "aimed"),
}
_LOOSE = dict.fromkeys(UNREAL, UNREAL)  # of the source: which one a statement has instead is looked at there
NEAR = 4  # words behind an operator of which the first that both texts have is compared


@dataclass(frozen=True, slots=True)
class Cover:
    """An operator in a sentence with the content words it covers, nearest first."""

    operator: str
    words: tuple[Word, ...]
    clause: tuple[Word, ...]  # all content words of the clause, those before it too: "报告不充分", "未充分报告"
    cue: tuple[Word, ...] = ()  # the words it is written with


def covers(sentence: Sentence) -> Iterator[Cover]:
    """Each operator of a sentence with what it covers: the words behind it, to the end of its clause."""
    found = _cues(sentence)
    cues = [word for word in sentence.words if any(a <= word.start < word.end <= b for _, (a, b) in found)]
    for operator, (start, end) in found:
        after = [word for word in sentence.words if word.start >= start]
        if operator == "all" and _sums_up(sentence, start, end):
            continue
        if operator in QUANTIFIERS:  # "有些时候，…"
            after = [word for word in after if word.key and word not in cues] or after
        own = after[0].clause if after else 0
        behind = min((word.clause for word in sentence.words if word.clause > own), default=own)
        reached = {own, behind} if operator in UNREAL else {own}
        if operator == "possible" and not any(own < word.clause and word.name for word in sentence.words):
            reached = {word.clause for word in sentence.words if word.clause >= own}
        whole = tuple(word for word in sentence.content if word.clause in reached and word not in cues)
        covered = tuple(word for word in whole if word.clause == own and word.end > end)
        if operator == "only" and not covered:  # "for Africa only"
            covered = tuple(word for word in whole[::-1] if word.end <= start)
        cue = tuple(word for word in cues if start <= word.start < end)
        yield Cover(operator, covered, covered if operator == "rather" else whole, cue)
    if pattern("aim").match(sentence.text):  # "To ensure …", "加强…"
        yield Cover("aimed", tuple(sentence.content), tuple(sentence.content))
    for match in pattern("lacking").finditer(sentence.text):  # what is said to be lacking behind its noun
        before = [word for word in sentence.content if word.start < match.start()]
        whole = tuple(word for word in before[::-1] if word.clause == before[-1].clause)
        yield Cover("not", whole, whole)


def _sums_up(sentence: Sentence, start: int, end: int) -> bool:
    """Whether an "all" takes up things that are listed: "both A and B", "A、B和C都"."""
    beside = sentence.text[end:] if sentence.language == "en" else sentence.text[:start]
    return sentence.text[start:end].lower() in listed("both") and pattern("listing").search(beside) is not None


def _cues(sentence: Sentence) -> list[tuple[str, Slice]]:
    """The operators of a sentence and where they stand; what denies a denial is left out with it: 不缺少."""
    single = {word.start for word in sentence.words if len(word.text) == 1}  # not the 应 of 反应
    dates = [word for word in sentence.words if word.figure]  # the May of May 2022
    found = [
        (operator, match.span())
        for operator, cue in _patterns(sentence.language).items()
        for match in cue.finditer(sentence.text)
        if (len(match.group()) > 1 or match.start() in single)
        and not any(date.start <= match.start() < date.end for date in dates)
    ]
    denials = sorted(span for operator, span in found if operator == "not")
    double = {each for one, other in pairwise(denials) if one[1] == other[0] for each in (one, other)}
    return [(operator, span) for operator, span in found if operator != "not" or span not in double]


@cache
def _patterns(language: Language) -> Mapping[str, re.Pattern[str]]:
    """Operator → what it is written with."""
    around = r"(?:\b|(?<=\w)(?=n't))(?:{})\b" if language == "en" else "{}"
    operators = table("checking.toml")["operators"][language].items()
    return {name: re.compile(around.format(words.replace("\n", "")), re.IGNORECASE) for name, words in operators}


def unlike(said: Sequence[Cover], known: Sequence[Cover], paired: Mapping[Word, Word], counted: bool) -> set[str]:
    """The operators that cover a word of the one text and not the word of the other that it is paired with.

    Of the words near an operator of the statement that are paired, one has to be covered in both; of the source's only
    the first word counts, or the first two behind a denial, as the statement may speak of the others. Left aside is
    what says less, an "all" that the statement drops, a "can" that it adds, "some" where it has `counted`; and what
    both deny.
    """
    pairs: dict[Word, set[Word]] = defaultdict(set)
    for ours, theirs in paired.items():
        pairs[ours].add(theirs)
        pairs[theirs].add(ours)
    denied = _under([*said, *known], "not")
    both = {word for word in denied if word in pairs and pairs[word] & denied}
    strong = [each for each in said if each.operator not in WEAK]
    made = {each.operator for each in strong if _strays(each, known, pairs, both, NEAR, _ALIKE)}
    not_so = {word for each in said if each.operator == "not" for word in each.words}
    done = [each for each in said if each.operator == "done" and not_so.isdisjoint(each.words[:1])]
    made |= {each.operator for each in done if _open(each, said, known, paired)}
    may = _under(said, "possible") - _under(said, "due", "must", "shall")
    binding = (each for each in known if each.operator in ("due", "must", "shall"))
    if any(pairs[word] & may for cover in binding for word in cover.words[:NEAR]):
        made.add("due")
    kept = [
        each
        for each in known
        if each.operator not in ("all", "done", "aimed", "shall", *(QUANTIFIERS if counted else ()))
    ]
    return made | {
        each.operator for each in kept if _strays(each, said, pairs, both, 1 + (each.operator == "not"), _LOOSE)
    }


def _strays(
    cover: Cover,
    others: Sequence[Cover],
    pairs: Mapping[Word, set[Word]],
    denied: Collection[Word],
    reach: int,
    alike: Mapping[str, Sequence[str]],
) -> bool:
    """Whether the words near an operator are paired with words that it does not cover in the other text."""
    near = cover.words[:reach]
    paired = {other for word in near for other in pairs.get(word, ())}
    under = _under(others, *alike.get(cover.operator, (cover.operator,)))
    strays = not paired <= under if cover.operator == "rather" else not paired & under
    apart = cover.operator in ("not", "all") or not any(word in denied for word in near)
    return bool(paired) and strays and apart


def _open(cover: Cover, said: Sequence[Cover], known: Sequence[Cover], paired: Mapping[Word, Word]) -> bool:
    """Whether what is said to be done is to come, due or asked for in the other text, or its aim."""
    near = cover.words[:NEAR]
    if not near or not _under(said, *UNREAL).isdisjoint(near):
        return False
    theirs = [paired[word] for word in near if word in paired][:1]
    aim = near[0] in paired and paired[near[0]].aim and not near[0].aim
    aim = aim and near[0] in paired and paired[near[0]] not in _under(known, "done")  # "has begun to"
    return aim or any(word in _under(known, *UNREAL, "possible") - _under(known, "done") for word in theirs)


def unpaired(said: Sequence[Cover], paired: Mapping[Word, Word]) -> bool:
    """Whether an operator of a statement covers nothing that its source speaks of."""
    strong = [each.words[:NEAR] for each in said if each.operator not in WEAK and each.words]
    return any(not any(word in paired for word in near) for near in strong)


def _under(covers: Sequence[Cover], *operators: str) -> set[Word]:
    """The words of the clauses that one of some operators stands in."""
    return {word for cover in covers if cover.operator in operators for word in cover.clause}


def opposed(one: Word, other: Word) -> bool:
    """Whether two words stand on the two sides of one pair, and on the same side of none, or one negates the other."""
    if negates(one, other):
        return True
    return not sides(one) & sides(other) and any(-side in sides(other) for side in sides(one))


def negates(one: Word, other: Word) -> bool:
    """Whether one of two words is the other behind a prefix that turns it: "underrepresented", 非法."""
    short, long = sorted((one.key, other.key), key=len)
    before = [prefix for prefix in listed("negating") if long.startswith(prefix) and len(prefix) < len(short)]
    return len(short) < len(long) and any(alike(long.removeprefix(prefix), short) for prefix in before)


def sides(word: Word) -> frozenset[int]:
    """The numbers of the pairs of opposites a word belongs to, with a minus on their second side; mostly none."""
    return _sides().get(word.key, frozenset())


@cache
def _sides() -> Mapping[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    pairs = [
        pair for language in ("en", "zh") for pair in table("checking.toml")["opposites"][language].strip().splitlines()
    ]
    for n, pair in enumerate(pairs, 1):
        for sign, words in zip((1, -1), pair.split("|"), strict=True):
            for key in map(key_of, words.split()):
                found[key] = found.get(key, frozenset()) | {sign * n}
    return found
