"""Tests of rag/models/e5.py on a tiny file of known weights."""

import json
import struct
from pathlib import Path

import e5_copy
import numpy as np
import pytest

from rag.errors import ModelError
from rag.models.e5 import convert, read

NAMES = {  # as transformers' BertModel has them
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
    "l0.q.w": "encoder.layer.0.attention.self.query.weight",
    "l1.ao.b": "encoder.layer.1.attention.output.dense.bias",
    "l1.aln.w": "encoder.layer.1.attention.output.LayerNorm.weight",
    "l1.fi.w": "encoder.layer.1.intermediate.dense.weight",
    "l1.fo.w": "encoder.layer.1.output.dense.weight",
    "l0.oln.b": "encoder.layer.0.output.LayerNorm.bias",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "copy.bin").write_bytes(e5_copy.content()[0])
    return tmp_path / "copy.bin"


def test_every_weight_comes_out_as_the_copy_has_it(copy: Path) -> None:
    held = e5_copy.content()[1]
    tensors = read(copy)[1]
    assert len(tensors) == len(held) + 2  # the pooler
    for name, standard in NAMES.items():
        np.testing.assert_array_equal(tensors[standard], held[name])


def test_what_is_made_loads_as_an_embedder_with_its_prompts(copy: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    convert(copy, e5_copy.tokenizer(tmp_path / "t.json"), tmp_path / "made")
    model = SentenceTransformer(str(tmp_path / "made"), local_files_only=True)
    vector = model.encode("peace", prompt_name="query")
    assert vector.shape == (e5_copy.HIDDEN,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert model.prompts == {"query": "query: ", "document": "passage: "}
    assert json.loads((tmp_path / "made/config.json").read_text())["num_hidden_layers"] == e5_copy.LAYERS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"GGUF" + e5_copy.content()[0][4:], id="another form"),
        pytest.param(b"E5S1" + struct.pack("<I", 2) + e5_copy.content()[0][8:], id="a later version"),
        pytest.param(e5_copy.content(block=64)[0], id="other blocks"),
    ],
)
def test_a_copy_of_another_form_is_refused_in_one_line_and_nothing_is_made(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "copy.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"copy\.bin is not a four-bit copy") as caught:
        convert(tmp_path / "copy.bin", e5_copy.tokenizer(tmp_path / "t.json"), tmp_path / "made")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "made").exists()
