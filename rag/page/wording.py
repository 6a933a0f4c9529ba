"""What the page says, in both languages: the words of `wording.toml`, and the parts of the page that say them."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag.records import Language

if TYPE_CHECKING:
    import gradio as gr

    Becomes = Callable[[Language], Mapping[str, Any]]  # a component's properties in a language

SCREEN: Language = "en"  # what is sent before the browser says which language its reader chose
EXAMPLES: tuple[str, ...] = (  # each answered well when tried on the five reports; the browser tests ask all of them
    "3D打印枪支带来了哪些新的挑战？",
    "联合国裁军研究所做了哪些工作？",
    "S/2021/839第21段",
    "How have States addressed 3D-printed firearms?",
    "How many illicit small arms did national authorities collect between 2016 and 2019?",
    "BMS7 annex para 92",
)


@cache
def words(language: Language) -> Mapping[str, str]:
    """What the page says in a language, by key."""
    both = tomllib.loads(files("rag.page").joinpath("wording.toml").read_text(encoding="utf-8"))
    said: Mapping[str, str] = both[language]
    return said


class Screen:
    """The components of the page that say something, with what each becomes in the other language."""

    def __init__(self) -> None:
        self.spoken: list[tuple[gr.blocks.Block, Becomes]] = []
        self.of_the_index: list[tuple[gr.blocks.Block, Becomes]] = []  # those that show which reports there are

    def put(
        self,
        kind: Callable[..., Any],
        said: Mapping[str, str],
        becomes: "Becomes | None" = None,
        of_the_index: bool = False,
        **how: Any,
    ) -> Any:
        """A component: `said` gives its properties by the keys of their words, `becomes` those that are no words."""

        def in_language(page: Language) -> Mapping[str, Any]:
            return {name: words(page)[key] for name, key in said.items()} | dict(becomes(page) if becomes else {})

        component = kind(**in_language(SCREEN), **how)
        self.spoken.append((component, in_language))
        if of_the_index:
            self.of_the_index.append((component, in_language))
        return component

    def html(self, draw: Callable[[Language], str], **how: Any) -> Any:
        """A component that is what is drawn in a language."""
        import gradio as gr

        return self.put(gr.HTML, {}, lambda page: {"value": draw(page)}, apply_default_css=False, **how)
