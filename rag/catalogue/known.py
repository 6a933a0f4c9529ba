"""The models known to work, with what their publishers say of them as of 2026-11.

Checksums are those several independent projects pin for the same file; where none is given here, a downloaded file is
held to the one the hub states for it. Sizes are rounded where the publisher gives no exact figure.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["embedder", "reranker", "llm", "nli"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model known to work."""

    name: str
    kind: Kind
    repo: str  # on the Hugging Face hub; "" for one that was added and is in no list
    size: int  # bytes to download
    licence: str
    memory: float  # GiB in use, about
    good_for: str
    file: str = ""  # one file of the repository, the first where it comes in parts; "" for the whole folder
    sha256: str = ""  # of that file, or of the folder's model.safetensors
    parts: tuple[tuple[str, str], ...] = ()  # the other parts of the file, each with its SHA-256
    revision: str = "main"  # of the repository
    query_prompt: str = ""  # what stands before a question
    text_prompt: str = ""  # what stands before a paragraph
    text_ending: str = ""  # what stands behind a paragraph


_RETRIEVE = "Instruct: Given a question, retrieve report paragraphs that answer it\nQuery:"
_JUDGE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
    "<Instruct>: Given a question, retrieve report paragraphs that answer it\n<Query>: "
)

MODELS: tuple[Model, ...] = (
    Model("granite-embedding-97m-multilingual-r2", "embedder", "ibm-granite/granite-embedding-97m-multilingual-r2",
          220_191_240, "Apache-2.0", 0.5, "smallest good one; strong across languages",
          sha256="f3ea88b230492811046145513710e76b4cc8c2ad49e8708da0e7247e548903be"),
    Model("multilingual-e5-small", "embedder", "intfloat/multilingual-e5-small", 449 << 20, "MIT", 0.7,
          "questions and reports in one language", query_prompt="query: ", text_prompt="passage: "),
    Model("multilingual-e5-base", "embedder", "intfloat/multilingual-e5-base", 1061 << 20, "MIT", 1.4,
          "the same, better and slower", query_prompt="query: ", text_prompt="passage: "),
    # Its publisher's own branch has nothing but a pickle; this one is the hub's conversion of it.
    Model("bge-m3", "embedder", "BAAI/bge-m3", 2167 << 20, "MIT", 2.6, "long paragraphs", revision="refs/pr/130"),
    Model("Qwen3-Embedding-0.6B", "embedder", "Qwen/Qwen3-Embedding-0.6B", 1136 << 20, "Apache-2.0", 2.6,
          "best across languages; slow without a GPU", query_prompt=_RETRIEVE),
    # As the publisher's, but for a config.json that needs no code of the repository's own.
    Model("gte-multilingual-reranker-base", "reranker", "alibaba-nlp-community/gte-multilingual-reranker-base",
          600 << 20, "Apache-2.0", 1.4, "the quickest reranker; best for Chinese by the publishers' figures"),
    Model("bge-reranker-v2-m3", "reranker", "BAAI/bge-reranker-v2-m3", 2_293_240_000, "Apache-2.0", 2.6,
          "widely used; slow without a GPU",
          sha256="d9e3e081faff1eefb84019509b2f5558fd74c1a05a2c7db22f74174fcedb5286"),
    # The publisher's weights as a classifier, which a CrossEncoder reads; the original answers yes or no in words.
    Model("Qwen3-Reranker-0.6B", "reranker", "tomaarsen/Qwen3-Reranker-0.6B-seq-cls", 1150 << 20, "Apache-2.0", 2.6,
          "best for English by its publisher's figures; slow without a GPU",
          query_prompt=_JUDGE, text_prompt="\n<Document>: ",
          text_ending="<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"),
    Model("Qwen2.5-1.5B-Instruct", "llm", "Qwen/Qwen2.5-1.5B-Instruct-GGUF", 1_117_320_736, "Apache-2.0", 2.0,
          "any laptop", "qwen2.5-1.5b-instruct-q4_k_m.gguf",
          "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e"),
    Model("Qwen3-4B-Instruct-2507", "llm", "unsloth/Qwen3-4B-Instruct-2507-GGUF", 2_497_281_120, "Apache-2.0", 4.0,
          "a laptop with 8 GB: the best answers for it", "Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
          "3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597"),
    Model("Qwen3-4B", "llm", "Qwen/Qwen3-4B-GGUF", 2_497_280_256, "Apache-2.0", 4.0,
          "the same, from its publisher; its thinking is switched off", "Qwen3-4B-Q4_K_M.gguf",
          "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5"),
    Model("Qwen2.5-7B-Instruct", "llm", "Qwen/Qwen2.5-7B-Instruct-GGUF", 4_683_073_632, "Apache-2.0", 6.0,
          "a machine with 16 GB", "qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf",
          "dfce12e3862a5283ccfb88221b48480e58745165de856439950d0f22590580db",
          (("qwen2.5-7b-instruct-q4_k_m-00002-of-00002.gguf",
            "539cf93f78e887edea1c04e2d7d8cdaca9d01dae9c9025bcb8accbe29df3d72a"),)),
    Model("mDeBERTa-v3-base-xnli-multilingual", "nli", "MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7",
          580 << 20, "MIT", 1.4, "a hint whether a paragraph says what a statement says; 512 tokens"),
)  # fmt: skip
