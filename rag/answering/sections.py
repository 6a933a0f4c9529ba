"""A report's paragraphs as the sections they stand in, and the section that a number or words name."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from rag.lexicon import Lexicon
from rag.records import LANGUAGES, Language, Paragraph
from rag.text.numerals import read_number, roman

MOST = 400  # how far headings are counted in Roman numerals
ROMAN = {roman(value).lower(): str(value) for value in range(1, MOST)}
NUMBERED = re.compile(  # how a heading begins that has a number
    r"\(?(?:(?:第\s?)?(?P<zh>[一二三四五六七八九十]{1,3})\s?(?:[.、．)）:：]|[章节编]|部分)"
    r"|(?:(?:chapter|section|part)\s)?(?P<en>[ivxlc]{1,7}|\d{1,3}|[a-z])(?:[.、．)）:：]|\s|$))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Section:
    """Neighbouring paragraphs under one heading; those before the first heading have none."""

    paragraphs: tuple[Paragraph, ...]
    depth: int  # of its heading, 0 at the top

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The headings that all its paragraphs stand under, from the top."""
        return _common(path_of(each) for each in self.paragraphs)

    def title(self, language: Language) -> str:
        """Its heading in a language where it has one in it, with those below that all its paragraphs share."""
        told = [each for each in self.paragraphs if language == each.language or _is_headed(each, language)]
        path = _common(path_of(each, language) for each in told) if told else self.path
        return " › ".join(path[self.depth :] or path[-1:])

    @property
    def parts(self) -> "list[Section]":
        """The sections one heading further down; itself where there is none."""
        depth = max(self.depth + 1, len(self.path))
        return list(_divide(self.paragraphs, depth))


def headings_in(paragraph: Paragraph, language: str) -> Sequence[str]:
    """A paragraph's headings in a language, as printed where they are not all given in it."""
    return paragraph.translations[language].headings if _is_headed(paragraph, language) else paragraph.headings


def path_of(paragraph: Paragraph, language: str = "") -> tuple[str, ...]:
    """What a paragraph stands under, from the top, in a language or as printed; a row also under its body."""
    source = paragraph.translations.get(language, paragraph)
    body = (source.body or paragraph.body,) if paragraph.is_row and paragraph.body else ()
    return (*headings_in(paragraph, language), *(each for each in body if each))


def outline(paragraphs: Iterable[Paragraph], most: int) -> list[Section]:
    """A report's sections in order; one that is more than half of them is told by its own, while they are few.

    The title page is none, and a table is not divided.
    """
    sections = list(_divide([each for each in paragraphs if each.part != "front"], 0))
    total = sum(map(_size, sections))
    while total:
        largest = max(sections, key=_size)
        parts = largest.parts
        if 2 * _size(largest) <= total or len(parts) < 2 or len(sections) + len(parts) - 1 > most:
            break
        place = sections.index(largest)
        sections[place : place + 1] = parts
    return sections


def numbered(sections: Sequence[Section], number: str, below: str = "") -> list[Section]:
    """The sections with a number ("3", or "last"), and of them the part numbered or lettered `below`.

    Where none of them has a number they are counted.
    """
    if number == "last":
        found = list(sections[-1:])
    elif any(_numbers(each) for each in sections):
        found = [each for each in sections if number in _numbers(each)]
    else:
        found = [each for n, each in enumerate(sections, 1) if str(n) == number and each.path]
    if below:
        found = [part for each in found for part in each.parts if below in _numbers(part)]
    return found


def worded(paragraphs: Sequence[Paragraph], words: str, lexicon: Lexicon) -> list[Section]:
    """The section whose heading has all of some words, in either language: the one with the fewest others."""
    wanted = {language: set(lexicon.terms(words, language)) for language in LANGUAGES}
    best: tuple[float, int, Section] | None = None
    for section in _all_sections(paragraphs):
        for language in LANGUAGES:
            terms = set(lexicon.terms(section.title(language), language))
            if wanted[language] and wanted[language] <= terms:
                rank = len(terms) / len(wanted[language]), section.depth
                if best is None or rank < best[:2]:
                    best = (*rank, section)
    return [best[2]] if best else []


def standing(sections: Iterable[Section], says: Callable[[str], bool]) -> list[Section]:
    """The outermost sections whose heading, in either language, says something."""
    found: list[Section] = []
    for section in sections:
        if any(says(section.title(language)) for language in LANGUAGES):
            found.append(section)
        elif len(parts := section.parts) > 1:
            found += standing(parts, says)
    return found


def read_section_number(written: str) -> str:
    """A section's number as compared: "III", "three", "三" → "3"; a letter as a small one."""
    small = written.strip().lower()
    if small in ROMAN:
        return ROMAN[small]
    number = read_number(small)
    return str(number.value) if number else small


def _is_headed(paragraph: Paragraph, language: str) -> bool:
    translation = paragraph.translations.get(language)
    return translation is not None and len(translation.headings) == len(paragraph.headings)


def _all_sections(paragraphs: Iterable[Paragraph]) -> Iterator[Section]:
    waiting = list(_divide([each for each in paragraphs if each.part != "front"], 0))
    while waiting:
        section = waiting.pop(0)
        yield section
        if len(parts := section.parts) > 1:
            waiting += parts


def _divide(paragraphs: Sequence[Paragraph], depth: int) -> Iterator[Section]:
    def heading(paragraph: Paragraph) -> tuple[str, tuple[str, ...]]:
        return paragraph.part.removesuffix("-table"), path_of(paragraph)[: depth + 1]

    for _, together in groupby(paragraphs, heading):
        yield Section(tuple(together), depth)


def _numbers(section: Section) -> set[str]:
    """What a section's heading may be numbered: "C." is a letter or a hundred."""
    path = section.path
    match = NUMBERED.match(path[section.depth]) if len(path) > section.depth else None
    if not match:
        return set()
    written = (match["zh"] or match["en"]).lower()
    return {read_section_number(written), written}


def _size(section: Section) -> int:
    return sum(not each.is_row for each in section.paragraphs)


def _common(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What all the paths begin with."""
    first, *others = paths
    same = 0
    while same < len(first) and all(path[: same + 1] == first[: same + 1] for path in others):
        same += 1
    return first[:same]
