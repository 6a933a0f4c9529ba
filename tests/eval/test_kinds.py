"""Tests of the questions that no quotation answers, asked of the five reports."""

import pytest
from made_index import FakeEmbedder

from eval import kinds
from eval.elsewhere import ask
from eval.questions import Question, read_questions
from eval.scoring import Library
from rag.assistant import Assistant
from rag.index import Index
from rag.lexicon import Lexicon
from rag.settings import Settings


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return read_questions(kinds.KINDS)


def test_every_kind_is_asked_in_both_languages(asked: list[Question]) -> None:
    assert {each.type for each in asked} == set(kinds.CHECKS)
    for kind in kinds.CHECKS:
        languages = [each.lang for each in asked if each.type == kind]
        assert languages.count("zh") == languages.count("en") >= 6


def test_every_count_is_right(
    asked: list[Question], quick_index: Index, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: FakeEmbedder())
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    embedder = quick_index.manifest["embedder"]
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: embedder["fingerprint"])
    assistant = Assistant(Settings(index=quick_index.folder.parent, llm="none"))
    counts = [each for each in asked if each.type == "count"]
    library = Library(quick_index.reports, quick_index.paragraphs)
    found = kinds.right(counts, ask(assistant, counts, lambda done, of: None), library)
    assert [name for name, is_right in found.items() if not is_right] == []
    assert kinds.table(counts, found)[1][:3] == ["count", "en", str(len(counts) // 2)]


def test_a_count_is_wrong_with_a_paragraph_too_many_or_in_another_mode() -> None:
    gold = [frozenset({"a#1"}), frozenset({"a#2"})]
    cited = [{"paragraph": "a#2"}, {"paragraph": "a#1"}]
    assert kinds.counted({"mode": "count", "citations": cited}, gold)
    assert not kinds.counted({"mode": "quotes", "citations": cited}, gold)
    assert not kinds.counted({"mode": "count", "citations": cited[:1]}, gold)
    assert not kinds.counted({"mode": "count", "citations": [*cited, cited[0]]}, gold)
    assert kinds.counted({"mode": "count", "citations": []}, [])
