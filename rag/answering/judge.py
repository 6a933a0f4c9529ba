"""Whether the hits answer the question at all, from calibrated signals.

What a question names (countries, bodies, treaties, acronyms, years, ordinals, symbols) should stand together in one of
the best paragraphs, in either language, and with it the kind of answer asked for: an amount of money, a number of the
things counted, a share, a date, a reason. A logistic regression weighs how far that is so with how far the best
paragraph stands out. Its coefficients are fitted on dev and tuning questions and kept in `rag/data/abstention.json`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from importlib import resources
from math import exp
from typing import Any

import numpy as np

from rag.answering.retrieve import Filters, Found, Retriever
from rag.index import GLOSS
from rag.index.views import whole_text
from rag.lexicon import read_glossary
from rag.question import asks, parts
from rag.records import Language, Paragraph
from rag.text import Figure, figures, fold, symbols, terms_en
from rag.text import language as language_of
from rag.text.folding import HAN, fold_with_offsets, narrow
from rag.text.numerals import ordinal_en, write_chinese

BEST = 5  # paragraphs looked into: those whose sentences a quoted answer weighs
COMMON = 0.25  # what a common noun counts beside a name, as it may be said in other words: chosen on dev
PRIOR = 1.0  # what a question counts as having beside its names: one common word missing says little
ELSEWHERE = 0.5  # what a figure counts that does not stand beside the thing counted
LONGEST = 20  # characters or words of a name
MISSING = 3  # names a refusal tells of
READ = 4096  # texts whose reading is kept: the paragraphs and names of some hundred questions


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells whether the best paragraphs answer; every one is higher where they more likely do."""

    together: float  # how far one paragraph has what the question names and the kind of answer it wants, in [0, 1]
    standing: float  # the best fused score, in standard deviations


@dataclass(frozen=True, slots=True)
class Name:
    """Something a question names, as it writes it, with every form it may stand in."""

    written: str
    forms: tuple[str, ...]  # Chinese ones folded; others as index terms, each between blanks
    weight: float  # its rarity; less for a common noun


@dataclass(frozen=True, slots=True)
class Said:
    """What a paragraph says in all its languages, with what its report is known by."""

    chinese: str  # folded
    terms: str  # index terms in Latin letters and digits, each between blanks

    def has(self, name: Name) -> bool:
        """Whether any form of a name stands in it."""
        return any(form in (self.chinese if _in_chinese(form) else self.terms) for form in name.forms)


Test = Callable[[Sequence[str]], float]  # how far texts have what is asked for, in [0, 1]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things a question asks: what it names, and a test for each kind of answer it wants."""

    names: Sequence[Name]
    kinds: Sequence[Test]

    @property
    def weight(self) -> float:
        """What it counts among the parts of its question."""
        return 1.0 + sum(name.weight for name in self.names)

    def share(self, said: Said) -> float:
        """How much of what it names a paragraph has, by rarity; 1 where it names nothing."""
        total = sum(name.weight for name in self.names)
        return (sum(name.weight for name in self.names if said.has(name)) + PRIOR) / (total + PRIOR)

    def kind(self, texts: Sequence[str]) -> float:
        """How much of the kinds it wants texts have; 1 where it wants none that can be told."""
        return sum(test(texts) for test in self.kinds) / len(self.kinds) if self.kinds else 1.0


def signals(question: str, found: Found, retriever: Retriever, language: Language, filters: Filters) -> Signals:
    """The signals of a question and what was found for it; several paragraphs together may answer a comparison."""
    best = [hit.paragraph for hit in found.hits[:BEST]]
    said = [_said(paragraph, retriever, filters) for paragraph in best]
    texts = [_texts(paragraph, filters) for paragraph in best]
    if asks(question).compare:
        said = [Said("".join(each.chinese for each in said), "".join(each.terms for each in said))]
        texts = [[text for of_paragraph in texts for text in of_paragraph]]
    in_english = all("en" in _languages(paragraph, filters) for paragraph in best)
    own_language = all(language in _languages(paragraph, filters) for paragraph in best)
    asked = [
        Part(names(part, retriever, not in_english), kinds(part, retriever, not own_language))
        for part in parts(question) or [question]
    ]
    total = sum(part.weight for part in asked)
    together = 0.0
    for part in asked:
        shares = [part.share(each) for each in said]
        fits = [share * part.kind(each) if share else 0.0 for share, each in zip(shares, texts, strict=True)]
        together += part.weight / total * max(fits, default=0.0)
    standing = float(np.max(found.fused)) if found.fused is not None and len(found.fused) else 0.0
    return Signals(together, standing)


def answerable(signals: Signals) -> float:
    """The probability that the reports answer, by the shipped coefficients."""
    model = coefficients()
    columns = zip(model["weights"], astuple(signals), model["means"], model["scales"], strict=True)
    score = model["intercept"] + sum(weight * (value - mean) / scale for weight, value, mean, scale in columns)
    return float(1.0 / (1.0 + exp(-score)))


def answers(signals: Signals) -> bool:
    """Whether to answer rather than abstain."""
    return answerable(signals) >= float(coefficients()["threshold"])


@cache
def coefficients() -> Mapping[str, Any]:
    """The shipped calibration: intercept, weights, means, scales (in the order of Signals) and threshold."""
    return dict(json.loads((resources.files("rag") / "data" / "abstention.json").read_text(encoding="utf-8")))


def missing(question: str, found: Found, retriever: Retriever, filters: Filters) -> list[str]:
    """What the question names and no best paragraph has, as the question writes it: the rarest first, at most three.

    Names that stand side by side are told as one.
    """
    said = [_said(hit.paragraph, retriever, filters) for hit in found.hits[:BEST]]
    translated = not all("en" in _languages(hit.paragraph, filters) for hit in found.hits[:BEST])
    absent = [name for name in names(question, retriever, translated) if not any(each.has(name) for each in said)]
    runs: list[tuple[int, int, float]] = []  # start, end, the rarest name's weight
    for name in sorted(absent, key=lambda each: question.find(each.written)):
        start = question.find(name.written)
        end = start + len(name.written)
        if runs and not question[runs[-1][1] : start].strip():
            start, last, weight = runs.pop()
            runs.append((start, max(end, last), max(weight, name.weight)))
        else:
            runs.append((start, end, name.weight))
    return [question[start:end] for start, end, _ in sorted(runs, key=lambda run: -run[2])[:MISSING]]


# --- what a question names --------------------------------------------------------------------------------------------

Forms = tuple[tuple[str, ...], bool]  # the forms of a name, and whether it is a proper one
_WORD = re.compile(r"[A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}(?:['’&./-][A-Za-zÀ-ÿ0-9][\wÀ-ÿ]{0,40}){0,5}", re.ASCII)
_POSSESSIVE = re.compile(r"['’]s$")
_ACRONYM = re.compile(r"[A-Z].{0,40}[A-Z0-9]")
_BEGINS = re.compile(r"(?:^|[.?!:;“”\"(]) {0,3}$")  # what stands before a word that begins a sentence
_TITLE_MARKS = re.compile(r"[《》〈〉“”\"「」]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SHORT = 4  # characters up to which an abbreviation counts only in its own case: IT is no ITI


def names(question: str, retriever: Retriever, translated: bool = True) -> list[Name]:
    """What a question names: glossary terms, names, acronyms, symbols, years, and ordinals from the second on.

    A Latin name is looked up in Chinese too where it is to be translated: that reads the dictionary, seconds when cold.
    """
    found: dict[str, Forms] = {}
    plain = question
    for symbol in symbols(question):
        written = question[symbol.start : symbol.end]
        found[written] = ((f" {symbol.stem} ",), True)
        plain = plain.replace(written, " " * len(written))
    found |= dict(_latin_names(plain, retriever, translated))
    if language_of(question) == "zh":
        found |= dict(_chinese_names(plain, retriever))
    for figure in figures(plain):
        if figure.kind == "ordinal" and figure.value > 1 and figure.value.denominator == 1:
            found[figure.text] = (_ordinal(int(figure.value)), True)
    found |= {year: ((f" {year} ",), True) for year in _YEAR.findall(plain)}
    return [
        Name(written, forms, _rarity(forms, retriever) * (1.0 if proper else COMMON))
        for written, (forms, proper) in found.items()
    ]


def _chinese_names(text: str, retriever: Retriever) -> Iterator[tuple[str, Forms]]:
    """Glossary terms in a Chinese question, the longest first, then words that English writes with a capital."""
    glossary, (folded, offsets), start = _glossary(), fold_with_offsets(text), 0
    taken = ""
    while start < len(folded):
        ends = range(min(len(folded), start + LONGEST), start + 1, -1)
        end = next((end for end in ends if folded[start:end] in glossary and _in_chinese(folded[start:end])), None)
        if end:
            yield text[offsets[start] : offsets[end - 1] + 1], glossary[folded[start:end]]
            taken += folded[start:end] + " "
        start = end or start + 1
    for word in retriever.lexicon.segmenter.cut(text):
        means = _in_chinese(word) and word not in taken and retriever.lexicon.terms(word, "zh")
        senses = retriever.lexicon.gloss_senses(word) if means else []
        at = folded.find(word)
        if senses and senses[0][:1].isupper() and at >= 0:
            yield text[offsets[at] : offsets[at + len(word) - 1] + 1], ((word, *map(_terms, senses[:2])), True)


def _latin_names(text: str, retriever: Retriever, translated: bool) -> Iterator[tuple[str, Forms]]:
    """Glossary terms, acronyms and capitalised words; in a Chinese question every word in Latin letters is a name."""
    words = [match for match in _WORD.finditer(text) if re.search("[A-Za-z]", match.group())]
    terms = [_terms(_POSSESSIVE.sub("", word.group())).split() for word in words]
    in_english, glossary, start = language_of(text) == "en", _glossary(), 0
    while start < len(words):
        first, longest = words[start], LONGEST if in_english and terms[start] else 1
        alone = _POSSESSIVE.sub("", first.group())
        ends = [end for end in range(start + 1, min(len(words), start + longest) + 1) if terms[end - 1]]
        known = [(end, glossary[key]) for end in ends if (key := _joined(terms[start:end])) in glossary]
        begins = bool(_BEGINS.search(text, max(0, first.start() - 4), first.start()))
        capital = bool(_ACRONYM.search(alone)) or (alone[:1].isupper() and not begins)
        end, entry = known[-1] if known else (start + 1, glossary.get(alone))
        if entry:
            yield _POSSESSIVE.sub("", text[first.start() : words[end - 1].end()]), entry
        elif (capital or not in_english) and terms[start]:
            yield alone, ((_terms(alone), *(_in_other_words(alone, retriever) if translated else ())), True)
        start = end


def _joined(terms: Sequence[Sequence[str]]) -> str:
    return f" {' '.join(term for of_word in terms for term in of_word)} "


def _in_other_words(written: str, retriever: Retriever) -> list[str]:
    """The Chinese words for an English one, without single characters, which stand in too many others."""
    return [term for term in retriever.lexicon.gloss_terms(written, "en") if len(term) > 1 and _in_chinese(term)]


@cache
def _glossary() -> Mapping[str, Forms]:
    """Each form of the glossary to all forms of its entries.

    A Chinese form is folded, an English one stands as its index terms, a short abbreviation as it is written.
    """
    found: dict[str, Forms] = {}
    for entry in read_glossary():
        written = (*entry.zh, *entry.en)
        forms = tuple(map(_form, written))
        for form, key in zip(written, forms, strict=True):
            short = len(form) <= _SHORT and form.isascii() and bool(_ACRONYM.search(form))
            known, proper = found.get(form if short else key, ((), entry.en[0][:1].isupper()))
            found[form if short else key] = (tuple(dict.fromkeys((*known, *forms))), proper)
    return found


def _form(written: str) -> str:
    return _folded(_TITLE_MARKS.sub("", written)) if language_of(written) == "zh" else _terms(written)


@lru_cache(maxsize=READ)
def _terms(text: str) -> str:
    return f" {' '.join(terms_en(text))} "


@lru_cache(maxsize=READ)
def _folded(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=READ)
def _figures(text: str) -> Sequence[Figure]:
    return figures(text)


def _in_chinese(form: str) -> bool:
    return bool(re.search(f"[{HAN}]", form))


def _ordinal(value: int) -> tuple[str, ...]:
    return (f"第{write_chinese(value)}", f"第{value}", _terms(ordinal_en(value)))


def _rarity(forms: Sequence[str], retriever: Retriever) -> float:
    """The inverse document frequency of a name: that of its commonest form, each as rare as its rarest term."""
    rarities = []
    for form in forms:
        of: Language = "zh" if _in_chinese(form) else "en"
        leg = _leg(retriever, of)
        terms = retriever.lexicon.terms(form, "zh") if of == "zh" else form.split()
        if leg and terms:
            rarities.append(max(leg.rarity(term) for term in terms))
    return min(rarities, default=1.0)


def _leg(retriever: Retriever, language: Language) -> Any:
    """A term leg that speaks a language in real words, else one by the dictionary."""
    legs = retriever.index.legs
    return next((legs[name] for name in sorted(legs, key=lambda name: name[1] == GLOSS) if name[0] == language), None)


# --- what paragraphs say ----------------------------------------------------------------------------------------------


def _languages(paragraph: Paragraph, filters: Filters) -> list[str]:
    """The languages a reader is shown a paragraph in, its own first."""
    shown = [of for of, each in paragraph.translations.items() if filters.renderings or each.official]
    return [paragraph.language, *shown]


def _texts(paragraph: Paragraph, filters: Filters) -> list[str]:
    """What a paragraph says in each language a reader is shown, and its footnotes."""
    spoken = _languages(paragraph, filters)
    return [whole_text(paragraph, of) for of in spoken] + [note.text for note in paragraph.footnotes]


def _said(paragraph: Paragraph, retriever: Retriever, filters: Filters) -> Said:
    report = retriever.index.reports[paragraph.report]
    known = [report.id, report.symbol or "", report.short_title, report.body, report.session, report.period]
    known += [*report.aliases, *report.titles.values(), report.date[:4], *map(str, report.years)]
    headings = [*paragraph.headings, *(h for of, each in paragraph.translations.items() for h in each.headings)]
    texts = [*_texts(paragraph, filters), "\n".join([*headings, *known])]
    chinese = "\n".join(_folded(text) for text in texts if language_of(text) == "zh")
    return Said(chinese, "".join(map(_terms, texts)))


# --- what kind of answer is asked for ---------------------------------------------------------------------------------

_MONEY = re.compile(
    r"多少(?:钱|美元|欧元|资金|经费|款)|(?:预算|金额|款额|总额|费用|捐款|赠款|拨款).{0,6}多少"
    r"|\bhow much (?:money|fund)|\bhow much did .{0,40}(?:cost|give|donate|contribut|pay|spend)"
    r"|\bhow many (?:US )?(?:dollars|euros)|\bbudget\b|\bfor what total\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"百分|比例|占(?:多少|比)|几成|\bper ?cent|\bshare\b|\bproportion\b", re.IGNORECASE)
_DURATION = re.compile(
    r"(?<!第)几(?:天|周|个月|年)|多久|多长时间|\bhow long\b|\bhow many (?:days|weeks|months|years)\b", re.IGNORECASE
)
_VOTES = re.compile(r"几票|多少票|票数|\bvote count\b|\bhow many votes\b|\btally\b", re.IGNORECASE)
_COUNT = re.compile(
    r"多少|(?<!哪)几(?:个|次|名|项|国|种|人|件|支|届|期|场|门|套|批|把|所|家|座)|\bhow many\b|\bnumber of\b",
    re.IGNORECASE,
)
_SYMBOL = re.compile(r"文号|编号|\bdocument (?:symbol|number)\b", re.IGNORECASE)
_DATE = re.compile(
    r"何时|什么时候|几时|哪(?:一)?[年天月]|几月|日期|\b(?:what|which) (?:year|date|month|day)\b"
    r"|(?:^|[,;:.?!] ?|\b(?:and|or|by|since) )when\b",  # "when it met" asks for no date
    re.IGNORECASE,
)
_WHY = re.compile(r"为什么|为何|缘何|什么原因|^why\b|[,.?!:] why\b", re.IGNORECASE)
_DURATION_SAID = re.compile(
    r"(?:\d|[一二三四五六七八九十两半]) ?(?:天|日|个月|年|周)|至\s?\d{1,2} ?日"
    r"|\b(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)[ -](?:working )?(?:day|week|month|year)s?\b"
    r"|\d{1,2}(?: [A-Z][a-z]{2,8})? (?:to|-) \d{1,2}\b",
    re.IGNORECASE,
)
_VOTES_SAID = re.compile(r"\d ?票|\bvote.{0,40}\d|\d{1,3} (?:votes|in favour|to \d)", re.IGNORECASE)
_REASON_SAID = re.compile(
    r"因为|由于|因此|因而|原因|所以|鉴于|为了|以便|以期|从而|导致|目的|使得|旨在|使"
    r"|\b(?:because|due to|since|owing|therefore|in order to|reason|so that|thus|as a result|given|aim)",
    re.IGNORECASE,
)
_COUNTED_ZH = re.compile(
    r"(?:多少|几)(?P<measure>[个次名项国种人票件支届期场门套批把所家座位辆枚发处]?)(?P<noun>[^，。？?、,多少几]{0,6})"
)
_COUNTED_EN = re.compile(r"\b(?:how many|number of) (?P<noun>[\w-]{1,30}(?: [\w-]{1,30}){0,2})", re.IGNORECASE)
_BESIDE = {"zh": (6, 14), "en": (15, 45)}  # characters before and after a figure in which the thing counted is named


def kinds(question: str, retriever: Retriever, translated: bool = True) -> list[Test]:
    """A test for each kind of answer that a question's wording asks for and that can be told from a text.

    The thing counted is looked up in the other language too where it is to be translated.
    """
    question = narrow(question)
    known = {figure.value for figure in _figures(question)}

    def new(texts: Sequence[str], *of: str) -> float:
        return float(any(f.kind in of and f.value not in known for text in texts for f in _figures(text)))

    def said(pattern: re.Pattern[str]) -> Test:
        return lambda texts: float(any(pattern.search(text) for text in texts))

    tests: list[Test] = []
    if _MONEY.search(question):
        tests.append(lambda texts: new(texts, "money"))
    elif _SHARE.search(question):
        tests.append(lambda texts: new(texts, "percent"))
    elif _DURATION.search(question):
        tests.append(said(_DURATION_SAID))
    elif _VOTES.search(question):
        tests.append(said(_VOTES_SAID))
    elif _COUNT.search(question) and not _SYMBOL.search(question):
        measure, counted = _counted(question, retriever, translated)
        tests.append(lambda texts: max((_counts(text, known, measure, counted) for text in texts), default=0.0))
    if _DATE.search(question):
        tests.append(lambda texts: new(texts, "date", "year"))
    if _WHY.search(question):
        tests.append(said(_REASON_SAID))
    return tests


def _counted(question: str, retriever: Retriever, translated: bool) -> tuple[str, tuple[str, ...]]:
    """The measure word and the forms of the thing whose number a question asks for; none where it is not said."""
    zh, en = _COUNTED_ZH.search(question), _COUNTED_EN.search(question)
    if zh:
        words = [word for word in retriever.lexicon.segmenter.cut(zh["noun"]) if retriever.lexicon.terms(word, "zh")]
    else:
        words = [word for word in (en["noun"].split() if en else []) if terms_en(word)]
    forms: dict[str, None] = {}
    for word in words[:2]:
        entry = _glossary().get(_form(word)) or _glossary().get(word)
        other = retriever.lexicon.gloss_terms(word, "zh" if zh else "en") if translated else []
        forms |= dict.fromkeys([_form(word), *(entry[0] if entry else ()), *(_form(each) for each in other)])
    return (zh["measure"] if zh else ""), tuple(form for form in forms if form.strip())


def _counts(text: str, known: set[Any], measure: str, counted: Sequence[str]) -> float:
    """1 where a new count stands beside the thing counted, less where it stands elsewhere, 0 where there is none."""
    counts = [figure for figure in _figures(text) if figure.kind == "count" and figure.value not in known]
    if not counts:
        return 0.0
    return 1.0 if not counted or any(_stands_beside(figure, text, measure, counted) for figure in counts) else ELSEWHERE


def _stands_beside(figure: Figure, text: str, measure: str, counted: Sequence[str]) -> bool:
    before, after = _BESIDE[language_of(text)]
    if measure not in ("", "个") and measure in text[figure.end : figure.end + 3]:
        return True
    beside = text[max(0, figure.start - before) : figure.end + after]
    chinese, terms = fold(beside), _terms(beside)
    return any(form in (chinese if _in_chinese(form) else terms) for form in counted)
