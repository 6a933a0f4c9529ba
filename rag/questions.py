"""A question as typed to one that stands alone, and what kind of answer it asks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import QuestionError
from rag.records import Turn
from rag.text import clean_question, fold, language

BINARY = re.compile(r"[\x00\ufffd]")
DEPENDS = re.compile(  # how a question that leans on the one before begins
    r"^(?:那么?|那|还有|另外|其中|上述|它|他们|该|这|此|而|同样|再|接着|[他她其](?:们|的)?)"
    r"|^(?:and|but|what about|how about|then|so|also|in that|of (?:those|these|them|which))\b",
    re.IGNORECASE,
)
LEANS_ON = re.compile(  # what points back at something said before
    r"它们?|他们|该(?:报告|文件|机构|国|方案|基金|办公室|倡议)|这(?:个|些|项|一|份)|那(?:个|些|项|次|一年)|呢[？?]?$"
    r"|\b(?:its?|they|them|their|those|these|that one|this one|the one|the year (?:after|before))\b",
    re.IGNORECASE,
)
FRAGMENT = re.compile(  # a question word and no more
    r"(?:why(?: not)?|who|when|where|which(?: ones?)?|how(?: many| much| so)?"
    r"|(?:为什么|为何|谁|何时|哪些|哪里|多少|如何)呢?)",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
SHORT = 24  # characters of Chinese; twice that of English: shorter questions that lean are follow-ups
OPENING = re.compile(r"^(?:那么?|还有|另外|and|but|then|so|what about|how about)(?![a-z])[\s，,]*", re.IGNORECASE)
FUNCTION = re.compile(r"\b(?:in|the|for|of|during|year)\b|[\s，,？?。.年呢在的到]", re.IGNORECASE)

NUMBER = re.compile(
    r"多少|几(?:个|次|名|项|国|种|人|年|票|件|支|届|期|场|天|类)|比例|百分|数目|数量|总(?:数|额)"
    r"|how (?:many|much|large|long|often)|\bnumber of\b|\bper ?cent|\bshare of\b|\btotal\b|\bcount\b|\btally\b",
    re.IGNORECASE,
)
DATE = re.compile(
    r"何时|什么时候|哪(?:一)?年|哪(?:一)?天|几月|日期|时间"
    r"|\bwhen\b|\bwhat (?:year|date|month|day)\b|\bwhich year\b|\bdates?\b",
    re.IGNORECASE,
)
LIST = re.compile(
    r"哪些|哪几|列出|列举|分别|有什么|包括什么|\blist\b"
    r"|\bwhich (?:\w{1,30} )?(?:countries|states|bodies|areas|measures|regions|steps|issues|topics|groups)\b"
    r"|\bwhich (?:\w{1,30} )?organi[sz]ations\b"
    r"|\bwhat (?:are|were|kinds?|steps|measures|types|priorities|objectives|goals|pillars|areas)\b"
    r"|\bname (?:the|all|four|five|three|two)\b",
    re.IGNORECASE,
)
COMPARE = re.compile(
    r"比较|相比|对比|区别|不同|变化|演变|异同|先后|前后|\bcompar\w{0,9}|\bversus\b|\bvs\.?\b|\bdiffer\w{0,9}"
    r"|\bchang(?:e|ed|es) (?:between|from|since)\b|\bevol\w{0,9}|\btrace\b|\bover (?:time|the years)\b",
    re.IGNORECASE,
)
PART_ENDS = re.compile(r"[？?；;。]|(?<=\w), (?:and|what|which|when|how)\b|，(?:又|另外|还|其中)")
REPORT_YEAR = re.compile(
    r"(?<!\d)((?:19|20)\d\d)\s?年?[^，。？?,.]{0,8}(?:报告|報告|report)"
    r"|(?:报告|報告|reports?) (?:of|from|for) ((?:19|20)\d\d)",
    re.IGNORECASE,
)
BESIDE_REPORT = (  # how a question names the report of, or to, a body or a session
    r"{names}[^，。？?,.]{{0,12}}(?:报告|文件|\breports?\b)",
    r"(?:报告|\breports?\b)[^，。？?,.]{{0,12}}\b(?:of|to|for|from|by|before) (?:the )?{names}",
)
WHY = re.compile(r"为什么|为何|缘何|原因|理由|\bwhy\b|\breasons?\b|\bon what grounds\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asks:
    """What a question's wording asks for."""

    number: bool
    date: bool
    list: bool
    compare: bool
    why: bool


def checked(question: str, limit: int) -> str:
    """The question without invisible characters; QuestionError where it is empty, too long or not text."""
    if BINARY.search(question):
        raise QuestionError("The question is not text: it holds binary characters. Type or paste it again.")
    cleaned = clean_question(question)
    if not re.search(r"\w", cleaned):
        raise QuestionError("The question is empty. Type one, in Chinese or English.")
    if len(cleaned) > limit:
        raise QuestionError(
            f"The question has {len(cleaned):,} characters; {limit:,} are the most. Ask about one point at a time."
        )
    return cleaned


def stand_alone(question: str, history: Sequence[Turn]) -> str:
    """The question, put together with the one before where it leans on it.

    A year in the follow-up takes the place of the earlier question's; otherwise it is asked on top of it.

    >>> stand_alone("And in 2012?", [Turn("How many States reported in 2021?", "…")])
    'How many States reported in 2012?'
    >>> stand_alone("那2012年呢？", [Turn("2021年有多少国家报告？", "…")])
    '2012年有多少国家报告？'
    """
    if not history or not _leans(question):
        return question
    before = history[-1].question
    years, earlier = YEAR.findall(question), YEAR.findall(before)
    if len(years) == 1 and len(set(earlier)) == 1 and not _without_year(question):
        return YEAR.sub(years[0], before)
    return f"{before.rstrip()} {question}"


def asks(question: str) -> Asks:
    """What the wording of a question in either language asks for."""
    return Asks(
        number=bool(NUMBER.search(question)),
        date=bool(DATE.search(question)),
        list=bool(LIST.search(question)),
        compare=bool(COMPARE.search(question)),
        why=bool(WHY.search(question)),
    )


def _leans(question: str) -> bool:
    """Whether a question says too little, or points back too plainly, to be understood alone."""
    short = len(question) <= (SHORT if language(question) == "zh" else 2 * SHORT)
    fragment = _without_year(question)
    return (
        not fragment
        or bool(FRAGMENT.fullmatch(question.strip(" ?？。.!！")))
        or bool(DEPENDS.search(question.strip()))
        or (short and bool(LEANS_ON.search(question.strip())))
    )


def _without_year(question: str) -> str:
    """What a question says beside a year and the words around one."""
    return FUNCTION.sub("", YEAR.sub("", OPENING.sub("", question.strip())))


def parts(question: str) -> list[str]:
    """What a question that asks several things asks, one by one; none where it asks one.

    >>> parts("How many States reported? Which of them are in Africa?")
    ['How many States reported', 'Which of them are in Africa']
    """
    least = 6 if language(question) == "zh" else 15
    several = [part.strip() for part in PART_ENDS.split(question) if len(part.strip()) >= least]
    return several if len(several) > 1 else []


def report_years(question: str) -> set[str]:
    """The years whose reports a question asks for: "the 2012 report", "2021年秘书长报告"."""
    return {before or after for before, after in REPORT_YEAR.findall(question)}


def names_report_of(question: str, names: Sequence[str]) -> bool:
    """Whether a question asks for the report of, or to, what has one of these names: a body, a session.

    >>> names_report_of("What did the report to the Security Council say?", ["Security Council", "安全理事会"])
    True
    """
    any_of = "|".join(re.escape(fold(name)) if language(name) == "zh" else rf"\b{re.escape(name)}\b" for name in names)
    folded = fold(question) if language(question) == "zh" else question
    return any(re.search(shape.format(names=f"(?:{any_of})"), folded, re.IGNORECASE) for shape in BESIDE_REPORT)
