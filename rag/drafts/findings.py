"""What checking a draft finds, a finding for each quotation, reference and figure; as JSON and as plain text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from rag.messages import message
from rag.present import place_json, shorten
from rag.records import Language, Paragraph, Report, Slice
from rag.references import written

_NEW_LINE = re.compile(r"\n[ \t>]*")
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


def draft_json(draft: Draft, reports: Mapping[str, Report]) -> dict[str, Any]:
    """A checked draft as `check --json` prints it: how many findings are wrong, and each of them in order."""
    return {
        "language": draft.language,
        "wrong": draft.wrong,
        "findings": [_finding_json(finding, reports) for finding in draft.findings],
    }


def _finding_json(finding: Finding, reports: Mapping[str, Report]) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "verdict": str(finding.verdict),
        "wrong": finding.wrong,
        "said": finding.said,
        "said_report": finding.said_report,
        "said_paragraphs": [paragraph.id for paragraph in finding.said_paragraphs],
        "missing": list(finding.missing),
        "places": [
            {
                **place_json(place.paragraph, reports),
                "language": place.language,
                "official": place.official,
                "text": place.text,
                "span": place.span and list(place.span),
            }
            for place in finding.places
        ],
        "changes": [asdict(change) for change in finding.changes],
        "nearest": [place_json(paragraph, reports) for paragraph in finding.nearest],
    }


def draft_text(draft: Draft, reports: Mapping[str, Report]) -> str:
    """A checked draft as a terminal shows it, in the draft's language: what is wrong marked, each finding two lines."""
    language, count = draft.language, len(draft.findings)
    if not count:
        return message("draft-none", language)
    lines = [message("draft-wrong" if draft.wrong else "draft-fine", language, wrong=draft.wrong, count=count), ""]
    for finding in draft.findings:
        words = shorten(" ".join(_NEW_LINE.sub(" ", finding.text).split()))
        words = f"“{words}”" if finding.kind == "quotation" else words
        lines.append(f"{'✗' if finding.wrong else '·'} {message(f'draft-{finding.kind}', language)} {words}")
        lines.append(f"    {_finding_text(finding, language, reports)}")
    return "\n".join(lines)


def _finding_text(finding: Finding, language: Language, reports: Mapping[str, Report]) -> str:
    joint, comma = ("；", "、") if language == "zh" else ("; ", ", ")

    def listed(paragraphs: Iterable[Paragraph]) -> str:
        return joint.join(dict.fromkeys(written(each, reports[each.report], language) for each in paragraphs))

    places = listed(place.paragraph for place in finding.places)
    if not finding.official and finding.kind == "quotation":
        rendering = message("unofficial", language)
        places += f"（{rendering}）" if language == "zh" else f" ({rendering})"
    changes = [
        message(
            f"draft-{'put-in' if not each.printed else 'replaced' if each.written else 'left-out'}",
            language,
            written=each.written,
            printed=each.printed,
        )
        for each in finding.changes
    ]
    report = reports.get(finding.said_report)
    line = message(
        f"draft-{_message_key(finding)}",
        language,
        places=places,
        changes=joint.join(changes),
        said=finding.said,
        instead=message("draft-instead", language, printed=finding.changes[0].printed) if changes else "",
        report=report.name if report else finding.said_report,
        missing=comma.join(finding.missing),
    )
    return line + (message("draft-nearest", language, nearest=listed(finding.nearest)) if finding.nearest else "")


def _message_key(finding: Finding) -> str:
    """Which message says what checking came to."""
    match finding.verdict:
        case Verdict.FOUND if not finding.places:
            return "found-report"
        case Verdict.ALTERED if not finding.changes:
            return "joined" if len(finding.places) > 1 else "marks"
        case Verdict.NOT_FOUND if finding.kind == "figure":
            return "not-found-there"
        case Verdict.UNCHECKED if finding.kind == "quotation" and any(not place.text for place in finding.places):
            return "unchecked-language"
        case Verdict.UNCHECKED if finding.kind == "reference" and finding.missing:
            return "unchecked-paragraph"
        case Verdict.UNCHECKED if finding.kind == "figure" and finding.said:
            return "unchecked-name"
        case Verdict.UNCHECKED:
            return f"unchecked-{finding.kind}"
        case verdict:
            return str(verdict)
