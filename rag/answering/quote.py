"""An answer without a language model: the sentences that answer, quoted.

It writes nothing of its own but the lead-in and the labels of a table's cells: every other word is a paragraph's,
between quotation marks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answering.retrieve import Filters, Found, Retriever
from rag.checking import cite_quote
from rag.question import Asks, asks
from rag.records import Answer, Citation, Language, Paragraph, Report
from rag.references import not_there, written
from rag.text import figures, sentences

PARAGRAPHS = 5  # the best hits whose sentences are weighed; this and the weights below were chosen on the dev questions
QUOTES = 4  # at the most
NEARNESS, COVERAGE, RANK = 1.0, 1.0, 0.5  # what a sentence's nearness, its words and its paragraph's rank count
NEAR = 6.0  # standard deviations: the nearest of some thousand sentences lies four to six above the mean
LEAST_DEVIATION = 1e-6
LOOKED_UP = 10  # paragraphs quoted whole at the most, of those a question names
KIND = 0.3  # for a number or date where one is asked for
KEPT = 0.6  # of the best sentence's score: a lower one is left out
KEPT_ELSEWHERE = 0.75  # the same for a sentence of another paragraph than the best one's
WHOLE_SENTENCE = 300  # characters up to which a clause is quoted with the rest of its sentence
LIST_LENGTH = 2500  # characters of a list quoted whole
LEANS = re.compile(  # a sentence that begins so says little without the one before
    r"^(?:这|该|其|它|此|后者|前者|因此|然而|但|同时|尽管如此|在这方面|为此|同样|此外|另外|例如|相关)"
    r"|^(?:This|That|These|Those|It|They|He|She|Its|Their|Such|The latter|However|Therefore|Nevertheless)\b"
    r"|^(?:In this regard|To that end)\b"
)
ON_FOOTNOTE = re.compile(r"脚注|注释|\bfootnot\w*", re.IGNORECASE)
QUOTED_MARKER = re.compile(r"(?<=” )\[(\d{1,3})\](?=\n|（|\(| \(|$)")  # as `_compose` writes them
LEAD_IN = {"zh": "报告中有关的原文：", "en": "What the reports say:"}
LEAD_IN_NAMED = {"zh": "该段全文：", "en": "The paragraph in full:"}
LEAD_IN_SEVERAL = {"zh": "{n}个段落的全文：", "en": "The {n} paragraphs in full:"}
LEAD_IN_AMBIGUOUS = {"zh": "这可以指{n}个段落，全文如下：", "en": "This may mean any of {n} paragraphs, in full:"}
LEAD_IN_FIRST = {"zh": "{n}个段落中的前{shown}个：", "en": "The first {shown} of {n} paragraphs in full:"}
LEAD_IN_FOOTNOTE = {"zh": "脚注原文：", "en": "The footnote as printed:"}
ONLY_IN = {"zh": "（只有{other}文本）", "en": " (only in {other})"}
FOOTNOTE = {"zh": "脚注{mark}：", "en": "Footnote {mark}: "}
LANGUAGE_NAMES = {"zh": {"zh": "中文", "en": "英文"}, "en": {"zh": "Chinese", "en": "English"}}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, table cell or footnote that may be quoted."""

    paragraph: Paragraph
    language: Language
    start: int  # in the paragraph's text of that language; 0 for a footnote
    end: int
    text: str
    place: int  # which sentence of its paragraph, 0-based; -1 for a footnote
    label: str = ""  # what stands before the quotation: a cell's row and column, a footnote's mark
    score: float = 0.0


def quote_answer(
    question: str, found: Found, retriever: Retriever, language: Language, filters: Filters
) -> tuple[str, tuple[Citation, ...]]:
    """The text of the quoted answer in the question's language, and its citations in order of use.

    A named paragraph is quoted whole; several reports are grouped by report, oldest first.
    """
    reports = retriever.index.reports
    if found.named:
        named = _footnotes(found, retriever, language) + _paragraphs(found, retriever, language, filters)
        told = not_there(found.look_up, reports, retriever.index.paragraphs, language)
        lead_in = f"{told}\n{_lead_in(found, language)}".lstrip()
        return _compose(named, lead_in, language, reports, by_report=False)
    asked = asks(question)
    weighed = weigh(question, asked, found, retriever, language, filters)
    chosen = choose(weighed, asked)
    several = len({sentence.paragraph.report for sentence in chosen}) > 1
    return _compose(chosen, LEAD_IN[language], language, reports, by_report=several)


def weigh(
    question: str, asked: Asks, found: Found, retriever: Retriever, language: Language, filters: Filters
) -> list[Sentence]:
    """The sentences of the best paragraphs with their scores, best first; of footnotes only, where one is asked for."""
    hits = [hit for hit in found.hits[:PARAGRAPHS] if hit.paragraph.part != "front"]
    wants_footnote = bool(ON_FOOTNOTE.search(question)) and any(hit.paragraph.footnotes for hit in hits)
    words = question_words(question, retriever, language)
    nearness = _nearness(found, retriever)
    known = {figure.value for figure in figures(question)}
    weighed = []
    for hit in hits:
        for sentence in quotable(hit.paragraph, language, filters):
            in_footnote = sentence.place < 0
            if in_footnote != wants_footnote and (wants_footnote or sentence.language != language):
                continue
            score = NEARNESS * _near(sentence, nearness) + COVERAGE * _coverage(sentence, words, retriever, language)
            score += RANK / hit.rank
            if (asked.number or asked.date) and any(figure.value not in known for figure in figures(sentence.text)):
                score += KIND
            weighed.append(replace(sentence, score=score))
    return sorted(weighed, key=lambda sentence: -sentence.score)


def choose(weighed: Sequence[Sentence], asked: Asks) -> list[Sentence]:
    """The one to four quotations, joined where they stand side by side, paragraphs in the order of their best."""
    if not weighed:
        return []
    best = weighed[0]
    if best.paragraph.is_row and best.place >= 0:
        return [each for each in weighed if each.paragraph is best.paragraph and each.place >= 0][:QUOTES]
    if listed := _list_of(best, asked):
        return [listed]
    chosen = [best]
    for sentence in weighed[1:]:
        if len(chosen) == QUOTES:
            break
        same = sentence.paragraph is best.paragraph
        new_report = asked.compare and sentence.paragraph.report not in {each.paragraph.report for each in chosen}
        if sentence.score >= (KEPT if same or new_report else KEPT_ELSEWHERE) * best.score:
            chosen.append(sentence)
    return _joined([_in_full(sentence) for sentence in chosen])


def quotable(paragraph: Paragraph, language: Language, filters: Filters) -> Iterator[Sentence]:
    """A paragraph's sentences in the question's language where it has a text in it, and its footnotes as printed."""
    spoken = _spoken(paragraph, language, filters)
    text = paragraph.in_language(spoken) or ""
    if paragraph.is_row:
        yield from _cells(paragraph, spoken, text)
    else:
        for n, (start, end) in enumerate(sentences(text, spoken)):
            yield Sentence(paragraph, spoken, start, end, text[start:end], n)
    for note in paragraph.footnotes:
        label = FOOTNOTE[language].format(mark=note.mark)
        yield Sentence(paragraph, paragraph.language, 0, len(note.text), note.text, -1, label)


def question_words(question: str, retriever: Retriever, language: Language) -> Mapping[str, float]:
    """The question's index terms with their rarity among the paragraphs that speak its language."""
    legs = retriever.index.legs
    spoken = [leg for (of, kind), leg in legs.items() if of == language and kind != "gloss"]
    spoken = spoken or [leg for (of, _), leg in legs.items() if of == language]
    return {term: spoken[0].rarity(term) for term in dict.fromkeys(retriever.lexicon.terms(question, language))}


def _spoken(paragraph: Paragraph, language: Language, filters: Filters) -> Language:
    """The language a paragraph is quoted in: the question's, unless only a rendering that is left out has it."""
    translation = paragraph.translations.get(language)
    return language if translation and (filters.renderings or translation.official) else paragraph.language


def _cells(paragraph: Paragraph, spoken: Language, text: str) -> Iterator[Sentence]:
    """The cells of a row that are not empty, each labelled with its row and column; the label of a row without any."""
    source = paragraph if spoken == paragraph.language else paragraph.translations[spoken]
    joint, end = ("，", "：") if spoken == "zh" else (", ", ": ")
    at = 0
    cells = [(name, cell) for name, cell in source.columns if cell] or [("", text)]
    for n, (name, cell) in enumerate(cells):
        start = max(text.find(cell, at), 0)
        at = start + len(cell)
        label = joint.join(part for part in (source.row or source.body or "", name) if part) + end
        yield Sentence(paragraph, spoken, start, at, cell, n, label)


def _lead_in(found: Found, language: Language) -> str:
    """What is said before the paragraphs and footnotes a question names."""
    n = len(found.look_up.paragraphs)
    if found.look_up.footnotes and not n:
        return LEAD_IN_FOOTNOTE[language]
    if n > LOOKED_UP:
        return LEAD_IN_FIRST[language].format(n=n, shown=LOOKED_UP)
    if n == 1:
        return LEAD_IN_NAMED[language]
    return (LEAD_IN_AMBIGUOUS if found.look_up.ambiguous else LEAD_IN_SEVERAL)[language].format(n=n)


def _paragraphs(found: Found, retriever: Retriever, language: Language, filters: Filters) -> list[Sentence]:
    """The paragraphs a question names, whole; each with its reference where there are several."""
    index, joint = retriever.index, "：" if language == "zh" else ": "
    whole = []
    for paragraph in found.look_up.paragraphs[:LOOKED_UP]:
        reference = written(paragraph, index.reports[paragraph.report], language, index.paragraphs) + joint
        several = len(found.look_up.paragraphs) > 1 and not paragraph.is_row  # a cell says where it stands
        for each in _whole(paragraph, language, filters):
            whole.append(replace(each, label=reference) if several else each)
    return whole


def _footnotes(found: Found, retriever: Retriever, language: Language) -> list[Sentence]:
    """The footnotes a question names, as printed, each with the reference of the paragraph that carries it."""
    index, joint = retriever.index, "，" if language == "zh" else ", "
    return [
        Sentence(
            carrier,
            carrier.language,
            0,
            len(note.text),
            note.text,
            -1,
            written(carrier, index.reports[carrier.report], language, index.paragraphs)
            + joint
            + FOOTNOTE[language].format(mark=note.mark).lower(),
        )
        for carrier, note in found.look_up.footnotes[:LOOKED_UP]
    ]


def _whole(paragraph: Paragraph, language: Language, filters: Filters) -> Iterator[Sentence]:
    spoken = _spoken(paragraph, language, filters)
    text = paragraph.in_language(spoken) or ""
    if paragraph.is_row:
        yield from _cells(paragraph, spoken, text)
    else:
        yield Sentence(paragraph, spoken, 0, len(text), text, 0)


def _nearness(found: Found, retriever: Retriever) -> Mapping[str, float]:
    """View id → how far its cosine with the question lies above its language's mean, in units of NEAR deviations.

    Embedders differ in where their cosines lie and how far apart, and so do languages with one embedder.
    """
    if found.question_vector is None:
        return {}
    cosines, views = retriever.store.scores(found.question_vector), retriever.store.views
    languages = np.array([view.metadata["language"] for view in views])
    for language in set(languages):
        of = languages == language
        cosines[of] = (cosines[of] - cosines[of].mean()) / (NEAR * max(float(cosines[of].std()), LEAST_DEVIATION))
    return {view.id: float(near) for view, near in zip(views, cosines, strict=True)}


def _near(sentence: Sentence, nearness: Mapping[str, float]) -> float:
    """How near the question is to a sentence, or to its whole paragraph where that is all of it."""
    view = f"{sentence.paragraph.id}@{sentence.language}:"
    place = "n1" if sentence.place < 0 else "0" if sentence.paragraph.is_row else str(sentence.place + 1)
    return nearness.get(view + place, nearness.get(view + "0", 0.0))


def _coverage(sentence: Sentence, words: Mapping[str, float], retriever: Retriever, language: Language) -> float:
    """The share of the question's words, by rarity, that a sentence with its label has."""
    lexicon, text = retriever.lexicon, sentence.label + sentence.text
    if sentence.language == language:
        said = set(lexicon.terms(text, language))
    else:
        said = set(lexicon.gloss_terms(text, sentence.language))
    total = sum(words.values())
    return sum(rarity for term, rarity in words.items() if term in said) / total if total else 0.0


def _list_of(best: Sentence, asked: Asks) -> Sentence | None:
    """The whole list the best sentence opens, or belongs to where the question asks for a list; None without one."""
    text = best.paragraph.in_language(best.language) or ""
    opens = best.text.rstrip().endswith(("：", ":"))
    lines = text.split("\n")
    if best.place < 0 or len(lines) < 3 or not (opens or asked.list):
        return None
    start = best.start if opens else text.find("\n") + 1 if "\n" in text[: best.start] else None
    if start is None:
        return None
    if not opens and lines[0].endswith(("：", ":")):
        lead = sentences(lines[0], best.language)
        start = lead[-1][0]
    listed = text[start : start + LIST_LENGTH]
    listed = listed if start + LIST_LENGTH >= len(text) else listed[: listed.rfind("\n")]
    return replace(best, start=start, end=start + len(listed), text=listed)


def _in_full(sentence: Sentence) -> Sentence:
    """The sentence with the clauses a semicolon parts from it, and with the one before where it leans on that."""
    if sentence.place < 0:
        return sentence
    text = sentence.paragraph.in_language(sentence.language) or ""
    line_start, line_end = text.rfind("\n", 0, sentence.start) + 1, text.find("\n", sentence.end)
    line_end = len(text) if line_end < 0 else line_end
    start, end = sentence.start, sentence.end
    if sentence.language == "zh":
        whole_start = text.rfind("。", line_start, start) + 1 or line_start
        stop = text.find("。", max(end - 1, start), line_end)
        whole_end = stop + 1 if stop >= 0 else line_end
        if whole_end - whole_start <= WHOLE_SENTENCE:
            start, end = whole_start, max(end, whole_end)
    if LEANS.match(text[start:end]) and start > line_start:
        before = sentences(text[line_start:start], sentence.language)
        start = line_start + before[-1][0] if before else start
    return replace(sentence, start=start, end=end, text=text[start:end].strip())


def _joined(chosen: Sequence[Sentence]) -> list[Sentence]:
    """The quotations with neighbours of one paragraph made one, paragraphs in the order of their best sentence."""
    order = list(dict.fromkeys(sentence.paragraph.id for sentence in chosen))
    ordered = sorted(chosen, key=lambda each: (order.index(each.paragraph.id), each.place < 0, each.start, -each.end))
    joined: list[Sentence] = []
    for sentence in ordered:
        last = joined[-1] if joined else None
        if last and last.paragraph is sentence.paragraph and last.place >= 0 and sentence.place >= 0:
            text = sentence.paragraph.in_language(sentence.language) or ""
            if sentence.start <= last.end or not text[last.end : sentence.start].strip():
                end = max(last.end, sentence.end)
                joined[-1] = replace(last, end=end, text=text[last.start : end])
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
    report = ""
    for sentence in sorted(chosen, key=lambda each: _date(reports[each.paragraph.report])) if by_report else chosen:
        if by_report and sentence.paragraph.report != report:
            report = sentence.paragraph.report
            lines.append(f"\n{_heading(reports[report], language)}")
        marker = markers.setdefault(sentence.paragraph.id, len(markers) + 1)
        citations.append(cite_quote(marker, sentence.paragraph, sentence.text, sentence.language))
        only = (
            ""
            if sentence.language == language
            else ONLY_IN[language].format(other=LANGUAGE_NAMES[language][sentence.language])
        )
        lines.append(f"{sentence.label}“{sentence.text}” [{marker}]{only}")
    return "\n".join(lines), tuple(citations)


def number_on(quoted: Answer, cited: Iterable[Citation]) -> Answer:
    """A quoted answer with its markers going on from those cited before it; a paragraph keeps the number it has."""
    numbers = {citation.paragraph.id: citation.marker for citation in cited}
    own: dict[int, int] = {}
    for citation in quoted.citations:
        own[citation.marker] = numbers.setdefault(citation.paragraph.id, max(numbers.values(), default=0) + 1)
    text = QUOTED_MARKER.sub(lambda match: f"[{own[int(match[1])]}]", quoted.text)
    citations = tuple(replace(citation, marker=own[citation.marker]) for citation in quoted.citations)
    return replace(quoted, text=text, citations=citations)


def _heading(report: Report, language: Language) -> str:
    """A report's line above its quotations: what it is called, and its year."""
    year = report.date[:4]
    if not year or year in report.name:
        return report.name
    return f"{report.name}（{year}年）" if language == "zh" else f"{report.name} ({year})"


def _date(report: Report) -> str:
    return report.date or "9999"
