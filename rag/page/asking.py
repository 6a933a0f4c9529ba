"""The tab to ask in: its parts, and what asking, asking again, editing, stopping and taking away do."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.page import conversation
from rag.page.conversation import Exchange, View
from rag.page.wording import EXAMPLES, words
from rag.records import Language
from rag.retrieval import Filters

if TYPE_CHECKING:
    import gradio as gr

    Labelled = list[tuple[gr.blocks.Block, dict[str, str]]]  # a component, and its property → the key of its words

SCREEN: Language = "en"  # what is sent before the browser says which language its reader chose
MODEL = "model"  # events that run a model take turns


def ask_tab(assistant: Assistant, language: "gr.Radio", labelled: "Labelled") -> dict[str, Any]:
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
        welcome = gr.HTML(welcome_html(SCREEN), apply_default_css=False)
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


def connect(assistant: Assistant, part: dict[str, Any], script: "gr.HTML", language: "gr.Radio") -> None:
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


def welcome_html(page: Language) -> str:
    """What stands over the examples."""
    say = words(page)
    return f'<p>{say["welcome"]}</p><p class="note">{say["examples"]}</p>'
