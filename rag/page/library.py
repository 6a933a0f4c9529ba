"""The tab for the reader's own reports: add one after seeing what was recognised in it, remove it again."""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from rag.assistant import Assistant
from rag.errors import RagError
from rag.own import library as own
from rag.own.jobs import TITLE
from rag.own.limited import News
from rag.page.asking import PRIVATE, QUIETLY
from rag.page.markup import notice_html, render
from rag.page.wording import Screen, words
from rag.records import Language

READERS = 2  # files read at once: each may take 2 GiB
WAITS = 3600  # seconds a previewed file waits for its reader's yes
Outputs = list[Any]
Result = TypeVar("Result")


class LibraryTab:
    """A file to choose, what was recognised in it, and the list of reports."""

    def __init__(self, screen: Screen, assistant: Assistant, allowed: bool) -> None:
        self.screen, self.assistant, self.allowed = screen, assistant, allowed
        screen.html(lambda page: render("about", page, allowed=allowed))
        button: dict[str, Any] = {"variant": "primary", "size": "md", "visible": allowed, "file_count": "single"}
        self.pick = screen.put(gr.UploadButton, {"label": "own_pick"}, elem_id="own-pick", **button)
        self.news = gr.HTML("", elem_id="own-news", apply_default_css=False)
        with gr.Column(visible=False, elem_id="own-preview") as self.shown:
            self.preview = gr.HTML("", apply_default_css=False)
            with gr.Row():
                widths: tuple[dict[str, Any], ...] = (
                    {"max_length": TITLE, "scale": 4},
                    {"max_length": 80, "scale": 2, "min_width": 140},
                    {"max_length": 4, "scale": 1, "min_width": 90},
                )
                self.facts = [
                    screen.put(gr.Textbox, {"label": f"own_{name}"}, elem_id=f"own-{name}", **width)
                    for name, width in zip(("title", "symbol", "year"), widths, strict=True)
                ]
            with gr.Row():
                self.add = screen.put(gr.Button, {"value": "own_add"}, variant="primary", elem_id="own-add")
                self.drop = screen.put(gr.Button, {"value": "own_drop"}, elem_id="own-drop")
        screen.html(self._list_reports, elem_id="own-list", of_the_index=True)
        self.waiting = gr.State(None, time_to_live=WAITS, delete_callback=_forget)

    def connect(self, script: gr.HTML, language: gr.Radio) -> None:
        """What choosing a file, adding it, throwing it away and removing a report do."""
        shown = [self.news, self.shown, self.preview, *self.facts, self.waiting]
        listed = [component for component, _ in self.screen.of_the_index]
        reads: dict[str, Any] = {"concurrency_id": "reading", "concurrency_limit": READERS, **PRIVATE}
        writes: dict[str, Any] = {"concurrency_id": "writing", "concurrency_limit": 1, **PRIVATE}
        reading = self.pick.upload(self._read, [self.pick, self.waiting, language], shown, **reads)
        adding = self.add.click(self._accept, [self.waiting, *self.facts, language], [*shown, *listed], **writes)
        removing = script.delete(self._remove, language, [self.news, *listed], **writes)
        for changing in (adding, removing):
            changing.then(None, js="() => window.rapporteur.relist()", **PRIVATE)
        self.drop.click(self._throw_away, [self.waiting, language], shown, cancels=[reading], **QUIETLY)
        for event in (reading, adding, removing):
            event.failure(lambda page: notice_html(words(page)["own_failed"]), language, self.news, **QUIETLY)

    def _read(self, path: str | None, before: own.Preview | None, page: Language) -> Iterator[Outputs]:
        _forget(before)
        if not (path and self.allowed):
            return
        chosen = Path(path)
        try:
            reading = own.preview(chosen, self.assistant.settings, self.assistant.index)
            seen = yield from _follow(reading, chosen.name, page, [gr.skip()] * 6)
        except RagError as error:
            yield _emptied(notice_html(error.told(page)))
            return
        finally:
            chosen.unlink(missing_ok=True)  # Gradio would keep it, where whoever knows the address could fetch it
        facts, preview = seen.facts, render("preview", page, seen=seen)
        yield ["", gr.update(visible=True), preview, facts.title, facts.symbol, facts.year, seen]

    def _accept(
        self, seen: own.Preview | None, title: str, symbol: str, year: str, page: Language
    ) -> Iterator[Outputs]:
        if seen is None or not self.allowed:
            return
        facts, listed = own.Facts(title, symbol, year), [gr.skip()] * len(self.screen.of_the_index)
        still = [*[gr.skip()] * 5, *listed]
        try:
            adding = own.add(seen, facts, self.assistant.settings)
            yield from _follow(adding, "", page, [gr.update(visible=False), *still])
            self.assistant.reopen()
        except RagError as error:
            yield [notice_html(error.told(page)), gr.update(visible=True), *still]
            return
        done = render("done", page, sentence=words(page)["own_added"].format(name=facts.symbol or seen.file))
        yield [*_emptied(done), *self._list_anew(page)]

    def _remove(self, page: Language, event: gr.EventData) -> Iterator[Outputs]:
        name = str(event._data.get("report", ""))
        if not self.allowed:
            return
        still = [gr.skip()] * len(self.screen.of_the_index)
        try:
            yield from _follow(own.remove(name, self.assistant.settings), "", page, still)
            self.assistant.reopen()
        except RagError as error:
            yield [notice_html(error.told(page)), *self._list_anew(page)]
            return
        done = render("done", page, sentence=words(page)["own_removed"].format(name=name))
        yield [done, *self._list_anew(page)]

    def _throw_away(self, seen: own.Preview | None, page: Language) -> Outputs:
        _forget(seen)
        return _emptied(render("done", page, sentence=words(page)["own_dropped"]))

    def _list_reports(self, page: Language) -> str:
        index = self.assistant.index
        own_ones = {report.id for report in own.own_reports(self.assistant.settings, index)}
        mine = own_ones if self.allowed else set[str]()
        counts = Counter(paragraph.report for paragraph in index.paragraphs)
        reports = sorted(index.reports.values(), key=lambda report: report.id not in mine)
        return render("library", page, reports=reports, mine=mine, counts=counts)

    def _list_anew(self, page: Language) -> Outputs:
        unticked: dict[str, Any] = {"value": []}
        return [
            gr.update(**becomes(page), **(unticked if isinstance(component, gr.CheckboxGroup) else {}))
            for component, becomes in self.screen.of_the_index
        ]


def _follow(
    work: Generator[News, None, Result], file: str, page: Language, still: Sequence[Any]
) -> Generator[Outputs, None, Result]:
    """What a work returns; its news meanwhile, with what the other components do."""
    news = News("start", 0, 0, 0.0)
    while True:
        yield [render("progress", page, news=news, file=file), *still]
        try:
            news = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def _emptied(news: str) -> Outputs:
    """News, and nothing that waits."""
    return [news, gr.update(visible=False), "", "", "", "", None]


def _forget(seen: own.Preview | None) -> None:
    if seen is not None:
        own.discard(seen)
