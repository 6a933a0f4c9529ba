"""How well an embedder finds Chinese paragraphs on corpora of others, and the means its vectors are centred by.

    python -m bench.embedder figures --corpus DIR [--embedder NAME] [--limit N]
    python -m bench.embedder means --corpus DIR [--embedder NAME]

`figures` prints recall@1 / @5 by the vectors alone and by all legs of retrieval: English news finds its Chinese, and
questions in Chinese find the paragraph of an encyclopaedia that answers them. `means` measures the mean vector of
questions and of paragraphs in each language and keeps it in the package: of the questions of `eval/tuning.jsonl`, which
are in both languages, of news in both and of the encyclopaedia.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from eval.questions import TUNING, read_questions
from rag.answering.retrieve import Retriever, Scores, fuse
from rag.index import build_index, open_index
from rag.lexicon import Lexicon
from rag.models.embedder import DATA, Embedder, FloatMatrix, load
from rag.records import Filters, Paragraph, Report
from rag.settings import load_settings

NEWS, ENCYCLOPAEDIA = "validation_ntrex_news.tsv.gz", "zh_question_paragraph.jsonl.gz"
NEWS_PAIRS, PARAGRAPHS = 600, 400  # what the means are of; the figures on news are of the other pairs
DEPTHS = (1, 5)


@dataclass(frozen=True, slots=True)
class Task:
    """Questions, and the texts they are asked of with the place of the one that answers each."""

    name: str
    questions: Sequence[str]
    texts: Sequence[str]
    answers: Sequence[int]


def main() -> None:
    """Print the figures, or measure and keep the means."""
    parser = argparse.ArgumentParser(prog="python -m bench.embedder", description=__doc__)
    parser.add_argument("what", choices=("figures", "means"))
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--embedder", default="multilingual-e5-small")
    parser.add_argument("--limit", type=int, default=500, help="questions of each task")
    asked = parser.parse_args()
    settings, _ = load_settings({"embedder": asked.embedder})
    embedder = load(settings.embedder, settings.cache)
    if asked.what == "means":
        path = DATA / f"{Path(asked.embedder).name}.means.safetensors"
        save_file(means(Embedder(embedder.model, embedder.name, embedder.fingerprint), asked.corpus), path)
        print(f"Written: {path.name}")
        return
    for task in (_news(asked.corpus), _encyclopaedia(asked.corpus)):
        print(figures(task, embedder, asked.limit), flush=True)


def means(embedder: Embedder, corpus: Path) -> Mapping[str, FloatMatrix]:
    """The mean vector of each kind of text in each language, (dim,)."""
    news = _pairs(corpus)[:NEWS_PAIRS]
    texts = {"zh": [zh for zh, _ in news] + _articles(corpus)[:PARAGRAPHS], "en": [en for _, en in news]}
    found = {f"paragraph {spoken}": embedder.vectors(of).mean(axis=0) for spoken, of in texts.items()}
    for spoken in texts:
        vectors = [
            embedder.embed_query(question.text) for question in read_questions(TUNING) if question.lang == spoken
        ]
        found[f"question {spoken}"] = np.mean(vectors, axis=0, dtype=np.float32)
    return found


def figures(task: Task, embedder: Embedder, limit: int) -> str:
    """One line: recall of the last `limit` questions of a task by the vectors alone and by all legs."""
    with tempfile.TemporaryDirectory() as folder:
        retriever = _retriever(task.texts, embedder, Path(folder))
        ranks: dict[str, list[int]] = {"vectors": [], "all legs": []}
        for question, answer in list(zip(task.questions, task.answers, strict=True))[-limit:]:
            legs = retriever.legs(question, Filters())[1]
            dense = {name: scores for name, scores in legs.items() if name.startswith("dense")}
            for way, of in (("vectors", dense), ("all legs", legs)):
                ranks[way].append(_rank(fuse(of, retriever.weights.legs), answer))
    shares = [f"{way} " + " / ".join(f"{np.mean(np.array(of) < d):.3f}" for d in DEPTHS) for way, of in ranks.items()]
    return f"{task.name}, {len(ranks['vectors'])} over {len(task.texts):,}: recall@1 / @5 " + ", ".join(shares)


def _retriever(texts: Sequence[str], embedder: Embedder, folder: Path) -> Retriever:
    report = Report("texts", "texts.txt", "zh", "", sha256("\n".join(texts).encode()).hexdigest())
    paragraphs = [Paragraph("texts", "main", f"p{n}", n - 1, text, "zh") for n, text in enumerate(texts, 1)]
    lexicon = Lexicon.load()
    build_index([(report, paragraphs)], folder, lambda: embedder, embedder.fingerprint, lexicon, lambda *_: None)
    return Retriever(open_index(folder), lambda: embedder, lexicon)


def _rank(scores: Scores, answer: int) -> int:
    """How many texts stand before the one that answers."""
    return int(np.flatnonzero(np.argsort(-scores, kind="stable") == answer)[0])


def _pairs(corpus: Path) -> list[tuple[str, str]]:
    with gzip.open(corpus / NEWS, "rt", encoding="utf-8") as lines:
        pairs = [line.rstrip("\n").split("\t") for line in lines]
    first: dict[str, str] = {}  # of several translations of one English text only the first is there
    for pair in pairs:
        first.setdefault(pair[1], pair[0])
    return [(zh, en) for en, zh in first.items()]


def _triples(corpus: Path) -> list[dict[str, str]]:
    with gzip.open(corpus / ENCYCLOPAEDIA, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _articles(corpus: Path) -> list[str]:
    return list(dict.fromkeys(each["paragraph"] for each in _triples(corpus)))


def _news(corpus: Path) -> Task:
    pairs = _pairs(corpus)
    return Task("news, en→zh", [en for _, en in pairs], [zh for zh, _ in pairs], range(len(pairs)))


def _encyclopaedia(corpus: Path) -> Task:
    texts, triples = _articles(corpus), _triples(corpus)
    place = {text: n for n, text in enumerate(texts)}
    return Task(
        "encyclopaedia, zh→zh",
        [each["question"] for each in triples],
        texts,
        [place[each["paragraph"]] for each in triples],
    )


if __name__ == "__main__":
    main()
