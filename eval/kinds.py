"""Questions of kinds that no quotation answers, each scored by what its kind should come to."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.questions import Question, gold_of
from eval.scoring import Library
from eval.statistics import Figure, wilson

KINDS = Path(__file__).with_name("kinds.jsonl")
NAMED, NOTHING_ELSE = 2 / 3, 1 / 2  # shares of the gold that is cited, and of what is cited that is gold
Gold = Sequence[frozenset[str]]
Answers = Mapping[str, Mapping[str, Any]]  # question's id → its answer as `ask --json` prints it


def counted(line: Mapping[str, Any], gold: Gold) -> bool:
    """Whether an answer is a count and cites exactly the paragraphs of the gold, each once."""
    cited = [each["paragraph"] for each in line["citations"]]
    return line["mode"] == "count" and sorted(cited) == sorted(set().union(*gold))


def told(line: Mapping[str, Any], gold: Gold) -> bool:
    """Whether an answer tells of whole reports, cites most of what the gold names, and mostly nothing else.

    A section is one of the gold's sets: any paragraph of it will do. Facts are scored by `eval run`.
    """
    cited = {each["paragraph"] for each in line["citations"]}
    if line["mode"] != "overview" or not cited:
        return False
    named = sum(bool(cited & members) for members in gold) / len(gold)
    return named >= NAMED and len(cited & set().union(*gold)) / len(cited) >= NOTHING_ELSE


def helped(line: Mapping[str, Any], _gold: Gold) -> bool:
    """Whether an answer tells of the tool itself: nothing is cited or found for it, nor is it a refusal."""
    return line["mode"] == "help" and not (line["citations"] or line["hits"] or line["abstained"])


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Gold], bool]] = {
    "count": counted,
    "overview": told,
    "changes": told,
    "help": helped,
}


def right(questions: Sequence[Question], answers: Answers, library: Library) -> dict[str, bool]:
    """Whether each question got what its kind should come to, by id; one without an answer did not."""
    gold = {each.id: gold_of(each, library.reports, library.paragraphs, KINDS) for each in questions}
    return {each.id: each.id in answers and CHECKS[each.type](answers[each.id], gold[each.id]) for each in questions}


def table(questions: Sequence[Question], found: Mapping[str, bool]) -> list[list[str]]:
    """Rows of the share that is right, by kind and language."""
    rows = [["kind", "language", "n", "right"]]
    for kind, lang in sorted({(each.type, each.lang) for each in questions}):
        of = [found[each.id] for each in questions if (each.type, each.lang) == (kind, lang)]
        rows.append([kind, lang, str(len(of)), Figure(sum(of) / len(of), *wilson(sum(of), len(of)), len(of)).shown()])
    return rows
