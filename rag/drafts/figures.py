"""A figure of a draft, and the paragraphs its sentence cites, to a verdict."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.checking import texts_of
from rag.drafts.findings import Place
from rag.drafts.library import PLACES
from rag.records import Language, Paragraph, Report
from rag.text import Figure, figure_supported
from rag.text import figures as figures_in

SEARCHED = 5  # of the paragraphs nearest to a sentence that cites none
_TELLING = 1000  # a greater figure, other than a year, stands in another paragraph by no accident
_MAY_NAME = {"ordinal", "label"}  # "the seventh meeting", "Goal 16": names as much as figures, so none is called wrong


def support(figure: Figure, within: Sequence[Paragraph], language: Language, renderings: bool) -> list[Place]:
    """The first places that have a figure, in any written form, in the draft's language where there is a text in it."""
    found: list[Place] = []
    for paragraph in within:
        place = next(_supporting(figure, paragraph, language, renderings), None)
        if place:
            found.append(place)
        if len(found) == PLACES:
            break
    return found


def told_by(figure: Figure, reports: Sequence[Report]) -> bool:
    """Whether a figure is what the reports themselves are called or dated by."""
    about = [
        text for one in reports for text in (*one.titles.values(), *one.aliases, one.period, one.session, one.date)
    ]
    about += [f"{year}年" for report in reports for year in (report.date[:4], *report.years) if year]
    return figure_supported(figure, [each for text in about for each in _figures(text)])


def instead(figure: Figure, within: Sequence[Paragraph], language: Language, renderings: bool) -> Place | None:
    """The figure of the same kind that is nearest to one these paragraphs do not have."""
    alike = [
        (abs(other.value - figure.value), place)
        for paragraph in within
        for other, place in _all(paragraph, language, renderings)
        if other.kind == figure.kind and (not figure.unit or other.unit in ("", figure.unit))
    ]
    return min(alike, key=lambda each: each[0], default=(0, None))[1]


def elsewhere(figure: Figure, paragraphs: Sequence[Paragraph], language: Language, renderings: bool) -> list[Place]:
    """Other places that have a figure too long to stand there by accident."""
    if figure.kind not in ("count", "money") or figure.value < _TELLING:
        return []
    # Reading the figures of every paragraph takes seconds, so only those are read that may have it.
    thousands = f"{int(figure.value):,}".split(",")
    forms = [r"[ ,.\u00a0\u2009]?".join(thousands)]
    forms += [re.escape(f"{float(figure.value / unit):g}") for unit in (10**4, 10**6, 10**8)]
    pattern = re.compile(rf"(?<![\d.,])(?:{'|'.join(forms)})")
    having = [each for each in paragraphs if any(pattern.search(text) for text in texts_of(each))]
    return support(figure, having[: 4 * PLACES], language, renderings)


def may_name(figure: Figure) -> bool:
    """Whether a figure may be part of a name."""
    return figure.kind in _MAY_NAME


def _supporting(figure: Figure, paragraph: Paragraph, language: Language, renderings: bool) -> Iterator[Place]:
    return (place for other, place in _all(paragraph, language, renderings) if figure_supported(figure, [other]))


def _all(paragraph: Paragraph, language: Language, renderings: bool) -> Iterator[tuple[Figure, Place]]:
    """The figures of a paragraph with where they stand, those of its text in one language first."""
    texts: list[tuple[Language, str, bool]] = [(paragraph.language, paragraph.text, True)]
    for other, translation in paragraph.translations.items():
        if renderings or translation.official:
            texts.append(("zh" if other == "zh" else "en", translation.text, translation.official))
    for spoken, text, official in sorted(texts, key=lambda each: each[0] != language):
        for figure in _figures(text):
            yield figure, Place(paragraph, spoken, official, figure.text, (figure.start, figure.end))
    for note in paragraph.footnotes:
        for figure in _figures(note.text):
            yield figure, Place(paragraph, paragraph.language, True, figure.text)


@lru_cache(maxsize=4096)
def _figures(text: str) -> tuple[Figure, ...]:
    return tuple(figures_in(text))
