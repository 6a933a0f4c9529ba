"""Settings tried one after another on the dev questions, and a table of the best.

A variant changes constants of the code ("rag.retrieval.EXPANSION", "rag.retrieval.WEIGHTS.dense cross"), a setting
("renderings"), or what the lexicon knows ("lexicon.glossary", "lexicon.dictionary"), for one pass over the questions.
Variants over what is built into the index (glossary, dictionary) need an index built so: see eval/README.md.
"""

import importlib
import itertools
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import runs, tables
from eval.questions import Question
from eval.scoring import Library, score, summarise
from rag.errors import BatchError

if TYPE_CHECKING:
    from rag.assistant import Assistant

SETTINGS = ("k", "renderings")
SHOWN = ("ndcg@10", "recall@5", "all_evidence@5", "fact_recall", "citation_f1", "balanced_accuracy")
RANKED_BY = "ndcg@10"
DRAWS = 1999
MOST = 200  # variants: at half a minute each, a night


@dataclass(frozen=True)
class Variant:
    """A name and what it changes: dotted name → value."""

    name: str
    changes: Mapping[str, Any]


Tried = tuple[Variant, Mapping[str, Any]]  # a variant and its summary


def read_variants(path: Path) -> list[Variant]:
    """The variants of a TOML file: [[variant]] tables with a name, and [grid] lists, every combination of them."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BatchError(
            f"{path} cannot be read ({error.strerror}). Give a grid such as eval/ablations.toml."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BatchError(f"{path} is not valid TOML ({error}). Mend it.") from error
    variants = [
        Variant(str(each.get("name", f"variant {n}")), {k: v for k, v in each.items() if k != "name"})
        for n, each in enumerate(written.get("variant", []), 1)
    ]
    grid = written.get("grid", {})
    if grid:
        lists = [values if isinstance(values, list) else [values] for values in grid.values()]
        for values in itertools.product(*lists):
            changes = dict(zip(grid, values, strict=True))
            variants.append(Variant(", ".join(f"{_short(k)}={v}" for k, v in changes.items()), changes))
    if not variants or len(variants) > MOST:
        raise BatchError(
            f"{path} gives {len(variants)} variants; 1 to {MOST} are tried. Write [[variant]] tables or a [grid]."
        )
    return variants


def try_all(
    assistant: "Assistant",
    library: Library,
    questions: Sequence[Question],
    variants: Sequence[Variant],
    progress: Callable[[int, int], None],
) -> list[Tried]:
    """Each variant's figures over the questions, best first. The questions must be dev's."""
    if any(question.split != "dev" for question in questions):
        raise ValueError("settings are tuned on dev questions only")
    tried: list[Tried] = []
    with _remembered(assistant):
        for n, variant in enumerate(variants):
            progress(n, len(variants))
            with ExitStack() as stack:
                for name, value in variant.changes.items():
                    stack.enter_context(changed(assistant, name, value))
                run = _asked(assistant, questions)
            tried.append((variant, summarise(score(run, library), draws=DRAWS)))
        progress(len(variants), len(variants))
    return sorted(tried, key=lambda each: -(_value(each[1], RANKED_BY) or 0.0))


def _asked(assistant: "Assistant", questions: Sequence[Question]) -> runs.Run:
    from rag.present import answer_json

    reports = assistant.index.reports
    answers = {q.id: answer_json(assistant.ask(q.text, q.history), reports, q.id) for q in questions}
    return runs.Run(Path(), {}, list(questions), answers, {})


@contextmanager
def _remembered(assistant: "Assistant") -> Iterator[None]:
    """Embed each question once: it does not change between variants."""
    embedder = assistant.embedder
    plain, known = embedder.embed_query, {}

    def embed_query(text: str) -> list[float]:
        if text not in known:
            known[text] = plain(text)
        return known[text]

    embedder.__dict__["embed_query"] = embed_query
    try:
        yield
    finally:
        del embedder.__dict__["embed_query"]


@contextmanager
def changed(assistant: "Assistant", name: str, value: Any) -> Iterator[None]:
    """The assistant with one thing changed, put back afterwards; BatchError where the name is nothing's."""
    if name in SETTINGS:
        before = assistant.settings
        assistant.settings = replace(before, **{name: value})
        try:
            yield
        finally:
            assistant.settings = before
        return
    module, attribute, key = _place(name)
    kept = getattr(module, attribute)
    new = {**kept, key: value} if key else value
    if key and key not in kept:
        raise BatchError(f"{name}: {attribute} has no {key!r}. It has: {', '.join(kept)}.")
    setattr(module, attribute, new)
    try:
        yield
    finally:
        setattr(module, attribute, kept)


def _place(name: str) -> tuple[Any, str, str]:
    """The module, the constant in it, and the key in that where it is a table."""
    module_name, _, rest = name.partition(".") if not name.startswith("rag.") else ("", "", "")
    if name.startswith("rag."):
        parts = name.split(".")
        last = next((n for n, part in enumerate(parts) if part.isupper()), 0)
        module_name, rest = ".".join(parts[:last]), ".".join(parts[last:])
    attribute, _, key = rest.partition(".")
    try:
        module = importlib.import_module(module_name) if module_name.startswith("rag.") else None
    except ModuleNotFoundError:
        module = None
    if module is None or not hasattr(module, attribute):
        raise BatchError(
            f"{name!r} names no constant. Write it as rag.retrieval.EXPANSION, or a setting: {', '.join(SETTINGS)}."
        )
    return module, attribute, key


def table(tried: Sequence[Tried]) -> str:
    """The variants, best first, each figure with its interval."""
    return "\n".join([tables.text(rows(tried)), f"\nBest first by {RANKED_BY}, look-ups apart; dev questions only."])


def rows(tried: Sequence[Tried]) -> list[list[str]]:
    """A head and a row a variant, in both languages."""
    head = ["variant", *(f"{name} {lang}" for name in SHOWN for lang in ("zh", "en"))]
    body = [
        [
            variant.name,
            *(tables.cell(summary["lang"].get(lang, {}).get(name)) for name in SHOWN for lang in ("zh", "en")),
        ]
        for variant, summary in tried
    ]
    return [head, *body]


def keep(path: Path, tried: Sequence[Tried], variants: Sequence[Variant], assistant: "Assistant") -> None:
    """Write the table as Markdown, with what it was made from, and the figures as JSON beside it."""
    about = {**runs.describe(assistant), "split": "dev"}
    n = tried[0][1]["n"]["questions"] if tried else 0
    text = f"{tables.signature(about, n)}\n\n{tables.markdown(rows(tried))}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    figures = [{"variant": v.name, "changes": dict(v.changes), "lang": s["lang"], "all": s["all"]} for v, s in tried]
    beside = path.with_suffix(".json")
    beside.write_text(
        json.dumps({"about": about, "variants": len(variants), "tried": figures}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def _value(summary: Mapping[str, Any], name: str) -> float | None:
    figure = summary["all"].get(name)
    return None if figure is None else figure["value"]


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]
