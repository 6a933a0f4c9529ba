"""Two toy reports, four questions and their answers, with every score worked out by hand in test_eval_scoring.py."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eval import __main__ as cli
from eval.questions import Question, parse_question
from eval.runs import Run
from eval.scoring import Library
from rag.records import Footnote, Paragraph, Report, Translation


def report(name: str, file: str) -> Report:
    return Report(id=name, file=file, language="zh", text="", sha256="0", symbol=name, date="2021-05-01", years=(2021,))


def paragraph(of: str, number: str, text: str, english: str = "", **more: Any) -> Paragraph:
    translations = {"en": Translation(english)} if english else {}
    known = {"part": "main", "printed": number, **more}
    return Paragraph(report=of, number=number, position=0, text=text, language="zh", translations=translations, **known)


REPORTS = {name: report(name, file) for name, file in (("S/2021/1", "000_a.txt"), ("A/70/2", "001_b.txt"))}
PARAGRAPHS = [
    paragraph("S/2021/1", "1", "2020年收缴武器1 393件。", "In 2020, 1,393 weapons were collected."),
    paragraph(
        "S/2021/1",
        "2",
        "马里销毁了27%的弹药。",
        "Mali destroyed 27 per cent of the ammunition it had found by the river.",
    ),
    paragraph("S/2021/1", "24", "第一个。"),
    paragraph("S/2021/1", "24-2", "第二个。", printed="24"),
    paragraph(
        "A/70/2", "5", "七个国家提交了报告。", "Seven countries reported.", footnotes=(Footnote("3", "见 S/2021/1。"),)
    ),
    paragraph("A/70/2", "1", "维持和平", part="annex-table", row="马里", body="甲厅", printed=None),
    paragraph("A/70/2", "2", "培训", part="annex-table", row="马里", body="乙署", printed=None),
    paragraph("A/70/2", "3", "其他", part="annex-table", row="尼泊尔", body="乙署", printed=None),
]
LIBRARY = Library(REPORTS, PARAGRAPHS)

LINES: list[dict[str, Any]] = [
    {
        "id": "p1-en",
        "pair": "p1",
        "lang": "en",
        "type": "numeric",
        "question": "How many weapons were collected, and what did Mali destroy?",
        "gold": [{"report": "S/2021/1", "number": "1"}, {"report": "S/2021/1", "number": "2"}],
        "facts": [["1 393", "1,393"], ["27 per cent", "27%"]],
    },
    {
        "id": "p1-zh",
        "pair": "p1",
        "lang": "zh",
        "type": "numeric",
        "question": "收缴了多少武器？马里销毁了什么？",
        "gold": [{"report": "S/2021/1", "number": "1"}, {"report": "S/2021/1", "number": "2"}],
        "facts": [["1 393", "1,393"], ["27 per cent", "27%"]],
    },
    {
        "id": "p2-en",
        "pair": "p2",
        "lang": "en",
        "type": "unanswerable_off",
        "question": "Who won?",
        "gold": [],
        "facts": [],
    },
    {
        "id": "p2-zh",
        "pair": "p2",
        "lang": "zh",
        "type": "unanswerable_off",
        "question": "谁赢了？",
        "gold": [],
        "facts": [],
    },
]


def questions(lines: list[dict[str, Any]] | None = None) -> list[Question]:
    return [parse_question(line) for line in (LINES if lines is None else lines)]


def answer(
    name: str, text: str, cited: list[tuple[int, str, str]], hits: list[str], abstained: bool = False
) -> dict[str, Any]:
    return {
        "id": name,
        "question": next(line["question"] for line in LINES if line["id"] == name),
        "answer": text,
        "abstained": abstained,
        "citations": [{"marker": n, "paragraph": place, "quote": quote} for n, place, quote in cited],
        "hits": [{"rank": n, "paragraph": place, "score": 1 - n / 10} for n, place in enumerate(hits, 1)],
        "timings_ms": {"retrieve": 10.0, "answer": 5.0},
    }


ANSWERS = {
    # one of two evidence sets first, the other third; one fact of two; one citation of two is gold
    "p1-en": answer(
        "p1-en",
        "What the reports say:\n“In 2020, 1,393 weapons were collected.” [1]\n“Seven countries reported.” [2]",
        [(1, "S/2021/1#1", "In 2020, 1,393 weapons were collected."), (2, "A/70/2#5", "Seven countries reported.")],
        ["S/2021/1#1", "A/70/2#5", "S/2021/1#2"],
    ),
    # p1-zh has no answer at all
    "p2-en": answer("p2-en", "The reports do not answer this question.", [], ["A/70/2#5"], abstained=True),
    "p2-zh": answer(
        "p2-zh", "原文：“七个国家提交了报告。” [1] 共 12 件。", [(1, "A/70/2#5", "七个国家提交了报告。")], ["A/70/2#5"]
    ),
}


def run(answers: Mapping[str, Mapping[str, Any]] | None = None, asked: list[Question] | None = None) -> Run:
    return Run(Path("toy"), {}, asked or questions(), ANSWERS if answers is None else answers, {})


def typed(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    """The exit code of `python -m eval WORDS`."""
    monkeypatch.setattr(sys, "argv", ["eval", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)
