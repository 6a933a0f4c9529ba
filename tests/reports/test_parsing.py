import hashlib
import re
import textwrap
from collections import Counter
from functools import cache
from pathlib import Path

import making
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.records import Language
from rag.reports import ReadReport, parse, read_folder, read_report, rejoin
from rag.reports.lines import ADDRESS_LINE, RULE
from rag.reports.parsing import Parsed

TESTS = Path(__file__).parents[1]
SEEDS = TESTS.parent / "seeds"
A_2021, A_2012, BMS7, A_2015, UNODC = REPORTS = (
    "S/2021/839",
    "A/67/176",
    "A/CONF.192/BMS/2021/1",
    "A/70/183",
    "004_0cf6bfd787c3b7d3",
)


@cache
def seeds() -> dict[str, ReadReport]:
    return {read.report.id: read for read in read_folder(SEEDS)}


@cache
def seed_paragraphs():
    return {paragraph.id: paragraph for read in seeds().values() for paragraph in read.paragraphs}


def read(text: str, language: Language = "en") -> dict[str, str]:
    return {paragraph.locator: paragraph.text for paragraph in parse(text, "R", language).paragraphs}


def headings(text: str) -> dict[str, tuple[str, ...]]:
    return {paragraph.locator: paragraph.headings for paragraph in parse(text, "R", "en").paragraphs}


def check_laws(text: str, parsed: Parsed) -> None:
    """Pieces cover the text, each character once; spans rejoin to the paragraph; ids are unique."""
    assert "".join(text[piece.start : piece.end] for piece in parsed.pieces) == text
    assert all(one.end == other.start for one, other in zip(parsed.pieces, parsed.pieces[1:], strict=False))
    spans = [span for paragraph in parsed.paragraphs for span in paragraph.spans]
    assert sorted(spans) == [(piece.start, piece.end) for piece in parsed.pieces if piece.kind == "paragraph"]
    for paragraph in parsed.paragraphs:
        assert rejoin(text, paragraph.spans) == paragraph.text
        assert list(paragraph.spans) == sorted(paragraph.spans)
    ids = [paragraph.id for paragraph in parsed.paragraphs]
    assert len(set(ids)) == len(ids)
    assert [paragraph.position for paragraph in parsed.paragraphs] == list(range(len(ids)))


# Laws


FRAGMENTS = re.split(
    r"\|",
    "1. |2. |3．|(a) |(b) |A. |I. |一. |二、|Annex\n|附件一\n|Summary\n|摘要\n|：\n|Item 3\n|I. A . . . . 3\n|"
    "\n|\n\n|\f\n|\f|________\n| 1 note.\n|* |*|²|¹ |1\n|12\n|.1 |^{*}|http://a.example/\n|A/79/1\n|1/3 24-12345\n|"
    "word |sentence. |句子。|没有标点的一行文字还在继续|\t|a\tb\tc\n|a\tb\n| |\n |\r|\v|\u2028|[x](#)|١|" + "x" * 80,
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join))
@example("")
@example("3．¹ word\n1. ")
@example("²\n")
@example("1. a\tb\n2. ¹ 句子。\nx\ty\n")
@settings(max_examples=300, deadline=None)
def test_every_character_is_in_one_piece_and_spans_rejoin_whatever_the_text(text: str) -> None:
    check_laws(text, parse(text, "R", "zh"))


@pytest.mark.parametrize("report", REPORTS)
def test_every_character_of_a_seed_is_in_one_piece_and_spans_rejoin(report: str) -> None:
    found = seeds()[report]
    check_laws(found.report.text, Parsed(found.paragraphs, found.pieces))


@pytest.mark.parametrize("report", REPORTS)
def test_furniture_of_a_seed_is_only_blanks_rules_addresses_running_heads_and_repeated_table_headers(
    report: str,
) -> None:
    found = seeds()[report]
    furniture = Counter(
        found.report.text[piece.start : piece.end].strip() for piece in found.pieces if piece.kind == "furniture"
    )
    odd = {words: n for words, n in furniture.items() if words and not RULE.fullmatch(words) and "://" not in words}
    assert all(ADDRESS_LINE.fullmatch(words) for words in furniture if "://" in words)
    expected = {
        A_2021: {"S/2021/839": 2, "5/15 21-12603": 1, "7/15 21-12603": 1},
        A_2015: {"国家\t立法和程序\t储存管理、标识、记录保存、收集/销毁\t培训/提高认识\t其他": 13},
    }
    assert odd == expected.get(report, {})


# The five reports


@pytest.mark.parametrize(
    ("report", "counts"),
    [
        pytest.param(A_2021, {"front": 2, "summary": 4, "main": 86}, id="2021"),
        pytest.param(A_2012, {"front": 7, "summary": 2, "main": 32}, id="2012"),
        pytest.param(BMS7, {"front": 3, "main": 26, "annex": 125}, id="bms7-with-three-unnumbered"),
        pytest.param(A_2015, {"front": 10, "summary": 2, "main": 60, "annex-table": 87}, id="2015"),
        pytest.param(UNODC, {"front": 6, "main": 79}, id="unodc"),
    ],
)
def test_a_seed_has_exactly_its_paragraphs(report: str, counts: dict[str, int]) -> None:
    assert Counter(paragraph.part for paragraph in seeds()[report].paragraphs) == counts


@pytest.mark.parametrize(
    ("report", "part", "last"),
    [
        pytest.param(A_2021, "main", 86, id="2021"),
        pytest.param(A_2012, "main", 32, id="2012"),
        pytest.param(BMS7, "annex", 122, id="bms7-annex"),
        pytest.param(A_2015, "main", 60, id="2015"),
        pytest.param(UNODC, "main", 79, id="unodc"),
    ],
)
def test_the_numbers_of_a_seed_run_from_1_without_a_gap(report: str, part: str, last: int) -> None:
    printed = [p.printed for p in seeds()[report].paragraphs if p.part == part and p.printed]
    assert printed == [str(number) for number in range(1, last + 1)]


def test_the_number_that_bms7_prints_twice_gives_two_paragraphs() -> None:
    numbers = [p.number for p in seeds()[BMS7].paragraphs if p.part == "main"]
    assert numbers == [*map(str, range(1, 26)), "24-2"]
    assert seed_paragraphs()[f"{BMS7}#24-2"].headings == ("五. 通过报告",)
    assert seed_paragraphs()[f"{BMS7}#24-2"].printed == "24"


def test_no_paragraph_of_the_seeds_has_changed_lost_or_gained_a_character() -> None:
    """The file holds each id with its length, first and last characters and SHA-256, blanks left out."""
    golden = [line.split("\t") for line in (TESTS / "seed_paragraphs.tsv").read_text(encoding="utf-8").splitlines()]
    found = [
        [id_, str(len(words)), words[:12], words[-12:], hashlib.sha256(words.encode()).hexdigest()[:8]]
        for id_, paragraph in seed_paragraphs().items()
        if (words := "".join(paragraph.text.split()))
    ]
    assert found == golden


def test_every_paragraph_of_the_seeds_ends_a_sentence_but_one_that_ends_a_vote() -> None:
    unended = [
        id_
        for id_, paragraph in seed_paragraphs().items()
        if paragraph.part in ("main", "annex") and not re.search(r"[。：；:][”）)]?$", paragraph.text)
    ]
    assert unended == [f"{BMS7}#24"]


@pytest.mark.parametrize("report", REPORTS)
def test_no_paragraph_of_a_seed_holds_a_running_head_a_rule_an_address_or_a_heading(report: str) -> None:
    paragraphs = [p for p in seeds()[report].paragraphs if p.part in ("main", "annex")]
    headings_of_report = {heading for p in paragraphs for heading in p.headings}
    for paragraph in paragraphs:
        assert not re.search(r"____|21-12603|undocs\.org", paragraph.text), paragraph.id
        assert not headings_of_report & set(paragraph.text.split("\n")), paragraph.id


FOOTNOTES = {  # read off the pages by hand: mark → the paragraph it stands in
    A_2021: "1→3 2→3 3→16 4→17 5→18 6→29 7→30 8→31 9→38 10→49 11→50 12→51 13→53 14→57 15→58 16→60 17→64 18→65",
    A_2012: "*→front-2 1→3 2→3 3→5 4→6 5→7 6→10 7→15 8→20 9→22 10→24 11→25",
    BMS7: "1→18 2→23 3→24",
    A_2015: "*→front-7 1→3 2→20 3→28 4→32 5→33",
    UNODC: "*→front-3 1→5 2→10 3→40",
}


@pytest.mark.parametrize("report", REPORTS)
def test_every_footnote_of_a_seed_is_with_the_paragraph_that_carries_its_mark(report: str) -> None:
    found = [f"{note.mark}→{p.locator}" for p in seeds()[report].paragraphs for note in p.footnotes]
    assert " ".join(found) == FOOTNOTES[report]
    assert all(note.text for p in seeds()[report].paragraphs for note in p.footnotes)


@pytest.mark.parametrize("report", REPORTS)
def test_every_paragraph_row_and_heading_of_a_seed_meets_its_rendering(report: str) -> None:
    for paragraph in seeds()[report].paragraphs:
        if paragraph.printed is None and paragraph.part == "annex":  # the chapeaux of the BMS7 outcome have none
            continue
        rendering = paragraph.translations["en"]
        assert rendering.text, paragraph.id
        assert all(rendering.headings), paragraph.id
        assert len(rendering.headings) == len(paragraph.headings)
        assert all(cell for _, cell in rendering.columns), paragraph.id


@pytest.mark.parametrize(
    ("id_", "lines"),
    [
        pytest.param(
            f"{BMS7}#10",
            ["在 2021 年", "主席：", "马丁·基马尼(肯尼亚)", "副主席：", "阿尔及利亚、德国"],
            id="captions-on-lines-of-their-own",
        ),
        pytest.param(
            f"{BMS7}#11",
            [
                "同样在第 1 次",
                *(f"{n}. " for n in range(1, 12)),
                "12. 通过报告。",
            ],
            id="agenda-items-with-addresses-between-and-item-12-before-paragraph-12",
        ),
        pytest.param(
            f"{BMS7}#23",
            ["在 2021 年 7 月 30 日", "表决情况如下：", "赞成：", "阿尔", "反对：", "伊朗", "弃权：", "白俄"],
            id="vote-over-two-pages",
        ),
        pytest.param(
            f"{BMS7}#24",
            ["同样在第 10 次", "表决情况如下：", "赞成：", "阿尔", "反对：", "无", "弃权：", "无"],
            id="vote-that-ends-without-a-stop",
        ),
        pytest.param(f"{BMS7}#annex-122", ["在关于议程项目 6", "(a) 一些国家"], id="one-sub-paragraph"),
        pytest.param(f"{A_2015}#14", ["会议审议了", "(a) ", "(b) ", "(c) ", "(d) "], id="sub-paragraphs"),
        pytest.param(f"{UNODC}#6", ["报告期内", *(f"({label}) " for label in "abcdefgh")], id="sub-paragraphs-to-h"),
        pytest.param(f"{UNODC}#8", ["该科继续"], id="inline-list"),
        pytest.param(f"{UNODC}#38", ["毒品和犯罪"], id="inline-list-at-a-line-end"),
        pytest.param(f"{A_2012}#14", ["联合国毒品"], id="inline-list-with-a-label-at-a-line-start"),
        pytest.param(f"{A_2015}#9", ["在安全理事会"], id="cut-by-a-footnote"),
        pytest.param(f"{A_2021}#17", ["最近设立的"], id="cut-by-footnotes-and-a-page"),
        pytest.param(f"{UNODC}#14", ["缔约方会议邀请"], id="cut-by-a-footnote-and-addresses"),
    ],
)
def test_the_hard_paragraphs_of_the_seeds_have_the_right_lines(id_: str, lines: list[str]) -> None:
    found = seed_paragraphs()[id_].text.split("\n")
    assert [line[: len(wanted)] for line, wanted in zip(found, lines, strict=True)] == lines


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        pytest.param(f"{BMS7}#13", "联合国小武器和轻武器非法贸易各方面问题大会的议事规则", id="letter-spaced"),
        pytest.param(f"{BMS7}#23", "100 票对 1 票", id="letter-spaced-figures"),
        pytest.param(f"{A_2021}#3", "至少有 176 095 名平民死亡", id="thousands-by-blanks"),
        pytest.param(f"{A_2021}#24", "超过 8 400 名儿童被杀害", id="thousands-at-a-line-end"),
        pytest.param(
            f"{A_2021}#17",
            "作为支持和平进程、善治、减少暴力以及解除武装、复员和重返社会的关键支柱。对于联合国中非",
            id="over-a-page",
        ),
        pytest.param(f"{A_2015}#9", "安全部门改革工作的重要性。", id="over-a-footnote"),
        pytest.param(f"{A_2015}#3", "《国际追查文书》的影响的信息。", id="raised-mark-gone"),
        pytest.param(f"{UNODC}#14", "将性别视角纳入枪支政策和方案的主流", id="over-a-footnote-and-addresses"),
        pytest.param(f"{UNODC}#40", "举行的 7 次司法会议。这些会议的重点", id="bare-mark-gone"),
        pytest.param(f"{UNODC}#47", "2021 年代号为“KAFO 三号”", id="latin-at-a-line-end"),
        pytest.param(f"{UNODC}#8", "具体目标 16.4（到 2030 年", id="decimal-at-a-line-start"),
        pytest.param(f"{A_2012}#3", "行动纲领》作贡献。", id="mark-on-a-line-of-its-own"),
        pytest.param(f"{A_2012}#25", "提交给该小组的会议进行讨论。这些提案", id="mark-without-a-footnote"),
    ],
)
def test_the_hard_places_of_the_seeds_read_on(id_: str, words: str) -> None:
    assert words in seed_paragraphs()[id_].text


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        pytest.param(f"{A_2021}#front-1", [], id="front"),
        pytest.param(f"{A_2021}#summary-1", ["摘要"], id="summary"),
        pytest.param(f"{A_2021}#24", ["二. ", "A. ", "2. 对儿童的严重影响"], id="numbered-sub-heading"),
        pytest.param(f"{A_2021}#45", ["二. ", "B. 武器和弹药管理"], id="the-sub-heading-ends-with-its-section"),
        pytest.param(f"{A_2012}#19", ["二. ", "A. ", "2. 大会", "《", "有关", "联合国常规武器登记册"], id="unnumbered"),
        pytest.param(f"{BMS7}#annex-25", ["附件", "各国审议", "一. ", "1. 国家一级"][2:], id="annex"),
        pytest.param(f"{UNODC}#30", ["三. ", "B. ", "2. ", "(a) 枪支标识和登记记录"], id="lettered"),
        pytest.param(f"{A_2015}#annex-table-1", ["附件", "2014 年 8 月至 2015 年 7 月"], id="row"),
    ],
)
def test_headings_are_a_path_from_the_top(id_: str, path: list[str]) -> None:
    found = seed_paragraphs()[id_].headings
    assert [heading[: len(wanted)] for heading, wanted in zip(found, path, strict=True)] == path


# Reports of our own


ENGLISH = """\
                                                              A/79/123

Distr.: General
12 July 2034

Seventy-ninth session
Item 98 (n) of the provisional agenda*
General and complete harmony

              Assistance to States for keeping
              their ferries afloat

              Report of the Secretary-General

  Summary

    The present report gives an overview of what Member States did
during the period under review. It covers two years.

    It ends with observations.

__________________
  * A/79/50.

34-12345 (E)    150734
\f
A/79/123

 I. Introduction

1. The General Assembly, in its resolution 78/1, invited the
Secretary-General to report on the question at its seventy-ninth
session.1

2. The present report was prepared in response. In paragraph
12. of that resolution a term is defined;2 the reporting year ended in

__________________
  1 See A/78/50, paras. 3 and 4.
  2 Ferry Survey, Global Review (Geneva, 2033),
chap. 4.

2/17                                                        34-12345
\f
A/79/123

2033. In that year 1.5 million passengers sailed.

 II. Activities of the United Nations
  A. Harbours

3. The Office held three workshops:

  (a) One in Dakar, in
March;

  (b) One in Lima.

  B. Lights and bells
  1. National level

4. States shared (a) lists; (b) photographs; and (c) records of
ferries across the region.

34-12345                                                       3/17
\f
A/79/123

 Annex I

 Activities by region

1. In Africa, the Centre trained 40 captains.

2. In Asia, the Centre trained 20 captains.

 Annex II
 List of contributors

1. Contributions came from the following States.
"""


def test_an_english_report_is_read_by_the_same_rules() -> None:
    assert read(ENGLISH) == {
        "front-1": "A/79/123",
        "front-2": "Distr.: General",
        "front-3": "12 July 2034",
        "front-4": "Seventy-ninth session",
        "front-5": "Item 98 (n) of the provisional agenda",
        "front-6": "General and complete harmony",
        "front-7": "Assistance to States for keeping their ferries afloat",
        "front-8": "Report of the Secretary-General",
        "summary-1": "The present report gives an overview of what Member States did during the period under review. "
        "It covers two years.",
        "summary-2": "It ends with observations.",
        "1": "The General Assembly, in its resolution 78/1, invited the Secretary-General to report on the question "
        "at its seventy-ninth session.",
        "2": "The present report was prepared in response. In paragraph 12. of that resolution a term is defined; "
        "the reporting year ended in 2033. In that year 1.5 million passengers sailed.",
        "3": "The Office held three workshops:\n(a) One in Dakar, in March;\n(b) One in Lima.",
        "4": "States shared (a) lists; (b) photographs; and (c) records of ferries across the region.",
        "annex-1": "In Africa, the Centre trained 40 captains.",
        "annex-2": "In Asia, the Centre trained 20 captains.",
        "annex-2-1": "Contributions came from the following States.",
    }


def test_an_english_report_has_its_headings_and_footnotes() -> None:
    paragraphs = {p.locator: p for p in parse(ENGLISH, "R", "en").paragraphs}
    assert {name: p.headings for name, p in paragraphs.items() if name in ("3", "4", "annex-2-1")} == {
        "3": ("II. Activities of the United Nations", "A. Harbours"),
        "4": ("II. Activities of the United Nations", "B. Lights and bells", "1. National level"),
        "annex-2-1": ("Annex II", "List of contributors"),
    }
    assert {name: [(n.mark, n.text) for n in p.footnotes] for name, p in paragraphs.items() if p.footnotes} == {
        "front-5": [("*", "A/79/50.")],
        "1": [("1", "See A/78/50, paras. 3 and 4.")],
        "2": [("2", "Ferry Survey, Global Review (Geneva, 2033), chap. 4.")],
    }


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["pdf", "docx", "docx-automatic"])
def test_a_pdf_and_a_word_file_read_as_the_text_they_were_made_from(
    language: Language, form: str, tmp_path: Path
) -> None:
    text = making.un_shaped_text(language)
    path = tmp_path / f"report.{form.partition('-')[0]}"
    if form == "pdf":
        making.make_pdf(path, text, language)
    else:
        making.make_docx(path, text, automatic_numbers=form.endswith("automatic"))
    plain = tmp_path / "plain.txt"
    plain.write_text(text, encoding="utf-8")
    found, wanted = read_report(path), read_report(plain)
    assert [(p.id, p.headings, p.text) for p in found.paragraphs] == [
        (p.id, p.headings, p.text) for p in wanted.paragraphs
    ]
    assert [(p.id, n.mark, n.text[:20]) for p in found.paragraphs for n in p.footnotes] == [
        (p.id, n.mark, n.text[:20]) for p in wanted.paragraphs for n in p.footnotes
    ]


WIDE = "The present report is submitted pursuant to resolution 75/241, in which the Assembly requested it "


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("One fox\nran.\n\nIt was red.\n", {"p1": "One fox ran.", "p2": "It was red."}, id="plain-english"),
        pytest.param(
            "春天来了，\n花开了。\n\n他很高兴\n", {"p1": "春天来了，花开了。", "p2": "他很高兴"}, id="plain-chinese"
        ),
        pytest.param("1) not a number\n\n2) nor this\n", {"p1": "1) not a number", "p2": "2) nor this"}, id="brackets"),
        pytest.param("", {}, id="nothing"),
        pytest.param("1. One.\n\n2. Two.\n\n5. Five.\n", {"1": "One.", "2": "Two.", "5": "Five."}, id="a-gap"),
        pytest.param(
            "21. One.\n\n22. Two.\n\n23. Three.\n", {"21": "One.", "22": "Two.", "23": "Three."}, id="excerpt"
        ),
        pytest.param(
            "1. One.\n\n1. One again.\n\n2. Two.\n", {"1": "One.", "1-2": "One again.", "2": "Two."}, id="twice"
        ),
        pytest.param(
            f"1. {WIDE}\nin\n1999. In that year it fell to 3.\n\n2. Two.\n",
            {"1": f"{WIDE}in 1999. In that year it fell to 3.", "2": "Two."},
            id="a-year-at-a-line-start",
        ),
        pytest.param(
            f"1. {WIDE}\nof paragraph\n2. Two is not a paragraph.\n\n2. Two.\n",
            {"1": f"{WIDE}of paragraph 2. Two is not a paragraph.", "2": "Two."},
            id="the-number-that-is-due-inside-a-sentence",
        ),
        pytest.param(
            f"1. {WIDE}\n3.5 per cent of it.\n\n2. Two.\n",
            {"1": f"{WIDE}3.5 per cent of it.", "2": "Two."},
            id="a-decimal-at-a-line-start",
        ),
        pytest.param(
            f"1. {WIDE}by\nA. Smith and others.\n\n2. Two.\n",
            {"1": f"{WIDE}by A. Smith and others.", "2": "Two."},
            id="initials-at-a-line-start",
        ),
        pytest.param(
            "1. It adopted its agenda:\n\n1. Opening.\n\n2. Closing.\n\n2. Two.\n",
            {"1": "It adopted its agenda:\n1. Opening.\n2. Closing.", "2": "Two."},
            id="a-list-numbered-ahead",
        ),
        pytest.param(
            "1. The following came:\n\n(a) Freedonia\n\n(b) Sylvania\n\n2. Two.\n",
            {"1": "The following came:\n(a) Freedonia\n(b) Sylvania", "2": "Two."},
            id="list-entries-without-stops",
        ),
        pytest.param("1.\nOne.\n\n2.\nTwo.\n", {"1": "One.", "2": "Two."}, id="numbers-on-lines-of-their-own"),
        pytest.param("１．一。\n\n２．二。\n", {"1": "一。", "2": "二。"}, id="full-width-numbers"),
        pytest.param(
            "1. See Annex\nI for details.\n\n2. Annex II lists them.\n",
            {"1": "See Annex I for details.", "2": "Annex II lists them."},
            id="annex-in-running-text",
        ),
        pytest.param(
            "1. 见附件\n一。\n\n2. 附件二列有名单。\n",
            {"1": "见附件一。", "2": "附件二列有名单。"},
            id="附件-in-running-text",
        ),
        pytest.param(
            "1. Main.\n\nAnnex\n\n1. First.\n\nAnnex II\n\n1. Second.\n",
            {"1": "Main.", "annex-1": "First.", "annex-2-1": "Second."},
            id="two-annexes",
        ),
        pytest.param("1. 正文。\n\n附件一\n\n名单\n\n1. 甲。\n", {"1": "正文。", "annex-1": "甲。"}, id="附件一"),
        pytest.param(
            "I. Introduction . . . . . . . . 3\n\nI. Introduction\n\n1. One.\n", {"1": "One."}, id="a-contents-page"
        ),
        pytest.param("I. One\n\nFirst.\n\n1. One.\n", {"p1": "First.", "1": "One."}, id="unnumbered-in-the-main-part"),
        pytest.param(
            "1. See [A/1](#) and [B](https://b.example/).\n\n2. Two.\n",
            {"1": "See A/1 and B.", "2": "Two."},
            id="links",
        ),
    ],
)
def test_unusual_but_real_texts_are_read_right(text: str, wanted: dict[str, str]) -> None:
    assert read(text) == wanted


def in_english(read: ReadReport) -> tuple[list[str], dict[str, str]]:
    """A seed in English, heading by heading and line by line, and its numbered paragraphs on one line each."""
    blocks: list[str] = []
    numbered: dict[str, str] = {}
    before: tuple[str, ...] = ()
    for paragraph in read.paragraphs:
        rendering = paragraph.translations.get("en")
        if rendering is None or paragraph.is_row:
            continue
        kept = next(
            (i for i, pair in enumerate(zip(before, rendering.headings, strict=False)) if len({*pair}) > 1), None
        )
        blocks += rendering.headings[min(len(before), len(rendering.headings)) if kept is None else kept :]
        before = rendering.headings
        blocks.append(f"{paragraph.printed}. {rendering.text}" if paragraph.printed else rendering.text)
        if paragraph.printed:
            numbered[paragraph.locator] = " ".join(rendering.text.split())
    return [line for block in blocks for line in block.split("\n")], numbered


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(
    ("width", "break_", "gap"),
    [
        pytest.param(100_000, "\n", "\n\n", id="a-paragraph-a-line"),
        pytest.param(100_000, "\n", "\n", id="a-paragraph-a-line-without-blanks"),
        pytest.param(90, "\n", "\n\n", id="wrapped-with-blanks-between"),
        pytest.param(90, "\n\n", "\n\n", id="wrapped-with-blanks-everywhere"),
        pytest.param(90, "\n", "\n", id="wrapped-without-blanks"),
    ],
)
def test_the_seeds_in_english_keep_every_numbered_paragraph_however_they_are_laid_out(
    report: str, width: int, break_: str, gap: str
) -> None:
    lines, numbered = in_english(seeds()[report])
    wrapped = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in lines]
    parsed = parse(gap.join(break_.join(each) for each in wrapped), "R", "en")
    assert {p.locator: " ".join(p.text.split()) for p in parsed.paragraphs if p.printed} == numbered


TRADITIONAL = """\
第七十九屆會議
臨時議程項目 98

秘書長的報告

 摘要

 本報告介紹了會員國開展的「各項活動」。

一、導言

１．大會在第 78/1 號決議中請秘書長提交報告。

２．本報告據此編寫，內容見附件。

二、活動

(一) 非洲

３．辦事處舉辦了三次講習班。

附件

活動一覽

１．培訓了 40 名船員。
"""


def test_a_report_in_traditional_chinese_is_read_by_the_same_rules() -> None:
    assert list(read(TRADITIONAL, "zh")) == ["front-1", "front-2", "front-3", "summary-1", "1", "2", "3", "annex-1"]
    assert headings(TRADITIONAL)["3"] == ("二、活動", "(一) 非洲")
    assert headings(TRADITIONAL)["annex-1"] == ("附件", "活動一覽")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("I. One\n\nA. Two\n\n1. Three\n\n1. Text.\n", ("I. One", "A. Two", "1. Three"), id="numbered"),
        pytest.param("I. One\n\nTwo\n\nThree\n\n1. Text.\n", ("I. One", "Two", "Three"), id="unnumbered-in-a-row-nest"),
        pytest.param("I. One\n\nTwo\n\n1. Text.\n\nThree\n\n2. Text.\n", ("I. One", "Three"), id="one-alone-replaces"),
        pytest.param("I. One\n\nA. Two\n\n1. Text.\n\nII. Three\n\n2. Text.\n", ("II. Three",), id="a-new-section"),
    ],
)
def test_headings_nest_by_their_enumerators(text: str, path: tuple[str, ...]) -> None:
    assert list(headings(text).values())[-1] == path


def test_a_footnote_marked_in_a_heading_goes_to_the_paragraph_under_it() -> None:
    text = "1. One.\n\nII. Two²\n\n2. Two.\n\n² A note.\n"
    paragraphs = parse(text, "R", "en").paragraphs
    assert [(p.locator, [note.text for note in p.footnotes]) for p in paragraphs] == [("1", []), ("2", ["A note."])]


def test_ids_are_the_ones_the_design_promises() -> None:
    promised = {
        "S/2021/839#21",
        "A/CONF.192/BMS/2021/1#annex-92",
        "A/CONF.192/BMS/2021/1#24-2",
        "S/2021/839#summary-1",
        "S/2021/839#front-2",
        "A/70/183#annex-table-17",
        "004_0cf6bfd787c3b7d3#79",
    }
    assert promised <= set(seed_paragraphs())
