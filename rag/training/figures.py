"""How well an embedder finds Chinese, alone and in retrieval: the figures its training is judged by."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from rag.embedding import BUILT_IN, Embedder, FloatMatrix, folded, load
from rag.records import Paragraph
from rag.reports import read_folder
from rag.retrieval import Filters, Retriever
from rag.text import sentences as sentence_spans
from rag.training import speed
from rag.training.pairs import Pair, Triple, read_pairs, read_triples, triples_of
from rag.training.searches import PLAIN, Encoder, as_report, indexed, lines, plain_search, searches

Encode = Callable[[Sequence[str]], FloatMatrix]  # texts → unit vectors

NEWS = "validation_ntrex_news.tsv.gz"
ENCYCLOPAEDIA = "zh_question_paragraph.jsonl.gz"
NEAREST = 5  # the k of the second recall
SPEED_TEXTS = 64  # enough to time: two batches of the library's size


@dataclass(frozen=True, slots=True)
class Task:
    """Questions, the paragraphs they are asked of, and the places of those that answer each."""

    name: str
    questions: Sequence[str]
    paragraphs: Sequence[str]
    gold: Sequence[frozenset[int]]
    by_sentence: bool = False  # whether a paragraph's best sentence counts as much as the whole


def recall(scores: NDArray[np.floating], gold: Sequence[frozenset[int]], k: int) -> float:
    """Of the rows of scores (questions, paragraphs), the part with one of its gold places among the k highest."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean([bool(places & set(row.tolist())) for places, row in zip(gold, best, strict=True)]))


def figures(task: Task, encode: Encode) -> dict[str, float]:
    """Recall at 1 and at NEAREST by the vector of the whole paragraph and, if asked, with its best sentence."""
    questions, wholes = encode(task.questions), encode(task.paragraphs)
    scores = questions @ wholes.T
    found = {"R@1": recall(scores, task.gold, 1), f"R@{NEAREST}": recall(scores, task.gold, NEAREST)}
    if task.by_sentence:
        both = (scores + _best_sentence(questions, wholes, task.paragraphs, encode)) / 2
        found |= {"R@1 s": recall(both, task.gold, 1), f"R@{NEAREST} s": recall(both, task.gold, NEAREST)}
    return found


def shown(task: Task, found: Mapping[str, float]) -> str:
    """One line: the task, how large it is, and the figures in per cent."""
    values = "  ".join(f"{name} {value:.1%}" for name, value in found.items())
    return f"{task.name} ({len(task.questions)} over {len(task.paragraphs)}): {values}"


class Remembering:
    """An Encode that asks another only for texts it has not seen."""

    def __init__(self, encode: Encode) -> None:
        """Nothing is remembered yet."""
        self._encode = encode
        self._known: dict[str, FloatMatrix] = {}

    def __call__(self, texts: Sequence[str]) -> FloatMatrix:
        """The vectors of the texts, in their order."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._encode(new), strict=True)) if new else {}
        return np.stack([self._known[text] for text in texts])


def translation_task(pairs: Sequence[Pair], size: int | None = None) -> Task:
    """English finds its Chinese; of several translations of one English text only the first is there."""
    first: dict[str, str] = {}
    for pair in pairs:
        first.setdefault(pair.en, pair.zh)
    questions, paragraphs = list(first)[:size], list(first.values())[:size]
    return Task("news, en→zh", questions, paragraphs, [frozenset({i}) for i in range(len(questions))])


def question_task(triples: Sequence[Triple], paragraphs: int | None = None) -> Task:
    """Validation questions over all paragraphs of the triples, or only over so many of those that answer one."""
    asked = triples_of(triples, "validation")
    texts = list(dict.fromkeys(triple.paragraph for triple in (asked if paragraphs else triples)))[:paragraphs]
    place = {text: i for i, text in enumerate(texts)}
    asked = [triple for triple in asked if triple.paragraph in place]
    gold = [frozenset({place[triple.paragraph]}) for triple in asked]
    return Task("encyclopaedia, zh→zh", [triple.question for triple in asked], texts, gold, True)


def seed_tasks(seeds: Path, questions: Path) -> list[Task]:
    """The tasks of the reports: a rendering finds its paragraph, and the dev questions find theirs, en→zh and zh→zh."""
    paragraphs = [paragraph for read in read_folder(seeds) for paragraph in read.paragraphs]
    numbered = [paragraph for paragraph in paragraphs if is_rendered(paragraph)]
    renderings = [p.in_language("en") or "" for p in numbered]
    own = [frozenset({i}) for i in range(len(numbered))]
    tasks = [Task("renderings, en→zh", renderings, [p.text for p in numbered], own, by_sentence=True)]
    lines = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    texts = [_text(paragraph) for paragraph in paragraphs]
    for language in ("en", "zh"):
        found = [(line["question"], gold_places(line, paragraphs)) for line in lines if is_dev(line, language)]
        asked = [(question, gold) for question, gold in found if gold]
        name = f"dev questions, {language}→zh"
        tasks.append(Task(name, [question for question, _ in asked], texts, [gold for _, gold in asked], True))
    return tasks


def is_rendered(paragraph: Paragraph) -> bool:
    """Whether a paragraph has a printed number and a rendering to find it by."""
    return bool(paragraph.printed and not paragraph.is_row and paragraph.in_language("en"))


def _best_sentence(
    questions: FloatMatrix, wholes: FloatMatrix, paragraphs: Sequence[str], encode: Encode
) -> FloatMatrix:
    """The highest cosine of each question with a sentence of each paragraph or its whole: (questions, paragraphs)."""
    best = questions @ wholes.T
    cut = [[text[start:end] for start, end in sentence_spans(text, "zh")] for text in paragraphs]
    places = [i for i, parts in enumerate(cut) for _ in parts if len(parts) > 1]
    scores = questions @ encode([part for parts in cut for part in parts if len(parts) > 1]).T
    np.maximum.at(best.T, places, scores.T)
    return best


def _text(paragraph: Paragraph) -> str:
    cells = [f"{name}: {cell}" for name, cell in paragraph.columns]
    return "\n".join(filter(None, [paragraph.body, paragraph.row, *cells])) if paragraph.is_row else paragraph.text


def is_dev(line: Mapping[str, object], language: str) -> bool:
    """The dev half by the rule of eval/questions.py; a follow-up does not stand alone."""
    pair = str(line.get("pair") or line["id"])
    dev = int(sha256(pair.encode()).hexdigest()[:8], 16) % 2 == 0
    return dev and line["lang"] == language and not line.get("history")


def gold_places(line: Mapping[str, Any], paragraphs: Sequence[Paragraph]) -> frozenset[int]:
    """The places of the numbered paragraphs a question's gold names; the first printed of a number."""
    entries = [each for entry in line["gold"] for each in (entry if isinstance(entry, list) else [entry])]
    places = []
    for entry in entries:
        fits = (
            i
            for i, p in enumerate(paragraphs)
            if p.report == entry.get("report")
            and p.part == entry.get("part", "main")
            and (entry["number"] in (p.printed, p.number) if "number" in entry else p.row == entry.get("row"))
        )
        places += [i for i in [next(fits, None)] if i is not None]
    return frozenset(places)


def print_searches(name: str, task: Task, retriever: Retriever, filters: Filters, plain: bool) -> None:
    """Print what each way of searching finds of a task's questions, the fused one beside plain BM25 where asked."""
    found = searches(retriever, task.questions, task.gold, filters)
    found += [plain_search(retriever.index, task.questions, task.gold)] if plain else []
    print(f"{name} ({len(task.questions)} over {len(task.paragraphs)}):")
    print("\n".join(lines(found, task.gold, against=PLAIN)), flush=True)


def print_speed(
    embedder: Embedder, questions: Sequence[str], paragraphs: Sequence[str], english: Sequence[str]
) -> None:
    """Print how quick the built-in embedder is beside its base, and how like it is in English."""
    base = speed.base_model()
    print(f"throughput beside all-MiniLM-L6-v2, Chinese: {speed.throughput(embedder, base, paragraphs):.2f}")
    print(f"throughput beside all-MiniLM-L6-v2, English: {speed.throughput(embedder, base, english):.2f}")
    print(f"a question: {speed.question_time(embedder, questions):.1f} ms; assembly {speed.assembly_time():.1f} s")
    print(f"English: lowest cosine with all-MiniLM-L6-v2's own {speed.likeness(embedder, base, english):.6f}")


def main(
    corpus: Annotated[Path, typer.Option(help="Folder with the validation pairs and the triples.")],
    embedder: Annotated[str, typer.Option(help="The built-in's name or a model folder.")] = BUILT_IN,
    cache: Annotated[Path, typer.Option(help="Where the built-in is assembled.")] = Path("~/.cache/rapporteur"),
    seeds: Annotated[Path, typer.Option(help="Folder of reports with renderings.")] = Path("seeds"),
    questions: Annotated[Path, typer.Option(help="Questions file; its dev half is used.")] = Path(
        "eval/questions.jsonl"
    ),
    sentences: Annotated[bool, typer.Option(help="Also with each paragraph's best sentence.")] = True,
    retrieval: Annotated[bool, typer.Option(help="Also the legs of retrieval and the fusion.")] = True,
    speeds: Annotated[bool, typer.Option("--speed/--no-speed", help="Also how quick it is.")] = True,
    half: Annotated[bool, typer.Option(help="In half precision, several times quicker on some machines.")] = False,
) -> None:
    """Print an embedder's figures, a line a task; R@k s counts a paragraph's best sentence as much as its whole."""
    import torch

    loaded = load(embedder, cache)

    def vectors(texts: Sequence[str]) -> FloatMatrix:
        with torch.autocast(loaded.model.device.type, torch.bfloat16, enabled=half):
            return loaded.vectors([folded(text) for text in texts])

    encode = Remembering(vectors)
    reports = list(read_folder(seeds))
    renderings, *dev = seed_tasks(seeds, questions)
    news = translation_task(read_pairs(corpus / NEWS))
    asked = question_task(read_triples(corpus / ENCYCLOPAEDIA))
    for task in (renderings, *dev, news, asked):
        print(shown(task, figures(replace(task, by_sentence=task.by_sentence and sentences), encode)), flush=True)
    if retrieval:
        encoder = Encoder(encode, loaded.name, loaded.fingerprint, loaded.dim)
        with tempfile.TemporaryDirectory() as folder:
            found = indexed([as_report(asked.paragraphs)], Path(folder, "texts"), encoder)
            print_searches("encyclopaedia", asked, found, Filters(), plain=True)
            numbered = [(read.report, [p for p in read.paragraphs if is_rendered(p)]) for read in reports]
            found = indexed([each for each in numbered if each[1]], Path(folder, "seeds"), encoder)
            print_searches("renderings, without renderings", renderings, found, Filters(renderings=False), plain=False)
    if speeds and embedder == BUILT_IN:
        print_speed(loaded, dev[-1].questions, renderings.paragraphs[:SPEED_TEXTS], renderings.questions[:SPEED_TEXTS])


if __name__ == "__main__":
    typer.run(main)
