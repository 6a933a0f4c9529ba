"""What the page says, in both languages: the words of `wording.toml`, and errors in one sentence."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from rag.errors import (
    GenerationError,
    IndexProblem,
    ModelError,
    QuestionError,
    RagError,
    ReportError,
    SettingError,
    UnknownParagraph,
)
from rag.page.complaints import in_chinese
from rag.page.turns import Busy
from rag.records import Language

LANGUAGE_NAMES = {"zh": {"zh": "中文", "en": "英文"}, "en": {"zh": "Chinese", "en": "English"}}
EXAMPLES: tuple[str, ...] = (  # each answered well when tried on the five reports; the browser tests ask all of them
    "3D打印枪支带来了哪些新的挑战？",
    "联合国裁军研究所做了哪些工作？",
    "S/2021/839第21段",
    "How have States addressed 3D-printed firearms?",
    "How many illicit small arms did national authorities collect between 2016 and 2019?",
    "BMS7 annex para 92",
)
COMPLAINTS_ZH: tuple[tuple[type[RagError], str], ...] = (
    (Busy, "等候的问题太多，这个问题没有排上。请过一会儿再问。"),
    (GenerationError, "语言模型没有写出答案。请再问一次，或用 --llm none 启动。"),
    (ModelError, "模型缺失或损坏。请运行 rapporteur doctor 查看原因。"),
    (IndexProblem, "索引缺失或损坏。请运行 rapporteur build 重新建立。"),
    (UnknownParagraph, "没有这一段。请检查报告文号和段号。"),
    (ReportError, "这份报告无法读取。请打开后另存一份，或另存为纯文本，再试一次。"),
    (SettingError, "索引中没有所选的报告或年份。请改变限定条件。"),
)
UNKNOWN_ZH = "没有成功。请再试一次；如果仍然如此，请运行 rapporteur doctor 查看原因。"


@cache
def words(language: Language) -> Mapping[str, str]:
    """What the page says in a language, by key."""
    return _both()[language]


def complaint(error: RagError, language: Language, question: str = "", limit: int = 0) -> str:
    """What went wrong and what to do, in one sentence of the page's language."""
    if language == "en":
        return str(error)
    if isinstance(error, QuestionError):
        return _question_complaint_zh(question, limit)
    by_kind = next((said for kind, said in COMPLAINTS_ZH if isinstance(error, kind)), UNKNOWN_ZH)
    return in_chinese(str(error)) or by_kind


def told(message: str, language: Language) -> str:
    """What an answer says of a language model that failed, in the answer's language."""
    return complaint(GenerationError(message), language)


def _question_complaint_zh(question: str, limit: int) -> str:
    if not re.search(r"\w", question):
        return "问题是空的。请用中文或英文写一个问题。"
    if len(question) > limit:
        return f"问题有 {len(question):,} 个字符，最多 {limit:,} 个。请只问一点。"
    return "问题中有无法识别的字符。请重新输入或粘贴。"


@cache
def _both() -> Mapping[str, Mapping[str, str]]:
    both: Mapping[str, Mapping[str, str]] = tomllib.loads(
        files("rag.page").joinpath("wording.toml").read_text(encoding="utf-8")
    )
    return both
