"""Every printed form of a reference ("S/2021/839，第21段", "BMS7 annex para 92") to its paragraphs, and back."""

from rag.references.looking_up import LookUp, find_paragraphs, look_up, resolve
from rag.references.naming import NamedReport, described_reports, named_reports
from rag.references.reading import NEAR, Printed, printed_references
from rag.references.writing import not_there, written

__all__ = [
    "NEAR",
    "LookUp",
    "NamedReport",
    "Printed",
    "described_reports",
    "find_paragraphs",
    "look_up",
    "named_reports",
    "not_there",
    "printed_references",
    "resolve",
    "written",
]
