"""Builds an index again and again, killed at every step on disk and at random moments; prints what readers then see.

Run as a program by test_index_generations: a fresh process may fork safely. Prints one JSON object a line.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from made_index import FERRIES, FakeEmbedder, ferry_paragraphs, indexed

from rag.errors import IndexProblem
from rag.index import open_index
from rag.index.generations import verify
from rag.lexicon import Lexicon

LEXICON = Lexicon([], dict)
OLD = ferry_paragraphs()
NEW = [(FERRIES, OLD[0][1][:2])]
RANDOM_KILLS = 12


def build(reports: list, folder: Path) -> None:
    indexed(reports, folder, FakeEmbedder(), LEXICON)


def seen(folder: Path) -> dict:
    """What a reader gets: the generation and the paragraphs nearest to a text, or the problem."""
    try:
        index = open_index(folder)
        verify(index.folder, index.manifest)
        like = FakeEmbedder().embed_query("Ferries sank in 2033; 318 people died.")
        nearest = [index.store.views[place] for place in np.argsort(-index.store.scores(like))[:3]]
        scores = index.legs["en", "own"].scores(["crew"]).tolist()
        return {"index": index.name, "results": [[view.id for view in nearest], scores]}
    except IndexProblem as problem:
        return {"problem": str(problem)}


def in_child(work: Callable[[], object]) -> int:
    """The process id of a child that does the work and says its result on stdout."""
    child = os.fork()
    if child:
        return child
    try:
        result = work()
        if result is not None:
            print(json.dumps(result), flush=True)
    finally:
        os._exit(0)


def killed_at(step: int, reports: list, folder: Path) -> None:
    """Build, and die just before the given step that touches the index folder."""
    count = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        touches = event in {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}
        if touches and str(folder) in " ".join(map(str, arguments[:2])):
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    sys.addaudithook(hook)
    build(reports, folder)


def say(**about: object) -> None:
    print(json.dumps(about), flush=True)


def main(folder: Path) -> None:
    os.fsync = lambda handle: None  # a killed process loses nothing that it wrote; only a power cut would
    build(OLD, folder / "warm")  # imports and dictionaries, once for all children
    seen(folder / "warm")
    for name, reports in (("old", OLD), ("new", NEW)):
        os.waitpid(in_child(lambda: build(reports, folder / name)), 0)  # noqa: B023 - waited for
        say(clean=name)
        os.waitpid(in_child(lambda: seen(folder / name)), 0)  # noqa: B023
    target = folder / "target"
    os.waitpid(in_child(lambda: build(OLD, target)), 0)
    step, survived = 0, False
    turn = [NEW, OLD]
    while not survived:
        reports = turn[step % 2]
        _, status = os.waitpid(in_child(lambda: killed_at(step, reports, target)), 0)  # noqa: B023
        survived = not os.WIFSIGNALED(status)
        say(killed_at=step, left=len(list(target.glob(".building-*"))))
        os.waitpid(in_child(lambda: seen(target)), 0)
        step += 1
    chance = random.Random(7)
    for n in range(RANDOM_KILLS):
        child = in_child(lambda: build(turn[n % 2], target))  # noqa: B023
        time.sleep(chance.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        say(killed_at="random")
        os.waitpid(in_child(lambda: seen(target)), 0)
    writers = [in_child(lambda: build(reports, target)) for reports in (OLD, NEW, OLD, NEW)]  # noqa: B023
    for writer in writers:
        os.waitpid(writer, 0)
    say(killed_at="never", left=len(list(target.glob(".building-*"))))
    os.waitpid(in_child(lambda: seen(target)), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
