"""Every printed form of a reference ("S/2021/839，第21段", "BMS7 annex para 92", an id) to the paragraphs it names, and back.

A number belongs to the report and the part that stand beside it in the ways both languages allow: "附件第24段",
"paragraph 24 of the annex to …", "… (S/2021/839)". The number of another instrument's paragraph names nothing here.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

from rag.errors import UnknownParagraph
from rag.records import Paragraph, Report
from rag.text import fold, symbols
from rag.text.numerals import ENGLISH, read_number

# Everything below is matched against folded text in which each name of a document is masked.
_MASK = "\x01"
_JOINT = r"\s?(?:、|,\s?and\b|,|和|以及|及|与|或|至|到|-|~|\band\b|&|\bor\b|\bto\b|\bthrough\b)\s?"
_SUB = r"(?:\s?\((?:[a-z]|[ivx]{1,4}|\d{1,2}|[一二三四五六七八九十]{1,2})\)){0,3}"  # sub-paragraph (a) (ii)
_DIGITS = r"\d{1,3}(?:-\d{1,2})?(?!\d)"
_ZH = rf"(?:{_DIGITS}|[一二三四五六七八九十百零〇]{{1,6}})"
_EN = rf"(?:{_DIGITS}|{ENGLISH})"
_LIST_ZH = rf"{_ZH}{_SUB}(?:{_JOINT}(?:第\s?)?{_ZH}{_SUB}){{0,9}}"
_LIST_EN = rf"{_EN}{_SUB}(?:{_JOINT}{_EN}{_SUB}){{0,9}}"
NUMBERED = re.compile(
    r"(?P<unnumbered>无编号|\bunnumbered\s)?"
    rf"(?:第\s?(?P<zh>{_LIST_ZH})\s?(?:(?P<row_zh>行)|(?:自然)?段){_SUB}(?:分段|项|款)?"
    rf"|(?<=[{_MASK}件录要文的,#])\s?(?P<plain>{_DIGITS}{_SUB})\s?段(?![话落时])"
    rf"|(?:(?P<row_en>\brows?\s)|\bparagraphs?|\bparas?\.?(?![a-z])|\bpars?\.|¶{{1,2}}|§{{1,2}}|\bpp?\.)"
    rf"\s?(?:nos?\.?\s?)?(?P<en>{_LIST_EN})"
    r"|\b(?P<nth>\d{1,3})(?:st|nd|rd|th) paragraph)"
    r"(?:\s?\((?:printed twice; occurrence|编号重复,第)\s?(?P<occurrence>\d{1,2})次?\))?"
)
_PARTS = (
    r"(?:(?:附件|附录|\bannex(?:es)?\b|\bappendix\b)\s?(?:[一二三四五](?!十)|[ivx]{1,4}\b|[1-9](?!\d|\s?段))?"
    r"|成果文件|成果|\boutcome(?: document)?\b|摘要|\bsummary\b"
    r"|正文|\bmain (?:text|part|body)\b|\breport proper\b|标题页|\btitle page\b)"
)
PART = re.compile(_PARTS)
ANNEX_NUMBER = re.compile(r"[一二三四五]$|(?<=[\sx])[ivx]{1,4}$|[1-9]$")
# What may stand between a name or part and the number it goes with.
_BESIDE = rf"(?:[\s,:'()的之中里内]|{_MASK}|\b(?:of|to|in|the|its|s|report|document|table|unnumbered)\b|报告|文件|表格?|无编号)"
_BEFORE_PART = re.compile(rf"{_BESIDE}{{0,60}}")
_BEFORE_SUMMARY = re.compile(r"[\s,:'()的之中里内]{0,9}(?:无编号|unnumbered)?\s?")  # "summary of para. 44" is of the main text
_AFTER_PART = re.compile(
    rf"\s?\(\s?|[\s,]?\s?(?:of|in|to|from)\s(?:(?:the|its|this)\s)?(?:{_MASK}{{1,200}}(?:'s)?\s)?|\s?{_MASK}{{1,200}}(?:'s)?\s"
)
_BEFORE_NUMBER = re.compile(rf"(?:{_BESIDE}|{_PARTS}|号?决议|号?决定|resolution|decision){{0,60}}")
_AFTER_NUMBER = re.compile(
    rf"\s?\(\s?|[\s,]?\s?(?:of|in|to|from)\s(?:(?:the|its)\s)?(?:{_PARTS}\s(?:of|to|in)\s(?:the\s)?)?"
    r"(?:(?:report|document|file|resolution|decision)s?\s)?"
)
_JOINED = re.compile(r"[\s,、;]{0,3}(?P<joint>和|以及|及|与|或|至|到|-|~|and\b|&|or\b|to\b|through\b)?\s?(?:the\s)?")
RANGE = {"至", "到", "-", "~", "to", "through"}
LONGEST_RANGE = 60  # paragraphs; a whole annex is not a reference
NEAR = 40  # characters between a report's name and a number that goes with it for want of a nearer name
FILLER = re.compile(  # what may stand beside a reference in a question that asks for nothing more
    r"\b(?:what|which|does|do|did|is|are|was|were|in|of|the|says?|said|show|me|read|quote|please|give|text|full|whole|about"
    r"|to|tell|and|from|report|document|contents?|can|could|would|you|i|see|open|find|display|print|cite|it|there|there's"
    r"|summari[sz]e|summary|explain|describe|discuss|stated?|states|mean|meaning|main|points?|exact|wording|word|for|an?|out)\b"
    r"|请|问|讲|说|了|的|什么|啥|些|内容|是|写|全文|原文|显示|给我|我|想|看|一下|怎么|有|哪些|报告|文件|引用|列出|把|念|里|中|和|与|以及"
    r"|分别|规定|提到|到|呢|吗|如何|概括|概述|总结|归纳|解释|说明|意思|大意|主要|要点|谈|关于|段落|那|告诉|帮|查|找|打开"
)
ANNEXES = {form: place for place, forms in enumerate(("一i1", "二ii2", "三iii3", "四iv4", "五v5"), 1) for form in [forms]}
UNPRINTED = {"front", "summary"}  # parts whose paragraphs are found only where the reference says so
WHERE = {
    "en": {"main": "main text, ", "annex": "annex{}, ", "summary": "summary, ", "front": "title page, "},
    "zh": {"main": "正文，", "annex": "附件{}，", "summary": "摘要，", "front": "标题页，"},
}
OCCURRENCE = {"en": " (printed twice; occurrence {})", "zh": "（编号重复，第{}次）"}
HAN_DIGITS, ROMAN_DIGITS = "一二三四五六七八九", ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
