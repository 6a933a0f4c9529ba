"""A statement against what its paragraphs say: where words agree, whether they say the same."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise

from rag.checking.association import lacks, misplaced
from rag.checking.clauses import Sentence, Terms, Word, alike, initials, read_sentences, with_names
from rag.checking.operators import covers, unlike, unpaired
from rag.checking.opposites import opposed, side
from rag.checking.roles import swapped
from rag.checking.speakers import TEXT, misattributed
from rag.records import Language
from rag.text import figure_supported

# Chosen on the dev half of eval/statements.jsonl.
AROUND = 4  # words on each side that tell which of several like words is meant
MORE = 2  # words of a statement that a further sentence has to have
RUN = 3  # words on end that nothing in the paragraphs stands for
NOVEL = 0.5  # of a clause's words, how many the paragraphs may lack


class Doubt(Enum):
    """What keeps a statement from being supported."""

    DENIED = "denied"  # the one text denies what the other says
    UNSURE = "unsure"  # words alone do not tell


def compare(
    text: str, sources: Iterable[str], language: Language, lexicon: Terms, beside: Collection[str] = ()
) -> Doubt | None:
    """What stands against a statement in the texts it is from, in its language; None where nothing does.

    `beside` are English index terms of what the texts say, the dictionary's among them. Without a text in its language,
    or without a clause, a statement is unsure.
    """
    said = read_sentences(text, language, lexicon)
    known = [sentence for source in sources for sentence in read_sentences(source, language, lexicon)]
    said, known = with_names(said, known), with_names(known, said)
    clauses = [clause for sentence in said for clause in _clauses(sentence)]
    if not known or not clauses:
        return Doubt.UNSURE
    aligned = [(clause, _nearest(clause, known)) for clause in clauses]
    window = _window(said, [sentence for _, sentence in aligned], known)
    paired = [pair for sentence in said for pair in _paired(sentence, window)]
    doubts = unlike(said, window, paired)
    if "not" in doubts or any(_opposite(*each) for each in aligned):
        return Doubt.DENIED
    new = {id(word) for word in _new(said, known, lexicon, beside)}
    unsure = doubts or unpaired(said, paired) or swapped(said, window, paired) or misattributed(said, window)
    listed = all(word.name for sentence in said for word in sentence.content)  # names alone say nothing of each other
    apart = not listed and any(_elsewhere(*each, known) for each in aligned)
    return Doubt.UNSURE if unsure or apart or any(_off(*each, known, new) for each in aligned) else None


def _off(clause: Sequence[Word], sentence: Sentence, known: Sequence[Sentence], new: Collection[int]) -> bool:
    """Whether a clause has what its paragraph lacks, or joins what stands apart there."""
    return lacks(clause, sentence, known) or misplaced(clause, sentence) or _novel(clause, new)


def _elsewhere(clause: Sequence[Word], sentence: Sentence, known: Sequence[Sentence]) -> bool:
    """Whether a name of a clause stands in another sentence than its own, which names something else."""
    at = next(n for n, each in enumerate(known) if each is sentence)
    whole = at and known[at - 1].text.endswith((";", "；"))  # the two are one sentence, with one subject
    here, letters = known[at - 1 if whole else at : at + 1], initials(sentence.text)
    away = [word for word in clause if word.name and not any(_has(word, each) for each in here)]
    away = [word for word in away if len(word.text) == 1 or word.text not in letters]
    others = [each for each in sentence.words if each.name and not any(alike(word, each) for word in clause)]
    return bool(others) and any(_has(word, each) for word in away for each in known)


def _window(said: Sequence[Sentence], nearest: Sequence[Sentence], known: Sequence[Sentence]) -> list[Sentence]:
    """The sentences nearest to the clauses, and others as long as they have two words more of the statement."""
    window = [sentence for sentence in known if any(sentence is each for each in nearest)]
    left = [word for sentence in said for word in sentence.content if not any(_has(word, each) for each in window)]
    while True:
        best = max(known, key=lambda sentence: sum(_has(word, sentence) for word in left))
        if sum(_has(word, best) for word in left) < MORE:
            return window
        window.append(best)
        left = [word for word in left if not _has(word, best)]


def _clauses(sentence: Sentence) -> list[list[Word]]:
    """The words of a sentence by clause; one of a word or two goes with the clause before it."""
    clauses: list[list[Word]] = []
    for word in _without_reference(sentence.words):
        if clauses and (word.clause == clauses[-1][-1].clause or _size(clauses[-1]) < RUN):
            clauses[-1].append(word)
        else:
            clauses.append([word])
    if len(clauses) > 1 and _size(clauses[-1]) < RUN:
        last = clauses.pop()
        clauses[-1] += last
    return clauses


def _without_reference(words: Sequence[Word]) -> list[Word]:
    """The words but for those that name the report itself: "the 2021 report (S/2021/839)"."""
    content = [word for word in words if word.key]
    named = {id(word) for word in content if word.key in TEXT}
    for one, other in pairwise(content):
        if {id(one), id(other)} & named:
            named |= {id(word) for word in (one, other) if word.figure or "/" in word.key}
    return [word for word in words if id(word) not in named]


def _size(clause: Sequence[Word]) -> int:
    return sum(bool(word.key) and word.figure is None for word in clause)


def _paired(statement: Sentence, window: Sequence[Sentence]) -> Iterator[tuple[Word, Word]]:
    """Each word with the word of the source it stands for: of several that are alike, the one in like company."""
    words = [word for word in statement.words if word.key]
    for n, word in enumerate(words):
        if word.figure:
            continue
        company = words[max(0, n - AROUND) : n + AROUND + 1]
        found = [
            (_shared(company, source, m), other)
            for source in ([word for word in each.words if word.key] for each in window)
            for m, other in enumerate(source)
            if not other.figure and alike(word, other)
        ]
        if found:
            yield word, max(found, key=lambda each: each[0])[1]


def _shared(company: Sequence[Word], source: Sequence[Word], m: int) -> int:
    around = source[max(0, m - AROUND) : m + AROUND + 1]
    return sum(any(alike(word, other) for other in around) for word in company)


def _nearest(clause: Sequence[Word], known: Sequence[Sentence]) -> Sentence:
    """The sentence that has most of a clause's words; a figure counts as two."""
    return max(known, key=lambda sentence: sum(_has(word, sentence) for word in clause if word.key))


def _has(word: Word, sentence: Sentence) -> float:
    if word.figure:
        return 2.0 * any(each.figure and figure_supported(word.figure, [each.figure]) for each in sentence.words)
    return float(any(alike(word, each) for each in sentence.content))


def _opposite(clause: Sequence[Word], sentence: Sentence) -> bool:
    """Whether a clause has a direction of which its sentence has only the opposite."""
    sides = [side(word, sentence.language) for word in sentence.content]
    for word in clause:
        own = side(word, sentence.language)
        if own and any(opposed(own, each) for each in sides) and not any(own & each for each in sides):
            return True
    return False


def _new(said: Sequence[Sentence], known: Sequence[Sentence], lexicon: Terms, beside: Collection[str]) -> list[Word]:
    """The words of a statement that nothing in the texts stands for; those that only say how it is meant aside."""
    there = [word for sentence in known for word in sentence.content]
    letters = "".join(sentence.text for sentence in known)
    cues = {id(word) for sentence in said for cover in covers(sentence) for word in cover.cue}
    words = [word for sentence in said for word in sentence.content if id(word) not in cues]
    return [word for word in words if not _stands_for(word, there, letters, lexicon, beside)]


def _novel(clause: Sequence[Word], new: Collection[int]) -> bool:
    """Whether a clause has a name that is new, or too many words."""
    words = [word for word in clause if word.key and word.figure is None]
    flags = [id(word) in new for word in words]
    runs = any(all(flags[n : n + RUN]) for n in range(len(flags) - RUN + 1))
    names = any(word.name and each for word, each in zip(words, flags, strict=True))
    return runs or names or sum(flags) > NOVEL * len(flags)


def _stands_for(word: Word, there: Sequence[Word], letters: str, lexicon: Terms, beside: Collection[str]) -> bool:
    if any(alike(word, each) for each in there) or word.key in beside:
        return True
    if word.name and _spelt_out(word, letters, lexicon):
        return True
    if word.key.isascii():
        return False
    meant = set(lexicon.gloss_terms(word.key, "zh"))
    return word.key in letters or (meant <= set(beside) if word.name else bool(meant & set(beside)))


def _spelt_out(word: Word, letters: str, lexicon: Terms) -> bool:
    """Whether the texts have what an abbreviation stands for, by the glossary or by its initials: OSCE."""
    forms = lexicon.forms(word.text.upper())[1:]
    return (len(word.text) > 1 and word.text in initials(letters)) or any(
        each.lower() in letters.lower() for each in forms
    )
