"""What the commands share: flags, JSON, one line an error, progress, and files of questions."""

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import BatchError, RagError
from rag.records import Turn

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.assistant import Assistant
    from rag.own.limited import News
    from rag.settings import Settings


IndexFlag = Annotated[Path | None, typer.Option("--index", help="The index folder.", show_default="index")]
ReportsFlag = Annotated[Path | None, typer.Option("--reports", help="A folder of reports.", show_default="seeds")]
EmbedderFlag = Annotated[str | None, typer.Option("--embedder", help="Built-in name or model folder.")]
LlmFlag = Annotated[str | None, typer.Option("--llm", help="A GGUF file, a server's URL, or none.")]
KFlag = Annotated[int | None, typer.Option("-k", help="How many hits.", show_default="10")]
ReportFlag = Annotated[list[str] | None, typer.Option("--report", help="Only this report (repeatable).")]
YearFlag = Annotated[list[int] | None, typer.Option("--year", help="Only reports of this year (repeatable).")]
RenderingsFlag = Annotated[bool, typer.Option("--no-renderings", help="Leave unofficial renderings out of everything.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
BatchFlag = Annotated[Path | None, typer.Option("--batch", help="A JSONL file: one question a line.")]


def read_settings(**flags: Any) -> "Settings":
    """The settings with what the command line says."""
    from rag.settings import load_settings

    return load_settings(flags)[0]


def open_assistant(**flags: Any) -> "Assistant":
    """An assistant with these settings."""
    from rag.assistant import Assistant

    return Assistant(read_settings(**flags))


def to_json(value: Any) -> str:
    """One line of JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()  # half a surrogate is no text


def complain(message: str) -> None:
    """One line on stderr, with the program's name."""
    tell(f"rapporteur: {' '.join(message.split())}")


def tell(line: str) -> None:
    """One line on stderr."""
    print(line, file=sys.stderr, flush=True)


def run_batch(path: Path, one: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Print one JSON line for each line of the file that is not blank; 2 if any of them was bad, else 0."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BatchError("batch-unreadable", path=str(path), reason=error.strerror) from error
    bad = 0
    for n, raw in enumerate(lines, 1):
        line: Any = None
        try:
            if raw.strip():
                line = _parse(raw)
                print(to_json(one(_check(line))), flush=True)
            continue
        except RagError as problem:
            said = str(problem)
        except Exception as bug:  # a thousand lines may be waiting: a bug that one meets costs no other its answer
            said = _tell_bug(bug)
        bad += 1
        given = line.get("id") if isinstance(line, dict) else None
        print(to_json({"id": given, "line": n, "error": said}), flush=True)
        complain(f"{path} line {n}: {said}")
    return 2 if bad else 0


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BatchError("line-not-json", reason=str(error)) from error


def _check(line: Any) -> dict[str, Any]:
    """A line that holds a question, and turns where it holds a history."""
    if not isinstance(line, dict):
        raise BatchError("line-no-object")
    if not isinstance(line.get("question"), str):
        raise BatchError("line-no-question")
    history = line.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, dict) and "question" in turn for turn in history):
        raise BatchError("line-bad-history")
    return line


def _tell_bug(bug: Exception) -> str:
    """A bug with its place, so that it is not hidden."""
    *_, (frame, at) = traceback.walk_tb(bug.__traceback__)
    place = f"{Path(frame.f_code.co_filename).name} line {at}"
    said = " ".join(str(bug).split())
    return f"unforeseen {type(bug).__name__} in {place} ({said}). Ask it alone to see the whole trace"


def read_history(line: dict[str, Any]) -> list[Turn]:
    """The turns before the question of a line, oldest first."""
    return [Turn(str(turn["question"]), str(turn.get("answer", ""))) for turn in line.get("history") or []]


def run_to_end(work: "Generator[News, None, Any]") -> Any:
    """What the work returns, its news told as other commands tell theirs."""
    with Progress() as progress:
        while True:
            try:
                news = next(work)
            except StopIteration as end:
                return end.value
            progress(news.what, news.done, news.of)


class Progress:
    """Rich progress bars with the time left on a terminal, a line for each stage elsewhere; on stderr."""

    def __init__(self, in_bytes: bool = False) -> None:
        self._in_bytes = in_bytes

    def __enter__(self) -> Callable[[str, int, int], None]:
        from rich import progress as bars
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        if console.is_terminal:
            columns = [TextColumn("{task.description}"), BarColumn(), *([DownloadColumn()] if self._in_bytes else [])]
            self._bars = bars.Progress(*columns, TimeRemainingColumn(), console=console)
            self._bars.start()
        return self._tell

    def _tell(self, what: str, done: int, of: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=of) if self._bars else None
            if not self._bars:
                tell(f"{what} …")
        if self._bars:
            self._bars.update(self._tasks[what], completed=done, total=of)

    def __exit__(self, *error: object) -> None:
        if self._bars is not None:
            self._bars.stop()
