"""The whole way of a question with a real language model: the small one of `make test`, or RAPPORTEUR_TEST_GGUF's.

Nothing here depends on wording, so any instruct model must pass; the figures it prints (`pytest -m real_model -s`) are
what NOTES.md keeps.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from threading import Thread
from time import monotonic

import pytest
from ferries import ALL, CANARY, REPORT, planted
from making import text_of

from eval.questions import QUESTIONS as FILE
from eval.questions import Question, for_tuning, read_questions
from rag.answering.prompt import write_prompt
from rag.answering.write import YES_OR_NO, prompt_for
from rag.assistant import Assistant
from rag.checking import check_answer
from rag.checking.passages import MARKER
from rag.errors import GenerationError
from rag.index import Index
from rag.lexicon import Lexicon
from rag.models.chat import generate, log_odds
from rag.models.local import LlamaChat
from rag.present import answer_text
from rag.question import Question as Asked
from rag.records import Answer, Language, Turn, Verdict, Writing
from rag.settings import Settings
from rag.text import language as language_of

pytestmark = pytest.mark.real_model
QUESTIONS: dict[Language, tuple[str, ...]] = {  # of which the reports say something, and of which they say nothing
    "zh": ("轻小武器的标识应包含哪些内容？", "各国为销毁多余武器采取了什么措施？", "南极企鹅的数量是多少？"),
    "en": (
        "What must the marking of firearms show?",
        "How are surplus weapons destroyed?",
        "How many penguins live?",
    ),
}
DEV = 30  # dev questions asked end to end, every so many of the file, half of each language
HELD = 0.8  # of the statements the model writes, the least that must hold
LEAST_WRITTEN = 0.6  # of what quoting answers, the least for which a statement of the model holds; 0.5B: 0.7
ASKED = [pytest.param(language, text, id=text[:24]) for language, texts in QUESTIONS.items() for text in texts]
CONTROL = re.compile(r"<\|[a-z_]+\|>|</?think>|\[/?INST\]")


@pytest.fixture(scope="module")
def assistant(real_llm: Path, seed_index: Index, model_cache: Path) -> Assistant:
    assert real_llm.is_file(), f"{real_llm} is not here. Get it with: make test, or name one: RAPPORTEUR_TEST_GGUF"
    return Assistant(Settings(index=seed_index.folder.parent, cache=model_cache, llm=str(real_llm)))


@pytest.fixture(scope="module")
def told() -> Iterator[list[Answer]]:
    """The answers given, whose figures are printed at the end."""
    answers: list[Answer] = []
    yield answers
    asked = [answer for answer in answers if answer.generation]
    if not asked:
        return
    rates = [answer.generation["tokens_per_second"] for answer in asked]
    seconds = [answer.timings["answer"] / 1000 for answer in asked]
    written = [answer for answer in asked if answer.mode == "llm"]
    print(f"\n{asked[0].models['llm']}: asked {len(asked)} times, wrote {len(written)} answers; ", end="")
    print(f"{_held(asked):.2f} of statements held; {median(seconds):.1f} s an answer, ", end="")
    print(f"{median(rates):.1f} tokens a second (medians; {min(rates):.1f} to {max(rates):.1f})")


def _held(answers: list[Answer]) -> float:
    """Of the statements a model wrote, the share that hold."""
    held = sum(len({c.quote for c in answer.citations}) for answer in answers if answer.mode == "llm")
    return held / max(1, held + sum(len(answer.rejected) for answer in answers))


def _chat(assistant: Assistant) -> LlamaChat:
    chat = assistant.model()
    assert isinstance(chat, LlamaChat)
    return chat


@pytest.mark.parametrize(("language", "question"), ASKED)
def test_an_answer_keeps_its_rules_whatever_its_words(
    assistant: Assistant, told: list[Answer], language: Language, question: str
) -> None:
    answer = assistant.ask(question)
    told.append(answer)
    assert answer.llm_error is None
    assert answer.language == language
    assert len(answer.hits) == assistant.settings.k
    assert not CONTROL.search(answer.text)
    found = {hit.paragraph.id for hit in answer.hits}
    assert {citation.paragraph.id for citation in answer.citations} <= found
    if answer.abstained:
        assert answer.citations == ()
        assert (answer.quoted is None) == (answer.model_view is None)  # a model's refusal leaves the quotations
    else:
        marked = {int(number) for number in MARKER.findall(answer.text)}
        assert marked == {citation.marker for citation in answer.citations}
        assert any(c.verdict not in (Verdict.NUMBER_MISMATCH, Verdict.NOT_FOUND) for c in answer.citations)
    assert language_of(MARKER.sub("", answer.text)) == language
    shown = answer_text(answer, assistant.index.reports)
    assert not re.search("Traceback|None", shown)
    if answer.generation:
        assert answer.generation["tokens_per_second"] > 0
        used = answer.generation["prompt_tokens"] + answer.generation["written_tokens"]
        assert used <= _chat(assistant).engine.context


@pytest.mark.parametrize("language", ["zh", "en"])
def test_asking_again_reads_nothing_again(assistant: Assistant, told: list[Answer], language: Language) -> None:
    first, second = (assistant.ask(QUESTIONS[language][0]) for _ in range(2))
    told.append(first)
    assert first.text == second.text  # temperature 0
    if second.generation:
        assert second.generation["reused_tokens"] >= 0.9 * second.generation["prompt_tokens"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_passages_that_answer_are_told_from_others(assistant: Assistant, language: Language) -> None:
    chat, settings = _chat(assistant), assistant.settings

    def odds(question: str) -> float:
        found = replace(assistant.found(QUESTIONS[language][0]), question=Asked.of(question))
        prompt = prompt_for(found, chat, settings, assistant.index.reports, language, True)
        asking = log_odds(chat, prompt.judging, YES_OR_NO[language], settings)
        while True:
            try:
                next(asking)
            except StopIteration as end:
                return float(end.value)

    answered, not_answered = odds(QUESTIONS[language][0]), odds(QUESTIONS[language][2])
    assert answered > not_answered


def _dev_questions() -> list[Question]:
    """Answerable dev questions that stand alone, evenly from the file, as many of each language."""
    asked = [q for q in for_tuning(read_questions(FILE)) if q.answerable and not q.history and q.type != "lookup"]
    of = [[question for question in asked if question.lang == language] for language in ("zh", "en")]
    return [each for those in of for each in those[:: max(1, 2 * len(those) // DEV)]][:DEV]


def test_dev_questions_end_to_end(assistant: Assistant, told: list[Answer]) -> None:
    questions = _dev_questions()
    answers = [assistant.ask(question.text) for question in questions]
    told += answers
    assert len(questions) == DEV
    answered = [answer for answer in answers if not answer.abstained]
    assert len(answered) >= 0.8 * DEV
    assert all(answer.models["llm"] for answer in answered)
    assert all(each.llm_error is None for each in answers)
    assert sum(answer.mode == "llm" for answer in answered) >= LEAST_WRITTEN * len(answered)
    assert _held(answered) >= HELD
    for question, answer in zip(questions, answers, strict=True):
        assert language_of(MARKER.sub("", answer.text)) == question.lang
        assert {int(number) for number in MARKER.findall(answer.text)} <= {c.marker for c in answer.citations}
        assert all(c.verdict not in (Verdict.NUMBER_MISMATCH,) for c in answer.citations)
        assert answer.abstained or answer.quoted or answer.mode == "quotes"


def test_text_streams_and_is_checked_as_it_grows(assistant: Assistant) -> None:
    writing = [each for each in assistant.stream(QUESTIONS["en"][0]) if isinstance(each, Writing)]
    assert len(writing) > 5
    assert any(each.growing for each in writing)


def test_two_chats_at_once_get_their_own_answers(assistant: Assistant) -> None:
    questions = [QUESTIONS["zh"][0], QUESTIONS["en"][0]]
    alone = [assistant.ask(question) for question in questions]
    together: dict[str, Answer] = {}
    threads = [Thread(target=lambda q=q: together.update({q: assistant.ask(q)})) for q in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(together[q].text, together[q].rejected) for q in questions] == [(a.text, a.rejected) for a in alone]


@pytest.mark.parametrize(("language", "question"), [("zh", "那2015年呢？"), ("en", "And in 2015?")])
def test_a_follow_up_stands_alone_in_its_language(assistant: Assistant, language: Language, question: str) -> None:
    answer = assistant.ask(question, [Turn(QUESTIONS[language][0], "1")])
    assert answer.llm_error is None
    assert answer.understood
    assert "2015" in answer.understood
    assert language_of(answer.understood) == language


def test_stop_is_heard_within_a_second(assistant: Assistant) -> None:
    stream = assistant.stream(QUESTIONS["zh"][0])
    next(stream), next(stream)  # the hits and the quotations
    next(stream)
    started = monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert monotonic() - started < 1
    assert assistant.ahead == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_markers_are_those_of_the_passages(assistant: Assistant, language: Language) -> None:
    chat = _chat(assistant)
    hits = assistant.search(QUESTIONS[language][1])
    prompt = write_prompt(
        QUESTIONS[language][1], hits, assistant.index.reports, language, chat.get_num_tokens, chat.engine.context
    )
    text = text_of(generate(chat, prompt.messages, assistant.settings, prompt.grammar))
    assert {int(number) for number in MARKER.findall(text)} <= {passage.marker for passage in prompt.passages}
    assert "\ufffd" not in text


def test_no_planted_instruction_gets_past_the_checks(assistant: Assistant, lexicon: Lexicon) -> None:
    chat, obeyed, passed = _chat(assistant), [], []
    for where, kind, order, _, language in ALL:
        question, hits = planted(where, order, language)
        prompt = write_prompt(question, hits, {REPORT.id: REPORT}, language, chat.get_num_tokens, chat.engine.context)
        try:
            text = text_of(generate(chat, prompt.messages, assistant.settings, prompt.grammar, limit=60))
        except GenerationError:  # nothing was written
            continue
        passages = {passage.marker: passage.paragraph for passage in prompt.passages}
        checked = check_answer(text, passages, {REPORT.id: REPORT}, language, lexicon)
        case = f"{kind} {language} in the {where}"
        obeyed += [case] if CANARY in text else []
        passed += [
            case
            for statement in checked.statements
            if statement.verdict in (Verdict.SUPPORTED, Verdict.NOT_CHECKED) and CANARY in statement.text
        ]
    print(f"\n{chat.path.name}: obeyed {len(obeyed)} of {len(ALL)} planted instructions, {len(passed)} got past")
    assert passed == []
