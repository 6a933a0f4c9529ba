"""A chat model: a local GGUF file, or any OpenAI-compatible server.

It knows nothing of questions or paragraphs.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage

from rag.errors import GenerationError, ModelError
from rag.models.engine import check_file, uses_gpu
from rag.models.local import LlamaChat, too_slow
from rag.models.server import chat_at, listened
from rag.records import Waiting
from rag.settings import Settings

__all__ = [
    "LlamaChat",
    "chat_model",
    "context_of",
    "estimated_tokens",
    "figures",
    "generate",
    "model_name",
    "token_counter",
    "uses_gpu",
]

HAN_TOKENS, LATIN_TOKENS = 1.0, 0.4  # tokens a character, on the safe side, where the tokenizer is not at hand
THINKING = re.compile(r"<think>.*?(?:</think>|\Z)\s*", re.DOTALL)
LONGEST_TOKEN = 20  # characters a token has at the most on average: a server that goes on beyond them ignores the limit


def chat_model(settings: Settings) -> BaseChatModel | None:
    """The chat model the settings name, not loaded yet, or None for none.

    ModelError where there is no such file, it is not a GGUF file, what it takes is not installed, or a server that is
    to be asked for its model does not answer.
    """
    if settings.llm == "none":
        return None
    if re.match(r"https?://", settings.llm):
        return chat_at(settings)
    path = Path(settings.llm).expanduser()
    check_file(path)
    if find_spec("llama_cpp") is None:
        raise ModelError(f"{path} needs llama-cpp-python, which is not installed. Run: make llm")
    return LlamaChat(
        path=path,
        context_size=settings.llm_context,
        threads=settings.llm_threads,
        max_tokens=settings.llm_output,
        timeout=settings.llm_timeout,
    )


def model_name(model: BaseChatModel) -> str:
    """What a reader calls a chat model: its file's or its server's name for it."""
    if isinstance(model, LlamaChat):
        return model.path.name
    return str(getattr(model, "model_name", None) or model._llm_type)


def token_counter(model: BaseChatModel) -> Callable[[str], int]:
    """How many tokens a text takes: by the model's tokenizer, or estimated high where that is a server's."""
    return model.get_num_tokens if isinstance(model, LlamaChat) else estimated_tokens


def estimated_tokens(text: str) -> int:
    """How many tokens a text takes at the most with the usual tokenizers.

    >>> estimated_tokens("武器"), estimated_tokens("small arms")
    (2, 4)
    """
    latin = sum(character < "\u2e80" for character in text)
    return round(LATIN_TOKENS * latin + HAN_TOKENS * (len(text) - latin))


def context_of(model: BaseChatModel, settings: Settings) -> int:
    """How many tokens prompt and answer may take together: as the file says, else as the settings do."""
    return model.context if isinstance(model, LlamaChat) else settings.llm_context


def generate(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    settings: Settings,
    grammar: str | None = None,
    limit: int | None = None,
) -> Generator[str | Waiting, None, Mapping[str, Any]]:
    """The text a model writes, as it comes, without its thinking; `Waiting` from time to time while there is none yet.

    Returns what is known of the run:
    `finish_reason`, and of a local model what `figures` reads. Only a local model is held to the grammar and to a limit
    of its own. Closing the iterator stops the model. GenerationError where it fails, writes nothing or something that
    is not text, or takes longer than `settings.llm_timeout`.
    """
    deadline = monotonic() + settings.llm_timeout
    ticket = object()
    more: dict[str, Any] = {}
    if isinstance(model, LlamaChat):
        more = {"grammar": grammar, "max_tokens": limit, "ticket": ticket}
    name, raw, shown = model_name(model), "", ""
    run: dict[str, Any] = {}
    with _as_generation_error(model), closing(_chunks(model, messages, more)) as chunks:
        for chunk in chunks:
            if monotonic() > deadline:
                raise too_slow(name, settings.llm_timeout)
            if chunk is None:
                yield Waiting()
                continue
            if isinstance(model, LlamaChat) and (ahead := model.ahead(ticket)):
                yield Waiting(ahead)
                continue
            raw += chunk.text
            run.update(chunk.response_metadata)
            run.update(chunk.usage_metadata or {})
            if "\ufffd" in raw:
                raise GenerationError(f"{name} wrote bytes that are not text. Choose another model: rapporteur models")
            if len(raw) > LONGEST_TOKEN * settings.llm_output:
                raise GenerationError(f"{name} does not stop writing. Choose another model: rapporteur models")
            visible = _without_thinking(raw)
            yield visible[len(shown) :] or Waiting()
            shown = visible
    rest = THINKING.sub("", raw)[len(shown) :]
    if not (shown + rest).strip():
        raise GenerationError(f"{name} wrote nothing. Ask again, or choose another model: rapporteur models")
    yield rest or Waiting()
    return run


def figures(run: Mapping[str, Any]) -> dict[str, float]:
    """What a reader may be told of a run: tokens of the prompt, of those reused, tokens written, and of those a second.

    >>> figures({"input_tokens": 900, "reused_tokens": 600, "output_tokens": 40, "generate_ms": 5000.0})
    {'prompt_tokens': 900, 'reused_tokens': 600, 'written_tokens': 40, 'tokens_per_second': 8.0}
    """
    names = {"prompt_tokens": "input_tokens", "reused_tokens": "reused_tokens", "written_tokens": "output_tokens"}
    told = {name: run[key] for name, key in names.items() if key in run}
    if run.get("generate_ms") and "written_tokens" in told:
        told["tokens_per_second"] = round(1000 * told["written_tokens"] / run["generate_ms"], 2)
    return told


def _chunks(
    model: BaseChatModel, messages: Sequence[BaseMessage], more: Mapping[str, Any]
) -> Generator[AIMessageChunk | None, None, None]:
    """What a model streams, as something that can be closed; None while a server says nothing."""
    if isinstance(model, LlamaChat):
        yield from model.stream(list(messages), **more)
    else:
        yield from listened(model, messages, (ModelError, *_failures(model)))


def _without_thinking(text: str) -> str:
    """The text but for thinking, also where that has only begun."""
    text = THINKING.sub("", text)
    begun = next((n for n in range(len("<think>") - 1, 0, -1) if text.endswith("<think>"[:n])), 0)
    return text[: len(text) - begun]


@contextmanager
def _as_generation_error(model: BaseChatModel) -> Iterator[None]:
    """Whatever a server or llama.cpp does wrong, as a GenerationError."""
    try:
        yield
    except GenerationError:
        raise
    except ModelError as error:
        raise GenerationError(str(error)) from error
    except _failures(model) as error:
        raise _failed(model_name(model), error) from error


def _failures(model: BaseChatModel) -> tuple[type[Exception], ...]:
    """What a model may raise through no fault of ours."""
    if isinstance(model, LlamaChat):
        return (RuntimeError, MemoryError)
    from openai import OpenAIError

    # The client changed from httpx to httpx2, and lets what these raise in the middle of a stream through.
    clients = [import_module(name) for name in ("httpx", "httpx2") if find_spec(name)]
    # langchain-openai lets through what a server's malformed answer makes of its own code.
    odd = (ValueError, TypeError, KeyError, AttributeError, IndexError)
    return (OpenAIError, *(client.HTTPError for client in clients), *odd)


def _failed(name: str, error: Exception) -> GenerationError:
    said = re.sub(r"\s+", " ", str(error)).strip()[:200] or type(error).__name__
    if "No generation chunks" in said:  # langchain-core's way of saying that nothing was streamed
        return GenerationError(f"{name} wrote nothing. Ask again, or choose another model: rapporteur models")
    return GenerationError(f"{name} failed ({said}). See that it runs, or ask without it: --llm none")
