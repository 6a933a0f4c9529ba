"""Every sentence that may be quoted, weighed for a question and for each of its parts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.answering.compose import Sentence, rows_cells
from rag.answering.retrieve import Found
from rag.answering.weights import Weights
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import asks
from rag.records import Filters, Language, Paragraph
from rag.text import figures, sentences

ON_FOOTNOTE = re.compile(r"脚注|注释|附注|加了?注|\bfootnot\w*|\ba note (?:at|in|on|to|under)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence that may be quoted, and how much speaks for it."""

    sentence: Sentence
    whole: float  # for the question as a whole
    parts: tuple[float, ...] = ()  # for each of its parts

    @property
    def score(self) -> float:
        """What speaks for it at best: for the whole, or for the whole and one part alike."""
        return max([self.whole, *((self.whole + part) / 2 for part in self.parts)])

    def of(self, part: int) -> float:
        """What speaks for it where one part is asked; the whole of a question without any."""
        return self.parts[part] if self.parts else self.whole


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question or a part of one, as sentences are weighed for it."""

    words: Mapping[str, float]  # its terms → how rare they are
    nearness: Mapping[str, float]
    figure: bool


def weigh(found: Found, index: Index, lexicon: Lexicon, filters: Filters, weights: Weights) -> list[Weighed]:
    """The sentences of the best paragraphs, best first; of footnotes only, where one is asked for."""
    question, language = found.question, found.question.language
    hits = [hit for hit in found.hits[: weights.paragraphs] if hit.paragraph.part != "front"]
    wants_footnote = bool(ON_FOOTNOTE.search(question.text)) and any(hit.paragraph.footnotes for hit in hits)
    leg = index.leg(language)

    def asked(text: str, nearness: Mapping[str, float]) -> _Asked:
        terms = dict.fromkeys(lexicon.terms(text, language))
        return _Asked({term: leg.rarity(term) for term in terms} if leg else {}, nearness, asks(text).figure)

    whole, *parts = [asked(question.text, found.nearness), *map(asked, question.parts, found.of_parts)]
    weighed = []
    for sentence in (each for hit in hits for each in quotable(hit.paragraph, language, filters.renderings)):
        if wants_footnote and sentence.place >= 0:
            continue
        terms_of = lexicon.terms if sentence.language == language else lexicon.gloss_terms
        terms = set(terms_of(sentence.label + sentence.text, sentence.language))
        new = any(each.value not in question.known for each in figures(sentence.text))

        def score(of: _Asked, sentence: Sentence = sentence, terms: set[str] = terms, new: bool = new) -> float:
            near = weights.nearness * _nearness(sentence, of.nearness)
            return near + weights.coverage * _coverage(terms, of.words) + weights.kind * (new and of.figure)

        weighed.append(Weighed(sentence, score(whole), tuple(map(score, parts))))
    return sorted(weighed, key=lambda each: -each.score)


def quotable(paragraph: Paragraph, language: Language, renderings: bool) -> Iterator[Sentence]:
    """A paragraph's sentences in the question's language where it has a text in it, and its footnotes as printed."""
    spoken = paragraph.shown_in(language, renderings)
    if paragraph.is_row:
        yield from rows_cells(paragraph, spoken)
    else:
        text = paragraph.in_language(spoken) or ""
        for n, (start, end) in enumerate(sentences(text, spoken)):
            yield Sentence(paragraph, spoken, start, end, text[start:end], n)
    for n, note in enumerate(paragraph.footnotes, 1):
        label = message("footnote", language, mark=note.mark)
        yield Sentence(paragraph, paragraph.language, 0, len(note.text), note.text, -n, label)


def views_of(sentence: Sentence) -> tuple[str, str]:
    """The ids of the views of a sentence and of its whole paragraph; the first is missing where that is all of it."""
    view, place = f"{sentence.paragraph.id}@{sentence.language}:", sentence.place
    own = f"n{-place}" if place < 0 else "0" if sentence.paragraph.is_row else str(place + 1)
    return view + own, view + "0"


def _nearness(sentence: Sentence, nearness: Mapping[str, float]) -> float:
    """How near the question is to a sentence, or to its whole paragraph where that is all of it."""
    return next((nearness[view] for view in views_of(sentence) if view in nearness), 0.0)


def _coverage(terms: set[str], words: Mapping[str, float]) -> float:
    """The share of the question's words, by rarity, that are among the terms."""
    total = sum(words.values())
    return sum(rarity for word, rarity in words.items() if word in terms) / total if total else 0.0
