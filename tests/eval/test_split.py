"""The test half is read by the final scoring alone."""

import ast
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from eval_toy import LIBRARY, LINES

from eval import calibration, sweeps
from eval.questions import QUESTIONS, TUNING, for_scoring, for_tuning, parse_question, read_questions, split_of

ROOT = Path(__file__).parents[2]
COMMAND_LINE = Path("eval/__main__.py")
OPENERS = {COMMAND_LINE, Path("eval/questions.py"), Path("eval/runs.py")}  # runs.py: a run's own copy
SCORING = {"run", "score", "_chosen"}  # the only functions of eval/__main__.py that may ask for it


def sources() -> list[Path]:
    found = [ROOT / "app.py"]
    for name in ("rag", "eval", "bench", "docs"):
        for folder, folders, files in os.walk(ROOT / name):
            folders[:] = [each for each in folders if not each.startswith(".")]  # environments have thousands
            found += [Path(folder, file) for file in files if file.endswith(".py")]
    return [path.relative_to(ROOT) for path in found if path.is_file()]


def names(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found | {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_only_the_scoring_commands_ask_for_questions_of_the_test_half() -> None:
    readers = {path for path in sources() if "for_scoring" in names(ast.parse((ROOT / path).read_text("utf-8")))}
    assert readers == {COMMAND_LINE}


def test_within_the_command_line_only_run_and_score_do() -> None:
    tree = ast.parse((ROOT / "eval" / "__main__.py").read_text("utf-8"))
    asking = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and "for_scoring" in names(node)}
    assert asking <= SCORING
    choosing = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and "_chosen" in names(node)}
    assert choosing == {"run"}


def test_no_code_opens_the_questions_by_another_way() -> None:
    assert {path for path in sources() if "questions.jsonl" in _code(ROOT / path)} <= OPENERS


def test_only_one_command_opens_the_test_half_of_other_documents_and_of_small_talk() -> None:
    opening = {path for path in sources() if {"elsewhere-", "smalltalk-"} & set(_code(ROOT / path).split("\n"))}
    assert opening == {Path("eval/elsewhere.py")}
    asking = {path for path in sources() if "elsewhere" in names(ast.parse((ROOT / path).read_text("utf-8")))}
    assert asking == {COMMAND_LINE}


def _code(path: Path) -> str:
    """A file's string constants but for docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    }
    constants = (
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return "\n".join(each for each in constants if each not in docs)


TEST_QUESTION = parse_question({**LINES[0], "pair": next(f"p{n}" for n in range(99) if split_of(f"p{n}") == "test")})


def test_calibration_refuses_a_test_question() -> None:
    with pytest.raises(ValueError, match="dev questions only"):
        list(calibration.examples(SimpleNamespace(), [TEST_QUESTION], "dev", lambda done, of: None))  # type: ignore[arg-type]


def test_a_sweep_refuses_a_test_question() -> None:
    with pytest.raises(ValueError, match="dev questions only"):
        sweeps.try_all(SimpleNamespace(), LIBRARY, [TEST_QUESTION], [], lambda done, of: None)  # type: ignore[arg-type]


def test_the_halves_share_no_pair_and_lose_no_question() -> None:
    asked = read_questions(QUESTIONS)
    dev, test = for_scoring(asked, "dev"), for_scoring(asked, "test")
    assert {each.pair for each in dev}.isdisjoint(each.pair for each in test)
    assert len(dev) + len(test) == len(asked)
    assert for_tuning(asked) == dev


def test_no_tuning_question_is_a_scored_one() -> None:
    asked, tuning = read_questions(QUESTIONS), read_questions(TUNING)
    for of in (lambda each: each.pair, lambda each: each.text.strip().lower()):
        assert {of(each) for each in asked}.isdisjoint(of(each) for each in tuning)


def test_the_rule_of_the_split_never_changes() -> None:
    assert [split_of(pair) for pair in ("a-001", "a-002", "a-004", "a-005")] == ["dev", "dev", "test", "test"]
