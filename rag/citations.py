"""From an answer and its hits to citations, each with a verdict."""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rag.injection import harmless
from rag.records import Citation, Language, Paragraph, Report, Verdict
from rag.references import written
from rag.text import figure_supported, figures, fold, sentences, symbols
from rag.text import language as language_of
from rag.text.quotes import find_quote

MARKER = re.compile(r"\[(\d{1,3})\]")
# Of a statement's words, how many its paragraph must have. Of the 241 dev answers with one gold paragraph 97 % reach it
# there, and 8 % in the best of the six paragraphs around it.
SUPPORT = 0.6
SUPPORT_UNCITED = 0.75  # where the model cites nothing: above what 95 % of the paragraphs around reach
_NOTED = re.compile(  # how models write markers: 【1】, ［1、2］, [段落 1], [para. 1], [^1]
    r"[\[【［〔]\s?(?:第|段落?|来源|出处|passages?|paragraphs?|paras?\.?|sources?|\^|#)?\s?"
    r"(\d{1,3}(?:\s?[,，、;；和及与&]\s?\^?\d{1,3}){0,9})\s?(?:段)?\s?[\]】］〕]",
    re.IGNORECASE,
)
_ROUND = re.compile(r"(?<=\S)\s?[(（](\d{1,2})[)）](?=\s*(?:[。.；;！!\[(（]|$))", re.MULTILINE)  # at a statement's end
_BEHIND_STOP = re.compile(
    '([。！？!?；;.]{1,3}[”"」』’)）]{0,3})[ \t]{0,3}(\\[\\d{1,3}\\](?:[ \t]?\\[\\d{1,3}\\]){0,9})'
)
_OPENED = re.compile(r"\[\d{0,3}$")
_ENDS = re.compile(r"\[\d{1,3}\][。.；;！!]?|[。！？](?![”’」』])|[.!?](?=\s|$)")
_QUOTED = re.compile(r"“([^“”\n]{1,600})”|\"([^\"\n]{1,600})\"|「([^「」\n]{1,600})」")
_REFUSES = re.compile(
    r"(?:段落|报告|材料|资料|文件)(?:中|里|均|都)*(?:并)?(?:没有|未|不曾|无)(?:明确)?(?:回答|提及|提到|提供|说明|包含|涉及|给出)|无法(?:回答|确定|得知)"
    r"|\b(?:paragraphs?|reports?|passages?)\b[^.]{0,20}\b(?:do(?:es)? not|don't|doesn't|did not)"
    r" (?:answer|mention|say|state|contain|provide|specify|include)"
    r"|\bcannot (?:be answered|answer|be determined)\b|\bno (?:answer|information)\b",
    re.IGNORECASE,
)
_NEGATES = {
    "zh": re.compile("不|没|未|无|非|否|勿|莫|缺|拒|禁|免|反对|失败|难以|停止|废"),
    "en": re.compile(
        r"\b(?:not?|nor|never|none|without|neither|cannot|lack\w*|un\w+|in(?:ability|sufficient|adequate)\w*|fail\w*|absen\w+"
        r"|refus\w+|reject\w*|prohibit\w*|prevent\w*|against|few|little|hardly|oppos\w+|deni\w+|limited|dis\w+|non-?\w*)\b|n't\b",
        re.IGNORECASE,
    ),
}
NOTES: Mapping[str, Mapping[str, str]] = {  # what stands behind a statement that is not verified
    "zh": {
        "figures": "（未核实：所引段落中没有{what}）",
        "quote": "（未核实：所引段落中没有这句引文）",
        "words": "（未核实：所引段落不支持这句话）",
        "source": "（未核实：没有出处）",
        "language": "（未核实：语言不符）",
    },
    "en": {
        "figures": " (not verified: {what} is not in the paragraph cited)",
        "quote": " (not verified: these words are not in the paragraph cited)",
        "words": " (not verified: the paragraph cited does not support this)",
        "source": " (not verified: no source)",
        "language": " (not verified: wrong language)",
    },
}


class Terms(Protocol):
    """What is needed of the lexicon: the index terms of a text, in its own language and in the other."""

    def terms(self, text: str, language: Language) -> list[str]:
        """The terms in the text's own language."""
        ...

    def gloss_terms(self, text: str, language: Language) -> list[str]:
        """The terms in the other language."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a model's answer, and what checking it found."""

    text: str  # without its markers
    citations: tuple[Citation, ...] = ()  # numbered as the model's passages
    wrong: str = ""  # the key of NOTES that says why it is not verified; "" where it is, or where it states nothing
    what: tuple[str, ...] = ()  # the figures that are wrong
    states: bool = True  # False for a lead-in, which cites nothing


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's answer after checking."""

    text: str  # with markers numbered by first use, and a note behind each statement that is not verified
    citations: tuple[Citation, ...]
    statements: tuple[Statement, ...] = field(default=())

    @property
    def verified(self) -> int:
        """How many statements hold."""
        return sum(statement.states and not statement.wrong for statement in self.statements)

    @property
    def rejected(self) -> int:
        """How many do not."""
        return sum(bool(statement.wrong) for statement in self.statements)


def check_answer(
    answer: str, passages: Mapping[int, Paragraph], reports: Mapping[str, Report], language: Language, lexicon: Terms
) -> Checked:
    """A model's answer with every statement checked against the passages it cites by number.

    A statement that cites none of them gets the one that supports it, if there is one.
    """
    plain = plain_markers(answer, passages)
    checker = _Checker(passages, reports, language, lexicon)
    cited = [(text, markers) for text, markers, _ in _statements(plain, language)]
    checked: list[Statement] = []
    for n, (text, markers) in enumerate(cited):
        around = [*(cited[n + 1][1] if n + 1 < len(cited) else ()), *(cited[n - 1][1] if n else ())]
        checked.append(checker.check(text, markers or checker.source_of(text, around), bool(markers)))
    return _written_out(plain, checked, language)


def plain_markers(answer: str, known: Iterable[int]) -> str:
    """The answer with its markers as [1][2] before the stop, and those that are not known left out.

    >>> plain_markers("有三个。【1、９】 然后（2）。", [1, 2])
    '有三个[1]。 然后[2]。'
    """
    known = set(known)

    def written_plainly(match: re.Match[str]) -> str:
        numbers = dict.fromkeys(int(digits) for digits in re.findall(r"\d+", match[1]))
        return "".join(f"[{number}]" for number in numbers if number in known)

    answer = _NOTED.sub(written_plainly, answer)
    answer = _ROUND.sub(lambda match: written_plainly(match) if int(match[1]) in known else match.group(), answer)
    return _BEHIND_STOP.sub(_before_stop, answer)


def _before_stop(match: re.Match[str]) -> str:
    """The markers before the stop they stood behind, with a blank after a Latin word."""
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before.isascii() and before.isalnum() else "") + re.sub(r"\s", "", match[2]) + match[1]


def marked_as_used(
    deltas: Generator[str, None, Mapping[str, Any]],
) -> Generator[str, None, tuple[str, Mapping[str, Any]]]:
    """Text as it grows, with markers numbered by first use; returns it all as it was, and what the deltas returned."""
    numbers: dict[int, int] = {}
    whole = held = ""
    with closing(deltas):
        while True:
            try:
                delta = next(deltas)
            except StopIteration as end:
                yield held
                return whole, end.value
            whole += delta
            held += delta
            opened = _OPENED.search(held)  # a marker that is not yet whole waits for its rest
            ready, held = (held[: opened.start()], held[opened.start() :]) if opened else (held, "")
            yield MARKER.sub(lambda match: f"[{numbers.setdefault(int(match[1]), len(numbers) + 1)}]", ready)


def complete_statements(answer: str) -> str:
    """An answer that was cut off, up to the last marker or stop; all of it where it has neither."""
    ends = [match.end() for match in _ENDS.finditer(answer)]
    return answer[: ends[-1]] if ends else answer


def refuses(answer: str, refusal: str) -> bool:
    """Whether a model's answer says, in the words it was given or its own, that the paragraphs hold no answer."""
    return is_refusal(answer, refusal) or _REFUSES.search(answer) is not None


def is_refusal(answer: str, refusal: str) -> bool:
    """Whether an answer is the refusal the model was given and nothing else."""
    return fold(MARKER.sub("", answer)).strip(" .。") == fold(refusal).strip(" .。")


def cite_quote(marker: int, paragraph: Paragraph, quote: str, language: Language) -> Citation:
    """The citation of quoted words, checked against the paragraph's text in their language and its footnotes.

    A rendering's quotation has the official sentence beside it as `original`.
    """
    text = paragraph.in_language(language) or ""
    official = language == paragraph.language or paragraph.translations[language].official
    match = find_quote(text, quote)
    if match and match.whole:
        verdict = Verdict.FOUND if match.exact else Verdict.FOUND_NORMALISED
        span = (match.start, match.end)
        original = None if official else sentences_beside(paragraph, language, span)
        return Citation(marker, paragraph, quote, language, official, verdict, span, original)
    in_note = any(find_quote(footnote.text, quote) for footnote in paragraph.footnotes)
    verdict = Verdict.FOUND if in_note else Verdict.NOT_FOUND
    return Citation(marker, paragraph, quote, language, official or in_note, verdict)


def unsupported_figures(statement: str, paragraphs: Iterable[Paragraph], also: Iterable[str] = ()) -> list[str]:
    """The figures and symbols of a statement that none of the paragraphs has, in either language or any written form.

    `also` are other texts that may have them.
    """
    texts = [*(text for paragraph in paragraphs for text in _texts(paragraph)), *also]
    known = [figure for text in texts for figure in figures(text)]
    named = {symbol.canonical for text in texts for symbol in symbols(text)}
    bare = MARKER.sub(" ", statement)
    wrong = [figure.text for figure in figures(bare) if not figure_supported(figure, known)]
    return wrong + [bare[symbol.start : symbol.end] for symbol in symbols(bare) if symbol.canonical not in named]


def sentences_beside(paragraph: Paragraph, language: Language, span: tuple[int, int]) -> str:
    """The paragraph's own sentences that stand where a rendering's span does.

    Sentences pair one to one where both texts have as many; otherwise by how far into the text they stand, never fewer
    than one.
    """
    rendered = paragraph.translations[language].text
    theirs, ours = sentences(rendered, language), sentences(paragraph.text, paragraph.language)
    if not ours or not theirs:
        return paragraph.text
    if len(ours) == len(theirs):
        kept = [own for own, their in zip(ours, theirs, strict=True) if their[0] < span[1] and span[0] < their[1]]
    else:
        low, high = span[0] / len(rendered), span[1] / len(rendered)
        size = len(paragraph.text)
        kept = [own for own in ours if own[0] / size < high and low < own[1] / size]
    kept = kept or [ours[-1]]
    return paragraph.text[kept[0][0] : kept[-1][1]]


class _Checker:
    """Checks statements against the passages of one answer."""

    def __init__(
        self, passages: Mapping[int, Paragraph], reports: Mapping[str, Report], language: Language, lexicon: Terms
    ) -> None:
        self._passages, self._reports, self._language, self._lexicon = passages, reports, language, lexicon
        self._harmless = {marker: _without_orders(paragraph) for marker, paragraph in passages.items()}
        self._words: dict[int, frozenset[str]] = {}

    def check(self, text: str, markers: Sequence[int], cited: bool) -> Statement:
        """What becomes of a statement that cites these passages; `cited` says whether the model itself did."""
        if not cited and _leads_in(text):
            return Statement(text, states=False)
        if _REFUSES.search(text) and not (cited and any(self.supports(marker, text) for marker in markers)):
            return Statement(text, states=False)
        if not self._right_language(text):
            return Statement(text, self._paraphrased(text, markers, Verdict.NOT_FOUND), "language")
        if not markers:
            return Statement(text, wrong="source")
        if not all(any(self._has(marker, quote) for marker in markers) for quote in _quotations(text)):
            return Statement(text, self._quoted(text, markers), "quote")
        if what := self._wrong_figures(text, markers):
            return Statement(text, self._paraphrased(text, markers, Verdict.NUMBER_MISMATCH), "figures", tuple(what))
        supporting = [marker for marker in markers if self.supports(marker, text)]
        if not supporting and not self._support_together(markers, text):
            return Statement(text, self._paraphrased(text, markers, Verdict.NOT_FOUND), "words")
        return Statement(text, self._quoted(text, markers) or self._paraphrased(text, markers, Verdict.SUPPORTED))

    def source_of(self, text: str, first: Iterable[int]) -> tuple[int, ...]:
        """The passage that supports a statement which cites none: one cited beside it, else the best of all."""
        if _leads_in(text) or _REFUSES.search(text):
            return ()
        rest = sorted(self._passages, key=lambda marker: -self._share(text, self._of(marker)))
        for marker in [*first, *rest]:
            if self.supports(marker, text, SUPPORT_UNCITED) and not self._wrong_figures(text, [marker]):
                return (marker,)
        return ()

    def supports(self, marker: int, text: str, share: float = SUPPORT) -> bool:
        """Whether a passage has enough of a statement's words, and denies something where the statement does."""
        return self._share(text, self._of(marker)) >= share and self._may_deny(text, [marker])

    def _support_together(self, markers: Sequence[int], text: str) -> bool:
        together = frozenset[str]().union(*map(self._of, markers))
        return self._share(text, together) >= SUPPORT and self._may_deny(text, markers)

    def _may_deny(self, text: str, markers: Iterable[int]) -> bool:
        if not _NEGATES[self._language].search(MARKER.sub("", text)):
            return True
        texts = [each for marker in markers for each in _texts(self._passages[marker])]
        return any(_NEGATES[language_of(each)].search(each) for each in texts)

    def _share(self, text: str, words: frozenset[str]) -> float:
        own = self._own_words(text)
        return len(own & words) / len(own) if own else 1.0

    def _own_words(self, text: str) -> frozenset[str]:
        """The words of a statement but for its figures and symbols, which are checked by what they mean."""
        spans = [(each.start, each.end) for each in figures(text)] + [(each.start, each.end) for each in symbols(text)]
        for start, end in spans:
            text = text[:start] + " " * (end - start) + text[end:]
        return frozenset(self._lexicon.terms(text, self._language))

    def _of(self, marker: int) -> frozenset[str]:
        """The words of a passage in the answer's language, its reference, headings and footnotes among them."""
        if marker not in self._words:
            paragraph = self._harmless[marker]
            translation = paragraph.translations.get(self._language)
            texts = [note.text for note in paragraph.footnotes]
            if translation:
                texts += [translation.text, *translation.headings]
            else:
                texts += [paragraph.text, *paragraph.headings]
            gloss = paragraph.language != self._language  # else a foreign title would have the whole dictionary read
            words = {word for text in texts for word in self._terms(text, gloss)}
            about = {word for text in self._about(paragraph) for word in self._lexicon.terms(text, language_of(text))}
            self._words[marker] = frozenset(words | about)
        return self._words[marker]

    def _terms(self, text: str, gloss: bool) -> Iterator[str]:
        spoken = language_of(text)
        yield from self._lexicon.terms(text, spoken)
        if gloss and spoken != self._language:
            yield from self._lexicon.gloss_terms(text, spoken)

    def _about(self, paragraph: Paragraph) -> list[str]:
        """What the model is told of a paragraph's report: its reference, title and year."""
        report = self._reports[paragraph.report]
        reference = written(paragraph, report, self._language)
        year = report.date[:4]
        notes = [f"脚注{note.mark}；footnote {note.mark}" for note in paragraph.footnotes]
        return [reference, report.name, *notes, *report.titles.values(), f"{year}年", f"in {year}", *paragraph.headings]

    def _wrong_figures(self, text: str, markers: Sequence[int]) -> list[str]:
        paragraphs = [self._harmless[marker] for marker in markers]
        return unsupported_figures(text, paragraphs, [each for one in paragraphs for each in self._about(one)])

    def _right_language(self, text: str) -> bool:
        rest = MARKER.sub("", _QUOTED.sub("", text))
        if self._language == "en":
            return language_of(rest) == "en"
        return language_of(rest) == "zh" or len(re.findall(r"\b[a-z]{3,}", rest)) < 3  # a name is no language

    def _has(self, marker: int, quote: str) -> bool:
        found = self._cite(marker, quote).verdict in (Verdict.FOUND, Verdict.FOUND_NORMALISED)
        return found and any(find_quote(text, quote) for text in _texts(self._harmless[marker]))

    def _cite(self, marker: int, quote: str) -> Citation:
        """The citation of quoted words in the language they are in, else as they were meant."""
        paragraph = self._passages[marker]
        spoken = language_of(quote)
        spoken = spoken if paragraph.in_language(spoken) is not None else paragraph.language
        return cite_quote(marker, paragraph, quote, spoken)

    def _quoted(self, text: str, markers: Sequence[int]) -> tuple[Citation, ...]:
        """A citation for each quotation, of the first passage that has it; and of passages that then have none."""
        citations: list[Citation] = []
        for quote in _quotations(text):
            marker = next((marker for marker in markers if self._has(marker, quote)), markers[0])
            citations.append(self._cite(marker, quote))
        if citations:
            rest = [marker for marker in markers if marker not in {citation.marker for citation in citations}]
            citations += self._paraphrased(text, rest, Verdict.SUPPORTED)
        return tuple(citations)

    def _paraphrased(self, text: str, markers: Iterable[int], verdict: Verdict) -> tuple[Citation, ...]:
        """A citation of each passage; where the others support the statement, one that does not is not found."""
        citations = []
        for marker in dict.fromkeys(markers):
            paragraph = self._passages[marker]
            of_this = verdict
            if verdict == Verdict.SUPPORTED and self._share(text, self._of(marker)) < SUPPORT / 2:
                of_this = Verdict.NOT_FOUND
            has_text = paragraph.in_language(self._language) is not None
            spoken = self._language if has_text else paragraph.language
            official = spoken == paragraph.language or paragraph.translations[spoken].official
            original = None if official else paragraph.text
            citations.append(Citation(marker, paragraph, text, self._language, official, of_this, None, original))
        return tuple(citations)


def _without_orders(paragraph: Paragraph) -> Paragraph:
    """A paragraph without what only a language model would take for its own: that supports nothing."""
    translations = {
        language: replace(translation, text=harmless(translation.text, language_of(translation.text)))
        for language, translation in paragraph.translations.items()
    }
    notes = tuple(replace(note, text=harmless(note.text, language_of(note.text))) for note in paragraph.footnotes)
    text = harmless(paragraph.text, paragraph.language)
    return replace(paragraph, text=text, translations=translations, footnotes=notes)


def _quotations(text: str) -> list[str]:
    """The words a statement puts between quotation marks."""
    found = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
    return [quote for quote in found if any(map(str.isalnum, quote))]


def _leads_in(text: str) -> bool:
    """Whether a text states nothing itself: a heading, or the words before a list."""
    bare = MARKER.sub("", text).strip(" *#-—\n")
    return not any(map(str.isalnum, bare)) or (bare.endswith(("：", ":")) and not figures(bare))


def _statements(answer: str, language: Language) -> Iterator[tuple[str, tuple[int, ...], tuple[int, int]]]:
    """The sentences of an answer with plain markers: without them, the markers, and where the sentence stands."""
    for start, end in sentences(answer, language):
        sentence = answer[start:end]
        markers = tuple(dict.fromkeys(int(match[1]) for match in MARKER.finditer(sentence)))
        yield re.sub(r" {2,}", " ", MARKER.sub("", sentence)).strip(), markers, (start, end)


def _written_out(plain: str, checked: Sequence[Statement], language: Language) -> Checked:
    """The answer as it is shown, and its citations, both with markers numbered by first use."""
    numbers: dict[int, int] = {}
    pieces: list[str] = []
    citations: list[Citation] = []
    last = 0
    for statement, (_, given, (start, end)) in zip(checked, _statements(plain, language), strict=True):
        sentence = plain[start:end]
        cited = dict.fromkeys(citation.marker for citation in statement.citations)
        if not given and cited:
            bare = sentence.rstrip("。.；;！!？?")
            blank = " " if language == "en" else ""
            sentence = bare + blank + "".join(f"[{marker}]" for marker in cited) + sentence[len(bare) :]
        for match in MARKER.finditer(sentence):
            numbers.setdefault(int(match[1]), len(numbers) + 1)
        sentence = MARKER.sub(lambda match: f"[{numbers[int(match[1])]}]", sentence)
        pieces += [plain[last:start], sentence, _note(statement, language)]
        citations += [_numbered(citation, numbers) for citation in statement.citations]
        last = end
    return Checked("".join(pieces).strip(), tuple(citations), tuple(checked))


def _note(statement: Statement, language: Language) -> str:
    if not statement.wrong:
        return ""
    joined = ("、" if language == "zh" else ", ").join(statement.what)
    return NOTES[language][statement.wrong].format(what=joined)


def _numbered(citation: Citation, numbers: dict[int, int]) -> Citation:
    return replace(citation, marker=numbers.setdefault(citation.marker, len(numbers) + 1))


def _texts(paragraph: Paragraph) -> list[str]:
    translations = [translation.text for translation in paragraph.translations.values()]
    return [paragraph.text, *translations, *(footnote.text for footnote in paragraph.footnotes), paragraph.id]
