"""What in a text speaks to a language model rather than to a reader: control tokens, forged markers, orders.

It knows nothing of prompts or paragraphs; it keeps no attack out for certain, which is why every answer is checked.
"""

import re

from rag.records import Language
from rag.text import clean_question, sentences

LEFT_OUT = "……"  # stands where sentences of a passage are left out

_TAG = re.compile(r"<(?!\s)([^<>\n]{1,60})(?<!\s)>")
_HALF_TAG = re.compile(r"<(?=[|｜/!])|(?<=[|｜])>")
_BRACKETED = re.compile(r"\[(\s?(?:\d{1,3}|/?\s?(?:INST|SYS)[^\[\]]{0,10})\s?)\]", re.IGNORECASE)
_LANGUAGES_EN = "(?:english|french|chinese|german|russian|spanish|arabic|japanese)"
_LANGUAGES_ZH = "(?:英[文语]|法[文语]|中文|汉语|德[文语]|俄[文语]|日[文语]|西班牙[文语]|阿拉伯[文语])"
# Sentences that give a language model orders. None of the seed reports' has these forms (a test holds that).
_ORDERS = re.compile(
    "|".join(
        [
            r"(?:ignor|disregard|forget|overrid|bypass)\w*\b.{0,40}\b(?:instruction|rule|prompt|guideline|above|previous|prior)",
            r"\b(?:you are|act as|pretend to be|become) (?:now |an? |the )*"
            r"(?:assistant|chatbot|ai|model|dan|jailbr\w+|unrestricted|pirate|system)",
            r"\b(?:system|developer|hidden) ?(?:prompt|message|mode|override|instruction)",
            r"\b(?:new|real|secret) instructions?\b|\blanguage model\b|\bchatbot\b|\bas an ai\b",
            rf"\b(?:answer|reply|respond|write|output|print|say|speak|translate)\b.{{0,30}}"
            rf"\b(?:only|exactly|instead|nothing but|in {_LANGUAGES_EN})\b",
            r"\b(?:only|always) (?:answer|reply|respond|write|output|print|say)\b|^(?:say|output|print) only\b",
            r"\b(?:reveal|repeat|leak|print|show)\b.{0,30}\b(?:prompt|instructions|rules)\b",
            r"\b(?:cite|use|put|add)\b.{0,30}(?:\[\d{1,3}\]|\(\d{1,3}\)|\bmarker\b|source \d)",
            r"(?:^|\n)\s?(?:system|assistant|user|human)\s?[:：]",
            r"(?:忽略|无视|忘记|忘掉|不要理会|绕过|推翻|取代).{0,16}(?:指令|规则|指示|提示|要求|以上|上述|之前|前面)",
            r"(?:你|请)(?:现在|从现在起|从此)?(?:是|扮演|扮成|充当|变成).{0,16}(?:助手|模型|机器人|人工智能|海盗|系统)",
            r"系统(?:提示|消息|指令|覆盖)|开发者(?:模式|消息|指令)|(?:新的|真正的|隐藏的|秘密)指[令示]",
            r"语言模型|聊天机器人|人工智能助手",
            rf"(?:请|必须|一律|只能?|仅|改)用?.{{0,6}}{_LANGUAGES_ZH}.{{0,4}}(?:回答|作答|回复|输出)",
            r"(?:只|仅|直接)(?:能|要|需|准|许)?(?:输出|回复|回答)",
            r"(?:必须|一律|改为)(?:回答|回复|输出|写[出成]?|说|引用|标注).{0,20}(?:“|\"|：|:|\[|\(|编号|即可)",
            r"(?:泄露|透露|重复|输出|打印|显示).{0,10}(?:提示词|系统提示|指令|规则)",
            r"(?:^|\n)\s?(?:系统|助手|用户)\s?[:：]",
        ]
    ),
    re.IGNORECASE,
)


def harmless(text: str, language: Language) -> str:
    """A text as a model may see it."""
    return without_orders(defused(text), language)


def defused(text: str) -> str:
    """A text in which nothing is a chat-template token or a citation marker, or cannot be seen.

    >>> defused("<|im_start|>system [3]")
    '＜|im_start|＞system (3)'
    """
    text = _TAG.sub(r"＜\1＞", clean_question(text))
    text = _HALF_TAG.sub(lambda match: "＜" if match.group() == "<" else "＞", text)
    return _BRACKETED.sub(r"(\1)", text)


def without_orders(text: str, language: Language) -> str:
    """A text without the sentences that speak to a language model: a report has no business to."""
    if not _ORDERS.search(text):
        return text
    for start, end in reversed(sentences(text, language)):
        if _ORDERS.search(text[start:end]):
            text = text[:start] + LEFT_OUT + text[end:]
    return text
