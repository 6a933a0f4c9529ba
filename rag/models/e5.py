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

from rag.errors import ModelError

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 18  # the scale and their sixteen bytes
FLOAT, FOUR_BIT = 0, 1  # the types of a tensor
MOST_TENSORS = 1000  # the model has 197

Weights = NDArray[np.float32]

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_ENDING = {"w": "weight", "b": "bias"}


def convert(copy: Path, tokenizer: Path, folder: Path) -> None:
    """Write into `folder` what sentence-transformers loads; ModelError where the copy is not of this form."""
    from safetensors.numpy import save_file

    try:
        sizes, tensors = read(copy)
    except (struct.error, ValueError) as error:
        raise ModelError(f"{copy} is not a four-bit copy of multilingual-e5-small ({error}).") from error
    pooling = folder / "1_Pooling"
    pooling.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    _write(folder / "config.json", _config(sizes))
    _write(folder / "tokenizer_config.json", _TOKENIZER)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": sizes["max_position_embeddings"]})
    _write(folder / "modules.json", [_module(n, path, kind) for n, (path, kind) in enumerate(_MODULES)])
    _write(
        pooling / "config.json", {"word_embedding_dimension": sizes["hidden_size"], "pooling_mode_mean_tokens": True}
    )
    _write(folder / "config_sentence_transformers.json", {"prompts": {"query": "query: ", "document": "passage: "}})


def read(copy: Path) -> tuple[dict[str, Any], dict[str, Weights]]:
    """The sizes of the model and its tensors under the names transformers gives them; ValueError or struct.error."""
    content = copy.read_bytes()
    header = struct.Struct("<4sI7ifi5iQ")
    magic, version, *numbers = header.unpack_from(content)
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"it begins with {magic!r} and version {version}, not {MAGIC!r} and {VERSION}")
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, block, pieces, *_, blob = numbers
    if block != BLOCK:
        raise ValueError(f"its blocks have {block} weights, not {BLOCK}")
    at = header.size + 4 * (pieces + 1) + 4 * pieces + blob
    _, map_bytes = struct.unpack_from("<iI", content, at)
    named = dict(_tensors(content, at + 8 + map_bytes))
    if len(named) != len(_EMBEDDINGS) + 2 * len(_LAYER) * layers:
        raise ValueError(f"it has {len(named)} tensors for {layers} layers")
    shapes = _shapes(layers, hidden, inner) | {
        "emb.word": (vocabulary, hidden),
        "emb.pos": (positions, hidden),
        "emb.type": (types, hidden),
    }
    if missing := shapes.keys() - named.keys():
        raise ValueError(f"it has no tensor {min(missing)!r}")
    tensors = {_standard_name(name): named[name].reshape(shape) for name, shape in shapes.items()}
    tensors |= {
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
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
    return sizes, tensors


def _shapes(layers: int, hidden: int, inner: int) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor but the three embeddings', under its name in the copy."""
    of_layer: dict[str, tuple[int, ...]] = {
        **{f"{part}.{ending}": (hidden,) for part in _LAYER for ending in _ENDING},
        **{f"{part}.w": (hidden, hidden) for part in ("q", "k", "v", "ao")},
        "fi.w": (inner, hidden),
        "fi.b": (inner,),
        "fo.w": (hidden, inner),
    }
    shapes: dict[str, tuple[int, ...]] = {f"l{n}.{name}": of_layer[name] for n in range(layers) for name in of_layer}
    return shapes | {"emb.ln.w": (hidden,), "emb.ln.b": (hidden,)}


def _tensors(content: bytes, at: int) -> Iterator[tuple[str, Weights]]:
    """Name and weights of every tensor, flat."""
    (count,) = struct.unpack_from("<i", content, at)
    if not 0 < count <= MOST_TENSORS:
        raise ValueError(f"it has {count} tensors")
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, _, offset, size = struct.unpack_from("<BIQQ", content, at)
        at += 21
        if kind not in (FLOAT, FOUR_BIT) or offset + size > len(content):
            raise ValueError(f"its tensor {name!r} is of type {kind} or lies outside the file")
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


def _standard_name(name: str) -> str:
    """The name transformers' BertModel gives a tensor.

    >>> _standard_name("l0.aln.w"), _standard_name("emb.word")
    ('encoder.layer.0.attention.output.LayerNorm.weight', 'embeddings.word_embeddings.weight')
    """
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, ending = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{_LAYER[part]}.{_ENDING[ending]}"


_TOKENIZER = {
    "tokenizer_class": "XLMRobertaTokenizerFast",
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
    "model_max_length": 512,
    "clean_up_tokenization_spaces": False,
}
_MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def _config(sizes: dict[str, Any]) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": 0,
        "torch_dtype": "float32",
        **sizes,
    }


def _module(n: int, path: str, kind: str) -> dict[str, Any]:
    return {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
