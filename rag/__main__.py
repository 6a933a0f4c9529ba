"""The command line: build, ask, search, show, check; `manage` has the commands that look after it all."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag import manage
from rag.console import (
    BatchFlag,
    EmbedderFlag,
    IndexFlag,
    JsonFlag,
    KFlag,
    LlmFlag,
    Progress,
    RenderingsFlag,
    ReportFlag,
    ReportsFlag,
    YearFlag,
    complain,
    open_assistant,
    read_history,
    read_settings,
    run_batch,
    tell,
    to_json,
)
from rag.errors import BatchError, RagError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.records import Filters, Paragraph
    from rag.settings import Settings

app = typer.Typer(
    help="Ask United Nations reports in Chinese or English: every statement cited, nothing sent anywhere.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def build(
    reports: ReportsFlag = None,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    no_renderings: RenderingsFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where nothing changed.")] = False,
) -> None:
    """Read the reports in a folder and index them."""
    from rag.build import build as build_index
    from rag.index import open_index

    settings = read_settings(
        reports=reports, index=index, embedder=embedder, renderings=False if no_renderings else None
    )
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

    _check_asked(question, batch)
    renderings = False if no_renderings else None
    assistant = open_assistant(k=k, index=index, embedder=embedder, llm=llm, renderings=renderings)
    filters, reports = _filters(assistant, report, year), assistant.index.reports
    if batch:

        def one(line: dict[str, Any]) -> dict[str, Any]:
            answer = assistant.ask(line["question"], read_history(line), filters=filters)
            return answer_json(answer, reports, line.get("id"))

        raise typer.Exit(run_batch(batch, one))
    answer = assistant.ask(question or "", filters=filters)
    if answer.llm_error:
        complain(answer.llm_error)
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

    _check_asked(question, batch)
    renderings = False if no_renderings else None
    assistant = open_assistant(k=k, index=index, embedder=embedder, renderings=renderings)
    filters, reports = _filters(assistant, report, year), assistant.index.reports

    def one(line: dict[str, Any]) -> dict[str, Any]:
        found = assistant.found(line["question"], read_history(line), filters=filters)
        listed = [hit_json(hit, reports, text=True) for hit in found.hits]
        corrections = found.question.corrections
        told = {"searched_for": dict(corrections)} if corrections else {}
        return {"id": line.get("id"), "question": line["question"], "hits": listed, **told}

    if batch:
        raise typer.Exit(run_batch(batch, one))
    if as_json:
        typer.echo(to_json(one({"question": question})))
        return
    found = assistant.found(question or "", filters=filters)
    if found.question.corrections:
        tell(searched_for_text(found.question.corrections, found.question.language))
    for hit in found.hits:
        typer.echo(hit_text(hit, reports, found.question.language))


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

    opened = open_index(read_settings(index=index).index)
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

    settings = read_settings(index=index, embedder=embedder, renderings=False if no_renderings else None)
    text = read_draft(sys.stdin.buffer.read(), "stdin.txt") if draft == "-" else read_draft(Path(draft))
    opened = open_index(settings.index)
    nearest = _Nearest(settings)
    checked = check_draft(text, opened.reports, opened.paragraphs, nearest, settings.renderings)
    reports = opened.reports
    typer.echo(to_json(draft_json(checked, reports)) if as_json else draft_text(checked, reports))
    raise typer.Exit(2 if checked.wrong else 0)


app.add_typer(manage.app)  # without a name of its own: its commands stand beside these


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


def _filters(assistant: "Assistant", reports: list[str] | None, years: list[int] | None) -> "Filters":
    from rag.records import Filters

    return Filters(frozenset(map(assistant.report_id, reports or [])), frozenset(years or []))


def _check_asked(question: str | None, batch: Path | None) -> None:
    if (question is None) == (batch is None):
        raise BatchError("question-missing" if batch is None else "question-and-batch")


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
