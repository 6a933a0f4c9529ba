"""The straight line from a question to its answer, and the only place where concrete classes are chosen."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rag.answering.about import About
from rag.answering.compose import shorten
from rag.answering.help import answer_help
from rag.answering.judge import judge, signals
from rag.answering.respond import in_quotations, refused_beneath, respond
from rag.answering.retrieve import Found, Retriever
from rag.answering.tally import read_tally
from rag.answering.weights import judge_of
from rag.errors import IndexProblem, ModelError, SettingError
from rag.index import Index, open_index
from rag.lexicon import Lexicon
from rag.models import embedder as embedding
from rag.models.catalogue import resolved
from rag.models.cross_encoder import Hints, Reranker, load_reranker
from rag.question import Question
from rag.records import (
    Answer,
    Event,
    Filters,
    Hit,
    Paragraph,
    Quoted,
    Report,
    Retrieved,
    Turn,
    Waiting,
    Writing,
)
from rag.references import find_paragraphs
from rag.settings import Settings
from rag.text import fold

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


WARM_UP = Question.of("warm-up 预热")


class Assistant:
    """Answers questions from one index. Opens the index at once, models when a question first needs them."""

    def __init__(self, settings: Settings) -> None:
        """IndexProblem where there is no usable index, or it was built with another embedder than the settings name."""
        self.settings = _anchored(settings)
        self.index: Index = open_index(settings.index)
        self._check_embedder()
        self._chat_models: dict[str, BaseChatModel] = {}  # the last one used, by the setting that names it
        self._choosing = Lock()
        self.retriever = Retriever(self.index, lambda: self.embedder, self.lexicon, lambda: self.reranker)
        self.about = About(lambda: self.embedder, self.lexicon)
        self.reports: dict[str, Report] = dict(self.index.reports)  # removed ones too: answers given still cite them

    @cached_property
    def lexicon(self) -> Lexicon:
        """The dictionary and the glossary."""
        return Lexicon.load()

    @cached_property
    def embedder(self) -> embedding.Embedder:
        """The embedder the index was built with."""
        return embedding.load(self.settings.embedder, self.settings.cache)

    @cached_property
    def reranker(self) -> Reranker | None:
        """What puts the first paragraphs in order; None where the settings name none."""
        if self.settings.reranker == "none":
            return None
        return load_reranker(self.settings.reranker, self.settings.cache)

    @property
    def chat_model(self) -> "BaseChatModel | None":
        """The language model, chosen by the settings when first needed; any may be put here."""
        return self._chat_models.get(self.settings.llm)

    @chat_model.setter
    def chat_model(self, model: "BaseChatModel | None") -> None:
        self._chat_models.clear()  # two at once would not fit a laptop's memory
        if model is not None:
            self._chat_models[self.settings.llm] = model

    def as_chosen(self, **settings: Any) -> "Assistant":
        """This assistant with other settings for one reader: sharing models, keeping to the index of this moment."""
        other = copy(self)
        other.settings = replace(self.settings, **settings)
        return other

    def reopen(self) -> None:
        """Answer from the generation now in use; whoever is answering from another, or `as_chosen`, keeps to it."""
        index = open_index(self.settings.index)
        retriever = Retriever(index, lambda: self.embedder, self.lexicon, lambda: self.reranker)
        retriever.find(WARM_UP, 1)  # now, so that the next question does not wait
        self.reports.update(index.reports)
        self.index, self.retriever = index, retriever

    @cached_property
    def hints(self) -> Hints:
        """The NLI model the settings name."""
        return Hints(Path(self.settings.nli))

    def warm_up(self) -> None:
        """Load every model now, so that the first question is as quick as the next.

        A language model, which may take half a minute from a cold disk, goes on loading: quotations need none. One that
        cannot be loaded is passed over: every answer tells of it.
        """
        self.retriever.find(WARM_UP, 1)
        self.about.kind(WARM_UP, self.index.store)
        if self.settings.llm != "none":
            Thread(target=self._load_model, daemon=True).start()

    def _load_model(self) -> None:
        from rag.models.chat import token_counter

        with suppress(ModelError):
            token_counter(self.model())("预热")

    @property
    def ahead(self) -> int:
        """How many questions a local language model answers before one that is asked now."""
        return int(getattr(self.chat_model, "asked", 0))

    def ask(
        self, question: str, history: Sequence[Turn] = (), k: int | None = None, filters: Filters | None = None
    ) -> Answer:
        """The answer to a question, in its language, with its hits and citations.

        QuestionError where the question is empty, too long or not text.
        """
        *_, answer = self.stream(question, history, k, filters)
        if not isinstance(answer, Answer):
            raise TypeError(f"the stream ended with {type(answer).__name__}, not an Answer")
        return answer

    def stream(
        self, question: str, history: Sequence[Turn] = (), k: int | None = None, filters: Filters | None = None
    ) -> Iterator[Event]:
        """What a reader sees, as it comes: the hits, the quoted answer, what a model writes above it, the whole Answer.

        Closing the iterator stops a model that writes; `Waiting` is the occasion to, also before the hits where a model
        rewrites the question.
        """
        started = perf_counter()
        turns = list(history)[-self.settings.history_turns :] if self.settings.history_turns else []
        asked = Question.parse(question, turns, self.settings.question_limit)
        counts = read_tally(asked, self.index.reports, self.lexicon)  # the nearest words would take it for a list
        if not counts and (kind := self.about.kind(asked, self.index.store)):
            took = {"answer": 1000 * (perf_counter() - started)}
            yield replace(answer_help(kind, asked, self.index, self.settings), timings=took)
            return
        asked = yield from self._understand(asked, turns)
        filters = self._filters(filters)
        found = self.retriever.find(asked, k or self.settings.k, filters)
        retrieved = perf_counter()
        yield Retrieved(found.hits)
        answer = respond(found, self.retriever, filters, self.settings)
        timings = {"retrieve": 1000 * (retrieved - started), "quote": 1000 * (perf_counter() - retrieved)}
        answer = replace(answer, timings=timings)
        written = answer.mode == "quotes" and not answer.abstained and not found.look_up.only
        if self.settings.llm != "none" and written:
            yield Quoted(answer)
            answer = yield from self._write(answer, found, filters)
        total = {"answer": 1000 * (perf_counter() - retrieved)}
        yield replace(answer, timings={**answer.timings, **total})

    def search(self, question: str, k: int | None = None, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The best paragraphs for a question, exactly min(k, allowed)."""
        return self.found(question, (), k, filters).hits

    def found(
        self, question: str, history: Sequence[Turn] = (), k: int | None = None, filters: Filters | None = None
    ) -> Found:
        """The same with what was found out on the way: look-ups, misspelt words."""
        asked = Question.parse(question, history, self.settings.question_limit)
        return self.retriever.find(asked, k or self.settings.k, self._filters(filters))

    def show(self, written: str) -> list[Paragraph]:
        """The paragraphs any printed form of a reference names; UnknownParagraph where it names none."""
        return find_paragraphs(written, self.index.reports, self.index.paragraphs)

    def report_id(self, name: str) -> str:
        """The id of the report a name means: its id, symbol, file or alias; SettingError where there is none."""
        wanted = fold(name)
        for report in self.index.reports.values():
            if wanted in {
                fold(each) for each in (report.id, report.file, report.file.rsplit(".", 1)[0], *report.aliases)
            }:
                return report.id
        raise SettingError("unknown-report", name=name, reports=", ".join(self.index.reports))

    def _write(self, quoted: Answer, found: Found, filters: Filters) -> Generator[Writing | Waiting, None, Answer]:
        """The quoted answer with what a language model writes above it; as it is, with the error, where that fails.

        Where the model has been calibrated as a judge, it is asked first whether the passages answer: one signal more
        in the decision whether to answer. The quotations stay to be read even where that is to refuse.
        """
        from rag.answering.write import ask_whether, prompt_for, write_above
        from rag.models.chat import model_name

        language = quoted.language
        try:
            model = self.model()
            prompt = prompt_for(found, model, self.settings, self.index.reports, language, filters.renderings)
            if not found.look_up.named and (calibrated := judge_of(model_name(model))):
                says = yield from ask_whether(prompt, model, self.settings, language, calibrated)
                outcome = judge(replace(signals(found, self.index, self.lexicon, filters), model=says), calibrated)
                if outcome == "refused":
                    return refused_beneath(quoted, model_name(model))
                judged = in_quotations(found, self.retriever, filters, self.settings, outcome)
                quoted = replace(judged, timings=quoted.timings)
            answer = yield from write_above(
                quoted, found.question.text, prompt, model, self.settings, self.index.reports, self.lexicon
            )
        except ModelError as error:
            return replace(quoted, llm_error=error.told(language))
        return self._hint(shorten(answer) if self.settings.short else answer)

    def _hint(self, answer: Answer) -> Answer:
        """An answer with what a small NLI model says of each statement, where the settings name one."""
        if self.settings.nli == "none" or answer.mode != "llm":
            return answer
        try:
            return replace(answer, citations=self.hints.beside(answer.citations))
        except ModelError as error:  # the answer stands: it was a hint
            return replace(answer, llm_error=error.told(answer.language))

    def _understand(self, question: Question, history: Sequence[Turn]) -> Generator[Waiting, None, Question]:
        """A question that leans on the one before, as the language model rewrites it where it can."""
        if question.understood == question.asked or self.settings.llm == "none":
            return question
        from rag.answering.write import rewrite

        try:
            return (yield from rewrite(question, history, self.model(), self.settings))
        except ModelError:  # the answer tells of it
            return question

    def model(self) -> "BaseChatModel":
        """The chat model; ModelError where it cannot be had."""
        with self._choosing:
            if self.chat_model is None:
                from rag.models.chat import chat_model

                self.chat_model = chat_model(self.settings)
        if self.chat_model is None:
            raise ModelError("no-language-model")
        return self.chat_model

    def _filters(self, filters: Filters | None) -> Filters:
        """The filters of a question; SettingError where they name a report or year the index does not have."""
        filters = filters or Filters()
        reports = frozenset(map(self.report_id, filters.reports))
        years = {year for report in self.index.reports.values() for year in report.years}
        for year in filters.years - years:
            raise SettingError("unknown-year", year=year, years=", ".join(map(str, sorted(years))))
        return replace(filters, reports=reports, renderings=filters.renderings and self.settings.renderings)

    def _check_embedder(self) -> None:
        built_with = self.index.manifest["embedder"]
        wanted = embedding.fingerprint_of(self.settings.embedder, self.settings.cache)
        if wanted != built_with["fingerprint"]:
            raise IndexProblem(
                "index-of-another-embedder",
                built=built_with["name"],
                built_print=built_with["fingerprint"][:12],
                wanted=self.settings.embedder,
                wanted_print=wanted[:12],
            )


def _anchored(settings: Settings) -> Settings:
    """The settings with folders that stay where they are when the working folder changes, as the page's does.

    `llm = auto` is settled, so that an answer can name what wrote it.
    """
    settings = resolved(settings)
    found = {name: getattr(settings, name).absolute() for name in ("index", "reports", "cache")}
    for name in ("embedder", "reranker", "llm"):
        model = Path(getattr(settings, name)).expanduser()
        found[name] = str(model.absolute()) if model.exists() else getattr(settings, name)
    return replace(settings, **found)
