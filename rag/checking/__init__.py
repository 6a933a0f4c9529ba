"""A model's answer with every statement checked against the passages it cites, as it is shown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.checking.passages import MARKER, Passage
from rag.checking.statements import Checker, Statement
from rag.checking.words import pattern
from rag.data import table
from rag.lexicon import Lexicon
from rag.records import Citation, Language, Paragraph, Rejected, Report, Slice, Verdict
from rag.text import sentences


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's answer after checking."""

    text: str  # the statements that hold, with markers numbered by first use
    citations: tuple[Citation, ...]
    left_out: tuple[Rejected, ...]  # what does not hold or is the model's own view, with the reason in words
    statements: tuple[Statement, ...]

    @property
    def verified(self) -> int:
        """How many statements hold."""
        return sum(statement.verdict == Verdict.SUPPORTED for statement in self.statements)

    @property
    def unsure(self) -> int:
        """How many have their figures and quotations in what they cite, while words do not tell of the rest."""
        return sum(statement.verdict == Verdict.NOT_CHECKED for statement in self.statements)


def check_answer(
    answer: str,
    passages: Mapping[int, Paragraph],
    reports: Mapping[str, Report],
    language: Language,
    lexicon: Lexicon,
    question: str = "",
) -> Checked:
    """A model's answer with every statement checked against the passages it cites by number.

    A statement that cites none of them gets the one that supports it, if there is one; so does one that does not hold
    against what it cites, as a small model often cites the passage beside the one it read.
    """
    plain = plain_markers(answer, passages)
    known = {n: Passage(n, each, reports[each.report], language, lexicon) for n, each in passages.items()}
    checker = Checker(known, language, lexicon, question)
    spans = sentences(plain, language)
    cited = [tuple(dict.fromkeys(map(int, MARKER.findall(plain[start:end])))) for start, end in spans]
    statements = []
    for n, ((start, end), markers) in enumerate(zip(spans, cited, strict=True)):
        text = re.sub(r" +(?=[ .。;；])", "", MARKER.sub("", plain[start:end])).strip()
        around = [
            marker for beside in (cited[n + 1 : n + 2], cited[max(0, n - 1) : n]) for one in beside for marker in one
        ]
        statement = checker.check(text, markers or checker.source_of(text, around), bool(markers))
        if statement.why and markers and (source := checker.source_of(text, ())):
            moved = checker.check(text, source, cited=True)
            statement = moved if moved.verdict in (None, Verdict.SUPPORTED) else statement
        statements.append(statement)
    return _shown(plain, spans, statements, language)


def _shown(plain: str, spans: Sequence[Slice], statements: Sequence[Statement], language: Language) -> Checked:
    """The answer as it is shown, and its citations, both with markers numbered by first use."""
    numbers: dict[int, int] = {}
    pieces: list[str] = []
    citations: list[Citation] = []
    left_out: dict[Rejected, None] = {}  # each once
    last = 0
    for statement, (start, end) in zip(statements, spans, strict=True):
        if statement.why:
            if re.search(r"\w", statement.text):  # else it was a marker alone
                left_out[Rejected(statement.text, statement.why)] = None
        else:
            sentence = _with_markers(plain[start:end], [each.marker for each in statement.citations], language)
            for marker in map(int, MARKER.findall(sentence)):
                numbers.setdefault(marker, len(numbers) + 1)
            sentence = MARKER.sub(lambda match: f"[{numbers[int(match[1])]}]", sentence)
            pieces += [
                plain[last:start],
                sentence,
                table("checking.toml")["unsure"][language] if statement.verdict == Verdict.NOT_CHECKED else "",
            ]
            citations += [replace(each, marker=numbers[each.marker]) for each in statement.citations]
        last = end
    return Checked("".join(pieces).strip(), tuple(citations), tuple(left_out), tuple(statements))


def _with_markers(sentence: str, cited: Sequence[int], language: Language) -> str:
    """A sentence with the markers of what it rests on before its stop, unless it has just these already."""
    if set(map(int, MARKER.findall(sentence))) == set(cited):
        return sentence
    plain = re.sub(r" ?" + MARKER.pattern, "", sentence)
    bare = plain.rstrip("。.；;！!？? \n")
    blank = " " if language == "en" else ""
    return bare + blank + "".join(f"[{marker}]" for marker in dict.fromkeys(cited)) + plain[len(bare) :]


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

    answer = pattern("marker").sub(written_plainly, pattern("marker-first").sub(said_first, answer))
    answer = pattern("marker-round").sub(
        lambda match: written_plainly(match) if int(match[1]) in known else match.group(), answer
    )
    return pattern("marker-behind").sub(_before_stop, answer)


def _before_stop(match: re.Match[str]) -> str:
    """The markers before the stop they stood behind, with a blank after a Latin word."""
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before.isascii() and before.isalnum() else "") + re.sub(r"\s", "", match[2]) + match[1]


def complete_statements(answer: str) -> str:
    """An answer that was cut off, up to the last marker or stop; all of it where it has neither."""
    ends = [match.end() for match in pattern("end").finditer(answer)]
    return answer[: ends[-1]] if ends else answer
