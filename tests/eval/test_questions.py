"""Questions files: what is read, which paragraphs gold names, and what each bad line is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from eval_toy import LIBRARY, LINES, PARAGRAPHS, REPORTS

from eval import validation
from eval.questions import gold_of, parse_question, read_questions
from rag.errors import BatchError


def gold(entry: Any) -> tuple[frozenset[str], ...]:
    question = parse_question({"id": "q", "question": "What?", "type": "factoid", "gold": [entry]})
    return gold_of(question, REPORTS, PARAGRAPHS)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestGold:
    @pytest.mark.parametrize(
        ("entry", "ids"),
        [
            pytest.param({"report": "S/2021/1", "part": "main", "number": "1"}, {"S/2021/1#1"}, id="report"),
            pytest.param({"file": "000_a.txt", "number": "1"}, {"S/2021/1#1"}, id="file"),
            pytest.param({"file": "000_a", "number": "1"}, {"S/2021/1#1"}, id="file without its ending"),
            pytest.param({"report": "S/2021/1", "number": "24"}, {"S/2021/1#24"}, id="the first printed 24"),
            pytest.param({"report": "S/2021/1", "number": "24-2"}, {"S/2021/1#24-2"}, id="the second printed 24"),
            pytest.param(
                {"report": "A/70/2", "part": "annex-table", "body": "乙署", "row": "马里"},
                {"A/70/2#annex-table-2"},
                id="a row under its body",
            ),
            pytest.param(
                {"report": "A/70/2", "part": "annex-table", "row": "尼泊尔"},
                {"A/70/2#annex-table-3"},
                id="the only such row",
            ),
            pytest.param({"paragraph": "A/70/2#5"}, {"A/70/2#5"}, id="an id"),
            pytest.param({"paragraph": "S/2021/1, para. 2"}, {"S/2021/1#2"}, id="a printed form"),
            pytest.param(
                [{"report": "S/2021/1", "number": "1"}, {"report": "A/70/2", "number": "5"}],
                {"S/2021/1#1", "A/70/2#5"},
                id="interchangeable",
            ),
        ],
    )
    def test_entries(self, entry: Any, ids: set[str]) -> None:
        assert gold(entry) == (frozenset(ids),)

    def test_gold_that_is_not_in_the_index_is_named_with_the_mending_command(self) -> None:
        with pytest.raises(BatchError, match=r'gold .*"99".* is not in the index.*python -m eval validate'):
            gold({"report": "S/2021/1", "number": "99"})

    def test_a_row_label_of_two_bodies_asks_for_the_body(self) -> None:
        with pytest.raises(BatchError, match=r'names 2 rows.*"body"'):
            gold({"report": "A/70/2", "part": "annex-table", "row": "马里"})


class TestBadLines:
    GOOD = json.dumps(LINES[0])

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            pytest.param("{", r"line 2: not JSON in UTF-8 .*Mend or delete", id="malformed"),
            pytest.param("[1]", "line 2: not a JSON object", id="not an object"),
            pytest.param('{"id": "x"}', 'line 2: no "question"', id="no question"),
            pytest.param('{"id": "x", "question": " "}', 'line 2: no "question"', id="blank question"),
            pytest.param(GOOD, "line 2: id 'p1-en' is already line 1's", id="duplicate id"),
            pytest.param(
                '{"id": "x", "question": "a", "type": "riddle"}', "line 2: \"type\" is 'riddle'. Types are", id="type"
            ),
            pytest.param(
                '{"id": "x", "question": "a", "type": "factoid"}',
                "line 2: a factoid question has no gold",
                id="no gold",
            ),
            pytest.param(
                '{"id": "x", "question": "a", "type": "unanswerable_off", "facts": [["b"]]}',
                "line 2: an unanswerable_off question has gold or facts",
                id="unanswerable with facts",
            ),
            pytest.param(
                '{"id": "x", "question": "a", "gold": [{"page": 3}]}', "line 2: gold entry .* cannot be read", id="gold"
            ),
            pytest.param(
                '{"id": "x", "question": "a", "gold": [{"paragraph": "b"}], "facts": ["c"]}',
                'line 2: fact "c" cannot be read',
                id="fact",
            ),
            pytest.param(
                '{"id": "x", "question": "a", "history": "b"}', 'line 2: "history" is not a list', id="history"
            ),
            pytest.param(
                '{"id": "x", "question": "a", "gold": [{"paragraph": "b"}], "derived": [1]}',
                r'line 2: "derived" is \[1\]',
                id="derived",
            ),
            pytest.param(
                '{"id": "x", "question": "a", "type": "injection", "canary": [3]}',
                r"line 2: canary \[3\] cannot be read",
                id="canary",
            ),
            pytest.param('{"id": "x", "question": "a", "lang": "fr"}', "line 2: \"lang\" is 'fr'", id="language"),
        ],
    )
    def test_are_named_with_their_number(self, tmp_path: Path, line: str, told: str) -> None:
        with pytest.raises(BatchError, match=told):
            read_questions(written(tmp_path / "q.jsonl", self.GOOD, line))

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BatchError, match="cannot be read"):
            read_questions(tmp_path / "none.jsonl")

    def test_an_empty_file(self, tmp_path: Path) -> None:
        with pytest.raises(BatchError, match="holds no questions"):
            read_questions(written(tmp_path / "q.jsonl", ""))


class TestTables:
    CSV = "question,answer,paragraphs,facts\nHow many?,1 393,S/2021/1#1; A/70/2#5,1 393|1393; Mali\n谁？,,,\n"

    def test_a_csv_of_a_delegation(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.csv"
        path.write_text(self.CSV, encoding="utf-8")
        first, second = read_questions(path)
        assert gold_of(first, REPORTS, PARAGRAPHS) == (frozenset({"S/2021/1#1"}), frozenset({"A/70/2#5"}))
        assert first.facts == (("1 393", "1393"), ("Mali",))
        assert (second.lang, second.type, second.line) == ("zh", "unanswerable_off", 3)

    def test_an_xlsx_reads_the_same(self, tmp_path: Path) -> None:
        from openpyxl import Workbook

        book = Workbook()
        for row in (line.split(",") for line in self.CSV.splitlines()):
            book.active.append(row)
        book.save(tmp_path / "ours.xlsx")
        (tmp_path / "ours.csv").write_text(self.CSV, encoding="utf-8")
        sheet, text = (read_questions(tmp_path / name) for name in ("ours.xlsx", "ours.csv"))
        assert [(q.text, q.gold, q.facts) for q in sheet] == [(q.text, q.gold, q.facts) for q in text]

    @pytest.mark.parametrize("mark", [pytest.param(";", id="semicolons"), pytest.param("\t", id="tabs")])
    def test_a_csv_as_other_countries_write_it(self, tmp_path: Path, mark: str) -> None:
        path = tmp_path / "ours.csv"
        cells = ("Wie viele?", "1 393", '"S/2021/1#1; A/70/2#5"')
        path.write_text(mark.join(("question", "answer", "paragraphs")) + "\n" + mark.join(cells) + "\n", "utf-8-sig")
        (only,) = read_questions(path)
        assert gold_of(only, REPORTS, PARAGRAPHS) == (frozenset({"S/2021/1#1"}), frozenset({"A/70/2#5"}))

    def test_a_csv_in_another_encoding_says_how_to_save_it(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.csv"
        path.write_bytes("question,paragraphs\n谁？,\n".encode("gb18030"))
        with pytest.raises(BatchError, match=r"not UTF-8 .*Save it as CSV in UTF-8"):
            read_questions(path)

    def test_a_row_that_names_no_paragraph_of_the_index_is_named(self, tmp_path: Path) -> None:
        path = written(tmp_path / "ours.csv", "question,answer,paragraphs", "How?,1,S/2021/1#1", "Why?,2,S/2021/1#99")
        with pytest.raises(BatchError, match=r"ours.csv line 3: row-3: gold .*#99.* python -m eval validate"):
            [gold_of(each, REPORTS, PARAGRAPHS, path) for each in read_questions(path)]

    def test_other_columns_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(BatchError, match="line 1: the columns are a, b"):
            read_questions(written(tmp_path / "q.csv", "a,b", "1,2"))


class TestValidation:
    def problems(self, **changes: Any) -> list[str]:
        lines = [{**line, **changes} if line["id"] == "p1-en" else line for line in LINES]
        return list(validation.problems([parse_question(line) for line in lines], LIBRARY, Path("q.jsonl")))

    def test_a_good_set_has_none(self) -> None:
        assert self.problems() == []

    def test_a_fact_that_is_not_in_its_gold(self) -> None:
        assert any(
            "no form of fact 1 ('9 999') stands in its gold" in each for each in self.problems(facts=[["9 999"]])
        )

    def test_a_fact_that_is_marked_derived(self) -> None:
        found = self.problems(facts=[["9 999"]], derived=[0])
        assert not any("stands in its gold" in each for each in found)

    def test_words_copied_from_the_gold(self) -> None:
        copied = "Who destroyed 27 per cent of the ammunition it had found by the river?"
        assert any("copied from S/2021/1#2" in each for each in self.problems(question=copied))

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            pytest.param({}, 'an injection without "canary"', id="none"),
            pytest.param({"canary": ["1 393"]}, "its canary '1 393' stands in its gold", id="a right answer has it"),
        ],
    )
    def test_a_canary_that_tells_nothing(self, changes: Any, told: str) -> None:
        assert any(told in each for each in self.problems(type="injection", **changes))

    def test_halves_of_a_pair_that_differ(self) -> None:
        assert any("differ in type" in each for each in self.problems(type="list"))

    def test_a_pair_of_one_language(self) -> None:
        assert any("A pair is one in each language" in each for each in self.problems(lang="zh"))
