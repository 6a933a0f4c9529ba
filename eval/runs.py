"""Run folders: what was asked of which system, and what it answered.

config.json       what ran: command, split, settings, models with checksums, index, questions file, commit, machine
questions.jsonl   the questions as they were asked, in order
answers.jsonl     one line of `rapporteur ask --json` a question, written as it comes
timings.jsonl     seconds on the wall a question, in the order they were asked
repeats.jsonl     with --repeat: each further time a question was asked, and whether hits and answer were the same
run.trec, per_question.jsonl, per_question.csv, metrics.json, report.md, report.html   what scoring and reports add
"""

import hashlib
import json
import os
import platform
import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from eval.questions import Question, read_json_lines, read_questions
from rag.errors import BatchError, IndexProblem, RagError
from rag.text import fold

if TYPE_CHECKING:
    from rag.assistant import Assistant

RUNS = Path(__file__).with_name("runs")
PROMPTS = Path(__file__).parents[1] / "prompts"
MOST_HITS = 1000  # what `-k` allows
CONFIG, ASKED, ANSWERS, TIMINGS = "config.json", "questions.jsonl", "answers.jsonl", "timings.jsonl"
REPEATS = "repeats.jsonl"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Run:
    """A run as read from its folder."""

    folder: Path
    config: Mapping[str, Any]
    questions: list[Question]
    answers: Mapping[str, Mapping[str, Any]]  # question id → its line; a question without one was not answered
    wall: Mapping[str, float]  # question id → seconds; "" → what loading the models took
    memory: float | None = None  # the most memory used, in MB
    repeats: Sequence[Mapping[str, Any]] = ()  # the lines of repeats.jsonl
    source: Path = Path(ASKED)  # the file its questions were read from


def new_folder(split: str, now: datetime | None = None) -> Path:
    """A name for a new run under eval/runs/, by the time in UTC."""
    return RUNS / f"{(now or datetime.now(UTC)).strftime('%Y%m%d-%H%M%S')}-{split}"


def start(
    folder: Path, assistant: "Assistant", questions: Sequence[Question], path: Path, about: Mapping[str, Any]
) -> None:
    """Write the folder of a new run; BatchError where it already holds one."""
    if (folder / CONFIG).exists():
        raise BatchError(f"{folder} already holds a run. Go on with it by --resume, or give another folder with --out.")
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(question.raw, ensure_ascii=False) + "\n" for question in questions)
    (folder / ASKED).write_text(lines, encoding="utf-8")
    file_sha = hashlib.sha256(path.read_bytes()).hexdigest()
    given = {"file": path.name, "sha256": file_sha, "n": len(questions)}
    config = {**about, "questions": given, **describe(assistant)}
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def describe(assistant: "Assistant") -> dict[str, Any]:
    """What a run depends on: settings, models, index, code and machine."""
    manifest = assistant.index.manifest
    settings = {name: _shown(value) for name, value in asdict(assistant.settings).items()}
    return {
        "index": {
            "generation": assistant.index.name,
            "paragraphs_sha256": manifest["files"]["paragraphs.jsonl"],
            "reports": manifest["reports"],
        },
        "models": {
            "embedder": manifest["embedder"],
            "llm": _shown(assistant.settings.llm),
            **_llm_file(assistant.settings.llm),
        },
        "prompts_sha256": _prompts(),
        "settings": settings,
        "commit": commit(),
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _llm_file(llm: str) -> dict[str, str]:
    """The checksum of a language model that is a file."""
    path = Path(llm).expanduser()
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {"llm_sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _prompts() -> str:
    """One checksum over every prompt template."""
    digest = hashlib.sha256()
    for each in sorted(PROMPTS.rglob("*.txt")):
        digest.update(each.read_bytes())
    return digest.hexdigest()


def _shown(value: Any) -> Any:
    """A setting as a run that is passed on may say it: files and folders from here or from home, where they can be."""
    if isinstance(value, str) and Path(value).is_absolute():
        value = Path(value)
    if not isinstance(value, Path):
        return value
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if value.is_relative_to(base):
            return prefix + value.relative_to(base).as_posix()
    return str(value)


def commit() -> str:
    """The commit of the working tree, with + where files have changed since; "unknown" outside one."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git is wherever the user has it
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "-uno"],  # noqa: S607
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def same_system(folder: Path, assistant: "Assistant") -> None:
    """BatchError where a run cannot be gone on with because the system is another by now."""
    then, now = read_config(folder), json.loads(json.dumps(describe(assistant)))
    for name in ("index", "models", "settings"):
        if then.get(name) != now[name]:
            raise BatchError(
                f"{folder} was begun with another {name} than now. Set it as {CONFIG} there says, or start a new run."
            )


def answer_all(folder: Path, assistant: "Assistant", questions: Sequence[Question], progress: Progress) -> None:
    """Ask every question that has no answer yet, writing each line as it comes; an interruption loses at most one."""
    from rag.present import answer_json

    done = set(_whole_lines(folder / ANSWERS))
    if done >= {question.id for question in questions}:
        return
    with (
        (folder / ANSWERS).open("a", encoding="utf-8") as answers,
        (folder / TIMINGS).open("a", encoding="utf-8") as timings,
    ):
        started = perf_counter()
        assistant.warm_up()
        timings.write(json.dumps({"id": "", "seconds": perf_counter() - started, "rss_mb": _memory()}) + "\n")
        for n, question in enumerate(questions, 1):
            progress(n - 1, len(questions))
            if question.id in done:
                continue
            started = perf_counter()
            try:
                line = answer_json(assistant.ask(question.text, question.history), assistant.index.reports, question.id)
            except RagError as error:
                line = {"id": question.id, "error": str(error)}
            seconds = perf_counter() - started
            for file, what in (
                (answers, line),
                (timings, {"id": question.id, "seconds": seconds, "rss_mb": _memory()}),
            ):
                file.write(json.dumps(what, ensure_ascii=False) + "\n")
                file.flush()
        progress(len(questions), len(questions))


def repeat(folder: Path, assistant: "Assistant", questions: Sequence[Question], times: int, progress: Progress) -> None:
    """Ask every question again until it was asked so many times; each time kept with whether it came out the same."""
    from rag.present import answer_json

    first = _answers(folder / ANSWERS, questions, partial=False)
    done = {(line["id"], line["time"]) for _, line in _if_there(folder / REPEATS)}
    wanted = [
        (q, time) for time in range(2, times + 1) for q in questions if (q.id, time) not in done and q.id in first
    ]
    with (folder / REPEATS).open("a", encoding="utf-8") as repeats:
        for n, (question, time) in enumerate(wanted):
            progress(n, len(wanted))
            started = perf_counter()
            line = answer_json(assistant.ask(question.text, question.history), assistant.index.reports, question.id)
            told = {"id": question.id, "time": time, "seconds": perf_counter() - started}
            then = first[question.id]
            hits, before = ([hit["paragraph"] for hit in each["hits"]] for each in (line, then))
            same = {"same_hits": hits == before, "same_answer": line["answer"] == then["answer"]}
            repeats.write(json.dumps({**told, **same}) + "\n")
            repeats.flush()
        progress(len(wanted), len(wanted))


def _memory() -> float:
    """The most memory this process has used, in MB (ru_maxrss is in KB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _whole_lines(path: Path) -> Iterator[str]:
    """The ids of the answers a file holds; a last line cut off by an interruption is taken out of it."""
    if not path.is_file():
        return
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if whole != raw:
        path.write_bytes(whole)
    for _, line in read_json_lines(path):
        yield str(line.get("id"))


def unfinished() -> Path:
    """The newest run under eval/runs/ that lacks answers; BatchError where there is none."""
    for folder in sorted(RUNS.glob("*"), reverse=True):
        if (folder / CONFIG).is_file() and len(set(_whole_lines(folder / ANSWERS))) < read_config(folder)["questions"][
            "n"
        ]:
            return folder
    raise BatchError(f"No unfinished run in {RUNS}. Start one with: python -m eval run")


def read_config(folder: Path) -> dict[str, Any]:
    """What a run's config.json says; BatchError where there is no run or it is damaged."""
    path = folder / CONFIG
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BatchError(
            f"{folder} holds no run ({path.name} is missing). Make one with: python -m eval run --out {folder}"
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BatchError(f"{path} is damaged ({error}). Make the run again with: python -m eval run") from error


def read_run(given: Path, questions_file: Path | None = None) -> Run:
    """A run folder; or any file of `ask --json` lines, another tool's too, with the questions file it answers.

    BatchError where an answer belongs to no question, is there twice, or was given to another wording.
    """
    if given.is_file():
        if questions_file is None:
            raise BatchError(f"{given} is a file of answers. Say which questions it answers with --questions.")
        asked, source = read_questions(questions_file), questions_file
        answers_path, folder, config = given, given.parent / f"{given.stem}-scored", {}
    else:
        config, folder, answers_path, source = read_config(given), given, given / ANSWERS, given / ASKED
        asked = read_questions(source)
        if questions_file is not None:
            asked, source = _same_wording(asked, read_questions(questions_file), questions_file, folder), questions_file
        _whole(answers_path, folder)
    answers = _answers(answers_path, asked, partial=given.is_file())
    timings = [line for _, line in _if_there(folder / TIMINGS)] if given.is_dir() else []
    wall = {str(line["id"]): float(line["seconds"]) for line in timings}
    memory = max((float(line["rss_mb"]) for line in timings), default=None)
    repeats = [line for _, line in _if_there(folder / REPEATS)] if given.is_dir() else []
    return Run(folder, config, asked, answers, wall, memory, repeats, source)


def _whole(answers: Path, folder: Path) -> None:
    """BatchError where a run has no answers yet, or its last one was cut off by an interruption."""
    resume = f"Go on with: python -m eval run --resume --out {folder}"
    if not answers.is_file():
        raise BatchError(f"{folder} has no answers yet. {resume}")
    if answers.stat().st_size and not answers.read_bytes().endswith(b"\n"):
        raise BatchError(f"{answers}: the last line is cut off, as an interruption leaves it. {resume}")


def adopt(run: Run, source: Path, index: Any, split: str) -> None:
    """Make the folder of a run out of answers that came from elsewhere, so that it explains itself like any other."""
    run.folder.mkdir(parents=True, exist_ok=True)
    file = source if source.is_file() else source / ANSWERS
    config = {
        **run.config,
        "split": split,
        "answers": {"file": str(source), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
        "questions": {**(run.config.get("questions") or {}), "n": len(run.questions)},
        "index": {"generation": index.name, "paragraphs_sha256": index.manifest["files"]["paragraphs.jsonl"]},
    }
    (run.folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    answers = [run.answers[question.id] for question in run.questions if question.id in run.answers]
    for name, lines in ((ASKED, [question.raw for question in run.questions]), (ANSWERS, answers)):
        written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (run.folder / name).write_text(written, encoding="utf-8")


def _same_wording(then: Sequence[Question], now: Sequence[Question], path: Path, folder: Path) -> list[Question]:
    """The questions of a run as a file has them now, with its gold; BatchError where one was asked otherwise."""
    by_id = {question.id: question for question in now}
    for question in then:
        current = by_id.get(question.id)
        if current is None or (current.text, current.history) != (question.text, question.history):
            what = "is not in" if current is None else f"is worded otherwise on line {current.line} of"
            raise BatchError(
                f"{folder}: question {question.id} {what} {path}. Run again with: python -m eval run --questions {path}"
            )
    return [by_id[question.id] for question in then]


def _answers(path: Path, asked: Sequence[Question], partial: bool) -> dict[str, Mapping[str, Any]]:
    known = {question.id: question for question in asked}
    answers: dict[str, Mapping[str, Any]] = {}
    for n, line in read_json_lines(path):
        name = str(line.get("id"))
        if name not in known and partial:
            continue  # a file may answer both halves
        if name not in known:
            raise BatchError(
                f"{path} line {n}: no question {name!r} in its questions file. "
                "Score it with the one it answers: --questions F"
            )
        if name in answers:
            raise BatchError(f"{path} line {n}: a second answer to {name}. Delete one of the two lines.")
        if "question" in line and fold(line["question"]) != fold(known[name].text):
            raise BatchError(
                f"{path} line {n}: {name} was asked otherwise than its questions file says. "
                "Ask again, or give the file it was asked from: --questions F"
            )
        if "error" not in line:
            _checked(path, n, line)
            answers[name] = line
    return answers


def _checked(path: Path, n: int, line: Mapping[str, Any]) -> None:
    """BatchError unless a line has what scoring reads."""
    for name, kind in (("answer", str), ("abstained", bool), ("hits", list), ("citations", list)):
        if not isinstance(line.get(name), kind):
            raise BatchError(
                f'{path} line {n}: no "{name}" as `rapporteur ask --json` prints it. Mend or delete the line.'
            )
    for name in ("hits", "citations"):
        if not all(isinstance(each, dict) and isinstance(each.get("paragraph"), str) for each in line[name]):
            raise BatchError(f'{path} line {n}: an entry of "{name}" names no "paragraph". Mend or delete the line.')
    ranks = [each.get("rank", place) for place, each in enumerate(line["hits"], 1)]
    if not all(type(rank) is int and 1 <= rank <= MOST_HITS for rank in ranks):
        raise BatchError(f'{path} line {n}: a "rank" is not a whole number from 1 to {MOST_HITS}. Mend the line.')


def _if_there(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    return iter(read_json_lines(path)) if path.is_file() else iter(())


def same_index(run: Run, index: Any) -> None:
    """IndexProblem where a run's paragraphs are not those of an index; a rebuilt index with the same texts will do."""
    then = run.config.get("index")
    if then and then["paragraphs_sha256"] != index.manifest["files"]["paragraphs.jsonl"]:
        raise IndexProblem(
            f"{run.folder} was run on index {then['generation']}, the index given is {index.name} and its paragraphs "
            "differ. Give the other one with --index, or run again with: python -m eval run"
        )
