"""The markers of a model's answer: which passage each statement cites."""

import re
from collections.abc import Iterable

MARKER = re.compile(r"\[(\d{1,3})\]")
_NOTED = re.compile(  # how models write markers: 【1】, ［1、2］, [段落 1], [para. 1], [^1]
    r"[\[【［〔]\s?(?:第|段落?|来源|出处|passages?|paragraphs?|paras?\.?|sources?|\^|#)?\s?"
    r"(\d{1,3}(?:\s?[,，、;；和及与&]\s?\^?\d{1,3}){0,9})\s?(?:段)?\s?[\]】］〕]",
    re.IGNORECASE,
)
_ROUND = re.compile(r"(?<=\S)\s?[(（](\d{1,2})[)）](?=\s*(?:[。.；;！!\[(（]|$))", re.MULTILINE)  # at a statement's end
_SAID_FIRST = re.compile(  # 根据第2段，… or "According to paragraph 2, …", where the number is a passage's
    r"(?P<start>^|[。！？!?\n] ?)(?:根据|依据|据)第?\s?\[?(?P<zh>\d{1,2})\]?\s?段[，,]?\s?(?P<rest>[^。！？!?\n]+)"
    r"|(?P<begin>^|[.!?\n] ?)(?:According to|As stated in|In) paragraph \[?(?P<en>\d{1,2})\]?,?\s"
    r"(?P<more>[^.!?\n]+)"
)
_BEHIND_STOP = re.compile(
    '([。！？!?；;.]{1,3}[”"」』’)）]{0,3})[ \t]{0,3}(\\[\\d{1,3}\\](?:[ \t]?\\[\\d{1,3}\\]){0,9})'
)
_ENDS = re.compile(r"\[\d{1,3}\][。.；;！!]?|[。！？](?![”’」』])|[.!?](?=\s|$)")


def plain_markers(answer: str, known: Iterable[int]) -> str:
    """The answer with its markers as [1][2] before the stop, and those that are not known left out.

    >>> plain_markers("有三个。【1、９】 然后（2）。", [1, 2])
    '有三个[1]。 然后[2]。'
    """
    known = set(known)

    def written_plainly(match: re.Match[str]) -> str:
        numbers = dict.fromkeys(int(digits) for digits in re.findall(r"\d+", match[1]))
        return "".join(f"[{number}]" for number in numbers if number in known)

    def said_first(match: re.Match[str]) -> str:
        number = int(match["zh"] or match["en"])
        if number not in known:
            return match.group()
        if match["zh"]:
            return f"{match['start']}{match['rest']}[{number}]"
        return f"{match['begin']}{match['more'][:1].upper()}{match['more'][1:]} [{number}]"

    answer = _NOTED.sub(written_plainly, _SAID_FIRST.sub(said_first, answer))
    answer = _ROUND.sub(lambda match: written_plainly(match) if int(match[1]) in known else match.group(), answer)
    return _BEHIND_STOP.sub(_before_stop, answer)


def _before_stop(match: re.Match[str]) -> str:
    """The markers before the stop they stood behind, with a blank after a Latin word."""
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before.isascii() and before.isalnum() else "") + re.sub(r"\s", "", match[2]) + match[1]


def complete_statements(answer: str) -> str:
    """An answer that was cut off, up to the last marker or stop; all of it where it has neither."""
    ends = [match.end() for match in _ENDS.finditer(answer)]
    return answer[: ends[-1]] if ends else answer
