"""What people are told, in both languages, by its key: data/messages.toml and, of errors, data/errors.toml."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rag.data import table


def message(key: str, language: str, **values: Any) -> str:
    """A message with values in its braces, as by str.format.

    >>> message("as-typed", "zh", said="“武器”")
    '检索的是“武器”。要按原样检索，请给该词加引号。'
    """
    return texts()[key][language].format(**values)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key → language → message."""
    return {**table("messages.toml"), **table("errors.toml")}
