"""The tab that checks a draft: its parts, and a checked draft as HTML with every word of it escaped."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from rag.assistant import Assistant
from rag.drafts import Draft, Finding, Place, Verdict, check, read_draft
from rag.errors import QuestionError, RagError, ReportError
from rag.page.asking import AT_ONCE, MODEL, SCREEN
from rag.page.markup import button, lang, lines, notice_html
from rag.page.turns import Busy, Turns
from rag.page.wording import complaint, words
from rag.present import message
from rag.records import Language, Paragraph
from rag.references import written

if TYPE_CHECKING:
    import gradio as gr

    from rag.page.asking import Labelled

NEAREST = 3  # paragraphs offered for what is not found: more would be read by nobody
FILE_LIMIT = 20_000_000  # bytes, a Word file with pictures; base64 of more is kept off the wire by page.js
HELD = frozenset({Verdict.FOUND, Verdict.FOUND_NORMALISED})


def draft_tab(assistant: Assistant, turns: Turns, language: "gr.Radio", labelled: "Labelled") -> None:
    """The draft to paste or choose, the button that checks it, and what checking found."""
    import gradio as gr

    say = words(SCREEN)
    gr.HTML('<div id="draft-bar"></div>', apply_default_css=False)  # page.js fills it: the file never lies on disk
    text = gr.Textbox(label=say["draft"], placeholder=say["draft_here"], lines=6, max_lines=14, elem_id="draft-text")
    with gr.Row():
        go = gr.Button(say["draft_check"], variant="primary", scale=0, min_width=160, elem_id="draft-check")
    found = gr.HTML("", elem_id="draft", apply_default_css=False)
    labelled += [(text, {"label": "draft", "placeholder": "draft_here"}), (go, {"value": "draft_check"})]
    go.click(
        partial(checked, assistant, turns),
        [text, language],
        found,
        concurrency_id=MODEL,
        concurrency_limit=AT_ONCE,
        api_visibility="private",
    )


def opened(asked: Mapping[str, object], page: Language) -> dict[str, str]:
    """The text of a file a reader chose (`name`, `content` in base64), or a sentence saying why there is none."""
    name = str(asked.get("name", ""))[:200]
    try:
        return {"text": read_draft(b64decode(str(asked.get("content", "")), validate=True), name), "notice": ""}
    except (ReportError, NotBase64) as error:
        said = str(error) if page == "en" else words(page)["draft_unreadable"].format(name=name)
        return {"text": "", "notice": notice_html(said)}


def checked(assistant: Assistant, turns: Turns, text: str, page: Language) -> str:
    """A draft's text with what checking each quotation, reference and figure found, as HTML."""
    if not text.strip():
        return notice_html(words(page)["draft_empty"])
    index = assistant.index
    try:
        with turns.take() as turn:
            turn.come()
            draft = check(
                text, index.reports, index.paragraphs, partial(_nearest, assistant), assistant.settings.renderings
            )
    except Busy as error:
        return notice_html(complaint(error, page))
    except RagError as error:
        return notice_html(str(error) if page == "en" else words(page)["draft_unreadable"].format(name=""))
    return draft_html(draft, assistant, page)


def draft_html(draft: Draft, assistant: Assistant, page: Language) -> str:
    """The counts, then the draft in pieces, each with its findings beside it."""
    say = words(page)
    wrong, held = draft.wrong, sum(finding.verdict in HELD for finding in draft.findings)
    rest = len(draft.findings) - wrong - held
    counts = "".join(
        f'<li class="{kind}">{sign} {say[key].format(n=number)}</li>'
        for kind, sign, key, number in (
            ("wrong", "✗", "draft_wrong", wrong),
            ("held", "✓", "draft_held", held),
            ("open", "?", "draft_open", rest),
        )
    )
    numbered = list(enumerate(draft.findings, 1))
    shown = []
    for start, end, inside in _pieces(draft.text, numbered):
        start += len(draft.text[start:end]) - len(draft.text[start:end].lstrip("\n"))
        text = _marked(draft.text, start, end, inside)
        notes = "".join(_finding(number, finding, assistant, draft, page) for number, finding in inside)
        notes = f'<ul class="findings">{notes}</ul>' if notes else ""
        shown.append(f'<div class="drafted"><p class="said" lang="{lang(draft.language)}">{text}</p>{notes}</div>')
    said = say["draft_says"] if draft.findings else say["draft_nothing"]
    return f'<p class="note">{said}</p><div role="status"><ul class="counts">{counts}</ul></div>{"".join(shown)}'


Numbered = Sequence[tuple[int, Finding]]


def _pieces(text: str, numbered: Numbered) -> Iterator[tuple[int, int, Numbered]]:
    """(start, end, findings) of the pieces of a draft: each ends with the first line end past a finding."""
    start, inside = 0, list[tuple[int, Finding]]()
    waiting = list(numbered)
    end = 0
    while end < len(text):
        end = (text.find("\n", end) + 1) or len(text)
        while waiting and waiting[0][1].start < end:
            inside.append(waiting.pop(0))
            end = max(end, inside[-1][1].end)
            end = end if text[end - 1] == "\n" else (text.find("\n", end) + 1) or len(text)
        if inside or end == len(text):
            yield start, end, tuple(inside)
            start, inside = end, []


def _marked(text: str, start: int, end: int, inside: Numbered) -> str:
    """A piece of the draft, its findings marked and numbered; one that begins within another has its number only."""
    shown, at = "", start
    for number, finding in inside:
        kind, sign = _kind(finding)
        first, last = max(finding.start, at), max(finding.end, at)
        shown += lines(text[at:first])
        shown += f'<mark class="finding {kind}">{lines(text[first:last])}</mark>' if last > first else ""
        shown += f'<a class="flag {kind}" href="#finding-{number}">{sign}{number}</a>'
        at = last
    return shown + lines(text[at:end].rstrip("\n"))


def _finding(number: int, finding: Finding, assistant: Assistant, draft: Draft, page: Language) -> str:
    """What checking found, in words, with where it stands, the reference to copy, and how it differs."""
    say, (kind, sign) = words(page), _kind(finding)
    joint, colon = ("；", "：") if page == "zh" else ("; ", ": ")
    told = [_verdict(finding, page)]
    told += [] if finding.official else [message("unofficial", page)]
    told += [say["draft_missing"].format(numbers=", ".join(finding.missing))] if finding.missing[1:] else []
    told += [say["draft_said"].format(source=finding.said)] if finding.said and finding.verdict in SOURCED else []
    head = f"<b>{sign}{number} {say[f'draft_{finding.kind}']}</b>{colon}{escape(joint.join(told))}"
    changes = "".join(
        f"<li><del>{escape(change.written) or '∅'}</del> → <ins>{escape(change.printed) or '∅'}</ins></li>"
        for change in finding.changes
    )
    near = f'<p class="note">{say["nearest"]}</p>' if finding.nearest and not finding.places else ""
    return (
        f'<li class="{kind}" id="finding-{number}" tabindex="-1"><p>{head}</p>'
        + (f'<ul class="changes">{changes}</ul>' if changes else "")
        + near
        + "".join(_place(*each, assistant, draft, page) for each in _shown(finding))
        + "</li>"
    )


SOURCED = frozenset({Verdict.ELSEWHERE, Verdict.NOT_FOUND, Verdict.UNKNOWN_REPORT, Verdict.OUTSIDE})


def _shown(finding: Finding) -> Iterator[tuple[Paragraph, list[Place]]]:
    """The paragraphs to offer for a finding, each with the words in it to mark."""
    by_paragraph: dict[str, tuple[Paragraph, list[Place]]] = {}
    for place in finding.places:
        by_paragraph.setdefault(place.paragraph.id, (place.paragraph, []))[1].append(place)
    if not by_paragraph:
        named = finding.said_paragraphs if finding.kind == "reference" else ()
        others = named or finding.nearest
        by_paragraph = {each.id: (each, []) for each in others[:NEAREST]}
    yield from by_paragraph.values()


def _place(paragraph: Paragraph, places: Sequence[Place], assistant: Assistant, draft: Draft, page: Language) -> str:
    """The button that opens a paragraph with the words marked, and the one that copies its reference for the draft."""
    index, say = assistant.index, words(page)
    report = index.reports[paragraph.report]
    marked = [[each.language, *each.span] for each in places if each.span]
    opener = button("cite", {"p": paragraph.id, "q": marked}, written(paragraph, report, page, index.paragraphs))
    reference = written(paragraph, report, draft.language, index.paragraphs)
    return f'<p class="acts">{opener}{button("copy", reference, say["copy_reference"], reference)}</p>'


def _kind(finding: Finding) -> tuple[str, str]:
    return ("wrong", "✗") if finding.wrong else ("held", "✓") if finding.verdict in HELD else ("open", "?")


def _verdict(finding: Finding, page: Language) -> str:
    say = words(page)
    return say.get(f"draft_{finding.kind}_{finding.verdict}") or say[f"draft_{finding.verdict}"]


def _nearest(assistant: Assistant, wanted: str) -> Sequence[Paragraph]:
    try:
        return [hit.paragraph for hit in assistant.search(wanted[: assistant.settings.question_limit], NEAREST)]
    except QuestionError:  # nothing but signs
        return ()
