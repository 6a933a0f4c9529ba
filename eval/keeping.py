"""What scoring leaves in a run folder: run.trec, per_question.jsonl, per_question.csv, metrics.json."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.questions import read_json_lines
from eval.runs import Run
from eval.scoring import MEASURES, Scored, as_line, from_line
from rag.errors import BatchError

SCORES, TABLE, FIGURES, TREC = "per_question.jsonl", "per_question.csv", "metrics.json", "run.trec"
ABOUT = ("id", "pair", "lang", "type", "answerable", "missing", "abstained", "passed")


def keep(run: Run, scored: Sequence[Scored], summary: Mapping[str, Any]) -> None:
    """Write the scores of a run into its folder, replacing what an earlier scoring left."""
    run.folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(as_line(each), ensure_ascii=False) + "\n" for each in scored]
    (run.folder / SCORES).write_text("".join(lines), encoding="utf-8")
    (run.folder / FIGURES).write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    ranks = [f"{each.id} Q0 {hit} {n} {-n} rapporteur\n" for each in scored for n, hit in enumerate(each.hits, 1)]
    (run.folder / TREC).write_text("".join(ranks), encoding="utf-8")
    write_table(run.folder / TABLE, run, scored)


def write_table(path: Path, run: Run, scored: Sequence[Scored]) -> None:
    """A CSV a spreadsheet opens: a question a row, a measure a column, then question, gold, cited and answer."""
    texts = {question.id: question.text for question in run.questions}
    names = sorted({name for each in scored for name in each.values}, key=_order)
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark makes spreadsheets read it as UTF-8
        table = csv.writer(file)
        table.writerow([*ABOUT, *names, "reports", "question", "gold", "cited", "hits", "answer"])
        for each in scored:
            values = ["" if (value := each.value(name)) is None else round(value, 6) for name in names]
            gold = "; ".join(" | ".join(members) for members in each.gold)
            answer = run.answers.get(each.id, {}).get("answer", "")
            about = [getattr(each, name) for name in ABOUT]
            rest = ["; ".join(each.reports), texts[each.id], gold, "; ".join(each.cited), "; ".join(each.hits), answer]
            table.writerow([_plain(cell) for cell in (*about, *values, *rest)])


def _plain(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def _order(name: str) -> tuple[int, str]:
    known = [measure.name for measure in MEASURES]
    return (known.index(name) if name in known else len(known), name)


def read_scores(folder: Path) -> list[Scored]:
    """The scores a run folder holds; BatchError where it was not scored or the file is damaged."""
    path = folder / SCORES
    if not path.is_file():
        raise BatchError(f"{folder} was not scored. Score it with: python -m eval score {folder}")
    try:
        return [from_line(line) for _, line in read_json_lines(path)]
    except (KeyError, TypeError, ValueError) as error:
        raise BatchError(
            f"{path} is damaged ({error!r}). Score it again with: python -m eval score {folder}"
        ) from error


def read_summary(folder: Path) -> dict[str, Any]:
    """The figures a run folder holds; BatchError where it was not scored."""
    path = folder / FIGURES
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BatchError(f"{folder} was not scored. Score it with: python -m eval score {folder}") from error
    except json.JSONDecodeError as error:
        raise BatchError(f"{path} is damaged ({error}). Score it again with: python -m eval score {folder}") from error
