"""Reports with sections that do not exist, two in English and one in Chinese, for tests of what is told in short."""

from rag.records import Language, Paragraph, Report

Said = tuple[tuple[str, ...], list[str]]  # headings, and the paragraphs under them


def made(name: str, language: Language, year: str, sections: list[Said], **more: str) -> tuple[Report, list[Paragraph]]:
    """A report with its paragraphs numbered through, and an annex where a heading says so."""
    report = Report(
        id=name,
        file=f"{name.replace('/', '_')}.txt",
        language=language,
        text="",
        sha256=name.ljust(64, "0"),
        symbol=name,
        date=year,
        years=(int(year),),
        **more,
    )
    paragraphs: list[Paragraph] = []
    for headings, texts in sections:
        part = "annex" if headings[:1] in (("Annex",), ("附件",)) else "main"
        for text in texts:
            number = str(1 + sum(each.part == part for each in paragraphs))
            paragraphs.append(
                Paragraph(name, part, number, len(paragraphs), text, language, printed=number, headings=headings)
            )
    return report, paragraphs


OLD = made(
    "A/90/10",
    "en",
    "2030",
    [
        (("I. Introduction",), ["The present report is submitted pursuant to resolution 89/1 on river shoals."]),
        (
            ("II. Shoals",),
            [
                "Shoals are dredged twice a year in nine of the rivers that were visited.",
                "Pilots mark the shoals with lamps that burn whale oil through the night.",
            ],
        ),
        (("III. Recommendations",), ["Member States should buy lamps before the floods of the coming spring arrive."]),
    ],
    short_title="Harbour Board, shoals, 2030",
)
NEW = made(
    "A/93/20",
    "en",
    "2033",
    [
        (("I. Introduction",), ["The present report is submitted pursuant to resolution 92/1 on river shoals."]),
        (
            ("II. Shoals", "A. Dredging"),
            [
                "Shoals are dredged every month in all of the rivers that were visited. Costs fell to a third.",
                "Dredgers from twelve countries were trained in the mouth of the widest river.",
            ],
        ),
        (("II. Shoals", "B. Lamps"), ["Lamps on the shoals are lit by the sun and are watched over from the shore."]),
        (
            ("III. Recommendations",),
            ["The Board recommends that every pilot carry a chart that is younger than a year."],
        ),
        (("Annex",), ["The rivers visited were listed by the pilots in the order in which they were sailed."]),
    ],
    short_title="Harbour Board, shoals, 2033",
)
CHINESE = made(
    "A/94/30",
    "zh",
    "2034",
    [
        (("一. 导言",), ["本报告根据关于内河浅滩的第93/1号决议提交，供成员国审议。"]),
        (
            ("二. 浅滩",),
            [
                "各国每月疏浚一次浅滩，费用降至原来的三分之一，船员表示满意。",
                "浅滩上的航标灯由太阳能供电，并由岸上的值班人员看管。",
            ],
        ),
        (("三. 建议",), ["委员会建议每名引航员携带一年以内出版的航道图，并按时更新。"]),
    ],
)
LIBRARY = [OLD, NEW, CHINESE]
