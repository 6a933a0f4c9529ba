"""A paragraph to the reference a delegate writes for it, in either language."""

from collections.abc import Iterable

from rag.records import Paragraph, Report
from rag.text.numerals import roman, write_chinese

WHERE = {
    "en": {"main": "main text, ", "annex": "annex{}, ", "summary": "summary, ", "front": "title page, "},
    "zh": {"main": "正文，", "annex": "附件{}，", "summary": "摘要，", "front": "标题页，"},
}
OCCURRENCE = {"en": " (printed twice; occurrence {})", "zh": "（编号重复，第{}次）"}


def written(paragraph: Paragraph, report: Report, language: str, among: Iterable[Paragraph] = ()) -> str:
    """The reference to a paragraph as a delegate of that language writes it.

    "S/2021/839, para. 21" and "S/2021/839，第21段"; annexes, summaries, rows and unnumbered paragraphs say so,
    and a number printed twice says which. (`among` is not looked at and on its way out.)
    """
    zh = language == "zh"
    part, number = paragraph.part.removesuffix("-table"), paragraph.printed or paragraph.number.removeprefix("p")
    where = place_in_report(part, language)
    if paragraph.is_row:
        label = _row_label(paragraph, language)
        return (
            f"{report.name}，{where}表第{number}行（{label}）"
            if zh
            else f"{report.name}, {where}table row {number} ({label})"
        )
    if part == "main" and not paragraph.printed_elsewhere:
        where = ""
    if paragraph.printed is None:
        return f"{report.name}，{where}无编号第{number}段" if zh else f"{report.name}, {where}unnumbered para. {number}"
    occurrence = paragraph.number.partition("-")[2] or 1
    which_one = OCCURRENCE[language].format(occurrence) if paragraph.printed_again else ""
    return (f"{report.name}，{where}第{number}段" if zh else f"{report.name}, {where}para. {number}") + which_one


def place_in_report(part: str, language: str) -> str:
    """What says in which part of its report a paragraph stands, before its number: "annex II, ", "附件二，"."""
    kind, _, which = part.partition("-")
    place = (write_chinese(int(which)) if language == "zh" else f" {roman(int(which))}") if which else ""
    return WHERE[language][kind].format(place)


def _row_label(paragraph: Paragraph, language: str) -> str:
    translation = paragraph.translations.get(language)
    return (translation and (translation.row or translation.body)) or paragraph.row or paragraph.body or ""
