"""Reports, or a section of them, told in short by the sentences that carry them, quoted under their headings."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.answering.compose import Sentence, compose_headed, heading
from rag.answering.quote import LEANS, complete
from rag.answering.requests import Place, Summary
from rag.answering.sections import Section, headed, numbered, outline, worded
from rag.answering.weighing import quotable, views_of
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import pattern
from rag.records import Citation, Filters, Language, Paragraph
from rag.references import LookUp, not_there
from rag.references.looking_up import Missing
from rag.references.reading import Reference
from rag.references.writing import part_written

OFFERED = 3  # reports told in short where a question fits several
SECTIONS = 12  # into which a report is divided at the most, where its outline has no more at the top
LONG = 5  # paragraphs from which a section of a report is told in two sentences
QUOTED = 8  # sentences of a section, or of what a report recommends
OF_EACH = 5  # sentences of a report told beside others
LENGTHS = {"zh": range(15, 221), "en": range(40, 601)}  # characters: what is shorter is a cell, a label or a lead-in
LEAST = 1e-6
LEADS = 0.5  # deviations that a paragraph's first sentence gains: it says what the rest is about
FAVOURED = 3.0  # deviations that one gains which stands under the right heading, or is worded so

Scores = NDArray[Any]  # one a sentence


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer with its citations and the lines of it that are headings."""

    text: str
    citations: tuple[Citation, ...] = ()
    headings: tuple[str, ...] = ()
    abstained: bool = False


Groups = list[tuple[str, list[Sentence]]]  # headings, and what is quoted under each


def telling(paragraphs: Iterable[Paragraph], language: Language, renderings: bool) -> list[Sentence]:
    """The sentences that say something by themselves, in order, of a row its longest cell; all where none does."""
    spoken: list[Sentence] = []
    for paragraph in paragraphs:
        said = [sentence for sentence in quotable(paragraph, language, renderings) if sentence.place >= 0]
        spoken += [max(said, key=lambda each: len(each.text))] if paragraph.is_row and said else said
    alone = [each for each in spoken if len(each.text.strip()) in LENGTHS[each.language]]
    leaning = pattern("leaning")
    return [each for each in alone if not (LEANS.match(each.text) or leaning.search(each.text.strip()))] or spoken


def most_central(
    sentences: Sequence[Sentence], vectors: Scores, n: int, favour: Scores | float = 0.0
) -> list[Sentence]:
    """The n sentences nearest to what all say, by maximal marginal relevance; not two of a paragraph, in order.

    `favour` adds to each sentence's nearness, in standard deviations.
    """
    leads = np.array([sentence.place == 0 for sentence in sentences])
    scores = standardised(vectors @ vectors.mean(axis=0)) + LEADS * leads + favour
    apart = vectors - vectors.mean(axis=0)
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), LEAST)
    chosen: list[int] = []
    left = set(range(len(sentences)))
    while left and len(chosen) < n:
        like = (apart @ apart[chosen].T).max(axis=1) if chosen else np.zeros(len(sentences))
        chosen.append(max(left, key=lambda each: (scores[each] - like[each], -each)))
        told = sentences[chosen[-1]]
        same = [each.paragraph is told.paragraph or each.text == told.text for each in sentences]
        left -= set(np.flatnonzero(same).tolist())
    return [sentences[place] for place in sorted(chosen)]


def standardised(values: Scores) -> Scores:
    """How many standard deviations each value lies above their mean."""
    deviations: Scores = (values - values.mean()) / max(float(values.std()), LEAST)
    return deviations


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells reports in short from an index, in a language."""

    index: Index
    lexicon: Lexicon
    language: Language
    filters: Filters

    def tell(self, request: Summary) -> Composed | None:
        """The reports in short, or what is said where they, or the section, are not there.

        None where words beside them head no section: the question asks for something else.
        """
        place = request.place
        if not request.reports:
            return Composed(self._absent(request.absent), abstained=True)
        found = {report: sections for report in request.reports if (sections := self._sections(report, place))}
        if not found and place.words and not (place.by_heading and len(request.reports) == 1):
            return None
        shown = [*found][:OFFERED]
        groups: Groups = []
        for report in shown:
            of_report = self._groups(request, found[report], QUOTED if len(shown) == 1 else OF_EACH)
            groups += [(self.name(report), [])] if len(shown) > 1 and of_report else []
            groups += of_report
        if not groups:
            return Composed(self._no_such(f"no-{request.kind}" if found else "no-section", request), abstained=True)
        text, citations = compose_headed(groups, self._lead_in(request, found), self.language)
        return Composed(text, citations, tuple(title for title, _ in groups if title))

    def outline(self, report: str, part: str | None = None, most: int = SECTIONS) -> list[Section]:
        """The sections of a report, or of a part of it."""
        of_report = (each for each in self.index.paragraphs if each.report == report)
        return outline([each for each in of_report if part in (None, each.part.removesuffix("-table"))], most)

    def quote(self, sentences: Sequence[Sentence], n: int, favour: Scores | float = 0.0) -> list[Sentence]:
        """The n most central sentences, whole."""
        chosen = most_central(sentences, self.vectors(sentences), n, favour) if sentences else []
        return [sentence if sentence.paragraph.is_row else complete(sentence) for sentence in chosen]

    def vectors(self, sentences: Sequence[Sentence]) -> Scores:
        """The vectors of sentences, of length 1, shape (n, dim), by the views they are in."""
        store = self.index.store
        row = {view.id: n for n, view in enumerate(store.views)}
        rows = (next(row[view] for view in views_of(sentence) if view in row) for sentence in sentences)
        return np.stack([store.vector(n) for n in rows])

    def substance(self, sections: Sequence[Section], under: Collection[str] = ()) -> list[Sentence]:
        """The sentences that say something by themselves, but for tables, the report's own summary and procedure.

        A paragraph whose id is among those `under` a heading that is looked for is none of procedure.
        """
        procedure = headed(sections, pattern("procedure", "headed"))
        left_out = {each.id for section in procedure for each in section.paragraphs} - {*under}
        paragraphs = [each for section in sections for each in section.paragraphs if each.id not in left_out]
        said = [each for each in paragraphs if not each.is_row and each.part != "summary"]
        return telling(said, self.language, self.filters.renderings)

    def under_titles(self, sentences: Iterable[Sentence], sections: Sequence[Section]) -> Groups:
        """Sentences under the titles of the first of the sections they stand in."""

        def title(sentence: Sentence) -> str:
            return next(each for each in sections if sentence.paragraph in each.paragraphs).title(self.language)

        return [(heading, list(under)) for heading, under in groupby(sentences, title)]

    def listed(self, names: Iterable[str]) -> str:
        """Names one after the other."""
        return ("；" if self.language == "zh" else "; ").join(names)

    def name(self, report: str) -> str:
        """What a report is called, with its year."""
        return heading(self.index.reports[report], self.language)

    def _sections(self, report: str, place: Place) -> list[Section]:
        """The sections of a report that are meant: its outline, or what is named of it, in the report proper first."""
        sections = self.outline(report, place.part, most=0)
        if place.words:
            return worded(sections, place.words, self.lexicon)
        if not place.number:
            return self.outline(report, place.part)
        proper = [each for each in sections if each.paragraphs[0].part.removesuffix("-table") == "main"]
        return numbered(proper, place.number, place.below) or numbered(sections, place.number, place.below)

    def _groups(self, request: Summary, sections: list[Section], most: int) -> Groups:
        """What is quoted of the sections of one report, by heading: of its outline, all where it is told alone."""
        if request.kind != "overview":
            return self._carrying(request.kind, sections, most)
        if request.place.number or request.place.words or len(sections) == 1:
            sections = sections[0].parts
        elif most == QUOTED:
            most = len(sections) + sum(len(each.paragraphs) >= LONG for each in sections)
        largest = sorted(sections, key=lambda each: -len(each.paragraphs))
        share, more = divmod(most, len(sections))
        groups = []
        for section in sections:
            if n := share + (largest.index(section) < more):
                sentences = telling(section.paragraphs, self.language, self.filters.renderings)
                groups.append((section.title(self.language), self.quote(sentences, n)))
        return groups

    def _carrying(self, kind: str, sections: Sequence[Section], n: int) -> Groups:
        """What reads as a recommendation, a conclusion or a decision: under such a heading first, then by wording."""
        titled = headed(sections, pattern(kind, "headed")) or headed(sections, pattern("conclusions", "headed"))
        under = {each.id for section in titled for each in section.paragraphs}
        wording = pattern(kind, "carrying")
        said = self.substance(sections, under)
        signs = np.array([2 * (each.paragraph.id in under) + bool(wording.search(each.text)) for each in said])
        carrying = [each for each, sign in zip(said, signs, strict=True) if sign]
        return self.under_titles(self.quote(carrying, n, FAVOURED * signs[signs > 0]), [*titled, *sections])

    def _lead_in(self, request: Summary, found: dict[str, list[Section]]) -> str:
        """What is told, and what is not: documents that are not there, and more reports than are shown."""
        first, place = next(iter(found)), request.place
        lines = [self._absent(request.absent)] if request.absent else []
        what, named = self.name(first), part_written(place.part, self.language) if place.part else ""
        if place.number or place.words:
            named = f"“{found[first][0].title(self.language)}”"
        if len(found) > 1:
            what = message("these-reports", self.language)
            lines.append(message("fits-several", self.language, n=len(found), shown=min(len(found), OFFERED)))
        elif named:
            what = message("place-of", self.language, place=named, report=what)
        return "\n".join([*lines, message(f"told-{request.kind}", self.language, what=what)])

    def _absent(self, documents: Sequence[str]) -> str:
        missing = tuple(Missing(Reference(None, None, ""), document=each) for each in documents)
        among = tuple(report.id for report in self.index.reports.values() if self.filters.admit(report))
        return not_there(LookUp(missing=missing, among=among), self.index.reports, self.index.paragraphs, self.language)

    def _no_such(self, key: str, request: Summary) -> str:
        report = request.reports[0]
        sections = self.listed(filter(None, (each.title(self.language) for each in self.outline(report))))
        said = message(key, self.language, report=self.name(report))
        return said + (message("sections-are", self.language, sections=sections) if sections else "")
