"""Tests of the questions that no quotation answers, asked of the five reports."""

from pathlib import Path

import pytest
from made_index import FakeEmbedder

from eval import kinds
from eval.elsewhere import ask
from eval.questions import Question, read_questions
from eval.scoring import Library
from rag.assistant import Assistant
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models.embedder import Embedder
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


def test_most_overviews_and_changes_are_right(
    asked: list[Question],
    seed_index: Index,
    e5: Embedder,
    lexicon: Lexicon,
    model_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: e5)
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    assistant = Assistant(Settings(index=seed_index.folder.parent, cache=model_cache, llm="none"))
    of_reports = [each for each in asked if each.type in ("overview", "changes")]
    library = Library(seed_index.reports, seed_index.paragraphs)
    answers = ask(assistant, of_reports, lambda done, of: None)
    found = kinds.right(of_reports, answers, library)
    assert sum(found.values()) / len(found) >= 0.8
    assert {answers[each.id]["mode"] for each in of_reports} == {"overview"}


def test_an_overview_is_right_where_it_cites_most_of_what_it_should_and_mostly_nothing_else() -> None:
    gold = [frozenset({"a#1", "a#2"}), frozenset({"a#3"}), frozenset({"a#4"})]

    def right(mode: str, *cited: str) -> bool:
        return kinds.told({"mode": mode, "citations": [{"paragraph": each} for each in cited]}, gold)

    assert right("overview", "a#2", "a#3")
    assert right("overview", "a#1", "a#3", "b#1", "b#2")
    assert not right("overview", "a#1", "a#2")
    assert not right("overview", "a#1", "a#3", "b#1", "b#2", "b#3")
    assert not right("quotes", "a#1", "a#3")
    assert not right("overview")


def test_what_is_asked_of_the_tool_is_told_by_it(
    asked: list[Question], seed_index: Index, lexicon: Lexicon, e5: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: e5)
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: e5.fingerprint)
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    assistant = Assistant(Settings(index=seed_index.folder.parent, llm="none"))
    helps = [each for each in asked if each.type == "help"]
    library = Library(seed_index.reports, seed_index.paragraphs)
    found = kinds.right(helps, ask(assistant, helps, lambda done, of: None), library)
    assert [name for name, is_right in found.items() if not is_right] == []


def test_help_is_wrong_with_anything_quoted_or_found_or_as_a_refusal() -> None:
    line = {"mode": "help", "citations": [], "hits": [], "abstained": False}
    assert kinds.helped(line, [])
    for wrong in ({"mode": "quotes"}, {"citations": [{}]}, {"hits": [{}]}, {"abstained": True}):
        assert not kinds.helped({**line, **wrong}, [])


def test_a_count_is_wrong_with_a_paragraph_too_many_or_in_another_mode() -> None:
    gold = [frozenset({"a#1"}), frozenset({"a#2"})]
    cited = [{"paragraph": "a#2"}, {"paragraph": "a#1"}]
    assert kinds.counted({"mode": "count", "citations": cited}, gold)
    assert not kinds.counted({"mode": "quotes", "citations": cited}, gold)
    assert not kinds.counted({"mode": "count", "citations": cited[:1]}, gold)
    assert not kinds.counted({"mode": "count", "citations": [*cited, cited[0]]}, gold)
    assert kinds.counted({"mode": "count", "citations": []}, [])
