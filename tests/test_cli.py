"""rag.__main__: the command line's contracts, in this process with a fake embedder and in children as users run it."""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from made_index import FakeEmbedder
from test_present import schema

from rag.__main__ import main
from rag.answering.retrieve import Retriever
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models import embedder as embedding
from rag.question import Question

SEEDS = Path(__file__).parents[1] / "seeds"
LOOK_UP = 3.0  # seconds; 1.0 is wanted: half of it is spent importing langchain_core before anything needs it
Rapporteur = Callable[..., "Done"]


class Done(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def rapporteur(
    quick_index: Index,
    lexicon: Lexicon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Rapporteur:
    """Runs a command in an empty folder, on the quick index unless another is named; the dictionary is read once."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RAPPORTEUR_")]:
        monkeypatch.delenv(name)
    about = quick_index.manifest["embedder"]
    monkeypatch.setenv("RAPPORTEUR_EMBEDDER", about["name"])
    monkeypatch.setenv("RAPPORTEUR_INDEX", str(quick_index.folder.parent))
    fake = FakeEmbedder(name=about["name"], fingerprint=about["fingerprint"])
    monkeypatch.setattr(embedding, "load", lambda *arguments: fake)
    monkeypatch.setattr(Lexicon, "load", lambda: lexicon)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["rapporteur", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


def refused(done: Done, *said: str) -> None:
    """The command ended as it must on input a user can mend."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("rapporteur: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    for each in said:
        assert each in done.err


@pytest.mark.parametrize(
    "question",
    ["S/2021/839第43段", "What does paragraph 24 of BMS7 say?", "How many firearms were seized?", "收缴了多少枪支？"],
)
def test_ask_keeps_its_contract(question: str, rapporteur: Rapporteur) -> None:
    done = rapporteur("ask", question, "--json")
    assert (done.code, done.err) == (0, "")
    schema("ask").validate(done.json)
    assert done.json["question"] == question
    assert len(done.json["hits"]) == 10


@pytest.mark.parametrize("k", [1, 3, 531, 600])
@pytest.mark.parametrize("question", ["S/2021/839第43段", "枪支"], ids=["look-up", "ordinary"])
def test_search_gives_exactly_k_hits_or_all_there_are(k: int, question: str, rapporteur: Rapporteur) -> None:
    done = rapporteur("search", question, "-k", str(k), "--json")
    schema("search").validate(done.json)
    hits = done.json["hits"]
    assert [hit["rank"] for hit in hits] == list(range(1, min(k, 531) + 1))
    assert len({hit["paragraph"] for hit in hits}) == len(hits)
    assert sorted((hit["score"] for hit in hits), reverse=True) == [hit["score"] for hit in hits]


def test_named_paragraphs_come_first_with_score_one(rapporteur: Rapporteur) -> None:
    hits = rapporteur("search", "A/CONF.192/BMS/2021/1 para. 24", "--json").json["hits"]
    symbol = "A/CONF.192/BMS/2021/1"
    assert [hit["paragraph"] for hit in hits[:3]] == [f"{symbol}#24", f"{symbol}#24-2", f"{symbol}#annex-24"]
    assert [hit["score"] for hit in hits[:4]][:3] == [1.0, 1.0, 1.0]
    assert hits[3]["score"] < 1.0


def test_what_is_printed_for_people_has_references_and_no_json(rapporteur: Rapporteur) -> None:
    answer = rapporteur("ask", "S/2021/839第43段")
    assert "[1] S/2021/839，第43段" in answer.out
    assert len(rapporteur("search", "枪支", "-k", "4").out.splitlines()) == 8


@pytest.mark.parametrize(
    ("form", "ids"),
    [
        ("S/2021/839#21", ["S/2021/839#21"]),
        ("S/2021/839，第21段", ["S/2021/839#21"]),
        ("BMS7 annex para 92", ["A/CONF.192/BMS/2021/1#annex-92"]),
        ("A/70/183#annex-table-17", ["A/70/183#annex-table-17"]),
    ],
)
def test_show_keeps_its_contract_in_every_printed_form(form: str, ids: list[str], rapporteur: Rapporteur) -> None:
    done = rapporteur("show", form, "--json")
    schema("show").validate(done.json)
    assert [each["paragraph"] for each in done.json] == ids
    assert ids[0] in rapporteur("show", form).out


def test_show_of_an_unknown_paragraph_offers_near_ids(rapporteur: Rapporteur) -> None:
    refused(rapporteur("show", "S/2021/839#99"), "'S/2021/839#99'", "S/2021/839#9", "rapporteur show")


@pytest.mark.parametrize(
    ("draft", "code", "said"),
    [
        ("“阻碍了和平努力”（S/2021/839，第9段）。", 0, "没有发现问题"),
        ("“阻碍了和平努力”（S/2021/839，第3段）。", 2, "不在所注之处，而在S/2021/839，第9段"),
        ("“hampered peace efforts” (S/2021/839, para. 9).", 0, "Nothing is wrong"),
        ("See S/2021/839, para. 900.", 2, "S/2021/839 has no paragraph 900"),
        ("We thank the Chair.", 0, "nothing to check"),
    ],
    ids=["zh right", "zh wrong paragraph", "en right", "en no such paragraph", "en nothing"],
)
def test_check_keeps_its_contract(draft: str, code: int, said: str, rapporteur: Rapporteur, tmp_path: Path) -> None:
    file = tmp_path / "draft.md"
    file.write_text(draft, "utf-8")
    done = rapporteur("check", str(file))
    assert (done.code, done.err) == (code, "")
    assert said in done.out
    printed = rapporteur("check", str(file), "--json")
    schema("check").validate(printed.json)
    assert (printed.code, printed.json["wrong"] > 0) == (code, code == 2)


def test_check_reads_what_is_piped_in(rapporteur: Rapporteur, monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.TextIOWrapper(io.BytesIO("“阻碍了和平努力”（S/2021/839，第9段）。我们赞同。".encode("gb18030")))
    monkeypatch.setattr(sys, "stdin", piped)
    assert "没有发现问题" in rapporteur("check", "-").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.md"], "nowhere.md: does not exist"),
        (["."], "folder"),
        (["draft.rtf"], "draft.rtf"),
        (["draft.txt", "--index", "nowhere"], "Build one with: rapporteur build --index nowhere"),
        ([], "rapporteur --help"),
    ],
    ids=["no file", "folder", "another kind", "no index", "nothing"],
)
def test_check_refuses_what_is_no_draft(
    arguments: list[str], said: str, rapporteur: Rapporteur, tmp_path: Path
) -> None:
    for name in ("draft.rtf", "draft.txt"):
        (tmp_path / name).write_text("x")
    refused(rapporteur("check", *arguments), said)


def test_check_says_so_where_no_nearest_paragraph_can_be_had(
    rapporteur: Rapporteur, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORTEUR_EMBEDDER", str(tmp_path / "nowhere"))
    (tmp_path / "draft.txt").write_text("“Whale numbers in all northern seas have risen.”", "utf-8")
    done = rapporteur("check", "draft.txt")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "not in the reports" in done.out


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "empty"),
        ([" \t "], "empty"),
        (["？！"], "empty"),
        (["a\ufffdb"], "binary"),
        (["枪" * 2001], "2,001 characters"),
        ([], "No question"),
        (["q", "-k", "0"], "k = 0 (flag)"),
        (["q", "-k", "many"], "-k"),
        (["q", "--report", "nowhere"], "No report 'nowhere'"),
        (["q", "--year", "1950"], "No report of 1950"),
        (["q", "--year", "soon"], "--year"),
        (["q", "--batch", "missing.jsonl"], "Give one of them"),
        (["--batch", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["--batch", "."], "cannot be read"),
        (["q", "--index", "nowhere"], "no index in nowhere. Build one with: rapporteur build --index nowhere"),
        (["q", "--embedder", "nowhere"], "nowhere"),
        (["q", "--nonsense"], "--nonsense"),
    ],
    ids=lambda value: " ".join(value)[:24] or "nothing" if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_that_says_what_to_do(
    command: str, arguments: list[str], said: str, rapporteur: Rapporteur
) -> None:
    refused(rapporteur(command, *arguments), said)


@pytest.mark.parametrize("arguments", [["nonsense"], ["show"], ["--nonsense"]])
def test_bad_usage_is_one_line(arguments: list[str], rapporteur: Rapporteur) -> None:
    refused(rapporteur(*arguments), "rapporteur --help")


def test_an_index_built_with_another_embedder_is_refused(
    rapporteur: Rapporteur, tmp_path: Path, quick_index: Index
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "modules.json").write_text("[{}]")
    refused(rapporteur("ask", "q", "--embedder", str(other)), "built with embedder", "rapporteur build")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "rapporteur"),
        ({"a.txt": b""}, "a.txt"),
        ({"a.txt": b" \n\n "}, "a.txt"),
        ({"a.pdf": b"no PDF"}, "a.pdf"),
        ({"a.docx": b"no DOCX"}, "a.docx"),
    ],
    ids=["no reports", "empty", "blank", "no PDF", "no DOCX"],
)
def test_reports_that_cannot_be_read_are_named(
    files: dict[str, bytes], said: str, rapporteur: Rapporteur, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    done = rapporteur("build", "--reports", str(folder), "--index", str(tmp_path / "index"))
    refused(Done(done.code, done.out, done.err.splitlines(keepends=True)[-1]), said)
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_build_reads_reports_and_says_when_nothing_changed(rapporteur: Rapporteur, tmp_path: Path) -> None:
    folder, index = tmp_path / "ferries", str(tmp_path / "index")
    folder.mkdir()
    (folder / "ferry.txt").write_bytes("渡船沉没，318人丧生。\n\n船员接受了夜航培训。\n".encode("gb18030"))
    first = rapporteur("build", "--reports", str(folder), "--index", index)
    again = rapporteur("build", "--reports", str(folder), "--index", index)
    assert (first.code, again.code) == (0, 0)
    assert "1 reports, 2 paragraphs" in first.out
    assert "Nothing changed" in again.out
    assert rapporteur("show", "ferry#p2", "--index", index, "--json").json[0]["text"] == "船员接受了夜航培训。"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("S/2021/839, para. 999", "S/2021/839 has no paragraph 999. It has paragraphs 1 to 86."),
        ("S/2021/839第999段说了什么？", "S/2021/839没有第999段，只有第1至86段。"),
        ("footnote 99 of S/2021/839", "S/2021/839 has no footnote 99. It has footnotes 1 to 18."),
    ],
)
def test_a_look_up_in_vain_is_refused_and_quotes_nothing(question: str, said: str, rapporteur: Rapporteur) -> None:
    answer = rapporteur("ask", question, "--json", "-k", "5").json
    schema("ask").validate(answer)
    assert (answer["abstained"], answer["answer"], answer["citations"]) == (True, said, [])
    assert {hit["report"] for hit in answer["hits"]} == {"S/2021/839"}


@pytest.mark.parametrize(
    ("question", "begins", "cited"),
    [
        ("S/2021/839的脚注3", "脚注原文：\nS/2021/839，第16段，脚注3：“分别见第 2584", ["16"]),
        (
            "paras. 85-90 of S/2021/839",
            "S/2021/839 has no paragraphs 87 to 90. It has paragraphs 1 to 86.\nThe 2",
            ["85", "86"],
        ),
        (
            "BMS7第24段，正文，不是附件",
            "这可以指2个段落，全文如下：\nA/CONF.192/BMS/2021/1，正文，第24段（编号重复，第1次）：“",
            ["24", "24-2"],
        ),
        ("paragraph 7 of UNODC's report of 2022", "The paragraph in full:\n“", ["7"]),
        ("S/2021/839第10至25段", "16个段落中的前10个：\nS/2021/839，第10段：“", [str(n) for n in range(10, 20)]),
    ],
)
def test_a_look_up_gives_exactly_what_it_names(
    question: str, begins: str, cited: list[str], rapporteur: Rapporteur
) -> None:
    answer = rapporteur("ask", question, "--json").json
    assert not answer["abstained"]
    assert answer["answer"].startswith(begins)
    assert [citation["number"] for citation in answer["citations"]] == cited
    assert all(citation["verdict"] == "found" for citation in answer["citations"])


def test_a_look_up_outside_the_filter_quotes_no_other_report(rapporteur: Rapporteur) -> None:
    answer = rapporteur("ask", "S/2021/839, para. 21", "--report", "A/70/183", "--json").json
    assert (answer["abstained"], answer["citations"]) == (True, [])
    assert answer["answer"] == "S/2021/839 is not among the reports looked in. They are: A/70/183."


def test_what_show_cannot_find_beside_what_it_can_is_told_on_stderr(rapporteur: Rapporteur) -> None:
    done = rapporteur("show", "S/2021/839, paras. 86-88")
    assert (done.code, "S/2021/839#86" in done.out) == (0, True)
    assert done.err == "S/2021/839 has no paragraphs 87 to 88. It has paragraphs 1 to 86.\n"


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_mended_word_is_told_with_the_answer(command: str, rapporteur: Rapporteur) -> None:
    form = rapporteur(command, "How many ilicit weapons were seized?", "--json").json
    schema(command).validate(form)
    assert form["searched_for"] == {"ilicit": "illicit"}
    done = rapporteur(command, "How many ilicit weapons were seized?")
    assert "Searched for “illicit” instead of “ilicit”." in done.out + done.err


BATCH = [
    (b'{"id": "a", "question": "S/2021/839\xe7\xac\xac43\xe6\xae\xb5", "gold": [], "type": "lookup"}', None),
    (b'{"id": "b", "question": ', "not JSON"),
    (b'{"id": "c"}', 'no "question"'),
    (b'{"id": 4, "question": ""}', "empty"),
    (b"[1, 2]", "not a JSON object"),
    (b'{"id": "\xff"}', "not JSON in UTF-8"),
    (b"[" * 20000, "not JSON"),
    (b'{"id": "d", "question": "q", "history": {"question": "x"}}', "history"),
    (b'{"id": "e", "question": "q", "history": ["x"]}', "history"),
    (b'{"id": "f", "question": "' + b"x" * 2001 + b'"}', "2,001 characters"),
    (b'{"question": "S/2021/839#43 \\ud800", "id": {"any": ["thing"]}}', None),
    (b'{"id": "g", "question": "And 2012?", "history": [{"question": "In 2021?", "answer": "x"}]}', None),
]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_batch_answers_every_good_line_in_order_and_names_every_bad_one(
    command: str, rapporteur: Rapporteur, tmp_path: Path
) -> None:
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes(b"\xef\xbb\xbf" + b"\n".join(line for line, _ in BATCH) + b"\r\n\n")
    done = rapporteur(command, "--batch", str(batch))
    assert done.code == 2
    assert len(done.lines) == len(BATCH)
    for n, (line, (_, error)) in enumerate(zip(done.lines, BATCH, strict=True), 1):
        schema("batch-error" if error else command).validate(line)
        if error:
            assert line["line"] == n
            assert error in line["error"]
            assert f"{batch} line {n}: {line['error']}" in done.err
    assert [line["id"] for line in done.lines] == [
        "a", None, "c", 4, None, None, None, "d", "e", "f", {"any": ["thing"]}, "g",
    ]  # fmt: skip
    assert len(done.err.splitlines()) == sum(error is not None for _, error in BATCH)


def test_a_good_batch_ends_well_and_a_questions_file_is_one(rapporteur: Rapporteur, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    questions = (Path(__file__).parents[1] / "eval" / "questions.jsonl").read_text("utf-8").splitlines()[:4]
    batch.write_text("\n".join(questions), "utf-8")
    done = rapporteur("ask", "--batch", str(batch), "-k", "2")
    assert (done.code, done.err) == (0, "")
    assert [line["id"] for line in done.lines] == [json.loads(question)["id"] for question in questions]
    assert all(len(line["hits"]) == 2 for line in done.lines)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_bug_that_one_line_of_a_batch_meets_is_that_lines_error(
    command: str, rapporteur: Rapporteur, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(self: Retriever, question: Question, *arguments: Any) -> Any:
        if question.text == "boom":
            raise KeyError("a\nbug")
        return find_as_it_is(self, question, *arguments)

    find_as_it_is = Retriever.find
    monkeypatch.setattr(Retriever, "find", find)
    batch = tmp_path / "batch.jsonl"
    batch.write_text('{"question": "boom", "id": "a"}\n{"question": "S/2021/839#2", "id": "b"}\n')
    done = rapporteur(command, "--batch", str(batch))
    bad, good = done.lines
    schema("batch-error").validate(bad)
    assert (done.code, bad["id"], bad["line"], good["id"]) == (2, "a", 1, "b")
    assert "unforeseen KeyError in test_cli.py line" in bad["error"]
    assert done.err.splitlines() == [f"rapporteur: {batch} line 1: {bad['error']}"]
    with pytest.raises(KeyError):  # asked alone, a bug is a bug
        rapporteur(command, "boom")


def test_batch_lines_are_flushed_one_by_one(
    rapporteur: Rapporteur, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = tmp_path / "batch.jsonl"
    batch.write_text('{"question": "S/2021/839#1"}\n{"question": "S/2021/839#2"}\n')
    flushed: list[str] = []

    class Watched(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    monkeypatch.setattr(sys, "stdout", Watched())
    rapporteur("search", "--batch", str(batch), "-k", "1")
    assert [text.count("\n") for text in flushed[:2]] == [1, 2]


def test_settings_come_from_flag_then_environment_then_file(
    rapporteur: Rapporteur, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hits(*flags: str) -> int:
        return len(rapporteur("search", "S/2021/839#1", "--json", *flags).json["hits"])

    (tmp_path / "rapporteur.toml").write_text("k = 3")
    assert hits() == 3
    monkeypatch.setenv("RAPPORTEUR_K", "4")
    assert hits() == 4
    assert hits("-k", "5") == 5
    (tmp_path / "rapporteur.toml").write_text("colour = 3")
    refused(rapporteur("search", "S/2021/839#1"), "'colour', which is no setting")


def test_filters_by_report_and_year_hold_for_every_hit(rapporteur: Rapporteur) -> None:
    by_report = rapporteur("search", "枪支", "--report", "BMS7", "--report", "A/67/176", "-k", "900", "--json").json[
        "hits"
    ]
    assert {hit["report"] for hit in by_report} == {"A/CONF.192/BMS/2021/1", "A/67/176"}
    assert len(by_report) == 154 + 41
    by_year = rapporteur("search", "枪支", "--year", "2012", "-k", "900", "--json").json["hits"]
    assert {hit["report"] for hit in by_year} == {"A/67/176"}


def test_doctor_tells_and_its_exit_code_says_whether_all_is_well(rapporteur: Rapporteur) -> None:
    well = rapporteur("doctor")
    assert well.code == 0
    assert "checksums right" in well.out
    ill = rapporteur("doctor", "--index", "nowhere")
    assert ill.code == 2
    assert "no index in nowhere" in ill.out


def child(*arguments: str, environment: dict[str, str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    """The processor seconds and result of a command in a fresh process; its last word is whether it imported torch.

    It has one thread, so that on an idle machine it takes as long by the clock; a busy one is no failure.
    """
    program = (
        "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr));"
        "from rag.__main__ import main; main()"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        pytest.param(["--help"], 0.5, id="help"),
        pytest.param(["show", "S/2021/839，第21段"], 1.0, id="show"),
        pytest.param(["ask", "S/2021/839第43段"], LOOK_UP, id="look-up by ask"),
        pytest.param(["search", "S/2021/839#43"], LOOK_UP, id="look-up by search"),
    ],
)
def test_a_cold_start_that_needs_no_model_is_quick_and_imports_no_torch(
    arguments: list[str], seconds: float, quick_index: Index
) -> None:
    environment = {
        "RAPPORTEUR_INDEX": str(quick_index.folder.parent),
        "RAPPORTEUR_EMBEDDER": quick_index.manifest["embedder"]["name"],
    }
    runs = [child(*arguments, environment=environment) for _ in range(3)]
    for _, done in runs:
        assert (done.returncode, done.stderr) == (0, "False\n")
    assert statistics.median(spent for spent, _ in runs) < seconds


def test_bytes_that_are_no_text_are_no_traceback(quick_index: Index) -> None:
    environment = {**os.environ, "RAPPORTEUR_INDEX": str(quick_index.folder.parent)}
    environment["RAPPORTEUR_EMBEDDER"] = quick_index.manifest["embedder"]["name"]
    program = [sys.executable, "-m", "rag", "search", b"S/2021/839#43 \xff\xfe", "--json"]
    done = subprocess.run(program, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    schema("search").validate(json.loads(done.stdout))
