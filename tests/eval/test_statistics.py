"""Intervals and tests: known values, coverage of the obvious, and what happens at the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval import statistics

DRAWS = 499


def columns(values: list[float]) -> statistics.Columns:
    return np.column_stack([values, np.ones(len(values))])


def names(n: int) -> list[str]:
    return [f"q{i}" for i in range(n)]


def test_rates_over_independent_questions_get_wilsons_interval() -> None:
    figure = statistics.figure(columns([1.0] * 80 + [0.0] * 20), names(100))
    interval = binomtest(80, 100).proportion_ci(0.95, method="wilson")
    assert (figure.low, figure.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert (round(figure.low or 0, 3), round(figure.high or 0, 3)) == (0.711, 0.867)  # as evaluation.md prints it


def test_questions_of_a_pair_are_resampled_together() -> None:
    values = [1.0, 1.0, 0.0, 0.0] * 10
    apart = statistics.figure(columns(values), names(40))
    together = statistics.figure(columns(values), [f"p{i // 2}" for i in range(40)], draws=DRAWS)
    assert (together.high or 0) - (together.low or 0) > (apart.high or 0) - (apart.low or 0)


def test_where_all_clusters_agree_the_interval_is_wilsons_over_clusters() -> None:
    figure = statistics.figure(columns([1.0] * 20), [f"p{i // 2}" for i in range(20)], draws=DRAWS)
    assert figure.low == pytest.approx(binomtest(10, 10).proportion_ci(0.95, method="wilson").low)


def test_a_figure_that_some_draws_lack_has_an_interval_all_the_same() -> None:
    # balanced accuracy over twelve questions of which one is not answerable: a third of the draws have none of those
    sums = np.array([[1.0, 1.0, 0.0, 0.0]] * 8 + [[0.0, 1.0, 0.0, 0.0]] * 3 + [[0.0, 0.0, 1.0, 1.0]])
    figure = statistics.figure(sums, names(12), lambda s: (s[0] / s[1] + s[2] / s[3]) / 2, DRAWS)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < (figure.value or 0) < figure.high


def test_no_question_has_no_figure() -> None:
    assert statistics.figure(np.zeros((0, 2)), []) == statistics.Figure(None, None, None, 0)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=12))
def test_the_value_lies_within_its_interval_or_has_none(values: list[float]) -> None:
    figure = statistics.figure(columns(values), names(len(values)), draws=99)
    assert figure.value == pytest.approx(sum(values) / len(values))
    if figure.low is not None and figure.high is not None:
        assert figure.low <= figure.high


@given(st.permutations(range(12)))
def test_the_order_of_questions_changes_no_value(order: list[int]) -> None:
    values = [i % 5 / 4 for i in range(12)]
    shuffled = statistics.figure(columns([values[i] for i in order]), [f"p{i}" for i in order], draws=99)
    assert shuffled.value == pytest.approx(sum(values) / 12)


class TestDifference:
    def test_two_equal_runs_do_not_differ(self) -> None:
        found = statistics.difference([0.1, 0.9, 0.5], [0.1, 0.9, 0.5], names(3), DRAWS)
        assert (found.difference, found.p, found.ties) == (0.0, 1.0, 3)

    def test_the_p_value_of_a_small_case_is_exact(self) -> None:
        # five gains of one size: only all signs alike are as extreme, 2 of 32 flips
        found = statistics.difference([0.0] * 5, [1.0] * 5, names(5))
        assert found.p == pytest.approx(2 / 32)
        assert (found.wins, found.losses) == (5, 0)

    def test_one_pair_alone_shows_nothing(self) -> None:
        found = statistics.difference([0.0, 0.0], [1.0, 1.0], ["p", "p"], DRAWS)
        assert (found.difference, found.p, found.low) == (1.0, 1.0, None)

    def test_swapping_the_runs_turns_the_sign_and_keeps_p(self) -> None:
        one, other = [0.2, 0.4, 0.9, 0.1, 0.3, 0.8], [0.3, 0.9, 0.8, 0.6, 0.4, 0.9]
        there, back = statistics.difference(one, other, names(6)), statistics.difference(other, one, names(6))
        assert there.difference == pytest.approx(-back.difference)
        assert there.p == pytest.approx(back.p)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    corrected = statistics.holm(p_values)
    assert all(after >= before for before, after in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [corrected[i] for i in order] == sorted(corrected)


def test_leaving_one_report_out_gives_the_range() -> None:
    groups = [frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})]
    assert statistics.leave_one_out(columns([1.0, 0.0, 1.0]), groups) == (0.0, 1.0)
    assert statistics.leave_one_out(columns([1.0]), [frozenset({"a"})]) is None


def test_more_pairs_show_smaller_differences() -> None:
    few, many = (statistics.detectable([0.0, 1.0] * n, names(2 * n)) for n in (10, 40))
    assert few is not None
    assert many is not None
    assert many < few
