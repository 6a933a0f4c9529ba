"""Tests of whose words a quotation is said to be."""

from pathlib import Path

import pytest
from made_index import FakeEmbedder, indexed

from rag.answering.voice import asks_whose, kind_of, voice
from rag.assistant import Assistant
from rag.checking.passages import cite_quote
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import texts
from rag.page.export import as_markdown
from rag.page.markup import answer_html
from rag.present import answer_json, answer_text
from rag.question import Question
from rag.records import LANGUAGES, Citation, Language, Paragraph, Report, Voice
from rag.settings import Settings
from rag.text import sentences

SUMMARY = Report(
    "A/99/55", "s.txt", "en", "", "2" * 64, "A/99/55", {"en": "Ferry safety: Chair's summary"}, date="2033"
)
DECISION = Report("A/RES/99/8", "r.txt", "zh", "", "3" * 64, "A/RES/99/8", {"zh": "决议：内河渡船安全"}, date="2034")
MADE = [
    (
        SUMMARY,
        [
            Paragraph("A/99/55", "main", "1", 0, "Some States, liking lamps, proposed night ferries.", "en", "1"),
            Paragraph("A/99/55", "main", "2", 1, "Lamps are dear.", "en", "2"),
            Paragraph("A/99/55", "annex", "1", 2, "Ferries sank.", "en", "1", headings=("Annex", "Ferry declaration")),
            Paragraph("A/99/55", "annex", "2", 3, "Crews are tired.", "en", "2"),
            Paragraph("A/99/55", "annex-2", "1", 4, "A list of ports.", "en", "1", headings=("Annex II", "Ports")),
        ],
    ),
    (
        DECISION,
        [
            Paragraph("A/RES/99/8", "main", "1", 0, "大会鼓励会员国培训船员。", "zh", "1"),
            Paragraph("A/RES/99/8", "main", "2", 1, "请秘书长提出建议，并经有关国家同意。", "zh", "2"),
        ],
    ),
]


def whole(paragraph_id: str, index: Index, language: Language | None = None) -> Citation:
    """The citation of a paragraph's first sentence."""
    paragraph = index.paragraph(paragraph_id)
    assert paragraph is not None
    of = language or paragraph.language
    text = paragraph.in_language(of) or ""
    start, end = sentences(text, of)[0]
    return cite_quote(1, paragraph, text[start:end], of)


@pytest.fixture(scope="module")
def made(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(MADE, tmp_path_factory.mktemp("voices") / "index", FakeEmbedder(), lexicon)


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("A/99/55#1", Voice("Some States", "chair")),
        ("A/99/55#2", Voice("", "chair")),
        ("A/99/55#annex-1", Voice("", "outcome")),
        ("A/99/55#annex-2", Voice("", "outcome")),
        ("A/99/55#annex-2-1", None),
        ("A/RES/99/8#1", Voice("大会", "resolution")),
        ("A/RES/99/8#2", Voice("", "resolution")),
    ],
)
def test_whose_words_made_documents_have(paragraph: str, expected: Voice | None, made: Index) -> None:
    assert voice(whole(paragraph, made), made) == expected


@pytest.mark.parametrize(
    ("paragraph", "language", "expected"),
    [
        ("A/CONF.192/BMS/2021/1#annex-122", "en", Voice("some States", "outcome")),
        ("A/CONF.192/BMS/2021/1#annex-122", "zh", Voice("一些国家", "outcome")),
        ("A/CONF.192/BMS/2021/1#annex-25", "en", Voice("", "outcome")),
        ("A/CONF.192/BMS/2021/1#10", "en", Voice("", "meeting")),
        ("A/67/176#10", "en", Voice("The General Assembly", "secretary-general")),
        ("S/2021/839#45", "zh", Voice("", "secretary-general")),
        ("004_0cf6bfd787c3b7d3#60", "en", Voice("", "secretariat")),
    ],
)
def test_whose_words_the_reports_have(paragraph: str, language: Language, expected: Voice, quick_index: Index) -> None:
    assert voice(whole(paragraph, quick_index, language), quick_index) == expected


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who proposed night ferries?", True),
        ("Whose view is it that lamps are dear?", True),
        ("Is this agreed text?", True),
        ("Did the Secretary-General say that or some States?", True),
        ("谁提出开通夜航？", True),
        ("这是商定案文吗？", True),
        ("这是秘书长的话还是一些国家的意见？", True),
        ("谁的意见？", True),
        ("How many ferries sank in 2033?", False),
        ("Who chaired the meeting?", False),
        ("What did the Secretary-General recommend?", False),
        ("谁担任主席？", False),
        ("2033年沉没了多少渡船？", False),
    ],
)
def test_it_is_told_only_where_a_question_asks(question: str, asks: bool) -> None:
    assert asks_whose(Question.of(question)) is asks


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Implementation of the Political Declaration", ""),
        ("Follow-up to the outcome", ""),
        ("Political declaration", "outcome"),
        ("River safety: resolution / adopted by the General Assembly", "resolution"),
        ("Resolution 98/45", "resolution"),
        ("安全理事会第2220(2015)号决议", "resolution"),
        ("落实《政治宣言》", ""),
        ("第三次会议成果文件", "outcome"),
        ("内河渡船安全：秘书长的报告", "secretary-general"),
        ("主席的总结", "chair"),
        ("第三次缔约方会议的报告", "meeting"),
        ("Safety of river ferries", ""),
    ],
)
def test_titles_tell_what_a_text_is(title: str, kind: str) -> None:
    assert kind_of([title]) == kind


def test_every_kind_of_text_has_words(made: Index, quick_index: Index) -> None:
    from rag.data import table

    for kind in table("voice.toml")["texts"]:
        assert set(texts()[f"voice-{kind}"]) == set(LANGUAGES)


def test_an_answer_shows_whose_words_it_quotes(
    lexicon: Lexicon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: FakeEmbedder())
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: FakeEmbedder().fingerprint)
    monkeypatch.setattr("rag.answering.respond.judge", lambda *_: "sure")
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    one = indexed([(SUMMARY, MADE[0][1][:1])], tmp_path / "index", FakeEmbedder(), lexicon)
    assistant = Assistant(Settings(index=one.folder.parent, llm="none"))
    answer = assistant.ask("Who proposed night ferries?")
    assert any(each.voice == Voice("Some States", "chair") for each in answer.citations)
    told = "said by “Some States”, in the Chair’s text"
    shown = (answer_text, lambda answer, reports: answer_html(answer, reports, "", 0))
    assert all(told in show(answer, assistant.reports) for show in shown)
    assert told in as_markdown([answer], assistant.reports)
    voices = [each.get("voice") for each in answer_json(answer, assistant.reports)["citations"]]
    assert {"speaker": "Some States", "text": "chair"} in voices
    assert all(each.voice is None for each in assistant.ask("What are night ferries?").citations)
