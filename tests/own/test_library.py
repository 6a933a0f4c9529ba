"""The reader's own reports: what is recognised, adding, removing, and that nothing changes where that fails."""

import os
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_index import FakeEmbedder, ferry_paragraphs, indexed
from making import make_encrypted_pdf
from typer.testing import CliRunner

from rag.__main__ import app
from rag.assistant import Assistant
from rag.build import build
from rag.errors import ReportError, SettingError
from rag.index import open_index
from rag.index.generations import current
from rag.lexicon import Lexicon
from rag.own import library as own
from rag.own.jobs import LISTED, Numbering, numberings, recognise, reindex
from rag.own.library import Facts, safe_name
from rag.own.limited import Limits, Stopped
from rag.records import Paragraph
from rag.settings import Settings

TEXT = "联合国\n\nA/99/777\n\n2033年3月12日\n\n河流渡船安全\n\n秘书长的报告\n\n" + "\n\n".join(
    f"{n}. 第{n}艘渡船载客{n * 113}人渡过激流河，船员接受了夜航培训。" for n in (1, 2, 3, 5, 6, 6)
)


class Counting(FakeEmbedder):
    """Counts the texts it is given."""

    given: list[str]

    def vectors(self, texts: Sequence[str], progress: Any = None) -> np.ndarray:
        self.given.extend(texts)
        return super().vectors(texts, progress)


@pytest.fixture
def embedder() -> Counting:
    return Counting(given=[])


@pytest.fixture
def settings(tmp_path: Path, embedder: Counting, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two reports that do not exist in an index, jobs run in this process with an embedder that needs no model."""
    monkeypatch.setattr(Lexicon, "load", lambda: lexicon)
    indexed(ferry_paragraphs(), tmp_path / "index", embedder, lexicon)
    embedder.given.clear()
    monkeypatch.setattr("rag.models.embedder.load", lambda *given: embedder)
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *given: embedder.fingerprint)
    made = Settings(index=tmp_path / "index", reports=tmp_path / "none", embedder="fake")

    def here(job: str, given: Mapping[str, Any], limits: Limits) -> Generator[Any, None, Any]:
        yield from ()
        if job == "read":
            return recognise(Path(given["path"]))
        return reindex(made, given["file"] and Path(given["file"]), given["without"], lambda *news: None)

    monkeypatch.setattr(own, "run", here)
    return made


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "渡船#1.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def result_of(work: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def previewed(path: Path, settings: Settings) -> own.Preview:
    seen: own.Preview = result_of(own.preview(path, settings, open_index(settings.index)))
    return seen


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_preview_tells_what_was_recognised(report: Path, settings: Settings) -> None:
    seen = previewed(report, settings)
    assert seen.facts == Facts("河流渡船安全", "A/99/777", "2033")
    assert seen.numbering == (Numbering("main", 6, 1, 6, (4,), (6,)),)
    assert (seen.language, seen.file) == ("zh", "渡船_1.txt")
    assert seen.excerpts[0] == ("1", "第1艘渡船载客113人渡过激流河，船员接受了夜航培训。")
    own.discard(seen)
    assert not seen.path.parent.exists()


def test_a_report_is_read_in_a_process_of_its_own_within_its_time(report: Path, tmp_path: Path) -> None:
    index: Any = type("None_", (), {"reports": {}})()
    plain = Settings(index=tmp_path / "index")
    assert result_of(own.preview(report, plain, index)).facts.symbol == "A/99/777"
    hurried = own.preview(report, replace(plain, read_seconds=0.01), index)
    with pytest.raises(ReportError, match=r"took longer to read than 0\.01 s; split it"):
        result_of(hurried)


def test_an_added_report_is_found_by_what_its_reader_said_of_it_and_goes_again(
    report: Path, settings: Settings, embedder: Counting
) -> None:
    before = open_index(settings.index).name
    facts = Facts("Safety “of” \\ferries", "A/99/778", "2034")
    result_of(own.add(previewed(report, settings), facts, settings))
    index = open_index(settings.index)
    added = index.reports["A/99/778"]
    assert (added.titles, added.years, added.file) == ({"zh": facts.title}, (2034,), "渡船_1.txt")
    assert index.paragraph("A/99/778#6-2")
    assert own.own_reports(settings, index) == [added]
    assert embedder.given
    assert all("渡船" in text or "A/99" in text or "秘书长" in text or len(text) < 12 for text in embedder.given)
    embedder.given.clear()
    result_of(own.remove("A/99/778", settings))
    assert open_index(settings.index).name == before
    assert embedder.given == []
    assert not list(own.folder_of(settings).glob("*.txt"))


def test_a_question_being_answered_keeps_its_index_when_another_takes_its_place(
    report: Path, settings: Settings
) -> None:
    assistant = Assistant(settings)
    asking = assistant.as_chosen().stream("渡船载客多少人？")
    next(asking)
    result_of(own.add(previewed(report, settings), Facts("", "A/99/777", ""), settings))
    assistant.reopen()
    *_, answer = asking
    assert "A/99/777" not in {hit.paragraph.report for hit in answer.hits}
    assert "A/99/777" in {hit.paragraph.report for hit in assistant.search("渡船载客多少人？", 20)}
    result_of(own.remove("A/99/777", settings))
    assistant.reopen()
    assert "A/99/777" in assistant.reports  # an answer given before may cite it
    assert "A/99/777" not in assistant.index.reports


def test_a_build_keeps_own_reports_with_what_was_said_of_them(report: Path, settings: Settings) -> None:
    result_of(own.add(previewed(report, settings), Facts("渡船", "", ""), settings))
    folder = settings.index.parent / "reports"
    folder.mkdir()
    (folder / "渡船_1.txt").write_text("另一份报告说，河上有灯。\n\n灯是新的。", encoding="utf-8")  # of the same name
    build(replace(settings, reports=folder), lambda what, done, of: None)
    titles = {report.id: report.titles for report in open_index(settings.index).reports.values()}
    assert titles == {"渡船_1": {}, "渡船_1.txt": {"zh": "渡船"}}


def test_the_reports_that_came_with_the_index_stay(settings: Settings) -> None:
    with pytest.raises(SettingError, match="A/99/123 is not one of your own"):
        result_of(own.remove("A/99/123", settings))
    assert "A/99/123" in open_index(settings.index).reports


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param(Facts("", "a b", ""), "no symbol", id="blank"),
        pytest.param(Facts("", "A/1#2", ""), "no symbol", id="sign of an id"),
        pytest.param(Facts("", "", "21"), "no year", id="year"),
        pytest.param(Facts("", "A/99/123", ""), "is here already", id="another's symbol"),
    ],
)
def test_facts_that_cannot_be_are_refused_and_change_nothing(facts: Facts, said: str, settings: Settings) -> None:
    path = settings.index.parent / "report.txt"
    path.write_text("1. Ferries sank again.\n\n2. Lamps were lit.", encoding="utf-8")
    seen, before = previewed(path, settings), open_index(settings.index).name
    with pytest.raises(ReportError, match=said):
        result_of(own.add(seen, facts, settings))
    assert open_index(settings.index).name == before
    assert not list(own.folder_of(settings).glob("*.txt"))


def test_the_same_file_and_the_same_report_are_refused_by_name(report: Path, settings: Settings) -> None:
    seen = previewed(report, settings)
    result_of(own.add(seen, seen.facts, settings))
    with pytest.raises(ReportError, match=r"渡船_1-2\.txt: is here already, as A/99/777; remove that one first"):
        previewed(report, settings)
    report.write_text(TEXT + "\n\n7. 另一版。", encoding="utf-8")
    with pytest.raises(ReportError, match="is here already"):
        previewed(report, settings)


def test_indexing_that_fails_or_is_left_changes_nothing(
    report: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = previewed(report, settings)
    before = {**everything(current(settings.index)), "CURRENT": (settings.index / "CURRENT").read_bytes()}

    def stops(*given: Any) -> Generator[Any, None, Any]:
        yield "working"
        raise Stopped("crash")

    monkeypatch.setattr(own, "run", stops)
    with pytest.raises(ReportError, match="The index could not be written"):
        result_of(own.add(seen, seen.facts, settings))
    left = own.add(seen, seen.facts, settings)
    next(left)
    left.close()
    assert {**everything(current(settings.index)), "CURRENT": (settings.index / "CURRENT").read_bytes()} == before
    assert not list(own.folder_of(settings).glob("*.txt"))
    assert seen.path.is_file()  # so that its reader may try again


def test_a_file_over_the_limit_is_refused_before_it_is_copied(tmp_path: Path, settings: Settings) -> None:
    large = tmp_path / "large.txt"
    large.touch()
    os.truncate(large, 50_000_001)
    with pytest.raises(ReportError, match=r"large\.txt: 50,000,001 bytes, over the limit of 50,000,000"):
        previewed(large, settings)


@pytest.mark.parametrize("why", ["time", "memory", "crash"])
def test_a_reader_that_was_stopped_is_told_with_the_file_and_a_way_out(
    why: Any, report: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*given: Any) -> Generator[Any, None, Any]:
        yield "working"
        raise Stopped(why)

    monkeypatch.setattr(own, "run", stops)
    with pytest.raises(ReportError, match=r"^渡船_1\.txt: .+; .+plain text$"):
        previewed(report, settings)


@given(st.text(max_size=300), st.sets(st.sampled_from(["a.txt", "report", "report-2"])))
def test_a_safe_name_names_one_file_in_its_folder(name: str, taken: set[str]) -> None:
    safe = safe_name(name, taken)
    assert Path(safe).name == safe
    assert safe not in taken
    assert not safe.startswith((".", "~"))
    assert not set(safe) & set('#/\\:*?"<>|\n\0')
    assert len(safe.encode()) < 255


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_numbers_found_missing_and_repeated_add_up(numbers: list[int]) -> None:
    paragraphs = [Paragraph("x", "main", f"{n}-{i}", i, "t", "en", str(n)) for i, n in enumerate(numbers)]
    (found,) = numberings(paragraphs)
    missing = [n for n in range(1, max(numbers)) if n not in numbers]
    assert list(found.missing) == missing[: len(found.missing)]
    assert len(found.missing) == min(len(missing), LISTED + 1)
    assert set(found.repeated) <= {n for n in numbers if numbers.count(n) > 1}
    assert (found.count, found.first, found.last) == (len(numbers), min(numbers), max(numbers))


def test_an_encrypted_pdf_is_refused_by_name(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "locked.pdf"
    make_encrypted_pdf(path, "1. Secret.", "en")
    with pytest.raises(ReportError, match=r"locked\.pdf: is encrypted"):
        previewed(path, settings)


def test_the_command_line_adds_a_report_and_says_how_to_remove_it(
    report: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.manage.read_settings", lambda **flags: settings)
    invoked = CliRunner()
    asked = invoked.invoke(app, ["add", str(report)], input="n\n")
    assert asked.exit_code == 1
    assert "main: 1 to 6; missing: 4; more than once: 6" in asked.output
    assert "A/99/777" not in open_index(settings.index).reports
    added = invoked.invoke(app, ["add", str(report), "--yes"])
    command = re.search(r"Added A/99/777\. Remove it again with: rapporteur remove (\S+)\n", added.output)
    assert command, added.output
    assert "A/99/777" in open_index(settings.index).reports
    assert invoked.invoke(app, ["remove", command[1]]).exit_code == 0
    assert "A/99/777" not in open_index(settings.index).reports
