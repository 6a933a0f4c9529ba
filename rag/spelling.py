"""A question to the same question with its misspelt words mended, as far as the index tells what was meant.

A word is touched only where neither the index nor the dictionary has it and the index has one a slip away: in English a
letter left out, put in, changed or swapped with its neighbour; in Chinese characters that sound the same, or one wrong
character among four or more. The English dictionary is what words the built-in embedder's base reads whole.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from rag.embedding import BASE_PACKAGE
from rag.index import LegName, TermLeg
from rag.lexicon import Lexicon
from rag.records import Language
from rag.text import character_pairs, fold, term_en
from rag.text import language as language_of
from rag.text.folding import HAN

LEAST = 5  # letters of an English word that is mended: shorter ones have neighbours that mean something else
WINDOW = 6  # characters of a Chinese word that is mended: the glossary's longer forms are found by their parts
ALONE = 4  # characters from which one wrong among them is seen by the others; in shorter ones only by its sound
ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_WORD = re.compile(rf"[A-Za-z]{{{LEAST},40}}")
_RUN = re.compile(rf"(?<=\d)[{HAN}]|[{HAN}]{{2,200}}")  # what is counted by a figure before it stands alone
_CAPITALS = re.compile(r"[A-Z]{2}")  # an acronym or a name of one: not mended


class Speller:
    """Mends questions by the words of one index."""

    def __init__(self, lexicon: Lexicon, legs: Mapping[LegName, TermLeg], texts: Iterable[str]) -> None:
        """`texts` are the index's English ones; nothing is read until a question has a word that the index lacks."""
        self._lexicon = lexicon
        self._legs = legs
        self._texts = texts

    def mended(self, question: str) -> str:
        """The question with what can be mended put right, a Chinese one folded then; else as it is."""
        if language_of(question) == "en":
            return _WORD.sub(lambda match: self._english(match.group()), question)
        folded = fold(question)
        mended = _RUN.sub(lambda match: "".join(self._chinese(match.group())), folded)
        return question if mended == folded else mended

    def _frequency(self, term: str, language: Language) -> int:
        """In how many paragraphs a term stands, in whatever way they speak the language."""
        return max((leg.frequency(term) for (of, _), leg in self._legs.items() if of == language), default=0)

    def _english(self, word: str) -> str:
        lower = word.lower()
        term = term_en(lower)
        if not term or _CAPITALS.search(word) or self._frequency(term, "en"):
            return word
        if term in _english_terms():
            return word
        near = slips(lower)
        meant = near & self._english_words.keys()
        meant = meant or {other for other in near & english_words() if self._frequency(term_en(other), "en")}
        return max(meant, key=lambda other: (other[0] == lower[0], self._english_words[other], other), default=word)

    def _chinese(self, run: str) -> Iterator[str]:
        """The pieces of a run of Chinese characters, mended."""
        words = self._lexicon.segmenter.cut(run)
        doubtful = [self._is_doubtful(word) for word in words]
        start = 0
        while start < len(words):
            end, mended = self._meant(words, doubtful, start)
            yield mended
            start = end

    def _is_doubtful(self, word: str) -> bool:
        """Whether a piece may be part of a misspelt word: one nobody knows, or a character that says something."""
        return bool(self._lexicon.segmenter.terms(word)) if len(word) == 1 else not self._lexicon.knows(word)

    def _meant(self, words: list[str], doubtful: list[bool], start: int) -> tuple[int, str]:
        """Where the longest misspelt word from a piece on ends and what it should be; else the piece as it is."""
        for end in range(len(words), start, -1):
            written = "".join(words[start:end])
            short = len(written) == end - start < ALONE  # characters that nothing else ties together
            wrong = all(doubtful[start:end]) if short else any(doubtful[start:end])
            wrong = wrong and all(map(self._lexicon.segmenter.terms, (words[start], words[end - 1])))
            if wrong and 1 < len(written) <= WINDOW and (meant := self._word_for(written)):
                return end, meant
        return start + 1, words[start]

    def _word_for(self, written: str) -> str | None:
        """The commonest word of the index that has one other character, else one that sounds like what is written."""
        if all(self._frequency(pair, "zh") for pair in character_pairs(written)):
            return None  # the index has it as it stands
        alike = {word for pattern in _patterns(written) for word in self._one_off.get(pattern, ())}
        alike = alike or {word for sound in self._lexicon.sounds(written) for word in self._by_sound.get(sound, ())}
        return max(sorted(alike), key=lambda word: self._frequency(word, "zh"), default=None)

    @cached_property
    def _english_words(self) -> Counter[str]:
        """How often each English word stands in the index, in small letters."""
        return Counter(word.lower() for text in self._texts for word in _WORD.findall(text))

    @cached_property
    def _words(self) -> set[str]:
        """The Chinese words of the index that may have been meant."""
        terms = {term for (of, _), leg in self._legs.items() if of == "zh" for term in leg.terms}
        return {term for term in terms if 1 < len(term) <= WINDOW and self._lexicon.knows(term)}

    @cached_property
    def _one_off(self) -> Mapping[str, list[str]]:
        """Words by each of their patterns."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            for pattern in _patterns(word):
                found[pattern].append(word)
        return found

    @cached_property
    def _by_sound(self) -> Mapping[str, list[str]]:
        """Words by what they sound like."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            for sound in self._lexicon.sounds(word):
                found[sound].append(word)
        return found


def _patterns(word: str) -> list[str]:
    """The word with each of its characters left open; none where it is too short to be told by the others."""
    return [f"{word[:n]}?{word[n + 1 :]}" for n in range(len(word))] if len(word) >= ALONE else []


@cache
def english_words() -> frozenset[str]:
    """The English words that all-MiniLM-L6-v2 reads whole, some 20,000; none where it is not installed."""
    spec = find_spec(BASE_PACKAGE)
    path = Path(spec.origin).parent / "model" / "tokenizer.json" if spec and spec.origin else None
    if path is None or not path.is_file():
        return frozenset()
    words = json.loads(path.read_text("utf-8"))["model"]["vocab"]
    return frozenset(word for word in words if word.isascii() and word.isalpha())


@cache
def _english_terms() -> frozenset[str]:
    return frozenset(map(term_en, english_words()))


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
