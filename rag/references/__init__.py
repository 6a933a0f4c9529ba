"""Every printed form of a reference ("S/2021/839，第21段", "BMS7 annex para 92") to its paragraphs, and back."""

from rag.references.naming import NamedReport, named_reports
from rag.references.reading import NEAR, Printed, Reference, printed_references, references
from rag.references.resolving import find_paragraphs, named_paragraphs, resolve
from rag.references.writing import written

__all__ = [
    "NEAR",
    "NamedReport",
    "Printed",
    "Reference",
    "find_paragraphs",
    "named_paragraphs",
    "named_reports",
    "printed_references",
    "references",
    "resolve",
    "written",
]
