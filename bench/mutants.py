"""Slips made on purpose that the tests must notice: `python -m bench.mutants [--from N] [--to N]`.

Each slip changes one fragment of a file in a copy of the working tree, where the fast tests of that file are run; one
that passes them has survived. Two run at a time.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
AT_ONCE = 2
LONGEST = 180  # seconds of one run; a slip that takes longer, in an endless loop, is noticed too
PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider")
PASSED, FAILED = 0, 1  # pytest's exit codes; any other means that no test was run

# File → the tests that should notice, without those that read the seed reports or meet a real model.
TESTS: dict[str, tuple[str, ...]] = {
    "rag/question.py": ("tests/test_question.py",),
    "rag/answering/quote.py": ("tests/answering/test_quote.py",),
    "rag/answering/weighing.py": ("tests/answering/test_weighing.py",),
    "rag/answering/spans.py": ("tests/answering/test_spans.py",),
    "rag/answering/compose.py": ("tests/answering/test_compose.py",),
    "rag/answering/retrieve.py": (
        "tests/answering/test_retrieve.py",
        "-k",
        "fus or leg or squash or stands_around or names_year or for_no_report or each_part or misspelt or reranker",
    ),
    "rag/answering/judge.py": ("tests/answering/test_judge.py",),
    "rag/answering/names.py": ("tests/answering/test_judge.py",),
    "rag/answering/prompt.py": ("tests/answering/test_prompt.py",),
    "rag/answering/spelling.py": ("tests/answering/test_spelling.py",),
    "rag/answering/write.py": ("tests/test_assistant.py", "-k", "model and not random or rewrit or statement"),
}


class Mutant(NamedTuple):
    """A slip: what stands once in a file, and what stands there instead."""

    file: str
    fragment: str
    instead: str


MUTANTS: Sequence[Mutant] = tuple(
    Mutant(f"rag/{file}.py", fragment, instead)
    for file, fragment, instead in (
        # what a question asks
        ("question", "if len(cleaned) > limit:", "if len(cleaned) >= limit:"),
        ("question", "if not history or not _leans(question):", "if not history:"),
        ("question", "before = history[-1].question", "before = history[0].question"),
        ("question", "len(set(earlier)) == 1", "len(set(earlier)) >= 1"),
        ("question", "return NUMBERED_PLACE.sub(places[0], before)", "return before"),
        ("question", "SHORT if chinese else 2 * SHORT", "2 * SHORT"),
        ("question", "return several if len(several) > 1 else []", "return []"),
        ("question", "Asks(tuple(filter(None, kinds)), figure,", "Asks(tuple(filter(None, kinds)), bool(kinds),"),
        ("question", "self.corrections.get(match.group(), match.group())", "match.group()"),
        # where it is looked for
        ("answering/retrieve", "if of_parts:", "if False:"),
        ("answering/retrieve", "self.weights.part * np.max(", "self.weights.part * np.min("),
        ("answering/retrieve", "corrections=self.speller.corrections(question.text)", "corrections={}"),
        ("answering/retrieve", "(filters.renderings or kind != RENDERING)", "True"),
        ("answering/retrieve", "[:RERANKED]", "[:1]"),
        ("answering/retrieve", "if each.date[:4] in years or self._asks_for", "if self._asks_for"),
        ("answering/retrieve", "fused.min() - 1.0", "0.0"),
        ("answering/spelling", 'language(question) != "en" or', ""),
        ("answering/spelling", '_AS_TYPED.sub(" ", question)', "question"),
        ("answering/spelling", "other[0] == written[0], ", ""),
        # whether it is answered
        ("answering/judge", "for part in question.parts or [question.text]", "for part in [question.text]"),
        ("answering/judge", "if question.asks.compare:", "if False:"),
        ("answering/judge", "share * part.kind(each) if share", "share if share"),
        ("answering/judge", "if probability >= model[\"sure\"]:", "if True:"),
        ("answering/judge", "(about, \"says\")", "(\"says\",)"),
        ("answering/judge", "else ELSEWHERE", "else 1.0"),
        ("answering/judge", "[:MISSING]", "[:9]"),
        ("answering/names", "any(not (of := _language_of_form(form)) or of in self.languages", "any(True"),
        ("answering/names", "_names_nothing(word)\n", "False\n"),
        ("answering/names", "found[form if short else key] = ", "found[key] = "),
        # what is quoted
        ("answering/weighing", ' if hit.paragraph.part != "front"', ""),
        ("answering/weighing", "if wants_footnote and sentence.place >= 0:", "if False:"),
        ("answering/weighing", "each.value not in question.known for each", "True for each"),
        ("answering/weighing", 'f"n{-place}"', '"n1"'),
        ("answering/weighing", "(self.whole + part) / 2", "part"),
        ("answering/quote", "1 / ranks[paragraph.id] + ", ""),
        ("answering/quote", "if claim >= 0:", "if False:"),
        ("answering/quote", "min(own - best, 0.0)", "0.0"),
        ("answering/quote", "weights.quotes_of_parts if len(question.parts) > 1 else weights.quotes", "weights.quotes"),
        ("answering/quote", "(most - len(chosen)) // ", "most // "),
        ("answering/quote", "SOURCE if pattern", "1.0 if pattern"),
        ("answering/quote", "if listed := _list_of(best, question.asks.list):", "if listed := _list_of(best, False):"),
        ("answering/quote", "_join([*chosen, complete(sentence)])", "_join([*chosen, sentence])"),
        ("answering/quote", "whole_end - whole_start <= WHOLE_SENTENCE", "whole_end - whole_start < WHOLE_SENTENCE"),
        ("answering/quote", "line_start + before[-1][0] if before", "line_start if before"),
        ("answering/quote", 'listed[: listed.rfind("\\n")]', "listed"),
        ("answering/quote", "end = max(last.end, sentence.end)", "end = sentence.end"),
        ("answering/spans", "len(slices) == 1 else None", "slices else None"),
        ("answering/spans", "or coverage(text) < COVERED[kinds[0]]", ""),
        ("answering/spans", "not _ASKS_MORE.search(asked)", "True"),
        ("answering/spans", "len(best.text) <= MOST * len(quotation.text)", "True"),
        # how it is told
        ("answering/compose", '.date or "9999"', ".date"),
        ("answering/compose", "if n > LOOKED_UP:", "if n >= LOOKED_UP:"),
        ("answering/compose", "several and not paragraph.is_row", "several"),
        ("answering/compose", '"any-of-in-full" if asked.ambiguous else ', ""),
        ("answering/compose", "markers.setdefault(sentence.paragraph.id,", "markers.setdefault(sentence.text,"),
        ("answering/compose", "if first is None or answer.abstained:", "if first is None:"),
        ("answering/compose", "answer.citations[:made]", "answer.citations"),
        # what a model reads and writes
        ("answering/prompt", "hits[:passages]", "hits"),
        ("answering/prompt", "context - output - fixed", "context - fixed"),
        ("answering/prompt", "said = harmless(", "said = (lambda text, _: text)("),
        ("answering/write", "if not (checked.verified or checked.unsure):", "if False:"),
        ("answering/write", "if keeps and fits and written", "if fits and written"),
    )
)  # fmt: skip


def main() -> None:
    """Tell of each slip whether it was noticed; SystemExit where one cannot be made or the tests fail without any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="N", help="the first slip, from 1")
    parser.add_argument("--to", type=int, default=len(MUTANTS), dest="last", metavar="N", help="the last one")
    options = parser.parse_args()
    chosen = list(enumerate(MUTANTS, 1))[options.first - 1 : options.last]
    for _, mutant in chosen:
        check(mutant, (ROOT / mutant.file).read_text(encoding="utf-8"))
    started = perf_counter()
    with TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(AT_ONCE):
            trees.put(copy_tree(Path(folder) / str(n)))
        for code, output in pool.map(lambda tests: run(tests, trees), {TESTS[mutant.file] for _, mutant in chosen}):
            if code != PASSED:
                raise SystemExit(f"The tests fail without any slip:\n{output}")
        survived = sum(pool.map(lambda each: survives(*each, trees), chosen))
    print(f"{survived} of {len(chosen)} survived; {perf_counter() - started:.0f} s")


def check(mutant: Mutant, text: str) -> None:
    """SystemExit where the fragment does not stand exactly once in its file."""
    if (times := text.count(mutant.fragment)) != 1:
        raise SystemExit(f"{mutant.file} has {times} times, not once: {mutant.fragment}")


def copy_tree(folder: Path) -> Path:
    """A copy of the working tree: what git tracks, as it stands."""
    listing = (shutil.which("git") or "git", "ls-files", "-z")
    tracked = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def survives(n: int, mutant: Mutant, trees: "SimpleQueue[Path]") -> bool:
    """Whether the tests pass with a slip."""
    started = perf_counter()
    code, output = run(TESTS[mutant.file], trees, mutant)
    if code not in (PASSED, FAILED):
        raise SystemExit(f"{mutant.file} does not run with: {mutant.instead}\n{output}")
    told = "SURVIVED" if code == PASSED else "noticed"
    print(f"{n:2} {told:8} {perf_counter() - started:5.1f} s  {mutant.file}: {mutant.fragment}", flush=True)
    return code == PASSED


def run(tests: Iterable[str], trees: "SimpleQueue[Path]", mutant: Mutant | None = None) -> tuple[int, str]:
    """Pytest's exit code and what it said last, in a tree that is free, with a slip for as long as the tests run."""
    tree = trees.get()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # two slips may have one length and one second
    try:
        with changed(tree, mutant) if mutant else nullcontext():
            done = subprocess.run(
                (*PYTEST, *tests), cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST
            )
    except subprocess.TimeoutExpired:
        return FAILED, ""
    finally:
        trees.put(tree)
    return done.returncode, done.stdout[-2000:]


@contextmanager
def changed(tree: Path, mutant: Mutant) -> Iterator[None]:
    """A slip made, and mended behind."""
    file = tree / mutant.file
    text = file.read_text(encoding="utf-8")
    check(mutant, text)
    file.write_text(text.replace(mutant.fragment, mutant.instead), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
