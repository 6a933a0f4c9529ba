"""From an answer and its hits to citations, each with a verdict."""

from rag.citations.answers import Checked, check_answer
from rag.citations.clauses import Terms
from rag.citations.markers import MARKER, complete_statements, plain_markers
from rag.citations.refusals import refuses
from rag.citations.statements import Statement
from rag.citations.verdicts import cite_quote, sentences_beside, texts_of, unsupported_figures

__all__ = [
    "MARKER",
    "Checked",
    "Statement",
    "Terms",
    "check_answer",
    "cite_quote",
    "complete_statements",
    "plain_markers",
    "refuses",
    "sentences_beside",
    "texts_of",
    "unsupported_figures",
]
