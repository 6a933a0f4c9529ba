"""One statement of a model's answer against the passages it cites."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.checking.clauses import Terms, read_sentences
from rag.checking.comparison import Doubt, compare
from rag.checking.markers import MARKER
from rag.checking.refusals import SAYS_SO
from rag.checking.verdicts import cite_quote, texts_of, unsupported_figures
from rag.records import Citation, Language, Paragraph, Report, Verdict
from rag.references import written
from rag.text import figure_supported, figures, symbols
from rag.text import language as language_of
from rag.text.injection import harmless
from rag.text.quoted import quoted
from rag.text.quotes import find_quote

# Of a statement's words, how many its paragraph must have. Of the 241 dev answers with one gold paragraph 97 % reach it
# there, and 8 % in the best of the six paragraphs around it.
SUPPORT = 0.6
MEANT = (
    0.7  # the same where the dictionary's words count too: 98 % there, 18 % around; between the two it does not tell
)

REFERENCE = re.compile(  # a sentence that says where something stands and no more
    r"(?:根据|依据|见|参见|according to|see|\s)*"
    r"(?:(?:第?\s?\d{1,3}\s?段|paras?(?:graphs?)?\.? \d{1,3}|\d{1,3})(?:\s|[,，、和]|and)*)+[.。]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a model's answer, and what checking it found."""

    text: str  # without its markers
    citations: tuple[Citation, ...] = ()  # numbered as the model's passages
    wrong: str = ""  # the key of NOTES that says why it is not verified; "" where it is, or where it states nothing
    what: tuple[str, ...] = ()  # the figures that are wrong
    states: bool = True  # False for a lead-in, which cites nothing
    unsure: bool = False  # its figures and quotations hold; words alone do not tell whether the rest does


class Checker:
    """Checks statements against the passages of one answer."""

    def __init__(
        self,
        passages: Mapping[int, Paragraph],
        reports: Mapping[str, Report],
        language: Language,
        lexicon: Terms,
        question: str = "",
    ) -> None:
        self._passages, self._reports, self._language, self._lexicon = passages, reports, language, lexicon
        self._asked = _common_words(question, language, lexicon)
        self._asked_figures = figures(question)
        self._counts_asked = _counts_alone(question)
        self._asked_symbols = {each.canonical for each in symbols(question)}
        self._harmless = {marker: _without_orders(paragraph) for marker, paragraph in passages.items()}
        self._words: dict[int, frozenset[str]] = {}

    def check(self, text: str, markers: Sequence[int], cited: bool) -> Statement:
        """What becomes of a statement that cites these passages; `cited` says whether the model itself did."""
        if not cited and _leads_in(text):
            return Statement(text, states=False)
        if SAYS_SO.search(text) and not (cited and any(self.supports(marker, text) for marker in markers)):
            return Statement(text, states=False)
        if not self._right_language(text):
            return Statement(text, self._paraphrased(text, markers, Verdict.NOT_FOUND), "language")
        if REFERENCE.fullmatch(text) or self._only_repeats(text):
            return Statement(text, wrong="empty")
        if not markers:
            return Statement(text, wrong="source")
        if not all(any(self._has(marker, quote) for marker in markers) for quote in _quotations(text)):
            return Statement(text, self._quoted(text, markers), "quote")
        if what := self._wrong_figures(text, markers):
            return Statement(text, self._paraphrased(text, markers, Verdict.NUMBER_MISMATCH), "figures", tuple(what))
        supporting = [marker for marker in markers if self.supports(marker, text)]
        meant = 1.0 if supporting or self._support_together(markers, text) else self._share_meant(text, markers)
        if meant < SUPPORT:
            return Statement(text, self._paraphrased(text, markers, Verdict.NOT_FOUND), "words")
        doubt = self._doubt(text, supporting or markers)
        if doubt == Doubt.DENIED:
            return Statement(text, self._paraphrased(text, markers, Verdict.NOT_FOUND), "words")
        unsure = doubt == Doubt.UNSURE or meant < MEANT
        verdict = Verdict.NOT_CHECKED if unsure else Verdict.SUPPORTED
        return Statement(
            text, self._quoted(text, markers, verdict) or self._paraphrased(text, markers, verdict), unsure=unsure
        )

    def source_of(self, text: str, first: Iterable[int]) -> tuple[int, ...]:
        """The passage that supports a statement which cites none: one cited beside it, else the best of all."""
        if _leads_in(text) or SAYS_SO.search(text):
            return ()
        rest = sorted(self._passages, key=lambda marker: -self._share(text, self._of(marker)))
        for marker in [*first, *rest]:
            if self.supports(marker, text) and not self._wrong_figures(text, [marker]):
                return (marker,)
        return ()

    def supports(self, marker: int, text: str) -> bool:
        """Whether a passage has enough of a statement's words."""
        return self._share(text, self._of(marker)) >= SUPPORT

    def _support_together(self, markers: Sequence[int], text: str) -> bool:
        together = frozenset[str]().union(*map(self._of, markers))
        return self._share(text, together) >= SUPPORT

    def _share_meant(self, text: str, markers: Sequence[int]) -> float:
        """The share of a statement's words that some passages have, be it in other words, by the dictionary."""
        paragraphs = [self._harmless[marker] for marker in markers]
        words = frozenset[str]().union(*map(self._of, markers))
        english = self._in_english(paragraphs, self._language == "en")
        own, counted = self._own_words(text), len(figures(text))
        found = [word for word in own if word in words or english & {word, *self._lexicon.gloss_terms(word, "zh")}]
        return (len(found) + counted) / (len(own) + counted) if own else 1.0

    def _doubt(self, text: str, markers: Sequence[int]) -> Doubt | None:
        """What stands against a statement in the passages, whose text in its language is compared with it."""
        paragraphs = [self._harmless[marker] for marker in markers]
        texts = [said for each in paragraphs if (said := each.in_language(self._language))]
        notes = [note.text for each in paragraphs for note in each.footnotes]
        texts += [note for note in notes if language_of(note) == self._language]
        beside = self._in_english(paragraphs, True) | self._asked
        return compare(text, texts, self._language, self._lexicon, beside)

    def _in_english(self, paragraphs: Sequence[Paragraph], glossed: bool) -> frozenset[str]:
        """What the words of passages are in English, by their renderings and, where `glossed`, by the dictionary."""
        texts = [text for each in paragraphs for text in texts_of(each)]
        zh = [text for text in texts if glossed and language_of(text) == "zh"]
        en = [text for text in texts if language_of(text) == "en"]
        reports = [self._reports[each.report] for each in paragraphs]
        en += [name for report in reports for name in (report.name, *report.aliases)]
        terms = [term for text in en for term in self._lexicon.terms(text, "en")]
        return frozenset(terms + [term for text in zh for term in self._lexicon.gloss_terms(text, "zh")])

    def _share(self, text: str, words: frozenset[str]) -> float:
        """The share of a statement's words that are among these; its figures, checked apart, count as found."""
        own, counted = self._own_words(text), len(figures(text))
        return (len(own & words) + counted) / (len(own) + counted) if own else 1.0

    def _only_repeats(self, text: str) -> bool:
        """Whether a statement has no word, figure or symbol that the question has not."""
        new = [each for each in figures(text) if not figure_supported(each, self._asked_figures)]
        named = [each for each in symbols(text) if each.canonical not in self._asked_symbols]
        return bool(self._asked) and not new and not named and not self._own_words(text)

    def _own_words(self, text: str) -> frozenset[str]:
        """The words of a statement that are its own to prove.

        Figures and symbols are checked by what they mean; words taken over from the question say nothing of the
        paragraph, unless they name something.
        """
        spans = [(each.start, each.end) for each in figures(text)] + [(each.start, each.end) for each in symbols(text)]
        for start, end in spans:
            text = text[:start] + " " * (end - start) + text[end:]
        return frozenset(self._lexicon.terms(text, self._language)) - self._asked

    def _of(self, marker: int) -> frozenset[str]:
        """The words of a passage in the answer's language, its reference, headings and footnotes among them."""
        if marker not in self._words:
            paragraph = self._harmless[marker]
            translation = paragraph.translations.get(self._language)
            texts = [note.text for note in paragraph.footnotes]
            if translation:
                texts += [translation.text, *translation.headings]
            else:
                texts += [paragraph.text, *paragraph.headings]
            gloss = paragraph.language != self._language  # else a foreign title would have the whole dictionary read
            words = {word for text in texts for word in self._terms(text, gloss)}
            about = {word for text in self._about(paragraph) for word in self._lexicon.terms(text, language_of(text))}
            self._words[marker] = frozenset(words | about)
        return self._words[marker]

    def _terms(self, text: str, gloss: bool) -> Iterator[str]:
        spoken = language_of(text)
        yield from self._lexicon.terms(text, spoken)
        if gloss and spoken != self._language:
            yield from self._lexicon.gloss_terms(text, spoken)

    def _about(self, paragraph: Paragraph) -> list[str]:
        """What the model is told of a paragraph's report: its reference, title and year."""
        report = self._reports[paragraph.report]
        reference = written(paragraph, report, self._language)
        year = report.date[:4]
        notes = [f"脚注{note.mark}；footnote {note.mark}" for note in paragraph.footnotes]
        return [reference, report.name, *notes, *report.titles.values(), f"{year}年", f"in {year}", *paragraph.headings]

    def _wrong_figures(self, text: str, markers: Sequence[int]) -> list[str]:
        """The figures that none of the passages has; a number of things that the question gave is its own affair."""
        paragraphs = [self._harmless[marker] for marker in markers]
        about = [each for one in paragraphs for each in self._about(one)]
        return unsupported_figures(text, paragraphs, [*about, self._counts_asked])

    def _right_language(self, text: str) -> bool:
        for start, end in reversed(quoted(text)):
            text = text[:start] + text[end:]
        rest = MARKER.sub("", text)
        if self._language == "en":
            return language_of(rest) == "en"
        return language_of(rest) == "zh" or len(re.findall(r"\b[a-z]{3,}", rest)) < 3  # a name is no language

    def _has(self, marker: int, quote: str) -> bool:
        found = self._cite(marker, quote).verdict in (Verdict.FOUND, Verdict.FOUND_NORMALISED)
        return found and any(find_quote(text, quote) for text in texts_of(self._harmless[marker]))

    def _cite(self, marker: int, quote: str) -> Citation:
        """The citation of quoted words in the language they are in, else as they were meant."""
        paragraph = self._passages[marker]
        spoken = language_of(quote)
        spoken = spoken if paragraph.in_language(spoken) is not None else paragraph.language
        return cite_quote(marker, paragraph, quote, spoken)

    def _quoted(self, text: str, markers: Sequence[int], rest_is: Verdict = Verdict.SUPPORTED) -> tuple[Citation, ...]:
        """A citation for each quotation, of the first passage that has it; and of passages that then have none."""
        citations: list[Citation] = []
        for quote in _quotations(text):
            marker = next((marker for marker in markers if self._has(marker, quote)), markers[0])
            citations.append(self._cite(marker, quote))
        if citations:
            rest = [marker for marker in markers if marker not in {citation.marker for citation in citations}]
            citations += self._paraphrased(text, rest, rest_is)
        return tuple(citations)

    def _paraphrased(self, text: str, markers: Iterable[int], verdict: Verdict) -> tuple[Citation, ...]:
        """A citation of each passage; where the others support the statement, one that does not is let go."""
        citations = []
        for marker in dict.fromkeys(markers):
            paragraph = self._passages[marker]
            if verdict == Verdict.SUPPORTED and self._share(text, self._of(marker)) < SUPPORT / 2:
                continue
            has_text = paragraph.in_language(self._language) is not None
            spoken = self._language if has_text else paragraph.language
            official = spoken == paragraph.language or paragraph.translations[spoken].official
            original = None if official else paragraph.text
            citations.append(Citation(marker, paragraph, text, self._language, official, verdict, None, original))
        return tuple(citations)


def _common_words(text: str, language: Language, lexicon: Terms) -> frozenset[str]:
    """The index terms of a text that name nothing."""
    words = [word for sentence in read_sentences(text, language, lexicon) for word in sentence.content]
    named = {term for word in words if word.name for term in lexicon.terms(word.text, language)}
    return frozenset(lexicon.terms(text, language)) - named


def _counts_alone(text: str) -> str:
    """A text without its figures but for numbers of things, and without its symbols."""
    spans = [(each.start, each.end) for each in figures(text) if each.kind not in ("count", "ordinal")]
    for start, end in sorted([*spans, *((each.start, each.end) for each in symbols(text))], reverse=True):
        text = text[:start] + " " + text[end:]
    return text


def _without_orders(paragraph: Paragraph) -> Paragraph:
    """A paragraph without what only a language model would take for its own: that supports nothing."""
    translations = {
        language: replace(translation, text=harmless(translation.text, language_of(translation.text)))
        for language, translation in paragraph.translations.items()
    }
    notes = tuple(replace(note, text=harmless(note.text, language_of(note.text))) for note in paragraph.footnotes)
    text = harmless(paragraph.text, paragraph.language)
    return replace(paragraph, text=text, translations=translations, footnotes=notes)


def _quotations(text: str) -> list[str]:
    """The words a statement puts between quotation marks."""
    return [text[start:end] for start, end in quoted(text)]


def _leads_in(text: str) -> bool:
    """Whether a text states nothing itself: a heading, or the words before a list."""
    bare = MARKER.sub("", text).strip(" *#-—\n")
    return not any(map(str.isalnum, bare)) or (bare.endswith(("：", ":")) and not figures(bare))
