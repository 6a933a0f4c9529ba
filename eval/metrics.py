"""Pure measures over what was retrieved, cited and said, each naming its source.

A measure of one question is a pair (part, whole), so that means and ratios of sums are one thing; whole 0 says that it
is not defined for the question and does not count.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from math import ceil

from rag.text import Figure, figure_supported, figures, fold, sentences, symbols, terms_en
from rag.text import language as language_of

Share = tuple[float, float]  # (part, whole)
UNDEFINED: Share = (0.0, 0.0)
Ranking = Sequence[str | Collection[str]]  # a paragraph a rank, or the several that share one; none is a rank lost
DEPTHS = (1, 5, 10)
EVIDENCE_DEPTHS = (5, 8)  # what a small model reads, what a large one does
ALL = 1000  # a depth no ranking reaches: trec_eval's recall wants one
RBO_PERSISTENCE = 0.9  # Webber et al. 2010: the first ten ranks carry 86 % of the weight

MARKER = re.compile(r"\[(\d{1,3})\]")
QUOTED = re.compile(r"“[^”]{0,4000}”|\"[^\"\n]{0,4000}\"|「[^」]{0,4000}」|『[^』]{0,4000}』")
PARENTHESES = re.compile(r"\([^()]{0,400}\)|（[^（）]{0,400}）")
OPENING = re.compile("[“「『]")
STAND_IN = 0xE000  # the first of the private-use characters, which no text has
WORDED = 0.6  # of a statement's words that its paragraphs must have: evaluation.md 5.2
THOUSANDS = re.compile(r"(?<!\d)\d{1,3}(?:(?: \d{3})+|(?:,\d{3})+)(?!\d)")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]+")


def retrieval(
    hits: Mapping[str, Ranking], gold: Mapping[str, Sequence[Collection[str]]]
) -> dict[str, dict[str, float]]:
    """Question id → measure → value, by ir-measures (trec_eval's definitions).

    Each evidence set counts as one virtual paragraph, standing where its best-ranked member stands; scores are minus
    the position, so that trec_eval's tie-breaking by name never decides. What shares a rank is cut off together, and
    takes successive positions for nDCG. A question without hits gets zeros; one without gold is an error.
    """
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    if set(hits) != set(gold) or not all(gold.values()):
        raise ValueError("hits and gold must name the same questions, each with gold")
    qrels = {q: {_virtual(n): 1 for n in range(len(sets))} for q, sets in gold.items()}
    ranked = {q: collapsed(hits[q], sets) for q, sets in gold.items()}
    names = [*(f"recall@{depth}" for depth in DEPTHS), "success@5", "mrr@10", "ndcg@10"]
    deep = [f"all_evidence@{depth}" for depth in EVIDENCE_DEPTHS]
    values: dict[str, dict[str, float]] = {q: dict.fromkeys([*names, *deep], 0.0) for q in gold}
    for depth in sorted({*DEPTHS, *EVIDENCE_DEPTHS}):
        run = {q: _positions(places[:depth]) for q, places in ranked.items() if places}
        named = {str(R @ ALL): f"recall@{depth}"}
        if depth == 5:
            named |= {str(Success @ ALL): "success@5"}
        if depth == 10:
            named |= {str(RR @ 10): "mrr@10", str(nDCG @ 10): "ndcg@10"}
        for metric in ir_measures.iter_calc([ir_measures.parse_measure(each) for each in named], qrels, run):
            of_question, name = values[metric.query_id], named[str(metric.measure)]
            if name in of_question:
                of_question[name] = metric.value
            if name == f"recall@{depth}" and depth in EVIDENCE_DEPTHS:
                of_question[f"all_evidence@{depth}"] = float(metric.value >= 1.0)
    return values


def _positions(places: Sequence[Sequence[str]]) -> dict[str, float]:
    return {each: -float(n) for n, each in enumerate(chain.from_iterable(places), 1)}


def collapsed(ranking: Ranking, sets: Sequence[Collection[str]]) -> list[list[str]]:
    """The places of a ranking: each evidence set as one virtual id at its best rank, each other place one id.

    A rank that only repeats what stands above it takes no place; one that holds no paragraph does.

    >>> collapsed(["a", "b", "c", "a"], [{"b", "c"}])
    [['a'], ['evidence 1']]
    >>> collapsed([{"x", "b", "d"}, set(), "a"], [{"b"}, {"d"}])
    [['evidence 1', 'evidence 2'], ['rank 2'], ['a']]
    """
    places: list[list[str]] = []
    seen: set[str] = set()
    for rank, held in enumerate(ranking, 1):
        ids = {held} if isinstance(held, str) else set(held)
        evidence = [_virtual(n) for n, members in enumerate(sets) if ids & set(members) and _virtual(n) not in seen]
        others = sorted(ids - seen - set().union(*sets)) if ids else [f"rank {rank}"]
        if place := evidence or others[:1]:
            places.append(place)
        seen |= ids | set(evidence)
    return places


def _virtual(n: int) -> str:
    return f"evidence {n + 1}"


def citation_quality(cited: Collection[str], gold: Sequence[Collection[str]]) -> dict[str, Share]:
    """Gold citation precision, recall and F1 (after ALCE, Gao et al. 2023, with gold paragraphs for the judge).

    Precision is not defined where nothing is cited; F1 is 0 there.
    """
    everything = set().union(*gold)
    reached = sum(1 for members in gold if set(members) & set(cited))
    recall = reached / len(gold)
    precision = len(set(cited) & everything) / len(set(cited)) if cited else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "citation_precision": (precision, 1.0) if cited else UNDEFINED,
        "citation_recall": (recall, 1.0),
        "citation_f1": (f1, 1.0),
    }


def citation_validity(markers: Collection[int], cited: Mapping[int, str], known: Collection[str]) -> Share:
    """Printed markers that lead to a paragraph that was retrieved, of all printed or listed (after ALCE)."""
    printed = set(markers) | set(cited)
    return float(sum(1 for marker in printed if cited.get(marker) in known)), float(len(printed))


def printed_markers(text: str, quotes: Collection[str]) -> set[int]:
    """The citation markers in an answer, but for numbers in brackets that a quotation holds."""
    inside = {int(number) for quote in quotes for number in MARKER.findall(quote)}
    found = {int(number) for number in MARKER.findall(text)}
    return found - inside


def normal(text: str) -> str:
    """A text as facts are looked for in it: folded, simplified, without thousands separators.

    >>> normal("176 095 名，１７６，０９５ 名")
    '176095名,176095名'
    """
    return THOUSANDS.sub(lambda match: re.sub("[ ,]", "", match.group()), fold(text))


def holds(text: str, form: str) -> bool:
    """Whether a text says a fact in one of its accepted forms (nugget matching, Voorhees 2003; evaluation.md 5.3).

    The words are looked for after `normal`; a form that is nothing but figures is also found by value ("75.8万" in
    "758,000"). A number matches only a whole number, an abbreviation only a whole word.

    >>> holds("In 2020, 176,095 weapons", "176 095"), holds("cities", "ITI"), holds("十个国家", "10个国家")
    (True, False, False)
    """
    if re.search(_bounded(form), normal(text)):
        return True
    asked = figures(form)
    return bool(asked) and _only_figures(form, asked) and all(figure_supported(each, figures(text)) for each in asked)


def _bounded(form: str) -> str:
    wanted = normal(form)
    left = r"(?<![a-z])" if wanted[:1].isascii() and wanted[:1].isalpha() else ""
    left = r"(?<![\d/])(?<!\d\.)" if wanted[:1].isdigit() else left  # a comma that is left parts two numbers
    abbreviation = form.isascii() and form.isupper() and form.isalpha()
    right = r"s?(?![a-z])" if abbreviation else ""
    right = r"(?![\d%/]|\.\d)" if wanted[-1:].isdigit() else right
    return left + re.escape(wanted) + right


def _only_figures(form: str, found: Sequence[Figure]) -> bool:
    return not re.search(r"\w", "".join(_outside(form, found)))


def _outside(text: str, found: Sequence[Figure]) -> list[str]:
    """What stands between the figures of a text."""
    ends = [0, *(each.end for each in found)]
    starts = [*(each.start for each in found), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


def fact_recall(text: str, facts: Sequence[Sequence[str]]) -> Share:
    """Key facts that an answer says, of all (nugget recall, Voorhees 2003)."""
    hit = sum(1 for forms in facts if any(holds(text, form) for form in forms))
    return (hit / len(facts), 1.0) if facts else UNDEFINED


def wrong_facts(text: str, question: str, facts: Sequence[Sequence[str]]) -> Share:
    """Facts with a number that an answer gives otherwise, of all facts with a number (evaluation.md 5.3).

    A fact is wrong when no form of it is said, and a sentence that shares words with the question has another number
    before the same unit ("8 countries" for "7 countries"). A proxy: it knows no paraphrased unit.
    """
    numeric = [forms for forms in facts if any(figures(form) for form in forms)]
    wrong = sum(
        1 for forms in numeric if not any(holds(text, form) for form in forms) and _contradicted(text, question, forms)
    )
    return float(wrong), float(len(numeric))


def _contradicted(text: str, question: str, forms: Sequence[str]) -> bool:
    language = language_of(text)
    about = _content(question)
    said = [text[start:end] for start, end in sentences(text, language)]
    near = [sentence for sentence in said if len(about & _content(sentence)) >= max(2, ceil(len(about) / 3))]
    return any(_same_unit(figure, form, sentence) for form in forms for sentence in near for figure in figures(form))


def _same_unit(figure: Figure, form: str, sentence: str) -> bool:
    unit = normal(form[figure.end :]).strip()[:12]
    return bool(unit) and any(
        other.kind == figure.kind
        and other.value != figure.value
        and normal(sentence[other.end :]).strip().startswith(unit)
        for other in figures(sentence)
    )


def _content(text: str) -> set[str]:
    """Pairs of Chinese characters and stemmed English words."""
    folded = fold(text)
    han = "".join(HAN.findall(folded))
    return {han[i : i + 2] for i in range(len(han) - 1)} | set(terms_en(" ".join(WORD.findall(folded))))


def statements(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The pieces of an answer with the markers that stand behind each; a last piece may have none.

    >>> statements("One [1]. Two [2][3] done")
    [('One ', (1,)), ('. Two ', (2, 3)), (' done', ())]
    """
    pieces: list[tuple[str, tuple[int, ...]]] = []
    start = 0
    for match in re.finditer(r"\[\d{1,3}\](?:[ ,、，]{0,2}\[\d{1,3}\]){0,9}", text):
        pieces.append((text[start : match.start()], tuple(int(number) for number in MARKER.findall(match.group()))))
        start = match.end()
    return [*pieces, (text[start:], ())] if text[start:].strip() else pieces


def sentences_of(
    text: str, quotes: Collection[str] = (), names: Collection[str] = ()
) -> list[tuple[str, tuple[int, ...]]]:
    r"""The statements of an answer, each with the markers behind it; a statement without one has none.

    A statement is a sentence with words of its own, a quotation kept whole. A line that ends in a colon leads in, and
    one that is but a name heads what follows: neither is a statement. A marker stands behind the sentence before it,
    on whichever side of the full stop it is.

    >>> sentences_of("They say:\nOne. Two [1]. “Three. Four” [2][3]")
    [('One', ()), ('Two', (1,)), ('“Three. Four”', (2, 3))]
    """
    masked, kept = _masked(text, quotes)
    found: list[tuple[str, tuple[int, ...]]] = []
    for piece, markers in statements(masked):
        lines = [line.strip() for line in piece.split("\n") if not line.rstrip().endswith((":", "："))]
        own = [_unmasked(line[a:b], kept) for line in lines for a, b in sentences(line, language_of(line))]
        own = [each.strip(" .。,，、;；") for each in own if _content(PARENTHESES.sub(" ", _nameless(each, names)))]
        found += [(each, ()) for each in own[:-1]] + [(each, markers) for each in own[-1:]]
    return found


def _masked(text: str, quotes: Collection[str]) -> tuple[str, dict[str, str]]:
    """The text with each quotation as one character, and what each stands for; quotations may stand in others."""
    kept: dict[str, str] = {}

    def stand_in(words: str) -> str:
        mark = chr(STAND_IN + len(kept))
        kept[mark] = words
        return mark

    for quote in sorted(set(quotes), key=len, reverse=True):
        if quote in text:
            text = text.replace(quote, stand_in(quote))
    return QUOTED.sub(lambda match: stand_in(match.group()), text), kept


def _unmasked(text: str, kept: Mapping[str, str]) -> str:
    for mark in reversed(kept):
        text = text.replace(mark, kept[mark])
    return text


def _nameless(text: str, names: Collection[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def citation_support(
    said: Sequence[tuple[str, Sequence[int]]],
    cited: Mapping[int, str],
    supports: Callable[[str, Collection[str]], bool | None],
) -> dict[str, Share]:
    """Support recall, support precision and citation coverage (ALCE, Gao et al. 2023; evaluation.md 5.2).

    `supports` says whether paragraphs together say a statement, or None where it cannot tell: such a statement counts
    for coverage alone. A marker that leads nowhere supports nothing; one that a statement could spare, because the
    others say it all and it alone does not, is not precise.
    """
    covered = recalled = told = credit = given = 0.0
    for statement, markers in said:
        known = [cited[marker] for marker in markers if marker in cited]
        covered += bool(known)
        together = supports(statement, known) if known else False
        if together is None:
            continue
        told += 1
        recalled += together
        given += len(markers)
        credit += sum(_needed(statement, each, known, supports) for each in known) if together else 0
    return {
        "support_recall": (recalled / told, 1.0) if told else UNDEFINED,
        "support_precision": (credit, given),
        "citation_coverage": (covered, float(len(said))),
    }


def _needed(
    statement: str, each: str, known: Sequence[str], supports: Callable[[str, Collection[str]], bool | None]
) -> float:
    """What a citation of a supported statement counts: 1 where it says it alone, 1/2 where it helps, else 0."""
    if supports(statement, [each]):
        return 1.0
    others = [other for other in known if other != each]
    return 0.0 if others and supports(statement, others) else 0.5


def worded_in(statement: str, texts: Collection[str]) -> bool:
    """Whether texts have most of a statement's words: the lexical stand-in for a judge of support (5.2).

    Words are pairs of Chinese characters and stemmed English words; figures are checked apart.

    >>> worded_in("Weapons were collected", ["In 2020, 1,393 weapons were collected."])
    True
    """
    wanted = _content(statement)
    known = set().union(*map(_content, texts)) if texts else set()
    return len(wanted & known) >= WORDED * len(wanted)


def number_faithfulness(statement: str, question: str, known: Sequence[Figure], named: Collection[str]) -> Share:
    """Figures and document symbols of a statement that its sources have, of all but the question's own (5.5)."""
    asked = figures(question)
    bare = OPENING.sub("\n", MARKER.sub(" ", statement))  # a quotation's own "2." is a list mark, as at a line's start
    in_question = {symbol.canonical for symbol in symbols(question)}
    own = [figure for figure in figures(bare) if not figure_supported(figure, asked)]
    signs = [symbol for symbol in symbols(bare) if symbol.canonical not in in_question]
    supported = sum(1 for figure in own if figure_supported(figure, known))
    supported += sum(1 for sign in signs if sign.canonical in named)
    return float(supported), float(len(own) + len(signs))


def language_match(text: str, language: str, quotes: Collection[str] = (), names: Collection[str] = ()) -> Share:
    """Whether an answer's own words are in the question's language (5.7); not defined where it has none of its own.

    Quotations, names of reports, symbols, figures and what stands in parentheses are left out. A word of Latin letters
    counts as one and a half Chinese characters.
    """
    own = text
    for words in sorted({*quotes, *names}, key=len, reverse=True):
        own = own.replace(words, " ")
    own = PARENTHESES.sub(" ", QUOTED.sub(" ", MARKER.sub(" ", own)))
    for symbol in reversed(symbols(own)):
        own = own[: symbol.start] + " " + own[symbol.end :]
    han, latin = len(HAN.findall(own)), len(WORD.findall(own))
    if not han + latin:
        return UNDEFINED
    share = han / (han + 1.5 * latin)
    spoken = "zh" if share >= 0.5 else "en" if share <= 0.2 else "mixed"
    return float(spoken == language), 1.0


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    """Overlap of two sets (Jaccard 1912); 1 where both are empty."""
    together = set(one) | set(other)
    return len(set(one) & set(other)) / len(together) if together else 1.0


def rank_biased_overlap(one: Sequence[str], other: Sequence[str], p: float = RBO_PERSISTENCE) -> float:
    """Extrapolated RBO of two rankings cut at the shorter's length (Webber, Moffat and Zobel 2010, eq. 30).

    >>> rank_biased_overlap(["a", "b"], ["a", "b"]), rank_biased_overlap(["a"], ["b"])
    (1.0, 0.0)
    """
    depth = min(len(one), len(other))
    if not depth:
        return float(not one and not other)
    overlap = [len(set(one[:d]) & set(other[:d])) / d for d in range(1, depth + 1)]
    weighted = (1 - p) / p * sum(agreed * p**d for d, agreed in enumerate(overlap, 1))
    return round(overlap[-1] * p**depth + weighted, 12)


def risk_coverage(confidence: Sequence[float], wrong: Sequence[float]) -> tuple[list[tuple[float, float]], float]:
    """(coverage, risk) as ever less sure questions are answered, and the area under it (Geifman and El-Yaniv 2017).

    Equally confident questions are answered together, so that their order says nothing.

    >>> risk_coverage([0.9, 0.1], [0.0, 1.0])
    ([(0.5, 0.0), (1.0, 0.5)], 0.25)
    """
    levels = sorted(set(confidence), reverse=True)
    curve, area, before = [], 0.0, 0
    for level in levels:
        answered = [loss for sure, loss in zip(confidence, wrong, strict=True) if sure >= level]
        risk = sum(answered) / len(answered)
        curve.append((len(answered) / len(confidence), risk))
        area += risk * (len(answered) - before) / len(confidence)
        before = len(answered)
    return curve, area


def nearest_rank(values: Sequence[float], share: float) -> float:
    """The percentile by nearest rank; nan where there are no values.

    >>> nearest_rank([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else float("nan")
