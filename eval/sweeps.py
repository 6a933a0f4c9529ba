"""Settings tried one after another on the dev questions, each beside the first with intervals.

A variant changes constants of the code ("rag.answering.retrieve.EXPANSION", "rag.answering.retrieve.WEIGHTS.dense
cross"), a setting ("renderings"), what the lexicon knows ("lexicon.glossary", "lexicon.dictionary"; the term legs are
made anew), or the embedder ("embedder.trained"; the index is built anew), for one pass over the questions.
"""

import itertools
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import runs, statistics, tables
from eval.comparison import as_json
from eval.questions import Question
from eval.scoring import Library, Scored, score, summarise
from eval.statistics import Difference
from rag.answering.weights import Weights
from rag.errors import BatchError

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.lexicon import Lexicon

SETTINGS = ("k", "renderings")
LEXICON = ("lexicon.glossary", "lexicon.dictionary")
SHOWN = ("ndcg@10", "recall@5", "all_evidence@5", "fact_recall", "citation_f1", "balanced_accuracy")
COMPARED = ("ndcg@10", "all_evidence@5", "fact_recall", "citation_f1")
RANKED_BY = "ndcg@10"
DRAWS = 1999
MOST = 200  # variants: at half a minute each, a night


@dataclass(frozen=True)
class Variant:
    """A name and what it changes: dotted name → value."""

    name: str
    changes: Mapping[str, Any]
    part: str = ""  # what of the system it looks at: tables keep the order of the file under each


@dataclass(frozen=True)
class Tried:
    """A variant, its figures, and how far it is ahead of the first one: language → measure → difference."""

    variant: Variant
    summary: Mapping[str, Any]
    ahead: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)


def read_variants(path: Path) -> list[Variant]:
    """The variants of a TOML file: [[variant]] tables with a name, and [grid] lists, every combination of them."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BatchError("sweep-unreadable", path=str(path), reason=error.strerror) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BatchError("sweep-not-toml", path=str(path), reason=str(error)) from error
    variants = [
        Variant(
            str(each.get("name", f"variant {n}")),
            {k: v for k, v in each.items() if k not in ("name", "part")},
            str(each.get("part", "")),
        )
        for n, each in enumerate(written.get("variant", []), 1)
    ]
    grid = written.get("grid", {})
    if grid:
        lists = [values if isinstance(values, list) else [values] for values in grid.values()]
        for values in itertools.product(*lists):
            changes = dict(zip(grid, values, strict=True))
            variants.append(Variant(", ".join(f"{_short(k)}={v}" for k, v in changes.items()), changes))
    if not variants or len(variants) > MOST:
        raise BatchError("sweep-variants", path=str(path), size=len(variants), most=MOST)
    return variants


def try_all(
    assistant: "Assistant",
    library: Library,
    questions: Sequence[Question],
    variants: Sequence[Variant],
    progress: Callable[[int, int], None],
) -> list[Tried]:
    """Each variant's figures over the questions, and its differences from the first. The questions must be dev's."""
    if any(question.split != "dev" for question in questions):
        raise ValueError("settings are tuned on dev questions only")
    tried: list[Tried] = []
    first: Sequence[Scored] = ()
    with _remembered(assistant):
        for n, variant in enumerate(variants):
            progress(n, len(variants))
            scored = score(_asked(changed(assistant, variant.changes), questions), library)
            ahead = _ahead(first, scored) if first else {}
            tried.append(Tried(variant, summarise(scored, draws=DRAWS), ahead))
            first = first or scored
        progress(len(variants), len(variants))
    return tried


def _ahead(first: Sequence[Scored], scored: Sequence[Scored]) -> dict[str, dict[str, Difference]]:
    """Paired differences from the first variant, look-ups apart; Holm over one variant's measures and languages."""
    found: dict[str, dict[str, Difference]] = {}
    for lang in sorted({each.lang for each in scored}, reverse=True):
        for measure in COMPARED:
            values = [
                (a, b, one.pair)
                for one, other in zip(first, scored, strict=True)
                if one.lang == lang and one.type != "lookup"
                if (a := one.value(measure)) is not None and (b := other.value(measure)) is not None
            ]
            if values:
                before, after, pairs = zip(*values, strict=True)
                found.setdefault(lang, {})[measure] = statistics.difference(before, after, pairs, DRAWS)
    places = [(lang, measure) for lang, of in found.items() for measure in of]
    for (lang, measure), p in zip(places, statistics.holm([found[a][b].p for a, b in places]), strict=True):
        found[lang][measure] = replace(found[lang][measure], p_holm=p)
    return found


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


def changed(assistant: "Assistant", changes: Mapping[str, Any]) -> "Assistant":
    """A copy of the assistant with some things changed; BatchError where a name is nothing's."""
    from rag.lexicon import Lexicon

    other = copy(assistant)
    if any(name not in SETTINGS for name in changes):
        other.retriever = copy(assistant.retriever)
    for name, value in changes.items():
        if name in SETTINGS:
            other.settings = replace(other.settings, **{name: value})
        elif name not in LEXICON:
            other.retriever.weights = _weighed(other.retriever.weights, name, value)
    knowing = {name.partition(".")[2]: value for name, value in changes.items() if name in LEXICON}
    if knowing:
        _make_know(other, Lexicon.load(**knowing))
    return other


def _weighed(weights: Weights, name: str, value: Any) -> Weights:
    """The weights with the one changed that a dotted name means: "weights.part", "weights.legs.dense cross"."""
    _, _, place = name.partition("weights.")
    field_name, _, leg = place.partition(".")
    if leg and field_name == "legs" and leg not in weights.legs:
        raise BatchError("sweep-no-leg", name=name, leg=leg, legs=", ".join(weights.legs))
    if not isinstance(getattr(weights, field_name, None), dict if leg else int | float):
        known = ", ".join((*SETTINGS, *LEXICON))
        raise BatchError("sweep-no-weight", name=name, known=known)
    return replace(weights, **{field_name: {**weights.legs, leg: value} if leg else value})


def _make_know(assistant: "Assistant", lexicon: "Lexicon") -> None:
    """Give an assistant another lexicon, in the index's terms as in its questions'."""
    from rag.index.terms import build_legs

    retriever, index = assistant.retriever, copy(assistant.index)
    index.__dict__["legs"] = build_legs(index.paragraphs, index.reports, lexicon, lambda what, done, of: None)
    retriever.__dict__.pop("speller", None)
    retriever.lexicon, retriever.index, assistant.index = lexicon, index, index
    assistant.__dict__["lexicon"] = lexicon


def table(tried: Sequence[Tried]) -> str:
    """The variants with their intervals and their differences from the first; of a plain grid, the best first."""
    named = bool(tried) and bool(tried[0].variant.part)
    order = "As the file has them" if named else f"Best first by {RANKED_BY}"
    parts = [tables.text(rows(_ordered(tried))), tables.text(beside(_ordered(tried)))]
    return "\n\n".join([*parts, f"{order}, look-ups apart; dev questions only."])


def _ordered(tried: Sequence[Tried]) -> list[Tried]:
    if any(each.variant.part for each in tried):
        return list(tried)
    return sorted(tried, key=lambda each: -(_value(each.summary, RANKED_BY) or 0.0))


def rows(tried: Sequence[Tried]) -> list[list[str]]:
    """A head and a row a variant, in both languages."""
    head = ["part", "variant", *(f"{name} {lang}" for name in SHOWN for lang in ("zh", "en"))]
    body = [
        [
            *_named(each.variant),
            *(tables.cell(each.summary["lang"].get(lang, {}).get(name)) for name in SHOWN for lang in ("zh", "en")),
        ]
        for each in tried
    ]
    return [head, *body]


def beside(tried: Sequence[Tried]) -> list[list[str]]:
    """A head and a row a variant: how far it is ahead of the first one, * where that is significant by Holm."""
    head = ["part", "less the first", *(f"{name} {lang}" for name in COMPARED for lang in ("zh", "en"))]
    body = []
    for each in tried:
        if each.ahead:
            found = [each.ahead.get(lang, {}).get(name) for name in COMPARED for lang in ("zh", "en")]
            body.append([*_named(each.variant), *(_difference(d) for d in found)])
    return [head, *body] if body else []


def _named(variant: Variant) -> list[str]:
    return [variant.part or "–", variant.name]


def _difference(d: Difference | None) -> str:
    if d is None:
        return "–"
    span = f" [{d.low:+.3f}, {d.high:+.3f}]" if d.low is not None and d.high is not None else ""
    return f"{d.difference:+.3f}{span}{'*' if d.p_holm < statistics.ALPHA else ''}"


def keep(path: Path, tried: Sequence[Tried], variants: Sequence[Variant], assistant: "Assistant") -> None:
    """Write the tables as Markdown, with what they were made from, and the figures as JSON beside them."""
    about = {**runs.describe(assistant), "split": "dev"}
    n = tried[0].summary["n"]["questions"] if tried else 0
    note = "95 % intervals. Below, each variant less the first, paired; * where p < 0.05 by Holm within its row."
    of = _ordered(tried)
    parts = [tables.signature(about, n), tables.markdown(rows(of)), note, tables.markdown(beside(of))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    figures = [
        {
            "part": each.variant.part,
            "variant": each.variant.name,
            "changes": dict(each.variant.changes),
            "lang": each.summary["lang"],
            "all": each.summary["all"],
            "less the first": as_json(each.ahead),
        }
        for each in tried
    ]
    beside_it = path.with_suffix(".json")
    beside_it.write_text(
        json.dumps({"about": about, "variants": len(variants), "tried": figures}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def _value(summary: Mapping[str, Any], name: str) -> float | None:
    figure = summary["all"].get(name)
    return None if figure is None else figure["value"]


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]
