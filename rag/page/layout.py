"""The page's parts, and which of them answers to which."""

from datetime import date
from functools import partial
from importlib.resources import files
from typing import Any

import gradio as gr
from markupsafe import Markup

from rag.assistant import Assistant
from rag.page import conversation, drafting
from rag.page.asking import QUIETLY, AskTab
from rag.page.library import LibraryTab
from rag.page.markup import render
from rag.page.programs import offer
from rag.page.turns import Turns
from rag.page.wording import SCREEN, Screen, words
from rag.records import Language

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
FIRST = (
    "async () => { while (!window.rapporteur) await new Promise(requestAnimationFrame); return rapporteur.first(); }"
)


def appearance() -> dict[str, Any]:
    """What `launch` is told of the page's looks."""
    theme = gr.themes.Default(primary_hue="sky", neutral_hue="slate", font=FONTS, font_mono=("monospace",)).set(
        button_primary_background_fill=BLUE,
        button_primary_background_fill_dark=BLUE,
        button_primary_background_fill_hover=BLUE,
        button_primary_background_fill_hover_dark=BLUE,
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
    )
    return {"theme": theme, "head": render("head", SCREEN, css=Markup(_resource("page.css")))}  # noqa: S704  # our own


def page(assistant: Assistant, mcp: bool = False, alone: bool = True) -> gr.Blocks:
    """The page over an assistant; with `mcp`, what it offers programs is described for an MCP server.

    `alone` says that one person uses it: reports may then be added and removed.
    """
    screen, turns = Screen(), Turns()
    languages: dict[str, Any] = {"choices": [("中文", "zh"), ("English", "en")], "label": "语言 / Language"}
    blocks: gr.Blocks = gr.Blocks(analytics_enabled=False, title="Rapporteur", fill_width=True)
    with blocks:
        with gr.Row(elem_id="top"):
            screen.html(partial(top_html, assistant), of_the_index=True, elem_id="about")
            language = gr.Radio(value=SCREEN, elem_id="language", scale=0, min_width=200, **languages)
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, min_width=320, elem_id="tabs"), gr.Tabs():
                with screen.put(gr.Tab, {"label": "ask_tab"}):
                    ask = AskTab(screen, assistant, turns, alone)
                with screen.put(gr.Tab, {"label": "read_tab"}, render_children=True):
                    gr.HTML('<div id="reader-bar"></div><div id="reader"></div>', apply_default_css=False)
                with screen.put(gr.Tab, {"label": "compare_tab"}, render_children=True):
                    _compare_tab(screen, assistant, turns, language)
                with screen.put(gr.Tab, {"label": "draft_tab"}, elem_classes="draft-tab", render_children=True):
                    _draft_tab(screen, assistant, turns, language)
                with screen.put(gr.Tab, {"label": "own_tab"}, elem_classes="own-tab", render_children=True):
                    library = LibraryTab(screen, assistant, alone)
            with gr.Column(scale=5, min_width=320, elem_id="side"):
                gr.HTML('<aside id="panel"></aside>', apply_default_css=False)
        script = _script(assistant)
        ask.connect(script, language)
        ask.drawer.connect(blocks, language)
        library.connect(script, language)
        _switch(blocks, language, screen)
        offer(assistant, turns, mcp)
    return blocks


def _compare_tab(screen: Screen, assistant: Assistant, turns: Turns, language: gr.Radio) -> None:
    with gr.Row(elem_id="compare-row"):
        labels = {"label": "topic", "placeholder": "topic_here"}
        topic = screen.put(gr.Textbox, labels, elem_id="topic", scale=8)
        button: dict[str, Any] = {"variant": "primary", "scale": 1, "min_width": 160}
        go = screen.put(gr.Button, {"value": "compare"}, elem_id="compare", **button)
    columns = gr.HTML("", elem_id="columns", apply_default_css=False)

    def compare(topic: str, page: Language) -> str:
        return conversation.compare(assistant.as_chosen(), turns, topic, page)

    for trigger in (topic.submit, go.click):
        trigger(compare, [topic, language], columns, api_visibility="private")


def _draft_tab(screen: Screen, assistant: Assistant, turns: Turns, language: gr.Radio) -> None:
    """The draft to paste or choose, the button that checks it, and what checking found."""
    gr.HTML('<div id="draft-bar"></div>', apply_default_css=False)  # page.js fills it: the file never lies on disk
    labels = {"label": "draft", "placeholder": "draft_here"}
    text = screen.put(gr.Textbox, labels, lines=6, max_lines=14, elem_id="draft-text")
    with gr.Row():
        button: dict[str, Any] = {"variant": "primary", "scale": 0, "min_width": 160}
        go = screen.put(gr.Button, {"value": "draft_check"}, elem_id="draft-check", **button)
    found = gr.HTML("", elem_id="draft", apply_default_css=False)
    check = partial(drafting.check_draft, assistant, turns)
    go.click(check, [text, language], found, api_visibility="private")


def _script(assistant: Assistant) -> gr.HTML:
    """The page's own script with the functions it calls: none runs a model, so none waits in the queue."""

    def paragraph(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        return conversation.open_paragraph(assistant.as_chosen(), given, _known(given.get("language")))

    def report(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        name = str(given.get("name", ""))
        return conversation.open_report(assistant.as_chosen(), name, _known(given.get("language")))

    def draft(asked: object) -> dict[str, str]:
        given = asked if isinstance(asked, dict) else {}
        return drafting.open_draft(given, _known(given.get("language")))

    def listing(_asked: object = None) -> list[tuple[str, str]]:
        return [(each.id, each.name) for each in assistant.index.reports.values()]

    return gr.HTML(
        "",
        elem_id="script",
        js_on_load="".join(_resource(f"{name}.js") for name in ("page", "library", "drafting")),
        server_functions=[paragraph, report, draft, listing],
        words={"zh": dict(words("zh")), "en": dict(words("en"))},
        reports=listing(),
    )


def _switch(blocks: gr.Blocks, language: gr.Radio, screen: Screen) -> None:
    """The whole page in one language or the other, as the reader chose last time or the browser prefers."""

    def speak(page: Language) -> list[Any]:
        return [page, *(gr.update(**becomes(_known(page))) for _, becomes in screen.spoken)]

    outputs = [language, *(component for component, _ in screen.spoken)]
    rest: dict[str, Any] = {"fn": None, "inputs": language, "js": "(page) => window.rapporteur.speak(page)", **QUIETLY}
    chosen = "(chosen) => window.rapporteur.chosen(chosen)"
    language.input(speak, language, outputs, js=chosen, **QUIETLY).then(**rest)
    ready = '() => { document.body.dataset.ready = "yes"; }'
    blocks.load(speak, language, outputs, js=FIRST, **QUIETLY).then(**rest).then(None, js=ready, **QUIETLY)


def top_html(assistant: Assistant, page: Language) -> str:
    """What the page is, and which models answer from what."""
    index, llm, say = assistant.index, assistant.settings.llm, words(page)
    built = date.fromtimestamp((index.folder / "manifest.json").stat().st_mtime).isoformat()
    status = say["status"].format(
        embedder=assistant.settings.embedder,
        answers=say["quoting"] if llm == "none" else say["model"].format(llm=llm.rsplit("/", 1)[-1]),
        reports=len(index.reports),
        paragraphs=len(index.paragraphs),
        index=index.name,
        date=built,
    )
    return render("top", page, served=llm.startswith(("http://", "https://")), status=status)


def _known(page: object) -> Language:
    return "zh" if page == "zh" else "en"


def _resource(name: str) -> str:
    return files("rag.page").joinpath(name).read_text(encoding="utf-8")
