"""bench.llm: the arithmetic of its table, and a whole run on a tiny model."""

from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from bench.llm import Line, Run, lines, main, run_of, table
from bench.random_model import SHAPES, TEMPLATE, Shape, write_model
from rag.llm import LlamaChat


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("shape") / "tiny.gguf", SHAPES["tiny"])


def test_a_written_model_is_loaded_and_has_its_shape(tiny: Path) -> None:
    chat = LlamaChat(path=tiny, context_size=512, threads=1, max_tokens=5)
    about = chat._llama.metadata
    shape = SHAPES["tiny"]
    assert (about["qwen2.block_count"], about["qwen2.embedding_length"]) == (str(shape.layers), str(shape.width))
    assert chat._llama.n_vocab() == shape.vocabulary
    assert about["tokenizer.chat_template"] == TEMPLATE
    answer = chat.invoke([HumanMessage("渡船")])
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 5


@pytest.mark.parametrize(("text", "tokens"), [("渡船", 2), ("渡船 a", 4), ("ab", 2)])
def test_a_chinese_character_is_one_token(tiny: Path, text: str, tokens: int) -> None:
    assert LlamaChat(path=tiny, context_size=512, threads=1).get_num_tokens(text) == tokens


def test_the_large_shape_is_the_published_ones() -> None:
    assert SHAPES["qwen2.5-1.5b"] == Shape(28, 1536, 12, 2, 8960, 151_936, 8192)


def test_a_run_is_timed_from_asking_and_counted_after_the_first_token() -> None:
    run = run_of((10.0, 0.25), [(12.0, 1.0), (13.0, 1.5), (14.0, 3.0)], written=5)
    assert run == Run(first=2.0, rate=2.0, work=0.5, first_work=0.75)


@pytest.mark.parametrize(("events", "written"), [([(1.0, 0.0)], 5), ([(1.0, 0.0), (2.0, 0.0)], 1)])
def test_a_run_of_one_token_is_no_measure(events: list[tuple[float, float]], written: int) -> None:
    with pytest.raises(SystemExit, match="too few to measure"):
        run_of((0.0, 0.0), events, written)


def test_ratios_are_taken_pair_by_pair() -> None:
    ours = [Run(2.2, 9.0, 0.11, 1.0), Run(4.0, 20.0, 0.2, 3.0)]
    raw = [Run(2.0, 10.0, 0.1, 2.0), Run(5.0, 10.0, 0.1, 2.0)]
    made = {line.name: line for line in lines(ours, raw, {"ours": ours, "raw": raw, "held": raw}, 0.7)}
    assert made["tokens/s, ours : raw"].values == (0.9, 2.0)
    assert made["tokens/s, ours held to the grammar : raw"].values == (1.0, 1.0)
    assert made["seconds to the first token, ours : raw"].values == (1.1, 0.8)
    assert made["processor time a token, ours : raw"].values == pytest.approx((1.1, 2.0))
    assert made["processor time to the first, ours : raw"].values == (0.5, 1.5)


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
def test_an_aim_is_reached_by_the_middle_value(line: Line, reached: bool | None) -> None:
    assert line.reached is reached
    shown = table([line] * 3, "tiny", 1 << 30, 1, 100, 5)
    assert ("NOT reached" in shown) == (reached is False)


def test_a_whole_run_keeps_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--shape", "tiny", "--repeats", "1", "--tokens", "8", "--threads", "1", "--results", str(tmp_path)])
    kept = next(tmp_path.iterdir())
    text = kept.read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    assert "tokens/s, ours : raw" in text
    assert str(tmp_path.parent) not in text
    assert code == ("NOT reached" in text)
    share = next(line for line in text.splitlines() if line.startswith("share of a second"))
    assert "reached" in share
    assert "NOT" not in share
