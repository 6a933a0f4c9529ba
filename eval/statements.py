"""Statements over the reports, true and false, and how often the checks of an answer judge them rightly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from eval.questions import read_json_lines, split_of
from eval.statistics import Figure, wilson
from rag.checking import check_answer
from rag.errors import BatchError
from rag.lexicon import Lexicon
from rag.records import Language, Paragraph, Report

STATEMENTS = Path(__file__).with_name("statements.jsonl")
TRUE = ("short", "reordered", "synonym", "figures", "denial", "kept")  # kept: who says it, how strongly, of how many
FALSE = ("contradiction", "reverse", "swap", "attribution", "scope", "time", "number", "half")
Outcome = Literal["supported", "not-checked", "rejected"]


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table: a statement, the paragraph it is said to be from, and whether that says so."""

    id: str
    lang: Language
    paragraph: str  # Paragraph.id
    statement: str
    true: bool
    kind: str  # one of TRUE or of FALSE

    @property
    def split(self) -> Literal["dev", "test"]:
        """The half it belongs to; the statements of one paragraph stay together."""
        return split_of(self.paragraph)


def read_cases(path: Path = STATEMENTS) -> list[Case]:
    """The statements of a file; BatchError names a line that is none."""
    return [_case(path, n, line) for n, line in read_json_lines(path)]


def _case(path: Path, n: int, line: Mapping[str, object]) -> Case:
    fields = {name: line.get(name) for name in ("id", "lang", "paragraph", "statement", "kind")}
    for name, value in fields.items():
        if not isinstance(value, str) or not value:
            raise BatchError("statement-without", path=str(path), n=n, name=name)
    kinds = TRUE if line.get("true") is True else FALSE
    if fields["kind"] not in kinds or fields["lang"] not in get_args(Language):
        about = {"kind": fields["kind"], "lang": fields["lang"], "kinds": ", ".join(kinds)}
        raise BatchError("statement-kind", path=str(path), n=n, **about)
    return Case(**fields, true=line.get("true") is True)  # type: ignore[arg-type]


def judge(
    cases: Iterable[Case], paragraphs: Mapping[str, Paragraph], reports: Mapping[str, Report], lexicon: Lexicon
) -> list[tuple[Case, Outcome]]:
    """Each statement with what becomes of it in an answer that cites its paragraph; BatchError where there is none."""
    cases = list(cases)
    for case in cases:
        if case.paragraph not in paragraphs:
            raise BatchError("statement-not-indexed", id=case.id, paragraph=case.paragraph)
    return [(case, _outcome(case, paragraphs[case.paragraph], reports, lexicon)) for case in cases]


def _outcome(case: Case, paragraph: Paragraph, reports: Mapping[str, Report], lexicon: Lexicon) -> Outcome:
    bare = case.statement.rstrip("。.")
    answer = f"{bare}[1]。" if case.lang == "zh" else f"{bare} [1]."
    checked = check_answer(answer, {1: paragraph}, reports, case.lang, lexicon)
    if checked.left_out:
        return "rejected"
    return "supported" if checked.verified else "not-checked"


def right(judged: Sequence[tuple[Case, Outcome]]) -> Figure:
    """How many have the right one of two: supported where true, anything else where false; Wilson's interval."""
    if not judged:
        return Figure(None, None, None, 0)
    count = sum((outcome == "supported") == case.true for case, outcome in judged)
    return Figure(count / len(judged), *wilson(count, len(judged)), len(judged))


def table(judged: Sequence[tuple[Case, Outcome]]) -> list[list[str]]:
    """Rows of the true and the false statements, by language and by kind: what became of them, and the share right."""
    rows = [["", "n", *get_args(Outcome), "right"]]
    for true in (True, False):
        half = [each for each in judged if each[0].true == true]
        name = "true" if true else "false"
        rows.append(_row(name, half))
        rows += [_row(f"{name} {lang}", [each for each in half if each[0].lang == lang]) for lang in get_args(Language)]
        rows += [_row(f"  {kind}", [e for e in half if e[0].kind == kind]) for kind in (TRUE if true else FALSE)]
    return rows


def _row(name: str, judged: Sequence[tuple[Case, Outcome]]) -> list[str]:
    counts = [sum(outcome == each for _, outcome in judged) for each in get_args(Outcome)]
    return [name, str(len(judged)), *map(str, counts), right(judged).shown()]
