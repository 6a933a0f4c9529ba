"""Answers and paragraphs as HTML, every word of a report or a reader escaped.

Chat messages pass through Gradio's Markdown and its sanitizer: so they are one HTML block without line ends (Markdown
leaves it alone), and what a button stands for is in its `value`, which the sanitizer keeps where it drops `data-`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from rag.checking import MARKER
from rag.page.wording import LANGUAGE_NAMES, told, words
from rag.present import answer_text, message, searched_for_text
from rag.records import Answer, Citation, Hit, Language, Paragraph, Report, Slice, Verdict
from rag.references import written

Reports = Mapping[str, Report]
Among = Sequence[Paragraph]  # the paragraphs that references are told apart from: a number may be printed twice
REJECTED = {Verdict.NUMBER_MISMATCH, Verdict.NOT_FOUND}
EXCERPT = 120  # characters of a hit in a list; twice that in English: two lines of the chat
AROUND = 60  # Chinese characters of a paragraph before or after the one that is shown, twice as many English ones
QUOTED = 80  # characters of quoted words repeated above their verdict
NEAREST = 5  # paragraphs listed under a refusal, as `rapporteur ask` does


def question_html(question: str, language: Language) -> str:
    """A question as its bubble shows it."""
    return f'<div class="asked" lang="{lang(language)}">{lines(question)}</div>'


def found_html(hits: Sequence[Hit], reports: Reports, language: Language, among: Among = ()) -> str:
    """The paragraphs found, while the answer is being made."""
    say = words(language)
    listed = _hits(hits[:NEAREST], reports, language, among)
    return f'<div class="answer waiting" lang="{lang(language)}"><p>{say["found_while"]}</p>{listed}</div>'


def writing_html(checked: str, growing: str, quoted: Answer, reports: Reports, among: Among = ()) -> str:
    """What a model has written so far, what is not checked yet set apart, over the quoted answer."""
    language, say = quoted.language, words(quoted.language)
    said = f'{lines(checked)}<span class="unchecked">{lines(growing)}</span>' if checked or growing else say["writing"]
    beneath = f'<p class="note">{message("beneath", language)}</p>{_statements(quoted, reports, among)}'
    return f'<div class="answer waiting" lang="{lang(language)}"><p class="text written">{said}</p>{beneath}</div>'


def waiting_html(ahead: int, language: Language) -> str:
    """What stands where the answer will, while others are answered first."""
    said = words(language)["queue"].format(n=ahead)
    return f'<div class="answer waiting" lang="{lang(language)}"><p>{said}</p></div>'


def stopped_html(language: Language) -> str:
    """What stands where a stopped answer would."""
    return f'<div class="answer stopped" lang="{lang(language)}"><p>{words(language)["stopped"]}</p></div>'


def answer_html(answer: Answer, reports: Reports, only: str, turn: int, among: Among = ()) -> str:
    """An answer with its citations as buttons, its sources, the paragraphs found, and what can be done with it."""
    language, say = answer.language, words(answer.language)
    notes = [f'<p class="note">{say["only"]}{lines(only)}</p>'] if only else []
    if answer.understood:
        notes.append(f'<p class="note">{say["understood"]}{lines(answer.understood)}</p>')
    if answer.searched_for:
        notes.append(f'<p class="note">{lines(searched_for_text(answer.searched_for, language))}</p>')
    if answer.llm_error:
        notes.append(f'<p class="note warning">{escape(_one_line(told(answer.llm_error, language)))}</p>')
    if answer.abstained:
        body = f'<p>{lines(answer.text)}</p><p class="note">{say["nearest"]}</p>'
        body += _hits(answer.hits[:NEAREST], reports, language, among)
        rest = answer.hits[NEAREST:]
    else:
        body = _statements(answer, reports, among)
        rest = answer.hits
    if answer.quoted:
        body += f'<p class="note">{message("beneath", language)}</p>{_statements(answer.quoted, reports, among)}'
    body += _left_out(answer)
    more = say["found"].format(n=len(answer.hits))
    found = f"<details><summary>{more}</summary>{_hits(rest, reports, language, among)}</details>" if rest else ""
    kind = "answer abstained" if answer.abstained else "answer"
    shown = "".join([*notes, body, found, _acts(answer, reports, turn, among)])
    return f'<div class="{kind}" lang="{lang(language)}">{shown}</div>'


def _statements(answer: Answer, reports: Reports, among: Among) -> str:
    """An answer's text with its citations as buttons, and its sources."""
    return f'<p class="text">{_cited(answer)}</p>{_sources(answer, reports, among)}'


def _left_out(answer: Answer) -> str:
    """Why a model that was asked wrote none of the answer; what it wrote that did not hold, struck, with the reason."""
    language = answer.language
    view = f'<p class="note">{message(f"view-{answer.model_view}", language)}</p>' if answer.model_view else ""
    if not answer.rejected:
        return view
    struck = "".join(
        f'<li><del>{lines(each.text)}</del> <span class="note">⚠ {escape(each.why)}</span></li>'
        for each in answer.rejected
    )
    return f'{view}<div class="left-out"><p class="note">{message("left-out", language)}</p><ul>{struck}</ul></div>'


def paragraph_html(
    paragraph: Paragraph,
    reports: Reports,
    language: Language,
    marked: Mapping[str, Sequence[Slice]],
    verdicts: Sequence[tuple[str, Verdict]],
    neighbours: tuple[Paragraph | None, Paragraph | None],
    among: Among = (),
) -> str:
    """A paragraph as the panel shows it: reference, headings, verdicts, both languages, footnotes, official links.

    `marked` gives the slices to mark by text language, `verdicts` the quoted words with what checking them found; the
    neighbours' first words stand around the texts.
    """
    report = reports[paragraph.report]
    path = " › ".join(escape(heading) for heading in headings_in(paragraph, language))
    first = next(iter(marked), language)
    order = sorted(("zh", "en"), key=lambda each: (each != first, each != paragraph.language))
    texts = "".join(_text_section(paragraph, each, language, marked.get(each, ())) for each in order)
    return (
        f'<article data-p="{escape(paragraph.id)}">'
        f'<h2 tabindex="-1">{escape(written(paragraph, report, language, among))}</h2>'
        f'<p class="title" lang="{lang(title_in(report, language)[1])}">{escape(title_in(report, language)[0])}</p>'
        + (f'<p class="path">{path}</p>' if path else "")
        + "".join(_verdict(quote, verdict, language) for quote, verdict in verdicts)
        + _panel_buttons(paragraph, report, language, among)
        + _neighbour(neighbours[0], report, language, "previous", among)
        + f'<div class="texts">{texts}</div>{_footnotes(paragraph, language)}'
        + _neighbour(neighbours[1], report, language, "next", among)
        + f"{links_html(report, language)}</article>"
    )


def notice_html(sentence: str) -> str:
    """A sentence that screen readers say at once; nothing for an empty one."""
    return f'<p class="notice">{escape(_one_line(sentence))}</p>' if sentence else ""


def mark(text: str, slices: Iterable[Slice]) -> str:
    """Text escaped, its slices marked; overlapping ones are marked once, slices outside the text not at all."""
    shown, end = [], 0
    for start, stop in sorted(slices):
        start, stop = max(start, end), min(stop, len(text))
        if start < stop:
            shown += [lines(text[end:start]), f"<mark>{lines(text[start:stop])}</mark>"]
            end = stop
    return "".join([*shown, lines(text[end:])])


def _cited(answer: Answer) -> str:
    """The answer's text with a button for each marker and the quoted words in their language."""
    waiting: dict[int, list[Citation]] = {}
    for citation in answer.citations:
        waiting.setdefault(citation.marker, []).append(citation)
    shown, end = [], 0
    for marker in MARKER.finditer(answer.text):
        citations = waiting.get(int(marker[1]))
        if not citations:
            continue  # brackets with digits inside quoted words
        citation = citations.pop(0) if len(citations) > 1 else citations[0]
        shown.append(_quoted(answer.text[end : marker.start()], citation))
        shown.append(_cite_button(citation, answer))
        if citation.verdict in REJECTED:
            said = message(f"verdict-{citation.verdict}", answer.language)
            shown.append(f' <strong class="rejected">⚠ {said}</strong>')
        end = marker.end()
    return "".join([*shown, lines(answer.text[end:])])


def _quoted(text: str, citation: Citation) -> str:
    start = text.rfind(citation.quote)
    if start < 0:
        return lines(text)
    stop = start + len(citation.quote)
    kind = "quoted rejected" if citation.verdict in REJECTED else "quoted"
    inside = f'<span class="{kind}" lang="{lang(citation.language)}">{lines(text[start:stop])}</span>'
    return lines(text[:start]) + inside + lines(text[stop:])


def _cite_button(citation: Citation, answer: Answer, name: str = "") -> str:
    """The button that opens a citation's paragraph with its words, and the others quoted from it, marked."""
    together = [each for each in answer.citations if each.paragraph.id == citation.paragraph.id]
    first = [citation, *(each for each in together if each is not citation)]
    quotes = [[each.language, *(each.span or (0, 0)), each.verdict, _short(each.quote, QUOTED)] for each in first]
    value = {"p": citation.paragraph.id, "q": quotes}
    kind = "cite rejected" if citation.verdict in REJECTED else "cite"
    return button(kind, value, name or f"[{citation.marker}]", message(f"verdict-{citation.verdict}", answer.language))


def _sources(answer: Answer, reports: Reports, among: Among) -> str:
    language, shown = answer.language, []
    for marker in dict.fromkeys(citation.marker for citation in answer.citations):
        together = [citation for citation in answer.citations if citation.marker == marker]
        reference = written(together[0].paragraph, reports[together[0].paragraph.report], language, among)
        said = [message(f"verdict-{verdict}", language) for verdict in dict.fromkeys(each.verdict for each in together)]
        said += [] if all(each.official for each in together) else [message("unofficial", language)]
        signs = [_mark(each.verdict)[1] for each in together]
        sign = next(sign for sign in "✗?✓" if sign in signs)  # the worst
        notes = escape("; ".join(said) if language == "en" else "；".join(said))
        opener = _cite_button(together[0], answer, f"[{marker}] {reference}")
        shown.append(f'<li>{opener} <span class="note">{sign} {notes}</span></li>')
    return f'<ul class="sources" title="{words(language)["sources"]}">{"".join(shown)}</ul>'


def _hits(hits: Sequence[Hit], reports: Reports, language: Language, among: Among) -> str:
    return f'<ul class="hits">{"".join(_hit(hit, reports, language, among) for hit in hits)}</ul>'


def _hit(hit: Hit, reports: Reports, language: Language, among: Among) -> str:
    paragraph = hit.paragraph
    reference = written(paragraph, reports[paragraph.report], language, among)
    opener = button("cite", {"p": paragraph.id, "q": []}, reference)
    return f"<li>{opener} {_excerpt(paragraph, language, EXCERPT)}</li>"


def _excerpt(paragraph: Paragraph, language: Language, length: int) -> str:
    """The beginning of a paragraph in a language, or in its own; English takes twice the signs."""
    spoken = language if paragraph.in_language(language) else paragraph.language
    text = _short(paragraph.in_language(spoken) or paragraph.text, length if spoken == "zh" else 2 * length)
    return f'<span class="excerpt" lang="{lang(spoken)}">{escape(text)}</span>'


def _acts(answer: Answer, reports: Reports, turn: int, among: Among) -> str:
    say = words(answer.language)
    seconds = f"{(answer.timings.get('retrieve', 0) + answer.timings.get('answer', 0)) / 1000:.2f}"
    takes = "".join(
        button("act take", {"turn": turn, "kind": kind}, name, say[kind])
        for kind, name in (("md", "Markdown"), ("docx", "Word"), ("json", "JSON"))
    )
    return (
        '<div class="acts">'
        + button("act copy", answer_text(answer, reports), say["copy"], "")
        + button("act again", turn, say["again"], "")
        + button("act edit", turn, say["edit"], "")
        + f'<details class="takes"><summary>{say["take_one"]}</summary>{takes}</details>'
        + f'<span class="note">{say["took"].format(seconds=seconds)}</span></div>'
    )


def _panel_buttons(paragraph: Paragraph, report: Report, language: Language, among: Among) -> str:
    say = words(language)
    buttons = [button("back", "", f"← {say['back']}", "")]
    buttons.append(button("copy", written(paragraph, report, language, among), say["copy_reference"], ""))
    buttons.append(button("open", paragraph.id, say["open"], ""))
    buttons.append(button("link", paragraph.id, say["permalink"], ""))
    return f'<p class="acts">{"".join(buttons)}</p>'


def _neighbour(paragraph: Paragraph | None, report: Report, language: Language, name: str, among: Among) -> str:
    """The paragraph before or after, its first words to be read at once and the rest a press away."""
    if paragraph is None:
        return ""
    reference = written(paragraph, report, language, among)
    opener = button("cite", {"p": paragraph.id, "q": []}, words(language)[name], reference)
    return f'<p class="around {name}">{opener} {_excerpt(paragraph, language, AROUND)}</p>'


def button(kind: str, value: Any, name: str, title: str = "") -> str:
    """A button of a kind that page.js knows, carrying a value; its name and title escaped."""
    carried = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    attribute = escape(carried).replace("\r", "&#13;").replace("\n", "&#10;")
    hint = f' title="{escape(title)}"' if title else ""
    return f'<button type="button" class="{kind}" value="{attribute}"{hint}>{escape(name)}</button>'


def _text_section(paragraph: Paragraph, spoken: Language | str, language: Language, slices: Iterable[Slice]) -> str:
    say, name = words(language), LANGUAGE_NAMES[language][spoken]
    text = paragraph.in_language(spoken)
    if text is None:
        return f'<section><p class="note">{say["no_twin"].format(language=name)}</p></section>'
    translation = paragraph.translations.get(spoken)
    kind = "printed" if translation is None else "official" if translation.official else "rendering"
    heading = f"<h3>{say[kind].format(language=name)}</h3>"
    if not paragraph.is_row:
        return f'<section>{heading}<p class="body" lang="{lang(spoken)}">{mark(text, slices)}</p></section>'
    row = translation or paragraph
    label = " · ".join(escape(part) for part in (row.body, row.row) if part)
    shown = f'<p class="path" lang="{lang(spoken)}">{label}</p>'
    shown += f'<p class="body" lang="{lang(spoken)}">{mark(text, slices)}</p>'
    names = "".join(f"<li>{escape(column)}</li>" for column, _ in row.columns)
    return f'<section>{heading}{shown}<ul class="path" lang="{lang(spoken)}">{names}</ul></section>'


def _verdict(quote: str, verdict: Verdict, language: Language) -> str:
    kind, sign = _mark(verdict)
    said = escape(message(f"verdict-{verdict}", language))
    return f'<p class="verdict {kind}">{sign} {words(language)["quoted"]}“{escape(quote)}” — {said}</p>'


def _mark(verdict: Verdict) -> tuple[str, str]:
    """The class and the sign of a verdict: what holds, what does not, and what was not checked."""
    if verdict in REJECTED:
        return "rejected", "✗"
    return ("open", "?") if verdict == Verdict.NOT_CHECKED else ("found", "✓")


def _footnotes(paragraph: Paragraph, language: Language) -> str:
    if not paragraph.footnotes:
        return ""
    notes = "".join(f"<li><b>{escape(note.mark)}</b> {lines(note.text)}</li>" for note in paragraph.footnotes)
    heading = f"<h3>{words(language)['footnotes']}</h3>"
    return f'<section class="footnotes">{heading}<ul lang="{lang(paragraph.language)}">{notes}</ul></section>'


def links_html(report: Report, language: Language) -> str:
    """The links to the official document, or that there is none."""
    say = words(language)
    links = [
        f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer" hreflang="{lang(spoken)}">'
        f"{escape(LANGUAGE_NAMES[language].get(spoken, spoken))}</a>"
        for spoken, address in report.links.items()
        if address.startswith("https://")
    ]
    return f'<p class="note">{say["document"] + " · ".join(links) if links else say["no_document"]}</p>'


def headings_in(paragraph: Paragraph, language: Language) -> Sequence[str]:
    """The headings of a paragraph in a language, or in its own."""
    translation = paragraph.translations.get(language)
    rendered = translation.headings if translation else ()
    return rendered if len(rendered) == len(paragraph.headings) else paragraph.headings


def title_in(report: Report, language: Language) -> tuple[str, Language]:
    """The report's title in a language, or in its own, with the language it is in."""
    spoken = language if language in report.titles else report.language
    return report.titles.get(spoken) or report.short_title or report.name, spoken


def lang(language: Language | str) -> str:
    """The value of a `lang` attribute."""
    return "zh-Hans" if language == "zh" else escape(language)


def lines(text: str) -> str:
    """Text escaped, its line ends as breaks, so that no blank line ends the HTML block it stands in."""
    return escape(text).replace("\r", "").replace("\n", "<br>")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _short(text: str, length: int) -> str:
    line = _one_line(text)
    if len(line) <= length:
        return line
    cut, space, rest = line[:length].rpartition(" ")
    return (cut if space and rest.isascii() and line[length] != " " else line[:length].rstrip()) + " …"
