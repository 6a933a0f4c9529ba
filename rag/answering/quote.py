"""An answer without a language model: the sentences that answer, chosen and quoted whole."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rag.answering.compose import Sentence, compose, compose_looked_up, rows_cells
from rag.answering.retrieve import Found
from rag.answering.weights import Weights
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import Question
from rag.records import Citation, Filters, Language, Paragraph
from rag.text import figures, sentences

WHOLE_SENTENCE = 300  # characters up to which a clause is quoted with the rest of its sentence
LIST_LENGTH = 2500  # characters of a list quoted whole
LEANS = re.compile(  # a sentence that begins so says little without the one before
    r"^(?:这|该|其|它|此|后者|前者|因此|然而|但|同时|尽管如此|在这方面|为此|同样|此外|另外|例如|相关)"
    r"|^(?:This|That|These|Those|It|They|He|She|Its|Their|Such|The latter|However|Therefore|Nevertheless)\b"
    r"|^(?:In this regard|To that end)\b"
)
ON_FOOTNOTE = re.compile(r"脚注|注释|\bfootnot\w*", re.IGNORECASE)


def quote_answer(
    found: Found, index: Index, lexicon: Lexicon, filters: Filters, weights: Weights
) -> tuple[str, tuple[Citation, ...]]:
    """The text of the quoted answer in the question's language, and its citations in order of use.

    A named paragraph is quoted whole; several reports are grouped by report, oldest first.
    """
    question = found.question
    if found.look_up.named:
        return compose_looked_up(found.look_up, index, question.language, filters.renderings)
    chosen = choose(weigh(found, index, lexicon, filters, weights), question, weights)
    return compose(chosen, question.language, index.reports)


def weigh(
    found: Found, index: Index, lexicon: Lexicon, filters: Filters, weights: Weights
) -> list[tuple[float, Sentence]]:
    """The sentences of the best paragraphs with their scores, best first; of footnotes only, where one is asked for."""
    question, language = found.question, found.question.language
    hits = [hit for hit in found.hits[: weights.paragraphs] if hit.paragraph.part != "front"]
    wants_footnote = bool(ON_FOOTNOTE.search(question.text)) and any(hit.paragraph.footnotes for hit in hits)
    leg, terms = index.leg(language), dict.fromkeys(lexicon.terms(question.text, language))
    words = {term: leg.rarity(term) for term in terms} if leg else {}
    weighed = []
    for hit in hits:
        for sentence in quotable(hit.paragraph, language, filters.renderings):
            in_footnote = sentence.place < 0
            if in_footnote != wants_footnote and (wants_footnote or sentence.language != language):
                continue
            score = weights.nearness * _nearness(sentence, found.nearness)
            score += weights.coverage * _coverage(sentence, words, lexicon, language) + weights.rank / hit.rank
            if question.asks.figure and any(each.value not in question.known for each in figures(sentence.text)):
                score += weights.kind
            weighed.append((score, sentence))
    return sorted(weighed, key=lambda each: -each[0])


def choose(weighed: Sequence[tuple[float, Sentence]], question: Question, weights: Weights) -> list[Sentence]:
    """The one to four quotations, joined where they stand side by side, paragraphs in the order of their best."""
    if not weighed:
        return []
    highest, best = weighed[0]
    if best.paragraph.is_row and best.place >= 0:
        return [each for _, each in weighed if each.paragraph is best.paragraph and each.place >= 0][: weights.quotes]
    if listed := _list_of(best, question.asks.list):
        return [listed]
    chosen = [best]
    for score, sentence in weighed[1:]:
        if len(chosen) == weights.quotes:
            break
        same = sentence.paragraph is best.paragraph
        new_report = question.asks.compare and sentence.paragraph.report not in {c.paragraph.report for c in chosen}
        if score >= (weights.kept if same or new_report else weights.kept_elsewhere) * highest:
            chosen.append(sentence)
    return _join([complete(sentence) for sentence in chosen])


def quotable(paragraph: Paragraph, language: Language, renderings: bool) -> Iterator[Sentence]:
    """A paragraph's sentences in the question's language where it has a text in it, and its footnotes as printed."""
    spoken = paragraph.shown_in(language, renderings)
    if paragraph.is_row:
        yield from rows_cells(paragraph, spoken)
    else:
        text = paragraph.in_language(spoken) or ""
        for n, (start, end) in enumerate(sentences(text, spoken)):
            yield Sentence(paragraph, spoken, start, end, text[start:end], n)
    for note in paragraph.footnotes:
        label = message("footnote", language, mark=note.mark)
        yield Sentence(paragraph, paragraph.language, 0, len(note.text), note.text, -1, label)


def views_of(sentence: Sentence) -> tuple[str, str]:
    """The ids of the views of a sentence and of its whole paragraph; the first is missing where that is all of it."""
    view = f"{sentence.paragraph.id}@{sentence.language}:"
    place = "n1" if sentence.place < 0 else "0" if sentence.paragraph.is_row else str(sentence.place + 1)
    return view + place, view + "0"


def _nearness(sentence: Sentence, nearness: Mapping[str, float]) -> float:
    """How near the question is to a sentence, or to its whole paragraph where that is all of it."""
    return next((nearness[view] for view in views_of(sentence) if view in nearness), 0.0)


def _coverage(sentence: Sentence, words: Mapping[str, float], lexicon: Lexicon, language: Language) -> float:
    """The share of the question's words, by rarity, that a sentence with its label has."""
    terms_of = lexicon.terms if sentence.language == language else lexicon.gloss_terms
    terms, total = set(terms_of(sentence.label + sentence.text, sentence.language)), sum(words.values())
    return sum(rarity for term, rarity in words.items() if term in terms) / total if total else 0.0


def _list_of(best: Sentence, wants_list: bool) -> Sentence | None:
    """The whole list the best sentence opens, or belongs to where the question asks for a list; None without one."""
    text = best.paragraph.in_language(best.language) or ""
    opens = best.text.rstrip().endswith(("：", ":"))
    lines = text.split("\n")
    if best.place < 0 or len(lines) < 3 or not (opens or wants_list):
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
    return replace(sentence, start=start, end=end, text=text[start:end].strip())


def _join(chosen: Sequence[Sentence]) -> list[Sentence]:
    """The quotations with neighbours of one paragraph made one, paragraphs in the order of their best sentence."""
    order = list(dict.fromkeys(sentence.paragraph.id for sentence in chosen))
    ordered = sorted(chosen, key=lambda each: (order.index(each.paragraph.id), each.place < 0, each.start, -each.end))
    joined: list[Sentence] = []
    for sentence in ordered:
        last = joined[-1] if joined else None
        if last and last.paragraph is sentence.paragraph and last.place >= 0 and sentence.place >= 0:
            text = sentence.paragraph.in_language(sentence.language) or ""
            if not text[last.end : sentence.start].strip():
                end = max(last.end, sentence.end)
                joined[-1] = replace(last, end=end, text=text[last.start : end])
                continue
        joined.append(sentence)
    return joined
