"""The retriever as LangChain's, for chains of other people's making.

A module of its own because importing LangChain's retriever takes as long as a whole look-up.
"""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.records import Hit
from rag.retrieval import Filters, Retriever


class ParagraphRetriever(BaseRetriever):
    """The Retriever as LangChain's: `invoke(question)` gives exactly k Documents, the best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    k: int = 10
    filters: Filters = Filters()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        found = self.retriever.find(query, int(kwargs.get("k", self.k)), self.filters)
        return [as_document(hit) for hit in found.hits]


def as_document(hit: Hit) -> Document:
    """A hit as a LangChain Document; its id is the paragraph's."""
    paragraph = hit.paragraph
    metadata = {"report": paragraph.report, "part": paragraph.part, "number": paragraph.number, "score": hit.score}
    return Document(page_content=paragraph.text, metadata=metadata, id=paragraph.id)
