"""A paragraph to the texts it can be found by: its views.

A view is the whole paragraph, one of its sentences or one of its footnotes, in one language. A long paragraph is found
by one sentence of it; a rendering's views are marked, so that they can be left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from rag.records import Language, Paragraph, Report
from rag.text import sentences


@dataclass(frozen=True, slots=True)
class View:
    """A text a paragraph can be found by."""

    id: str  # "<paragraph>@<language>:<place>", whose place is 0, the sentence's number, or "n" and the footnote's
    paragraph: str
    language: str
    whole: bool
    rendering: bool
    text: str


def views(paragraph: Paragraph) -> Iterator[View]:
    """The views of a paragraph: in its own language, then in each translation's, then its footnotes."""

    def view(language: str, place: str, text: str) -> View:
        rendering = language != paragraph.language and not paragraph.translations[language].official
        return View(f"{paragraph.id}@{language}:{place}", paragraph.id, language, place == "0", rendering, text)

    for language in (paragraph.language, *paragraph.translations):
        yield view(language, "0", whole_text(paragraph, language))
        text = paragraph.in_language(language) or ""
        spans = sentences(text, cast(Language, language))
        for n, (start, end) in enumerate(spans if len(spans) > 1 else (), 1):
            yield view(language, str(n), text[start:end])
    for n, footnote in enumerate(paragraph.footnotes, 1):
        yield view(paragraph.language, f"n{n}", footnote.text)


def whole_text(paragraph: Paragraph, language: str) -> str:
    """The paragraph as one text in a language; a row says what it stands under and names its columns."""
    source = paragraph if language == paragraph.language else paragraph.translations[language]
    if not paragraph.is_row:
        return source.text
    parts = [source.body or "", source.row or "", *(f"{name}: {cell}" for name, cell in source.columns)]
    return "\n".join(part for part in parts if part)


def searchable_text(paragraph: Paragraph, language: str, report: Report) -> str:
    """What its words are indexed from: text, headings, footnotes in its own language, and what its report is known by.

    Its report's title, year, body and session stand in every paragraph of it, so that they tell reports apart, not
    paragraphs.
    """
    source = paragraph if language == paragraph.language else paragraph.translations[language]
    footnotes = [footnote.text for footnote in paragraph.footnotes] if language == paragraph.language else []
    known_by = [report.titles.get(language, ""), report.date[:4], report.body, report.session]
    return "\n".join(filter(None, [whole_text(paragraph, language), *source.headings, *footnotes, *known_by]))
