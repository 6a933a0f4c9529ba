"""A question for every paragraph that mentions something to the exact count and the list of them, each cited."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answering.compose import Sentence, heading
from rag.answering.mentions import Term, longer_names, mentions, pattern_for, places_to_search, term_of
from rag.answering.tally_asked import Asked, read_tally
from rag.checking.passages import cite_quote
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.question import Question
from rag.records import Citation, Filters, Language, Paragraph, Report, Slice
from rag.references import written
from rag.text import language as language_of
from rag.text import sentences

SHOWN = 20  # paragraphs listed in the answer's text; all of them are cited
LEAST = 3  # of each report that are shown
FORMS = 8  # words told that were counted
QUOTE = {"zh": 60, "en": 160}  # characters from which a sentence is cut around its mention


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A paragraph that mentions what is counted: the words around the first mention, and how often."""

    sentence: Sentence
    times: int  # in its own language where it is said there
    words: tuple[str, ...]  # the mentions as they are printed, in any language
    longer: tuple[str, ...] = ()  # the names of other things that all of them are part of


@dataclass(frozen=True, slots=True)
class Tally:
    """What a count comes to: its text in the question's language, and a citation for each paragraph."""

    text: str
    citations: tuple[Citation, ...]
    corrected: bool = False  # whether misspelt words were put right


def tally(question: Question, index: Index, lexicon: Lexicon, filters: Filters) -> Tally | None:
    """The count that a question asks for; None where it asks for none.

    What is nowhere as it is typed is counted taken apart, then with its spelling put right.
    """
    typed = read_tally(question, index.reports, lexicon)
    if typed is None:
        return None
    spelt = read_tally(Question(question.asked, question.text), index.reports, lexicon) or typed
    as_typed, language = (typed, typed.taken_apart), question.language
    for asked in dict.fromkeys([*as_typed, spelt, spelt.taken_apart]):
        search = _search(asked, index, lexicon, filters, language)
        if found := _find(asked.all_of_them, search, index, lexicon, filters):
            break
    else:
        asked, search = typed, _search(typed, index, lexicon, filters, language)
    text, citations = _compose(found, asked, search, index.reports)
    return Tally(text, citations, asked not in as_typed)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and where."""

    terms: tuple[Term, ...]
    looked_in: tuple[Report, ...]
    untranslated: bool  # whether some paragraph has no text in the question's language
    language: Language


def _search(asked: Asked, index: Index, lexicon: Lexicon, filters: Filters, language: Language) -> Search:
    """What is asked for, by the dictionary too where a paragraph has no text in the language of the question."""
    looked_in = tuple(
        report
        for report in index.reports.values()
        if (not filters.reports or report.id in filters.reports)
        and (not filters.years or filters.years & set(report.years))
        and (asked.reports is None or report.id in asked.reports)
    )
    ids = {report.id for report in looked_in}
    there = (paragraph for paragraph in index.paragraphs if paragraph.report in ids)
    untranslated = any(language not in paragraph.languages(filters.renderings) for paragraph in there)
    terms = tuple(term_of(term, lexicon, untranslated) for term in asked.terms)
    return Search(terms, looked_in, untranslated, language)


def _find(every: bool, search: Search, index: Index, lexicon: Lexicon, filters: Filters) -> list[Mentioned]:
    """The paragraphs that mention what is looked for, by report, the oldest first; none on a title page."""
    reports = {report.id for report in search.looked_in}
    found = [
        mentioned
        for paragraph in _to_search(search.terms, every, index, lexicon)
        if paragraph.report in reports and paragraph.part != "front"
        if (mentioned := _mentioned(paragraph, search.terms, every, lexicon, filters, search.language))
    ]
    return sorted(found, key=lambda each: _place(each.sentence.paragraph, index))


def _to_search(terms: Sequence[Term], every: bool, index: Index, lexicon: Lexicon) -> Iterator[Paragraph]:
    places = [places_to_search(term, index, lexicon) for term in terms]
    common = np.bincount(np.concatenate(places), minlength=len(index.paragraphs))
    for place in np.flatnonzero(common >= (len(terms) if every else 1)):
        yield index.paragraphs[place]


def _mentioned(
    paragraph: Paragraph, terms: Sequence[Term], every: bool, lexicon: Lexicon, filters: Filters, language: Language
) -> Mentioned | None:
    """The mentions of any term, or of every one, in a paragraph; None where it has none."""
    found = [_mentions_of(term, paragraph, lexicon, filters, language) for term in terms]
    having = [each for each in found if each]
    if not having or (every and len(having) < len(terms)):
        return None
    if len(having) == 1:
        return having[0]
    words = tuple(word for each in having for word in each.words)
    return Mentioned(having[0].sentence, sum(each.times for each in having), words)


def _mentions_of(
    term: Term, paragraph: Paragraph, lexicon: Lexicon, filters: Filters, language: Language
) -> Mentioned | None:
    """Counted in the paragraph's own language where it is said there, and in footnotes; shown in the question's."""
    shown = paragraph.languages(filters.renderings)
    shape = pattern_for(term, paragraph, shown)
    texts = {of: paragraph.in_language(of) or "" for of in shown}
    said = {of: found for of, text in texts.items() if (found := mentions(text, shape, lexicon))}
    notes = [(note, found) for note in paragraph.footnotes if (found := mentions(note.text, shape, lexicon))]
    if not said and not notes:
        return None
    read = [*((texts[of], said[of]) for of in said), *((note.text, found) for note, found in notes)]
    words = tuple(text[start:end] for text, found in read for start, end in found)
    times = len(next(iter(said.values()), ())) + sum(len(found) for _, found in notes)
    around = [longer_names(text, found, term) for text, found in read]
    longer = tuple(dict.fromkeys(name for names in around for name in names)) if all(around) else ()
    if said:
        of = language if language in said else next(iter(said))
        return Mentioned(_around(paragraph, of, texts[of], said[of][0], 0), times, words, longer)
    note, found = notes[0]
    label = message("footnote", language, mark=note.mark)
    return Mentioned(_around(paragraph, paragraph.language, note.text, found[0], -1, label), times, words, longer)


def _around(paragraph: Paragraph, of: Language, text: str, mention: Slice, place: int, label: str = "") -> Sentence:
    """The sentence of a text in which a mention stands, or as much of a long one as tells what is said of it."""
    line, after = text.rfind("\n", 0, mention[0]) + 1, text.find("\n", mention[1])
    said = sentences(text[line : after if after >= 0 else len(text)], of)
    start, end = next((line + s, line + e) for s, e in said if s <= mention[0] - line < e)
    end = max(end, mention[1])
    if end - start > QUOTE[of]:
        start, end = _cut(text, (start, end), mention, of)
    return Sentence(paragraph, of, start, end, text[start:end], place, label)


def _cut(text: str, sentence: Slice, mention: Slice, of: Language) -> Slice:
    """The part of a sentence around a mention, cut where a word or a Chinese clause ends."""
    half = max(0, QUOTE[of] - (mention[1] - mention[0])) // 2
    start = max(sentence[0], min(mention[0] - half, sentence[1] - QUOTE[of]))
    end = min(sentence[1], max(mention[1] + half, sentence[0] + QUOTE[of]))
    ends = re.compile(r"[，,；;：:、]" if of == "zh" else r"\s")
    before = ends.search(text, start, mention[0]) if start > sentence[0] else None
    after = [found.start() for found in ends.finditer(text, mention[1], end)] if end < sentence[1] else []
    return (before.end() if before else start), (after[-1] if after else end)


# What is told


def _compose(
    found: Sequence[Mentioned], asked: Asked, search: Search, reports: Mapping[str, Report]
) -> tuple[str, tuple[Citation, ...]]:
    """The count, how it was counted, and the list by report."""
    language = search.language
    if not search.looked_in:
        there = _list([report.name for report in reports.values()], language)
        return message("count-nowhere", language, reports=there), ()
    joint = message("count-and" if asked.all_of_them else "count-or", language)
    what = joint.join(f"“{term}”" for term in asked.terms)
    head = list(_how(found, asked, search))
    if not found:
        return "\n".join([message("count-none", language, what=what), *head]), ()
    of_report = Counter(each.sentence.paragraph.report for each in found)
    shown = len(found) if len(found) <= SHOWN else max(LEAST, SHOWN // len(of_report))
    if (less := sum(min(n, shown) for n in of_report.values())) < len(found):
        head.append(message("count-rest", language, shown=less, n=len(found)))
    sums = {"paragraphs": len(found), "reports": len(of_report), "times": sum(each.times for each in found)}
    total = message("count", language, what=what, **{noun: _number(n, noun, language) for noun, n in sums.items()})
    lines, citations = _listed(found, of_report, shown, reports, language)
    return "\n".join([total, *head, *lines]), citations


def _how(found: Sequence[Mentioned], asked: Asked, search: Search) -> Iterator[str]:
    """How it was counted: the words found, or looked for in vain; the dictionary's; the reports that were named."""
    language, forms = search.language, [form for term in search.terms for form in term.forms]
    yield message("count-how", language, forms=_told(list(_words(found) or dict.fromkeys(forms)), language))
    if longer := [each.longer for each in found if each.longer]:
        names = Counter(name for each in longer for name in each if language_of(name) == language)
        names = names or Counter(name for each in longer for name in each)
        told = _told([name for name, _ in names.most_common()], language)
        yield message("count-longer", language, n=len(longer), names=told)
    if search.untranslated:
        for term in search.terms:
            if term.foreign:
                yield message("count-by-dictionary", language, term=term.written, forms=_told(term.foreign, language))
            elif not any(language_of(form) != term.language for form in term.forms):
                yield message("count-without", language, term=term.written)
    if asked.reports is not None:
        yield message("count-where", language, reports=_list([report.name for report in search.looked_in], language))


def _told(forms: Sequence[str], language: Language) -> str:
    return _list([f"“{form}”" for form in forms[:FORMS]], language)


def _listed(
    found: Sequence[Mentioned],
    of_report: Mapping[str, int],
    shown: int,
    reports: Mapping[str, Report],
    language: Language,
) -> tuple[list[str], tuple[Citation, ...]]:
    """A line for each of the first paragraphs of each report, and a citation for every one."""
    lines: list[str] = []
    citations: list[Citation] = []
    told: Counter[str] = Counter()
    joint = "：" if language == "zh" else ": "
    for marker, each in enumerate(found, 1):
        sentence, report = each.sentence, reports[each.sentence.paragraph.report]
        citations.append(cite_quote(marker, sentence.paragraph, sentence.text, sentence.language))
        if not told[report.id]:
            lines.append(f"\n{heading(report, language)}{joint}{_number(of_report[report.id], 'paragraphs', language)}")
        if told[report.id] < shown:
            only = "" if sentence.language == language else message(f"only-in-{sentence.language}", language)
            lines.append(f"{_label(sentence, report, language)}“{sentence.text}” [{marker}]{only}")
        told[report.id] += 1
    return lines, tuple(citations)


def _label(sentence: Sentence, report: Report, language: Language) -> str:
    """Where in its report a paragraph stands: "para. 21: "."""
    place = written(sentence.paragraph, report, language).removeprefix(report.name).lstrip("，, ")
    return f"{place}{'：' if language == 'zh' else ': '}{sentence.label}"


def _words(found: Iterable[Mentioned]) -> dict[str, int]:
    """The words that were counted as they are mostly printed, the most frequent first."""
    printed = Counter(" ".join(word.split()) for each in found for word in each.words)
    best: dict[str, str] = {}
    for word, _ in printed.most_common():
        best.setdefault(word.lower(), word)
    return {word: printed[word] for word in best.values()}


def _number(n: int, noun: str, language: Language) -> str:
    return message(f"count-{noun}-{'one' if n == 1 else 'more'}", language, n=n)


def _list(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _place(paragraph: Paragraph, index: Index) -> tuple[str, int]:
    report = index.reports[paragraph.report]
    return report.date or str(min(report.years, default=9999)), index.place[paragraph.id]
