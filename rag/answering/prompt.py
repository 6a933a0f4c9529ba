"""From question and hits to the exact text the model sees, within its context.

The rules come first, the passages next, the question and what to do with it last: so a second question over the same
passages finds most of its prompt already read, and a small model has the instruction freshest. No refusal is offered:
small models take it whatever the passages say, and whether to answer is decided elsewhere. The templates are text in
`prompts/`, in Chinese and in English.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from rag.errors import GenerationError
from rag.records import Hit, Language, Paragraph, Report, Turn
from rag.references import written
from rag.text import fold, sentences
from rag.text.injection import LEFT_OUT, defuse, harmless

# In a wheel the templates lie inside the package, in a checkout beside it.
_FOLDERS = (Path(__file__).parents[1] / "prompts", Path(__file__).parents[2] / "prompts")
_TEMPLATE_TOKENS = 48  # what the control tokens of chat templates take around two messages, at the most
LARGEST_SHARE = 0.5  # of the room for passages that one may take where others follow: two views beat one long one

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph as the model sees it."""

    marker: int  # 1-based
    paragraph: Paragraph
    language: Language
    text: str
    whole: bool  # False where sentences were left out


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given, and what its answer may look like."""

    messages: tuple[BaseMessage, ...]
    judging: tuple[BaseMessage, ...]  # over the same passages: whether they answer
    passages: tuple[Passage, ...]
    grammar: str


def write_prompt(
    question: str,
    hits: Sequence[Hit],
    reports: Mapping[str, Report],
    language: Language,
    count: Count,
    context: int,
    passages: int = 3,
    passage_tokens: int = 600,
    output: int = 300,
    renderings: bool = True,
) -> Prompt:
    """The messages for a question that stands alone: as many of the best hits as fit, cut by whole sentences.

    `context` is how many tokens prompt and answer may take together, `output` how many of them the answer's.
    GenerationError where not one sentence of a passage fits.
    """
    rules, form = template("rules", language), template("question", language)
    asked = harmless(question, language).replace(LEFT_OUT, "").strip() or defuse(question)
    fixed = count(rules) + count(form.format(passages="", question=asked))
    room = min(passage_tokens, context - output - fixed - _TEMPLATE_TOKENS)
    chosen = _fitting(hits[:passages], reports, language, count, room, asked, renderings)
    if not chosen:
        raise GenerationError("context-too-small", context=context, output=output)
    listed = "\n\n".join(_listed(passage, reports) for passage in chosen)
    messages, judging = (
        (SystemMessage(rules), HumanMessage(each.format(passages=listed, question=asked)))
        for each in (form, template("judge", language))
    )
    return Prompt(messages, judging, tuple(chosen), marker_grammar(len(chosen)))


def write_rewriting(question: str, history: Sequence[Turn], language: Language, count: Count, room: int) -> BaseMessage:
    """The message that asks for a follow-up question to be rewritten so that it stands alone."""
    turns = _turns(history, language, count, room)
    return HumanMessage(template("rewrite", language).format(history=turns, question=defuse(question)))


def marker_grammar(markers: int) -> str:
    """The GBNF of a text whose only brackets are markers from 1 to `markers`, and which holds no control character.

    It must leave a way on after every first byte it lets through: llama.cpp looks at whole characters only, so a class
    that shut out all characters of one first byte (the private ones, say) would be a dead end.
    """
    numbers = " | ".join(f'"[{n}]"' for n in range(1, markers + 1))
    return (
        "root ::= (text | marker)+\n"
        f"marker ::= {numbers}\n"
        r"text ::= [^\[\]【】［］<>|＜＞｜\x00-\x09\x0B-\x1F\x7F-\x9F\u2028\u2029\uFFFD]" + "\n"
    )


@cache
def template(name: str, language: Language) -> str:
    """The text of a template in a language, without the line end of its file."""
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    return (folder / language / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n")


def _listed(passage: Passage, reports: Mapping[str, Report]) -> str:
    reference = defuse(written(passage.paragraph, reports[passage.paragraph.report], passage.language))
    form = template("passage", passage.language)
    return form.format(marker=passage.marker, reference=reference, text=passage.text)


def _fitting(
    hits: Sequence[Hit],
    reports: Mapping[str, Report],
    language: Language,
    count: Count,
    room: int,
    question: str,
    renderings: bool,
) -> list[Passage]:
    """The passages of the best hits that fit, numbered in the order of their place, which a second question keeps."""
    kept: list[tuple[Paragraph, Language, str, bool]] = []
    for n, hit in enumerate(hits):
        paragraph = hit.paragraph
        spoken = paragraph.shown_in(language, renderings)
        heading = count(_listed(Passage(10, paragraph, spoken, "", True), reports))
        share = room if n == len(hits) - 1 else max(int(room * LARGEST_SHARE), room // 2)
        said = harmless(paragraph.in_language(spoken) or "", spoken)
        text, whole = _cut(said, spoken, question, share - heading, count)
        if not text and not kept:
            text, whole = _cut(said, spoken, question, room - heading, count)
        if text:
            kept.append((paragraph, spoken, text, whole))
            room -= heading + count(text) + 1
    kept.sort(key=lambda each: (each[0].report, each[0].position))
    return [Passage(marker, *each) for marker, each in enumerate(kept, 1)]


def _cut(text: str, language: Language, question: str, room: int, count: Count) -> tuple[str, bool]:
    """The text, or the run of whole sentences round the one nearest the question that fits; whether it is all of it."""
    if count(text) <= room:
        return text, True
    spans = sentences(text, language)
    sizes = [count(text[start:end]) + 1 for start, end in spans]
    room -= 2 * count(LEFT_OUT)
    asked = _pairs(question)
    shared = [len(asked & _pairs(text[start:end])) for start, end in spans]
    best = max(range(len(spans)), key=lambda n: shared[n], default=None)
    if best is None or sizes[best] > room:
        return "", False
    first = last = best
    room -= sizes[best]
    while True:
        if last + 1 < len(spans) and sizes[last + 1] <= room:
            last += 1
            room -= sizes[last]
        elif first > 0 and sizes[first - 1] <= room:
            first -= 1
            room -= sizes[first]
        else:
            break
    kept = text[spans[first][0] : spans[last][1]]
    before, after = LEFT_OUT if first > 0 else "", LEFT_OUT if last + 1 < len(spans) else ""
    return f"{before}{kept}{after}", False


def _pairs(text: str) -> set[str]:
    """The pairs of neighbouring characters of a text, folded; of words enough to compare texts in one language."""
    folded = fold(text)
    return {folded[n : n + 2] for n in range(len(folded) - 1) if folded[n : n + 2].isalnum()}


def _turns(history: Sequence[Turn], language: Language, count: Count, room: int) -> str:
    """The latest turns that fit, oldest first; a long answer by its first sentences."""
    kept: list[str] = []
    for turn in reversed(history):
        answer = defuse(turn.answer)
        spans = sentences(answer, language)
        for end in [end for _, end in reversed(spans)] or [0]:
            form = template("turn", language).format(question=defuse(turn.question), answer=answer[:end])
            if (size := count(form) + 1) <= room:
                break
        else:
            break
        if size > room:
            break
        kept.insert(0, form)
        room -= size
    return "\n".join(kept) + "\n" if kept else ""
