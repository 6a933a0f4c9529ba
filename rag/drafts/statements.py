"""The statements of a draft, each with the sources it gives."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.drafts.sources import Source, calls
from rag.records import Slice
from rag.text import language, sentences

_LINE = re.compile(r"[^\n]+")
_BRACKET = re.compile(  # at the beginning of what follows a full stop
    r"\s*(?:[(（\[【](?:[^()（）\[\]【】\n]|[(（][^()（）\n]{0,40}[)）]|\[\^\w{1,8}\]){1,200}[)）\]】]|\[\^\w{1,8}\])[.。；;，,]?"
)
_ATTRIBUTION = re.compile(r"\s*(?:[—–―-]{1,3}|[(（\[])")
_OPENS = re.compile(r"[:：]\s*$")
_BEFORE = re.compile(r"\W*(?:(?:see|cf|in|from|参见|见|引自|载于)\W*)?", re.IGNORECASE)
_BETWEEN = re.compile(r"[^\w()（）]*(?:(?:and|see|also|cf|和|及|以及|与|参见|见)[^\w()（）]*){0,2}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a draft, or several that one quotation runs through."""

    start: int
    end: int
    sources: tuple[Source, ...] = ()  # in it, in brackets right behind it, in its footnotes


def statements(
    text: str, whole: Sequence[Slice], named: Sequence[Source], notes: Mapping[str, Slice]
) -> list[Statement]:
    """The statements of a text with the sources each gives, in order; no slice in `whole` is torn apart.

    One that gives none has those of the statement before it where that ends in a colon.
    """
    found: list[Statement] = []
    for start, end in _joined(text, whole):
        lead = _behind(text, start, end, named) if found else start
        if found and lead > start:
            found[-1] = _with(found[-1], text, (start, lead), named, notes)
        if text[lead:end].strip():
            found.append(_with(Statement(lead, end), text, (lead, end), named, notes))
    return list(_led_into(text, found))


def right_behind(quote: Slice, statement: Statement, text: str) -> tuple[Source, ...]:
    """The sources that stand right behind a quotation, so that it is said to be from them."""
    attached: list[Source] = []
    at = quote[1]
    for source in sorted(statement.sources, key=lambda each: each.start):
        gap = _BETWEEN if attached else _BEFORE
        if source.start >= at and gap.fullmatch(text, at, source.start):
            attached.append(source)
            at = source.end
    return tuple(attached)


def _joined(text: str, whole: Sequence[Slice]) -> Iterator[Slice]:
    """The sentences of each line, joined where something must not be torn apart."""
    joined: list[Slice] = []
    for line in _LINE.finditer(text):
        for start, end in sentences(line.group(), language(line.group())):
            begin, stop = line.start() + start, line.start() + end
            if joined and any(first < begin < last for first, last in whole):
                joined[-1] = (joined[-1][0], stop)
            else:
                joined.append((begin, stop))
    yield from joined


def _behind(text: str, start: int, end: int, named: Sequence[Source]) -> int:
    """Where the brackets end that belong to the statement before: they hold nothing but its source."""
    bracket = _BRACKET.match(text, start, end)
    if bracket and (_within(named, bracket.span()) or any(calls(bracket.group()))):
        return bracket.end()
    inside = _within(named, (start, end))
    if not inside or not _ATTRIBUTION.match(text, start, end):
        return start
    rest = text[start:end]
    for source in reversed(inside):
        rest = rest[: source.start - start] + rest[source.end - start :]
    return start if re.search(r"\w", rest) else end


def _with(
    statement: Statement, text: str, part: Slice, named: Iterable[Source], notes: Mapping[str, Slice]
) -> Statement:
    """A statement with the sources of a part of the text, those of footnotes called there standing at the call."""
    more = _within(named, part)
    for mark, start, end in calls(text[slice(*part)]):
        if mark in notes and not notes[mark][0] <= part[0] < notes[mark][1]:
            first, last = part[0] + start, part[0] + end
            more += [replace(source, start=first, end=last) for source in _within(named, notes[mark])]
    return replace(statement, end=max(statement.end, part[1]), sources=(*statement.sources, *more))


def _within(named: Iterable[Source], place: Slice) -> list[Source]:
    return [source for source in named if place[0] <= source.start and source.end <= place[1]]


def _led_into(text: str, found: Sequence[Statement]) -> Iterator[Statement]:
    before: Statement | None = None
    for statement in found:
        if before and not statement.sources and _OPENS.search(text, before.start, before.end):
            statement = replace(statement, sources=before.sources)
        yield statement
        before = statement
