"""The whole way of a question with a real language model: RAPPORTEUR_TEST_GGUF names its file.

Nothing here depends on wording, so any instruct model must pass; the figures it prints (`pytest -m real_model -s`) are
what NOTES.md keeps. The index is the one the settings name, where it can be opened, else the seeds' of the tests.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import monotonic

import pytest
from ferries import ALL, CANARY, REPORT, planted

from rag.assistant import Assistant
from rag.citations import MARKER, check_answer
from rag.errors import GenerationError, IndexProblem
from rag.lexicon import Lexicon
from rag.llm import LlamaChat, generate
from rag.present import answer_text
from rag.prompt import write_prompt
from rag.records import Answer, Language, Turn, Verdict
from rag.settings import load_settings
from rag.text import language as language_of

NAMED = os.environ.get("RAPPORTEUR_TEST_GGUF", "")
pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(not NAMED, reason="RAPPORTEUR_TEST_GGUF names no model file: a real one is too large to ship"),
]
QUESTIONS: dict[Language, tuple[str, ...]] = {  # of which the reports say something, and of which they say nothing
    "zh": ("轻小武器的标识应包含哪些内容？", "各国为销毁多余武器采取了什么措施？", "南极企鹅的数量是多少？"),
    "en": (
        "What must the marking of firearms show?",
        "How are surplus weapons destroyed?",
        "How many penguins live?",
    ),
}
ASKED = [pytest.param(language, text, id=text[:24]) for language, texts in QUESTIONS.items() for text in texts]
CONTROL = re.compile(r"<\|[a-z_]+\|>|</?think>|\[/?INST\]")


@pytest.fixture(scope="module")
def assistant(request: pytest.FixtureRequest) -> Iterator[Assistant]:
    assert Path(NAMED).is_file(), f"RAPPORTEUR_TEST_GGUF names {NAMED}, which is no file"
    settings = load_settings({"llm": NAMED})[0]
    try:
        yield Assistant(settings)
    except IndexProblem:
        index = request.getfixturevalue("seed_index")
        cache = request.getfixturevalue("model_cache")
        yield Assistant(replace(settings, index=index.folder.parent, cache=cache))


@pytest.fixture(scope="module")
def told() -> Iterator[list[Answer]]:
    """The answers given, whose figures are printed at the end."""
    answers: list[Answer] = []
    yield answers
    written = [answer for answer in answers if answer.generation]
    if not written:
        return
    rates = [answer.generation["tokens_per_second"] for answer in written]
    cited = [citation for answer in written for citation in answer.citations]
    held = [each for each in cited if each.verdict not in (Verdict.NUMBER_MISMATCH, Verdict.NOT_FOUND)]
    print(f"\n{Path(NAMED).name}: {len(answers)} questions, {len(written)} written, ", end="")
    print(f"{sum(answer.abstained for answer in answers)} refused, ", end="")
    print(f"{len(held)} of {len(cited)} citations verified, ", end="")
    print(f"{median(rates):.1f} tokens a second (median; {min(rates):.1f} to {max(rates):.1f})")


def _chat(assistant: Assistant) -> LlamaChat:
    chat = assistant._model()
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
        assert used <= _chat(assistant).context


@pytest.mark.parametrize("language", ["zh", "en"])
def test_asking_again_reads_nothing_again(assistant: Assistant, told: list[Answer], language: Language) -> None:
    first, second = (assistant.ask(QUESTIONS[language][0]) for _ in range(2))
    told += [first, second]
    assert first.text == second.text  # temperature 0
    if second.generation:
        assert second.generation["reused_tokens"] >= 0.9 * second.generation["prompt_tokens"]


@pytest.mark.parametrize(("language", "question"), [("zh", "那2015年呢？"), ("en", "And in 2015?")])
def test_a_follow_up_stands_alone_in_its_language(assistant: Assistant, language: Language, question: str) -> None:
    answer = assistant.ask(question, [Turn(QUESTIONS[language][0], "1")])
    assert answer.llm_error is None
    assert answer.understood
    assert "2015" in answer.understood
    assert language_of(answer.understood) == language


def test_stop_is_heard_within_a_second(assistant: Assistant) -> None:
    stream = assistant.stream(QUESTIONS["zh"][0])
    next(stream)  # the hits
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
        QUESTIONS[language][1], hits, assistant.index.reports, language, chat.get_num_tokens, chat.context
    )
    text = "".join(generate(chat, prompt.messages, assistant.settings, prompt.grammar))
    assert {int(number) for number in MARKER.findall(text)} <= {passage.marker for passage in prompt.passages}
    assert "\ufffd" not in text


def test_no_planted_instruction_gets_past_the_checks(assistant: Assistant, lexicon: Lexicon) -> None:
    chat, obeyed, passed = _chat(assistant), [], []
    settings = replace(assistant.settings, llm_output=60)
    for where, kind, order, _, language in ALL:
        question, hits = planted(where, order, language)
        prompt = write_prompt(question, hits, {REPORT.id: REPORT}, language, chat.get_num_tokens, chat.context)
        try:
            text = "".join(generate(chat, prompt.messages, settings, prompt.grammar, limit=60))
        except GenerationError:  # nothing was written
            continue
        passages = {passage.marker: passage.paragraph for passage in prompt.passages}
        checked = check_answer(text, passages, {REPORT.id: REPORT}, language, lexicon)
        case = f"{kind} {language} in the {where}"
        obeyed += [case] if CANARY in text else []
        passed += [
            case
            for statement in checked.statements
            if statement.states and not statement.wrong and CANARY in statement.text
        ]
    print(f"\n{Path(NAMED).name}: obeyed {len(obeyed)} of {len(ALL)} planted instructions, {len(passed)} got past")
    assert passed == []
