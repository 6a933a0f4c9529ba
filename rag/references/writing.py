"""A paragraph to the reference a delegate writes for it, and what was asked for in vain to what there is instead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag.records import Language, Paragraph, Report
from rag.references.looking_up import LookUp, Missing
from rag.text.numerals import roman, write_chinese

LISTED = 6  # reports told of where none of them has a number
PLACES = {
    "en": {"main": "main text", "annex": "annex", "summary": "summary", "front": "title page"},
    "zh": {"main": "正文", "annex": "附件", "summary": "摘要", "front": "标题页"},
}
ONE = {  # how one paragraph is referred to
    "en": {
        "paragraph": "para. {number}",
        "unnumbered": "unnumbered para. {number}",
        "row": "table row {number} ({row})",
    },
    "zh": {"paragraph": "第{number}段", "unnumbered": "无编号第{number}段", "row": "表第{number}行（{row}）"},
}
OCCURRENCE = {"en": " (printed twice; occurrence {})", "zh": "（编号重复，第{}次）"}
SEVERAL = {
    "en": {"paragraph": "paragraph", "row": "table row", "footnote": "footnote", "unnumbered": "unnumbered paragraph"},
    "zh": {"paragraph": "第{}段", "row": "表第{}行", "footnote": "脚注{}", "unnumbered": "无编号第{}段"},
}
ABSENT = {
    "en": "{document} is not among the reports looked in. They are: {reports}.",
    "zh": "所查的报告中没有{document}。所查的报告：{reports}。",
}
LACKS = {"en": "{report} has no {what}{place}. It has {there}.", "zh": "{report}{place}没有{what}，只有{there}。"}
NONE_HAS = {
    "en": "No report has {what}{place}. There are: {there}.",
    "zh": "没有一份报告{place}有{what}。现有：{there}。",
}
NOTHING = {"en": "nothing of the kind", "zh": "别的内容"}
IN_ITS = {"en": " in its {}", "zh": "{}"}
IN = {"en": " in {}", "zh": "{}"}


def written(paragraph: Paragraph, report: Report, language: str) -> str:
    """The reference to a paragraph as a delegate of that language writes it.

    "S/2021/839, para. 21" and "S/2021/839，第21段"; annexes, summaries, rows and unnumbered paragraphs say so,
    and a number printed twice says which.
    """
    part = paragraph.part.removesuffix("-table")
    unsaid = part == "main" and not paragraph.is_row and not paragraph.printed_elsewhere
    translation = paragraph.translations.get(language)
    row = (translation and (translation.row or translation.body)) or paragraph.row or paragraph.body or ""
    which = ONE[language][_kind(paragraph)].format(number=_number(paragraph), row=row)
    if paragraph.printed_again and _kind(paragraph) == "paragraph":
        which += OCCURRENCE[language].format(paragraph.number.partition("-")[2] or 1)
    places = [] if unsaid else [part_written(part, language)]
    return ("，" if language == "zh" else ", ").join([report.name, *places, which])


def not_there(look: LookUp, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], language: Language) -> str:
    """One sentence or two for each thing that a question asks to be looked up and that is not there; "" for none."""
    looked_in = {report: reports[report] for report in look.among}
    told = [_tell(missing, looked_in, paragraphs, language) for missing in look.missing]
    return ("" if language == "zh" else " ").join(told)


def _tell(missing: Missing, reports: Mapping[str, Report], paragraphs: Sequence[Paragraph], language: Language) -> str:
    if missing.document:
        names = _list([report.name for report in reports.values()], language)
        return ABSENT[language].format(document=missing.document, reports=names)
    like = missing.like
    kind = "row" if like.row else "footnote" if like.footnote else "unnumbered" if like.unnumbered else "paragraph"
    what, place = _numbers(missing.numbers, kind, language), ""
    if like.part:
        of_report = [each for each in paragraphs if like.report in (None, each.report)]
        if any(each.part.removesuffix("-table") == like.part for each in of_report):
            place = IN_ITS[language].format(part_written(like.part, language))
        else:
            what = part_written(like.part, language)
    if missing.within:
        place = IN[language].format(_numbers(missing.within, "paragraph", language))
    if like.report:
        there = _there(like.report, kind, paragraphs, language)
        return LACKS[language].format(report=reports[like.report].name, what=what, place=place, there=there)
    joint = "，" if language == "zh" else ", "
    having = [f"{each.name}{joint}{_there(each.id, kind, paragraphs, language)}" for each in reports.values()]
    return NONE_HAS[language].format(what=what, place=place, there=_list(having, language))


def _there(report: str, asked: str, paragraphs: Sequence[Paragraph], language: Language) -> str:
    """What a report has of the kind asked for, or of any where it has none: "paragraphs 1 to 25; annex, …"."""
    of_report = [paragraph for paragraph in paragraphs if paragraph.report == report and paragraph.part != "front"]
    if asked == "footnote" and (marks := [note.mark for paragraph in of_report for note in paragraph.footnotes]):
        return _numbers(marks, "footnote", language)
    kinds: dict[tuple[str, str], list[str]] = {}
    for paragraph in of_report:
        kinds.setdefault((paragraph.part.removesuffix("-table"), _kind(paragraph)), []).append(_number(paragraph))
    wanted = {place: numbers for place, numbers in kinds.items() if place[1] == asked} or kinds
    told = []
    for (part, kind), numbers in sorted(wanted.items(), key=lambda each: each[0][0] != "main"):
        place = "" if part == "main" and len(wanted) == 1 else part_written(part, language)
        told.append((f"{place}, " if place and language == "en" else place) + _numbers(numbers, kind, language))
    return ("；" if language == "zh" else "; ").join(told) or NOTHING[language]


def part_written(part: str, language: str) -> str:
    """The part of its report in which a paragraph stands: "annex II", "附件二"."""
    kind, _, which = part.partition("-")
    number = (write_chinese(int(which)) if language == "zh" else f" {roman(int(which))}") if which else ""
    return PLACES[language][kind] + number


def _kind(paragraph: Paragraph) -> str:
    return "row" if paragraph.is_row else "unnumbered" if paragraph.printed is None else "paragraph"


def _number(paragraph: Paragraph) -> str:
    return paragraph.printed or paragraph.number.removeprefix("p")


def _numbers(numbers: Iterable[str], kind: str, language: Language) -> str:
    """Numbers with what they are numbers of, runs of them as ranges: "paragraphs 3, 21 to 23", "第3、21至23段"."""
    given = list(dict.fromkeys(numbers))
    if language == "zh":
        return SEVERAL["zh"][kind].format("、".join(_runs(given, "至")))
    return f"{SEVERAL['en'][kind]}{'s' if len(given) > 1 else ''} {', '.join(_runs(given, ' to '))}"


def _runs(numbers: Sequence[str], to: str) -> Iterator[str]:
    """Numbers in order of size, neighbours as ranges; then what is no plain number."""
    plain = sorted({int(number) for number in numbers if number.isdigit()})
    starts = [n for n in plain if n - 1 not in plain]
    ends = [n for n in plain if n + 1 not in plain]
    for start, end in zip(starts, ends, strict=True):
        yield f"{start}" if start == end else f"{start}{to}{end}"
    yield from (number for number in numbers if not number.isdigit())


def _list(names: Sequence[str], language: Language) -> str:
    shown, more = ("；" if language == "zh" else "; ").join(names[:LISTED]), len(names) - LISTED
    if more <= 0:
        return shown
    return f"{shown}；另有{more}份" if language == "zh" else f"{shown}; and {more} more"
