"""Whose words a quotation is, as far as its sentence and the title of its report or annex tell: those of "some States".

It is told only where a question asks who says something, or whether it is agreed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

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
    return any(shape.search(narrow(question.text)) for shape in _shapes("asked"))


def with_voices(citations: Sequence[Citation], index: Index) -> tuple[Citation, ...]:
    """The citations, each with whose words its quotation is."""
    return tuple(replace(each, voice=voice(each, index)) for each in citations)


def voice(citation: Citation, index: Index) -> Voice | None:
    """Whose words a quotation is; None where neither it nor what it stands in tells."""
    found = (shape.search(narrow(citation.quote)) for shape in _shapes("speakers"))
    said = min((match for match in found if match), key=lambda match: match.start(), default=None)
    speaker = citation.quote[slice(*said.span("who"))] if said else ""
    text = _text(citation.paragraph, index)
    return Voice(speaker, text) if speaker or text else None


def _text(paragraph: Paragraph, index: Index) -> str:
    """The kind of text a paragraph stands in, a key of the table: by the title of its annex, or of its report."""
    report = index.reports[paragraph.report]
    if paragraph.part in ("main", "front", "summary"):
        names: Sequence[str] = [*report.titles.values(), report.short_title]
    else:  # what an annex is called stands above its first paragraph
        there = (each for each in index.paragraphs if each.report == report.id and each.part == paragraph.part)
        names = next(there, paragraph).headings
    return kind_of(names)


def kind_of(titles: Iterable[str]) -> str:
    """What kind of text has one of these titles; "" where none tells.

    >>> kind_of(["Ferry safety: Chair's summary"]), kind_of(["Ferry safety"])
    ('chair', '')
    """
    return next((kind for title in titles for kind in table("voice.toml")["texts"] if _is(kind, title)), "")


def _is(kind: str, name: str) -> bool:
    return any(re.search(shape, name, re.IGNORECASE) for shape in table("voice.toml")["texts"][kind])


@cache
def _shapes(name: str) -> Sequence[re.Pattern[str]]:
    return [re.compile(shape, re.IGNORECASE if name == "asked" else 0) for shape in table("voice.toml")[name]]
