"""The tab that checks a draft, in a real browser over the five reports."""

import io
from typing import Any

import pytest
from playwright.sync_api import expect

from rag.page.wording import words

BOX = "#draft-text textarea"
SERIOUS = {"serious", "critical"}
EN = (
    "The report counts 758,000 illicit small arms collected (S/2021/839, para. 21).\n\n"
    "It names 785,000 weapons in S/2021/839, para. 21, and more in S/2021/839, para. 240."
)
ZH = "报告称收缴了758 000件（S/2021/839，第21段）。\n另见S/2021/839，第240段。"
TRADITIONAL = "報告稱“國家當局收繳了 758 000 件非法小武器和輕武器”（S/2021/839，第21段）。"


def draft_tab(page: Any, language: Any = "en") -> Any:
    page.get_by_role("tab", name=words(language)["draft_tab"]).click()
    expect(page.locator(BOX)).to_be_visible()
    return page


def check(page: Any, text: str) -> None:
    page.fill(BOX, text)
    page.click("#draft-check")
    expect(page.locator("#draft .counts")).to_be_visible()


@pytest.mark.parametrize(("language", "locale", "text"), [("en", "en-US", EN), ("zh", "zh-CN", ZH)], ids=["en", "zh"])
def test_a_draft_is_told_what_is_right_and_wrong_and_leads_to_the_paragraph(
    open_page: Any, language: Any, locale: str, text: str
) -> None:
    page = draft_tab(open_page(locale=locale, permissions=["clipboard-read", "clipboard-write"]), language)
    check(page, text)
    expect(page.locator("#draft mark.wrong").first).to_be_visible()
    expect(page.locator("#draft mark.held").first).to_be_visible()
    wrong = page.locator("#draft .findings > .wrong").last
    expect(wrong).to_contain_text(words(language)["draft_unknown-paragraph"])
    page.locator("#draft a.flag").first.click()
    expect(page.locator("#draft .findings > li").first).to_be_focused()
    first = page.locator("#draft .findings > .held").first
    first.locator(".cite").first.click()
    expect(page.locator("#panel h2")).to_be_focused()
    expect(page.locator("#panel")).to_contain_text("758")
    first.get_by_role("button", name=words(language)["copy_reference"]).first.click()
    reference = "S/2021/839, para. 21" if language == "en" else "S/2021/839，第21段"
    page.wait_for_function(f"navigator.clipboard.readText().then(text => text === {reference!r})")


def test_a_traditional_chinese_quotation_is_found_in_the_simplified_report(open_page: Any) -> None:
    page = draft_tab(open_page())
    check(page, TRADITIONAL)
    expect(page.locator("#draft mark.wrong")).to_have_count(0)
    expect(page.locator("#draft mark.held").first).to_contain_text("國家當局")


def test_a_word_file_is_read_and_one_that_is_none_is_refused_by_name(open_page: Any) -> None:
    from docx import Document

    document, file = Document(), io.BytesIO()
    document.add_paragraph(EN.split("\n")[0])
    document.save(file)
    page = draft_tab(open_page())
    page.set_input_files("#draft-file", {"name": "statement.docx", "mimeType": "", "buffer": file.getvalue()})
    expect(page.locator("#draft .counts")).to_be_visible()
    expect(page.locator(BOX)).to_have_value(EN.split("\n")[0])
    page.set_input_files("#draft-file", {"name": "statement.docx", "mimeType": "", "buffer": b"MZ\x00 no Word file"})
    expect(page.locator("#draft-notice")).to_contain_text("statement.docx")
    page.get_by_label("中文").check()
    expect(page.get_by_role("tab", name=words("zh")["draft_tab"])).to_be_visible()
    page.set_input_files("#draft-file", {"name": "讲话.docx", "mimeType": "", "buffer": b"MZ\x00 no Word file"})
    expect(page.locator("#draft-notice")).to_contain_text("讲话.docx 不是 Word 文件")


def test_switching_the_language_retells_the_findings(open_page: Any) -> None:
    page = draft_tab(open_page())
    check(page, EN)
    page.get_by_label("中文").check()
    expect(page.locator("#draft .counts")).to_contain_text("处有误")
    expect(page.locator("#draft")).to_contain_text(words("zh")["draft_unknown-paragraph"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_checked_draft_nor_on_a_phone(open_page: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = draft_tab(open_page(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 360, "height": 740}))
    check(page, EN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SERIOUS] == []
