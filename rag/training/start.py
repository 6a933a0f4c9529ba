"""A better start than the dictionary's: rows fitted so that a Chinese text has the mean row its English has.

Least squares over pairs, each row being held near the dictionary's. It knows words by their company and nothing of
word order, but costs seconds where the network's training costs an hour.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags  # type: ignore[import-untyped]
from tokenizers import Tokenizer

from rag.embedding import FloatMatrix, folded
from rag.training.pairs import Pair

HOLD = 0.3  # weight of the dictionary's row beside the texts a word occurs in
ROUNDS = 10  # of conjugate gradients: the residual has fallen to a tenth and further ones change no figure
TOKENS = 160  # of a text


def fitted_rows(
    pairs: Sequence[Pair], tokenizer: Tokenizer, table: FloatMatrix, places: Sequence[int], hold: float = HOLD
) -> FloatMatrix:
    """The rows at `places` of the token table, fitted to the pairs; all other rows stay as they are."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    chinese = _means([folded(pair.zh) for pair in pairs], tokenizer, len(table))
    wanted = _means([pair.en for pair in pairs], tokenizer, len(table)) @ table
    fixed = np.ones(len(table), dtype=bool)
    fixed[list(places)] = False
    wanted -= chinese[:, fixed] @ table[fixed]
    mine = chinese[:, list(places)]
    root = np.sqrt(mine.getnnz(axis=1)).astype(np.float32)  # a long text says more, though not in proportion
    return _solved(diags(root) @ mine, wanted * root[:, None], table[list(places)], hold)


def _means(texts: Sequence[str], tokenizer: Tokenizer, size: int) -> csr_matrix:
    """Row i times a token table is the mean over the tokens of text i."""
    ids = [each.ids for each in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    lengths = np.array([len(each) for each in ids])
    values = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    return csr_matrix((values, np.concatenate(ids), np.cumsum([0, *lengths])), shape=(len(texts), size))


def _solved(left: csr_matrix, right: FloatMatrix, start: FloatMatrix, hold: float) -> FloatMatrix:
    """The rows that minimise |left @ rows - right|² + hold |rows - start|², by conjugate gradients from `start`."""
    left = left.tocsr().astype(np.float32)
    turned = left.T.tocsr()
    rows = start.copy()
    residual = turned @ (right - left @ rows)
    way, size = residual.copy(), (residual**2).sum(axis=0)
    for _ in range(ROUNDS):
        image = turned @ (left @ way) + hold * way
        step = size / np.maximum((way * image).sum(axis=0), 1e-12)
        rows += step * way
        residual -= step * image
        before, size = size, (residual**2).sum(axis=0)
        way = residual + size / np.maximum(before, 1e-12) * way
    return rows
