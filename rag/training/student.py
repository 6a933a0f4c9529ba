"""The base model with Chinese rows that can be trained: texts in, unit vectors out."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.embedding import FloatMatrix, folded

if TYPE_CHECKING:
    from torch import Tensor

PASS = 64  # texts of nearly equal length that go through the model at once: little padding, and little memory


class Student:
    """A sentence-transformers folder whose `words` have rows of their own; all else is frozen."""

    def __init__(self, folder: Path, words: Sequence[str], device: str = "cpu") -> None:
        """Load the folder that `assemble` wrote with these words."""
        # Read when torch is first imported: threads that spin while they wait halve the speed of a shared machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import torch
        from tokenizers import Tokenizer
        from transformers import AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # Eager attention: on short texts its backward pass costs a third less than the fused one on a CPU.
        self.body = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").to(device)
        self.body.eval().requires_grad_(False)
        self.device = torch.device(device)
        self.words = list(words)
        table = self.body.get_input_embeddings().weight
        vocabulary = self.tokenizer.get_vocab()
        self.ids = [vocabulary[word] for word in words]
        ids = torch.tensor(self.ids, device=self.device)
        self.place = torch.zeros(len(table), dtype=torch.long, device=self.device)  # 0: not one of the words
        self.place[ids] = torch.arange(1, len(words) + 1, device=self.device)
        start = torch.cat([torch.zeros_like(table[:1]), table[ids]])
        self.rows = torch.nn.Embedding(len(start), start.shape[1], padding_idx=0, sparse=True, _weight=start)

    def embed(self, texts: Sequence[str], max_tokens: int) -> "Tensor":
        """Unit vectors (len(texts), dim), with gradients to the rows unless they are switched off."""
        import torch

        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.no_padding()
        encoded = [each.ids for each in self.tokenizer.encode_batch([folded(text) for text in texts])]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        parts = [self._pooled([encoded[i] for i in order[at : at + PASS]]) for at in range(0, len(order), PASS)]
        back = torch.tensor(np.argsort(order), device=self.device)
        return torch.nn.functional.normalize(torch.cat(parts)[back], dim=1)

    def _pooled(self, encoded: Sequence[Sequence[int]]) -> "Tensor":
        """The mean over its tokens of each text."""
        import torch

        longest = max(map(len, encoded))
        ids = torch.tensor([[*each, *[0] * (longest - len(each))] for each in encoded], device=self.device)
        mask = torch.tensor([[1] * len(each) + [0] * (longest - len(each)) for each in encoded], device=self.device)
        place = self.place[ids]
        inputs = torch.where(place[..., None] > 0, self.rows(place), self.body.get_input_embeddings()(ids))
        with torch.autocast(self.device.type, torch.bfloat16):
            out = self.body(inputs_embeds=inputs, attention_mask=mask).last_hidden_state
        weights = mask[..., None].float()
        mean: Tensor = (out.float() * weights).sum(1) / weights.sum(1)
        return mean

    def vectors(self, texts: Sequence[str], max_tokens: int = 256) -> FloatMatrix:
        """The texts as `Embedder.vectors` gives them, but in half precision."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), self.rows.embedding_dim), dtype=np.float32)
        with torch.no_grad():
            for start in range(0, len(order), 4 * PASS):
                batch = order[start : start + 4 * PASS]
                out[batch] = self.embed([texts[i] for i in batch], max_tokens).cpu().numpy()
        return out

    def table(self) -> FloatMatrix:
        """The rows of all tokens in the order of their ids, those of the words as they are now."""
        table: FloatMatrix = self.body.get_input_embeddings().weight.cpu().numpy().copy()
        table[self.ids] = self.trained()
        return table

    def start_from(self, rows: FloatMatrix) -> None:
        """Give the words these rows."""
        import torch

        with torch.no_grad():
            self.rows.weight[1:] = torch.from_numpy(rows)

    def trained(self) -> FloatMatrix:
        """The rows as they are now, one for each of the words."""
        rows: FloatMatrix = self.rows.weight.detach()[1:].cpu().numpy()
        return rows
