"""Tests of rag.models.chat and what it runs: the real llama.cpp on small random models, and servers that misbehave."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from socket import create_connection, socket
from time import monotonic, process_time, sleep
from typing import Any

import llama_cpp
import pytest
import tiny_gguf
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests
from making import text_of

from bench.llm import messages
from rag.answering.prompt import marker_grammar
from rag.errors import GenerationError, ModelError
from rag.models import engine, machine, writer
from rag.models.chat import chat_model, generate, model_name, token_counter
from rag.models.local import LlamaChat
from rag.records import Language, Waiting
from rag.settings import Settings

ASKED = [SystemMessage("规则"), HumanMessage("什么是小武器？")]
CHINESE = "root ::= [一-龥。，]{200,500}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    tiny_gguf.write(folder / "plain.gguf")
    tiny_gguf.write(folder / "thinking.gguf", tiny_gguf.THINKING)
    tiny_gguf.write(folder / "always.gguf", tiny_gguf.ALWAYS_THINKING)
    return folder


@pytest.fixture(scope="module")
def chat(folder: Path) -> LlamaChat:
    return _chat(folder / "plain.gguf")


def _chat(path: Path, **given: Any) -> LlamaChat:
    return LlamaChat(path=path, **{"context_size": 1024, "threads": 1, "max_tokens": 40, **given})


def _decoded(chat: LlamaChat, messages: list[Any]) -> str:
    return str(chat.engine.llama.detokenize(chat.engine.prompt(messages), special=True).decode())


def _settings(llm: Path | str, **given: Any) -> Settings:
    return Settings(llm=str(llm), llm_threads=1, **{"llm_context": 1024, "llm_output": 40, **given})


# What it writes


def test_two_hundred_seeds_write_no_marker_but_those_given(folder: Path) -> None:
    small = tiny_gguf.write(folder / "small.gguf", layers=1, width=16)
    chat = _chat(small, temperature=1.0, max_tokens=32)
    grammar, marked = marker_grammar(3), 0
    for seed in range(200):
        chat.seed = seed
        text = chat.invoke([HumanMessage("?")], grammar=grammar).text
        assert not re.search(r"[\]【】]|\[(?![1-3]?\]|[1-3]?$)", re.sub(r"\[[1-3]\]", "", text)), (seed, text)
        assert "\ufffd" not in text, (seed, text)
        marked += bool(re.search(r"\[[1-3]\]", text))
    assert marked > 0


def test_the_likeliest_words_do_not_change_from_run_to_run(chat: LlamaChat) -> None:
    first = chat.invoke(ASKED, grammar=CHINESE).text
    chat.invoke([HumanMessage("别的问题")], grammar=CHINESE)
    assert chat.invoke(ASKED, grammar=CHINESE).text == first


def test_streamed_chinese_is_never_broken(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", temperature=1.0, seed=3, max_tokens=100)
    pieces = [chunk.text for chunk in chat.stream(ASKED, grammar=CHINESE)]
    text = "".join(pieces)
    assert len([piece for piece in pieces if piece]) > 20  # a character at a time
    assert re.fullmatch("[一-龥。，]+", text)
    assert chat.invoke(ASKED, grammar=CHINESE).text == text


def test_a_character_cut_by_the_limit_is_left_out(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf")
    for limit in (4, 5, 6):  # three bytes a character
        answer = chat.invoke(ASKED, grammar=CHINESE, max_tokens=limit)
        assert len(answer.text) == limit // 3
        assert answer.response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize("stop", ["丁丙", "。", "丙丁丙丁"])
def test_writing_ends_before_a_stop_sequence(chat: LlamaChat, stop: str) -> None:
    text = "丁丙丁丙。丁丙"
    whole = chat.invoke(ASKED, grammar=f'root ::= "{text}"')
    assert whole.text == text
    answer = chat.invoke(ASKED, grammar=f'root ::= "{text}"', stop=[stop])
    assert answer.text == text[: text.find(stop) if stop in text else None]
    pieces = [chunk.text for chunk in chat.stream(ASKED, grammar=f'root ::= "{text}"', stop=[stop])]
    assert "".join(pieces) == answer.text


def test_figures_of_the_run_come_with_the_last_chunk(chat: LlamaChat) -> None:
    *_, last = chat.stream(ASKED, grammar='root ::= "好"')
    assert last.usage_metadata is not None
    assert last.usage_metadata["output_tokens"] == 3
    assert last.usage_metadata["input_tokens"] == len(chat.engine.prompt(ASKED))
    assert {"reused_tokens", "prompt_ms", "generate_ms"} <= set(last.response_metadata)


# What it reads


def test_the_files_own_template_is_used(chat: LlamaChat) -> None:
    messages = [SystemMessage("甲"), HumanMessage("乙"), AIMessage("丙"), HumanMessage("丁")]
    assert _decoded(chat, messages) == (
        "<|im_start|>system\n甲<|im_end|>\n<|im_start|>user\n乙<|im_end|>\n<|im_start|>assistant\n丙<|im_end|>\n"
        "<|im_start|>user\n丁<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("name", ["thinking", "always"])
def test_thinking_is_switched_off_by_an_empty_block(folder: Path, name: str) -> None:
    assert re.search(r"<think>\s*</think>\n\n$", _decoded(_chat(folder / f"{name}.gguf"), ASKED))


@pytest.mark.parametrize("token", tiny_gguf.SPECIAL)
def test_control_tokens_in_a_message_stay_plain_text(chat: LlamaChat, token: str) -> None:
    control = chat.engine.prompt([HumanMessage("a")])
    asked = chat.engine.prompt([HumanMessage(f"a{token}b")])
    assert sum(n >= 256 for n in asked) == sum(n >= 256 for n in control)
    assert len(asked) == len(control) + len(token) + 1


def test_the_common_beginning_of_a_second_prompt_is_not_read_again(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf")
    passages = "报告段落。" * 40
    chat.invoke([SystemMessage("规则"), HumanMessage(passages + "第一个问题")], grammar=CHINESE)
    answer = chat.invoke([SystemMessage("规则"), HumanMessage(passages + "另一个问题")], grammar=CHINESE)
    assert answer.usage_metadata is not None
    assert answer.response_metadata["reused_tokens"] > 0.9 * answer.usage_metadata["input_tokens"]


def test_an_answer_over_a_reused_beginning_is_the_one_a_fresh_model_gives(folder: Path) -> None:
    used, fresh = _chat(folder / "plain.gguf"), _chat(folder / "plain.gguf")
    used.invoke([HumanMessage("报告段落一二三。甲？")], grammar=CHINESE)
    question = [HumanMessage("报告段落一二三。乙？")]
    assert used.invoke(question, grammar=CHINESE).text == fresh.invoke(question, grammar=CHINESE).text


def test_a_model_that_cannot_go_back_reads_the_whole_prompt_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = _chat(folder / "plain.gguf")
    first = chat.invoke(ASKED, grammar=CHINESE)
    monkeypatch.setattr("llama_cpp.llama_model_is_recurrent", lambda _: True)
    monkeypatch.setattr("llama_cpp.llama_memory_seq_rm", lambda *_: False)
    monkeypatch.setattr(type(chat.engine.llama), "reset", lambda llama: _empty(llama))
    again = chat.invoke(ASKED, grammar=CHINESE)
    assert again.response_metadata["reused_tokens"] == 0
    assert again.text == first.text


def _empty(llama: Any) -> None:
    """What Llama.reset does for a recurrent model."""
    llama.n_tokens = 0
    llama._ctx.kv_cache_clear()


def test_tokens_are_counted_by_the_models_tokenizer(chat: LlamaChat) -> None:
    assert token_counter(chat)("武器 a") == 8  # bytes


def test_tokens_of_a_server_are_estimated_high() -> None:
    count = token_counter(FakeListChatModel(responses=[]))
    assert (count("武器"), count("small arms")) == (2, 4)
    assert count("关于轻小武器的报告") >= 5
    assert count("The report of the Secretary-General on small arms") >= 10


def test_a_prompt_that_does_not_fit_says_so(chat: LlamaChat) -> None:
    with pytest.raises(GenerationError, match=r"1,024.*Raise llm_context"):
        chat.invoke([HumanMessage("长" * 400)])


def test_the_answer_ends_where_the_context_does(chat: LlamaChat) -> None:
    prompt = "长" * 310  # 930 tokens
    answer = chat.invoke([HumanMessage(prompt)], grammar=CHINESE, max_tokens=500)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 1024


def test_no_more_context_is_used_than_the_model_was_trained_for(tmp_path: Path) -> None:
    assert _chat(tiny_gguf.write(tmp_path / "short.gguf", trained_context=256)).engine.context == 256


# Stopping and waiting


def test_closing_the_stream_frees_the_model_at_once(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", max_tokens=900)
    started = monotonic()
    with closing(generate(chat, ASKED, _settings(folder / "plain.gguf"), CHINESE)) as pieces:
        next(piece for piece in pieces if isinstance(piece, str))
    assert chat.asked == 0
    assert monotonic() - started < 1


def test_stop_is_heard_while_the_prompt_is_read(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", context_size=4096)
    chunks = chat.stream([HumanMessage("长" * 1000)])
    assert next(chunks).text == ""
    assert chat.asked == 1
    chunks.close()  # type: ignore[attr-defined]
    assert chat.asked == 0


def test_two_chats_at_once_are_answered_one_after_the_other(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", max_tokens=60)
    alone = {word: chat.invoke([HumanMessage(word)], grammar=CHINESE).text for word in "甲乙丙丁"}
    together: dict[str, str] = {}

    def ask(word: str) -> None:
        answer = chat.invoke([HumanMessage(word)], grammar=CHINESE)
        together[word] = answer.text if "ahead" not in answer.response_metadata else "counted as it waited"

    threads = [threading.Thread(target=ask, args=(word,)) for word in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert chat.asked == 0


def test_questions_are_answered_in_the_order_they_were_asked(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf")
    settings = _settings(folder / "plain.gguf")
    first, second, third = (generate(chat, ASKED, settings, CHINESE, limit=6) for _ in range(3))
    next(first)
    assert [next(waiting) for waiting in (second, third)] == [Waiting(1), Waiting(2)]
    assert [next(second).ahead, next(third).ahead] == [1, 2]
    assert chat.asked == 3
    first.close()
    assert next(third).ahead == 1  # it has moved up, and the one before it goes first
    assert len(text_of(second)) == 2
    assert len(text_of(third)) == 2
    assert chat.asked == 0


def test_who_gives_up_waiting_leaves_the_line(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf")
    first, second = chat.stream(ASKED), chat.stream(ASKED)
    next(first)
    assert next(second).text == ""
    second.close()  # type: ignore[attr-defined]
    assert chat.asked == 1
    first.close()  # type: ignore[attr-defined]
    assert chat.invoke(ASKED, grammar='root ::= "好"').text == "好"


def test_who_waits_too_long_is_told_that_the_model_is_busy(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", timeout=0.3)
    with closing(chat.stream(ASKED)) as first:  # type: ignore[type-var]
        next(first)
        with pytest.raises(GenerationError, match=r"busy with other questions"):
            chat.invoke(ASKED)


def test_a_model_that_takes_too_long_is_given_up(folder: Path) -> None:
    with pytest.raises(GenerationError, match=r"longer than 0\.001 seconds.*llm_timeout"):
        _chat(folder / "plain.gguf", timeout=0.001).invoke([HumanMessage("长" * 200)])


def test_random_bytes_make_text_even_without_a_grammar(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf", temperature=1.0)
    text = text_of(generate(chat, ASKED, _settings(folder / "plain.gguf")))
    assert len(text) > 10
    assert "\ufffd" not in text


def test_an_empty_answer_is_an_error(folder: Path) -> None:
    chat = _chat(folder / "plain.gguf")
    with pytest.raises(GenerationError, match="wrote nothing"):
        list(generate(chat, ASKED, _settings(folder / "plain.gguf"), 'root ::= " "'))


# Drafts


COPIED = "报告说，各国应当在枪支上打上进口标识，并将标识记录在册，供主管当局随时查阅。"


def _steps(chat: LlamaChat, monkeypatch: pytest.MonkeyPatch, drafts: int, text: str, **given: Any) -> tuple[Any, int]:
    """The answer to a question about a passage, held to a text, and how many steps writing took after the prompt's."""
    steps: list[int] = []
    decode = llama_cpp.llama_decode

    def counted(context: Any, batch: Any) -> int:
        steps.append(batch.n_tokens)
        return int(decode(context, batch))

    prompt = [SystemMessage("规则"), HumanMessage(f"[1] {COPIED}\n\n怎么说？")]
    with monkeypatch.context() as patch:
        patch.setattr(writer, "LONGEST_DRAFT", drafts)
        chat.invoke(prompt, max_tokens=1)  # so that the prompt has been read
        patch.setattr(llama_cpp, "llama_decode", counted)
        patch.setattr(llama_cpp.llama_cpp, "llama_decode", counted)  # Llama.eval's
        return chat.invoke(prompt, grammar=f'root ::= "{text}"', max_tokens=200, **given), len(steps) - 1


@pytest.mark.parametrize(
    ("text", "fewer"),
    [
        pytest.param(COPIED, 8, id="a copy"),
        pytest.param(COPIED[:10] + "子弹" + COPIED[4:14], 2, id="leaves the passage and comes back"),
        pytest.param("完全不同的话语，没有一处相同的地方。", 1, id="nothing in common"),
        pytest.param("好，好，好，好，好，好，好，好，好，好，好，好，好，好，好。", 4, id="repeats itself"),
    ],
)
def test_what_a_passage_says_is_copied_in_fewer_steps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, fewer: int
) -> None:
    chat = _chat(folder / "plain.gguf")
    (plain, singly), (drafted, together) = (_steps(chat, monkeypatch, drafts, text) for drafts in (0, 15))
    assert plain.text == drafted.text == text
    assert plain.usage_metadata == drafted.usage_metadata
    assert singly == len(text.encode())
    assert together <= singly / fewer


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_drafts_change_no_token(folder: Path, monkeypatch: pytest.MonkeyPatch, temperature: float) -> None:
    texts = []
    for drafts in (0, 15):
        monkeypatch.setattr(writer, "LONGEST_DRAFT", drafts)
        chat = _chat(folder / "plain.gguf", temperature=temperature, max_tokens=150, seed=5)
        texts.append(
            [
                chat.invoke([HumanMessage(word * 9)], grammar=grammar).text
                for word in "甲乙"
                for grammar in (None, CHINESE)
            ]
        )
    assert texts[0] == texts[1]


def test_what_was_drafted_and_not_picked_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used, fresh = _chat(folder / "plain.gguf"), _chat(folder / "plain.gguf")
    _steps(used, monkeypatch, 15, COPIED, stop=["进口"])
    kept = used.engine.llama.input_ids[: used.engine.llama.n_tokens].tolist()
    assert (
        used.engine.llama.detokenize(kept).decode(errors="ignore").endswith("进")
    )  # the last byte is not read any more
    assert used.invoke(ASKED, grammar=CHINESE).text == fresh.invoke(ASKED, grammar=CHINESE).text


@pytest.mark.real_model
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_real_model_writes_the_same_with_drafts(
    language: Language, real_llm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = _chat(real_llm, context_size=2048, threads=0)
    texts = []
    for drafts in (0, 15):
        monkeypatch.setattr(writer, "LONGEST_DRAFT", drafts)
        texts.append(chat.invoke(list(messages(language, 0))).text)
    assert texts[0] == texts[1]


def test_a_model_that_cannot_go_back_drafts_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "llama_model_is_recurrent", lambda _: True)
    answer, steps = _steps(_chat(folder / "plain.gguf"), monkeypatch, 15, COPIED)
    assert answer.text == COPIED
    assert steps == len(COPIED.encode())


# Threads


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's OpenMP tells its settings")
@pytest.mark.parametrize(
    "load", ["from rag.models.engine import uses_gpu; uses_gpu()", "import rag.models.chat, torch"]
)
def test_waiting_threads_soon_sleep_in_every_library_that_computes(load: str) -> None:
    hidden = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}
    given = {name: value for name, value in os.environ.items() if name not in hidden}
    environment = {**given, "OMP_DISPLAY_ENV": "verbose"}
    ran = subprocess.run([sys.executable, "-c", load], env=environment, capture_output=True, text=True, check=True)
    settings = re.findall(r"(OMP_WAIT_POLICY|GOMP_SPINCOUNT) = '(\w+)'", ran.stderr)
    assert set(settings) == {("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "2000")}


def test_hyperthreads_of_a_core_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 4, 5}, raising=False)
    assert machine.physical_cores(tmp_path) == 4  # where the system does not say which belong together
    for cpu, siblings in {0: "0,4", 1: "1,5", 2: "2,6", 4: "0,4", 5: "1,5", 6: "2,6"}.items():
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{siblings}\n")
    assert machine.physical_cores(tmp_path) == 2


@pytest.mark.parametrize(
    ("fixed", "others", "threads"),
    [(0, 0.0, 4), (0, 0.3, 4), (0, 0.9, 3), (0, 3.5, 3), (4, 3.5, 4)],
    ids=["alone", "hardly any", "one busy", "many busy", "fixed by the settings"],
)
def test_one_thread_less_works_while_others_are_busy(
    monkeypatch: pytest.MonkeyPatch, fixed: int, others: float, threads: int
) -> None:
    clock = [100.0]
    monkeypatch.setattr(machine, "physical_cores", lambda: 4)
    monkeypatch.setattr(machine, "monotonic", lambda: clock[0])
    monkeypatch.setattr(machine, "time_of_others", lambda: others * clock[0])
    crew = machine.Crew(fixed)
    assert crew.threads() == 4  # nothing is known yet
    clock[0] += 1
    assert crew.threads() == threads
    others = 0.0
    clock[0] += 1
    crew.threads()
    clock[0] += 1
    assert crew.threads() == 4


def test_the_last_thread_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "physical_cores", lambda: 1)
    monkeypatch.setattr(machine, "LOOK_SECONDS", 0)
    seconds = count()
    monkeypatch.setattr(machine, "time_of_others", lambda: next(seconds))
    assert machine.Crew().threads() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what others do")
def test_another_process_is_seen_at_work_and_our_own_work_is_not() -> None:
    """Whatever else is at work, the other's time is in what others had, and ours is not."""

    def time_of(process: int) -> float:
        ticks = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            start, before, ours, theirs = monotonic(), machine.time_of_others(), process_time(), time_of(other.pid)
            while time_of(other.pid) - theirs < 0.4 or process_time() - ours < 0.4:
                pass
            theirs, ours = time_of(other.pid) - theirs, process_time() - ours
            seen, most = machine.time_of_others() - before, (monotonic() - start) * (os.cpu_count() or 1)
        finally:
            other.kill()
    assert theirs - 0.05 <= seen <= most - ours + 0.05


def test_what_gives_way_does_not_count_unless_we_do_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stat").write_text("cpu  100 900 100 5000 70 30 20 0 0 0\n")
    monkeypatch.setattr(machine, "process_time", lambda: 0.5)
    monkeypatch.setattr("os.sysconf", lambda _: 100)
    for niceness, seconds in ((0, 2.0), (10, 11.0)):
        monkeypatch.setattr("os.nice", lambda _, niceness=niceness: niceness)
        assert machine.time_of_others(tmp_path / "stat") == seconds
    assert machine.time_of_others(tmp_path / "none") == 0


def test_the_number_of_threads_follows_within_an_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "physical_cores", lambda: 2)
    monkeypatch.setattr(machine, "LOOK_SECONDS", 0)
    chat = _chat(folder / "plain.gguf", threads=0)
    for others, threads in ((count(step=0), 2), (count(step=10), 1), (count(step=0), 2)):
        monkeypatch.setattr(machine, "time_of_others", lambda others=others: next(others))
        chat.invoke(ASKED, grammar='root ::= "好"')
        assert llama_cpp.llama_n_threads(chat.engine.llama.ctx) == threads


# A GPU


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands in for a GPU with room for two layers; the layers asked of it, in order."""
    asked: list[int] = []

    whole = llama_cpp.Llama

    def small(path: str, n_gpu_layers: int = 0, **more: Any) -> Any:
        if not more.get("vocab_only"):
            asked.append(n_gpu_layers)
        if n_gpu_layers > 2:
            raise ValueError(f"Failed to load model from file: {path}")
        return whole(path, n_gpu_layers=n_gpu_layers, **more)

    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: True)
    monkeypatch.setattr(llama_cpp, "Llama", small)
    return asked


def test_as_many_layers_go_to_the_gpu_as_it_takes(tmp_path: Path, gpu: list[int]) -> None:
    chat = _chat(tiny_gguf.write(tmp_path / "four.gguf", layers=4))
    assert chat.engine.offloaded == (2, 4)
    assert gpu == [5, 3, 2]  # the output is a layer of its own
    assert chat.invoke(ASKED, grammar='root ::= "好"').text == "好"


def test_a_file_no_gpu_can_help_is_damaged_all_the_same(folder: Path, tmp_path: Path, gpu: list[int]) -> None:
    (tmp_path / "cut.gguf").write_bytes((folder / "plain.gguf").read_bytes()[:60_000])
    with pytest.raises(ModelError, match=r"damaged or incomplete"):
        _chat(tmp_path / "cut.gguf").invoke(ASKED)
    assert gpu[-1:] in ([], [0])


def test_without_a_gpu_nothing_is_offloaded(chat: LlamaChat) -> None:
    assert chat.engine.offloaded == (0, 2)


# Files that are no use


def test_none_is_no_model() -> None:
    assert chat_model(Settings(llm="none")) is None


def test_choosing_a_file_loads_nothing(folder: Path) -> None:
    model = chat_model(_settings(folder / "plain.gguf"))
    assert isinstance(model, LlamaChat)
    assert model._loaded is None


def test_a_file_that_is_not_there_says_what_can_be_had(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No model file .*rapporteur models"):
        chat_model(_settings(tmp_path / "none.gguf"))


def test_a_file_that_is_no_gguf_says_how_it_begins(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<!doctype html>")
    with pytest.raises(ModelError, match=r"not a GGUF file.*<!do"):
        chat_model(_settings(tmp_path / "page.gguf"))


def test_without_llama_cpp_the_message_says_make_llm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.models.chat.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="make llm"):
        chat_model(_settings(folder / "plain.gguf"))


@pytest.mark.parametrize("kept", [8, 100, 2000, 9000, 60_000], ids=lambda kept: f"{kept} bytes")
def test_a_truncated_file_is_damaged(folder: Path, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes((folder / "plain.gguf").read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"damaged or incomplete .*rapporteur models pull"):
        _chat(path).invoke(ASKED)


@pytest.mark.parametrize("place", [4, 8, 16, 40, 200, 5000])
def test_a_file_whose_header_is_corrupt_is_damaged_or_as_good_as_whole(
    folder: Path, tmp_path: Path, place: int
) -> None:
    content = bytearray((folder / "plain.gguf").read_bytes())
    content[place] ^= 0x55
    (tmp_path / "bad.gguf").write_bytes(content)
    try:
        said = _chat(tmp_path / "bad.gguf").invoke(ASKED, grammar='root ::= "好"').text
    except ModelError as error:
        said = str(error)
    assert said == "好" or re.search("damaged or incomplete|architecture|no chat template", said)
    assert "\n" not in said


def test_a_context_that_does_not_fit_in_memory_says_which_setting_to_lower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_gguf.write(tmp_path / "long.gguf", trained_context=100_000)
    needed = path.stat().st_size + 100_000 * 2 * 32 * 2 * 2  # two layers of width 32
    for memory, fits in ((needed - 1, False), (needed, True)):
        monkeypatch.setattr(engine, "memory", lambda memory=memory: memory)
        if fits:
            assert _chat(path, context_size=1_000_000).engine.context == 100_000
        else:
            with pytest.raises(ModelError, match=r"100,000 tokens takes .* GiB of memory.*Lower llm_context"):
                _chat(path, context_size=1_000_000).invoke(ASKED)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    tiny_gguf.write(folder / "big.gguf", tensors_a_part=8)
    return sorted(folder.iterdir())


def test_a_model_in_parts_is_read_from_its_first(parts: list[Path], folder: Path) -> None:
    assert [path.name for path in parts] == [f"big-{n:05}-of-00003.gguf" for n in (1, 2, 3)]
    answers = [_chat(path).invoke(ASKED, grammar=CHINESE).text for path in (parts[0], folder / "plain.gguf")]
    assert answers[0] == answers[1]


def test_a_model_in_parts_is_named_by_its_first(parts: list[Path]) -> None:
    with pytest.raises(ModelError, match=r"Name its first part: .*big-00001-of-00003\.gguf"):
        chat_model(_settings(parts[1]))


def test_a_missing_part_is_named(parts: list[Path], tmp_path: Path) -> None:
    for path in (parts[0], parts[2]):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match=r"No model file .*big-00002-of-00003\.gguf. It belongs to big-00001"):
        chat_model(_settings(tmp_path / parts[0].name))


def test_all_parts_count_for_the_memory(parts: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "memory", lambda: parts[0].stat().st_size + 1)
    with pytest.raises(ModelError, match="GiB of memory"):
        _chat(parts[0]).invoke(ASKED)


def test_an_unknown_architecture_is_named(tmp_path: Path) -> None:
    path = tiny_gguf.write(tmp_path / "new.gguf", arch="brandnew")
    with pytest.raises(ModelError, match=r"'brandnew'.*make llm"):
        _chat(path).invoke(ASKED)


def test_a_model_without_a_chat_template_is_no_instruct_model(tmp_path: Path) -> None:
    path = tiny_gguf.write(tmp_path / "base.gguf", template=None)
    with pytest.raises(ModelError, match="no chat template"):
        _chat(path).invoke(ASKED)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ messages.__class__.__mro__[1].__subclasses__() }}", id="reaches for Python"),
        pytest.param("{{ raise_exception('no system role') }}", id="refuses the messages"),
        pytest.param("{% for message in %}", id="is no template"),
    ],
)
def test_a_template_that_cannot_be_used_is_an_error(tmp_path: Path, template: str) -> None:
    path = tiny_gguf.write(tmp_path / "odd.gguf", template)
    with pytest.raises(ModelError):
        _chat(path).invoke(ASKED)


def test_a_model_larger_than_the_memory_is_not_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "memory", lambda: 1000)
    with pytest.raises(ModelError, match="GiB of memory"):
        _chat(folder / "plain.gguf").invoke(ASKED)


def test_errors_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "cut.gguf").write_bytes(b"GGUF" + b"\xff" * 60)
    with pytest.raises(ModelError) as caught:
        _chat(tmp_path / "cut.gguf").invoke(ASKED)
    assert "\n" not in str(caught.value)


def test_nothing_of_it_is_imported_without_a_model() -> None:
    code = (
        "import sys; import rag.assistant; "
        "late = ('rag.models.chat', 'rag.answering.prompt', 'llama_cpp', 'openai');"
        "print([name for name in sys.modules if name.startswith(late)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# The conformance suite of LangChain


class TestLlamaChatStandard(ChatModelIntegrationTests):
    """langchain-tests on a random model; what needs tools, images, JSON or a model that knows words is left out."""

    @pytest.fixture(autouse=True, scope="class")
    @staticmethod
    def _file(folder: Path) -> None:
        TestLlamaChatStandard.path = folder / "plain.gguf"

    @property
    def chat_model_class(self) -> type[LlamaChat]:
        return LlamaChat

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"path": self.path, "context_size": 1024, "threads": 1, "max_tokens": 20}

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False


# Servers


def test_llama_cpps_own_server_is_asked_as_any_other(folder: Path) -> None:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(folder / "plain.gguf"), "--port", str(port)]
    with subprocess.Popen(
        [*command, "--n_ctx", "1024", "--n_threads", "1", "--interrupt_requests", "false"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            _wait_for(port)
            model = chat_model(_settings(f"http://127.0.0.1:{port}"))
            assert model is not None
            assert model_name(model).endswith("plain.gguf")
            settings = _settings(f"http://127.0.0.1:{port}", llm_output=12)
            answers: dict[int, str] = {}
            threads = [
                threading.Thread(target=lambda n=n: answers.update({n: text_of(generate(model, ASKED, settings))}))
                for n in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(answers) == 2
            assert answers[0] == answers[1] != ""
        finally:
            child.terminate()


def _wait_for(port: int) -> None:
    """Until a server on this machine listens."""
    for _ in range(300):
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=0.2):
            return
        sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


class _Server(BaseHTTPRequestHandler):
    """Answers as the class attribute says."""

    pieces: tuple[str, ...] = ()
    mode = "stream"
    asked: dict[str, Any] = {}  # noqa: RUF012 - what the last request said
    over = threading.Event()  # set when it need not go on: it would send, or say nothing, for ten seconds
    sent_last = 0.0  # when it stopped sending

    def do_GET(self) -> None:
        models = [] if self.mode == "no models" else [{"id": "tiny", "object": "model", "created": 0, "owned_by": "me"}]
        self._send(b"<html>" if self.mode == "garbage" else json.dumps({"object": "list", "data": models}).encode())

    def do_POST(self) -> None:
        type(self).asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.mode == "fails":
            self.send_error(500)
            return
        if self.mode == "garbage":
            self._send(b"data: {oh no\n\n", "text/event-stream")
            return
        if self.mode == "odd":
            self._send(b'data: {"choices": [{"delta": 7}]}\n\n', "text/event-stream")
            return
        if self.mode == "slow":
            self.over.wait(10)
        if self.mode in ("keeps alive", "drips", "breaks off"):
            self._send_for_ever()
            return
        about = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
        chunks = [{**about, "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in self.pieces]
        lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        self._send((lines + "data: [DONE]\n\n").encode(), "text/event-stream")

    def _send_for_ever(self) -> None:
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
        chunk["choices"] = [{"index": 0, "delta": {"content": "长"}}]  # type: ignore[assignment]
        line = b": still here\n\n" if self.mode == "keeps alive" else b"data: %b\n\n" % json.dumps(chunk).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        with suppress(OSError):
            for _ in range(2 if self.mode == "breaks off" else 200):
                self.wfile.write(line)
                self.over.wait(0.05)
        type(self).sent_last = monotonic()
        self.close_connection = True

    def _send(self, body: bytes, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    _Server.mode, _Server.pieces = "stream", ("小武器", "是武器 [1]。")
    _Server.over.clear()
    httpd = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    _Server.over.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def _asked(url: str, **given: Any) -> str:
    settings = _settings(url, **given)
    model = chat_model(settings)
    assert model is not None
    return text_of(generate(model, ASKED, settings, CHINESE))


def test_a_servers_first_model_is_asked_with_thinking_switched_off(server: str) -> None:
    assert _asked(server) == "小武器是武器 [1]。"
    assert _Server.asked["model"] == "tiny"
    assert _Server.asked["temperature"] == 0
    assert _Server.asked["max_tokens"] == 40
    assert _Server.asked["chat_template_kwargs"] == {"enable_thinking": False}
    assert "grammar" not in _Server.asked


def test_a_servers_thinking_is_not_shown(server: str) -> None:
    _Server.pieces = ("<thi", "nk>先想一想", "</think>\n\n答案", " [1]。<", "b")
    assert _asked(server, llm_model="named") == "答案 [1]。<b"
    assert _Server.asked["model"] == "named"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of langchain-openai, on what is odd
@pytest.mark.parametrize(
    ("mode", "said"),
    [("fails", "500"), ("garbage", "failed"), ("odd", "failed"), ("no models", "lists no model")],
)
def test_a_server_that_misbehaves_is_an_error_of_one_line(server: str, mode: str, said: str) -> None:
    _Server.mode = mode
    with pytest.raises(ModelError, match=said) as caught:
        _asked(server, llm_model="" if mode == "no models" else "tiny")
    assert "\n" not in str(caught.value)


def test_a_server_that_lists_garbage_is_an_error(server: str) -> None:
    _Server.mode = "garbage"
    with pytest.raises(ModelError, match="No answer from the server"):
        _asked(server)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [((), "wrote nothing"), (("好\ufffd",), "not text"), (("长" * 500,) * 4, "does not stop")],
    ids=["empty", "not UTF-8", "endless"],
)
def test_what_a_server_writes_is_looked_at(server: str, pieces: tuple[str, ...], said: str) -> None:
    _Server.pieces = pieces
    with pytest.raises(GenerationError, match=said):
        _asked(server)


def test_a_server_that_is_down_says_how_to_go_on() -> None:
    with pytest.raises(ModelError, match="--llm none"):
        _asked("http://127.0.0.1:9")
    with pytest.raises(GenerationError, match="--llm none"):
        _asked("http://127.0.0.1:9", llm_model="tiny")


def test_a_server_that_is_too_slow_is_given_up(server: str) -> None:
    _Server.mode = "slow"
    started = monotonic()
    with pytest.raises(GenerationError):
        _asked(server, llm_model="tiny", llm_timeout=1.0)
    assert monotonic() - started < 5


@pytest.mark.parametrize("mode", ["keeps alive", "drips"])
def test_a_server_that_never_ends_is_given_up_all_the_same(server: str, mode: str) -> None:
    _Server.mode = mode
    started = monotonic()
    with pytest.raises(GenerationError, match=r"longer than 1 seconds.*llm_timeout"):
        _asked(server, llm_model="tiny", llm_timeout=1.0, llm_output=8000)
    assert monotonic() - started < 5


def test_a_server_that_breaks_off_is_an_error(server: str) -> None:
    _Server.mode = "breaks off"
    with pytest.raises(GenerationError, match="tiny failed"):
        _asked(server, llm_model="tiny")


def test_whatever_a_client_raises_is_an_error_of_the_model() -> None:
    class Resetting(FakeListChatModel):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
            yield ChatGenerationChunk(message=AIMessageChunk(content="小武器"))
            raise ConnectionError("reset by\npeer")

    with pytest.raises(GenerationError, match=r"failed \(reset by peer\)\..*--llm none"):
        list(generate(Resetting(responses=[]), ASKED, _settings("scripted")))


@pytest.mark.parametrize("mode", ["keeps alive", "slow"])
def test_stop_is_heard_while_a_server_says_nothing(server: str, mode: str) -> None:
    _Server.mode = mode
    settings = _settings(server, llm_model="tiny")
    model = chat_model(settings)
    assert model is not None
    pieces = generate(model, ASKED, settings)
    assert next(pieces) == Waiting()
    started = monotonic()
    pieces.close()
    assert monotonic() - started < 1


def test_stop_drops_the_connection_to_a_server(server: str) -> None:
    _Server.mode, _Server.sent_last = "drips", 0.0
    settings = _settings(server, llm_model="tiny", llm_output=8000)
    model = chat_model(settings)
    assert model is not None
    pieces = generate(model, ASKED, settings)
    next(piece for piece in pieces if isinstance(piece, str))
    pieces.close()
    stopped = monotonic()
    while not _Server.sent_last and monotonic() - stopped < 5:
        sleep(0.05)
    assert 0 < _Server.sent_last - stopped < 5
