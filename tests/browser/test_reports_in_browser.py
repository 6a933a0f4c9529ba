"""The evaluation's pages in a real browser: nothing is asked from elsewhere, charts are drawn, links lead to texts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eval_toy import ANSWERS, LIBRARY, run

from eval import comparison, runs, scoring
from eval.keeping import keep
from eval.report import write_comparison, write_report

DRAWS = 99
PHONE = {"width": 390, "height": 844}
INDEX = SimpleNamespace(name="toy", manifest={"files": {"paragraphs.jsonl": "0"}})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of two toy runs, the second of which lost what the first found, and their comparison."""
    folder = tmp_path_factory.mktemp("reports")
    lost = {**ANSWERS["p1-en"], "hits": ANSWERS["p1-en"]["hits"][1:2], "citations": ANSWERS["p1-en"]["citations"][1:]}
    for name, answers in (("before", ANSWERS), ("after", {**ANSWERS, "p1-en": lost})):
        asked = replace(run(answers), folder=folder / name, wall={"p1-en": 0.02, "p2-en": 0.03})
        answered = folder / "answers.jsonl"
        answered.write_text("", encoding="utf-8")
        runs.adopt(asked, answered, INDEX, "all")
        scored = scoring.score(asked, LIBRARY)
        summary = scoring.summarise(scored, asked, DRAWS)
        keep(asked, scored, summary)
        write_report(asked, scored, summary, LIBRARY)
    one, other = folder / "before", folder / "after"
    found = comparison.compare(*(scoring.score(runs.read_run(each), LIBRARY) for each in (one, other)), DRAWS)
    write_comparison(other, one, other, found, LIBRARY)
    return folder


@pytest.fixture
def opened(browser: Any, written: Path) -> Iterator[Any]:
    """A function that opens a page of the reports from the disk; any request but for the file itself fails the test."""
    contexts: list[Any] = []
    asked: list[str] = []
    said: list[str] = []

    def opening(name: str, **how: Any) -> Any:
        contexts.append(browser.new_context(**how))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((written / name).as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(written.as_uri())] == []


PAGES = [pytest.param("before/report.html", id="run"), pytest.param("after/comparison.html", id="comparison")]


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        pytest.param(
            "before/report.html",
            (
                "Evidence found among the first k",
                "Key facts said, by type",
                "Risk as more questions are answered",
                "nDCG@10 of each pair",
                "Answered within so many milliseconds",
            ),
            id="run",
        ),
        pytest.param(
            "after/comparison.html",
            (
                "The second run less the first",
                "Evidence found among the first k, Chinese",
                "Evidence found among the first k, English",
                "Key facts said, by type",
            ),
            id="comparison",
        ),
    ],
)
def test_every_chart_is_drawn(opened: Any, name: str, titles: tuple[str, ...]) -> None:
    from playwright.sync_api import expect

    page = opened(name)
    for title in titles:
        chart = page.get_by_role("img", name=title, exact=True)
        expect(chart).to_be_visible()
        expect(chart.locator("path, rect, circle").first).to_be_attached()
    expect(page.locator("figure")).to_have_count(len(titles))


@pytest.mark.parametrize("name", PAGES)
def test_a_bad_question_shows_what_was_found_and_leads_to_the_paragraphs_text(opened: Any, name: str) -> None:
    from playwright.sync_api import expect

    page = opened(name)
    question = page.locator("details[id='p1-en']")
    question.locator("summary").click()
    link = question.get_by_role("link", name="S/2021/1#2", exact=True).first
    expect(link).to_be_visible()
    link.click()
    expect(page.locator(":target")).to_contain_text("Mali destroyed 27 per cent of the ammunition")
    expect(page.locator(":target")).to_be_in_viewport()


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_it_without_scrolling_sideways(opened: Any, name: str) -> None:
    page = opened(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier(opened: Any, name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(name, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
