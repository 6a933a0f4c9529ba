"""The page as several people use it: behind a password, one waiting for another, stopped, broken, in both languages.

The page is the scripted one: what is tested here needs no model, and its answers come when the test wants them.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from scripted_page import PASSWORD, scripted_page

from rag.page.conversation import SHOWN
from rag.page.wording import words

QUESTION = "#question textarea"
EN, ZH = words("en"), words("zh")
TABS = 5  # of those everyone sees
SAME_IN_BOTH = re.compile(  # names, formats and commands; everything else on a Chinese page is Chinese
    r"Rapporteur|English|Markdown|Word|JSON|PDF|DOCX|TXT|MB|Shift|BMS7|annex|para|S/2021/839|A/99/123|docx|txt|md|pdf"
    r"|serve|build|doctor|models|pull|llm|none|multilingual-e5-small|fake|model|GGUF|index|toml|RAPPORTEUR_\w+",
    re.IGNORECASE,
)

REPORT_WORDS = re.compile("ferr|crew|lamp|sank|firearm|small arms", re.IGNORECASE)  # texts and examples in English


@pytest.fixture
def reader(browser: Any) -> Iterator[Any]:
    """A function that opens the page for one more reader, who knows the password."""
    contexts: list[Any] = []

    def opened(locale: str = "en-US", **how: Any) -> Any:
        known = {"username": "anyone", "password": PASSWORD}
        context = browser.new_context(locale=locale, http_credentials=known, **how)
        contexts.append(context)
        page = context.new_page()
        page.goto(scripted_page())
        page.wait_for_selector("body[data-ready]", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()


def ask(page: Any, question: str) -> None:
    page.fill(QUESTION, question)
    page.press(QUESTION, "Enter")


def test_without_the_password_nothing_is_served(browser: Any) -> None:
    context = browser.new_context()
    for path in ("", "config", "gradio_api/info", "gradio_api/mcp/", "theme.css"):
        answer = context.request.get(scripted_page() + path)
        assert answer.status == 401, path
        assert "Rapporteur" in answer.headers["www-authenticate"]
    context.close()


@pytest.mark.parametrize(("locale", "say"), [("en-US", EN), ("zh-CN", ZH)], ids=["en", "zh"])
def test_stop_ends_a_long_answer_within_a_second_and_the_page_goes_on(reader: Any, locale: str, say: Any) -> None:
    page = reader(locale)
    ask(page, "slowly: A/99/123 para 1")
    expect(page.locator(".answer.waiting")).to_contain_text("Written so far")
    began = time.monotonic()
    page.get_by_role("button", name=say["stop"], exact=True).click()
    expect(page.locator("#notice")).to_contain_text(say["stopped"])
    took = time.monotonic() - began
    written = page.locator("#chat").inner_text()
    assert took < 1 or "Written so far: 2" not in written  # a loaded machine shows it late, but writes no further
    expect(page.locator(QUESTION)).to_have_value("slowly: A/99/123 para 1")
    page.wait_for_timeout(500)  # Gradio sends the last view twice; the second puts the question back
    ask(page, "A/99/123 para 2")
    expect(page.locator(".answer .text")).to_contain_text("Crews were trained")
    expect(page.locator("#stop button, button#stop")).to_be_disabled()


def test_what_is_typed_while_an_answer_is_written_stays_in_the_box(reader: Any) -> None:
    page = reader()
    ask(page, "slowly: A/99/123 para 1")
    expect(page.locator(".answer.waiting")).to_contain_text("Written so far: 1")
    page.fill(QUESTION, "A/99/123 para 2")
    expect(page.locator(".answer.waiting")).to_contain_text("Written so far: 3")
    expect(page.locator(QUESTION)).to_have_value("A/99/123 para 2")
    page.get_by_role("button", name=EN["stop"], exact=True).click()


@pytest.mark.parametrize(("locale", "say"), [("en-US", EN), ("zh-CN", ZH)], ids=["en", "zh"])
def test_a_break_down_is_told_in_one_sentence_and_the_question_is_kept(reader: Any, locale: str, say: Any) -> None:
    page = reader(locale)
    ask(page, "break")
    expect(page.locator("#notice")).to_contain_text(say["failed"])
    expect(page.locator(QUESTION)).to_have_value("break")
    expect(page.get_by_text("broken for a test")).to_have_count(0)
    ask(page, "A/99/123 para 3")
    expect(page.locator(".answer .text")).to_contain_text("Lamps were bought")
    expect(page.locator("#notice")).not_to_contain_text(say["failed"])


def test_who_waits_sees_the_length_of_the_line_and_is_answered_in_turn(reader: Any) -> None:
    first, second, third = reader(), reader(), reader("zh-CN")
    ask(first, "hold: A/99/123 para 1")
    expect(first.locator(".asked")).to_have_count(1)
    ask(second, "A/99/123 para 2")
    expect(second.locator(".answer.waiting")).to_contain_text(EN["queue"].format(n=1))
    ask(third, "A/99/123第3段")
    expect(third.locator(".answer.waiting")).to_contain_text(ZH["queue"].format(n=2))
    expect(third.locator(".answer .text")).to_contain_text("Lamps were bought")
    expect(second.locator(".answer .text")).to_contain_text("Crews were trained")
    expect(first.locator(".answer .text")).to_contain_text("Ferries sank")
    assert [page.locator(".asked").all_inner_texts() for page in (first, second, third)] == [
        ["hold: A/99/123 para 1"],
        ["A/99/123 para 2"],
        ["A/99/123第3段"],
    ]


def test_enter_during_a_chinese_composition_chooses_a_word_and_sends_nothing(reader: Any) -> None:
    page = reader("zh-CN")
    page.focus(QUESTION)
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "du chuan", "selectionStart": 8, "selectionEnd": 8})
    for kind in ("rawKeyDown", "char", "keyUp"):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        keyboard.send("Input.dispatchKeyEvent", key)
    keyboard.send("Input.insertText", {"text": "渡船"})
    expect(page.locator(QUESTION)).to_have_value("渡船")
    expect(page.locator(".asked")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".asked")).to_have_text("渡船")


def test_turns_that_left_the_chat_are_kept_above_it_and_still_lead_to_their_paragraphs(reader: Any) -> None:
    page = reader()
    for turn in range(SHOWN + 2):
        ask(page, f"A/99/123 para {turn % 3 + 1}")
        expect(page.locator(f"#chat .acts .again[value='{turn}']")).to_be_visible()
    expect(page.locator("#chat .asked")).to_have_count(SHOWN)
    earlier = page.locator("#earlier")
    expect(earlier.locator("summary").first).to_have_text(EN["earlier"].format(n=2))
    earlier.locator("summary").first.click()
    expect(earlier.locator(".asked")).to_have_text(["A/99/123 para 1", "A/99/123 para 2"])
    earlier.locator(".answer .text .cite").last.click()
    expect(page.locator("#panel h2")).to_have_text("A/99/123, para. 2")
    page.get_by_role("button", name="New conversation").click()
    expect(earlier).to_be_hidden()


def test_a_reader_keeps_nothing_but_the_language(reader: Any) -> None:
    page = reader()
    page.get_by_label("中文").check()
    expect(page.get_by_role("button", name=ZH["send"], exact=True)).to_be_visible()
    ask(page, "A/99/123 para 1")
    expect(page.locator(".answer .acts").first).to_be_visible()
    assert page.context.cookies() == []
    assert [key for key in page.evaluate("Object.keys(localStorage)") if not key.startswith("rapporteur-")] == []
    assert page.evaluate("indexedDB.databases().then(all => all.map(each => each.name))") == []


def test_every_tab_speaks_the_chosen_language(reader: Any) -> None:
    page = reader()
    page.get_by_label("中文").check()
    expect(page.get_by_role("button", name=ZH["send"], exact=True)).to_be_visible()
    tabs = page.locator('#tabs [role="tab"]:visible')
    assert tabs.count() >= TABS
    for place in range(tabs.count()):
        tabs.nth(place).click()
        expect(tabs.nth(place)).to_have_attribute("aria-selected", "true")
        seen = SAME_IN_BOTH.sub(" ", page.locator('[role="tabpanel"]:visible').first.inner_text())
        left = [line for line in seen.splitlines() if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", line)]
        texts = [line for line in left if not REPORT_WORDS.search(line)]
        assert texts == [], f"tab {place}: {texts}"
