"""A quotation of a draft, and what it is said to be from, to a verdict."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.drafts.findings import Place, Verdict
from rag.drafts.library import PLACES, Differs, Library
from rag.drafts.sources import Source
from rag.records import Paragraph
from rag.text import figures
from rag.text.folding import HAN

_TERM_WORDS, _TERM_CHARACTERS = 3, 8  # what is longer is no term but somebody's words; our choice
_SLIGHTLY = (
    0.85  # of its words that a paragraph it is said to be from must have, for it to be no two joined; our choice
)
_STOP = re.compile(r"[，,。；;：:！!？?]|\.(?:\s|$)|…|\.\.\.")
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_LETTER_CHANGED = re.compile(r"\[(\w)\](?=\w)")  # "[T]he"
_PUT_IN = re.compile(r"\[[^\[\]\d…]{2,60}\]")  # "[the States]", "[sic]"


@dataclass(frozen=True, slots=True)
class Seen:
    """What looking for a quotation found."""

    verdict: Verdict
    places: tuple[Place, ...] = ()
    differs: tuple[Differs, ...] = ()
    nearest: tuple[Paragraph, ...] = ()


def look_for(quote: str, cited: Sequence[Source], library: Library, attached: bool = False) -> Seen:
    """What becomes of a quotation that is said to be from these sources, or from none.

    Where they are attached right behind it, it is less easily taken for a mere term.
    """
    term = is_term(quote, attached)
    said = said_paragraphs(cited, library)
    sure = is_sure(cited)
    outside = sure and not any(source.report for source in cited)
    for words in _forms(quote):
        if said and (found := library.find(words, said)):
            return Seen(dress(found, words == quote), tuple(place for place, _ in found))
    for words in _forms(quote):
        if found := library.find(words):
            verdict = Verdict.ELSEWHERE if sure else dress(found, words == quote)
            if sure and (outside or term):
                verdict = Verdict.OUTSIDE if outside else Verdict.UNCHECKED
            return Seen(verdict, tuple(place for place, _ in found))
    if term:
        return Seen(Verdict.UNCHECKED)
    if outside:
        return Seen(Verdict.OUTSIDE)
    if said and not any(library.can_be_quoted(each, quote) for each in said):
        return Seen(Verdict.UNCHECKED, tuple(Place(each, each.language, True, "") for each in said[:PLACES]))
    return _not_found(quote, said, library)


def said_paragraphs(cited: Sequence[Source], library: Library) -> list[Paragraph]:
    """The paragraphs that sources name, then all those of reports of which they name none."""
    said = [paragraph for source in cited for paragraph in source.paragraphs]
    numbered = {source.report for source in cited if source.numbered}
    whole = {source.report for source in cited if source.report} - numbered
    return said + [paragraph for paragraph in library.paragraphs if paragraph.report in whole]


def is_sure(cited: Sequence[Source]) -> bool:
    """Whether it is plain what sources name, so that what is not there can be called wrong."""
    vague = any(source.numbered and not (source.sure and source.report is not None) for source in cited)
    return not vague and any(source.sure for source in cited)


def is_term(quote: str, attached: bool = False) -> bool:
    """Whether words between quotation marks may be a term or irony, said to be nobody's."""
    most = _TERM_CHARACTERS if re.search(f"[{HAN}]", quote) else _TERM_WORDS
    few = len(_WORD.findall(quote)) <= most // (2 if attached else 1)
    return few and not _STOP.search(quote.strip(" ,，.。")) and not figures(quote)


def _forms(quote: str) -> list[str]:
    """A quotation as written, and without what its writer put into it in square brackets."""
    return list(dict.fromkeys((quote, _PUT_IN.sub("…", _LETTER_CHANGED.sub(r"\1", quote)))))


def dress(found: Sequence[tuple[Place, bool]], unedited: bool = True) -> Verdict:
    """The verdict of words that are where they are said to be."""
    return Verdict.FOUND if unedited and found[0][1] else Verdict.FOUND_NORMALISED


def _not_found(quote: str, said: Sequence[Paragraph], library: Library) -> Seen:
    """What words that stand nowhere come from: two places, joined, or one, altered; else the nearest paragraphs."""
    altered = library.likest(quote, said, least=_SLIGHTLY)
    if not altered and (joined := library.joined(quote)):
        return Seen(Verdict.ALTERED, joined)
    if altered := altered or library.likest(quote, said) or library.likest(quote, library.paragraphs):
        place, differs = altered
        return Seen(Verdict.ALTERED, (place,), differs)
    return Seen(Verdict.NOT_FOUND, nearest=tuple(library.nearest(quote))[:PLACES])
