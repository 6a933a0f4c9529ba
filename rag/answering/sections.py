"""A report's paragraphs as the sections they stand in, and the section that a number or words name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, takewhile

from rag.lexicon import Lexicon
from rag.question import pattern
from rag.records import LANGUAGES, Language, Paragraph
from rag.text.numerals import read_number, roman

ROMAN = {roman(value).lower(): str(value) for value in range(1, 400)}


@dataclass(frozen=True)
class Section:
    """Neighbouring paragraphs under one heading; those before the first heading have none."""

    paragraphs: tuple[Paragraph, ...]
    depth: int  # of its heading, 0 at the top

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The headings that all its paragraphs stand under, from the top."""
        levels = zip(*map(path_of, self.paragraphs), strict=False)
        return tuple(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))

    def title(self, language: Language) -> str:
        """Its heading, with those below that all its paragraphs share, in a language where one of them has it."""

        def has_it(paragraph: Paragraph) -> bool:
            return paragraph.language == language or headings_in(paragraph, language) != paragraph.headings

        path = path_of(max(self.paragraphs, key=has_it), language)[: len(self.path)]
        return " › ".join(path[self.depth :] or path[-1:])

    @property
    def parts(self) -> "list[Section]":
        """The sections one heading further down; itself where there is none."""
        return _divide(self.paragraphs, max(self.depth + 1, len(self.path)))


def headings_in(paragraph: Paragraph, language: str) -> Sequence[str]:
    """A paragraph's headings in a language, as printed where they are not all given in it."""
    translation = paragraph.translations.get(language)
    given = translation.headings if translation else ()
    return given if len(given) == len(paragraph.headings) else paragraph.headings


def path_of(paragraph: Paragraph, language: str = "") -> tuple[str, ...]:
    """What a paragraph stands under, from the top, in a language or as printed; a row also under its body."""
    body = paragraph.translations.get(language, paragraph).body or paragraph.body
    return (*headings_in(paragraph, language), *([body] if body else []))


def outline(paragraphs: Iterable[Paragraph], most: int = 0) -> list[Section]:
    """A report's sections in order; one that is more than half of them is told by its own, while they are few.

    The title page is none, and a table is not divided.
    """
    sections = _divide([each for each in paragraphs if each.part != "front"], 0)
    total = sum(map(_size, sections))
    while largest := max(sections, key=_size, default=None):
        parts = largest.parts
        if 2 * _size(largest) <= total or len(parts) < 2 or len(sections) + len(parts) - 1 > most:
            break
        place = sections.index(largest)
        sections[place : place + 1] = parts
    return sections


def numbered(sections: Sequence[Section], number: str, below: str = "") -> list[Section]:
    """The sections with a number ("3", or "last"), and of them the part numbered or lettered `below`."""
    found = [each for each in sections if number in _numbers(each)] if number != "last" else list(sections[-1:])
    return [part for each in found for part in each.parts if below in _numbers(part)] if below else found


def worded(sections: Sequence[Section], words: str, lexicon: Lexicon) -> list[Section]:
    """The section whose heading has all of some words, in either language: the one with the fewest others."""
    ranked: list[tuple[float, int, Section]] = []
    for language in LANGUAGES:
        wanted = set(lexicon.terms(words, language))
        for section in _walk(sections) if wanted else ():
            terms = set(lexicon.terms(section.title(language), language))
            if wanted <= terms:
                ranked.append((len(terms) / len(wanted), section.depth, section))
    return [min(ranked, key=lambda each: each[:2])[2]] if ranked else []


def headed(sections: Iterable[Section], wording: re.Pattern[str]) -> list[Section]:
    """The sections whose heading, in either language, has what a pattern looks for, the outer before those in it."""
    return [each for each in _walk(sections) if any(wording.search(each.title(language)) for language in LANGUAGES)]


def read_section_number(written: str) -> str:
    """A section's number as compared: "III", "three", "三" → "3"; a letter as a small one."""
    small = written.strip().lower()
    number = read_number(small) if small else None
    return ROMAN.get(small) or (str(number.value) if number else small)


def _walk(sections: Iterable[Section]) -> Iterator[Section]:
    """Sections and all below them."""
    for section in sections:
        yield section
        if len(parts := section.parts) > 1:
            yield from _walk(parts)


def _divide(paragraphs: Sequence[Paragraph], depth: int) -> list[Section]:
    by_heading = groupby(paragraphs, lambda each: (each.part.removesuffix("-table"), path_of(each)[: depth + 1]))
    return [Section(tuple(together), depth) for _, together in by_heading]


def _numbers(section: Section) -> set[str]:
    """What a section's heading may be numbered: "C." is a letter or a hundred."""
    match = pattern("heading_number").match("".join(section.path[section.depth : section.depth + 1]))
    if not match:
        return set()
    written = (match["zh"] or match["en"]).lower()
    return {read_section_number(written), written}


def _size(section: Section) -> int:
    return sum(not each.is_row for each in section.paragraphs)
