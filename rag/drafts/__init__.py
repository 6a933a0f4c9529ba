"""Check a draft statement against the reports: its quotations, references and figures."""

from rag.drafts.checking import check
from rag.drafts.findings import Change, Draft, Finding, Kind, Place, Verdict
from rag.drafts.reading import read_draft

__all__ = ["Change", "Draft", "Finding", "Kind", "Place", "Verdict", "check", "read_draft"]
