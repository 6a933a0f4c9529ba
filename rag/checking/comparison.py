"""A statement against what its paragraphs say: where words agree, whether they say the same."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from rag.checking.operators import covers, opposed, sides, unlike, unpaired
from rag.checking.relations import misattributed, misplaced, swapped
from rag.checking.words import Sentence, Word, initials, listed, read_sentences, share_names
from rag.lexicon import Lexicon
from rag.records import Language, Verdict
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl.
AROUND = 4  # words on each side that tell which of several like words is meant
MORE = 2  # words of a statement that a further sentence has to have
RUN = 3  # words on end that nothing in the paragraphs stands for
NOVEL = 0.5  # of a clause's words, how many the paragraphs may lack

Clause = Sequence[Word]


def compare(
    text: str, sources: Iterable[str], language: Language, lexicon: Lexicon, beside: Collection[str] = ()
) -> Verdict:
    """Whether a statement is supported by the texts it is from, in its language, denied, or more than words tell.

    `beside` are English index terms of what the texts say, the dictionary's among them. Without a text in its language,
    or without a clause, a statement is not checked.
    """
    said = read_sentences(text, language, lexicon)
    known = [sentence for source in sources for sentence in read_sentences(source, language, lexicon)]
    share_names([*said, *known])
    clauses = [clause for sentence in said for clause in _clauses(sentence)]
    if not known or not clauses:
        return Verdict.NOT_CHECKED
    nearest = [max(known, key=partial(_shared, clause)) for clause in clauses]
    aligned = list(zip(clauses, nearest, strict=True))
    content = [word for sentence in said for word in sentence.content]
    window = _window(content, [sentence for sentence in known if sentence in nearest], known)
    paired = {ours: theirs for sentence in said for ours, theirs in _pairs(sentence, window)}
    covering, there = ([each for one in text for each in covers(one)] for text in (said, window))
    counted = any(word.figure for sentence in said for word in sentence.words)
    unlikes = unlike(covering, there, paired, counted)
    if "not" in unlikes or any(_opposite(*each) for each in aligned):
        return Verdict.NOT_FOUND
    cues = {word for cover in covering for word in cover.cue}
    new = {word for word in content if word not in cues and not _stands_for(word, known, lexicon, beside)}
    names_alone = all(word.name for word in content)  # which say nothing of each other
    doubtful = (
        unlikes
        or unpaired(covering, paired)
        or swapped(said, window, paired)
        or misattributed(said, window)
        or any(not names_alone and _elsewhere(*each, known) for each in aligned)
        or any(misplaced(*each, known) or _novel(each[0], new) for each in aligned)
    )
    return Verdict.NOT_CHECKED if doubtful else Verdict.SUPPORTED


def _clauses(sentence: Sentence) -> list[list[Word]]:
    """The words of a sentence by clause, one of a word or two with the clause before it; no references."""
    clauses: list[list[Word]] = []
    for word in _without_reference(sentence.words):
        if clauses and (word.clause == clauses[-1][-1].clause or sum(each.content for each in clauses[-1]) < RUN):
            clauses[-1].append(word)
        else:
            clauses.append([word])
    if len(clauses) > 1 and sum(each.content for each in clauses[-1]) < RUN:
        clauses[-2:] = [clauses[-2] + clauses[-1]]
    return clauses


def _without_reference(words: Clause) -> list[Word]:
    """The words but for those that name the report itself: "the 2021 report (S/2021/839)"."""
    content = [word for word in words if word.key]
    named = {word for word in content if word.key in listed("texts")}
    for pair in pairwise(content):
        if not named.isdisjoint(pair):
            named |= {word for word in pair if word.figure or "/" in word.key}
    return [word for word in words if word not in named]


def _shared(words: Clause, sentence: Sentence) -> float:
    """How many of some words a sentence has; a figure counts as two."""
    return sum(_has(sentence, word) for word in words if word.key)


def _has(sentence: Sentence, word: Word) -> float:
    if word.figure:
        return 2.0 * any(each.figure and figure_supported(word.figure, [each.figure]) for each in sentence.words)
    return float(word.among(sentence.content))


def _window(content: Clause, window: list[Sentence], known: Sequence[Sentence]) -> list[Sentence]:
    """The sentences nearest to the clauses, and others as long as they have two words more of the statement."""
    left = content
    while True:
        left = [word for word in left if not any(_has(each, word) for each in window)]
        best = max(known, key=partial(_shared, left))
        if _shared(left, best) < MORE:
            return window
        window = [*window, best]


def _pairs(said: Sentence, window: Sequence[Sentence]) -> Iterator[tuple[Word, Word]]:
    """Each word with the word of the source it stands for: of several that are alike, the one in like company."""

    def company(word: Word) -> list[Word]:
        words = [each for each in word.sentence.words if each.key]
        n = words.index(word)
        return words[max(0, n - AROUND) : n + AROUND + 1]

    for word in said.content:
        like = [other for sentence in window for other in sentence.content if word.like(other)]
        if like:
            yield word, max(like, key=lambda other: sum(each.among(company(other)) for each in company(word)))


def _opposite(clause: Clause, sentence: Sentence) -> bool:
    """Whether a clause has a direction of which its sentence has only the opposite."""
    same = [word for word in clause if not any(sides(word) & sides(each) for each in sentence.content)]
    return any(opposed(word, each) for word in same for each in sentence.content)


def _elsewhere(clause: Clause, sentence: Sentence, known: Sequence[Sentence]) -> bool:
    """Whether a name of a clause stands in another sentence than its own, which names something else."""
    at = known.index(sentence)
    whole = at and known[at - 1].text.endswith((";", "；"))  # the two are one sentence, with one subject
    here, letters = known[at - 1 if whole else at : at + 1], initials(sentence.text)
    away = [word for word in clause if word.name and not any(_has(each, word) for each in here)]
    away = [word for word in away if len(word.text) == 1 or word.text not in letters]
    others = [each for each in sentence.words if each.name and not each.among(clause)]
    return bool(others) and any(_has(each, word) for word in away for each in known)


def _stands_for(word: Word, known: Sequence[Sentence], lexicon: Lexicon, beside: Collection[str]) -> bool:
    """Whether the texts have a word in some form: an abbreviation by its initials or the glossary, as OSCE."""
    if word.key in beside or any(word.among(sentence.content) for sentence in known):
        return True
    text = "".join(sentence.text for sentence in known)
    if word.name and len(word.text) > 1 and word.text in initials(text):
        return True
    if word.name and any(form.lower() in text.lower() for form in lexicon.forms(word.text.upper())[1:]):
        return True
    if word.key.isascii():
        return False
    meant = set(lexicon.gloss_terms(word.key, "zh"))
    return word.key in text or (meant <= set(beside) if word.name else bool(meant & set(beside)))


def _novel(clause: Clause, new: Collection[Word]) -> bool:
    """Whether a clause has a name that is new, or too many words."""
    words = [word for word in clause if word.content]
    flags = [word in new for word in words]
    runs = any(all(flags[n : n + RUN]) for n in range(len(flags) - RUN + 1))
    return runs or any(word.name and word in new for word in words) or sum(flags) > NOVEL * len(flags)
