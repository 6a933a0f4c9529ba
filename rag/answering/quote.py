"""An answer without a language model: the paragraphs and the sentences that answer, chosen and quoted whole."""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import inf

from rag.answering.compose import Sentence, compose, compose_looked_up
from rag.answering.retrieve import Found
from rag.answering.spans import find_answers
from rag.answering.weighing import Weighed, weigh
from rag.answering.weights import Weights
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import Question, pattern
from rag.records import Citation, Filters, Slice
from rag.text import sentences

WHOLE_SENTENCE = 300  # characters up to which a clause is quoted with the rest of its sentence
HEAD = 60  # characters up to which a line that opens the next is quoted with it
OPENS = ("：", ":")
LIST_LENGTH = 2500  # characters of a list quoted whole
SOURCE = 0.6  # of the best sentence's score: where a source is asked for, a footnote that scores so much is quoted too
LEANS = re.compile(  # a sentence that begins so says little without the one before
    r"^(?:这|该|其|它|此|后者|前者|因此|然而|但|同时|尽管如此|在这方面|为此|同样|此外|另外|例如|相关)"
    r"|^(?:This|That|These|Those|It|They|He|She|Its|Their|Such|The latter|However|Therefore|Nevertheless)\b"
    r"|^(?:In this regard|To that end)\b"
)


def quote_answer(
    found: Found, index: Index, lexicon: Lexicon, filters: Filters, weights: Weights, sure: bool = True
) -> tuple[str, tuple[Citation, ...]]:
    """The text of the quoted answer in the question's language, and its citations in order of use.

    A named paragraph is quoted whole; several reports are grouped by report, oldest first. Where it is not sure that
    the reports answer, that is said first, and no figure leads.
    """
    question = found.question
    if found.look_up.named:
        return compose_looked_up(found.look_up, index, question.language, filters.renderings)
    weighed = weigh(found, index, lexicon, filters, weights)
    paragraphs = answering(weighed, found, index, weights)
    chosen = choose(paragraphs, question, weights)
    answers = find_answers(chosen, [each for of in paragraphs for each in of], question, index, lexicon)
    lead_in = message("quoted" if sure else "unsure", question.language)
    return compose(answers.quotations, question.language, index.reports, lead_in, answers.lead if sure else None)


def answering(weighed: Sequence[Weighed], found: Found, index: Index, weights: Weights) -> list[list[Weighed]]:
    """The sentences of the paragraph found first, then of each other that may answer as well, or one part better."""
    ranks = {hit.paragraph.id: hit.rank for hit in found.hits}
    of_paragraph: dict[str, list[Weighed]] = {}
    for each in sorted(weighed, key=lambda each: ranks[each.sentence.paragraph.id]):
        of_paragraph.setdefault(each.sentence.paragraph.id, []).append(each)
    first, *others = of_paragraph.values() or [[]]
    kept = [first] if first else []
    for other in others:
        paragraph = other[0].sentence.paragraph
        other_report = paragraph.report not in {each[0].sentence.paragraph.report for each in kept}
        wanted = other_report and (found.question.asks.compare or paragraph.report in found.named)
        claim = 1 / ranks[paragraph.id] + weights.behind * _behind(first, other, found, index)
        claim += weights.part_elsewhere * _gain(first, other, found.question, weights) + weights.report_named * wanted
        if claim >= 0:
            kept.append(other)
    return kept


def _behind(first: Sequence[Weighed], other: Sequence[Weighed], found: Found, index: Index) -> float:
    """How far a paragraph lies behind the one found first, in standard deviations of what was found; 0 or less."""
    if found.fused is None:
        return 0.0
    best, own = (float(found.fused[index.place[each[0].sentence.paragraph.id]]) for each in (first, other))
    return min(own - best, 0.0)


def _gain(first: Sequence[Weighed], other: Sequence[Weighed], question: Question, weights: Weights) -> float:
    """How much better another paragraph answers one of the parts; a question of one has a weight in its place."""
    if not question.parts:
        return weights.one_thing
    parts = range(len(question.parts))
    return max(max(each.of(part) for each in other) - max(each.of(part) for each in first) for part in parts)


def choose(paragraphs: Sequence[Sequence[Weighed]], question: Question, weights: Weights) -> list[Sentence]:
    """The quotations of each paragraph, joined where they stand side by side, at least one of each, few altogether."""
    most = weights.quotes_of_parts if len(question.parts) > 1 else weights.quotes
    chosen: list[Sentence] = []
    for n, weighed in enumerate(paragraphs[:most]):
        chosen += _of_paragraph(weighed, question, weights, (most - len(chosen)) // (len(paragraphs[:most]) - n))
    return chosen


def _of_paragraph(weighed: Sequence[Weighed], question: Question, weights: Weights, most: int) -> list[Sentence]:
    """One paragraph's quotations: its list, where that answers, else what is not far behind its best sentence."""
    spoken = [each for each in weighed if each.sentence.place >= 0] or weighed
    best, highest = spoken[0].sentence, spoken[0].score
    if listed := _list_of(best, question.asks.list):
        return [listed]
    noted = highest * (SOURCE if pattern("source").search(question.text) else 1.0)
    least = -inf if best.paragraph.is_row else min(highest, weights.kept * highest)
    kept = [
        each.sentence
        for each in weighed
        if each.score >= (noted if each.sentence.place < 0 and spoken is not weighed else least)
    ]
    if best.paragraph.is_row:
        return kept[:most]
    chosen: list[Sentence] = []
    for sentence in kept:
        if chosen and complete(sentence).text.endswith(OPENS):
            continue  # the head of a list too long to be quoted with it
        more = _join([*chosen, complete(sentence)])
        chosen = more if len(more) <= most else chosen
    return chosen


def _list_of(best: Sentence, wants_list: bool) -> Sentence | None:
    """The whole list the best sentence opens, or belongs to where the question asks for a list; None without one."""
    text = best.paragraph.in_language(best.language) or ""
    opens = best.text.rstrip().endswith(OPENS)
    lines = text.split("\n")
    if best.place < 0 or len(lines) < 3 or not (opens or wants_list):
        return None
    start = best.start if opens else text.find("\n") + 1 if "\n" in text[: best.start] else None
    if start is None:
        return None
    if not opens and lines[0].endswith(OPENS):
        lead = sentences(lines[0], best.language)
        start = lead[-1][0]
    listed = text[start : start + LIST_LENGTH]
    listed = listed if start + LIST_LENGTH >= len(text) else listed[: listed.rfind("\n")]
    return replace(best, start=start, end=start + len(listed), text=listed)


def complete(sentence: Sentence) -> Sentence:
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
    start, end = _with_head_and_item(text, start, end)
    return replace(sentence, start=start, end=end, text=text[start:end].strip())


def _with_head_and_item(text: str, start: int, end: int) -> Slice:
    """A slice of whole lines with the short line above that opens it, and the line below that it opens."""
    above = text.rfind("\n", 0, max(start - 1, 0)) + 1
    head = text[above : start - 1] if start and text[start - 1] == "\n" else ""
    if len(head) <= HEAD and head.endswith(OPENS):
        start = above
    below = text.find("\n", end + 1) if text[end : end + 1] == "\n" else end
    below = len(text) if below < 0 else below
    if text[start:end].endswith(OPENS) and below - end <= WHOLE_SENTENCE:
        end = below
    return start, end


def _join(chosen: Sequence[Sentence]) -> list[Sentence]:
    """A paragraph's quotations in its order, neighbours made one, footnotes last."""
    joined: list[Sentence] = []
    for sentence in sorted(chosen, key=lambda each: (each.place < 0, each.start, -each.end)):
        last = joined[-1] if joined else None
        if last and last.place >= 0 and sentence.place >= 0:
            text = sentence.paragraph.in_language(sentence.language) or ""
            if not text[last.end : sentence.start].strip():
                end = max(last.end, sentence.end)
                joined[-1] = replace(last, end=end, text=text[last.start : end])
                continue
        joined.append(sentence)
    return joined
