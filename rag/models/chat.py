"""A chat model: a local GGUF file, or any OpenAI-compatible server.

It knows nothing of questions or paragraphs.
"""

import os
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage

from rag.errors import GenerationError, ModelError
from rag.models.engine import check_file
from rag.models.local import LlamaChat, begun, model_failed
from rag.records import Waiting
from rag.settings import Settings

HAN_TOKENS, LATIN_TOKENS = 1.0, 0.4  # tokens a character, on the safe side, where the tokenizer is not at hand
THINKING = re.compile(r"<think>.*?(?:</think>|\Z)\s*", re.DOTALL)
LONGEST_TOKEN = 20  # characters a token has at the most on average: a server that goes on beyond them ignores the limit
KEY = "RAPPORTEUR_LLM_KEY"  # of its own: a key meant for a paid service must not be sent to another server
PROBE_SECONDS = 5.0  # to be told what models a server has
TICK = 0.2  # seconds between two looks whether the reader has stopped
FIGURES = {"prompt_tokens": "input_tokens", "reused_tokens": "reused_tokens", "written_tokens": "output_tokens"}


def chat_model(settings: Settings) -> BaseChatModel | None:
    """The chat model the settings name, not loaded yet, or None for none.

    ModelError where there is no such file, it is not a GGUF file, what it takes is not installed, or a server that is
    to be asked for its model does not answer.
    """
    if settings.llm == "none":
        return None
    if re.match(r"https?://", settings.llm):
        return _behind_server(settings)
    path = Path(settings.llm).expanduser()
    check_file(path)
    if find_spec("llama_cpp") is None:
        raise ModelError("needs-llama-cpp", path=str(path))
    return LlamaChat(
        path=path,
        context_size=settings.llm_context,
        threads=settings.llm_threads,
        max_tokens=settings.llm_output,
        timeout=settings.llm_timeout,
    )


def model_name(model: BaseChatModel) -> str:
    """What a reader calls a chat model: its file's or its server's name for it."""
    return model.path.name if isinstance(model, LlamaChat) else getattr(model, "model_name", None) or model._llm_type


def token_counter(model: BaseChatModel) -> Callable[[str], int]:
    """How many tokens a text takes: by the model's tokenizer, or estimated high where that is a server's."""
    if isinstance(model, LlamaChat):
        return model.get_num_tokens
    return lambda text: round(sum(LATIN_TOKENS if character < "\u2e80" else HAN_TOKENS for character in text))


def context_of(model: BaseChatModel, settings: Settings) -> int:
    """How many tokens prompt and answer may take together: as the file says, else as the settings do."""
    return model.engine.context if isinstance(model, LlamaChat) else settings.llm_context


def generate(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    settings: Settings,
    grammar: str | None = None,
    limit: int | None = None,
) -> Generator[str | Waiting, None, Mapping[str, Any]]:
    """The text a model writes, as it comes, without its thinking; `Waiting` from time to time while there is none yet.

    Returns what is known of the run: `finish_reason`, and of a local model what `figures` reads. Only a local model is
    held to the grammar and to a limit of its own. Closing the iterator stops the model. ModelError where it cannot be
    loaded; GenerationError where it fails, writes nothing or something that is not text, or takes longer than
    `settings.llm_timeout`.
    """
    deadline, name, raw, shown = monotonic() + settings.llm_timeout, model_name(model), "", ""
    run: dict[str, Any] = {}
    if isinstance(model, LlamaChat):
        stream = model.stream(list(messages), grammar=grammar, max_tokens=limit)
    else:
        stream = _listen(model, messages)
    with closing(cast(Generator[AIMessageChunk], stream)) as chunks:
        for chunk in chunks:
            if monotonic() > deadline:
                raise GenerationError("model-too-slow", model=name, seconds=settings.llm_timeout)
            raw += chunk.text
            run.update(chunk.response_metadata)
            run.update(chunk.usage_metadata or {})
            if "\ufffd" in chunk.text:
                raise GenerationError("not-text", model=name)
            if len(raw) > LONGEST_TOKEN * settings.llm_output:
                raise GenerationError("endless", model=name)
            visible = THINKING.sub("", raw)
            visible = visible[: len(visible) - begun(visible, "<think>")]
            yield visible[len(shown) :] or Waiting(chunk.response_metadata.get("ahead", 0))
            shown = visible
    written = THINKING.sub("", raw)
    if not written.strip():
        raise GenerationError("nothing-written", model=name)
    yield written[len(shown) :] or Waiting()
    return run


def log_odds(
    model: BaseChatModel, messages: Sequence[BaseMessage], either: tuple[str, str], settings: Settings
) -> Generator[Waiting, None, float | None]:
    """How much likelier a local model finds the first of two answers than the second; None for a server's.

    ModelError where it cannot be loaded; GenerationError where it fails or takes longer than `settings.llm_timeout`.
    """
    if not isinstance(model, LlamaChat):
        return None
    deadline, run = monotonic() + settings.llm_timeout, {}
    with closing(cast(Generator[AIMessageChunk], model.stream(list(messages), either=either))) as chunks:
        for chunk in chunks:
            if monotonic() > deadline:
                raise GenerationError("model-too-slow", model=model_name(model), seconds=settings.llm_timeout)
            run.update(chunk.response_metadata)
            yield Waiting(chunk.response_metadata.get("ahead", 0))
    return float(run["log_odds"])


def figures(run: Mapping[str, Any]) -> dict[str, float]:
    """What a reader may be told of a run: tokens of the prompt, of those reused, tokens written, and of those a second.

    >>> figures({"input_tokens": 900, "reused_tokens": 600, "output_tokens": 40, "generate_ms": 5000.0})
    {'prompt_tokens': 900, 'reused_tokens': 600, 'written_tokens': 40, 'tokens_per_second': 8.0}
    """
    told = {name: run[key] for name, key in FIGURES.items() if key in run}
    if run.get("generate_ms") and "written_tokens" in told:
        told["tokens_per_second"] = round(1000 * told["written_tokens"] / run["generate_ms"], 2)
    return told


def _behind_server(settings: Settings) -> BaseChatModel:
    """A chat model behind an OpenAI-compatible server."""
    if find_spec("langchain_openai") is None:
        raise ModelError("needs-langchain-openai", server=settings.llm)
    from langchain.chat_models import init_chat_model

    url = settings.llm.rstrip("/")
    url = url if re.match(r"https?://[^/]+/.", url) else f"{url}/v1"
    key = os.environ.get(KEY, "none")
    model: BaseChatModel = init_chat_model(
        settings.llm_model or _first_model(url, key),
        model_provider="openai",
        base_url=url,
        api_key=key,
        temperature=0,
        timeout=settings.llm_timeout,
        max_retries=0,
        stream_usage=False,  # not every server knows the option
        # Under the old name: not every server knows `max_completion_tokens`, which langchain-openai would send.
        extra_body={"max_tokens": settings.llm_output, "chat_template_kwargs": {"enable_thinking": False}},
    )
    return model


def _first_model(url: str, key: str) -> str:
    """The first model a server lists."""
    from openai import OpenAI, OpenAIError

    try:
        with OpenAI(base_url=url, api_key=key, timeout=PROBE_SECONDS, max_retries=0) as client:
            listed = [model.id for model in client.models.list().data]
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        raise ModelError("no-server", server=url, reason=" ".join(str(error).split())[:160]) from error
    if not listed:
        raise ModelError("no-model-listed", server=url)
    return listed[0]


def _listen(model: BaseChatModel, messages: Sequence[BaseMessage]) -> Generator[AIMessageChunk]:
    """What a model behind a server streams, and an empty chunk now and then while nothing comes.

    A thread reads, because a read cannot be broken off: a server that says nothing, or never anything but that it is
    still there, would keep the reader from stopping. When this is closed the thread drops the connection at the next
    thing the server sends.
    """
    come: SimpleQueue[AIMessageChunk | Exception | None] = SimpleQueue()
    closed = Event()

    def read() -> None:
        try:
            for chunk in model.stream(list(messages)):
                if closed.is_set():
                    return
                come.put(chunk)
            come.put(None)
        except Exception as error:  # handed on: a client lets through what a malformed answer makes of its own code
            nothing = "No generation chunks" in str(error)  # langchain-core's way of saying that nothing was streamed
            come.put(None if nothing else error)

    Thread(target=copy_context().run, args=(read,), daemon=True).start()
    try:
        chunk: AIMessageChunk | Exception | None = AIMessageChunk(content="")
        while chunk is not None:
            if isinstance(chunk, ModelError):
                raise chunk
            if isinstance(chunk, Exception):
                raise model_failed(model_name(model), chunk) from chunk
            yield chunk
            chunk = AIMessageChunk(content="")
            with suppress(Empty):
                chunk = come.get(timeout=TICK)
    finally:
        closed.set()
