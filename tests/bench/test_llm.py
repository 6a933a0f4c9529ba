"""bench.llm: the arithmetic of its table, and a whole run on a tiny model."""

from pathlib import Path

import pytest
import tiny_gguf

from bench.llm import Line, Run, busy, lines, main, messages, run_of, table
from rag.records import Language


def test_a_run_is_timed_from_asking_and_counted_after_the_first_token() -> None:
    assert run_of([2.0, 3.0, 4.0], written=5) == Run(first=2.0, whole=4.0, rate=2.0)


@pytest.mark.parametrize(("times", "written"), [([1.0], 5), ([1.0, 2.0], 1)])
def test_a_run_of_one_token_is_no_measure(times: list[float], written: int) -> None:
    with pytest.raises(SystemExit, match="too few to measure"):
        run_of(times, written)


def test_ratios_are_taken_pair_by_pair() -> None:
    ours = [Run(2.2, 4.0, 9.0), Run(4.0, 9.0, 20.0)]
    plain = [Run(2.0, 5.0, 10.0), Run(5.0, 6.0, 10.0)]
    second = [Run(1.0, 2.0, 9.0), Run(1.0, 9.0, 9.0)]
    made = {line.name: line.values for line in lines("zh", ours, plain, second)}
    assert made["zh: seconds to the first character, ours : plain"] == (1.1, 0.8)
    assert made["zh: seconds to the whole answer, ours : plain"] == (0.8, 1.5)
    assert made["zh: tokens/s, ours : plain"] == (0.9, 2.0)
    assert made["zh: whole answer, second question : first"] == (0.5, 1.0)


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        pytest.param(Line("rate", (0.5, 0.97, 2.0), at_least=0.97), True, id="the middle one counts"),
        pytest.param(Line("rate", (0.96, 0.96, 1.0), at_least=0.97), False, id="too low"),
        pytest.param(Line("first", (1.0, 1.05, 9.0), at_most=1.05), True, id="low enough"),
        pytest.param(Line("first", (1.06, 1.06), at_most=1.05), False, id="too high"),
        pytest.param(Line("told only", (1.0,)), None, id="no aim"),
    ],
)
def test_an_aim_is_reached_by_the_middle_value(line: Line, reached: bool | None, tmp_path: Path) -> None:
    assert line.reached is reached
    model = tmp_path / "tiny.gguf"
    model.touch()
    shown = table([line], model, "--repeats 1")
    assert ("NOT reached" in shown) == (reached is False)
    assert str(tmp_path) not in shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_the_question_differs_between_the_two_over_the_same_paragraphs(language: Language) -> None:
    first, second = (messages(language, n)[1].text.split("\n\n") for n in range(2))
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, True, True, False, True]
    assert first[0].startswith("[1] ")


def test_neighbours_end_with_what_they_were_started_for() -> None:
    with busy(2) as running:
        assert [each.poll() for each in running] == [None, None]
    assert None not in [each.poll() for each in running]


def test_a_whole_run_keeps_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tiny_gguf.write(tmp_path / "tiny.gguf", width=16, layers=1)
    code = main(["--model", str(model), "--repeats", "1", "--tokens", "40", "--results", str(tmp_path / "kept")])
    text = next((tmp_path / "kept").iterdir()).read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert {"zh: tokens/s, ours : plain", "en: whole answer, second question : first"} <= {
        line[:54].strip() for line in text.splitlines()
    }
    assert "tokens/s beside 4 busy : alone" in text
    assert str(tmp_path) not in text
    assert code == ("NOT reached" in text)
