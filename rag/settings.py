"""Every adjustable value, its unit, and why that default.

A value comes from a flag, else from the environment variable RAPPORTEUR_<SETTING>, else from `rapporteur.toml` in the
working folder, else from here.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hmac import compare_digest
from pathlib import Path
from typing import Any

from rag.errors import SettingError

FILE = "rapporteur.toml"
PREFIX = "RAPPORTEUR_"


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """A password that is compared and never shown; an empty one is none."""

    _text: str = ""

    def matches(self, given: str) -> bool:
        """Whether that is the password, in a time that tells nothing of it."""
        return bool(self) and compare_digest(self._text.encode(), given.encode("utf-8", "replace"))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "set, not shown" if self else "none"


TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _setting(default: Any, unit: str, why: str, least: float | None = None, most: float | None = None) -> Any:
    return field(default=default, metadata={"unit": unit, "why": why, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session runs with."""

    reports: Path = _setting(Path("seeds"), "folder", "the five reports that come with the project")
    index: Path = _setting(Path("index"), "folder", "beside the reports, not tracked")
    own: Path = _setting(Path("own"), "folder", "the reports you add; in the index's folder, so each index has its own")
    cache: Path = _setting(Path("~/.cache/rapporteur"), "folder", "where models are put together and kept")
    embedder: str = _setting("multilingual-e5-small", "name or folder", "known, small; eval/results has the table")
    reranker: str = _setting("none", "folder or none", "without a GPU it costs seconds a question")
    nli: str = _setting("none", "folder or none", "what it tells of a statement is a hint; the checks need no model")
    llm: str = _setting("auto", "GGUF file, URL, auto or none", "the best one that is here and fits in memory")
    llm_model: str = _setting("", "name", "what a server calls its model; empty asks for its first")
    k: int = _setting(10, "hits", "a screenful; recall@10 is what a reader can check", 1, 1000)
    short: bool = _setting(False, "yes or no", "up to four quotations; yes: the first alone")
    renderings: bool = _setting(True, "yes or no", "English quotations for English questions")
    question_limit: int = _setting(2000, "characters", "longer is a pasted text, not a question", 1, 100_000)
    read_seconds: float = _setting(180.0, "seconds", "a report of 2,000 pages takes about a minute to read", 1, 3600)
    history_turns: int = _setting(8, "turns", "earlier ones rarely matter and cost a model's context", 0, 100)
    passages: int = _setting(3, "paragraphs", "a small model answers best from few, and reading dominates", 1, 50)
    passage_tokens: int = _setting(600, "tokens", "11 s of reading at a laptop's 56 tokens a second", 100, 100_000)
    llm_context: int = _setting(4096, "tokens", "passages, history and answer; 512 would cut them", 512, 1_000_000)
    llm_output: int = _setting(300, "tokens", "four cited statements in either language", 16, 8192)
    llm_threads: int = _setting(0, "threads", "0: the physical cores, less one while other programs are busy", 0, 1024)
    llm_timeout: float = _setting(180.0, "seconds", "a 4B model on two cores answers within it", 1, 86_400)
    host: str = _setting("127.0.0.1", "address", "nobody else on the network sees the page")
    port: int = _setting(7860, "port", "Gradio's own", 1, 65_535)
    shared_reports: bool = _setting(False, "yes or no", "what one of several readers adds, all of them see")
    password: Password = _setting(Password(), "password", "nobody else can reach the page where it is by default")


def load_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ, folder: Path = Path()
) -> tuple[Settings, dict[str, str]]:
    """The settings, and for each where its value came from. A flag that is None was not given."""
    written = _read_file(folder / FILE)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for each in fields(Settings):
        name, variable = each.name, PREFIX + each.name.upper()
        places = {"flag": flags.get(name), variable: environment.get(variable), FILE: written.get(name)}
        sources[name] = next((place for place, value in places.items() if value is not None), "default")
        values[name] = _value(each, places.get(sources[name], each.default), sources[name])
    return Settings(**values), sources


def _read_file(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError("settings-not-toml", path=str(path), reason=str(error)) from error
    known = [each.name for each in fields(Settings)]
    for name in sorted(set(written).difference(known)):
        raise SettingError("setting-unknown", path=str(path), name=name, known=", ".join(known))
    return written


def _value(setting: Any, given: Any, source: str) -> Any:
    """A given value as the setting's type; SettingError names both where it cannot be."""
    kind: Any = setting.type
    about = setting.metadata
    told = {"name": setting.name, "given": "…" if kind is Password else repr(given), "source": source, **about}
    try:
        fits = isinstance(given, (str, int, float) if kind is float else (str, kind))
        if not fits or (isinstance(given, bool) and kind is not bool):
            raise TypeError(given)
        if kind is Path:
            return Path(given).expanduser()
        value = given if isinstance(given, kind) else TRUTH[given.lower()] if kind is bool else kind(given)
    except (TypeError, ValueError, KeyError) as error:
        raise SettingError("setting-wrong", **told) from error
    if about["least"] is not None and not about["least"] <= value <= about["most"]:
        raise SettingError("setting-outside", **told)
    return value
