"""Quoted words and figures against the paragraph they are cited from."""

from collections.abc import Iterable

from rag.checking.markers import MARKER
from rag.records import Citation, Language, Paragraph, Verdict
from rag.text import figure_supported, figures, sentences, symbols
from rag.text.quotes import find_quote


def cite_quote(marker: int, paragraph: Paragraph, quote: str, language: Language) -> Citation:
    """The citation of quoted words, checked against the paragraph's text in their language and its footnotes.

    A rendering's quotation has the official sentence beside it as `original`.
    """
    text = paragraph.in_language(language) or ""
    official = language == paragraph.language or paragraph.translations[language].official
    match = find_quote(text, quote)
    if match and match.whole:
        verdict = Verdict.FOUND if match.exact else Verdict.FOUND_NORMALISED
        span = (match.start, match.end)
        original = None if official else sentences_beside(paragraph, language, span)
        return Citation(marker, paragraph, quote, language, official, verdict, span, original)
    in_note = any((noted := find_quote(footnote.text, quote)) and noted.whole for footnote in paragraph.footnotes)
    verdict = Verdict.FOUND if in_note else Verdict.NOT_FOUND
    return Citation(marker, paragraph, quote, language, official or in_note, verdict)


def unsupported_figures(statement: str, paragraphs: Iterable[Paragraph], also: Iterable[str] = ()) -> list[str]:
    """The figures and symbols of a statement that none of the paragraphs has, in either language or any written form.

    `also` are other texts that may have them.
    """
    texts = [*(text for paragraph in paragraphs for text in texts_of(paragraph)), *also]
    known = [figure for text in texts for figure in figures(text)]
    named = {symbol.canonical for text in texts for symbol in symbols(text)}
    bare = MARKER.sub(" ", statement)
    wrong = [figure.text for figure in figures(bare) if not figure_supported(figure, known)]
    return wrong + [bare[symbol.start : symbol.end] for symbol in symbols(bare) if symbol.canonical not in named]


def sentences_beside(paragraph: Paragraph, language: Language, span: tuple[int, int]) -> str:
    """The paragraph's own sentences that stand where a rendering's span does.

    Sentences pair one to one where both texts have as many; otherwise by how far into the text they stand, never fewer
    than one.
    """
    rendered = paragraph.translations[language].text
    theirs, ours = sentences(rendered, language), sentences(paragraph.text, paragraph.language)
    if not ours or not theirs:
        return paragraph.text
    if len(ours) == len(theirs):
        kept = [own for own, their in zip(ours, theirs, strict=True) if their[0] < span[1] and span[0] < their[1]]
    else:
        low, high = span[0] / len(rendered), span[1] / len(rendered)
        size = len(paragraph.text)
        kept = [own for own in ours if own[0] / size < high and low < own[1] / size]
    kept = kept or [ours[-1]]
    return paragraph.text[kept[0][0] : kept[-1][1]]


def texts_of(paragraph: Paragraph) -> list[str]:
    """All that a paragraph says: its text in each language, its footnotes and its id."""
    translations = [translation.text for translation in paragraph.translations.values()]
    return [paragraph.text, *translations, *(footnote.text for footnote in paragraph.footnotes), paragraph.id]
