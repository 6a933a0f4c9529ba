"""A statement against what its paragraphs say: where words agree, whether they say the same."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from rag.checking.amounts import misplaced
from rag.checking.doers import misattributed, swapped
from rag.checking.operators import Cover, covers, negates, opposed, unlike, unpaired
from rag.checking.subjects import linked, parted, taken_over, turned
from rag.checking.synonyms import light
from rag.checking.words import Sentence, Word, initials, listed, read_sentences, share_names
from rag.lexicon import Lexicon
from rag.records import Language, Verdict
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl and on eval/statements-tuning.jsonl.
AROUND = 4  # words on each side that tell which of several like words is meant
MORE = 2  # words of a statement that a further sentence has to have
NEW = 0.125  # of the words of a statement, how many nothing in the texts may stand for
BESIDE = 3  # content words within which two stand beside each other
THIN = 0.5  # of the words of a statement, how many only the question has
RUN = 3  # content words that make a clause

Clause = Sequence[Word]


@dataclass(frozen=True, slots=True)
class Aligned:
    """A statement with what it rests on, word by word."""

    said: list[Sentence]
    known: list[Sentence]  # all sentences of the texts
    clauses: list[tuple[Clause, Sentence]]  # of the statement, each with the sentence nearest to it
    window: list[Sentence]  # the nearest sentences together
    paired: Mapping[Word, Word]  # a word of the statement → the word of the window it stands for
    covers: list[Cover]  # the operators of the statement
    theirs: list[Cover]  # and of the window
    new: frozenset[Word]  # words of the statement that nothing in the texts stands for
    asked: Collection[str]  # index terms of the question

    @property
    def content(self) -> list[Word]:
        """The content words of the statement."""
        return [word for sentence in self.said for word in sentence.content]


def compare(
    text: str,
    sources: Iterable[str],
    language: Language,
    lexicon: Lexicon,
    beside: Collection[str] = (),
    asked: Collection[str] = (),
) -> Verdict:
    """Whether a statement is supported by the texts it is from, in its language, denied, or more than words tell.

    `beside` are English index terms of what the texts say, the dictionary's among them, and `asked` index
    terms of the question. Without a text in its language,
    or without a clause, a statement is not checked.
    """
    aligned = align(text, sources, language, lexicon, beside, asked)
    if aligned is None:
        return Verdict.NOT_CHECKED
    found = set(doubts(aligned))
    if "denied" in found:
        return Verdict.NOT_FOUND
    return Verdict.NOT_CHECKED if found else Verdict.SUPPORTED


def align(
    text: str,
    sources: Iterable[str],
    language: Language,
    lexicon: Lexicon,
    beside: Collection[str] = (),
    asked: Collection[str] = (),
) -> Aligned | None:
    """A statement with what it rests on in the texts; None where there is nothing to compare."""
    said = read_sentences(text, language, lexicon)
    known = [sentence for source in sources for sentence in read_sentences(source, language, lexicon)]
    share_names([*said, *known])
    clauses = [clause for sentence in said for clause in _clauses(sentence)]
    if not known or not clauses:
        return None
    nearest = [max(known, key=partial(_shared, clause)) for clause in clauses]
    content = [word for sentence in said for word in sentence.content]
    window = _window(content, [sentence for sentence in known if sentence in nearest], known)
    paired = {ours: theirs for sentence in said for ours, theirs in _pairs(sentence, window)}
    covering, there = ([each for one in text for each in covers(one)] for text in (said, window))
    cues = {word for cover in covering for word in cover.cue}
    new = {
        word
        for word in content
        if word not in cues and word.key not in asked and not _stands_for(word, known, lexicon, beside)
    }
    return Aligned(
        said, known, list(zip(clauses, nearest, strict=True)), window, paired, covering, there, frozenset(new), asked
    )


def doubts(aligned: Aligned) -> Iterator[str]:
    """What speaks against a statement: "denied" where the texts say the opposite, else where they may not say it."""
    said, known, window, paired = aligned.said, aligned.known, aligned.window, aligned.paired
    counted = any(word.figure for sentence in said for word in sentence.words)
    unlikes = unlike(aligned.covers, aligned.theirs, paired, counted)
    if "not" in unlikes or any(_opposite(*each) for each in aligned.clauses):
        yield "denied"
    yield from unlikes
    if unpaired(aligned.covers, paired):
        yield "unpaired"
    if swapped(said, window, known, paired):
        yield "swapped"
    if misattributed(said, window):
        yield "misattributed"
    if not all(word.name for word in aligned.content) and any(_elsewhere(*each, known) for each in aligned.clauses):
        yield "elsewhere"
    if any(parted(*each, known) for each in aligned.clauses):
        yield "parted"
    if any(taken_over(clause, paired) for clause, _ in aligned.clauses):
        yield "taken over"
    if any(turned(sentence, paired) for sentence in said):
        yield "turned"
    if any(misplaced(*each, known) for each in aligned.clauses):
        yield "misplaced"
    theirs = [word for sentence in known for word in sentence.content]
    if any(negates(word, each) for word in aligned.content if not word.among(theirs) for each in theirs):
        yield "opposite"
    if _thin(aligned):
        yield "thin"
    heavy = [word for word in aligned.new if not light(word.key) and word.key not in listed("texts")]
    if any(word.name for word in heavy) or len(heavy) > NEW * len(aligned.content):
        yield "new"


def _thin(aligned: Aligned) -> bool:
    """Whether half of a statement's words are the question's alone."""
    words = [word for clause, _ in aligned.clauses for word in clause if word.content and not light(word.key)]
    asked = [word for word in words if word.key in aligned.asked and word not in aligned.paired]
    return bool(words) and len(asked) >= THIN * len(words)


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
    return float(word.meant(sentence.content))


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
        like = like or [other for sentence in window for other in sentence.content if word.means(other)]
        if like:
            yield word, max(like, key=lambda other: sum(each.among(company(other)) for each in company(word)))


def _opposite(clause: Clause, sentence: Sentence) -> bool:
    """Whether a clause has a direction of which its sentence has only the opposite."""
    turned = [word for word in clause if not word.meant(sentence.content)]
    theirs = [each for each in sentence.content if not each.meant(clause)]
    return any(opposed(word, each) and _beside(word, each) for word in turned for each in theirs)


def _beside(one: Word, other: Word) -> bool:
    """Whether two words stand beside words that mean the same."""
    near, there = (_around(word, BESIDE) for word in (one, other))
    return any(word.meant(there) for word in near)


def _around(word: Word, reach: int) -> list[Word]:
    """The content words at most so many away from a word."""
    words = word.sentence.content
    n = words.index(word)
    return words[max(0, n - reach) : n] + words[n + 1 : n + reach + 1]


def _elsewhere(clause: Clause, sentence: Sentence, known: Sequence[Sentence]) -> bool:
    """Whether a name of a clause stands in another sentence than its own, which names something else."""
    here, letters = (
        [each for each in known if each is sentence or linked(sentence, each, known)],
        initials(sentence.text),
    )
    away = [word for word in clause if word.name and not any(_has(each, word) for each in here)]
    away = [word for word in away if len(word.text) == 1 or word.text not in letters]
    others = [each for each in sentence.words if each.name and not each.among(clause)]
    return bool(others) and any(_has(each, word) for word in away for each in known)


def _stands_for(word: Word, known: Sequence[Sentence], lexicon: Lexicon, beside: Collection[str]) -> bool:
    """Whether the texts have a word in some form: an abbreviation by its initials or the glossary, as OSCE."""
    if word.key in beside or any(word.meant(sentence.content) for sentence in known):
        return True
    text = "".join(sentence.text for sentence in known)
    if word.name and len(word.text) > 1 and word.text in initials(text):
        return True
    if word.name and any(form.lower() in text.lower() for form in lexicon.forms(word.text.upper())[1:]):
        return True
    if word.key.isascii():
        return False
    meant = set(lexicon.gloss_terms(word.key, "zh"))
    return (len(word.key) > 1 and word.key in text) or (
        meant <= set(beside) if word.name else bool(meant & set(beside))
    )
