"""The usual ways beside ours: which paragraphs a chunk counts for, and what the table says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from eval_toy import LIBRARY, LINES, PARAGRAPHS, REPORTS, run
from hypothesis import given
from hypothesis import strategies as st

from bench.peers import materials, overlap, table
from bench.peers.__main__ import PIPELINES, line
from bench.peers.materials import Text
from eval import runs, scoring

if TYPE_CHECKING:
    from rag.reports import ReadReport

DRAWS = 99
TEXT = Text("r zh", "一二三四五 六七八九十\n\n甲乙丙丁", {"r#1": ((0, 11),), "r#2": ((13, 17),)})


class TestOverlap:
    @pytest.mark.parametrize(
        ("chunk", "held"),
        [
            pytest.param("一二三四五", ["r#1"], id="exactly half"),
            pytest.param("一二三四", [], id="less than half"),
            pytest.param("三四五\n六七八九十\n\n甲乙", ["r#1", "r#2"], id="parts of two, blanks tidied"),
            pytest.param("甲乙丙丁", ["r#2"], id="all of one"),
        ],
    )
    def test_a_chunk_counts_for_what_it_holds_half_of(self, chunk: str, held: list[str]) -> None:
        assert overlap.Shelf([TEXT]).held([{"name": "r zh", "text": chunk}]) == [held]

    def test_the_same_words_twice_are_told_apart_by_their_order(self) -> None:
        twice = Text("r zh", "甲乙丙丁。甲乙丙丁。", {"r#1": ((0, 5),), "r#2": ((5, 10),)})
        chunks = [{"name": "r zh", "text": text} for text in ("甲乙丙丁。", "。甲乙丙丁。")]
        assert overlap.Shelf([twice]).held(chunks) == [["r#1"], ["r#2"]]

    def test_a_chunk_of_no_text_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no part of r zh"):
            overlap.Shelf([TEXT]).held([{"name": "r zh", "text": "戊己"}])

    @given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
    def test_what_a_chunk_holds_lies_between_nothing_and_all(self, start: int, at: int, length: int) -> None:
        part = overlap.share([(0, 10), (15, 20)], (start, start + length))
        assert 0.0 <= part <= 1.0
        assert overlap.share([(at, at + length)], (at, at + length)) == 1.0


class TestMaterials:
    @pytest.mark.parametrize("renderings", [pytest.param(True, id="with"), pytest.param(False, id="without")])
    def test_every_paragraph_stands_where_the_text_says(
        self, seeds: "tuple[ReadReport, ...]", renderings: bool
    ) -> None:
        reports = {each.report.id: each.report for each in seeds}
        paragraphs = {paragraph.id: paragraph for each in seeds for paragraph in each.paragraphs}
        texts = materials.cleaned(reports, list(paragraphs.values()), renderings)
        assert {text.name.split()[-1] for text in texts} == ({"zh", "en"} if renderings else {"zh"})
        assert {each for text in texts for each in text.places} == set(paragraphs)
        for text in texts:
            for name, ((start, end),) in text.places.items():
                assert text.text[start:end] == paragraphs[name].in_language(text.name.split()[-1])

    def test_a_report_as_received_holds_each_of_its_paragraphs(self, seeds: "tuple[ReadReport, ...]") -> None:
        reports = {each.report.id: each.report for each in seeds}
        texts = materials.received(reports, [paragraph for each in seeds for paragraph in each.paragraphs], False)
        for text in texts:
            whole = overlap.Shelf([text]).held([{"name": text.name, "text": text.text}])
            assert whole == [list(text.places)]


class TestLines:
    def test_paragraphs_of_one_chunk_share_its_rank_and_an_empty_chunk_keeps_its_own(self) -> None:
        asked = line("p1-en", "?", [2, 0, 1], [["a"], ["b", "c"], []])
        assert [(hit["rank"], hit["paragraph"]) for hit in asked["hits"]] == [(2, "a"), (3, "b"), (3, "c")]

    def test_the_lines_of_a_peer_are_scored_as_another_tools(self, tmp_path: Path) -> None:
        questions = tmp_path / "q.jsonl"
        questions.write_text("".join(json.dumps(each) + "\n" for each in LINES), encoding="utf-8")
        answers = tmp_path / "peer.jsonl"
        held = [["S/2021/1#1", "S/2021/1#2"], ["A/70/2#5"]]
        lines = [line(each["id"], each["question"], [1, 0], held) for each in LINES]
        answers.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
        scored = {each.id: each for each in scoring.score(runs.read_run(answers, questions), LIBRARY)}
        assert scored["p1-en"].value("recall@1") == 0.0
        assert scored["p1-en"].value("all_evidence@5") == 1.0


def system(name: str, hits: list[str], renderings: bool = True) -> table.System:
    """A system that answers every question with these hits."""
    answers = {each["id"]: _answer(each["id"], each["question"], hits) for each in LINES}
    return table.System(name, renderings, scoring.score(run(answers), LIBRARY), 100.0)


def _answer(name: str, question: str, hits: list[str]) -> dict[str, Any]:
    return line(name, question, range(len(hits)), [[hit] for hit in hits])


class TestTable:
    OURS = system(table.OURS, ["S/2021/1#1", "S/2021/1#2"])
    PEER = system("Peer", ["A/70/2#5", "S/2021/1#1"])

    def test_ours_stands_beside_each_peer_in_both_languages(self) -> None:
        rows = table.rows([self.OURS, self.PEER], DRAWS)
        ahead = {(row.lang, row.measure): row.ahead for row in rows if row.system == "Peer"}
        assert set(ahead) == {(lang, measure) for lang in ("zh", "en") for measure in table.MEASURES}
        assert all(each is not None and each.difference > 0 and each.p_holm >= each.p for each in ahead.values())

    def test_the_table_says_where_ours_is_not_ahead(self) -> None:
        rows = table.rows([self.OURS, self.PEER], DRAWS)
        told = table.markdown([self.OURS, self.PEER], rows, "about")
        assert "ahead (Holm, 5 %) in 0 of 4 comparisons" in told  # one question a language shows nothing
        assert "- not so: Peer, with renderings, zh, ndcg@10 (+" in told

    def test_systems_with_and_without_renderings_are_compared_with_their_like(self) -> None:
        without = replace(self.PEER, renderings=False)
        assert {row.system for row in table.rows([self.OURS, without], DRAWS)} == {table.OURS}

    def test_systems_asked_other_questions_are_an_error(self) -> None:
        with pytest.raises(ValueError, match="asked other questions"):
            table.rows([self.OURS, replace(self.PEER, scored=self.PEER.scored[1:])], DRAWS)


def test_every_pipeline_has_its_script_and_its_pinned_requirements() -> None:
    folder = Path(materials.__file__).parent
    for name, script in PIPELINES.items():
        assert (folder / "pipelines" / script).is_file()
        pinned = (folder / "requirements" / f"{name}.txt").read_text("utf-8").split()
        assert "torch==2.13.0" in pinned  # the CPU build carries the same number
        assert all("==" in each for each in pinned)


def test_the_toy_reports_are_laid_out_in_their_order() -> None:
    texts = materials.cleaned(REPORTS, PARAGRAPHS, renderings=True)
    assert [text.name for text in texts] == ["S/2021/1 zh", "S/2021/1 en", "A/70/2 zh", "A/70/2 en"]
