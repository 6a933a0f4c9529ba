"""A blind grading sheet for people, and what came back in it.

The sheet says nothing of the system, the score or the expected answer; a key beside it says which question each row is.
"""

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from zipfile import BadZipFile

from eval import tables
from eval.runs import Run
from eval.scoring import Library, Scored
from rag.errors import BatchError

GRADES = {"right": ("yes", "partly", "no"), "supported": ("yes", "partly", "no")}
HEAD = ("row", "question", "answer", "cited paragraphs", *GRADES, "comment")
SEED = 20260101
CELL = 30_000  # characters; a cell holds 32,767
HELP = (
    "right: does the answer say what is asked, wholly (yes), in part (partly) or not (no)? "
    "A refusal is right where the reports do not answer. supported: do the cited paragraphs say all of it?"
)


def write_sheet(path: Path, run: Run, library: Library, sample: int) -> Path:
    """Write the sheet and its key; the key's path. The sample and its order depend on the questions alone."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment
    from openpyxl.worksheet.datavalidation import DataValidation

    asked = [question for question in run.questions if question.id in run.answers]
    chosen = random.Random(SEED).sample(asked, min(sample, len(asked)))  # noqa: S311 - a sample, no secret
    book = Workbook()
    sheet = book.active
    sheet.title = "grades"
    sheet.append(HEAD)
    for n, question in enumerate(chosen, 1):
        line = run.answers[question.id]
        cited = [f"{each}\n" + "\n".join(library.texts(each)) for each in _cited(line) if each in library.by_id]
        before = "".join(f"({turn.question}) " for turn in question.history)
        sheet.append([n, _safe(before + question.text), _safe(str(line["answer"])), _safe("\n\n".join(cited))])
    for column, name in zip("EF", GRADES, strict=True):
        allowed = DataValidation(type="list", formula1=f'"{",".join(GRADES[name])}"', allow_blank=True)
        allowed.add(f"{column}2:{column}{len(chosen) + 1}")
        sheet.add_data_validation(allowed)
    for column, width in zip("ABCDEFG", (6, 40, 70, 80, 11, 11, 30), strict=True):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    book.create_sheet("how to grade").append([HELP])
    book.save(path)
    key = path.with_suffix(".key.json")
    rows = {str(n): question.id for n, question in enumerate(chosen, 1)}
    key.write_text(json.dumps({"run": str(run.folder), "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return key


def read_sheet(path: Path) -> dict[str, dict[str, str]]:
    """Row → column → grade; BatchError names a cell that holds none of the grades. Rows without grades are left out."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            rows = list(book["grades"].iter_rows(values_only=True))
    except (OSError, BadZipFile, InvalidFileException, KeyError) as error:
        raise BatchError(
            f"{path} is no grading sheet ({error}). Make one with: python -m eval export RUN --out {path}"
        ) from error
    if not rows or tuple(rows[0][: len(HEAD)]) != HEAD:
        raise BatchError(
            f"{path} row 1: the columns are not {', '.join(HEAD)}. Export the sheet again and copy the grades into it."
        )
    grades: dict[str, dict[str, str]] = {}
    for n, row in enumerate(rows[1:], 2):
        given = {name: str(row[HEAD.index(name)] or "").strip().lower() for name in GRADES}
        for name, grade in given.items():
            if grade and grade not in GRADES[name]:
                raise BatchError(f"{path} row {n}: {name} is {grade!r}. Write one of: {', '.join(GRADES[name])}.")
        if all(given.values()):
            grades[str(row[0])] = given
    return grades


def summary(sheets: Sequence[Path], scored: Sequence[Scored] | None) -> str:
    """The grades of each sheet, Cohen's kappa between every two graders, and how grades go with the figures."""
    read = {path: read_sheet(path) for path in sheets}
    rows = [["sheet", "graded", *(f"{name}: {grade}" for name, grades in GRADES.items() for grade in grades)]]
    for path, grades in read.items():
        counts = [sum(g[name] == grade for g in grades.values()) for name, all_ in GRADES.items() for grade in all_]
        rows.append([path.name, str(len(grades)), *map(str, counts)])
    parts = [tables.text(rows)]
    paths = list(read)
    pairs = [(a, b) for i, a in enumerate(paths) for b in paths[i + 1 :]]
    if pairs:
        head = [["graders", "rows", *(f"{name}: alike, kappa" for name in GRADES)]]
        parts.append(tables.text([*head, *(_agreement(a, b, read[a], read[b]) for a, b in pairs)]))
    if scored is not None:
        parts += [tables.text(_beside(path, grades, scored)) for path, grades in read.items()]
    return "\n\n".join(parts)


def _agreement(
    a: Path, b: Path, one: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]
) -> list[str]:
    both = sorted(set(one) & set(other))
    cells = []
    for name, grades in GRADES.items():
        ours, theirs = [one[row][name] for row in both], [other[row][name] for row in both]
        cells.append(f"{_alike(ours, theirs):.2f}, {kappa(ours, theirs, grades):.2f}" if both else "–")
    return [f"{a.name} / {b.name}", str(len(both)), *cells]


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def kappa(one: Sequence[str], other: Sequence[str], grades: Sequence[str]) -> float:
    """Cohen's kappa with linear weights, by scikit-learn (Cohen 1968); 1 where both give the same grades."""
    from sklearn.metrics import cohen_kappa_score

    if list(one) == list(other):
        return 1.0
    return float(cohen_kappa_score(one, other, labels=list(grades), weights="linear"))


def _beside(path: Path, grades: Mapping[str, Mapping[str, str]], scored: Sequence[Scored]) -> list[list[str]]:
    """For each grade of `right`: how often the automatic scoring passed the question, and its mean fact recall."""
    key = path.with_suffix(".key.json")
    if not key.is_file():
        raise BatchError(
            f"{key} is missing: it says which question each row is. Put the key that export wrote beside {path.name}."
        )
    rows = json.loads(key.read_text(encoding="utf-8"))["rows"]
    by_id = {each.id: each for each in scored}
    table = [[f"{path.name}: right", "rows", "passed", "fact recall"]]
    for grade in GRADES["right"]:
        own = [by_id[rows[row]] for row, given in grades.items() if given["right"] == grade and rows.get(row) in by_id]
        facts = [value for each in own if (value := each.value("fact_recall")) is not None]
        passed = f"{sum(each.passed for each in own) / len(own):.2f}" if own else "–"
        table.append([grade, str(len(own)), passed, f"{sum(facts) / len(facts):.2f}" if facts else "–"])
    return table


def _cited(line: Mapping[str, object]) -> list[str]:
    citations = line["citations"]
    return list(dict.fromkeys(str(each["paragraph"]) for each in citations)) if isinstance(citations, list) else []


def _safe(text: str) -> str:
    """A cell's text without what XLSX cannot hold, never a formula, cut where a cell ends."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cleaned = ILLEGAL_CHARACTERS_RE.sub("", text)[:CELL]
    return f"'{cleaned}" if cleaned[:1] in ("=", "+", "-", "@") else cleaned
