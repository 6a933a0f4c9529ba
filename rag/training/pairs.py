"""Files of pairs and question–paragraph triples in, checked and cleaned training material out."""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from rag.errors import RagError
from rag.lexicon import Entry
from rag.text.folding import HAN

Split = Literal["train", "validation", "test"]

VALIDATION_ONLY = "validation_"  # a file whose name begins so is never trained on
LONGEST = 200  # English characters; a longer pair costs several others and teaches no more words
_SUFFIXES = (".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz")
_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-z]")


class PairsError(RagError):
    """Training material that cannot be used."""


class Pair(NamedTuple):
    """A Chinese text and what it says in English."""

    zh: str
    en: str


class Triple(NamedTuple):
    """A Chinese question, the paragraph that answers it and the answer's words in it."""

    question: str
    paragraph: str
    answer: str


@dataclass(frozen=True, slots=True)
class Material:
    """What a corpus folder holds: pairs by source, in the order of their names, and triples."""

    pairs: dict[str, list[Pair]]
    triples: list[Triple]


def read_corpus(folder: Path) -> Material:
    """Every TSV file of zh and en and every JSONL file of question, paragraph and answer in a folder, gzipped or not.

    Raises:
        PairsError: there are none, or a line of one cannot be read.
    """
    files = sorted(path for path in folder.glob("*") if path.name.endswith(_SUFFIXES))
    files = [path for path in files if not path.name.startswith(VALIDATION_ONLY) and path.name != "SOURCES.tsv"]
    if not files:
        raise PairsError(f"{folder} holds no {', '.join(_SUFFIXES)} file to train on; give a folder with --corpus")
    tables = [path for path in files if ".tsv" in path.suffixes]
    triples = [triple for path in files if path not in tables for triple in read_triples(path)]
    return Material({_stem(path): read_pairs(path, LONGEST) for path in tables}, triples)


def read_pairs(path: Path, longest: int | None = None) -> list[Pair]:
    """The pairs of a TSV file with the columns Chinese and English, those left out that teach nothing.

    A Chinese side without Chinese characters has no row to train; an English side with some the base cannot read.
    `longest` is how many characters the English may have.
    """
    pairs = []
    for n, line in _lines(path):
        columns = line.split("\t")
        if len(columns) != 2 or not all(column.strip() for column in columns):
            raise _bad(path, n, f"{len(columns)} columns, expected 2 that are not empty: Chinese, tab, English")
        zh, en = (column.strip() for column in columns)
        if n == 1 and (zh, en) == ("zh", "en"):
            continue
        if (longest is None or len(en) <= longest) and _HAN.search(zh) and _LATIN.search(en) and not _HAN.search(en):
            pairs.append(Pair(zh, en))
    return pairs


def read_triples(path: Path) -> list[Triple]:
    """The triples of a JSONL file of objects with a question, a paragraph and, if known, an answer; none is blank."""
    triples = []
    for n, line in _lines(path):
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise _bad(path, n, f"not JSON ({error})") from error
        texts = [value.get(name) for name in ("question", "paragraph")] if isinstance(value, dict) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise _bad(path, n, 'no "question" and "paragraph" that are texts')
        triple = Triple(value["question"].strip(), value["paragraph"].strip(), value.get("answer") or "")
        if triple.question and triple.paragraph:
            triples.append(triple)
    return triples


def glossary_pairs(entries: Sequence[Entry]) -> list[Pair]:
    """The glossary's terms as pairs, each form with the preferred one of the other language.

    Abbreviations are left out: what the base model makes of "SALW" is no meaning to learn.
    """
    forms = [(zh, entry.en[0]) for entry in entries for zh in entry.zh]
    forms += [(entry.zh[0], en) for entry in entries for en in entry.en[1:]]
    pairs = (Pair(zh, en) for zh, en in forms if _HAN.search(zh) and not en.isupper())
    return list(dict.fromkeys(pairs))


def split_of(paragraph: str) -> Split:
    """The part of the triples a paragraph belongs to, by its hash: 80 % train, 10 % validation, 10 % test."""
    tenth = int(sha256(paragraph.encode()).hexdigest()[:8], 16) % 10
    return "train" if tenth < 8 else "validation" if tenth == 8 else "test"


def triples_of(triples: Sequence[Triple], split: Split) -> list[Triple]:
    """The triples of one part; a question asked of paragraphs of several parts is in none but the last of them."""
    order: tuple[Split, ...] = ("train", "validation", "test")
    home: dict[str, Split] = {}
    for triple in triples:
        split_here = split_of(triple.paragraph)
        home[triple.question] = max(home.get(triple.question, "train"), split_here, key=order.index)
    return [each for each in triples if split_of(each.paragraph) == home[each.question] == split]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file that are not blank, with their numbers from 1."""
    n = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for n, line in enumerate(file, 1):
                if line.strip():
                    yield n, line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _bad(path, n + 1, f"not UTF-8 ({error.reason})") from error
    except (OSError, EOFError) as error:
        raise PairsError(f"{path} line {n + 1}: cannot be read ({error}); copy the file again") from error


def _bad(path: Path, n: int, wrong: str) -> PairsError:
    return PairsError(f"{path} line {n}: {wrong}; mend or delete the line")


def _stem(path: Path) -> str:
    return path.name.split(".")[0]
