"""The page's parts, and which of them answers to which."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial, wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.errors import RagError
from rag.page import conversation
from rag.page.conversation import Exchange, View
from rag.page.wording import EXAMPLES, words
from rag.present import answer_json, hit_json, paragraph_json
from rag.records import Language
from rag.retrieval import Filters

if TYPE_CHECKING:
    import gradio as gr

    Labelled = list[tuple[gr.blocks.Block, dict[str, str]]]  # a component, and its property → the key of its words

FONTS = (
    "system-ui",
    "Segoe UI",
    "Helvetica Neue",
    "Arial",
    "Liberation Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
)  # installed ones: none is fetched
BLUE = "#0369a1"  # white on it has a contrast of 5.9 to 1; the theme's own has 2.8
SCREEN: Language = "en"  # what is sent before the browser says which language its reader chose
FIRST = (
    "async () => { while (!window.rapporteur) await new Promise(requestAnimationFrame); return rapporteur.first(); }"
)
MODEL = "model"  # events that run a model take turns


def appearance() -> dict[str, Any]:
    """What `launch` is told of the page's looks."""
    import gradio as gr

    theme = gr.themes.Default(primary_hue="sky", neutral_hue="slate", font=FONTS, font_mono=("monospace",)).set(
        button_primary_background_fill=BLUE,
        button_primary_background_fill_dark=BLUE,
        button_primary_background_fill_hover=BLUE,
        button_primary_background_fill_hover_dark=BLUE,
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
    )
    return {
        "theme": theme,
        "head": f"<style>{_resource('page.css')}</style>",
    }  # `css` would be kept to the page's inner part


def page(assistant: Assistant) -> "gr.Blocks":
    """The page over an assistant."""
    import gradio as gr

    say = words(SCREEN)
    labelled: Labelled = []
    blocks: gr.Blocks = gr.Blocks(analytics_enabled=False, title="Rapporteur", fill_width=True)
    with blocks:
        with gr.Row(elem_id="top"):
            top = gr.HTML(_top(assistant, SCREEN), elem_id="about", apply_default_css=False)
            language = gr.Radio(
                [("中文", "zh"), ("English", "en")],
                value=SCREEN,
                label="语言 / Language",
                elem_id="language",
                scale=0,
                min_width=200,
            )
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, min_width=320, elem_id="tabs"), gr.Tabs():
                with gr.Tab(say["ask_tab"]) as ask_tab:
                    asking = _ask_tab(assistant, language, labelled)
                with gr.Tab(say["read_tab"], render_children=True) as read_tab:
                    gr.HTML('<div id="reader-bar"></div><div id="reader"></div>', apply_default_css=False)
                with gr.Tab(say["compare_tab"], render_children=True) as compare_tab:
                    _compare_tab(assistant, language, labelled)
            with gr.Column(scale=5, min_width=320, elem_id="side"):
                gr.HTML('<aside id="panel"></aside>', apply_default_css=False)
        labelled += [(ask_tab, {"label": "ask_tab"}), (read_tab, {"label": "read_tab"})]
        labelled.append((compare_tab, {"label": "compare_tab"}))
        script = _script(assistant)
        _connect(assistant, asking, script, language)
        _switch(assistant, blocks, language, top, asking["welcome"], labelled)
        _programs(assistant)
    return blocks


def _programs(assistant: Assistant) -> None:
    """What other programs may call, through gradio_client or plain HTTP: the same JSON as the command line's."""
    from gradio.events import api as gradio_api

    reports = assistant.index.reports

    def ask(question: str) -> dict[str, Any]:
        """Answer a question about the reports, every statement cited."""
        return answer_json(assistant.ask(question), reports)

    def search(question: str, k: int = 10) -> list[dict[str, Any]]:
        """Find the paragraphs nearest to a question."""
        return [hit_json(hit, reports, text=True) for hit in assistant.search(question, k)]

    def show(reference: str) -> list[dict[str, Any]]:
        """Show the paragraphs a reference names."""
        return [paragraph_json(paragraph, reports) for paragraph in assistant.show(reference)]

    gradio_api(_told(ask), api_name="ask", concurrency_id=MODEL, concurrency_limit=1)
    gradio_api(_told(search), api_name="search", concurrency_id=MODEL, concurrency_limit=1)
    gradio_api(_told(show), api_name="show")


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its RagErrors as ones that Gradio passes on to the caller."""
    import gradio as gr

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return called


def _ask_tab(assistant: Assistant, language: "gr.Radio", labelled: "Labelled") -> dict[str, Any]:
    """The chat and what belongs to it; its components by name."""
    import gradio as gr

    say = words(SCREEN)
    reports = assistant.index.reports.values()
    chat = gr.Chatbot(
        label=say["conversation"],
        show_label=False,
        elem_id="chat",
        height="62vh",
        autoscroll=False,
        visible="hidden",
        buttons=[],
        feedback_options=None,
        latex_delimiters=[],
        allow_file_downloads=False,
        layout="bubble",
    )
    with gr.Column(elem_id="examples") as examples:
        welcome = gr.HTML(_welcome(SCREEN), apply_default_css=False)
        with gr.Row():
            tries = [gr.Button(example, size="md", min_width=240) for example in EXAMPLES]
    notice = gr.HTML("", elem_id="notice", apply_default_css=False)
    with gr.Row(elem_id="ask-row"):
        box = gr.Textbox(
            label=say["question"], placeholder=say["type_here"], lines=1, max_lines=8, elem_id="question", scale=8
        )
        send = gr.Button(say["send"], variant="primary", scale=1, min_width=80, elem_id="send")
        stop = gr.Button(say["stop"], variant="secondary", scale=1, min_width=80, interactive=False, elem_id="stop")
    with gr.Accordion(say["filters"], open=False) as drawer:
        only = gr.CheckboxGroup(
            [(each.name, each.id) for each in reports], label=say["reports"], elem_id="only-reports"
        )
        years = sorted({year for each in reports for year in each.years})
        during = gr.CheckboxGroup([(str(year), year) for year in years], label=say["years"], elem_id="only-years")
    with gr.Row(elem_id="more-row"):
        new = gr.Button(say["new"], size="sm", scale=0, min_width=140)
        gr.HTML("", scale=1, min_width=0)
        takes = {
            kind: gr.Button(say[kind], size="sm", scale=0, min_width=120, elem_id=f"take-{kind}")
            for kind in conversation.TYPES
        }
    labelled += [
        (chat, {"label": "conversation"}),
        (box, {"label": "question", "placeholder": "type_here"}),
        (send, {"value": "send"}),
        (stop, {"value": "stop"}),
        (drawer, {"label": "filters"}),
        (only, {"label": "reports"}),
        (during, {"label": "years"}),
        (new, {"value": "new"}),
        *((take, {"value": kind}) for kind, take in takes.items()),
    ]
    return {
        "chat": chat,
        "notice": notice,
        "box": box,
        "send": send,
        "stop": stop,
        "examples": examples,
        "welcome": welcome,
        "tries": tries,
        "only": only,
        "during": during,
        "new": new,
        "takes": takes,
        "taken": gr.JSON(visible=False),
        "exchanges": gr.State(()),
        "pending": gr.State(""),
    }


def _connect(assistant: Assistant, part: dict[str, Any], script: "gr.HTML", language: "gr.Radio") -> None:
    """What asking, asking again, editing, stopping and starting anew do."""
    import gradio as gr

    shown = [part[name] for name in ("chat", "exchanges", "pending", "box", "notice", "stop", "examples")]

    def on_page(view: View, running: bool = False) -> tuple[Any, ...]:
        """A view as the outputs in `shown`."""
        asked = bool(view.messages)
        return (
            gr.update(value=view.messages, visible=True if asked else "hidden"),
            view.exchanges,
            view.asking if running else "",
            view.box,
            view.notice,
            gr.update(interactive=running),
            gr.update(visible=not asked),
        )

    def answer(
        question: str, exchanges: Sequence[Exchange], only: list[str], during: list[int], page: Language
    ) -> Iterator[tuple[Any, ...]]:
        filters = Filters(frozenset(only), frozenset(during))
        for view in conversation.ask(assistant, question, exchanges, filters, page):
            yield on_page(view, running=bool(view.asking))

    def again(
        exchanges: Sequence[Exchange], only: list[str], during: list[int], page: Language, event: gr.EventData
    ) -> Iterator[tuple[Any, ...]]:
        turn = event._data.get("turn")
        question = conversation.question_of(exchanges, turn)
        yield from answer(question, conversation.without_last(exchanges, turn), only, during, page)

    narrowed = [part["exchanges"], part["only"], part["during"], language]
    running: dict[str, Any] = {
        "concurrency_id": MODEL,
        "concurrency_limit": 1,
        "api_visibility": "private",
        "show_progress": "hidden",
    }
    asked = (part["box"].submit, part["send"].click)
    runs = [trigger(answer, [part["box"], *narrowed], shown, **running) for trigger in asked]
    runs += [
        each.click(partial(answer, example), narrowed, shown, **running)
        for each, example in zip(part["tries"], EXAMPLES, strict=True)
    ]
    runs.append(script.retry(again, narrowed, shown, **running))
    left = [part["exchanges"], part["pending"], language]
    quietly: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}

    def failed(exchanges: Sequence[Exchange], asking: str, page: Language) -> Any:
        if not asking:  # it was stopped, which Gradio counts as a failure too
            return [gr.skip()] * len(shown)
        return on_page(conversation.failed(exchanges, asking, page))

    for run in runs:
        run.failure(failed, left, shown, **quietly)
    part["stop"].click(lambda *given: on_page(conversation.stopped(*given)), left, shown, cancels=runs, **quietly)
    part["new"].click(lambda: on_page(View(())), None, shown, **quietly)

    def edit(exchanges: Sequence[Exchange], event: gr.EventData) -> str:
        return conversation.question_of(exchanges, event._data.get("turn"))

    for kind, take in part["takes"].items():
        take.click(
            lambda exchanges, page, kind=kind: conversation.take_away(assistant, exchanges, kind, page),
            [part["exchanges"], language],
            [part["taken"], part["notice"]],
            **quietly,
        ).then(None, part["taken"], None, js="(file) => window.rapporteur.save(file)", **quietly)
    script.edit(edit, part["exchanges"], part["box"], **quietly)


def _compare_tab(assistant: Assistant, language: "gr.Radio", labelled: "Labelled") -> None:
    import gradio as gr

    say = words(SCREEN)
    with gr.Row(elem_id="compare-row"):
        topic = gr.Textbox(label=say["topic"], placeholder=say["topic_here"], elem_id="topic", scale=8)
        go = gr.Button(say["compare"], variant="primary", scale=1, min_width=160, elem_id="compare")
    columns = gr.HTML("", elem_id="columns", apply_default_css=False)
    labelled += [(topic, {"label": "topic", "placeholder": "topic_here"}), (go, {"value": "compare"})]
    for trigger in (topic.submit, go.click):
        trigger(
            partial(conversation.compare, assistant),
            [topic, language],
            columns,
            concurrency_id=MODEL,
            concurrency_limit=1,
            api_visibility="private",
        )


def _script(assistant: Assistant) -> "gr.HTML":
    """The page's own script with the functions it calls: neither runs a model, so neither waits in the queue."""
    import gradio as gr

    def paragraph(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        return conversation.open_paragraph(assistant, given, _known(given.get("language")))

    def report(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        return conversation.open_report(assistant, str(given.get("name", "")), _known(given.get("language")))

    spoken = {each: dict(words(each)) for each in ("zh", "en")}
    return gr.HTML(
        "",
        elem_id="script",
        js_on_load=_resource("page.js"),
        server_functions=[paragraph, report],
        words=spoken,
        reports=[(each.id, each.name) for each in assistant.index.reports.values()],
    )


def _switch(
    assistant: Assistant,
    blocks: "gr.Blocks",
    language: "gr.Radio",
    top: "gr.HTML",
    welcome: "gr.HTML",
    labelled: "Labelled",
) -> None:
    """The whole page in one language or the other, as the reader chose last time or the browser prefers."""

    def speak(page: Language) -> list[Any]:
        say = words(_known(page))
        told = [_retold(say, keys) for _, keys in labelled]
        return [page, _top(assistant, page), _welcome(page), *told]

    outputs = [language, top, welcome, *(component for component, _ in labelled)]
    quietly: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    language.input(speak, language, outputs, js="(chosen) => window.rapporteur.chosen(chosen)", **quietly)
    opened = blocks.load(speak, language, outputs, js=FIRST, **quietly)
    opened.then(None, None, None, js='() => { document.body.dataset.ready = "yes"; }', **quietly)


def _top(assistant: Assistant, page: Language) -> str:
    from html import escape

    say = words(page)
    built = date.fromtimestamp((assistant.index.folder / "manifest.json").stat().st_mtime).isoformat()
    said = escape(conversation.status(assistant, built, page))
    return f'<h1>{say["title"]}</h1><p>{say["tagline"]}</p><p class="note" id="status">{said}</p>'


def _welcome(page: Language) -> str:
    say = words(page)
    return f'<p>{say["welcome"]}</p><p class="note">{say["examples"]}</p>'


def _retold(say: Mapping[str, str], keys: Mapping[str, str]) -> Any:
    import gradio as gr

    properties: dict[str, Any] = {name: say[key] for name, key in keys.items()}
    return gr.update(**properties)


def _known(page: object) -> Language:
    return "zh" if page == "zh" else "en"


def _resource(name: str) -> str:
    return files("rag.page").joinpath(name).read_text(encoding="utf-8")
