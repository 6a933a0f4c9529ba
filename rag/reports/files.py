"""A report file on disk to its text.

The only door to pypdf. It knows encodings, pages and packages, not what a report's lines mean. Whatever
is wrong with a file comes out as a ReportError that says what to do about it.
"""

import codecs
import hashlib
import logging
import re
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import pairwise
from math import hypot, inf
from pathlib import Path
from typing import Any

from rag.errors import ReportError
from rag.reports.word import LEAKED, word_blocks

READABLE = (".txt", ".pdf", ".docx")

# Our choice: well above a report of a thousand pages, and low enough that a hostile file cannot fill the memory.
MAX_BYTES = 50_000_000
MAX_PAGES = 2_000
MAX_CHARACTERS = 20_000_000

_STARTS = (  # how a file begins, the ending that goes with it, what is said where another ending stands
    (b"%PDF-", ".pdf", "file-is-pdf"),
    (b"PK\x03\x04", ".docx", "file-is-zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc", "file-is-old-word"),
    (b"{\\rtf", ".rtf", "file-is-rtf"),
)
_PDF_START_WITHIN = 1024  # bytes that may stand before "%PDF-" (Adobe's implementation note 13)


def read_text(path: Path, ending: str = "") -> str:
    r"""The text of a report file, its lines ended by "\n", each form feed (a page's end) on a line of its own.

    A PDF's lines stay as printed, with blank lines where it leaves space. A Word file gives one line a paragraph, blank
    lines between; automatic numbers typed out; the rows of a table on neighbouring lines, cells parted by tabs; and
    footnotes as superscript digits where they are called and " 1 text" under a rule at the end.
    `ending` stands for the name's. Raises ReportError for whatever keeps the text from being read.
    """
    data = _bytes(path)
    ending = ending or path.suffix.lower()
    _check_kind(path, ending, data)
    reader = {".txt": _plain_text, ".pdf": _pdf_text, ".docx": _docx_text}[ending]
    text = re.sub(r"\r\n|[\r\v\x85\u2028\u2029]", "\n", reader(data, path))
    text = re.sub(r"\f(?=[^\n])", "\f\n", re.sub(r"(?<=[^\n])\f", "\n\f", text))
    if len(text) > MAX_CHARACTERS:
        raise _error(path, "file-too-long", characters=len(text), limit=MAX_CHARACTERS)
    if not text.strip():
        raise _error(path, "file-blank")
    return text


def file_sha256(path: Path) -> str:
    """The SHA-256 of a report file's bytes, in hexadecimal."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def list_reports(folder: Path) -> list[Path]:
    """The readable files directly in a folder, by name; hidden and temporary files are passed over.

    Raises ReportError if there are none.
    """
    try:
        files = [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        keys = {FileNotFoundError: "folder-missing", NotADirectoryError: "folder-is-file"}
        raise _error(folder, keys.get(type(error), "folder-closed"), reason=str(error.strerror)) from error
    reports = [path for path in files if path.suffix.lower() in READABLE and not path.name.startswith((".", "~$"))]
    if not reports:
        raise _error(folder, "folder-without-reports")
    return sorted(reports, key=lambda path: path.name)


def _error(path: Path, key: str, **values: str | int) -> ReportError:
    name = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in path.name)
    return ReportError(key, file=name or str(path), **values)


def _bytes(path: Path) -> bytes:
    """The bytes of a file that is there, may be read, is not empty and is not too large."""
    try:
        if path.is_dir():
            raise _error(path, "file-is-folder")
        size = path.stat().st_size
        if not path.is_file():
            raise _error(path, "file-not-ordinary")
        if size > MAX_BYTES:
            raise _error(path, "file-too-large", bytes=size, limit=MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        keys = {FileNotFoundError: "file-missing", PermissionError: "file-forbidden"}
        raise _error(path, keys.get(type(error), "file-unreadable"), reason=str(error.strerror)) from error
    if not data:
        raise _error(path, "file-empty")
    return data


def _check_kind(path: Path, ending: str, data: bytes) -> None:
    """Raise ReportError unless the ending is a readable one and the first bytes agree with it."""
    if ending not in READABLE:
        key = {".doc": "file-old-word", "": "file-without-ending"}.get(ending, "file-kind-unknown")
        raise _error(path, key, ending=ending)
    start = data[:_PDF_START_WITHIN]
    if ending == ".pdf" and b"%PDF-" in start:
        return
    for begins, meant, key in _STARTS:
        if start.startswith(begins) and meant != ending:
            raise _error(path, key, ending=ending)
    if ending == ".pdf":
        raise _error(path, "pdf-not")
    if ending == ".docx" and not start.startswith(b"PK\x03\x04"):
        raise _error(path, "word-not")


# Plain text


_BYTE_ORDER_MARKS = (  # UTF-32's begins with UTF-16's, so it stands first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING_SAMPLE = 200_000  # bytes; charset-normalizer takes seconds on a megabyte
# First bytes of the symbols and the commoner half of the characters, which are nearly all of a text:
# GB 2312 rows 1-9 and level 1, Big5 symbols and level 1. In a text read in the wrong one, rare characters abound.
_COMMON_LEADS = {"gb18030": {*range(0xA1, 0xAA), *range(0xB0, 0xD8)}, "big5": set(range(0xA1, 0xC7))}
_COMMON_SHARE = 0.8
_CONTROL_SHARE = 0.01  # text extracted from PDFs holds a stray control character; binary files hold a tenth and more


def _plain_text(data: bytes, path: Path) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data:
        raise _error(path, "text-zero-bytes")
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise _error(path, "text-cut", encoding=encoding, byte=error.start) from error
        text = _guess(data)
        if not text:
            raise _error(path, "text-encoding-unknown", byte=error.start) from error
    if len(re.findall(r"[\x00-\x08\x0e-\x1f\x7f]", text)) > _CONTROL_SHARE * len(text):
        raise _error(path, "text-control-characters")
    return text


def _guess(data: bytes) -> str:
    """The text of bytes in a legacy encoding, a Chinese one where they read as Chinese; empty if none can be told."""
    share, likeliest = max((_common_share(data, encoding), encoding) for encoding in _COMMON_LEADS)
    if share >= _COMMON_SHARE:
        return data.decode(likeliest)
    import charset_normalizer

    match = charset_normalizer.from_bytes(data[:_ENCODING_SAMPLE]).best()
    try:
        return data.decode(match.encoding) if match else ""
    except UnicodeDecodeError:  # the sample's end may cut a character, and the rest may be something else
        return ""


def _common_share(data: bytes, encoding: str) -> float:
    """The share of common ones among the characters beyond ASCII; 0 where the bytes are not in this encoding."""
    try:
        beyond = [character for character in data.decode(encoding)[:_ENCODING_SAMPLE] if character > "\x7f"]
    except UnicodeDecodeError:
        return 0.0
    common = {character for character in set(beyond) if character.encode(encoding)[0] in _COMMON_LEADS[encoding]}
    return sum(character in common for character in beyond) / max(len(beyond), 1)


# PDF


# A line's distance from the one above is measured in its own type size. What the closest lines of a report have is its
# line spacing; more than this many times that is space left on purpose. Our choice: the manuals we tried it on set
# lines 1.3 and paragraphs 1.8 apart.
_SPACE_LEFT = 1.3
_CLOSEST_SHARE = 0.05  # not the single closest: a fraction or a raised figure may stand closer than any line


@dataclass
class _PrintedLine:
    """A line on a page, gathered run by run."""

    runs: list[str] = field(default_factory=list)
    height: float | None = None  # of the baseline above the page's foot, in points; None while blank
    size: float = 0.0  # of the largest type in it, in points
    gap: float = 0.0  # how far it stands below the one before, in its own type size; negative where above

    @property
    def text(self) -> str:
        return "".join(self.runs).rstrip()


def _pdf_text(data: bytes, path: Path) -> str:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it reports every blemish it reads past
    pages: list[list[_PrintedLine]] = []
    characters = 0
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _error(path, "pdf-encrypted")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise _error(path, "pdf-too-many-pages", pages=count, limit=MAX_PAGES)
        for index in range(count):
            pages.append(_printed_lines(reader.pages[index]))
            characters += sum(len(line.text) + 1 for line in pages[-1])
            if characters > MAX_CHARACTERS:
                raise _error(path, "pdf-too-long", characters=characters, page=index + 1, limit=MAX_CHARACTERS)
    except (DependencyError, FileNotDecryptedError) as error:
        raise _error(path, "pdf-encrypted") from error
    except (PyPdfError, *LEAKED) as error:
        raise _error(path, "pdf-page-damaged" if pages else "pdf-damaged", page=len(pages) + 1) from error
    if not characters:
        raise _error(path, "pdf-pictures")
    gaps = sorted(line.gap for lines in pages for line in lines if line.gap >= 1.0)
    space = _SPACE_LEFT * gaps[int(_CLOSEST_SHARE * len(gaps))] if gaps else inf
    return "\n\f\n".join("\n".join("\n" * (line.gap > space) + line.text for line in lines) for lines in pages)


def _printed_lines(page: Any) -> list[_PrintedLine]:
    """The lines of a pypdf page that are not blank, in the order they were drawn."""
    lines = [_PrintedLine()]

    def visit(run: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        # a damaged font table leaves zero characters and halves of characters
        mended = run.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
        for i, part in enumerate(mended.split("\n")):
            if i:
                lines.append(_PrintedLine())
            line = lines[-1]
            line.runs.append(part)
            if part.strip():
                line.height = height if line.height is None else line.height
                line.size = max(line.size, size * scale)

    page.extract_text(visitor_text=visit)  # not in layout mode: it tears raised footnote marks off their lines
    printed = [line for line in lines if line.height is not None]
    for above, line in pairwise(printed):
        line.gap = ((above.height or 0.0) - (line.height or 0.0)) / line.size if line.size > 0 else 0.0
    return printed


# Word


def _docx_text(data: bytes, path: Path) -> str:
    blocks: list[str] = []
    characters = 0
    for block in word_blocks(data, partial(_error, path)):
        blocks.append(block)
        characters += len(block)
        if characters > MAX_CHARACTERS:
            raise _error(path, "word-too-long", characters=characters, limit=MAX_CHARACTERS)
    return "\n\n".join(blocks)
