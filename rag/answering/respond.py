"""What was found for a question to its answer without a language model: a count, an overview, quotations, a refusal."""

from dataclasses import replace
from typing import Any, Literal

from rag.answering.compose import refusal, shorten
from rag.answering.judge import judge, missing, signals
from rag.answering.quote import quote_answer
from rag.answering.retrieve import Found, Retriever
from rag.answering.tally import tally
from rag.answering.voice import asks_whose, with_voices
from rag.answering.whole import answer_whole
from rag.records import Answer, Filters
from rag.references import not_there
from rag.settings import Settings


def respond(found: Found, retriever: Retriever, filters: Filters, settings: Settings) -> Answer:
    """The answer in the reports' own words, a count, whole reports in short, or a refusal."""
    question, index, look_up = found.question, retriever.index, found.look_up
    signs = (found, index, retriever.lexicon, filters)
    answer = _blank(found, retriever, settings)
    if counted := tally(question, index, retriever.lexicon, filters):
        searched_for = question.corrections if counted.corrected else {}
        given: dict[str, Any] = {"text": counted.text, "citations": counted.citations, "searched_for": searched_for}
        return replace(answer, mode="count", **given)
    if whole := answer_whole(found, retriever, filters):
        given = {"text": whole.text, "citations": whole.citations, "headings": whole.headings}
        return replace(answer, mode="overview", abstained=whole.abstained, **given)
    if look_up.in_vain:
        text = not_there(look_up, index.reports, index.paragraphs, question.language)
        return replace(answer, text=text, abstained=True)
    outcome = "sure" if look_up.named else judge(signals(*signs), retriever.weights.abstention)
    if outcome == "refused":
        return replace(answer, text=refusal(question.language, missing(*signs)), abstained=True)
    return in_quotations(found, retriever, filters, settings, outcome)


def in_quotations(
    found: Found, retriever: Retriever, filters: Filters, settings: Settings, outcome: Literal["sure", "unsure"]
) -> Answer:
    """The quoted answer; under a caveat where that is unsure."""
    sure = outcome == "sure"
    text, citations = quote_answer(found, retriever.index, retriever.lexicon, filters, retriever.weights, sure)
    voiced = with_voices(citations, retriever.index) if asks_whose(found.question) else citations
    answer = replace(_blank(found, retriever, settings), text=text, citations=voiced, confidence=outcome)
    return shorten(answer) if settings.short else answer


def refused_beneath(quoted: Answer, model: str) -> Answer:
    """The refusal that all signals together come to, a model's view among them; the quotations stay beneath."""
    refused = replace(quoted, text=refusal(quoted.language), citations=(), abstained=True, confidence="sure")
    return replace(refused, quoted=quoted, model_view="refused", models={**quoted.models, "llm": model})


def _blank(found: Found, retriever: Retriever, settings: Settings) -> Answer:
    """An answer to the question of what was found, without a word yet."""
    question = found.question
    return Answer(
        question=question.asked,
        language=question.language,
        text="",
        citations=(),
        hits=found.hits,
        mode="quotes",
        abstained=False,
        timings={},
        asked_in=question.foreign,
        understood=question.understood if question.understood != question.asked else None,
        searched_for=question.corrections,
        models={"embedder": settings.embedder, "llm": None},
        index=retriever.index.name,
    )
