"""A chat model: a local GGUF file, or any OpenAI-compatible server. The only door to llama-cpp-python.

It knows nothing of questions or paragraphs.
"""

import codecs
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from rag.errors import GenerationError, ModelError
from rag.settings import Settings

BATCH = 512  # tokens read in one step at the most; llama.cpp's own default
FIRST_STEP = 64  # tokens: how fast the machine reads is seen on them
STEP_SECONDS = 0.7  # a step of reading takes about so long, so that Stop is heard within a second
ANSWER_ROOM = 16  # tokens: with less room left the prompt does not fit
QUEUE_TICK = 0.2  # seconds between two looks whether it is our turn
HAN_TOKENS, LATIN_TOKENS = 1.0, 0.4  # tokens a character, on the safe side, where the tokenizer is not at hand
THINKING = re.compile(r"<think>.*?(?:</think>|\Z)\s*", re.DOTALL)
KEY = "RAPPORTEUR_LLM_KEY"  # of its own: a key meant for a paid service must not be sent to another server
PROBE_SECONDS = 5.0  # to be told what models a server has


def chat_model(settings: Settings) -> BaseChatModel | None:
    """The chat model the settings name, not loaded yet, or None for none.

    ModelError where there is no such file, it is not a GGUF file, what it takes is not installed, or a server that is
    to be asked for its model does not answer.
    """
    if settings.llm == "none":
        return None
    if re.match(r"https?://", settings.llm):
        return _server(settings)
    path = Path(settings.llm).expanduser()
    _check_file(path)
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


def written(
    model: BaseChatModel, messages: Sequence[BaseMessage], settings: Settings, grammar: str | None = None
) -> Iterator[str]:
    """The text a model writes, as it comes, without its thinking; "" from time to time while there is none yet.

    Only a local model is held to the grammar. Closing the iterator stops the model. GenerationError where it fails,
    writes nothing or something that is not text, or takes longer than `settings.llm_timeout`.
    """
    deadline = monotonic() + settings.llm_timeout
    name = model_name(model)
    more: dict[str, Any] = {"grammar": grammar} if isinstance(model, LlamaChat) else {}
    raw = shown = ""
    with _as_generation_error(name), closing(_closable(model.stream(list(messages), **more))) as chunks:
        for chunk in chunks:
            if monotonic() > deadline:
                raise _too_slow(name, settings.llm_timeout)
            raw += chunk.text
            if "\ufffd" in raw:
                raise GenerationError(f"{name} wrote bytes that are not text. Choose another model: rapporteur models")
            if len(raw) > 20 * settings.llm_output:  # a server may not keep to the limit
                raise GenerationError(f"{name} does not stop writing. Choose another model: rapporteur models")
            visible = _without_thinking(raw)
            yield visible[len(shown) :]
            shown = visible
    if not shown.strip():
        raise GenerationError(f"{name} wrote nothing. Ask again, or choose another model: rapporteur models")


class LlamaChat(BaseChatModel):
    """A GGUF file as a chat model. It is loaded when first asked, and writes one answer at a time."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: Path
    context_size: int = 4096
    threads: int = 0  # 0: as many as the machine has cores
    max_tokens: int = 300
    timeout: float = 180.0  # seconds, from asking to the last word, waiting included
    temperature: float = 0.0
    seed: int = 0
    stop: list[str] | None = Field(default=None)

    _turn: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _loading: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _waiting: int = PrivateAttr(default=0)
    _loaded: Any = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"path": str(self.path), "context_size": self.context_size, "temperature": self.temperature}

    @property
    def context(self) -> int:
        """How many tokens prompt and answer may take together; never more than the model was trained for."""
        trained = [int(value) for key, value in self._llama.metadata.items() if key.endswith(".context_length")]
        return min([self._llama.n_ctx(), *trained])

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._waiting

    @property
    def _llama(self) -> Any:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self.path, self.context_size, self.threads or os.cpu_count() or 1)
            return self._loaded

    def get_num_tokens(self, text: str) -> int:
        """How many tokens a text takes inside a message."""
        return len(self._llama.tokenize(text.encode(errors="ignore"), add_bos=False, special=False))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """How many tokens the whole prompt takes, the template's included."""
        return len(self._prompt(messages))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        deadline = monotonic() + self.timeout
        yield from self._wait(deadline)
        try:
            for text, done in self._write(messages, stop or self.stop or [], deadline, **kwargs):
                message = AIMessageChunk(content=text) if done is None else done.message(text)
                chunk = ChatGenerationChunk(message=message)
                if run_manager and text:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk
        finally:
            self._turn.release()

    def _wait(self, deadline: float) -> Iterator[ChatGenerationChunk]:
        """Take our turn, with an empty chunk now and then until it comes."""
        if self._turn.acquire(blocking=False):
            return
        self._waiting += 1
        try:
            while not self._turn.acquire(timeout=QUEUE_TICK):
                if monotonic() > deadline:
                    raise GenerationError(f"{self.path.name} is busy with other questions. Ask again in a moment.")
                yield ChatGenerationChunk(message=AIMessageChunk(content=""))
        finally:
            self._waiting -= 1

    def _write(
        self, messages: list[BaseMessage], stop: Sequence[str], deadline: float, **options: Any
    ) -> Iterator[tuple[str, "_Done | None"]]:
        """Pieces of text, the last one with the figures of the run; "" while the prompt is read."""
        llama, prompt = self._llama, self._prompt(messages)
        room = self.context - len(prompt)
        if room < ANSWER_ROOM:
            raise GenerationError(
                f"The prompt has {len(prompt):,} tokens, {self.path.name} takes {self.context:,} with the answer. "
                "Raise llm_context, or lower passage_tokens."
            )
        limit = min(int(options.get("max_tokens") or self.max_tokens), room)
        done = _Done(len(prompt), _reused(llama, prompt))
        started = perf_counter()
        for _ in _read(llama, prompt[done.reused :]):
            _check(deadline, self)
            yield "", None
        done.prompt_ms = 1000 * (perf_counter() - started)
        text = _Text(stop)
        picker = _Picker(llama, options.get("grammar"), float(options.get("temperature", self.temperature)), self.seed)
        with closing(picker):
            while done.finish == "length" and done.written < limit:
                _check(deadline, self)
                token = picker.pick()
                if token is None:
                    done.finish = "stop"
                    break
                done.written += 1
                if delta := text.add(llama.detokenize([token])):
                    yield delta, None
                if text.stopped:
                    done.finish = "stop"
                elif done.written < limit:
                    llama.eval([token])
        done.generate_ms = 1000 * (perf_counter() - started) - done.prompt_ms
        yield text.rest(), done

    def _prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        """The tokens of the prompt. Only the template makes control tokens: what a message says stays plain text."""
        llama = self._llama
        marks = [
            f"\ue000{n}\ue001" for n in range(len(messages))
        ]  # stand for the contents while the template is rendered
        form = _rendered(llama, [{"role": _role(m), "content": mark} for m, mark in zip(messages, marks, strict=True)])
        contents = dict(zip(marks, (message.text for message in messages), strict=True))
        tokens: list[int] = [llama.token_bos()] if llama.metadata.get("tokenizer.ggml.add_bos_token") == "true" else []
        for piece in re.split("(\ue000\\d+\ue001)", form):
            text = contents.get(piece, piece).encode(errors="ignore")
            made = llama.tokenize(text, add_bos=False, special=piece not in contents)
            tokens += made[1:] if tokens[-1:] == made[:1] == [llama.token_bos()] else made
        return tokens


@dataclass
class _Done:
    """The figures of a run."""

    prompt: int  # tokens
    reused: int  # of them, kept from the run before
    written: int = 0
    finish: str = "length"
    prompt_ms: float = 0.0
    generate_ms: float = 0.0

    def message(self, text: str) -> AIMessageChunk:
        usage = UsageMetadata(
            input_tokens=self.prompt, output_tokens=self.written, total_tokens=self.prompt + self.written
        )
        figures = {
            "finish_reason": self.finish,
            "reused_tokens": self.reused,
            "prompt_ms": self.prompt_ms,
            "generate_ms": self.generate_ms,
        }
        return AIMessageChunk(content=text, usage_metadata=usage, response_metadata=figures, chunk_position="last")


class _Text:
    """The bytes of tokens as text: whole characters only, and nothing of what may become a stop sequence."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stop = [each for each in stop if each]
        self._held = ""
        self.stopped = False

    def add(self, piece: bytes) -> str:
        self._held += self._decoder.decode(piece)
        places = [place for place in map(self._held.find, self._stop) if place >= 0]
        if places:
            self.stopped = True
            shown, self._held = self._held[: min(places)], ""
            return shown
        kept = max((self._begun(stop) for stop in self._stop), default=0)
        shown, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return shown

    def rest(self) -> str:
        """What was held back; an incomplete character is left out."""
        shown, self._held = self._held, ""
        return shown

    def _begun(self, stop: str) -> int:
        """How many characters at the end may be the beginning of a stop sequence."""
        return next((n for n in range(len(stop) - 1, 0, -1) if self._held.endswith(stop[:n])), 0)


class _Picker:
    """Picks the next token: the likeliest, or by chance, and only what a grammar allows.

    The grammar is asked about the token picked, and about the whole vocabulary only where it refuses that one: asking
    about all of it for each token costs a large part of a small model's speed.
    """

    def __init__(self, llama: Any, grammar: str | None, temperature: float, seed: int) -> None:
        import llama_cpp

        self._cpp, self._llama, self._temperature = llama_cpp, llama, temperature
        self._random = np.random.default_rng(seed)
        self._vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
        self._grammar = None
        if grammar is not None:
            self._grammar = llama_cpp.llama_sampler_init_grammar(self._vocabulary, grammar.encode(), b"root")
            if not self._grammar:
                raise ValueError("llama.cpp does not read this grammar")
        self._all = np.zeros(llama.n_vocab(), dtype=np.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")]))
        self._all["id"] = np.arange(len(self._all))

    def pick(self) -> int | None:
        """The next token, or None at the end."""
        logits = self._cpp.llama_get_logits_ith(self._llama.ctx, -1)
        scores = np.ctypeslib.as_array(logits, (len(self._all),)).astype(np.float32)
        if self._temperature > 0:
            scores = scores / self._temperature + self._random.gumbel(size=len(scores)).astype(np.float32)
        token = int(np.argmax(scores))
        if self._grammar and not self._allowed(self._all[token : token + 1])[0]:
            token = int(np.argmax(np.where(self._allowed(self._all), scores, -np.inf)))
        if not np.isfinite(scores[token]):
            raise GenerationError(
                "The model's figures are not numbers: the file is damaged. Get it again: rapporteur models"
            )
        if self._cpp.llama_vocab_is_eog(self._vocabulary, token):
            return None
        if self._grammar:
            self._cpp.llama_sampler_accept(self._grammar, token)
        return token

    def _allowed(self, candidates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        candidates = candidates.copy()
        candidates["logit"] = 0.0
        import ctypes

        data = candidates.ctypes.data_as(ctypes.POINTER(self._cpp.llama_token_data))
        array = self._cpp.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
        self._cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
        allowed: np.ndarray[Any, Any] = np.isfinite(candidates["logit"])
        return allowed

    def close(self) -> None:
        """Free the grammar."""
        if self._grammar:
            self._cpp.llama_sampler_free(self._grammar)
            self._grammar = None


def _load(path: Path, context: int, threads: int) -> Any:
    """The file in llama.cpp; ModelError with its own reason where it cannot be loaded."""
    _check_file(path)
    _check_memory(path)
    from llama_cpp import Llama

    said: list[str] = []
    try:
        with _log(said):
            llama = Llama(
                str(path), n_ctx=context, n_batch=BATCH, n_threads=threads, n_threads_batch=threads, verbose=False
            )
    except (ValueError, RuntimeError, AssertionError, MemoryError) as error:
        raise _cannot_load(path, context, " ".join(said) or str(error)) from error
    if "tokenizer.chat_template" not in llama.metadata:
        raise ModelError(f"{path} has no chat template: it is not an instruct model. Choose another: rapporteur models")
    return llama


def _cannot_load(path: Path, context: int, said: str) -> ModelError:
    if match := re.search(r"unknown model architecture: '([^']{1,80})'", said):
        return ModelError(
            f"{path} is of architecture {match[1]!r}, which this llama.cpp does not know. Update it: make llm"
        )
    if re.search(r"alloc|memory|llama_context", said):
        return ModelError(f"{path} with a context of {context:,} tokens does not fit in memory. Lower llm_context.")
    reason = re.sub(r"\s+", " ", said).strip()[:160]
    return ModelError(f"{path} is damaged or incomplete ({reason}). Get it again: rapporteur models pull")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"No model file {path}. See what can be had: rapporteur models")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}). Mend its rights, then ask again.") from error
    if start != b"GGUF":
        raise ModelError(f"{path} is not a GGUF file: it begins with {start!r}. See what can be had: rapporteur models")


def _check_memory(path: Path) -> None:
    size, memory = path.stat().st_size, _memory()
    if memory is not None and size > memory:
        raise ModelError(
            f"{path} takes {size / 2**30:.1f} GiB of memory, this machine has {memory / 2**30:.1f} GiB. "
            "Choose a smaller one: rapporteur models"
        )


def _memory() -> int | None:
    """The machine's memory in bytes, where the system tells it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


@contextmanager
def _log(said: list[str]) -> Iterator[None]:
    """Collect what llama.cpp says of errors meanwhile, instead of printing it."""
    import ctypes

    import llama_cpp
    from llama_cpp._logger import llama_log_callback

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def collect(level: int, text: bytes, _data: Any) -> None:
        if level == 3:  # GGML_LOG_LEVEL_ERROR
            said.append(text.decode(errors="replace").strip())

    llama_cpp.llama_log_set(collect, ctypes.c_void_p(0))
    try:
        yield
    finally:
        llama_cpp.llama_log_set(llama_log_callback, ctypes.c_void_p(0))


def _rendered(llama: Any, messages: list[dict[str, str]]) -> str:
    """The messages in the file's own template, rendered in llama-cpp-python's sandbox, with thinking switched off."""
    from jinja2.exceptions import SecurityError, TemplateError
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    template = llama.metadata["tokenizer.chat_template"]
    texts = [
        llama._model.token_get_text(token) if token >= 0 else "" for token in (llama.token_bos(), llama.token_eos())
    ]
    try:
        formatter = Jinja2ChatFormatter(template=template, bos_token=texts[0], eos_token=texts[1])
        form = str(formatter(messages=messages, enable_thinking=False).prompt)
    except (TemplateError, SecurityError, ValueError, TypeError) as error:
        raise GenerationError(
            f"The chat template in {Path(llama.model_path).name} cannot be used ({error}). Choose another: rapporteur models"
        ) from error
    return form + "\n</think>\n\n" if form.rstrip().endswith("<think>") else form


def _role(message: BaseMessage) -> str:
    if isinstance(message, SystemMessage):
        return "system"
    if isinstance(message, AIMessage):
        return "assistant"
    if isinstance(message, HumanMessage | ToolMessage):
        return "user"
    return "assistant" if message.type == "assistant" else "user"


def _reused(llama: Any, prompt: Sequence[int]) -> int:
    """How many tokens of the prompt the context already holds; what it holds beyond them is dropped."""
    import llama_cpp

    kept = llama.input_ids[: llama.n_tokens]
    shared = min(len(kept), len(prompt) - 1)  # the last token is read again, for what comes after it
    differing = np.nonzero(kept[:shared] != np.asarray(prompt[:shared]))[0]
    shared = int(differing[0]) if len(differing) else shared
    # A recurrent model cannot go back: it reads the whole prompt again.
    if not llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(llama.ctx), 0, shared, -1):
        llama.reset()
        return 0
    llama.n_tokens = shared
    return shared


def _read(llama: Any, tokens: Sequence[int]) -> Iterator[None]:
    """Read the prompt, in steps that take about STEP_SECONDS each."""
    size, place = FIRST_STEP, 0
    while place < len(tokens):
        started = perf_counter()
        step = tokens[place : place + size]
        try:
            llama.eval(step)
        except RuntimeError as error:
            llama.reset()
            raise GenerationError(
                f"llama.cpp cannot read the prompt ({error}). Lower llm_context or ask again."
            ) from error
        place += len(step)
        rate = len(step) / max(perf_counter() - started, 1e-6)
        size = int(min(BATCH, max(FIRST_STEP / 4, rate * STEP_SECONDS)))
        yield


def _check(deadline: float, model: LlamaChat) -> None:
    if monotonic() > deadline:
        raise _too_slow(model.path.name, model.timeout)


def _too_slow(name: str, timeout: float) -> GenerationError:
    return GenerationError(
        f"{name} took longer than {timeout:g} seconds. Raise llm_timeout, lower llm_output, or choose a smaller model."
    )


def _without_thinking(text: str) -> str:
    """The text but for thinking, also where that has only begun."""
    text = THINKING.sub("", text)
    begun = next((n for n in range(len("<think>") - 1, 0, -1) if text.endswith("<think>"[:n])), 0)
    return text[: len(text) - begun]


def _closable(chunks: Iterable[Any]) -> Any:
    """An iterator that can be closed."""
    yield from chunks


@contextmanager
def _as_generation_error(name: str) -> Iterator[None]:
    """Whatever a server or llama.cpp does wrong, as a GenerationError."""
    try:
        yield
    except GenerationError:
        raise
    except ModelError as error:
        raise GenerationError(str(error)) from error
    # langchain-openai lets through what a server's malformed JSON makes of it; openai's and httpx's errors derive from these.
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, OSError) as error:
        raise _failed(name, error) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("openai", "httpx", "httpcore", "langchain_openai"):
            raise
        raise _failed(name, error) from error


def _failed(name: str, error: Exception) -> GenerationError:
    said = re.sub(r"\s+", " ", str(error)).strip()[:200] or type(error).__name__
    return GenerationError(f"{name} failed ({said}). See that it runs, or ask without it: --llm none")


def _server(settings: Settings) -> BaseChatModel:
    """A chat model behind an OpenAI-compatible server."""
    if find_spec("langchain_openai") is None:
        raise ModelError(f"{settings.llm} needs langchain-openai, which is not installed. Run: make llm")
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
        said = re.sub(r"\s+", " ", str(error)).strip()[:160]
        raise ModelError(
            f"No answer from the server {url} ({said}). Start it, or ask without it: --llm none"
        ) from error
    if not listed:
        raise ModelError(f"The server {url} lists no model. Load one there, or name it with llm_model.")
    return str(listed[0])
