"""The command line of the evaluation: run, score, compare, report, sweep, calibrate and others."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rag.errors import BatchError, RagError

if TYPE_CHECKING:
    from eval.elsewhere import Talk
    from eval.questions import Question
    from eval.runs import Run
    from eval.scoring import Library, Scored
    from rag.assistant import Assistant
    from rag.index import Index

QUESTIONS = Path(__file__).with_name("questions.jsonl")
GATE_FAILED = 100

app = typer.Typer(
    help="Ask a set of questions and say, with intervals, how well they were answered. Offline.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

QuestionsFlag = Annotated[
    Path | None, typer.Option("--questions", help="JSONL, CSV or XLSX.", show_default="eval/questions.jsonl")
]
SplitFlag = Annotated[str, typer.Option("--split", help="dev, test or all. Tune on dev only.")]
LangFlag = Annotated[str | None, typer.Option("--lang", help="Only zh or only en.")]
TypeFlag = Annotated[list[str] | None, typer.Option("--type", help="Only this type (repeatable).")]
LimitFlag = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="At most so many questions, spread over the types."),
]
IndexFlag = Annotated[Path | None, typer.Option("--index", help="The index folder.", show_default="index")]
EmbedderFlag = Annotated[str | None, typer.Option("--embedder", help="Built-in name or model folder.")]
LlmFlag = Annotated[str | None, typer.Option("--llm", help="A GGUF file, a server's URL, or none.")]
RenderingsFlag = Annotated[bool, typer.Option("--no-renderings", help="Leave unofficial renderings out of everything.")]
OutFlag = Annotated[Path | None, typer.Option("--out", help="The folder or file to write.")]
FailingFlag = Annotated[Path | None, typer.Option("--filter-failing", help="Only questions that failed in this run.")]
GateFlag = Annotated[Path | None, typer.Option("--gate", help="A gates file; exit 100 where one fails.")]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.")]


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Run with the defaults where no command is given."""
    if context.invoked_subcommand is None:
        run()


@app.command()
def run(
    questions: QuestionsFlag = None,
    split: SplitFlag = "dev",
    lang: LangFlag = None,
    type_: TypeFlag = None,
    limit: LimitFlag = None,
    no_renderings: RenderingsFlag = False,
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    llm: LlmFlag = None,
    out: OutFlag = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with --out, or with the newest unfinished run.")
    ] = False,
    filter_failing: FailingFlag = None,
    gate: GateFlag = None,
    repeat: Annotated[
        int,
        typer.Option("--repeat", min=1, help="Ask everything so many times: is it the same, how long does it take."),
    ] = 1,
) -> None:
    """Ask the questions, keep the answers in a run folder, score them and print the figures."""
    from eval import runs
    from eval.gates import read_gates

    gates = read_gates(gate) if gate else None
    folder = out or (runs.unfinished() if resume else runs.new_folder(split))
    if resume:
        return _resume(folder, index, gates, repeat)
    path = questions or QUESTIONS
    chosen = _limited(_failing(_chosen(path, split, lang, type_), filter_failing), limit)
    assistant = _assistant(index=index, embedder=embedder, llm=llm, renderings=False if no_renderings else None)
    library = _library(assistant.index)
    _known_gold(chosen, library, path)
    about = {
        "split": split,
        "lang": lang,
        "type": type_,
        "limit": limit,
        "command": " ".join(["python -m eval", *sys.argv[1:]]),
    }
    runs.start(folder, assistant, chosen, path, about)
    return _finish(folder, assistant, library, gates, repeat)


def _resume(folder: Path, index: Path | None, gates: Any, times: int) -> None:
    """Go on with a run under the settings it was begun with."""
    from eval import runs

    then = runs.read_config(folder)["settings"]
    kept = {name: then[name] for name in ("embedder", "llm", "k", "renderings")}
    assistant = _assistant(**kept, index=index or Path(then["index"]).expanduser())
    runs.same_system(folder, assistant)
    _finish(folder, assistant, _library(assistant.index), gates, times)


def _finish(folder: Path, assistant: "Assistant", library: "Library", gates: Any, times: int = 1) -> None:
    from eval import runs
    from eval.questions import read_questions

    questions = read_questions(folder / runs.ASKED)
    try:
        with _progress("questions") as progress:
            runs.answer_all(folder, assistant, questions, progress)
        if times > 1:
            with _progress("again") as progress:
                runs.repeat(folder, assistant, questions, times, progress)
    except KeyboardInterrupt:
        print(
            f"\nInterrupted; nothing is lost. Go on with: python -m eval run --resume --out {folder}", file=sys.stderr
        )
        raise typer.Exit(130) from None
    _score(runs.read_run(folder), library, gates)


@app.command()
def score(
    given: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or a file of `ask --json` lines.")],
    questions: QuestionsFlag = None,
    split: SplitFlag = "all",
    index: IndexFlag = None,
    filter_failing: FailingFlag = None,
    gate: GateFlag = None,
    out: OutFlag = None,
) -> None:
    """Score a run again, or another tool's answers, with no model."""
    from dataclasses import replace

    from eval import runs
    from eval.gates import read_gates
    from eval.questions import for_scoring

    gates = read_gates(gate) if gate else None
    path = questions or (QUESTIONS if given.is_file() else None)
    read = runs.read_run(given, path)
    read = replace(
        read, questions=_failing(for_scoring(read.questions, _split(split)), filter_failing), folder=out or read.folder
    )
    opened = _index(index or _indexed(read))
    runs.same_index(read, opened)
    if read.folder != given:
        runs.adopt(read, given, opened, split)
    _score(read, _library(opened), gates)


@app.command()
def compare(first: RunArgument, second: RunArgument, out: OutFlag = None, index: IndexFlag = None) -> None:
    """Say whether the second run is better than the first, on the questions both were asked."""
    import json

    from eval import comparison, tables
    from eval.keeping import read_scores
    from eval.report import write_comparison

    one, other = read_scores(first), read_scores(second)
    found = comparison.compare(one, other)
    typer.echo(f"first:  {first}  {_signed(first)}\nsecond: {second}  {_signed(second)}\n")
    typer.echo(tables.text(tables.differences(found)))
    folder = out or second
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps(comparison.as_json(found), indent=1) + "\n", encoding="utf-8")
    for path in write_comparison(folder, first, second, found, _library_of(first, index)):
        typer.echo(f"Written: {path}")


@app.command()
def report(given: RunArgument, index: IndexFlag = None) -> None:
    """Write report.html and report.md of a scored run."""
    from eval import runs
    from eval.keeping import read_scores, read_summary
    from eval.report import write_report

    read = runs.read_run(given)
    opened = _index(index or _indexed(read))
    runs.same_index(read, opened)
    for path in write_report(read, read_scores(given), read_summary(given), _library(opened)):
        typer.echo(f"Written: {path}")


@app.command()
def validate(
    questions: Annotated[Path, typer.Argument(metavar="F", help="A questions file.")] = QUESTIONS,
    index: IndexFlag = None,
) -> None:
    """Prove that a questions file can be scored: ids, gold, facts, pairs, nothing copied."""
    from eval.questions import read_questions
    from eval.validation import counts, problems

    asked = read_questions(questions)
    wrong = list(problems(asked, _library(_index(index)), questions))
    for each in wrong:
        typer.echo(each, err=True)
    typer.echo(", ".join(f"{n} {name}" for name, n in counts(asked).items()))
    typer.echo(f"{len(wrong)} problems." if wrong else "No problem found.")
    raise typer.Exit(2 if wrong else 0)


@app.command()
def statements(
    file: Annotated[Path | None, typer.Argument(metavar="F", show_default="eval/statements.jsonl")] = None,
    split: SplitFlag = "dev",
    index: IndexFlag = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Print each statement that is judged wrongly.")] = False,
) -> None:
    """Say how often the checks of an answer judge true and false statements rightly; test is for the last look."""
    from eval import statements as judging
    from eval import tables
    from rag.lexicon import Lexicon

    half = _split(split)
    cases = [case for case in judging.read_cases(file or judging.STATEMENTS) if half in ("all", case.split)]
    library = _library(_index(index))
    judged = judging.judge(cases, library.by_id, library.reports, Lexicon.load())
    typer.echo(tables.text(judging.table(judged)))
    typer.echo(f"\n{split} half. Right: supported where true, anything else where false. Wilson's 95 % intervals.")
    for case, outcome in judged if wrong else ():
        if (outcome == "supported") != case.true:
            typer.echo(f"{case.id}  {case.kind}  {outcome}  {case.paragraph}  {case.statement}")


@app.command()
def elsewhere(
    half: Annotated[Literal["tuning", "test"], typer.Option("--half", help="test is for the last look.")] = "tuning",
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Print each question that was not answered rightly.")] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="The file to keep it in.")] = None,
) -> None:
    """Ask about documents on other subjects, then small talk of the index, with no language model."""
    import json

    from eval import elsewhere as away
    from eval import tables
    from eval.questions import read_questions
    from rag.assistant import Assistant
    from rag.settings import load_settings

    if half == "test":
        typer.echo("The test half is for the last look: change nothing for what it shows.", err=True)
    _, questions, small_talk = away.files(half)
    asked, talk = read_questions(questions), away.read_talk(small_talk)
    settings = load_settings({"index": index, "embedder": embedder, "llm": "none"})[0]
    at_home = Assistant(settings)
    with TemporaryDirectory() as folder, _progress("questions") as progress:
        scored = away.scored(away.assistant_on(half, settings, Path(folder)), asked, questions, progress)
    with _progress("small talk") as progress:
        answers = away.ask(at_home, talk, progress)
    said = [(each, away.outcome(answers.get(each.id))) for each in talk]
    typer.echo(tables.text(away.table(away.figures(scored))))
    typer.echo(f"\n{tables.text(away.talk_table(said))}\n")
    typer.echo(f"{half} half. 95 % intervals: Wilson for rates of one language, BCa bootstrap over pairs for others.")
    for line in away.wrong(scored, said, asked) if wrong else ():
        typer.echo(line)
    if json_:
        kept = away.as_json(half, scored, said)
        json_.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@app.command()
def kinds(
    index: IndexFlag = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Print each question that was not answered rightly.")] = False,
) -> None:
    """Ask the questions of kinds that no quotation answers, with no language model."""
    from eval import elsewhere as away
    from eval import kinds as of_kinds
    from eval import tables
    from eval.questions import read_questions
    from rag.assistant import Assistant
    from rag.settings import load_settings

    asked = read_questions(of_kinds.KINDS)
    assistant = Assistant(load_settings({"index": index, "llm": "none"})[0])
    with _progress("questions") as progress:
        answers = away.ask(assistant, asked, progress)
    found = of_kinds.right(asked, answers, _library(assistant.index))
    typer.echo(tables.text(of_kinds.table(asked, found)))
    for question in asked if wrong else ():
        if not found[question.id]:
            typer.echo(f"{question.id}  {question.text}")


@app.command()
def sweep(
    grid: Annotated[Path, typer.Argument(help="A TOML file of variants; eval/ablations.toml is one.")],
    questions: QuestionsFlag = None,
    index: IndexFlag = None,
    limit: LimitFlag = None,
    out: OutFlag = None,
) -> None:
    """Try settings on the dev questions and print the best; never reads test."""
    from eval import sweeps
    from eval.questions import for_tuning, read_questions

    variants = sweeps.read_variants(grid)
    chosen = _limited(for_tuning(read_questions(questions or QUESTIONS)), limit)
    assistant = _assistant(index=index)
    library = _library(assistant.index)
    with _progress("variants") as progress:
        tried = sweeps.try_all(assistant, library, chosen, variants, progress)
    typer.echo(sweeps.table(tried))
    if out:
        sweeps.keep(out, tried, variants, assistant)
        typer.echo(f"Written: {out}")


@app.command()
def export(
    given: RunArgument,
    out: Annotated[Path, typer.Option("--out", help="The sheet to write.")] = Path("grading.xlsx"),
    sample: Annotated[int, typer.Option("--sample", min=1, help="How many answers.")] = 50,
    index: IndexFlag = None,
) -> None:
    """Write a blind grading sheet for people to fill in, and its key."""
    from eval import grading, runs

    read = runs.read_run(given)
    key = grading.write_sheet(out, read, _library(_index(index or _indexed(read))), sample)
    typer.echo(
        f"Written: {out} for the graders and {key} for you (keep it from them). Then: python -m eval import {out}"
    )


@app.command("import")
def import_(
    sheets: Annotated[list[Path], typer.Argument(help="Filled sheets, one a grader.")],
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="The scored run, to compare grades with its figures.")
    ] = None,
) -> None:
    """Read filled grading sheets: the grades, and how far graders agree."""
    from eval import grading
    from eval.keeping import read_scores

    typer.echo(grading.summary(sheets, read_scores(run_folder) if run_folder else None))


@app.command()
def calibrate(
    index: IndexFlag = None,
    llm: LlmFlag = None,
    kept: Annotated[Path, typer.Option("--kept", help="Where a model's views are kept.")] = Path("views.jsonl"),
    out: Annotated[Path | None, typer.Option("--out", show_default="rag/data/weights.json")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print, write nothing.")] = False,
) -> None:
    """Fit when to answer, doubt or refuse on the dev and tuning questions and write it; never reads a test half.

    With --llm FILE a local model is asked too, and what is decided by with its view goes to rag/data/judges.json.
    """
    from eval import calibration, elsewhere
    from eval.questions import TUNING, for_tuning, read_questions

    _documents, asked, talk = elsewhere.files("tuning")
    small = [each for each in elsewhere.read_talk(talk) if each.kind != "tool"]
    assistant = _assistant(index=index, llm=llm or "none")
    view = calibration.ModelView(assistant.model(), assistant.settings, kept) if llm else None
    with TemporaryDirectory() as folder, _progress("questions") as progress:
        other = elsewhere.assistant_on("tuning", assistant.settings, Path(folder))
        sources: list[tuple[str, Assistant, Sequence[Question | Talk]]] = [
            ("dev", assistant, for_tuning(read_questions(QUESTIONS))),
            ("tuning", assistant, read_questions(TUNING)),
            ("elsewhere", other, read_questions(asked)),
            *([] if view else [("small talk", assistant, small)]),  # it is refused before a model is asked
        ]
        of = [each for name, on, all_ in sources for each in calibration.examples(on, all_, name, progress, view)]
    if view:
        standardised, scales = calibration.standardised(of)
        fitted = calibration.fit(standardised, calibration.WITH_MODEL)
    else:
        fitted = calibration.fit(of)
    typer.echo(calibration.table(fitted))
    if dry_run:
        return
    path = out or (calibration.JUDGES if view else calibration.SHIPPED)
    if view:
        calibration.write_judge(path, fitted, scales, Path(assistant.settings.llm).name)
    else:
        calibration.write(path, fitted, assistant.index.manifest["embedder"]["name"])
    typer.echo(f"Written: {path}")


@app.command()
def weights(
    index: IndexFlag = None,
    embedder: EmbedderFlag = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print, write nothing.")] = False,
) -> None:
    """Choose what each leg of retrieval weighs, for the index's embedder, and keep it beside the index."""
    from eval import weights as choosing
    from eval.questions import TUNING, for_tuning, read_questions
    from rag.answering.weights import DEFAULT, shipped

    assistant = _assistant(index=index, embedder=embedder, llm="none")
    asked = list(choosing.asked(assistant, [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]))
    tried = choosing.best_weights(asked, shipped()[DEFAULT])
    for score, found in tried[: choosing.SHOWN]:
        typer.echo(f"{score:.3f}  " + ", ".join(f"{name} {weight:g}" for name, weight in found.items()))
    if not dry_run:
        path = assistant.index.keep_weights(tried[0][1])
        typer.echo(f"Written: {path}. Now when to abstain: python -m eval calibrate")


def main() -> None:
    """Run the command line; errors are one line on stderr."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a forked child would warn
    try:
        app(standalone_mode=True)
    except RagError as error:
        print(f"eval: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name not in ("ir_measures", "scipy", "sklearn", "openpyxl"):
            raise
        print(f"eval: {error.name} is not installed. Add it with: pip install 'rapporteur[eval]'", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(
            f"eval: {error.strerror or error}: {error.filename or 'no file named'}. Free space or rights.",
            file=sys.stderr,
        )
        sys.exit(1)


def _chosen(path: Path, split: str, lang: str | None, types: Sequence[str] | None) -> "list[Question]":
    """The questions of a file that a run is over; BatchError where none is left."""
    from eval.questions import TYPES, for_scoring, read_questions

    for given in types or []:
        if given not in TYPES:
            raise BatchError(f"No type {given!r}. Types are: {', '.join(TYPES)}.")
    if lang not in (None, "zh", "en"):
        raise BatchError(f"No language {lang!r}. Languages are: zh, en.")
    asked = for_scoring(read_questions(path), _split(split))
    chosen = [each for each in asked if lang in (None, each.lang) and (not types or each.type in types)]
    if not chosen:
        raise BatchError(f"No question of {path} is left to ask. Loosen --split, --lang or --type.")
    return chosen


def _split(given: str) -> Any:
    from typing import get_args

    from eval.questions import Split

    if given not in get_args(Split):
        raise BatchError(f"No split {given!r}. Splits are: dev, test, all.")
    return given


def _limited(questions: "list[Question]", limit: int | None) -> "list[Question]":
    """At most so many questions, spread evenly over the types and within them, the pairs kept together."""
    if limit is None or limit >= len(questions):
        return questions
    pairs = list(dict.fromkeys(question.pair for question in sorted(questions, key=lambda each: each.type)))
    size = max(1, round(len(questions) / len(pairs)))
    wanted = max(1, limit // size)
    kept = {pairs[n * len(pairs) // wanted] for n in range(min(wanted, len(pairs)))}
    return [question for question in questions if question.pair in kept][:limit]


def _failing(questions: "list[Question]", folder: Path | None) -> "list[Question]":
    if folder is None:
        return questions
    from eval.keeping import read_scores

    failed = {each.id for each in read_scores(folder) if not each.passed}
    left = [question for question in questions if question.id in failed]
    if not left:
        raise BatchError(f"No question failed in {folder}. Leave out --filter-failing.")
    return left


def _known_gold(questions: "Sequence[Question]", library: "Library", path: Path) -> None:
    """BatchError before anything is asked where a question's gold is not in the index."""
    from eval.questions import gold_of

    for question in questions:
        gold_of(question, library.reports, library.paragraphs, path)


def _score(read: "Run", library: "Library", gates: Any) -> None:
    """Score, keep and print; exit 100 where a gate fails."""
    from eval.keeping import keep
    from eval.scoring import score as score_run
    from eval.scoring import summarise

    scored = score_run(read, library)
    summary = summarise(scored, read)
    keep(read, scored, summary)
    _print(read, scored, summary)
    if gates:
        _hold(gates, summary)


def _print(read: "Run", scored: "Sequence[Scored]", summary: dict[str, Any]) -> None:
    from eval import tables

    typer.echo(tables.signature(read.config, len(scored)))
    if summary["n"]["missing"]:
        typer.echo(f"{summary['n']['missing']} questions have no answer and count as wrong.")
        if "started" in read.config:
            typer.echo(f"If the run was interrupted, go on with: python -m eval run --resume --out {read.folder}")
    parts = (tables.headline, tables.lookups, tables.parity, tables.latency, tables.repeats)
    for rows in (part(summary) for part in parts):
        if rows:
            typer.echo("\n" + tables.text(rows))
    apart = ", ".join(f"{name} {value:.3f}" for name, value in summary["detectable"].items() if value is not None)
    typer.echo(
        "\n95 % intervals: BCa bootstrap over pairs, Wilson for rates. "
        f"Differences this set shows with 80 % power: {apart or '–'}."
    )
    typer.echo(f"Kept in {read.folder}. See it with: python -m eval report {read.folder}")


def _hold(gates: Any, summary: dict[str, Any]) -> None:
    from eval.gates import check

    failed = [verdict for verdict in check(gates, summary) if not verdict.passed]
    for verdict in failed:
        gate, value = verdict.gate, verdict.value
        bound = f"at least {gate.least}" if gate.least is not None else f"at most {gate.most}"
        reached = "not measured" if value is None else f"{value:.4f}"
        typer.echo(f"gate failed: {gate.measure} ({gate.where}) is {reached}, {bound} is asked.", err=True)
    typer.echo(f"{len(gates) - len(failed)} of {len(gates)} gates passed.")
    if failed:
        raise typer.Exit(GATE_FAILED)


def _assistant(**flags: Any) -> "Assistant":
    from rag.assistant import Assistant
    from rag.settings import load_settings

    return Assistant(load_settings(flags)[0])


def _index(folder: Path | None) -> "Index":
    from rag.index import open_index
    from rag.settings import load_settings

    return open_index(load_settings({"index": folder})[0].index)


def _indexed(read: "Run") -> Path | None:
    """The index folder a run was made on, where it is still there."""
    folder = Path((read.config.get("settings") or {}).get("index") or "no index").expanduser()
    return folder if folder.is_dir() else None


def _library(index: "Index") -> "Library":
    from eval.scoring import Library

    return Library(index.reports, index.paragraphs)


def _library_of(given: Path, folder: Path | None) -> "Library | None":
    """The paragraphs a run was made on; None where their index is not there any more and none is given."""
    from eval import runs

    read = runs.read_run(given)
    folder = folder or _indexed(read)
    if folder is None:
        return None
    opened = _index(folder)
    runs.same_index(read, opened)
    return _library(opened)


def _signed(folder: Path) -> str:
    from eval import runs, tables
    from eval.keeping import read_scores

    return tables.signature(
        runs.read_config(folder) if (folder / runs.CONFIG).is_file() else {}, len(read_scores(folder))
    )


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on a terminal, nothing elsewhere; on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


if __name__ == "__main__":
    main()
