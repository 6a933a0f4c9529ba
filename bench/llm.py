"""What our path to a local language model costs beside raw llama-cpp-python: `python -m bench.llm`.

Both run on one model in one process, turn about, and each pair gives one ratio, so that whatever else the machine does
meanwhile weighs on both. The model has random weights and the shape of a published one; it is written to a temporary
folder and not kept. A run takes some minutes; `--shape tiny` is there to try the program itself.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from bench.random_model import SHAPES, write_model
from rag.llm import LlamaChat, figures, generate
from rag.prompt import Prompt, write_prompt
from rag.records import Hit, Paragraph, Report
from rag.settings import Settings

FIRST_TOKENS = 2  # written where only the first counts
WRITINGS = 3  # answers by each way over a prompt once read: reading takes many times as long as writing
RESULTS = Path(__file__).parent / "results"
QUESTIONS = ("渡船沉没的原因是什么？", "哪些港口为船员举办了夜航培训？")
PARAGRAPHS = (  # of our own invention; together they fit the prompt whole, or a second question would cut them anew
    "各港口在报告所述期间为船员举办了夜航培训，培训由渔业部出资，并请区域组织派人讲授。参加者共三百余人，其中四分之一是妇女。",
    "调查认为沉没的主要原因是超载，其次是照明不足，事故多发生在夜间和水位高涨的时候。登记处为此修订了载客的上限。",
    "会员国应邀在规定日期前提出意见，截至该日有二十三个国家的政府作出答复，其中多数赞成每年培训，少数认为费用过高。",
    "委员会建议在每次开航前清点乘客，并将清点的结果记录在册，供主管当局随时查阅。没有登记的船只不得载客。",
    "秘书长欢迎各国自上次报告以来开设的课程，特别是为女船长开设的课程，并请捐助方继续提供资金，以便课程不致中断。",
    "一些国家报告说，河上的渡船多由家庭经营，既无保险，也无救生设备，因此检查之外还需要低息贷款，供船主更换设备。",
)


Moment = tuple[float, float]  # seconds on the clock, seconds of processor time


@dataclass(frozen=True, slots=True)
class Run:
    """What one answer took."""

    first: float  # seconds from asking to the first character
    rate: float  # tokens a second after the first
    work: float  # seconds of processor time a token took after the first, all threads together
    first_work: float  # the same of the first


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a figure's least, middle and greatest value, and what it is to reach."""

    name: str
    values: tuple[float, ...]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the middle value reaches its aim; None where there is none."""
        if self.at_least is not None:
            return median(self.values) >= self.at_least
        return median(self.values) <= self.at_most if self.at_most is not None else None


def main(given: Sequence[str] | None = None) -> int:
    """Write the model, measure, print the table and keep it."""
    parser = argparse.ArgumentParser(prog="python -m bench.llm", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="qwen2.5-1.5b")
    parser.add_argument("--repeats", type=int, default=7, help="rounds")
    parser.add_argument("--tokens", type=int, default=32, help="tokens each run writes")
    parser.add_argument("--passages", type=int, default=len(PARAGRAPHS), help="paragraphs in the prompt")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder the table is kept in")
    asked = parser.parse_args(given)
    with TemporaryDirectory() as folder:
        path = write_model(Path(folder) / "random.gguf", SHAPES[asked.shape])
        settings = Settings(llm=str(path), llm_output=asked.tokens, passages=asked.passages, llm_timeout=3600.0)
        chat = LlamaChat(path=path, threads=asked.threads, max_tokens=asked.tokens, timeout=3600.0)
        lines = measure(chat, settings, asked.repeats)
        size = path.stat().st_size
    text = table(lines, asked.shape, size, asked.threads, len(_prompt(chat, settings, 0)[1]), asked.tokens)
    print(text)
    asked.results.mkdir(parents=True, exist_ok=True)
    (asked.results / f"{datetime.now(UTC):%Y-%m-%d}-llm-{asked.shape}.txt").write_text(text + "\n", encoding="utf-8")
    return 0 if all(line.reached is not False for line in lines) else 1


def measure(chat: LlamaChat, settings: Settings, repeats: int) -> list[Line]:
    """The figures of `repeats` rounds after one to warm up.

    In a round each way reads the same prompt from an empty context, for the time to the first token, and then writes
    over the prompt as it was read, WRITINGS times, for the tokens a second.
    """
    prompt, tokens = _prompt(chat, settings, 0)
    ways: dict[str, Callable[[int], Run]] = {
        "ours": lambda limit: run_ours(chat, prompt, replace(settings, llm_output=limit), None),
        "raw": lambda limit: run_raw(chat, tokens, limit),
        "held": lambda limit: run_ours(chat, prompt, replace(settings, llm_output=limit), prompt.grammar),
    }
    read: dict[str, list[Run]] = {"ours": [], "raw": []}
    written: dict[str, list[Run]] = {name: [] for name in ways}
    for n in range(repeats + 1):
        turns = list(ways) if n % 2 else list(ways)[::-1]
        for name in (name for name in turns if name in read):
            chat._llama.reset()
            read[name].append(ways[name](FIRST_TOKENS))
        for name in WRITINGS * turns:
            written[name].append(ways[name](settings.llm_output))
        print(f"round {n} of {repeats}", file=sys.stderr, flush=True)
    kept = {name: runs[WRITINGS:] for name, runs in written.items()}
    return lines(read["ours"][1:], read["raw"][1:], kept, reused_share(chat, settings))


def lines(ours: Sequence[Run], raw: Sequence[Run], written: Mapping[str, Sequence[Run]], reused: float) -> list[Line]:
    """The table's lines, ratios pair by pair: of the runs from an empty context, then of those over a read prompt."""

    def figure(runs: Sequence[Run], name: str) -> tuple[float, ...]:
        return tuple(getattr(run, name) for run in runs)

    def ratios(mine: Sequence[Run], theirs: Sequence[Run], name: str) -> tuple[float, ...]:
        return tuple(a / b for a, b in zip(figure(mine, name), figure(theirs, name), strict=True))

    one, other, held = (written[name] for name in ("ours", "raw", "held"))
    return [
        Line("tokens/s, raw", figure(other, "rate")),
        Line("tokens/s, ours", figure(one, "rate")),
        Line("tokens/s, ours held to the grammar", figure(held, "rate")),
        Line("tokens/s, ours : raw", ratios(one, other, "rate"), at_least=0.97),
        Line("tokens/s, ours held to the grammar : raw", ratios(held, other, "rate")),
        Line("processor time a token, ours : raw", ratios(one, other, "work")),
        Line("processor time a token, grammar : raw", ratios(held, other, "work")),
        Line("seconds to the first token, raw", figure(raw, "first")),
        Line("seconds to the first token, ours", figure(ours, "first")),
        Line("seconds to the first token, ours : raw", ratios(ours, raw, "first"), at_most=1.05),
        Line("processor time to the first, ours : raw", ratios(ours, raw, "first_work")),
        Line("share of a second question's prompt reused", (reused,), at_least=0.6),
    ]


def run_ours(chat: LlamaChat, prompt: Prompt, settings: Settings, grammar: str | None) -> Run:
    """One answer by the way a question takes."""
    events: list[Moment] = []
    started = perf_counter(), process_time()
    pieces = generate(chat, prompt.messages, settings, grammar, limit=settings.llm_output)
    with closing(pieces):
        while True:
            try:
                if next(pieces):
                    events.append((perf_counter(), process_time()))
            except StopIteration as end:
                return run_of(started, events, int(figures(end.value)["written_tokens"]))


def run_raw(chat: LlamaChat, tokens: Sequence[int], limit: int) -> Run:
    """One answer by llama-cpp-python alone, on the same model and the same tokens."""
    events: list[Moment] = []
    started = perf_counter(), process_time()
    stream: Iterator[Mapping[str, Any]] = chat._llama.create_completion(
        list(tokens), max_tokens=limit, temperature=0.0, stream=True
    )
    for chunk in stream:
        if chunk["choices"][0]["text"]:
            events.append((perf_counter(), process_time()))
    return run_of(started, events, chat._llama.n_tokens - len(tokens) + 1)  # the last one is not read


def run_of(started: Moment, events: Sequence[Moment], written: int) -> Run:
    """What a run took, of when its pieces of text came and how many tokens they are."""
    if len(events) < 2 or written < 2:
        raise SystemExit(f"A run wrote {written} tokens in {len(events)} pieces: too few to measure. Raise --tokens.")
    (first, work_before), (last, work_after) = events[0], events[-1]
    rate, work = (written - 1) / (last - first), (work_after - work_before) / (written - 1)
    return Run(first - started[0], rate, work, work_before - started[1])


def reused_share(chat: LlamaChat, settings: Settings) -> float:
    """How much of the prompt a second question over the same passages need not read."""
    for n in range(2):
        prompt, _ = _prompt(chat, settings, n)
        answer = chat.invoke(list(prompt.messages), max_tokens=2)
    told = figures({**answer.response_metadata, **(answer.usage_metadata or {})})
    return told["reused_tokens"] / told["prompt_tokens"]


def _prompt(chat: LlamaChat, settings: Settings, question: int) -> tuple[Prompt, list[int]]:
    """A question's prompt over made passages, and its tokens."""
    report = Report("A/99/7", "made.txt", "zh", "", "", "A/99/7", {"zh": "渡船安全"})
    paragraphs = [Paragraph(report.id, "main", str(n), n, text, "zh", str(n)) for n, text in enumerate(PARAGRAPHS, 1)]
    hits = [Hit(paragraph, rank, 1 / rank) for rank, paragraph in enumerate(paragraphs, 1)]
    prompt = write_prompt(
        QUESTIONS[question],
        hits,
        {report.id: report},
        "zh",
        chat.get_num_tokens,
        chat.context,
        passages=settings.passages,
        output=settings.llm_output,
    )
    return prompt, chat._prompt(prompt.messages)


def table(lines: Sequence[Line], shape: str, size: int, threads: int, prompt: int, tokens: int) -> str:
    """The figures as text: least, middle and greatest of each, and its aim."""
    import llama_cpp

    cores = os.cpu_count() or 1
    shown = [
        f"python -m bench.llm · random weights of {shape}'s shape, {size / 2**30:.2f} GiB · {cores} cores, "
        f"{threads} threads · llama-cpp-python {llama_cpp.__version__}",
        f"{len(lines[-3].values)} prompts of {prompt:,} tokens read by each from an empty context, and over them "
        f"{len(lines[0].values)} answers of {tokens} tokens, turn about",
        "",
        f"{'':42}{'min':>9}{'median':>9}{'max':>9}  aim",
    ]
    for line in lines:
        aim = f"≥ {line.at_least:g}" if line.at_least is not None else ""
        aim = f"≤ {line.at_most:g}" if line.at_most is not None else aim
        verdict = {True: ", reached", False: ", NOT reached", None: ""}[line.reached]
        low, middle, high = min(line.values), median(line.values), max(line.values)
        shown.append(f"{line.name:42}{low:>9.3f}{middle:>9.3f}{high:>9.3f}  {aim}{verdict}".rstrip())
    return "\n".join(shown)


if __name__ == "__main__":
    sys.exit(main())
