"""rag.reports.titles: the title in a report's front matter, or none."""

from pathlib import Path

import pytest

from rag.records import Language, Paragraph
from rag.reports import known_reports, likely_title, list_reports, parse, read_report
from rag.reports.titles import evident_title

SEEDS = Path(__file__).parents[2] / "seeds"
BODY_TEXT: dict[Language, str] = {
    "en": "I. Introduction\n\n"
    + "\n\n".join(
        f"{n}. In that year ferries carried passengers over all the rivers of the\nnorth, and none of them sank."
        for n in range(1, 9)
    ),
    "zh": "一. 导言\n\n" + "\n\n".join(f"{n}. 该年渡船在北方各条河流上运送乘客，没有一艘沉没。" for n in range(1, 9)),
}


def title(front: list[str], language: Language) -> str:
    return evident_title(parse("\n\n".join([*front, BODY_TEXT[language]]), "R", language).paragraphs)


@pytest.mark.parametrize("path", list_reports(SEEDS), ids=lambda path: path.name[:3])
def test_the_title_of_a_seed_is_read_as_it_is_known(path: Path) -> None:
    stated = known_reports(SEEDS)[path.name]["title_zh"]
    found = evident_title(read_report(path).paragraphs)
    assert stated in (found, f"{found}：秘书长的报告", f"{found}：秘书处的报告")


@pytest.mark.parametrize(
    ("front", "wanted"),
    [
        pytest.param(["A/99/1", "Ferries", "Report of the Secretary-General"], "Ferries", id="report"),
        pytest.param(
            ["A/99/1", "Ninety-ninth session", "Item 23 (b) of the agenda", "Transport: rivers", "Safety of ferries",
             "Note by the Secretariat"], "Safety of ferries", id="under-the-agenda-items-own-words",
        ),
        pytest.param(
            ["A/99/1", "Agenda item 61", "Safety of ferries", "Report of the Executive Director"],
            "Safety of ferries", id="under-an-agenda-item-without-words",
        ),
        pytest.param(
            ["A/99/1", "Agenda item 61", "Transport", "Safety of ferries", "Safety of docks",
             "Report of the Secretary-General"], "Safety of ferries; Safety of docks", id="two-reports-in-one",
        ),
        pytest.param(
            ["A/RES/99/17", "Agenda item 61", "Resolution adopted by the General Assembly on 9 December 2044",
             "99/17. Safety of ferries", "The General Assembly,"], "Safety of ferries", id="resolution",
        ),
        pytest.param(
            ["S/RES/2999 (2031)", "Resolution 2999 (2031)", "The Security Council,"],
            "Resolution 2999 (2031)", id="council-resolution",
        ),
        pytest.param(
            ["A/AC.3/SR.7", "Committee on Rivers", "Third session", "Summary record of the 7th meeting",
             "Chair: Ms. Alm (Sweden)", "The meeting was called to order at 10 a.m."],
            "Summary record of the 7th meeting", id="record",
        ),
        pytest.param(["A/99/1", "General Assembly", "Report on quays"], "Report on quays", id="one-line-alone"),
        pytest.param(
            ["A/99/1", "Report of the Secretary-General on quays"],
            "Report of the Secretary-General on quays", id="by-whom-with-its-subject",
        ),
        pytest.param(["A/99/1", "Report of the Secretary-General"], "", id="by-whom-alone"),
        pytest.param(["A/99/1", "Quays", "Ferries", "Docks"], "", id="several-lines-alone"),
        pytest.param(["A/99/1", "The General Assembly,", "Recalling its resolutions,"], "", id="a-preamble"),
        pytest.param([], "", id="nothing"),
    ],
)  # fmt: skip
def test_the_title_of_an_english_report(front: list[str], wanted: str) -> None:
    assert title(front, "en") == wanted


@pytest.mark.parametrize(
    ("front", "wanted"),
    [
        pytest.param(["A/99/1", "渡船安全", "秘书长的报告"], "渡船安全", id="report"),
        pytest.param(["E/2034/41", "2034年届会", "议程项目12(f)", "渡船方案：2033年年度报告", "执行主任的报告"],
                     "渡船方案：2033年年度报告", id="under-an-agenda-item-without-words"),
        pytest.param(["A/99/1", "第九十九届会议", "临时议程项目98", "交通", "渡船安全", "码头安全", "秘书长的报告"],
                     "渡船安全；码头安全", id="two-reports-in-one"),
        pytest.param(["A/99/1", "第九十九屆會議", "臨時議程項目98", "交通", "渡船安全", "秘書長的報告"],
                     "渡船安全", id="traditional"),
        pytest.param(["A/RES/99/17", "议程项目21", "2033年12月19日大会决议", "99/17. 防治沙尘暴", "大会，"],
                     "防治沙尘暴", id="resolution"),
        pytest.param(["S/RES/3999(2044)", "第3999(2044)号决议", "安全理事会，"],
                     "第3999(2044)号决议", id="council-resolution"),
        pytest.param(["A/C.2/SR.5", "第二委员会", "第5次会议简要记录", "主席：阿尔姆女士(瑞典)"],
                     "第5次会议简要记录", id="record"),
        pytest.param(["A/99/1", "大会", "关于渡轮的决定"], "关于渡轮的决定", id="one-line-alone"),
        pytest.param(["A/99/1", "秘书长关于渡船的报告"], "秘书长关于渡船的报告", id="by-whom-with-its-subject"),
        pytest.param(["A/99/1", "秘书长的报告"], "", id="by-whom-alone"),
        pytest.param(["A/99/1", "⼀、导⾔"], "", id="a-heading-in-radicals"),
    ],
)  # fmt: skip
def test_the_title_of_a_chinese_report(front: list[str], wanted: str) -> None:
    assert title(front, "zh") == wanted


@pytest.mark.parametrize(("language", "title"), [("en", "Safety of ferries"), ("zh", "渡船安全")], ids=["en", "zh"])
def test_a_report_of_which_nothing_is_stated_has_the_title_it_prints(
    language: Language, title: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(f"A/99/1\n\n{title}\n\n{BODY_TEXT[language]}", encoding="utf-8")
    report = read_report(tmp_path / "a.txt").report
    assert (report.titles, report.known_from) == ({language: title}, {f"title_{language}": "printed"})
    (tmp_path / "reports.toml").write_text('["a.txt"]\nyear = 2034\n', encoding="utf-8")
    report = read_report(tmp_path / "a.txt").report
    assert (report.titles, report.known_from) == ({}, {})


@pytest.mark.parametrize(
    ("front", "title"),
    [
        pytest.param(["大会", "Distr.: General", "第七十届会议", "渡船安全", "秘书长的报告"], "渡船安全", id="zh"),
        pytest.param(["General Assembly", "A/99/1", "Safety of ferries", "Report of the Secretary-General"],
                     "Safety of ferries", id="en"),
        pytest.param(["Report of the Panel of Experts"], "Report of the Panel of Experts", id="nothing else"),
        pytest.param(["A/99/1"], "", id="none"),
    ],
)  # fmt: skip
def test_what_is_probably_the_title_is_told_from_the_rest_of_the_first_page(front: list[str], title: str) -> None:
    assert likely_title([Paragraph("x", "front", str(i), i, text, "zh") for i, text in enumerate(front)]) == title
