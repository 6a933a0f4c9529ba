"""United Nations document symbols and resolution numbers in a text, each in one canonical form."""

import re
from dataclasses import dataclass
from itertools import pairwise

from rag.text.folding import narrow


@dataclass(frozen=True, slots=True)
class Symbol:
    """A document named in a text; the offsets are those of the symbol or number itself, without words around it."""

    canonical: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """The canonical form without the year or letter that people leave out: "S/RES/2220", "A/RES/56/24"."""
        return _YEAR_OR_LETTER.sub("", self.canonical)


_YEAR_OR_LETTER = re.compile(r"(?<=\d)(?:\(\d{4}\)|[A-Z]{1,2})$")
_LETTER = r"(?: ?(?P<letter>[B-Z]|A(?! [a-z]))(?![\w.(/-]))?"  # "56/24 V", but not "65/69 A few"
_YEAR = r" ?\((?:\d{4}|[IVXL]{1,7})\)"
_PART = rf"/(?:(?:E?S-)?\d{{1,5}}|[A-Z]{{1,10}}(?:\.\d{{1,4}})?|(?:Add|Amend|Corr|Dec|Res|Rev)\.\d{{1,3}})(?:{_YEAR})?"
_DOCUMENT = rf"[A-Z]{{1,10}}(?:{_PART}){{1,9}}(?![\w/])"
_RESOLUTION = rf"[A-Z]{{1,10}}/(?:RES|DEC)(?:{_PART}){{1,3}}{_LETTER}(?![\w/])"
_SYMBOL = re.compile(rf"(?<![\w/.-])(?:{_RESOLUTION}|{_DOCUMENT}(?:-{_DOCUMENT})?)", re.ASCII)
# Typed in small letters, a symbol is taken for one only if it begins as the common ones do.
_SMALL_SYMBOL = re.compile(
    r"(?<![\w/.-])(?:a|s|e|st|ctoc)(?:/(?:[a-z]{1,6}(?:\.\d{1,4})?|\d{1,5})(?: ?\(\d{4}\))?){2,9}(?![\w/])",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"(?<![\w/.,-])(?P<number>(?P<session>(?:E?S-)?\d{{1,4}})/(?P<item>\d{{1,4}}){_LETTER}"
    rf"|(?P<serial>\d{{1,4}})(?: ?(?P<part>[A-Z])(?= ?\())?(?P<year>{_YEAR})"
    r"|(?P<bare>\d{3,4}))(?![\w/])(?!,\d)(?: of \d{1,2} [A-Z][a-z]{2,8} \d{4})?",
    re.ASCII,
)
_ACT_AFTER = re.compile(r"(?: ?号)? ?等?(?P<word>决议|决定)")
_ACT_BEFORE = re.compile(
    r"(?P<word>\b(?:resolutions?|decisions?|res\.?|UNSCR|SCR) {1,2}|(?:决议|决定) ?)(?:Nos?\. ?)?$", re.IGNORECASE
)
_BETWEEN_ZH = re.compile(r" ?(?:号 ?)?(?:[、，,和及与或]|以及) ?(?:第 ?)?")
_BETWEEN_EN = re.compile(r"(?:,? (?:and|or|&)|,) ", re.IGNORECASE)
_HUMAN_RIGHTS = re.compile(r"(?:人权理事会|Human Rights Council|HRC)[^。；;]{0,12}$", re.IGNORECASE)
_FIRST_NUMBERED_SESSION = 31  # from 1976 General Assembly resolutions are numbered session/item


def symbols(text: str) -> list[Symbol]:
    """The documents a text names, in order: document symbols, and resolutions and decisions in any written form.

    A resolution of the form x/y is the General Assembly's ("A/RES/65/69") from its thirty-first session on, the
    Economic and Social Council's where x is a year, the Human Rights Council's where that is named just before; an
    earlier x is some other body's ("RES/10/2"). One with a year is the Security Council's ("S/RES/2220(2015)").

    >>> [symbol.canonical for symbol in symbols("第 2476(2019)和 2524(2020)号决议；A/75/873-S/2021/437")]
    ['S/RES/2476(2019)', 'S/RES/2524(2020)', 'A/75/873-S/2021/437']
    """
    plain = narrow(text)
    found: list[Symbol] = []

    def take(match: re.Match[str]) -> str:
        if not re.search("[0-9]", match.group()):
            return match.group()
        found.append(Symbol(_canonical(match.group()), *match.span()))
        return "\0" * len(match.group())

    plain = _SMALL_SYMBOL.sub(take, _SYMBOL.sub(take, plain))
    found += [Symbol(_act(match, word, plain), *match.span("number")) for match, word in _acts(plain)]
    return sorted(found, key=lambda symbol: symbol.start)


def _canonical(written: str) -> str:
    symbol = written.replace(" ", "").upper()
    return re.sub(r"(?<=/)(?:ADD|AMEND|CORR|REV)(?=\.)", lambda match: match.group().capitalize(), symbol)


def _acts(text: str) -> list[tuple[re.Match[str], str]]:
    """The numbers that name a resolution or decision, with the word that says which; the numbers of a list share it."""
    numbers = list(_NUMBER.finditer(text))
    words: dict[int, str] = {}  # by where the number starts
    for match in numbers:
        after = _ACT_AFTER.match(text, match.end())
        before = _ACT_BEFORE.search(text, max(0, match.start() - 16), match.start())
        if word := after or before:
            if match["bare"] and "号" not in word.group() and not word.group().isascii():
                continue  # "2020 决定" may be a year and a verb
            words[match.start()] = word["word"].strip()
    for one, following in pairwise(numbers):  # an English word stands before its list
        if words.get(one.start(), "").endswith("s") and _BETWEEN_EN.fullmatch(text, one.end(), following.start()):
            words.setdefault(following.start(), words[one.start()])
    for following, one in pairwise(reversed(numbers)):  # a Chinese word stands after its list
        if following.start() in words and _BETWEEN_ZH.fullmatch(text, one.end(), following.start()):
            words.setdefault(one.start(), words[following.start()])
    return [(match, words[match.start()]) for match in numbers if match.start() in words]


def _act(match: re.Match[str], word: str, text: str) -> str:
    """The canonical form of one resolution or decision number."""
    form = "DEC" if word[0] in "dD" or word == "决定" else "RES"
    if match["bare"]:
        return f"S/{form}/{match['bare']}"
    if match["year"]:
        year = match["year"].strip()
        return f"{'S' if year[1].isdigit() else 'A'}/{form}/{match['serial']}{year}{match['part'] or ''}"
    session = match["session"].upper()
    if len(session) == 4 and session.isdigit():
        body = "E/"
    elif _HUMAN_RIGHTS.search(text, max(0, match.start() - 40), match.start()):
        body = "A/HRC/"
    else:
        body = "A/" if "S" in session or int(session) >= _FIRST_NUMBERED_SESSION else ""
    return f"{body}{form}/{session}/{match['item']}{match['letter'] or ''}"
