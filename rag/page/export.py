"""A conversation to take away: as Markdown, as a Word document with real footnotes, as JSON with everything."""

import io
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rag.messages import message
from rag.page.markup import LIST, Reports, cut, one_line, parts_of, render
from rag.present import answer_json, shown_citations, voice_text
from rag.records import Answer, Citation
from rag.references import written

TYPES = {
    "md": "text/markdown;charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}
FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
FOOTNOTES_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
SEPARATORS = 2  # footnotes 0 and 1 are Word's lines above the notes


def as_file(kind: str, answers: Sequence[Answer], reports: Reports) -> bytes:
    """The conversation as a file of one of the TYPES."""
    if kind == "docx":
        return as_docx(answers, reports)
    return (as_json if kind == "json" else as_markdown)(answers, reports).encode()


def as_json(answers: Sequence[Answer], reports: Reports) -> str:
    """The conversation as `rapporteur ask --json` prints each answer, in a list."""
    return json.dumps([answer_json(answer, reports) for answer in answers], ensure_ascii=False, indent=2)


def as_markdown(answers: Sequence[Answer], reports: Reports) -> str:
    """The conversation as Markdown, each marker a footnote: `[^2]`, numbered through."""
    shown: list[str] = []
    notes: list[str] = []
    for answer in answers:
        text = ""
        for said, citation in _pieces(answer):
            text += _markdown(said, citation, answer.headings)
            if citation:
                notes.append(f"[^{len(notes) + 1}]: {_plain(_note(citation, answer, reports))}")
                text += f"[^{len(notes)}]"
        shown += [f"## {_plain(_line(answer.question))}", text.replace("\n", "\n\n")]
    return "\n\n".join([*shown, "\n".join(notes)]) + "\n"


def _markdown(said: str, citation: Citation | None, headings: Sequence[str]) -> str:
    """A piece of an answer in Markdown: headings, the words that answer in bold, a quoted list as one."""
    if not citation:
        lines = said.split("\n")
        return "\n".join(f"### {_plain(line)}" if line in headings else _plain(line) for line in lines)
    before, quote, after = said.rpartition(citation.quote) if citation.quote else (said, "", "")
    shown = "".join(f"**{_plain(part)}**" if answers else _plain(part) for part, answers in parts_of(quote, citation))
    if quote.count("\n") + 1 >= LIST:
        shown = shown.replace("\n", "\n- ")
    return _markdown(before, None, headings) + shown + _plain(after)


def as_docx(answers: Sequence[Answer], reports: Reports) -> bytes:
    """The conversation as a Word document, each marker a footnote of Word's own."""
    from docx import Document
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    document = Document()
    notes: list[str] = []
    for answer in answers:
        document.add_heading(_line(answer.question), level=1)
        paragraph = document.add_paragraph()
        for said, citation in _pieces(answer):
            for words, answering in parts_of(said, citation) if citation else [(said, False)]:
                paragraph = _add(document, paragraph, words, answer.headings, answering)
            if citation:
                _refer(paragraph, len(notes) + SEPARATORS)
                notes.append(_printable(_note(citation, answer, reports)))
    xml = render("footnotes.xml", "en", notes=notes, first=SEPARATORS).encode()
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES_TYPE, xml, document.part.package)
    document.part.relate_to(part, FOOTNOTES_RELATION)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _add(document: Any, paragraph: Any, text: str, headings: Sequence[str], bold: bool = False) -> Any:
    """Add text to a paragraph, its lines that are headings as such; the paragraph that is open after it."""
    for is_heading, lines in groupby(text.split("\n"), headings.__contains__):
        if is_heading:
            for line in lines:
                document.add_heading(_printable(line), level=2)
            paragraph = document.add_paragraph()
        else:
            paragraph.add_run(_printable("\n".join(lines))).bold = bold or None
    return paragraph


def _pieces(answer: Answer) -> Iterator[tuple[str, Citation | None]]:
    """An answer cut at its markers, the blanks before them gone; then the quotations beneath it."""
    if answer.confidence == "unsure" and answer.mode == "llm":
        yield f"{message('unsure-written', answer.language)}\n", None
    for said, citation in cut(answer):
        yield said.rstrip(" ") if citation else said, citation
    if rest := shown_citations(answer)[1]:
        yield f"\n\n{message('count-others', answer.language)}", None
        yield from ((f"\n“{citation.quote}”", citation) for citation in rest)
    if answer.quoted:
        yield f"\n{message('beneath', answer.language)}\n", None
        yield from _pieces(answer.quoted)


def _note(citation: Citation, answer: Answer, reports: Reports) -> str:
    """A footnote: the reference, what checking found, and the official words behind a rendering's."""
    language, report = answer.language, reports[citation.paragraph.report]
    said = [message(f"verdict-{citation.verdict}", language)]
    said += [] if citation.official else [message("unofficial", language)]
    said += [voice_text(citation.voice, language)] if citation.voice else []
    notes = f" ({'; '.join(said)})" if language == "en" else f"（{'；'.join(said)}）"
    original = f" {_line(citation.original)}" if citation.original else ""
    link = report.links.get(language, "")
    return f"{written(citation.paragraph, report, language)}{notes}{original}{' ' + link if link else ''}"


def _refer(paragraph: Any, note: int) -> None:
    """Put a footnote's raised number at the end of a paragraph; python-docx writes no footnotes itself."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = paragraph.add_run()
    run.font.superscript = True
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), str(note))
    run._r.append(reference)


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|~$" else sign for sign in text)


def _printable(text: str) -> str:
    """Text without the control characters XML has no place for."""
    return "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)


def _line(text: str) -> str:
    return one_line(_printable(text))
