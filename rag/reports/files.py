"""A report file on disk to its text.

The only door to pypdf and python-docx. It knows encodings, pages and packages, not what a report's lines mean. Whatever
is wrong with a file comes out as a ReportError that says what to do about it.
"""

import codecs
import hashlib
import logging
import re
import struct
import zlib
from io import BytesIO
from itertools import chain, pairwise
from math import hypot, inf
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from rag.errors import ReportError
from rag.reports.word_xml import Numbers, Words

READABLE = (".txt", ".pdf", ".docx")

# Our choice: well above a report of a thousand pages, and low enough that a hostile file cannot fill the memory.
MAX_BYTES = 50_000_000
MAX_PAGES = 2_000
MAX_CHARACTERS = 20_000_000
MAX_ZIP_ENTRIES = 2_000
MAX_UNZIPPED_BYTES = 200_000_000
MAX_ZIP_RATIO = 100  # deflate shrinks Word's XML some tens of times, zeros a thousand times
ZIP_RATIO_FROM_BYTES = 1_000_000  # smaller entries may shrink as they like

_KINDS_BY_START = (
    (b"%PDF-", ".pdf", "a PDF"),
    (b"PK\x03\x04", ".docx", "a zip archive, as Word files are"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc", "an old or password-protected Word file"),
    (b"{\\rtf", ".rtf", "a rich-text (RTF) file"),
)
_PDF_START_WITHIN = 1024  # bytes that may stand before "%PDF-" (Adobe's implementation note 13)

# What pypdf and python-docx let through from damaged files besides their own errors, found by reading and by fuzzing.
# SyntaxError is lxml's parse error; RuntimeError covers recursion and unknown compression.
_LEAKED = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zlib.error),
)

_LINE_END = re.compile(r"\r\n|[\r\v\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_SHARE = 0.01  # text extracted from PDFs holds a stray control character; binary files hold a tenth and more
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_text(path: Path) -> str:
    r"""The text of a report file, its lines ended by "\n", each form feed (a page's end) on a line of its own.

    A PDF's lines stay as printed, with blank lines where it leaves space. A Word file gives one line a paragraph, blank
    lines between; automatic numbers typed out; the rows of a table on neighbouring lines, cells parted by tabs; and
    footnotes as superscript digits where they are called and " 1 text" under a rule at the end.
    Raises ReportError for whatever keeps the text from being read.
    """
    data = _bytes(path)
    ending = path.suffix.lower()
    _check_kind(path, ending, data)
    reader = {".txt": _plain_text, ".pdf": _pdf_text, ".docx": _docx_text}[ending]
    text = _with_plain_line_ends(reader(data, path))
    if len(text) > MAX_CHARACTERS:
        raise _over_limit(path, f"{len(text):,} characters", f"{MAX_CHARACTERS:,}")
    if not text.strip():
        raise _problem(path, "holds no text, only blanks", "check that it is the right file")
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
    except FileNotFoundError as error:
        raise _problem(folder, "does not exist", "name the folder that holds the reports") from error
    except NotADirectoryError as error:
        raise _problem(folder, "is a file, not a folder", "name the folder that holds it") from error
    except OSError as error:
        raise _problem(folder, f"cannot be opened ({error.strerror})", "check who may read it") from error
    reports = [path for path in files if path.suffix.lower() in READABLE and not path.name.startswith((".", "~$"))]
    if not reports:
        raise _problem(folder, f"holds no report (a file ending in {_ENDINGS})", "put the reports there")
    return sorted(reports, key=lambda path: path.name)


# The file as bytes


_ENDINGS = f"{', '.join(READABLE[:-1])} or {READABLE[-1]}"


def _problem(path: Path, wrong: str, remedy: str) -> ReportError:
    name = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in path.name)
    return ReportError(f"{name or path}: {wrong}; {remedy}")


def _over_limit(path: Path, value: str, limit: str) -> ReportError:
    return _problem(path, f"{value}, over the limit of {limit}", "split it into smaller files")


def _damaged(path: Path, what: str) -> ReportError:
    return _problem(path, what, "fetch it again, or open it and save it anew")


def _bytes(path: Path) -> bytes:
    """The bytes of a file that is there, may be read, is not empty and is not too large."""
    try:
        if path.is_dir():
            raise _problem(path, "is a folder, not a file", f"name a {_ENDINGS} file in it")
        size = path.stat().st_size
        if not path.is_file():
            raise _problem(path, "is not an ordinary file", f"name a {_ENDINGS} file")
        if size > MAX_BYTES:
            raise _over_limit(path, f"{size:,} bytes", f"{MAX_BYTES:,}")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _problem(path, "does not exist", "check the name and the folder") from error
    except PermissionError as error:
        raise _problem(path, "may not be read (permission denied)", "give yourself permission to read it") from error
    except OSError as error:
        raise _problem(path, f"cannot be read ({error.strerror})", "copy it to this machine's own disk") from error
    if not data:
        raise _problem(path, "is empty (0 bytes)", "fetch it again")
    return data


def _check_kind(path: Path, ending: str, data: bytes) -> None:
    """Raise ReportError unless the ending is a readable one and the first bytes agree with it."""
    if ending == ".doc":
        raise _problem(path, "is an old Word file (.doc)", "open it in Word or LibreOffice and save it as .docx")
    if ending not in READABLE:
        raise _problem(path, f"ends in {ending or 'nothing'}, which is not read", f"save it as {_ENDINGS}")
    start = data[:_PDF_START_WITHIN]
    if ending == ".pdf" and b"%PDF-" in start:
        return
    for magic, meant, kind in _KINDS_BY_START:
        if start.startswith(magic) and meant != ending:
            remedy = f"rename it to end in {meant}" if meant in READABLE else "open it in Word and save it as .docx"
            raise _problem(
                path, f"ends in {ending} but is {kind}", remedy + (", without a password" * (meant == ".doc"))
            )
    if ending == ".pdf":
        raise _damaged(path, 'is not a PDF: it does not begin with "%PDF-"')
    if ending == ".docx" and not start.startswith(b"PK\x03\x04"):
        raise _damaged(path, "is not a Word file: it is no zip archive")


def _with_plain_line_ends(text: str) -> str:
    text = _LINE_END.sub("\n", text)
    return re.sub(r"\f(?=[^\n])", "\f\n", re.sub(r"(?<=[^\n])\f", "\n\f", text))


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


def _plain_text(data: bytes, path: Path) -> str:
    unreadable = "open it in a text editor and save it as UTF-8"
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data:
        raise _problem(path, "holds zero bytes, so it is not plain text", unreadable)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        text = "" if encoding else _guessed(data)
        if not text:
            wrong = f"begins as {encoding} but is not" if encoding else "is neither UTF-8 nor another encoding we know"
            raise _problem(path, f"{wrong} (byte {error.start:,})", unreadable) from error
    if len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        raise _problem(path, "holds control characters, so it is not plain text", unreadable)
    return text


def _guessed(data: bytes) -> str:
    """The text of bytes in a legacy encoding, a Chinese one where they read as Chinese; empty if none can be told."""
    shares = {encoding: _common_share(data, encoding) for encoding in _COMMON_LEADS}
    likeliest = max(shares, key=lambda encoding: shares[encoding])
    if shares[likeliest] >= _COMMON_SHARE:
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
    leads = _COMMON_LEADS[encoding]
    common = {character for character in set(beyond) if character.encode(encoding)[0] in leads}
    return sum(character in common for character in beyond) / max(len(beyond), 1)


# PDF


# A line's distance from the one above is measured in its own type size. What the closest lines of a report have is its
# line spacing; more than this many times that is space left on purpose. Our choice: the manuals we tried it on set
# lines 1.3 and paragraphs 1.8 apart.
_SPACE_LEFT = 1.3
_CLOSEST_SHARE = 0.05  # not the single closest: a fraction or a raised figure may stand closer than any line


class _PrintedLine:
    """A line on a page, gathered run by run."""

    def __init__(self) -> None:
        self._runs: list[str] = []
        self.height: float | None = None  # of the baseline above the page's foot, in points; None while blank
        self.size = 0.0  # of the largest type in it, in points

    def add(self, run: str, height: float, size: float) -> None:
        self._runs.append(run)
        if run.strip():
            self.height = height if self.height is None else self.height
            self.size = max(self.size, size)

    @property
    def text(self) -> str:
        return "".join(self._runs).rstrip()


def _pdf_text(data: bytes, path: Path) -> str:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it reports every blemish it reads past
    pages: list[list[_PrintedLine]] = []
    characters = 0
    locked = _problem(
        path, "is encrypted (it asks for a password)", "open it in a PDF reader and print it to a new PDF"
    )
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise locked
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise _over_limit(path, f"{count:,} pages", f"{MAX_PAGES:,}")
        for index in range(count):
            pages.append(_printed_lines(reader.pages[index]))
            characters += sum(len(line.text) + 1 for line in pages[-1])
            if characters > MAX_CHARACTERS:
                raise _over_limit(path, f"{characters:,} characters by page {index + 1}", f"{MAX_CHARACTERS:,}")
    except (DependencyError, FileNotDecryptedError) as error:
        raise locked from error
    except (PyPdfError, *_LEAKED) as error:
        where = f"at page {len(pages) + 1}" if pages else "and cannot be opened"
        raise _damaged(path, f"is a damaged PDF {where}") from error
    if not characters:
        wrong = "holds pictures of pages only, no text"
        raise _problem(path, wrong, "recognise its text with an OCR program first")
    distances = sorted(each for lines in pages for each in _distances(lines) if each >= 1.0)
    space = _SPACE_LEFT * distances[int(_CLOSEST_SHARE * len(distances))] if distances else inf
    return "\n\f\n".join(_spaced(lines, space) for lines in pages)


def _printed_lines(page: Any) -> list[_PrintedLine]:
    """The lines of a pypdf page that are not blank, in the order they were drawn."""
    lines = [_PrintedLine()]

    def visit(run: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        for i, part in enumerate(_mended(run).split("\n")):
            if i:
                lines.append(_PrintedLine())
            lines[-1].add(part, height, size * scale)

    page.extract_text(visitor_text=visit)  # not in layout mode: it tears raised footnote marks off their lines
    return [line for line in lines if line.height is not None]


def _mended(run: str) -> str:
    """Text without what a damaged font table leaves in it: zero characters and halves of characters."""
    if _SURROGATE.search(run):
        run = run.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return run.replace("\0", "")


def _distances(lines: list[_PrintedLine]) -> list[float]:
    """How far each line but the first stands below the one before, in its own type size; negative where it is above."""
    return [
        ((above.height or 0.0) - (line.height or 0.0)) / line.size if line.size > 0 else 0.0
        for above, line in pairwise(lines)
    ]


def _spaced(lines: list[_PrintedLine], space: float) -> str:
    """The text of a page, a blank line above each line that stands further than `space` from the one before."""
    text = [lines[0].text] if lines else []
    for distance, line in zip(_distances(lines), lines[1:], strict=True):
        text.append("\n" + line.text if distance > space else line.text)
    return "\n".join(text)


# Word


def _docx_text(data: bytes, path: Path) -> str:
    from docx import Document
    from docx.exceptions import PythonDocxError
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.exceptions import OpcError
    from docx.oxml.parser import parse_xml

    wanted = {getattr(RELATIONSHIP_TYPE, name): name for name in ("NUMBERING", "STYLES", "FOOTNOTES", "ENDNOTES")}
    try:
        document = Document(_safe_package(data, path))
        body = document.element.body
        parts = {
            wanted[relation.reltype]: parse_xml(relation.target_part.blob)
            for relation in document.part.rels.values()
            if relation.reltype in wanted and not relation.is_external
        }
    except (OpcError, PythonDocxError, BadZipFile, *_LEAKED) as error:
        raise _damaged(path, "is damaged or not a Word file") from error
    words = Words(
        Numbers(parts.get("NUMBERING"), parts.get("STYLES")),
        {"footnoteReference": parts.get("FOOTNOTES"), "endnoteReference": parts.get("ENDNOTES")},
    )
    blocks: list[str] = []
    characters = 0
    for block in chain(words.blocks(body), words.notes()):
        blocks.append(block)
        characters += len(block)
        if characters > MAX_CHARACTERS:
            raise _over_limit(path, f"{characters:,} characters and more", f"{MAX_CHARACTERS:,}")
    return "\n\n".join(blocks)


def _safe_package(data: bytes, path: Path) -> BytesIO:
    """The XML of a Word file as a zip archive anew, its other entries emptied.

    Each entry is read to its declared size and no further, so a false size cannot unpack more than was checked.
    """
    entries = data.count(b"PK\x01\x02")  # counted before zipfile makes an object of each
    if entries > MAX_ZIP_ENTRIES:
        raise _over_limit(path, f"{entries:,} entries in its zip archive", f"{MAX_ZIP_ENTRIES:,}")
    safe = BytesIO()
    with ZipFile(BytesIO(data)) as package, ZipFile(safe, "w") as copy:
        listed = {entry.filename: entry for entry in package.infolist()}  # of two with one name the last counts
        unpacked = sum(entry.file_size for entry in package.infolist())
        if unpacked > MAX_UNZIPPED_BYTES:
            raise _over_limit(path, f"{unpacked:,} bytes once unzipped", f"{MAX_UNZIPPED_BYTES:,}")
        for name, entry in listed.items():
            if entry.file_size > max(ZIP_RATIO_FROM_BYTES, MAX_ZIP_RATIO * entry.compress_size):
                ratio = entry.file_size // max(entry.compress_size, 1)
                raise _damaged(path, f"unzips to {ratio:,} times its size, over the limit of {MAX_ZIP_RATIO} times")
            content = b""
            if name.lower().endswith((".xml", ".rels")):
                if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                    raise BadZipFile(f"compression {entry.compress_type} of {name}")
                with package.open(entry) as packed:
                    content = packed.read(entry.file_size)
                if b"<!" in (plain := content.replace(b"\0", b"")) and re.search(rb"<!(?:DOCTYPE|ENTITY)", plain):
                    raise _damaged(path, "declares XML entities, which no Word file does")
            copy.writestr(name, content)
    safe.seek(0)
    return safe
