"""The mean vectors of questions and paragraphs in each language, by which an embedder's cosines are centred.

    python -m bench.means --corpus DIR [--embedder NAME] [--figures]

Questions are those of `eval/tuning.jsonl`, each in both languages; paragraphs are news in both and an encyclopaedia in
Chinese. `--figures` prints how often the vectors alone find the paragraph that answers, with the means and without.
"""

import argparse
import gzip
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from eval.questions import for_scoring, gold_of, read_questions
from rag.embedding import DATA, Embedder, FloatMatrix, load
from rag.index import open_index
from rag.settings import load_settings
from rag.text import language

NEWS, ENCYCLOPAEDIA = "validation_ntrex_news.tsv.gz", "zh_question_paragraph.jsonl.gz"
NEWS_PAIRS, PARAGRAPHS = 600, 400  # the first ones; figures on news are told of the others
DEPTHS = (1, 5)


def main() -> None:
    """Measure the means and keep them in the package's data."""
    parser = argparse.ArgumentParser(prog="python -m bench.means", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--embedder", default="multilingual-e5-small")
    parser.add_argument("--figures", action="store_true", help="print recall on the dev questions instead")
    asked = parser.parse_args()
    settings, _ = load_settings({"embedder": asked.embedder})
    embedder = load(settings.embedder, settings.cache)
    if asked.figures:
        for kind in ("with", "without"):
            print(f"{kind} the means: {_figures(embedder if kind == 'with' else _plain(embedder))}")
        return
    path = DATA / f"{Path(asked.embedder).name}.means.safetensors"
    save_file(means(_plain(embedder), asked.corpus, Path("eval/tuning.jsonl")), path)
    print(f"Written: {path.name}")


def means(embedder: Embedder, corpus: Path, questions: Path) -> Mapping[str, FloatMatrix]:
    """The mean vector of each kind of text in each language, (dim,)."""
    with gzip.open(corpus / NEWS, "rt", encoding="utf-8") as lines:
        news = [line.rstrip("\n").split("\t") for line in islice(lines, NEWS_PAIRS)]
    with gzip.open(corpus / ENCYCLOPAEDIA, "rt", encoding="utf-8") as lines:
        articles = list(dict.fromkeys(json.loads(line)["paragraph"] for line in lines))[:PARAGRAPHS]
    asked = read_questions(questions)
    texts = {"zh": [pair[0] for pair in news] + articles, "en": [pair[1] for pair in news]}
    found = {f"paragraph {spoken}": embedder.vectors(of).mean(axis=0) for spoken, of in texts.items()}
    for spoken in texts:
        vectors = [embedder.embed_query(question.text) for question in asked if question.lang == spoken]
        found[f"question {spoken}"] = np.mean(vectors, axis=0, dtype=np.float32)
    return found


def _plain(embedder: Embedder) -> Embedder:
    return Embedder(embedder.model, embedder.name, embedder.fingerprint)


def _figures(embedder: Embedder) -> str:
    """Recall of the dev questions by whole paragraphs' vectors, in each language over each."""
    index = open_index(load_settings({})[0].index)
    asked = [q for q in for_scoring(read_questions(Path("eval/questions.jsonl")), "dev") if q.answerable]
    vectors = np.array([embedder.embed_query(question.text) for question in asked], dtype=np.float32)
    said = []
    for spoken in ("zh", "en"):
        there = [(p.id, text) for p in index.paragraphs if (text := p.in_language(spoken))]
        scores = vectors @ embedder.vectors([text for _, text in there]).T
        gold = [set().union(*gold_of(question, index.reports, index.paragraphs)) for question in asked]
        for of in ("zh", "en"):
            ranks = [
                _rank(row, [name in wanted for name, _ in there])
                for row, wanted, question in zip(scores, gold, asked, strict=True)
                if language(question.text) == of
            ]
            shares = " / ".join(f"{np.mean(np.array(ranks) < depth):.3f}" for depth in DEPTHS)
            said.append(f"{of}→{spoken} {shares}")
    return "recall@1 / @5 " + ", ".join(said)


def _rank(scores: FloatMatrix, wanted: Sequence[bool]) -> int:
    """How many paragraphs stand before the best one wanted; as many as there are where none is."""
    order = np.argsort(-scores, kind="stable")
    places = np.flatnonzero(np.array(wanted)[order])
    return int(places[0]) if len(places) else len(order)


if __name__ == "__main__":
    main()
