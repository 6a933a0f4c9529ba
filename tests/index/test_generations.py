"""rag.index: generations on disk. A reader gets a complete one or is told which command builds it."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_index import FERRIES, FakeEmbedder, ferry_paragraphs, indexed

from rag.errors import IndexProblem
from rag.index import Index, build_index, open_index
from rag.index.generations import KEPT, MANIFEST, POINTER, is_complete
from rag.lexicon import Lexicon

LEXICON = Lexicon([], dict)
FLIPS = 6  # places in each file


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(ferry_paragraphs(), tmp_path_factory.mktemp("small") / "index", FakeEmbedder(), LEXICON)


@pytest.fixture
def copy(index: Index, tmp_path: Path) -> Path:
    return Path(shutil.copytree(index.folder.parent, tmp_path / "index"))


def everything(folder: Path) -> Any:
    """All that a reader can get out of an index."""
    opened = open_index(folder)
    store = opened.store
    legs = {
        name: (leg.places.tolist(), leg.scores(["crew", "船", "船员"]).tolist()) for name, leg in opened.legs.items()
    }
    return (
        opened.manifest,
        opened.reports,
        opened.paragraphs,
        store.views,
        [store.vector(n).tolist() for n in range(len(store.views))],
        legs,
    )


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def test_what_was_indexed_comes_back(index: Index) -> None:
    reports = ferry_paragraphs()
    assert list(index.reports.values()) == [report for report, _ in reports]
    assert list(index.paragraphs) == [paragraph for _, of_report in reports for paragraph in of_report]
    assert [index.paragraph(paragraph.id) for paragraph in index.paragraphs] == list(index.paragraphs)
    assert index.paragraph("A/99/123#9") is None
    assert set(index.legs) == {("en", "own"), ("en", "gloss"), ("zh", "own"), ("zh", "gloss")}


def test_the_seeds_come_back(quick_index: Index, seeds: Any) -> None:
    assert list(quick_index.reports.values()) == [read.report for read in seeds]
    assert list(quick_index.paragraphs) == [paragraph for read in seeds for paragraph in read.paragraphs]
    assert ("en", "rendering") in quick_index.legs


def test_building_twice_changes_nothing_and_needs_no_embedder(index: Index) -> None:
    before = {path: path.stat().st_mtime_ns for path in files(index.folder.parent)}

    def never() -> Any:
        raise AssertionError("loaded for nothing")

    built = build_index(
        ferry_paragraphs(), index.folder.parent, never, FakeEmbedder().fingerprint, LEXICON, lambda what, done, of: None
    )
    assert built == (index.name, False)
    assert {path: path.stat().st_mtime_ns for path in files(index.folder.parent)} == before


def test_the_same_reports_give_the_same_generation_in_another_folder(index: Index, tmp_path: Path) -> None:
    again = indexed(ferry_paragraphs(), tmp_path, FakeEmbedder(), LEXICON)
    assert again.name == index.name
    assert {paragraph.id for paragraph in again.paragraphs} == {paragraph.id for paragraph in index.paragraphs}


def test_another_paragraph_report_fact_or_embedder_gives_another_generation(index: Index, tmp_path: Path) -> None:
    fewer = [(FERRIES, ferry_paragraphs()[0][1][:2])]
    other_embedder = FakeEmbedder(fingerprint="1" * 64)
    names = [indexed(fewer, tmp_path / "a", FakeEmbedder(), LEXICON).name]
    names.append(indexed(ferry_paragraphs(), tmp_path / "b", other_embedder, LEXICON).name)
    assert len({index.name, *names}) == 3


def test_the_generation_before_is_kept_for_its_readers_and_older_ones_are_not(tmp_path: Path) -> None:
    reports = ferry_paragraphs()
    names = []
    for count in (1, 2, 3):
        names.append(indexed([(FERRIES, reports[0][1][:count])], tmp_path, FakeEmbedder(), LEXICON).name)
        os.utime(tmp_path / names[-1], (count, count))
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == set(names[-KEPT:])


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "delete", "append"])
def test_a_damaged_file_is_noticed_and_never_answers(damage: str, index: Index, copy: Path) -> None:
    whole = everything(copy)
    for path in files(copy):
        good = path.read_bytes()
        for place in sorted({len(good) * n // FLIPS for n in range(FLIPS if damage in {"flip", "truncate"} else 1)}):
            if damage == "delete":
                path.unlink()
            else:
                path.write_bytes(damaged(good, damage, place))
            answered = answer_or_problem(copy)
            if isinstance(answered, str):
                assert "rapporteur build" in answered
                assert "\n" not in answered
            else:  # blanks after a name or an object change nothing
                assert path.name in {POINTER, MANIFEST}, f"{path} {damage} at {place} went unnoticed"
                assert answered == whole
            path.write_bytes(good)
    assert everything(copy) == whole


def answer_or_problem(folder: Path) -> Any:
    try:
        return everything(folder)
    except IndexProblem as problem:
        return str(problem)


def damaged(good: bytes, damage: str, place: int) -> bytes:
    if damage == "flip":
        return good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :]
    return {"truncate": good[:place], "empty": b"", "append": good + b"\n "}[damage]


def test_a_damaged_generation_is_built_again(copy: Path) -> None:
    whole = everything(copy)
    (copy / open_index(copy).name / "paragraphs.jsonl").write_bytes(b"{}")
    indexed(ferry_paragraphs(), copy, FakeEmbedder(), LEXICON)
    assert everything(copy) == whole


@pytest.mark.parametrize(
    "pointer",
    [b"", b"\n", b"nowhere\n", b"../index", b"/etc", b".lock", b"\xff\xfe", b"a\0b", b"x" * 5000],
    ids=["empty", "blank", "missing", "outside", "absolute", "hidden", "binary", "null", "long"],
)
def test_a_pointer_to_no_generation_is_an_index_problem(pointer: bytes, copy: Path) -> None:
    (copy / POINTER).write_bytes(pointer)
    with pytest.raises(IndexProblem, match="rapporteur build"):
        open_index(copy)


@pytest.mark.parametrize(
    "manifest",
    ["[]", "null", "{}", '{"format": 1}', '"a"', '{"format": 99, "files": {}, "checksum": "0"}', "[" * 5000, ""],
)
def test_a_foreign_manifest_is_an_index_problem(manifest: str, copy: Path) -> None:
    (copy / open_index(copy).name / MANIFEST).write_text(manifest)
    with pytest.raises(IndexProblem, match="rapporteur build"):
        open_index(copy)


def test_an_index_of_another_format_says_both_versions(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.index.generations.FORMAT", 99)
    with pytest.raises(IndexProblem, match=r"has format \d+, this version reads 99"):
        open_index(copy)


def test_where_there_is_no_index_the_command_that_builds_one_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(
            IndexProblem, match=f"no index in {folder}. Build one with: rapporteur build --index {folder}"
        ):
            open_index(folder)
    (tmp_path / "half").mkdir()
    (tmp_path / "file").write_text("")
    assert not is_complete(tmp_path / "half")
    assert not is_complete(tmp_path / "file")


def test_reports_without_paragraphs_are_not_indexed(tmp_path: Path) -> None:
    with pytest.raises(IndexProblem, match="no paragraphs"):
        indexed([(FERRIES, [])], tmp_path, FakeEmbedder(), LEXICON)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_line_separators_inside_a_text_end_no_line(tmp_path: Path) -> None:
    from dataclasses import replace

    text = "One\u2028two\x85three\x0cfour\x1e."
    paragraph = replace(ferry_paragraphs()[0][1][0], text=text)
    opened = indexed([(FERRIES, [paragraph])], tmp_path, FakeEmbedder(), LEXICON)
    assert opened.paragraphs == (paragraph,)
    assert opened.store.views[0].text == text


def test_nothing_in_an_index_is_a_pickle(quick_index: Index) -> None:
    for path in files(quick_index.folder):
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).dtype != object
        elif path.suffix in {".json", ".jsonl"}:
            for line in path.read_text("utf-8").split("\n") if path.suffix == ".jsonl" else [path.read_text("utf-8")]:
                json.loads(line or "0")
        else:
            assert path.suffix == ".faiss", path
            assert path.read_bytes()[:4] == b"IxFI"  # FAISS's own mark of a flat inner-product index


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the index's lock needs a POSIX system")
def test_whatever_kills_a_build_readers_see_the_old_index_or_the_new_one(tmp_path: Path) -> None:
    program = Path(__file__).parents[1] / "crashing_builds.py"
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(program.parent), str(program.parents[1])]),
    }
    done = subprocess.run(
        [sys.executable, program, tmp_path], capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(what, then) for what, then in pairwise(lines) if ("clean" in what or "killed_at" in what)]
    right = {then["index"]: then["results"] for what, then in told if "clean" in what}
    crashes = [(what, then) for what, then in told if "killed_at" in what]
    assert len(right) == 2
    assert len(crashes) > 30  # each file is at least made and checked
    for what, then in crashes:
        assert then.get("results") == right.get(then.get("index")) is not None, (what, then)
    assert {then["index"] for _, then in crashes} == set(right)
    assert crashes[-1][0]["left"] == 0
