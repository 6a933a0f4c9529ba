"""Trained rows to the file that ships, in eight bits a value."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embedding import BASE_SHA256, FloatMatrix


def quantise(rows: FloatMatrix) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Each row as whole numbers in [-127, 127] and the scale that turns them back, within half a scale a value."""
    largest = np.abs(rows).max(axis=1)
    scales = (largest / 127).astype(np.float16)
    # A scale that was rounded down would push the largest value past 127.
    scales = np.where(scales.astype(np.float32) * 127 < largest, np.nextafter(scales, np.float16(np.inf)), scales)
    divisors = np.where(scales > 0, scales, 1).astype(np.float32)
    return np.rint(rows / divisors[:, None]).astype(np.int8), scales


def write_rows(path: Path, words: Sequence[str], rows: FloatMatrix, training: Mapping[str, object]) -> None:
    """Write words and rows as `rag.embedding.trained_rows` reads them, and a manifest beside them.

    The manifest, with the suffix .json, holds the file's checksum, the base's, and how the rows were trained.
    """
    from safetensors.numpy import save

    values, scales = quantise(rows)
    packed = save({"rows": values, "scales": scales, "words": np.frombuffer("\n".join(words).encode(), np.uint8)})
    path.write_bytes(packed)
    manifest = {
        "sha256": sha256(packed).hexdigest(),
        "base": BASE_SHA256,
        "words": len(words),
        "training": dict(training),
    }
    path.with_suffix(".json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
