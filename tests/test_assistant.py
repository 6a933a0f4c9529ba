"""Tests of the assistant with a language model: a scripted one for wording, llama.cpp on a random file for the rest."""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import tiny_gguf
from ferries import ALL, CREWS, FERRIES, GOOD, QUESTION, REPORT, planted
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from made_index import FakeEmbedder, indexed

from rag.answering.compose import number_on
from rag.answering.prompt import write_prompt
from rag.assistant import Assistant
from rag.checking import check_answer
from rag.checking.passages import MARKER
from rag.errors import GenerationError
from rag.index import Index
from rag.lexicon import Lexicon
from rag.messages import message
from rag.models.local import LlamaChat
from rag.page.export import as_markdown
from rag.page.markup import answer_html
from rag.present import answer_json, answer_text
from rag.records import LANGUAGES, Answer, Hit, Language, Quoted, Retrieved, Turn, Verdict, Waiting, Writing
from rag.settings import Settings


class Scripted(BaseChatModel):
    """Says what it is told to, a few characters at a time, and keeps what it was asked."""

    says: list[str]
    fails_after: int | None = None
    asked: list[str] = []  # noqa: RUF012 - pydantic copies it

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.says[0]))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.asked.append("\n".join(message.text for message in messages))
        text = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        for n in range(0, len(text), 5):
            if self.fails_after is not None and n >= self.fails_after:
                raise ConnectionError("reset by peer")
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[n : n + 5]))


@pytest.fixture(scope="module")
def index(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("ferries") / "index"
    return indexed([(REPORT, [FERRIES, CREWS])], folder, FakeEmbedder(), lexicon)


@pytest.fixture
def assistant(index: Index, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """An assistant that finds every question answerable, with a model that is scripted."""
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: FakeEmbedder())
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: FakeEmbedder().fingerprint)
    monkeypatch.setattr("rag.answering.respond.judge", lambda *_: "sure")
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    assistant = Assistant(Settings(index=index.folder.parent, llm="scripted"))
    assistant.chat_model = Scripted(says=["报告没有回答这个问题。"])
    return assistant


def _says(assistant: Assistant, *texts: str, **more: Any) -> Scripted:
    assistant.chat_model = Scripted(says=list(texts), asked=[], **more)
    return assistant.chat_model


# The straight line


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_verified_answer_is_the_models_own(assistant: Assistant, language: Language) -> None:
    _says(assistant, GOOD[language])
    answer = assistant.ask(QUESTION[language])
    assert (answer.text, answer.mode, answer.abstained) == (GOOD[language], "llm", False)
    assert [(c.paragraph.id, c.verdict) for c in answer.citations] == [(FERRIES.id, Verdict.SUPPORTED)]
    assert answer.models["llm"] == "scripted"
    assert answer.llm_error is None


def test_hits_come_first_then_quotations_then_text_then_the_answer(assistant: Assistant) -> None:
    _says(assistant, GOOD["zh"] * 2)
    events = (each for each in assistant.stream(QUESTION["zh"]) if not isinstance(each, Waiting))
    retrieved, quoted, *writing, answer = events
    assert isinstance(retrieved, Retrieved)
    assert isinstance(retrieved.hits[0], Hit)
    assert isinstance(quoted, Quoted)
    assert (quoted.answer.mode, quoted.answer.abstained) == ("quotes", False)
    assert all(isinstance(each, Writing) for each in writing)
    assert isinstance(answer, Answer)
    assert answer.text.startswith(writing[-1].checked)  # type: ignore[union-attr]


def test_a_statement_is_checked_as_soon_as_the_next_begins(assistant: Assistant) -> None:
    _says(assistant, "其中99名是儿童[1]。" + GOOD["zh"] + "此外")
    writing = [each for each in assistant.stream(QUESTION["zh"]) if isinstance(each, Writing)]
    assert writing[0].checked == ""
    assert writing[-1] == Writing(GOOD["zh"], "此外")
    assert all("99" not in each.checked for each in writing)


def test_hits_come_before_the_model_is_asked(assistant: Assistant) -> None:
    model = _says(assistant, GOOD["zh"])
    stream = assistant.stream(QUESTION["zh"])
    next(stream)
    assert model.asked == []


def test_a_statement_that_fails_is_left_out_and_explained(assistant: Assistant) -> None:
    _says(assistant, GOOD["zh"] + "其中99名是儿童[1]。")
    answer = assistant.ask(QUESTION["zh"])
    assert answer.text == GOOD["zh"]
    assert [c.verdict for c in answer.citations] == [Verdict.SUPPORTED]
    assert [(each.text, each.why) for each in answer.rejected] == [("其中99名是儿童。", "所引段落中没有99")]
    for shown in (answer_text(answer, assistant.index.reports), answer_html(answer, assistant.index.reports, "", 0)):
        assert shown.index(GOOD["zh"][:8]) < shown.index(message("left-out", "zh")) < shown.index("所引段落中没有99")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_quotations_stand_beneath_what_the_model_wrote(assistant: Assistant, language: Language) -> None:
    _says(assistant, GOOD[language])
    answer = assistant.ask(QUESTION[language])
    assert answer.quoted is not None
    assert (answer.quoted.mode, answer.quoted.abstained) == ("quotes", False)
    assert all(c.verdict == Verdict.FOUND for c in answer.quoted.citations)
    markers = {c.paragraph.id: c.marker for c in (*answer.quoted.citations, *answer.citations)}
    for citation in (*answer.citations, *answer.quoted.citations):  # a paragraph has one number in both
        assert citation.marker == markers[citation.paragraph.id]
        assert f"[{citation.marker}]" in answer.text + answer.quoted.text
    assert len(set(markers.values())) == len(markers)
    reports = assistant.index.reports
    shown = answer_text(answer, reports)
    parts = (answer.text, message("sources", language), message("beneath", language), answer.quoted.text)
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    form = answer_json(answer, reports)
    assert form["quoted"]["answer"] == answer.quoted.text
    assert [each["verdict"] for each in form["quoted"]["citations"]] == ["found"] * len(answer.quoted.citations)
    page = answer_html(answer, reports, "", 0)
    assert page.index(GOOD[language][:8]) < page.index(message("beneath", language))
    assert page.count('class="cite"') >= len(answer.quoted.citations)
    assert message("beneath", language) in as_markdown([answer], reports)


def test_the_quotations_are_numbered_on_from_what_the_model_cites(assistant: Assistant) -> None:
    assistant.settings = replace(assistant.settings, llm="none")
    quoted = assistant.ask(QUESTION["zh"])
    (first, *_) = quoted.citations
    other = CREWS if first.paragraph.id == FERRIES.id else FERRIES
    numbered = number_on(quoted, [replace(first, paragraph=other)])
    assert (numbered.citations[0].marker, numbered.citations[0].paragraph) == (2, first.paragraph)
    assert "” [2]" in numbered.text
    assert number_on(quoted, [first]).text == quoted.text


@pytest.mark.parametrize(
    ("says", "view"),
    [
        ("报告没有回答这个问题。", "refused"),
        ("报告没有回答这个问题[1]。", "refused"),
        ("根据所给段落，无法确定人数。", "refused"),
        ("死者共有9999人[1]。", "unverified"),
        ("There were 9,999 dead [1].", "unverified"),
    ],
)
def test_a_model_that_refuses_or_fails_its_checks_takes_no_quotation_away(
    assistant: Assistant, says: str, view: str
) -> None:
    language: Language = "zh" if says[0] > "\u2e80" else "en"
    _says(assistant, says)
    answer = assistant.ask(QUESTION[language])
    assert (answer.mode, answer.abstained, answer.model_view) == ("quotes", False, view)
    assert answer.citations
    assert "9" not in answer.text
    assert answer.models["llm"] == "scripted"
    assert [each.text for each in answer.rejected] == [MARKER.sub("", says).replace(" .", ".")]
    shown = answer_text(answer, assistant.index.reports)
    assert shown.index(answer.text) < shown.index(message(f"view-{view}", language))
    assert message(f"view-{view}", language) in answer_html(answer, assistant.index.reports, "", 0)
    assert answer_json(answer, assistant.index.reports)["model_view"] == view
    assert language == "zh" or not re.search("[一-龥]", shown)
    assert language == "en" or not re.search("[A-Za-z]{3}", shown.replace("A/99/7", ""))


def test_nothing_is_generated_where_the_reports_do_not_answer(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.answering.respond.judge", lambda *_: "refused")
    model = _says(assistant, GOOD["zh"])
    assert assistant.ask(QUESTION["zh"]).abstained
    assert model.asked == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("odds", "outcome"), [(9.0, "sure"), (0.0, "unsure"), (-9.0, "refused")])
def test_a_model_that_was_calibrated_is_asked_first_whether_the_passages_answer(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, language: Language, odds: float, outcome: str
) -> None:
    """A refusal leaves the quotations to be read, and nothing is written."""

    def log_odds(*_: Any) -> Iterator[Any]:
        yield Waiting()
        return odds

    says = {"signals": ["model"], "intercept": 0.0, "weights": [1.0]}
    says |= {"means": {"zh": [0.0], "en": [0.0]}, "scales": {"zh": [1.0], "en": [1.0]}}
    calibrated = {"says": says, "unsure": 0.4, "sure": 0.6, "log_odds": {"zh": [0.0, 1.0], "en": [0.0, 1.0]}}
    monkeypatch.setattr("rag.assistant.judge_of", {"scripted": calibrated}.get)
    monkeypatch.setattr("rag.answering.write.log_odds", log_odds)
    model = _says(assistant, GOOD[language])
    *_, before, answer = (each for each in assistant.stream(QUESTION[language]) if isinstance(each, Answer | Quoted))
    assert isinstance(before, Quoted)
    assert isinstance(answer, Answer)
    assert answer.abstained == (outcome == "refused")
    assert answer.quoted is not None
    lead, *quotations = [each.quote for each in before.answer.citations]
    assert (
        lead == {"zh": "318名", "en": "318"}[language]
    )  # the figure asked for stands first, and not where it is unsure
    quoted = [each.quote for each in answer.quoted.citations]
    assert quoted == (quotations if outcome == "unsure" else [lead, *quotations])
    assert len(model.asked) == (0 if answer.abstained else 1)
    shown = answer_text(answer, assistant.index.reports)
    caveats = [message(f"unsure{which}", language) in shown for which in ("", "-written")]
    assert caveats == [outcome == "unsure"] * 2
    assert answer.quoted.text.splitlines()[-1] in shown
    if answer.abstained:
        assert (answer.model_view, answer.models["llm"]) == ("refused", "scripted")
    else:
        assert (answer.mode, answer.confidence) == ("llm", outcome)


def test_a_look_up_needs_no_model(assistant: Assistant) -> None:
    model = _says(assistant, GOOD["zh"])
    assert assistant.ask("A/99/7，第2段").mode == "quotes"
    assert model.asked == []


def test_an_answer_cut_by_the_limit_ends_with_a_whole_statement(assistant: Assistant) -> None:
    class CutOff(Scripted):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
            yield from super()._stream(*args, **kwargs)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata={"finish_reason": "length"}))

    assistant.chat_model = CutOff(says=[GOOD["zh"] + "调查认为原因是"], asked=[])
    assert assistant.ask(QUESTION["zh"]).text == GOOD["zh"]


# Short answers


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_short_answer_is_the_first_quotation_only(assistant: Assistant, language: Language) -> None:
    assistant.settings = replace(assistant.settings, llm="none")
    assistant.retriever.weights = replace(assistant.retriever.weights, behind=0.0, one_thing=9.0)
    whole = assistant.ask(QUESTION[language])
    assert len(whole.citations) > 1
    short = assistant.as_chosen(short=True).ask(QUESTION[language])
    assert (short.citations, short.abstained) == (whole.citations[:1], False)
    assert short.text.endswith("[1]")
    assert whole.text.startswith(short.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_short_answer_of_a_model_is_its_first_statement(assistant: Assistant, language: Language) -> None:
    second = {"zh": "培训由渔业部出资[2]。", "en": " The fisheries ministry paid for the courses [2]."}[language]
    _says(assistant, GOOD[language] + second)
    assert assistant.ask(QUESTION[language]).text == GOOD[language] + second
    short = assistant.as_chosen(short=True)
    answer = short.ask(QUESTION[language])
    assert (answer.text, answer.mode, len(answer.citations)) == (GOOD[language], "llm", 1)


# Follow-ups


def test_a_follow_up_is_rewritten_by_the_model(assistant: Assistant) -> None:
    model = _says(assistant, "2033年渡船沉没的原因是什么？", "原因是超载（62%）[1]。")
    answer = assistant.ask("那原因呢？", [Turn(QUESTION["zh"], GOOD["zh"])])
    assert answer.understood == "2033年渡船沉没的原因是什么？"
    assert "2033年渡船沉没的原因是什么？" in model.asked[1]
    assert answer.mode == "llm"


@pytest.mark.parametrize(
    "rewritten",
    ["2035年沉没的原因？", "Why did they sink?", "第一\n第二", "", "那原因呢？"],
    ids=["year", "language", "lines", "empty", "as it was"],
)
def test_a_rewriting_that_adds_or_loses_something_is_not_used(assistant: Assistant, rewritten: str) -> None:
    _says(assistant, rewritten, GOOD["zh"])
    answer = assistant.ask("那原因呢？", [Turn(QUESTION["zh"], GOOD["zh"])])
    assert answer.understood == f"{QUESTION['zh']} 那原因呢？"


# Failing models


@pytest.mark.parametrize(
    ("llm", "said"),
    [("none.gguf", "No model file"), ("http://127.0.0.1:9", "--llm none")],
    ids=["no file", "server down"],
)
def test_without_its_model_the_quoted_answer_is_given_with_the_error(assistant: Assistant, llm: str, said: str) -> None:
    assistant.settings = replace(assistant.settings, llm=llm)
    assistant.chat_model = None
    answer = assistant.ask(QUESTION["en"])
    assert (answer.mode, answer.abstained) == ("quotes", False)
    assert answer.llm_error is not None
    assert said in answer.llm_error
    assert "\n" not in answer.llm_error
    assert answer.citations
    assistant.warm_up()  # passes over it


def test_a_model_that_fails_while_it_writes_gives_way_to_the_quoted_answer(assistant: Assistant) -> None:
    class Failing(Scripted):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
            yield ChatGenerationChunk(message=AIMessageChunk(content="三艘"))
            raise GenerationError("the model failed")

    assistant.chat_model = Failing(says=[""], asked=[])
    answer = assistant.ask(QUESTION["zh"])
    assert (answer.mode, answer.llm_error) == ("quotes", "the model failed")


# The real llama.cpp


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf", trained_context=8192)


@pytest.fixture
def local(assistant: Assistant, gguf: Path) -> Assistant:
    chat = LlamaChat(path=gguf, context_size=8192, threads=1, max_tokens=60)
    assistant.settings = replace(assistant.settings, llm=str(gguf))
    assistant.chat_model = chat
    return assistant


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_context_too_small_for_a_passage_gives_way_to_the_quoted_answer(
    local: Assistant, gguf: Path, language: Language
) -> None:
    local.chat_model = LlamaChat(path=gguf, context_size=512, threads=1)
    answer = local.ask(QUESTION[language])
    assert (answer.mode, answer.abstained) == ("quotes", False)
    told = {
        "en": "A context of 512 tokens does not hold a passage and an answer of 300. Raise llm_context.",
        "zh": "512 个词元的上下文放不下一个段落和 300 个词元的答案；请调高 llm_context。",
    }
    assert answer.llm_error == told[language]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_random_model_never_passes_for_an_answer(local: Assistant, language: Language) -> None:
    answer = local.ask(QUESTION[language])
    assert (answer.mode, answer.model_view, answer.llm_error) == ("quotes", "unverified", None)
    assert {"prompt", "generate", "retrieve", "quote", "answer"} == set(answer.timings)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_model_took_is_told(local: Assistant, language: Language) -> None:
    local.ask(QUESTION[language])
    answer = local.ask(QUESTION[language])
    told = answer_json(answer, local.index.reports)["generation"]
    assert told["reused_tokens"] == told["prompt_tokens"] - 1  # the same question: all but the last is kept
    assert 0 < told["written_tokens"] <= 60
    rate = 1000 * told["written_tokens"] / answer.timings["generate"]
    assert told["tokens_per_second"] == pytest.approx(rate, abs=0.01)
    line = answer_text(answer, local.index.reports).splitlines()[-1]
    assert f"{told['reused_tokens']:,}" in line
    assert ("词元" in line) == (language == "zh")


def test_a_reader_is_told_how_many_questions_are_answered_first(local: Assistant) -> None:
    first, second = local.stream(QUESTION["zh"]), local.stream(QUESTION["en"])
    assert local.ahead == 0
    next(piece for piece in first if isinstance(piece, Writing | Waiting))
    assert local.ahead == 1
    next(second), next(second)  # the hits and the quotations come at once
    assert [next(second), local.ahead] == [Waiting(1), 2]
    assert next(second).ahead == 1  # type: ignore[union-attr]
    first.close()  # type: ignore[attr-defined]
    assert [answer.language for answer in second if isinstance(answer, Answer)] == ["en"]
    assert local.ahead == 0


def test_stop_frees_the_model_within_a_second(local: Assistant) -> None:
    assert isinstance(local.chat_model, LlamaChat)
    local.chat_model.max_tokens = 3000
    stream = local.stream(QUESTION["zh"])
    next(piece for piece in stream if isinstance(piece, Writing))
    started = monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert monotonic() - started < 1
    assert local.ahead == 0


def test_stop_is_heard_while_a_follow_up_is_rewritten(local: Assistant) -> None:
    stream = local.stream("那原因呢？", [Turn(QUESTION["zh"], GOOD["zh"])])
    assert next(stream) == Waiting()
    assert local.ahead == 1
    started = monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert local.ahead == 0
    assert monotonic() - started < 1


def test_a_long_conversation_stays_within_the_context(local: Assistant, gguf: Path) -> None:
    local.chat_model = LlamaChat(path=gguf, context_size=2048, threads=1, max_tokens=40)
    local.settings = replace(local.settings, llm_output=40, history_turns=100)
    history = [Turn(f"第{n}年渡船沉没造成多少乘客丧生？", "三艘渡船沉没，318名乘客丧生[1]。" * 9) for n in range(60)]
    answer = local.ask("那原因呢？", history)
    assert answer.llm_error is None
    assert answer.generation["prompt_tokens"] + answer.generation["written_tokens"] <= 2048


def test_two_chats_at_once_get_their_own_answers(local: Assistant) -> None:
    questions = [QUESTION["zh"], QUESTION["en"]]
    alone = [local.ask(question).rejected for question in questions]
    together: dict[str, Any] = {}
    threads = [
        threading.Thread(target=lambda q=question: together.update({q: local.ask(q).rejected}))  # type: ignore[misc]
        for question in questions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[question] for question in questions] == alone


def test_a_second_question_reads_little_of_the_prompt_again(local: Assistant) -> None:
    model = local.chat_model
    assert isinstance(model, LlamaChat)
    reused = []
    for question in ("2033年渡船沉没造成多少乘客丧生？", "2033年渡船为何沉没？"):
        hits = local.search(question)
        prompt = write_prompt(question, hits, local.index.reports, "zh", model.get_num_tokens, model.engine.context)
        run = model.invoke(list(prompt.messages), grammar=prompt.grammar)
        assert run.usage_metadata is not None
        reused.append(run.response_metadata["reused_tokens"] / run.usage_metadata["input_tokens"])
    assert reused[1] > 0.6


# Planted instructions: a model that obeys them all gets nothing past the checks

CASES = [pytest.param(*case, id=f"{case[1]} {case[4]} in the {case[0]}") for case in ALL]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(("where", "kind", "order", "obeyed", "language"), CASES)
def test_a_planted_instruction_changes_nothing(
    where: str, kind: str, order: str, obeyed: str, language: Language, gguf: Path, lexicon: Lexicon
) -> None:
    question, hits = planted(where, order, language)
    prompt = write_prompt(question, hits, {REPORT.id: REPORT}, language, len, 100_000)
    seen = prompt.messages[1].text
    # Of what the model sees, nothing is a control token, hidden, or a marker that is not ours.
    chat = _tiny(gguf)
    control = write_prompt("？", hits[:1], {REPORT.id: REPORT}, language, len, 100_000)
    assert _specials(chat, prompt.messages) == _specials(chat, control.messages)
    assert not re.search(r"<\||\|>|<think>|\[/?INST|[\u200b\U000e0000-\U000e007f]", seen)
    assert {int(found) for found in MARKER.findall(seen)} <= {1, 2}
    assert order not in seen
    # A model that has obeyed all the same is not believed.
    passages = {passage.marker: passage.paragraph for passage in prompt.passages}
    checked = check_answer(obeyed, passages, {REPORT.id: REPORT}, language, lexicon)
    assert checked.verified == 0
    assert not checked.citations


def test_the_seed_reports_hold_no_orders_to_a_model() -> None:
    from seed_texts import chinese, english

    from rag.text.injection import defuse, harmless

    assert [text for text in chinese() if harmless(text, "zh") != defuse(text)] == []
    assert [text for text in english() if harmless(text, "en") != defuse(text)] == []


def _specials(chat: LlamaChat, messages: Sequence[BaseMessage]) -> int:
    return sum(token >= 256 for token in chat.engine.prompt(messages))


_CHATS: dict[Path, LlamaChat] = {}


def _tiny(path: Path) -> LlamaChat:
    return _CHATS.setdefault(path, LlamaChat(path=path, context_size=512, threads=1))


# Hints


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_hint_is_labelled_one_wherever_it_is_shown(assistant: Assistant, language: Language, tmp_path: Path) -> None:
    from models.test_cross_encoder import write_nli

    _says(assistant, GOOD[language])
    before = assistant.ask(QUESTION[language])
    assistant.settings = replace(assistant.settings, nli=str(write_nli(tmp_path / "nli")))
    _says(assistant, GOOD[language])
    answer = assistant.ask(QUESTION[language])
    assert [replace(each, hint=None) for each in answer.citations] == list(before.citations)
    assert all(each.hint is not None for each in answer.citations)
    label = {"zh": "仅供参考，不算核对", "en": "a hint, not a check"}[language]
    assert label in answer_text(answer, assistant.index.reports)
    assert label not in answer_text(before, assistant.index.reports)
    assert answer_json(answer, assistant.index.reports)["citations"][0]["hint"] == answer.citations[0].hint
    assert "hint" not in answer_json(before, assistant.index.reports)["citations"][0]


def test_without_its_hints_an_answer_stands(assistant: Assistant, tmp_path: Path) -> None:
    assistant.settings = replace(assistant.settings, nli=str(tmp_path / "none"))
    _says(assistant, GOOD["en"])
    answer = assistant.ask(QUESTION["en"])
    assert (answer.text, answer.abstained, answer.citations[0].hint) == (GOOD["en"], False, None)
    assert answer.llm_error is not None
    assert "is no NLI model" in answer.llm_error


# About the tool


@pytest.mark.parametrize(("asked", "said"), [("Hello!", "Hello"), ("你好", "您好"), ("谢谢！", "不客气")])
def test_small_talk_is_answered_at_once_and_no_model_is_asked(assistant: Assistant, asked: str, said: str) -> None:
    model = _says(assistant, GOOD["zh"])
    (answer,) = assistant.stream(asked, [Turn(QUESTION["en"], "…")])
    assert isinstance(answer, Answer)
    assert (answer.mode, answer.abstained, answer.hits, answer.citations) == ("help", False, (), ())
    assert answer.text.startswith(said)
    assert model.asked == []


def test_a_question_that_begins_with_a_greeting_is_answered_as_that_question(assistant: Assistant) -> None:
    _says(assistant, GOOD["en"])
    answer = assistant.ask(f"Hello, {QUESTION['en']} Thanks!")
    assert answer.mode == "llm"
    assert answer.citations
