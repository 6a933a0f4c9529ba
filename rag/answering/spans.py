"""The words of a quotation that answer: the one figure or date asked for, or the sentence nearest to the question."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from rag.answering.compose import Sentence
from rag.answering.mentions import counted_in, figures_of
from rag.answering.names import index_terms, is_chinese
from rag.answering.weighing import Weighed
from rag.data import table
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question, asks
from rag.records import Slice
from rag.text import Figure, fold
from rag.text import language as language_of

KINDS: Mapping[str, tuple[str, ...]] = {  # kind of answer → of the figures that give it, the surest first
    "money": ("money",),
    "share": ("percent",),
    "count": ("count",),
    "date": ("date", "year"),
}
_MEASURES = "|".join(table("text.toml")["measures"].split())
_UNIT_AFTER = re.compile(
    r" ?[多余来]?(?: ?%| ?per ?cent\b| ?个?百分点| (?:hundred|thousand|million|billion)\b)?"
    rf"(?: ?(?i:{'|'.join(table('text.toml')['currencies'].values())})(?![A-Za-z]))?(?: ?(?:{_MEASURES}))?"
)
_UNIT_BEFORE = re.compile(r"(?:百分之|(?:US)?\$ ?|€ ?|£ ?)$")
_RANGE = re.compile(r" ?(?:(?:年|月|日|号) ?)?(?:至|到|-|–) ?| (?:to|and|until) |(?: ?日)?[、和与] ?")
_CLAUSE_END = re.compile(r"[，；：。]|[,;:](?!\d)|\.(?!\d)|\s(?:and|while|whereas)\s")
MOST = 0.6  # of a quotation that is marked as its answer: more tells nothing
COVERED = {"count": 0.15, "money": 0.25, "share": 0.25, "date": 0.25}  # of the question's words that its sentence has
_ASKS_MORE = re.compile(  # than the one figure, or the sum of several
    r"(?:多少|几|百分|比例|何时|什么时候|哪[年天]|日期).*(?:和|、|及|与|各|分别)|(?:各|分别)"
    r"|\b(?:how|number|percent\w*|share|when|what|which)\b.*(?:\band\b|, |\beach\b)",
    re.IGNORECASE,
)
_REACH = {"zh": (4, 8), "en": (15, 30)}  # characters after a figure in which what it counts follows, or may do so


@cache
def _hedge(side: str) -> re.Pattern[str]:
    """What before or after a figure says how exact it is."""
    words = table("text.toml")["hedges"][side].values()
    each = [word for of in words for word in ([of] if isinstance(of, str) else of)]
    return re.compile(rf"(?:{'|'.join(each)}){'$' if side == 'before' else ''}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answering:
    """The quotations with the words that answer in them, and the one figure that may stand above them."""

    quotations: Sequence[Sentence]
    lead: Sentence | None = None


def find_answers(
    quotations: Sequence[Sentence], weighed: Sequence[Weighed], question: Question, index: Index, lexicon: Lexicon
) -> Answering:
    """The quotations with the figure or the sentence in them that answers each part of the question.

    Where it asks for one figure or date, and one may be meant, that leads.
    """
    spans: dict[int, list[Slice]] = {}
    lead = None
    for part, asked in enumerate((question.parts or [question.text]) if quotations else ()):
        best = max(weighed, key=lambda each: each.whole + each.of(part)).sentence
        place = next((n for n, each in enumerate(quotations) if _holds(each, best)), None)
        if place is None or best.paragraph.is_row:
            continue
        quotation, at = quotations[place], best.start - quotations[place].start
        if span := figure_span(best.text, asked, question.known, lexicon, covering(asked, best, index, lexicon)):
            start, end = span
            spans.setdefault(place, []).append((at + start, at + end))
            figure = replace(best, start=best.start + start, end=best.start + end, text=best.text[start:end], label="")
            alone = not question.parts and not _ASKS_MORE.search(asked) and best.language == question.language
            lead = figure if alone else None
        elif not KINDS.keys() & asks(asked).kinds and len(best.text) <= MOST * len(quotation.text):
            spans.setdefault(place, []).append((at, at + len(best.text)))
    return Answering([replace(each, answers=_apart(spans.get(n, []))) for n, each in enumerate(quotations)], lead)


def covering(asked: str, sentence: Sentence, index: Index, lexicon: Lexicon) -> Callable[[str], float]:
    """A measure of how many of a question's words, by rarity, some words of a sentence have."""
    language, leg = sentence.language, index.leg(sentence.language)
    terms_of = lexicon.terms if language_of(asked) == language else lexicon.gloss_terms
    terms = dict.fromkeys(terms_of(asked, language_of(asked)))
    rarity = {term: leg.rarity(term) if leg else 1.0 for term in terms}

    def coverage(text: str) -> float:
        own = set(lexicon.terms(text, language))
        return sum(weight for term, weight in rarity.items() if term in own) / (sum(rarity.values()) or 1.0)

    return coverage


def _holds(quotation: Sentence, sentence: Sentence) -> bool:
    """Whether a sentence stands in a quotation."""
    if quotation.paragraph is not sentence.paragraph or sentence.place < 0 or quotation.place < 0:
        return quotation.paragraph is sentence.paragraph and quotation.place == sentence.place
    return quotation.start <= sentence.start and sentence.end <= quotation.end


def _apart(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """The slices in order, those that lie in others left out."""
    return tuple(
        sorted({each for each in slices if not any(o != each and o[0] <= each[0] and each[1] <= o[1] for o in slices)})
    )


def figure_span(
    text: str, asked: str, known: Collection[Fraction], lexicon: Lexicon, coverage: Callable[[str], float]
) -> Slice | None:
    """Where a sentence gives the one figure or date that is asked for; None where none or several may be meant.

    `coverage` says how far some words have those of the question.
    """
    kinds = asks(asked).kinds
    if len(kinds) != 1 or kinds[0] not in KINDS or coverage(text) < COVERED[kinds[0]]:
        return None
    new = [each for each in figures_of(text) if each.value not in known]
    found = next((of for kind in KINDS[kinds[0]] if (of := [each for each in new if each.kind == kind])), [])
    if kinds[0] == "count":
        measure, forms = counted_in(asked, lexicon, True, 1)  # “how many passengers died”: no civilians that died
        by_reach = ([each for each in found if _counts(each, text, measure, forms, n)] for n in (0, 1))
        found = next(filter(None, by_reach), [])
    slices = _ranges([_with_unit(each, text) for each in found], text)
    if len(slices) > 1:
        by_clause = [(coverage(text[slice(*_clause(each, text))]), each) for each in slices]
        highest = max(share for share, _ in by_clause)
        slices = [each for share, each in by_clause if share == highest]
    return slices[0] if len(slices) == 1 else None


def _counts(figure: Figure, text: str, measure: str, forms: Sequence[str], reach: int) -> bool:
    """Whether what is counted, or where none is told its measure word, comes soon after a figure."""
    after = text[figure.end : figure.end + _REACH[language_of(text)][reach]]
    if not forms:
        return bool(measure) and measure in after[:3]
    chinese, terms = fold(after), index_terms(after)
    return any(form in (chinese if is_chinese(form) else terms) for form in forms)


def _clause(span: Slice, text: str) -> Slice:
    """The clause a slice stands in."""
    ends = [0, *(each.end() for each in _CLAUSE_END.finditer(text)), len(text)]
    return max(end for end in ends if end <= span[0]), min(end for end in ends if end >= span[1])


def _ranges(slices: Sequence[Slice], text: str) -> list[Slice]:
    """The slices, those that are the two ends of a range made one."""
    joined: list[Slice] = []
    for start, end in slices:
        if joined and _RANGE.fullmatch(text, joined[-1][1], start):
            start = joined.pop()[0]
        joined.append((start, end))
    return joined


def _with_unit(figure: Figure, text: str) -> Slice:
    """The slice of a figure with the words that say how exact it is, and its unit."""
    start, end = figure.start, figure.end
    if before := _UNIT_BEFORE.search(text, max(0, start - 5), start):
        start = before.start()
    if hedge := _hedge("before").search(text, max(0, start - 24), start):
        start = hedge.start()
    if unit := _UNIT_AFTER.match(text, end):
        end = unit.end()
    if hedge := _hedge("after").match(text, end):
        end = hedge.end()
    return start, len(text[:end].rstrip())
