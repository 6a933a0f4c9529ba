"""An English question to what its misspelt words should be, as far as the index tells what was meant.

A word is touched only where neither the index nor a dictionary has it and the index has one a slip away: a letter left
out, put in, changed or swapped with its neighbour. The first letter, where pens seldom slip, is only ever swapped: a
glock is no lock. One with a capital is a name: it is only taken for a name of the index. What stands in quotation marks
is searched as typed. Chinese needs none of this: its pairs of characters find the rest of a word with a wrong one, and
what was mended was wrong as often as right.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from rag.index import LegName, TermLeg
from rag.lexicon import Lexicon
from rag.question import LATIN_WORD
from rag.text import foreign, language, term_en

ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{4,40}")  # not the first word of a sentence
_CAPITALS = re.compile(r"[A-Z]{2}")  # an acronym or a name of one: not mended
_AS_TYPED = re.compile(r"[\"“][^\"“”]{1,200}[\"”]")
_OTHER_SPELLING = re.compile(r"is(?=(?:e|ed|es|ing|ation)$)")  # summarise


class Speller:
    """Mends questions by the words of one index."""

    def __init__(self, lexicon: Lexicon, legs: Mapping[LegName, TermLeg], texts: Iterable[str]) -> None:
        """`texts` are the index's English ones; nothing is read until a question has a word that the index lacks."""
        self._lexicon = lexicon
        self._legs = legs
        self._texts = texts

    def corrections(self, question: str) -> dict[str, str]:
        """The words of a question that are misspelt → what is searched for instead."""
        if language(question) != "en" or foreign(question):
            return {}
        words = dict.fromkeys(LATIN_WORD.findall(_AS_TYPED.sub(" ", question)))
        return {word: meant for word in words if (meant := self._meant(word)) != word}

    def _meant(self, word: str) -> str:
        lower = word.lower()
        term = term_en(lower)
        if not term or _CAPITALS.search(word) or self._is_known(lower, term):
            return word
        near = {other for other in slips(lower) if other.startswith((lower[0], lower[1::-1]))}
        if word != lower:
            named = near & self._names.keys()
            return _commonest(named, lower, self._names).capitalize() if named else word
        meant = near & self._words.keys()
        meant = meant or {other for other in near if self._is_word(term_en(other))}
        return _commonest(meant, lower, self._words) if meant else word

    def _is_known(self, lower: str, term: str) -> bool:
        """Whether the index or a dictionary has a word, in either spelling of English."""
        if self._frequency(term):
            return True
        other = term_en(_OTHER_SPELLING.sub("iz", lower))
        return self._lexicon.knows_english(term) or self._lexicon.knows_english(other)

    def _is_word(self, term: str) -> bool:
        """Whether the index has a term in the dictionary's words for its Chinese ones, and it is no slip there."""
        return bool(term) and bool(self._frequency(term)) and self._lexicon.knows_english(term)

    def _frequency(self, term: str) -> int:
        """In how many paragraphs an English term stands, in whatever way they speak the language."""
        return max((leg.frequency(term) for (of, _), leg in self._legs.items() if of == "en"), default=0)

    @cached_property
    def _read(self) -> list[str]:
        return list(self._texts)

    @cached_property
    def _words(self) -> Counter[str]:
        """How often each English word stands in the index, in small letters."""
        return Counter(word.lower() for text in self._read for word in LATIN_WORD.findall(text))

    @cached_property
    def _names(self) -> Counter[str]:
        """How often each word stands in the index with a capital inside a sentence, in small letters."""
        return Counter(word.lower() for text in self._read for word in _NAME.findall(text))


def _commonest(meant: set[str], written: str, counts: Counter[str]) -> str:
    """Of several words the one the index has most often, of those with the same first letter if there are any."""
    return max(meant, key=lambda other: (other[0] == written[0], counts[other], other))


def slips(word: str) -> set[str]:
    """What a word in small letters may have been meant as: every string one slip of the pen away.

    >>> sorted(slips("ab"))[:6]
    ['a', 'aa', 'aab', 'ab', 'aba', 'abb']
    """
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    left_out = {before + after[1:] for before, after in cuts if after}
    swapped = {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    changed = {before + letter + after[1:] for before, after in cuts if after for letter in ALPHABET}
    put_in = {before + letter + after for before, after in cuts for letter in ALPHABET}
    return left_out | swapped | changed | put_in
