"""rag.present: answers, hits and paragraphs as JSON that keeps its contract and as plain text."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rag.index import Index
from rag.messages import message
from rag.page.markup import answer_html
from rag.present import answer_json, answer_text, hit_json, hit_text, paragraph_json, paragraph_text
from rag.records import Answer, Citation, Hit, Paragraph, Verdict

SCHEMAS = Path(__file__).parent / "schemas"
S21, TWICE, ROW, COUNTED = (
    "S/2021/839#21",
    "A/CONF.192/BMS/2021/1#24-2",
    "A/70/183#annex-table-17",
    "A/70/183#summary-1",
)


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


def paragraph(index: Index, paragraph_id: str) -> Paragraph:
    found = index.paragraph(paragraph_id)
    assert found is not None
    return found


def made_answer(index: Index, language: Any = "en", **changes: Any) -> Answer:
    first, second = paragraph(index, S21), paragraph(index, ROW)
    citations = (
        Citation(1, first, "758,000", "en", False, Verdict.FOUND, (0, 7), "758 000 件"),
        Citation(2, second, "墨西哥", "zh", True, Verdict.NUMBER_MISMATCH),
    )
    hits = tuple(Hit(paragraph(index, each), n, 1.0 / n) for n, each in enumerate((S21, ROW, TWICE, COUNTED), 1))
    fields = {
        "question": "How many?",
        "language": language,
        "text": "758,000 [1] [2]",
        "citations": citations,
        "hits": hits,
        "mode": "quotes",
        "abstained": False,
        "timings": {"retrieve": 1.23456, "answer": 2.0},
        "models": {"embedder": "fake", "llm": None},
        "index": index.name,
    }
    return Answer(**{**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"abstained": True, "citations": ()},
        {"understood": "How many in 2012?"},
        {"asked_in": "fr"},
        {"mode": "llm", "models": {"embedder": "fake", "llm": "qwen"}},
        {"llm_error": "the model failed"},
        {"hits": (), "citations": ()},
    ],
    ids=["quoted", "abstained", "follow-up", "a third language", "written", "model failed", "nothing found"],
)
def test_an_answers_json_keeps_its_contract(changes: dict[str, Any], quick_index: Index) -> None:
    form = answer_json(made_answer(quick_index, **changes), quick_index.reports, "q1")
    schema("ask").validate(form)
    assert json.loads(json.dumps(form, ensure_ascii=False)) == form
    assert form["id"] == "q1"
    assert ("understood" in form, "llm_error" in form) == ("understood" in changes, "llm_error" in changes)


def test_a_citation_says_where_it_is_from_as_the_contract_has_it(quick_index: Index) -> None:
    first, second = answer_json(made_answer(quick_index), quick_index.reports)["citations"]
    assert first == {
        "marker": 1,
        "paragraph": S21,
        "report": "S/2021/839",
        "file": "000_2474981921580e93.txt",
        "part": "main",
        "number": "21",
        "printed": "21",
        "quote": "758,000",
        "quote_language": "en",
        "official": False,
        "original": "758 000 件",
        "verdict": "found",
    }
    assert {"row", "body"} < set(second)
    assert second["verdict"] == "number-mismatch"


def test_the_schema_catches_what_breaks_the_contract(quick_index: Index) -> None:
    good = answer_json(made_answer(quick_index), quick_index.reports)
    row = good["citations"][1]
    for broken in (
        {**good, "extra": 1},
        {key: value for key, value in good.items() if key != "index"},
        {**good, "abstained": True},
        {**good, "hits": [{**good["hits"][0], "score": 1.5}]},
        {**good, "hits": [{**good["hits"][0], "row": "a"}]},
        {**good, "citations": [{key: value for key, value in row.items() if key != "row"}]},
        {**good, "citations": [{**row, "verdict": "fine"}]},
    ):
        assert not schema("ask").is_valid(broken)


def test_every_hit_and_paragraph_of_the_seeds_keeps_its_contract(quick_index: Index) -> None:
    reports = quick_index.reports
    hits = [hit_json(Hit(each, n, 0.5), reports, text=True) for n, each in enumerate(quick_index.paragraphs, 1)]
    schema("search").validate({"id": None, "question": "?", "hits": hits})
    schema("show").validate([paragraph_json(each, reports) for each in quick_index.paragraphs])
    assert {hit["paragraph"]: hit["text"] for hit in hits} == {each.id: each.text for each in quick_index.paragraphs}


def test_an_answer_reads_with_its_sources_in_its_language(quick_index: Index) -> None:
    english = answer_text(made_answer(quick_index), quick_index.reports)
    assert "[1] S/2021/839, para. 21 (found word for word; unofficial English rendering)" in english
    assert "[2] A/70/183, annex, table row 17 (" in english
    assert "REJECTED: a figure is not in the paragraph" in english
    chinese = answer_text(made_answer(quick_index, "zh"), quick_index.reports)
    assert "[1] S/2021/839，第21段 (逐字核对一致；非正式译文)" in chinese
    assert "出处：" in chinese


def test_a_source_cited_twice_is_listed_once(quick_index: Index) -> None:
    answer = made_answer(quick_index)
    twice = made_answer(quick_index, citations=(*answer.citations, *answer.citations))
    assert answer_text(twice, quick_index.reports) == answer_text(answer, quick_index.reports)


@pytest.mark.parametrize(("language", "title"), [("en", "Nearest paragraphs:"), ("zh", "最接近的段落：")])
def test_a_refusal_offers_the_nearest_paragraphs(language: str, title: str, quick_index: Index) -> None:
    refused = made_answer(quick_index, language, abstained=True, citations=())
    text = answer_text(refused, quick_index.reports)
    assert text.split(title)[1].count("A/") == 3
    assert ("printed twice; occurrence 2" if language == "en" else "编号重复，第2次") in text


def test_a_follow_up_says_how_it_was_understood(quick_index: Index) -> None:
    asked = made_answer(quick_index, understood="How many in 2012?")
    assert answer_text(asked, quick_index.reports).startswith("Understood as: How many in 2012?")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Searched for “lock” instead of “glock”. To search as typed, put the word in quotation marks."),
        ("zh", "检索的是“lock”而不是“glock”。要按原样检索，请给该词加引号。"),
    ],
)
def test_a_mended_word_is_told(language: str, said: str, quick_index: Index) -> None:
    asked = made_answer(quick_index, language=language, searched_for={"glock": "lock"})
    form = answer_json(asked, quick_index.reports)
    schema("ask").validate(form)
    assert form["searched_for"] == {"glock": "lock"}
    assert answer_text(asked, quick_index.reports).startswith(said)
    assert said in answer_html(asked, quick_index.reports, "", 0)


def test_a_hit_begins_with_its_text_in_the_questions_language(quick_index: Index) -> None:
    hit = Hit(paragraph(quick_index, S21), 3, 0.25)
    english, chinese = (hit_text(hit, quick_index.reports, language) for language in ("en", "zh"))
    assert english.startswith(" 3. S/2021/839, para. 21  [0.250]  S/2021/839#21\n    Data collected")
    assert "第21段" in chinese
    assert english.endswith(" …")
    assert english.count("\n") == 1


def test_a_paragraph_is_shown_with_headings_footnotes_cells_and_its_other_language(quick_index: Index) -> None:
    noted = next(each for each in quick_index.paragraphs if each.footnotes)
    shown = paragraph_text(noted, quick_index.reports)
    assert all(f"[{note.mark}] {note.text}" in shown for note in noted.footnotes)
    assert " > ".join(noted.headings) in shown
    assert noted.text in shown
    assert "(unofficial English rendering)" in shown
    row = next(each for each in quick_index.paragraphs if each.is_row and each.columns)
    cells = paragraph_text(row, quick_index.reports)
    assert all(f"{name}: {cell}" in cells for name, cell in (*row.columns, *row.translations["en"].columns))


def test_every_message_is_in_both_languages_with_the_same_values() -> None:
    for key, texts in tomllib.loads((files("rag.data") / "messages.toml").read_text("utf-8")).items():
        assert set(texts) == {"en", "zh"}, key
        assert (
            len({frozenset(name for _, name, _, _ in Formatter().parse(text) if name) for text in texts.values()}) == 1
        ), key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_verdict_has_words_of_its_own(language: str) -> None:
    assert len({message(f"verdict-{verdict}", language) for verdict in Verdict}) == len(Verdict)


def test_a_question_in_a_third_language_is_told_as_such(quick_index: Index) -> None:
    answer, said = made_answer(quick_index, asked_in="fr"), "Asked in French"
    assert answer_json(answer, quick_index.reports)["asked_in"] == "fr"
    assert answer_text(answer, quick_index.reports).startswith(said)
    assert said in answer_html(answer, quick_index.reports, "", 0)
    assert "Asked in" not in answer_html(made_answer(quick_index), quick_index.reports, "", 0)
