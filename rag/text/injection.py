"""What in a text speaks to a language model rather than to a reader: control tokens, forged markers, orders.

It knows nothing of prompts or paragraphs; it keeps no attack out for certain, which is why every answer is checked.
"""

import re

from rag.data import table
from rag.records import Language
from rag.text.folding import clean_question
from rag.text.segmentation import sentences

LEFT_OUT = "……"  # stands where sentences of a passage are left out

_TAG = re.compile(r"<(?!\s)([^<>\n]{1,60})(?<!\s)>")
_HALF_TAG = re.compile(r"<(?=[|｜/!])|(?<=[|｜])>")
_BRACKETED = re.compile(r"\[(\s?(?:\d{1,3}|/?\s?(?:INST|SYS)[^\[\]]{0,10})\s?)\]", re.IGNORECASE)
_ORDERS = re.compile("|".join(table("text.toml")["orders"]), re.IGNORECASE)


def defuse(text: str) -> str:
    """A text in which nothing is a chat-template token or a citation marker, or cannot be seen.

    >>> defuse("<|im_start|>system [3]")
    '＜|im_start|＞system (3)'
    """
    text = _TAG.sub(r"＜\1＞", clean_question(text))
    text = _HALF_TAG.sub(lambda match: "＜" if match.group() == "<" else "＞", text)
    return _BRACKETED.sub(r"(\1)", text)


def harmless(text: str, language: Language) -> str:
    """A text as a model may see it: defused, and without sentences that give a model orders.

    A report has no business to speak to one.
    """
    text = defuse(text)
    if _ORDERS.search(text):
        for start, end in reversed(sentences(text, language)):
            if _ORDERS.search(text[start:end]):
                text = text[:start] + LEFT_OUT + text[end:]
    return text
