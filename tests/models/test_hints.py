"""rag.models.hints, on a tiny classifier with random weights that each test's folder holds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ferries import CREWS, FERRIES, GOOD

from rag.errors import ModelError
from rag.models.hints import Hints
from rag.records import Citation, Language, Verdict

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
