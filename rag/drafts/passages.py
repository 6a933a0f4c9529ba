"""What in a draft is quoted: between quotation marks, set off as a block, or taken over word for word."""

import re
from collections.abc import Iterator, Sequence

from rag.drafts.findings import Verdict
from rag.drafts.library import Library
from rag.drafts.plain import Plain
from rag.drafts.quotations import Seen, dress
from rag.drafts.sources import Source
from rag.records import Slice
from rag.text.folding import HAN
from rag.text.quoted import quoted

_STANZA = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_LINE = re.compile(r"[^\n]+")
_NUMBER = re.compile(r"\s*\d{1,3}\s?[.．、]\s*")  # pasted with its paragraph
_CALL_OR_OPENING = re.compile(r"(?:\s|[(（\[—–-]|\[\^\w{1,8}\]|[⁰¹²³⁴-⁹])*$")
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
MOSTLY = 0.85  # of a pasted paragraph's words that a report's must have for it to be that one, altered; our choice
_PASSAGE = 10  # words or Han characters: what is shorter may stand in a report by accident
_LONGEST = 6000  # characters: no paragraph of a report is longer than half of it
_PASTED = 16  # words or Han characters: what is shorter and only like a report's words may be the draft's own


def marked(draft: Plain, named: Sequence[Source]) -> list[Slice]:
    """The quotations of a draft that it marks as such, without their marks, footnote calls and attributions.

    A report's name between marks is no quotation unless a source stands right behind it.
    """
    text = draft.text
    blocks = list(draft.block_quotes)
    in_marks = [span for span in quoted(text) if not overlap(span, blocks)]
    trimmed = [_trimmed(text, *span, named) for span in blocks] + [_trimmed(text, *span, ()) for span in in_marks]
    titles = [
        (source.start, source.end)
        for source in named
        if source.report
        and not any(source.end < each.start and not _says(text[source.end : each.start]) for each in named)
    ]
    return sorted(span for span in trimmed if span[0] < span[1] and not inside(span, titles))


def taken_over(draft: Plain, library: Library, named: Sequence[Source]) -> Iterator[tuple[Slice, Seen]]:
    """What stands in a report word for word without being marked, paragraph by paragraph.

    A draft of one paragraph that names no source may be one that was pasted: it is found altered, too.
    """
    text = draft.text
    stanzas = [match.span() for match in _STANZA.finditer(text)]
    for stanza in stanzas:
        for start, end in dict.fromkeys([stanza, *(line.span() for line in _LINE.finditer(text, *stanza))]):
            if seen := _seen(text[start:end], library):
                number = _NUMBER.match(text, start, end)
                yield (number.end() if number else start, end), seen
                if (start, end) == stanza:
                    break
    if len(stanzas) == 1 and not named and not _seen(text[slice(*stanzas[0])], library):
        start, end = stanzas[0]
        in_marks = sum(last - first for first, last in quoted(text))
        pasted = 2 * in_marks < end - start <= _LONGEST and len(_WORD.findall(text)) >= _PASTED
        if pasted and (altered := library.likest(text[start:end], library.paragraphs, least=MOSTLY)):
            place, differs = altered
            yield (start, end), Seen(Verdict.ALTERED, (place,), differs)


def overlap(span: Slice, others: Sequence[Slice]) -> bool:
    """Whether a slice shares a character with one of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def _seen(words: str, library: Library) -> Seen | None:
    number = _NUMBER.match(words)
    bare = words[number.end() :] if number else words
    if len(_WORD.findall(bare)) < _PASSAGE:
        return None
    found = library.find(bare)
    return Seen(dress(found), tuple(place for place, _ in found)) if found else None


def _trimmed(text: str, start: int, end: int, named: Sequence[Source]) -> Slice:
    """A quotation without the sources named, and the footnote calls, at its end."""
    while True:
        last = next((s for s in named if start < s.start and s.end <= end and not _says(text[s.end : end])), None)
        stop = last.start if last else end
        left = _CALL_OR_OPENING.search(text, start, stop)
        stop = left.start() if left else stop
        if stop == end:
            break
        end = stop
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _says(text: str) -> bool:
    return any(map(str.isalnum, text))


def inside(span: Slice, others: Sequence[Slice]) -> bool:
    """Whether a slice lies within one of the others."""
    return any(start <= span[0] and span[1] <= end for start, end in others)
