"""The table of true and false statements: what it holds, and how the checks of an answer judge its dev half."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval.statements import FALSE, TRUE, Case, judge, read_cases, right, table
from rag.errors import BatchError

if TYPE_CHECKING:
    from rag.lexicon import Lexicon
    from rag.reports import ReadReport

FLOOR = 0.90  # of each half: issue H, table of figures
CASES = read_cases()
TUNING = read_cases(Path("eval/statements-tuning.jsonl"))


def test_half_of_the_statements_are_true_and_half_chinese() -> None:
    counts = Counter((case.lang, case.true) for case in CASES)
    assert len(CASES) >= 200
    assert max(counts.values()) - min(counts.values()) <= len(CASES) // 50


@pytest.mark.parametrize("kind", [*TRUE, *FALSE])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_kind_has_cases_in_each_language(kind: str, lang: str) -> None:
    assert sum((case.kind, case.lang) == (kind, lang) for case in CASES) >= 4


def test_no_statement_is_there_twice() -> None:
    assert len({case.id for case in CASES}) == len({case.statement for case in CASES}) == len(CASES)


@pytest.mark.parametrize("true", [True, False], ids=["true", "false"])
@pytest.mark.parametrize("cases", [CASES, TUNING], ids=["dev half", "tuning"])
def test_statements_are_judged_rightly(
    seeds: "tuple[ReadReport, ...]", lexicon: "Lexicon", cases: list[Case], true: bool
) -> None:
    paragraphs = {paragraph.id: paragraph for read in seeds for paragraph in read.paragraphs}
    reports = {read.report.id: read.report for read in seeds}
    chosen = [case for case in cases if case.split == "dev" and case.true == true]
    judged = judge(chosen, paragraphs, reports, lexicon)
    for lang in ("zh", "en"):
        value = right([each for each in judged if each[0].lang == lang]).value
        assert value is not None
        assert value >= FLOOR, table(judged)


def test_a_paragraph_that_is_not_indexed_is_named(lexicon: "Lexicon") -> None:
    with pytest.raises(BatchError, match=r"x: A/1#1 is not in the index"):
        judge([Case("x", "en", "A/1#1", "A ferry sank.", True, "short")], {}, {}, lexicon)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "x"}', 'no "lang"'),
        ('{"id": "x", "lang": "fr", "paragraph": "A#1", "statement": "S", "true": true, "kind": "short"}', "lang 'fr'"),
        (
            '{"id": "x", "lang": "en", "paragraph": "A#1", "statement": "S", "true": true, "kind": "swap"}',
            "kind 'swap'",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(BatchError, match=f"line 1: .*{said}"):
        read_cases(file)
