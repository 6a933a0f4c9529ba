"""What people are told, in both languages, by its key: data/messages.toml and, of errors, data/errors.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


def message(key: str, language: str, **values: Any) -> str:
    """A message with values in its braces, as by str.format.

    >>> message("as-typed", "zh", said="“武器”")
    '检索的是“武器”。要按原样检索，请给该词加引号。'
    """
    return texts()[key][language].format(**values)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key → language → message."""
    data = resources.files("rag") / "data"
    files = [(data / name).read_text(encoding="utf-8") for name in ("messages.toml", "errors.toml")]
    return {key: said for text in files for key, said in tomllib.loads(text).items()}
