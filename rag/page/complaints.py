"""What other parts say of errors, in Chinese, with the things they name kept.

Those parts write one English line that names the thing and what to do. Here each of their sentences is matched whole;
one that is not known is told by its kind alone, so that no English words stand in a Chinese sentence.
"""

import re
from collections.abc import Sequence
from functools import cache

Table = Sequence[tuple[str, str]]

# "<file>: <wrong>; <remedy>", as `rag.reports.files` and `rag.own` write them.
WRONG: Table = (
    (r"holds no text, only blanks", "没有文字，只有空白"),
    (r"is empty \(0 bytes\)", "是空文件（0 字节）"),
    (r"does not exist", "不存在"),
    (r"is a file, not a folder", "是文件，不是文件夹"),
    (r"is a folder, not a file", "是文件夹，不是文件"),
    (r"is not an ordinary file", "不是普通文件"),
    (r"holds no report \(.*\)", "里没有报告"),
    (r"cannot be (?:opened|read) \(.*\)", "无法读取"),
    (r"may not be read \(permission denied\)", "没有读取权限"),
    (r"([\d,]+) bytes, over the limit of ([\d,]+)", r"有 \1 字节，超过 \2 字节的上限"),
    (r"([\d,]+) bytes once unzipped, over the limit of ([\d,]+)", r"解压后有 \1 字节，超过 \2 字节的上限"),
    (r"([\d,]+) pages, over the limit of ([\d,]+)", r"有 \1 页，超过 \2 页的上限"),
    (r"([\d,]+) characters by page (\d+), over the limit of ([\d,]+)", r"到第 \2 页已有 \1 个字符，超过 \3 个的上限"),
    (r"([\d,]+) characters(?: and more)?, over the limit of ([\d,]+)", r"有 \1 个字符以上，超过 \2 个的上限"),
    (r"([\d,]+) entries in its zip archive, over the limit of ([\d,]+)", r"压缩包里有 \1 个条目，超过 \2 个的上限"),
    (r"unzips to ([\d,]+) times its size, over the limit of ([\d,]+) times", r"解压后是原来的 \1 倍，超过 \2 倍的上限"),
    (r"declares XML entities, which no Word file does", "声明了 XML 实体，正常的 Word 文件不会这样"),
    (r"is an old Word file \(\.doc\)", "是旧版 Word 文件（.doc）"),
    (r"ends in nothing, which is not read", "的文件名没有扩展名，无法判断类型"),
    (r"ends in (\S+), which is not read", r"的扩展名是 \1，不是可读的类型"),
    (r"ends in (\S+) but is a PDF", r"的扩展名是 \1，内容却是 PDF"),
    (r"ends in (\S+) but is a zip archive, as Word files are", r"的扩展名是 \1，内容却是 zip 压缩包（Word 文件即是）"),
    (r"ends in (\S+) but is an old or password-protected Word file", r"的扩展名是 \1，内容却是旧版或加密的 Word 文件"),
    (r"ends in (\S+) but is a rich-text \(RTF\) file", r"的扩展名是 \1，内容却是 RTF 文件"),
    (r"is not a PDF: .*", "不是 PDF 文件"),
    (r"is not a Word file: .*", "不是 Word 文件"),
    (r"holds zero bytes, so it is not plain text", "含有空字节，不是纯文本"),
    (r"holds control characters, so it is not plain text", "含有控制字符，不是纯文本"),
    (r"(?:begins as \S+ but is not|is neither UTF-8 nor another encoding we know) \(byte ([\d,]+)\)",
     r"的文字编码无法识别（第 \1 字节）"),
    (r"is encrypted \(it asks for a password\)", "已加密，需要密码"),
    (r"is a damaged PDF at page (\d+)", r"是损坏的 PDF（第 \1 页）"),
    (r"is a damaged PDF and cannot be opened", "是损坏的 PDF，无法打开"),
    (r"holds pictures of pages only, no text", "只有页面图像，没有文字"),
    (r"is damaged or not a Word file", "已损坏，或不是 Word 文件"),
    (r"took longer to read than ([\d.]+) s", r"读取超过 \1 秒，已停止"),
    (r"takes more memory to read than ([\d,]+) MB", r"读取所需内存超过 \1 MB，已停止"),
    (r"broke the reader", "使读取程序中断"),
    (r"is here already, as (.+)", r"已在索引中，即 \1"),
    (r"is no longer here", "已不在这里"),
)  # fmt: skip
REMEDY: Table = (
    (r"check that it is the right file", "请确认没有选错文件"),
    (r"fetch it again", "请重新获取"),
    (r"fetch it again, or open it and save it anew", "请重新获取，或打开后另存一份"),
    (r"name the folder that holds (?:the reports|it)", "请指定存放报告的文件夹"),
    (r"name a .* file(?: in it)?", "请选择其中的 .txt、.pdf 或 .docx 文件"),
    (r"put the reports there", "请把报告放进去"),
    (r"check who may read it", "请检查读取权限"),
    (r"check the name and the folder", "请检查名称和文件夹"),
    (r"give yourself permission to read it", "请先取得读取权限"),
    (r"copy it to this machine's own disk", "请先复制到本机磁盘"),
    (r"split it into smaller files", "请拆成较小的文件"),
    (r"split it, or save it as plain text", "请拆成几份，或另存为纯文本"),
    (r"open it and save it anew, or save it as plain text", "请打开后另存一份，或另存为纯文本"),
    (r"open it in Word or LibreOffice and save it as \.docx", "请用 Word 或 LibreOffice 打开，另存为 .docx"),
    (r"open it in Word and save it as \.docx(, without a password)?", "请用 Word 打开，不加密码另存为 .docx"),
    (r"save it as .*", "请另存为 .txt、.pdf 或 .docx"),
    (r"rename it to end in (\S+)", r"请把扩展名改为 \1"),
    (r"open it in a text editor and save it as UTF-8", "请用文本编辑器打开，另存为 UTF-8"),
    (r"open it in a PDF reader and print it to a new PDF", "请用 PDF 阅读器打开，再打印成新的 PDF"),
    (r"recognise its text with an OCR program first", "请先用 OCR 软件识别文字"),
    (r"remove that one first", "如要换成这份，请先移除那一份"),
    (r"ask about it straight away", "可以直接提问"),
    (r"choose it again", "请重新选择"),
)
WHOLE: Table = (
    (r"'(.*)' is no symbol: .*", r"“\1”不是文号：请写成 A/75/78 这样，或者留空。"),
    (r"'(.*)' is no year: .*", r"“\1”不是年份：请写成 2021 这样，或者留空。"),
    (r"(.+) is not one of your own reports, so it stays\.", r"\1 不是您添加的报告，因此保留。"),
    (r"The index could not be written; .*", "索引没有写成，也没有改变；请运行 rapporteur doctor 查看原因。"),
    (r"The reports hold no paragraphs\..*", "报告中没有段落，无法建立索引；请检查文件。"),
    (r"No paragraph is named by '(.*)'\. Nearest: (.*)\. Show one with: .*",
     r"“\1”没有对应的段落；最接近的是 \2，请检查报告文号和段号。"),
    (r"No paragraph '(.*)' in the index\.", r"索引中没有段落 \1；请检查报告文号和段号。"),
    (r"No report '(.*)' in the index\. It has: (.*)\.", r"索引中没有报告 \1；现有：\2。"),
    (r"No report '(.*)' in the index\.", r"索引中没有报告 \1；请在列表中另选一份。"),
    (r"No report of (\d+) in the index\. It has reports of: (.*)\.", r"索引中没有 \1 年的报告；现有年份：\2。"),
    (r"There is no index in (.*?)\. .*", r"\1 中没有索引；请运行 rapporteur build 建立。"),
    (r"The index was built with embedder (\S+) .*, the setting is (\S+) .*",
     r"索引是用向量模型 \1 建立的，现在的设置是 \2；请运行 rapporteur build --embedder \2 重新建立。"),
    (r"(.+) needs llama-cpp-python, which is not installed\..*",
     r"\1 需要 llama-cpp-python，尚未安装；请运行 make llm。"),
    (r"(.+) needs langchain-openai, which is not installed\..*",
     r"\1 需要 langchain-openai，尚未安装；请运行 pip install langchain-openai。"),
    (r"(.+) wrote bytes that are not text\..*", r"\1 写出的不是文字；请换一个模型：rapporteur models。"),
    (r"(.+) does not stop writing\..*", r"\1 写个不停，已停止；请换一个模型：rapporteur models。"),
    (r"(.+) wrote nothing\..*", r"\1 什么也没有写；请再问一次，或换一个模型：rapporteur models。"),
    (r"(.+) failed \(.*\)\. .*", r"\1 出错了；请确认它在运行，或不用它提问：--llm none。"),
    (r"(.+) has no chat template: .*", r"\1 没有对话模板，不是指令模型；请换一个：rapporteur models。"),
    (r"(.+) has a chat template that is none .*", r"\1 的对话模板无法使用；请换一个：rapporteur models。"),
    (r"The chat template in (.+) cannot be used .*", r"\1 的对话模板无法使用；请换一个：rapporteur models。"),
    (r"(.+) is of architecture '(.+)', which .*", r"\1 的架构 \2 是现有 llama.cpp 不认识的；请更新：make llm。"),
    (r"(.+) with a context of ([\d,]+) tokens does not fit in memory\..*",
     r"\1 以 \2 个词元的上下文装不进内存；请调低 llm_context。"),
    (r"(.+) is damaged or incomplete \(.*\)\. .*", r"\1 损坏或不完整；请重新获取：rapporteur models pull。"),
    (r"No model file (.+)\. It belongs to (.+)\. See .*",
     r"没有模型文件 \1，它是 \2 的一部分；可用的模型见 rapporteur models。"),
    (r"No model file (.+)\. See .*", r"没有模型文件 \1；可用的模型见 rapporteur models。"),
    (r"(.+) is a later part of a model\. Name its first part: (.+)", r"\1 是模型的后一部分；请指定第一部分：\2。"),
    (r"The prompt has ([\d,]+) tokens, (.+) takes ([\d,]+) with the answer\..*",
     r"提示有 \1 个词元，\2 连同答案只容 \3 个；请调高 llm_context，或调低 passage_tokens。"),
    (r"(.+) cannot be read \(.*\)\. Mend its rights, .*", r"\1 无法读取；请修改权限后再问。"),
    (r"(.+) is not a GGUF file: .*", r"\1 不是 GGUF 文件；可用的模型见 rapporteur models。"),
    (r"(.+) with a context of ([\d,]+) tokens takes ([\d.]+) GiB of memory, this machine has ([\d.]+) GiB\..*",
     r"\1 以 \2 个词元的上下文需要 \3 GiB 内存，本机有 \4 GiB；请调低 llm_context。"),
    (r"(.+) takes ([\d.]+) GiB of memory, this machine has ([\d.]+) GiB\..*",
     r"\1 需要 \2 GiB 内存，本机有 \3 GiB；请换一个较小的：rapporteur models。"),
    (r"llama\.cpp cannot read the prompt \(.*\)\. .*", "llama.cpp 无法读入提示；请调低 llm_context，或再问一次。"),
    (r"The model has no next word: .*", "模型写不出下一个词，文件已损坏；请重新获取：rapporteur models pull。"),
    (r"(.+) is busy with other questions\..*", r"\1 正在回答别的问题；请过一会儿再问。"),
    (r"(.+) took longer than ([\d.]+) seconds\..*",
     r"\1 超过 \2 秒没有写完；请调高 llm_timeout、调低 llm_output，或换较小的模型。"),
    (r"No answer from the server (\S+) \(.*\)\. .*", r"服务器 \1 没有回应；请启动它，或不用它提问：--llm none。"),
    (r"The server (\S+) lists no model\..*", r"服务器 \1 没有列出模型；请在那里载入一个，或用 llm_model 指定。"),
    (r"No language model is chosen\..*", "没有选择语言模型；请用 --llm 指定 GGUF 文件或服务器。"),
    (r"A context of ([\d,]+) tokens does not hold a passage .*",
     r"\1 个词元的上下文放不下一个段落和答案；请调高 llm_context。"),
    (r"(\d+) questions are waiting\..*", r"已有 \1 个问题在等候，这个问题没有排上；请过一会儿再问。"),
)  # fmt: skip
FILE = re.compile(r"([^:\n]{1,300}): (.{1,400}?); ([^;\n]{1,200})")


def in_chinese(message: str) -> str | None:
    """The Chinese of an error's one line, with the names and figures it holds; None where the line is not known.

    >>> in_chinese("a.pdf: is encrypted (it asks for a password); open it in a PDF reader and print it to a new PDF")
    'a.pdf：已加密，需要密码；请用 PDF 阅读器打开，再打印成新的 PDF。'
    """
    line = " ".join(message.split())
    if told := FILE.fullmatch(line.rstrip(".")):
        wrong, remedy = _found(told[2], WRONG), _found(told[3], REMEDY)
        if wrong and remedy:
            return f"{told[1]}：{wrong}；{remedy}。"
    return _found(line, WHOLE)


def _found(said: str, table: Table) -> str | None:
    for pattern, chinese in table:
        if match := _compiled(pattern).fullmatch(said):
            return match.expand(chinese)
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
