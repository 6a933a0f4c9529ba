"""Two texts in, how well the second goes with the first out: the reranker and the hints that the settings may name.

Each is a sentence-transformers CrossEncoder in a local folder, with a head of its own. A reranker's gives one number
for a question and a text; a causal language model that answers yes or no in words, as Qwen3-Reranker was published, is
none: its conversion to a classifier is, and that is the one in the catalogue. A model of natural language inference has
a label for entailment: how likely a paragraph says what a statement does, a hint beside the checks, no verdict.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models.catalogue import folder_of, prompts_of
from rag.models.embedder import load_transformer
from rag.records import Citation

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

LONGEST = 512  # tokens of both texts together: what most were trained with, and half a second less on two cores
HEAD = "ForSequenceClassification"


class Reranker:
    """A loaded cross-encoder."""

    def __init__(self, model: "CrossEncoder", prompts: Mapping[str, str]) -> None:
        """`prompts` stand before the question ("query"), before a text ("document") and behind it ("ending")."""
        self.model = model
        self.prompts = prompts

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the question, higher is better; only their order means something."""
        before, start, end = (self.prompts.get(name, "") for name in ("query", "document", "ending"))
        pairs = [(before + question, start + text + end) for text in texts]
        return np.asarray(self.model.predict(pairs, show_progress_bar=False), dtype=np.float64)


def load_reranker(name_or_path: str, cache: Path) -> Reranker:
    """The reranker that was pulled under a name, or the one in a folder; never over the network.

    Raises:
        ModelError: there is none, or it is no cross-encoder, or its files are damaged.
    """
    folder = folder_of(name_or_path, cache)
    _check_head(folder)
    model = load_transformer("CrossEncoder", folder, "reranker-damaged", max_length=LONGEST)
    return Reranker(model, prompts_of(folder.name))


def _check_head(folder: Path) -> None:
    """Raise ModelError unless a folder's own files say that its head scores a pair: else one is made up at random."""
    try:
        about = json.loads((folder / "config.json").read_text("utf-8"))
        head = (about.get("architectures") or ["a model without a head"])[0]
        labels = len(about.get("id2label") or "..")  # a configuration leaves out transformers' own default of two
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError("reranker-unreadable", folder=str(folder), reason=str(error)) from error
    if not head.endswith(HEAD) or labels != 1:
        raise ModelError(
            "reranker-none", folder=str(folder), head=head, labels=labels, plural="s" if labels > 1 else "", wanted=HEAD
        )


class Hints:
    """A classifier from a folder, loaded when first asked; one of its labels is entailment."""

    def __init__(self, folder: Path) -> None:
        """Nothing is loaded yet."""
        self.folder = folder

    def beside(self, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        """The citations, each with its hint; ModelError where the folder holds no model that tells entailment."""
        pairs = [(each.paragraph.in_language(each.language) or each.paragraph.text, each.quote) for each in citations]
        return tuple(replace(one, hint=hint) for one, hint in zip(citations, self.entailment(pairs), strict=True))

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """How likely each first text entails the second, in [0, 1]."""
        if not pairs:
            return []
        from torch.nn import Softmax

        model, label = self._loaded
        likely = model.predict(list(pairs), activation_fn=Softmax(-1), show_progress_bar=False)
        return [round(float(each), 3) for each in likely[:, label]]

    @cached_property
    def _loaded(self) -> tuple["CrossEncoder", int]:
        model = load_transformer("CrossEncoder", self.folder, "nli-damaged", max_length=LONGEST)
        names = model.config.label2id
        labels = [n for name, n in names.items() if name.lower().startswith("entail")]
        if len(labels) != 1:
            raise ModelError("nli-without-entailment", folder=str(self.folder), labels=", ".join(names))
        return model, labels[0]
