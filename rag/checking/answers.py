"""A model's answer with every statement checked, as it is shown."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.checking.clauses import Terms
from rag.checking.markers import MARKER, plain_markers
from rag.checking.refusals import SAYS_SO
from rag.checking.statements import Checker, Statement
from rag.records import Citation, Language, Paragraph, Rejected, Report
from rag.text import sentences

NOTES: Mapping[str, Mapping[str, str]] = {  # why a statement is not shown
    "zh": {
        "figures": "所引段落中没有{what}",
        "quote": "所引段落中没有这句引文",
        "words": "所引段落不支持这句话",
        "source": "没有出处",
        "language": "语言不符",
        "view": "这是语言模型自己的看法",
        "empty": "没有说出新内容",
    },
    "en": {
        "figures": "{what} is not in the paragraph cited",
        "quote": "these words are not in the paragraph cited",
        "words": "the paragraph cited does not support this",
        "source": "no source",
        "language": "wrong language",
        "view": "this is the language model's own view",
        "empty": "it says nothing new",
    },
}
UNSURE = {"zh": "（措辞未核对；数字和引文已核对）", "en": " (wording not checked; its figures and quotations were)"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's answer after checking."""

    text: str  # the statements that hold, with markers numbered by first use
    citations: tuple[Citation, ...]
    left_out: tuple[Rejected, ...] = ()  # what does not hold or is the model's own view, with the reason in words
    statements: tuple[Statement, ...] = field(default=())

    @property
    def verified(self) -> int:
        """How many statements hold."""
        return sum(statement.states and not statement.wrong and not statement.unsure for statement in self.statements)

    @property
    def unsure(self) -> int:
        """How many have their figures and quotations in what they cite, while words do not tell of the rest."""
        return sum(statement.unsure for statement in self.statements)

    @property
    def rejected(self) -> int:
        """How many do not."""
        return sum(bool(statement.wrong) for statement in self.statements)


def check_answer(
    answer: str,
    passages: Mapping[int, Paragraph],
    reports: Mapping[str, Report],
    language: Language,
    lexicon: Terms,
    question: str = "",
) -> Checked:
    """A model's answer with every statement checked against the passages it cites by number.

    A statement that cites none of them gets the one that supports it, if there is one; so does one that does not hold
    against what it cites, as a small model often cites the passage beside the one it read.
    """
    plain = plain_markers(answer, passages)
    checker = Checker(passages, reports, language, lexicon, question)
    cited = [(text, markers) for text, markers, _ in _statements(plain, language)]
    checked: list[Statement] = []
    for n, (text, markers) in enumerate(cited):
        around = [*(cited[n + 1][1] if n + 1 < len(cited) else ()), *(cited[n - 1][1] if n else ())]
        statement = checker.check(text, markers or checker.source_of(text, around), bool(markers))
        if statement.wrong and markers and (source := checker.source_of(text, ())):
            moved = checker.check(text, source, cited=True)
            statement = statement if moved.wrong or moved.unsure else moved
        checked.append(statement)
    return _written_out(plain, checked, language)


def _statements(answer: str, language: Language) -> Iterator[tuple[str, tuple[int, ...], tuple[int, int]]]:
    """The sentences of an answer with plain markers: without them, the markers, and where the sentence stands."""
    for start, end in sentences(answer, language):
        sentence = answer[start:end]
        markers = tuple(dict.fromkeys(int(match[1]) for match in MARKER.finditer(sentence)))
        yield re.sub(r" +(?=[ .。;；])", "", MARKER.sub("", sentence)).strip(), markers, (start, end)


def _written_out(plain: str, checked: Sequence[Statement], language: Language) -> Checked:
    """The answer as it is shown, and its citations, both with markers numbered by first use."""
    numbers: dict[int, int] = {}
    pieces: list[str] = []
    citations: list[Citation] = []
    left_out: list[Rejected] = []
    last = 0
    for statement, (_, _, (start, end)) in zip(checked, _statements(plain, language), strict=True):
        if why := _reason(statement, language):
            left_out.append(Rejected(statement.text, why))
            last = end
            continue
        sentence = plain[start:end]
        sentence = _with_markers(sentence, [citation.marker for citation in statement.citations], language)
        for match in MARKER.finditer(sentence):
            numbers.setdefault(int(match[1]), len(numbers) + 1)
        sentence = MARKER.sub(lambda match: f"[{numbers[int(match[1])]}]", sentence)
        pieces += [plain[last:start], sentence, UNSURE[language] if statement.unsure else ""]
        citations += [_numbered(citation, numbers) for citation in statement.citations]
        last = end
    return Checked("".join(pieces).strip(), tuple(citations), tuple(left_out), tuple(checked))


def _with_markers(sentence: str, cited: Sequence[int], language: Language) -> str:
    """A sentence with the markers of what it rests on before its stop, unless it has just these already."""
    if {int(match[1]) for match in MARKER.finditer(sentence)} == set(cited):
        return sentence
    plain = re.sub(r" ?" + MARKER.pattern, "", sentence)
    bare = plain.rstrip("。.；;！!？? \n")
    blank = " " if language == "en" else ""
    return bare + blank + "".join(f"[{marker}]" for marker in dict.fromkeys(cited)) + plain[len(bare) :]


def _reason(statement: Statement, language: Language) -> str:
    """Why a statement is not shown; "" where it is."""
    wrong = statement.wrong or ("view" if not statement.states and SAYS_SO.search(statement.text) else "")
    joined = ("、" if language == "zh" else ", ").join(statement.what)
    return NOTES[language][wrong].format(what=joined) if wrong else ""


def _numbered(citation: Citation, numbers: dict[int, int]) -> Citation:
    return replace(citation, marker=numbers.setdefault(citation.marker, len(numbers) + 1))
