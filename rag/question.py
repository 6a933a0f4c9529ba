"""A question as typed to the one record that everything after reads: standing alone, its parts, what it asks for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property

from rag.data import table
from rag.errors import QuestionError
from rag.records import Language, Turn
from rag.text import clean_question, figures, fold, foreign, language, symbols
from rag.text.folding import narrow

BINARY = re.compile(r"[\x00\ufffd]")
LATIN_WORD = re.compile(r"[A-Za-z]{5,40}")  # one that may be misspelt: shorter ones have neighbours that mean else
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
NUMBERED_PLACE = re.compile(r"\bpara(?:graph|\.|s\.?)?s? ?\d{1,3}(?!\d)|第 ?\d{1,3} ?段|#[a-z\d-]{1,20}", re.IGNORECASE)
CASED = ("noun_before", "part_ends")  # in which a capital tells a name, or the next sentence
SHORT = 24  # characters of Chinese; twice that of English: shorter questions that lean are follow-ups


@cache
def pattern(name: str, part: str = "") -> re.Pattern[str]:
    """A regular expression of data/question.toml."""
    words = table("question.toml")
    alternatives = words[part][name] if part else words[name]
    return re.compile("|".join(alternatives), 0 if name in CASED else re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asks:
    """What a question's wording asks for."""

    kinds: tuple[str, ...]  # of answer, among the figure_kinds of the table, "date", "why" and "person"
    figure: bool  # a number or a date of any kind
    list: bool
    compare: bool


@dataclass(frozen=True)
class Question:
    """A question parsed once, for everything that reads it."""

    asked: str  # as typed, but for invisible characters
    understood: str  # a follow-up put together with what it leans on
    corrections: Mapping[str, str] = field(default_factory=dict)  # misspelt word → what it is taken for
    about: tuple[str, ...] = ()  # the reports that the answer before cites

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
        return cls(cleaned, stand_alone(cleaned, history), about=history[-1].cited if history else ())

    @cached_property
    def text(self) -> str:
        """What is looked for: standing alone, misspelt words put right."""
        return LATIN_WORD.sub(lambda match: self.corrections.get(match.group(), match.group()), self.understood)

    @cached_property
    def language(self) -> Language:
        """The language the answer is given in: the one it was asked in, English for a third one."""
        return "en" if self.foreign else language(self.asked)

    @cached_property
    def foreign(self) -> str | None:
        """The code of a third language that it was asked in: its words are looked for by their meaning alone."""
        return foreign(self.asked)

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
    figures = table("question.toml")["figure_kinds"]
    kind = next((each for each in figures if pattern(each, "figure_kinds").search(question)), None)
    kinds = (kind, *(name for name in ("date", "why", "person") if pattern(name).search(question)))
    figure, listed, compared = (bool(pattern(name).search(question)) for name in ("figure", "list", "compare"))
    return Asks(tuple(filter(None, kinds)), figure, listed, compared)


def _leans(question: str) -> bool:
    """Whether a question says too little, or points back too plainly, to be understood alone."""
    asked, chinese = question.strip(), language(question) == "zh"
    if symbols(asked) and NUMBERED_PLACE.search(asked):
        return False  # a look-up that names its document
    if (
        not _without_year(asked)
        or pattern("fragment").fullmatch(asked.strip(" ?？。.!！"))
        or pattern("depends").search(asked)
    ):
        return True
    if len(asked) > (SHORT if chinese else 2 * SHORT):
        return False
    return bool(pattern("points_back").search(asked)) or _ends_open(asked) or _has_loose_pronoun(asked)


def _ends_open(question: str) -> bool:
    """Whether a Chinese question ends with 呢 and asks nothing itself, or of nobody: "非洲呢", "由谁管理呢"."""
    if not question.rstrip(" ？?。").endswith("呢"):
        return False
    rest = pattern("asking_zh").sub("", question)
    return not pattern("asking_zh").search(question) or ("什么是" not in question and len(re.findall(r"\w", rest)) <= 4)


def _has_loose_pronoun(question: str) -> bool:
    """Whether a pronoun in a question means nothing that stands before it there.

    A possessive may mean whatever was named before it; another pronoun only what stands in an earlier clause.
    """
    chinese = language(question) == "zh"
    for pronoun in pattern("pronoun").finditer("" if pattern("empty_it").search(question) else question):
        before = question[: pronoun.start()]
        noun = "noun_before_zh" if chinese else "noun_before"
        named = noun if pattern("possessive").fullmatch(pronoun[0]) else "clause_before"
        if not pattern(named).search(before):
            return True
    return False


def _without_year(question: str) -> str:
    """What a question says beside a year and the words around one."""
    return pattern("function").sub("", YEAR.sub("", pattern("opening").sub("", question.strip())))


def parts(question: str) -> list[str]:
    """What a question that asks several things asks, one by one; none where it asks one.

    What asks nothing, or too little to be looked for alone, goes with what it stands beside.

    >>> parts("How many States reported? Which of them are in Africa?")
    ['How many States reported', 'Which of them are in Africa']
    >>> parts("According to the report of 2012, which States reported?")
    []
    """
    least, joint = (6, "，") if language(question) == "zh" else (15, ", ")
    pieces = [piece.strip() for piece in pattern("part_ends").split(question) if re.search(r"\w", piece)]
    several: list[str] = []
    waiting: list[str] = []
    for piece in pieces:
        bare = piece.strip(" ？?；;。")
        if several and not waiting and len(piece) < least:
            several[-1] += joint + bare
            continue
        waiting.append(bare)
        if pattern("asking").search(narrow(piece)):
            several.append(joint.join(waiting))
            waiting = []
    if several and waiting:
        several[-1] = joint.join([several[-1], *waiting])
    return several if len(several) > 1 else []


def report_years(question: str) -> set[str]:
    """The years whose reports a question asks for: "the 2012 report", "2021年秘书长报告"."""
    return {before or after for before, after in pattern("report_year").findall(question)}


def names_report_of(question: str, names: Sequence[str]) -> bool:
    """Whether a question asks for the report of, or to, what has one of these names: a body, a session.

    >>> names_report_of("What did the report to the Security Council say?", ["Security Council", "安全理事会"])
    True
    """
    any_of = "|".join(re.escape(fold(name)) if language(name) == "zh" else rf"\b{re.escape(name)}\b" for name in names)
    folded = fold(question) if language(question) == "zh" else question
    return any(
        re.search(shape.format(names=f"(?:{any_of})"), folded, re.IGNORECASE)
        for shape in table("question.toml")["beside_report"]
    )
