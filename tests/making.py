"""Small report files for tests: text of our own invention in the shape of a UN report, as .pdf and .docx.

Reports about river ferries do not exist, so nothing here can be mistaken for a seed.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag.records import Language, Waiting

RULE = "__________________"
MARK = re.compile(r"(?<=\D[.。])(\d)(?=\s|$)")  # a footnote mark as it stands in the made texts
NOTE = re.compile(r" (\d) (.+)")
NUMBERED = re.compile(r"(?:\d{1,2}\.|\([a-z]\)|[IVX]{1,4}\.|[A-Z]\.|[一二三四五六七八九十]{1,3}\.) ")

EN = """\
A/99/123

Safety of river ferries

Report of the Secretary-General

Summary

The present report is submitted pursuant to resolution 98/45 on the safety of river ferries.

It finds that accidents fell by 12 per cent between 2031 and 2033, and it recommends that crews be trained every year.

I. Introduction

1. The present report is submitted pursuant to General Assembly resolution 98/45 on the safety of ferries on rivers.1

2. In 2033, 4,250 ferries carried 75.8 million passengers in 61 countries; 318 people died.2 Most did so at night.

3. Member States were invited to submit their views by 31 May 2033. As at that date, 23 Governments had replied.

II. Trends

A. Accidents

4. The main causes of accidents were as follows:

(a) Overloading (41 per cent);

(b) Poor lighting (27 per cent).

__________________

 1 See A/98/17, paras. 3 to 9.

 2 River Ferry Register, Annual Survey 2033, available from https://ferries.example/survey.

\f
B. Crews

5. Fewer than half of all crews had been trained in the past five years.3 Training costs 310 dollars a person.

6. The Secretary-General welcomes the courses that 14 countries have opened since 2031, in particular:

(a) The night-sailing course in three ports;

(b) The course for women who are captains.

III. Recommendations

7. The Secretary-General recommends that Member States train every crew once a year.

8. He further recommends that the next report be submitted in 2035.

__________________

 3 Reply of the Register to the questionnaire of the Secretariat.
"""

ZH = """\
A/99/123

内河渡船安全

秘书长的报告

摘要

本报告根据第98/45号决议提交，其中请秘书长每两年报告一次内河渡船的安全情况。

报告认为，2031年至2033年事故减少了12%，并建议每年培训船员。

一. 导言

1. 本报告根据大会关于内河渡船安全的第98/45号决议提交。1

2. 2033年，61个国家的4 250艘渡船运送了7 580万名乘客，318人丧生。2 多数事故发生在夜间、水位高涨或载客过多的时候。

3. 会员国应邀在2033年5月31日前提出意见。截至该日，有23个国家的政府作出答复。

二. 趋势

A. 事故

4. 事故的主要原因如下：

(a) 超载(41%)；

(b) 照明不足(27%)。

__________________

 1 见A/98/17，第3至9段。

 2 渡船登记处，《2033年年度调查》，可查阅https://ferries.example/survey。

\f
B. 船员

5. 过去五年接受过培训的船员不到一半。3 培训费用为每人310美元。

6. 秘书长欢迎14个国家自2031年以来开设的课程，特别是：

(a) 在三个港口开设的夜航课程；

(b) 为女船长开设的课程。

三. 建议

7. 秘书长建议会员国每年对全体船员培训一次，并在每次开航前清点乘客。

8. 秘书长还建议在2035年提交下一次报告。

__________________

 3 登记处对秘书处调查表的答复。
"""


def un_shaped_text(language: Language) -> str:
    """A report of two pages: a summary, eight numbered paragraphs with sub-paragraphs, three footnotes.

    Blocks stand on lines of their own with blank lines between, pages are parted by a form feed line.
    """
    return {"en": EN, "zh": ZH}[language]


def blocks(text: str) -> list[str]:
    """The paragraphs, headings and footnotes of a made text in order, without rules and form feeds."""
    return [block.strip("\n\f") for block in text.split("\n\n") if block.strip("\n\f") not in {"", RULE}]


def make_pdf(path: Path, text: str, language: Language) -> None:
    """A PDF of a made text: wrapped lines, raised footnote marks, a running head and a page number on each page."""
    _draw(path, text, language, password=None)


def make_encrypted_pdf(path: Path, text: str, language: Language, opened_by: str = "ferry") -> None:
    """The same PDF behind a password; with an empty one anyone may read it and none may change it."""
    _draw(path, text, language, opened_by)


def make_picture_pdf(path: Path) -> None:
    """A PDF of one page with a drawing and no text, as a scanner makes."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    canvas.rect(100, 100, 300, 500, fill=1)
    canvas.showPage()
    canvas.save()


def _draw(path: Path, text: str, language: Language, password: str | None) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    font = {"en": "Helvetica", "zh": "STSong-Light"}[language]
    if language == "zh":
        pdfmetrics.registerFont(UnicodeCIDFont(font))  # built into PDF readers: no font file
    encryption = None if password is None else StandardEncryption(password, ownerPassword="owner", strength=128)
    canvas = Canvas(str(path), pagesize=A4, encrypt=encryption)
    pages = text.split("\f\n")
    for number, page in enumerate(pages, 1):
        canvas.setFont(font, 8)
        if number > 1:
            canvas.drawString(70, 815, text.partition("\n")[0])  # the running head
        height = 780.0
        for line in _printed(page, language):
            if line:
                _draw_line(canvas, font, 70, height, line)
            height -= 14 if line else 8
        canvas.setFont(font, 8)
        canvas.drawString(500, 40, f"{number}/{len(pages)}")
        canvas.showPage()
    canvas.save()


def _printed(page: str, language: Language) -> Iterator[str]:
    """The lines of a page, an empty one where space is left."""
    for block in page.split("\n\n"):
        block = block.strip("\n")
        if language == "en":
            yield from textwrap.wrap(block, 88, initial_indent=" " * (block[:1] == " "))
        else:
            yield from (block[start : start + 44] for start in range(0, len(block), 44))
        yield ""


def _draw_line(canvas: Any, font: str, left: float, height: float, line: str) -> None:
    text = canvas.beginText(left, height)
    for i, run in enumerate(MARK.split(line)):
        text.setFont(font, 6 if i % 2 else 10)
        text.setRise(4 if i % 2 else 0)
        text.textOut(run)
    canvas.drawText(text)


def make_docx(path: Path, text: str, automatic_numbers: bool) -> None:
    """A Word file of a made text with real footnotes, its numbers typed or counted by Word."""
    from docx import Document

    notes = {match[1]: match[2] for block in text.split("\n\n") if (match := NOTE.fullmatch(block.strip("\n")))}
    document = Document()
    if automatic_numbers:
        _define_lists(document)
    for block in blocks(text):
        if NOTE.fullmatch(block):
            continue
        number = NUMBERED.match(block) if automatic_numbers else None
        paragraph = document.add_paragraph()
        if number:
            _number_automatically(paragraph, number[0], headings=903 if re.search("[一-龥]", text) else 902)
        for i, run in enumerate(MARK.split(block[number.end() :] if number else block)):
            _add_reference(paragraph, run) if i % 2 else paragraph.add_run(run)
    _add_notes(document, notes)
    document.save(str(path))


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
# Word's list → its levels: (style of the digits, pattern)
LISTS = {
    901: (("decimal", "%1."), ("lowerLetter", "(%2)")),
    902: (("upperRoman", "%1."), ("upperLetter", "%2.")),
    903: (("chineseCountingThousand", "%1."), ("upperLetter", "%2.")),
}


def _define_lists(document: Any) -> None:
    from docx.oxml.parser import parse_xml

    numbering = document.part.numbering_part.element
    for name, levels in LISTS.items():
        defined = "".join(
            f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
            for i, (style, pattern) in enumerate(levels)
        )
        numbering.insert(0, parse_xml(f'<w:abstractNum {WORD} w:abstractNumId="{name}">{defined}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {WORD} w:numId="{name}"><w:abstractNumId w:val="{name}"/></w:num>'))


def _number_automatically(paragraph: Any, number: str, headings: int) -> None:
    from docx.oxml.parser import parse_xml

    listed = 901 if number[0].isdigit() or number[0] == "(" else headings
    level = int(number[0] in "(ABCDEFGH")
    properties = f'<w:numPr {WORD}><w:ilvl w:val="{level}"/><w:numId w:val="{listed}"/></w:numPr>'
    paragraph._p.get_or_add_pPr().append(parse_xml(properties))


def _add_reference(paragraph: Any, number: str) -> None:
    from docx.oxml.parser import parse_xml

    paragraph._p.append(parse_xml(f'<w:r {WORD}><w:footnoteReference w:id="{int(number) + 1}"/></w:r>'))


def _add_notes(document: Any, notes: dict[str, str]) -> None:
    """The footnotes, after the two separators Word begins them with."""
    separators = "".join(
        f'<w:footnote w:type="{kind}" w:id="{i}"><w:p/></w:footnote>'
        for i, kind in enumerate(("separator", "continuationSeparator"))
    )
    texts = "".join(
        f'<w:footnote w:id="{int(mark) + 1}"><w:p><w:r><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {note}</w:t></w:r></w:p></w:footnote>'
        for mark, note in notes.items()
    )
    _add_part(document, "footnotes", separators + texts)


def _add_part(document: Any, name: str, content: str) -> None:
    """Footnotes or endnotes, which python-docx does not write."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    xml = f"<w:{name} {WORD}>{content}</w:{name}>".encode()
    kind = getattr(CONTENT_TYPE, f"WML_{name.upper()}")
    part = Part(PackURI(f"/word/{name}.xml"), kind, xml, document.part.package)
    document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, name.upper()))


def make_docx_of(path: Path, body: str, parts: dict[str, str] | None = None) -> None:
    """A Word file with this XML as its body, and as more of its numbering, styles, footnotes and endnotes."""
    from docx import Document
    from docx.oxml.parser import parse_xml

    document = Document()
    parts = dict(parts or {})
    for xml in parse_xml(f"<w:body {WORD}>{body}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, xml)
    for name, part in (("numbering", document.part.numbering_part), ("styles", document.part._styles_part)):
        for xml in parse_xml(f"<w:{name} {WORD}>{parts.get(name, '')}</w:{name}>"):
            part.element.append(xml)
    for name in ("footnotes", "endnotes"):
        if name in parts:
            _add_part(document, name, parts[name])
    document.save(str(path))


def text_of(pieces: Iterable[str | Waiting]) -> str:
    """What a model has written, when it has."""
    return "".join(piece for piece in pieces if isinstance(piece, str))
