"""What every pipeline reads and writes; the standard library alone, as each runs in an environment of its own."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

os.environ.update(
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    OMP_WAIT_POLICY="PASSIVE",  # threads that spin while they wait halve the speed of a busy machine
    HAYSTACK_TELEMETRY_ENABLED="False",
)


def read() -> Mapping[str, Any]:
    """{"model": folder, "texts": [{"name", "text"}], "questions": [{"id", "text"}], "depth": hits a question}."""
    with open(sys.argv[1], encoding="utf-8") as file:
        return dict(json.load(file))


def write(systems: Mapping[str, tuple[Sequence[Mapping[str, str]], Mapping[str, Sequence[int]]]]) -> None:
    """System → its chunks ({"name", "text"}, in their texts' order) and question id → chunk numbers, best first."""
    said = {name: {"chunks": list(chunks), "ranked": dict(ranked)} for name, (chunks, ranked) in systems.items()}
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=False)
