"""A run or a comparison as one page that needs nothing else, and as Markdown."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from eval import charts, tables
from eval.comparison import GATED, regressions
from eval.keeping import read_scores
from eval.questions import Question
from eval.runs import Run, read_run
from eval.scoring import MEASURES, Library, Scored
from eval.statistics import Difference

WORST = 20  # questions shown in full
BY = ("ndcg@10", "all_evidence@5", "fact_recall", "citation_f1", "balanced_accuracy")
DEPTHS = range(1, 11)
NOTE = (
    "95 % intervals: BCa bootstrap over pairs, Wilson for rates. Look-ups stand apart. "
    "Always answering, or never, has balanced accuracy 0.500."
)
COMPARED = "The second run less the first, look-ups apart; Holm over the gated measures in both languages."
STYLE = """
:root{--ink:#1b2430;--paper:#fff;--soft:#f3f5f8;--rule:#d5dae1;--a:#1f5fa8;--b:#b8621b;--bad:#a3262a;--good:#1d6b3c}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--paper:#14181d;--soft:#1e242c;--rule:#39424e;--a:#74aef0;--b:#e9a05c;--bad:#ff8f8f;--good:#7fd3a0}}
*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:1.5rem;color:var(--ink);background:var(--paper);
font:16px/1.55 system-ui,"Noto Sans","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--rule)}code{font-size:.9em}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{background:var(--soft)}
.charts{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;flex:0 1 calc(50% - .5rem);min-width:20rem;background:var(--soft);padding:.7rem;border-radius:.4rem}
figcaption{font-weight:600;font-size:.9rem}svg{width:100%;height:auto}.tick{font-size:10px;fill:var(--ink)}
.grid{stroke:var(--rule);fill:none}.line{fill:none;stroke-width:2}
.line.s0{stroke:var(--a)}.line.s1{stroke:var(--b);stroke-dasharray:5 3}
.bar.s0{fill:var(--a)}.bar.s1{fill:var(--b)}.dot{fill:var(--a);fill-opacity:.55}
details{border:1px solid var(--rule);border-radius:.4rem;margin:.6rem 0;padding:.4rem .8rem}summary{cursor:pointer}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1rem}.sides h4{margin:.4rem 0}
.gold{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.text{white-space:pre-wrap;overflow-wrap:anywhere}
:target{outline:2px solid var(--b)}.small{font-size:.85rem}a{color:var(--a)}
"""


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
    title = _title(one.folder, other.folder)
    ids = (p for before, after, _ in lost for each in (before, after) for p in (*each.hits[:5], *each.cited))
    shown = list(dict.fromkeys((*ids, *(m for before, *_ in lost for members in before.gold for m in members))))
    signed = "<br>".join(
        f"{name}: <code>{escape(tables.signature(run.config, len(of)))}</code>"
        for name, run, of in (("first", one, first), ("second", other, second))
    )
    body = [
        f"<h1>{escape(title)}</h1><p class=small>{signed}</p><p>{COMPARED}</p><div class=charts>",
        *_compared(first, second, found),
        f"</div><h2>Differences</h2>{_table(tables.differences(found))}",
        f"<h2>What became worse</h2>{_lost(lost, one, other, library)}",
    ]
    if library is not None and shown:
        body += ["<h2>The paragraphs they name</h2>", *(_paragraph(paragraph, library) for paragraph in shown)]
    return _page(title, body)


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
    signature = tables.signature(run.config, len(scored))
    worst = sorted((each for each in scored if not each.passed), key=_badness)[:WORST]
    shown = list(
        dict.fromkeys(p for each in worst for p in (*each.hits[:5], *each.cited, *(m for s in each.gold for m in s)))
    )
    questions = {question.id: question for question in run.questions}
    failed = sum(not each.passed for each in scored)
    meaning = "".join(f"<dt><code>{measure.name}</code></dt><dd>{escape(measure.what)}</dd>" for measure in MEASURES)
    body = [
        f"<h1>{escape(run.folder.name)}</h1><p><code>{escape(signature)}</code></p><p class=small>{NOTE}</p>",
        _table(tables.headline(summary)),
        _table(tables.lookups(summary)),
        "<h2>Charts</h2><div class=charts>",
        *_charts(scored, summary, run),
        "</div>",
        *(
            f"<h2>By {name}</h2>{_table(tables.breakdown(summary, name, BY))}"
            for name in ("type", "report", "direction")
        ),
        f"<h2>Abstention</h2>{_table(_abstention(summary))}",
        f"<h2>Chinese beside English</h2>{_table(tables.parity(summary))}",
        f"<h2>Time</h2>{_table(tables.latency(summary))}{_table(tables.repeats(summary))}",
        f"<h2>The worst questions</h2><p>{failed} of {len(scored)} did not pass; the {len(worst)} worst:</p>",
        *(_question(each, questions[each.id], run, library) for each in worst),
        "<h2>The paragraphs they name</h2>",
        *(_paragraph(paragraph, library) for paragraph in shown),
        f"<h2>Measures</h2><dl class=small>{meaning}</dl>",
    ]
    return _page(f"{run.folder.name}: evaluation", body)


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
    rows = [["", "answered", "refused"]]
    rows.append(["answerable", f"{of['answered_rightly']:.0f} right", f"{of['refused_wrongly']:.0f} wrong"])
    rows.append(["not answerable", f"{of['answered_wrongly']:.0f} wrong", f"{of['refused_rightly']:.0f} right"])
    for kind, (refused, n) in of["refused_by_kind"].items():
        rows.append([kind, str(n - refused), str(refused)])
    area = "–" if of["aurc"] is None else f"{of['aurc']:.3f}"
    return [*rows, ["area under risk–coverage", area, ""]]


def _question(each: Scored, question: Question, run: Run, library: Library) -> str:
    """What was expected, retrieved and answered, side by side."""
    before = "".join(f"<p class=small>… {escape(turn.question)}</p>" for turn in question.history)
    return (
        f"<details id='{escape(each.id)}'><summary><b>{escape(each.id)}</b> {escape(question.text)} "
        f"<span class=bad>{escape(_wrong(each))}</span></summary>{before}<div class=sides>"
        f"{_expected(each, question, library)}{_retrieved(each, library)}{_answered(each, run, library)}"
        "</div></details>"
    )


def _expected(each: Scored, question: Question, library: Library | None) -> str:
    facts = "".join(f"<li>{escape(' / '.join(forms[:4]))}</li>" for forms in question.facts)
    gold = _gold(each)
    expected = "".join(f"<li>{' or '.join(_link(m, gold, library) for m in members)}</li>" for members in each.gold)
    reference = escape(question.reference.get(each.lang, ""))
    return f"<div><h4>Expected</h4><ol>{expected or '<li>no answer</li>'}</ol><ul>{facts}</ul><p>{reference}</p></div>"


def _retrieved(each: Scored, library: Library | None, name: str = "Retrieved") -> str:
    hits = "".join(f"<li>{_link(hit, _gold(each), library)}</li>" for hit in each.hits[:5])
    return f"<div><h4>{escape(name)}</h4><ol>{hits}</ol></div>"


def _answered(each: Scored, run: Run, library: Library | None, name: str = "Answered") -> str:
    cited = ", ".join(_link(paragraph, _gold(each), library) for paragraph in each.cited) or "nothing cited"
    answer = escape(str(run.answers.get(each.id, {}).get("answer", "no answer")))
    return f"<div><h4>{escape(name)}</h4><p class='text small'>{answer}</p><p>{cited}</p></div>"


def _gold(each: Scored) -> set[str]:
    return {member for members in each.gold for member in members}


def _wrong(each: Scored) -> str:
    """What went wrong, in a few words."""
    if each.missing:
        return "no answer at all"
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


def _paragraph(paragraph: str, library: Library) -> str:
    known = library.by_id.get(paragraph)
    if known is None:
        missing = f"<summary class=bad>{escape(paragraph)}: not in the index</summary>"
        return f"<details id='{_anchor(paragraph)}' open>{missing}</details>"
    texts = "".join(f"<p class='text small'>{escape(text)}</p>" for text in library.texts(paragraph))
    return f"<details id='{_anchor(paragraph)}' open><summary>{escape(paragraph)}</summary>{texts}</details>"


def _link(paragraph: str, gold: set[str], library: Library | None) -> str:
    if library is None:
        return f"<span{' class=gold' if paragraph in gold else ''}>{escape(paragraph)}</span>"
    known = " class=gold" if paragraph in gold else "" if paragraph in library.by_id else " class=bad"
    return f"<a href='#{_anchor(paragraph)}'{known}>{escape(paragraph)}</a>"


def _anchor(paragraph: str) -> str:
    return "p-" + "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}_" for c in paragraph)


def _lost(lost: Sequence[tuple[Scored, Scored, float]], one: Run, other: Run, library: Library | None) -> str:
    """The questions that lost most, each with what either run found and said."""
    questions = {question.id: question for question in one.questions}
    parts = []
    for before, after, gain in lost:
        question = questions[before.id]
        sides = _expected(before, question, library) + "".join(
            _retrieved(each, library, f"{name}: retrieved") + _answered(each, run, library, f"{name}: answered")
            for each, run, name in ((before, one, "first"), (after, other, "second"))
        )
        parts.append(
            f"<details id='{escape(before.id)}'><summary><b>{escape(before.id)}</b> {escape(question.text)} "
            f"<span class=bad>{gain:+.3f}</span></summary><div class=sides>{sides}</div></details>"
        )
    return "".join(parts) or "<p>Nothing.</p>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    width = max(map(len, rows))
    head, *body = [[*row, *([""] * (width - len(row)))] for row in rows]
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<div class=scroll><table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></div>"


def _page(title: str, body: Sequence[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
