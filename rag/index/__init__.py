"""Keep paragraphs, vectors and terms on disk and find the nearest."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexProblem
from rag.index.generations import current, is_complete, locked, point_to, read_manifest, verify, writing
from rag.index.terms import GLOSS, OWN, RENDERING, LegName, TermLeg
from rag.index.vectors import Views
from rag.lexicon import Lexicon
from rag.records import Footnote, Language, Paragraph, Report, Translation

__all__ = ["GLOSS", "OWN", "RENDERING", "Index", "LegName", "Progress", "TermLeg", "build_index", "open_index"]

Progress = Callable[[str, int, int], None]  # (what is done, how much of it, of how much)


CALIBRATED = "weights.json"  # embedder's fingerprint → leg → weight; kept when an index is built again
CALIBRATE = "python -m eval weights"


class PassageEncoder(Protocol):
    """What the index needs of an embedder while it is built."""

    name: str
    fingerprint: str
    dim: int

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]: ...


class Index:
    """A complete generation, opened. What a question does not need is not read."""

    def __init__(self, generation: Path) -> None:
        """IndexProblem where the generation is damaged or of another version."""
        self.folder = generation
        self.manifest = read_manifest(generation)
        verify(generation, self.manifest, only="reports.jsonl")
        verify(generation, self.manifest, only="paragraphs.jsonl")
        self.reports: Mapping[str, Report] = {r.id: r for r in map(_report, _lines(generation / "reports.jsonl"))}
        self.paragraphs: tuple[Paragraph, ...] = tuple(map(_paragraph, _lines(generation / "paragraphs.jsonl")))
        self.place: Mapping[str, int] = {paragraph.id: i for i, paragraph in enumerate(self.paragraphs)}

    @property
    def name(self) -> str:
        """The generation's name, the same for the same reports, settings and version."""
        return self.folder.name

    def paragraph(self, paragraph_id: str) -> Paragraph | None:
        """The paragraph with an id, if there is one."""
        place = self.place.get(paragraph_id)
        return None if place is None else self.paragraphs[place]

    def read_store(self, embedding: Any) -> Any:
        """The FaissStore of views, embedding questions with the given embedder.

        IndexProblem where the files are damaged.
        """
        from rag.index.store import FaissStore

        verify(self.folder, self.manifest, only="views/")
        return FaissStore.load(self.folder / "views", embedding)

    def read_views(self) -> Views:
        """The views and their vectors, as far as they can be read without LangChain.

        IndexProblem where the files are damaged.
        """
        verify(self.folder, self.manifest, only="views/")
        return Views.load(self.folder / "views")

    def calibrated_weights(self, known: Collection[str]) -> Mapping[str, float]:
        """The weights of legs that were calibrated for the index's embedder; none where none were.

        IndexProblem where the file is damaged or weighs another leg than the known ones.
        """
        path = self.folder.parent / CALIBRATED
        if not path.is_file():
            return {}
        try:
            written = json.loads(path.read_text(encoding="utf-8")).get(self.manifest["embedder"]["fingerprint"], {})
            weights = {name: float(weight) for name, weight in written.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise IndexProblem(f"{path} is damaged ({error}). Delete it, or calibrate again: {CALIBRATE}") from error
        if unknown := sorted(set(weights) - set(known)):
            raise IndexProblem(f"{path} weighs {unknown[0]!r}, which is no leg. Calibrate again: {CALIBRATE}")
        return weights

    def keep_weights(self, weights: Mapping[str, float]) -> Path:
        """Keep weights beside the generations, for every index there that the same embedder built; where they are."""
        path = self.folder.parent / CALIBRATED
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        kept[self.manifest["embedder"]["fingerprint"]] = dict(weights)
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
        return path

    @cached_property
    def legs(self) -> Mapping[LegName, TermLeg]:
        """The term legs by name."""
        verify(self.folder, self.manifest, only="terms/")
        names = [tuple(name) for name in self.manifest["legs"]]
        return {
            (language, kind): TermLeg.load(self.folder / "terms" / f"{language}-{kind}") for language, kind in names
        }

    def leg(self, language: Language) -> TermLeg | None:
        """A term leg that speaks a language in real words, else one by the dictionary."""
        spoken = sorted((name for name in self.legs if name[0] == language), key=lambda name: name[1] == GLOSS)
        return self.legs[spoken[0]] if spoken else None


def open_index(folder: Path) -> Index:
    """The generation in use in an index folder; IndexProblem says which command builds one."""
    return Index(current(folder).absolute())  # the page changes its working folder


def build_index(
    reports: Iterable[tuple[Report, Sequence[Paragraph]]],
    folder: Path,
    embedder: Callable[[], PassageEncoder],
    fingerprint: str,
    lexicon: Lexicon,
    progress: Progress,
) -> tuple[str, bool]:
    """Index the reports' paragraphs; the generation's name, and whether it had to be built.

    The embedder is loaded only when something has to be embedded, which is what the generation in use does not hold:
    `fingerprint` says which it is.
    """
    reports = list(reports)
    name = _generation_name(reports, fingerprint)
    with locked(folder):
        if is_complete(folder / name):
            point_to(folder, name)
            return name, False
        _write(reports, folder, name, embedder, fingerprint, lexicon, progress)
    return name, True


def _write(
    reports: Sequence[tuple[Report, Sequence[Paragraph]]],
    folder: Path,
    name: str,
    embedder: Callable[[], PassageEncoder],
    fingerprint: str,
    lexicon: Lexicon,
    progress: Progress,
) -> None:
    from rag.index.reuse import Held
    from rag.index.store import FaissStore
    from rag.index.views import views

    paragraphs = [paragraph for _, of_report in reports for paragraph in of_report]
    if not paragraphs:
        raise IndexProblem("The reports hold no paragraphs. Check the files, then run: rapporteur build")
    documents = [view for paragraph in paragraphs for view in views(paragraph)]
    held = Held(folder, fingerprint)
    encoder = embedder() if held.missing(documents) else None  # loading one takes seconds
    legs = _legs(paragraphs, {report.id: report for report, _ in reports}, lexicon, progress)
    about = {
        "embedder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim}
        if encoder
        else held.embedder,
        "reports": {report.id: report.sha256 for report, _ in reports},
        "paragraphs": len(paragraphs),
        "legs": [list(leg) for leg in legs],
    }
    with writing(folder, name, about) as building:
        _write_lines(building / "reports.jsonl", (asdict(report) for report, _ in reports))
        _write_lines(building / "paragraphs.jsonl", (asdict(paragraph) for paragraph in paragraphs))
        for (language, kind), leg in legs.items():
            leg.save(_made(building / "terms" / f"{language}-{kind}"))
        store = FaissStore(encoder)  # type: ignore[arg-type]
        store.add_vectors(documents, held.vectors(documents, lambda texts: _encoded(encoder, texts, progress)))
        store.save(_made(building / "views"))


def _encoded(encoder: PassageEncoder | None, texts: list[str], progress: Progress) -> NDArray[np.float32]:
    if encoder is None:
        raise AssertionError("there is something to embed after all")
    return encoder.vectors(texts, progress)


def _legs(
    paragraphs: Sequence[Paragraph], reports: Mapping[str, Report], lexicon: Lexicon, progress: Progress
) -> dict[LegName, TermLeg]:
    """The term legs of the paragraphs, by language and by where the terms come from."""
    from rag.index.views import searchable_text

    terms: dict[LegName, dict[int, list[str]]] = {}
    for place, paragraph in enumerate(paragraphs):
        own, other = paragraph.language, _other(paragraph.language)
        text = searchable_text(paragraph, own, reports[paragraph.report])
        terms.setdefault((own, OWN), {})[place] = lexicon.search_terms(text, own)
        terms.setdefault((other, GLOSS), {})[place] = lexicon.gloss_terms(text, own)
        if other in paragraph.translations:
            text = searchable_text(paragraph, other, reports[paragraph.report])
            terms.setdefault((other, RENDERING), {})[place] = lexicon.search_terms(text, other)
        if place % 50 == 0:
            progress("index terms", place, len(paragraphs))
    return {leg: TermLeg.build(of_leg) for leg, of_leg in sorted(terms.items())}


def _other(language: Language) -> Language:
    return "en" if language == "zh" else "zh"


def _generation_name(reports: Sequence[tuple[Report, Sequence[Paragraph]]], fingerprint: str) -> str:
    """A name for what goes in: paragraphs, what is known of their reports, the embedder, and the code that indexes."""
    digest = hashlib.sha256(fingerprint.encode())
    for report, paragraphs in reports:
        digest.update(json.dumps(asdict(report), ensure_ascii=False, sort_keys=True).encode())
        for paragraph in paragraphs:
            digest.update(json.dumps(asdict(paragraph), ensure_ascii=False, sort_keys=True).encode())
    for pattern in ("index/*.py", "text/*.py", "lexicon.py", "data/*.tsv"):
        for path in sorted(Path(__file__).parents[1].glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]  # U+2028 ends none


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _report(line: dict[str, Any]) -> Report:
    return Report(**{**line, "years": tuple(line["years"]), "aliases": tuple(line["aliases"])})


def _paragraph(line: dict[str, Any]) -> Paragraph:
    return Paragraph(
        **{
            **line,
            "headings": tuple(line["headings"]),
            "footnotes": tuple(Footnote(**footnote) for footnote in line["footnotes"]),
            "spans": tuple((start, end) for start, end in line["spans"]),
            "translations": {language: _translation(each) for language, each in line["translations"].items()},
            "columns": _columns(line["columns"]),
        }
    )


def _translation(line: dict[str, Any]) -> Translation:
    return Translation(**{**line, "headings": tuple(line["headings"]), "columns": _columns(line["columns"])})


def _columns(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, cell) for name, cell in pairs)
