"""A text as the words that two texts are compared by, each with its clause, its figure, and whether it is a name."""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from rag.checking.synonyms import key_of, senses
from rag.data import table
from rag.lexicon import Lexicon
from rag.records import Language
from rag.text import Figure, figures, fold, sentences, symbols, term_en
from rag.text.folding import HAN

_PIECE = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+(?:['’-][^\W\d_{HAN}]+)*|\d+")
_BE = re.compile(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)? ?$", re.IGNORECASE)
_TO = re.compile(r"\bto $", re.IGNORECASE)
LONG = 4  # characters from which a Chinese word is taken apart
STEM = 5  # letters from which two English stems count as grown from one

Token = tuple[int, str, str, int, Figure | None, bool]  # where it stands, text, key, clause, figure, whether a name


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A regular expression."""
    return re.compile(table("checking.toml")["patterns"][name].replace("\n", ""), re.IGNORECASE)


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a list, each as it stands and as it is compared."""
    words = table("checking.toml")["lists"][name].split()
    return frozenset((*words, *map(key_of, words)))


@dataclass(slots=True, eq=False)
class Sentence:
    """A sentence and its words in order; a second one of the same text is another."""

    text: str
    language: Language
    words: "list[Word]" = field(default_factory=list)

    @property
    def content(self) -> "list[Word]":
        """The words that are neither figures nor function words."""
        return [word for word in self.words if word.content]


@dataclass(slots=True, eq=False)
class Word:
    """A word of a sentence, a figure or a document symbol; a second one of the same text is another."""

    sentence: Sentence
    place: int  # among the words of its sentence
    start: int  # in the sentence's text
    text: str  # folded
    key: str  # what it is compared by; "" for a function word
    clause: int  # how many boundaries stand before it
    figure: Figure | None
    name: bool  # of a State, an organ, a person, an instrument …

    @property
    def content(self) -> bool:
        """Whether it is neither a figure nor a function word."""
        return bool(self.key) and self.figure is None

    @property
    def end(self) -> int:
        """Where it ends in the sentence's text."""
        return self.start + len(self.text)

    @property
    def passive(self) -> bool:
        """Whether a form of "to be" stands before it."""
        return _BE.search(self.sentence.text[: self.start]) is not None

    @property
    def aim(self) -> bool:
        """Whether it is an English infinitive or gerund: "to collect", "collecting"."""
        gerund = self.text.isascii() and self.text.endswith("ing") and not self.passive
        return gerund or _TO.search(self.sentence.text[: self.start]) is not None

    def like(self, other: "Word") -> bool:
        """Whether the two are the same or grown from one: "operate" and "operation", 收缴 and 收缴工作."""
        return alike(self.key, other.key)

    def means(self, other: "Word") -> bool:
        """Whether the two are alike or synonyms."""
        return _akin(self.key, other.key)

    def among(self, others: "Iterable[Word]") -> bool:
        """Whether one of the others is like it."""
        return any(self.like(other) for other in others)

    def meant(self, others: "Iterable[Word]") -> bool:
        """Whether one of the others is like it or its synonym."""
        return any(self.means(other) for other in others)


@lru_cache(maxsize=1 << 16)
def alike(one: str, other: str) -> bool:
    """Whether two words are the same or grown from one, by their keys."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if short.isascii() != long.isascii():
        return False
    if short.isascii() and len(short) >= STEM:
        return long.startswith(short[:-1])
    ends = not short.isascii() and long.endswith(short) and long[0] not in listed("turning")
    return len(short) > 1 and (ends or long.startswith(short))


@lru_cache(maxsize=1 << 16)
def _akin(one: str, other: str) -> bool:
    """Whether two words are alike or synonyms, by their keys."""
    return not senses(one).isdisjoint(senses(other)) or alike(one, other)


def read_sentences(text: str, language: Language, lexicon: Lexicon) -> list[Sentence]:
    """The sentences of a text; a semicolon ends one, as in a list."""
    pieces = [piece for start, end in sentences(text, language) for piece in re.split(r"(?<=[;；])", text[start:end])]
    return [_read(piece, language, lexicon) for piece in pieces if piece.strip()]


def share_names(texts: Iterable[Sentence]) -> None:
    """Count a word with a capital as a name, though it is the first of its sentence, where it is one within these."""
    words = [word for sentence in texts for word in sentence.words]
    names = {word.key for word in words if word.name}
    for word in words:
        word.name |= word.figure is None and word.key in names and word.sentence.text[word.start].isupper()


def initials(text: str) -> str:
    """The first letters of a text's capitalised words, in order and small: what an abbreviation is made of."""
    return "".join(re.findall(r"\b[A-Z]", text)).lower()


def _read(text: str, language: Language, lexicon: Lexicon) -> Sentence:
    """A sentence with its words; a clause without any, as "In 2019, …", is one with the clause behind it."""
    sentence = Sentence(text, language)
    for at, folded, key, clause, figure, name in _tokens(text, language, lexicon):
        sentence.words.append(Word(sentence, len(sentence.words), at, folded, key, clause, figure, name))
    clauses = sorted({word.clause for word in sentence.content})
    for word in sentence.words:
        word.clause = next((clause for clause in clauses if clause >= word.clause), word.clause)
    return sentence


@lru_cache(maxsize=1 << 10)
def _tokens(text: str, language: Language, lexicon: Lexicon) -> Sequence[Token]:
    """The words, figures and symbols of a sentence, in order."""
    spans: list[tuple[int, int, Figure | None]] = [(each.start, each.end, each) for each in figures(text)]
    spans = sorted([*spans, *((each.start, each.end, None) for each in symbols(text))], key=lambda span: span[:2])
    bounds = [match.start() for match in pattern("boundary").finditer(text)]
    bounds = [at for at in bounds if not any(start <= at < end for start, end, _ in spans)]  # no comma of 90,000
    tokens: list[Token] = []
    last = 0
    for start, end, figure in [*spans, (len(text), len(text), None)]:
        if start < last:
            continue
        found = list(_plain(text[:start], last, language, lexicon))
        found += [(start, fold(text[start:end]), text[start:end], False)] if end > start else []
        for at, folded, key, name in found:
            tokens.append((at, folded, key, bisect(bounds, at), figure if at == start else None, name))
        last = end
    return tokens


def _plain(text: str, start: int, language: Language, lexicon: Lexicon) -> Iterator[tuple[int, str, str, bool]]:
    """The words of a text without figures, from a place on: where each stands, its key, and whether it is a name."""
    for match in _PIECE.finditer(text, start):
        at = match.start()
        if language == "en" or match.group().isascii():
            folded, key, name = _latin(match.group(), not text[:at].strip(' "“‘('))
            yield at, folded, key, name and not text[:at][-1:].isdigit()  # "3D-printed" names nobody
            continue
        for word in _joined(lexicon.segmenter.cut(match.group())):
            dotted = "·" in text[max(0, at - 1) : at + len(word) + 1]
            for part, key, name in _chinese(word, dotted, lexicon):
                yield at, part, key, name
                at += len(part)


def holds_office(word: str) -> bool:
    """Whether a word is what Chinese calls a body or an office by, where English has a capital: 秘书长, 港务局."""
    return word in listed("roles") or pattern("body").search(word) is not None


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Words with the prefix of an office, which stands alone before one that no dictionary has: 副 主任."""
    before = ""
    for word in words:
        if word in listed("offices") and not before:
            before = word
        else:
            yield before + word
            before = ""
    if before:
        yield before


def _chinese(word: str, dotted: bool, lexicon: Lexicon) -> Iterator[tuple[str, str, bool]]:
    """A Chinese word, or its parts where it is long; a name is compared by one of its forms: 安理会, 安全理事会."""
    forms, sense = lexicon.forms(word), next(iter(lexicon.gloss_senses(word)), "")
    english = next((form for form in forms if form.isascii()), "")
    capital = sense[:1].isupper() or (english[:1].isupper() and (" " in english or not sense))  # not 主席: chairman
    if dotted or holds_office(word) or (capital and len(word) > 1):
        shortest = min(forms, key=lambda form: (form.isascii(), len(form), form))
        yield word, shortest if lexicon.terms(word, "zh") else "", True
    else:
        for part in [word] if len(word) < LONG else _parts(word, lexicon):
            if part == word:
                yield part, part if lexicon.terms(part, "zh") else "", False
            else:
                yield from _chinese(part, dotted, lexicon)


def _parts(word: str, lexicon: Lexicon) -> Iterator[str]:
    """A long Chinese word, mostly a phrase of the glossary, as the words it is made of: 对学校的袭击, 停止使用."""
    inside = {term for term in lexicon.terms(word, "zh") if term != word}
    start = 0
    while start < len(word):
        end = next((end for end in range(len(word), start + 1, -1) if word[start:end] in inside), start + 1)
        yield word[start:end]
        start = end


def _latin(word: str, first: bool) -> tuple[str, str, bool]:
    """An English word; the first of a sentence is a name only where it has more than one capital."""
    folded = fold(word)
    key = key_of(folded) if term_en(folded) or folded in listed("content") else ""
    capital = word[:1].isupper() and (not first or not word[1:].islower() or folded in listed("roles"))
    return folded, key, capital and bool(key)
