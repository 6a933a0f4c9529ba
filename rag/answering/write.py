"""What a language model writes above the quotations: each statement checked once the next begins."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rag.answering.compose import number_on
from rag.answering.prompt import Prompt, write_prompt, write_rewriting
from rag.answering.retrieve import Found
from rag.checking import Checked, check_answer, complete_statements, plain_markers
from rag.checking.passages import MARKER, unsupported_figures
from rag.checking.statements import refuses
from rag.lexicon import Lexicon
from rag.models.chat import context_of, figures, generate, log_odds, model_name, token_counter
from rag.question import Question
from rag.records import Answer, Language, Report, Turn, Waiting, Writing
from rag.settings import Settings
from rag.text import language as language_of
from rag.text import sentences

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

YES_OR_NO: Mapping[Language, tuple[str, str]] = {"en": ("Yes", "No"), "zh": ("是", "否")}  # as prompts/*/judge.txt says
REWRITTEN = 80  # tokens of a follow-up question at the most, when a model rewrites it
REWRITING_SHARE = 0.25  # of a model's context for the turns it rewrites from


def prompt_for(
    found: Found,
    model: "BaseChatModel",
    settings: Settings,
    reports: Mapping[str, Report],
    language: Language,
    renderings: bool,
) -> Prompt:
    """What a model is given to judge and to answer a question from what was found. ModelError where nothing fits."""
    return write_prompt(
        found.question.text,
        found.hits,
        reports,
        language,
        token_counter(model),
        context_of(model, settings),
        settings.passages,
        settings.passage_tokens,
        settings.llm_output,
        renderings,
    )


def ask_whether(
    prompt: Prompt, model: "BaseChatModel", settings: Settings, language: Language, calibrated: Mapping[str, Any]
) -> Generator[Waiting, None, float]:
    """How sure a model is that its passages answer, in standard deviations of the questions it was calibrated on.

    0 where it is a server's, which does not tell. ModelError where it fails.
    """
    odds = yield from log_odds(model, prompt.judging, YES_OR_NO[language], settings)
    mean, scale = calibrated["log_odds"][language]
    return 0.0 if odds is None else (odds - mean) / scale


def write_above(
    quoted: Answer,
    question: str,
    prompt: Prompt,
    model: "BaseChatModel",
    settings: Settings,
    reports: Mapping[str, Report],
    lexicon: Lexicon,
) -> Generator[Writing | Waiting, None, Answer]:
    """The quoted answer with what a model writes above it. ModelError where that fails.

    The model's statements that hold stand over the quotations; the quotations alone, with its view, where none does.
    """
    language = quoted.language
    passages = {passage.marker: passage.paragraph for passage in prompt.passages}
    check = partial(
        check_answer, passages=passages, reports=reports, language=language, lexicon=lexicon, question=question
    )
    pieces = generate(model, prompt.messages, settings, prompt.grammar)
    text, run = yield from _check_as_it_grows(pieces, passages, check, language)
    checked = check(text)
    timings = {stage: run[f"{stage}_ms"] for stage in ("prompt", "generate") if f"{stage}_ms" in run}
    answer = replace(
        quoted,
        models={**quoted.models, "llm": model_name(model)},
        timings={**quoted.timings, **timings},
        generation=figures(run),
        rejected=checked.left_out,
    )
    if not (checked.verified or checked.unsure):
        return replace(answer, model_view="refused" if refuses(text) else "unverified")
    written = replace(answer, mode="llm", text=checked.text, citations=checked.citations)
    return replace(written, quoted=number_on(quoted, written.citations))


def _check_as_it_grows(
    pieces: Generator[str | Waiting, None, Mapping[str, Any]],
    passages: Collection[int],
    check: Callable[[str], Checked],
    language: Language,
) -> Generator[Writing | Waiting, None, tuple[str, Mapping[str, Any]]]:
    """What a model has written so far; returns all of it, and the run.

    An answer that was cut off ends with its last whole statement.
    """
    text = whole = shown = ""
    with closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                run = end.value
                return (complete_statements(text) if run.get("finish_reason") == "length" else text), run
            if isinstance(piece, Waiting):
                yield piece
                continue
            text += piece
            plain = plain_markers(text, passages)
            last = sentences(plain, language)[-1:]
            done = plain[: last[0][0]] if last else ""
            if done != whole:
                whole, shown = done, check(done).text
            yield Writing(shown, MARKER.sub("", plain[len(done) :]))


def rewrite(
    question: Question, history: Sequence[Turn], model: "BaseChatModel", settings: Settings
) -> Generator[Waiting, None, Question]:
    """A question that leans on the one before as a model rewrites it, where that keeps to what was said; else as it is.

    ModelError where the model fails.
    """
    room = int(context_of(model, settings) * REWRITING_SHARE)
    message = write_rewriting(question.asked, history, question.language, token_counter(model), room)
    written = ""
    for piece in generate(model, [message], settings, limit=REWRITTEN):
        written += "" if isinstance(piece, Waiting) else piece
        yield piece if isinstance(piece, Waiting) else Waiting()
    written = written.strip()
    said = [question.asked, *(text for turn in history for text in (turn.question, turn.answer))]
    keeps = not unsupported_figures(written, said) and not unsupported_figures(question.asked, [written])
    fits = "\n" not in written and len(written) <= settings.question_limit and language_of(written) == question.language
    return replace(question, understood=written) if keeps and fits and written != question.asked else question
