"""The sets of synonyms: words that stand for each other share one, opposites and words of other strength none."""

from itertools import combinations

import pytest

from rag.checking.synonyms import key_of, light, senses


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("erased", "removed"),
        ("organised", "organizing"),
        ("riskier", "dangerous"),
        ("decided", "decision"),
        ("召开", "举行"),
    ],
)
def test_synonyms_share_a_set(one: str, other: str) -> None:
    assert key_of(one) == key_of(other) or senses(key_of(one)) & senses(key_of(other))


STRENGTHS = ["encourage", "invite", "urge", "decide", "require", "allow", "warn"]
强弱 = ["鼓励", "邀请", "敦促", "决定", "规定", "允许", "警告"]
OPPOSITES = ["increase", "reduce", "launch", "complete", "accept", "reject"]


@pytest.mark.parametrize(
    ("one", "other"), [pair for each in (STRENGTHS, 强弱, OPPOSITES) for pair in combinations(each, 2)]
)
def test_words_of_another_strength_or_direction_share_none(one: str, other: str) -> None:
    assert senses(key_of(one)).isdisjoint(senses(key_of(other)))


def test_words_that_lend_themselves_to_a_noun_are_light() -> None:
    assert [light(key_of(word)) for word in ("take", "进行", "还须", "ban", "拒绝")] == [True, True, True, False, False]
