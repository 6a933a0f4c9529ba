"""What checking a draft found: a finding for each of its quotations, references and figures."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rag.records import Language, Paragraph, Slice

Kind = Literal["quotation", "reference", "figure"]


class Verdict(StrEnum):
    """What the reports say of one thing a draft says."""

    FOUND = "found"  # where the draft says, or, where it does not say, at `places`
    FOUND_NORMALISED = "found-normalised"  # the same, but for width, script, blanks, case or punctuation
    ELSEWHERE = "elsewhere"  # in the reports, but not where the draft says
    ALTERED = "altered"  # nearly in the reports; `changes` says how it differs
    NOT_FOUND = "not-found"  # not in the reports; a figure: not in the paragraphs its sentence cites
    UNKNOWN_REPORT = "unknown-report"  # a paragraph of a document that is not in the index
    UNKNOWN_PARAGRAPH = "unknown-paragraph"  # the report is there and has no such paragraph
    LIKELY = "likely"  # a figure without a source: the paragraph nearest to its sentence has it
    UNCHECKED = "unchecked"  # nothing to check it against: a quoted term, a figure without a source
    OUTSIDE = "outside"  # said to be from, or naming, a document that is not in the index


WRONG = frozenset(
    {Verdict.ELSEWHERE, Verdict.ALTERED, Verdict.NOT_FOUND, Verdict.UNKNOWN_REPORT, Verdict.UNKNOWN_PARAGRAPH}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Words of a report, and the paragraph and language they stand in."""

    paragraph: Paragraph
    language: Language
    official: bool  # False where the text is a rendering's
    text: str  # the words as they stand there; "" where the whole paragraph is meant
    span: Slice | None = None  # in the paragraph's text of that language; None for a footnote, heading or paragraph


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a draft that differ from the report's; either side may be empty."""

    written: str  # in the draft
    printed: str  # in the report
    start: int  # of `written` in the draft
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One quotation, reference or figure of a draft, and what the reports say of it."""

    kind: Kind
    start: int  # in the draft's text; a quotation's without its marks
    end: int
    text: str  # as written
    verdict: Verdict
    said: str = ""  # the source the draft gives for it, as written; "" where it gives none
    said_paragraphs: tuple[Paragraph, ...] = ()  # the paragraphs that source names
    said_report: str = ""  # Report.id of that source, else the symbol of a document that is not in the index
    missing: tuple[str, ...] = ()  # a reference's numbers that the report does not have
    places: tuple[Place, ...] = ()  # where it stands, or what it was altered from; not all of many
    changes: tuple[Change, ...] = ()  # of what is altered; of a figure, the one its paragraph has instead
    nearest: tuple[Paragraph, ...] = ()  # for what is not found, best first

    @property
    def wrong(self) -> bool:
        """Whether the draft should not go out like this."""
        return self.verdict in WRONG

    @property
    def official(self) -> bool:
        """Whether all it was compared with is a report's own text, not a rendering."""
        return all(place.official for place in self.places)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft's text, and its findings in order."""

    text: str
    language: Language
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> int:
        """How many findings say that something is wrong."""
        return sum(finding.wrong for finding in self.findings)
