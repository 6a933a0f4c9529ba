"""rag.answering.compose: quotations put together into the text of an answer and its citations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from made_index import CREWS, FERRIES, FakeEmbedder, indexed

from rag.answering.compose import LOOKED_UP, Sentence, compose, compose_looked_up, number_on, refusal, shorten
from rag.answering.weighing import quotable
from rag.index import Index
from rag.lexicon import Lexicon
from rag.records import Answer, Citation, Footnote, Language, Paragraph, Report, Translation, Verdict
from rag.references import LookUp, look_up

LANGUAGES: tuple[Language, ...] = ("zh", "en")
QUOTED: Mapping[Language, str] = {"zh": "报告中有关的原文：", "en": "What the reports say:"}
RENDERED = {"en": Translation("Crews were trained. Lamps were lit.")}
OFFICIAL = {"zh": Translation("渡船沉没了。", official=True)}


def numbered(report: Report, text: str, n: int = 1, **more: Any) -> Paragraph:
    return Paragraph(report.id, "main", str(n), n - 1, text, report.language, str(n), **more)


ROW = Paragraph(
    FERRIES.id,
    "annex-table",
    "1",
    20,
    "Ferry A: sank three times; 318 people",
    "en",
    row="Ferry A",
    columns=(("Sank", "three times"), ("Left", ""), ("", "318 people")),
    translations={
        "zh": Translation("甲号渡船：三次；318人", row="甲号渡船", columns=(("沉没", "三次"), ("", "318人")))
    },
)
BARE_ROW = Paragraph(FERRIES.id, "annex-table", "2", 21, "Port B", "en", row="", body="Port B")
ENGLISH = [
    numbered(FERRIES, "Ferries sank.", 1, footnotes=(Footnote("1", "See the register."),), translations=OFFICIAL),
    *(numbered(FERRIES, f"Ferry {n} sank.", n) for n in range(2, 13)),
    ROW,
    BARE_ROW,
]
CHINESE = [
    numbered(CREWS, "船员受了培训。灯亮了。", 1, translations=RENDERED),
    numbered(CREWS, "灯坏了。", 2, footnotes=(Footnote("2", "见登记册。"),)),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The two reports; nothing is searched for in them."""
    folder = tmp_path_factory.mktemp("composed")
    return indexed([(FERRIES, ENGLISH), (CREWS, CHINESE)], folder, FakeEmbedder(), Lexicon([], dict))


def quoted(paragraph: Paragraph, language: Language, renderings: bool = True) -> list[Sentence]:
    return list(quotable(paragraph, language, renderings))


def composed(
    sentences: Sequence[Sentence], language: Language, *reports: Report
) -> tuple[list[str], tuple[Citation, ...]]:
    text, citations = compose(
        sentences, language, {each.id: each for each in reports or (FERRIES, CREWS)}, QUOTED[language]
    )
    return text.split("\n"), citations


# --- quotations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_quotation_is_a_line_with_its_paragraphs_number_and_a_citation(language: Language) -> None:
    first, second = quoted(CHINESE[0], language)
    other = replace(quoted(CHINESE[0], language)[0], paragraph=replace(CHINESE[0], number="9"))
    lines, citations = composed([first, other, second], language)
    assert lines == [QUOTED[language], f"“{first.text}” [1]", f"“{other.text}” [2]", f"“{second.text}” [1]"]
    assert [(each.marker, each.quote, each.span) for each in citations] == [
        (1, first.text, (first.start, first.end)),
        (2, other.text, (other.start, other.end)),
        (1, second.text, (second.start, second.end)),
    ]
    assert {each.verdict for each in citations} == {Verdict.FOUND}
    assert {each.official for each in citations} == {language == "zh"}


@pytest.mark.parametrize(("language", "told"), [("zh", ""), ("en", " (only in Chinese)")])
def test_what_is_only_in_the_other_language_says_so(language: Language, told: str) -> None:
    """As where renderings are left out."""
    (first, *_) = quoted(CHINESE[0], language, renderings=False)
    lines, (citation,) = composed([first], language)
    assert lines[1] == f"“船员受了培训。” [1]{told}"
    assert (citation.language, citation.official) == ("zh", True)


def test_an_english_text_in_a_chinese_answer_says_so() -> None:
    lines, _ = composed(quoted(ENGLISH[1], "zh"), "zh")
    assert lines[1] == "“Ferry 2 sank.” [1]（只有英文文本）"


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["甲号渡船，沉没：“三次” [1]", "甲号渡船：“318人” [1]"]),
        ("en", ["Ferry A, Sank: “three times” [1]", "Ferry A: “318 people” [1]"]),
    ],
)
def test_a_cell_stands_behind_its_row_and_column_and_an_empty_one_is_left_out(
    language: Language, lines: list[str]
) -> None:
    cells = quoted(ROW, language)
    told, citations = composed(cells, language)
    assert told[1:] == lines
    assert [each.span for each in citations] == [(cell.start, cell.end) for cell in cells]
    text = ROW.in_language(language) or ""
    assert [text[cell.start : cell.end] for cell in cells] == [cell.text for cell in cells]
    assert [cell.place for cell in cells] == [0, 1]


def test_a_row_without_cells_is_quoted_by_its_text_and_named_by_what_it_stands_under() -> None:
    assert composed(quoted(BARE_ROW, "en"), "en")[0][1:] == ["Port B: “Port B” [1]"]
    same = replace(ROW, columns=(("Sank", "7"), ("Lost", "7")), text="Ferry A: 7; 7")
    assert [(cell.start, cell.end) for cell in quoted(same, "en")] == [(9, 10), (12, 13)]


@pytest.mark.parametrize(
    ("language", "paragraph", "line"),
    [
        ("zh", CHINESE[1], "脚注2：“见登记册。” [1]"),
        ("en", CHINESE[1], "Footnote 2: “见登记册。” [1] (only in Chinese)"),
        ("zh", ENGLISH[0], "脚注1：“See the register.” [1]（只有英文文本）"),
        ("en", ENGLISH[0], "Footnote 1: “See the register.” [1]"),
    ],
)
def test_a_footnote_is_quoted_as_printed_behind_its_mark(language: Language, paragraph: Paragraph, line: str) -> None:
    (*_, note) = quoted(paragraph, language)
    lines, (citation,) = composed([note], language)
    assert lines[1:] == [line]
    assert (citation.verdict, citation.official) == (Verdict.FOUND, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_report_has_no_heading(language: Language) -> None:
    assert len(composed(quoted(CHINESE[0], language), language)[0]) == 3


@pytest.mark.parametrize(
    ("language", "date", "name", "heading"),
    [
        pytest.param("zh", "2033-05-01", "A/99/123", "A/99/123（2033年）", id="year-zh"),
        pytest.param("en", "2033-05-01", "A/99/123", "A/99/123 (2033)", id="year-en"),
        pytest.param("zh", "2033", "A/2033/1", "A/2033/1", id="year-in-name-zh"),
        pytest.param("en", "2033", "A/2033/1", "A/2033/1", id="year-in-name-en"),
        pytest.param("zh", "", "A/99/123", "A/99/123", id="no-date-zh"),
        pytest.param("en", "", "A/99/123", "A/99/123", id="no-date-en"),
    ],
)
def test_several_reports_stand_under_their_names_the_oldest_first(
    language: Language, date: str, name: str, heading: str
) -> None:
    ferries, crews = replace(FERRIES, date=date, symbol=name), replace(CREWS, symbol="S/9", date="2035")
    first, second, third = quoted(CHINESE[0], language)[0], quoted(ENGLISH[0], language)[0], quoted(ENGLISH[1], "en")[0]
    lines, citations = composed([first, second, third], language, ferries, crews)
    of_ferries = ["", heading, f"“{second.text}” [{1 if date else 2}]"]
    of_crews = ["", {"zh": "S/9（2035年）", "en": "S/9 (2035)"}[language], f"“{first.text}” [{2 if date else 1}]"]
    rest = [line for line in lines if "Ferry 2" not in line]
    if date:
        of_crews[-1] = of_crews[-1].replace("[2]", "[3]")
    assert rest == [QUOTED[language], *(of_ferries + of_crews if date else of_crews + of_ferries)]
    assert [each.marker for each in citations] == [1, 2, 3]


# --- looked up --------------------------------------------------------------------------------------------------------


def looked_up(index: Index, asked: LookUp, language: Language, renderings: bool = True) -> list[str]:
    text, citations = compose_looked_up(asked, index, language, renderings)
    assert all(each.verdict == Verdict.FOUND for each in citations)
    assert len(citations) == text.count("” [")
    return text.split("\n")


@pytest.mark.parametrize(
    ("language", "renderings", "lines"),
    [
        ("zh", True, ["该段全文：", "“船员受了培训。灯亮了。” [1]"]),
        ("en", True, ["The paragraph in full:", "“Crews were trained. Lamps were lit.” [1]"]),
        ("en", False, ["The paragraph in full:", "“船员受了培训。灯亮了。” [1] (only in Chinese)"]),
    ],
)
def test_one_paragraph_is_quoted_whole(index: Index, language: Language, renderings: bool, lines: list[str]) -> None:
    assert looked_up(index, LookUp((CHINESE[0],)), language, renderings) == lines


@pytest.mark.parametrize("ambiguous", [True, False])
@pytest.mark.parametrize(
    ("language", "told", "lines"),
    [
        (
            "zh",
            {True: "这可以指2个段落，全文如下：", False: "2个段落的全文："},
            ["A/99/123，第1段：“渡船沉没了。” [1]", "crews.txt，第2段：“灯坏了。” [2]"],
        ),
        (
            "en",
            {True: "This may mean any of 2 paragraphs, in full:", False: "The 2 paragraphs in full:"},
            [
                "A/99/123, para. 1: “Ferries sank.” [1]",
                "crews.txt, para. 2: “灯坏了。” [2] (only in Chinese)",
            ],
        ),
    ],
)
def test_several_paragraphs_stand_behind_their_references(
    index: Index, language: Language, told: Mapping[bool, str], lines: list[str], ambiguous: bool
) -> None:
    asked = LookUp((ENGLISH[0], CHINESE[1]), ambiguous=ambiguous)
    assert looked_up(index, asked, language) == [told[ambiguous], *lines]


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "12个段落中的前10个："), ("en", "The first 10 of 12 paragraphs in full:")]
)
def test_of_more_than_ten_paragraphs_the_first_ten_are_quoted(index: Index, language: Language, told: str) -> None:
    lead_in, *lines = looked_up(index, LookUp(tuple(ENGLISH[:12]), ambiguous=True), language)
    assert (lead_in, len(lines)) == (told, LOOKED_UP)
    assert "Ferry 10 sank." in lines[-1]
    all_ten = {"zh": "10个段落的全文：", "en": "The 10 paragraphs in full:"}[language]
    assert looked_up(index, LookUp(tuple(ENGLISH[:10])), language)[0] == all_ten


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "2个段落的全文：",
                "甲号渡船，沉没：“三次” [1]",
                "甲号渡船：“318人” [1]",
                "crews.txt，第2段：“灯坏了。” [2]",
            ],
        ),
        (
            "en",
            [
                "The 2 paragraphs in full:",
                "Ferry A, Sank: “three times” [1]",
                "Ferry A: “318 people” [1]",
                "crews.txt, para. 2: “灯坏了。” [2] (only in Chinese)",
            ],
        ),
    ],
)
def test_a_row_among_several_is_named_by_its_cells_labels(index: Index, language: Language, lines: list[str]) -> None:
    assert looked_up(index, LookUp((ROW, CHINESE[1])), language) == lines


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "脚注原文：",
                "A/99/123，第1段，脚注1：“See the register.” [1]（只有英文文本）",
                "crews.txt，第2段，脚注2：“见登记册。” [2]",
            ],
        ),
        (
            "en",
            [
                "The footnote as printed:",
                "A/99/123, para. 1, footnote 1: “See the register.” [1]",
                "crews.txt, para. 2, footnote 2: “见登记册。” [2] (only in Chinese)",
            ],
        ),
    ],
)
def test_footnotes_are_quoted_as_printed_with_who_carries_them(
    index: Index, language: Language, lines: list[str]
) -> None:
    notes = tuple((each, each.footnotes[0]) for each in (ENGLISH[0], CHINESE[1]))
    assert looked_up(index, LookUp(footnotes=notes), language) == lines
    told = {"zh": "该段全文：", "en": "The paragraph in full:"}[language]
    both = looked_up(index, LookUp((CHINESE[0],), notes), language)
    assert (both[0], both[1:3], len(both)) == (told, lines[1:], 4)
    assert len(looked_up(index, LookUp(footnotes=notes * 6), language)) == 1 + LOOKED_UP


@pytest.mark.parametrize(
    ("question", "language", "lines"),
    [
        (
            "A/99/123第1段和第99段",
            "zh",
            ["A/99/123没有第99段，只有第1至12段。", "该段全文：", "“渡船沉没了。” [1]"],
        ),
        (
            "A/99/123, paras 1, 2 and 99",
            "en",
            [
                "A/99/123 has no paragraph 99. It has paragraphs 1 to 12.",
                "The 2 paragraphs in full:",
                "A/99/123, para. 1: “Ferries sank.” [1]",
                "A/99/123, para. 2: “Ferry 2 sank.” [2]",
            ],
        ),
    ],
)
def test_what_is_not_there_is_told_before_what_is(
    index: Index, question: str, language: Language, lines: list[str]
) -> None:
    assert looked_up(index, look_up(question, index.reports, index.paragraphs), language) == lines


# --- refused, numbered on, shortened ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "names", "told"),
    [
        ("zh", [], "报告没有回答这个问题。"),
        ("en", [], "The reports do not answer this question. "),
        ("zh", ["蒙古", "BMS8"], "报告没有回答这个问题：最接近的段落没有提到“蒙古”、“BMS8”。"),
        (
            "en",
            ["Mongolia", "BMS8"],
            "The reports do not answer this question: the nearest paragraphs do not mention “Mongolia”, “BMS8”. ",
        ),
    ],
)
def test_a_refusal_tells_the_names_no_paragraph_has(language: Language, names: list[str], told: str) -> None:
    assert refusal(language, names).startswith(told)


def cited(marker: int, paragraph: Paragraph, quote: str = "") -> Citation:
    return Citation(marker, paragraph, quote, paragraph.language, True, Verdict.FOUND)


def answer(text: str, language: Language, *citations: Citation, abstained: bool = False) -> Answer:
    return Answer("?", language, text, citations, (), "quotes", abstained, {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quoted_answers_numbers_go_on_from_those_cited_before(language: Language) -> None:
    joint = "：" if language == "zh" else ": "
    lines = [
        f"a{joint}“x [2]” [1]",
        "“y” [2]（只有英文文本）" if language == "zh" else "“y” [2] (only in English)",
        "“z” [1]",
    ]
    first, second, other = ENGLISH[:3]
    own = answer("\n".join(lines), language, cited(1, first), cited(2, second), cited(1, first))
    cases: list[tuple[list[Citation], int, int]] = [
        ([], 1, 2),
        ([cited(1, other)], 2, 3),
        ([cited(1, second)], 2, 1),
        ([cited(1, other), cited(4, first)], 4, 5),
    ]
    for before, one, two in cases:
        after = number_on(own, before)
        told = [lines[0].replace("” [1]", f"” [{one}]"), lines[1].replace("[2]", f"[{two}]"), f"“z” [{one}]"]
        assert after.text == "\n".join(told)  # what a quotation holds itself stays
        assert [each.marker for each in after.citations] == [one, two, one]
        assert [each.paragraph for each in after.citations] == [first, second, first]


@pytest.mark.parametrize(
    ("language", "text", "short"),
    [
        ("zh", "渡船沉没[1]。灯坏了[2]。", "渡船沉没[1]。"),
        ("en", "Ferries sank [1]. Lamps broke [2].", "Ferries sank [1]."),
        ("zh", "渡船沉没[1][2]。灯坏了[3]。", "渡船沉没[1][2]。"),
        ("en", "Ferries sank [1] [2]. Lamps broke [3].", "Ferries sank [1] [2]."),
        ("zh", "原文：\n“渡船沉没” [1]（只有中文文本）\n“灯坏了” [2]", "原文：\n“渡船沉没” [1]（只有中文文本）"),
        ("en", "It says:\n“Sank” [1] (only in English)\n“Lamps” [2]", "It says:\n“Sank” [1] (only in English)"),
        ("zh", "见[9]：渡船沉没[1]！灯坏了[2]。", "见[9]：渡船沉没[1]！"),
        ("en", "See [9]: ferries sank [1]! Lamps broke [2].", "See [9]: ferries sank [1]!"),
    ],
)
def test_a_short_answer_ends_with_its_first_marker_and_what_belongs_to_it(
    language: Language, text: str, short: str
) -> None:
    citations = [cited(n, ENGLISH[n]) for n in (1, 2, 3)]
    whole = answer(text, language, *citations)
    made = short.count("[1]") + short.count("[2]")
    assert shorten(whole) == replace(whole, text=short, citations=tuple(citations[:made]))
    assert shorten(shorten(whole)) == shorten(whole)


@pytest.mark.parametrize("text", ["报告没有回答[1]。见[2]。", "They do not answer [1]. See [2]."])
def test_a_refusal_and_an_answer_without_markers_are_as_short_as_they_get(text: str) -> None:
    language: Language = "en" if text.isascii() else "zh"
    refused = answer(text, language, cited(1, ENGLISH[0]), cited(2, ENGLISH[1]), abstained=True)
    assert shorten(refused) == refused
    unmarked = answer(text, language)
    assert shorten(unmarked) == unmarked


# --- the words that answer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_that_leads_stands_first_and_is_cited_where_it_stands(index: Index, language: Language) -> None:
    text = {"zh": "2012年沉没的有12艘。", "en": "In 2012 as many as 12 sank."}[language]
    paragraph = replace(numbered(FERRIES, text), language=language)
    whole = replace(next(quotable(paragraph, language, True)), answers=((0, 3),))
    at = text.rindex("12")
    lead = replace(whole, start=at, end=at + 2, text="12", answers=())
    answer, citations = compose([whole], language, index.reports, QUOTED[language], lead)
    assert answer == f"“12” [1]\n{QUOTED[language]}\n“{text}” [1]"
    assert [(each.span, each.verdict, each.spans) for each in citations] == [
        ((at, at + 2), Verdict.FOUND, ()),
        ((0, len(text)), Verdict.FOUND, ((0, 3),)),
    ]


def test_a_cell_without_a_word_is_not_quoted() -> None:
    row = replace(ROW, columns=(("Sank", "*"), ("Left", "318 people")))
    assert [each.text for each in quotable(row, "en", True)] == ["318 people"]
