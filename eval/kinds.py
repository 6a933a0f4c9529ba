"""Questions of kinds that no quotation answers, each scored by what its kind should come to."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.questions import Question, gold_of
from eval.scoring import Library
from eval.statistics import Figure, wilson

KINDS = Path(__file__).with_name("kinds.jsonl")
Gold = Sequence[frozenset[str]]
Answers = Mapping[str, Mapping[str, Any]]  # question's id → its answer as `ask --json` prints it


def counted(line: Mapping[str, Any], gold: Gold) -> bool:
    """Whether an answer is a count and cites exactly the paragraphs of the gold, each once."""
    cited = [each["paragraph"] for each in line["citations"]]
    return line["mode"] == "count" and sorted(cited) == sorted(set().union(*gold))


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Gold], bool]] = {"count": counted}


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
