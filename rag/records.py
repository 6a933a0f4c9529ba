"""The records that flow: Report, Paragraph, Hit, Citation, Answer.

A record knows nothing of files, models or screens; it has no behaviour beyond derived properties.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Mode = Literal["llm", "quotes", "help", "count", "overview"]  # help: of the tool and the library, without citations
Slice = tuple[int, int]  # (start, end) offsets in a text, end exclusive


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read: what is known of it, and its text character for character."""

    id: str  # the UN symbol when known, else the file's stem
    file: str  # the name of the file it was read from
    language: Language
    text: str  # every offset in a Paragraph's spans counts in this text
    sha256: str  # of the file's bytes
    symbol: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)  # language → full title
    short_title: str = ""
    body: str = ""  # the body that issued it
    session: str = ""
    date: str = ""  # ISO, as exact as known: "2021", "2021-09-30"
    years: tuple[int, ...] = ()  # the years a filter finds it under: its own and those it covers
    period: str = ""  # as printed
    period_meant: str = ""  # where the printed one is evidently a slip
    aliases: tuple[str, ...] = ()  # other names people call it by: "BMS7"
    links: Mapping[str, str] = field(default_factory=dict)  # language → official address
    known_from: Mapping[str, str] = field(default_factory=dict)  # fact → where it comes from

    @property
    def name(self) -> str:
        """What a reader calls it: the symbol, else the short title, else the file."""
        return self.symbol or self.short_title or self.file


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote and the mark that carries it, in the language it was printed in."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A paragraph in another language. An unofficial one is called a rendering."""

    text: str
    headings: tuple[str, ...] = ()
    official: bool = False
    row: str | None = None
    body: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The unit that is found, quoted and cited: one numbered paragraph, front-matter line or table row."""

    report: str  # Report.id
    part: str  # "front", "summary", "main", "annex", "annex-2" …, "annex-table" …
    number: str  # unique within report and part: "24", "24-2", "p3"; a row's 1-based position
    position: int  # 0-based order in the report
    text: str  # clean and unwrapped; sub-paragraphs on lines of their own
    language: Language
    printed: str | None = None  # the number as printed: "24" for both; None where nothing is printed
    printed_again: bool = False  # whether the part prints that number twice
    printed_elsewhere: bool = False  # whether a part beside the report proper prints it
    headings: tuple[str, ...] = ()  # from the top
    footnotes: tuple[Footnote, ...] = ()
    spans: tuple[Slice, ...] = ()  # the slices of Report.text it is made of, in order
    translations: Mapping[str, Translation] = field(default_factory=dict)  # language → translation
    row: str | None = None  # rows only: the printed label, may be empty
    body: str | None = None  # rows only: what the row stands under
    columns: tuple[tuple[str, str], ...] = ()  # rows only: (column name, cell), empty cells left out

    @property
    def locator(self) -> str:
        """The part after `#` in the id: "21", "annex-92", "annex-table-17", "summary-1", "p3"."""
        return self.number if self.part == "main" else f"{self.part}-{self.number}"

    @property
    def id(self) -> str:
        """The paragraph id, the same across rebuilds and languages: "S/2021/839#21"."""
        return f"{self.report}#{self.locator}"

    @property
    def is_row(self) -> bool:
        """Whether this is a row of a table."""
        return self.part.endswith("-table")

    def languages(self, renderings: bool) -> list[Language]:
        """The languages a reader is shown it in, its own first; `renderings` whether unofficial ones are."""
        others = ((of, self.translations.get(of)) for of in LANGUAGES if of != self.language)
        return [self.language, *(of for of, each in others if each and (renderings or each.official))]

    def shown_in(self, language: Language, renderings: bool) -> Language:
        """The language a reader of one is shown it in: its own where it has no text in that one."""
        return language if language in self.languages(renderings) else self.language

    def in_language(self, language: str) -> str | None:
        """Its text in a language, or None where it has none."""
        if language == self.language:
            return self.text
        translation = self.translations.get(language)
        return translation.text if translation else None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question may be answered from; empty means anything."""

    reports: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()
    renderings: bool = True

    def admit(self, report: Report) -> bool:
        """Whether a report may be answered from."""
        return (not self.reports or report.id in self.reports) and (
            not self.years or bool(self.years & {*report.years})
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph found for a question."""

    paragraph: Paragraph
    rank: int  # 1-based
    score: float  # in [0, 1], higher is better
    dense: float = 0.0  # cosine of question and paragraph in [-1, 1]; 0 where not computed
    lexical: float = 0.0  # BM25 of the best lexical leg, ≥ 0


class Verdict(StrEnum):
    """What checking a citation against its paragraph found. The last two are rejections; the one before is neither."""

    FOUND = "found"
    FOUND_NORMALISED = "found-normalised"  # width, whitespace and punctuation aside
    SUPPORTED = "supported"  # a paraphrase whose figures and words check
    NOT_CHECKED = "not-checked"  # its figures and quotations check; words alone do not tell whether the rest does
    NUMBER_MISMATCH = "number-mismatch"
    NOT_FOUND = "not-found"


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose words a quotation is."""

    speaker: str  # as the quotation says it: "some States"; empty where it names none
    text: str  # what it stands in: "secretary-general", "outcome", "chair" …; empty where headings and title do not say


@dataclass(frozen=True, slots=True)
class Citation:
    """A statement's tie to the paragraph it came from, and whether it holds."""

    marker: int  # 1-based, numbered by first use in the answer
    paragraph: Paragraph
    quote: str  # the words as shown
    language: Language  # of the quote
    official: bool  # False where the words are a rendering's
    verdict: Verdict
    span: Slice | None = None  # of the quote in the paragraph's text of that language
    original: str | None = None  # the official sentence behind a rendering's
    spans: tuple[Slice, ...] = ()  # the words of the quote that answer: offsets in it, in order
    hint: float | None = None  # how likely a small NLI model finds it that the paragraph says this; no verdict
    voice: Voice | None = None  # where the question asks whose words these are


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question with its answer."""

    question: str
    answer: str
    cited: tuple[str, ...] = ()  # the reports its citations are of, by first use


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The hits of a question, before there is an answer."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing new yet: the occasion to stop."""

    ahead: int = 0  # other questions that the language model answers first


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model's answer so far."""

    checked: str  # the statements that hold, with their markers
    growing: str  # the statement it is at, not checked yet


@dataclass(frozen=True, slots=True)
class Rejected:
    """A statement a language model wrote that did not hold, and is not shown as the answer."""

    text: str
    why: str  # in the answer's language


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gets back; `abstained` alone says whether an answer was given."""

    question: str
    language: Language
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    mode: Mode
    abstained: bool
    timings: Mapping[str, float]  # stage → milliseconds
    confidence: Literal["sure", "unsure"] = "sure"  # unsure: quoted under a caveat, as the reports may not answer
    asked_in: str | None = None  # the code of a third language the question was in
    understood: str | None = None  # a follow-up rewritten to stand alone
    searched_for: Mapping[str, str] = field(default_factory=dict)  # misspelt word → what was searched for instead
    llm_error: str | None = None
    models: Mapping[str, str | None] = field(default_factory=dict)  # {"embedder": …, "llm": …}
    generation: Mapping[str, float] = field(default_factory=dict)  # tokens read, reused, written, and written a second
    headings: tuple[str, ...] = ()  # the lines of the text that head what stands beneath them
    quoted: "Answer | None" = None  # the quotations beneath what a language model wrote, numbered on from it
    rejected: tuple[Rejected, ...] = ()  # what a language model wrote that did not hold
    model_view: Literal["refused", "unverified"] | None = None  # why a model that was asked wrote none of the answer
    index: str = ""  # the generation that was asked


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quoted answer, shown while a language model writes above it."""

    answer: Answer


Event = Waiting | Retrieved | Quoted | Writing | Answer  # what a question is answered with, as it comes
