"""Keep paragraphs, vectors and terms on disk and find the nearest."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexProblem
from rag.index.generations import (
    as_lines,
    current,
    is_complete,
    locked,
    point_to,
    read_lines,
    read_manifest,
    verify,
    writing,
)
from rag.index.store import FaissStore
from rag.index.terms import GLOSS, OWN, RENDERING, LegName, Progress, TermLeg, build_legs
from rag.index.views import views
from rag.lexicon import Lexicon
from rag.records import Footnote, Language, Paragraph, Report, Translation

if TYPE_CHECKING:
    from rag.models.embedder import Embedder

__all__ = ["GLOSS", "OWN", "RENDERING", "Index", "LegName", "Progress", "TermLeg", "build_index", "open_index"]

REPORTS, PARAGRAPHS, VIEWS, TERMS = "reports.jsonl", "paragraphs.jsonl", "views", "terms"
CALIBRATED = "weights.json"  # embedder's fingerprint → leg → weight; kept when an index is built again


class Index:
    """A complete generation, opened. What a question does not need is not read."""

    def __init__(self, generation: Path) -> None:
        """IndexProblem where the generation is damaged or of another version."""
        self.folder = generation
        self.manifest = read_manifest(generation)
        verify(generation, self.manifest, REPORTS, PARAGRAPHS)
        reports = (Report(**_frozen(line)) for line in read_lines(generation / REPORTS))
        self.reports: Mapping[str, Report] = {report.id: report for report in reports}
        self.paragraphs: tuple[Paragraph, ...] = tuple(map(_paragraph, read_lines(generation / PARAGRAPHS)))
        self.place: Mapping[str, int] = {paragraph.id: i for i, paragraph in enumerate(self.paragraphs)}

    @property
    def name(self) -> str:
        """The generation's name, the same for the same reports, settings and version."""
        return self.folder.name

    def paragraph(self, paragraph_id: str) -> Paragraph | None:
        """The paragraph with an id, if there is one."""
        place = self.place.get(paragraph_id)
        return None if place is None else self.paragraphs[place]

    @cached_property
    def store(self) -> FaissStore:
        """The views of the paragraphs and their vectors; IndexProblem where the files are damaged."""
        verify(self.folder, self.manifest, f"{VIEWS}/")
        return FaissStore.load(self.folder / VIEWS)

    @cached_property
    def legs(self) -> Mapping[LegName, TermLeg]:
        """The term legs by name; IndexProblem where the files are damaged."""
        verify(self.folder, self.manifest, f"{TERMS}/")
        return {
            (language, kind): TermLeg.load(self.folder / TERMS / f"{language}-{kind}")
            for language, kind in self.manifest["legs"]
        }

    def leg(self, language: Language) -> TermLeg | None:
        """A term leg that speaks a language in real words, else one by the dictionary."""
        spoken = sorted((name for name in self.legs if name[0] == language), key=lambda name: name[1] == GLOSS)
        return self.legs[spoken[0]] if spoken else None

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
            raise IndexProblem("weights-damaged", path=str(path), error=str(error)) from error
        if unknown := sorted(set(weights) - set(known)):
            raise IndexProblem("weights-unknown-leg", path=str(path), leg=unknown[0])
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


def open_index(folder: Path) -> Index:
    """The generation in use in an index folder; IndexProblem says which command builds one."""
    return Index(current(folder).absolute())  # the page changes its working folder


def build_index(
    reports: Iterable[tuple[Report, Sequence[Paragraph]]],
    folder: Path,
    embedder: "Callable[[], Embedder]",
    fingerprint: str,
    lexicon: Lexicon,
    progress: Progress,
) -> tuple[str, bool]:
    """Index the reports' paragraphs; the generation's name, and whether it had to be built.

    The embedder is loaded only when something has to be embedded, which is what the generation in use does not hold:
    `fingerprint` says which it is.
    """
    read = list(reports)
    known = {report.id: report for report, _ in read}
    paragraphs = [paragraph for _, of_report in read for paragraph in of_report]
    files = {REPORTS: as_lines(known.values()), PARAGRAPHS: as_lines(paragraphs)}
    name = _generation_name([fingerprint, *files.values()])
    with locked(folder):
        if is_complete(folder / name):
            point_to(folder, name)
            return name, False
        if not paragraphs:
            raise IndexProblem("index-no-paragraphs")
        found = [view for paragraph in paragraphs for view in views(paragraph)]
        vectors, made_by = _embedded([view.text for view in found], folder, embedder, fingerprint, progress)
        legs = build_legs(paragraphs, known, lexicon, progress)
        about = {
            "embedder": made_by,
            "reports": {report.id: report.sha256 for report in known.values()},
            "paragraphs": len(paragraphs),
            "legs": list(legs),
        }
        with writing(folder, name, about) as building:
            for file, lines in files.items():
                (building / file).write_text(lines, encoding="utf-8")
            for leg, of_leg in legs.items():
                of_leg.save(building / TERMS / "-".join(leg))
            FaissStore.build(found, vectors).save(building / VIEWS)
    return name, True


def _embedded(
    texts: Sequence[str],
    folder: Path,
    embedder: "Callable[[], Embedder]",
    fingerprint: str,
    progress: Progress,
) -> tuple[NDArray[np.float32], Mapping[str, Any]]:
    """The texts' vectors, those not made again that the index in use holds by the same embedder; and which that is."""
    held: dict[str, NDArray[np.float32]] = {}
    made_by: Mapping[str, Any] = {}
    with suppress(IndexProblem, OSError):  # no sound index there
        last = open_index(folder)
        if last.manifest["embedder"]["fingerprint"] == fingerprint:
            held = {view.text: last.store.vector(place) for place, view in enumerate(last.store.views)}
            made_by = last.manifest["embedder"]
    missing = [text for text in dict.fromkeys(texts) if text not in held]
    if missing:
        encoder = embedder()  # loading one takes seconds
        made_by = {"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim}
        held |= dict(zip(missing, encoder.vectors(missing, progress), strict=True))
    return np.stack([held[text] for text in texts]), made_by


def _generation_name(parts: Iterable[str]) -> str:
    """A name for what goes in: the embedder, paragraphs, what is known of their reports, and the code that indexes."""
    digest = hashlib.sha256("".join(parts).encode())
    for pattern in ("index/*.py", "text/*.py", "lexicon.py", "data/glossary.tsv", "data/text.toml"):
        for path in sorted(Path(__file__).parents[1].glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _paragraph(line: Mapping[str, Any]) -> Paragraph:
    fields = _frozen(line)
    fields["footnotes"] = tuple(Footnote(**each) for each in fields["footnotes"])
    fields["translations"] = {language: Translation(**each) for language, each in fields["translations"].items()}
    return Paragraph(**fields)


def _frozen(value: Any) -> Any:
    """What JSON made of a record's fields, with tuples for its lists."""
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
