"""From pairs to weights in one command: `python -m rag.training --corpus DIR --out FILE`."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from rag.embedding import VOCABULARY, FloatMatrix, assemble, base_folder, from_dictionary
from rag.errors import RagError
from rag.lexicon import read_glossary
from rag.text import language
from rag.training.batches import PAIRS, Sampler
from rag.training.figures import NEWS, Remembering, Task, figures, question_task, seed_tasks, shown, translation_task
from rag.training.packing import write_rows
from rag.training.pairs import PairsError, glossary_pairs, read_corpus, read_pairs, triples_of
from rag.training.start import fitted_rows
from rag.training.student import Student
from rag.training.trainer import Pace, Recipe, train

QUICK = 100  # paragraphs of the encyclopaedia, and five times as many news items, in a measurement while training runs


def main(
    corpus: Annotated[Path, typer.Option(help="Folder of TSV files (zh, en) and JSONL files (question, paragraph).")],
    out: Annotated[Path, typer.Option(help="The weights file to write; checkpoints go to OUT.checkpoint.")],
    pairs: Annotated[int, typer.Option(help="How many pairs are seen.")] = 200_000,
    words: Annotated[int, typer.Option(help="How many Chinese words are added.")] = VOCABULARY,
    batch: Annotated[int, typer.Option(help="Pairs learnt from at once; fewer need less memory.")] = PAIRS,
    seed: Annotated[int, typer.Option(help="Decides every choice made by chance.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    stop_at: Annotated[str | None, typer.Option(help="HH:MM by which training has ended, its rate at zero.")] = None,
    measure_every: Annotated[float, typer.Option(help="Minutes between measurements.")] = 5.0,
    seeds: Annotated[Path, typer.Option(help="Folder of reports with renderings, measured on.")] = Path("seeds"),
    questions: Annotated[Path, typer.Option(help="Questions file; its dev half is measured on.")] = Path(
        "eval/questions.jsonl"
    ),
) -> None:
    """Train the Chinese rows of the built-in embedder; run again after an interruption, it goes on where it was."""
    material = read_corpus(corpus)
    sources = material.pairs | {"glossary": glossary_pairs(read_glossary())}
    fitting = Sampler(sources, [], seed, batch)
    sampler = Sampler(sources, triples_of(material.triples, "train"), seed + 1, batch)  # not first what was fitted
    recipe = Recipe(sampler.steps(pairs), seed)
    _say(f"{sum(map(len, sources.values())):,} pairs of {len(sources)} sources, {recipe.steps} steps")
    start = out.with_name(out.name + ".start")
    student = _student(start, words, device)
    tasks = [question_task(material.triples, QUICK)] if material.triples else []
    tasks += [translation_task(read_pairs(corpus / NEWS), 5 * QUICK)] if (corpus / NEWS).is_file() else []
    tasks += seed_tasks(seeds, questions) if seeds.is_dir() and questions.is_file() else []
    measure = _measurement(student, [replace(task, by_sentence=False) for task in tasks])
    checkpoint = out.with_name(out.name + ".checkpoint")
    if not checkpoint.is_file():
        student.start_from(fitted_rows(fitting.first_pairs(pairs), student.tokenizer, student.table(), student.ids))
        _say(f"fitted: {measure()}")
    pace = Pace(_deadline(stop_at) if stop_at else None, measure_every=60 * measure_every)
    steps = train(student, sampler, recipe, checkpoint, pace, measure, _say)
    _say(f"trained: {measure()}")
    about = {"steps": steps, "planned": recipe.steps, "seed": seed, "batch": batch}
    write_rows(out, student.words, student.trained(), about)
    _say(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)")


def _student(folder: Path, size: int, device: str) -> Student:
    """The model training starts from, assembled in a folder from the base and the dictionary."""
    base = base_folder()
    words, rows = from_dictionary(base, size)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    assemble(base, words, rows, folder)
    return Student(folder, words, device)


def _measurement(student: Student, tasks: Sequence[Task]) -> Callable[[], str]:
    """A function that says how well the student does now; English, whose vectors never change, is read once."""
    english = Remembering(student.vectors)

    def measure() -> str:
        chinese = Remembering(student.vectors)

        def encode(texts: Sequence[str]) -> FloatMatrix:
            return (english if all(language(text) == "en" for text in texts) else chinese)(texts)

        return " | ".join(shown(task, figures(task, encode)) for task in tasks)

    return measure


def _deadline(written: str) -> float:
    """The next time the clock shows HH:MM."""
    try:
        hour, minute = map(int, written.split(":"))
        at = datetime.now().replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError as error:
        raise PairsError(f"{written!r} is no time of day; give --stop-at as HH:MM") from error
    return (at if at > datetime.now() else at + timedelta(days=1)).timestamp()


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


def run(command: Callable[..., None] = main) -> None:
    """A command, a RagError being one line on stderr and exit code 2."""
    try:
        typer.run(command)
    except RagError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
