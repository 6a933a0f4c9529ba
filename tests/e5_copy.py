"""A tiny file in the form of the four-bit copy of multilingual-e5-small, with weights that are known."""

import json
import struct
from pathlib import Path

import numpy as np

HIDDEN, INNER, VOCABULARY, POSITIONS, TYPES, LAYERS, HEADS = 32, 64, 8, 16, 2, 2, 2
PIECES = 3  # what it tells of the tokenizer is passed over
FLOAT, FOUR_BIT = 0, 1


def shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor's shape under its name in the copy."""
    found: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN), "emb.pos": (POSITIONS, HIDDEN), "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,),
    }  # fmt: skip
    for n in range(LAYERS):
        for part in ("q", "k", "v", "ao", "aln", "fi", "fo", "oln"):
            width = INNER if part == "fi" else HIDDEN
            found[f"l{n}.{part}.b"] = (width,)
            found[f"l{n}.{part}.w"] = (width,) if "ln" in part else (width, INNER if part == "fo" else HIDDEN)
    return found


def content(**changed: int) -> tuple[bytes, dict[str, np.ndarray]]:
    """The file, and the weights it holds; `changed` are sizes its header states otherwise."""
    random = np.random.default_rng(7)
    sizes = {"hidden": HIDDEN, "layers": LAYERS, "heads": HEADS, "inner": INNER, "vocabulary": VOCABULARY,
             "positions": POSITIONS, "types": TYPES, "block": 32} | changed  # fmt: skip
    *first, block = sizes.values()
    head = struct.pack("<4sI7ifi5iQ", b"E5S1", 1, *first, 1e-12, block, PIECES, 0, 2, 1, 3, 4)
    head += struct.pack(f"<{PIECES + 1}I", 0, 1, 2, 4) + struct.pack(f"<{PIECES}f", 0, -1, -2) + b"abcd"
    head += struct.pack("<iI", 2, 5) + b"maps!"
    held, bodies = {}, []
    for name, shape in shapes().items():
        four_bit = len(shape) == 2
        held[name], body = _four_bit(shape, random) if four_bit else _floats(shape, random)
        bodies.append((name, FOUR_BIT if four_bit else FLOAT, held[name].size, body))
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in bodies)
    table = struct.pack("<i", len(bodies))
    for name, kind, count, body in bodies:
        table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(body))
        at += len(body)
    return head + table + b"".join(body for *_, body in bodies), held


def tokenizer(path: Path) -> Path:
    """A tokenizer with as many words as the model has rows."""
    words = ["<s>", "<pad>", "</s>", "<unk>", "query:", "passage:", "peace", "<mask>"]
    model = {"type": "Unigram", "unk_id": 3, "vocab": [[word, -1.0] for word in words]}
    form = {"version": "1.0", "model": model, "pre_tokenizer": {"type": "WhitespaceSplit"}, "added_tokens": []}
    path.write_text(json.dumps(form))
    return path


def _floats(shape: tuple[int, ...], random: np.random.Generator) -> tuple[np.ndarray, bytes]:
    weights = random.standard_normal(shape).astype("<f4")
    return weights, weights.tobytes()


def _four_bit(shape: tuple[int, ...], random: np.random.Generator) -> tuple[np.ndarray, bytes]:
    """Weight j of a block is the low half of byte j, weight j + 16 the high one; each less 8, times the scale."""
    blocks = int(np.prod(shape)) // 32
    levels, scales = random.integers(0, 16, (blocks, 32)), random.random(blocks).astype("<f2")
    body = b"".join(
        scale.tobytes() + bytes(int(row[j]) | int(row[j + 16]) << 4 for j in range(16))
        for scale, row in zip(scales, levels, strict=True)
    )
    return ((levels - 8) * scales.astype("f4")[:, None]).reshape(shape).astype("f4"), body
