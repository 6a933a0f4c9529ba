"""What a text says of its words: that it is not so, only to come, asked for, allowed, or so of all, some, most, only.

An operator stands before the words it covers and reaches to the end of their clause.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rag.checking.clauses import Sentence, Word
from rag.records import Language, Slice
from rag.text.late import late

Operator = Literal["not", "rather", "if", "done", "coming", "due", "asked", "possible", "all", "some", "most", "only"]
UNREAL: tuple[Operator, ...] = (
    "if",
    "coming",
    "due",
    "asked",
)  # these reach into the clause behind: "邀请各国采取措施，落实…"
WEAK = frozenset({"possible", "done", "if"})  # what a statement may add and says no more
QUANTIFIERS = frozenset({"all", "some", "most", "only"})
NEAR = 4  # words behind an operator of which the first that both texts have is compared
_POSTPOSED = re.compile(r"的(?:缺失|缺乏|匮乏|不足)")

_WORDS: dict[Language, dict[Operator, str]] = {  # the longer form first
    "en": {
        "not": """no longer|not(?! only| just| merely| less| fewer| more)|n't|cannot|never
            |no(?! (?:less|fewer|more) than| later)|nor|neither|none|nothing|without|hardly|scarcely|barely
            |fail(?:s|ed|ing)? to|unable to|yet to|lack(?:s|ed|ing)?(?: of)?|absence of|refus(?:e|es|ed|ing) to
            |prohibit(?:s|ed|ing)?|forbid(?:s|den|ding)?|free of""",
        "rather": "rather than|instead of|and not|but not",
        "if": "if|provided that|in case",
        "done": "already|has|have|had|was|were|did",
        "coming": """will|shall|would|plan(?:s|ned)?(?: to)?|planning to|going to|expect(?:s|ed) to
            |scheduled(?: to| for)?|intend(?:s|ed)? to|due to be|about to|upcoming|in preparation
            |under (?:preparation|negotiation)|(?:being|to be) (?:prepared|planned|negotiated)""",
        "due": """should|must|ought to|need(?:s|ed)? to|needed|(?:a|the) need(?: to| for)?|requires?|required to
            |obliged? to|have to|has to|had to|necessary|bound to|essential to|mandatory|compulsory|important to""",
        "asked": """encourag(?:e|es|ed|ing)|invit(?:e|es|ed|ing)|request(?:s|ed|ing)?|urg(?:e|es|ed|ing)
            |call(?:s|ed|ing)? (?:up)?on|call(?:s|ed|ing)? for|ask(?:s|ed|ing)?(?: for)?|recommend(?:s|ed|ing)?
            |appeal(?:s|ed)?|propos(?:e|es|ed|ing)|suggest(?:s|ed|ing)?|want(?:s|ed)?|wish(?:es|ed)?""",
        "possible": "can|may|might|could|able to|allow(?:s|ed|ing)?(?: to)?|permit(?:s|ted|ting)?(?: to)?|possibl[ey]",
        "all": "all|every(?! \\w+ years)|each|entire(?:ly)?|wholly|unanimous(?:ly)?|always|both",
        "some": "some|several|certain|a number of|various|a few|many|selected",
        "most": "most|majority|mostly|mainly|largely",
        "only": "only|solely|exclusively|merely|alone|just",
    },
    "zh": {
        "not": """不(?:是|会|能|得|许|准|再|必|可|应|在|存在|需|予)|并[不未无]|[尚从]未|未[能曾]|无[法须需]|没有|并非
            |绝[非不]|缺[乏少]|禁止|拒绝|难以|不(?!仅|但)|没|未(?!来)|无(?!论)|勿""",
        "rather": "而(?:不是|非|不)|不是",
        "if": "如果|若是|假如|倘若",
        "done": "已经?|曾经?|了(?![解])|过(?=的|$|[，。])",
        "coming": """计划(?=[^，。的书]{0,6}[于在进举推])|预计|拟(?![定订])|定于|打算|即将|今后|不久将|有望|可望
            |正在编制|正在规划
            |将(?![近军其]|[^，。；]{0,40}(?:纳入|列[为入]|定为|视为|结合|转变|[变改]为|转[交为]|作为|挂钩|分为|放在|置于))""",
        "due": "应当|应该|必须|需要|有必要|务必|必要|应(?![对急用请])|须(?!知)",
        "asked": """鼓励|邀请|促请|敦促|吁请|希望|请(?!求)
            |(?<![的一应出项些])(?:呼吁|要求|请求|建议)(?![，。、和与及的或书]|$)""",
        "possible": "可能|允许|准许|许可|能够|可以?(?![能靠见持比喜行信]|用资)|能(?![力源])",
        "all": "所有|全部|一切|全体|一致|每[个一名项届]|各个|完全|始终|均|凡|都",
        "some": "一些|有些|(?<!一)部分|若干|某些|个别|有时|几个|选定",
        "most": "绝?大多数?|多数|大部分",
        "only": "只[有能是限]|(?<!不)仅[仅有限]|唯一|(?<!不)只(?!要)|(?<!不)仅(?!次)",
    },
}


def _cue(words: str, language: Language) -> re.Pattern[str]:
    joined = "".join(line.strip() for line in words.splitlines())
    return late(rf"(?:\b|(?<=\w)(?=n't))(?:{joined})\b" if language == "en" else joined, re.IGNORECASE)


_CUES: dict[Language, dict[Operator, re.Pattern[str]]] = {
    language: {operator: _cue(words, language) for operator, words in cues.items()} for language, cues in _WORDS.items()
}


@dataclass(frozen=True, slots=True)
class Cover:
    """An operator in a sentence with the content words it covers, nearest first."""

    operator: Operator
    words: tuple[Word, ...]
    cue: tuple[Word, ...] = ()  # the words it is written with
    clause: tuple[Word, ...] = ()  # all content words of the clause, those before it too: "报告不充分", "未充分报告"


def covers(sentence: Sentence) -> list[Cover]:
    """Each operator of a sentence with what it covers: the rest of its clause, or the next where it ends one."""
    found = _cues(sentence)
    ends = {word.start: word.start + len(word.text) for word in sentence.words}
    cues = [word for word in sentence.words if any(a <= word.start < ends[word.start] <= b for _, (a, b) in found)]
    return [_cover(sentence, operator, span, cues) for operator, span in found] + list(_postposed(sentence))


def _cues(sentence: Sentence) -> list[tuple[Operator, Slice]]:
    """The operators of a sentence and where they stand; of a single Chinese character where it is a word: not 反应.

    What denies a denial is left out with it: 不缺少.
    """
    patterns = _CUES[sentence.language].items()
    found = [(operator, match.span()) for operator, cue in patterns for match in cue.finditer(sentence.text)]
    single = {word.start for word in sentence.words if len(word.text) == 1}
    dates = [(word.start, word.start + len(word.text)) for word in sentence.words if word.figure]  # the May of May 2022
    found = [(operator, (a, b)) for operator, (a, b) in found if b - a > 1 or a in single]
    found = [(operator, (a, b)) for operator, (a, b) in found if not any(start <= a < end for start, end in dates)]
    denials = sorted(span for operator, span in found if operator == "not")
    double = {each for one, other in pairwise(denials) if one[1] == other[0] for each in (one, other)}
    return [(operator, span) for operator, span in found if operator != "not" or span not in double]


def _cover(sentence: Sentence, operator: Operator, span: Slice, cues: Sequence[Word]) -> Cover:
    start, end = span
    behind = [word for word in sentence.words if word.start + len(word.text) > end]
    clause = next((word.clause for word in sentence.words if word.start >= start), 0)
    if operator in QUANTIFIERS:  # "有些时候，…"
        clause = next((word.clause for word in behind if word.key), clause)
    following = min((word.clause for word in sentence.words if word.clause > clause), default=clause)
    reached = {clause, following} if operator in UNREAL else {clause}
    whole = tuple(word for word in sentence.content if word.clause in reached and word not in cues)
    covered = tuple(word for word in whole if word.clause == clause and word.start + len(word.text) > end)
    whole = covered if operator == "rather" else whole
    return Cover(operator, covered, tuple(word for word in cues if start <= word.start < end), whole)


def _postposed(sentence: Sentence) -> Iterator[Cover]:
    """What is said to be lacking behind its noun."""
    for match in _POSTPOSED.finditer(sentence.text):
        before = [word for word in sentence.content if word.start < match.start()]
        whole = tuple(word for word in before[::-1] if word.clause == before[-1].clause)
        yield Cover("not", whole, (), whole)


def unlike(
    statement: Sequence[Sentence], source: Sequence[Sentence], pairs: Sequence[tuple[Word, Word]]
) -> set[Operator]:
    """The operators that cover a word of the one text and not the word of the other that it is paired with.

    Of the words near an operator of the statement that are paired, one has to be covered in both; of the source's only
    the first word counts, or the first two behind a denial, as the statement may speak of the others. Left aside is
    what says less: an "all" that the statement drops, a "can" that it adds, "some" where it gives the figure; and what
    both deny.
    """
    said = [cover for sentence in statement for cover in covers(sentence)]
    known = [cover for sentence in source for cover in covers(sentence)]
    forth = [(id(ours), id(theirs)) for ours, theirs in pairs]
    back = [(theirs, ours) for ours, theirs in forth]
    denied = _under("not", said) & {ours for ours, theirs in forth if theirs in _under("not", known)}
    once = [(id(ours), id(theirs)) for ours, theirs in pairs if sum(ours.key == other.key for other, _ in pairs) == 1]
    made = {
        each.operator
        for each in said
        if each.operator not in WEAK
        and _strays(each, once if each.operator == "rather" else forth, known, denied, NEAR)
    }
    made |= {each.operator for each in said if each.operator == "done" and _open(each, pairs, said, known)}
    must = {id(word) for cover in known if cover.operator == "due" for word in cover.words[:NEAR]}
    if _under("possible", said) & {ours for ours, theirs in forth if theirs in must} - _under("due", said):
        made.add("due")
    counted = any(word.figure for sentence in statement for word in sentence.words)
    less = {"all", *(QUANTIFIERS - {"only"} if counted else ())}
    denied = {theirs for ours, theirs in forth if ours in denied}
    dropped = [each for each in known if each.operator not in less | {"done"}]
    return made | {each.operator for each in dropped if _strays(each, back, said, denied, 1 + (each.operator == "not"))}


def _strays(
    cover: Cover, pairs: Sequence[tuple[int, int]], others: Sequence[Cover], denied: set[int], reach: int
) -> bool:
    """Whether the words near an operator are paired with words that it does not cover in the other text."""
    near = [id(word) for word in cover.words[:reach]]
    paired = [other for own, other in pairs if own in near]
    if not paired or (cover.operator != "not" and any(own in denied for own in near)):
        return False
    if cover.operator == "rather":
        return bool(set(paired) - _under("rather", others))
    return not _under(cover.operator, others) & set(paired)


def _open(cover: Cover, pairs: Sequence[tuple[Word, Word]], said: Sequence[Cover], known: Sequence[Cover]) -> bool:
    """Whether what is said to be done is to come, due or asked for in the other text, or its aim."""
    near = cover.words[:NEAR]
    if any(id(word) in _unreal(said) for word in near):
        return False
    paired = [(ours, theirs) for ours, theirs in pairs if any(ours is word for word in near)]
    open_ = _unreal(known) - _under("done", known)
    aim = any(ours is near[0] and theirs.aim and not ours.aim for ours, theirs in paired)
    return aim or (bool(paired) and all(id(theirs) in open_ for _, theirs in paired))


def _unreal(covers: Sequence[Cover]) -> set[int]:
    return set[int]().union(*(_under(operator, covers) for operator in UNREAL))


def unpaired(statement: Sequence[Sentence], pairs: Sequence[tuple[Word, Word]]) -> bool:
    """Whether an operator of a statement covers nothing that its source speaks of."""
    paired = {id(ours) for ours, _ in pairs}
    said = [cover for sentence in statement for cover in covers(sentence)]
    strong = [each for each in said if each.operator not in WEAK and each.words]
    return any(not any(id(word) in paired for word in each.words[:NEAR]) for each in strong)


def _under(operator: Operator, covers: Sequence[Cover]) -> set[int]:
    """The words of the clauses that an operator stands in, by identity: a word may stand twice."""
    return {id(word) for cover in covers if cover.operator == operator for word in cover.clause}
