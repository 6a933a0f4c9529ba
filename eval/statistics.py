"""Intervals and tests over questions that come in pairs.

Every figure is a function of sums over questions, so that a mean, a ratio and a balanced accuracy are resampled alike.
Columns are arrays of one row a question and one column a sum; clusters say which questions belong together.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]  # (questions, sums)
Combine = Callable[[Any], Any]  # sums (one array a column) → the figure

DRAWS = 9999  # Davison and Hinkley 1997: enough for 95 % intervals to two digits
SEED = 20260101  # any fixed number: two scorings of one run agree
LEVEL = 0.95
POWER, ALPHA = 0.8, 0.05
CORRELATION = 0.6  # between two systems on one question; evaluation.md 6.2, measured


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    n: int  # questions it is over

    def shown(self) -> str:
        """As tables print it: "0.912 [0.874, 0.941]"."""
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two runs on the same questions: the second less the first."""

    first: float
    second: float
    difference: float
    low: float | None
    high: float | None
    p: float  # sign-flip permutation, two-sided
    wins: int
    ties: int
    losses: int
    n: int
    p_holm: float = 1.0


def share(sums: Any) -> Any:
    """The first sum over the second: a mean, or a ratio of totals."""
    return sums[0] / sums[1]


def by_cluster(columns: Columns, clusters: Sequence[str]) -> Columns:
    """The sums of each cluster, clusters in order of first appearance."""
    order = {cluster: n for n, cluster in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(order), columns.shape[1]))
    np.add.at(sums, [order[cluster] for cluster in clusters], columns)
    return sums


def figure(columns: Columns, clusters: Sequence[str], combine: Combine = share, draws: int = DRAWS) -> Figure:
    """A figure with its 95 % interval.

    Yes-or-no figures over independent questions get Wilson's interval, others the BCa bootstrap over clusters (Efron
    1987). Where every cluster says the same the bootstrap has nothing to say, and Wilson's over clusters stands in.
    """
    if not len(columns):
        return Figure(None, None, None, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(combine(columns.sum(axis=0)))
    if not np.isfinite(value):
        return Figure(None, None, None, len(columns))
    alone = len(set(clusters)) == len(clusters)
    if combine is share and alone and _yes_or_no(columns):
        return Figure(value, *wilson(columns[:, 0].sum(), len(columns)), len(columns))
    low, high = bootstrap(by_cluster(columns, clusters), combine, draws)
    if low is None and combine is share and 0.0 <= value <= 1.0:
        low, high = wilson(value * len(set(clusters)), len(set(clusters)))
    return Figure(value, low, high, len(columns))


def _yes_or_no(columns: Columns) -> bool:
    return bool(np.isin(columns[:, 0], (0.0, 1.0)).all() and (columns[:, 1] == 1.0).all())


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a rate (Wilson 1927), by scipy."""
    from scipy.stats import binomtest

    interval = binomtest(round(successes), n).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap(sums: Columns, combine: Combine, draws: int = DRAWS) -> tuple[float | None, float | None]:
    """The BCa interval of a figure over clusters (scipy); None where there are too few or all are alike."""
    from scipy.stats import bootstrap as scipy_bootstrap

    if len(sums) < 3 or (sums == sums[0]).all():
        return None, None

    def statistic(*columns: Any, axis: int = -1) -> Any:
        return combine([column.sum(axis=axis) for column in columns])

    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore")  # scipy warns where a degenerate interval comes out as nan; handled here
        interval = scipy_bootstrap(
            tuple(sums.T),
            statistic,
            paired=True,
            vectorized=True,
            n_resamples=draws,
            confidence_level=LEVEL,
            method="BCa",
            rng=np.random.default_rng(SEED),
        ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    return (low, high) if np.isfinite([low, high]).all() else _percentile(sums, combine, draws)


def _percentile(sums: Columns, combine: Combine, draws: int) -> tuple[float | None, float | None]:
    """The percentile interval over the draws that have the figure: where some lack, say, every unanswerable question.

    None where all of them are alike.
    """
    drawn = np.random.default_rng(SEED).integers(0, len(sums), (draws, len(sums)))
    with np.errstate(invalid="ignore", divide="ignore"):
        values = combine(list(np.moveaxis(sums[drawn].sum(axis=1), -1, 0)))
    known = values[np.isfinite(values)]
    if not len(known) or np.ptp(known) == 0:
        return None, None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def difference(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[str], draws: int = DRAWS
) -> Difference:
    """The paired difference of two runs, question by question, with interval and p.

    The p is that of a sign-flip permutation over clusters (scipy.stats.permutation_test, "samples").
    """
    from scipy.stats import permutation_test

    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    each = two - one
    sums = by_cluster(np.column_stack([each, np.ones(len(each))]), clusters)
    low, high = bootstrap(sums, share, draws)
    flipped = sums[:, 0]
    p = 1.0  # one cluster alone shows nothing
    if len(flipped) > 1 and np.any(flipped):

        def statistic(x: Any, y: Any, axis: int = -1) -> Any:
            return (x - y).sum(axis=axis)

        p = float(
            permutation_test(
                (flipped, np.zeros(len(flipped))),
                statistic,
                permutation_type="samples",
                vectorized=True,
                n_resamples=draws,
                rng=np.random.default_rng(SEED),
            ).pvalue
        )
    return Difference(
        first=float(one.mean()),
        second=float(two.mean()),
        difference=float(each.mean()),
        low=low,
        high=high,
        p=p,
        wins=int((each > 0).sum()),
        ties=int((each == 0).sum()),
        losses=int((each < 0).sum()),
        n=len(each),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values corrected for testing several at once (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, so_far = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = so_far
    return corrected


def leave_one_out(
    columns: Columns, groups: Sequence[frozenset[str]], combine: Combine = share
) -> tuple[float, float] | None:
    """The lowest and highest value of a figure with the questions of one group (a report) left out; None below two."""
    names = sorted(frozenset().union(*groups)) if groups else []
    values = []
    for name in names:
        kept = columns[[name not in of_question for of_question in groups]]
        if len(kept):
            with np.errstate(invalid="ignore", divide="ignore"):
                values.append(float(combine(kept.sum(axis=0))))
    finite = [value for value in values if np.isfinite(value)]
    return (min(finite), max(finite)) if len(names) > 1 and finite else None


def detectable(values: Sequence[float], clusters: Sequence[str]) -> float | None:
    """The smallest difference between two runs that this many clusters show with 80 % power at 5 %.

    From the spread of the clusters' means and a correlation of 0.6 between two systems; None below three clusters.
    """
    from scipy.stats import norm

    sums = by_cluster(np.column_stack([np.asarray(values, dtype=float), np.ones(len(values))]), clusters)
    if len(sums) < 3:
        return None
    spread = float((sums[:, 0] / sums[:, 1]).std(ddof=1)) * float(np.sqrt(2 * (1 - CORRELATION)))
    return float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER)) * spread / float(np.sqrt(len(sums)))


def as_json(value: Figure) -> Mapping[str, float | int | None]:
    """A figure as metrics.json keeps it."""
    return {"value": value.value, "low": value.low, "high": value.high, "n": value.n}
