"""Chinese and English text: language, normal form, words, sentences, symbols, numbers and dates, quotations."""

from rag.text.folding import clean_question, fold, fold_with_offsets, join_lines, language
from rag.text.foreign import foreign
from rag.text.numbers import figure_supported, figures
from rag.text.numerals import Figure
from rag.text.quotes import find_quote
from rag.text.segmentation import Segmenter, character_pairs, ordinals, sentences, term_en, terms_en
from rag.text.symbols import symbols

__all__ = [
    "Figure",
    "Segmenter",
    "character_pairs",
    "clean_question",
    "figure_supported",
    "figures",
    "find_quote",
    "fold",
    "fold_with_offsets",
    "foreign",
    "join_lines",
    "language",
    "ordinals",
    "sentences",
    "symbols",
    "term_en",
    "terms_en",
]
