"""The pictures of the evaluation's reports that the guides show: `python -m docs.report_screenshots RUN OTHER`.

RUN and OTHER are scored run folders (`python -m eval run --out RUN`); their pages are written anew by
`python -m eval report` and `compare`, and taken in Debian's Chromium with the first bad question opened.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from docs.screenshots import chromium, compressed

FOLDER = Path(__file__).parent
SIZE = {"width": 1280, "height": 1500}


def main() -> None:
    """Write the pages of two runs and take a picture of a report and of the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a scored run folder")
    parser.add_argument("other", type=Path, help="another over the same questions")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (docs)")
    given = parser.parse_args()
    for command in (["report", given.run], ["compare", given.run, given.other]):
        subprocess.run([sys.executable, "-m", "eval", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
    pages = {
        "eval-report": given.run / "report.html",
        "eval-report-worst": given.run / "report.html",
        "eval-comparison": given.other / "comparison.html",
    }
    with chromium() as browser:
        for name, path in pages.items():
            picture = given.folder / f"{name}.png"
            picture.write_bytes(compressed(taken(browser, path, worst=name.endswith("worst"))))
            print(f"{picture}: {picture.stat().st_size / 1000:.0f} kB")


def taken(browser: Any, path: Path, worst: bool) -> bytes:
    """A picture of the top of a page, or from its first bad question on."""
    page = browser.new_page(viewport=SIZE)
    page.goto(path.absolute().as_uri())
    if worst:
        first = page.locator("details:has(.sides)").first
        first.locator("summary").click()
        first.evaluate("each => each.scrollIntoView()")
    picture: bytes = page.screenshot()
    page.close()
    return picture


if __name__ == "__main__":
    main()
