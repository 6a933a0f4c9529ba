"""A question and texts in, how well each text answers out: the cross-encoder a session may name in its settings.

Any sentence-transformers CrossEncoder in a local folder will do whose own head gives one number for a pair of texts. A
causal language model that answers yes or no in words, as Qwen3-Reranker was published, is not one: its conversion to a
classifier is, and that is the one in the catalogue.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models.catalogue import installed, prompts_of
from rag.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

NONE = "none"
LONGEST = 512  # tokens of question and text together: what most were trained with, and half a second less on two cores
_HEAD = "ForSequenceClassification"
_MEND = "Choose another with: rapporteur models use NAME, or go without: RAPPORTEUR_RERANKER=none"


class Reranker:
    """A loaded cross-encoder."""

    def __init__(self, model: "CrossEncoder", name: str, prompts: Mapping[str, str] | None = None) -> None:
        """`prompts` stand before the question ("query"), before a text ("document") and behind it ("ending")."""
        self.model = model
        self.name = name
        self.prompts = dict(prompts or {})

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the question, higher is better; only their order means something."""
        if not texts:
            return np.zeros(0)
        before, start, end = (self.prompts.get(name, "") for name in ("query", "document", "ending"))
        pairs = [(before + question, start + text + end) for text in texts]
        return np.asarray(self.model.predict(pairs, show_progress_bar=False), dtype=np.float64)


def load(name_or_path: str, settings: Settings) -> Reranker:
    """The cross-encoder in a folder, or the installed model with a name; never over the network.

    Raises:
        ModelError: it is neither, or no cross-encoder, or its files are damaged.
    """
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        folder = installed(name_or_path, settings)[1]
    _check(folder)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the libraries are first imported
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over ours
    try:
        model = CrossEncoder(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            max_length=LONGEST,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder} cannot be loaded ({reason}). {_MEND}") from error
    return Reranker(model, folder.name, prompts_of(folder.name))


def _check(folder: Path) -> None:
    """Raise ModelError unless a folder's own files say that its head scores a pair: else one is made up at random."""
    try:
        about = json.loads((folder / "config.json").read_text("utf-8"))
        heads = about.get("architectures") or [""]
        labels = len(about.get("id2label") or "..")  # a configuration leaves out transformers' own default of two
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{folder} holds no cross-encoder: its config.json cannot be read ({error}). {_MEND}"
        ) from error
    if not heads[0].endswith(_HEAD) or labels != 1:
        found = f"{heads[0] or 'a model without a head'} with {labels} label{'s' if labels > 1 else ''}"
        raise ModelError(f"{folder} holds no cross-encoder but {found}; one ends in {_HEAD}, with 1 label. {_MEND}")
