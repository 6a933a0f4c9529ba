"""Every printed word of a report's body is read once, in the paragraph, heading or footnote where it stands."""

import re
from dataclasses import dataclass
from pathlib import Path

import making
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.records import Language, Paragraph
from rag.reports import parse, read_report

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
RULE = "__________________"


def read(text: str, language: Language = "en") -> dict[str, Paragraph]:
    return {paragraph.locator: paragraph for paragraph in parse(text, "R", language).paragraphs}


def texts(text: str, language: Language = "en") -> dict[str, str]:
    return {locator: paragraph.text for locator, paragraph in read(text, language).items()}


def notes(text: str, language: Language = "en") -> dict[str, list[tuple[str, str]]]:
    found = {locator: [(n.mark, n.text) for n in p.footnotes] for locator, p in read(text, language).items()}
    return {locator: of_it for locator, of_it in found.items() if of_it}


# The law, over reports put together by chance


@dataclass(frozen=True)
class Made:
    """A report's text, the sign that stands in each of its paragraphs, and the paragraph of each footnote's sign."""

    text: str
    language: Language
    paragraphs: dict[str, str]
    footnotes: dict[str, str]


WORDS: dict[Language, list[str]] = {
    "en": [
        "Kenya {} had pupils",
        "Turkey {} had many more refugees in its schools than any of its neighbours had at that time",
        "By {} far the largest numbers were in Turkey with 700,000 pupils and Pakistan with 402,000",
        "Others {} had fewer, and the office trained teachers in nine countries over the three years of the programme, "
        "most of them women; in the year after it will go on in six further countries and cost 4.5 million dollars",
    ],
    "zh": [
        "肯尼亚{}也有学生",
        "土耳其{}的难民学生多于当时任何一个邻国",
        "难民{}学生最多的是土耳其，其次是伊朗和巴基斯坦，后者有402 000",
        "其他{}国家较少，办事处三年来在九个国家培训了教师，其中大多数是妇女；下一年方案将在另外六个国家继续开展，"
        "费用为四百五十万美元，由自愿捐款支付",
    ],
}
NOTE: dict[Language, str] = {
    "en": "See {} the census of the Office, vol. 3, which gives the same figures for the year before",
    "zh": "见{}办事处的普查，第3卷，其中载有上一年的相同数字",
}


def wrapped(text: str, width: int) -> str:
    """A text in lines of so many characters, no Latin word or figure broken and no line begun by punctuation."""
    lines = [""]
    for word in re.findall(r"[!-~⁰¹²³⁴⁵⁶⁷⁸⁹]+ ?|[。，；、]|.", text):
        if len(lines[-1]) + len(word) > width and word not in "。，；、":
            lines.append("")
        lines[-1] += word
    return "\n".join(line.strip() for line in lines)


@st.composite
def reports(draw: st.DrawFn) -> Made:
    language = draw(st.sampled_from(["en", "zh"]))
    width = draw(st.sampled_from([100_000, 90, 60])) // (1 if language == "en" else 2)
    gap = draw(st.sampled_from(["\n\n", "\n"]))
    raised = draw(st.booleans())
    full_stop = "." if language == "en" else "。"
    blocks = ["I. Findings" if language == "en" else "一、结论"]
    paragraphs: dict[str, str] = {}
    footnotes: dict[str, str] = {}
    waiting: list[str] = []
    for number in range(1, draw(st.integers(4, 8)) + 1):
        paragraphs[str(number)] = sign = f"para{number}x"
        ends = [full_stop, f"{full_stop}M"] if number < 4 else [full_stop, f"{full_stop}M", ""]
        end = draw(st.sampled_from(ends))
        if "M" in end:
            mark = str(len(footnotes) + 1)
            printed = mark.translate(RAISED) if raised else mark
            end = end.replace("M", printed)
            footnotes[f"note{mark}x"] = str(number)
            note_end = draw(st.sampled_from([full_stop, ""]))
            waiting.append(wrapped(f"{printed} {NOTE[language].format(f'note{mark}x')}{note_end}", width))
        words = draw(st.sampled_from(WORDS[language])).format(sign)
        blocks.append(wrapped(f"{number}. {words}{end}", width))
        if waiting and draw(st.booleans()):
            blocks += [RULE, "\n".join(waiting)]
            waiting = []
    blocks += [RULE, "\n".join(waiting)] if waiting else []
    return Made(gap.join(blocks), language, paragraphs, footnotes)


@given(reports())
@settings(max_examples=300, deadline=None)
def test_every_numbered_paragraph_and_footnote_is_read_once_and_where_it_stands(made: Made) -> None:
    found = read(made.text, made.language)
    signs = {locator: re.findall(r"(?:para|note)\d+x", paragraph.text) for locator, paragraph in found.items()}
    assert signs == {number: [sign] for number, sign in made.paragraphs.items()}
    owners = [
        (sign, locator)
        for locator, paragraph in found.items()
        for note in paragraph.footnotes
        for sign in re.findall(r"(?:para|note)\d+x", note.text)
    ]
    assert sorted(owners) == sorted(made.footnotes.items())


# The kinds that were lost


@pytest.mark.parametrize(
    ("language", "end"),
    [
        pytest.param("en", "Pakistan with 402,000.2", id="a-mark-after-a-figure-and-a-stop"),
        pytest.param("en", "Pakistan with 402,000,2", id="a-mark-after-a-figure-and-a-comma"),
        pytest.param("en", "Pakistan with 402 000.2", id="a-mark-after-thousands-by-blanks"),
        pytest.param("en", "Pakistan with 402,000²", id="a-raised-mark-after-a-figure"),
        pytest.param("zh", "巴基斯坦有402,000。2", id="a-mark-after-a-chinese-stop"),
        pytest.param("zh", "巴基斯坦有402 000²", id="a-raised-mark-after-a-chinese-figure"),
        pytest.param("zh", "巴基斯坦有40.2万名²", id="a-raised-mark-after-a-counted-figure"),
    ],
)
def test_a_paragraph_that_ends_in_a_figure_with_a_mark_keeps_its_text_and_its_footnote(
    language: Language, end: str
) -> None:
    mark = end[-1]
    text = f"I. Text\n\n1. One.¹\n\n2. {end}\n\n3. Three.\n\n{RULE}\n¹ Note one.\n{mark} Note two.\n"
    assert texts(text, language) == {"1": "One.", "2": end.removesuffix(mark), "3": "Three."}
    assert notes(text, language) == {"1": [("1", "Note one.")], "2": [("2", "Note two.")]}


def test_a_decimal_is_no_mark() -> None:
    text = f"1. It was 318.2 Others had less.\n\n2. It grew by 402,000.2 per cent.\n\n{RULE}\n2 A note.\n"
    assert texts(text) == {"1": "It was 318.2 Others had less.", "2": "It grew by 402,000.2 per cent."}


@pytest.mark.parametrize("end", ["402,000", "402 000", "巴基斯坦", "in Pakistan", "“Pakistan”, and", "A/79/123"])
@pytest.mark.parametrize("place", ["1", "2", "3"])
def test_a_paragraph_without_a_stop_is_one_where_its_number_would_be_missing(end: str, place: str) -> None:
    wanted = {str(n): end if str(n) == place else "It was." for n in range(1, 4)}
    blocks = [f"{number}. {words}" for number, words in wanted.items()]
    assert texts("\n\n".join(["I. Pupils", *blocks])) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            "1. One.\n\n2. Two.\n\n3. National level\n\n3. Three.\n",
            ["1", "2", "3"],
            id="a-heading-with-the-number-due",
        ),
        pytest.param(
            "I. One\n\n1. National level\n\n1. One.\n\n2. Two.\n", ["1", "2"], id="a-heading-before-the-first"
        ),
        pytest.param("1. One.\n\n2. Two.\n\n1. National level\n\n3. Three.\n", ["1", "2", "3"], id="a-heading-again"),
        pytest.param(
            "1. Introduction\n\nWe met.\n\n2. Why here?\n\nWe like it.\n\n3. Costs\n\nNone.\n",
            [f"p{n}" for n in range(1, 7)],
            id="headings-over-text-without-numbers",
        ),
        pytest.param("1. 一。\n\n1. 国家一级\n\n2. 二。\n\n3. 三。\n", ["1", "2", "3"], id="a-chinese-heading"),
    ],
)
def test_a_numbered_heading_stays_one(text: str, wanted: list[str]) -> None:
    assert list(texts(text)) == wanted


@pytest.mark.parametrize(
    ("language", "note"),
    [
        pytest.param("en", "1 See the census.", id="ended"),
        pytest.param("en", "1 See A/79/123", id="not-ended"),
        pytest.param("en", "1 See the census\nof 2033.", id="wrapped"),
        pytest.param("zh", "1 见普查。", id="chinese"),
        pytest.param("zh", "1 见A/79/123", id="chinese-not-ended"),
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize("due", [2, 3, 4])
def test_the_paragraph_in_its_turn_ends_a_block_of_footnotes(language: Language, note: str, gap: str, due: int) -> None:
    above = [f"{number}. It was.{'1' * (number == 1)}" for number in range(1, due)]
    below = [f"{number}. It was." for number in range(due, due + 2)]
    text = gap.join([*above, RULE, note, *below])
    assert list(texts(text, language)) == [str(number) for number in range(1, due + 2)]
    assert notes(text, language) == {"1": [("1", note[2:].replace("\n", " "))]}


def test_a_figure_that_a_footnote_refers_to_ends_no_block_of_footnotes() -> None:
    text = (
        f"1. One.1\n2. Two.\n{RULE}\n1 See A/79/123, paras. 2 and\n3. It has a map, in vol.\n3. Read it.\n3. Three.\n"
    )
    assert texts(text) == {"1": "One.", "2": "Two.", "3": "Three."}
    assert notes(text) == {"1": [("1", "See A/79/123, paras. 2 and 3. It has a map, in vol. 3. Read it.")]}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Kenya had more pupils"), ("zh", "肯尼亚的学生较多")], ids=["en", "zh"]
)
def test_a_paragraph_whose_mark_stands_again_later_is_kept(language: Language, words: str) -> None:
    stop = "." if language == "en" else "。"
    text = f"1. One{stop}1\n\n2. {words}{stop}2\n\n3. Three{stop}2\n\n{RULE}\n1 Note one.\n2 Note two.\n"
    found = texts(text, language)
    assert list(found) == ["1", "2", "3"]
    assert found["2"].startswith(words)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["pdf", "docx", "docx-automatic"])
def test_a_pdf_and_a_word_file_lose_nothing_either(language: Language, form: str, tmp_path: Path) -> None:
    words = {"en": "By far the most pupils were in Pakistan, with 402,000", "zh": "学生最多的是巴基斯坦，有402 000"}
    text = making.un_shaped_text(language)
    text = re.sub(r"(?m)^([37])\. .+$", rf"\1. {words[language]}", text)  # before a heading, and the last but one
    path = tmp_path / f"report.{form.partition('-')[0]}"
    if form == "pdf":
        making.make_pdf(path, text, language)
    else:
        making.make_docx(path, text, automatic_numbers=form.endswith("automatic"))
    found = {p.locator: p.text for p in read_report(path).paragraphs if p.printed}
    assert list(found) == [str(number) for number in range(1, 9)]
    assert found["3"] == found["7"] == words[language]
