"""What runs in a limited child process: reading a report that somebody gave us, and indexing.

Started by `rag.own.limited` as `python -m rag.own.jobs JOB`. The limits are set before anything else is imported.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.own.limited import NICE, Limits

Say = Callable[[str, Any], None]


def restrict(limits: Limits) -> None:
    """Hold this process to the limits, for good."""
    os.nice(NICE)
    for what, value in (resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_FSIZE, limits.file_size):
        if value:
            resource.setrlimit(what, (value, value))
    if limits.cpu_seconds:  # the signal first, which tells why; a second later the kernel ends it
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no copy of the report behind


def read(given: Mapping[str, Any], say: Say) -> Any:
    """What is recognised in the report file at `path`."""
    from rag.own.recognising import recognise

    return recognise(Path(given["path"]))


def index(given: Mapping[str, Any], say: Say) -> Any:
    """Index what is there without the report `without`, and with the file `file` of the own reports."""
    from rag.own.library import reindex
    from rag.settings import load_settings

    settings, _ = load_settings(given["settings"], {})
    return reindex(settings, given["file"], given["without"], lambda *news: say("news", news))


JOBS: Mapping[str, Callable[[Mapping[str, Any], Say], Any]] = {"read": read, "index": index}


def main() -> None:
    """Do one job."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer of ours

    def say(kind: str, told: Any) -> None:
        channel.write(json.dumps([kind, told]) + "\n")
        channel.flush()

    asked = json.loads(sys.stdin.buffer.read())
    restrict(Limits(**asked["limits"]))
    try:
        say("answer", JOBS[sys.argv[1]](asked["given"], say))
    except RagError as error:
        if isinstance(error.__cause__, MemoryError):  # not the file's damage, as its reader took it for
            say("stopped", "memory")
        else:
            say("error", [type(error).__name__, str(error)])
    except MemoryError:
        say("stopped", "memory")


if __name__ == "__main__":
    main()
