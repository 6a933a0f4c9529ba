"""What code reads that is no code: messages, word tables, the glossary, the models known to work, what was tuned."""

import json
import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """A TOML or JSON file of this folder."""
    text = (resources.files(__name__) / name).read_text(encoding="utf-8")
    read: dict[str, Any] = tomllib.loads(text) if name.endswith(".toml") else json.loads(text)
    return read
