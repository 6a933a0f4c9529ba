"""Answers, paragraphs and reports as HTML, from the templates beside it: every word of a report or a reader is escaped.

Chat messages pass through Gradio's Markdown and its sanitizer: so they are one HTML block without line ends (Markdown
leaves it alone), and what a button stands for is in its `value`, which the sanitizer keeps where it drops `data-`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from rag.answering.sections import headings_in
from rag.checking.passages import MARKER
from rag.messages import message
from rag.own.jobs import LISTED
from rag.page.wording import words
from rag.present import answer_text, asked_in_text, searched_for_text, shown_citations, voice_text
from rag.records import Answer, Citation, Hit, Language, Paragraph, Report, Slice, Verdict
from rag.references import written

Reports = Mapping[str, Report]
REJECTED = {Verdict.NUMBER_MISMATCH, Verdict.NOT_FOUND}
EXCERPT = 120  # characters of a hit in a list; twice that in English: two lines of the chat
AROUND = 60  # Chinese characters of a paragraph before or after the one that is shown, twice as many English ones
QUOTED = 80  # characters of quoted words repeated above their verdict
LIST = 3  # lines from which a quotation is shown as a list
NEAREST = 5  # paragraphs listed under a refusal, as `rapporteur ask` does


def render(name: str, language: Language, /, **values: Any) -> str:
    """A template's HTML in a language of the page."""
    return (
        _pages()
        .get_template(name if "." in name else f"{name}.html")
        .render(say=words(language), language=language, **values)
    )


def templates(package: str) -> Environment:
    """The templates of a package, in which every value is escaped; line ends and indentation are not part of them."""

    def read(name: str) -> str:
        text = files(package).joinpath("templates", name).read_text(encoding="utf-8")
        return "".join(line.strip() for line in text.splitlines())

    return Environment(loader=FunctionLoader(read), autoescape=True, undefined=StrictUndefined)


@cache
def _pages() -> Environment:
    found = templates("rag.page")
    filters = (mark, cut, one_line, _lines, _headed, _lang, _carried, _short, _quotes, _quotation, _sources, _sign)
    found.filters |= {each.__name__.lstrip("_"): each for each in (*filters, _text_in, _title_in, headings_in)}
    found.globals |= {"reference": written, "answer_text": answer_text, "searched_for_text": searched_for_text}
    found.globals |= {"asked_in_text": asked_in_text}
    found.globals |= {"message": message, "REJECTED": REJECTED, "LISTED": LISTED}
    found.globals |= {"EXCERPT": EXCERPT, "AROUND": AROUND, "NEAREST": NEAREST}
    return found


def question_html(question: str, language: Language) -> str:
    return render("asked", language, question=question)


def notice_html(sentence: str) -> str:
    """A sentence that screen readers say at once; nothing for an empty one."""
    return render("notice", "en", sentence=sentence)


def answer_html(answer: Answer, reports: Reports, only: str, turn: int) -> str:
    """An answer with its citations as buttons, its sources, the paragraphs found, and what can be done with it."""
    return render("answer", answer.language, answer=answer, reports=reports, only=only, turn=turn)


def paragraph_html(
    paragraph: Paragraph,
    reports: Reports,
    language: Language,
    marked: Mapping[str, Sequence[Slice]],
    verdicts: Sequence[tuple[str, Verdict]],
    neighbours: tuple[Paragraph | None, Paragraph | None],
) -> str:
    """A paragraph as the panel shows it: reference, headings, verdicts, both languages, footnotes, official links.

    `marked` gives the slices to mark by text language, `verdicts` the quoted words with what checking them found; the
    neighbours' first words stand around the texts.
    """
    first, (before, after) = next(iter(marked), language), neighbours
    order = sorted(("zh", "en"), key=lambda each: (each != first, each != paragraph.language))
    of = {"paragraph": paragraph, "report": reports[paragraph.report], "reports": reports}
    return render(
        "paragraph", language, **of, order=order, marked=marked, verdicts=verdicts, before=before, after=after
    )


def report_html(report: Report, paragraphs: Sequence[Paragraph], language: Language) -> str:
    """A whole report to read: its titles and links, its outline, and its paragraphs in both languages."""
    translations = [pair for paragraph in paragraphs for pair in paragraph.translations.items()]
    rendered = sorted({spoken for spoken, translation in translations if not translation.official})
    book, headings, path = list[tuple[Paragraph, list[tuple[int, int]]]](), 0, tuple[str, ...]()
    for paragraph in paragraphs:
        same = 0
        while same < min(len(paragraph.headings), len(path)) and paragraph.headings[same] == path[same]:
            same += 1
        new = range(same, len(paragraph.headings))
        book.append((paragraph, list(enumerate(new, headings))))
        headings, path = headings + len(new), paragraph.headings
    return render("report", language, report=report, reports={report.id: report}, rendered=rendered, book=book)


def comparison_html(topic: str, columns: Iterable[tuple[Report, Sequence[Hit]]], language: Language) -> str:
    """What each report says nearest to a topic, a column each."""
    columns = list(columns)
    return render("comparison", language, topic=topic, columns=columns, reports={each.id: each for each, _ in columns})


def _lines(text: str) -> Markup:
    """Text escaped, its line ends as breaks, so that no blank line ends the HTML block it stands in."""
    return escape(text).replace("\r", "").replace("\n", Markup("<br>"))


def _headed(text: str, headings: Sequence[str]) -> Markup:
    """Text escaped in a paragraph that is open, its lines that are headings between paragraphs."""
    shown = Markup()
    for is_heading, lines in groupby(text.split("\n"), headings.__contains__):
        if is_heading:
            heads = Markup("").join(Markup("<h4>{}</h4>").format(line) for line in lines)
            shown = Markup('{}</p>{}<p class="text">').format(shown, heads)
        else:
            shown += _lines("\n".join(lines))
    return shown


def mark(text: str, slices: Iterable[Slice], tag: str = "mark") -> Markup:
    """Text escaped, its slices marked; overlapping ones are marked once, slices outside the text not at all."""
    shown, end = Markup(), 0
    for start, stop in sorted(slices):
        start, stop = max(start, end), min(stop, len(text))
        if start < stop:
            shown += _lines(text[end:start]) + Markup("<{0}>{1}</{0}>").format(tag, _lines(text[start:stop]))
            end = stop
    return shown + _lines(text[end:])


def parts_of(said: str, citation: Citation) -> Iterator[tuple[str, bool]]:
    """A piece of an answer in parts, each with whether its words are those that answer."""
    before, quote, after = said.rpartition(citation.quote) if citation.quote else (said, "", "")
    yield before if quote else said, False
    end = 0
    for start, stop in citation.spans if quote else ():
        yield quote[end:start], False
        yield quote[start:stop], True
        end = stop
    if quote:
        yield quote[end:], False
        yield after, False


def _quotation(citation: Citation) -> Markup:
    """The quoted words, those that answer strong; three lines and more as a list beneath the first."""
    lines, start = list[Markup](), 0
    for line in citation.quote.split("\n"):
        slices = [(max(0, at - start), max(0, min(end - start, len(line)))) for at, end in citation.spans]
        lines.append(mark(line, slices, "strong"))
        start += len(line) + 1
    if len(lines) < LIST:
        return Markup("<br>").join(lines)
    items = Markup("").join(Markup('<span role="listitem" class="item">{}</span>').format(line) for line in lines[1:])
    return Markup('{}<span role="list" class="items">{}</span>').format(lines[0], items)


def _lang(language: str) -> str:
    return "zh-Hans" if language == "zh" else language


def _carried(value: Any) -> Markup:
    """What a button carries to page.js, as an attribute's value."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(text).replace("\r", Markup("&#13;")).replace("\n", Markup("&#10;"))


def one_line(text: str) -> str:
    """Text with single blanks for its line ends."""
    return " ".join(text.split())


def _short(text: str, length: int) -> str:
    line = one_line(text)
    if len(line) <= length:
        return line
    head, space, rest = line[:length].rpartition(" ")
    return (head if space and rest.isascii() and line[length] != " " else line[:length].rstrip()) + " …"


def cut(answer: Answer) -> Iterator[tuple[str, Citation | None]]:
    """The answer's text cut at its markers, each piece with the citation behind it; what is left has none."""
    waiting: dict[int, list[Citation]] = {}
    for citation in answer.citations:
        waiting.setdefault(citation.marker, []).append(citation)
    end = 0
    for marker in MARKER.finditer(answer.text):
        if citations := waiting.get(int(marker[1])):  # else brackets with digits inside quoted words
            yield answer.text[end : marker.start()], citations.pop(0) if len(citations) > 1 else citations[0]
            end = marker.end()
    yield answer.text[end:], None


def _quotes(citation: Citation, answer: Answer) -> list[list[Any]]:
    """What a citation's button has marked: its own words first, then the others quoted from its paragraph."""
    together = [each for each in answer.citations if each.paragraph.id == citation.paragraph.id]
    first = [citation, *(each for each in together if each is not citation)]
    return [[each.language, *(each.span or (0, 0)), each.verdict, _short(each.quote, QUOTED)] for each in first]


def _sources(answer: Answer) -> Iterator[tuple[Citation, str, str]]:
    """The first citation of each marker, with the sign of its worst verdict and what is to be said of its verdicts."""
    language = answer.language
    for marker in dict.fromkeys(citation.marker for citation in shown_citations(answer)[0]):
        together = [citation for citation in answer.citations if citation.marker == marker]
        verdicts = dict.fromkeys(each.verdict for each in together)
        notes = [message(f"verdict-{verdict}", language) for verdict in verdicts]
        notes += [] if all(each.official for each in together) else [message("unofficial", language)]
        notes += dict.fromkeys(voice_text(each.voice, language) for each in together if each.voice)
        worst = max((_sign(each.verdict) for each in together), key=lambda found: "✓?✗".index(found[1]))
        yield together[0], worst[1], words(language)["semicolon"].join(notes)


def _sign(verdict: Verdict) -> tuple[str, str]:
    """The class and the sign of a verdict: what holds, what does not, and what was not checked."""
    if verdict in REJECTED:
        return "rejected", "✗"
    return ("open", "?") if verdict == Verdict.NOT_CHECKED else ("found", "✓")


def _text_in(paragraph: Paragraph, language: Language) -> tuple[str, Language]:
    text = paragraph.in_language(language)
    return (text, language) if text else (paragraph.text, paragraph.language)


def _title_in(report: Report, language: Language) -> tuple[str, Language]:
    spoken = language if language in report.titles else report.language
    return report.titles.get(spoken) or report.short_title or report.name, spoken
