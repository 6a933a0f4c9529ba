"""llama.cpp: loading a file, reading a prompt, picking tokens. The only door to llama-cpp-python."""

import atexit
import codecs
import ctypes
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import GenerationError, ModelError
from rag.models.catalogue import SPLIT
from rag.models.machine import memory

BATCH = 512  # tokens read in one step at the most; llama.cpp's own default
BLOCK = 16  # tokens that are reckoned together; each one left over takes as long as several of a block
FIRST_STEP = 64  # tokens: how fast the machine reads is seen on them
SURELY_FITS = 8192  # tokens of context: 1 GiB with the largest known model; a second is saved by not looking
DRAFT_AFTER = 3  # tokens that must have occurred before: what follows two often differs
LONGEST_DRAFT = 15  # tokens: with the one picked a batch of 16; 7 gained less with the 0.5B and 1.5B
STEP_SECONDS = 0.85  # a step of reading: Stop is heard within a second, and few steps each read all weights


def load(path: Path, context: int, threads: int) -> Any:
    """The file in llama.cpp; ModelError with its own reason where it cannot be loaded."""
    parts = check_file(path)
    _check_memory(path, parts)
    from jinja2 import TemplateError

    said: list[str] = []
    try:
        with _log(said):
            if context > SURELY_FITS:
                context = _possible_context(path, context, sum(part.stat().st_size for part in parts))
            llama = _opened(path, context, threads, said)
    except TemplateError as error:
        raise ModelError(
            f"{path} has a chat template that is none ({error}). Choose another: rapporteur models"
        ) from error
    except (ValueError, RuntimeError, AssertionError, MemoryError) as error:
        raise _cannot_load(path, context, " ".join(said) or str(error)) from error
    atexit.register(_close, weakref.ref(llama))  # its own __del__ comes too late when Python ends, and complains
    if "tokenizer.chat_template" not in llama.metadata:
        raise ModelError(f"{path} has no chat template: it is not an instruct model. Choose another: rapporteur models")
    return llama


def _opened(path: Path, context: int, threads: int, said: list[str]) -> Any:
    """The file in llama.cpp, with as many layers on a GPU as its memory takes."""
    from llama_cpp import Llama

    for layers in _offloads(path):
        try:
            return Llama(
                str(path),
                n_gpu_layers=layers,
                n_ctx=context,
                n_batch=BATCH,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except (ValueError, RuntimeError):  # a GPU that is too small: what llama.cpp says is the same for any reason
            if layers == 0:
                raise
            said.clear()
    raise AssertionError("the last of the offloads is none")


def _offloads(path: Path) -> list[int]:
    """How many layers to try to put on a GPU, most first, none last; only none where llama.cpp was built for no GPU."""
    import llama_cpp

    if not llama_cpp.llama_supports_gpu_offload():
        return [0]
    everything = _number(_metadata(path), "block_count") + 1  # the output counts as one
    return [everything * quarter // 4 for quarter in (4, 3, 2, 1, 0)]


def offloaded(llama: Any) -> tuple[int, int]:
    """How many of a loaded model's layers are on a GPU, and how many it has."""
    import llama_cpp

    layers = int(llama_cpp.llama_model_n_layer(llama.model))
    return min(int(llama.model_params.n_gpu_layers), layers), layers


def uses_gpu() -> bool:
    """Whether llama.cpp was built for a GPU."""
    import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


def set_threads(llama: Any, threads: int) -> None:
    """Let it read and write with so many threads from now on."""
    import llama_cpp

    llama_cpp.llama_set_n_threads(llama.ctx, threads, threads)


def _possible_context(path: Path, context: int, size: int) -> int:
    """The context, or what the model was trained for where that is less; ModelError where it does not fit in memory.

    llama.cpp asks the system for what a context takes and is given it, and then the system ends the process.
    """
    about = _metadata(path)
    context = min(context, _number(about, "context_length", context))
    heads = _number(about, "attention.head_count", 1)
    width = _number(about, "attention.key_length", _number(about, "embedding_length") // heads)
    width *= _number(about, "attention.head_count_kv", heads)
    needed = size + context * _number(about, "block_count") * width * 2 * 2  # keys and values, of two bytes each
    has = memory()
    if has is not None and needed > has:
        raise ModelError(
            f"{path} with a context of {context:,} tokens takes {needed / 2**30:.1f} GiB of memory, this machine has "
            f"{has / 2**30:.1f} GiB. Lower llm_context."
        )
    return context


def _metadata(path: Path) -> Mapping[str, str]:
    """What a file says of itself, read without its weights."""
    from llama_cpp import Llama

    with closing(Llama(str(path), vocab_only=True, verbose=False)) as llama:
        about: Mapping[str, str] = llama.metadata
        return about


def _number(about: Mapping[str, str], name: str, otherwise: int = 0) -> int:
    """A number of the model's architecture."""
    written = about.get(f"{about.get('general.architecture', '')}.{name}", "")
    return int(written) if written.isdecimal() else otherwise


def _close(llama: Callable[[], Any]) -> None:
    if still := llama():
        still.close()


def _cannot_load(path: Path, context: int, said: str) -> ModelError:
    if match := re.search(r"unknown model architecture: '([^']{1,80})'", said):
        return ModelError(
            f"{path} is of architecture {match[1]!r}, which this llama.cpp does not know. Update it: make llm"
        )
    if re.search(r"alloc|memory|llama_context", said):
        return ModelError(f"{path} with a context of {context:,} tokens does not fit in memory. Lower llm_context.")
    reason = re.sub(r"\s+", " ", said).strip()[:160]
    return ModelError(f"{path} is damaged or incomplete ({reason}). Get it again: rapporteur models pull")


def check_file(path: Path) -> list[Path]:
    """The file, with its other parts where it comes in several; ModelError where one is missing or no GGUF file."""
    parts = [path]
    if split := SPLIT.fullmatch(path.name):
        count = int(split["parts"])
        parts = [path.with_name(f"{split['name']}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1)]
        if path.is_file() and int(split["part"]) != 1:
            raise ModelError(f"{path} is a later part of a model. Name its first part: {parts[0]}")
    for part in parts:
        if not part.is_file():
            other = f" It belongs to {path.name}." if part != path else ""
            raise ModelError(f"No model file {part}.{other} See what can be had: rapporteur models")
        try:
            with part.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            raise ModelError(f"{part} cannot be read ({error.strerror}). Mend its rights, then ask again.") from error
        if start != b"GGUF":
            raise ModelError(
                f"{part} is not a GGUF file: it begins with {start!r}. See what can be had: rapporteur models"
            )
    return parts


def _check_memory(path: Path, parts: Sequence[Path]) -> None:
    size, has = sum(part.stat().st_size for part in parts), memory()
    if has is not None and size > has:
        raise ModelError(
            f"{path} takes {size / 2**30:.1f} GiB of memory, this machine has {has / 2**30:.1f} GiB. "
            "Choose a smaller one: rapporteur models"
        )


@contextmanager
def _log(said: list[str]) -> Iterator[None]:
    """Collect what llama.cpp says of errors meanwhile, instead of printing it."""
    import llama_cpp

    before, its_data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
    llama_cpp.llama_log_get(ctypes.byref(before), ctypes.byref(its_data))

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def collect(level: int, text: bytes, _data: Any) -> None:
        if level == 4:  # GGML_LOG_LEVEL_ERROR
            said.append(text.decode(errors="replace").strip())

    llama_cpp.llama_log_set(collect, ctypes.c_void_p(0))
    try:
        yield
    finally:
        llama_cpp.llama_log_set(before, its_data)


def rendered(llama: Any, messages: list[Any]) -> str:
    """The messages in the file's own template, rendered in llama-cpp-python's sandbox, with thinking switched off."""
    import llama_cpp
    from jinja2.exceptions import SecurityError, TemplateError
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    template = llama.metadata["tokenizer.chat_template"]
    vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
    ends = (llama.token_bos(), llama.token_eos())
    bos, eos = (llama_cpp.llama_vocab_get_text(vocabulary, n).decode() if n >= 0 else "" for n in ends)
    try:
        formatter = Jinja2ChatFormatter(template=template, bos_token=bos, eos_token=eos)
        form = str(formatter(messages=messages, enable_thinking=False).prompt)
    except (TemplateError, SecurityError, ValueError, TypeError) as error:
        name = Path(llama.model_path).name
        raise GenerationError(
            f"The chat template in {name} cannot be used ({error}). Choose another: rapporteur models"
        ) from error
    return form + "\n</think>\n\n" if form.rstrip().endswith("<think>") else form


def reused(llama: Any, prompt: Sequence[int]) -> int:
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


def read(llama: Any, tokens: Sequence[int]) -> Iterator[None]:
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
        size = min(BATCH, max(1, int(rate * STEP_SECONDS) // BLOCK) * BLOCK)
        yield


class Drafter:
    """Gives the model the token that was picked, and with it those that followed its like before, as a draft.

    An answer repeats its passages. A batch of 16 tokens takes as long as four or five single ones, so where the model
    would have picked what was drafted, time is gained; where not, the rest of the draft is dropped. The model picks as
    it would without, but that a batch is added up in another order, which the last bit of a score may show.
    """

    def __init__(self, llama: Any) -> None:
        """No token has been drafted; none ever is for a model that cannot go back."""
        import llama_cpp

        self._cpp, self._llama = llama_cpp, llama
        fixed = llama_cpp.llama_model_is_recurrent(llama.model) or llama_cpp.llama_model_is_hybrid(llama.model)
        self._longest = 0 if fixed else LONGEST_DRAFT
        self._ahead: list[int] = []  # drafted tokens the model has read and not picked yet
        self._batch = llama_cpp.llama_batch_init(1 + LONGEST_DRAFT, 0, 1)
        self.place = -1  # in the last batch, of what the model says of the next token; -1 is its end

    def add(self, token: int, room: int) -> None:
        """Go on after a token; at most `room` more tokens are of use."""
        if self._ahead[:1] == [token]:
            del self._ahead[0]
            self.place += 1
            self._llama.n_tokens += 1
            return
        self._ahead = drafted([*self._llama.input_ids[: self._llama.n_tokens], token], min(self._longest, room))
        if self._ahead:
            self._read([token, *self._ahead])
        else:
            self._llama.eval([token])
        self.place = 0 if self._ahead else -1

    def _read(self, tokens: Sequence[int]) -> None:
        """Read tokens, of which the first is certain, and keep what the model says after each."""
        start, batch = self._llama.n_tokens, self._batch
        for n, token in enumerate(tokens):
            batch.token[n], batch.pos[n], batch.logits[n] = token, start + n, True
            batch.n_seq_id[n], batch.seq_id[n][0] = 1, 0
        batch.n_tokens = len(tokens)
        self._cpp.llama_memory_seq_rm(self._cpp.llama_get_memory(self._llama.ctx), 0, start, -1)
        if code := self._cpp.llama_decode(self._llama.ctx, batch):
            raise RuntimeError(f"llama_decode returned {code}")
        self._llama.input_ids[start : start + len(tokens)] = tokens
        self._llama.n_tokens = start + 1

    def close(self) -> None:
        """Free the batch."""
        self._cpp.llama_batch_free(self._batch)


def drafted(tokens: Sequence[int], most: int) -> list[int]:
    """What followed the last few tokens where they first occurred, at most so many tokens; none where they are new.

    >>> drafted([7, 1, 2, 3, 4, 5, 6, 9, 1, 2, 3], 2)
    [4, 5]
    """
    if len(tokens) <= DRAFT_AFTER:
        return []
    text = np.asarray(tokens)
    runs = np.lib.stride_tricks.sliding_window_view(text[:-1], DRAFT_AFTER)
    places = np.nonzero((runs == text[-DRAFT_AFTER:]).all(axis=1))[0]
    if not len(places):
        return []
    start = int(places[0]) + DRAFT_AFTER
    following: list[int] = text[start : start + max(0, most)].tolist()
    return following


class StreamedText:
    """Text as it may be shown: nothing of a stop sequence, nor of what may become one."""

    def __init__(self, stop: Sequence[str]) -> None:
        """Nothing is held back yet."""
        self._stop = [each for each in stop if each]
        self._held = ""
        self.stopped = False

    def add(self, piece: str) -> str:
        """What may be shown now that a piece was written."""
        self._held += piece
        places = [place for place in map(self._held.find, self._stop) if place >= 0]
        self.stopped = bool(places)
        end = min(places) if places else len(self._held) - max(map(self._begun, self._stop), default=0)
        shown, self._held = self._held[:end], "" if places else self._held[end:]
        return shown

    def rest(self) -> str:
        """What was held back."""
        shown, self._held = self._held, ""
        return shown

    def _begun(self, stop: str) -> int:
        """How many characters at the end may be the beginning of a stop sequence."""
        return next((n for n in range(len(stop) - 1, 0, -1) if self._held.endswith(stop[:n])), 0)


class Picker:
    """Picks tokens: the likeliest, or by chance; only such as make text, and only what a grammar allows.

    The grammar is asked about the token picked, and about the whole vocabulary only where it refuses that one: asking
    about all of it for each token costs a large part of a small model's speed. It lets broken UTF-8 through.
    """

    def __init__(self, llama: Any, grammar: str | None, temperature: float, seed: int) -> None:
        """ValueError where llama.cpp does not read the grammar."""
        import llama_cpp

        self._cpp, self._llama, self._temperature = llama_cpp, llama, temperature
        self._random = np.random.default_rng(seed)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
        self._grammar = None
        if grammar is not None:
            self._grammar = llama_cpp.llama_sampler_init_grammar(self._vocabulary, grammar.encode(), b"root")
            if not self._grammar:
                raise ValueError("llama.cpp does not read this grammar")
        self._all = np.zeros(llama.n_vocab(), dtype=np.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")]))
        self._all["id"] = np.arange(len(self._all))

    def pick(self, place: int = -1) -> tuple[int, str] | None:
        """The next token and the whole characters it completes, or None at the end.

        `place` is of the token in the last batch that it comes after; -1 is the batch's last.
        """
        logits = self._cpp.llama_get_logits_ith(self._llama.ctx, place)
        scores = np.ctypeslib.as_array(logits, (len(self._all),)).astype(np.float32)
        if self._temperature > 0:
            scores = scores / self._temperature + self._random.gumbel(size=len(scores)).astype(np.float32)
        whole = False  # whether the grammar has been asked about the whole vocabulary
        while np.isfinite(scores[token := int(np.argmax(scores))]):
            if not whole and not self._allowed(self._all[[token]])[0]:
                scores, whole = np.where(self._allowed(self._all), scores, -np.inf), True
                continue
            if self._cpp.llama_vocab_is_eog(self._vocabulary, token):
                return None
            if (text := self._decoded(token)) is not None:
                if self._grammar:  # it ends the process where it is given what it does not allow
                    self._cpp.llama_sampler_accept(self._grammar, token)
                return token, text
            scores[token] = -np.inf
        raise GenerationError("The model has no next word: its file is damaged. Get it again: rapporteur models pull")

    def _decoded(self, token: int) -> str | None:
        """The characters a token completes, or None where it breaks one."""
        state = self._decoder.getstate()
        try:
            text = self._decoder.decode(self._llama.detokenize([token]))
            begun = self._decoder.getstate()[0]
            if len(begun) > 1:  # the decoder waits for the last byte before it refuses half a surrogate
                (begun + b"\x80" * (3 + (begun[0] >= 0xF0) - len(begun))).decode()
        except UnicodeDecodeError:
            self._decoder.setstate(state)
            return None
        return text

    def _allowed(self, candidates: NDArray[Any]) -> NDArray[Any]:
        """Which of the candidates the grammar lets follow."""
        candidates = candidates.copy()
        if self._grammar:
            data = candidates.ctypes.data_as(ctypes.POINTER(self._cpp.llama_token_data))
            array = self._cpp.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
            self._cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
        allowed: NDArray[Any] = np.isfinite(candidates["logit"])
        return allowed

    def close(self) -> None:
        """Free the grammar."""
        if self._grammar:
            self._cpp.llama_sampler_free(self._grammar)
            self._grammar = None
