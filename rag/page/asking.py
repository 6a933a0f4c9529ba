"""The tab to ask in: its parts, and what asking, asking again, editing, stopping and taking away do."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.page import conversation
from rag.page.conversation import Asking, Exchange, View
from rag.page.drawer import as_chosen, first_run_html, settings_drawer
from rag.page.turns import Turns
from rag.page.wording import EXAMPLES, words
from rag.records import Filters, Language

if TYPE_CHECKING:
    import gradio as gr

    from rag.page.library import Spoken

    Labelled = list[tuple[gr.blocks.Block, dict[str, str]]]  # a component, and its property → the key of its words

SCREEN: Language = "en"  # what is sent before the browser says which language its reader chose
MODEL = "model"  # events that run a model: all of them may come in, and then take turns
AT_ONCE = 32  # of those: more than the line holds, so that whoever finds it full is told so


def ask_tab(
    assistant: Assistant, language: "gr.Radio", labelled: "Labelled", spoken: "Spoken", alone: bool
) -> dict[str, Any]:
    """The chat and what belongs to it; its components by name."""
    import gradio as gr

    say = words(SCREEN)
    gr.HTML('<details id="earlier" hidden><summary></summary><div></div></details>', apply_default_css=False)
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
        help_ = gr.HTML(first_run_html(assistant, SCREEN), apply_default_css=False)
    spoken.append((help_, lambda page: gr.update(value=first_run_html(assistant, page))))
    notice = gr.HTML("", elem_id="notice", apply_default_css=False)
    with gr.Row(elem_id="ask-row"):
        box = gr.Textbox(
            label=say["question"], placeholder=say["type_here"], lines=1, max_lines=8, elem_id="question", scale=8
        )
        send = gr.Button(say["send"], variant="primary", scale=1, min_width=80, elem_id="send")
        stop = gr.Button(say["stop"], variant="secondary", scale=1, min_width=80, interactive=False, elem_id="stop")
    with gr.Accordion(say["filters"], open=False) as drawer:
        only = gr.CheckboxGroup(report_choices(assistant), label=say["reports"], elem_id="only-reports")
        during = gr.CheckboxGroup(year_choices(assistant), label=say["years"], elem_id="only-years")
    chosen = settings_drawer(assistant, say, SCREEN, labelled, spoken, alone)
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
        **chosen,
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
        "pending": gr.State(None),  # an Asking
    }


def connect(assistant: Assistant, turns: Turns, part: dict[str, Any], script: "gr.HTML", language: "gr.Radio") -> None:
    """What asking, asking again, editing, stopping and starting anew do."""
    import gradio as gr

    shown = [part[name] for name in ("chat", "exchanges", "pending", "box", "notice", "stop", "examples")]

    def on_page(view: View, running: Asking | None = None) -> tuple[Any, ...]:
        """A view as the outputs in `shown`."""
        asked = bool(view.messages)
        return (
            gr.update(value=view.messages, visible=True if asked else "hidden"),
            view.exchanges,
            running,
            view.box,
            view.notice,
            gr.update(interactive=running is not None),
            gr.update(visible=not asked),
        )

    def answer(
        question: str,
        exchanges: Sequence[Exchange],
        only: list[str],
        during: list[int],
        page: Language,
        *chosen: Any,
    ) -> Iterator[tuple[Any, ...]]:
        filters = Filters(frozenset(only), frozenset(during))
        asking = Asking(question)
        chosen_one = as_chosen(assistant, *chosen)
        with closing(conversation.ask_in_turn(chosen_one, turns, question, exchanges, filters, page)) as views:
            for view in views:
                if asking.left:
                    return
                if asking.stopped:
                    yield on_page(conversation.stopped(exchanges, question, page))
                    return
                yield on_page(view, asking if view.asking else None)

    def again(
        exchanges: Sequence[Exchange],
        only: list[str],
        during: list[int],
        page: Language,
        llm: str,
        style: str,
        k: int,
        event: gr.EventData,
    ) -> Iterator[tuple[Any, ...]]:
        turn = event._data.get("turn")
        question = conversation.question_of(exchanges, turn)
        yield from answer(question, conversation.without_last(exchanges, turn), only, during, page, llm, style, k)

    narrowed = [part["exchanges"], part["only"], part["during"], language, part["llm"], part["style"], part["k"]]
    running: dict[str, Any] = {
        "concurrency_id": MODEL,
        "concurrency_limit": AT_ONCE,
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

    def failed(exchanges: Sequence[Exchange], asking: Asking | None, page: Language) -> Any:
        return on_page(conversation.failed(exchanges, asking.question if asking else "", page))

    def stop(asking: Asking | None) -> Any:
        if asking:  # it ends itself at the next word: Gradio's own way counts as a failure, and may come too late
            asking.stopped = True
        return gr.update(interactive=False)

    def begin_anew(asking: Asking | None) -> Any:
        if asking:
            asking.left = True
        return on_page(View(()))

    for run in runs:
        run.failure(failed, left, shown, **quietly)
    part["stop"].click(stop, part["pending"], part["stop"], **quietly)
    part["new"].click(begin_anew, part["pending"], shown, **quietly)

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

    def take_one(exchanges: Sequence[Exchange], page: Language, event: gr.EventData) -> Any:
        turn, kind = event._data.get("turn"), str(event._data.get("kind"))
        return conversation.take_away(assistant, exchanges, kind, page, turn if isinstance(turn, int) else -1)

    script.take(take_one, [part["exchanges"], language], [part["taken"], part["notice"]], **quietly).then(
        None, part["taken"], None, js="(file) => window.rapporteur.save(file)", **quietly
    )


def report_choices(assistant: Assistant) -> list[tuple[str, str]]:
    """The reports a question can be limited to: name and id."""
    return [(each.name, each.id) for each in assistant.index.reports.values()]


def year_choices(assistant: Assistant) -> list[tuple[str, int]]:
    """The years a question can be limited to."""
    years = sorted({year for each in assistant.index.reports.values() for year in each.years})
    return [(str(year), year) for year in years]


def welcome_html(page: Language) -> str:
    """What stands over the examples."""
    say = words(page)
    return f'<p>{say["welcome"]}</p><p class="note">{say["examples"]}</p>'
