"""What the tool says of itself: short fixed answers to small talk and to questions about it, made of facts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rag.index import Index
from rag.messages import message
from rag.question import Question
from rag.records import Answer, Language, Report, Verdict
from rag.references import written
from rag.settings import Settings

TITLE = 120  # characters of a title in the list of reports: a line or two of the chat
INNER = str.maketrans("《》", "〈〉")  # as a title inside a title is marked


def answer_help(kind: str, question: Question, index: Index, settings: Settings) -> Answer:
    """The answer to a question of a kind, a key of data/about.toml: nothing is looked for, no model is asked."""
    return Answer(
        question=question.asked,
        language=question.language,
        text=tell(kind, question.language, index, settings),
        citations=(),
        hits=(),
        mode="help",
        abstained=False,
        timings={},
        asked_in=question.foreign,
        models={"embedder": settings.embedder, "llm": None},
        index=index.name,
    )


def tell(kind: str, language: Language, index: Index, settings: Settings) -> str:
    """What is said to a kind of question, of this index and these settings."""
    numbered = (each for each in index.paragraphs if each.part == "main" and each.printed)
    example = next(numbered, index.paragraphs[0])
    facts = {
        "reports": len(index.reports),
        "paragraphs": len(index.paragraphs),
        "example": written(example, index.reports[example.report], language),
    }
    lines = {"reports": _reports(language, index), "checks": _verdicts(language)}
    lines |= {"privacy": _network(language, settings), "model": _models(language, settings)}
    return "\n".join([message(f"help-{kind}", language, **facts), *lines.get(kind, ())])


def _reports(language: Language, index: Index) -> Iterator[str]:
    """A line for each report, the oldest first: what it is called, its year, how many paragraphs it has."""
    sizes = Counter(paragraph.report for paragraph in index.paragraphs)
    for report in sorted(index.reports.values(), key=lambda each: each.date or "9999"):
        known = {"report": _named(report, language), "year": report.date[:4] or "–", "n": sizes[report.id]}
        yield message("help-report", language, **known)


def _named(report: Report, language: Language) -> str:
    """A report's symbol and title in that language, short where there is such a one; what it has of them."""
    short = report.short_title if language == "en" else ""
    title = short or report.titles.get(language) or report.short_title
    title = title if len(title) <= TITLE else title[:TITLE].rstrip() + " …"
    if not title:
        return report.name
    title = message("help-title", language, title=title.translate(INNER))
    return f"{report.symbol}{'' if language == 'zh' else ', '}{title}" if report.symbol else title


def _verdicts(language: Language) -> Iterator[str]:
    """A line for each thing that checking a citation may find."""
    yield from (f"– {message(f'verdict-{verdict}', language)}" for verdict in Verdict)


def _network(language: Language, settings: Settings) -> Iterator[str]:
    """What leaves this machine."""
    served = settings.llm.startswith(("http://", "https://"))
    yield message(f"help-{'served' if served else 'local'}", language, server=urlsplit(settings.llm).hostname)


def _models(language: Language, settings: Settings) -> Iterator[str]:
    """A line for each model in use, and one where no language model is."""
    used = {"embedder": settings.embedder, "reranker": settings.reranker, "nli": settings.nli}
    used["llm"] = settings.llm if settings.llm == "none" else settings.llm_model or settings.llm
    for use, name in used.items():
        if name != "none":
            yield message(f"help-{use}", language, name=Path(name).name)
    if settings.llm == "none":
        yield message("help-quoting", language)
