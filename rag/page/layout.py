"""The page's parts, and which of them answers to which."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.page import conversation
from rag.page.asking import (
    AT_ONCE,
    MODEL,
    SCREEN,
    ask_tab,
    connect,
    report_choices,
    welcome_html,
    year_choices,
)
from rag.page.drafting import draft_tab
from rag.page.drafting import opened as opened_draft
from rag.page.drawer import connect_drawer
from rag.page.library import connect_library, library_tab
from rag.page.programs import offer
from rag.page.turns import Turns
from rag.page.wording import words
from rag.records import Language

if TYPE_CHECKING:
    import gradio as gr

    from rag.page.asking import Labelled
    from rag.page.library import Spoken

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
TURNING = """(() => { let chosen = null; try { chosen = localStorage.getItem("rapporteur-language"); } catch {}
if (chosen === "zh" || (chosen !== "en" && navigator.language.startsWith("zh")))
document.documentElement.classList.add("turning"); })()"""  # sent in English, the page waits to be seen in Chinese
FIRST = (
    "async () => { while (!window.rapporteur) await new Promise(requestAnimationFrame); return rapporteur.first(); }"
)


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
        "head": f"<style>{_resource('page.css')}</style><script>{TURNING}</script>",
    }  # `css` would be kept to the page's inner part


def page(assistant: Assistant, mcp: bool = False, alone: bool = True) -> "gr.Blocks":
    """The page over an assistant; with `mcp`, what it offers programs is described for an MCP server.

    `alone` says that one person uses it: reports may then be added and removed.
    """
    import gradio as gr

    say = words(SCREEN)
    turns = Turns()
    labelled: Labelled = []
    spoken: Spoken = []
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
                with gr.Tab(say["ask_tab"]) as first:
                    parts = ask_tab(assistant, language, labelled, spoken, alone)
                with gr.Tab(say["read_tab"], render_children=True) as second:
                    gr.HTML('<div id="reader-bar"></div><div id="reader"></div>', apply_default_css=False)
                with gr.Tab(say["compare_tab"], render_children=True) as third:
                    _compare_tab(assistant, turns, language, labelled)
                with gr.Tab(say["draft_tab"], elem_classes="draft-tab", render_children=True) as fourth:
                    draft_tab(assistant, turns, language, labelled)
                with gr.Tab(say["own_tab"], elem_classes="own-tab", render_children=True) as own:
                    library = library_tab(assistant, language, labelled, spoken, alone)
            with gr.Column(scale=5, min_width=320, elem_id="side"):
                gr.HTML('<aside id="panel"></aside>', apply_default_css=False)
        labelled += [(first, {"label": "ask_tab"}), (second, {"label": "read_tab"})]
        labelled += [(third, {"label": "compare_tab"}), (fourth, {"label": "draft_tab"})]
        labelled.append((own, {"label": "own_tab"}))
        script = _script(assistant)
        spoken += [
            (top, lambda page: _top(assistant, page)),
            (parts["only"], lambda page: gr.update(choices=report_choices(assistant))),
            (parts["during"], lambda page: gr.update(choices=year_choices(assistant))),
        ]
        connect(assistant, turns, parts, script, language)
        connect_drawer(assistant, blocks, parts, language, alone)
        connect_library(assistant, library, script, language, spoken, alone, cleared=[parts["only"], parts["during"]])
        _switch(blocks, language, [*spoken, (parts["welcome"], welcome_html)], labelled)
        offer(assistant, turns, mcp)
    return blocks


def _compare_tab(assistant: Assistant, turns: Turns, language: "gr.Radio", labelled: "Labelled") -> None:
    import gradio as gr

    say = words(SCREEN)
    with gr.Row(elem_id="compare-row"):
        topic = gr.Textbox(label=say["topic"], placeholder=say["topic_here"], elem_id="topic", scale=8)
        go = gr.Button(say["compare"], variant="primary", scale=1, min_width=160, elem_id="compare")
    columns = gr.HTML("", elem_id="columns", apply_default_css=False)
    labelled += [(topic, {"label": "topic", "placeholder": "topic_here"}), (go, {"value": "compare"})]
    for trigger in (topic.submit, go.click):
        trigger(
            lambda *given: conversation.compare(assistant.as_chosen(), turns, *given),
            [topic, language],
            columns,
            concurrency_id=MODEL,
            concurrency_limit=AT_ONCE,
            api_visibility="private",
        )


def _script(assistant: Assistant) -> "gr.HTML":
    """The page's own script with the functions it calls: neither runs a model, so neither waits in the queue."""
    import gradio as gr

    def paragraph(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        return conversation.open_paragraph(assistant.as_chosen(), given, _known(given.get("language")))

    def report(asked: object) -> str:
        given = asked if isinstance(asked, dict) else {}
        return conversation.open_report(
            assistant.as_chosen(), str(given.get("name", "")), _known(given.get("language"))
        )

    def draft(asked: object) -> dict[str, str]:
        given = asked if isinstance(asked, dict) else {}
        return opened_draft(given, _known(given.get("language")))

    def listing(_asked: object = None) -> list[tuple[str, str]]:
        return [(each.id, each.name) for each in assistant.index.reports.values()]

    both = {each: dict(words(each)) for each in ("zh", "en")}
    return gr.HTML(
        "",
        elem_id="script",
        js_on_load=_resource("page.js") + _resource("library.js") + _resource("drafting.js"),
        server_functions=[paragraph, report, draft, listing],
        words=both,
        reports=listing(),
    )


def _switch(blocks: "gr.Blocks", language: "gr.Radio", spoken: "Spoken", labelled: "Labelled") -> None:
    """The whole page in one language or the other, as the reader chose last time or the browser prefers."""

    def speak(page: Language) -> list[Any]:
        say = words(_known(page))
        told = [_retold(say, keys) for _, keys in labelled]
        return [page, *(becomes(_known(page)) for _, becomes in spoken), *told]

    outputs = [language, *(component for component, _ in [*spoken, *labelled])]
    quietly: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    rest = "(page) => window.rapporteur.speak(page)"
    language.input(speak, language, outputs, js="(chosen) => window.rapporteur.chosen(chosen)", **quietly).then(
        None, language, None, js=rest, **quietly
    )
    ready = '() => { document.body.dataset.ready = "yes"; }'
    blocks.load(speak, language, outputs, js=FIRST, **quietly).then(None, language, None, js=rest, **quietly).then(
        None, None, None, js=ready, **quietly
    )


def _top(assistant: Assistant, page: Language) -> str:
    from html import escape

    say = words(page)
    built = date.fromtimestamp((assistant.index.folder / "manifest.json").stat().st_mtime).isoformat()
    said = escape(conversation.status(assistant, built, page))
    served = assistant.settings.llm.startswith(("http://", "https://"))
    tagline = say["tagline_served" if served else "tagline"]
    return f'<h1>{say["title"]}</h1><p>{tagline}</p><p class="note" id="status">{said}</p>'


def _retold(say: Mapping[str, str], keys: Mapping[str, str]) -> Any:
    import gradio as gr

    properties: dict[str, Any] = {name: say[key] for name, key in keys.items()}
    return gr.update(**properties)


def _known(page: object) -> Language:
    return "zh" if page == "zh" else "en"


def _resource(name: str) -> str:
    return files("rag.page").joinpath(name).read_text(encoding="utf-8")
