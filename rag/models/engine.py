"""A GGUF file in llama.cpp: loading it, and its tokens. The only door to llama-cpp-python, with `writer`."""

import ctypes
import math
import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from langchain_core.messages import BaseMessage, convert_to_openai_messages

from rag.errors import ModelError
from rag.models.catalogue import gguf_parts
from rag.models.machine import memory

BATCH = 512  # tokens read in one step at the most; llama.cpp's own default
SURELY_FITS = 8192  # tokens of context: 1 GiB with the largest known model; a second is saved by not looking


def uses_gpu() -> bool:
    """Whether llama.cpp was built for a GPU."""
    import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


def check_file(path: Path) -> list[Path]:
    """The file, with its other parts where it comes in several; ModelError where it is not the first, or not whole."""
    parts = gguf_parts(path)
    if path != parts[0]:
        raise ModelError("later-part", path=str(path), first=str(parts[0]))
    return parts


class Engine:
    """A GGUF file in llama.cpp."""

    def __init__(self, path: Path, context: int) -> None:
        """Load it, with as many layers on a GPU as its memory takes; ModelError with the reason where that fails."""
        import llama_cpp

        self.cpp: Any = llama_cpp
        self.path = path
        errors: list[str] = []
        try:
            with self._log(errors):
                context = self._possible_context(context)
                self.llama = self._open(context, errors)
        except TemplateError as error:
            raise self._unusable_template(error) from error
        except (ValueError, RuntimeError, AssertionError, MemoryError) as error:
            reason = " ".join((" ".join(errors) or str(error)).split())
            if match := re.search(r"unknown model architecture: ('[^']{1,80}')", reason):
                raise ModelError("unknown-architecture", path=str(path), architecture=match[1]) from error
            if re.search(r"alloc|memory|llama_context", reason):
                raise ModelError("context-not-allocated", path=str(path), context=context) from error
            raise ModelError("damaged-model", path=str(path), reason=reason[:160]) from error
        weakref.finalize(self, self.llama.close)  # its own __del__ comes too late when Python ends, and complains
        if "tokenizer.chat_template" not in self.llama.metadata:
            raise ModelError("no-chat-template", path=str(path))
        # How many tokens prompt and answer may take together; never more than the model was trained for.
        self.context = min(int(self.llama.n_ctx()), int(llama_cpp.llama_model_n_ctx_train(self.llama.model)))

    @property
    def offloaded(self) -> tuple[int, int]:
        """How many of the model's layers are on a GPU, and how many it has."""
        layers = int(self.cpp.llama_model_n_layer(self.llama.model))
        return min(int(self.llama.model_params.n_gpu_layers), layers), layers

    def tokens(self, text: str, special: bool = False) -> list[int]:
        """The tokens of a text; control tokens only where it may be special."""
        return list(self.llama.tokenize(text.encode(errors="ignore"), add_bos=False, special=special))

    def prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        """The tokens of the prompt. Only the template makes control tokens: what a message says stays plain text."""
        contents = {f"\ue000{n}\ue001": message.text for n, message in enumerate(messages)}  # by what stands for them
        roles = convert_to_openai_messages(list(messages))
        bos = self.llama.token_bos()
        tokens = [bos] if self.llama.metadata.get("tokenizer.ggml.add_bos_token") == "true" else []
        form = self._rendered([{**role, "content": mark} for role, mark in zip(roles, contents, strict=True)])
        for piece in re.split("(\ue000\\d+\ue001)", form):
            made = self.tokens(contents.get(piece, piece), special=piece not in contents)
            tokens += made[1:] if tokens[-1:] == made[:1] == [bos] else made
        return tokens

    def _rendered(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The messages in the file's own template, in llama-cpp-python's sandbox, with thinking switched off."""
        ends = (self.llama.token_bos(), self.llama.token_eos())
        bos, eos = (self.llama.detokenize([end], special=True).decode() if end >= 0 else "" for end in ends)
        template = self.llama.metadata["tokenizer.chat_template"]
        try:
            formatter = self.cpp.llama_chat_format.Jinja2ChatFormatter(template, eos_token=eos, bos_token=bos)
            form = str(formatter(messages=messages, enable_thinking=False).prompt)
        except (TemplateError, ValueError, TypeError) as error:
            raise self._unusable_template(error) from error
        return form + "\n</think>\n\n" if form.rstrip().endswith("<think>") else form

    def _unusable_template(self, error: Exception) -> ModelError:
        return ModelError("unusable-chat-template", model=self.path.name, reason=" ".join(str(error).split()))

    def _open(self, context: int, errors: list[str]) -> Any:
        layers = [0]
        if self.cpp.llama_supports_gpu_offload():
            everything = self._numbers.get("block_count", 0) + 1  # the output counts as one
            layers = [everything * quarter // 4 for quarter in range(5)]
        while True:
            try:
                return self.cpp.Llama(
                    str(self.path), n_gpu_layers=layers.pop(), n_ctx=context, n_batch=BATCH, verbose=False
                )
            except (ValueError, RuntimeError):
                if not layers:
                    raise
                errors.clear()  # of a GPU that is too small: what llama.cpp says is the same for any reason

    def _possible_context(self, context: int) -> int:
        """The context, or what the model was trained for where that is less; ModelError where memory is too small.

        llama.cpp asks the system for what a context takes and is given it, and then the system ends the process.
        """
        size, has = sum(part.stat().st_size for part in check_file(self.path)), memory() or math.inf
        problem = "model-beyond-memory"
        if context > SURELY_FITS and size <= has:
            problem, read = "context-beyond-memory", self._numbers.get
            context, heads = min(context, read("context_length", context)), read("attention.head_count", 1)
            width = read("attention.key_length", read("embedding_length", 0) // heads)
            width *= read("attention.head_count_kv", heads)
            size += context * read("block_count", 0) * width * 2 * 2  # keys and values, of two bytes each
        if size > has:
            raise ModelError(problem, path=str(self.path), context=context, size=size / 2**30, has=has / 2**30)
        return context

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        """The numbers of the model's architecture, read without its weights."""
        with closing(self.cpp.Llama(str(self.path), vocab_only=True, verbose=False)) as llama:
            fields = {name.partition(".")[2]: value for name, value in llama.metadata.items()}
        return {name: int(value) for name, value in fields.items() if value.isdecimal()}

    @contextmanager
    def _log(self, errors: list[str]) -> Iterator[None]:
        """Collect what llama.cpp says of errors meanwhile, instead of printing it."""
        before, data = self.cpp.llama_log_callback(), ctypes.c_void_p()
        self.cpp.llama_log_get(ctypes.byref(before), ctypes.byref(data))

        def collect(level: int, text: bytes, _data: Any) -> None:
            if level == 4:  # GGML_LOG_LEVEL_ERROR
                errors.append(text.decode(errors="replace"))

        callback = self.cpp.llama_log_callback(collect)
        self.cpp.llama_log_set(callback, ctypes.c_void_p(0))
        try:
            yield
        finally:
            self.cpp.llama_log_set(before, data)
