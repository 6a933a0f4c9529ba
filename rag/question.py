"""A question as typed to the one record that everything after reads: standing alone, its parts, what it asks for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from rag.errors import QuestionError
from rag.records import Language, Turn
from rag.text import clean_question, figures, fold, language, symbols
from rag.text.folding import narrow

BINARY = re.compile(r"[\x00\ufffd]")
LATIN_WORD = re.compile(r"[A-Za-z]{5,40}")  # one that may be misspelt: shorter ones have neighbours that mean else
DEPENDS = re.compile(  # how a question that leans on the one before begins; not 再出口, 应该, "so far"
    r"^(?:那(?!不勒)|还有|另外|其(?!实)|上述|[它她]|他(?!国|人|乡)|该(?![如怎不向由从去当])|这(?!些年|几年|里)|此|而|同样|接着"
    r"|再(?=[请给说讲列举问看来补解告具详]))"
    r"|^(?:and(?!/)|but(?! for)|what about|how about|then(?!-)|so(?!-| (?:far|many|much|few|little|long|often|as)\b)"
    r"|also(?! (?:known|called))|in that|of (?:those|these|them|which))\b",
    re.IGNORECASE,
)
POINTS_BACK = re.compile(  # what means something said before
    r"(?<!应)该(?:报告|文件|机构|国|方案|基金|办公室|倡议)|这(?:个|些(?!年)|项|一|份)|那(?:个|些|项|次|一年)"
    r"|^(?:总共|一共|合计|共计)[是有为]?(?:多少|几)"
    r"|\bthese\b|\bthose\b(?! (?:who|whom|that|which|in|of|with|without|from|under|at|on|\w{2,12}ed|caught|held)\b)"
    r"|\b(?:that|this) one\b|\bthe one\b(?! (?:who|that|which|in|of|with|on|from)\b)"
    r"|\bthe year (?:after|before)(?=\W*$)|\b(?:is|was|are|were) that\b",
    re.IGNORECASE,
)
PRONOUN = re.compile(r"它们?的?|[他她]们的?|\b(?:it|they|them)\b|\b(?:its|theirs?)\b", re.IGNORECASE)
POSSESSIVE = re.compile(r".{1,2}的|its|theirs?", re.IGNORECASE)
EMPTY_IT = re.compile(  # "it" that means nothing: "is it legal to", "how long does it take to"
    r"\b(?:is|was|be|would be) it(?: \w{2,15}){1,2} (?:that|to|for|if|when)\b"
    r"|\bit (?:takes?|took|costs?|is|was)\b.{0,30}\b(?:to|that)\b",
    re.IGNORECASE,
)
NOUN_BEFORE = re.compile(  # what a possessive after it may mean
    r"(?i:\b(?:which|how many|the|an?|each|every|all|some|most|many|several|few|other)"
    r" (?!report|did\b|do\b|does\b)[a-z]{3,}|\bwhat [a-z]{3,}s\b"
    r"|\b(?:do|did|have|can|must|should|are|were|will|may|by|of|for) [a-z]{3,}s\b)|(?<=\S )[A-Z]\w"
)
CLAUSE_BEFORE = re.compile(  # an earlier clause that names what a pronoun after it may mean, not "in 2012, "
    r"^(?!(?:in|at|on|by|during|after|before|since|from|between) |在|自).{4,200}?(?:[,:;，：；]"
    r"|\sand(?= (?:what|who|how|when|where|why|which|did|does|do|is|are|was|were)\b))",
    re.IGNORECASE,
)
NOUN_BEFORE_ZH = re.compile(r"^(?!.?(?:谁|什么|为何|如何|怎|有没有|哪里|何时|多少|由|被))[^,，]{2,}")
ASKING_ZH = re.compile(r"谁|什么|何|哪|多少|几|怎|吗|是否|为啥|有没有")
FRAGMENT = re.compile(  # a question word and no more
    r"(?:why(?: not)?|who|when|where|which(?: ones?)?|how(?: many| much| so)?"
    r"|(?:为什么|为何|谁|何时|哪些|哪里|多少|如何)呢?)",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
NUMBERED_PLACE = re.compile(r"\bpara(?:graph|\.|s\.?)?s? ?\d{1,3}(?!\d)|第 ?\d{1,3} ?段|#[a-z\d-]{1,20}", re.IGNORECASE)
SHORT = 24  # characters of Chinese; twice that of English: shorter questions that lean are follow-ups
OPENING = re.compile(r"^(?:那么?|还有|另外|and|but|then|so|what about|how about)(?![a-z])[\s，,]*", re.IGNORECASE)
FUNCTION = re.compile(r"\b(?:in|the|for|of|during|year)\b|[\s，,？?。.年呢在的到]", re.IGNORECASE)

# What kind of answer is asked for: the first of these that fits, then a date and a reason beside it.
FIGURE_KINDS: Mapping[str, re.Pattern[str]] = {
    "money": re.compile(
        r"多少(?:钱|美元|欧元|资金|经费|款)|(?:预算|金额|款额|总额|费用|捐款|赠款|拨款).{0,6}多少"
        r"|\bhow much (?:money|fund)|\bhow much did .{0,40}(?:cost|give|donate|contribut|pay|spend)"
        r"|\bhow many (?:US )?(?:dollars|euros)|\bbudget\b|\bfor what total\b",
        re.IGNORECASE,
    ),
    "share": re.compile(r"百分|比例|占(?:多少|比)|几成|\bper ?cent|\bshare\b|\bproportion\b", re.IGNORECASE),
    "duration": re.compile(
        r"(?<!第)几(?:天|周|个月|年)|多久|多长时间|\bhow long\b|\bhow many (?:days|weeks|months|years)\b", re.IGNORECASE
    ),
    "votes": re.compile(r"几票|多少票|票数|\bvote count\b|\bhow many votes\b|\btally\b", re.IGNORECASE),
    "count": re.compile(
        r"^(?!.*(?:文号|编号|\bdocument (?:symbol|number)\b)).*?"
        r"(?:多少|(?<!哪)几(?:个|次|名|项|国|种|人|件|支|届|期|场|门|套|批|把|所|家|座)|\bhow many\b|\bnumber of\b)",
        re.IGNORECASE | re.DOTALL,
    ),
}
DATE = re.compile(
    r"何时|什么时候|几时|哪(?:一)?[年天月]|几月|日期|\b(?:what|which) (?:year|date|month|day)\b"
    r"|(?:^|[,;:.?!] ?|\b(?:and|or|by|since) )when\b",  # "when it met" asks for no date
    re.IGNORECASE,
)
WHY = re.compile(r"为什么|为何|缘何|什么原因|^why\b|[,.?!:] why\b", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Asks:
    """What a question's wording asks for."""

    kinds: tuple[str, ...]  # of answer, among those of FIGURE_KINDS, "date" and "why"
    list: bool
    compare: bool

    @property
    def figure(self) -> bool:
        """Whether it asks for a number or a date."""
        return any(kind != "why" for kind in self.kinds)


@dataclass(frozen=True)
class Question:
    """A question parsed once, for everything that reads it."""

    asked: str  # as typed, but for invisible characters
    understood: str  # a follow-up put together with what it leans on
    corrections: Mapping[str, str] = field(default_factory=dict)  # misspelt word → what it is taken for

    @classmethod
    def of(cls, text: str) -> "Question":
        """A question that stands alone and is spelt right."""
        return cls(text, text)

    @classmethod
    def parse(cls, text: str, history: Sequence[Turn], limit: int) -> "Question":
        """A question of at most `limit` characters; QuestionError where it is empty, too long or not text."""
        if BINARY.search(text):
            raise QuestionError("question-not-text")
        cleaned = clean_question(text)
        if not re.search(r"\w", cleaned):
            raise QuestionError("question-empty")
        if len(cleaned) > limit:
            raise QuestionError("question-too-long", size=len(cleaned), limit=limit)
        return cls(cleaned, stand_alone(cleaned, history))

    @cached_property
    def text(self) -> str:
        """What is looked for: standing alone, misspelt words put right."""
        return LATIN_WORD.sub(lambda match: self.corrections.get(match.group(), match.group()), self.understood)

    @cached_property
    def language(self) -> Language:
        """The language it was asked in, which the answer is given in."""
        return language(self.asked)

    @cached_property
    def parts(self) -> list[str]:
        """What it asks, one by one; none where it asks one thing."""
        return parts(self.text)

    @cached_property
    def asks(self) -> Asks:
        """What its wording asks for."""
        return asks(self.text)

    @cached_property
    def known(self) -> frozenset[Fraction]:
        """The values of the figures it gives itself."""
        return frozenset(figure.value for figure in figures(self.text))


def stand_alone(question: str, history: Sequence[Turn]) -> str:
    """The question, put together with the one before where it leans on it.

    A year or a paragraph in the follow-up takes the place of the earlier question's; otherwise it is asked on top.

    >>> stand_alone("And in 2012?", [Turn("How many States reported in 2021?", "…")])
    'How many States reported in 2012?'
    >>> stand_alone("那2012年呢？", [Turn("2021年有多少国家报告？", "…")])
    '2012年有多少国家报告？'
    >>> stand_alone("And paragraph 22?", [Turn("What does paragraph 21 of S/2021/839 say?", "…")])
    'What does paragraph 22 of S/2021/839 say?'
    """
    if not history or not _leans(question):
        return question
    before = history[-1].question
    years, earlier = YEAR.findall(question), YEAR.findall(before)
    if len(years) == 1 and len(set(earlier)) == 1 and not _without_year(question):
        return YEAR.sub(years[0], before)
    places = NUMBERED_PLACE.findall(question)
    if len(places) == 1 == len(NUMBERED_PLACE.findall(before)) and not _without_year(NUMBERED_PLACE.sub("", question)):
        return NUMBERED_PLACE.sub(places[0], before)
    return f"{before.rstrip()} {question}"


def asks(question: str) -> Asks:
    """What the wording of a question in either language asks for."""
    question = narrow(question)
    figure = next((kind for kind, pattern in FIGURE_KINDS.items() if pattern.search(question)), None)
    kinds = (figure, DATE.search(question) and "date", WHY.search(question) and "why")
    return Asks(tuple(filter(None, kinds)), bool(LIST.search(question)), bool(COMPARE.search(question)))


def _leans(question: str) -> bool:
    """Whether a question says too little, or points back too plainly, to be understood alone."""
    asked, chinese = question.strip(), language(question) == "zh"
    if symbols(asked) and NUMBERED_PLACE.search(asked):
        return False  # a look-up that names its document
    if not _without_year(asked) or FRAGMENT.fullmatch(asked.strip(" ?？。.!！")) or DEPENDS.search(asked):
        return True
    if len(asked) > (SHORT if chinese else 2 * SHORT):
        return False
    return bool(POINTS_BACK.search(asked)) or _ends_open(asked) or _has_loose_pronoun(asked)


def _ends_open(question: str) -> bool:
    """Whether a Chinese question ends with 呢 and asks nothing itself, or of nobody: "非洲呢", "由谁管理呢"."""
    if not question.rstrip(" ？?。").endswith("呢"):
        return False
    rest = ASKING_ZH.sub("", question)
    return not ASKING_ZH.search(question) or ("什么是" not in question and len(re.findall(r"\w", rest)) <= 4)


def _has_loose_pronoun(question: str) -> bool:
    """Whether a pronoun in a question means nothing that stands before it there.

    A possessive may mean whatever was named before it; another pronoun only what stands in an earlier clause.
    """
    chinese = language(question) == "zh"
    for pronoun in PRONOUN.finditer("" if EMPTY_IT.search(question) else question):
        before = question[: pronoun.start()]
        named = (NOUN_BEFORE_ZH if chinese else NOUN_BEFORE) if POSSESSIVE.fullmatch(pronoun[0]) else CLAUSE_BEFORE
        if not named.search(before):
            return True
    return False


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
