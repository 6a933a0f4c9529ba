"""The chat page: ask, check the paragraph behind an answer, read a report, compare reports."""
