"""Files on their way: what they are called meanwhile, how much of them has come, and whether they are right."""

from collections.abc import Callable
from hashlib import file_digest, sha1, sha256
from pathlib import Path

Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much

PART = ".part"  # behind the name of what is not whole yet


def checksum_of(path: Path, like: str = "") -> str:
    """A file's SHA-256, or git's name for its content where the checksum to compare with is as long as those."""
    if len(like) == 40:
        content = path.read_bytes()  # such files are small
        return sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


class Told:
    """Adds up the bytes that have come, and tells of them."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        """Nothing has come yet."""
        self._progress, self._what, self._total = progress, what, total
        self._come = self._shown = 0
        self.update(0)

    def update(self, size: int) -> None:
        """So many bytes more have come."""
        self._come += size
        self.meanwhile(0)

    def meanwhile(self, size: int) -> None:
        """About so many bytes more are on their way; they come with `update`."""
        self._shown = max(self._shown, min(self._come + size, self._total))
        self._progress(self._what, self._shown, self._total)
