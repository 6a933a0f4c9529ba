import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rag.page.wording import EXAMPLES, words

SERIOUS = {"serious", "critical"}
QUESTION = "#question textarea"
FIRST_CITATION = ".answer .text .cite >> nth=0"


def ask(page: Any, question: str) -> Any:
    """Ask by keyboard; the last answer, once it is whole."""
    turns = page.locator(".answer .acts").count()
    page.fill(QUESTION, question)
    page.press(QUESTION, "Enter")
    page.wait_for_function(f"document.querySelectorAll('.answer .acts').length > {turns}")
    return page.locator(".answer").last


def test_every_example_is_answered_with_a_citation_that_opens(open_page: Any) -> None:
    page = open_page()
    for example in EXAMPLES:
        page.get_by_role("button", name=example).click()
        page.click(FIRST_CITATION)
        page.wait_for_selector("#panel mark")
        assert page.locator(".abstained").count() == 0
        page.get_by_role("button", name="New conversation").click()


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        pytest.param("S/2021/839第21段", "758 000 件非法小武器和轻武器", id="zh"),
        pytest.param("What does paragraph 21 of S/2021/839 say?", "758,000 illicit small arms", id="en"),
    ],
)
def test_a_citation_opens_its_paragraph_with_the_quoted_words_marked(
    open_page: Any, question: str, marked: str
) -> None:
    page = open_page()
    ask(page, question)
    page.click(FIRST_CITATION)
    page.wait_for_selector("#panel h2:focus")
    assert marked in page.locator("#panel mark").first.inner_text()
    panel = page.locator("#panel").inner_text()
    assert "S/2021/839, para. 21" in panel
    assert "II. Trends and developments" in panel
    assert "unofficial" in panel
    assert "found word for word" in panel
    assert page.locator('#panel .body[lang="zh-Hans"]').count() == page.locator('#panel .body[lang="en"]').count() == 1
    links = page.locator("#panel a").evaluate_all("all => all.map(each => each.href)")
    assert "https://undocs.org/zh/S/2021/839" in links


def test_back_returns_to_the_citation_it_came_from(open_page: Any) -> None:
    page = open_page()
    ask(page, "BMS7 annex para 92")
    page.click(FIRST_CITATION)
    page.wait_for_selector("#panel h2:focus")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.answer .text .cite')")


def test_the_switch_changes_the_whole_page_and_is_remembered(open_page: Any) -> None:
    page = open_page()
    page.get_by_label("中文").check()
    page.wait_for_selector(f"h1:has-text('{words('zh')['title']}')")
    for key in ("ask_tab", "read_tab", "compare_tab"):
        assert page.get_by_role("tab", name=words("zh")[key]).is_visible()
    assert page.get_by_role("button", name=words("zh")["send"], exact=True).is_visible()
    assert page.get_by_label(words("zh")["question"]).is_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    seen = page.locator(".gradio-container").inner_text()
    assert not re.search(r"Your question|Narrow|conversation|paragraphs|Press a", seen)
    page.reload()
    page.wait_for_selector(f"h1:has-text('{words('zh')['title']}')")


def test_a_chinese_browser_opens_the_chinese_page(open_page: Any) -> None:
    page = open_page(locale="zh-CN")
    page.wait_for_selector(f"h1:has-text('{words('zh')['title']}')")


def test_the_page_says_what_answers(open_page: Any) -> None:
    said = open_page().locator("#status").inner_text()
    assert "no language model" in said
    assert "5 reports, 531 paragraphs" in said


def test_a_bad_question_is_told_in_one_sentence_and_kept(open_page: Any) -> None:
    page = open_page()
    for question, complaint in (("   ", "The question is empty"), ("x" * 2001, "2,001 characters")):
        page.fill(QUESTION, question)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.wait_for_selector(f"#notice:has-text('{complaint}')")
        assert page.input_value(QUESTION) == question
        assert page.locator(".answer").count() == 0


def test_a_question_is_shown_as_typed_and_never_as_html(open_page: Any) -> None:
    page = open_page()
    typed = '<img src=x onerror="document.title=1"> **BMS7** annex para 92 $x$ <b>'
    ask(page, typed)
    assert page.locator(".asked").inner_text() == typed
    assert page.locator(".asked :not(br)").count() == 0


def test_a_refusal_offers_the_nearest_paragraphs(open_page: Any) -> None:
    page = open_page()
    answer = ask(page, "谁获得了2025年诺贝尔奖？")
    assert "报告没有回答这个问题" in answer.inner_text()
    answer.locator(".hits .cite").first.click()
    page.wait_for_selector("#panel h2")
    assert page.locator("#panel mark").count() == 0


def test_a_filter_narrows_and_is_told_in_the_answer(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("button", name="Narrow to reports and years").click()
    page.get_by_label("A/67/176", exact=True).check()
    answer = ask(page, "marking and tracing of small arms")
    assert "Only: A/67/176" in answer.inner_text()
    places = answer.locator(".cite").all_text_contents()
    assert len(places) >= 10
    assert all("A/67/176" in place for place in places if not re.fullmatch(r"\[\d\]", place))


def test_a_follow_up_shows_how_it_was_understood(open_page: Any) -> None:
    page = open_page()
    ask(page, "S/2021/839 para 21")
    ask(page, "How have States addressed 3D-printed firearms?")
    answer = ask(page, "And of youth?")
    assert "Understood as: How have States addressed 3D-printed firearms? And of youth?" in answer.inner_text()


def test_asking_again_replaces_the_last_answer_and_editing_brings_its_question_back(open_page: Any) -> None:
    page = open_page()
    answer = ask(page, "BMS7 annex para 92")
    answer.get_by_role("button", name="Ask again").click()
    page.wait_for_timeout(500)
    assert page.locator(".asked").count() == 1
    page.locator(".answer").get_by_role("button", name="Edit question").click()
    page.wait_for_function("document.querySelector('#question textarea').value === 'BMS7 annex para 92'")


def test_references_and_answers_are_copied(open_page: Any) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "BMS7 annex para 92").get_by_role("button", name="Copy answer").click()
    page.wait_for_selector("#announced:has-text('Copied')")
    assert "[1] A/CONF.192/BMS/2021/1, annex, para. 92" in page.evaluate("navigator.clipboard.readText()")
    page.click(FIRST_CITATION)
    page.get_by_role("button", name="Copy reference").click()
    page.wait_for_function("navigator.clipboard.readText().then(t => t === 'A/CONF.192/BMS/2021/1, annex, para. 92')")


def test_a_permalink_opens_its_paragraph_in_the_reader(open_page: Any) -> None:
    page = open_page("?p=S/2021/839%2321")
    page.wait_for_selector(".readable.here")
    assert page.locator(".readable.here").get_attribute("data-p") == "S/2021/839#21"
    page.fill("#reader-find", "758,000")
    assert page.locator("#reader-found").inner_text() == "1 found"


def test_reports_are_compared_by_date(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("tab", name="Compare").click()
    page.fill("#topic input, #topic textarea", "women")
    page.click("#compare")
    page.wait_for_selector("#columns section")
    dates = page.locator("#columns h3 + .path").all_inner_texts()
    assert len(dates) == 5
    assert dates == sorted(dates)


def test_a_phone_shows_the_paragraph_as_a_sheet_and_nothing_is_cut_off(open_page: Any) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    ask(page, "BMS7 annex para 92")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click(FIRST_CITATION)
    page.wait_for_selector("#panel h2:focus")
    assert page.locator("#side").bounding_box()["width"] == 360
    page.get_by_role("button", name="Back to the answer").click()
    assert not page.locator("#side").is_visible()


def test_the_keyboard_alone_asks_checks_and_returns(open_page: Any) -> None:
    page = open_page()
    page.focus(QUESTION)
    page.keyboard.type("BMS7 annex\npara 92".replace("\n", " "))
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer .acts")
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.answer .text .cite')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel h2:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.answer .text .cite')")


def test_two_readers_do_not_see_each_other(open_page: Any) -> None:
    one, other = open_page(), open_page()
    ask(one, "BMS7 annex para 92")
    ask(other, "S/2021/839 para 21")
    assert one.locator(".asked").all_inner_texts() == ["BMS7 annex para 92"]
    assert other.locator(".asked").all_inner_texts() == ["S/2021/839 para 21"]


def test_a_conversation_is_taken_away_with_its_references(open_page: Any, tmp_path: Path) -> None:
    page = open_page()
    page.click("#take-md")
    page.wait_for_selector(f"#notice:has-text('{words('en')['nothing_to_export']}')")
    ask(page, "BMS7 annex para 92")
    saved = {}
    for kind in ("md", "docx", "json"):
        with page.expect_download() as download:
            page.click(f"#take-{kind}")
        saved[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[kind])
    reference = "A/CONF.192/BMS/2021/1, annex, para. 92"
    assert f"[^1]: {reference}" in saved["md"].read_text()
    assert json.loads(saved["json"].read_text())[0]["citations"][0]["paragraph"] == "A/CONF.192/BMS/2021/1#annex-92"
    with zipfile.ZipFile(saved["docx"]) as document:
        assert reference in document.read("word/footnotes.xml").decode()
        assert 'w:footnoteReference w:id="2"' in document.read("word/document.xml").decode()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    found = []
    found += Axe().run(page).response["violations"]
    ask(page, "How have States addressed 3D-printed firearms?")
    page.click(FIRST_CITATION)
    page.wait_for_selector("#panel h2:focus")
    found += Axe().run(page).response["violations"]
    page.get_by_role("tab", name="Read").click()
    page.wait_for_selector(".readable")
    found += Axe().run(page).response["violations"]
    bad = [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SERIOUS]
    assert bad == []


def test_other_programs_ask_search_and_show(address: str) -> None:
    script = (
        "import json, sys; from gradio_client import Client\n"
        "client = Client(sys.argv[1], verbose=False, analytics_enabled=False)\n"
        "answer = client.predict('S/2021/839 para 21', api_name='/ask')\n"
        "print(json.dumps([answer, client.predict('women', 3, api_name='/search'),"
        " client.predict('S/2021/839#21', api_name='/show')]))"
    )
    done = subprocess.run([sys.executable, "-c", script, address], capture_output=True, text=True, timeout=60)
    answer, hits, paragraphs = json.loads(done.stdout or f'"{done.stderr}"')
    assert answer["citations"][0]["paragraph"] == "S/2021/839#21"
    assert len(hits) == 3
    assert paragraphs[0]["paragraph"] == "S/2021/839#21"
