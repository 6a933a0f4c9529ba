"""A job in a child process is held to its limits, and what it says arrives whole."""

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ReportError
from rag.own import limited
from rag.own.limited import Limits, Stopped, run

JOBS = {  # what the child does in place of a job of ours
    "says": "say('news', ['reading', 1, 2]); say('answer', given)",
    "fails": "raise ReportError('own-time', file='坏了.pdf', seconds=2.5)",
    "leaks": "say('error', ['SystemExit', 'x', {}])",
    "imports": "say('error', ['Mapping', 'x', {}])",
    "sleeps": "import time; time.sleep(60)",
    "spins": "\nwhile True: pass",
    "hoards": "x = bytearray(1 << 31)",
    "dies": "import os; os._exit(3)",
    "prints": "print('noise', flush=True); say('answer', 'heard')",
    "writes": "open(given['path'], 'wb').write(bytes(1 << 22))",
    "babbles": "\nwhile True: say('news', ['x' * 100000, 0, 0])",
}


@pytest.fixture(autouse=True)
def _made_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package `rag.own.jobs` with those jobs, found before the real one by the child alone."""
    source = "import sys\nimport rag.own.jobs as ours\nfrom rag.errors import ReportError\n"
    for name, body in JOBS.items():
        source += f"def {name}(given, say):\n    {body.replace(chr(10), chr(10) + '    ')}\nours_{name} = {name}\n"
    source += f"ours.JOBS = {{name: globals()[name] for name in {list(JOBS)!r}}}\nours.main()\n"
    (tmp_path / "made_jobs.py").write_text(source, encoding="utf-8")
    started = limited.subprocess.Popen

    def start(command: list[str], **how: Any) -> Any:
        how["env"]["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{how['env']['PYTHONPATH']}"
        return started([sys.executable, "-P", "-m", "made_jobs", command[-1]], **how)

    monkeypatch.setattr(limited.subprocess, "Popen", start)


def result_of(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    news = []
    while True:
        try:
            news.append(next(work))
        except StopIteration as end:
            return news, end.value


def test_news_and_the_answer_arrive_and_what_is_printed_does_not_disturb_them() -> None:
    news, answer = result_of(run("says", {"名": "报告"}, Limits()))
    assert [(each.what, each.done, each.of) for each in news if each.what != "start"] == [("reading", 1, 2)]
    assert answer == {"名": "报告"}
    assert result_of(run("prints", {}, Limits()))[1] == "heard"


def test_its_errors_are_ours_and_nothing_else_is_made_of_their_names() -> None:
    with pytest.raises(ReportError, match=r"坏了\.pdf: took longer to read than 2\.5 s") as failed:
        result_of(run("fails", {}, Limits()))
    assert failed.value.told("zh") == "坏了.pdf：读取超过 2.5 秒，已停止；请拆成几份，或另存为纯文本。"
    for job in ("leaks", "imports"):
        with pytest.raises(Exception, match="x") as caught:
            result_of(run(job, {}, Limits()))
        assert type(caught.value).__name__ == "RagError"


@pytest.mark.parametrize(
    ("job", "limits", "why"),
    [
        pytest.param("sleeps", Limits(seconds=0.3), "time", id="clock"),
        pytest.param("spins", Limits(cpu_seconds=1), "time", id="processor"),
        pytest.param("hoards", Limits(memory=1 << 30), "memory", id="memory"),
        pytest.param("dies", Limits(), "crash", id="crash"),
    ],
)
def test_a_job_over_its_limit_is_stopped_and_says_why(job: str, limits: Limits, why: str) -> None:
    with pytest.raises(Stopped) as stopped:
        result_of(run(job, {}, limits))
    assert stopped.value.why == why


def test_no_file_grows_beyond_the_limit(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        result_of(run("writes", {"path": str(tmp_path / "large")}, Limits(file_size=1 << 20)))
    assert (tmp_path / "large").stat().st_size <= 1 << 20


def test_a_job_that_says_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "MOST_SAID", 1_000_000)
    with pytest.raises(Stopped) as stopped:
        result_of(run("babbles", {}, Limits()))
    assert stopped.value.why == "memory"


def test_a_reader_who_leaves_takes_the_job_along(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    start = limited.subprocess.Popen
    monkeypatch.setattr(limited.subprocess, "Popen", lambda *a, **k: started.append(start(*a, **k)) or started[-1])
    work = run("sleeps", {}, Limits())
    next(work)
    begun = time.monotonic()
    work.close()
    assert started[0].returncode == -9
    assert time.monotonic() - begun < 5
