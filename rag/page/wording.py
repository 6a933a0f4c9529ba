"""What the page says, in both languages: the words of `wording.toml`, and the parts of the page that say them."""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

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
from rag.records import Language

if TYPE_CHECKING:
    import gradio as gr

    Becomes = Callable[[Language], Mapping[str, Any]]  # a component's properties in a language

SCREEN: Language = "en"  # what is sent before the browser says which language its reader chose
EXAMPLES: tuple[str, ...] = (  # each answered well when tried on the five reports; the browser tests ask all of them
    "3D打印枪支带来了哪些新的挑战？",
    "联合国裁军研究所做了哪些工作？",
    "S/2021/839第21段",
    "How have States addressed 3D-printed firearms?",
    "How many illicit small arms did national authorities collect between 2016 and 2019?",
    "BMS7 annex para 92",
)
COMPLAINTS_ZH: tuple[tuple[type[RagError], str], ...] = (
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
    both = tomllib.loads(files("rag.page").joinpath("wording.toml").read_text(encoding="utf-8"))
    said: Mapping[str, str] = both[language]
    return said


class Screen:
    """The components of the page that say something, with what each becomes in the other language."""

    def __init__(self) -> None:
        self.spoken: list[tuple[gr.blocks.Block, Becomes]] = []
        self.of_the_index: list[tuple[gr.blocks.Block, Becomes]] = []  # those that show which reports there are

    def put(
        self,
        kind: Callable[..., Any],
        said: Mapping[str, str],
        becomes: "Becomes | None" = None,
        of_the_index: bool = False,
        **how: Any,
    ) -> Any:
        """A component: `said` gives its properties by the keys of their words, `becomes` those that are no words."""

        def in_language(page: Language) -> Mapping[str, Any]:
            return {name: words(page)[key] for name, key in said.items()} | dict(becomes(page) if becomes else {})

        component = kind(**in_language(SCREEN), **how)
        self.spoken.append((component, in_language))
        if of_the_index:
            self.of_the_index.append((component, in_language))
        return component

    def html(self, draw: Callable[[Language], str], **how: Any) -> Any:
        """A component that is what is drawn in a language."""
        import gradio as gr

        return self.put(gr.HTML, {}, lambda page: {"value": draw(page)}, apply_default_css=False, **how)


def complaint(error: RagError, language: Language, question: str = "", limit: int = 0) -> str:
    """What went wrong and what to do, in one sentence of the page's language."""
    said = error.told(language)
    if language == "en" or said != error.key:
        return said
    if isinstance(error, QuestionError):
        return _question_complaint_zh(question, limit)
    by_kind = next((said for kind, said in COMPLAINTS_ZH if isinstance(error, kind)), UNKNOWN_ZH)
    return in_chinese(error.key) or by_kind


def told(message: str, language: Language) -> str:
    """What an answer says of a language model that failed, in the answer's language."""
    return complaint(GenerationError(message), language)


def _question_complaint_zh(question: str, limit: int) -> str:
    if not re.search(r"\w", question):
        return "问题是空的。请用中文或英文写一个问题。"
    if len(question) > limit:
        return f"问题有 {len(question):,} 个字符，最多 {limit:,} 个。请只问一点。"
    return "问题中有无法识别的字符。请重新输入或粘贴。"
