"""A paragraph to the texts it can be found by: its views.

A view is a LangChain Document: the whole paragraph, one of its sentences or one of its footnotes, in one language. A
long paragraph is found by one sentence of it; a rendering's views are marked, so that they can be left out.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from rag.records import Language, Paragraph, Report
from rag.text import sentences

if TYPE_CHECKING:
    from langchain_core.documents import Document

WHOLE, SENTENCE, FOOTNOTE = "whole", "sentence", "footnote"


def views(paragraph: Paragraph) -> "Iterator[Document]":
    """The views of a paragraph: in its own language, then in each translation's."""
    for language in (paragraph.language, *paragraph.translations):
        text = paragraph.in_language(language) or ""
        yield _view(paragraph, language, WHOLE, "0", whole_text(paragraph, language))
        spans = sentences(text, cast(Language, language))
        for n, (start, end) in enumerate(spans if len(spans) > 1 else (), 1):
            yield _view(paragraph, language, SENTENCE, str(n), text[start:end], start=start, end=end)
    for n, footnote in enumerate(paragraph.footnotes, 1):
        yield _view(paragraph, paragraph.language, FOOTNOTE, f"n{n}", footnote.text)


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


def _view(paragraph: Paragraph, language: str, kind: str, place: str, text: str, **more: Any) -> "Document":
    from langchain_core.documents import Document

    metadata = {
        "paragraph": paragraph.id,
        "language": language,
        "kind": kind,
        "rendering": language != paragraph.language and not paragraph.translations[language].official,
        **more,
    }
    return Document(page_content=text, metadata=metadata, id=f"{paragraph.id}@{language}:{place}")
