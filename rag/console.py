"""What the command line reads and prints: JSON, one line an error, progress, and files of questions."""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import BatchError, RagError

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.own.limited import News


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
    """Print one JSON line for each line of the file; 2 if any of them was bad, else 0."""
    bad = 0
    for n, line, error in _batch_lines(path):
        if line is not None and error is None:
            answered, error = _one_line(line, one)
            if answered is not None:
                print(to_json(answered), flush=True)
                continue
        bad += 1
        given = line.get("id") if line else None
        print(to_json({"id": given, "line": n, "error": error}), flush=True)
        complain(f"{path} line {n}: {error}")
    return 2 if bad else 0


def _one_line(
    line: dict[str, Any], one: Callable[[dict[str, Any]], dict[str, Any]]
) -> tuple[dict[str, Any] | None, str | None]:
    """What a line is answered with, or what is wrong: a bug that one question meets costs no other its answer."""
    try:
        return one(line), None
    except RagError as problem:
        return None, str(problem)
    except Exception as bug:  # a thousand lines may be waiting; told with its place, so that it is not hidden
        *_, (frame, at) = traceback.walk_tb(bug.__traceback__)
        place = f"{Path(frame.f_code.co_filename).name} line {at}"
        said = " ".join(str(bug).split())
        return None, f"unforeseen {type(bug).__name__} in {place} ({said}). Ask it alone to see the whole trace"


def _batch_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None, str | None]]:
    """Each line that is not blank: its number, and the object it holds or what is wrong with it."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BatchError("batch-unreadable", path=str(path), reason=error.strerror) from error
    for n, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            yield n, None, f"not JSON in UTF-8 ({error})"
            continue
        yield n, line if isinstance(line, dict) else None, _wrong_with(line)


def _wrong_with(line: Any) -> str | None:
    if not isinstance(line, dict):
        return "not a JSON object"
    if not isinstance(line.get("question"), str):
        return 'no "question" with a text'
    history = line.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, dict) and "question" in turn for turn in history):
        return '"history" is not a list of {"question", "answer"}'
    return None


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
        if self._bars is not None:
            task = self._tasks.setdefault(what, None) or self._bars.add_task(what, total=of)
            self._tasks[what] = task
            self._bars.update(task, completed=done, total=of)
        elif what not in self._tasks:
            self._tasks[what] = True
            print(f"{what} …", file=sys.stderr, flush=True)

    def __exit__(self, *error: object) -> None:
        if self._bars is not None:
            self._bars.stop()
