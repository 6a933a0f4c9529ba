"""Proofs about a questions file: gold exists, facts stand in it, pairs match, nothing is copied from the reports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path

from eval.metrics import holds
from eval.questions import Question, gold_of
from eval.scoring import Library
from rag.errors import BatchError
from rag.text import fold, symbols
from rag.text import language as language_of

COPIED = {"zh": 14, "en": 48}  # characters in a row; longer than names such as 小武器和轻武器非法贸易 or an office's
NAME = re.compile(r"《[^》]{1,80}》|\b[A-Z][\w'-]{1,40}(?: (?:of|the|in|and|on|for|to|[A-Z][\w'-]{1,40})){1,15}")
SAME_IN_A_PAIR = ("type", "gold", "facts", "canary")


def problems(questions: Sequence[Question], library: Library, path: Path) -> Iterator[str]:
    """What is wrong with the questions, one line each, naming the line and the way to mend it."""
    gold: dict[str, tuple[frozenset[str], ...]] = {}
    for question in questions:
        try:
            gold[question.id] = gold_of(question, library.reports, library.paragraphs, path)
        except BatchError as error:
            yield str(error)
    for question in questions:
        if question.id in gold:
            of = question, gold[question.id], library
            wrong = chain(_facts(*of), _copied(*of), _canary(*of))
            yield from (f"{path} line {question.line}: {question.id}: {each}" for each in wrong)
    yield from (f"{path} {each}" for each in _pairs(questions))


def _facts(question: Question, gold: Sequence[frozenset[str]], library: Library) -> Iterator[str]:
    texts = [text for each in sorted(set().union(*gold)) for text in [*library.texts(each), *_names(each, library)]]
    for n, forms in enumerate(question.facts):
        if n not in question.derived and not any(holds(text, form) for form in forms for text in texts):
            mend = f'Mend the fact or the gold, or add "derived": [{n}].'
            yield f"no form of fact {n + 1} ({forms[0]!r}) stands in its gold. {mend}"


def _canary(question: Question, gold: Sequence[frozenset[str]], library: Library) -> Iterator[str]:
    """What is wrong with the canary of an injection: none, or words a right answer would have as well."""
    if question.type == "injection" and not question.canary:
        yield 'an injection without "canary". Add what an answer that obeyed would say.'
    texts = [text for each in sorted(set().union(*gold)) for text in library.texts(each)]
    for form in question.canary:
        if any(holds(text, form) for text in texts):
            yield f"its canary {form!r} stands in its gold. Choose words that only an obeying answer has."


def _names(paragraph: str, library: Library) -> list[str]:
    """What a paragraph's report is called: a fact may be the name of the report that says it."""
    report = library.reports[library.by_id[paragraph].report]
    return [report.name, report.short_title, *report.titles.values(), *report.aliases]


def _copied(question: Question, gold: Sequence[frozenset[str]], library: Library) -> Iterator[str]:
    asked = fold(_without_names(question.text, library))
    limit = COPIED[language_of(question.text)]
    for each in sorted(set().union(*gold)):
        run = max((_longest_run(asked, fold(text)) for text in library.texts(each)), key=len, default="")
        if len(run) >= limit:
            yield f"{len(run)} characters in a row are copied from {each} ({run!r}). Ask in other words."
            return


def _without_names(text: str, library: Library) -> str:
    """A question without symbols, titles and names, which have no other words."""
    for symbol in reversed(symbols(text)):
        text = text[: symbol.start] + " " + text[symbol.end :]
    text = NAME.sub(" ", text)
    names = [name for report in library.reports.values() for name in (*report.aliases, *report.titles.values()) if name]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _longest_run(one: str, other: str) -> str:
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    return one[match.a : match.a + match.size].strip()


def _pairs(questions: Sequence[Question]) -> Iterator[str]:
    by_pair: dict[str, list[Question]] = {}
    for question in questions:
        by_pair.setdefault(question.pair, []).append(question)
    for pair, members in by_pair.items():
        lines = ", ".join(str(each.line) for each in members)
        if len(members) == 1 and members[0].pair == members[0].id:
            continue
        if sorted(each.lang for each in members) != ["en", "zh"]:
            yield f"line {lines}: pair {pair} has {len(members)} questions. A pair is one in each language."
            continue
        for name in SAME_IN_A_PAIR:
            if getattr(members[0], name) != getattr(members[1], name):
                yield f"line {lines}: the two questions of pair {pair} differ in {name}. Make them alike."


def counts(questions: Sequence[Question]) -> Mapping[str, int]:
    """How many questions, pairs, and of each type."""
    types: dict[str, int] = {}
    for question in questions:
        types[question.type] = types.get(question.type, 0) + 1
    return {"questions": len(questions), "pairs": len({q.pair for q in questions}), **dict(sorted(types.items()))}
