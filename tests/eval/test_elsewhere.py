"""Documents on other subjects and small talk: their files can be scored, and the command says what became of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from eval_toy import PARAGRAPHS, REPORTS, typed
from made_index import FakeEmbedder, indexed

from eval import elsewhere
from eval.questions import QUESTIONS, TUNING, read_questions
from eval.scoring import Library
from eval.validation import problems
from rag.errors import BatchError
from rag.lexicon import Lexicon
from rag.reports import read_folder

HALVES = [half for half in get_args(elsewhere.Half) if elsewhere.files(half)[1].exists()]


@pytest.mark.parametrize("half", HALVES)
def test_every_question_can_be_scored_on_the_documents_of_its_half(half: elsewhere.Half) -> None:
    documents, questions, _ = elsewhere.files(half)
    read = list(read_folder(documents))
    library = Library({each.report.id: each.report for each in read}, [p for each in read for p in each.paragraphs])
    asked = read_questions(questions)
    assert list(problems(asked, library, questions)) == []
    assert sum(each.lang == "zh" for each in asked) * 2 == len(asked)
    assert sum(each.answerable for each in asked) >= 44
    assert sum(not each.answerable for each in asked) >= 16


@pytest.mark.parametrize("half", HALVES)
def test_a_half_has_two_documents_in_each_language_alone_and_each_is_known_by_its_symbol(half: elsewhere.Half) -> None:
    reports = [each.report for each in read_folder(elsewhere.files(half)[0])]
    assert sorted(each.language for each in reports) == ["en", "en", "zh", "zh"]
    assert all(each.symbol for each in reports)


@pytest.mark.parametrize("half", [half for half in HALVES if elsewhere.files(half)[2].exists()])
def test_small_talk_is_half_chinese_and_of_every_kind(half: elsewhere.Half) -> None:
    talk = elsewhere.read_talk(elsewhere.files(half)[2])
    assert len(talk) == len({each.id for each in talk}) == 60
    assert sum(each.lang == "zh" for each in talk) == 30
    assert {each.kind for each in talk} == set(get_args(elsewhere.Kind))


def test_no_question_is_in_two_files() -> None:
    files = [QUESTIONS, TUNING, *(path for half in HALVES for path in elsewhere.files(half)[1:] if path.exists())]
    asked = [(line["question"].strip().lower(), file) for file in files for line in _lines(file)]
    where: dict[str, set[Path]] = {}
    for text, file in asked:
        where.setdefault(text, set()).add(file)
    assert {text: found for text, found in where.items() if len(found) > 1} == {}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("line", "became"),
    [
        pytest.param(None, "error", id="no answer"),
        pytest.param({"abstained": True, "mode": "quotes", "confidence": "sure"}, "refused", id="refused"),
        pytest.param({"abstained": False, "mode": "help", "confidence": "sure"}, "help", id="help"),
        pytest.param({"abstained": False, "mode": "quotes", "confidence": "unsure"}, "unsure", id="under a caveat"),
        pytest.param({"abstained": False, "mode": "quotes", "confidence": "sure"}, "quoted", id="quoted"),
        pytest.param({"abstained": False, "mode": "llm", "confidence": "sure"}, "quoted", id="written"),
        pytest.param({"abstained": False, "mode": "count", "confidence": "sure"}, "quoted", id="counted"),
    ],
)
def test_what_became_of_a_question(line: Mapping[str, Any] | None, became: str) -> None:
    assert elsewhere.outcome(line) == became


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param({"id": "x", "lang": "en", "kind": "world"}, 'no "question"', id="nothing asked"),
        pytest.param({"id": "x", "lang": "fr", "kind": "world", "question": "Oui ?"}, "lang 'fr'", id="language"),
        pytest.param({"id": "x", "lang": "en", "kind": "chat", "question": "Hi"}, "kind 'chat'", id="kind"),
    ],
)
def test_a_bad_line_of_small_talk_is_named(tmp_path: Path, line: Mapping[str, str], said: str) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(BatchError, match=f"line 1: .*{said}"):
        elsewhere.read_talk(file)


DOCUMENT = "A/99/1\n\n1. Lighthouses burn 14 tons of oil a year.\n\n2. The keeper of Cape Moss retired.\n"
ASKED = [
    {
        "id": "l-1-zh",
        "question": "灯塔一年烧多少吨油？",
        "gold": [{"report": "A/99/1", "number": "1"}],
        "facts": [["14"]],
    },
    {"id": "l-2-en", "question": "Who bought the moon?"},
]
TALK = [
    {"id": "s-1", "lang": "en", "kind": "world", "question": "What is the capital of France?"},
    {"id": "s-2", "lang": "zh", "kind": "tool", "question": "你是谁？"},
]


@pytest.fixture
def toy(tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index of two toy reports, and a tuning half of one document, two questions and two lines of small talk."""
    monkeypatch.setattr(elsewhere, "FOLDER", tmp_path / "elsewhere")
    monkeypatch.setattr(Lexicon, "load", lambda: lexicon)
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: FakeEmbedder())
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: FakeEmbedder().fingerprint)
    documents, questions, talk = elsewhere.files("tuning")
    documents.mkdir(parents=True)
    (documents / "lights.txt").write_text(DOCUMENT, encoding="utf-8")
    for file, lines in ((questions, ASKED), (talk, TALK)):
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    of = [(report, [p for p in PARAGRAPHS if p.report == report.id]) for report in REPORTS.values()]
    indexed(of, tmp_path / "index", FakeEmbedder(), lexicon)
    return tmp_path


def test_the_command_prints_and_keeps_how_questions_and_small_talk_were_answered(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = toy / "kept.json"
    assert typed(monkeypatch, "elsewhere", "--index", toy / "index", "--json", kept, "--wrong") == 0
    shown = capsys.readouterr().out
    assert "over_refusal" in shown
    assert "other language" in shown
    assert "share quoted" in shown
    read = json.loads(kept.read_text("utf-8"))
    assert [each["direction"] for each in read["questions"]] == ["zh→en", ""]
    assert read["figures"]["other language"]["over_refusal"]["n"] == 1
    assert "over_refusal" not in read["figures"]["same language"]
    assert [each["kind"] for each in read["small_talk"]] == ["world", "tool"]
    assert {each["outcome"] for each in read["small_talk"]} <= set(get_args(elsewhere.Outcome))


def test_the_test_half_is_said_to_be_for_the_last_look(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "elsewhere", "--half", "test", "--index", toy / "index") == 2
    assert "last look" in capsys.readouterr().err
    assert typed(monkeypatch, "elsewhere", "--half", "dev") == 2
