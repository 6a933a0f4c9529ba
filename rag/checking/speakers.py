"""Who says it: a statement's subject before a word of saying or deciding, and the source's before the same word."""

import re
from collections.abc import Sequence

from rag.checking.clauses import Sentence, Word, alike
from rag.records import Language
from rag.text import term_en

_SAYING: dict[Language, str] = {
    "en": """acknowledge adopt affirm agree announce appeal argue ask assert believe call claim conclude condemn confirm
        consider decide declare emphasize encourage express find found highlight indicate invite note observe pledge
        propose reaffirm recall recognize recommend reiterate reject report request say said state stress suggest
        underline underscore undertake urge warn welcome commit""",
    "zh": """承认 通过 申明 同意 商定 宣布 呼吁 要求 认为 断定 谴责 确认 审议 决定 强调 鼓励 表示 发现 指出 邀请 注意到
        承诺 提议 重申 回顾 认识到 认识 建议 拒绝 报告 请求 促请 敦促 吁请 说 声明 警告 欢迎 请 表明""",
}
_SAYS = {
    "en": frozenset(term_en(word) for word in _SAYING["en"].split()),
    "zh": frozenset(_SAYING["zh"].split()),
}
TEXT = frozenset({"report", "document", "paragraph", "报告", "文件", "段落", "报告书"})  # said of any text
_BE = re.compile(r"\b(?:is|are|was|were|be|been|being) $", re.IGNORECASE)  # what is said, not who says it
SUBJECT = 4  # words before it in which a subject stands


def misattributed(statement: Sequence[Sentence], source: Sequence[Sentence]) -> bool:
    """Whether someone says here what someone else says there."""
    for sentence in statement:
        for before, verb in _sayings(sentence):
            subject = before[-SUBJECT:]
            own = {word.key for word in subject}
            theirs = [words for each in source for words, other in _sayings(each) if other.key == verb.key]
            told = theirs and all(theirs)  # not by a pronoun
            if own and told and not own & TEXT and not any(_meet(subject, words) for words in theirs):
                return True
    return False


def _sayings(sentence: Sentence) -> list[tuple[list[Word], Word]]:
    """Each word of saying with the words before it in its sentence."""
    saying = [word for word in sentence.content if word.key in _SAYS[sentence.language] and not word.name]
    saying = [word for word in saying if not _BE.search(sentence.text[: word.start])]
    return [([word for word in sentence.content if word.start < verb.start], verb) for verb in saying]


def _meet(one: Sequence[Word], other: Sequence[Word]) -> bool:
    return any(alike(word, each) for word in one for each in other)
