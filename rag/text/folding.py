"""The normal form in which texts are compared or indexed, and the repairs that lead to clean text."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from rag.records import Language

# Han characters as the inside of a regular-expression class: the ideographic zero and repetition mark, the Kangxi
# radicals (some PDFs print with them), the unified and compatibility ideographs and the supplementary planes.
HAN = "\u3005\u3007\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_HAN = re.compile(f"[{HAN}]")
_CJK = re.compile(rf"[{HAN}\u3001-\u303f\uff00-\uffef\ufe30-\ufe4f]")  # with CJK and full-width punctuation
# Unicode's Default_Ignorable_Code_Point, with controls that are no blanks, annotation marks and lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LONGEST_CLUSTER = 31  # a letter with 30 marks, the limit of Unicode's stream-safe format; marks beyond are left out
_NARROW: dict[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"),
    **dict.fromkeys([0xA0, 0x2009, 0x202F, 0x3000], " "),
}
_ONE_FORM = {
    **dict.fromkeys(map(ord, "‘’‚‛′＇`´"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»「」『』﹁﹂﹃﹄｢｣〝〞〟＂"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－─"), "-"),
    **dict.fromkeys(map(ord, "・•‧･"), "·"),
}


def language(text: str) -> Language:
    """The language a text counts as: Chinese as soon as it holds a Han character, else English.

    >>> language("What is BMS7?"), language("BMS7 是什麼?")
    ('en', 'zh')
    """
    return "zh" if _HAN.search(text) else "en"


def fold(text: str) -> str:
    """A text in the form used for comparing and indexing: one width, script, case, quotation mark, dash and blank.

    Invisible characters are gone, and so are blanks beside Han characters. Folding twice changes nothing more.

    >>> fold("武器 非 法 貿 易“２０２０ 年”")
    '武器非法贸易"2020年"'
    """
    folded = "".join(character for character, _ in _folded(text))
    return _simplify(folded) if _HAN.search(folded) else folded


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded text, with the offset in `text` of each of its characters.

    Traditional characters are simplified one by one, so that a slice folds as it does inside its text; `fold` also
    knows the few words in which a character stays as it is.
    """
    folded = _folded(text)
    return "".join(_simplified(character) for character, _ in folded), [offset for _, offset in folded]


def narrow(text: str) -> str:
    """The text in half width and simplified script, with plain dashes and blanks, each character still in its place.

    >>> narrow("第２２２０（２０１５）號決議")
    '第2220(2015)号决议'
    """
    return text.translate(_NARROWED)


def clean_question(text: str) -> str:
    """A typed question without invisible characters and surrounding blanks; nothing else is changed."""
    return _INVISIBLE.sub("", text).strip()


def _folded(text: str) -> list[tuple[str, int]]:
    """Each folded character but for its script, with the offset it came from."""
    folded: list[tuple[str, int]] = []
    blank: int | None = None  # where the blanks waiting to be written began
    for cluster, start in _clusters(text):
        for character in _normal(cluster):
            if character.isspace():
                blank = start if blank is None else blank
                continue
            last = folded[-1][0] if folded else ""
            if blank is not None and last and (is_mark(character) or not (_CJK.match(last) or _CJK.match(character))):
                folded.append((" ", blank))
                last = " "
            blank = None
            if not (character == last == "-"):  # a Chinese dash is printed as two
                folded.append((character, start))
    return folded


def _clusters(text: str) -> list[tuple[str, int]]:
    """Each visible character together with the marks it carries, and where it starts."""
    clusters: list[tuple[str, int]] = []
    for offset, character in enumerate(text):
        if character > "\x7e" or character < " ":
            if _INVISIBLE.match(character):
                continue
            if clusters and _joins_previous(character):
                cluster, start = clusters[-1]
                if len(cluster) < _LONGEST_CLUSTER:
                    clusters[-1] = (cluster + character, start)
                continue
        clusters.append((character, offset))
    return clusters


@lru_cache(maxsize=1 << 16)
def _joins_previous(character: str) -> bool:
    """Whether normalising may merge it into the character before: a mark, or a Hangul vowel or final consonant."""
    first = unicodedata.normalize("NFKC", character)[0]
    return is_mark(first) or "\u1160" <= first <= "\u11ff"


def is_mark(character: str) -> bool:
    """Whether a character is written on the one before it, as an accent is."""
    return unicodedata.category(character)[0] == "M"


@lru_cache(maxsize=1 << 16)
def _normal(cluster: str) -> str:
    """Width, compatibility forms and case of one cluster (Unicode's NFKC_Casefold), then one form of each mark."""
    normal = unicodedata.normalize("NFKD", cluster.translate(_ONE_FORM)).casefold()
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", normal).casefold())
    return _INVISIBLE.sub("", normal.translate(_ONE_FORM))


class _Narrowed(dict[int, str]):
    """Code → the narrow form of its character, found when first asked for: `str.translate` calls nothing else."""

    def __missing__(self, code: int) -> str:
        self[code] = _simplified(chr(code).translate(_NARROW))
        return self[code]


_NARROWED = _Narrowed()


@lru_cache(maxsize=1 << 16)
def _simplified(character: str) -> str:
    simplified = _simplify(character) if _HAN.match(character) else character
    return simplified if len(simplified) == 1 else character


def _simplify(text: str) -> str:
    once_and_again: str = _converter().convert(_converter().convert(text))  # 薴 becomes 苧, which becomes 苎
    return once_and_again


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


# A blank beside a Han character that stands alone is letter-spacing: "武器 非 法 贸 易".
_LETTER_SPACING = re.compile(rf"(?<=[{HAN}]) (?:(?=[{HAN}](?![{HAN}]))|(?<![{HAN}][{HAN}] )(?=[{HAN}]))")
_BROKEN_WORD = re.compile(r"[^\W_][-/]$|(?:https?://|www\.)\S{0,200}[-/_=&?#]$")
_OPENING = "([{<“‘«"
_CLOSING = ")]}>”’»,.;:!?%/"


def join_lines(lines: Iterable[str]) -> str:
    """The text of hard-wrapped lines on one line, with blanks only where the reports print them.

    >>> join_lines(["提交一份关", "于武器的报告。2020", "年有 176 095", "名"])
    '提交一份关于武器的报告。2020 年有 176 095 名'
    """
    joined = ""
    for line in lines:
        piece = _LETTER_SPACING.sub("", " ".join(line.split()))
        joined += " " + piece if joined and piece and _are_apart(joined, piece) else piece
    return joined


def _are_apart(before: str, after: str) -> bool:
    """Whether a blank stands between two lines of one paragraph."""
    last, first = before[-1], after[0]
    if _HAN.match(last) or _HAN.match(first):
        other = first if _HAN.match(last) else last  # a raised footnote mark is neither a letter nor a decimal
        return not _HAN.match(other) and (other.isalpha() or other.isdecimal())
    closed = _CJK.match(last) or _CJK.match(first) or last in _OPENING or first in _CLOSING
    return not (closed or _BROKEN_WORD.search(before[-210:]))
