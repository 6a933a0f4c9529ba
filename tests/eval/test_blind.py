"""The statements that no check was written from: what the file holds, and that each names a paragraph to judge by."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from eval import elsewhere
from eval.statements import STATEMENTS, read_cases
from rag.reports import read_folder

if TYPE_CHECKING:
    from rag.reports import ReadReport

BLIND = STATEMENTS.with_name("statements-blind.jsonl")
CASES = read_cases(BLIND)


def test_half_are_true_and_half_chinese_in_each_half() -> None:
    assert set(Counter((case.lang, case.true) for case in CASES).values()) == {40}


def test_each_is_of_a_paragraph_of_the_reports_or_of_the_documents_it_names(seeds: "tuple[ReadReport, ...]") -> None:
    folders = {None: seeds, "elsewhere/test": tuple(read_folder(elsewhere.files("test")[0]))}
    known = {name: {each.id for read in folder for each in read.paragraphs} for name, folder in folders.items()}
    where = {line["id"]: line.get("documents") for line in map(json.loads, _lines(BLIND))}
    assert [case.id for case in CASES if case.paragraph not in known[where[case.id]]] == []


def test_none_is_there_twice_or_in_the_table_that_checks_were_written_from() -> None:
    known = {case.statement for case in read_cases()}
    assert len({case.id for case in CASES}) == len({case.statement for case in CASES} - known) == len(CASES)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()
