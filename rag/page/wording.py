"""What the page says, in both languages."""

import re
from collections.abc import Mapping

from rag.errors import (
    GenerationError,
    IndexProblem,
    ModelError,
    QuestionError,
    RagError,
    SettingError,
    UnknownParagraph,
)
from rag.records import Language

LANGUAGES: tuple[tuple[str, Language], ...] = (("中文", "zh"), ("English", "en"))
LANGUAGE_NAMES = {"zh": {"zh": "中文", "en": "英文"}, "en": {"zh": "Chinese", "en": "English"}}

# Each answered well when tried on the five reports; tests/browser/ asks every one of them.
EXAMPLES: tuple[tuple[Language, str], ...] = (
    ("zh", "3D打印枪支带来了哪些新的挑战？"),
    ("zh", "联合国裁军研究所做了哪些工作？"),
    ("zh", "S/2021/839第21段"),
    ("en", "How have States addressed 3D-printed firearms?"),
    ("en", "What is the role of women in small arms control?"),
    ("en", "BMS7 annex para 92"),
)

TEXT: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "title": "Rapporteur 联合国报告问答",
        "tagline": "用中文或英文提问；每句话都注明出自哪份报告的哪一段。全部在本机运行，不联网。",
        "language": "页面语言",
        "ask tab": "提问",
        "read tab": "阅读",
        "compare tab": "比较",
        "conversation": "对话",
        "question": "您的问题",
        "type here": "用中文或英文提问。回车发送，Shift＋回车换行。",
        "send": "提问",
        "stop": "停止",
        "new": "新对话",
        "examples": "可以这样问：",
        "filters": "限定报告和年份",
        "reports": "只查这些报告（不选即全部）",
        "years": "只查这些年份的报告（不选即全部）",
        "export": "带走这次对话",
        "nothing to export": "还没有问答可以带走。请先提一个问题。",
        "welcome": "答案中的每个编号（如 [1]）都是按钮：点开即可在旁边核对原段落。也可以直接写出处，例如“S/2021/839第21段”。",
        "panel": "段落",
        "panel empty": "点按答案中的编号，例如 [1]，这里就会显示它所引的段落，并标出引用的文字。",
        "only": "仅限：",
        "understood": "理解为：",
        "found while": "找到的段落，正在摘引……",
        "found": "找到的 {n} 个段落",
        "nearest": "最接近的段落：",
        "sources": "出处",
        "copy": "复制答案",
        "again": "再问一次",
        "edit": "修改问题",
        "copied": "已复制。",
        "not copied": "浏览器不允许复制。请选中文字自行复制。",
        "stopped": "已停止。",
        "took": "用时 {seconds} 秒",
        "back": "返回答案",
        "previous": "上一段",
        "next": "下一段",
        "open": "在报告中阅读",
        "copy reference": "复制出处",
        "printed": "{language}（报告原文）",
        "official": "{language}（正式译文）",
        "rendering": "{language}（本项目的非正式译文，不是联合国译本）",
        "no twin": "这一段没有{language}文本。",
        "footnotes": "脚注",
        "document": "联合国正式文件（需要联网）：",
        "no document": "报告文本中没有印出文号，因此没有正式文件的链接。",
        "quoted": "所引文字：",
        "where": "位置：",
        "report": "报告",
        "outline": "目录",
        "find": "在报告中查找",
        "matches": "{n} 处",
        "permalink": "复制本段链接",
        "both": "并列另一种语言",
        "topic": "主题",
        "topic here": "例如：枪支标识、妇女与和平与安全",
        "compare": "比较各报告",
        "compared": "每份报告中与“{topic}”最接近的段落，按报告日期排列。最接近不等于一定谈到它，请自行判断。",
        "compare empty": "写下一个主题，看各份报告在不同年份的说法。",
        "failed": "出了差错，这个问题没有得到回答。请再问一次；如果仍然如此，请运行 rapporteur doctor。",
        "busy": "正在回答别人的问题，请稍候。",
        "quoting": "摘引原文作答，不使用语言模型",
        "model": "由 {llm} 撰写，再与段落核对",
        "status": "向量模型 {embedder} · {answers} · {reports} 份报告，{paragraphs} 个段落 · 索引 {index}（{date}）",
    },
    "en": {
        "title": "Rapporteur: ask United Nations reports",
        "tagline": "Ask in English or Chinese; every statement names its report and paragraph. Runs on this machine, nothing is sent anywhere.",
        "language": "Page language",
        "ask tab": "Ask",
        "read tab": "Read",
        "compare tab": "Compare",
        "conversation": "Conversation",
        "question": "Your question",
        "type here": "Ask in English or Chinese. Enter sends, Shift+Enter starts a new line.",
        "send": "Ask",
        "stop": "Stop",
        "new": "New conversation",
        "examples": "Try one of these:",
        "filters": "Narrow to reports and years",
        "reports": "Only these reports (none ticked: all)",
        "years": "Only reports of these years (none ticked: all)",
        "export": "Take this conversation with you",
        "nothing to export": "There is no answer to take away yet. Ask a question first.",
        "welcome": "Every number in an answer, such as [1], is a button: press it to check the paragraph beside the answer. A reference works as a question too: “S/2021/839, para. 21”.",
        "panel": "Paragraph",
        "panel empty": "Press a number in an answer, such as [1]: the paragraph it cites appears here with the quoted words marked.",
        "only": "Only: ",
        "understood": "Understood as: ",
        "found while": "Paragraphs found; quoting from them …",
        "found": "{n} paragraphs found",
        "nearest": "The nearest paragraphs:",
        "sources": "Sources",
        "copy": "Copy answer",
        "again": "Ask again",
        "edit": "Edit question",
        "copied": "Copied.",
        "not copied": "The browser does not allow copying. Select the text and copy it yourself.",
        "stopped": "Stopped.",
        "took": "{seconds} s",
        "back": "Back to the answer",
        "previous": "Previous",
        "next": "Next",
        "open": "Read in the report",
        "copy reference": "Copy reference",
        "printed": "{language} (the report’s own text)",
        "official": "{language} (official translation)",
        "rendering": "{language} (unofficial rendering made for this project, not a United Nations translation)",
        "no twin": "This paragraph has no {language} text.",
        "footnotes": "Footnotes",
        "document": "Official document (needs a network): ",
        "no document": "The report’s text prints no symbol, so there is no link to the official document.",
        "quoted": "The quoted words: ",
        "where": "Where: ",
        "report": "Report",
        "outline": "Contents",
        "find": "Find in this report",
        "matches": "{n} found",
        "permalink": "Copy a link to this paragraph",
        "both": "Other language beside it",
        "topic": "Topic",
        "topic here": "For example: marking of firearms; women, peace and security",
        "compare": "Compare the reports",
        "compared": "The paragraphs of each report nearest to “{topic}”, reports by date. Nearest need not mean that it speaks of it: judge for yourself.",
        "compare empty": "Write a topic to see what the reports of different years say on it.",
        "failed": "Something went wrong and the question was not answered. Ask again; if it happens again, run: rapporteur doctor",
        "busy": "Another question is being answered. Please wait.",
        "quoting": "quoting; no language model",
        "model": "written by {llm}, then checked against the paragraphs",
        "status": "Embedder {embedder} · {answers} · {reports} reports, {paragraphs} paragraphs · index {index} ({date})",
    },
}  # fmt: skip

COMPLAINTS_ZH: tuple[tuple[type[RagError], str], ...] = (
    (GenerationError, "语言模型没有写出答案。请再问一次，或用 --llm none 启动。"),
    (ModelError, "模型缺失或损坏。请运行 rapporteur doctor 查看原因。"),
    (IndexProblem, "索引缺失或损坏。请运行 rapporteur build 重新建立。"),
    (UnknownParagraph, "没有这一段。请检查报告文号和段号。"),
    (SettingError, "索引中没有所选的报告或年份。请改变限定条件。"),
)


def complaint(error: RagError, language: Language, question: str = "", limit: int = 0) -> str:
    """What went wrong and what to do, in one sentence of the page's language."""
    if language == "en":
        return str(error)
    if isinstance(error, QuestionError):
        return _question_complaint_zh(question, limit)
    return next((said for kind, said in COMPLAINTS_ZH if isinstance(error, kind)), f"没有成功：{error}")


def _question_complaint_zh(question: str, limit: int) -> str:
    if not re.search(r"\w", question):
        return "问题是空的。请用中文或英文写一个问题。"
    if len(question) > limit:
        return f"问题有 {len(question):,} 个字符，最多 {limit:,} 个。请只问一点。"
    return "问题中有无法识别的字符。请重新输入或粘贴。"
