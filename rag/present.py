"""Answers, hits and paragraphs as the JSON programs read and the plain text people read.

The JSON is a contract: `tests/schemas/` holds its schemas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rag.checking.passages import MARKER
from rag.messages import message
from rag.models.catalogue import Model, Row
from rag.records import Answer, Citation, Hit, Paragraph, Report, Voice
from rag.references import written
from rag.text.foreign import language_name

SHOWN = 300  # characters of a hit on a terminal: enough to tell whether to open it
NEAREST = 5  # paragraphs listed under a refusal


# JSON


def answer_json(answer: Answer, reports: Mapping[str, Report], given_id: Any = None) -> dict[str, Any]:
    """An answer as `ask --json` prints it."""
    form = {
        "id": given_id,
        "question": answer.question,
        "language": answer.language,
        "answer": answer.text,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "mode": answer.mode,
        "citations": [citation_json(citation, reports) for citation in answer.citations],
        "hits": [hit_json(hit, reports) for hit in answer.hits],
        "timings_ms": {stage: round(milliseconds, 1) for stage, milliseconds in answer.timings.items()},
        "models": dict(answer.models),
        "index": answer.index,
    }
    quoted = answer.quoted
    where_there_is_one = {
        "answer_spans": answer_spans(answer.citations),
        "asked_in": answer.asked_in,
        "headings": list(answer.headings),
        "understood": answer.understood,
        "searched_for": dict(answer.searched_for),
        "llm_error": answer.llm_error,
        "generation": dict(answer.generation),
        "model_view": answer.model_view,
        "rejected": [asdict(each) for each in answer.rejected],
        "quoted": quoted
        and {"answer": quoted.text, "citations": [citation_json(each, reports) for each in quoted.citations]}
        | ({"answer_spans": spans} if (spans := answer_spans(quoted.citations)) else {}),
    }
    return form | {name: value for name, value in where_there_is_one.items() if value}


def answer_spans(citations: Sequence[Citation]) -> list[dict[str, int]]:
    """The words that answer: each with the place of its citation in the list, and offsets in that citation's quote."""
    return [
        {"citation": n, "start": start, "end": end}
        for n, citation in enumerate(citations)
        for start, end in citation.spans
    ]


def citation_json(citation: Citation, reports: Mapping[str, Report]) -> dict[str, Any]:
    """A citation as `ask --json` prints it."""
    more: dict[str, Any] = {} if citation.hint is None else {"hint": citation.hint}
    more |= {"voice": asdict(citation.voice)} if citation.voice else {}
    return {
        "marker": citation.marker,
        **place_json(citation.paragraph, reports),
        "quote": citation.quote,
        "quote_language": citation.language,
        "official": citation.official,
        "original": citation.original,
        "verdict": str(citation.verdict),
        **more,
    }


def hit_json(hit: Hit, reports: Mapping[str, Report], text: bool = False) -> dict[str, Any]:
    """A hit as `ask --json` prints it; with its text as `search --json` does."""
    form = {"rank": hit.rank, **place_json(hit.paragraph, reports), "score": round(hit.score, 6)}
    return {**form, "text": hit.paragraph.text} if text else form


def paragraph_json(paragraph: Paragraph, reports: Mapping[str, Report]) -> dict[str, Any]:
    """A paragraph as `show --json` prints it."""
    return {
        **place_json(paragraph, reports),
        "headings": list(paragraph.headings),
        "text": paragraph.text,
        "language": paragraph.language,
        "footnotes": [asdict(note) for note in paragraph.footnotes],
        "translations": {
            language: {"text": each.text, "official": each.official, "headings": list(each.headings)}
            for language, each in paragraph.translations.items()
        },
        "columns": [list(pair) for pair in paragraph.columns],
        "links": dict(reports[paragraph.report].links),
    }


def place_json(paragraph: Paragraph, reports: Mapping[str, Report]) -> dict[str, Any]:
    """Which paragraph something is from, as every JSON form says it."""
    place: dict[str, Any] = {
        "paragraph": paragraph.id,
        "report": paragraph.report,
        "file": reports[paragraph.report].file,
        "part": paragraph.part,
        "number": paragraph.number,
        "printed": paragraph.printed,
    }
    return {**place, "row": paragraph.row, "body": paragraph.body} if paragraph.is_row else place


# Plain text


def answer_text(answer: Answer, reports: Mapping[str, Report]) -> str:
    """An answer as a terminal shows it: the text and its sources, or the nearest paragraphs of a refusal.

    Beneath what a language model wrote stand the quotations, and what of it did not hold.
    """
    language = answer.language
    lines = [asked_in_text(answer.asked_in)] if answer.asked_in else []
    lines += [message("understood", language, question=answer.understood)] if answer.understood else []
    lines += [searched_for_text(answer.searched_for, language)] if answer.searched_for else []
    lines += [message("unsure-written", language)] if answer.confidence == "unsure" and answer.mode == "llm" else []
    lines += [answer.text]
    if answer.abstained:
        near = [hit.paragraph for hit in answer.hits[:NEAREST]]
        lines += [
            "",
            message("nearest", language),
            *(f"  {written(each, reports[each.report], language)}" for each in near),
        ]
    else:
        lines += _sources(answer, reports)
    if answer.quoted:
        lines += ["", message("beneath", language), answer.quoted.text, *_sources(answer.quoted, reports)]
    lines += [""] if answer.rejected or answer.model_view else []
    lines += [message(f"view-{answer.model_view}", language)] if answer.model_view else []
    lines += [message("left-out", language)] if answer.rejected else []
    lines += [message("left-out-one", language, text=each.text, why=each.why) for each in answer.rejected]
    if generation := generation_text(answer):
        lines += ["", generation]
    return "\n".join(lines)


def _sources(answer: Answer, reports: Mapping[str, Report]) -> list[str]:
    language, lines = answer.language, list[str]()
    for citation in shown_citations(answer)[0]:
        reference = written(citation.paragraph, reports[citation.paragraph.report], language)
        notes = [message(f"verdict-{citation.verdict}", language)]
        notes += [] if citation.official else [message("unofficial", language)]
        notes += [voice_text(citation.voice, language)] if citation.voice else []
        notes += [] if citation.hint is None else [message("hint", language, likely=round(100 * citation.hint))]
        lines.append(f"  [{citation.marker}] {reference} ({('; ' if language == 'en' else '；').join(notes)})")
    return ["", message("sources", language), *dict.fromkeys(lines)] if lines else []


def asked_in_text(code: str) -> str:
    """That a question was asked in a third language, which the answer is not in."""
    return message("asked-in", "en", spoken=language_name(code))


def voice_text(voice: Voice, language: str) -> str:
    """Whose words a quotation is, in words."""
    said = [message("voice-said", language, speaker=voice.speaker)] if voice.speaker else []
    said += [message(f"voice-{voice.text}", language)] if voice.text else []
    return ("，" if language == "zh" else ", ").join(said)


def shown_citations(answer: Answer) -> tuple[list[Citation], list[Citation]]:
    """The citations whose markers stand in an answer's text, and those of a long list that do not."""
    if answer.mode != "count":
        return list(answer.citations), []
    shown = {int(found[1]) for found in MARKER.finditer(answer.text)}
    here = [citation for citation in answer.citations if citation.marker in shown]
    return here, [citation for citation in answer.citations if citation.marker not in shown]


def searched_for_text(corrections: Mapping[str, str], language: str) -> str:
    """What was searched for instead of misspelt words, in one line that says how to search as typed."""
    each = [message("searched-for", language, meant=meant, typed=typed) for typed, meant in corrections.items()]
    return message("as-typed", language, said=("；" if language == "zh" else ", ").join(each))


def generation_text(answer: Answer) -> str:
    """What a local language model took to write an answer, as one line; empty where none did."""
    times = answer.timings
    if not answer.generation or not {"prompt", "generate"} <= set(times):
        return ""
    counts = {"tokens_per_second": 0.0, **answer.generation}
    read, took = times["prompt"] / 1000, times["generate"] / 1000
    return message("generation", answer.language, read=read, took=took, **counts)


def shorten(text: str) -> str:
    """A text, or the beginning of a long one."""
    return text if len(text) <= SHOWN else text[:SHOWN].rstrip() + " …"


def hit_text(hit: Hit, reports: Mapping[str, Report], language: str) -> str:
    """A hit as a terminal shows it: rank, reference, id and the beginning of the text in that language."""
    paragraph = hit.paragraph
    text = shorten((paragraph.in_language(language) or paragraph.text).replace("\n", " "))
    reference = written(paragraph, reports[paragraph.report], language)
    return f"{hit.rank:>2}. {reference}  [{hit.score:.3f}]  {paragraph.id}\n    {text}"


def paragraph_text(paragraph: Paragraph, reports: Mapping[str, Report]) -> str:
    """A paragraph as a terminal shows it: headings, text, footnotes, and its other language."""
    report = reports[paragraph.report]
    lines = ["  |  ".join(written(paragraph, report, language) for language in ("en", "zh")), paragraph.id]
    lines += [" > ".join(paragraph.headings)] if paragraph.headings else []
    lines += ["", *([f"{name}: {cell}" for name, cell in paragraph.columns] or [paragraph.text])]
    lines += [f"  [{note.mark}] {note.text}" for note in paragraph.footnotes]
    for language, each in paragraph.translations.items():
        lines += ["", f"({language if each.official else message('unofficial', language)})"]
        lines += [f"{name}: {cell}" for name, cell in each.columns] or [each.text]
    return "\n".join(lines)


def models_text(rows: Sequence[Row]) -> str:
    """The known models as a terminal lists them: what each is and takes, whose it is, where it comes from and lies."""
    lines = [f"{'KIND':9} {'NAME':38} {'DISK':>7} {'MEMORY':>7}  {'LICENCE':10}  {'STATE':9}  GOOD FOR"]
    for row in rows:
        model = row.model
        state = "in use" if row.in_use else "installed" if row.path else "-"
        size, memory = f"{model.size / 2**30:.1f} GB", f"{model.memory:.1f} GB"
        head = f"{model.kind:9} {model.name:38} {size:>7} {memory:>7}  {model.licence:10}  {state:9}  {model.good_for}"
        lines += [head.rstrip(), *(f"{'':10}{line}" for line in _about(row))]
    lines.append("Nothing is fetched unless you say: rapporteur models pull NAME")
    return "\n".join(lines)


def _about(row: Row) -> Iterator[str]:
    """Whose a model is, each source in the order they are tried, its checksum, where it lies."""
    model = row.model
    if model.publisher:
        yield f"published by {model.publisher}"
        yield from (f"from {_source(source, model)}" for source in model.sources)
    if model.sha256:
        yield f"SHA-256 {model.sha256}"
    if row.path:
        yield f"at {row.path}{' (the four-bit copy)' if row.four_bit else ''}"


def _source(source: str, model: Model) -> str:
    if source == "hub":
        stated = "" if model.sha256 else ", SHA-256 as the hub states it"
        return f"the hub: {'/'.join(part for part in (model.hub, model.file) if part)}{stated}"
    first, last = model.wheels[0].requirement, model.wheels[-1].requirement
    if not model.file:
        return f"wheels of other publishers: {first} and {last}; a four-bit copy. --source hub brings the original"
    return f"wheels of another publisher: {first} to {last}, compared with the model publisher's checksum"
