"""How far a share of questions may be due to which questions were asked: intervals and a paired test.

Questions of one paragraph are alike, so that paragraphs, not questions, are drawn anew. `eval/statistics.py` has more,
for figures that are no plain shares; it is not installed with Rapporteur.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 9999  # Davison and Hinkley 1997: enough for 95 % intervals to two digits
SEED = 20260101  # any fixed number: two printings of one run agree
LEVEL = 0.95

Yes = NDArray[np.bool_]  # one per question: whether it was answered


def interval(yes: Yes, clusters: Sequence[Hashable]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the share of yes, over clusters of questions."""
    hits, sizes = _by_cluster(yes.astype(float), clusters), _by_cluster(np.ones(len(yes)), clusters)
    drawn = np.random.default_rng(SEED).integers(len(sizes), size=(DRAWS, len(sizes)))
    low, high = np.quantile(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def chance_of(first: Yes, second: Yes, clusters: Sequence[Hashable]) -> float:
    """The two-sided p of a difference as large between two searches that do not differ: sign flips over clusters.

    >>> chance_of(np.zeros(40, bool), np.arange(40) < 20, range(40))
    0.0001
    """
    differences = _by_cluster(second.astype(float) - first, clusters)
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(DRAWS, len(differences)))
    as_large = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9
    return float((as_large.sum() + 1) / (DRAWS + 1))


def _by_cluster(values: NDArray[np.float64], clusters: Sequence[Hashable]) -> NDArray[np.float64]:
    place = {cluster: n for n, cluster in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros(len(place))
    np.add.at(sums, [place[cluster] for cluster in clusters], values)
    return sums
