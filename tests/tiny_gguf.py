"""Small GGUF files for tests: random weights, a byte-level vocabulary and a chat template for the real llama.cpp."""

from pathlib import Path

import numpy as np

PLAIN = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# As Qwen3 writes it: thinking is on unless it is switched off, which leaves an empty block.
THINKING = PLAIN.replace(
    "assistant\n{% endif %}",
    "assistant\n{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}",
)
# As a model that always thinks: the block is opened for it.
ALWAYS_THINKING = PLAIN.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
NORMAL, CONTROL = 1, 3  # gguf.TokenType


def write(
    path: Path,
    template: str | None = PLAIN,
    seed: int = 0,
    trained_context: int = 4096,
    arch: str = "llama",
    width: int = 32,
    layers: int = 2,
    tensors_a_part: int = 0,
) -> Path:
    """Write a model to a path, which is returned; in several parts named after it where tensors go into parts."""
    import gguf

    pieces = [*_bytes(), *SPECIAL]
    writer = gguf.GGUFWriter(path, arch, split_max_tensors=tensors_a_part)
    writer.add_context_length(trained_context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(pieces)
    writer.add_token_types([NORMAL] * 256 + [CONTROL] * len(SPECIAL))
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_eos_token_id(pieces.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    for name, weights in _weights(len(pieces), width, layers, seed).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(tokens: int, width: int, layers: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        return random.normal(0, 0.3, shape).astype(np.float32)

    tensors = {"token_embd.weight": weights(tokens, width), "output.weight": weights(tokens, width)}
    tensors["output_norm.weight"] = np.ones(width, dtype=np.float32)
    for n in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"blk.{n}.{name}.weight"] = weights(width, width)
        tensors[f"blk.{n}.ffn_gate.weight"] = weights(2 * width, width)
        tensors[f"blk.{n}.ffn_up.weight"] = weights(2 * width, width)
        tensors[f"blk.{n}.ffn_down.weight"] = weights(width, 2 * width)
        for name in ("attn_norm", "ffn_norm"):
            tensors[f"blk.{n}.{name}.weight"] = np.ones(width, dtype=np.float32)
    return tensors


def _bytes() -> list[str]:
    """The 256 bytes as the characters GPT-2's vocabulary prints them with, in order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
