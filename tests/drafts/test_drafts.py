"""rag.drafts: what a draft says of the reports is found, found elsewhere, altered or not there."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from making import make_docx_of
from test_present import schema

from rag.drafts import Draft, Finding, check, read_draft
from rag.drafts.findings import draft_json, draft_text
from rag.drafts.reading import plain
from rag.errors import ReportError
from rag.index import Index
from rag.records import Language, Paragraph
from rag.references import written

CASES = tomllib.loads((Path(__file__).parents[1] / "drafts.toml").read_text("utf-8"))["case"]
HELD = {"found", "found-normalised"}
WORD = re.compile("[一-鿿]|[^\\W一-鿿]+")
MARKS = re.compile('[“”‘’"「」『』]')
EN_9 = "the scourge of illicit arms flows has further aggravated human suffering"
ZH_9 = "非法武器流动之害进一步加重了人类苦难"
SHORTEST = 6  # words or Han characters of a slice: fewer may stand in several paragraphs
_INDEX: list[Index] = []


@pytest.fixture(autouse=True, scope="module")
def _index(quick_index: Index) -> None:
    _INDEX.append(quick_index)


def checked(draft: str, **more: Any) -> Draft:
    return check(draft, _INDEX[0].reports, _INDEX[0].paragraphs, **more)


@cache
def of_case(draft: str) -> Draft:
    return checked(draft)


def only(draft: str, kind: str = "quotation", **more: Any) -> Finding:
    """The only finding of a kind."""
    (finding,) = (one for one in checked(draft, **more).findings if one.kind == kind)
    return finding


# The cases


def told(finding: Finding) -> Iterator[str]:
    """What a case may say of a finding."""
    yield from (f"in {place.paragraph.id}" for place in finding.places[:1])
    yield from (f"was {change.printed}" for change in finding.changes)
    yield from (f"near {paragraph.id}" for paragraph in finding.nearest[:1])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_a_draft_is_checked(case: dict[str, Any]) -> None:
    draft = of_case(case["draft"])
    rest = list(draft.findings)
    for line in case["finds"]:
        kind, words, verdict, *more = line.split("|")
        finding = next((one for one in rest if one.kind == kind and one.text.startswith(words)), None)
        assert finding, (line, draft.findings)
        assert (finding.verdict, draft.text[finding.start : finding.end]) == (verdict, finding.text), finding
        assert set(more) <= set(told(finding)), (line, list(told(finding)))
        rest.remove(finding)
    assert not [one for one in rest if one.wrong]
    assert not (case.get("only") and rest), rest


def test_there_are_enough_cases_in_both_languages() -> None:
    of_chinese = sum(case["id"].startswith("zh") for case in CASES)
    assert min(of_chinese, len(CASES) - of_chinese) >= 30


# Laws


@st.composite
def slices(draw: st.DrawFn, with_digit: bool = False) -> tuple[Paragraph, Language, str, str]:
    """A paragraph, a language it can be quoted in, a slice of it between words, and its reference in that language."""
    language: Language = draw(st.sampled_from(["zh", "en"]))
    paragraph = draw(st.sampled_from(quotable(language, with_digit)))
    text = paragraph.in_language(language) or ""
    words = [match.span() for match in WORD.finditer(text)]
    wanted = [n for n, (start, end) in enumerate(words) if not with_digit or re.search("[0-9]", text[start:end])]
    middle = draw(st.sampled_from(wanted))
    first = max(0, min(middle, len(words) - SHORTEST) - draw(st.integers(0, 30)))
    last = min(len(words) - 1, max(middle, first + SHORTEST - 1) + draw(st.integers(0, 30)))
    quote = text[words[first][0] : words[last][1]]
    assume(not MARKS.search(quote))
    return paragraph, language, quote, written(paragraph, _INDEX[0].reports[paragraph.report], language)


@cache
def quotable(language: Language, with_digit: bool) -> list[Paragraph]:
    texts = [(paragraph, paragraph.in_language(language) or "") for paragraph in _INDEX[0].paragraphs]
    return [
        paragraph
        for paragraph, text in texts
        if len(WORD.findall(text)) >= SHORTEST and (re.search("[0-9]", text) or not with_digit)
    ]


def drafted(language: Language, quote: str, reference: str) -> str:
    return f"我们回顾“{quote}”（{reference}）。" if language == "zh" else f"We recall “{quote}” ({reference})."


@given(slices())
@settings(max_examples=50)
def test_any_slice_of_a_paragraph_with_its_reference_is_found(drawn: tuple[Paragraph, Language, str, str]) -> None:
    paragraph, language, quote, reference = drawn
    draft = checked(drafted(language, quote, reference))
    (finding,) = (one for one in draft.findings if one.kind == "quotation")
    assert finding.verdict in HELD
    assert paragraph in finding.said_paragraphs
    assert paragraph in [place.paragraph for place in finding.places]
    assert not draft.wrong


@given(slices(with_digit=True), st.data())
@settings(max_examples=40)
def test_a_slice_with_a_figure_changed_is_never_found(
    drawn: tuple[Paragraph, Language, str, str], data: st.DataObject
) -> None:
    _, language, quote, reference = drawn
    digits = [n for n, character in enumerate(quote) if character in "0123456789"]
    n = data.draw(st.sampled_from(digits))
    altered = quote[:n] + data.draw(st.sampled_from([d for d in "0123456789" if d != quote[n]])) + quote[n + 1 :]
    assume(not any(bare(altered) in each for each in bare_texts(language)))
    (finding,) = (one for one in checked(drafted(language, altered, reference)).findings if one.kind == "quotation")
    assert finding.verdict == "altered"
    assert finding.wrong


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


@cache
def bare_texts(language: Language) -> list[str]:
    return [bare(paragraph.in_language(language) or "") for paragraph in _INDEX[0].paragraphs]


@given(st.text(st.sampled_from('ab 第3段“”‘’"「」>*_#[]^1()（）\n。.:S/2021839,¹—'), max_size=60))
@settings(max_examples=120)
def test_whatever_is_written_every_finding_is_where_it_says(text: str) -> None:
    draft = checked(text)
    for finding in draft.findings:
        assert finding.text == draft.text[finding.start : finding.end] != ""
        for change in finding.changes:
            assert draft.text[change.start : change.end] == change.written
    schema("check").validate(draft_json(draft, _INDEX[0].reports))
    assert draft_text(draft, _INDEX[0].reports)


@given(st.text(st.sampled_from("a武 *_>#\n-[]().!`1"), max_size=60))
def test_plain_text_keeps_where_each_character_stood(text: str) -> None:
    read = plain(text)
    assert len(read.offsets) == len(read.text) + 1
    assert list(read.offsets) == sorted(read.offsets)
    for character, at in zip(read.text, read.offsets, strict=False):
        assert character in (text[at], " ", "\n")


# What it needs, and what it says


@pytest.mark.parametrize("draft", [f"“{EN_9}” (S/2021/839, para. 9)", f"“{ZH_9}”（S/2021/839，第9段）", EN_9, ZH_9])
def test_what_is_found_needs_no_nearest_paragraphs(draft: str) -> None:
    def never(words: str) -> list[Paragraph]:
        raise AssertionError(words)

    assert not checked(draft, nearest=never).wrong


@pytest.mark.parametrize(
    ("draft", "asked"),
    [
        (
            "“Whale numbers in the northern seas have risen” (S/2021/839, para. 9).",
            "Whale numbers in the northern seas",
        ),
        ("“北大西洋鲸鱼的数量连续第十年回升”。", "北大西洋鲸鱼"),
        ("Mr. Chair, 176,095 people perished.", "Mr. Chair, 176,095"),
    ],
    ids=["en quotation", "zh quotation", "figure"],
)
def test_what_is_not_found_gets_the_nearest_paragraphs(draft: str, asked: str) -> None:
    near = _INDEX[0].paragraphs[40:50]
    words: list[str] = []
    findings = checked(draft, nearest=lambda each: words.append(each) or near).findings
    assert [each[: len(asked)] for each in words] == [asked]
    assert list(near[:3]) in [list(finding.nearest) for finding in findings]


@pytest.mark.parametrize(
    ("draft", "shown"),
    [("Mr. Chair, 176,095 people perished.", "176,095"), ("主席先生，17.6095万平民丧生。", "17.6095万")],
)
def test_a_figure_without_a_source_is_likely_where_the_nearest_paragraph_has_it(draft: str, shown: str) -> None:
    third = _INDEX[0].paragraph("S/2021/839#3")
    assert third
    finding = only(draft, "figure", nearest=lambda words: [third])
    assert (finding.text, finding.verdict, finding.wrong) == (shown, "likely", False)
    assert finding.places[0].paragraph is third


def test_an_english_quotation_of_a_chinese_report_is_checked_against_the_rendering_and_said_to_be_so() -> None:
    draft = checked(f"“{EN_9}” (S/2021/839, para. 9)")
    assert [finding.official for finding in draft.findings if finding.kind == "quotation"] == [False]
    assert "unofficial English rendering" in draft_text(draft, _INDEX[0].reports)
    assert only(f"“{ZH_9}”（S/2021/839，第9段）").official


def test_without_renderings_english_words_of_a_chinese_report_are_not_checked_and_not_accused() -> None:
    finding = only(f"“{EN_9}” (S/2021/839, para. 9)", renderings=False)
    assert (finding.verdict, finding.wrong) == ("unchecked", False)
    assert only(f"“{ZH_9}”（S/2021/839，第9段）", renderings=False).verdict == "found"


def test_what_was_altered_is_shown_where_it_stands_in_the_draft() -> None:
    draft = checked("We recall “the scourge of illicit **arms trade** has further aggravated” (S/2021/839, para. 9).")
    (change,) = next(finding for finding in draft.findings if finding.kind == "quotation").changes
    assert (change.printed, draft.text[change.start : change.end]) == ("flows", "trade")


def test_two_halves_say_both_places() -> None:
    finding = only("“Armed violence occurring outside conflict claimed even more lives and hampered peace efforts”")
    assert [place.paragraph.id for place in finding.places] == ["S/2021/839#3", "S/2021/839#9"]


def test_every_verdict_has_its_words_in_both_languages() -> None:
    for case in CASES:
        draft = of_case(case["draft"])
        said = draft_text(draft, _INDEX[0].reports)
        assert "{" not in said
        if draft.language == "zh":
            ours = said.replace(case["draft"], "")
            assert not re.search(r"found|draft|report has|not checked|paragraph", ours), ours
        schema("check").validate(draft_json(draft, _INDEX[0].reports))


# Files

NOTE = f"“{EN_9}”.[^1]\n\n[^1]: S/2021/839, para. 9.\n"
RUN = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("draft.txt", f"“{ZH_9}”（S/2021/839，第9段）".encode(), id="UTF-8"),
        pytest.param(
            "draft.txt", f"“{ZH_9}”（S/2021/839，第9段）。我们赞同报告的说法。".encode("gb18030"), id="GB18030"
        ),
        pytest.param("draft.txt", f"“{ZH_9}”（S/2021/839，第9段）".encode("utf-16"), id="UTF-16"),
        pytest.param("draft.txt", f"\ufeff“{EN_9}” (S/2021/839, para. 9)\r\n".encode(), id="byte order mark"),
        pytest.param("draft.md", NOTE.encode(), id="Markdown"),
        pytest.param("", f"“{EN_9}” (S/2021/839, para. 9)".encode(), id="no name"),
    ],
)
def test_a_draft_is_read_from_a_file_or_bytes(name: str, data: bytes, tmp_path: Path) -> None:
    assert only(read_draft(data, name)).verdict == "found"
    path = tmp_path / (name or "draft.txt")
    path.write_bytes(data)
    assert read_draft(path) == read_draft(data, name)


def test_a_name_without_an_ending_or_too_long_for_a_disk_is_plain_texts(tmp_path: Path) -> None:
    assert read_draft("渡船".encode(), "讲" * 200 + ".md") == "渡船"
    (tmp_path / "speech").write_bytes("渡船".encode())
    assert read_draft(tmp_path / "speech") == "渡船"


def test_a_word_file_is_read_with_its_footnotes_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    call = "<w:r><w:footnoteReference w:id='2'/></w:r>"
    cells = "".join(f"<w:tc><w:p>{RUN.format(cell)}</w:p></w:tc>" for cell in ("28 per cent", "S/2021/839, para. 3"))
    make_docx_of(
        path,
        f"<w:p>{RUN.format(f'We recall “{EN_9}”.')}{call}</w:p><w:tbl><w:tr>{cells}</w:tr></w:tbl>",
        {"footnotes": f"<w:footnote w:id='2'><w:p>{RUN.format('S/2021/839, para. 9.')}</w:p></w:footnote>"},
    )
    draft = checked(read_draft(path))
    assert [(one.kind, str(one.verdict)) for one in draft.findings] == [
        ("quotation", "found"),
        ("figure", "not-found"),
        ("reference", "found"),
        ("reference", "found"),
    ]
    assert draft.findings[0].said_paragraphs[0].id == "S/2021/839#9"
    assert read_draft(path.read_bytes(), path.name) == draft.text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("a.txt", b"", "empty", id="empty"),
        pytest.param("a.md", b" \n", "empty", id="blank Markdown"),
        pytest.param("a.rtf", b"{\\rtf x}", "is not read", id="another kind"),
        pytest.param("a.docx", b"no zip", "not a Word file", id="no Word file"),
        pytest.param("a.doc", b"x", "old Word file", id="old Word file"),
        pytest.param("a.txt", b"\x00\x01" * 40, "zero bytes", id="binary"),
        pytest.param("a.md", b"a " * 100_001, "200,002 characters", id="too long"),
    ],
)
def test_what_is_no_draft_is_one_line_that_names_it(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(ReportError, match=re.escape(name)) as refused:
            read_draft(source, name)
        assert said in str(refused.value)
        assert refused.value.told("zh").startswith(name)
        assert "\n" not in str(refused.value)
        assert "draft." not in str(refused.value)


def test_a_file_that_is_not_there_is_named() -> None:
    for name in ("nowhere.md", "nowhere.txt"):
        with pytest.raises(ReportError, match=rf"{name}: does not exist"):
            read_draft(Path(name))
