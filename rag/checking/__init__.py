"""From an answer and its hits to citations, each with a verdict."""

from rag.checking.answers import Checked, check_answer
from rag.checking.clauses import Terms
from rag.checking.markers import MARKER, complete_statements, plain_markers
from rag.checking.refusals import refuses
from rag.checking.statements import Statement
from rag.checking.verdicts import cite_quote, sentences_beside, texts_of, unsupported_figures

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
