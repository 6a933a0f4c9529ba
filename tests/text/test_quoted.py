"""rag.text.quoted and rag.text.alterations: what is quoted, and how it differs from a text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.alterations import nearly
from rag.text.quoted import quoted


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        pytest.param("说“甲”和「乙」『丙』", ["甲", "乙", "丙"], id="zh marks"),
        pytest.param("他说「甲『乙』丙」。", ["甲『乙』丙"], id="one inside another"),
        pytest.param("a “b “c” d”", ["b “c” d"], id="the same inside itself"),
        pytest.param('say "a b" and "c"', ["a b", "c"], id="straight"),
        pytest.param("It’s the States’ own ‘term’.", ["term"], id="apostrophes"),
        pytest.param("the ‘States’ obligations’", ["States’ obligations"], id="possessive"),
        pytest.param("a “b\nc” d", ["b\nc"], id="over a line's end"),
        pytest.param("a “b\n\nc” d", [], id="not over a blank line"),
        pytest.param("a “b and “c”", ["c"], id="never closed"),
        pytest.param("“…” and “”", [], id="nothing said"),
    ],
)
def test_what_stands_between_marks_is_quoted(text: str, inside: list[str]) -> None:
    assert [text[start:end] for start, end in quoted(text)] == inside


@given(st.text(st.sampled_from('ab武 “”‘’"「」『』\n'), max_size=40))
def test_quotations_are_in_order_and_apart(text: str) -> None:
    spans = quoted(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "quote", "changes"),
    [
        ("States agreed on it in 2020, a year ago.", "States agreed on it in 2021", [("2021", "2020")]),
        ("大多数平民的死因是轻武器(27%)。", "大多數平民的死因是重武器", [("重", "轻")]),
        ("States did not agree on any of it.", "States did agree on any of it", [("", "not")]),
        ("States agreed on any of it.", "States never agreed on any of it", [("never", "")]),
        ("各国已经商定行动纲领并执行。", "各国商定行动计划并执行", [("", "已经"), ("计划", "纲领")]),
    ],
)
def test_what_differs_is_named(text: str, quote: str, changes: list[tuple[str, str]]) -> None:
    near = nearly(text, quote)
    assert near
    found = [(quote[slice(*each.quote)], text[slice(*each.text)]) for each in near.alterations]
    assert found == changes
    assert 0.5 < near.share <= 1


def test_a_text_with_nothing_of_a_quotation_is_not_near_it() -> None:
    assert nearly("各国商定行动纲领", "whales swim") is None
    assert nearly("", "whales") is None
