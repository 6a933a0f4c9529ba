"""A checked draft as the JSON programs read and the plain text people read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rag.drafts import Change, Draft, Finding, Verdict
from rag.present import SHOWN, UNOFFICIAL, place_json
from rag.records import Language, Paragraph, Report
from rag.references import written

_NEW_LINE = re.compile(r"\n[ \t>]*")
KINDS: Mapping[str, Mapping[str, str]] = {
    "en": {"quotation": "quotation", "reference": "reference", "figure": "figure"},
    "zh": {"quotation": "引文", "reference": "出处", "figure": "数字"},
}
CHECKED: Mapping[str, Mapping[str, str]] = {  # what is said of a draft's findings
    "en": {
        "none": "There is nothing to check: no quotation, no reference and no figure.",
        "fine": "Nothing is wrong. {count} checked.",
        "wrong": "{wrong} of {count} need mending.",
        "found": "found: {places}",
        "found-normalised": "found, but for width, script, case or punctuation: {places}",
        "found-report": "is in the index",
        "elsewhere": "not where the draft says, but in {places}",
        "altered": "altered from {places}: {changes}",
        "joined": "joined from two places: {places}",
        "marks": "in {places} with other punctuation",
        "not-found": "not in the reports",
        "not-found-there": "not in {said}{instead}",
        "instead": ", which has “{printed}”",
        "unknown-report": "the index has no such report",
        "unknown-paragraph": "{report} has no paragraph {missing}",
        "likely": "no source given; a near paragraph has it: {places}",
        "unchecked-quotation": "a term; not checked",
        "unchecked-language": "not checked: {places} has no text in this language",
        "unchecked-reference": "not checked: no report is named beside it",
        "unchecked-paragraph": "not checked: it may be another document’s paragraph",
        "unchecked-figure": "not checked: no source is given, and no near paragraph has it",
        "unchecked-name": "not checked: it may be part of a name",
        "outside": "not checked: a document that is not in the index",
        "replaced": "“{written}” where the report has “{printed}”",
        "left out": "“{printed}” left out",
        "put in": "“{written}” put in",
        "nearest": "; nearest: {nearest}",
        "joint": "; ",
        "unofficial": " ({})",
    },
    "zh": {
        "none": "没有可核对的内容：没有引文、出处或数字。",
        "fine": "没有发现问题。共核对{count}处。",
        "wrong": "{count}处中有{wrong}处需要改正。",
        "found": "核对一致：{places}",
        "found-normalised": "除全半角、繁简、大小写或标点外一致：{places}",
        "found-report": "在索引中",
        "elsewhere": "不在所注之处，而在{places}",
        "altered": "与{places}不同：{changes}",
        "joined": "由两处拼接而成：{places}",
        "marks": "与{places}只有标点不同",
        "not-found": "报告中没有",
        "not-found-there": "{said}中没有{instead}",
        "instead": "，该处为“{printed}”",
        "unknown-report": "索引中没有这份报告",
        "unknown-paragraph": "{report}没有第{missing}段",
        "likely": "没有注明出处；相近段落中有：{places}",
        "unchecked-quotation": "用语，未核对",
        "unchecked-language": "未核对：{places}没有这种语言的文本",
        "unchecked-reference": "未核对：没有写明是哪份报告",
        "unchecked-paragraph": "未核对：可能是另一份文件的段落",
        "unchecked-figure": "未核对：没有注明出处，相近段落中也没有",
        "unchecked-name": "未核对：可能是名称的一部分",
        "outside": "未核对：该文件不在索引中",
        "replaced": "“{written}”，报告作“{printed}”",
        "left out": "漏了“{printed}”",
        "put in": "多了“{written}”",
        "nearest": "；最接近的是：{nearest}",
        "joint": "；",
        "unofficial": "（{}）",
    },
}


def draft_json(draft: Draft, reports: Mapping[str, Report]) -> dict[str, Any]:
    """A checked draft as `check --json` prints it: how many findings are wrong, and each of them in order.

    A finding: "kind" (quotation, reference, figure), "start" and "end" in the draft's text, "text", "verdict", "wrong",
    "said" with "said_report" and "said_paragraphs" (the source the draft gives; ids), "missing" (numbers that report
    does not have), "places" (where it stands, as citations say it, with "language", "official", "text" and "span"),
    "changes" ("written" in the draft with "start" and "end", "printed" in the report) and "nearest".
    """
    return {
        "language": draft.language,
        "wrong": draft.wrong,
        "findings": [_finding_json(finding, reports) for finding in draft.findings],
    }


def _finding_json(finding: Finding, reports: Mapping[str, Report]) -> dict[str, Any]:
    places = [
        {
            **place_json(place.paragraph, reports),
            "language": place.language,
            "official": place.official,
            "text": place.text,
            "span": list(place.span) if place.span else None,
        }
        for place in finding.places
    ]
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
        "places": places,
        "changes": [
            {"written": change.written, "printed": change.printed, "start": change.start, "end": change.end}
            for change in finding.changes
        ],
        "nearest": [place_json(paragraph, reports) for paragraph in finding.nearest],
    }


def draft_text(draft: Draft, reports: Mapping[str, Report], among: Sequence[Paragraph] = ()) -> str:
    """A checked draft as a terminal shows it, in the draft's language: what is wrong marked, each finding two lines."""
    say = CHECKED[draft.language]
    if not draft.findings:
        return say["none"]
    lines = [say["wrong" if draft.wrong else "fine"].format(wrong=draft.wrong, count=len(draft.findings)), ""]
    for finding in draft.findings:
        words = " ".join(_NEW_LINE.sub(" ", finding.text).split())
        words = words if len(words) <= SHOWN else words[:SHOWN].rstrip() + " …"
        words = f"“{words}”" if finding.kind == "quotation" else words
        lines.append(f"{'✗' if finding.wrong else '·'} {KINDS[draft.language][finding.kind]} {words}")
        lines.append(f"    {finding_text(finding, draft.language, reports, among)}")
    return "\n".join(lines)


def finding_text(
    finding: Finding, language: Language, reports: Mapping[str, Report], among: Sequence[Paragraph] = ()
) -> str:
    """What is said of a finding, in one line."""
    say = CHECKED[language]

    def listed(paragraphs: Iterable[Paragraph]) -> str:
        each = (written(paragraph, reports[paragraph.report], language, among) for paragraph in paragraphs)
        return say["joint"].join(dict.fromkeys(each))

    places = listed(place.paragraph for place in finding.places)
    if not finding.official and finding.kind == "quotation":
        places += say["unofficial"].format(UNOFFICIAL[language])
    changed = [_change(change, language) for change in finding.changes]
    report = reports.get(finding.said_report)
    line = say[_said_of(finding)].format(
        places=places,
        changes=say["joint"].join(changed),
        said=finding.said,
        instead=say["instead"].format(printed=finding.changes[0].printed) if finding.changes else "",
        report=report.name if report else finding.said_report,
        missing=("、" if language == "zh" else ", ").join(finding.missing),
    )
    return line + (say["nearest"].format(nearest=listed(finding.nearest)) if finding.nearest else "")


def _said_of(finding: Finding) -> str:
    """The key in CHECKED of what is said of a finding."""
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


def _change(change: Change, language: Language) -> str:
    how = "replaced" if change.written and change.printed else "left out" if change.printed else "put in"
    return CHECKED[language][how].format(written=change.written, printed=change.printed)
