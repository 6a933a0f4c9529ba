"""A conversation to take away: as Markdown, as a Word document with real footnotes, as JSON with everything."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from rag.checking import MARKER
from rag.present import answer_json, message
from rag.records import Answer, Citation, Paragraph, Report
from rag.references import written

Reports = Mapping[str, Report]
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
FOOTNOTES_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
SEPARATORS = 2  # footnotes 0 and 1 are Word's lines above the notes


def as_json(answers: Sequence[Answer], reports: Reports) -> str:
    """The conversation as `rapporteur ask --json` prints each answer, in a list."""
    return json.dumps([answer_json(answer, reports) for answer in answers], ensure_ascii=False, indent=2)


def as_markdown(answers: Sequence[Answer], reports: Reports, among: Sequence[Paragraph] = ()) -> str:
    """The conversation as Markdown, each marker a footnote: `[^2]`, numbered through.

    `among` are the paragraphs its references are told apart from, here and below.
    """
    shown: list[str] = []
    notes: list[str] = []
    for answer in answers:
        text = ""
        for said, citation in _pieces(answer):
            text += _plain(said)
            if citation:
                notes.append(f"[^{len(notes) + 1}]: {_plain(_note(citation, answer, reports, among))}")
                text += f"[^{len(notes)}]"
        shown += [f"## {_plain(_line(answer.question))}", text.replace("\n", "\n\n")]
    return "\n\n".join([*shown, "\n".join(notes)]) + "\n"


def as_docx(answers: Sequence[Answer], reports: Reports, among: Sequence[Paragraph] = ()) -> bytes:
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
            paragraph.add_run(_printable(said))
            if citation:
                notes.append(_printable(_note(citation, answer, reports, among)))
                _refer(paragraph, len(notes) - 1 + SEPARATORS)
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES_TYPE, _footnotes_xml(notes), document.part.package)
    document.part.relate_to(part, FOOTNOTES_RELATION)
    written_to = io.BytesIO()
    document.save(written_to)
    return written_to.getvalue()


def _pieces(answer: Answer) -> Iterator[tuple[str, Citation | None]]:
    """The answer's text cut at its markers, each piece with the citation behind it."""
    waiting: dict[int, list[Citation]] = {}
    for citation in answer.citations:
        waiting.setdefault(citation.marker, []).append(citation)
    end = 0
    for marker in MARKER.finditer(answer.text):
        citations = waiting.get(int(marker[1]))
        if citations:
            yield (
                answer.text[end : marker.start()].rstrip(" "),
                citations.pop(0) if len(citations) > 1 else citations[0],
            )
            end = marker.end()
    yield answer.text[end:], None
    if answer.quoted:
        yield f"\n{message('beneath', answer.language)}\n", None
        yield from _pieces(answer.quoted)


def _note(citation: Citation, answer: Answer, reports: Reports, among: Sequence[Paragraph]) -> str:
    """A footnote: the reference, what checking found, and the official words behind a rendering's."""
    language, report = answer.language, reports[citation.paragraph.report]
    said = [message(f"verdict-{citation.verdict}", language)]
    said += [] if citation.official else [message("unofficial", language)]
    notes = f" ({'; '.join(said)})" if language == "en" else f"（{'；'.join(said)}）"
    original = f" {_line(citation.original)}" if citation.original else ""
    link = report.links.get(language, "")
    return f"{written(citation.paragraph, report, language, among)}{notes}{original}{' ' + link if link else ''}"


def _refer(paragraph: Any, note: int) -> None:
    """Put a footnote's raised number at the end of a paragraph; python-docx writes no footnotes itself."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = paragraph.add_run()
    run.font.superscript = True
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), str(note))
    run._r.append(reference)


def _footnotes_xml(notes: Sequence[str]) -> bytes:
    raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    lines = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{tag}/></w:r></w:p></w:footnote>'
        for number, (kind, tag) in enumerate(
            [("separator", "separator"), ("continuationSeparator", "continuationSeparator")]
        )
    )
    said = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r>{raised}<w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {escape(note)}</w:t></w:r></w:p></w:footnote>'
        for number, note in enumerate(notes, SEPARATORS)
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}<w:footnotes xmlns:w="{WORD}">{lines}{said}</w:footnotes>'.encode()


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|~$" else sign for sign in text)


def _printable(text: str) -> str:
    """Text without the control characters XML has no place for."""
    return "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)


def _line(text: str) -> str:
    return " ".join(_printable(text).split())
