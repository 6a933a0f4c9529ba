"""Every error that rag raises is told in both languages, with the same values, and no message is left without a use."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import rag
import rag.page.turns
from rag.errors import RagError

RAG = Path(rag.__file__ or "").parent
MESSAGES: Mapping[str, Mapping[str, str]] = tomllib.loads((RAG / "data" / "errors.toml").read_text("utf-8"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in RAG.rglob("*.py")}
WRITTEN = {  # every text in the code, the evaluation's too: its errors stand there with the others
    node.value
    for tree in [*TREES.values(), *(ast.parse(path.read_text("utf-8")) for path in RAG.with_name("eval").glob("*.py"))]
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
COMMANDS = re.compile(  # also an option with its value, and a setting with the name of a leg
    r"(?:rapporteur|python|make|pip)(?: [\w.={}'\[\]/-]+)+|--[\w-]+ \w+|\w+\.[\w.]+ \w+"
)
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")  # a name or an option may stand alone, words of a sentence do not


def kinds(kind: type[RagError]) -> Iterator[str]:
    """The names of the errors, as they are raised."""
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from kinds(each)


KINDS = set(kinds(RagError))


def raised() -> Iterator[tuple[Path, ast.AST, ast.Call]]:
    """Every error made in rag, with the file and the function it is made in."""
    for path, tree in TREES.items():
        inside = {node: function for function in ast.walk(tree) for node in ast.walk(function) if named(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                yield path, inside.get(node, tree), node


def named(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def keys(given: ast.AST, function: ast.AST, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """What an error's key may be: the text itself, else whatever is assigned to the name or given for the parameter."""
    if isinstance(given, ast.JoinedStr):
        start = given.values[0]
        assert isinstance(start, ast.Constant)
        yield from (key for key in MESSAGES if key.startswith(str(start.value)))
        return
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        yield given.value
    if isinstance(given, ast.Name) and given.id not in seen:
        for value in given_for(given.id, function):
            yield from keys(value, function, seen | {given.id})
    for inner in ast.iter_child_nodes(given):
        yield from keys(inner, function, seen)


def given_for(name: str, function: ast.AST) -> Iterator[ast.AST]:
    """What a name in a function is assigned, and what its calls give where it is a parameter."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and name in [each.id for each in node.targets if isinstance(each, ast.Name)]:
            yield node.value
    if not isinstance(function, ast.FunctionDef) or name not in [each.arg for each in function.args.args]:
        return
    place = [each.arg for each in function.args.args if each.arg != "self"].index(name)
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == function.name:
                yield from node.args[place : place + 1]
                yield from (each.value for each in node.keywords if each.arg == name)


def braces(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


RAISED = [(path, call, sorted(set(keys(call.args[0], function)))) for path, function, call in raised()]


@pytest.mark.parametrize(
    ("call", "found"), [pytest.param(call, found, id=f"{path.stem}-{call.lineno}") for path, call, found in RAISED]
)
def test_what_is_raised_is_told_with_its_values(call: ast.Call, found: list[str]) -> None:
    assert found, ast.unparse(call)
    assert set(found) <= set(MESSAGES), ast.unparse(call)
    given = {each.arg for each in call.keywords}
    for key in found if None not in given else []:
        assert braces(MESSAGES[key]["en"]) <= given, key


@pytest.mark.parametrize("key", MESSAGES)
def test_a_message_names_the_same_in_both_languages_and_its_chinese_is_chinese(key: str) -> None:
    message = MESSAGES[key]
    assert set(message) == {"en", "zh"}
    assert braces(message["en"]) - {"plural"} == braces(message["zh"])  # an ending that Chinese has not
    assert not ENGLISH.search(COMMANDS.sub("", message["zh"])), message["zh"]
    assert re.search("[\u4e00-\u9fff]", message["zh"])
    assert "\n" not in message["en"] + message["zh"]


def test_no_message_is_left_without_a_use() -> None:
    assert set(MESSAGES) <= WRITTEN | {key for _, _, found in RAISED for key in found}
