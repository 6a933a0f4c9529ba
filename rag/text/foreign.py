"""A text to the language it is in, where that is neither Chinese nor English."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Set
from functools import cache, lru_cache

from rag.data import table
from rag.text.folding import HAN

READ = 512  # texts whose language is kept: a question is looked at by several
LEAST = 2  # function words and letters that tell a language: one alone may be part of a name, "La Paz"
KANA = 0.2  # of the letters: a Japanese text has half or more, a Chinese one may print a の

_WORD = re.compile(r"[^\W\d_]+(?:['’](?=\w))?")
_KANA = re.compile("[\u3041-\u30ff]")
_HAN = re.compile(f"[{HAN}]")


@lru_cache(maxsize=READ)
def foreign(text: str) -> str | None:
    """The ISO 639 code of the language a text is in; None for Chinese, for English and where it cannot be told.

    >>> foreign("Combien d'armes ont été saisies au Mali ?"), foreign("Сколько оружия изъято?")
    ('fr', 'ru')
    >>> foreign("What did Médecins Sans Frontières say?"), foreign("どの国が武器を回収しましたか")
    (None, 'ja')
    """
    letters = [character for character in text if character.isalpha()]
    if len(_KANA.findall(text)) > KANA * len(letters):
        return "ja"
    if not letters or _HAN.search(text):
        return None
    script, count = Counter(map(_script, letters)).most_common(1)[0]
    if 2 * count <= len(letters):
        return None
    return _of_latin(text) if script == "LATIN" else _languages().get(script)


def language_name(code: str) -> str:
    """What English calls a language that `foreign` tells of.

    >>> language_name("fr")
    'French'
    """
    name: str = table("foreign.toml")["names"][code]
    return name


def _of_latin(text: str) -> str | None:
    """The language that a text in Latin letters shows most signs of, and more than of English."""
    words = {word.replace("’", "'") for word in map(str.lower, _WORD.findall(text))}
    ahead = {code: _signs_of(code, text, words) for code in table("foreign.toml")["latin"]}
    code = max(ahead, key=ahead.__getitem__)
    return code if ahead[code] else None


def _signs_of(code: str, text: str, words: Set[str]) -> int:
    """How many signs of a language a text shows; 0 where they are few, or no more than those of English.

    Letters count once, and only beside a function word: names have them too.
    """
    asking, function, english, letters = _signs(code)
    said = 2 * len(words & asking) + len(words & function)
    signs = said + (not letters.isdisjoint(text.lower())) if said else 0
    return signs if signs >= LEAST and signs > len(words & english) else 0


@cache
def _signs(code: str) -> tuple[Set[str], Set[str], Set[str], Set[str]]:
    """Words a language asks with, its function words, those of English, its letters; what both share is in neither."""
    of = table("foreign.toml")["latin"][code]
    english, asking, function = (frozenset(text.split()) for text in (_stop_words(), of["asking"], of["function"]))
    return asking - english, function - english, english - asking - function, frozenset(of["letters"])


def _stop_words() -> str:
    words: str = table("text.toml")["stop"]
    return words


def _languages() -> Mapping[str, str]:
    """A script, as Unicode names its letters → the language taken for it."""
    scripts: Mapping[str, str] = table("foreign.toml")["scripts"]
    return scripts


@lru_cache(maxsize=1 << 12)
def _script(letter: str) -> str:
    """The first word of a letter's name in Unicode: LATIN, CYRILLIC."""
    return unicodedata.name(letter, "").partition(" ")[0]
