"""The straight line `ask(question) -> Answer`, the only place concrete classes are chosen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from time import perf_counter

from rag import embedding
from rag.abstention import answers, signals
from rag.errors import IndexProblem, SettingError
from rag.index import Index, Progress, build_index, open_index
from rag.lexicon import Lexicon
from rag.questions import checked, stand_alone
from rag.quoting import quote_answer
from rag.records import Answer, Hit, Language, Paragraph, Turn
from rag.references import find_paragraphs
from rag.reports import read_folder
from rag.retrieval import Filters, Found, Retriever
from rag.settings import Settings
from rag.text import fold
from rag.text import language as language_of

REFUSAL: dict[str, str] = {
    "zh": "报告没有回答这个问题。最接近的段落列在下面，供查阅。",
    "en": "The reports do not answer this question. The nearest paragraphs are listed for you to check.",
}


class Assistant:
    """Answers questions from one index. Opens the index at once, models when a question first needs them."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        """IndexProblem where there is no usable index, or it was built with another embedder than the settings name."""
        self.settings = settings
        self.progress = progress or _silent
        self.index: Index = open_index(settings.index)
        self._check_embedder()
        self.retriever = Retriever(self.index, lambda: self.embedder, self.lexicon)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The dictionary and the glossary."""
        return Lexicon.load()

    @cached_property
    def embedder(self) -> embedding.Embedder:
        """The embedder the index was built with."""
        return embedding.load(self.settings.embedder, self.settings.cache, self.progress)

    def warm_up(self) -> None:
        """Load every model now, so that the first question is as quick as the next."""
        self.search("warm-up 预热", 1)

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
    ) -> Iterator[tuple[Hit, ...] | str | Answer]:
        """What a reader sees, as it comes: the hits, then the answer's text as it grows, then the whole Answer."""
        started = perf_counter()
        asked = checked(question, self.settings.question_limit)
        understood = stand_alone(asked, list(history)[-self.settings.history_turns :] if history else [])
        filters = self._filters(filters)
        found = self.retriever.find(understood, k or self.settings.k, filters)
        retrieved = perf_counter()
        yield found.hits
        answer = self._quoted(asked, understood, found, filters)
        timings = {"retrieve": 1000 * (retrieved - started), "answer": 1000 * (perf_counter() - retrieved)}
        yield replace(answer, timings=timings)

    def search(self, question: str, k: int | None = None, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The best paragraphs for a question, exactly min(k, allowed)."""
        asked = checked(question, self.settings.question_limit)
        return self.retriever.find(asked, k or self.settings.k, self._filters(filters)).hits

    def show(self, written: str) -> list[Paragraph]:
        """The paragraphs any printed form of a reference names; UnknownParagraph where it names none."""
        return find_paragraphs(written, self.index.reports, self.index.paragraphs)

    def report_id(self, name: str) -> str:
        """The id of the report a name means: its id, symbol, file or alias; SettingError where there is none."""
        wanted = fold(name)
        for report in self.index.reports.values():
            if wanted in {fold(each) for each in (report.id, report.file, report.file.rsplit(".", 1)[0], *report.aliases)}:
                return report.id
        raise SettingError(f"No report {name!r} in the index. It has: {', '.join(self.index.reports)}.")

    def _quoted(self, asked: str, understood: str, found: Found, filters: Filters) -> Answer:
        language: Language = language_of(asked)
        abstained = not found.only_named and not answers(signals(understood, found, self.retriever, language, filters))
        if abstained:
            text, citations = REFUSAL[language], ()
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
            models={"embedder": self.settings.embedder, "llm": None},
            index=self.index.name,
        )

    def _filters(self, filters: Filters | None) -> Filters:
        """The filters of a question; SettingError where they name a report or year the index does not have."""
        filters = filters or Filters()
        reports = frozenset(map(self.report_id, filters.reports))
        years = {year for report in self.index.reports.values() for year in report.years}
        for year in filters.years - years:
            raise SettingError(f"No report of {year} in the index. It has reports of: {', '.join(map(str, sorted(years)))}.")
        return replace(filters, reports=reports, renderings=filters.renderings and self.settings.renderings)

    def _check_embedder(self) -> None:
        built_with = self.index.manifest["embedder"]
        wanted = embedding.fingerprint_of(self.settings.embedder, self.settings.cache, self.progress)
        if wanted != built_with["fingerprint"]:
            raise IndexProblem(
                f"The index was built with embedder {built_with['name']} ({built_with['fingerprint'][:12]}), the setting is "
                f"{self.settings.embedder} ({wanted[:12]}). Build again with: rapporteur build --embedder {self.settings.embedder}"
            )


def build(settings: Settings, progress: Progress | None = None, on_file: Callable[[str], None] = lambda name: None) -> tuple[str, bool, Path]:
    """Read the reports and index them; the generation's name, whether it had to be built, and the index folder."""
    progress = progress or _silent
    read = [(each.report, each.paragraphs) for each in read_folder(settings.reports, settings.renderings, on_file)]
    fingerprint = embedding.fingerprint_of(settings.embedder, settings.cache, progress)
    name, built = build_index(
        read,
        settings.index,
        lambda: embedding.load(settings.embedder, settings.cache, progress),
        fingerprint,
        Lexicon.load(),
        progress,
    )
    return name, built, settings.index


def _silent(_what: str, _done: int, _of: int) -> None:
    """Progress nobody watches."""
