"""The tab for the reader's own reports: add one after seeing what was recognised in it, remove it again."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.errors import RagError
from rag.own import library as own
from rag.own.jobs import TITLE
from rag.own.limited import News
from rag.page.asking import SCREEN
from rag.page.markup import notice_html
from rag.page.recognised import about_html, done_html, list_html, preview_html, progress_html
from rag.page.wording import complaint, words
from rag.records import Language

if TYPE_CHECKING:
    import gradio as gr

    from rag.page.asking import Labelled

    Spoken = list[tuple[gr.blocks.Block, Callable[[Language], Any]]]  # a component, and what it becomes in a language

READERS = 2  # files read at once: each may take 2 GiB
WAITS = 3600  # seconds a previewed file waits for its reader's yes


def library_tab(
    assistant: Assistant, language: "gr.Radio", labelled: "Labelled", spoken: "Spoken", allowed: bool
) -> dict[str, Any]:
    """The tab's components by name."""
    import gradio as gr

    say = words(SCREEN)
    about = gr.HTML(about_html(allowed, SCREEN), apply_default_css=False)
    pick = gr.UploadButton(
        say["own_pick"], elem_id="own-pick", variant="primary", size="md", visible=allowed, file_count="single"
    )
    news = gr.HTML("", elem_id="own-news", apply_default_css=False)
    with gr.Column(visible=False, elem_id="own-preview") as shown:
        preview = gr.HTML("", apply_default_css=False)
        with gr.Row():
            title = gr.Textbox(label=say["own_title"], elem_id="own-title", scale=4, max_length=TITLE)
            symbol = gr.Textbox(label=say["own_symbol"], elem_id="own-symbol", scale=2, min_width=140, max_length=80)
            year = gr.Textbox(label=say["own_year"], elem_id="own-year", scale=1, min_width=90, max_length=4)
        with gr.Row():
            add = gr.Button(say["own_add"], variant="primary", elem_id="own-add")
            drop = gr.Button(say["own_drop"], elem_id="own-drop")
    listed = gr.HTML(_listed(assistant, allowed, SCREEN), elem_id="own-list", apply_default_css=False)
    labelled += [
        (pick, {"label": "own_pick"}),
        (title, {"label": "own_title"}),
        (symbol, {"label": "own_symbol"}),
        (year, {"label": "own_year"}),
        (add, {"value": "own_add"}),
        (drop, {"value": "own_drop"}),
    ]
    spoken += [
        (about, lambda page: gr.update(value=about_html(allowed, page))),
        (listed, lambda page: gr.update(value=_listed(assistant, allowed, page))),
    ]
    waiting = gr.State(None, time_to_live=WAITS, delete_callback=_forget)
    return {
        "pick": pick,
        "news": news,
        "shown": shown,
        "preview": preview,
        "title": title,
        "symbol": symbol,
        "year": year,
        "add": add,
        "drop": drop,
        "waiting": waiting,
    }


def connect_library(
    assistant: Assistant,
    part: dict[str, Any],
    script: "gr.HTML",
    language: "gr.Radio",
    spoken: "Spoken",
    allowed: bool,
    cleared: "Sequence[gr.blocks.Block]",
) -> None:
    """What choosing a file, adding it, throwing it away and removing a report do; `cleared` loses what was ticked."""
    import gradio as gr

    shown = [part[name] for name in ("news", "shown", "preview", "title", "symbol", "year", "waiting")]
    refreshed = [component for component, _ in spoken]
    quietly: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    def refresh(page: Language) -> list[Any]:
        updates = {component: becomes(page) for component, becomes in spoken}
        return [{**update, "value": []} if component in cleared else update for component, update in updates.items()]

    def read(path: str | None, before: own.Preview | None, page: Language) -> Iterator[list[Any]]:
        _forget(before)
        if not (path and allowed):
            return
        for view in look(assistant, Path(path), page):
            yield view if isinstance(view, list) else _only_news(view, len(shown))

    def accept(seen: own.Preview | None, title: str, symbol: str, year: str, page: Language) -> Iterator[list[Any]]:
        if seen is None or not allowed:
            return
        facts = own.Facts(title, symbol, year)
        told = words(page)["own_added"].format(name=facts.symbol or seen.file)
        added = False
        for html in change(assistant, own.add(seen, facts, assistant.settings), told, page):
            added, refused = html.startswith(DONE), html.startswith(REFUSED)
            view = [html, gr.update(visible=refused), *_still(shown[2:])]
            yield [*(_emptied(html) if added else view), *_still(refreshed)]
        if added:
            yield [*_still(shown), *refresh(page)]

    def remove(page: Language, event: gr.EventData) -> Iterator[list[Any]]:
        name = str(event._data.get("report", ""))
        if not allowed:
            return
        told = words(page)["own_removed"].format(name=name)
        for html in change(assistant, own.remove(name, assistant.settings), told, page):
            yield [html, *_still(refreshed)]
        yield [gr.skip(), *refresh(page)]

    relist = {"fn": None, "js": "() => window.rapporteur.relist()", **quietly}
    reading = part["pick"].upload(
        read,
        [part["pick"], part["waiting"], language],
        shown,
        concurrency_id="reading",
        concurrency_limit=READERS,
        **quietly,
    )
    indexing: dict[str, Any] = {"concurrency_id": "indexing", "concurrency_limit": 1, **quietly}
    fields = [part[name] for name in ("waiting", "title", "symbol", "year")]
    adding = part["add"].click(accept, [*fields, language], [*shown, *refreshed], **indexing)
    removing = script.delete(remove, language, [part["news"], *refreshed], **indexing)
    adding.then(**relist)
    removing.then(**relist)

    def thrown_away(seen: own.Preview | None, page: Language) -> list[Any]:
        _forget(seen)
        return _emptied(done_html(words(page)["own_dropped"]))

    part["drop"].click(thrown_away, [part["waiting"], language], shown, cancels=[reading], queue=False, **quietly)
    for event in (reading, adding, removing):
        event.failure(partial(_failed), language, part["news"], queue=False, **quietly)


DONE, REFUSED = '<p class="done"', '<p class="notice"'


def look(assistant: Assistant, path: Path, page: Language) -> Iterator[str | list[Any]]:
    """What the page shows while a chosen file is read: a line of news, then the preview's components or a complaint."""
    import gradio as gr

    try:
        reading = own.preview(path, assistant.settings, assistant.index)
        yield progress_html(News("start", 0, 0, 0.0), path.name, page)
        while True:
            try:
                yield progress_html(next(reading), path.name, page)
            except StopIteration as end:
                seen: own.Preview = end.value
                break
    except RagError as error:
        yield _emptied(notice_html(complaint(error, page)))
        return
    finally:
        path.unlink(missing_ok=True)  # Gradio would keep it, where anyone who knows the address could fetch it
    facts = seen.facts
    yield ["", gr.update(visible=True), preview_html(seen, page), facts.title, facts.symbol, facts.year, seen]


def change(assistant: Assistant, work: Any, told: str, page: Language) -> Iterator[str]:
    """The news of a change to the index, as HTML, with the sentence `told` at its end, or what went wrong."""
    try:
        yield progress_html(News("start", 0, 0, 0.0), "", page)
        for news in work:
            yield progress_html(news, "", page)
        assistant.reopen()
    except RagError as error:
        yield notice_html(complaint(error, page))
        return
    yield done_html(told)


def _listed(assistant: Assistant, allowed: bool, page: Language) -> str:
    mine = {report.id for report in own.own_reports(assistant.settings, assistant.index)}
    return list_html(assistant.index, mine if allowed else set(), page)


def _only_news(html: str, width: int) -> list[Any]:
    import gradio as gr

    return [html, *[gr.skip()] * (width - 1)]


def _emptied(html: str) -> list[Any]:
    """The components in `shown` with news and nothing waiting."""
    import gradio as gr

    return [html, gr.update(visible=False), "", "", "", "", None]


def _still(components: list[Any]) -> list[Any]:
    import gradio as gr

    return [gr.skip()] * len(components)


def _failed(page: Language) -> str:
    return notice_html(words(page)["own_failed"])


def _forget(seen: own.Preview | None) -> None:
    if seen is not None:
        own.discard(seen)
