"""The chat page: ask, check the paragraph behind an answer, read a report, compare reports."""

from rag.page.serving import serve

__all__ = ["serve"]
