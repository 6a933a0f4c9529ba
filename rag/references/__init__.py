"""Every printed form of a reference ("S/2021/839，第21段", "BMS7 annex para 92") to its paragraphs, and back."""

from rag.references.looking_up import LookUp, Missing, find_paragraphs, look_up, named_paragraphs
from rag.references.naming import NamedReport, named_reports
from rag.references.reading import NEAR, Printed, Reference, printed_references
from rag.references.resolving import resolve
from rag.references.telling import not_there
from rag.references.writing import written

__all__ = [
    "NEAR",
    "LookUp",
    "Missing",
    "NamedReport",
    "Printed",
    "Reference",
    "find_paragraphs",
    "look_up",
    "named_paragraphs",
    "named_reports",
    "not_there",
    "printed_references",
    "resolve",
    "written",
]
