"""A checked draft as HTML, every word of it escaped, with what checking found beside it."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from rag.assistant import Assistant
from rag.drafts import Draft, Finding, Verdict, check, read_draft
from rag.errors import QuestionError, RagError, ReportError
from rag.messages import message
from rag.page.markup import notice_html, render
from rag.page.turns import Turns
from rag.page.wording import words
from rag.records import Language, Paragraph

NEAREST = 3  # paragraphs offered for what is not found: more would be read by nobody
HELD = frozenset({Verdict.FOUND, Verdict.FOUND_NORMALISED})
SOURCED = frozenset({Verdict.ELSEWHERE, Verdict.NOT_FOUND, Verdict.UNKNOWN_REPORT, Verdict.OUTSIDE})
Numbered = Sequence[tuple[int, Finding]]


def open_draft(asked: Mapping[str, object], page: Language) -> dict[str, str]:
    """The text of a file a reader chose (`name`, `content` in base64), or a sentence saying why there is none."""
    name = str(asked.get("name", ""))[:200]
    try:
        return {"text": read_draft(b64decode(str(asked.get("content", "")), validate=True), name), "notice": ""}
    except ReportError as error:
        return {"text": "", "notice": notice_html(error.told(page))}
    except NotBase64:
        return {"text": "", "notice": notice_html(words(page)["draft_unreadable"].format(name=name))}


def check_draft(assistant: Assistant, turns: Turns, text: str, page: Language) -> str:
    """A draft's text with what checking each quotation, reference and figure found, as HTML."""
    if not text.strip():
        return notice_html(words(page)["draft_empty"])
    index, renderings = assistant.index, assistant.settings.renderings
    try:
        with turns.take() as turn:
            turn.come()
            draft = check(text, index.reports, index.paragraphs, partial(_nearest, assistant), renderings)
    except RagError as error:
        return notice_html(error.told(page))
    return draft_html(draft, assistant, page)


def _nearest(assistant: Assistant, wanted: str) -> Sequence[Paragraph]:
    try:
        return [hit.paragraph for hit in assistant.search(wanted[: assistant.settings.question_limit], NEAREST)]
    except QuestionError:  # nothing but signs
        return ()


def draft_html(draft: Draft, assistant: Assistant, page: Language) -> str:
    """The counts, then the draft in pieces, each with its findings beside it."""
    kinds = [_kind(finding)[0] for finding in draft.findings]
    return render(
        "draft",
        page,
        draft=draft,
        counts={kind: kinds.count(kind) for kind in ("wrong", "held", "open")},
        pieces=[(_marked(draft.text, *piece), piece[2]) for piece in _pieces(draft)],
        reports=assistant.index.reports,
        kind_of=_kind,
        notes_of=_notes,
        offered=_offered,
    )


def _pieces(draft: Draft) -> Iterator[tuple[int, int, Numbered]]:
    """(start, end, findings) of the pieces of a draft: each ends with the first line end past a finding."""
    waiting, inside, start = deque(enumerate(draft.findings, 1)), list[tuple[int, Finding]](), 0
    for line in re.finditer(r"[^\n]*\n|[^\n]+", draft.text):
        end = line.end()
        while waiting and waiting[0][1].start < end:
            inside.append(waiting.popleft())
        done = all(finding.end <= end for _, finding in inside)  # else one goes on in the next line
        if (done and inside) or end == len(draft.text):
            yield start, end, tuple(inside)
            start, inside = end, []


def _marked(text: str, start: int, end: int, inside: Numbered) -> Iterator[tuple[str, str, int, Finding | None]]:
    """A piece cut at its findings: the text before each, its words, its number; a finding within another has no words.

    The last has the text after all of them, and no finding.
    """
    at = start + len(text[start:end]) - len(text[start:end].lstrip("\n"))
    for number, finding in inside:
        first, last = max(finding.start, at), max(finding.end, at)
        yield text[at:first], text[first:last], number, finding
        at = last
    yield text[at:end].rstrip("\n"), "", 0, None


def _kind(finding: Finding) -> tuple[str, str]:
    return ("wrong", "✗") if finding.wrong else ("held", "✓") if finding.verdict in HELD else ("open", "?")


def _notes(finding: Finding, page: Language) -> str:
    """What checking found, in words."""
    say = words(page)
    notes = [say.get(f"draft_{finding.kind}_{finding.verdict}") or say[f"draft_{finding.verdict}"]]
    notes += [] if finding.official else [message("unofficial", page)]
    notes += [say["draft_missing"].format(numbers=", ".join(finding.missing))] if finding.missing[1:] else []
    notes += [say["draft_said"].format(source=finding.said)] if finding.said and finding.verdict in SOURCED else []
    return say["semicolon"].join(notes)


def _offered(finding: Finding) -> Iterator[tuple[Paragraph, list[list[object]]]]:
    """The paragraphs to offer for a finding, each with the words in it to mark: (language, start, end)."""
    named = finding.said_paragraphs if finding.kind == "reference" else ()
    nearest = (named or finding.nearest)[:NEAREST]
    paragraphs = [place.paragraph for place in finding.places] or nearest
    for name, paragraph in {paragraph.id: paragraph for paragraph in paragraphs}.items():
        places = [place for place in finding.places if place.paragraph.id == name and place.span]
        yield paragraph, [[place.language, *(place.span or ())] for place in places]
