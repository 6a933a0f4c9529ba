"""The pictures of the page that the README and the guides show: `python -m docs.screenshots`.

They are taken in Debian's Chromium of a page served for the occasion over the built index, and written beside this
file with a palette of 64 colours. `--address` takes them of a page that is already running.
"""

import argparse
import io
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
COLOURS = 64  # text on a plain ground needs no more; a picture then takes a third of the bytes
READY = 600  # seconds a loaded machine may take to load the models
PATIENCE = 60  # seconds it may take to answer or to paint
WIDE, PHONE = (1280, 860), (390, 844)
QUESTIONS = {
    "en": "How many illicit small arms did national authorities collect between 2016 and 2019?",
    "zh": "3D打印枪支带来了哪些新的挑战？",
}
TOPICS = {"en": "marking of firearms", "zh": "枪支标识"}
DRAFTS = {
    "en": "Mr. Chair, the Secretary-General reports that national authorities seized 758,000 illicit small arms and "
    "light weapons between 2016 and 2019 (S/2021/839, para. 21).\n\n"
    "We recall that 785,000 illicit weapons were collected in those years (S/2021/839, para. 21), and the commitment "
    "in paragraph 240 of S/2021/839.",
    "zh": "主席先生，秘书长报告指出，"
    "“2016 年至 2019 年，国家当局收缴了 758 000 件非法小武器和轻武器”（S/2021/839，第21段）。"
    "\n\n"
    "同期收缴的非法武器达785 000件（S/2021/839，第21段）。我们还忆及S/2021/839第240段的承诺。",
}


@dataclass(frozen=True)
class Shot:
    """A picture: what it shows, in which language, scheme and size."""

    name: str
    show: Callable[[Any, str], None]
    language: str
    dark: bool = False
    size: tuple[int, int] = WIDE


def ask(page: Any, language: str) -> None:
    """A question answered."""
    page.fill("#question textarea", QUESTIONS[language])
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".answer .acts")


def check(page: Any, language: str) -> None:
    """… and the paragraph behind it beside it."""
    ask(page, language)
    page.click(".answer .text .cite >> nth=0")
    page.wait_for_selector("#panel mark")
    page.mouse.move(0, 0)


def read(page: Any, language: str) -> None:
    """A report in both languages, from one paragraph on."""
    page.goto(page.url.split("?")[0] + "?p=S/2021/839%2321")
    page.wait_for_selector(".readable.here")


def compare(page: Any, language: str) -> None:
    """What each report says on one subject."""
    tab(page, 2)
    page.fill("#topic :is(input, textarea)", TOPICS[language])
    page.click("#compare")
    page.wait_for_selector("#columns section")


def draft(page: Any, language: str) -> None:
    """A draft with what is right and wrong in it."""
    tab(page, 3)
    page.fill("#draft-text textarea", DRAFTS[language])
    page.click("#draft-check")
    page.wait_for_selector("#draft .counts")
    page.locator("#draft").scroll_into_view_if_needed()


def tab(page: Any, place: int) -> None:
    """Open a tab by its place."""
    page.locator('#tabs [role="tab"]:visible').nth(place).click()


SHOTS = (
    Shot("page-en", check, "en"),
    Shot("page-zh", check, "zh"),
    Shot("page-zh-dark", check, "zh", dark=True),
    Shot("read-en", read, "en"),
    Shot("compare-zh", compare, "zh"),
    Shot("draft-en", draft, "en"),
    Shot("draft-zh-dark", draft, "zh", dark=True),
    Shot("phone-ask-zh", ask, "zh", size=PHONE),
    Shot("phone-check-en-dark", check, "en", dark=True, size=PHONE),
)


def main() -> None:
    """Take every picture, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=Path("index"), help="the built index (index)")
    parser.add_argument("--address", help="a page that is already running")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (docs)")
    parser.add_argument("names", nargs="*", help="only these pictures")
    given = parser.parse_args()
    with serving(given.address, given.index) as address, chromium() as browser:
        for shot in SHOTS:
            if not given.names or shot.name in given.names:
                path = given.folder / f"{shot.name}.png"
                path.write_bytes(compressed(taken(browser, address, shot)))
                print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def taken(browser: Any, address: str, shot: Shot) -> bytes:
    """A picture as Chromium takes it."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.dark else "light",
        locale="zh-CN" if shot.language == "zh" else "en-US",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached")
    shot.show(page, shot.language)
    page.wait_for_timeout(500)  # smooth scrolling and late fonts
    picture: bytes = page.screenshot()
    context.close()
    return picture


def compressed(picture: bytes) -> bytes:
    """The picture with a small palette."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as full:
        full.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("No Chromium. Run: apt-get install -y chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(address: str | None, index: Path) -> Iterator[str]:
    """The address of a page: the one given, or one served over an index meanwhile."""
    if address:
        yield address
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "-m", "rag", "serve", "--index", str(index), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield said_address(server)
        finally:
            server.terminate()


def said_address(server: "subprocess.Popen[str]") -> str:
    """The address the server says it is on, once it does."""
    until = time.monotonic() + READY
    for line in server.stdout or ():
        if "Rapporteur is on " in line:
            return line.split()[-1] + "/"
        if time.monotonic() > until:
            break
    sys.exit("The page did not come up. Run: rapporteur doctor")


if __name__ == "__main__":
    main()
