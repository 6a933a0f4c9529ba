"""BM25 over the index terms of paragraphs, one leg for each way a paragraph can speak a language.

The only door to bm25s. A leg is named by the language of its terms and where they come from: `own` words, those of a
`rendering`, or a `gloss` of its own words by the dictionary, which is how a question in one language meets a paragraph
that has only the other.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.views import searchable_text
from rag.lexicon import Lexicon
from rag.records import Language, Paragraph, Report

OWN, RENDERING, GLOSS = "own", "rendering", "gloss"
# Short texts repeat a word little and differ little in length. On 1,106 encyclopaedia questions over 3,104 paragraphs
# recall@1 is 0.907 with these, 0.892 with Lucene's 1.5 and 0.75; NOTES.md has the grid.
K1, B = 0.9, 0.5
LegName = tuple[str, str]  # (language of the terms, OWN | RENDERING | GLOSS)
Progress = Callable[[str, int, int], None]  # (what is done, how much of it, of how much)


@dataclass(frozen=True)
class TermLeg:
    """BM25 over some of the index's paragraphs."""

    places: NDArray[np.int64]  # which paragraphs, by their place in the index
    bm25: Any

    @classmethod
    def build(cls, terms: Mapping[int, Sequence[str]], k1: float = K1, b: float = B) -> Self:
        """A leg over paragraphs given by place, each with its index terms; Lucene's BM25."""
        import bm25s

        bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
        nothing = [""] if not any(terms.values()) else []  # bm25s divides by the mean length
        bm25.index([list(each) or nothing for each in terms.values()], show_progress=False)
        return cls(np.array(list(terms), dtype=np.int64), bm25)

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of each paragraph in `places` for a question's terms, ≥ 0, shape (len(places),)."""
        known = [term for term in terms if term in self.bm25.vocab_dict]
        if not known:
            return np.zeros(len(self.places), dtype=np.float32)
        return np.asarray(self.bm25.get_scores(known), dtype=np.float32)[: len(self.places)]

    @property
    def terms(self) -> Collection[str]:
        """Every term that stands in one of the leg's paragraphs."""
        terms: Collection[str] = self.bm25.vocab_dict.keys()
        return terms

    def frequency(self, term: str) -> int:
        """In how many of the leg's paragraphs a term stands."""
        place = self.bm25.vocab_dict.get(term) if term else None  # bm25s holds a place for "", outside its columns
        if place is None:
            return 0
        starts = self.bm25.scores["indptr"]
        return int(starts[place + 1] - starts[place])

    def having(self, terms: Collection[str]) -> NDArray[np.int64]:
        """The places of the paragraphs in which all of some terms stand; of every paragraph for none."""
        rows = np.ones(len(self.places), dtype=bool)
        starts, ids = self.bm25.scores["indptr"], self.bm25.scores["indices"]
        for term in terms:
            of_term = np.zeros_like(rows)
            if term in self.bm25.vocab_dict:
                place = self.bm25.vocab_dict[term]
                of_term[ids[starts[place] : starts[place + 1]]] = True
            rows &= of_term
        return self.places[rows]

    def rarity(self, term: str) -> float:
        """The term's inverse document frequency, as BM25 has it; the highest possible for an unknown term."""
        count = self.frequency(term)
        return float(np.log(1 + (len(self.places) - count + 0.5) / (count + 0.5)))

    def save(self, folder: Path) -> None:
        """Write the leg into a folder of its own."""
        self.bm25.save(folder, show_progress=False)
        (folder / "places.json").write_text(json.dumps(self.places.tolist()), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The leg a folder holds."""
        import bm25s

        bm25 = bm25s.BM25.load(folder, show_progress=False)
        return cls(np.array(json.loads((folder / "places.json").read_text(encoding="utf-8")), dtype=np.int64), bm25)


def build_legs(
    paragraphs: Sequence[Paragraph], reports: Mapping[str, Report], lexicon: Lexicon, progress: Progress
) -> dict[LegName, TermLeg]:
    """The term legs of the paragraphs, by name, in order."""
    terms: dict[LegName, dict[int, list[str]]] = {}
    for place, paragraph in enumerate(paragraphs):
        own, report = paragraph.language, reports[paragraph.report]
        other: Language = "en" if own == "zh" else "zh"
        text = searchable_text(paragraph, own, report)
        terms.setdefault((own, OWN), {})[place] = lexicon.search_terms(text, own)
        terms.setdefault((other, GLOSS), {})[place] = lexicon.gloss_terms(text, own)
        if other in paragraph.translations:
            text = searchable_text(paragraph, other, report)
            terms.setdefault((other, RENDERING), {})[place] = lexicon.search_terms(text, other)
        if place % 50 == 0:
            progress("index terms", place, len(paragraphs))
    return {leg: TermLeg.build(of_leg) for leg, of_leg in sorted(terms.items())}
