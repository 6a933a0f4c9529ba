"""Gates: the figures below which a run is not let through."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.scoring import MEASURES
from rag.errors import BatchError

PLACES = ("all", "zh", "en", "lookups zh", "lookups en", "parity", "repeats")


@dataclass(frozen=True, slots=True)
class Gate:
    """One measure in one place, and the least or most it may be."""

    measure: str
    where: str
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate and what the run reached; a measure that a run does not have fails."""

    gate: Gate
    value: float | None

    @property
    def passed(self) -> bool:
        """Whether the value lies where the gate wants it."""
        if self.value is None:
            return False
        low = self.gate.least is None or self.value >= self.gate.least
        return low and (self.gate.most is None or self.value <= self.gate.most)


def read_gates(path: Path) -> list[Gate]:
    """The gates of a TOML file ([[gate]] measure, where, least or most); BatchError names what cannot be read."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BatchError(
            f"{path} cannot be read ({error.strerror}). Give a gates file such as eval/gates.toml."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BatchError(f"{path} is not valid TOML ({error}). Mend it.") from error
    known = {measure.name for measure in MEASURES} | {
        "verdict_agreement",
        "jaccard@5",
        "jaccard@10",
        "rbo",
        "citation_jaccard",
        "number_agreement",
        "identical_hits",
        "identical_answers",
    }
    gates = []
    for n, each in enumerate(written.get("gate", []), 1):
        gate = Gate(str(each.get("measure")), str(each.get("where", "all")), each.get("least"), each.get("most"))
        if gate.measure not in known:
            raise BatchError(f"{path} gate {n}: no measure {gate.measure!r}. Measures are: {', '.join(sorted(known))}.")
        if gate.where not in PLACES or (gate.least is None) == (gate.most is None):
            raise BatchError(f"{path} gate {n}: give where ({', '.join(PLACES)}) and either least or most.")
        gates.append(gate)
    if not gates:
        raise BatchError(f"{path} has no [[gate]]. Write one as eval/gates.toml does.")
    return gates


def check(gates: list[Gate], summary: Mapping[str, Any]) -> list[Verdict]:
    """Each gate with what the summary says of it."""
    return [Verdict(gate, _value(gate, summary)) for gate in gates]


def _value(gate: Gate, summary: Mapping[str, Any]) -> float | None:
    if gate.where == "all":
        figures = summary["all"]
    elif gate.where in ("parity", "repeats"):
        figures = summary.get(gate.where, {})
    elif gate.where.startswith("lookups "):
        figures = summary["lookups"].get(gate.where.split()[1], {})
    else:
        figures = summary["lang"].get(gate.where, {})
    figure = figures.get(gate.measure)
    return None if figure is None else figure["value"]
