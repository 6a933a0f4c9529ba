"""How likely a paragraph says what a statement does, by a small NLI model: a hint beside the checks, no verdict."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.records import Citation

LONGEST = 512  # tokens of paragraph and statement together, as the usual models were trained with


class Hints:
    """A sequence classifier from a folder, loaded when first asked; one of its labels is entailment."""

    def __init__(self, folder: Path) -> None:
        """Nothing is loaded yet."""
        self.folder = folder
        self._loaded: tuple[Any, Any, int] | None = None

    def beside(self, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        """The citations, each with its hint; ModelError where the folder holds no model that tells entailment."""
        pairs = [(_paragraph(citation), citation.quote) for citation in citations]
        likely = self.entailment(pairs)
        return tuple(replace(one, hint=hint) for one, hint in zip(citations, likely, strict=True))

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """How likely each first text entails the second, in [0, 1]."""
        import torch

        if not pairs:
            return []
        tokenizer, model, label = self._loaded = self._loaded or self._load()
        texts, statements = (list(each) for each in zip(*pairs, strict=True))
        given = tokenizer(texts, statements, truncation=True, max_length=LONGEST, padding=True, return_tensors="pt")
        with torch.inference_mode():
            likely = model(**given).logits.softmax(-1)[:, label]
        return [round(float(each), 3) for each in likely]

    def _load(self) -> tuple[Any, Any, int]:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over ours
        kept = {"local_files_only": True, "trust_remote_code": False}
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(self.folder), **kept)
            model = AutoModelForSequenceClassification.from_pretrained(str(self.folder), use_safetensors=True, **kept)
        except (OSError, ValueError, KeyError, ImportError) as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{self.folder} is no NLI model ({reason}). Choose another, or none: nli") from error
        labels = [n for name, n in model.config.label2id.items() if name.lower().startswith("entail")]
        if len(labels) != 1:
            names = ", ".join(model.config.label2id)
            raise ModelError(f"{self.folder} tells {names}, not entailment. Choose another NLI model, or none: nli")
        return tokenizer, model.eval(), labels[0]


def _paragraph(citation: Citation) -> str:
    """The cited paragraph's text in the language of the words cited, where it has one."""
    return citation.paragraph.in_language(citation.language) or citation.paragraph.text
