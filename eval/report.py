"""A run or a comparison as one page that needs nothing else, and as Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import charts, tables
from eval.comparison import GATED, regressions
from eval.keeping import read_scores
from eval.runs import Run, read_run
from eval.scoring import MEASURES, Library, Scored
from eval.statistics import Difference
from rag.page.markup import templates

WORST = 20  # questions shown in full
BY = ("ndcg@10", "all_evidence@5", "fact_recall", "citation_f1", "balanced_accuracy")
DEPTHS = range(1, 11)
NOTE = (
    "95 % intervals: BCa bootstrap over pairs, Wilson for rates. Look-ups stand apart. "
    "Always answering, or never, has balanced accuracy 0.500."
)
COMPARED = "The second run less the first, look-ups apart; Holm over the gated measures in both languages."


def write_report(run: Run, scored: Sequence[Scored], summary: Mapping[str, Any], library: Library) -> list[Path]:
    """Write report.html and report.md into the run's folder; their paths."""
    html, markdown = run.folder / "report.html", run.folder / "report.md"
    html.write_text(run_page(run, scored, summary, library), encoding="utf-8")
    markdown.write_text(run_markdown(run, scored, summary), encoding="utf-8")
    return [html, markdown]


def write_comparison(
    folder: Path,
    first: Path,
    second: Path,
    found: Mapping[str, Mapping[str, Difference]],
    library: Library | None = None,
) -> list[Path]:
    """Write comparison.html (with paragraph texts where a library is given) and comparison.md; their paths."""
    html, markdown = folder / "comparison.html", folder / "comparison.md"
    html.write_text(comparison_page(read_run(first), read_run(second), found, library), encoding="utf-8")
    markdown.write_text(comparison_markdown(first, second, found), encoding="utf-8")
    return [html, markdown]


def comparison_page(
    one: Run, other: Run, found: Mapping[str, Mapping[str, Difference]], library: Library | None = None
) -> str:
    """The page of a comparison."""
    first, second = read_scores(one.folder), read_scores(other.folder)
    lost = regressions(first, second)
    ids = (p for before, after, _ in lost for each in (before, after) for p in (*each.hits[:5], *each.cited))
    return _render(
        "comparison.html",
        library=library,
        title=_title(one.folder, other.folder),
        signatures=[tables.signature(run.config, len(of)) for run, of in ((one, first), (other, second))],
        compared=COMPARED,
        charts=_compared(first, second, found),
        differences=tables.differences(found),
        lost=lost,
        questions={question.id: question for question in one.questions},
        one=one,
        other=other,
        shown=list(dict.fromkeys((*ids, *(m for before, *_ in lost for members in before.gold for m in members)))),
    )


def comparison_markdown(first: Path, second: Path, found: Mapping[str, Mapping[str, Difference]]) -> str:
    """The same as Markdown, without charts and texts."""
    lost = regressions(read_scores(first), read_scores(second))
    ids = [["question", "mean loss"], *([one.id, f"{gain:+.3f}"] for one, _, gain in lost)]
    parts = [f"# {_title(first, second)}", COMPARED, tables.markdown(tables.differences(found)), "## What became worse"]
    return "\n\n".join([*parts, tables.markdown(ids)]) + "\n"


def _title(first: Path, second: Path) -> str:
    one, other = _names(first, second)
    return f"{one} → {other}"


def _names(first: Path, second: Path) -> tuple[str, str]:
    """What two run folders are called, with as much of their paths as tells them apart."""
    one, other = first.absolute().parts, second.absolute().parts
    depth = next((n for n in range(1, min(len(one), len(other))) if one[-n] != other[-n]), 1)
    return "/".join(one[-depth:]), "/".join(other[-depth:])


def _compared(
    first: Sequence[Scored], second: Sequence[Scored], found: Mapping[str, Mapping[str, Difference]]
) -> list[str]:
    """How far the second run is ahead, what each finds by depth, and key facts by type side by side."""
    rows = [
        (f"{name} {lang}", d.low if d.low is not None else d.difference, d.difference, d.high or d.difference)
        for lang in sorted(set(found) - {"all"}, reverse=True)
        for name, d in found[lang].items()
        if name in GATED
    ]
    drawn = [charts.intervals(rows, "The second run less the first", "difference with its 95 % interval")]
    for lang in sorted({each.lang for each in first}, reverse=True):
        by_depth = {name: _by_depth(of, lang) for name, of in (("first", first), ("second", second))}
        title = f"Evidence found among the first k, {tables.LANGUAGE.get(lang, lang)}"
        drawn.append(charts.lines(by_depth, title, "k", "recall", 10))
    types = sorted({each.type for each in first if each.answerable})
    groups = {
        kind: {name: _mean_of(of, kind, "fact_recall") for name, of in (("first", first), ("second", second))}
        for kind in types
    }
    return [*drawn, charts.bars(groups, "Key facts said, by type")]


def _mean_of(scored: Sequence[Scored], kind: str, measure: str) -> float | None:
    values = [value for each in scored if each.type == kind and (value := each.value(measure)) is not None]
    return _mean(values) if values else None


def run_page(run: Run, scored: Sequence[Scored], summary: Mapping[str, Any], library: Library) -> str:
    """The page of a run."""
    worst = sorted((each for each in scored if not each.passed), key=_badness)[:WORST]
    named = (p for each in worst for p in (*each.hits[:5], *each.cited, *(m for s in each.gold for m in s)))
    questions = {question.id: question for question in run.questions}
    return _render(
        "run.html",
        library=library,
        run=run,
        name=run.folder.name,
        signature=tables.signature(run.config, len(scored)),
        note=NOTE,
        summary=summary,
        tables=tables,
        by=BY,
        charts=_charts(scored, summary, run),
        abstention=_abstention(summary),
        failed=sum(not each.passed for each in scored),
        asked=len(scored),
        worst=[(each, questions[each.id], _wrong(each)) for each in worst],
        shown=list(dict.fromkeys(named)),
        measures=MEASURES,
    )


def run_markdown(run: Run, scored: Sequence[Scored], summary: Mapping[str, Any]) -> str:
    """The same as Markdown, without charts."""
    questions = {question.id: question for question in run.questions}
    worst = sorted((each for each in scored if not each.passed), key=_badness)[:WORST]
    rows = [["question", "type", "what went wrong", "gold", "retrieved first", "cited"]]
    for each in worst:
        gold = "; ".join(" | ".join(members) for members in each.gold)
        rows.append(
            [
                f"{each.id}: {questions[each.id].text}",
                each.type,
                _wrong(each),
                gold,
                "; ".join(each.hits[:3]),
                "; ".join(each.cited),
            ]
        )
    parts = [
        f"# {run.folder.name}\n\n`{tables.signature(run.config, len(scored))}`",
        tables.markdown(tables.headline(summary)),
        tables.markdown(tables.lookups(summary)),
        *(
            f"## By {name}\n\n{tables.markdown(tables.breakdown(summary, name, BY))}"
            for name in ("type", "report", "direction")
        ),
        f"## Abstention\n\n{tables.markdown(_abstention(summary))}",
        f"## Chinese beside English\n\n{tables.markdown(tables.parity(summary))}",
        f"## Time\n\n{tables.markdown(tables.latency(summary))}",
        tables.markdown(tables.repeats(summary)),
        f"## The worst questions\n\n{tables.markdown(rows)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _charts(scored: Sequence[Scored], summary: Mapping[str, Any], run: Run) -> list[str]:
    languages = sorted({each.lang for each in scored}, reverse=True)
    drawn = [
        charts.lines(
            {lang: _by_depth(scored, lang) for lang in languages}, "Evidence found among the first k", "k", "recall", 10
        )
    ]
    by_type = sorted({each.type for each in scored if each.answerable})
    groups = {
        kind: {lang: _value(summary["type_lang"].get(f"{kind} {lang}"), "fact_recall") for lang in languages}
        for kind in by_type
    }
    drawn.append(charts.bars(groups, "Key facts said, by type"))
    curve = [(float(x), float(y)) for x, y in summary["abstention"]["risk_coverage"]]
    if curve:
        drawn.append(
            charts.lines({"risk": curve}, "Risk as more questions are answered", "share answered", "share wrong", 1.0)
        )
    points = [
        (zh, en, pair) for zh, en, pair in summary["parity"].get("scatter", []) if zh is not None and en is not None
    ]
    if points:
        drawn.append(charts.scatter(points, "nDCG@10 of each pair", "Chinese", "English"))
    times = sorted(1000 * seconds for name, seconds in run.wall.items() if name)
    if times:
        shares = [(value, (n + 1) / len(times)) for n, value in enumerate(times)]
        drawn.append(
            charts.lines({"answered": shares}, "Answered within so many milliseconds", "ms", "share of questions")
        )
    return drawn


def _by_depth(scored: Sequence[Scored], lang: str) -> list[tuple[float, float]]:
    """Mean share of evidence sets reached by each depth; drawn only, the figures are ir-measures'."""
    asked = [each for each in scored if each.lang == lang and each.gold and each.type != "lookup"]
    return [(float(k), _mean([_reached(each, k) for each in asked])) for k in DEPTHS] if asked else []


def _reached(each: Scored, k: int) -> float:
    return _mean([float(bool(set(members) & set(each.hits[:k]))) for members in each.gold])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _value(figures: Mapping[str, Any] | None, name: str) -> float | None:
    return figures[name]["value"] if figures and name in figures else None


def _abstention(summary: Mapping[str, Any]) -> list[list[str]]:
    of = summary["abstention"]
    unsure, unsure_of_others = of.get("unsure", (0, 0))  # runs of before there were three outcomes have none
    right, wrong = f"{of['answered_rightly']:.0f} right", f"{of['refused_wrongly']:.0f} wrong"
    rows = [["", "answered", "unsure", "refused"], ["answerable", right, str(unsure), wrong]]
    right, wrong = f"{of['refused_rightly']:.0f} right", f"{of['answered_wrongly']:.0f} wrong"
    rows.append(["not answerable", wrong, str(unsure_of_others), right])
    for kind, (refused, n) in of["refused_by_kind"].items():
        rows.append([kind, str(n - refused), "", str(refused)])
    area = "–" if of["aurc"] is None else f"{of['aurc']:.3f}"
    return [*rows, ["area under risk–coverage", area, "", ""]]


def _gold(each: Scored) -> set[str]:
    return {member for members in each.gold for member in members}


def _wrong(each: Scored) -> str:
    """What went wrong, in a few words."""
    if each.missing:
        return "no answer at all"
    if each.unsure:
        return "unsure"
    if each.abstained:
        return "abstained, though the reports answer"
    if not each.answerable:
        return "answered, though the reports do not"
    found = each.value("all_evidence@8") == 1.0
    said = each.value("fact_recall")
    return (
        f"{'evidence found' if found else 'evidence not among eight'}; facts said {said:.2f}"
        if said is not None
        else "evidence not among eight"
    )


def _badness(each: Scored) -> tuple[float, str]:
    values = [each.value(name) for name in ("abstention", "all_evidence@8", "fact_recall", "ndcg@10")]
    return sum(value for value in values if value is not None), each.id


def _anchor(paragraph: str) -> str:
    return "p-" + "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}_" for c in paragraph)


def _render(name: str, /, **values: Any) -> str:
    pages = templates("eval")
    pages.filters |= {"gold": _gold, "anchor": _anchor}
    return pages.get_template(name).render(**values) + "\n"
