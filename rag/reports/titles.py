"""The title that a report prints in its front matter: what evidently is it, and what probably is."""

import re
import unicodedata
from collections.abc import Sequence

from rag.records import Paragraph
from rag.reports.numbering import LABELLED, heading_level

LONGEST = 300  # characters of a title at the most
NO_TITLE = re.compile(  # what stands on a first page beside the title
    r"[A-Z]{1,5}/[\w./()-]{0,60}\d"
    r"|[届屆][会會]|[议議]程[项項]目|年 ?\d{1,2} ?月|月 ?\d{1,2} ?日"
    r"|^(?:Distr|Original|Chinese|English|中文|[联聯]合[国國]$)"
    r"|\b[Ss]ession$|[Aa]genda item|^United Nations$"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
BODY = re.compile(  # a line that names who issues or meets
    r".{0,60}(?:大[会會]|理事[会會]|委[员員][会會]|[会會][议議])"
    r"|(?:The )?(?:[\w ]{0,60} )?(?:Assembly|Council|Committee|Commission|Conference)"
    r"|(?:Committee|Commission|Conference|Meeting) (?:on|of|for|to) .{1,200}"
)
BY_WHOM = re.compile(  # the line under the title; with its subject it is one itself
    r"(?!.{1,80}(?: on |[关關][于於]))"
    r"(?:(?:秘[书書](?:[长長]|[处處])|主席|高[级級][专專][员員]|[执執]行主任)\S{0,10}[报報]告$"
    r"|(?:Report|Note) (?:of|by) the (?:\S{1,30} ){0,6}\S{1,30}$)",
    re.IGNORECASE,
)
ITEM = re.compile(r"[议議]程[项項]目|\b(?:[Aa]genda i|I)tem \d")
DECISION = re.compile(r"\d{1,4}/\d{1,4}[.．] ?(\S.*)")  # "99/17. Safety of river ferries"
KIND = re.compile(  # what has a number for its title
    r"(?:Resolution|Decision) \d{1,4} ?\(\d{4}\)|第 ?\d{1,4} ?[(（]\d{4}[)）] ?[号號][决決][议議]"
    r"|(?:Summary|Verbatim) record of the \d{1,4}(?:st|nd|rd|th) (?:\(\w{1,9}\) )?meeting"
    r"|第 ?\d{1,4} ?次[会會][议議](?:[简簡]要|逐字)[记記][录錄]"
)
UNTITLED_END = re.compile(r"[,;，；。.:：]$")
JOINED = {"en": "; ", "zh": "；"}


def evident_title(paragraphs: Sequence[Paragraph]) -> str:
    """What the front matter evidently prints as the title; empty where that is not plain.

    It is a decision's words behind its number, a resolution's or record's number, the lines above the one that says by
    whom the report is (an agenda item's own words before them aside), else the one line that nothing else explains.
    """
    front = [paragraph for paragraph in paragraphs if paragraph.part == "front"]
    lines = [" ".join(paragraph.text.split()) for paragraph in front]
    if decided := next(filter(None, map(DECISION.fullmatch, lines)), None):
        return decided[1]
    if kind := next(filter(None, map(KIND.match, lines)), None):
        return kind[0]
    by_whom = next((i for i, line in enumerate(lines) if BY_WHOM.match(line)), len(lines))
    item = max((i for i, line in enumerate(lines[:by_whom]) if ITEM.search(line)), default=-1)
    titles = [line for line in lines[item + 1 : by_whom] if _may_be_title(line)]
    if item >= 0 and len(titles) > 1:
        titles.pop(0)  # the item's own
    if by_whom == len(lines) and len(titles) > 1:
        return ""
    return JOINED[front[0].language].join(titles) if front else ""


def _may_be_title(line: str) -> bool:
    """Whether a line is neither furniture, nor a body's name, a sentence or a heading."""
    if len(line) > LONGEST or (heading_level(unicodedata.normalize("NFKC", line)) or LABELLED) < LABELLED:
        return False
    return not (NO_TITLE.search(line) or BODY.fullmatch(line) or UNTITLED_END.search(line))


def likely_title(paragraphs: Sequence[Paragraph]) -> str:
    """The evident title, else what is probably it: the longest line of the first page that is none of its furniture.

    A text without a first page has its first paragraph as title, if that is short.
    """
    if evident := evident_title(paragraphs):
        return evident
    front = [each.text for each in paragraphs if each.part == "front"]
    if not front and paragraphs and paragraphs[0].printed is None and len(paragraphs[0].text) <= LONGEST // 2:
        front = [paragraphs[0].text]
    lines = [line for line in (" ".join(text.split()) for text in front) if not NO_TITLE.search(line)]
    lines = [line for line in lines if not BODY.fullmatch(line)] or lines
    return max(lines, key=lambda line: (not BY_WHOM.match(line), len(line)), default="")[:LONGEST]
