"""Two runs on the same questions: which is better, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eval import statistics
from eval.scoring import LOWER_IS_BETTER, Scored
from eval.statistics import Difference
from rag.errors import BatchError

GATED = (
    "ndcg@10",
    "all_evidence@5",
    "all_evidence@8",
    "fact_recall",
    "citation_f1",
    "number_faithfulness",
    "abstention",
)
ALSO = (
    "recall@1",
    "recall@5",
    "recall@10",
    "mrr@10",
    "wrong_facts",
    "citation_precision",
    "citation_recall",
    "language_match",
)


def common(first: Sequence[Scored], second: Sequence[Scored]) -> list[tuple[Scored, Scored]]:
    """The questions both runs were asked, paired; BatchError where they share none or their gold differs."""
    theirs = {each.id: each for each in second}
    pairs = [(each, theirs[each.id]) for each in first if each.id in theirs]
    if not pairs:
        raise BatchError("The two runs share no question. Compare runs of one questions file and split.")
    for one, other in pairs:
        if one.gold != other.gold:
            raise BatchError(
                f"{one.id}: its gold differs between the runs. Score both with: python -m eval score RUN --questions F"
            )
    return pairs


def compare(
    first: Sequence[Scored], second: Sequence[Scored], draws: int = statistics.DRAWS
) -> dict[str, dict[str, Difference]]:
    """Language → measure → paired difference, look-ups apart; Holm's p over the gated measures and languages."""
    pairs = [(one, other) for one, other in common(first, second) if one.type != "lookup"]
    languages = ["all", *sorted({one.lang for one, _ in pairs})]
    found = {lang: _of_language([p for p in pairs if lang in ("all", p[0].lang)], draws) for lang in languages}
    gated = [(lang, name) for lang in languages for name in found[lang] if name in GATED and lang != "all"]
    corrected = statistics.holm([found[lang][name].p for lang, name in gated])
    for (lang, name), p in zip(gated, corrected, strict=True):
        found[lang][name] = replace(found[lang][name], p_holm=p)
    for name, d in found["all"].items():
        found["all"][name] = replace(d, p_holm=d.p)  # reported, not part of the family
    return found


def _of_language(pairs: Sequence[tuple[Scored, Scored]], draws: int) -> dict[str, Difference]:
    differences = {}
    for name in (*GATED, *ALSO):
        defined = [
            (one, other, a, b)
            for one, other in pairs
            if (a := one.value(name)) is not None and (b := other.value(name)) is not None
        ]
        if defined:
            columns = [a for *_, a, _ in defined], [b for *_, b in defined]
            differences[name] = statistics.difference(*columns, [one.pair for one, *_ in defined], draws)
    return differences


def regressions(
    first: Sequence[Scored], second: Sequence[Scored], most: int = 10
) -> list[tuple[Scored, Scored, float]]:
    """The questions that lost most from the first run to the second, by the mean of what is gated; worst first."""
    lost = [(one, other, _gain(one, other)) for one, other in common(first, second)]
    return sorted((each for each in lost if each[2] < 0), key=lambda each: (each[2], each[0].id))[:most]


def _gain(one: Scored, other: Scored) -> float:
    gains = [
        (b - a) * (-1 if name in LOWER_IS_BETTER else 1)
        for name in GATED
        if (a := one.value(name)) is not None and (b := other.value(name)) is not None
    ]
    return sum(gains) / len(gains) if gains else 0.0


def as_json(found: Mapping[str, Mapping[str, Difference]]) -> dict[str, dict[str, dict[str, float | int | None]]]:
    """The differences as comparison.json keeps them."""
    return {
        lang: {name: {slot: getattr(d, slot) for slot in Difference.__slots__} for name, d in measures.items()}
        for lang, measures in found.items()
    }
