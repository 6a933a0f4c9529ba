"""A whole report to read and reports beside each other, as HTML with every word of a report escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from rag.page.markup import button, headings_in, lang, lines, links_html, title_in
from rag.page.wording import LANGUAGE_NAMES, words
from rag.present import message
from rag.records import Hit, Language, Paragraph, Report
from rag.references import written


def report_html(report: Report, paragraphs: Sequence[Paragraph], language: Language) -> str:
    """A whole report to read: its titles and links, its outline, and its paragraphs in both languages."""
    outline: list[str] = []
    shown: list[str] = []
    path: tuple[str, ...] = ()
    for paragraph in paragraphs:
        for depth in _new_headings(paragraph.headings, path):
            anchor, tag = f"h{len(outline)}", f"h{min(depth + 3, 6)}"
            name = escape(headings_in(paragraph, language)[depth])
            outline.append(f'<li class="d{depth}"><a href="#{anchor}">{name}</a></li>')
            shown.append(f'<{tag} id="{anchor}" tabindex="-1">{_both(paragraph, depth)}</{tag}>')
        path = paragraph.headings
        shown.append(_readable(paragraph, report, language, paragraphs))
    contents = words(language)["outline"]
    return (
        f'{_head(report, paragraphs, language)}<div class="book">'
        f'<nav aria-label="{contents}"><h3>{contents}</h3><ul>{"".join(outline)}</ul></nav>'
        f'<div class="pages">{"".join(shown)}</div></div>'
    )


def comparison_html(
    topic: str,
    columns: Iterable[tuple[Report, Sequence[Hit]]],
    language: Language,
    among: Sequence[Paragraph] = (),
) -> str:
    """What each report says nearest to a topic, a column each."""
    shown = []
    for report, hits in columns:
        paragraphs = "".join(_compared(hit.paragraph, report, language, among) for hit in hits)
        title, spoken = title_in(report, language)
        head = f'<h3>{escape(report.name)}</h3><p class="path">{escape(report.date)}</p>'
        head += f'<p class="title" lang="{lang(spoken)}">{escape(title)}</p>'
        shown.append(f"<section>{head}{paragraphs}</section>")
    said = words(language)["compared"].format(topic=escape(topic))
    return f'<p class="note">{said}</p><div class="columns">{"".join(shown)}</div>'


def _head(report: Report, paragraphs: Sequence[Paragraph], language: Language) -> str:
    title, spoken = title_in(report, language)
    about = " · ".join(part for part in (report.name, report.body, report.session, report.date) if part)
    rendered = {
        spoken
        for paragraph in paragraphs
        for spoken, translation in paragraph.translations.items()
        if not translation.official
    }
    notes = [words(language)["rendering"].format(language=LANGUAGE_NAMES[language][each]) for each in sorted(rendered)]
    return (
        f'<h2 lang="{lang(spoken)}">{escape(title)}</h2><p class="path">{escape(about)}</p>'
        f'{links_html(report, language)}<p class="note">{"; ".join(notes)}</p>'
    )


def _readable(paragraph: Paragraph, report: Report, language: Language, among: Sequence[Paragraph]) -> str:
    spoken = ("zh", "en") if language == "zh" else ("en", "zh")
    texts = "".join(
        f'<p lang="{lang(each)}" class="body {"own" if each == paragraph.language else "other"}">{lines(text)}</p>'
        for each in spoken
        if (text := paragraph.in_language(each)) is not None
    )
    number = button(
        "cite", {"p": paragraph.id, "q": []}, paragraph.printed or "·", written(paragraph, report, language, among)
    )
    head = f'<div class="readable" data-p="{escape(paragraph.id)}" tabindex="-1">'
    return f'{head}{number}<div class="texts">{texts}</div></div>'


def _compared(paragraph: Paragraph, report: Report, language: Language, among: Sequence[Paragraph]) -> str:
    spoken = language if paragraph.in_language(language) else paragraph.language
    translation = paragraph.translations.get(spoken)
    note = (
        f'<span class="note">{message("unofficial", language)}</span>'
        if translation and not translation.official
        else ""
    )
    opener = button("cite", {"p": paragraph.id, "q": []}, written(paragraph, report, language, among))
    text = lines(paragraph.in_language(spoken) or paragraph.text)
    return f'<div class="compared">{opener} {note}<p class="body" lang="{lang(spoken)}">{text}</p></div>'


def _new_headings(headings: Sequence[str], path: Sequence[str]) -> range:
    """The depths of the headings that begin here, when the paragraph before stood under `path`."""
    same = 0
    while same < min(len(headings), len(path)) and headings[same] == path[same]:
        same += 1
    return range(same, len(headings))


def _both(paragraph: Paragraph, depth: int) -> str:
    own = f'<span lang="{lang(paragraph.language)}">{escape(paragraph.headings[depth])}</span>'
    for spoken, translation in paragraph.translations.items():
        if len(translation.headings) == len(paragraph.headings):
            own += f' <span class="note" lang="{lang(spoken)}">{escape(translation.headings[depth])}</span>'
    return own
