"""Whose words a quotation is, as far as its sentence and the title of its report or annex tell: those of "some States".

It is told only where a question asks who says something, or whether it is agreed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.data import table
from rag.index import Index
from rag.question import Question
from rag.records import Citation, Paragraph, Voice
from rag.text.folding import narrow


def asks_whose(question: Question) -> bool:
    """Whether a question asks who says something, or whether it is agreed.

    >>> asks_whose(Question.of("Who recommends a moratorium?")), asks_whose(Question.of("谁提出暂停出口？"))
    (True, True)
    """
    return any(re.search(shape, narrow(question.text), re.IGNORECASE) for shape in table("voice.toml")["asked"])


def with_voices(citations: Sequence[Citation], index: Index) -> tuple[Citation, ...]:
    """The citations, each with whose words its quotation is."""
    return tuple(replace(each, voice=voice(each, index)) for each in citations)


def voice(citation: Citation, index: Index) -> Voice | None:
    """Whose words a quotation is; None where neither it nor what it stands in tells."""
    said = (re.search(shape, narrow(citation.quote)) for shape in table("voice.toml")["speakers"])
    first = min(filter(None, said), key=lambda match: match.start(), default=None)
    speaker = citation.quote[slice(*first.span("who"))] if first else ""
    kind = kind_of(_titles(citation.paragraph, index))
    return Voice(speaker, kind) if speaker or kind else None


def _titles(paragraph: Paragraph, index: Index) -> Sequence[str]:
    """What the text that a paragraph stands in is called: its report or, above an annex's first paragraph, that."""
    report = index.reports[paragraph.report]
    if paragraph.part in ("main", "front", "summary"):
        return [*report.titles.values(), report.short_title]
    there = (each for each in index.paragraphs if each.report == report.id and each.part == paragraph.part)
    return next(there, paragraph).headings


def kind_of(titles: Iterable[str]) -> str:
    """What kind of text has one of these titles, a key of the table; "" where none tells.

    >>> kind_of(["Ferry safety: Chair's summary"]), kind_of(["Ferry safety"])
    ('chair', '')
    """
    kinds = [
        (kind, re.compile("|".join(shapes), re.IGNORECASE)) for kind, shapes in table("voice.toml")["texts"].items()
    ]
    return next((kind for title in titles for kind, shape in kinds if shape.search(title)), "")
