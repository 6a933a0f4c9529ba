"""Reports, or a section of them, told in short by the sentences that carry them, quoted under their headings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag.answering.central import most_central, telling, vectors_of
from rag.answering.compose import Sentence, compose_headed, heading
from rag.answering.quote import complete
from rag.answering.requests import OFFERED, Place, Told, allowed
from rag.answering.sections import Section, numbered, outline, standing, worded
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import pattern
from rag.records import Citation, Filters, Language
from rag.references import LookUp, not_there
from rag.references.looking_up import Missing
from rag.references.reading import Reference
from rag.references.writing import part_written

SECTIONS = 12  # into which a report is divided at the most, where its outline has no more at the top
LONG = 5  # paragraphs from which a section of a report is told in two sentences
QUOTED = 8  # sentences of a section, or of what a report recommends
OF_EACH = 5  # sentences of a report told beside others
FEW = 3  # sentences that a section headed for it should yield, or the rest of the report is read too
HEADING = {"zh": 60, "en": 120}  # characters of a heading that are shown
LISTED = 20  # sections told of where there is none such


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer with its citations and the lines of it that are headings."""

    text: str
    citations: tuple[Citation, ...] = ()
    headings: tuple[str, ...] = ()
    abstained: bool = False


Group = tuple[str, list[Sentence]]  # a heading and what is quoted under it


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells reports in short from an index, in a language."""

    index: Index
    lexicon: Lexicon
    language: Language
    filters: Filters

    def tell(self, request: Told) -> Composed | None:
        """The reports in short, or what is said where they, or the section, are not there.

        None where words beside them head no section: the question asks for something else.
        """
        if not request.reports:
            return Composed(self._absent(request.absent), abstained=True)
        found = {report: self._sections(report, request.place) for report in request.reports}
        there = [report for report in request.reports if found[report]]
        if not there and request.place.words and not (request.place.by_heading and len(request.reports) == 1):
            return None
        if not there:
            return Composed(self._no_such("no-section", request.reports[0]), abstained=True)
        shown = there[:OFFERED]
        groups: list[Group] = []
        for report in shown:
            of_report = self._groups(request, found[report], alone=len(shown) == 1)
            groups += [(self.name(report), [])] if len(shown) > 1 and of_report else []
            groups += of_report
        if not groups:
            return Composed(self._no_such(f"no-{request.kind}", shown[0]), abstained=True)
        place = "" if len(shown) > 1 else self._place(request.place, found[shown[0]])
        plain = request.kind == "overview" and not any(title for title, _ in groups)
        lead_in = self._lead_in(request, there, place, "plain" if plain else request.kind)
        text, citations = compose_headed(groups, lead_in, self.language)
        return Composed(text, citations, tuple(title for title, _ in groups if title))

    def _sections(self, report: str, place: Place) -> list[Section]:
        """The sections of a report that are meant: its outline, or what is named of it."""
        paragraphs = [each for each in self.index.paragraphs if each.report == report]
        if place.part:
            paragraphs = [each for each in paragraphs if each.part.removesuffix("-table") == place.part]
        if place.words or place.by_heading:
            return worded(paragraphs, place.words, self.lexicon)
        if not place.number:
            return outline(paragraphs, SECTIONS)
        proper = [each for each in paragraphs if each.part == "main"]
        return numbered(outline(proper, 0), place.number, place.below) or numbered(
            outline(paragraphs, 0), place.number, place.below
        )

    def _groups(self, request: Told, sections: Sequence[Section], alone: bool) -> list[Group]:
        """What is quoted of the sections of one report, by heading."""
        if request.kind != "overview":
            return self._carrying(request.kind, sections, QUOTED if alone else OF_EACH)
        if request.place.number or request.place.words:
            return self._told_whole(sections[0], QUOTED if alone else OF_EACH)
        if not alone:
            largest = sorted(sections, key=lambda each: -len(each.paragraphs))[:OF_EACH]
            return [self._group(each, 1) for each in sections if each in largest]
        if len(sections) == 1:
            return self._told_whole(sections[0], QUOTED)
        return [
            self._group(each, 1 + (len(each.paragraphs) >= LONG and len(sections) <= SECTIONS)) for each in sections
        ]

    def _told_whole(self, section: Section, most: int) -> list[Group]:
        """One section, by the sections in it where it has some, and not too many."""
        parts = section.parts
        if not 1 < len(parts) <= most:
            return [self._group(section, most)]
        spare = sorted(parts, key=lambda each: -len(each.paragraphs))[: most - len(parts)]
        return [self._group(each, 1 + (each in spare)) for each in parts]

    def _group(self, section: Section, n: int) -> Group:
        return self.title(section), self._central(
            telling(section.paragraphs, self.language, self.filters.renderings), n
        )

    def _central(self, sentences: Sequence[Sentence], n: int) -> list[Sentence]:
        chosen = most_central(sentences, vectors_of(sentences, self.index.store), n) if sentences else []
        return [complete(sentence) if not sentence.paragraph.is_row else sentence for sentence in chosen]

    def _carrying(self, kind: str, sections: Sequence[Section], n: int) -> list[Group]:
        """What reads as a recommendation, a conclusion or a decision: under such a heading first, then by wording."""
        headed = standing(sections, says(kind, "headed")) or standing(sections, says("conclusions", "headed"))
        headed += [each for each in sections if each not in headed and _opens(each, headed)]
        under = self._telling(headed)
        if kind == "conclusions":
            chosen = self._central(under, n)
        else:
            worded = [each for each in under if says(kind, "carrying")(each.text)]
            chosen = self._central(worded if len(worded) >= FEW else under, n)
            chosen += self._elsewhere(kind, sections, headed, n - len(chosen))
        groups: dict[str, list[Sentence]] = {}
        for sentence in sorted(chosen, key=lambda each: each.paragraph.position):
            section = next(each for each in (*headed, *sections) if sentence.paragraph in each.paragraphs)
            groups.setdefault(self.title(section), []).append(sentence)
        return list(groups.items())

    def _elsewhere(self, kind: str, sections: Sequence[Section], headed: Sequence[Section], n: int) -> list[Sentence]:
        """The n sentences outside the sections so headed, and outside procedure, that are worded so."""
        left_out = [*headed, *standing(sections, says("procedure", "headed"))]
        under = {paragraph.id for section in left_out for paragraph in section.paragraphs}
        rest = [each for each in self._telling(sections) if each.paragraph.id not in under]
        return self._central([each for each in rest if says(kind, "carrying")(each.text)], n)

    def _telling(self, sections: Iterable[Section]) -> list[Sentence]:
        """The sentences of sections that say something by themselves, but for tables and the report's own summary."""
        paragraphs = [each for section in sections for each in section.paragraphs]
        return telling(
            [each for each in paragraphs if not each.is_row and each.part != "summary"],
            self.language,
            self.filters.renderings,
        )

    def _lead_in(self, request: Told, there: Sequence[str], place: str, key: str) -> str:
        what = message("these-reports", self.language) if len(there) > 1 else self.name(there[0])
        if place:
            what = message("place-of", self.language, place=place, report=what)
        lines = [self._absent(request.absent)] if request.absent else []
        if len(there) > 1:
            shown = min(len(there), OFFERED)
            lines.append(message("fits-several", self.language, n=len(there), shown=shown))
        return "\n".join([*lines, message(f"told-{key}", self.language, what=what)])

    def _place(self, place: Place, sections: Sequence[Section]) -> str:
        """What the section is called that a report is told of; "" for all of it."""
        if place.number or place.words:
            return f"“{self.title(sections[0])}”"
        return part_written(place.part, self.language) if place.part else ""

    def _absent(self, documents: Sequence[str]) -> str:
        missing = tuple(Missing(Reference(None, None, ""), document=each) for each in documents)
        among = tuple(report.id for report in allowed(self.index.reports.values(), self.filters))
        return not_there(LookUp(missing=missing, among=among), self.index.reports, self.index.paragraphs, self.language)

    def _no_such(self, key: str, report: str) -> str:
        sections = outline([each for each in self.index.paragraphs if each.report == report], SECTIONS)
        titles = [title for each in sections[:LISTED] if (title := self.title(each))]
        listed = ("；" if self.language == "zh" else "; ").join(titles)
        said = message(key, self.language, report=self.name(report))
        return said + (message("sections-are", self.language, sections=listed) if listed else "")

    def name(self, report: str) -> str:
        """What a report is called, with its year."""
        return heading(self.index.reports[report], self.language)

    def title(self, section: Section) -> str:
        """A section's heading, or the beginning of a long one."""
        title, most = section.title(self.language), HEADING[self.language]
        return title if len(title) <= most else title[:most].rstrip() + " …"


def says(name: str, part: str) -> Callable[[str], bool]:
    """Whether a text has what a pattern looks for."""
    return lambda text: bool(pattern(name, part).search(text))


def _opens(section: Section, headed: Iterable[Section]) -> bool:
    """Whether a section is in an annex whose title, the heading of what comes first in it, is among those headed."""
    part = section.paragraphs[0].part
    return part != "main" and any(each.depth == 0 and each.paragraphs[0].locator == f"{part}-1" for each in headed)
