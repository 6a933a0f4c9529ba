"""A draft's file to its text."""

from pathlib import Path
from tempfile import TemporaryDirectory

from rag.errors import ReportError
from rag.reports.files import READABLE as REPORTS
from rag.reports.files import read_text

PLAIN = (".md", ".markdown", ".text")  # read as plain text
READABLE = (*REPORTS, *PLAIN)
MAX_BYTES = 20_000_000  # a Word file with pictures
MAX_CHARACTERS = 200_000  # sixty pages; a statement has three


def read_draft(source: Path | bytes, name: str = "") -> str:
    """The text of a draft's file, or of the bytes of one called `name`; without a name they are plain text.

    Encodings, Word files and PDFs are read as a report's are. ReportError, in one line, where there is no such file, or
    it is empty, too large or of a kind that is not read.
    """
    if isinstance(source, Path):
        name = name or source.name
        if source.suffix.lower() not in PLAIN:
            return _checked(read_text(source), name)
        source = _bytes(source)
    name = name or "draft"
    if not source.strip():
        raise ReportError(f"{name}: is empty; give a draft with some text in it")
    if len(source) > MAX_BYTES:
        raise ReportError(f"{name}: {len(source):,} bytes, over the limit of {MAX_BYTES:,}; check it part by part")
    return _checked(_text(source, name), name)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReportError(f"{path.name}: over the limit of {MAX_BYTES:,} bytes; check it part by part")
        return path.read_bytes()
    except OSError as error:
        wrong = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise ReportError(f"{path.name}: {wrong}; check the name and the folder") from error


def _text(data: bytes, name: str) -> str:
    """The text of a file's bytes, read as the report reader reads a file of that kind."""
    ending = Path(name).suffix.lower()
    kind = ending if ending and ending not in PLAIN else ".txt"
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"draft{kind}"
        copy.write_bytes(data)
        try:
            return read_text(copy)
        except ReportError as error:
            raise ReportError(name + str(error).removeprefix(copy.name)) from error


def _checked(text: str, name: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise ReportError(f"{name}: {len(text):,} characters, over the limit of {MAX_CHARACTERS:,}; check it in parts")
    return text
