"""The page in a real browser: Debian's Chromium, and the server as a child process.

RAPPORTEUR_PAGE names a page that is already running, for whoever works on the page.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
INSTALL = "apt-get install -y chromium fonts-noto-cjk"
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
USUAL = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}}
READY = 120  # seconds a loaded machine may take to load the models
PATIENCE = 30_000  # milliseconds it may take to answer or to paint: the usual 5,000 failed there


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium; skipped with the command that installs it where there is none, but never in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"No Chromium. Run: {INSTALL}")
        pytest.skip(f"no Chromium; run: {INSTALL}")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", NOWHERE])  # CI runs as root
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page over the five reports."""
    if given := os.environ.get("RAPPORTEUR_PAGE"):
        yield given
        return
    index, cache = request.getfixturevalue("seed_index"), request.getfixturevalue("model_cache")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag", "serve", "--index", str(index.folder.parent), "--port", str(port)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "RAPPORTEUR_CACHE": str(cache), "PYTHONUNBUFFERED": "1"}
    log = tmp_path_factory.mktemp("page") / "server.log"
    with log.open("w") as said:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield _said(server, log, time.monotonic() + READY)
    finally:
        server.terminate()
        server.wait(READY)


@pytest.fixture(scope="package")
def usual(browser: Any) -> Iterator[Any]:
    """The context most tests share, for its cache."""
    context = browser.new_context(**USUAL)
    yield context
    context.close()


@pytest.fixture
def open_page(browser: Any, usual: Any, address: str) -> Iterator[Any]:
    """A function that opens the page; any request to elsewhere fails the test.

    What it is given makes a browser context of its own.
    """
    contexts: list[Any] = []
    pages: list[Any] = []
    elsewhere: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            elsewhere.append(request.url)

    def opened(path: str = "", **how: Any) -> Any:
        context = usual
        if how:
            context = browser.new_context(**{**USUAL, **how})
            contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.on("request", asked)
        page.set_default_timeout(PATIENCE)
        page.goto(address + path)
        page.wait_for_selector("body[data-ready]", state="attached")
        return page

    yield opened
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
    for context in contexts:
        context.close()
    assert elsewhere == []


def _said(server: "subprocess.Popen[bytes]", log: Path, until: float) -> str:
    """The address the server says it is on."""
    while time.monotonic() < until and server.poll() is None:
        if on := re.search(r"Rapporteur is on (\S+)\n", log.read_text("utf-8")):
            return f"{on[1]}/"
        time.sleep(0.1)
    raise AssertionError(f"the page did not come up: {log.read_text('utf-8')}")
