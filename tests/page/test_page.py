import ast
import base64
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes

from rag.errors import QuestionError
from rag.page import conversation
from rag.page.conversation import Exchange
from rag.page.export import as_docx, as_json, as_markdown
from rag.page.markup import answer_html, mark, paragraph_html, question_html, templates
from rag.page.wording import words
from rag.records import Answer, Citation, Filters, Hit, Paragraph, Report, Retrieved, Translation, Verdict, Waiting

REPORT = Report("A/99/1", "a.txt", "zh", "", "", symbol="A/99/1", date="2033", titles={"en": "Ferries", "zh": "渡船"})
TEXT = "渡船<b>沉没</b>。\n(a) 318人丧生；\n(b) 查明原因。"
PARAGRAPH = Paragraph(
    "A/99/1", "main", "4", 3, TEXT, "zh", "4", translations={"en": Translation("Ferries sank. 318 died.")}
)
REPORTS = {REPORT.id: REPORT}
PAGE = Path(conversation.__file__).parent


def answer(text: str, *citations: Citation, **how: Any) -> Answer:
    hits = (Hit(PARAGRAPH, 1, 1.0),)
    return Answer("怎么了？", "zh", text, citations, hits, "quotes", False, {"answer": 5.0}, **how)


def quoting(quote: str, verdict: Verdict = Verdict.FOUND, marker: int = 1) -> Citation:
    start = TEXT.find(quote)
    return Citation(marker, PARAGRAPH, quote, "zh", True, verdict, (start, start + len(quote)))


def headed_answer() -> Answer:
    text = "概览：\n\n一. 沉没\n“渡船<b>沉没</b>。” [1]\n\n二. 调查\n“查明原因。” [1]"
    return answer(text, quoting("渡船<b>沉没</b>。"), quoting("查明原因。"), headings=("一. 沉没", "二. 调查"))


class Seen(HTMLParser):
    """The tags, the text and the buttons' values of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.values: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for name, value in attributes if name == "value"]
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_no_text_becomes_a_tag_and_none_is_lost(text: str) -> None:
    seen = Seen(question_html(text, "en"))
    assert set(seen.tags) <= {"div", "br"}
    assert seen.text == text.replace("\r", "")


@given(st.text(alphabet="ab<&\n汉", max_size=20), st.lists(st.tuples(st.integers(-3, 25), st.integers(-3, 25))))
def test_marking_changes_no_word(text: str, slices: list[tuple[int, int]]) -> None:
    assert Seen(str(mark(text, slices))).text == text


@given(st.text(max_size=60))
def test_a_chat_message_is_one_block_that_markdown_leaves_alone(text: str) -> None:
    html = answer_html(answer(text, quoting("318人丧生"), understood=text), REPORTS, text, 0)
    assert html.startswith("<div")
    assert "\n" not in html
    assert "\r" not in html


def test_each_marker_is_a_button_with_its_own_quotation_first() -> None:
    text = "“渡船” [1]\n“318人丧生” [1]\n“见[7]” [2]"
    html = answer_html(answer(text, quoting("渡船"), quoting("318人丧生"), quoting("查明", marker=2)), REPORTS, "", 0)
    asked = [json.loads(value) for value in Seen(html).values if value.startswith('{"p"')]
    assert [each["q"][0][4] for each in asked[:3]] == ["渡船", "318人丧生", "查明"]
    assert [TEXT[each["q"][0][1] : each["q"][0][2]] for each in asked[:3]] == ["渡船", "318人丧生", "查明"]
    assert "[7]" in Seen(html).text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_rejected_statement_says_so_in_words(verdict: Verdict) -> None:
    said = Seen(answer_html(answer("“渡船” [1]", quoting("渡船", verdict)), REPORTS, "", 0)).text
    assert ("⚠ 不予采信" in said) == (verdict in {Verdict.NUMBER_MISMATCH, Verdict.NOT_FOUND})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_panel_labels_a_rendering_and_marks_the_quoted_words(language: Any) -> None:
    html = paragraph_html(
        PARAGRAPH, REPORTS, language, {"en": [(0, 13)]}, [("Ferries sank.", Verdict.FOUND)], (None, None)
    )
    assert "<mark>Ferries sank.</mark>" in html
    assert words(language)["rendering"].split("（")[0].split("{language}")[-1][:5] in html
    assert "&lt;b&gt;" in html


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    zh, en = words("zh"), words("en")
    gaps = [
        {key: sorted(part.split("}")[0] for part in said.split("{")[1:]) for key, said in spoken.items()}
        for spoken in (zh, en)
    ]
    assert gaps[0] == gaps[1]


def asked_in_python() -> set[str]:
    return {
        node.slice.value
        for path in PAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and (ast.unparse(node.value) == "say" or ast.unparse(node.value).startswith("words("))
    }


def asked_in_templates() -> set[str]:
    read = templates("rag.page")
    return {
        item.arg.value
        for path in (PAGE / "templates").iterdir()
        for item in read.parse(path.read_text()).find_all(nodes.Getitem)
        if isinstance(item.node, nodes.Name) and item.node.name == "say" and isinstance(item.arg, nodes.Const)
    }


def test_every_word_the_page_asks_for_exists() -> None:
    assert asked_in_python()
    assert asked_in_templates()
    assert asked_in_python() | asked_in_templates() <= set(words("en"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_error_keeps_the_question_and_the_conversation_and_is_told_in_the_pages_language(language: Any) -> None:
    kept = (Exchange(answer("x"), ({}, {})),)
    error = QuestionError("question-too-long", size=2_001, limit=2_000)
    *_, view = conversation.ask(Scripted([error]), "?!", kept, Filters(), language)  # type: ignore[arg-type]
    assert (view.exchanges, view.box, view.asking) == (kept, "?!", "")
    assert ("问题有 2,001 个字符" if language == "zh" else "The question has 2,001 characters") in view.notice


class Scripted:
    """An assistant that streams what it was given."""

    def __init__(self, says: list[Any], index: Any = None) -> None:
        self.says = says
        self.reports = REPORTS
        self.index = index or SimpleNamespace(reports=REPORTS, paragraphs=(PARAGRAPH,))
        self.settings = SimpleNamespace(question_limit=20)

    def stream(self, question: str, history: Any, filters: Filters) -> Iterator[Any]:
        for each in self.says:
            if isinstance(each, Exception):
                raise each
            yield each


def test_the_paragraphs_come_first_then_the_growing_text_then_the_answer() -> None:
    says = [Retrieved((Hit(PARAGRAPH, 1, 1.0),)), Waiting(), answer("“渡船” [1]", quoting("渡船"))]
    views = list(conversation.ask(Scripted(says), "怎么了？", (), Filters(), "zh"))  # type: ignore[arg-type]
    assert [len(view.exchanges) for view in views] == [0, 0, 0, 1]
    assert "A/99/1，第4段" in views[1].growing
    assert views[2].growing == views[1].growing
    assert [message["role"] for message in views[3].messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    "asked",
    [{}, {"p": "<b>"}, {"p": 3, "q": 4}, {"p": "A/99/1#4", "q": [["fr", 0, 1, "found", ""], [1], "x", ["zh", "0", 1]]}],
    ids=repr,
)
def test_what_a_browser_makes_up_opens_nothing_and_breaks_nothing(asked: dict[str, Any]) -> None:
    index = SimpleNamespace(
        reports=REPORTS, paragraphs=(PARAGRAPH,), place={PARAGRAPH.id: 0}, paragraph={PARAGRAPH.id: PARAGRAPH}.get
    )
    html = conversation.open_paragraph(Scripted([], index=index), asked, "en")  # type: ignore[arg-type]
    assert "<mark>" not in html
    assert "<b>" not in html


def test_exports_keep_every_reference() -> None:
    answers = [answer("“渡船” [1] 和 “318人丧生” [1]", quoting("渡船"), quoting("318人丧生")), answer("没有。")]
    markdown = as_markdown(answers, REPORTS)
    assert markdown.count("A/99/1，第4段") == 2
    assert "[^2]:" in markdown
    with zipfile.ZipFile(io.BytesIO(as_docx(answers, REPORTS))) as document:
        notes, body = (document.read(f"word/{part}.xml").decode() for part in ("footnotes", "document"))
        assert "footnotes.xml" in document.read("[Content_Types].xml").decode()
    assert notes.count("A/99/1，第4段") == body.count("footnoteReference") == 2
    assert [each["answer"] for each in json.loads(as_json(answers, REPORTS))] == [each.text for each in answers]


def test_the_words_that_answer_are_strong_on_the_page_and_in_exports() -> None:
    at = TEXT.index("318人")
    quoted = replace(quoting(TEXT[at : at + 6]), spans=((0, 4),))
    one = answer(f"“{quoted.quote}” [1]", quoted)
    assert "<strong>318人</strong>丧生" in answer_html(one, REPORTS, "", 0)
    assert "**318人**丧生" in as_markdown([one], REPORTS)
    with zipfile.ZipFile(io.BytesIO(as_docx([one], REPORTS))) as document:
        assert "<w:b/></w:rPr><w:t>318人</w:t>" in document.read("word/document.xml").decode()
    assert json.loads(as_json([one], REPORTS))[0]["answer_spans"] == [{"citation": 0, "start": 0, "end": 4}]


@pytest.mark.parametrize(("lines", "items"), [(2, 0), (3, 2)])
def test_a_quoted_list_is_shown_as_one(lines: int, items: int) -> None:
    quote = "\n".join(["原因如下：", "(a) 超载；", "(b) 大雾。"][:lines])
    quoted = replace(quoting("318人丧生"), quote=quote, spans=((6, 9),))
    one = answer(f"“{quote}” [1]", quoted)
    html = answer_html(one, REPORTS, "", 0)
    assert html.count('role="listitem"') == items
    assert Seen(html).text.count("(a) 超载；") == 1
    assert "<strong>(a)</strong> 超载；" in html
    assert as_markdown([one], REPORTS).count("\n- ") == items


def test_a_conversation_is_taken_away_as_a_file_and_an_empty_one_is_not() -> None:
    assistant: Any = Scripted([])
    file, notice = conversation.take_away(assistant, (Exchange(answer("没有。"), ({}, {})),), "json", "zh")
    assert file is not None
    assert json.loads(base64.b64decode(file["content"]))[0]["answer"] == "没有。"
    assert notice == ""
    assert conversation.take_away(assistant, (), "md", "zh")[0] is None


def test_one_turn_is_taken_away_alone_and_a_made_up_one_is_not() -> None:
    assistant: Any = Scripted([])
    kept = tuple(Exchange(answer(f"第{n}答。"), ({}, {})) for n in range(3))
    file, _ = conversation.take_away(assistant, kept, "json", "zh", 1)
    assert file is not None
    assert file["name"] == "rapporteur-2.json"
    assert [each["answer"] for each in json.loads(base64.b64decode(file["content"]))] == ["第1答。"]
    for turn, kind in ((7, "md"), (-1, "md"), (0, "exe")):
        assert conversation.take_away(assistant, kept, kind, "en", turn)[0] is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_panel_shows_what_stands_before_and_after_and_tells_a_repeated_number_apart(language: Any) -> None:
    again = replace(PARAGRAPH, number="4-2", position=4, text="又一次。", translations={}, printed_again=True)
    after = replace(PARAGRAPH, number="5", printed="5", position=5, text="后来。", translations={})
    html = paragraph_html(again, REPORTS, language, {}, [], (PARAGRAPH, after))
    seen = Seen(html)
    which = "（编号重复，第2次）" if language == "zh" else " (printed twice; occurrence 2)"
    reference = ("A/99/1，第4段" if language == "zh" else "A/99/1, para. 4") + which
    assert reference in seen.text
    assert reference in seen.values
    assert "后来。" in seen.text
    assert ("Ferries sank." if language == "en" else "沉没") in seen.text
    ids = [json.loads(value)["p"] for value in seen.values if value.startswith("{")]
    assert ids == [PARAGRAPH.id, after.id]


def test_the_hundredth_turn_costs_no_more_than_the_first() -> None:
    says = [(Hit(PARAGRAPH, 1, 1.0),), answer("“渡船” [1]", quoting("渡船"))]
    assistant: Any = Scripted(says)
    exchanges: tuple[Exchange, ...] = ()
    took = []
    for turn in range(100):
        began = process_time()
        *_, view = conversation.ask(assistant, f"怎么了？{turn}", exchanges, Filters(), "zh")
        assert len(view.messages) == 2 * min(turn + 1, conversation.SHOWN)
        took.append(process_time() - began)
        exchanges = view.exchanges
    assert median(took[-10:]) < median(took[:10]) + 0.01


def test_headings_of_an_answer_are_headings_wherever_it_is_shown() -> None:
    from docx import Document

    shown, given = answer_html(headed_answer(), REPORTS, "", 0), headed_answer()
    assert '</p><h4>一. 沉没</h4><p class="text">' in shown
    assert Seen(shown).tags.count("h4") == 2
    assert as_markdown([given], REPORTS).count("\n### 一. 沉没\n") == 1
    document = Document(io.BytesIO(as_docx([given], REPORTS)))
    assert [each.text for each in document.paragraphs if each.style.name == "Heading 2"] == ["一. 沉没", "二. 调查"]
    assert json.loads(as_json([given], REPORTS))[0]["headings"] == ["一. 沉没", "二. 调查"]
