"""What a look-up asked for in vain, and what there is instead, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag.records import Language, Paragraph, Report
from rag.references.looking_up import LookUp, Missing
from rag.references.writing import place_in_report

LISTED = 6  # reports told of where none of them has a number
ABSENT = {
    "en": "{document} is not among the reports looked in. They are: {reports}.",
    "zh": "所查的报告中没有{document}。所查的报告：{reports}。",
}
LACKS = {"en": "{report} has no {what}{place}. It has {there}.", "zh": "{report}{place}没有{what}，只有{there}。"}
NONE_HAS = {
    "en": "No report has {what}{place}. There are: {there}.",
    "zh": "没有一份报告{place}有{what}。现有：{there}。",
}
KINDS = {
    "en": {"paragraph": "paragraph", "row": "table row", "footnote": "footnote", "unnumbered": "unnumbered paragraph"},
    "zh": {"paragraph": "第{}段", "row": "表第{}行", "footnote": "脚注{}", "unnumbered": "无编号第{}段"},
}
NOTHING = {"en": "nothing of the kind", "zh": "别的内容"}


def not_there(look: LookUp, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], language: Language) -> str:
    """One sentence or two for each thing that a question asks to be looked up and that is not there; "" for none."""
    looked_in = {report: reports[report] for report in look.among}
    told = [_told(missing, looked_in, paragraphs, language) for missing in look.missing]
    return ("" if language == "zh" else " ").join(told)


def _told(missing: Missing, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], language: Language) -> str:
    if missing.document:
        names = _list([report.name for report in reports.values()], language)
        return ABSENT[language].format(document=missing.document, reports=names)
    like, kind = missing.like, _kind_asked(missing)
    what, place = _numbers(missing.numbers, kind, language), ""
    if like.part:
        place = place_in_report(like.part, language).rstrip(", ，")
        there = any(
            like.report in (None, each.report) and each.part.removesuffix("-table") == like.part for each in paragraphs
        )
        what, place = (what, place if language == "zh" else f" in its {place}") if there else (place, "")
    if missing.within:
        of = _numbers(missing.within, "paragraph", language)
        place = of if language == "zh" else f" in {of}"
    if like.report:
        there_is = _there(like.report, kind, paragraphs, language)
        return LACKS[language].format(report=reports[like.report].name, what=what, place=place, there=there_is)
    joint = "，" if language == "zh" else ", "
    having = [f"{each.name}{joint}{_there(each.id, kind, paragraphs, language)}" for each in reports.values()]
    return NONE_HAS[language].format(what=what, place=place, there=_list(having, language))


def _kind_asked(missing: Missing) -> str:
    like = missing.like
    return "row" if like.row else "footnote" if like.footnote else "unnumbered" if like.unnumbered else "paragraph"


def _there(report: str, asked: str, paragraphs: Sequence[Paragraph], language: Language) -> str:
    """What a report has of the kind asked for, or of any where it has none: "paragraphs 1 to 25; annex, …"."""
    of_report = [paragraph for paragraph in paragraphs if paragraph.report == report and paragraph.part != "front"]
    marks = [note.mark for paragraph in of_report for note in paragraph.footnotes] if asked == "footnote" else []
    if marks:
        return _numbers(marks, "footnote", language)
    kinds: dict[tuple[str, str], list[str]] = {}
    for paragraph in of_report:
        kinds.setdefault((paragraph.part.removesuffix("-table"), _kind(paragraph)), []).append(_number(paragraph))
    wanted = {place: numbers for place, numbers in kinds.items() if place[1] == asked} or kinds
    told = []
    for (part, kind), numbers in sorted(wanted.items(), key=lambda each: each[0][0] != "main"):
        place = "" if part == "main" and len(wanted) == 1 else place_in_report(part, language)
        told.append(place.removesuffix("，") + _numbers(numbers, kind, language))
    return ("；" if language == "zh" else "; ").join(told) or NOTHING[language]


def _kind(paragraph: Paragraph) -> str:
    return "row" if paragraph.is_row else "paragraph" if paragraph.printed else "unnumbered"


def _number(paragraph: Paragraph) -> str:
    return paragraph.printed or paragraph.number.removeprefix("p")


def _numbers(numbers: Iterable[str], kind: str, language: Language) -> str:
    """Numbers with what they are numbers of, runs of them as ranges: "paragraphs 3, 21 to 23", "第3、21至23段"."""
    given = list(dict.fromkeys(numbers))
    to, joint = ("至", "、") if language == "zh" else (" to ", ", ")
    said = joint.join(_runs(given, to))
    if language == "zh":
        return KINDS["zh"][kind].format(said)
    return f"{KINDS['en'][kind]}{'s' if len(given) > 1 else ''} {said}"


def _runs(numbers: Sequence[str], to: str) -> Iterator[str]:
    """Numbers in order of size, neighbours as ranges; then what is no plain number."""
    plain = sorted({int(number) for number in numbers if number.isdigit()})
    starts = [n for n in plain if n - 1 not in plain]
    ends = [n for n in plain if n + 1 not in plain]
    for start, end in zip(starts, ends, strict=True):
        yield f"{start}" if start == end else f"{start}{to}{end}"
    yield from (number for number in numbers if not number.isdigit())


def _list(names: Sequence[str], language: Language) -> str:
    shown = "；".join(names[:LISTED]) if language == "zh" else "; ".join(names[:LISTED])
    more = len(names) - LISTED
    if more <= 0:
        return shown
    return f"{shown}；另有{more}份" if language == "zh" else f"{shown}; and {more} more"
