"""The reports as one text a report and language, with where each paragraph stands in it.

The usual ways read a text, not paragraphs. They get it as our reader cleans it, without page furniture and with a blank
line between paragraphs, which is kinder to them than the files as received: there every line ends in a blank line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.records import Paragraph, Report, Slice


@dataclass(frozen=True)
class Text:
    """A report's text in one language, and the slices of it that each paragraph is."""

    name: str  # "S/2021/839 en"
    text: str
    places: Mapping[str, Sequence[Slice]]  # paragraph id → its slices


def cleaned(reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], renderings: bool) -> list[Text]:
    """The reports as our reader cleans them, and their renderings where they are wanted."""
    texts = []
    for report, of_report in groupby(paragraphs, key=lambda each: each.report):
        own = list(of_report)
        texts.append(_laid_out(f"{report} {reports[report].language}", own, reports[report].language))
        if renderings:
            other = "en" if reports[report].language == "zh" else "zh"
            texts.append(_laid_out(f"{report} {other}", own, other))
    return [text for text in texts if text.places]


def received(reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], renderings: bool) -> list[Text]:
    """The same with the reports' own texts as received, line ends and page furniture included."""
    raw = {
        report.id: Text(
            f"{report.id} {report.language}",
            report.text,
            {each.id: each.spans for each in paragraphs if each.report == report.id},
        )
        for report in reports.values()
    }
    own = {text.name for text in raw.values()}
    return [*raw.values(), *(text for text in cleaned(reports, paragraphs, renderings) if text.name not in own)]


def _laid_out(name: str, paragraphs: Iterable[Paragraph], language: str) -> Text:
    """Headings where they change, then each paragraph under its printed number with its footnotes after it."""
    parts: list[str] = []
    places: dict[str, Sequence[Slice]] = {}
    length, headings = 0, ()
    for paragraph in paragraphs:
        rendered = paragraph.translations.get(language)
        text = paragraph.in_language(language)
        if text is None:
            continue
        own = paragraph.headings if language == paragraph.language else rendered.headings if rendered else ()
        new = [heading for heading in own if heading not in headings]
        headings = own
        number = f"{paragraph.printed}. " if paragraph.printed and not paragraph.is_row else ""
        before = "".join(f"{heading}\n\n" for heading in new) + number
        notes = "".join(f"\n{note.mark} {note.text}" for note in paragraph.footnotes)
        start = length + len(before)
        places[paragraph.id] = ((start, start + len(text)),)
        parts.append(f"{before}{text}{notes}\n\n")
        length += len(parts[-1])
    return Text(name, "".join(parts), places)
