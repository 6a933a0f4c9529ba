"""What other programs may call, through gradio_client or plain HTTP: the same JSON as the command line's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from rag.assistant import Assistant
from rag.errors import RagError
from rag.page.asking import MODEL
from rag.present import answer_json, hit_json, paragraph_json


def offer(assistant: Assistant) -> None:
    """Offer ask, search and show on the page's address."""
    from gradio.events import api as gradio_api

    reports = assistant.index.reports

    def ask(question: str) -> dict[str, Any]:
        """Answer a question about the reports, every statement cited."""
        return answer_json(assistant.ask(question), reports)

    def search(question: str, k: int = 10) -> list[dict[str, Any]]:
        """Find the paragraphs nearest to a question."""
        return [hit_json(hit, reports, text=True) for hit in assistant.search(question, k)]

    def show(reference: str) -> list[dict[str, Any]]:
        """Show the paragraphs a reference names."""
        return [paragraph_json(paragraph, reports) for paragraph in assistant.show(reference)]

    gradio_api(_told(ask), api_name="ask", concurrency_id=MODEL, concurrency_limit=1)
    gradio_api(_told(search), api_name="search", concurrency_id=MODEL, concurrency_limit=1)
    gradio_api(_told(show), api_name="show")


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its RagErrors as ones that Gradio passes on to the caller."""
    import gradio as gr

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return called
