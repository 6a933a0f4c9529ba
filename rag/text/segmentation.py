"""Text segmentation: sentences, and words as index terms and in reading order. The only door to jieba and PyStemmer."""

import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from rag.data import table
from rag.records import Language, Slice
from rag.text.folding import HAN, fold
from rag.text.numerals import ORDINALS_EN, SCALED, read_number
from rag.text.symbols import symbols

_CLOSERS = "”’」』\"')\\]）】》〉」〕¹²³⁰⁴-⁹"
_FULL_STOP = re.compile(
    rf"[。！？!?]{{1,8}}[{_CLOSERS}]{{0,8}}|\.{{1,6}}[{_CLOSERS}]{{0,8}}(?=\s|$)|；[{_CLOSERS}]{{0,8}}"
)
_STARTS = re.compile(rf"\s+[\"'“‘「『(\[（【《]{{0,3}}(?:[A-Z0-9À-Þ{HAN}])")
_ABBREVIATION = re.compile(
    rf"(?:^|[\s(\[（“\"'])(?:[A-Za-z]|(?:[A-Za-z]\.){{1,4}}[A-Za-z]|{'|'.join(table('text.toml')['abbreviations'].split())})$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z]|[IVXLivxl]{1,6}|[一二三四五六七八九十]{1,3})")
_INLINE_LABEL = re.compile(r"[:：;；,，] ?\d{1,2}$")
_PAIRS = {")": "(", "）": "（", "]": "[", "】": "【", "》": "《", "〉": "〈", "〕": "〔"}
_OPENING = frozenset(_PAIRS.values())
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_VISIBLE = re.compile(r"\S(?:.*\S)?", re.DOTALL)
_UNCLOSED = 8  # brackets left open that a closing one is looked for behind
_LONG = 15  # characters: shorter clauses between Chinese semicolons read as one sentence


def sentences(text: str, language: Language) -> list[Slice]:
    """The slices of the sentences of a paragraph, in order; everything outside them is blank.

    A line break always ends one. A semicolon ends a Chinese one where both sides are long.

    >>> sentences("See para. 5. It ended.", "en")
    [(0, 12), (13, 22)]
    """
    return [
        piece.span()
        for line in _LINE.finditer(text)
        for start, end in pairwise([0, *_ends(line.group(), language), len(line.group())])
        if (piece := _VISIBLE.search(text, line.start() + start, line.start() + end))
    ]


def _ends(line: str, language: Language) -> Iterator[int]:
    """The offsets in a line where a sentence ends and another follows."""
    inside = _bracketed(line)
    stops = [m for m in _FULL_STOP.finditer(line) if not inside[m.end() - 1] and _is_end(line, m, language)]
    last = 0
    for stop, after in zip(stops, [*(m.end() for m in stops[1:]), len(line)], strict=False):
        if stop.group()[0] == "." and _LABEL.fullmatch(line, last, stop.start()):
            continue
        if stop.group()[0] == "；" and min(stop.end() - last, after - stop.end()) < _LONG:
            continue
        last = stop.end()
        yield last


def _is_end(line: str, stop: re.Match[str], language: Language) -> bool:
    mark, after = stop.group()[0], line[stop.end() : stop.end() + 1]
    if stop.group()[-1] in "》〉":  # the mark belongs to the title
        return False
    if mark == "；":
        return language == "zh"
    if mark in "!?":  # inside an address a question mark is followed by a Latin letter or digit
        return not (after.isascii() and after.isalnum())
    if mark != ".":
        return True
    before = line[max(0, stop.start() - 24) : stop.start()]
    if (len(stop.group()) == 1 and _ABBREVIATION.search(before)) or _INLINE_LABEL.search(before):
        return False
    return _STARTS.match(line, stop.end()) is not None


def _bracketed(line: str) -> list[bool]:
    """For each character whether it stands inside a balanced pair of brackets or title marks."""
    depths = [0] * (len(line) + 1)  # how much deeper than the character before
    opened: list[int] = []
    for offset, character in enumerate(line):
        if character in _OPENING:
            opened.append(offset)
        elif character in _PAIRS:
            for back in range(1, min(len(opened), _UNCLOSED) + 1):
                if line[opened[-back]] == _PAIRS[character]:
                    depths[opened[-back]] += 1
                    depths[offset] -= 1
                    del opened[-back:]
                    break
    return [depth > 0 for depth in accumulate(depths)]


_STOP_WORDS = frozenset(table("text.toml")["stop"].split())
_SAME_WORD: dict[str, str] = table("text.toml")["same_word"]
# Frequency given to a word kept whole. Jieba takes the likelier cut, and its two commonest words together come to
# 883 634 · 796 991 / 60 101 967, about 11 700.
_KEPT = 20_000
_READ = 12  # characters around a word in a run of Chinese that tell how it is cut
_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_LETTER = rf"[^\W\d_{HAN}]"
_TOKEN = re.compile(
    rf"(?P<dotted>\d{{1,9}}(?:\.\d{{1,9}}){{2,8}})|(?P<number>{SCALED}|\d{{1,4}}(?=(?:st|nd|rd|th)\b))"
    rf"|(?P<word>(?:\d{{1,4}})?{_LETTER}{{1,60}}(?:'?[^\W_{HAN}]{{1,60}}){{0,2}})|(?P<han>[{HAN}]{{1,1000}})|(?P<digits>\d{{1,40}})"
)
_ORDINAL_ZH = re.compile(r"第([一二三四五六七八九十百零〇]{1,6})")
_LATIN_WORD = re.compile(r"[a-z]{3,10}(?:-[a-z]{4,10})?")


def terms_en(text: str) -> list[str]:
    """The index terms of an English text, in order: symbols whole, numbers in plain digits, words stemmed.

    >>> terms_en("The 6,400 weapons of resolution 2220 (2015)")
    ['6400', 'weapon', 'resolut', 'S/RES/2220(2015)', 'S/RES/2220']
    """
    return [term for kind, token in _tokens(text) for term in _latin_terms(kind, token)]


def term_en(word: str) -> str:
    """The index term of one English word in small letters; "" for a function word."""
    return next(iter(_latin_terms("word", word)), "")


def character_pairs(text: str) -> list[str]:
    """The neighbouring characters of a text's Chinese, two by two and folded: what is found however it is cut.

    >>> character_pairs("小武器 in 2021年")
    ['小武', '武器', '年']
    """
    runs = [token for kind, token in _tokens(text) if kind == "han"]
    return [pair for run in runs for pair in (map("".join, pairwise(run)) if len(run) > 1 else [run])]


def ordinals(text: str) -> list[str]:
    """The ordinals of a text written in words, from the second on, in digits: as "第7次" and "7th" are indexed.

    >>> ordinals("the Seventh Meeting"), ordinals("第十一次会议")
    (['7'], ['11'])
    """
    folded = fold(text)
    numbers = [int(number.value) for each in _ORDINAL_ZH.findall(folded) if (number := read_number(each))]
    numbers += [ORDINALS_EN.get(word, 0) for word in _LATIN_WORD.findall(folded)]
    return [str(number) for number in numbers if number > 1]


class Segmenter:
    """Cuts Chinese text into words, with the given words kept whole. Loads jieba's dictionary: about a second."""

    def __init__(self, keep_whole: Iterable[str]) -> None:
        """Load the dictionary and add the words to it; words without a Han character are left out."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and prefers the deprecated pkg_resources
            from jieba import Tokenizer
        self._tokenizer = Tokenizer()
        # As its initialize() does, but without the marshal cache in the shared temporary folder and the log lines.
        self._tokenizer.FREQ, self._tokenizer.total = Tokenizer.gen_pfdict(self._tokenizer.get_dict_file())
        self._tokenizer.initialized = True
        words = {word for word in map(fold, keep_whole) if re.fullmatch(f"[{HAN}]{{2,}}", word)}
        self._ours = frozenset(word for word in words if not self._tokenizer.FREQ.get(word))
        for word in words:
            self._tokenizer.add_word(word, _KEPT)

    def terms(self, text: str) -> list[str]:
        """The index terms of a Chinese text: as `terms_en`, and of its Chinese words the parts that are words too."""
        terms: list[str] = []
        for kind, token in _tokens(text):
            if kind == "han":
                terms += [word for word in self._tokenizer.cut_for_search(token) if word not in _STOP_WORDS]
            else:
                terms += _latin_terms(kind, token)
        return terms

    def cut(self, text: str) -> list[str]:
        """The words of a Chinese text in order, each the longest that fits, folded; punctuation is left out."""
        words: list[str] = []
        for kind, token in _tokens(text):
            words += self._tokenizer.cut(token) if kind == "han" else [token]
        return words

    def is_read_together(self, text: str, start: int, end: int) -> bool:
        """Whether Chinese characters of a narrow text are read together there: 中国 in 中国代表, not in 其中国家.

        Not where they are the end of one word and the beginning of the next, or inside one that has no such part.
        """
        before = range(start - 1, max(0, start - _READ) - 1, -1)
        left = next((at + 1 for at in before if not _HAN.match(text, at)), max(0, start - _READ))
        run = _HAN_RUN.match(text, left, end + _READ)
        words = [(left + a, left + b) for a, b in self._words_of_jieba(run.group() if run else "")]
        holding = [(a, b) for a, b in words if a < start and end < b]
        if holding:
            return all(start - a > 1 and b - end > 1 for a, b in holding)
        return not (any(a < start < b for a, b in words) and any(a < end < b for a, b in words))

    def _words_of_jieba(self, run: str) -> Iterator[Slice]:
        """The slices of a run of Chinese characters that jieba's own dictionary cuts it into."""
        possible = self._tokenizer.get_DAG(run)
        ends = {k: [end for end in possible[k] if run[k : end + 1] not in self._ours] or [k] for k in possible}
        route: dict[int, tuple[float, int]] = {}
        self._tokenizer.calc(run, ends, route)
        start = 0
        while start < len(run):
            end = route[start][1] + 1
            yield start, end
            start = end


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of a text with their kind: symbol (canonical), number (plain digits), word or han (folded)."""
    last = 0
    for symbol in symbols(text):
        yield from _plain_tokens(text[last : symbol.start])
        yield from (("symbol", form) for form in dict.fromkeys((symbol.canonical, symbol.stem)))
        last = symbol.end
    yield from _plain_tokens(text[last:])


def _plain_tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(fold(text)):
        kind, token = match.lastgroup or "", match.group()
        if kind == "number" and (number := read_number(token)):
            whole = number.value.denominator == 1
            token = str(number.value) if whole else f"{float(number.value):g}"
        yield kind, token


def _latin_terms(kind: str, token: str) -> list[str]:
    if kind == "word":
        return [] if token in _STOP_WORDS else [_stemmer().stemWord(_SAME_WORD.get(token, token))]
    return [] if kind == "han" else [token]


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
