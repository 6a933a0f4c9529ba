"""A chat model behind an OpenAI-compatible server. The only door to langchain-openai and openai."""

import os
import re
from collections.abc import Generator, Sequence
from contextvars import copy_context
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from threading import Event, Thread

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage

from rag.errors import ModelError
from rag.settings import Settings

KEY = "RAPPORTEUR_LLM_KEY"  # of its own: a key meant for a paid service must not be sent to another server
PROBE_SECONDS = 5.0  # to be told what models a server has
TICK = 0.2  # seconds between two looks whether the reader has stopped


def chat_at(settings: Settings) -> BaseChatModel:
    """A chat model behind an OpenAI-compatible server."""
    if find_spec("langchain_openai") is None:
        raise ModelError(
            f"{settings.llm} needs langchain-openai, which is not installed. Run: pip install langchain-openai"
        )
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


def listened(
    model: BaseChatModel, messages: Sequence[BaseMessage], failures: tuple[type[Exception], ...]
) -> Generator[AIMessageChunk | None, None, None]:
    """What a model behind a server streams, with None now and then while nothing comes; raises what it raised.

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
        except failures as error:
            come.put(error)
        finally:
            come.put(None)

    Thread(target=copy_context().run, args=(read,), daemon=True).start()
    try:
        while True:
            try:
                chunk = come.get(timeout=TICK)
            except Empty:
                yield None
                continue
            if chunk is None:
                return
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
    finally:
        closed.set()


def _first_model(url: str, key: str) -> str:
    """The first model a server lists."""
    from openai import OpenAI, OpenAIError

    try:
        with OpenAI(base_url=url, api_key=key, timeout=PROBE_SECONDS, max_retries=0) as client:
            listed = [model.id for model in client.models.list().data]
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        said = re.sub(r"\s+", " ", str(error)).strip()[:160]
        raise ModelError(
            f"No answer from the server {url} ({said}). Start it, or ask without it: --llm none"
        ) from error
    if not listed:
        raise ModelError(f"The server {url} lists no model. Load one there, or name it with llm_model.")
    return str(listed[0])
