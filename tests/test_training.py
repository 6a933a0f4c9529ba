import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

from rag.embedding import trained_rows
from rag.errors import ModelError
from rag.lexicon import Entry
from rag.training.batches import (
    ALIKE,
    PASSAGES,
    SHARES,
    PairBatch,
    QuestionBatch,
    Sampler,
    passage,
    same,
    shares,
)
from rag.training.figures import Remembering, Task, figures, question_task, recall, seed_tasks, shown, translation_task
from rag.training.mean import mean
from rag.training.packing import quantise, write_rows
from rag.training.pairs import (
    Pair,
    PairsError,
    Triple,
    glossary_pairs,
    read_corpus,
    read_pairs,
    read_triples,
    split_of,
    triples_of,
)
from rag.training.start import fitted_rows

CHINESE = "武枪弹药和平妇女儿童贸易"
ENGLISH = ["arm", "gun", "shell", "drug", "and", "flat", "wife", "girl", "son", "kid", "swap", "easy"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with one layer and sixteen dimensions whose tokens are whole words."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    known = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *ENGLISH])}
    tokenizer = Tokenizer(WordLevel(known))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.add_tokens(list(CHINESE))
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    size = len(known) + len(CHINESE)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=size, max_position_embeddings=64, **shape)).save_pretrained(folder)
    return folder


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_pairs_are_read_gzipped_or_not(tmp_path: Path):
    text = "zh\ten\n弹药\tammunition\n\n枪支 \tfirearms\n"
    (tmp_path / "a.tsv").write_text(text, "utf-8")
    with gzip.open(tmp_path / "b.tsv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    expected = [Pair("弹药", "ammunition"), Pair("枪支", "firearms")]
    assert read_pairs(tmp_path / "a.tsv") == read_pairs(tmp_path / "b.tsv.gz") == expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("API\tAPI", id="no Chinese to train"),
        pytest.param("弹药\t弹药 ammunition", id="Chinese in the English"),
        pytest.param("弹药\t2021", id="no English"),
        pytest.param(f"弹药\t{'long ' * 100}", id="too long"),
    ],
)
def test_a_pair_that_teaches_nothing_is_left_out(tmp_path: Path, line: str):
    (tmp_path / "a.tsv").write_text(f"{line}\n枪支\tfirearms\n", "utf-8")
    assert read_pairs(tmp_path / "a.tsv", 100) == [Pair("枪支", "firearms")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.tsv", "弹药\tammunition\n枪支\n".encode(), "line 2: 1 columns, expected 2", id="one column"),
        pytest.param("a.tsv", "弹药\ta\tb\n".encode(), "line 1: 3 columns", id="three columns"),
        pytest.param("a.tsv", "弹药\t \n".encode(), "line 1: 2 columns, expected 2 that are not empty", id="empty"),
        pytest.param("a.tsv", "弹药\ta\n".encode() + b"\xff\xfe\ta\n", "not UTF-8", id="encoding"),
        pytest.param("a.tsv.gz", b"not gzip", r"line 1: cannot be read .*; copy the file again", id="not gzip"),
        pytest.param("a.tsv.gz", gzip.compress("弹药\ta\n".encode())[:-9], "cannot be read", id="cut gzip"),
        pytest.param("a.jsonl", b'{"question": "x", "paragraph": "y"}\n{', "line 2: not JSON", id="not JSON"),
        pytest.param("a.jsonl", b"[]\n", 'line 1: no "question" and "paragraph"', id="no object"),
        pytest.param("a.jsonl", b'{"question": 3, "paragraph": "y"}\n', "line 1: no", id="no text"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_number(tmp_path: Path, name: str, content: bytes, message: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PairsError, match=f"{name}.*{message}"):
        read_corpus(tmp_path)


def test_what_is_measured_on_may_be_long(tmp_path: Path):
    (tmp_path / "a.tsv").write_text(f"弹药\t{'long ' * 100}\n", "utf-8")
    assert len(read_pairs(tmp_path / "a.tsv")) == 1
    assert read_corpus(tmp_path).pairs == {"a": []}


def test_a_folder_without_pairs_is_refused(tmp_path: Path):
    (tmp_path / "validation_news.tsv").write_text("弹药\tammunition\n", "utf-8")
    (tmp_path / "SOURCES.tsv").write_text("file\tlicence\n", "utf-8")
    with pytest.raises(PairsError, match=r"holds no \.tsv.* give a folder with --corpus"):
        read_corpus(tmp_path)


def test_validation_files_are_never_trained_on(tmp_path: Path):
    for name in ("laws.tsv", "validation_news.tsv"):
        (tmp_path / name).write_text("弹药\tammunition\n", "utf-8")
    (tmp_path / "questions.jsonl").write_text('{"question": "谁？", "paragraph": "他。", "answer": "他"}\n', "utf-8")
    material = read_corpus(tmp_path)
    assert list(material.pairs) == ["laws"]
    assert material.triples == [Triple("谁？", "他。", "他")]


def test_blank_questions_are_left_out(tmp_path: Path):
    (tmp_path / "q.jsonl").write_text('{"question": " ", "paragraph": "他。"}\n', "utf-8")
    assert read_triples(tmp_path / "q.jsonl") == []


def test_the_glossary_gives_each_form_with_the_preferred_one_of_the_other_language():
    entry = Entry(("小武器", "轻小武器"), ("small arms", "small weapons", "SALW"))
    expected = [("小武器", "small arms"), ("轻小武器", "small arms"), ("小武器", "small weapons")]
    assert glossary_pairs([entry]) == expected


def test_the_triples_are_split_by_paragraph_and_no_question_is_in_two_parts():
    triples = [Triple(f"问题{i % 150}", f"段落{i // 2}", "") for i in range(400)]
    parts = {split: triples_of(triples, split) for split in ("train", "validation", "test")}
    for attribute in ("question", "paragraph"):
        sets = [{getattr(triple, attribute) for triple in part} for part in parts.values()]
        assert all(sets)
        assert sum(map(len, sets)) == len(set.union(*sets))


def test_the_split_of_a_paragraph_never_changes():
    assert [split_of(f"第{i}段") for i in (0, 11, 60)] == ["train", "validation", "test"]
    sizes = [split_of(str(i)) for i in range(2000)]
    assert abs(sizes.count("train") - 1600) < 60
    assert abs(sizes.count("test") - 200) < 45


# --- batches ----------------------------------------------------------------------------------------------------------


def sampler(seed: int = 0, triples: int = 30) -> Sampler:
    pairs = {name: [Pair(f"{name}{i}", "e" * (1 + i % 40)) for i in range(size)] for name, size in SIZES.items()}
    return Sampler(pairs, [Triple(f"问{i}", f"段{i}答{i}", f"答{i}") for i in range(triples)], seed, 8)


SIZES = {"taiwan_laws": 5000, "udhr": 40, "glossary": 90}


def first(made: Sampler, count: int, start: int = 0) -> list[PairBatch | QuestionBatch]:
    batches = made.batches(start)
    return [next(batches) for _ in range(count)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 2**32))
def test_the_batches_from_a_step_on_are_those_of_an_uninterrupted_run(step: int, seed: int):
    assert first(sampler(seed), step + 5)[step:] == first(sampler(seed), 5, step)


def test_another_seed_gives_other_batches():
    assert first(sampler(1), 5) != first(sampler(2), 5)


def test_one_batch_in_three_is_of_questions_where_there_are_triples():
    kinds = [isinstance(batch, QuestionBatch) for batch in first(sampler(), 96)]
    assert sum(kinds) == 32
    assert not any(isinstance(batch, QuestionBatch) for batch in first(sampler(triples=0), 40))


def test_questions_of_like_paragraphs_meet_and_each_is_asked_once_a_round():
    kinds = ["海关查获走私枪支", "小麦和玉米的收成", "议会选举的票数", "河流与湖泊的水位"]
    triples = [
        Triple(f"问{kind}{i}{again}", f"{chr(0x4E00 + i)}{kinds[kind]}", f"{i}")
        for kind in range(4)
        for i in range(ALIKE)
        for again in "甲乙"
    ]
    made = Sampler({"udhr": [Pair("一", "one")]}, triples, 0, 4 * ALIKE)  # so many questions in a batch as are alike
    groups = [batch for batch in first(made, made.block_length) if isinstance(batch, QuestionBatch)]
    asked = [question for group in groups for question in group.questions]
    assert sorted(asked) == sorted(triple.question for triple in triples)
    alone = [group for group in groups if len({question[1] for question in group.questions}) == 1]
    assert len(alone) == len(groups)
    assert all(len(set(group.homes)) == ALIKE for group in groups)


def test_the_sources_give_their_shares_and_small_ones_come_again():
    batches = first(sampler(triples=0), 16 * 20)
    seen = [pair.zh.rstrip("0123456789") for batch in batches for pair in batch.pairs]
    weights = [SHARES[name] for name in SIZES]
    for name, weight in zip(SIZES, weights, strict=True):
        assert seen.count(name) / len(seen) == pytest.approx(weight / sum(weights), abs=0.005)
    udhr = [pair.zh for batch in batches for pair in batch.pairs if pair.zh.startswith("udhr")]
    assert set(udhr[:40]) != set(udhr[:3])
    assert max(map(udhr.count, udhr)) - min(map(udhr.count, udhr)) <= 1


def test_a_batch_is_of_nearly_one_length():
    spreads = [np.ptp([len(pair.en) for pair in batch.pairs]) for batch in first(sampler(triples=0), 16)]
    assert np.median(spreads) < 12


def test_an_unknown_source_weighs_as_the_square_root_of_its_size():
    assert shares({"mine": 400, "yours": 100, "empty": 0}) == pytest.approx([2 / 3, 1 / 3, 0])
    assert shares({"taiwan_laws": 400, "mine": 400}) == pytest.approx([0.5, 0.5])


@given(st.integers(1, 900), st.integers(0, 900), st.integers(1, 30), st.floats(0, 0.999), st.sampled_from(PASSAGES))
def test_a_passage_is_a_piece_of_its_paragraph_with_the_answer_in_it(
    length: int, at: int, size: int, place: float, wanted: int
):
    text = "".join(chr(0x4E00 + i) for i in range(length))
    answer = text[at % length : at % length + size]
    cut = passage(Triple("问", text, answer), place, wanted)
    assert cut in text
    assert answer in cut
    assert len(cut) == min(wanted, length)


def test_positions_that_share_any_key_are_the_same():
    found = same(["甲", "甲", "乙", "丙"], ["a", "b", "c", "b"])
    expected = [[1, 1, 0, 0], [1, 1, 0, 1], [0, 0, 1, 0], [0, 1, 0, 1]]
    assert_array_equal(found, np.array(expected, dtype=bool))


def test_the_pairs_a_start_is_fitted_to_are_those_of_the_first_blocks():
    trained_on = {
        pair
        for batch in first(sampler(), 2 * sampler().block_length)
        if isinstance(batch, PairBatch)
        for pair in batch.pairs
    }
    fitted_to = sampler().first_pairs(2 * 16 * 8)
    assert len(fitted_to) == len(set(fitted_to))
    assert set(fitted_to) == trained_on


# --- the start --------------------------------------------------------------------------------------------------------


@pytest.fixture
def fit(tiny: Path):
    """Fits the Chinese rows of a table of two dimensions to pairs, from zero."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny / "tokenizer.json"))
    ids = [tokenizer.token_to_id(word) for word in CHINESE]

    def fitted(pairs: list[Pair], hold: float) -> dict[str, np.ndarray]:
        table = np.zeros((tokenizer.get_vocab_size(), 2), dtype=np.float32)
        table[tokenizer.token_to_id("gun")], table[tokenizer.token_to_id("shell")] = (1, 0), (0, 1)
        return dict(zip(CHINESE, fitted_rows(pairs, tokenizer, table, ids, hold), strict=True))

    return fitted


def test_a_fitted_row_is_what_its_english_company_says(fit):
    rows = fit([Pair("枪 弹", "gun shell"), Pair("枪", "gun")] * 20, 1e-3)
    assert_allclose(rows["枪"], [1, 0], atol=0.02)
    assert_allclose(rows["弹"], [0, 1], atol=0.02)
    assert_array_equal(rows["药"], [0, 0])


def test_a_row_that_is_held_fast_stays_where_it_was(fit):
    rows = fit([Pair("枪", "gun")], 1e6)
    assert_allclose(rows["枪"], [0, 0], atol=1e-5)


# --- the loss ---------------------------------------------------------------------------------------------------------


def test_a_duplicate_is_no_negative():
    import torch

    from rag.training.trainer import contrast, pair_loss

    one = torch.eye(3)[[0, 1, 0]]
    apart, alike = torch.eye(3, dtype=torch.bool), torch.from_numpy(same(["甲", "乙", "甲"]))
    assert contrast(one, one, apart) > 0.4
    assert contrast(one, one, alike) < 1e-6
    assert pair_loss(one, one, alike) < 1e-6
    assert pair_loss(one, -one, alike) > 4


# --- training a tiny model --------------------------------------------------------------------------------------------


@pytest.fixture
def student(tiny: Path):
    from rag.training.student import Student

    return Student(tiny, list(CHINESE))


def toy_sampler() -> Sampler:
    rng = np.random.default_rng(0)
    chosen = [rng.choice(len(CHINESE), 3) for _ in range(200)]
    pairs = [Pair("".join(CHINESE[i] for i in three), " ".join(ENGLISH[i] for i in three)) for three in chosen]
    triples = [Triple(CHINESE[i], CHINESE[i] + CHINESE[i - 1], CHINESE[i]) for i in range(len(CHINESE))]
    return Sampler({"toy": pairs}, triples, 0, 16)


def word_recall(student) -> float:
    scores = student.vectors(ENGLISH) @ student.vectors(list(CHINESE)).T
    return recall(scores, [frozenset({i}) for i in range(len(ENGLISH))], 1)


def test_training_teaches_words_and_leaves_english_alone(student, tmp_path: Path):
    from rag.training.trainer import Recipe, train

    english, before = student.vectors(ENGLISH), word_recall(student)
    body = {name: value.clone() for name, value in student.body.state_dict().items()}
    said: list[str] = []
    assert train(student, toy_sampler(), Recipe(100, rate=3e-2), tmp_path / "c", say=said.append) == 100
    assert word_recall(student) >= max(0.75, before + 0.3)
    assert_array_equal(student.vectors(ENGLISH), english)
    assert all((value == body[name]).all() for name, value in student.body.state_dict().items())
    assert said[-1].startswith("step 100/100 (99%): loss pairs ")


def test_an_interrupted_run_goes_on_to_the_same_rows(tiny: Path, tmp_path: Path):
    from rag.training.student import Student
    from rag.training.trainer import Pace, Recipe, train

    def stop() -> str:
        raise KeyboardInterrupt

    recipe = Recipe(40, rate=1e-2)
    whole = Student(tiny, list(CHINESE))
    train(whole, toy_sampler(), recipe, tmp_path / "whole")
    broken = Student(tiny, list(CHINESE))
    with pytest.raises(KeyboardInterrupt):
        train(broken, toy_sampler(), recipe, tmp_path / "broken", Pace(save_every=0, measure_every=0.05), stop)
    resumed = Student(tiny, list(CHINESE))
    assert train(resumed, toy_sampler(), recipe, tmp_path / "broken") == 40
    assert_allclose(resumed.trained(), whole.trained(), atol=1e-5)


def test_a_deadline_ends_the_decay_in_time(student, tmp_path: Path):
    import time

    from rag.training.trainer import Pace, Recipe, train

    deadline = time.time() + 0.3
    steps = train(student, toy_sampler(), Recipe(100_000), tmp_path / "c", Pace(deadline))
    assert 0 < steps < 100_000
    assert time.time() < deadline + 2


def test_a_checkpoint_of_another_recipe_is_refused(student, tmp_path: Path):
    from rag.training.trainer import Recipe, train

    train(student, toy_sampler(), Recipe(2), tmp_path / "c")
    with pytest.raises(PairsError, match=r"is of .*'steps': 2.*, not .*'steps': 3.*; give its settings, or delete"):
        train(student, toy_sampler(), Recipe(3), tmp_path / "c")
    (tmp_path / "c").write_bytes(b"?" * 40)
    with pytest.raises(PairsError, match=r"cannot be read .* delete it to start afresh"):
        train(student, toy_sampler(), Recipe(2), tmp_path / "c")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_out_of_memory_suggests_smaller_batches(student, tmp_path: Path, monkeypatch, error: Exception):
    from rag.training import trainer

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(trainer, "_loss", full)
    with pytest.raises(PairsError, match=r"out of memory.*smaller ones with --batch"):
        trainer.train(student, toy_sampler(), trainer.Recipe(2), tmp_path / "c")


def test_other_errors_of_a_step_are_not_taken_for_full_memory(student, tmp_path: Path, monkeypatch):
    from rag.training import trainer

    def fail(*_: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(trainer, "_loss", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        trainer.train(student, toy_sampler(), trainer.Recipe(2), tmp_path / "c")


# --- packing ----------------------------------------------------------------------------------------------------------


@given(arrays(np.float32, (5, 8), elements=st.floats(-4, 4, width=32)))
def test_a_packed_row_is_within_half_a_step_of_the_row(rows: np.ndarray):
    values, scales = quantise(rows)
    assert values.dtype == np.int8
    steps = scales.astype(np.float32)[:, None]
    assert (np.abs(values * steps - rows) <= steps / 2 + 1e-7).all()


def test_packed_rows_come_back_with_their_words(tmp_path: Path):
    rows = np.random.default_rng(0).normal(size=(3, 384)).astype(np.float32)
    write_rows(tmp_path / "w.safetensors", ["弹药", "枪", "和平"], rows, {"steps": 5})
    words, found = trained_rows(tmp_path / "w.safetensors")
    assert words == ["弹药", "枪", "和平"]
    assert_allclose(found, rows, atol=np.abs(rows).max() / 250)
    assert found.dtype == np.float32
    manifest = json.loads((tmp_path / "w.json").read_text("utf-8"))
    assert manifest["words"] == 3
    assert manifest["training"] == {"steps": 5}


def test_the_same_rows_are_packed_into_the_same_bytes(tmp_path: Path):
    rows = np.ones((2, 4), dtype=np.float32)
    for name in ("a", "b"):
        write_rows(tmp_path / f"{name}.safetensors", ["一", "二"], rows, {})
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_the_mean_of_runs_has_every_words_mean_row(tmp_path: Path):
    one, other = np.array([[1, 2], [3, 4]], np.float32), np.array([[5, 6], [3, 0]], np.float32)
    write_rows(tmp_path / "a.safetensors", ["枪", "和平"], one, {})
    write_rows(tmp_path / "b.safetensors", ["和平", "枪"], other, {})
    words, rows = mean([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
    assert words == ["枪", "和平"]
    assert_allclose(rows, [[2, 1], [4, 5]], atol=0.05)


def test_runs_of_other_words_have_no_mean(tmp_path: Path):
    for name, word in (("a", "枪"), ("b", "弹")):
        write_rows(tmp_path / f"{name}.safetensors", [word], np.ones((1, 2), dtype=np.float32), {})
    with pytest.raises(PairsError, match=r"b\.safetensors holds other words than .*--words"):
        mean([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])


@pytest.mark.parametrize("damage", ["cut", "changed", "lost", "no manifest", "another base"])
def test_damaged_weights_are_refused_with_both_checksums(tmp_path: Path, damage: str):
    file = tmp_path / "w.safetensors"
    write_rows(file, ["一"], np.ones((1, 4), dtype=np.float32), {})
    whole, manifest = file.read_bytes(), file.with_suffix(".json")
    if damage == "cut":
        file.write_bytes(whole[:-1])
    elif damage == "changed":
        file.write_bytes(whole[:-1] + b"?")
    elif damage == "lost":
        file.unlink()
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"base": "0" * 64}))
    said = {"cut": "has sha256 .*, its manifest says ", "changed": "has sha256", "another base": f"the base {'0' * 64}"}
    with pytest.raises(ModelError, match=f"w.safetensors .*{said.get(damage, 'cannot be read')}.*; run `pip install"):
        trained_rows(file)


# --- figures ----------------------------------------------------------------------------------------------------------


def letters(texts: Sequence[str]) -> np.ndarray:
    """A toy encoder: how often each of a few characters is in a text, as unit vectors."""
    counts = np.array([[text.count(letter) + 1e-3 for letter in "枪弹药船税人"] for text in texts], dtype=np.float32)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_recall_counts_questions_with_a_gold_paragraph_among_the_first():
    scores = np.array([[0.9, 0.5, 0.1], [0.2, 0.3, 0.1], [0.3, 0.2, 0.1]], dtype=np.float32)
    gold = [frozenset({0}), frozenset({0, 2}), frozenset({2})]
    assert recall(scores, gold, 1) == pytest.approx(1 / 3)
    assert recall(scores, gold, 2) == pytest.approx(2 / 3)
    assert recall(scores, gold, 9) == 1


def test_a_long_paragraph_is_found_by_one_sentence():
    paragraphs = ["船税船税船税船税，人人人。枪弹药。", "枪弹药船人人。税。"]
    task = Task("toy", ["枪弹药"], paragraphs, [frozenset({0})], by_sentence=True)
    found = figures(task, letters)
    assert (found["R@1"], found["R@1 s"], found["R@5"]) == (0, 1, 1)
    assert shown(task, found).startswith("toy (1 over 2): R@1 0.0%  R@5 100.0%  R@1 s 100.0%")


def test_of_several_translations_the_first_is_to_be_found():
    task = translation_task([Pair("枪", "gun"), Pair("船", "ship"), Pair("火枪", "gun")])
    assert (task.questions, task.paragraphs) == (["gun", "ship"], ["枪", "船"])
    assert task.gold == [frozenset({0}), frozenset({1})]


def test_only_validation_questions_are_asked_and_over_all_paragraphs():
    triples = [Triple(f"问{i}", f"段{i}", "") for i in range(100)]
    task = question_task(triples)
    assert len(task.paragraphs) == 100
    assert len(task.questions) == sum(split_of(triple.paragraph) == "validation" for triple in triples) > 3
    for question, places in zip(task.questions, task.gold, strict=True):
        assert [task.paragraphs[i] for i in places] == [f"段{question[1:]}"]
    few = question_task(triples, 3)
    assert len(few.paragraphs) == len(few.questions) == 3


def test_the_reports_tasks_ask_renderings_and_dev_questions():
    root = Path(__file__).parent.parent
    renderings, english, chinese = seed_tasks(root / "seeds", root / "eval" / "questions.jsonl")
    assert len(renderings.questions) == len(renderings.paragraphs) > 400
    assert english.paragraphs == chinese.paragraphs
    assert len(english.questions) == len(chinese.questions) > 50
    assert all(english.gold)


def test_a_text_is_encoded_once():
    asked: list[list[str]] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        asked.append(list(texts))
        return letters(texts)

    remembering = Remembering(encode)
    assert_array_equal(remembering(["枪", "船", "枪"]), letters(["枪", "船", "枪"]))
    assert_array_equal(remembering(["船", "税"]), letters(["船", "税"]))
    assert asked == [["枪", "船"], ["税"]]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_needs():
    import typer

    from rag.training.__main__ import main

    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0
    for flag in ("--corpus", "--out", "--stop-at", "--seed", "--device"):
        assert flag in result.output


def test_a_time_of_day_that_is_none_is_refused():
    from rag.training.__main__ import _deadline

    with pytest.raises(PairsError, match="'25:00' is no time of day; give --stop-at as HH:MM"):
        _deadline("25:00")
