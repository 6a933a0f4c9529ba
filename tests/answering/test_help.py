"""rag.answering.help: what the tool says of itself."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_index import FakeEmbedder, ferry_paragraphs, indexed

from rag.answering.help import answer_help, tell
from rag.checking.passages import MARKER
from rag.data import table
from rag.index import Index
from rag.page.export import as_docx, as_markdown
from rag.page.markup import answer_html
from rag.present import answer_json, answer_text
from rag.question import Question
from rag.records import LANGUAGES, Language, Verdict
from rag.settings import Settings

LOCAL = Settings(llm="none")
KINDS = sorted({*table("about.toml")["courtesies"], *table("about.toml")["wordings"]})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_answer_in_either_language(quick_index: Index, kind: str, language: Language) -> None:
    told = tell(kind, language, quick_index, LOCAL)
    assert told.strip() == told
    assert not MARKER.search(told)
    assert language == "zh" or not re.search("[一-龥]", told)
    assert language == "en" or re.search("[一-龥]{2}", told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_are_listed_from_the_index_the_oldest_first(quick_index: Index, language: Language) -> None:
    first, *lines = tell("reports", language, quick_index, LOCAL).splitlines()
    assert str(len(quick_index.paragraphs)) in first
    years = [year for line in lines for year in re.findall(r"[(（](\d{4})[)）]", line)]
    assert len(lines) == len(years) == len(quick_index.reports)
    assert years == sorted(years)
    for report in quick_index.reports.values():
        size = sum(each.report == report.id for each in quick_index.paragraphs)
        (line,) = [
            each for each in lines if (report.symbol or report.titles[language][:20]) in each or report.name in each
        ]
        assert str(size) in line
        assert "《《" not in line


def test_a_report_without_title_or_year_is_listed_by_its_name(tmp_path: Path) -> None:
    index = indexed(ferry_paragraphs(), tmp_path, FakeEmbedder())
    told = tell("reports", "en", index, LOCAL)
    assert "– A/99/123, “Safety of river ferries” (–); paragraphs: 3" in told
    assert "– crews" in told


def test_what_is_said_of_models_and_the_network_is_what_the_settings_say(quick_index: Index) -> None:
    say = lambda kind, **of: tell(kind, "en", quick_index, replace(LOCAL, **of))  # noqa: E731
    assert "multilingual-e5-small" in say("model")
    assert "no language model" in say("model")
    assert "big.gguf" in say("model", llm="/models/big.gguf")
    assert "/models" not in say("model", llm="/models/big.gguf")
    assert "no language model" not in say("model", llm="/models/big.gguf")
    assert "team-model" in say("model", llm="http://host:8000/v1", llm_model="team-model")
    assert "Nothing is sent" in say("privacy")
    served = say("privacy", llm="http://someone:secret@host:8000/v1")
    assert "server host" in served
    assert "secret" not in served
    assert "Nothing is sent" not in served


def test_every_verdict_is_explained(quick_index: Index) -> None:
    assert tell("checks", "en", quick_index, LOCAL).count("\n– ") == len(Verdict)


@pytest.mark.parametrize("asked", ["What can you do?", "你能做什么？"])
def test_no_view_of_help_speaks_of_sources_or_paragraphs_found(quick_index: Index, asked: str) -> None:
    answer = answer_help("abilities", Question.of(asked), quick_index, LOCAL)
    assert (answer.mode, answer.abstained, answer.citations, answer.hits) == ("help", False, (), ())
    html, text = answer_html(answer, quick_index.reports, "", 0), answer_text(answer, quick_index.reports)
    assert text == answer.text
    assert "sources" not in html
    assert "<details><summary>" not in html
    assert as_markdown([answer], quick_index.reports).strip().endswith(answer.text.splitlines()[-1].replace("#", "\\#"))
    assert as_docx([answer], quick_index.reports)
    form = answer_json(answer, quick_index.reports)
    assert (form["mode"], form["citations"], form["hits"], form["models"]["llm"]) == ("help", [], [], None)
