"""Read a report file (txt, PDF, DOCX) and split it into its numbered paragraphs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rag.records import Language, Paragraph, Report
from rag.reports.files import file_sha256, list_reports, read_text
from rag.reports.known import describe, known_reports
from rag.reports.layout import Kind, Piece
from rag.reports.parsing import parse, rejoin
from rag.reports.renderings import join_renderings, read_rendering, rendering_file

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")

__all__ = ["Kind", "Piece", "ReadReport", "list_reports", "parse", "read_folder", "read_report", "rejoin"]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report, its paragraphs in order, and the pieces its text is made of."""

    report: Report
    paragraphs: tuple[Paragraph, ...]
    pieces: tuple[Piece, ...]


def read_report(path: Path, renderings: bool = True) -> ReadReport:
    """The report in a file, with what is known of it and its renderings; ReportError where it cannot be read."""
    text = read_text(path)
    language = _language(text)
    known = known_reports(path.parent).get(path.name, {})
    report = describe(path.name, text, language, file_sha256(path), known)
    parsed = parse(text, report.id, language)
    lines = read_rendering(rendering_file(path)) if renderings else []
    return ReadReport(report, tuple(join_renderings(parsed.paragraphs, lines)), parsed.pieces)


def read_folder(
    folder: Path, renderings: bool = True, progress: Callable[[str], None] = lambda name: None
) -> Iterator[ReadReport]:
    """The reports in a folder, by file name, `progress` being told each before it is read.

    Of two that claim one id the second goes by its file's stem, or its whole name where that is taken too.
    """
    taken: set[str] = set()
    for path in list_reports(folder):
        progress(path.name)
        read = read_report(path, renderings)
        free = next(name for name in (read.report.id, path.stem, path.name) if name not in taken)
        taken.add(free)
        yield read if free == read.report.id else _renamed(read, free)


def _language(text: str) -> Language:
    """Chinese where a tenth of the letters are; an English report may name a place in Chinese."""
    letters = sum(map(str.isalpha, text))
    return "zh" if len(HAN.findall(text)) > 0.1 * letters else "en"


def _renamed(read: ReadReport, report_id: str) -> ReadReport:
    paragraphs = tuple(replace(paragraph, report=report_id) for paragraph in read.paragraphs)
    return ReadReport(replace(read.report, id=report_id), paragraphs, read.pieces)
