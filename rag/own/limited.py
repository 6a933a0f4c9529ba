"""Run one of our jobs in a process of its own, held to a time, a processor and a memory limit.

What a stranger's file makes of a parser stays in that process. It knows nothing of reports: `rag.own.jobs` is what
runs in the child, one JSON object on its standard input, one a line on its standard output.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from rag import errors

TICK = 0.5  # seconds between two signs of life
MOST_SAID = 32_000_000  # bytes a child may say: a preview is some kilobytes
BLOCK = 65_536  # bytes, a pipe's
SIGNALLED_CPU = (-signal.SIGXCPU, 128 + signal.SIGXCPU)
NICE = 5  # below the page's own work: questions stay quick while a report is read

Why = Literal["time", "memory", "crash"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may take; 0 is no limit."""

    seconds: float = 0  # by the clock
    cpu_seconds: int = 0
    memory: int = 0  # bytes of address space
    file_size: int = 0  # bytes of any file it writes


@dataclass(frozen=True, slots=True)
class News:
    """A sign of life: what is being done, how much of it, of how much (0: unknown), and for how long by now."""

    what: str
    done: int
    of: int
    seconds: float


class Stopped(Exception):  # not an error of the caller's: `why` decides what is made of it
    """A job that was stopped at a limit, or ended without an answer."""

    def __init__(self, why: Why) -> None:
        """Stopped by the clock or the processor's ("time"), for want of memory, or by itself ("crash")."""
        super().__init__(why)
        self.why = why


def run(job: str, given: Mapping[str, Any], limits: Limits) -> Generator[News, None, Any]:
    """What a job of `rag.own.jobs` says while it works; returns its answer. Closing the generator kills the job.

    Raises the job's own RagError, and Stopped where it has none.
    """
    started = monotonic()
    child = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-P", "-m", "rag.own.jobs", job],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,  # so that what it starts goes with it
    )
    assert child.stdin is not None  # noqa: S101  # both were asked for
    assert child.stdout is not None  # noqa: S101
    try:
        with suppress(BrokenPipeError):  # it ended before it listened: its exit code tells
            child.stdin.write(json.dumps({"limits": asdict(limits), "given": dict(given)}).encode())
            child.stdin.close()
        return (yield from _listen(child, child.stdout.fileno(), limits, started))
    finally:
        with suppress(ProcessLookupError):  # it has ended, and left nobody behind
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with suppress(BrokenPipeError):
            child.stdin.close()


def _listen(
    child: "subprocess.Popen[bytes]", channel: int, limits: Limits, started: float
) -> Generator[News, None, Any]:
    """The child's news as it comes, with a repetition every TICK; its answer at the end."""
    heard, said = b"", 0
    what, done, of = "start", 0, 0
    while True:
        taken = monotonic() - started
        if limits.seconds and taken > limits.seconds:
            raise Stopped("time")
        patience = min(TICK, limits.seconds - taken) if limits.seconds else TICK
        if not select.select([channel], [], [], patience)[0]:
            yield News(what, done, of, monotonic() - started)
            continue
        block = os.read(channel, BLOCK)
        said += len(block)
        if said > MOST_SAID:
            raise Stopped("memory")
        *lines, heard = (heard + block).split(b"\n")
        for line in lines:
            kind, told = json.loads(line)
            if kind == "answer":
                return told
            if kind == "error":
                raise _error(*told)
            if kind == "stopped":
                raise Stopped(told)
            what, done, of = told
            yield News(what, done, of, monotonic() - started)
        if not block:
            raise Stopped("time" if child.wait() in SIGNALLED_CPU else "crash")


def _error(name: str, key: str, values: Mapping[str, Any]) -> errors.RagError:
    """The RagError of that name; only those of `rag.errors` are taken at their word."""
    named = getattr(errors, name, None)
    kind = named if isinstance(named, type) and issubclass(named, errors.RagError) else errors.RagError
    return kind(key, **values)


def _environment() -> dict[str, str]:
    """Ours, with this package to be found, and with no thread pools that would reserve address space."""
    found = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": found, "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1", "OPENBLAS_NUM_THREADS": "1"}
