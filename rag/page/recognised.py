"""What was recognised in a reader's own report, how far reading it has come, and which reports there are, as HTML."""

from collections.abc import Collection
from html import escape

from rag.index import Index
from rag.own.jobs import LISTED, Numbering
from rag.own.library import Preview
from rag.own.limited import News
from rag.page.markup import button, lang, lines, title_in
from rag.page.wording import LANGUAGE_NAMES, words
from rag.records import Language

PARTS = {
    "zh": {"main": "正文", "annex": "附件", "summary": "摘要"},
    "en": {"main": "main part", "annex": "annex", "summary": "summary"},
}


def about_html(allowed: bool, page: Language) -> str:
    """What the tab is for, or why nothing can be added here."""
    say = words(page)
    said = f'<p>{say["own_about"]}</p><p class="note">{say["own_limits"]}</p>'
    if not allowed:
        said = f"<p>{say['own_closed']}</p>"
    return f"<h2>{say['own_heading']}</h2>{said}"


def progress_html(news: News, file: str, page: Language) -> str:
    """How far it has come."""
    say = words(page)
    what = {"index terms": say["own_terms"], "embedding": say["own_embedding"]}.get(
        news.what, say["own_reading"].format(file=escape(file)) if file else say["own_starting"]
    )
    seconds = say["own_seconds"].format(n=int(news.seconds))
    share = f' value="{news.done}" max="{news.of}"' if news.of else ""
    return f'<p class="progress"><progress aria-label="{what}"{share}></progress> {what} <span>{seconds}</span></p>'


def done_html(told: str) -> str:
    """What has been done."""
    return f'<p class="done">✓ {escape(told)}</p>'


def preview_html(seen: Preview, page: Language) -> str:
    """What was recognised: how much there is, the numbers found and missing, and how the first paragraphs begin."""
    say = words(page)
    name = LANGUAGE_NAMES[page][seen.language]
    facts = say["own_count"].format(n=seen.paragraphs, language=name)
    facts += say["own_rows"].format(n=seen.rows) if seen.rows else ""
    facts += say["own_footnotes"].format(n=seen.footnotes) if seen.footnotes else ""
    numbers = "".join(f"<li>{_numbering(each, page)}</li>" for each in seen.numbering)
    numbers = f"<ul>{numbers}</ul>" if numbers else f"<p>{say['own_unnumbered']}</p>"
    first = "".join(
        f'<li><b>{escape(locator)}</b> <span lang="{lang(seen.language)}">{lines(text)}</span></li>'
        for locator, text in seen.excerpts
    )
    return (
        f'<h3 tabindex="-1">{say["own_preview"].format(file=escape(seen.file))}</h3><p>{facts}</p>{numbers}'
        f'<h4>{say["own_first"]}</h4><ul class="excerpts">{first}</ul><p class="note">{say["own_correct"]}</p>'
    )


def list_html(index: Index, mine: Collection[str], page: Language) -> str:
    """The reports of the index; those that can be removed with the button that does."""
    say = words(page)
    counts: dict[str, int] = {}
    for paragraph in index.paragraphs:
        counts[paragraph.report] = counts.get(paragraph.report, 0) + 1
    shown = []
    for report in sorted(index.reports.values(), key=lambda report: report.id not in mine):
        title, spoken = title_in(report, page)
        about = say["own_count"].format(n=counts.get(report.id, 0), language=LANGUAGE_NAMES[page][report.language])
        kept = f'<span class="note">{say["own_stays"]}</span>'
        name = say["own_remove_name"].format(name=report.name)
        act = (
            f'<button type="button" class="remove" value="{escape(report.id)}" aria-label="{escape(name)}">'
            f"{say['own_remove']}</button>"
            if report.id in mine
            else kept
        )
        entitled = "" if title == report.name else f' <span lang="{lang(spoken)}">{escape(title)}</span>'
        opener = button("read", report.id, report.name, say["own_read"])
        shown.append(f'<li><div>{opener}{entitled} <span class="note">{about}</span></div>{act}</li>')
    return f'<h3>{say["own_list"].format(n=len(index.reports))}</h3><ul class="library">{"".join(shown)}</ul>'


def _numbering(found: Numbering, page: Language) -> str:
    say = words(page)
    part, _, which = found.part.partition("-")
    name = PARTS[page].get(part, part) + (f" {which}" if which else "")
    said = [say["own_numbers"].format(part=name, n=found.count, first=found.first, last=found.last)]
    said.append(say["own_missing"].format(list=_some(found.missing, page)) if found.missing else say["own_no_gap"])
    if found.repeated:
        said.append(say["own_repeated"].format(list=_some(found.repeated, page)))
    warned = "⚠ " if found.missing or found.repeated else "✓ "
    return warned + ("；" if page == "zh" else "; ").join(said)


def _some(numbers: tuple[int, ...], page: Language) -> str:
    comma = "、" if page == "zh" else ", "
    more = " …" if len(numbers) > LISTED else ""
    return comma.join(map(str, numbers[:LISTED])) + more
