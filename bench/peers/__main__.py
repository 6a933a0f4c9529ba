"""`python -m bench.peers`: the usual ways beside ours, from their own environments to a table.

    python -m bench.peers --split dev --limit 40 --out peers-run       a quick try
    python -m bench.peers --split test --out bench/peers/results/NAME   the whole table

Each peer's environment is made under bench/peers/.venvs/ from bench/peers/requirements/ when it is first needed (some
500 MB each). What each retrieved is kept as lines that `python -m eval score` takes.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, Any

import typer

from bench.peers import materials, table
from bench.peers.overlap import Shelf
from eval import runs
from eval.scoring import Library, Scored, score
from rag.errors import RagError
from rag.index import Index, open_index
from rag.models.catalogue import folder_of
from rag.question import stand_alone
from rag.settings import Settings, load_settings

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PIPELINES = {
    "langchain": "langchain_tutorial.py",
    "llamaindex": "llamaindex_defaults.py",
    "haystack": "haystack_hybrid.py",
    "txtai": "txtai_hybrid.py",
}
DEPTH = 10
FIRST = 5  # what all_evidence@5 looks at

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    out: Annotated[Path, typer.Option("--out", help="The folder for runs, lines and the table.")],
    split: Annotated[str, typer.Option("--split", help="dev, test or all.")] = "dev",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many questions.")] = None,
    peer: Annotated[list[str] | None, typer.Option("--peer", help="Only this one (repeatable).")] = None,
    as_received: Annotated[bool, typer.Option("--as-received", help="Give them the files, not cleaned texts.")] = False,
    index: Annotated[Path | None, typer.Option("--index", help="The index folder.")] = None,
) -> None:
    """Ask ours and each peer the same questions, with and without renderings, and write table.md and table.json."""
    settings = load_settings({"index": index})[0]
    wanted = peer or list(PIPELINES)
    for name in set(wanted) - set(PIPELINES):
        raise typer.BadParameter(f"no peer {name!r}; peers are: {', '.join(PIPELINES)}")
    systems: list[table.System] = []
    out = out.absolute()
    for renderings in (True, False):
        folder = out / ("with-renderings" if renderings else "without-renderings")
        ours = _ours(folder / "ours", split, limit, renderings, settings)
        opened = open_index(settings.index)
        library = Library(opened.reports, opened.paragraphs)
        systems.append(table.System(table.OURS, renderings, score(ours, library), _read_of_ours(ours, library)))
        texts = (materials.received if as_received else materials.cleaned)(
            opened.reports, opened.paragraphs, renderings
        )
        job = _job(folder / "job.json", ours, texts, settings)
        for name in wanted:
            systems += _peer(name, job, ours, texts, library, renderings)
    found = table.rows(systems)
    about = _about(ours, opened, split, as_received)
    (out / "table.md").write_text(table.markdown(systems, found, about), encoding="utf-8")
    (out / "table.json").write_text(json.dumps(table.as_json(systems, found), indent=1) + "\n", encoding="utf-8")
    typer.echo((out / "table.md").read_text("utf-8"))


def _ours(folder: Path, split: str, limit: int | None, renderings: bool, settings: Settings) -> runs.Run:
    """Our run over the questions, by `python -m eval run`: the test half is read there and nowhere else."""
    command = [sys.executable, "-m", "eval", "run", "--out", str(folder), "--index", str(settings.index)]
    if (folder / runs.CONFIG).is_file():
        command.append("--resume")
    else:
        command += ["--split", split, *(["--limit", str(limit)] if limit else [])]
        command += [] if renderings else ["--no-renderings"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return runs.read_run(folder)


def _job(path: Path, ours: runs.Run, texts: Sequence[materials.Text], settings: Settings) -> Path:
    """What a pipeline reads. A follow-up is asked as our rules put it, which spares a peer a model to rewrite it."""
    model = folder_of(settings.embedder, settings.cache)
    questions = [{"id": each.id, "text": stand_alone(each.text, each.history)} for each in ours.questions]
    told = [{"name": text.name, "text": text.text} for text in texts]
    job = {"model": str(model), "texts": told, "questions": questions, "depth": DEPTH}
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    return path


def _peer(
    name: str, job: Path, ours: runs.Run, texts: Sequence[materials.Text], library: Library, renderings: bool
) -> list[table.System]:
    """A peer's systems, run in its environment, their lines kept and scored."""
    answered = job.with_name(f"{name}.json")
    if not answered.is_file():
        started = perf_counter()
        script = HERE / "pipelines" / PIPELINES[name]
        python = _python(name)
        subprocess.run([python, str(script.resolve()), str(job.resolve()), str(answered.resolve())], check=True)
        typer.echo(
            f"{name}, {'with' if renderings else 'without'} renderings: {perf_counter() - started:.0f} s", err=True
        )
    shelf = Shelf(texts)
    systems = []
    for system, said in json.loads(answered.read_text("utf-8")).items():
        held = shelf.held(said["chunks"])
        lengths = [len(chunk["text"]) for chunk in said["chunks"]]
        lines = {each.id: line(each.id, each.text, said["ranked"][each.id], held) for each in ours.questions}
        _keep(job.with_name(f"{system}.jsonl"), lines.values())
        scored = _scored(ours, lines, library)
        read = median(sum(lengths[n] for n in ranked[:FIRST]) for ranked in said["ranked"].values())
        systems.append(table.System(system, renderings, scored, read))
    return systems


def line(name: str, question: str, ranked: Sequence[int], held: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What a system retrieved as a line of `ask --json` that says nothing; hits of one chunk share its rank."""
    hits = [{"rank": n, "paragraph": each} for n, chunk in enumerate(ranked, 1) for each in held[chunk]]
    return {"id": name, "question": question, "answer": "", "abstained": False, "citations": [], "hits": hits}


def _scored(ours: runs.Run, lines: Mapping[str, Mapping[str, Any]], library: Library) -> list[Scored]:
    return score(replace(ours, answers=lines, wall={}), library)


def _keep(path: Path, lines: Any) -> None:
    written = (json.dumps(each, ensure_ascii=False) + "\n" for each in lines)
    path.write_text("".join(written), encoding="utf-8")


def _read_of_ours(ours: runs.Run, library: Library) -> float:
    """Characters of the first five paragraphs, in the language a question gets them in."""
    renderings = bool(ours.config["settings"]["renderings"])
    lengths = []
    for question in ours.questions:
        line = ours.answers.get(question.id, {"hits": []})
        hits = [library.by_id[hit["paragraph"]] for hit in line["hits"][:FIRST]]
        shown = [(each.in_language(question.lang) if renderings else None) or each.text for each in hits]
        lengths.append(sum(map(len, shown)))
    return median(lengths)


def _python(name: str) -> str:
    """The Python of a peer's environment, made at first use from its pinned requirements."""
    folder = HERE / ".venvs" / name
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    pinned = (HERE / "requirements" / f"{name}.txt").read_text("utf-8")
    if not ready.is_file() or ready.read_text("utf-8") != pinned:
        typer.echo(f"making {folder} …", err=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = ["-r", str(HERE / "requirements" / f"{name}.txt")]
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
        ready.write_text(pinned, encoding="utf-8")
    return str(python)


def _about(ours: runs.Run, index: Index, split: str, as_received: bool) -> str:
    from eval.tables import signature

    given = "as received" if as_received else "as our reader cleans them, a blank line between paragraphs"
    n = sum(1 for each in ours.questions if each.answerable and each.type != "lookup")
    command = " ".join(["python -m bench.peers", *sys.argv[1:]])
    return (
        f"`{command}`\n\n{signature({**ours.config, 'split': split}, n)} answerable questions, "
        f"{len(index.reports)} reports {given}"
    )


if __name__ == "__main__":
    try:
        app(standalone_mode=True)
    except RagError as error:
        sys.exit(f"peers: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"peers: {' '.join(map(str, error.cmd[:3]))} … ended with {error.returncode}. See above for why.")
