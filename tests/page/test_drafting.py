"""rag.page.drafting: a checked draft as HTML, nothing of it lost and nothing of it run."""

from base64 import b64encode
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_index import ferry_paragraphs

from rag.drafts import Change, Draft, Finding, Kind, Place, Verdict
from rag.page import drafting
from rag.page.drafting import check_draft, draft_html, open_draft
from rag.page.turns import Turns
from rag.page.wording import words

PARAGRAPHS = [paragraph for _, each in ferry_paragraphs() for paragraph in each]
REPORTS = {report.id: report for report, _ in ferry_paragraphs()}
ASSISTANT: Any = SimpleNamespace(
    index=SimpleNamespace(reports=REPORTS, paragraphs=PARAGRAPHS),
    settings=SimpleNamespace(question_limit=2000, renderings=True),
)


class Read(HTMLParser):
    """The text in the draft's pieces, what is marked, the kinds of marks, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said, self.marked = "", list[str]()
        self.kinds, self.tags, self.values = list[str](), list[str](), list[str]()
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags.append(tag)
        self.values.append(given.get("value") or "")
        if tag == "br" and self._inside:
            self.said += "\n"
        if (tag, given.get("class")) == ("p", "said"):
            self._inside = "said"
        if tag == "mark":
            self._inside = "mark"
            self.marked.append("")
            self.kinds.append(str(given["class"]).split()[1])
        if tag == "a":
            self._inside = "flag"

    def handle_endtag(self, tag: str) -> None:
        if self._inside:
            self._inside = {"mark": "said", "a": "said", "p": ""}.get(tag, self._inside)

    def handle_data(self, data: str) -> None:
        if self._inside in {"said", "mark"}:
            self.said += data
        if self._inside == "mark":
            self.marked[-1] += data


def finding(text: str, start: int, end: int, verdict: Verdict = Verdict.FOUND, **more: Any) -> Finding:
    return Finding(more.pop("kind", "quotation"), start, end, text[start:end], verdict, **more)


@given(
    st.text(alphabet="船a<&\n ", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from(Verdict)), max_size=5),
)
def test_no_word_of_a_draft_is_lost_or_becomes_a_tag(text: str, places: list[tuple[int, int, Verdict]]) -> None:
    slices = sorted((start, min(start + length, len(text)), verdict) for start, length, verdict in places)
    found = tuple(finding(text, start, end, verdict) for start, end, verdict in slices if start < end)
    seen = Read(draft_html(Draft(text, "zh", found), ASSISTANT, "en"))
    assert seen.said.replace("\n", "") == text.replace("\n", "")
    assert set(seen.tags) <= {"p", "ul", "li", "div", "mark", "a", "b", "br", "button", "ins", "del"}


def test_each_finding_is_told_by_sign_and_number_and_its_paragraph_opens_with_the_words_marked() -> None:
    text = "As reported, “Ferries sank in 2033” and\n\n“Lamps were sold.”"
    place = Place(PARAGRAPHS[0], "en", True, "Ferries sank in 2033", (0, 20))
    lamps = Place(PARAGRAPHS[2], "en", False, "Lamps were bought.", (0, 18))
    altered = [Change("sold", "bought", 50, 54)]
    found = (
        finding(text, 14, 34, places=(place,)),
        finding(text, 42, 58, Verdict.ALTERED, places=(lamps,), changes=tuple(altered)),
    )
    html = draft_html(Draft(text, "en", found), ASSISTANT, "zh")
    seen = Read(html)
    assert seen.marked == ["Ferries sank in 2033", "Lamps were sold."]
    assert seen.kinds == ["held", "wrong"]
    assert "✓1" in html
    assert "✗2" in html
    assert '{"p": "A/99/123#1", "q": [["en", 0, 20]]}' in seen.values
    assert "A/99/123, para. 3" in seen.values  # the reference to copy is in the draft's language
    assert "A/99/123，第3段" in html  # and the page in its own
    assert "<del>sold</del> → <ins>bought</ins>" in html
    assert "非正式译文" in html
    assert "1 处有误" in html


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_told_in_words_for_every_kind(verdict: Verdict, language: Any) -> None:
    for kind in get_args(Kind):
        html = draft_html(Draft("渡船", "zh", (finding("渡船", 0, 2, verdict, kind=kind),)), ASSISTANT, language)
        assert words(language)[f"draft_{kind}"] in html
        assert str(verdict) not in Read(html).said


def test_a_draft_is_read_from_what_the_browser_sends_and_refused_by_name() -> None:
    sent = {"name": "讲话.txt", "content": b64encode("渡船沉没。".encode()).decode()}
    assert open_draft(sent, "zh") == {"text": "渡船沉没。", "notice": ""}
    for bad in ({"name": "a.exe", "content": b64encode(b"MZ\x00").decode()}, {"name": "a.txt", "content": "~"}, {}):
        for language in ("zh", "en"):
            got = open_draft(bad, language)
            assert got["text"] == ""
            assert got["notice"].startswith('<p class="notice">')
    assert "a.exe" in open_draft({"name": "a.exe", "content": "TVo="}, "zh")["notice"]
    assert "无法读取文稿 a.txt" in open_draft({"name": "a.txt", "content": "~"}, "zh")["notice"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_draft_and_a_full_line_are_told_in_one_sentence(
    language: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words(language)["draft_empty"] in check_draft(ASSISTANT, Turns(), " \n", language)
    turns = Turns(longest=0)
    assert 'class="notice"' in check_draft(ASSISTANT, turns, "渡船", language)
    monkeypatch.setattr(drafting, "check", lambda text, *given: Draft(text, "zh", ()))
    assert words(language)["draft_nothing"] in check_draft(ASSISTANT, Turns(), "渡船", language)


def test_a_reference_to_no_paragraph_offers_the_nearest_ones() -> None:
    text = "A/99/123, para. 7"
    wrong = finding(text, 0, 17, Verdict.UNKNOWN_PARAGRAPH, kind="reference", nearest=tuple(PARAGRAPHS[:2]))
    html = draft_html(Draft(text, "en", (wrong,)), ASSISTANT, "en")
    assert words("en")["nearest"] in html
    assert {"A/99/123, para. 1", "A/99/123, para. 2"} <= set(Read(html).values)
