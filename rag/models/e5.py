"""The four-bit copy of multilingual-e5-small to an ordinary sentence-transformers folder.

The copy is one little-endian file: a header, the tokenizer's pieces (not needed, `tokenizer.json` has them), and named
tensors as 32-bit floats or as blocks of 32 four-bit weights with a common 16-bit scale, llama.cpp's Q4_0. Weights come
out exactly as the copy has them, in 32 bits; the pooler, which the copy lacks and nothing here reads, as zeros.
"""

import json
import shutil
import struct
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    written = (resources.files("rag") / "data" / "multilingual-e5-small.files.json").read_text(encoding="utf-8")
    files = json.loads(written)
    files["config.json"] |= sizes
    files["1_Pooling/config.json"] = {
        "word_embedding_dimension": sizes["hidden_size"],
        **files["1_Pooling/config.json"],
    }
    files["sentence_bert_config.json"] = {"max_seq_length": sizes["max_position_embeddings"]}
    (folder / "1_Pooling").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1), "utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")


def read(copy: Path) -> tuple[dict[str, Any], dict[str, Weights]]:
    """The sizes of the model and its tensors under the names transformers gives them."""
    content = copy.read_bytes()
    header = struct.Struct("<4sI7ifi5iQ")
    magic, version, *numbers = header.unpack_from(content)
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, block, pieces, *_, blob = numbers
    if (magic, version, block) != (*FORM, BLOCK):
        raise ModelError("four-bit-form", copy=str(copy), form=f"{magic!r}, version {version}, blocks of {block}")
    sizes = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 15),
    }
    at = header.size + 4 * (pieces + 1) + 4 * pieces + blob
    _, map_bytes = struct.unpack_from("<iI", content, at)
    held = dict(_tensors(content, at + 8 + map_bytes))
    tensors = {name: held[short].reshape(shape) for short, (name, shape) in _tensor_names(sizes).items()}
    pooler = {
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    return sizes, tensors | pooler


def _tensor_names(sizes: Mapping[str, int]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Of every tensor its name in the copy, the name transformers' BertModel gives it, and its shape."""
    hidden, inner = sizes["hidden_size"], sizes["intermediate_size"]
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": ("embeddings.word_embeddings.weight", (sizes["vocab_size"], hidden)),
        "emb.pos": ("embeddings.position_embeddings.weight", (sizes["max_position_embeddings"], hidden)),
        "emb.type": ("embeddings.token_type_embeddings.weight", (sizes["type_vocab_size"], hidden)),
        "emb.ln.w": ("embeddings.LayerNorm.weight", (hidden,)),
        "emb.ln.b": ("embeddings.LayerNorm.bias", (hidden,)),
    }
    of_layer: dict[str, tuple[str, tuple[int, ...]]] = {
        "q": ("attention.self.query", (hidden, hidden)),
        "k": ("attention.self.key", (hidden, hidden)),
        "v": ("attention.self.value", (hidden, hidden)),
        "ao": ("attention.output.dense", (hidden, hidden)),
        "aln": ("attention.output.LayerNorm", (hidden,)),
        "fi": ("intermediate.dense", (inner, hidden)),
        "fo": ("output.dense", (hidden, inner)),
        "oln": ("output.LayerNorm", (hidden,)),
    }
    for n in range(sizes["num_hidden_layers"]):
        for part, (standard, shape) in of_layer.items():
            tensors[f"l{n}.{part}.w"] = (f"encoder.layer.{n}.{standard}.weight", shape)
            tensors[f"l{n}.{part}.b"] = (f"encoder.layer.{n}.{standard}.bias", shape[:1])
    return tensors


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
