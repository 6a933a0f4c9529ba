"""A text as the words that two texts are compared by: each with its clause, its figure, and whether it is a name."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rag.records import Language
from rag.text import Figure, Segmenter, figures, fold, sentences, symbols, term_en
from rag.text.folding import HAN


class Terms(Protocol):
    """What is needed of the lexicon: the words of a text, and what they are in the other language."""

    @property
    def segmenter(self) -> Segmenter:
        """What cuts Chinese text into words."""
        ...

    def terms(self, text: str, language: Language) -> list[str]:
        """The index terms in the text's own language."""
        ...

    def gloss_terms(self, text: str, language: Language) -> list[str]:
        """The index terms in the other language."""
        ...

    def gloss_senses(self, word: str) -> list[str]:
        """What a Chinese word means in English."""
        ...

    def forms(self, name: str) -> list[str]:
        """Every form the glossary has of what a name stands for."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, a figure or a document symbol."""

    text: str  # folded
    key: str  # what it is compared by; "" for a function word
    start: int  # in the sentence
    clause: int  # how many boundaries stand before it
    figure: Figure | None = None
    name: bool = False  # of a State, an organ, a person, an instrument …
    aim: bool = False  # an English infinitive or gerund: "to collect", "collecting"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its words in order."""

    text: str
    language: Language
    words: tuple[Word, ...]

    @property
    def content(self) -> list[Word]:
        """The words that are neither figures nor function words."""
        return [word for word in self.words if word.key and word.figure is None]


_BOUNDARY = re.compile(
    r"[,，](?! ?(?:as well as|including|以及|包括))|[;；:：()（）—\n]"
    r"|\b(?:while|whereas|but|and(?= (?:in|on|by|from|since) \d)|although|though|because|since|where|when|which|who"
    r"|unless)\b"
    r"|(?<!从)而(?!且)|但是?|然而|并且?(?!非)|因此|尽管|虽然|如果|其中",
    re.IGNORECASE,
)
_PIECE = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+(?:['’-][^\W\d_{HAN}]+)*|\d+")
LONG = 4  # characters from which a Chinese word is taken apart
_PASTS = """
    be | become became | begin began begun | bring brought | build built | buy bought | choose chose chosen | come came
    draw drew drawn | drive drove driven | fall fell fallen | feel felt | fight fought | find found | fly flew flown
    forbid forbade forbidden | get got | give gave given | go went gone | grow grew grown | hold held | keep kept
    know knew known | lead led | leave left | lose lost | make made | mean meant | meet met | pay paid | rise rose risen
    run ran | say said | see saw seen | seek sought | sell sold | send sent | show shown | shrink shrank shrunk
    speak spoke spoken | spend spent | stand stood | take took taken | teach taught | tell told | think thought
    understand understood | undertake undertook undertaken | win won | withdraw withdrew withdrawn | write wrote written
"""
_VERBS = [entry.split() for line in _PASTS.strip().splitlines() for entry in line.split("|")]
_IRREGULAR = {past: verb for verb, *pasts in _VERBS for past in pasts}  # what a stemmer keeps apart
_TO = re.compile(r"\bto $", re.IGNORECASE)
_BE = re.compile(r"\b(?:is|are|was|were|be|been)(?: \w+ly)? $", re.IGNORECASE)
STEM = 5  # letters from which two English stems count as grown from one
_CONTENT = frozenset({"same", "own", "more", "less", "fewer", "most", "before", "after", "above", "below"})


def read_sentences(text: str, language: Language, lexicon: Terms) -> list[Sentence]:
    """The sentences of a text; a semicolon ends one, as in a list."""
    found = [each for start, end in sentences(text, language) for each in re.split(r"(?<=[;；])", text[start:end])]
    found = [each for each in found if each.strip()]
    return [Sentence(each, language, _joined(list(_words(each, language, lexicon)))) for each in found]


def with_names(sentences: Sequence[Sentence], others: Sequence[Sentence]) -> list[Sentence]:
    """The sentences with a first word counted as a name where it is one within these or the other sentences."""
    names = {word.key for sentence in [*sentences, *others] for word in sentence.words if word.name}
    return [
        replace(sentence, words=tuple(_named(word, sentence, names) for word in sentence.words))
        for sentence in sentences
    ]


def _named(word: Word, sentence: Sentence, names: Collection[str]) -> Word:
    capital = not word.name and not word.figure and word.key in names and sentence.text[word.start].isupper()
    return replace(word, name=True) if capital else word


def initials(text: str) -> str:
    """The first letters of a text's capitalised words, in order and small: what an abbreviation is made of."""
    return "".join(re.findall(r"\b[A-Z]", text)).lower()


def alike(one: Word, other: Word) -> bool:
    """Whether two words are the same or grown from one: "operate" and "operation", 收缴 and 收缴工作."""
    if one.key == other.key:
        return True
    short, long = sorted((one.key, other.key), key=len)
    if short.isascii() != long.isascii():
        return False
    return long.startswith(short[:-1]) if short.isascii() and len(short) >= STEM else len(short) > 1 and short in long


def _joined(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words with a clause that has figures alone joined to the one behind: "In 2019, …"."""
    own = {word.clause for word in words if word.key and word.figure is None}
    bare = {word.clause for word in words if word.figure} - own
    behind = {clause: min((each for each in own if each > clause), default=clause) for clause in bare}
    return tuple(replace(word, clause=behind.get(word.clause, word.clause)) for word in words)


def _words(sentence: str, language: Language, lexicon: Terms) -> Iterator[Word]:
    read = _read_figures(sentence)
    bounds = [match.start() for match in _BOUNDARY.finditer(sentence)]
    bounds = [at for at in bounds if not any(start <= at < end for start, end, _ in read)]  # no comma of 90,000
    last = 0
    for start, end, figure in [*read, (len(sentence), len(sentence), None)]:
        if start < last:
            continue
        for at, word, key, name in _plain(sentence, last, start, language, lexicon):
            yield Word(word, key, at, bisect_left(bounds, at + 1), None, name, _is_aim(word, sentence[:at]))
        if end > start:
            yield Word(fold(sentence[start:end]), sentence[start:end], start, bisect_left(bounds, start), figure)
        last = end


def _is_aim(word: str, before: str) -> bool:
    return _TO.search(before) is not None or (word.isascii() and word.endswith("ing") and not _BE.search(before))


def _read_figures(sentence: str) -> list[tuple[int, int, Figure | None]]:
    """The figures and symbols of a sentence, in order."""
    found: list[tuple[int, int, Figure | None]] = [(each.start, each.end, each) for each in figures(sentence)]
    return sorted([*found, *((each.start, each.end, None) for each in symbols(sentence))], key=lambda span: span[:2])


def _plain(
    sentence: str, start: int, end: int, language: Language, lexicon: Terms
) -> Iterator[tuple[int, str, str, bool]]:
    """The words of a slice without figures: where each stands, its key, and whether it is a name."""
    for match in _PIECE.finditer(sentence, start, end):
        if language == "zh" and not match.group().isascii():
            at = match.start()
            for word in lexicon.segmenter.cut(match.group()):
                named = _is_name(word, lexicon) or "·" in sentence[max(0, at - 1) : at + len(word) + 1]
                for part in [word] if named or len(word) < LONG else _parts(word, lexicon):
                    yield at, part, _key(part, named, lexicon), named
                    at += len(part)
        else:
            yield match.start(), *_latin(match.group(), not sentence[: match.start()].strip(' "“‘('))


def _is_name(word: str, lexicon: Terms) -> bool:
    """Whether English writes what a Chinese word stands for with a capital; a title, as 主席, is no name."""
    english = next((form for form in lexicon.forms(word) if form.isascii()), "")
    sense = next(iter(lexicon.gloss_senses(word)), "")
    named = sense[:1].isupper() or (english[:1].isupper() and (" " in english or not sense))
    return named and len(word) > 1


def _key(word: str, named: bool, lexicon: Terms) -> str:
    """What a Chinese word is compared by: a name by one of its forms in the glossary: 安理会, 安全理事会."""
    if not lexicon.terms(word, "zh"):
        return ""
    return min(lexicon.forms(word), key=lambda form: (form.isascii(), len(form), form)) if named else word


def _parts(word: str, lexicon: Terms) -> Iterator[str]:
    """A long Chinese word, mostly a phrase of the glossary, as the words it is made of: 对学校的袭击, 停止使用."""
    inside = {term for term in lexicon.terms(word, "zh") if term != word}
    start = 0
    while start < len(word):
        ends = range(len(word), start + 1, -1)
        end = next((end for end in ends if word[start:end] in inside), start + 1)
        yield word[start:end]
        start = end


def _latin(word: str, first: bool) -> tuple[str, str, bool]:
    """An English word; the first of a sentence is a name only where it has more than one capital."""
    folded = fold(word)
    key = term_en(_IRREGULAR.get(folded, folded)) or (folded if folded in _CONTENT else "")
    return folded, key, word[:1].isupper() and bool(key) and (not first or not word[1:].islower())
