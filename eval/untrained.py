"""The built-in embedder as it was before training, with the rows that the dictionary alone gives: for ablations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag import embedding
from rag.lexicon import Lexicon
from rag.records import Paragraph, Report

if TYPE_CHECKING:
    from rag.assistant import Assistant


def with_untrained(assistant: "Assistant", folder: Path) -> "Assistant":
    """An assistant over the same reports with the untrained embedder; model and index are put together in a folder."""
    from rag.assistant import Assistant
    from rag.index import build_index

    model = folder / "model"
    if not model.is_dir():
        model.mkdir(parents=True)
        base = embedding.base_folder()
        embedding.assemble(base, *embedding.from_dictionary(base, embedding.VOCABULARY), model)
    loaded = embedding.load(str(model), assistant.settings.cache)
    loaded.prepare = embedding.folded  # as the built-in one does, which a folder of the user's does not
    reports = _reports(assistant.index.reports, assistant.index.paragraphs)
    build_index(reports, folder / "index", lambda: loaded, loaded.fingerprint, Lexicon.load(), assistant.progress)
    settings = assistant.as_chosen(embedder=str(model), index=folder / "index").settings
    other = Assistant(settings, assistant.progress)
    other.__dict__["embedder"] = loaded
    return other


def _reports(
    reports: Mapping[str, Report], paragraphs: Sequence[Paragraph]
) -> list[tuple[Report, Sequence[Paragraph]]]:
    return [
        (each, [paragraph for paragraph in paragraphs if paragraph.report == name]) for name, each in reports.items()
    ]
