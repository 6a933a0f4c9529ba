"""The drawer of settings that one reader chooses for themselves, and what a download would add."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.assistant import Assistant
from rag.models import catalogue
from rag.page.wording import words
from rag.records import Language

if TYPE_CHECKING:
    import gradio as gr

    from rag.page.asking import Labelled
    from rag.page.library import Spoken

KEPT = "rapporteur-settings"  # in the browser's own storage, as the language is
MOST = 30  # paragraphs to find: more is a list nobody reads
SHORT_OUTPUT = 120  # tokens a language model may write for a short answer: two statements in either language
SUGGESTED = ("Qwen2.5-Coder-1.5B-Instruct", "Qwen3-4B-Instruct-2507")
GB = 10**9


def settings_drawer(
    assistant: Assistant, say: Mapping[str, str], screen: Language, labelled: "Labelled", spoken: "Spoken", alone: bool
) -> dict[str, Any]:
    """The drawer's components by name; it stays shut until it is opened."""
    import gradio as gr

    settings = assistant.settings
    with gr.Accordion(say["settings"], open=False, elem_id="settings") as drawer:
        llm = gr.Radio(_llms(assistant, screen, alone), value=settings.llm, label=say["set_llm"], elem_id="set-llm")
        style = gr.Radio(_styles(screen), value="full", label=say["set_style"], elem_id="set-style")
        k = gr.Slider(1, MOST, value=min(settings.k, MOST), step=1, label=say["set_k"], elem_id="set-k", buttons=[])
        embedder = gr.Radio(
            _embedders(assistant), value=settings.embedder, label=say["set_embedder"], elem_id="set-embedder"
        )
        rebuild = gr.HTML("", elem_id="set-rebuild", apply_default_css=False)
        more = gr.HTML(downloads_html(assistant, screen), elem_id="drawer-about", apply_default_css=False)
    labelled += [
        (drawer, {"label": "settings"}),
        (llm, {"label": "set_llm"}),
        (style, {"label": "set_style"}),
        (k, {"label": "set_k"}),
        (embedder, {"label": "set_embedder"}),
    ]
    spoken += [
        (llm, lambda page: gr.update(choices=_llms(assistant, page, alone))),
        (style, lambda page: gr.update(choices=_styles(page))),
        (more, lambda page: gr.update(value=downloads_html(assistant, page))),
    ]
    kept = gr.BrowserState(None, storage_key=KEPT, secret=KEPT)  # no secrets are in it; a fixed key outlives a restart
    return {"llm": llm, "style": style, "k": k, "embedder": embedder, "rebuild": rebuild, "kept": kept}


def connect_drawer(
    assistant: Assistant, blocks: "gr.Blocks", part: dict[str, Any], language: "gr.Radio", alone: bool
) -> None:
    """Choices are kept in the browser and come back with it; another embedder is told what it takes."""
    import gradio as gr

    quietly: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    chosen = [part[name] for name in ("llm", "style", "k")]

    def restore(kept: object) -> list[Any]:
        found = kept if isinstance(kept, dict) else {}
        llm, style, k = found.get("llm"), found.get("style"), found.get("k")
        return [
            llm if llm in {value for _, value in _llms(assistant, "en", alone)} else gr.skip(),
            style if style in ("full", "short") else gr.skip(),
            k if isinstance(k, int) and 1 <= k <= MOST else gr.skip(),
        ]

    def keep(llm: str, style: str, k: int) -> dict[str, Any]:
        return {"llm": llm, "style": style, "k": k}

    blocks.load(restore, part["kept"], chosen, **quietly)
    for component, event in zip(chosen, ("input", "input", "release"), strict=True):
        getattr(component, event)(keep, chosen, part["kept"], **quietly)
    part["k"].change(keep, chosen, part["kept"], **quietly)  # typed, or by arrow keys

    def other_embedder(name: str, page: Language) -> str:
        return rebuild_html(name, page) if name != assistant.settings.embedder else ""

    part["embedder"].input(other_embedder, [part["embedder"], language], part["rebuild"], **quietly)


def as_chosen(assistant: Assistant, llm: str, style: str, k: float) -> Assistant:
    """The assistant as one reader wants it."""
    settings = assistant.settings
    short = style == "short"
    return assistant.as_chosen(
        llm=llm,
        k=int(k),
        passages=min(int(k), settings.passages),
        short=short,
        llm_output=min(settings.llm_output, SHORT_OUTPUT) if short else settings.llm_output,
    )


def first_run_html(assistant: Assistant, page: Language) -> str:
    """The help of the first visit: what runs now, what a download would add, and a button that puts it away."""
    say = words(page)
    if assistant.settings.llm != "none":
        return ""
    return (
        f'<section id="first-run" aria-label="{say["help"]}"><h2>{say["help"]}</h2><p>{say["help_now"]}</p>'
        f'{downloads_html(assistant, page)}<p class="acts"><button type="button" class="put-away">'
        f"{say['help_away']}</button></p></section>"
    )


def downloads_html(assistant: Assistant, page: Language) -> str:
    """What each suggested model that is not here would add, with the exact commands; nothing where all are here."""
    say = words(page)
    missing = [row.model for row in catalogue.rows(assistant.settings) if row.path is None]
    suggested = [model for model in missing if model.name in SUGGESTED]
    if not suggested:
        return ""
    items = []
    for model in sorted(suggested, key=lambda model: SUGGESTED.index(model.name)):
        size = f"{model.size / GB:.1f} GB" if model.size >= GB else f"{model.size / 10**6:.0f} MB"
        adds = say["adds_llm" if model.kind == "llm" else "adds_embedder"]
        commands = [f"rapporteur models pull {model.name}", f"rapporteur models use {model.name}"]
        commands += ["rapporteur build"] if model.kind == "embedder" else []
        shown = "<br>".join(f"<code>{escape(command)}</code>" for command in commands)
        about = say["adds_size"].format(size=size, memory=f"{model.memory:g}", licence=model.licence)
        items.append(f"<li><b>{escape(model.name)}</b> — {adds} <span class='note'>{about}</span><br>{shown}</li>")
    listed = f'<ul class="downloads">{"".join(items)}</ul><p class="note">{say["adds_after"]}</p>'
    return f"<details><summary>{say['adds']}</summary>{listed}</details>"


def rebuild_html(embedder: str, page: Language) -> str:
    """What choosing another embedder takes."""
    name = escape(embedder)
    command = f"rapporteur build --embedder {name} &amp;&amp; rapporteur serve --embedder {name}"
    return f'<p class="notice">{words(page)["set_rebuild"].format(name=name)} <code>{command}</code></p>'


def _llms(assistant: Assistant, page: Language, alone: bool) -> list[tuple[str, str]]:
    """None, the one it was started with, and the installed ones where one person uses the page: each fills a memory."""
    settings = assistant.settings
    found = {"none": words(page)["set_none"]}
    if settings.llm != "none":
        found[settings.llm] = Path(settings.llm).name if not settings.llm.startswith("http") else settings.llm
    if alone:
        rows = [row for row in catalogue.rows(settings) if row.model.kind == "llm" and row.path]
        found |= {str(row.path): row.model.name for row in rows}
    return [(name, value) for value, name in found.items()]


def _styles(page: Language) -> list[tuple[str, str]]:
    say = words(page)
    return [(say["set_full"], "full"), (say["set_short"], "short")]


def _embedders(assistant: Assistant) -> list[tuple[str, str]]:
    rows = [row for row in catalogue.rows(assistant.settings) if row.model.kind == "embedder" and row.path]
    found = {str(row.path): row.model.name for row in rows}
    found.setdefault(assistant.settings.embedder, Path(assistant.settings.embedder).name)
    return [(name, value) for value, name in found.items()]
