"""What a question counts, and the figures of a text that stand beside it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.answering.names import READ, form_of, glossary_forms, index_terms, is_chinese
from rag.lexicon import Lexicon
from rag.text import Figure, figures, fold, terms_en
from rag.text import language as language_of

_COUNTED_ZH = re.compile(
    r"(?:多少|几)(?P<measure>[个次名项国种人票件支届期场门套批把所家座位辆枚发处]?)(?P<noun>[^，。？?、,多少几]{0,6})"
)
_COUNTED_EN = re.compile(r"\b(?:how many|number of) (?P<noun>[\w-]{1,30}(?: [\w-]{1,30}){0,2})", re.IGNORECASE)
_BESIDE = {"zh": (6, 14), "en": (15, 45)}  # characters before and after a figure in which the thing counted is named


def counted_in(question: str, lexicon: Lexicon, translated: bool) -> tuple[str, tuple[str, ...]]:
    """The measure word and the forms of the thing whose number a question asks for; none where it is not said."""
    zh, en = _COUNTED_ZH.search(question), _COUNTED_EN.search(question)
    if zh:
        words = [word for word in lexicon.segmenter.cut(zh["noun"]) if lexicon.terms(word, "zh")]
    else:
        words = [word for word in (en["noun"].split() if en else []) if terms_en(word)]
    forms: dict[str, None] = {}
    for word in words[:2]:
        entry = glossary_forms().get(form_of(word)) or glossary_forms().get(word)
        other = lexicon.gloss_terms(word, "zh" if zh else "en") if translated else []
        forms |= dict.fromkeys([form_of(word), *(entry[0] if entry else ()), *(form_of(each) for each in other)])
    return (zh["measure"] if zh else ""), tuple(form for form in forms if form.strip())


def stands_beside(figure: Figure, text: str, measure: str, counted: Sequence[str]) -> bool:
    """Whether a figure has its measure word, or a form of the thing counted near it."""
    before, after = _BESIDE[language_of(text)]
    if measure not in ("", "个") and measure in text[figure.end : figure.end + 3]:
        return True
    beside = text[max(0, figure.start - before) : figure.end + after]
    chinese, terms = fold(beside), index_terms(beside)
    return any(form in (chinese if is_chinese(form) else terms) for form in counted)


@lru_cache(maxsize=READ)
def figures_of(text: str) -> Sequence[Figure]:
    """The figures in a text, read once."""
    return figures(text)
