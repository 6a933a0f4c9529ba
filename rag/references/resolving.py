"""A reference to the paragraphs that answer to it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.records import Paragraph, Report
from rag.references.naming import folded_name, names_of
from rag.references.reading import UNPRINTED, Reference

LOCATOR = re.compile(r"#([a-z0-9][a-z0-9-]{0,39})")


def resolve(reference: Reference, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs a reference names, or whose footnote it does: the report proper first, as printed, then annexes.

    One that is not printed with a number answers to no number: it is asked for as unnumbered, or by its id.
    """
    named = [paragraph for paragraph in paragraphs if _matches(reference, paragraph)]
    return sorted(named, key=lambda paragraph: paragraph.part != "main")


def _matches(reference: Reference, paragraph: Paragraph) -> bool:
    if reference.report not in (None, paragraph.report):
        return False
    number = reference.number
    if reference.footnote:
        in_part = reference.part in (None, paragraph.part)
        return in_part and any(note.mark == number for note in paragraph.footnotes)
    if reference.row or paragraph.is_row:
        in_part = reference.part is None or paragraph.part == f"{reference.part}-table"
        return reference.row and paragraph.is_row and in_part and paragraph.number == number
    if paragraph.part != (reference.part or paragraph.part) or (paragraph.part in UNPRINTED and not reference.part):
        return False
    if paragraph.printed is None and (reference.unnumbered or paragraph.part in UNPRINTED):
        return paragraph.number in (number, f"p{number}")
    if reference.unnumbered or reference.occurrence:
        return paragraph.number == (number if reference.occurrence == 1 else f"{number}-{reference.occurrence}")
    return number in (paragraph.number, paragraph.printed)


def ids_in(folded: str, reports: Mapping[str, Report]) -> Iterator[tuple[str, str]]:
    """(report id, locator) of each id that stands in a folded text, in order."""
    for match in LOCATOR.finditer(folded):
        before = folded[: match.start()]
        names = (
            (name, report.id) for report in reports.values() for name in {*names_of(report), folded_name(report.id)}
        )
        called = [(len(name), report) for name, report in names if before.endswith(name)]
        if called:
            yield max(called)[1], match[1].removeprefix("main-").rstrip("-")
