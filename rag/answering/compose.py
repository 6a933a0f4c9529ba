"""Quotations put together into the text of an answer and its citations.

It writes nothing of its own but the lead-in and the labels of a table's cells: every other word is a paragraph's,
between quotation marks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag.checking.passages import MARKER, cite_quote
from rag.index import Index
from rag.messages import message
from rag.records import Answer, Citation, Language, Paragraph, Report, Slice
from rag.references import LookUp, not_there, written

LOOKED_UP = 10  # paragraphs quoted whole at the most, of those a question names
QUOTED_MARKER = re.compile(r"(?<=” )\[(\d{1,3})\](?=\n|（|\(| \(|$)")  # as `compose_headed` writes them
AFTER_MARKER = re.compile(  # what a first marker draws along
    r"(?:\s?\[\d{1,3}\]){0,9}(?: ?[（(][^（）()\n]{1,40}[）)])?[。.！!？?；;]?"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, table cell or footnote that may be quoted."""

    paragraph: Paragraph
    language: Language
    start: int  # in the paragraph's text of that language; 0 for a footnote
    end: int
    text: str
    place: int  # which sentence of its paragraph, 0-based; -1 for a footnote
    label: str = ""  # what stands before the quotation: a cell's row and column, a footnote's mark
    answers: tuple[Slice, ...] = ()  # the words in it that answer: offsets in its text, in order, none in another


def compose(
    chosen: Sequence[Sentence],
    language: Language,
    reports: Mapping[str, Report],
    lead_in: str,
    lead: Sentence | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """The text of an answer and its citations; several reports one after the other, the oldest first.

    `lead`, the one figure that answers, stands above them all.
    """
    if len({sentence.paragraph.report for sentence in chosen}) < 2:
        return compose_headed([("", chosen)], lead_in, language, lead)
    by_date = sorted(chosen, key=lambda each: reports[each.paragraph.report].date or "9999")
    by_report = groupby(by_date, lambda each: each.paragraph.report)
    headed = [(heading(reports[name], language), list(of)) for name, of in by_report]
    return compose_headed(headed, lead_in, language, lead)


def compose_looked_up(
    asked: LookUp, index: Index, language: Language, renderings: bool
) -> tuple[str, tuple[Citation, ...]]:
    """The paragraphs and footnotes a question names, whole, and what of it is not there."""
    notes = [_footnote(carrier, mark.mark, mark.text, index, language) for carrier, mark in asked.footnotes[:LOOKED_UP]]
    several, joint = len(asked.paragraphs) > 1, "：" if language == "zh" else ": "
    whole = []
    for paragraph in asked.paragraphs[:LOOKED_UP]:
        reference = written(paragraph, index.reports[paragraph.report], language) + joint
        labelled = several and not paragraph.is_row  # a cell says where it stands
        for each in _whole(paragraph, paragraph.shown_in(language, renderings)):
            whole.append(replace(each, label=reference) if labelled else each)
    missing = not_there(asked, index.reports, index.paragraphs, language)
    lead_in = f"{missing}\n{_lead_in(asked, language)}".lstrip()
    return compose_headed([("", [*notes, *whole])], lead_in, language)


def _lead_in(asked: LookUp, language: Language) -> str:
    """What is said before the paragraphs and footnotes a question names."""
    n = len(asked.paragraphs)
    if asked.footnotes and not n:
        return message("footnote-as-printed", language)
    if n > LOOKED_UP:
        return message("first-in-full", language, n=n, shown=LOOKED_UP)
    if n == 1:
        return message("in-full", language)
    return message("any-of-in-full" if asked.ambiguous else "several-in-full", language, n=n)


def _footnote(carrier: Paragraph, mark: str, text: str, index: Index, language: Language) -> Sentence:
    """A footnote as printed, with the reference of the paragraph that carries it."""
    label = written(carrier, index.reports[carrier.report], language) + ("，" if language == "zh" else ", ")
    label += message("footnote", language, mark=mark).lower()
    return Sentence(carrier, carrier.language, 0, len(text), text, -1, label)


def _whole(paragraph: Paragraph, spoken: Language) -> Iterator[Sentence]:
    if paragraph.is_row:
        yield from rows_cells(paragraph, spoken)
    else:
        text = paragraph.in_language(spoken) or ""
        yield Sentence(paragraph, spoken, 0, len(text), text, 0)


def rows_cells(paragraph: Paragraph, spoken: Language) -> Iterator[Sentence]:
    """The cells of a row that have words, each labelled with its row and column; the label of a row without any."""
    source = paragraph if spoken == paragraph.language else paragraph.translations[spoken]
    text = paragraph.in_language(spoken) or ""
    joint, end = ("，", "：") if spoken == "zh" else (", ", ": ")
    at = 0
    cells = [(name, cell) for name, cell in source.columns if re.search(r"\w", cell)] or [("", text)]
    for n, (name, cell) in enumerate(cells):
        start = max(text.find(cell, at), 0)
        at = start + len(cell)
        label = joint.join(part for part in (source.row or source.body or "", name) if part) + end
        yield Sentence(paragraph, spoken, start, at, cell, n, label)


def compose_headed(
    groups: Iterable[tuple[str, Sequence[Sentence]]], lead_in: str, language: Language, lead: Sentence | None = None
) -> tuple[str, tuple[Citation, ...]]:
    """The text with a line for each quotation, beneath its heading if it has one, and a citation for it.

    A paragraph has one marker.
    """
    markers: dict[str, int] = {}
    citations: list[Citation] = []

    def quote(sentence: Sentence) -> str:
        marker = markers.setdefault(sentence.paragraph.id, len(markers) + 1)
        citations.append(_cite(marker, sentence))
        only = "" if sentence.language == language else message(f"only-in-{sentence.language}", language)
        return f"{sentence.label}“{sentence.text}” [{marker}]{only}"

    lines = [quote(lead)] if lead else []
    lines.append(lead_in)
    for title, chosen in groups:
        lines += [f"\n{title}"] if title else []
        lines += map(quote, chosen)
    return "\n".join(lines), tuple(citations)


def _cite(marker: int, sentence: Sentence) -> Citation:
    """The citation of a quotation where it stands: its words may stand in the paragraph twice."""
    text = sentence.paragraph.in_language(sentence.language) or ""
    there = sentence.place >= 0 and text[sentence.start : sentence.end] == sentence.text
    at = (sentence.start, sentence.end) if there else None
    citation = cite_quote(marker, sentence.paragraph, sentence.text, sentence.language, at)
    return replace(citation, spans=sentence.answers)


def heading(report: Report, language: Language) -> str:
    """A report's line above its quotations: what it is called, and its year."""
    year = report.date[:4]
    if not year or year in report.name:
        return report.name
    return f"{report.name}（{year}年）" if language == "zh" else f"{report.name} ({year})"


def refusal(language: Language, names: Sequence[str] = ()) -> str:
    """What is said instead of an answer, with the names that were looked for and not found.

    >>> refusal("en", ["BMS8"])[:84]
    'The reports do not answer this question: the nearest paragraphs do not mention “BMS8'
    """
    joint = "、" if language == "zh" else ", "
    absent = message("refusal-names", language, names=joint.join(f"“{name}”" for name in names)) if names else ""
    return message("refusal", language, absent=absent)


def number_on(quoted: Answer, cited: Iterable[Citation]) -> Answer:
    """A quoted answer with its markers going on from those cited before it; a paragraph keeps the number it has."""
    numbers = {citation.paragraph.id: citation.marker for citation in cited}
    own: dict[int, int] = {}
    for citation in quoted.citations:
        own[citation.marker] = numbers.setdefault(citation.paragraph.id, max(numbers.values(), default=0) + 1)
    text = QUOTED_MARKER.sub(lambda match: f"[{own[int(match[1])]}]", quoted.text)
    citations = tuple(replace(citation, marker=own[citation.marker]) for citation in quoted.citations)
    return replace(quoted, text=text, citations=citations)


def shorten(answer: Answer) -> Answer:
    """The answer up to its first marker and what belongs to it, with the citations made there; a refusal as it is."""
    known = {citation.marker for citation in answer.citations}
    first = next((found for found in MARKER.finditer(answer.text) if int(found[1]) in known), None)
    if first is None or answer.abstained:
        return answer
    rest = AFTER_MARKER.match(answer.text, first.end())
    text = answer.text[: rest.end() if rest else first.end()]
    made = sum(int(found[1]) in known for found in MARKER.finditer(text))
    return replace(answer, text=text, citations=answer.citations[:made])
