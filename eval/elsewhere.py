"""Documents on other subjects, and small talk: how they are answered by rules that were not written from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from eval import tables
from eval.questions import Question, read_json_lines
from eval.runs import Progress, Run
from eval.scoring import MEASURES, Library, Scored, measured, score
from eval.statistics import DRAWS, Figure, wilson
from rag.assistant import Assistant
from rag.build import build
from rag.errors import BatchError, RagError
from rag.present import answer_json
from rag.records import Language
from rag.settings import Settings

FOLDER = Path(__file__).with_name("elsewhere")
Half = Literal["tuning", "test"]
Kind = Literal["greeting", "tool", "world", "domain"]
Outcome = Literal["quoted", "unsure", "refused", "help", "error"]
SHOWN = (
    *("over_refusal", "unsure_answerable", "hallucination", "unsure_unanswerable", "balanced_accuracy"),
    *("recall@5", "fact_recall", "citation_f1"),
)
GROUPS: Mapping[str, Callable[[Scored], bool]] = {
    "both": lambda each: True,
    "zh": lambda each: each.lang == "zh",
    "en": lambda each: each.lang == "en",
    "same language": lambda each: each.direction == f"{each.lang}→{each.lang}",
    "other language": lambda each: each.direction not in ("", f"{each.lang}→{each.lang}"),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """One line of small talk: what is typed, and which kind of thing it is."""

    id: str
    lang: Language
    kind: Kind
    text: str


def files(half: Half) -> tuple[Path, Path, Path]:
    """The folder of a half's documents, the questions on them, and the half's small talk."""
    return FOLDER / half, FOLDER.with_name(f"elsewhere-{half}.jsonl"), FOLDER.with_name(f"smalltalk-{half}.jsonl")


def read_talk(path: Path) -> list[Talk]:
    """The small talk of a file; BatchError names a line that is none."""
    return [_talk(path, n, line) for n, line in read_json_lines(path)]


def _talk(path: Path, n: int, line: Mapping[str, Any]) -> Talk:
    for name in ("id", "lang", "kind", "question"):
        if not isinstance(line.get(name), str) or not line[name].strip():
            raise BatchError("statement-without", path=str(path), n=n, name=name)
    if line["kind"] not in get_args(Kind) or line["lang"] not in get_args(Language):
        about = {"kind": line["kind"], "lang": line["lang"], "kinds": ", ".join(get_args(Kind))}
        raise BatchError("statement-kind", path=str(path), n=n, **about)
    return Talk(line["id"], line["lang"], line["kind"], line["question"])


def assistant_on(half: Half, settings: Settings, folder: Path) -> Assistant:
    """An assistant without a language model over a half's documents, indexed in a folder as the settings say."""
    own = replace(settings, reports=files(half)[0], index=folder, llm="none")
    build(own, lambda what, done, of: None)
    return Assistant(own)


def ask(assistant: Assistant, asked: Sequence[Question | Talk], progress: Progress) -> dict[str, Mapping[str, Any]]:
    """Each answer as `ask --json` prints it, by id; a question that ended in an error has none."""
    answers = {}
    for n, each in enumerate(asked, 1):
        history = each.history if isinstance(each, Question) else ()
        with suppress(RagError):  # no answer counts as wrong, as in a run
            answers[each.id] = answer_json(assistant.ask(each.text, history), assistant.index.reports, each.id)
        progress(n, len(asked))
    return answers


def scored(assistant: Assistant, asked: list[Question], source: Path, progress: Progress) -> list[Scored]:
    """The scores of questions on an assistant's documents."""
    library = Library(assistant.index.reports, assistant.index.paragraphs)
    return score(Run(FOLDER, {}, asked, ask(assistant, asked, progress), {}, source=source), library)


def figures(of: Sequence[Scored], draws: int = DRAWS) -> dict[str, dict[str, Any]]:
    """The figures shown, by language, and by whether question and document are in the same one (answerable alone)."""
    shown = [measure for measure in MEASURES if measure.name in SHOWN]
    return {group: measured(list(filter(within, of)), shown, draws) for group, within in GROUPS.items()}


def table(of: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Rows of the measures shown, a column each group, how many questions last."""
    n = {name: str(figure["n"]) for name, figure in of["both"].items()}
    cells = [[name, *(tables.cell(each.get(name)) for each in of.values()), n.get(name, "0")] for name in SHOWN]
    return [["", *of, "n"], *cells]


def outcome(line: Mapping[str, Any] | None) -> Outcome:
    """What became of a question: any answer with quotations is quoted, whatever its mode, unless under a caveat."""
    if line is None:
        return "error"
    if line["abstained"]:
        return "refused"
    if line["mode"] == "help":
        return "help"
    return "unsure" if line["confidence"] == "unsure" else "quoted"


def talk_table(said: Sequence[tuple[Talk, Outcome]]) -> list[list[str]]:
    """Rows of what no report answers, then of each kind, by language: what became of it, the share quoted, of help."""
    rows = [["", "n", *get_args(Outcome), "share quoted", "share help"]]
    parts = {"all but tool": [each for each in said if each[0].kind != "tool"]}
    parts |= {kind: [each for each in said if each[0].kind == kind] for kind in get_args(Kind)}
    for name, of in parts.items():
        rows.append(_row(name, of))
        rows += [_row(f"  {lang}", [each for each in of if each[0].lang == lang]) for lang in get_args(Language)]
    return rows


def _row(name: str, of: Sequence[tuple[Talk, Outcome]]) -> list[str]:
    counts = {each: sum(became == each for _, became in of) for each in get_args(Outcome)}
    if not of:
        return [name, "0", *map(str, counts.values()), "–", "–"]
    shares = [Figure(n / len(of), *wilson(n, len(of)), len(of)) for n in (counts["quoted"], counts["help"])]
    return [name, str(len(of)), *map(str, counts.values()), *(share.shown() for share in shares)]


def wrong(of: Sequence[Scored], said: Sequence[tuple[Talk, Outcome]], asked: Sequence[Question]) -> Iterator[str]:
    """A line for each question that did not pass, and for each small talk not answered as it should be."""
    text = {question.id: question.text for question in asked}
    for each in of:
        if not each.passed:
            became = "refused" if each.abstained else "unsure" if each.unsure else "answered"
            facts = each.value("fact_recall")
            yield f"{each.id}  {became}  {'' if facts is None else f'facts {facts:.2f}  '}{text[each.id]}"
    for talk, became in said:
        if became not in (("help",) if talk.kind == "tool" else ("help", "refused")):
            yield f"{talk.id}  {talk.kind}  {became}  {talk.text}"


def as_json(half: Half, of: Sequence[Scored], said: Sequence[tuple[Talk, Outcome]]) -> dict[str, Any]:
    """What --json keeps: the figures, each question's scores, and what became of each small talk."""
    talk = [{**asdict(talk), "outcome": became} for talk, became in said]
    return {"half": half, "figures": figures(of), "questions": [asdict(each) for each in of], "small_talk": talk}
