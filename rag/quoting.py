"""An answer without a language model: the sentences that answer, quoted.

It writes nothing of its own but the lead-in: every other word is a paragraph's, between quotation marks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.citations import cite_quote
from rag.questions import Asks, asks
from rag.records import Citation, Hit, Language, Paragraph, Report
from rag.retrieval import Found, Retriever
from rag.text import figures, sentences
from rag.text import language as language_of

PARAGRAPHS = 5  # the best hits whose sentences are weighed; chosen on the dev questions, as are the weights below
QUOTES = 4  # at the most
COSINE, COVERAGE, RANK = 1.0, 1.0, 0.5  # what a sentence's nearness, its words and its paragraph's score count
KIND = 0.15  # for a number or date where one is asked for
KEPT = 0.72  # of the best sentence's score: a lower one is left out
KEPT_ELSEWHERE = 0.85  # the same for a sentence of another paragraph than the best one's
LIST_LENGTH = 2500  # characters of a list quoted whole
LEANS = re.compile(  # a sentence that begins so says little without the one before
    r"^(?:这|该|其|它|此|后者|前者|因此|然而|但|同时|尽管如此|在这方面|为此|同样|此外|另外|例如|相关)"
    r"|^(?:This|That|These|Those|It|They|He|She|Its|Their|Such|The latter|However|Therefore|In this regard|Nevertheless|To that end)\b"
)
LEAD_IN = {"zh": "报告中有关的原文：", "en": "What the reports say:"}
LEAD_IN_NAMED = {"zh": "全文如下：", "en": "The paragraph in full:"}
NO_RENDERING = {"zh": "（该段只有{other}文本）", "en": " (only in {other})"}
LANGUAGE_NAMES = {"zh": {"zh": "中文", "en": "英文"}, "en": {"zh": "Chinese", "en": "English"}}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that may be quoted."""

    paragraph: Paragraph
    language: Language
    start: int
    end: int
    text: str
    place: int  # which sentence of its paragraph, 0-based; -1 for a footnote
    score: float = 0.0


def quote_answer(
    question: str, found: Found, retriever: Retriever, language: Language, renderings: bool
) -> tuple[str, tuple[Citation, ...]]:
    """The text of the quoted answer in the question's language, and its citations in order of use."""
    asked = asks(question)
    if found.only_named:
        chosen = [_whole(paragraph, language, renderings) for paragraph in found.named[:QUOTES]]
        return _compose(chosen, LEAD_IN_NAMED[language], language, retriever.index.reports, by_report=False)
    weighed = weigh(question, asked, found, retriever, language, renderings)
    chosen = choose(weighed, asked)
    several = asked.compare or len({sentence.paragraph.report for sentence in chosen}) > 1
    return _compose(chosen, LEAD_IN[language], language, retriever.index.reports, by_report=several)


def weigh(
    question: str, asked: Asks, found: Found, retriever: Retriever, language: Language, renderings: bool
) -> list[Sentence]:
    """The sentences of the best paragraphs with their scores, best first."""
    hits = [hit for hit in found.hits[:PARAGRAPHS] if hit.paragraph.part != "front"]
    candidates = [(hit, sentence) for hit in hits for sentence in _sentences(hit.paragraph, language, renderings)]
    words = _question_words(question, retriever, language)
    best = max((hit.score for hit in hits), default=1.0)
    cosines = _cosines(found, retriever)
    scored = [
        replace(sentence, score=_score(sentence, hit, asked, words, best, cosines, retriever, language, question))
        for hit, sentence in candidates
    ]
    return sorted(scored, key=lambda sentence: -sentence.score)


def choose(weighed: Sequence[Sentence], asked: Asks) -> list[Sentence]:
    """The one to four quotations, joined where they stand side by side, in the order of their paragraphs' best."""
    if not weighed:
        return []
    best = weighed[0]
    if listed := _list_of(best, weighed, asked):
        return [listed]
    chosen = [best]
    several = asked.compare
    for sentence in weighed[1:]:
        if len(chosen) == QUOTES:
            break
        same = sentence.paragraph is best.paragraph
        new_report = sentence.paragraph.report not in {each.paragraph.report for each in chosen}
        kept = KEPT if same or (several and new_report) else KEPT_ELSEWHERE
        if sentence.score >= kept * best.score:
            chosen.append(sentence)
    with_lead = [_with_one_before(sentence, weighed) for sentence in chosen]
    return _joined(with_lead)


def _sentences(paragraph: Paragraph, language: Language, renderings: bool) -> list[Sentence]:
    """A paragraph's sentences in the question's language where it has a text in it, and its footnotes as printed."""
    translation = paragraph.translations.get(language)
    spoken: Language = language if translation and (renderings or translation.official) else paragraph.language
    text = paragraph.in_language(spoken) or paragraph.text
    spans = sentences(text, spoken)
    said = [Sentence(paragraph, spoken, start, end, text[start:end], n) for n, (start, end) in enumerate(spans)]
    notes = [Sentence(paragraph, paragraph.language, 0, len(note.text), note.text, -1) for note in paragraph.footnotes]
    return said + notes


def _whole(paragraph: Paragraph, language: Language, renderings: bool) -> Sentence:
    translation = paragraph.translations.get(language)
    spoken: Language = language if translation and (renderings or translation.official) else paragraph.language
    text = paragraph.in_language(spoken) or paragraph.text
    return Sentence(paragraph, spoken, 0, len(text), text, 0)


def _question_words(question: str, retriever: Retriever, language: Language) -> Mapping[str, float]:
    """The question's index terms with their rarity among the paragraphs."""
    leg = next((leg for (spoken, kind), leg in retriever.index.legs.items() if spoken == language and kind != "gloss"), None)
    leg = leg or next(leg for (spoken, _), leg in retriever.index.legs.items() if spoken == language)
    terms = dict.fromkeys(retriever.lexicon.terms(question, language))
    return {term: leg.rarity(term) for term in terms}


def _cosines(found: Found, retriever: Retriever) -> Mapping[str, float]:
    """View id → cosine with the question."""
    if found.question_vector is None:
        return {}
    scores = retriever.store.scores(found.question_vector)
    return {str(view.id): float(score) for view, score in zip(retriever.store.documents, scores, strict=True)}


def _score(
    sentence: Sentence,
    hit: Hit,
    asked: Asks,
    words: Mapping[str, float],
    best: float,
    cosines: Mapping[str, float],
    retriever: Retriever,
    language: Language,
    question: str,
) -> float:
    view = f"{sentence.paragraph.id}@{sentence.language}:"
    place = "n1" if sentence.place < 0 else str(sentence.place + 1)
    cosine = cosines.get(view + place, cosines.get(view + "0", 0.0))
    lexicon = retriever.lexicon
    own = sentence.language == language
    said = set(lexicon.terms(sentence.text, language) if own else lexicon.gloss_terms(sentence.text, sentence.language))
    total = sum(words.values()) or 1.0
    coverage = sum(rarity for term, rarity in words.items() if term in said) / total
    wanted = (asked.number or asked.date) and _has_new_figure(sentence.text, question)
    return COSINE * cosine + COVERAGE * coverage + RANK * hit.score / best + KIND * wanted


def _has_new_figure(text: str, question: str) -> bool:
    """Whether a text has a figure that the question does not."""
    asked = {figure.value for figure in figures(question)}
    return any(figure.value not in asked for figure in figures(text))


def _list_of(best: Sentence, weighed: Sequence[Sentence], asked: Asks) -> Sentence | None:
    """The whole list the best sentence opens or belongs to, where the question asks for one or the sentence opens it."""
    text = best.paragraph.in_language(best.language) or ""
    opens = best.text.rstrip().endswith(("：", ":"))
    if best.place < 0 or text.count("\n") < 2 or not (opens or asked.list):
        return None
    if not opens and best.place > 0 and "\n" not in text[: best.start]:
        return None
    start = text.rfind("\n", 0, best.start) + 1 if not opens else best.start
    lead = text.find("\n")
    start = min(start, best.start if opens else max(0, text.rfind("。", 0, lead) + 1) if best.language == "zh" else 0)
    end = min(len(text), start + LIST_LENGTH)
    end = text.rfind("\n", start, end) if end < len(text) else end
    return replace(best, start=start, end=end, text=text[start:end].strip(), place=best.place)


def _with_one_before(sentence: Sentence, weighed: Sequence[Sentence]) -> Sentence:
    """The sentence with the one before it, where it leans on that one."""
    if sentence.place <= 0 or not LEANS.match(sentence.text):
        return sentence
    before = next(
        each
        for each in weighed
        if each.paragraph is sentence.paragraph and each.language == sentence.language and each.place == sentence.place - 1
    )
    text = sentence.paragraph.in_language(sentence.language) or ""
    return replace(sentence, start=before.start, text=text[before.start : sentence.end])


def _joined(chosen: Sequence[Sentence]) -> list[Sentence]:
    """The quotations with neighbours of one paragraph made one, paragraphs in the order of their best sentence."""
    order = list(dict.fromkeys(sentence.paragraph.id for sentence in chosen))
    ordered = sorted(chosen, key=lambda each: (order.index(each.paragraph.id), each.place < 0, each.start))
    joined: list[Sentence] = []
    for sentence in ordered:
        last = joined[-1] if joined else None
        if last and last.paragraph is sentence.paragraph and last.place >= 0 and sentence.place >= 0:
            text = sentence.paragraph.in_language(sentence.language) or ""
            if not text[last.end : sentence.start].strip():
                end = max(last.end, sentence.end)
                joined[-1] = replace(last, end=end, text=text[last.start : end], place=sentence.place)
                continue
        joined.append(sentence)
    return joined


def _compose(
    chosen: Sequence[Sentence], lead_in: str, language: Language, reports: Mapping[str, Report], by_report: bool
) -> tuple[str, tuple[Citation, ...]]:
    """The answer's text, and a citation for each quotation; one marker a paragraph."""
    markers: dict[str, int] = {}
    citations: list[Citation] = []
    lines = [lead_in]
    ordered = sorted(chosen, key=lambda each: _date(reports[each.paragraph.report])) if by_report else list(chosen)
    report = None
    for sentence in ordered:
        if by_report and sentence.paragraph.report != report:
            report = sentence.paragraph.report
            lines.append(f"\n{_heading(reports[report])}")
        marker = markers.setdefault(sentence.paragraph.id, len(markers) + 1)
        citations.append(cite_quote(marker, sentence.paragraph, sentence.text, sentence.language))
        note = "" if sentence.language == language else _only_in(sentence.language, language)
        lines.append(f"{quoted(sentence.text, language_of(sentence.text))} [{marker}]{note}")
    return "\n".join(lines), tuple(citations)


def quoted(text: str, language: Language) -> str:
    """A text between its language's quotation marks."""
    return f"“{text}”"


def _only_in(spoken: Language, language: Language) -> str:
    return NO_RENDERING[language].format(other=LANGUAGE_NAMES[language][spoken])


def _heading(report: Report) -> str:
    return f"{report.name} ({report.date[:4]})" if report.date else report.name


def _date(report: Report) -> str:
    return report.date or "9999"


def mean_cosine(found: Found) -> float:
    """The mean of the hits' cosines, for telling how near the reports come to a question."""
    return float(np.mean([hit.dense for hit in found.hits])) if found.hits else 0.0
