"""Real text for tests: the seed reports, roughly cut into paragraphs, and their English renderings."""

import json
import re
from functools import cache
from pathlib import Path

from rag.text import join_lines

SEEDS = Path(__file__).parents[1] / "seeds"


@cache
def chinese() -> list[str]:
    """The numbered paragraphs of the seed reports on one line each, as good as they can be had without the parser."""
    blocks = [
        block for file in sorted(SEEDS.glob("*.txt")) for block in re.split(r"\n(?=\s*\d{1,3}\. )", file.read_text())
    ]
    lines = [[line for line in block.split("\n") if "://" not in line and "____" not in line] for block in blocks]
    return [paragraph for paragraph in map(join_lines, lines) if len(paragraph) > 20]


@cache
def renderings() -> list[dict[str, str]]:
    files = sorted(SEEDS.glob("en/*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


@cache
def english() -> list[str]:
    return [line["en"] for line in renderings() if len(line.get("en", "")) > 20]


@cache
def pairs() -> list[tuple[str, str]]:
    """Headings in Chinese with their English renderings."""
    return [(line["zh"], line["en"]) for line in renderings() if "zh" in line and "en" in line]
