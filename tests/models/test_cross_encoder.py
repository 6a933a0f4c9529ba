"""rag.models.cross_encoder: a reranker puts the first paragraphs in order, an entailment model gives hints."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ferries import CREWS, FERRIES, GOOD
from made_index import FakeEmbedder

from rag.answering.retrieve import RERANKED, Retriever
from rag.errors import ModelError
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models.cross_encoder import Hints, Reranker, load_reranker
from rag.question import Question
from rag.records import Citation, Filters, Language, Verdict
from rag.text import language

QUESTIONS = ["各国收缴了多少件非法小武器？", "How many illicit small arms were collected?"]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a cross-encoder of one layer with weights drawn at random."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("cross-encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"各国收缴非法小武器", "small", "arms", "States"]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForSequenceClassification(BertConfig(vocab_size=len(words), num_labels=1, **sizes)).save_pretrained(folder)
    return folder


class ByLength(Reranker):
    """Finds that short texts answer best, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    def scores(self, question: str, texts: list[str]) -> np.ndarray:  # type: ignore[override]
        self.asked.append((question, texts))
        return -np.array([len(text) for text in texts], dtype=float)


def test_a_cross_encoder_scores_each_text(cross_encoder: Path, tmp_path: Path) -> None:
    reranker = load_reranker(str(cross_encoder), tmp_path)
    texts = ["各国收缴小武器", "small arms", "States", ""]
    scores = reranker.scores(QUESTIONS[0], texts)
    assert scores.shape == (4,)
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(reranker.scores(QUESTIONS[0], texts[::-1]), scores[::-1], atol=1e-5)
    assert reranker.scores(QUESTIONS[0], []).shape == (0,)


def test_prompts_stand_around_question_and_text() -> None:
    class Model:
        def predict(self, pairs: list[tuple[str, str]], **_: object) -> list[float]:
            self.pairs = pairs
            return [0.5] * len(pairs)

    model = Model()
    Reranker(model, {"query": "Q: ", "document": "D: ", "ending": "!"}).scores("why", ["so"])  # type: ignore
    assert model.pairs == [("Q: why", "D: so!")]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 3, 20])
def test_the_first_ten_are_put_in_order_and_no_others(
    question: str, k: int, quick_index: Index, lexicon: Lexicon
) -> None:
    reranker = ByLength()
    plain = Retriever(quick_index, FakeEmbedder, lexicon).find(Question.of(question), 20).hits
    found = Retriever(quick_index, FakeEmbedder, lexicon, lambda: reranker).find(Question.of(question), k).hits
    [(asked, texts)] = reranker.asked
    assert asked == question
    by_length = sorted(range(RERANKED), key=lambda n: len(texts[n]))
    expected = [plain[n].paragraph.id for n in by_length] + [hit.paragraph.id for hit in plain[RERANKED:]]
    assert [hit.paragraph.id for hit in found] == expected[:k]
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_it_reads_paragraphs_in_the_questions_language_where_they_have_one(
    quick_index: Index, lexicon: Lexicon
) -> None:
    reranker = ByLength()
    retriever = Retriever(quick_index, FakeEmbedder, lexicon, lambda: reranker)
    retriever.find(Question.of(QUESTIONS[1]), 1)
    retriever.find(Question.of(QUESTIONS[1]), 1, Filters(renderings=False))
    (_, rendered), (_, own) = reranker.asked
    assert [language(text) for text in rendered] == ["en"] * RERANKED
    assert [language(text) for text in own] == ["zh"] * RERANKED


def test_a_named_paragraph_stays_first_and_a_look_up_needs_no_reranker(quick_index: Index, lexicon: Lexicon) -> None:
    reranker = ByLength()
    retriever = Retriever(quick_index, FakeEmbedder, lexicon, lambda: reranker)
    assert retriever.find(Question.of("S/2021/839第43段"), 5).hits[0].paragraph.id == "S/2021/839#43"
    assert not reranker.asked
    found = retriever.find(Question.of("What did S/2021/839, para. 43 say of terrorists' weapons?"), 5)
    assert found.hits[0].paragraph.id == "S/2021/839#43"
    assert found.hits[0].score == 1.0
    assert reranker.asked


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architectures": ["BertModel"]}, "no cross-encoder but BertModel"),
        ({"architectures": ["Qwen3ForCausalLM"]}, "no cross-encoder but Qwen3ForCausalLM"),
        ({"id2label": {"0": "no", "1": "yes"}}, "with 2 labels"),
        ({"id2label": None}, "with 2 labels"),
        (None, r"its config\.json cannot be read"),
    ],
    ids=["an embedder", "a language model", "two labels", "the default labels", "not JSON"],
)
def test_what_is_no_cross_encoder_is_refused_in_one_line(
    changes: dict[str, object] | None, said: str, cross_encoder: Path, tmp_path: Path
) -> None:
    config = json.loads((cross_encoder / "config.json").read_text())
    (tmp_path / "config.json").write_text("{" if changes is None else json.dumps({**config, **changes}))
    with pytest.raises(ModelError, match=said) as refused:
        load_reranker(str(tmp_path), tmp_path)
    assert "\n" not in str(refused.value)
    assert "RAPPORTEUR_RERANKER=none" in str(refused.value)


def test_a_damaged_file_is_told_in_one_line(cross_encoder: Path, tmp_path: Path) -> None:
    for file in cross_encoder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_reranker(str(tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["bge-reranker-v2-m3", "no-such-model"])
def test_a_model_that_is_not_here_says_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=name):
        load_reranker(name, tmp_path)


# Hints

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"渡船沉没三艘乘客丧生港口培训", "ferries", "sank", "courses"]


def write_nli(folder: Path, labels: tuple[str, ...] = ("entailment", "neutral", "contradiction")) -> Path:
    """A BERT of one layer with these labels, and a vocabulary of a few characters."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_nli(tmp_path_factory.mktemp("nli") / "model")


def _citation(language: Language, paragraph: Any = FERRIES) -> Citation:
    return Citation(1, paragraph, GOOD[language], language, True, Verdict.NUMBER_MISMATCH)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_hint_stands_beside_the_verdict_and_changes_nothing_else(nli: Path, language: Language) -> None:
    given = [_citation(language), _citation(language, CREWS)]
    hinted = Hints(nli).beside(given)
    assert [replace(each, hint=None) for each in hinted] == given
    assert all(each.hint is not None and 0 <= each.hint <= 1 for each in hinted)


def test_the_likelihood_is_that_of_entailment_whatever_its_place(nli: Path, tmp_path: Path) -> None:
    pair = [(FERRIES.text, GOOD["zh"])]
    turned = write_nli(tmp_path / "turned", ("contradiction", "neutral", "Entailment"))
    first, third = Hints(nli).entailment(pair)[0], Hints(turned).entailment(pair)[0]
    neutral = write_nli(tmp_path / "middle", ("contradiction", "entailment", "neutral"))
    assert first + Hints(neutral).entailment(pair)[0] + third == pytest.approx(1, abs=0.002)


def test_each_pair_is_judged_by_itself(nli: Path) -> None:
    pairs = [(FERRIES.text, "三艘渡船沉没"), (CREWS.text, "培训")]
    alone = [Hints(nli).entailment([pair])[0] for pair in pairs]
    assert Hints(nli).entailment(pairs) == pytest.approx(alone, abs=0.002)


@pytest.mark.parametrize(("text", "statement"), [("渡船沉没" * 400, "三艘"), ("三艘", "渡船沉没" * 400)])
def test_what_is_too_long_is_cut(nli: Path, text: str, statement: str) -> None:
    assert 0 <= Hints(nli).entailment([(text, statement)])[0] <= 1  # uncut, the model has no place for it


def test_nothing_to_judge_needs_no_model() -> None:
    assert Hints(Path("nowhere")).beside([]) == ()


def test_what_is_no_nli_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no NLI model") as caught:
        Hints(tmp_path / "none").entailment([("a", "b")])
    assert "\n" not in str(caught.value)
    moods = write_nli(tmp_path / "moods", ("glad", "sad"))
    with pytest.raises(ModelError, match="tells glad, sad, not entailment"):
        Hints(moods).entailment([("a", "b")])
