"""Ours beside each of the usual ways: figures with intervals, paired differences, Holm over everything compared."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from eval import statistics, tables
from eval.scoring import Scored
from eval.statistics import Difference, Figure

MEASURES = ("ndcg@10", "all_evidence@5")
LANGUAGES = ("zh", "en")
OURS = "Rapporteur"


@dataclass(frozen=True)
class System:
    """One system's scores, with or without renderings."""

    name: str
    renderings: bool
    scored: Sequence[Scored]
    read: float  # characters in what it puts first to fifth, the median over questions


@dataclass(frozen=True)
class Row:
    """One figure of one system, and how far ours is ahead of it (None for ours)."""

    system: str
    renderings: bool
    lang: str
    measure: str
    figure: Figure
    ahead: Difference | None = None


def rows(systems: Sequence[System], draws: int = statistics.DRAWS) -> list[Row]:
    """A row a system, language and measure; the p values corrected over all of them together."""
    found = [
        row for renderings in (True, False) for row in _of([s for s in systems if s.renderings is renderings], draws)
    ]
    compared = [row for row in found if row.ahead]
    corrected = iter(statistics.holm([row.ahead.p for row in compared if row.ahead]))
    return [
        replace(row, ahead=replace(row.ahead, p_holm=next(corrected))) if row.ahead is not None else row
        for row in found
    ]


def _of(systems: Sequence[System], draws: int) -> Iterator[Row]:
    ours = next((system for system in systems if system.name == OURS), None)
    if ours is None:
        return
    for system in systems:
        for lang in LANGUAGES:
            for measure in MEASURES:
                one, other = _values(system.scored, lang, measure), _values(ours.scored, lang, measure)
                if list(one) != list(other):
                    raise ValueError(f"{system.name} and {OURS} were asked other questions")
                if not one:
                    continue
                columns = np.array([[value, 1.0] for value in one.values()], dtype=float)
                pairs = [pair for _, pair in one]
                figure = statistics.figure(columns, pairs, draws=draws)
                ahead = None
                if system is not ours:
                    ahead = statistics.difference(list(one.values()), list(other.values()), pairs, draws)
                yield Row(system.name, system.renderings, lang, measure, figure, ahead)


def _values(scored: Sequence[Scored], lang: str, measure: str) -> dict[tuple[str, str], float]:
    """(question id, pair) → value, look-ups apart: they name their paragraph and need no retrieval."""
    return {
        (each.id, each.pair): value
        for each in scored
        if each.lang == lang and each.type != "lookup" and (value := each.value(measure)) is not None
    }


def shown(systems: Sequence[System], found: Sequence[Row]) -> list[list[str]]:
    """The head and a line a system: figures with intervals, how far ours is ahead, whether that is significant."""
    head = ["system", "renderings"]
    head += [part for lang in LANGUAGES for measure in MEASURES for part in (f"{measure} {lang}", "ours ahead by")]
    lines = [[*head, "characters in the first five"]]
    for system in systems:
        line = [system.name, "with" if system.renderings else "without"]
        for lang in LANGUAGES:
            for measure in MEASURES:
                row = next((r for r in found if _key(r) == (system.name, system.renderings, lang, measure)), None)
                line += ["–", "–"] if row is None else [row.figure.shown(), _ahead(row.ahead)]
        lines.append([*line, f"{system.read:,.0f}"])
    return lines


def _key(row: Row) -> tuple[str, bool, str, str]:
    return row.system, row.renderings, row.lang, row.measure


def _ahead(ahead: Difference | None) -> str:
    if ahead is None:
        return ""
    told = f"{ahead.difference:+.3f}"
    if ahead.low is not None and ahead.high is not None:
        told += f" [{ahead.low:+.3f}, {ahead.high:+.3f}]"
    return f"{told}, p {'< 0.001' if ahead.p_holm < 0.001 else f'{ahead.p_holm:.3f}'}"


def markdown(systems: Sequence[System], found: Sequence[Row], about: str) -> str:
    """The table as Markdown with what it was made from and what it says."""
    behind = [row for row in found if row.ahead and not (row.ahead.difference > 0 and row.ahead.p_holm < 0.05)]
    led = sum(1 for row in found if row.ahead) - len(behind)
    verdict = f"Ours is significantly ahead (Holm, 5 %) in {led} of {led + len(behind)} comparisons."
    verdict += "".join(f"\n- not so: {_told(row)}" for row in behind)
    note = (
        "A chunk counts for each paragraph of which it holds at least half the characters, at the same rank. "
        "95 % intervals; the difference is ours less theirs, paired by question, with the p of a sign-flip permutation "
        "over pairs, Holm-corrected over the whole table. Look-ups are left out. The last column says how much text a "
        "reader or a model is given with the first five: long chunks hold more evidence and more of everything else."
    )
    return "\n\n".join([about, tables.markdown(shown(systems, found)), verdict, note]) + "\n"


def _told(row: Row) -> str:
    where = f"{row.system}, {'with' if row.renderings else 'without'} renderings, {row.lang}, {row.measure}"
    return f"{where} ({_ahead(row.ahead)})"


def as_json(systems: Sequence[System], found: Sequence[Row]) -> dict[str, Any]:
    """The same for programs."""
    read = [{"system": s.name, "renderings": s.renderings, "characters in the first five": s.read} for s in systems]
    return {"systems": read, "rows": [asdict(row) for row in found]}
