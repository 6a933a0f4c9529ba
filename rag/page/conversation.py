"""One reader's conversation: questions asked, what the chat shows while and after they are answered.

It knows nothing of Gradio: `layout.py` and `asking.py` put what it returns on the page.
"""

from base64 import b64encode
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answering.whole import nearest_of_each
from rag.assistant import Assistant
from rag.errors import QuestionError, RagError, SettingError, UnknownParagraph
from rag.page.export import TYPES, as_file
from rag.page.markup import (
    answer_html,
    comparison_html,
    notice_html,
    paragraph_html,
    question_html,
    render,
    report_html,
)
from rag.page.turns import Busy, Turns
from rag.page.wording import words
from rag.question import Question
from rag.records import Answer, Filters, Language, Paragraph, Quoted, Retrieved, Slice, Turn, Verdict, Waiting, Writing
from rag.text import language as language_of

COMPARED = 2  # paragraphs of each report in a comparison: more would not fit beside each other
SHOWN = 6  # exchanges in the chat: Gradio sends and draws them all anew with every word, and a hundred take seconds
BEAT = 0.5  # seconds between two words to a reader who waits: a closed page leaves the line within it
QUOTED_AT_MOST = 20  # quotations a button may ask to have marked; an answer has four


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, and both as the chat shows them."""

    answer: Answer
    shown: tuple[dict[str, str], dict[str, str]]


@dataclass(slots=True)
class Asking:
    """A question being answered; its reader may stop it, or leave it for a new conversation."""

    question: str
    stopped: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of a conversation."""

    exchanges: tuple[Exchange, ...]
    asking: str = ""  # the question being answered
    growing: str = ""  # its answer so far, as HTML
    box: str | None = None  # what to put in the question box; None leaves what the reader is typing
    notice: str = ""  # a sentence to the reader, as HTML

    @property
    def messages(self) -> list[dict[str, str]]:
        """The chat's messages as Gradio takes them, oldest first: page.js keeps those before the last exchanges."""
        shown = [message for exchange in self.exchanges[-SHOWN:] for message in exchange.shown]
        if self.asking:
            shown.append(_message("user", question_html(self.asking, language_of(self.asking))))
        if self.growing:
            shown.append(_message("assistant", self.growing))
        return shown


def ask_in_turn(
    assistant: Assistant,
    turns: Turns,
    question: str,
    exchanges: Sequence[Exchange],
    filters: Filters,
    page: Language,
) -> Generator[View, None, None]:
    """What the page shows as a question waits for its turn and is answered; a full line is told at once."""
    try:
        turn = turns.take()
    except Busy as error:
        yield View(tuple(exchanges), box=question, notice=notice_html(error.told(page)))
        return
    with turn:
        yield View(tuple(exchanges), question, box="")
        seconds = 0.0
        while ahead := turn.ahead(seconds):
            yield View(tuple(exchanges), question, render("waiting", page, key="queue", ahead=ahead))
            seconds = BEAT
        yield from ask(assistant, question, exchanges, filters, page, turn.step_aside)


def ask(
    assistant: Assistant,
    question: str,
    exchanges: Sequence[Exchange],
    filters: Filters,
    page: Language,
    at_the_model: Callable[[], None] = lambda: None,
) -> Iterator[View]:
    """What the page shows as a question is answered: the question, the paragraphs found, the answer last.

    A question that cannot be answered stays in the box, with a sentence saying why. `at_the_model` is called whenever a
    language model is heard of.
    """
    before, reports = tuple(exchanges), assistant.index.reports
    history = [_turn(each.answer) for each in before if each.answer.mode != "help"]  # a question leans on none of those
    spoken, growing, quoted, written = language_of(question), "", None, Writing("", "")
    yield View(before, question)
    try:
        for news in assistant.stream(question, history, filters=filters):
            match news:
                case Answer():
                    yield View((*before, _exchange(assistant, news, filters, len(before))))
                    return
                case Retrieved():
                    growing = render("waiting", spoken, key="found_while", found=news.hits, reports=reports)
                case Quoted():
                    quoted, written = news.answer, Writing("", "")
                case Writing():
                    written = news
                case Waiting() if news.ahead:
                    written = Writing("", words(spoken)["queue"].format(n=news.ahead))
            if quoted:
                growing = render("writing", spoken, written=written, quoted=quoted, reports=reports)
            if isinstance(news, Writing | Waiting):
                at_the_model()
            yield View(before, question, growing)
    except RagError as error:
        yield View(before, box=question, notice=notice_html(error.told(page)))


def _turn(answer: Answer) -> Turn:
    cited = dict.fromkeys(citation.paragraph.report for citation in answer.citations)
    return Turn(answer.understood or answer.question, answer.text, tuple(cited))


def _exchange(assistant: Assistant, answer: Answer, filters: Filters, turn: int) -> Exchange:
    reports, say = assistant.index.reports, words(answer.language)
    names = [reports[name].name for name in sorted(filters.reports) if name in reports]
    limits = [say["comma"].join(each) for each in (names, map(str, sorted(filters.years)))]
    only = say["semicolon"].join(each for each in limits if each)
    question = _message("user", question_html(answer.question, answer.language))
    return Exchange(answer, (question, _message("assistant", answer_html(answer, reports, only, turn))))


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def question_of(exchanges: Sequence[Exchange], turn: object) -> str:
    """The question of a turn, counted from 0; the last one's where there is no such turn."""
    place = turn if isinstance(turn, int) and 0 <= turn < len(exchanges) else -1
    return exchanges[place].answer.question if exchanges else ""


def open_paragraph(assistant: Assistant, asked: Mapping[str, object], page: Language) -> str:
    """The panel's HTML for what a citation's button asks: `p` the paragraph's id, `q` the quotations to mark.

    The request comes from a browser: whatever is not an id, a language, a slice or a verdict counts for nothing.
    """
    index, name = assistant.index, str(asked.get("p", ""))
    paragraph = index.paragraph(name)
    if paragraph is None:
        return notice_html(UnknownParagraph("unknown-paragraph", id=name[:80]).told(page))
    marked: dict[str, list[Slice]] = {}
    verdicts: list[tuple[str, Verdict]] = []
    quotations = asked.get("q")
    for quotation in quotations[:QUOTED_AT_MOST] if isinstance(quotations, list) else []:
        match quotation:
            case ["zh" | "en" as spoken, int(start), int(end)]:  # marked, and nothing said of it
                marked.setdefault(spoken, []).append((start, end))
            case ["zh" | "en" as spoken, int(start), int(end), str(verdict), str(quote)] if verdict in set(Verdict):
                marked.setdefault(spoken, []).append((start, end))
                verdicts.append((quote, Verdict(verdict)))
    return paragraph_html(paragraph, index.reports, page, marked, verdicts, _neighbours(assistant, paragraph))


def _neighbours(assistant: Assistant, paragraph: Paragraph) -> tuple[Paragraph | None, Paragraph | None]:
    place, paragraphs = assistant.index.place[paragraph.id], assistant.index.paragraphs
    around = [paragraphs[each] if 0 <= each < len(paragraphs) else None for each in (place - 1, place + 1)]
    before, after = (each if each and each.report == paragraph.report else None for each in around)
    return before, after


def open_report(assistant: Assistant, name: str, page: Language) -> str:
    """The reader's HTML of a whole report."""
    report = assistant.index.reports.get(name)
    if report is None:
        return notice_html(SettingError("no-such-report", name=name[:80]).told(page))
    paragraphs = [paragraph for paragraph in assistant.index.paragraphs if paragraph.report == name]
    return report_html(report, paragraphs, page)


def compare(assistant: Assistant, turns: Turns, topic: str, page: Language) -> str:
    """What each report says nearest to a topic, reports by date, as HTML."""
    try:
        with turns.take() as turn:
            turn.come()
            asked = Question.parse(topic, (), assistant.settings.question_limit)
            nearest = nearest_of_each(assistant.retriever, asked, COMPARED)
            columns = [(report, found.hits) for report, found in nearest]
    except (QuestionError, Busy) as error:
        return notice_html(error.told(page))
    return comparison_html(topic, columns, page)


def take_away(
    assistant: Assistant, exchanges: Sequence[Exchange], kind: str, page: Language, turn: object = None
) -> tuple[dict[str, str] | None, str]:
    """A conversation, or a turn of it, as a file: its name, type and base64 content; a sentence where there is none."""
    if isinstance(turn, int):
        exchanges = exchanges[turn : turn + 1] if turn >= 0 else ()
    if not exchanges or kind not in TYPES:
        return None, notice_html(words(page)["nothing_to_export"])
    name = f"rapporteur-{turn + 1}" if isinstance(turn, int) else "rapporteur"
    content = b64encode(as_file(kind, [exchange.answer for exchange in exchanges], assistant.reports))
    return {"name": f"{name}.{kind}", "type": TYPES[kind], "content": content.decode()}, ""
