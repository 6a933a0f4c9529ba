"""Errors of other parts on the Chinese page: one sentence, the thing named, no English words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from rag.errors import GenerationError, ModelError, RagError, ReportError
from rag.page.complaints import in_chinese
from rag.page.wording import complaint

RAG = Path(rag.__file__ or "").parent
FILE_PROBLEMS = {"_problem": 0, "_over_limit": 1, "_damaged": 2}  # how rag.reports.files puts a message together
RAISED = {"ReportError", "ModelError", "GenerationError"}
SAMPLES = {  # what stands in braces where it is neither a name nor a number
    "count": "2,001", "index + 1": "7", "ending or 'nothing'": ".xls", "ending": ".txt", "where": "at page 3",
    "MAX_ZIP_RATIO": "100", "_ENDINGS": ".txt, .pdf or .docx", "self.context": "4,096", "other": "",
    "remedy": "remove that one first", "wrong": "broke the reader", "value": "7 pages", "limit": "7"}  # fmt: skip
ENGLISH = re.compile(
    r"\b(?!rapporteur|doctor|build|models|pull|make|llm|none|pip|install|docx?|txt|pdf|xls|MB|GiB)[a-z]{3,}\b"
)


def sample(node: ast.expr) -> str:
    """A message as its code would make it, numbers for what stands in braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(sample, node.values))
    if isinstance(node, ast.FormattedValue):
        written = ast.unparse(node.value)
        if node.conversion == ord("r"):
            return "'X1'"
        return SAMPLES.get(written, "7" if node.format_spec or "len" in written else "X1")
    return "X1"


def file_messages() -> Iterator[str]:
    """Every problem `rag.reports.files` can have with a file, as a page would hear it."""
    for node in ast.walk(ast.parse((RAG / "reports" / "files.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FILE_PROBLEMS:
            given = node.args[1:]
            if not all(isinstance(each, (ast.Constant, ast.JoinedStr)) for each in given):
                continue  # put together from variables: the made files below
            said = [sample(each) for each in given]
            kind = node.func.id
            if kind == "_over_limit":
                yield f"X1.pdf: {said[0]}, over the limit of 2,000; split it into smaller files"
            elif kind == "_damaged":
                yield f"X1.pdf: {said[0]}; fetch it again, or open it and save it anew"
            else:
                yield f"X1.pdf: {said[0]}; {said[1]}"


def raised(*places: str) -> Iterator[str]:
    """Every message raised as one whole in those files."""
    for path in sorted(path for place in places for path in RAG.glob(place)):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if called in RAISED and isinstance(node, ast.Call) and node.args:
                yield from [sample(each) for each in node.args[:1] if isinstance(each, (ast.Constant, ast.JoinedStr))]


@pytest.mark.parametrize("message", sorted({*file_messages(), *raised("own.py", "llm/*.py", "prompt.py")}))
def test_what_a_reader_may_be_told_is_told_in_chinese_with_its_names(message: str) -> None:
    chinese = in_chinese(message)
    assert chinese, "add it to rag/page/complaints.py"
    assert not ENGLISH.search(
        chinese.replace("llama-cpp-python", "").replace("langchain-openai", "").replace("llama.cpp", "")
    ), chinese
    if "X1" in message.split(" (")[0]:
        assert "X1" in chinese


TOO_LONG = "报告.pdf: 3,000 pages, over the limit of 2,000; split it into smaller files"
NO_MODEL = "/m/q.gguf is not a GGUF file: it begins with b'PK'. See what can be had: rapporteur models"
TOO_SLOW = "q.gguf took longer than 180 seconds. Raise llm_timeout, lower llm_output, or choose a smaller model."


@pytest.mark.parametrize(
    ("error", "names"),
    [
        pytest.param(ReportError(TOO_LONG), ["报告.pdf", "3,000", "2,000"], id="pages"),
        pytest.param(ModelError(NO_MODEL), ["/m/q.gguf", "rapporteur models"], id="model"),
        pytest.param(GenerationError(TOO_SLOW), ["q.gguf", "180", "llm_timeout"], id="slow"),
    ],
)
def test_names_and_figures_are_kept(error: RagError, names: list[str]) -> None:
    said = complaint(error, "zh")
    assert all(name in said for name in names)


def test_an_unknown_sentence_is_told_by_its_kind_and_not_in_english() -> None:
    assert "这份报告无法读取" in complaint(ReportError("Something nobody foresaw."), "zh")
    assert complaint(ReportError("Something nobody foresaw."), "en") == "Something nobody foresaw."
