"""The four-bit copy of multilingual-e5-small to an ordinary sentence-transformers folder.

The copy is one little-endian file: a header, the tokenizer's pieces (not needed, `tokenizer.json` has them), and named
tensors as 32-bit floats or as blocks of 32 four-bit weights with a common 16-bit scale, llama.cpp's Q4_0. Weights come
out exactly as the copy has them, in 32 bits; the pooler, which the copy lacks and nothing here reads, as zeros.
"""

import json
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.data import table
from rag.errors import ModelError

FORM = (b"E5S1", 1)  # how the file begins, and its version
BLOCK = 32  # weights that share a scale
FOUR_BIT = 1  # the type of a tensor in blocks; 0: floats

Weights = NDArray[np.float32]


def convert(copy: Path, tokenizer: Path, folder: Path) -> None:
    """Write into `folder` what sentence-transformers loads; ModelError where the copy is of another form.

    That it is whole its checksum has told.
    """
    from safetensors.numpy import save_file

    sizes, tensors = read(copy)
    files = _form()["files"]
    files["config.json"] |= sizes
    files["1_Pooling/config.json"] = {"word_embedding_dimension": sizes["hidden_size"]} | files["1_Pooling/config.json"]
    files["sentence_bert_config.json"] = {"max_seq_length": sizes["max_position_embeddings"]}
    (folder / "1_Pooling").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1), "utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")


def read(copy: Path) -> tuple[dict[str, Any], dict[str, Weights]]:
    """The sizes of the model and its tensors, both under the names transformers gives them."""
    content = copy.read_bytes()
    header = struct.Struct("<4sI7ifi5iQ")
    magic, version, *numbers, block, pieces, _, _, _, _, blob = header.unpack_from(content)
    if (magic, version, block) != (*FORM, BLOCK):
        raise ModelError("four-bit-form", copy=str(copy), form=f"{magic!r}, version {version}, blocks of {block}")
    form = _form()
    sizes = dict(zip(form["sizes"], numbers, strict=True))
    sizes["layer_norm_eps"] = round(sizes["layer_norm_eps"], 15)
    at = header.size + 4 * (pieces + 1) + 4 * pieces + blob
    _, map_bytes = struct.unpack_from("<iI", content, at)
    held = dict(_tensors(content, at + 8 + map_bytes))
    wanted = dict(form["tensors"])
    for n in range(sizes["num_hidden_layers"]):
        for short, (name, *shape) in form["tensors_of_a_layer"].items():
            wanted[short.format(n=n)] = (name.format(n=n), *shape)
    tensors = {name: held[short].reshape([sizes[size] for size in shape]) for short, (name, *shape) in wanted.items()}
    hidden = sizes["hidden_size"]
    tensors["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
    tensors["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    return sizes, tensors


def _form() -> dict[str, Any]:
    """The names of its sizes and tensors, and the files that are the same for each."""
    return table("multilingual-e5-small.copy.json")


def _tensors(content: bytes, at: int) -> Iterator[tuple[str, Weights]]:
    """Name and weights of every tensor, flat."""
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, _, offset, size = struct.unpack_from("<BIQQ", content, at)
        at += 21
        values = content[offset : offset + size]
        yield name, _four_bit(values) if kind == FOUR_BIT else np.frombuffer(values, "<f4")


def _four_bit(values: bytes) -> Weights:
    """The weights of four-bit blocks, flat: the low halves of a block's bytes first, then the high ones.

    >>> block = np.float16(0.5).tobytes() + bytes([0x98] * 16)
    >>> _four_bit(block)[[0, 16]].tolist()
    [0.0, 0.5]
    """
    blocks = np.frombuffer(values, dtype=np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)]))
    pairs = blocks["pairs"]
    quarters = np.concatenate([pairs & 0x0F, pairs >> 4], axis=1).astype(np.int8) - 8
    weights: Weights = (quarters * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return weights
