"""A GGUF file as a LangChain chat model."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from rag.errors import GenerationError
from rag.models.cores import Crew, physical_cores
from rag.models.engine import Drafter, Picker, StreamedText, load, offloaded, read, rendered, reused, set_threads

ANSWER_ROOM = 16  # tokens: with less room left the prompt does not fit
QUEUE_TICK = 0.2  # seconds between two looks whether it is our turn


class LlamaChat(BaseChatModel):
    """A GGUF file as a chat model. It is loaded when first asked, and writes one answer at a time."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: Path
    context_size: int = 4096
    threads: int = 0  # 0: the physical cores, less one while other programs are busy
    max_tokens: int = 300
    timeout: float = 180.0  # seconds, from asking to the last word, waiting included
    temperature: float = 0.0
    seed: int = 0
    stop: list[str] | None = Field(default=None)

    _line: list[object] = PrivateAttr(default_factory=list)  # a ticket for each question; the first one's is answered
    _moved: threading.Condition = PrivateAttr(default_factory=threading.Condition)
    _loading: threading.Lock = PrivateAttr(default_factory=threading.Lock)
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
        return min([int(self._llama.n_ctx()), *trained])

    @property
    def asked(self) -> int:
        """How many questions are being answered or wait: as many are ahead of one asked now."""
        return len(self._line)

    def ahead(self, ticket: object) -> int:
        """How many questions are answered before the one with this ticket; 0 where it is its turn, or none waits."""
        with self._moved:
            return self._line.index(ticket) if ticket in self._line else 0

    @property
    def _llama(self) -> Any:
        with self._loading:
            if self._loaded is None:
                self._loaded = load(self.path, self.context_size, self.threads or physical_cores())
            return self._loaded

    @property
    def offloaded(self) -> tuple[int, int]:
        """How many of the model's layers are on a GPU, and how many it has."""
        return offloaded(self._llama)

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
        with self._in_line(kwargs.pop("ticket", None) or object()) as waited:
            for _ in waited(deadline):
                yield ChatGenerationChunk(message=AIMessageChunk(content=""))
            for text, done in self._write(messages, stop or self.stop or [], deadline, **kwargs):
                message = AIMessageChunk(content=text) if done is None else done.message(text)
                chunk = ChatGenerationChunk(message=message)
                if run_manager and text:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk

    @contextmanager
    def _in_line(self, ticket: object) -> Iterator[Callable[[float], Iterator[None]]]:
        """A place in the line as long as the block runs, and what waits there until it is the first."""
        with self._moved:
            self._line.append(ticket)

        def wait(deadline: float) -> Iterator[None]:
            while self.ahead(ticket):
                if monotonic() > deadline:
                    raise GenerationError(f"{self.path.name} is busy with other questions. Ask again in a moment.")
                yield
                with self._moved:
                    self._moved.wait_for(lambda: self._line[0] is ticket, QUEUE_TICK)

        try:
            yield wait
        finally:
            with self._moved:
                self._line.remove(ticket)
                self._moved.notify_all()

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
        done = _Done(self.path.name, len(prompt), reused(llama, prompt))
        crew, started = Crew(self.threads), perf_counter()
        for _ in read(llama, prompt[done.reused :]):
            _check(deadline, self)
            set_threads(llama, crew.threads())
            yield "", None
        done.prompt_ms = 1000 * (perf_counter() - started)
        text = StreamedText(stop)
        picker = Picker(llama, options.get("grammar"), float(options.get("temperature", self.temperature)), self.seed)
        with closing(picker), closing(Drafter(llama)) as drafter:
            while done.finish == "length" and done.written < limit:
                _check(deadline, self)
                picked = picker.pick(drafter.place)
                if picked is None:
                    done.finish = "stop"
                    break
                token, piece = picked
                done.written += 1
                if shown := text.add(piece):
                    yield shown, None
                if text.stopped:
                    done.finish = "stop"
                elif done.written < limit:
                    set_threads(llama, crew.threads())
                    drafter.add(token, limit - done.written - 1)
        done.generate_ms = 1000 * (perf_counter() - started) - done.prompt_ms
        yield text.rest(), done

    def _prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        """The tokens of the prompt. Only the template makes control tokens: what a message says stays plain text."""
        llama = self._llama
        marks = [f"\ue000{n}\ue001" for n in range(len(messages))]  # stand for the contents in the template
        form = rendered(llama, [{"role": _role(m), "content": mark} for m, mark in zip(messages, marks, strict=True)])
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

    model: str
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
            "model_name": self.model,
            "finish_reason": self.finish,
            "reused_tokens": self.reused,
            "prompt_ms": self.prompt_ms,
            "generate_ms": self.generate_ms,
        }
        return AIMessageChunk(content=text, usage_metadata=usage, response_metadata=figures, chunk_position="last")


def _role(message: BaseMessage) -> str:
    if isinstance(message, SystemMessage):
        return "system"
    if isinstance(message, AIMessage):
        return "assistant"
    if isinstance(message, HumanMessage | ToolMessage):
        return "user"
    return "assistant" if message.type == "assistant" else "user"


def _check(deadline: float, model: LlamaChat) -> None:
    if monotonic() > deadline:
        raise too_slow(model.path.name, model.timeout)


def too_slow(name: str, timeout: float) -> GenerationError:
    return GenerationError(
        f"{name} took longer than {timeout:g} seconds. Raise llm_timeout, lower llm_output, or choose a smaller model."
    )
