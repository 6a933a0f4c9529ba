"""Write GGUF files of a known model's shape with random weights: as heavy to run, and of no use to read.

Weights are blocks of random bytes with a scale that keeps sums sane, so a file of any size is written as fast as the
disk takes it. The vocabulary has a token for each Chinese character, as the known models' do, so a prompt has about as
many tokens as it would have with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
HAN = range(0x4E00, 0x9FA6)
SPREAD = 0.02  # standard deviation of a weight, as language models are begun with


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes a transformer as heavy as it is."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    context: int = 8192


SHAPES = {  # of the published models' config.json
    "qwen2.5-1.5b": Shape(28, 1536, 12, 2, 8960, 151_936),
    "qwen2.5-0.5b": Shape(24, 896, 14, 2, 4864, 151_936),
    "tiny": Shape(2, 64, 4, 2, 128, 24_000),
}


def write_model(path: Path, shape: Shape, seed: int = 0) -> Path:
    """Write a model of a shape to a path, which is returned: four bits a weight, eight in the vocabulary's."""
    import gguf

    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0)
    _add_vocabulary(writer, shape.vocabulary)
    writer.add_chat_template(TEMPLATE)
    random = np.random.default_rng(seed)
    for name, rows, columns in _matrices(shape):
        of_words = name in ("token_embd.weight", "output.weight")
        kind = gguf.GGMLQuantizationType.Q8_0 if of_words else gguf.GGMLQuantizationType.Q4_0
        writer.add_tensor(name, _blocks(random, rows, columns, *gguf.GGML_QUANT_SIZES[kind]), raw_dtype=kind)
    for name, size, value in _vectors(shape):
        writer.add_tensor(name, np.full(size, value, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _matrices(shape: Shape) -> Iterator[tuple[str, int, int]]:
    """Name, rows and columns of each matrix.

    Small Qwens use the vocabulary's matrix for the output too; with random weights that would repeat the last token for
    ever, so the output has its own, as in the published files.
    """
    width, few = shape.width, shape.width // shape.heads * shape.kv_heads
    yield "token_embd.weight", shape.vocabulary, width
    yield "output.weight", shape.vocabulary, width
    for n in range(shape.layers):
        yield f"blk.{n}.attn_q.weight", width, width
        yield f"blk.{n}.attn_k.weight", few, width
        yield f"blk.{n}.attn_v.weight", few, width
        yield f"blk.{n}.attn_output.weight", width, width
        yield f"blk.{n}.ffn_gate.weight", shape.feed_forward, width
        yield f"blk.{n}.ffn_up.weight", shape.feed_forward, width
        yield f"blk.{n}.ffn_down.weight", width, shape.feed_forward


def _vectors(shape: Shape) -> Iterator[tuple[str, int, float]]:
    """Name, size and value of each vector: norms of one, biases of nothing."""
    width, few = shape.width, shape.width // shape.heads * shape.kv_heads
    yield "output_norm.weight", width, 1.0
    for n in range(shape.layers):
        yield f"blk.{n}.attn_norm.weight", width, 1.0
        yield f"blk.{n}.ffn_norm.weight", width, 1.0
        yield f"blk.{n}.attn_q.bias", width, 0.0
        yield f"blk.{n}.attn_k.bias", few, 0.0
        yield f"blk.{n}.attn_v.bias", few, 0.0


def _blocks(random: np.random.Generator, rows: int, columns: int, weights: int, size: int) -> Any:
    """A matrix as its rows' bytes: blocks of a 16-bit scale and random bytes.

    Q4_0 and Q8_0 hold whole numbers evenly spread over 2^bits values, so their deviation is 2^bits / √12.
    """
    bits = 8 * (size - 2) // weights
    blocks = random.integers(0, 256, (rows, columns // weights, size), dtype=np.uint8)
    scale = np.array([SPREAD * 12**0.5 / 2**bits], dtype=np.float16)
    blocks[:, :, :2] = scale.view(np.uint8)
    return blocks.reshape(rows, -1)


def _add_vocabulary(writer: Any, size: int) -> None:
    """Bytes, Chinese characters with the merges that make them, pairs of characters up to the size, control tokens."""
    import gguf

    byte = _printed_bytes()
    characters = ["".join(byte[each] for each in chr(code).encode()) for code in HAN]
    beginnings = list(dict.fromkeys(character[:2] for character in characters))
    pairs = (first + second for first, second in product(characters, characters))
    pieces = [*byte, *beginnings, *characters]
    pieces = [*pieces, *islice(pairs, size - len(pieces) - len(CONTROL)), *CONTROL]
    merges = [f"{each[0]} {each[1]}" for each in beginnings] + [f"{each[:2]} {each[2]}" for each in characters]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(pieces)
    kinds = [gguf.TokenType.NORMAL] * (size - len(CONTROL)) + [gguf.TokenType.CONTROL] * len(CONTROL)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(pieces.index("<|im_end|>"))
    writer.add_add_bos_token(False)


def _printed_bytes() -> list[str]:
    """The 256 bytes as the characters GPT-2's vocabulary prints them with, in order."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(each) if each in printable else chr(next(others)) for each in range(256)]
