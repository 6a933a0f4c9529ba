"""How quick the page is, in Debian's Chromium on this machine: `python -m bench.page`.

What a reader waits for, measured in the browser itself (from the key press to the change on the page), over the built
index with quoted answers. The table goes to `results/`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from docs.screenshots import chromium, said_address
from rag.page.wording import EXAMPLES

RESULTS = Path(__file__).parent / "results"
ROUNDS = 5  # of the examples: 30 questions
OPENINGS = 5
CHATS = 4
TURNS = 100
PORT = 7970
WATCH = """() => {
  const box = document.querySelector("#question textarea");
  window.asked = 0; window.seen = {};
  const latest = () => {
    const turns = [...document.querySelectorAll("#chat .answer .acts .again")].map((each) => Number(each.value));
    return Math.max(-1, ...turns);
  };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    window.turns = latest();
    window.questions = document.querySelectorAll("#chat .asked").length;
    window.seen = {}; window.asked = performance.now();
  }, true);
  new MutationObserver(() => {
    const late = () => performance.now() - window.asked;
    const fresh = document.querySelectorAll("#chat .asked").length > window.questions;
    const last = [...document.querySelectorAll("#chat .answer")].at(-1);
    if (fresh && last?.querySelector(".hits")) window.seen.paragraphs ??= late();
    if (latest() > window.turns) window.seen.answer ??= late();
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a figure and what it is to stay under."""

    name: str
    value: float
    limit: float
    unit: str = "ms"

    def shown(self, value: float) -> str:
        """A value of this figure with its unit."""
        return f"{value:.1f} s" if self.unit == "s" else f"{value:.0f} {self.unit}".strip()


def main() -> int:
    """Measure, print and keep the table; 1 where a figure misses its mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=Path("index"), help="the built index (index)")
    parser.add_argument("--turns", type=int, default=TURNS, help="length of the long conversation (100)")
    parser.add_argument("--note", default="", help="a line under the table: what else the machine was doing")
    given = parser.parse_args()
    command = [sys.executable, "-u", "-m", "rag", "serve", "--index", str(given.index), "--port", str(PORT)]
    before = os.getloadavg()[0]
    started = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = said_address(server)
            ready = perf_counter() - started
            with chromium() as browser:
                lines = [Line("page start, command to ready", ready, 15, "s"), *measured(browser, address, given.turns)]
        finally:
            server.terminate()
    text = table(lines, before, given.note)
    print(text)
    (RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-page.txt").write_text(text + "\n", encoding="utf-8")
    return int(any(line.value > line.limit for line in lines))


def measured(browser: Any, address: str, turns: int) -> list[Line]:
    """Every figure taken in the browser."""
    paints = sorted(first_paint(browser, address) for _ in range(OPENINGS))
    page = opened(browser, address)
    asked = [ask(page, question) for question in EXAMPLES * ROUNDS]
    page.context.close()
    late, crossed = together(browser, address)
    first, last = long_conversation(browser, address, turns)
    shown = [each["paragraphs"] for each in asked]
    answered = [each["answer"] for each in asked]
    return [
        Line(f"first paint of the page, median of {OPENINGS}", median(paints), 2000),
        Line(f"paragraphs shown after Enter, p50 of {len(asked)}", median(shown), 300),
        Line(f"quoted answer after Enter, p50 of {len(asked)}", median(answered), 500),
        Line(f"quoted answer after Enter, p95 of {len(asked)}", p95(answered), 2000),
        Line(f"quoted answer, {CHATS} chats at once, p95 of {len(late)}", p95(late), 2000),
        Line(f"answers seen in another's chat, {CHATS} at once", crossed, 0, ""),
        Line("a conversation's first ten answers, p50", first, 500),
        Line(f"its last ten of {turns}, p50", last, 1.5 * max(first, 200)),
    ]


def first_paint(browser: Any, address: str) -> float:
    """Milliseconds from asking for the page to its first paint, nothing cached."""
    page = opened(browser, address)
    entries = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(each => each.startTime)")
    page.context.close()
    return float(entries[0])


def opened(browser: Any, address: str) -> Any:
    """The page, ready, in a context of its own, watched for what appears after Enter."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached")
    page.evaluate(WATCH)
    return page


def ask(page: Any, question: str) -> dict[str, float]:
    """Milliseconds from Enter to the paragraphs and to the answer."""
    press(page, question)
    return awaited(page)


def press(page: Any, question: str) -> None:
    """Ask, and wait for nothing."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def awaited(page: Any) -> dict[str, float]:
    """What the page's watch saw, once the answer is there."""
    page.wait_for_function("window.seen.answer !== undefined")
    seen: dict[str, float] = page.evaluate("window.seen")
    return {"paragraphs": seen["answer"], **seen}


def together(browser: Any, address: str) -> tuple[list[float], int]:
    """Milliseconds of each answer with so many chats asking at once, and how many chats show another's question."""
    pages = [opened(browser, address) for _ in range(CHATS)]
    late: list[float] = []
    for turn in range(ROUNDS):
        for place, page in enumerate(pages):
            press(page, f"{EXAMPLES[(turn + place) % len(EXAMPLES)]} ({place + 1})")
        late += [awaited(page)["answer"] for page in pages]
    shown = [page.locator("#chat .asked").all_inner_texts() for page in pages]
    crossed = sum(
        len(texts) != ROUNDS or any(not text.endswith(f"({place})") for text in texts)
        for place, texts in enumerate(shown, 1)
    )
    for page in pages:
        page.context.close()
    return late, crossed


def long_conversation(browser: Any, address: str, turns: int) -> tuple[float, float]:
    """Median milliseconds of the first and of the last ten answers of one conversation."""
    page = opened(browser, address)
    late = [ask(page, EXAMPLES[turn % len(EXAMPLES)])["answer"] for turn in range(turns)]
    page.context.close()
    return median(late[:10]), median(late[-10:])


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty exceeds."""
    return quantiles(values, n=20)[-1]


def table(lines: Iterable[Line], load: float, note: str) -> str:
    """The figures as a table, with where they were taken."""
    chromium_says = _first_line(["chromium", "--version"])
    shown = [f"{'':64} {'measured':>10} {'at most':>10}"]
    for line in lines:
        mark = "" if line.value <= line.limit else "  MISSED"
        shown.append(f"{line.name:64} {line.shown(line.value):>10} {line.shown(line.limit):>10}{mark}")
    where = {"cores": os.cpu_count(), "load before": round(load, 1), "browser": chromium_says}
    return "\n".join(
        [*shown, "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {json.dumps(where)}", *filter(None, [note])]
    )


def _first_line(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()[0].strip()


if __name__ == "__main__":
    sys.exit(main())
