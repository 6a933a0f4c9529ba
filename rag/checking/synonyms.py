"""A word → the sets of synonyms it belongs to, and whether it says anything of its own."""

import re
from collections.abc import Mapping
from functools import cache

from rag.data import table
from rag.records import LANGUAGES
from rag.text import term_en


def key_of(word: str) -> str:
    """What a word is compared by: an English one by its stem, the same for all forms and both spellings."""
    if not word.isascii():
        return word
    plain = _irregular().get(word, re.sub(r"(?<=\w{2})i(?:er|est)$", "y", word))  # "riskier"
    return re.sub(r"(?<=\w{4})is$", "iz", term_en(plain)) or word


def senses(key: str) -> frozenset[int]:
    """The numbers of the sets of synonyms that a word belongs to, mostly none or one."""
    return _senses().get(key, frozenset())


def light(key: str) -> bool:
    """Whether a word says next to nothing of its own, such as "take" in "take place", or the 2 of "MGE2"."""
    return key.isdigit() or key in _light() or (not key.isascii() and all(character in _light() for character in key))


@cache
def _senses() -> Mapping[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    sets = [line for language in LANGUAGES for line in table("synonyms.toml")[language].strip().splitlines()]
    pairs = [
        line for language in LANGUAGES for line in table("checking.toml")["opposites"][language].strip().splitlines()
    ]
    sets += [side for pair in pairs for side in pair.split("|")]
    for n, words in enumerate(sets):
        for key in map(key_of, words.split()):
            found[key] = found.get(key, frozenset()) | {n}
    return found


@cache
def _light() -> frozenset[str]:
    return frozenset(
        key_of(word) for language in LANGUAGES for word in table("synonyms.toml")[f"light_{language}"].split()
    )


@cache
def _irregular() -> dict[str, str]:
    """Past form, or form of comparison → word."""
    entries = [entry.split() for entry in re.split(r"[|\n]", table("checking.toml")["lists"]["past"]) if entry.strip()]
    return {form: word for word, *forms in entries for form in forms}
