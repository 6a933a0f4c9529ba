"""The tab to ask in: its parts, and what asking, asking again, editing, stopping and taking away do."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from rag.assistant import Assistant
from rag.models import catalogue
from rag.page import conversation
from rag.page.conversation import Asking, Exchange, View
from rag.page.export import TYPES
from rag.page.markup import notice_html, render
from rag.page.turns import Turns
from rag.page.wording import EXAMPLES, Screen, words
from rag.records import Filters, Language

KEPT = "rapporteur-settings"  # in the browser's own storage, as the language is
MOST = 30  # paragraphs to find: more is a list nobody reads
SHORT_OUTPUT = 120  # tokens a language model may write for a short answer: two statements in either language
SUGGESTED = ("Qwen2.5-Coder-1.5B-Instruct", "Qwen3-4B-Instruct-2507")
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUIETLY: dict[str, Any] = {**PRIVATE, "queue": False}  # for what takes no time
SAVE: dict[str, Any] = {"fn": None, "outputs": None, "js": "(file) => window.rapporteur.save(file)", **QUIETLY}
Outputs = tuple[Any, ...]


class AskTab:
    """The chat and what belongs to it."""

    def __init__(self, screen: Screen, assistant: Assistant, turns: Turns, alone: bool) -> None:
        self.assistant, self.turns = assistant, turns
        gr.HTML('<details id="earlier" hidden><summary></summary><div></div></details>', apply_default_css=False)
        self.chat = screen.put(
            gr.Chatbot,
            {"label": "conversation"},
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
        with gr.Column(elem_id="examples") as self.examples:
            screen.html(partial(render, "welcome"))
            with gr.Row():
                self.tries = [gr.Button(example, size="md", min_width=240) for example in EXAMPLES]
            if assistant.settings.llm == "none":  # what works now, and what a download would add
                screen.html(lambda page: render("first-run", page, models=_missing(assistant)))
        self.notice = gr.HTML("", elem_id="notice", apply_default_css=False)
        self._put_question(screen)
        self._put_filters(screen)
        self.drawer = Drawer(screen, assistant, alone)
        self._put_takes(screen)
        self.taken = gr.JSON(visible=False)
        self.exchanges, self.pending = gr.State(()), gr.State(None)  # the latter an Asking

    def _put_question(self, screen: Screen) -> None:
        labels = {"label": "question", "placeholder": "type_here"}
        button: dict[str, Any] = {"scale": 1, "min_width": 80}
        with gr.Row(elem_id="ask-row"):
            self.box = screen.put(gr.Textbox, labels, lines=1, max_lines=8, elem_id="question", scale=8)
            self.send = screen.put(gr.Button, {"value": "send"}, variant="primary", elem_id="send", **button)
            self.stop = screen.put(
                gr.Button, {"value": "stop"}, variant="secondary", interactive=False, elem_id="stop", **button
            )

    def _put_filters(self, screen: Screen) -> None:
        def reports(_page: Language) -> dict[str, Any]:
            return {"choices": [(each.name, each.id) for each in self.assistant.index.reports.values()]}

        def years(_page: Language) -> dict[str, Any]:
            found = {year for each in self.assistant.index.reports.values() for year in each.years}
            return {"choices": [(str(year), year) for year in sorted(found)]}

        with screen.put(gr.Accordion, {"label": "filters"}, open=False):
            self.only = screen.put(gr.CheckboxGroup, {"label": "reports"}, reports, True, elem_id="only-reports")
            self.during = screen.put(gr.CheckboxGroup, {"label": "years"}, years, True, elem_id="only-years")

    def _put_takes(self, screen: Screen) -> None:
        with gr.Row(elem_id="more-row"):
            self.new = screen.put(gr.Button, {"value": "new"}, size="sm", scale=0, min_width=140)
            gr.HTML("", scale=1, min_width=0)
            self.takes = {
                kind: screen.put(gr.Button, {"value": kind}, size="sm", scale=0, min_width=120, elem_id=f"take-{kind}")
                for kind in TYPES
            }

    def connect(self, script: gr.HTML, language: gr.Radio) -> None:
        """What asking, asking again, editing, stopping and starting anew do."""
        shown = [self.chat, self.exchanges, self.pending, self.box, self.notice, self.stop, self.examples]
        drawer = self.drawer
        narrowed = [self.exchanges, self.only, self.during, language, drawer.llm, drawer.style, drawer.k]
        runs = [
            asked(self._answer, [self.box, *narrowed], shown, **PRIVATE) for asked in (self.box.submit, self.send.click)
        ]
        for each, example in zip(self.tries, EXAMPLES, strict=True):
            runs.append(each.click(partial(self._answer, example), narrowed, shown, **PRIVATE))
        runs.append(script.retry(self._answer_again, narrowed, shown, **PRIVATE))
        for run in runs:
            run.failure(self._fail, [self.exchanges, self.pending, language], shown, **QUIETLY)
        self.stop.click(self._stop, self.pending, self.stop, **QUIETLY)
        self.new.click(self._begin_anew, self.pending, shown, **QUIETLY)
        script.edit(self._edit, self.exchanges, self.box, **QUIETLY)
        conversed, taken = [self.exchanges, language], [self.taken, self.notice]
        for kind, button in self.takes.items():
            button.click(partial(self._take, kind), conversed, taken, **QUIETLY).then(inputs=self.taken, **SAVE)
        script.take(self._take_one, conversed, taken, **QUIETLY).then(inputs=self.taken, **SAVE)

    def _outputs(self, view: View, asking: Asking | None = None) -> Outputs:
        """A view as chat, exchanges, pending, box, notice, stop and examples."""
        asked = bool(view.messages)
        return (
            gr.update(value=view.messages, visible=True if asked else "hidden"),
            view.exchanges,
            asking,
            gr.update() if view.box is None else view.box,
            view.notice,
            gr.update(interactive=asking is not None),
            gr.update(visible=not asked),
        )

    def _answer(
        self,
        question: str,
        exchanges: Sequence[Exchange],
        only: list[str],
        during: list[int],
        page: Language,
        *chosen: Any,
    ) -> Iterator[Outputs]:
        filters, asking = Filters(frozenset(only), frozenset(during)), Asking(question)
        assistant = self.drawer.as_chosen(*chosen)
        views = conversation.ask_in_turn(assistant, self.turns, question, exchanges, filters, page)
        with closing(views):
            for view in views:
                if asking.left:
                    return
                if asking.stopped:  # nothing is lost
                    growing, notice = render("waiting", page, key="stopped"), notice_html(words(page)["stopped"])
                    yield self._outputs(View(tuple(exchanges), question, growing, question, notice))
                    return
                yield self._outputs(view, asking if view.asking else None)

    def _answer_again(self, event: gr.EventData, exchanges: Sequence[Exchange], *narrowed: Any) -> Iterator[Outputs]:
        turn = event._data.get("turn")
        before = exchanges[:-1] if turn == len(exchanges) - 1 else exchanges  # the last answer gives way to the new one
        yield from self._answer(conversation.question_of(exchanges, turn), before, *narrowed)

    def _fail(self, exchanges: Sequence[Exchange], asking: Asking | None, page: Language) -> Outputs:
        question, notice = asking.question if asking else "", notice_html(words(page)["failed"])
        return self._outputs(View(tuple(exchanges), box=question, notice=notice))

    def _stop(self, asking: Asking | None) -> Any:
        if asking:  # it ends itself at the next word: Gradio's own way counts as a failure, and may come too late
            asking.stopped = True
        return gr.update(interactive=False)

    def _begin_anew(self, asking: Asking | None) -> Outputs:
        if asking:
            asking.left = True
        return self._outputs(View((), box=""))

    def _edit(self, exchanges: Sequence[Exchange], event: gr.EventData) -> str:
        return conversation.question_of(exchanges, event._data.get("turn"))

    def _take(self, kind: str, exchanges: Sequence[Exchange], page: Language) -> Any:
        return conversation.take_away(self.assistant, exchanges, kind, page)

    def _take_one(self, exchanges: Sequence[Exchange], page: Language, event: gr.EventData) -> Any:
        turn, kind = event._data.get("turn"), str(event._data.get("kind"))
        return conversation.take_away(self.assistant, exchanges, kind, page, turn if isinstance(turn, int) else -1)


class Drawer:
    """The settings that one reader chooses for themselves, kept in the browser, and what a download would add."""

    def __init__(self, screen: Screen, assistant: Assistant, alone: bool) -> None:
        self.assistant, self.alone = assistant, alone
        settings, embedders = assistant.settings, _installed(assistant, "embedder")
        embedders.setdefault(settings.embedder, Path(settings.embedder).name)
        with screen.put(gr.Accordion, {"label": "settings"}, open=False, elem_id="settings"):
            llms = lambda page: {"choices": _choices(self._llms(page))}  # noqa: E731
            self.llm = screen.put(gr.Radio, {"label": "set_llm"}, llms, value=settings.llm, elem_id="set-llm")
            styles = lambda page: {"choices": [(words(page)[f"set_{each}"], each) for each in ("full", "short")]}  # noqa: E731
            self.style = screen.put(gr.Radio, {"label": "set_style"}, styles, value="full", elem_id="set-style")
            k: dict[str, Any] = {"minimum": 1, "maximum": MOST, "step": 1, "value": min(settings.k, MOST)}
            self.k = screen.put(gr.Slider, {"label": "set_k"}, elem_id="set-k", buttons=[], **k)
            self.embedder = screen.put(
                gr.Radio,
                {"label": "set_embedder"},
                choices=_choices(embedders),
                value=settings.embedder,
                elem_id="set-embedder",
            )
            self.rebuild = gr.HTML("", elem_id="set-rebuild", apply_default_css=False)
            screen.html(lambda page: render("downloads", page, models=_missing(assistant)), elem_id="drawer-about")
        self.kept = gr.BrowserState(None, storage_key=KEPT, secret=KEPT)  # no secret; a fixed key outlives a restart

    def connect(self, blocks: gr.Blocks, language: gr.Radio) -> None:
        """Choices are kept in the browser and come back with it; another embedder is told what it takes."""
        chosen = [self.llm, self.style, self.k]
        blocks.load(self._restore, self.kept, chosen, **QUIETLY)
        for changed in (self.llm.input, self.style.input, self.k.release, self.k.change):  # typed, or by arrow keys
            changed(lambda llm, style, k: {"llm": llm, "style": style, "k": k}, chosen, self.kept, **QUIETLY)

        def other_embedder(name: str, page: Language) -> str:
            return render("rebuild", page, name=name) if name != self.assistant.settings.embedder else ""

        self.embedder.input(other_embedder, [self.embedder, language], self.rebuild, **QUIETLY)

    def _restore(self, kept: object) -> list[Any]:
        found = kept if isinstance(kept, dict) else {}
        llm, style, k = found.get("llm"), found.get("style"), found.get("k")
        return [
            llm if llm in self._llms("en") else gr.skip(),
            style if style in ("full", "short") else gr.skip(),
            k if isinstance(k, int) and 1 <= k <= MOST else gr.skip(),
        ]

    def _llms(self, page: Language) -> dict[str, str]:
        setting = self.assistant.settings.llm
        found = {"none": words(page)["set_none"]}
        if setting != "none":
            found[setting] = setting if setting.startswith("http") else Path(setting).name
        return found | (_installed(self.assistant, "llm") if self.alone else {})  # each fills a memory

    def as_chosen(self, llm: str, style: str, k: float) -> Assistant:
        """The assistant as one reader wants it."""
        settings, short = self.assistant.settings, style == "short"
        return self.assistant.as_chosen(
            llm=llm,
            k=int(k),
            passages=min(int(k), settings.passages),
            short=short,
            llm_output=min(settings.llm_output, SHORT_OUTPUT) if short else settings.llm_output,
        )


def _missing(assistant: Assistant) -> list[catalogue.Model]:
    missing = [row.model for row in catalogue.rows(assistant.settings) if row.path is None]
    return sorted((each for each in missing if each.name in SUGGESTED), key=lambda each: SUGGESTED.index(each.name))


def _installed(assistant: Assistant, kind: str) -> dict[str, str]:
    rows = [row for row in catalogue.rows(assistant.settings) if row.model.kind == kind and row.path]
    return {str(row.path): row.model.name for row in rows}


def _choices(names: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for value, name in names.items()]
