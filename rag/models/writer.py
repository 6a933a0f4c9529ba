"""One answer of a model in llama.cpp: reading what is new in its prompt, then picking token after token."""

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rag.errors import GenerationError
from rag.models.engine import BATCH, Engine
from rag.models.machine import Crew

BLOCK = 16  # tokens that are reckoned together; each one left over takes as long as several of a block
FIRST_STEP = 64  # tokens: how fast the machine reads is seen on them
STEP_SECONDS = 0.85  # a step of reading: Stop is heard within a second, and few steps each read all weights
DRAFT_AFTER = 3  # tokens that must have occurred before: what follows two often differs
LONGEST_DRAFT = 15  # tokens: with the one picked a batch of 16; 7 gained less with the 0.5B and 1.5B


class Writer:
    """Picks tokens: the likeliest, or by chance; only such as make text, and only what a grammar allows.

    The grammar is asked about the token picked, and about the whole vocabulary only where it refuses that one: asking
    about all of it for each token costs a large part of a small model's speed. It lets broken UTF-8 through.

    A token picked is read together with what followed its like before, as a draft: an answer repeats its passages. A
    batch of 16 tokens takes as long as four or five single ones, so where the model would have picked what was
    drafted, time is gained; where not, the rest of the draft is dropped. The model picks as it would without, but that
    a batch is added up in another order, which the last bit of a score may show.
    """

    def __init__(self, engine: Engine, prompt: Sequence[int], threads: int = 0) -> None:
        """Keep what the context holds of the prompt, at least one token less, and drop the rest of what it holds."""
        self._cpp, self._llama, self._crew = engine.cpp, engine.llama, Crew(threads)
        self._vocabulary = self._cpp.llama_model_get_vocab(self._llama.model)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._grammar: Any = None
        self._tokens = list(prompt)
        self._first: dict[tuple[int, ...], int] = {}  # tokens that follow each other → where they first end
        for end in range(DRAFT_AFTER, len(prompt) + 1):
            self._first.setdefault(tuple(prompt[end - DRAFT_AFTER : end]), end)
        self._draft: list[int] = []  # tokens the model has read and not picked yet
        self._place = -1  # in the last batch, of what the model says of the next token; -1 is its end
        kept = self._llama.input_ids[: self._llama.n_tokens].tolist()
        self.reused: int = self._llama.longest_token_prefix(kept, prompt[:-1])
        if not self._drop(self.reused):  # a recurrent model cannot go back: it reads the whole prompt again
            self._llama.reset()
            self.reused = 0
        self._llama.n_tokens = self.reused

    def read(self) -> Iterator[None]:
        """Read the rest of the prompt, in steps that take about STEP_SECONDS each."""
        size = FIRST_STEP
        while step := self._tokens[self._llama.n_tokens : self._llama.n_tokens + size]:
            started = perf_counter()
            self._set_threads()
            self._llama.eval(step)
            rate = len(step) / max(perf_counter() - started, 1e-6)
            size = min(BATCH, max(1, int(rate * STEP_SECONDS) // BLOCK) * BLOCK)
            yield

    def log_odds(self, one: Sequence[int], other: Sequence[int]) -> float:
        """How much likelier the model would go on with the first of one's tokens than with the first of the other's.

        To be asked once the prompt is read.
        """
        logits = self._cpp.llama_get_logits_ith(self._llama.ctx, -1)
        return float(logits[one[0]] - logits[other[0]])

    def write(self, limit: int, grammar: str | None, temperature: float, seed: int) -> Iterator[str]:
        """For each token the whole characters it completes: until the model ends, or so many tokens.

        A token is read when the next one is asked for. ValueError where llama.cpp does not read the grammar.
        """
        random = np.random.default_rng(seed)
        if grammar is not None:
            self._grammar = self._cpp.llama_sampler_init_grammar(self._vocabulary, grammar.encode(), b"root")
            if not self._grammar:
                raise ValueError("llama.cpp does not read this grammar")
        try:
            for room in range(limit - 1, -1, -1):
                logits = self._cpp.llama_get_logits_ith(self._llama.ctx, self._place)
                scores = np.ctypeslib.as_array(logits, (self._llama.n_vocab(),)).astype(np.float32)
                if temperature > 0:
                    scores = scores / temperature + random.gumbel(size=len(scores)).astype(np.float32)
                token, text = self._pick(scores)
                if text is None:
                    return
                yield text
                if room:
                    self._go_on(token, room - 1)
        finally:
            if self._grammar:
                self._cpp.llama_sampler_free(self._grammar)

    def _pick(self, scores: NDArray[np.float32]) -> tuple[int, str | None]:
        """The likeliest token that may follow, and the characters it completes; None for them where the text ends."""
        whole = False  # whether the grammar has been asked about the whole vocabulary
        while np.isfinite(scores[token := int(np.argmax(scores))]):
            if not whole and not self._allowed([token])[0]:
                scores, whole = np.where(self._allowed(np.arange(len(scores))), scores, -np.inf), True
            elif self._cpp.llama_vocab_is_eog(self._vocabulary, token):
                return token, None
            elif (text := self._decoded(token)) is None:
                scores[token] = -np.inf
            else:
                if self._grammar:  # it ends the process where it is given what it does not allow
                    self._cpp.llama_sampler_accept(self._grammar, token)
                return token, text
        raise GenerationError("no-next-word")

    def _allowed(self, tokens: ArrayLike) -> NDArray[Any]:
        """Which of the tokens the grammar lets follow."""
        candidates = np.zeros(np.shape(tokens), self._cpp.llama_token_data)
        candidates["id"] = tokens
        if self._grammar:
            data = candidates.ctypes.data_as(ctypes.POINTER(self._cpp.llama_token_data))
            array = self._cpp.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
            self._cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
        allowed: NDArray[Any] = np.isfinite(candidates["logit"])
        return allowed

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

    def _go_on(self, token: int, room: int) -> None:
        """Let the model read a token, unless it has as a draft; at most `room` tokens drafted after it are of use."""
        self._tokens.append(token)
        start = self._first.setdefault(tuple(self._tokens[-DRAFT_AFTER:]), len(self._tokens))
        if self._draft[:1] == [token]:
            del self._draft[0]
            self._place += 1
            self._llama.n_tokens += 1
            return
        cpp, llama, model = self._cpp, self._llama, self._llama.model
        fixed = cpp.llama_model_is_recurrent(model) or cpp.llama_model_is_hybrid(model)  # it cannot go back
        self._draft = [] if fixed else self._tokens[start : start + min(LONGEST_DRAFT, room)]
        count, begin = 1 + len(self._draft), llama.n_tokens
        tokens = (cpp.llama_token * count)(token, *self._draft)
        batch = cpp.llama_batch_get_one(tokens, count)
        batch.logits = (ctypes.c_int8 * count)(*[True] * count)  # what comes after each is asked, not after the last
        self._set_threads()
        self._drop(begin)
        if code := cpp.llama_decode(llama.ctx, batch):
            raise RuntimeError(f"llama_decode returned {code}")
        llama.input_ids[begin : begin + count] = tokens
        llama.n_tokens = begin + 1
        self._place = 0

    def _drop(self, start: int) -> bool:
        """Drop what the context holds from a place on; whether it could."""
        return bool(self._cpp.llama_memory_seq_rm(self._cpp.llama_get_memory(self._llama.ctx), 0, start, -1))

    def _set_threads(self) -> None:
        threads = self._crew.threads()
        self._cpp.llama_set_n_threads(self._llama.ctx, threads, threads)
