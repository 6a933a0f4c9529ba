import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from rag.page.wording import EXAMPLES, words

SERIOUS = {"serious", "critical"}
QUESTION = "#question textarea"
FIRST_CITATION = ".answer .text .cite >> nth=0"
TITLE = {language: words(language)["title"] for language in ("zh", "en")}


def ask(page: Any, question: str) -> Any:
    """Ask by keyboard; the last answer, once it is whole."""
    turns = page.locator(".answer .acts").count()
    page.fill(QUESTION, question)
    page.press(QUESTION, "Enter")
    expect(page.locator(".answer .acts")).to_have_count(turns + 1)
    return page.locator(".answer").last


def open_citation(page: Any) -> Any:
    """Press the first answer's first citation; the panel, once it shows that paragraph."""
    page.click(FIRST_CITATION)
    expect(page.locator("#panel h2")).to_be_focused()
    return page.locator("#panel")


def narrow(page: Any, report: str) -> None:
    """Have only one report asked."""
    page.get_by_role("button", name="Narrow to reports and years").click()
    page.get_by_label(report, exact=True).check()


def test_every_example_is_answered_with_a_citation_that_opens(open_page: Any) -> None:
    page = open_page()
    for example in EXAMPLES:
        page.get_by_role("button", name=example).click()
        expect(page.locator(".asked")).to_have_text(example)
        expect(open_citation(page).locator("mark").first).to_be_visible()
        expect(page.locator(".abstained")).to_have_count(0)
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".answer")).to_have_count(0)


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
    panel = open_citation(page)
    expect(panel.locator("mark").first).to_contain_text(marked)
    for said in ("S/2021/839, para. 21", "II. Trends and developments", "unofficial", "found word for word"):
        expect(panel).to_contain_text(said, use_inner_text=True)
    expect(panel.locator('.body[lang="zh-Hans"]')).to_have_count(1)
    expect(panel.locator('.body[lang="en"]')).to_have_count(1)
    expect(panel.locator('a[href="https://undocs.org/zh/S/2021/839"]')).to_be_visible()


def test_back_returns_to_the_citation_it_came_from(open_page: Any) -> None:
    page = open_page()
    ask(page, "BMS7 annex para 92")
    open_citation(page)
    page.keyboard.press("Escape")
    expect(page.locator(FIRST_CITATION)).to_be_focused()


def test_the_switch_changes_the_whole_page_and_is_remembered(open_page: Any) -> None:
    page = open_page()
    page.get_by_label("中文").check()
    expect(page.locator("h1")).to_have_text(TITLE["zh"])
    for key in ("ask_tab", "read_tab", "compare_tab"):
        expect(page.get_by_role("tab", name=words("zh")[key])).to_be_visible()
    expect(page.get_by_role("button", name=words("zh")["send"], exact=True)).to_be_visible()
    expect(page.get_by_label(words("zh")["question"])).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    english = re.compile(r"Your question|Narrow|conversation|paragraphs|Press a")
    expect(page.locator(".gradio-container")).not_to_contain_text(english, use_inner_text=True)
    page.reload()
    expect(page.locator("h1")).to_have_text(TITLE["zh"])


def test_a_chinese_browser_opens_the_chinese_page(open_page: Any) -> None:
    page = open_page(locale="zh-CN")
    expect(page.locator("h1")).to_have_text(TITLE["zh"])


def test_the_page_says_what_answers(open_page: Any) -> None:
    status = open_page().locator("#status")
    expect(status).to_contain_text("no language model")
    expect(status).to_contain_text("5 reports, 531 paragraphs")


def test_a_bad_question_is_told_in_one_sentence_and_kept(open_page: Any) -> None:
    page = open_page()
    for question, complaint in (("   ", "The question is empty"), ("x" * 2001, "2,001 characters")):
        page.fill(QUESTION, question)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#notice")).to_contain_text(complaint)
        expect(page.locator(QUESTION)).to_have_value(question)
        expect(page.locator(".answer")).to_have_count(0)


def test_a_question_is_shown_as_typed_and_never_as_html(open_page: Any) -> None:
    page = open_page()
    typed = '<img src=x onerror="document.title=1"> **BMS7** annex para 92 $x$ <b>'
    ask(page, typed)
    expect(page.locator(".asked")).to_have_text(typed, use_inner_text=True)
    expect(page.locator(".asked :not(br)")).to_have_count(0)


def test_a_refusal_offers_the_nearest_paragraphs(open_page: Any) -> None:
    page = open_page()
    answer = ask(page, "谁获得了2025年诺贝尔奖？")
    expect(answer).to_contain_text("报告没有回答这个问题")
    answer.locator(".hits .cite").first.click()
    expect(page.locator("#panel h2")).to_be_focused()
    expect(page.locator("#panel mark")).to_have_count(0)


def test_a_filter_narrows_and_is_told_in_the_answer(open_page: Any) -> None:
    page = open_page()
    narrow(page, "A/67/176")
    answer = ask(page, "marking and tracing of small arms")
    expect(answer).to_contain_text("Only: A/67/176")
    places = answer.locator(".cite").all_text_contents()
    assert len(places) >= 10
    assert all("A/67/176" in place for place in places if not re.fullmatch(r"\[\d\]", place))


def test_a_follow_up_shows_how_it_was_understood(open_page: Any) -> None:
    page = open_page()
    ask(page, "S/2021/839 para 21")
    ask(page, "How have States addressed 3D-printed firearms?")
    answer = ask(page, "And of youth?")
    expect(answer).to_contain_text("Understood as: How have States addressed 3D-printed firearms? And of youth?")


def test_asking_again_replaces_the_last_answer_and_editing_brings_its_question_back(open_page: Any) -> None:
    page = open_page()
    answer = ask(page, "marking and tracing of small arms")
    narrow(page, "A/67/176")  # so that the second answer can be told from the first
    answer.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer")).to_have_text([re.compile("Only: A/67/176")])
    expect(page.locator(".asked")).to_have_count(1)
    page.locator(".answer").get_by_role("button", name="Edit question").click()
    expect(page.locator(QUESTION)).to_have_value("marking and tracing of small arms")


def test_references_and_answers_are_copied(open_page: Any) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "BMS7 annex para 92").get_by_role("button", name="Copy answer").click()
    expect(page.locator("#announced")).to_have_text("Copied.")
    assert "[1] A/CONF.192/BMS/2021/1, annex, para. 92" in page.evaluate("navigator.clipboard.readText()")
    open_citation(page).get_by_role("button", name="Copy reference").click()
    page.wait_for_function("navigator.clipboard.readText().then(t => t === 'A/CONF.192/BMS/2021/1, annex, para. 92')")


def test_a_permalink_opens_its_paragraph_in_the_reader(open_page: Any) -> None:
    page = open_page("?p=S/2021/839%2321")
    expect(page.locator(".readable.here")).to_have_attribute("data-p", "S/2021/839#21")
    page.fill("#reader-find", "758,000")
    expect(page.locator("#reader-found")).to_have_text("1 found")


def test_reports_are_compared_by_date(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("tab", name="Compare").click()
    page.fill("#topic input, #topic textarea", "women")
    page.click("#compare")
    shown = page.locator("#columns h3 + .path")
    expect(shown).to_have_count(5)
    dates = shown.all_inner_texts()
    assert dates == sorted(dates)


def test_a_phone_shows_the_paragraph_as_a_sheet_and_nothing_is_cut_off(open_page: Any) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    ask(page, "BMS7 annex para 92")
    page.wait_for_function("document.documentElement.scrollWidth <= 360")
    open_citation(page)
    page.wait_for_function("document.querySelector('#side').getBoundingClientRect().width === 360")
    page.get_by_role("button", name="Back to the answer").click()
    expect(page.locator("#side")).to_be_hidden()


def test_the_keyboard_alone_asks_checks_and_returns(open_page: Any) -> None:
    page = open_page()
    page.focus(QUESTION)
    page.keyboard.type("BMS7 annex\npara 92".replace("\n", " "))
    page.keyboard.press("Enter")
    expect(page.locator(".answer .acts")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.answer .text .cite')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".answer .text .cite:focus")).to_have_count(1)


def test_two_readers_do_not_see_each_other(open_page: Any) -> None:
    one, other = open_page(), open_page()
    ask(one, "BMS7 annex para 92")
    ask(other, "S/2021/839 para 21")
    expect(one.locator(".asked")).to_have_text(["BMS7 annex para 92"])
    expect(other.locator(".asked")).to_have_text(["S/2021/839 para 21"])


def test_a_conversation_is_taken_away_with_its_references(open_page: Any, tmp_path: Path) -> None:
    page = open_page()
    page.click("#take-md")
    expect(page.locator("#notice")).to_have_text(words("en")["nothing_to_export"])
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
    open_citation(page)
    found += Axe().run(page).response["violations"]
    page.get_by_role("tab", name="Read").click()
    expect(page.locator(".readable").first).to_be_visible()
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
    done = subprocess.run([sys.executable, "-c", script, address], capture_output=True, text=True, timeout=120)
    answer, hits, paragraphs = json.loads(done.stdout or f'"{done.stderr}"')
    assert answer["citations"][0]["paragraph"] == "S/2021/839#21"
    assert len(hits) == 3
    assert paragraphs[0]["paragraph"] == "S/2021/839#21"
