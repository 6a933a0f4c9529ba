"""Tests of rag/models/embedder.py, on the default embedder."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from numpy.testing import assert_allclose

from rag.errors import ModelError
from rag.models.embedder import BATCH, Embedder, fingerprint_of, load, means_of

RENDERINGS = Path(__file__).parents[2] / "seeds" / "en"
TEXTS = ["弹药", "A much longer English text about the marking of small arms " * 3, "x", "枪支" * 20, "Marking"]


def _seed_pairs() -> list[tuple[str, str]]:
    """Chinese lines of the reports with their English renderings."""
    texts = [path.read_text("utf-8") for path in sorted(RENDERINGS.glob("*.jsonl"))]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    pairs = {line["zh"]: line["en"] for line in lines if line["kind"] == "heading" and 12 <= len(line["zh"]) <= 200}
    return sorted(pairs.items())


def _plain(e5: Embedder) -> Embedder:
    return Embedder(e5.model, e5.name, e5.fingerprint)


def _found(questions: np.ndarray, texts: np.ndarray) -> float:
    """Of the questions, the share whose own text is nearest to them."""
    return float(((questions @ texts.T).argmax(axis=1) == np.arange(len(texts))).mean())


class TestLangChainsOwnSuite(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embedder]:
        return Embedder

    @pytest.fixture
    def model(self, e5: Embedder) -> Embedder:
        return e5


def test_each_text_gets_a_vector_of_length_one_in_its_place(e5: Embedder) -> None:
    vectors = e5.vectors(TEXTS * 4)
    assert vectors.shape == (20, e5.dim) == (20, 384)
    assert vectors.dtype == np.float32
    assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for place in (0, 2, 4):
        assert_allclose(vectors[place], e5.vectors([TEXTS[place]])[0], atol=1e-5)
        assert_allclose(vectors[place], vectors[place + 15], atol=1e-5)


def test_the_same_texts_give_the_same_bits(e5: Embedder) -> None:
    assert (e5.vectors(TEXTS) == e5.vectors(TEXTS)).all()
    assert e5.embed_query("小武器") == e5.embed_query("小武器")


def test_no_texts_give_no_rows(e5: Embedder) -> None:
    assert e5.vectors([]).shape == (0, 384)
    assert e5.embed_documents([]) == []


def test_progress_counts_the_texts(e5: Embedder) -> None:
    seen: list[tuple[str, int, int]] = []
    e5.vectors(["a"] * (BATCH + 2), lambda *step: seen.append(step))
    assert seen == [("embedding", BATCH, BATCH + 2), ("embedding", BATCH + 2, BATCH + 2)]


def test_questions_and_paragraphs_get_the_prompts_of_their_model(e5: Embedder) -> None:
    plain, encode = _plain(e5), e5.model.encode
    for prompt, vector in (("query: ", plain.embed_query("guns")), ("passage: ", plain.vectors(["guns"])[0])):
        assert_allclose(vector, encode(f"{prompt}guns", prompt="", normalize_embeddings=True), atol=1e-5)


@pytest.mark.parametrize("asked", ["zh", "en"])
def test_a_line_is_nearest_to_its_own_rendering(e5: Embedder, asked: str) -> None:
    pairs = _seed_pairs()[:60]
    questions, texts = zip(*(pair if asked == "zh" else pair[::-1] for pair in pairs), strict=True)
    assert _found(np.array([e5.embed_query(each) for each in questions]), e5.vectors(texts)) > 0.75


def test_centred_vectors_find_more_across_languages(e5: Embedder) -> None:
    plain, pairs = _plain(e5), _seed_pairs()[:60]
    mixed = [text for pair in pairs for text in pair]  # what is in the question's own language stands in the way

    def places(embedder: Embedder) -> list[int]:
        texts = embedder.vectors(mixed)
        found = [np.argsort(-(texts @ np.array(embedder.embed_query(en)))).tolist() for _, en in pairs]
        return [order.index(2 * n) for n, order in enumerate(found)]

    assert sum(place < 2 for place in places(e5)) > sum(place < 2 for place in places(plain))


def test_the_means_of_a_known_model_are_of_both_languages_and_kinds(e5: Embedder) -> None:
    kinds = {f"{kind} {of}" for kind in ("question", "paragraph") for of in ("zh", "en")}
    assert set(means_of("multilingual-e5-small")) == kinds
    assert all(mean.shape == (e5.dim,) for mean in e5.means.values())
    assert means_of("another") == {}


# Loading


def test_a_model_that_was_pulled_is_loaded_by_its_name_without_network(
    e5: Embedder, model_cache: Path, socket_disabled: None
) -> None:
    assert fingerprint_of("multilingual-e5-small", model_cache) == e5.fingerprint
    assert load("multilingual-e5-small", model_cache).embed_query("弹药") == e5.embed_query("弹药")


@pytest.fixture
def copied(e5: Embedder, model_cache: Path, tmp_path: Path) -> Path:
    """A folder with the same files, the weights linked."""
    folder = tmp_path / "copy"
    shutil.copytree(
        model_cache.expanduser() / "models" / e5.name, folder, copy_function=lambda a, b: Path(b).symlink_to(a)
    )
    return folder


def _replace(file: Path, content: bytes | None) -> None:
    file.unlink()
    if content is not None:
        file.write_bytes(content)


def test_whatever_decides_a_vector_decides_the_fingerprint(e5: Embedder, copied: Path) -> None:
    before = fingerprint_of(str(copied), copied)
    assert before != e5.fingerprint  # the means of a model are known by its name
    (copied / "README.md").unlink(missing_ok=True)
    (copied / "README.md").write_text("says nothing of vectors")
    assert fingerprint_of(str(copied), copied) == before
    _replace(copied / "sentence_bert_config.json", b'{"max_seq_length": 64}')
    assert fingerprint_of(str(copied), copied) != before


@pytest.mark.parametrize("door", [load, fingerprint_of], ids=["load", "fingerprint_of"])
def test_what_is_not_here_is_told_with_the_command_that_brings_it(door: Callable[..., object], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"e5-small is not here yet\. Get it with: rapporteur models pull multi"):
        door("multilingual-e5-small", tmp_path)
    with pytest.raises(ModelError, match=r"holds no sentence-transformers model. .*rapporteur models"):
        door(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("model.safetensors", b"\x00" * 100, id="weights"),
        pytest.param("model.safetensors", None, id="no weights"),
        pytest.param("tokenizer.json", b"{", id="tokenizer"),
        pytest.param("config.json", b"{", id="configuration"),
        pytest.param("modules.json", b"[", id="modules"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(copied: Path, file: str, content: bytes | None) -> None:
    _replace(copied / file, content)
    with pytest.raises(ModelError, match=f"{copied} cannot be loaded"):
        load(str(copied), copied)
