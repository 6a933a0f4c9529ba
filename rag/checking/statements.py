"""One statement of a model's answer against the passages it cites: its language, quotations, figures and words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.checking.comparison import compare
from rag.checking.passages import Passage, listed_counts, unsupported_figures
from rag.checking.synonyms import light, senses
from rag.checking.words import holds_office, pattern, read_sentences
from rag.data import table
from rag.lexicon import Lexicon
from rag.records import Citation, Language, Slice, Verdict
from rag.text import figures, symbols
from rag.text import language as language_of
from rag.text.quotes import quotations

# Of a statement's words, how many its paragraph must have. Of the 241 dev answers with one gold paragraph 97 % reach it
# there, and 8 % in the best of the six paragraphs around it.
SUPPORT = 0.6
# The same where the dictionary's words count too: 98 % there, 18 % around; between the two it does not tell.
MEANT = 0.7


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a model's answer, and what checking it found."""

    text: str  # without its markers
    verdict: Verdict | None = None  # None for a lead-in, which states nothing
    citations: tuple[Citation, ...] = ()  # numbered as the model's passages
    why: str = ""  # why it is not shown, in the answer's language; "" where it is


def refuses(text: str) -> bool:
    """Whether a model's answer says that the paragraphs hold no answer."""
    return pattern("refusal").search(text) is not None


class Checker:
    """Checks statements against the passages of one answer."""

    def __init__(self, passages: Mapping[int, Passage], language: Language, lexicon: Lexicon, question: str) -> None:
        self._passages, self._language, self._lexicon, self._question = passages, language, lexicon, question
        words = [word for sentence in read_sentences(question, language, lexicon) for word in sentence.content]
        named = [word for word in words if word.name and not holds_office(word.text)]
        names = {term for word in named for term in lexicon.terms(word.text, language)}
        self._asked = frozenset(lexicon.terms(question, language)) - names
        counts = [(each.start, each.end) for each in figures(question) if each.kind in ("count", "ordinal")]
        self._counts_asked = _blank(question, set(_exact(question)).difference(counts))

    def check(self, text: str, markers: Sequence[int], cited: bool) -> Statement:
        """What becomes of a statement that cites these passages; `cited` says whether the model itself did."""
        passages = [self._passages[marker] for marker in markers]
        supporting = [each for each in passages if self._share(text, each.words) >= SUPPORT]
        if not cited and _leads_in(text):
            return Statement(text)
        if refuses(text) and not (cited and supporting):
            return self._rejected(text, (), "view")
        if not self._right_language(text):
            return self._rejected(text, passages, "language")
        if not re.search(r"\w", text) or pattern("reference").fullmatch(text) or self._only_repeats(text):
            return self._rejected(text, (), "empty")
        if not passages:
            return self._rejected(text, (), "source")
        if not all(any(each.has(text[start:end]) for each in passages) for start, end in quotations(text)):
            return self._rejected(text, passages, "quote")
        if wrong := self._wrong_figures(text, passages):
            return self._rejected(text, passages, "figures", wrong)
        together = frozenset[str]().union(*(each.words for each in passages))
        meant = 1.0 if self._share(text, together) >= SUPPORT else self._share_meant(text, together, passages)
        verdict = self._compared(text, supporting or passages) if meant >= SUPPORT else Verdict.NOT_FOUND
        if verdict == Verdict.NOT_FOUND:
            return self._rejected(text, passages, "words")
        verdict = verdict if meant >= MEANT else Verdict.NOT_CHECKED
        return Statement(text, verdict, self._citations(text, passages, verdict))

    def source_of(self, text: str, first: Iterable[int]) -> tuple[int, ...]:
        """The passage that supports a statement which cites none: one cited beside it, else the best of all."""
        if _leads_in(text) or refuses(text):
            return ()
        shares = {marker: self._share(text, passage.words) for marker, passage in self._passages.items()}
        for marker in [*first, *sorted(shares, key=lambda each: -shares[each])]:
            if shares[marker] >= SUPPORT and not self._wrong_figures(text, [self._passages[marker]]):
                return (marker,)
        return ()

    def _rejected(self, text: str, passages: Iterable[Passage], why: str, figures: Iterable[str] = ()) -> Statement:
        verdict = Verdict.NUMBER_MISMATCH if figures else Verdict.NOT_FOUND
        citations = tuple(each.paraphrase(text, verdict) for each in passages)
        what = ("、" if self._language == "zh" else ", ").join(figures)
        return Statement(
            text, verdict, citations, table("checking.toml")["wrong"][self._language][why].format(what=what)
        )

    def _citations(self, text: str, passages: Sequence[Passage], verdict: Verdict) -> tuple[Citation, ...]:
        """A citation for each quotation, of the first passage that has it; and of passages that then have none.

        Where the others support the statement, one that does not is let go.
        """
        quotes = [text[start:end] for start, end in quotations(text)]
        found = [next(each for each in passages if each.has(quote)).cite(quote) for quote in quotes]
        rest = [each for each in passages if each.marker not in {citation.marker for citation in found}]
        if verdict == Verdict.SUPPORTED:
            rest = [each for each in rest if self._share(text, each.words) >= SUPPORT / 2]
        return (*found, *(each.paraphrase(text, verdict) for each in rest))

    def _share_meant(self, text: str, words: frozenset[str], passages: Iterable[Passage]) -> float:
        """The share of a statement's words that some passages have, be it in other words, by the dictionary."""
        english = frozenset[str]().union(*(each.in_english(self._language == "en") for each in passages))
        meant = frozenset[int]().union(*map(senses, words))
        glossed = {
            word
            for word in self._own_words(text)
            if meant & senses(word) or light(word) or english & {word, *self._lexicon.gloss_terms(word, "zh")}
        }
        return self._share(text, words | glossed)

    def _compared(self, text: str, passages: Sequence[Passage]) -> Verdict:
        said = [text for each in passages for text in each.said]
        beside = frozenset[str]().union(
            *(each.in_english(True) for each in passages), *(each.above for each in passages)
        )
        return compare(text, said, self._language, self._lexicon, beside, self._asked)

    def _share(self, text: str, words: frozenset[str]) -> float:
        """The share of a statement's words that are among these; its figures, checked apart, count as found."""
        own, counted = self._own_words(text), len(figures(text))
        return (len(own & words) + counted) / (len(own) + counted) if own else 1.0

    def _only_repeats(self, text: str) -> bool:
        """Whether a statement has no word, figure or symbol that the question has not."""
        return bool(self._asked) and not unsupported_figures(text, [self._question]) and not self._own_words(text)

    def _own_words(self, text: str) -> frozenset[str]:
        """The words of a statement that are its own to prove: no figures, no symbols, of the question's only names."""
        return frozenset(self._lexicon.terms(_blank(text, _exact(text)), self._language)) - self._asked

    def _wrong_figures(self, text: str, passages: Sequence[Passage]) -> list[str]:
        """The figures that none of the passages has; a number of things that the question gave is its own affair."""
        texts = [each for passage in passages for each in (*passage.texts, *passage.about)]
        wrong = unsupported_figures(text, [*texts, self._counts_asked])
        summed = {str(n) for passage in passages for each in passage.said for n in listed_counts(each)} if wrong else ()
        return unsupported_figures(text, [*texts, self._counts_asked, *summed]) if summed else wrong

    def _right_language(self, text: str) -> bool:
        rest = _blank(text, quotations(text))
        spoken = language_of(rest)
        return spoken == self._language or (spoken == "en" and len(re.findall(r"\b[a-z]{3,}", rest)) < 3)  # names


def _leads_in(text: str) -> bool:
    """Whether a text states nothing itself: a heading, or the words before a list."""
    bare = text.strip(" *#-—\n")
    return not any(map(str.isalnum, bare)) or (bare.endswith(("：", ":")) and not figures(bare))


def _exact(text: str) -> list[Slice]:
    """Where the figures and symbols of a text stand."""
    return [*((each.start, each.end) for each in figures(text)), *((each.start, each.end) for each in symbols(text))]


def _blank(text: str, spans: Iterable[Slice]) -> str:
    """A text with blanks in place of some slices."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
