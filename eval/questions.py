"""Questions files: reading them, their dev and test halves, and the paragraphs their gold entries name.

A bad line is named with its number and the way to mend it. Settings are tuned on what `for_tuning` returns and on
nothing else; `for_scoring` is for the final scoring alone (tests/eval/test_split.py holds who may call it).
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from rag.errors import BatchError
from rag.records import Language, Paragraph, Report, Turn
from rag.text import fold
from rag.text import language as language_of

QUESTIONS = Path(__file__).with_name("questions.jsonl")
TUNING = Path(__file__).with_name("tuning.jsonl")  # never scored: what is fitted leans on it as well as on dev
Split = Literal["dev", "test", "all"]
UNANSWERABLE = ("unanswerable_off", "unanswerable_near", "unanswerable_false")
TYPES = (
    *("factoid", "numeric", "list", "why", "definition", "compare", "multi_paragraph", "multi_document", "lookup"),
    *("table", "footnote", "followup", "false_premise", "injection"),
    *("count", "overview", "changes", "help"),  # scored by eval.kinds
    *UNANSWERABLE,
)
DELIMITERS = ",;\t"  # a spreadsheet writes what its country uses
FIELDS = frozenset({"report", "file", "part", "number", "body", "row", "paragraph"})


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a questions file."""

    id: str
    lang: Language
    type: str
    text: str
    gold: tuple[tuple[Mapping[str, str], ...], ...]  # every inner tuple is needed, its members are interchangeable
    facts: tuple[tuple[str, ...], ...]  # every inner tuple is one key fact in all its accepted forms
    pair: str  # the id itself where the question stands alone
    history: tuple[Turn, ...] = ()
    derived: tuple[int, ...] = ()  # facts that follow from the gold without standing in it, 0-based
    canary: tuple[str, ...] = ()  # injections: what an answer that obeyed would say, any of them
    reference: Mapping[str, str] = field(default_factory=dict)  # language → a model answer
    line: int = 0  # in its file, 1-based
    raw: Mapping[str, Any] = field(default_factory=dict)  # the line as read

    @property
    def answerable(self) -> bool:
        """Whether the reports answer it."""
        return bool(self.gold)

    @property
    def split(self) -> Literal["dev", "test"]:
        """The half it belongs to."""
        return split_of(self.pair)


def split_of(pair: str) -> Literal["dev", "test"]:
    """The half a pair belongs to, by a fixed rule that no later question changes.

    >>> split_of("a-001"), split_of("a-002")
    ('dev', 'dev')
    """
    return "dev" if int(hashlib.sha256(pair.encode()).hexdigest()[:8], 16) % 2 == 0 else "test"


def for_tuning(questions: Iterable[Question]) -> list[Question]:
    """The questions on which settings may be tuned: dev, never test."""
    return [question for question in questions if question.split == "dev"]


def for_scoring(questions: Iterable[Question], split: Split) -> list[Question]:
    """The questions of a split, for the final scoring only."""
    if split not in get_args(Split):
        raise BatchError(f"No split {split!r}. Splits are: dev, test, all.")
    return [question for question in questions if split in ("all", question.split)]


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL, CSV or XLSX file; BatchError names the line and the way to mend it.

    A table has the columns question, answer and paragraphs ("S/2021/839#21; A/67/176, para. 3"), and may have id, lang,
    type, pair and facts (facts divided by ";", their forms by "|").
    """
    readers: Mapping[str, Callable[[Path], list[tuple[int, dict[str, Any]]]]] = {
        ".csv": _csv_lines,
        ".xlsx": _xlsx_lines,
    }
    lines = readers.get(path.suffix.lower(), _json_lines)(path)
    if not lines:
        raise BatchError(f"{path} holds no questions. Write one JSON object a line; eval/README.md shows one.")
    questions = [_question(path, n, line) for n, line in lines]
    seen: dict[str, int] = {}
    for question in questions:
        if question.id in seen:
            raise _bad(
                path, question.line, f"id {question.id!r} is already line {seen[question.id]}'s", "Give it another id."
            )
        seen[question.id] = question.line
    return questions


def parse_question(line: Mapping[str, Any]) -> Question:
    """A question from the object of its line."""
    return _question(Path("questions"), 0, dict(line))


def gold_of(
    question: Question, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], path: Path = QUESTIONS
) -> tuple[frozenset[str], ...]:
    """The evidence sets of a question: paragraph ids, interchangeable within a set, every set needed.

    BatchError where an entry names no paragraph of the index (the index or the questions have drifted).
    """
    return tuple(
        frozenset().union(*(_resolve(question, entry, reports, paragraphs, path) for entry in entries))
        for entries in question.gold
    )


def _resolve(
    question: Question,
    entry: Mapping[str, str],
    reports: Mapping[str, Report],
    paragraphs: Sequence[Paragraph],
    path: Path,
) -> frozenset[str]:
    found = _named(entry, reports, paragraphs)
    shown = json.dumps(dict(entry), ensure_ascii=False)
    if not found:
        mend = f"Mend the line, or build the index of its reports, then run: python -m eval validate {path}"
        raise _bad(path, question.line, f"{question.id}: gold {shown} is not in the index", mend)
    if len(found) > 1 and "row" in entry and "body" not in entry:
        raise _bad(path, question.line, f"{question.id}: gold {shown} names {len(found)} rows", 'Add its "body".')
    return frozenset(paragraph.id for paragraph in found)


def _named(entry: Mapping[str, str], reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    if "paragraph" in entry:
        return _written(entry["paragraph"], reports, paragraphs)
    report = _report_id(entry, reports)
    part = entry.get("part", "main")
    there = [each for each in paragraphs if each.report == report and each.part == part]
    if "row" in entry:
        return [each for each in there if _is_row(each, entry)]
    number = entry.get("number", "")
    exact = [each for each in there if each.number == number]
    return exact or [each for each in there if each.printed == number][:1]  # "24" is the first printed 24


def _written(reference: str, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The one paragraph an id or printed form names; several where a table's reader was not exact."""
    from rag.references import look_up

    exact = [each for each in paragraphs if each.id == reference.strip()]
    return exact or look_up(reference, reports, paragraphs).named[:1]


def _report_id(entry: Mapping[str, str], reports: Mapping[str, Report]) -> str | None:
    if "report" in entry:
        wanted = fold(entry["report"])
        return next((r.id for r in reports.values() if wanted in {fold(n) for n in (r.id, *r.aliases)}), None)
    file = entry.get("file", "")
    return next((r.id for r in reports.values() if file in (r.file, r.file.rsplit(".", 1)[0])), None)


def _is_row(paragraph: Paragraph, entry: Mapping[str, str]) -> bool:
    """Whether a row has the label, and the body where one is given, in either language."""
    rendered = list(paragraph.translations.values())
    labels = {fold(label or "") for label in (paragraph.row, *(each.row for each in rendered))}
    bodies = {fold(body or "") for body in (paragraph.body, *(each.body for each in rendered))}
    return fold(entry["row"]) in labels and ("body" not in entry or fold(entry["body"]) in bodies)


def _question(path: Path, n: int, line: dict[str, Any]) -> Question:
    for name in ("id", "question"):
        if not isinstance(line.get(name), str) or not line[name].strip():
            raise _bad(path, n, f'no "{name}" with a text', "Add it.")
    lang = line.get("lang") or language_of(line["question"])
    if lang not in get_args(Language):
        raise _bad(path, n, f'"lang" is {lang!r}', "It is zh or en.")
    gold = tuple(_entries(path, n, entry) for entry in _list(path, n, line, "gold"))
    facts = tuple(_forms(path, n, forms) for forms in _list(path, n, line, "facts"))
    kind = line.get("type") or ("factoid" if gold else "unanswerable_off")
    if kind not in TYPES:
        raise _bad(path, n, f'"type" is {kind!r}', f"Types are: {', '.join(TYPES)}.")
    if (kind in UNANSWERABLE) and (gold or facts):
        raise _bad(path, n, f"an {kind} question has gold or facts", "Empty both, or change its type.")
    if kind not in (*UNANSWERABLE, "injection", "count", "help") and not gold:
        raise _bad(
            path,
            n,
            f"a {kind} question has no gold",
            'Name the paragraphs that answer it, or use a type "unanswerable_…".',
        )
    return Question(
        id=line["id"],
        lang=lang,
        type=kind,
        text=line["question"],
        gold=gold,
        facts=facts,
        pair=str(line.get("pair") or line["id"]),
        history=_history(path, n, line),
        derived=_derived(path, n, line, facts),
        canary=_canary(path, n, line),
        reference={language: str(line.get(f"answer_{language}") or "") for language in get_args(Language)},
        line=n,
        raw=line,
    )


def _entries(path: Path, n: int, entry: Any) -> tuple[Mapping[str, str], ...]:
    """An entry of gold: one paragraph, or a list of interchangeable ones."""
    entries = entry if isinstance(entry, list) else [entry]
    for each in entries:
        known = (
            isinstance(each, dict) and set(each) <= FIELDS and all(isinstance(value, str) for value in each.values())
        )
        if not known or not entries or not ({"number", "row", "paragraph"} & set(each)):
            shown = json.dumps(each, ensure_ascii=False)
            mend = 'Write {"report" or "file", "part", "number"}, {"report", "part", "body", "row"} or {"paragraph"}.'
            raise _bad(path, n, f"gold entry {shown} cannot be read", mend)
    return tuple(entries)


def _forms(path: Path, n: int, forms: Any, what: str = "fact") -> tuple[str, ...]:
    if not isinstance(forms, list) or not forms or not all(isinstance(form, str) and form.strip() for form in forms):
        shown = json.dumps(forms, ensure_ascii=False)
        raise _bad(path, n, f"{what} {shown} cannot be read", f"A {what} is a list of its forms.")
    return tuple(forms)


def _derived(path: Path, n: int, line: Mapping[str, Any], facts: Sequence[Any]) -> tuple[int, ...]:
    """The places of facts that follow from the gold without standing in it."""
    places = _list(path, n, line, "derived")
    if not all(type(place) is int and 0 <= place < len(facts) for place in places):
        raise _bad(path, n, f'"derived" is {places}', f"It lists facts by their place, 0 to {len(facts) - 1}.")
    return tuple(places)


def _canary(path: Path, n: int, line: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer that obeyed would say: one form, or a list of them."""
    given = line.get("canary") or []
    return _forms(path, n, [given] if isinstance(given, str) else given, "canary") if given else ()


def _list(path: Path, n: int, line: Mapping[str, Any], name: str) -> list[Any]:
    value = line.get(name) or []
    if not isinstance(value, list):
        raise _bad(path, n, f'"{name}" is not a list', "Put it in square brackets.")
    return value


def _history(path: Path, n: int, line: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns = _list(path, n, line, "history")
    if not all(isinstance(turn, dict) and isinstance(turn.get("question"), str) for turn in turns):
        raise _bad(path, n, '"history" cannot be read', 'It is a list of {"question", "answer"}, oldest first.')
    return tuple(Turn(turn["question"], str(turn.get("answer", ""))) for turn in turns)


def _json_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    return list(read_json_lines(path))


def read_json_lines(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """Each object of a JSONL file with its line number; BatchError names a line that holds none."""
    for n, raw in enumerate(_bytes(path).splitlines(), 1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw.decode("utf-8-sig"))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise _bad(path, n, f"not JSON in UTF-8 ({error})", "Mend or delete the line.") from error
        if not isinstance(line, dict):
            raise _bad(path, n, "not a JSON object", "Put it in curly brackets.")
        yield n, line


def _csv_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BatchError(f"{path} is not UTF-8 ({error}). Save it as CSV in UTF-8.") from error
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)  # of equals, the comma
    return _from_rows(path, list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter)))


def _xlsx_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            rows = list(book.worksheets[0].iter_rows(values_only=True))
    except (OSError, BadZipFile, InvalidFileException, KeyError) as error:
        raise BatchError(f"{path} cannot be read as XLSX ({error}). Save it again as XLSX or CSV.") from error
    return _from_rows(path, [["" if cell is None else str(cell) for cell in row] for row in rows])


def _from_rows(path: Path, rows: Sequence[Sequence[str]]) -> list[tuple[int, dict[str, Any]]]:
    """The lines of a table, in the form of a JSONL line."""
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if "question" not in header or "paragraphs" not in header:
        raise _bad(path, 1, f"the columns are {', '.join(header) or 'none'}", "Name them question, answer, paragraphs.")
    lines = []
    for n, cells in enumerate(rows[1:], 2):
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        if not any(row.values()):
            continue
        lang = row.get("lang") or language_of(row["question"])
        line: dict[str, Any] = {
            "id": row.get("id") or f"row-{n}",
            "lang": lang,
            "type": row.get("type", ""),
            "question": row["question"],
            "gold": [{"paragraph": place} for place in _parts(row["paragraphs"], ";")],
            "facts": [_parts(fact, "|") for fact in _parts(row.get("facts", ""), ";")],
            f"answer_{lang}": row.get("answer", ""),
        }
        lines.append((n, {**line, "pair": row["pair"]} if row.get("pair") else line))
    return lines


def _parts(text: str, mark: str) -> list[str]:
    wide = {";": "；", "|": "｜"}[mark]
    return [part.strip() for part in text.replace(wide, mark).replace("\n", mark).split(mark) if part.strip()]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BatchError(
            f"{path} cannot be read ({error.strerror}). Give a file of questions with --questions."
        ) from error


def _bad(path: Path, n: int, wrong: str, mend: str) -> BatchError:
    return BatchError(f"{path} line {n}: {wrong}. {mend}")
