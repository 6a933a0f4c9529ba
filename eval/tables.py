"""Figures as plain text and Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.statistics import Difference

FIRST = (
    *("recall@1", "recall@5", "recall@10", "success@5", "mrr@10", "ndcg@10", "all_evidence@5", "all_evidence@8"),
    *(
        "fact_recall",
        "facts_with_quotations",
        "facts_quoted",
        "written",
        "statements_held",
        "wrong_facts",
        "citation_precision",
        "citation_recall",
        "citation_f1",
        "citation_validity",
        "quotations",
        "not_checked",
    ),
    *("number_faithfulness", "all_numbers", "number_faithfulness_retrieved"),
    *("support_recall", "support_precision", "citation_coverage"),
    *(
        "abstention_precision",
        "abstention_recall",
        "abstention_f1",
        "hallucination",
        "over_refusal",
        "unsure_answerable",
        "unsure_unanswerable",
        "balanced_accuracy",
    ),
    *("language_match", "attack_success"),
)
ON = {"True": "on", "False": "off"}
LANGUAGE = {"all": "both", "zh": "Chinese", "en": "English"}


def cell(figure: Mapping[str, Any] | None) -> str:
    """A figure with its interval: "0.912 [0.874, 0.941]", or a dash where it is not defined."""
    if figure is None or figure["value"] is None:
        return "–"
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def headline(summary: Mapping[str, Any]) -> list[list[str]]:
    """Rows of measure, each language, both together, and the range with one report left out."""
    languages = list(summary["lang"])
    rows = [["", *(LANGUAGE.get(lang, lang) for lang in languages), "both", "n", "one report left out"]]
    for name in FIRST:
        both = summary["all"].get(name)
        if both is None:
            continue
        span = both.get("leave_one_report_out")
        parts = [cell(summary["lang"][lang].get(name)) for lang in languages]
        rows.append([name, *parts, cell(both), str(both["n"]), f"{span[0]:.3f} to {span[1]:.3f}" if span else "–"])
    return rows


def lookups(summary: Mapping[str, Any]) -> list[list[str]]:
    """The same few measures over look-ups, which stand apart: they need no retrieval worth the name."""
    names = ("recall@1", "recall@5", "fact_recall", "citation_f1")
    rows = [["look-ups", *names, "n"]]
    for lang, figures in summary["lookups"].items():
        if figures:
            n = str(max(figure["n"] for figure in figures.values()))
            rows.append([LANGUAGE.get(lang, lang), *(cell(figures.get(name)) for name in names), n])
    return rows if len(rows) > 1 else []


def breakdown(summary: Mapping[str, Any], by: str, names: Sequence[str]) -> list[list[str]]:
    """One row a type, report or direction."""
    rows = [[by, *names, "n"]]
    for group, figures in summary[by].items():
        if figures:
            rows.append(
                [group, *(cell(figures.get(name)) for name in names), str(max(f["n"] for f in figures.values()))]
            )
    return rows


def parity(summary: Mapping[str, Any]) -> list[list[str]]:
    """How alike Chinese and English are served."""
    of = summary["parity"]
    if not of.get("pairs"):
        return []
    names = (
        *("jaccard@5", "jaccard@10", "rbo", "citation_jaccard", "verdict_agreement", "number_agreement"),
        *("number_jaccard", "gap_ndcg@10", "same_language_bias"),
    )
    evidence = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in of["all_evidence@5"].items())
    return [
        ["zh/en pairs", str(of["pairs"])],
        *([name, cell(of[name])] for name in names if name in of and of[name]["value"] is not None),
        ["all evidence@5 in", evidence],
    ]


def latency(summary: Mapping[str, Any]) -> list[list[str]]:
    """Milliseconds by stage."""
    stages = summary.get("latency") or {}
    rows = [["ms", "p50", "p95", "max", "n"]]
    rows += [
        [stage, *(f"{of[part]:.0f}" for part in ("p50", "p95", "max")), str(of["n"])] for stage, of in stages.items()
    ]
    if summary.get("memory_mb") is not None:
        rows.append(["memory, MB", "", "", f"{summary['memory_mb']:.0f}", ""])
    return rows if stages else []


def repeats(summary: Mapping[str, Any]) -> list[list[str]]:
    """Whether asking again gives the same, and how long each time took."""
    of = summary.get("repeats")
    if not of:
        return []
    rows = [[f"asked {of['times']} times", "share"]]
    rows += [[name, cell(of[name])] for name in ("identical_hits", "identical_answers")]
    rows += [[f"time {n}: p50, p95 ms", f"{ms['p50']:.0f}, {ms['p95']:.0f}"] for n, ms in of["ms"].items()]
    return rows


def differences(found: Mapping[str, Mapping[str, Difference]]) -> list[list[str]]:
    """Rows of language, measure, both figures, the difference with interval, p alone and by Holm, wins/ties/losses."""
    rows = [["", "measure", "first", "second", "difference", "p", "p (Holm)", "wins/ties/losses", "n"]]
    for lang, measures in found.items():
        for name, d in measures.items():
            span = f"{d.difference:+.3f}" + (
                f" [{d.low:+.3f}, {d.high:+.3f}]" if d.low is not None and d.high is not None else ""
            )
            tally = f"{d.wins}/{d.ties}/{d.losses}"
            row = [
                LANGUAGE.get(lang, lang),
                name,
                f"{d.first:.3f}",
                f"{d.second:.3f}",
                span,
                f"{d.p:.4f}",
                f"{d.p_holm:.4f}",
                tally,
                str(d.n),
            ]
            rows.append(row)
    return rows


def signature(config: Mapping[str, Any], n: int) -> str:
    """What a figure belongs to, on one line: commit, index, embedder, split, n."""
    index, models = config.get("index") or {}, config.get("models") or {}
    embedder = models.get("embedder") or {}
    return " · ".join(
        [
            f"commit {config.get('commit', 'unknown')}",
            f"index {index.get('generation', 'unknown')}",
            f"embedder {embedder.get('name', 'unknown')} {str(embedder.get('fingerprint', ''))[:8]}".rstrip(),
            f"llm {models.get('llm', 'unknown')}",
            f"renderings {ON.get(str((config.get('settings') or {}).get('renderings')), 'unknown')}",
            f"split {config.get('split', 'unknown')}",
            f"n {n}",
        ]
    )


def text(rows: Sequence[Sequence[str]]) -> str:
    """A table in columns; the first left, the others right."""
    if not rows:
        return ""
    from rich.cells import cell_len

    widths = [max(cell_len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    lines = []
    for row in rows:
        pads = [" " * (widths[i] - cell_len(value)) for i, value in enumerate(row)]
        lines.append("  ".join(value + pads[i] if i == 0 else pads[i] + value for i, value in enumerate(row)).rstrip())
    return "\n".join(lines)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the first row its head."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(value.replace("|", "\\|") for value in row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]])
