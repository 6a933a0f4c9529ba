"""The commands as people type them, over a toy index that needs no model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from eval_toy import ANSWERS, LINES, PARAGRAPHS, REPORTS, typed
from made_index import FakeEmbedder, indexed

if TYPE_CHECKING:
    from rag.lexicon import Lexicon


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, lexicon: "Lexicon") -> Path:
    folder = tmp_path_factory.mktemp("index")
    of = [(report, [p for p in PARAGRAPHS if p.report == report.id]) for report in REPORTS.values()]
    indexed(of, folder, FakeEmbedder(), lexicon)
    return folder


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, lines in (("q.jsonl", LINES), ("a.jsonl", ANSWERS.values())):
        (tmp_path / name).write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_another_tools_answers_are_scored_compared_and_shown(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "score", "a.jsonl", "--questions", "q.jsonl", "--index", index) == 0
    shown = capsys.readouterr().out
    assert "1 questions have no answer and count as wrong" in shown
    assert "balanced_accuracy" in shown
    assert (files / "a-scored" / "per_question.csv").is_file()
    assert typed(monkeypatch, "compare", "a-scored", "a-scored") == 0
    assert "+0.000" in capsys.readouterr().out


def test_a_delegations_own_table_is_validated_and_scored_on_its_own_index(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from openpyxl import Workbook

    rows = [("question", "answer", "paragraphs", "facts"), ("收缴了多少？", "1 393件", "S/2021/1，第1段", "1 393|1393")]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(files / "own.xlsx")
    (files / "own.csv").write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8-sig")
    answer = {**ANSWERS["p1-en"], "id": "row-2", "question": rows[1][0], "answer": "“收缴武器1 393件。” [1]"}
    (files / "own.jsonl").write_text(json.dumps(answer, ensure_ascii=False) + "\n", encoding="utf-8")
    for own in ("own.xlsx", "own.csv"):
        assert typed(monkeypatch, "validate", own, "--index", index) == 0
        assert typed(monkeypatch, "score", "own.jsonl", "--questions", own, "--index", index) == 0
        scored = json.loads((files / "own-scored" / "per_question.jsonl").read_text("utf-8"))
        assert scored["values"]["recall@1"] == scored["values"]["fact_recall"] == [1.0, 1.0]


def test_another_tools_answers_become_a_run_that_explains_itself_and_can_be_reported(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(monkeypatch, "score", "a.jsonl", "--questions", "q.jsonl", "--index", index) == 0
    config = json.loads((files / "a-scored" / "config.json").read_text("utf-8"))
    assert config["answers"]["file"] == "a.jsonl"
    assert config["questions"]["n"] == 4
    assert typed(monkeypatch, "report", "a-scored", "--index", index) == 0
    worse = {**ANSWERS["p1-en"], "answer": "“Seven countries reported.” [2]", "hits": ANSWERS["p1-en"]["hits"][1:2]}
    (files / "b.jsonl").write_text(json.dumps(worse, ensure_ascii=False) + "\n", encoding="utf-8")
    assert typed(monkeypatch, "score", "b.jsonl", "--questions", "q.jsonl", "--index", index) == 0
    assert typed(monkeypatch, "compare", "a-scored", "b-scored", "--index", index) == 0
    page = (files / "b-scored" / "comparison.html").read_text("utf-8")
    assert "In 2020, 1,393 weapons were collected." in page  # the text of a paragraph that only the first found


def test_runs_of_one_questions_file_with_two_indexes_are_named(
    files: Path,
    index: Path,
    lexicon: "Lexicon",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert typed(monkeypatch, "score", "a.jsonl", "--questions", "q.jsonl", "--index", index) == 0
    of = [(REPORTS["S/2021/1"], [p for p in PARAGRAPHS if p.report == "S/2021/1"])]
    indexed(of, tmp_path / "other", FakeEmbedder(), lexicon)
    capsys.readouterr()
    assert typed(monkeypatch, "score", "a-scored", "--index", tmp_path / "other") == 2
    assert "its paragraphs differ" in capsys.readouterr().err


@pytest.mark.parametrize(("least", "code"), [pytest.param(0.1, 0, id="reached"), pytest.param(0.9, 100, id="missed")])
def test_a_missed_gate_is_exit_code_100(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch, least: float, code: int
) -> None:
    (files / "gates.toml").write_text(f'[[gate]]\nmeasure = "fact_recall"\nleast = {least}\n', encoding="utf-8")
    words = ["score", "a.jsonl", "--questions", "q.jsonl", "--index", index, "--gate", "gates.toml"]
    assert typed(monkeypatch, *words) == code


def test_a_good_questions_file_is_valid_and_a_bad_one_is_not(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "validate", "q.jsonl", "--index", index) == 0
    (files / "q.jsonl").write_text(json.dumps({**LINES[0], "facts": [["9 999"]]}) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert typed(monkeypatch, "validate", "q.jsonl", "--index", index) == 2
    assert "q.jsonl line 1: p1-en: no form of fact 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["score", "nothing"], "nothing holds no run", id="no run"),
        pytest.param(["compare", "nothing", "nothing"], "was not scored", id="not scored"),
        pytest.param(["run", "--split", "train"], "No split 'train'. Splits are: dev, test, all", id="split"),
        pytest.param(["run", "--type", "riddle"], "No type 'riddle'. Types are:", id="type"),
        pytest.param(["run", "--questions", "none.jsonl"], "none.jsonl cannot be read", id="no questions"),
        pytest.param(["sweep", "none.toml"], "none.toml cannot be read", id="no grid"),
        pytest.param(["import", "a.jsonl"], "is no grading sheet", id="not a sheet"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert typed(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_statements_are_judged_over_an_index(
    files: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paragraph = next(each for each in PARAGRAPHS if each.language == "zh")
    line = {
        "id": "s",
        "lang": "zh",
        "paragraph": paragraph.id,
        "statement": paragraph.text,
        "true": True,
        "kind": "short",
    }
    Path("s.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    assert typed(monkeypatch, "statements", "s.jsonl", "--split", "all", "--index", index) == 0
    shown = capsys.readouterr().out
    assert "true zh" in shown
    assert "1.000" in shown
    assert typed(monkeypatch, "statements", "s.jsonl", "--split", "some", "--index", index) == 2
