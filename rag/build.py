"""The reports of a folder, and the reader's own, to an index."""

from pathlib import Path

from rag.index import Progress, build_index
from rag.lexicon import Lexicon
from rag.models import embedder as embedding
from rag.own.library import read_own
from rag.reports import read_folder
from rag.settings import Settings


def build(settings: Settings, progress: Progress) -> tuple[str, bool, Path]:
    """Read the reports and index them; the generation's name, whether it had to be built, and the index folder."""
    read = list(read_folder(settings.reports, settings.renderings))
    read += read_own(settings, {each.report.id for each in read})
    name, built = build_index(
        [(each.report, each.paragraphs) for each in read],
        settings.index,
        lambda: embedding.load(settings.embedder, settings.cache),
        embedding.fingerprint_of(settings.embedder, settings.cache),
        Lexicon.load(),
        progress,
    )
    return name, built, settings.index
