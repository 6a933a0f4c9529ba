"""The reader's own reports, settings and first-visit help in a real browser, over a small index of their own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_index import built
from making import make_encrypted_pdf, make_pdf

from rag.page.wording import words
from rag.reports import read_folder

READY, PATIENCE = 180, 120_000  # seconds, milliseconds a loaded machine may take
SERIOUS = {"serious", "critical"}
BASE = {
    "zh": "A/99/1\n\n2033年3月1日\n\n河上的灯\n\n" + "\n\n".join(f"{n}. 河上有{n * 11}盏灯。" for n in range(1, 5)),
    "en": "A/99/2\n\n2 March 2033\n\nHarbours\n\n" + "\n\n".join(f"{n}. Harbour {n} has a crane." for n in range(1, 5)),
}
ADDED = """A/99/777

12 March 2033

Safety of river ferries

1. In 2033 ferries carried 4,521 passengers across the Rapids River.

2. Crews were trained in night navigation in three ports.

4. The next inspection is planned for June.
"""


@pytest.fixture(scope="module")
def page_of_two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page over two reports that do not exist."""
    cache = request.getfixturevalue("model_cache")
    folder = tmp_path_factory.mktemp("own")
    (folder / "reports").mkdir()
    for name, text in BASE.items():
        (folder / "reports" / f"{name}.txt").write_text(text, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "RAPPORTEUR_CACHE": str(cache),
        "RAPPORTEUR_REPORTS": str(folder / "reports"),
        "RAPPORTEUR_INDEX": str(folder / "index"),
        "RAPPORTEUR_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    built(read_folder(folder / "reports"), folder / "index", request.getfixturevalue("e5"))
    log = folder / "server.log"
    with log.open("w") as said:
        server = subprocess.Popen([sys.executable, "-m", "rag", "serve"], env=environment, stdout=said, stderr=said)
    try:
        until = time.monotonic() + READY
        while "Rapporteur is on" not in log.read_text("utf-8"):
            assert server.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, "the page did not come up"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(READY)


@pytest.fixture
def opened(browser: Any, page_of_two: str) -> Iterator[Any]:
    """A function that opens the page in a context of its own."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    contexts: list[Any] = []

    def open_page(**how: Any) -> Any:
        context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **how})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(page_of_two)
        page.wait_for_selector("body[data-ready]", state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()


def own_tab(page: Any, language: str = "en") -> Any:
    page.get_by_role("tab", name=words(language)["own_tab"]).click()  # type: ignore[arg-type]
    return page


def choose(page: Any, path: Path) -> None:
    page.set_input_files(".own-tab input[type=file]", path)


def serious(page: Any) -> list[Any]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SERIOUS]


def test_a_report_is_previewed_added_asked_about_and_removed(opened: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    make_pdf(tmp_path / "ferries.pdf", ADDED, "en")
    page = own_tab(opened())
    choose(page, tmp_path / "ferries.pdf")
    preview = page.locator("#own-preview")
    expect(preview).to_contain_text("3 numbered paragraphs, 1 to 4; missing: 3")
    expect(preview).to_contain_text("4,521 passengers")
    expect(page.get_by_label("Symbol (correct it)")).to_have_value("A/99/777")
    expect(page.get_by_label("Title (correct it)")).to_have_value("Safety of river ferries")
    assert serious(page) == []
    page.get_by_label("Title (correct it)").fill("Ferry safety")
    page.get_by_role("button", name="Add to the index").press("Enter")
    expect(page.locator("#own-news .done")).to_contain_text("A/99/777 is in the index")
    expect(page.locator("#status")).to_contain_text("3 reports")
    expect(page.locator(".library")).to_contain_text("Ferry safety")
    page.get_by_role("tab", name="Ask").click()
    page.fill("#question textarea", "A/99/777 para 1")
    page.press("#question textarea", "Enter")
    expect(page.locator(".answer .text")).to_contain_text("4,521 passengers")
    own_tab(page)
    page.get_by_role("button", name="Remove A/99/777").press("Enter")
    page.get_by_role("button", name="Really remove?").press("Enter")
    expect(page.locator("#own-news .done")).to_contain_text("A/99/777 has been removed")
    expect(page.locator("#status")).to_contain_text("2 reports")
    expect(page.get_by_role("button", name="Remove A/99/777")).to_have_count(0)
    page.get_by_role("tab", name="Ask").click()
    with page.expect_download() as download:  # what was answered can still be taken away
        page.click("#take-md")
    assert "A/99/777, para. 1" in Path(download.value.path()).read_text()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        pytest.param("en", ["locked.pdf: is encrypted", "photo.pdf: is not a PDF", "notes.xls: ends in .xls"], id="en"),
        pytest.param("zh", ["locked.pdf：已加密", "photo.pdf：不是 PDF", "notes.xls 的扩展名是 .xls"], id="zh"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_in_the_readers_language(
    opened: Any, tmp_path: Path, language: str, said: list[str]
) -> None:
    from playwright.sync_api import expect

    make_encrypted_pdf(tmp_path / "locked.pdf", ADDED, "en")
    (tmp_path / "photo.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "notes.xls").write_bytes(b"numbers")
    page = own_tab(opened(locale="zh-CN" if language == "zh" else "en-US"), language)
    for sentence in said:
        choose(page, tmp_path / re.split("[:： ]", sentence)[0])
        expect(page.locator("#own-news .notice")).to_contain_text(sentence)
        expect(page.locator("#own-preview")).to_be_hidden()
    expect(page.locator(".library li")).to_have_count(2)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(opened: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    large = tmp_path / "large.txt"
    large.touch()
    os.truncate(large, 50_000_001)
    page = own_tab(opened(locale="zh-CN"), "zh")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "upload" in request.url else None)
    choose(page, large)
    expect(page.locator("#own-news .notice")).to_contain_text("large.txt：50 MB，超过 50 MB 的上限")
    assert sent == []


def test_a_preview_thrown_away_adds_nothing_and_is_seen_by_nobody_else(opened: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    (tmp_path / "草稿.txt").write_text("没有编号的一段。\n\n又一段。", encoding="utf-8")
    page, other = own_tab(opened(locale="zh-CN"), "zh"), own_tab(opened(locale="zh-CN"), "zh")
    choose(page, tmp_path / "草稿.txt")
    expect(page.locator("#own-preview")).to_contain_text("没有找到段落编号")
    expect(other.locator("#own-preview")).to_be_hidden()
    page.get_by_role("button", name="不要了").click()
    expect(page.locator("#own-preview")).to_be_hidden()
    expect(page.locator(".library li")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_tab_whole_in_chinese_without_english_and_without_serious_findings(
    opened: Any, scheme: str
) -> None:
    from playwright.sync_api import expect

    page = opened(locale="zh-CN", viewport={"width": 360, "height": 740}, color_scheme=scheme, reduced_motion="reduce")
    own_tab(page, "zh")
    expect(page.locator(".own-tab h2")).to_have_text("添加自己的报告")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    seen = page.locator(".own-tab").inner_text()
    assert not re.search(r"\b(?:report|paragraph|Remove|Choose|file)s?\b", seen)
    assert serious(page) == []


def test_settings_work_and_come_back_with_the_browser(opened: Any) -> None:
    from playwright.sync_api import expect

    page = opened()
    page.get_by_role("button", name="Settings: models, length, paragraphs").click()
    page.get_by_label("Short (the first one)").check()
    page.fill("#question textarea", "河上有多少盏灯？")
    page.press("#question textarea", "Enter")
    expect(page.locator(".answer .acts").first).to_be_visible()
    assert page.locator(".answer .text .cite").count() <= 1
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    page.get_by_role("button", name="Settings: models, length, paragraphs").click()
    expect(page.get_by_label("Short (the first one)")).to_be_checked()


def test_the_first_visits_help_names_the_commands_and_stays_away_once_put_away(opened: Any) -> None:
    from playwright.sync_api import expect

    page = opened()
    shown = page.locator("#first-run")
    shown.locator("summary").click()
    expect(shown).to_contain_text("rapporteur models pull Qwen3-4B-Instruct-2507")
    page.get_by_role("button", name="Got it, do not show again").click()
    expect(shown).to_be_hidden()
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    expect(shown).to_be_hidden()
