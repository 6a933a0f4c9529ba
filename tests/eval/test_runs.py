"""Run folders: an interruption loses nothing, and answers that do not fit their questions are named."""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eval_toy import ANSWERS, LIBRARY, LINES, PARAGRAPHS, REPORTS, questions
from eval_toy import run as toy_run

from eval import calibration, grading, runs
from rag.answering.judge import Signals
from rag.answering.weights import DEFAULT
from rag.errors import BatchError, IndexProblem, QuestionError
from rag.records import LANGUAGES, Answer, Hit, Waiting
from rag.settings import Settings

MANIFEST = {"files": {"paragraphs.jsonl": "abc"}, "reports": {}, "embedder": {"name": "toy", "fingerprint": "f"}}


class Assistant:
    """Answers every question with the first paragraph; stops, as Ctrl-C does, after so many."""

    def __init__(self, patience: int = 99) -> None:
        self.settings = Settings()
        self.index = SimpleNamespace(name="gen", manifest=MANIFEST, reports=REPORTS)
        self.patience = patience
        self.asked: list[str] = []

    def warm_up(self) -> None:
        pass

    def ask(self, question: str, history: Any = ()) -> Answer:
        if len(self.asked) == self.patience:
            raise KeyboardInterrupt
        self.asked.append(question)
        if question == "谁赢了？":
            raise QuestionError("too hard")
        return Answer(question, "en", "Yes.", (), (Hit(PARAGRAPHS[0], 1, 0.5),), "quotes", False, {"retrieve": 1.0})


def quiet(done: int, of: int) -> None:
    """Progress nobody watches."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, file: Path) -> Path:
    assistant, made = Assistant(), tmp_path / "run"
    runs.start(made, assistant, questions(), file, {"split": "all"})  # type: ignore[arg-type]
    runs.answer_all(made, assistant, questions(), quiet)  # type: ignore[arg-type]
    return made


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, file: Path) -> None:
    made, first, second = tmp_path / "run", Assistant(patience=2), Assistant()
    runs.start(made, first, questions(), file, {})  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        runs.answer_all(made, first, questions(), quiet)  # type: ignore[arg-type]
    with (made / runs.ANSWERS).open("a") as answers:
        answers.write('{"id": "p2-en", "ans')  # the line a crash cut off
    runs.answer_all(made, second, questions(), quiet)  # type: ignore[arg-type]
    assert first.asked + second.asked == [line["question"] for line in LINES]
    assert set(runs.read_run(made).answers) == {"p1-en", "p1-zh", "p2-en"}


def test_a_run_cut_off_in_a_line_says_how_to_go_on(folder: Path) -> None:
    with (folder / runs.ANSWERS).open("a") as answers:
        answers.write('{"id": "p2-en", "ans')
    with pytest.raises(BatchError, match=r"last line is cut off.*python -m eval run --resume --out"):
        runs.read_run(folder)


def test_asking_again_goes_on_where_it_stopped_and_keeps_whether_it_is_the_same(folder: Path) -> None:
    runs.repeat(folder, Assistant(patience=99), questions(), 2, quiet)  # type: ignore[arg-type]
    runs.repeat(folder, again := Assistant(), questions(), 3, quiet)  # type: ignore[arg-type]
    assert len(again.asked) == 3  # the third time alone, without the question that has no answer
    told = runs.read_run(folder).repeats
    assert [(line["time"], line["same_hits"], line["same_answer"]) for line in told] == [(2, True, True)] * 3 + [
        (3, True, True)
    ] * 3


def test_a_question_that_fails_leaves_the_rest_answered(folder: Path) -> None:
    read = runs.read_run(folder)
    assert "p2-zh" not in read.answers
    assert len(read.answers) == 3


def test_the_folder_says_what_ran(folder: Path) -> None:
    config = runs.read_config(folder)
    assert config["index"]["generation"] == "gen"
    assert config["models"]["embedder"] == {"name": "toy", "fingerprint": "f"}
    assert config["questions"]["n"] == 4
    assert {"settings", "commit", "machine", "split", "prompts_sha256"} <= set(config)


def test_a_language_model_that_is_a_file_is_named_with_its_checksum(tmp_path: Path, file: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    assistant = Assistant()
    assistant.settings = replace(assistant.settings, llm=str(tmp_path / "tiny.gguf"))
    runs.start(tmp_path / "run", assistant, questions(), file, {})  # type: ignore[arg-type]
    assert runs.read_config(tmp_path / "run")["models"]["llm_sha256"] == hashlib.sha256(b"GGUF").hexdigest()


def test_a_folder_with_a_run_is_not_overwritten(folder: Path, file: Path) -> None:
    with pytest.raises(BatchError, match=r"already holds a run.*--resume"):
        runs.start(folder, Assistant(), questions(), file, {})  # type: ignore[arg-type]


def test_a_run_is_not_gone_on_with_under_other_settings(folder: Path) -> None:
    other = Assistant()
    other.settings = replace(other.settings, k=3)
    with pytest.raises(BatchError, match="begun with another settings"):
        runs.same_system(folder, other)  # type: ignore[arg-type]
    runs.same_system(folder, Assistant())  # type: ignore[arg-type]


def test_a_run_of_another_index_is_named_with_both_and_the_command(folder: Path) -> None:
    other = SimpleNamespace(name="new", manifest={"files": {"paragraphs.jsonl": "xyz"}})
    with pytest.raises(IndexProblem, match=r"index gen, the index given is new .*--index.*python -m eval run"):
        runs.same_index(runs.read_run(folder), other)


def test_questions_worded_otherwise_since_are_named(folder: Path, file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace("Who won?", "Who lost?"), encoding="utf-8")
    with pytest.raises(BatchError, match=r"p2-en is worded otherwise on line 3 .*python -m eval run"):
        runs.read_run(folder, file)


def line_of(name: str, **changes: Any) -> str:
    return json.dumps({**ANSWERS[name], **changes}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(["{"], "line 1: not JSON", id="malformed"),
        pytest.param([line_of("p1-en"), line_of("p1-en")], "line 2: a second answer to p1-en", id="twice"),
        pytest.param([line_of("p1-en", question="Else?")], "line 1: p1-en was asked otherwise", id="another wording"),
        pytest.param([line_of("p1-en", hits=None)], 'line 1: no "hits"', id="no hits"),
        pytest.param([line_of("p1-en", abstained="no")], 'line 1: no "abstained"', id="no verdict"),
        pytest.param(
            [line_of("p1-en", hits=[{"rank": 0, "paragraph": "a"}])], 'line 1: a "rank" is not a whole', id="rank 0"
        ),
        pytest.param(
            [line_of("p1-en", hits=[{"rank": "1", "paragraph": "a"}])], 'line 1: a "rank" is not', id="rank in words"
        ),
        pytest.param(['["p1-en"]'], "line 1: not a JSON object", id="not an object"),
        pytest.param(
            [line_of("p1-en", citations=[{"marker": 1}])], 'line 1: an entry of "citations"', id="no paragraph"
        ),
    ],
)
def test_answers_that_cannot_be_scored_are_named(tmp_path: Path, file: Path, lines: list[str], told: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(BatchError, match=told):
        runs.read_run(path, file)


def test_an_answer_to_no_question_of_a_run_is_named(folder: Path) -> None:
    with (folder / runs.ANSWERS).open("a", encoding="utf-8") as answers:
        answers.write(line_of("p1-en", id="p9-en") + "\n")
    with pytest.raises(BatchError, match=r"line 5: no question 'p9-en'.*--questions"):
        runs.read_run(folder)


def test_another_tools_answers_need_their_questions(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line_of("p1-en") + "\n", encoding="utf-8")
    with pytest.raises(BatchError, match="--questions"):
        runs.read_run(path)
    assert set(runs.read_run(path, file).answers) == {"p1-en"}


@pytest.mark.parametrize("made", ["nothing", "damaged"])
def test_a_folder_that_is_no_run(tmp_path: Path, made: str) -> None:
    if made == "damaged":
        (tmp_path / runs.CONFIG).write_text("{", encoding="utf-8")
    with pytest.raises(BatchError, match="python -m eval run"):
        runs.read_run(tmp_path)


class TestGrading:
    def filled(self, path: Path, grades: list[tuple[str, str]]) -> Path:
        from openpyxl import load_workbook

        grading.write_sheet(path, toy_run(), LIBRARY, 3)
        book = load_workbook(path)
        for n, (right, supported) in enumerate(grades, 2):
            book["grades"].cell(n, 5, right)
            book["grades"].cell(n, 6, supported)
        book.save(path)
        return path

    def test_the_sheet_is_blind_and_its_grades_come_back(self, tmp_path: Path) -> None:
        path = self.filled(tmp_path / "a.xlsx", [("yes", "yes"), ("no", "partly")])
        assert list(grading.read_sheet(path)) == ["1", "2"]
        assert "p1-en" not in str(list(_cells(path)))

    def test_graders_who_agree_have_a_kappa_of_one(self, tmp_path: Path) -> None:
        paths = [self.filled(tmp_path / name, [("yes", "yes"), ("no", "no")]) for name in ("a.xlsx", "b.xlsx")]
        assert "1.00, 1.00" in grading.summary(paths, None)

    def test_a_grade_that_is_none_is_named_with_its_row(self, tmp_path: Path) -> None:
        path = self.filled(tmp_path / "a.xlsx", [("yes", "maybe")])
        with pytest.raises(BatchError, match=r"row 2: supported is 'maybe'\. Write one of: yes, partly, no"):
            grading.read_sheet(path)


def _cells(path: Path) -> Any:
    from openpyxl import load_workbook

    return [cell.value for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row]


class TestCalibration:
    def examples(self) -> list[calibration.Example]:
        """Sixty questions, a third of them without an answer, and twenty lines of small talk."""
        drawn, of = random.Random(0), []
        for n in range(60):
            right = n % 3 > 0
            telling = right + drawn.gauss(0, 0.3)
            near = (drawn.gauss(5, 1), drawn.gauss(0.4, 0.05), drawn.gauss(20, 2), drawn.gauss(3, 1), drawn.gauss(0, 1))
            signs = Signals(LANGUAGES[n % 2], telling, *near)
            of.append(calibration.Example(signs, True, right, f"p{n // 2}", LANGUAGES[n % 2], "dev"))
        for n in range(20):
            far = (drawn.gauss(2, 0.2), drawn.gauss(0.05, 0.05), drawn.gauss(2, 1), 0.0)
            signs = Signals(LANGUAGES[n % 2], 1.0, *far)
            of.append(calibration.Example(signs, False, False, f"s{n}", LANGUAGES[n % 2], "small talk"))
        return of

    def test_a_telling_signal_is_found_and_noise_is_not(self) -> None:
        fitted = calibration.fit(self.examples())
        telling, noise = fitted.model["says"]["weights"]
        assert telling > 5 * abs(noise)
        assert fitted.model["unsure"] < fitted.model["sure"]
        small = [outcome for each, outcome in zip(fitted.examples, fitted.outcomes, strict=True) if not each.about]
        assert set(small) == {"refused"}
        assert "small talk" in calibration.table(fitted)

    def test_a_models_view_counts_where_it_tells(self) -> None:
        of = [
            replace(each, signals=replace(each.signals, together=0.5, model=each.signals.together))
            for each in self.examples()
        ]
        standardised, scales = calibration.standardised(of)
        assert np.mean([each.signals.model for each in standardised]) == pytest.approx(0.0)
        assert set(scales) == set(LANGUAGES)
        fitted = calibration.fit(standardised, calibration.WITH_MODEL)
        constant, told = fitted.model["says"]["weights"]
        assert told > 5 * abs(constant)

    def test_a_model_is_asked_once_and_its_view_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[object] = []

        def log_odds(*given: object) -> Iterator[Any]:
            asked.append(given)
            yield Waiting()
            return 1.5

        monkeypatch.setattr("rag.models.chat.log_odds", log_odds)
        monkeypatch.setattr("rag.answering.write.prompt_for", lambda *given: SimpleNamespace(judging=()))
        found: Any = SimpleNamespace(question=SimpleNamespace(language="zh"))
        model: Any = object()
        for _ in range(2):
            view = calibration.ModelView(model, Settings(), tmp_path / "views.jsonl")
            assert view.of("a", found, {}) == view.of("a", found, {}) == 1.5
        assert len(asked) == 1

    def test_what_is_written_gives_back_what_was_fitted(self, tmp_path: Path) -> None:
        fitted = calibration.fit(self.examples())
        path = tmp_path / "weights.json"
        path.write_bytes(calibration.SHIPPED.read_bytes())
        calibration.write(path, fitted, "another")
        records = json.loads(path.read_text("utf-8"))
        assert records.pop("another") == {**records[DEFAULT], "abstention": fitted.model}
        assert records == json.loads(calibration.SHIPPED.read_text("utf-8"))
        judges = tmp_path / "judges.json"
        judges.write_text("{}", "utf-8")
        calibration.write_judge(judges, fitted, {"zh": [0.0, 1.0]}, "a.gguf")
        assert json.loads(judges.read_text("utf-8"))["a.gguf"] == {**fitted.model, "log_odds": {"zh": [0.0, 1.0]}}

    def test_one_kind_of_question_is_not_enough(self) -> None:
        of = [replace(each, answerable=True) for each in self.examples()]
        with pytest.raises(BatchError, match="two pairs of each"):
            calibration.fit(of)
