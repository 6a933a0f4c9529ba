"""The straight line `ask(question) -> Answer`, the only place concrete classes are chosen."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rag.answering.brevity import shortened
from rag.answering.judge import answers, missing, signals
from rag.answering.quote import number_on, quote_answer
from rag.answering.retrieve import Filters, Found, Retriever
from rag.checking import (
    MARKER,
    Checked,
    check_answer,
    complete_statements,
    plain_markers,
    refuses,
    unsupported_figures,
)
from rag.errors import IndexProblem, ModelError, SettingError
from rag.index import Index, Progress, build_index, open_index
from rag.lexicon import Lexicon
from rag.models import embedder as embedding
from rag.models.catalogue import resolved
from rag.models.hints import Hints
from rag.own.library import read_own
from rag.question import checked, stand_alone
from rag.records import (
    Answer,
    Citation,
    Event,
    Hit,
    Language,
    Paragraph,
    Quoted,
    Report,
    Retrieved,
    Turn,
    Waiting,
    Writing,
)
from rag.references import find_paragraphs, not_there
from rag.reports import read_folder
from rag.settings import Settings
from rag.text import fold, sentences
from rag.text import language as language_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from rag.models.reranker import Reranker

REWRITTEN = 80  # tokens of a follow-up question at the most, when a model rewrites it
REWRITING_SHARE = 0.25  # of a model's context for the turns it rewrites from
REFUSAL: dict[str, str] = {
    "zh": "报告没有回答这个问题{absent}。最接近的段落列在下面，供查阅。",
    "en": "The reports do not answer this question{absent}. The nearest paragraphs are listed for you to check.",
}
ABSENT: dict[str, str] = {
    "zh": "：最接近的段落没有提到{names}",
    "en": ": the nearest paragraphs do not mention {names}",
}


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
    def reranker(self) -> "Reranker | None":
        """What puts the first paragraphs in order; None where the settings name none."""
        if self.settings.reranker == "none":
            return None
        from rag.models.reranker import load

        return load(self.settings.reranker, self.settings)

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
        retriever.find("warm-up 预热", 1)  # now, so that the next question does not wait
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
        self.search("warm-up 预热", 1)
        if self.settings.llm != "none":
            Thread(target=self._load_model, daemon=True).start()

    def _load_model(self) -> None:
        from rag.models.chat import token_counter

        with suppress(ModelError):
            token_counter(self._model())("预热")

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
        asked = checked(question, self.settings.question_limit)
        turns = list(history)[-self.settings.history_turns :] if self.settings.history_turns else []
        understood = yield from self._stand_alone(asked, turns)
        filters = self._filters(filters)
        found = self.retriever.find(understood, k or self.settings.k, filters)
        retrieved = perf_counter()
        yield Retrieved(found.hits)
        answer = self._quoted(asked, understood, found, filters)
        answer = shortened(answer) if self.settings.short else answer
        timings = {"retrieve": 1000 * (retrieved - started), "quote": 1000 * (perf_counter() - retrieved)}
        answer = replace(answer, timings=timings)
        if self.settings.llm != "none" and not answer.abstained and not found.only_named:
            yield Quoted(answer)
            answer = yield from self._written(answer, understood, found, filters)
        total = {"answer": 1000 * (perf_counter() - retrieved)}
        yield replace(answer, timings={**answer.timings, **total})

    def search(self, question: str, k: int | None = None, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The best paragraphs for a question, exactly min(k, allowed)."""
        return self.found(question, k, filters).hits

    def found(self, question: str, k: int | None = None, filters: Filters | None = None) -> Found:
        """The same with what was found out on the way: look-ups, misspelt words."""
        asked = checked(question, self.settings.question_limit)
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
        raise SettingError(f"No report {name!r} in the index. It has: {', '.join(self.index.reports)}.")

    def _quoted(self, asked: str, understood: str, found: Found, filters: Filters) -> Answer:
        language: Language = language_of(asked)
        abstained = found.look_up.in_vain or (
            not found.named and not answers(signals(understood, found, self.retriever, language, filters))
        )
        citations: tuple[Citation, ...] = ()
        if found.look_up.in_vain:
            text = not_there(found.look_up, self.index.reports, self.index.paragraphs, language)
        elif abstained:
            text = refusal(language, missing(understood, found, self.retriever, filters))
        else:
            text, citations = quote_answer(understood, found, self.retriever, language, filters)
        return Answer(
            question=asked,
            language=language,
            text=text,
            citations=citations,
            hits=found.hits,
            mode="quotes",
            abstained=abstained,
            timings={},
            understood=understood if understood != asked else None,
            searched_for=found.corrections,
            models={"embedder": self.settings.embedder, "llm": None},
            index=self.index.name,
        )

    def _written(
        self, quoted: Answer, understood: str, found: Found, filters: Filters
    ) -> Generator[Writing | Waiting, None, Answer]:
        """The quoted answer with what a language model writes above it; as it is, with the error, where that fails."""
        from rag.answering.prompt import write_prompt
        from rag.models.chat import context_of, generate, model_name, token_counter

        settings = self.settings
        try:
            model = self._model()
            prompt = write_prompt(
                understood,
                found.hits,
                self.index.reports,
                quoted.language,
                token_counter(model),
                context_of(model, settings),
                settings.passages,
                settings.passage_tokens,
                settings.llm_output,
                filters.renderings,
            )
            passages = {passage.marker: passage.paragraph for passage in prompt.passages}
            check = partial(
                check_answer,
                passages=passages,
                reports=self.index.reports,
                language=quoted.language,
                lexicon=self.lexicon,
                question=understood,
            )
            pieces = generate(model, prompt.messages, settings, prompt.grammar)
            text, run = yield from _checked_as_it_grows(pieces, passages, check, quoted.language)
        except ModelError as error:
            return replace(quoted, llm_error=str(error))
        return self._verified(
            replace(quoted, models={**quoted.models, "llm": model_name(model)}), text, run, check(text)
        )

    def _verified(self, quoted: Answer, text: str, run: Mapping[str, Any], checked: Checked) -> Answer:
        """A model's statements that hold, over the quotations; the quotations alone, with its view, where none does."""
        from rag.models.chat import figures

        timings = {stage: run[f"{stage}_ms"] for stage in ("prompt", "generate") if f"{stage}_ms" in run}
        answer = replace(
            quoted,
            timings={**quoted.timings, **timings},
            generation=figures(run),
            rejected=checked.left_out,
        )
        if not (checked.verified or checked.unsure):
            return replace(answer, model_view="refused" if refuses(text) else "unverified")
        written = replace(answer, mode="llm", text=checked.text, citations=checked.citations)
        written = shortened(written) if self.settings.short else written
        return self._hinted(replace(written, quoted=number_on(quoted, written.citations)))

    def _hinted(self, answer: Answer) -> Answer:
        """An answer with what a small NLI model says of each statement, where the settings name one."""
        if self.settings.nli == "none":
            return answer
        try:
            return replace(answer, citations=self.hints.beside(answer.citations))
        except ModelError as error:  # the answer stands: it was a hint
            return replace(answer, llm_error=str(error))

    def _stand_alone(self, asked: str, history: Sequence[Turn]) -> Generator[Waiting, None, str]:
        """A question that leans on the one before, rewritten by the model where it keeps to what was said.

        Yields `Waiting` while the model writes.
        """
        by_rule = stand_alone(asked, history)
        if by_rule == asked or self.settings.llm == "none":
            return by_rule
        from rag.answering.prompt import write_rewriting
        from rag.models.chat import context_of, generate, token_counter

        language = language_of(asked)
        try:
            model = self._model()
            room = int(context_of(model, self.settings) * REWRITING_SHARE)
            message = write_rewriting(asked, history, language, token_counter(model), room)
            written = ""
            for piece in generate(model, [message], self.settings, limit=REWRITTEN):
                written += "" if isinstance(piece, Waiting) else piece
                yield piece if isinstance(piece, Waiting) else Waiting()
            written = written.strip()
        except ModelError:  # the answer tells of it
            return by_rule
        said = [asked, *(text for turn in history for text in (turn.question, turn.answer))]
        keeps = not unsupported_figures(written, (), said) and not unsupported_figures(asked, (), [written])
        fits = "\n" not in written and len(written) <= self.settings.question_limit and language_of(written) == language
        return written if keeps and fits and written != asked else by_rule

    def _model(self) -> "BaseChatModel":
        """The chat model; ModelError where it cannot be had."""
        with self._choosing:
            if self.chat_model is None:
                from rag.models.chat import chat_model

                self.chat_model = chat_model(self.settings)
        if self.chat_model is None:
            raise ModelError("No language model is chosen. Name a GGUF file or a server with --llm.")
        return self.chat_model

    def _filters(self, filters: Filters | None) -> Filters:
        """The filters of a question; SettingError where they name a report or year the index does not have."""
        filters = filters or Filters()
        reports = frozenset(map(self.report_id, filters.reports))
        years = {year for report in self.index.reports.values() for year in report.years}
        for year in filters.years - years:
            raise SettingError(
                f"No report of {year} in the index. It has reports of: {', '.join(map(str, sorted(years)))}."
            )
        return replace(filters, reports=reports, renderings=filters.renderings and self.settings.renderings)

    def _check_embedder(self) -> None:
        built_with = self.index.manifest["embedder"]
        wanted = embedding.fingerprint_of(self.settings.embedder, self.settings.cache)
        if wanted != built_with["fingerprint"]:
            raise IndexProblem(
                f"The index was built with embedder {built_with['name']} ({built_with['fingerprint'][:12]}), "
                f"the setting is {self.settings.embedder} ({wanted[:12]}). "
                f"Build again with: rapporteur build --embedder {self.settings.embedder}"
            )


def _checked_as_it_grows(
    pieces: Generator[str | Waiting, None, Mapping[str, Any]],
    passages: Collection[int],
    check: Callable[[str], Checked],
    language: Language,
) -> Generator[Writing | Waiting, None, tuple[str, Mapping[str, Any]]]:
    """What a model has written so far, each statement checked once the next begins; returns all of it, and the run.

    An answer that was cut off ends with its last whole statement.
    """
    text = whole = shown = ""
    with closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                run = end.value
                return (complete_statements(text) if run.get("finish_reason") == "length" else text), run
            if isinstance(piece, Waiting):
                yield piece
                continue
            text += piece
            plain = plain_markers(text, passages)
            last = sentences(plain, language)[-1:]
            done = plain[: last[0][0]] if last else ""
            if done != whole:
                whole, shown = done, check(done).text
            yield Writing(shown, MARKER.sub("", plain[len(done) :]))


def refusal(language: Language, names: Sequence[str] = ()) -> str:
    """What is said instead of an answer, with the names that were looked for and not found.

    >>> refusal("en", ["BMS8"])[:84]
    'The reports do not answer this question: the nearest paragraphs do not mention “BMS8'
    """
    joint = "、" if language == "zh" else ", "
    absent = ABSENT[language].format(names=joint.join(f"“{name}”" for name in names)) if names else ""
    return REFUSAL[language].format(absent=absent)


def build(
    settings: Settings, progress: Progress | None = None, on_file: Callable[[str], None] = lambda name: None
) -> tuple[str, bool, Path]:
    """Read the reports and index them; the generation's name, whether it had to be built, and the index folder."""
    progress = progress or _silent
    read = list(read_folder(settings.reports, settings.renderings, on_file))
    read += read_own(settings, {each.report.id for each in read})
    fingerprint = embedding.fingerprint_of(settings.embedder, settings.cache)
    name, built = build_index(
        [(each.report, each.paragraphs) for each in read],
        settings.index,
        lambda: embedding.load(settings.embedder, settings.cache),
        fingerprint,
        Lexicon.load(),
        progress,
    )
    return name, built, settings.index


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


def _silent(_what: str, _done: int, _of: int) -> None:
    """Progress nobody watches."""
