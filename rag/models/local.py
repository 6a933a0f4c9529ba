"""A GGUF file as a LangChain chat model."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from time import monotonic, perf_counter, sleep
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from rag.errors import GenerationError
from rag.models.engine import Engine
from rag.models.writer import Writer

ANSWER_ROOM = 16  # tokens: with less room left the prompt does not fit
QUEUE_TICK = 0.1  # seconds between two looks whether it is our turn


class LlamaChat(BaseChatModel):
    """A GGUF file as a chat model. It is loaded when first asked, and writes one answer at a time.

    While other questions are answered first, the chunks it streams say how many: `ahead` in their response_metadata.
    """

    path: Path
    context_size: int = 4096
    threads: int = 0  # 0: the physical cores, less one while other programs are busy
    max_tokens: int = 300
    timeout: float = 180.0  # seconds, from asking to the last word, waiting included
    temperature: float = 0.0
    seed: int = 0
    stop: list[str] | None = None

    _line: list[object] = PrivateAttr(default_factory=list)  # an object for each question; the first one is answered
    _loading: Lock = PrivateAttr(default_factory=Lock)
    _loaded: Engine | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def engine(self) -> Engine:
        """The file in llama.cpp; ModelError where it cannot be loaded."""
        with self._loading:
            if self._loaded is None:
                self._loaded = Engine(self.path, self.context_size)
            return self._loaded

    @property
    def asked(self) -> int:
        """How many questions are being answered or wait: as many are ahead of one asked now."""
        return len(self._line)

    def get_num_tokens(self, text: str) -> int:
        """How many tokens a text takes inside a message."""
        return len(self.engine.tokens(text))

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        chunks = self._stream(messages, *args, **kwargs)
        return generate_from_stream(each for each in chunks if "ahead" not in each.message.response_metadata)

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        deadline, place = monotonic() + self.timeout, object()
        self._line.append(place)
        try:
            while ahead := self._line.index(place):
                if monotonic() > deadline:
                    raise GenerationError("model-busy", model=self.path.name)
                yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata={"ahead": ahead}))
                sleep(QUEUE_TICK)
            for message in self._write(messages, [each for each in stop or self.stop or [] if each], **kwargs):
                if monotonic() > deadline:
                    raise GenerationError("model-too-slow", model=self.path.name, seconds=self.timeout)
                yield ChatGenerationChunk(message=message)
        except (RuntimeError, MemoryError) as error:
            raise model_failed(self.path.name, error) from error
        finally:
            self._line.remove(place)

    def _write(self, messages: list[BaseMessage], stop: Sequence[str], **options: Any) -> Iterator[AIMessageChunk]:
        """Pieces of text, the last one with the figures of the run; empty ones while there is nothing to show.

        With `either`, two answers, nothing is written: the last piece says how much likelier the first is.
        """
        engine, prompt = self.engine, self.engine.prompt(messages)
        room = engine.context - len(prompt)
        if room < ANSWER_ROOM:
            raise GenerationError("prompt-too-long", tokens=len(prompt), model=self.path.name, context=engine.context)
        writer, started = Writer(engine, prompt, self.threads), perf_counter()
        for _ in writer.read():
            yield AIMessageChunk(content="")
        if either := options.get("either"):
            odds = writer.log_odds(*(engine.tokens(answer) for answer in either))
            yield AIMessageChunk(content="", response_metadata={"log_odds": odds}, chunk_position="last")
            return
        ready, limit = perf_counter(), min(int(options.get("max_tokens") or self.max_tokens), room)
        temperature = float(options.get("temperature", self.temperature))
        text, shown, written, finish = "", 0, 0, "stop"
        pieces = writer.write(limit, options.get("grammar"), temperature, self.seed)
        for written, piece in enumerate(pieces, 1):
            text += piece
            if places := [place for place in map(text.find, stop) if place >= 0]:
                text = text[: min(places)]
                break
            finish = "length" if written == limit else "stop"
            end = len(text) - max((begun(text, each) for each in stop), default=0)
            yield AIMessageChunk(content=text[shown:end])
            shown = end
        usage = UsageMetadata(input_tokens=len(prompt), output_tokens=written, total_tokens=len(prompt) + written)
        figures = {
            "model_name": self.path.name,
            "finish_reason": finish,
            "reused_tokens": writer.reused,
            "prompt_ms": 1000 * (ready - started),
            "generate_ms": 1000 * (perf_counter() - ready),
        }
        yield AIMessageChunk(
            content=text[shown:], usage_metadata=usage, response_metadata=figures, chunk_position="last"
        )


def begun(text: str, mark: str) -> int:
    """How many characters at the end of a text may be the beginning of a mark.

    >>> begun("a <th", "<think>")
    3
    """
    return next((n for n in range(len(mark) - 1, 0, -1) if text.endswith(mark[:n])), 0)


def model_failed(name: str, error: Exception) -> GenerationError:
    """What is told of a failure that is the model's own."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return GenerationError("model-failed", model=name, reason=reason)
