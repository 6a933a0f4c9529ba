"""rag.answering.quote: the paragraphs and sentences that answer, chosen, completed and joined."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_index import CREWS, FERRIES, FakeEmbedder, indexed, printed

from rag.answering.compose import Sentence
from rag.answering.quote import LIST_LENGTH, SOURCE, WHOLE_SENTENCE, answering, choose, quote_answer
from rag.answering.retrieve import Found
from rag.answering.weighing import Weighed, quotable
from rag.answering.weights import DEFAULT, Weights, shipped
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Footnote, Hit, Language, Paragraph

WEIGHTS = shipped()[DEFAULT]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
ASKED: Mapping[Language, str] = {"zh": "渡船怎么样？", "en": "How are the ferries?"}
TABLE: Mapping[Language, Any] = {
    "zh": {"row": "甲号渡船", "columns": (("沉没", "三次"), ("乘客", "318人"), ("港口", "乙港"))},
    "en": {"row": "Ferry A", "columns": (("Sank", "three times"), ("Riders", "318 people"), ("Port", "Port B"))},
}


def said(paragraph: Paragraph, language: Language | None = None, renderings: bool = True) -> list[Sentence]:
    return list(quotable(paragraph, language or paragraph.language, renderings))


def grouped(scored: list[tuple[float, Sentence]]) -> list[list[Weighed]]:
    """Weighed sentences by paragraph, in the order of their best."""
    of: dict[str, list[Weighed]] = {}
    for score, sentence in scored:
        of.setdefault(sentence.paragraph.id, []).append(Weighed(sentence, score))
    return list(of.values())


def chosen(scored: list[tuple[float, Sentence]], question: str = "?", weights: Weights = WEIGHTS) -> list[str]:
    """What is quoted of weighed sentences; each quotation stands where it says it does."""
    quotations = choose(grouped(scored), Question.of(question), weights)
    for each in quotations:
        text = each.paragraph.in_language(each.language) or ""
        assert each.place < 0 or each.paragraph.is_row or text[each.start : each.end] == each.text
    return [each.text for each in quotations]


def alone(text: str, language: Language, place: int, question: str = "?") -> list[str]:
    return chosen([(1.0, said(printed(text, language))[place])], question)


# --- sentences made whole ---------------------------------------------------------------------------------------------

CLAUSES = (
    "2033年有十二艘渡船在夜间的大雾之中相撞；其中三艘渡船在河上沉没并有318名乘客丧生；另有九艘渡船受损但都回到了港口。"
)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_chinese_clause_is_quoted_with_the_rest_of_its_sentence(place: int) -> None:
    assert alone(f"各港口装了灯。{CLAUSES}船员很少。\n船主不多。", "zh", place + 1) == [CLAUSES]


@pytest.mark.parametrize("place", [0, 1])
def test_a_clause_without_a_full_stop_ends_with_its_line(place: int) -> None:
    first, second = "第一艘渡船在夜间的大雾之中沉没了；", "第二艘渡船在白天的阳光之下获救了"
    assert alone(f"事故。\n{first}{second}\n船主不多。", "zh", place + 1) == [first + second]


@pytest.mark.parametrize("place", [0, 1])
def test_an_english_sentence_is_whole_with_its_semicolons(place: int) -> None:
    parts = ["Ferries sank in the night and in the fog; lamps were bought.", "Ports were lit."]
    assert alone(" ".join(parts), "en", place) == [parts[place]]


@pytest.mark.parametrize(
    ("length", "whole"),
    [(WHOLE_SENTENCE - 1, True), (WHOLE_SENTENCE, True), (WHOLE_SENTENCE + 1, False)],
)
def test_a_sentence_too_long_to_be_quoted_whole_is_quoted_by_its_clause(length: int, whole: bool) -> None:
    first, last = "渡船" * 50 + "；", "港口装了灯。".rjust(length - 101, "船")
    assert alone(first + last, "zh", 0) == [first + last if whole else first]


LEANING = [
    *(("zh", word) for word in ("这", "该", "其", "它", "此", "后者", "前者", "因此", "然而", "但", "同时")),
    *(("zh", word) for word in ("尽管如此", "在这方面", "为此", "同样", "此外", "另外", "例如", "相关")),
    *(("en", word) for word in ("This", "That", "These", "Those", "It", "They", "He", "She", "Its", "Their", "Such")),
    *(("en", word) for word in ("The latter", "However", "Therefore", "Nevertheless", "In this regard", "To that end")),
]
BEFORE: Mapping[Language, tuple[str, str]] = {
    "zh": ("船主不多。", "渡船沉没了。"),
    "en": ("Owners were few.", "Ferries sank."),
}
JOINT: Mapping[Language, str] = {"zh": "", "en": " "}


@pytest.mark.parametrize(("language", "word"), LEANING)
def test_a_sentence_that_leans_takes_the_one_before(language: Language, word: str) -> None:
    leaning = {"zh": f"{word}船员受了培训。", "en": f"{word} crews were trained."}[language]
    first, second = BEFORE[language]
    text = JOINT[language].join([first, second, leaning])
    assert alone(text, language, 2) == [second + JOINT[language] + leaning]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh", "船员受了培训。"), ("zh", "船员因此受了培训。"), ("en", "Thistles grew."), ("en", "Crews: they left.")],
)
def test_a_sentence_that_stands_by_itself_takes_none(language: Language, sentence: str) -> None:
    assert alone(JOINT[language].join([*BEFORE[language], sentence]), language, 2) == [sentence]


@pytest.mark.parametrize(
    ("language", "lines"),
    [("zh", ["渡船沉没了。", "这很少见。"]), ("en", ["Ferries sank.", "This is rare."])],
)
def test_a_sentence_that_opens_its_line_takes_none_of_the_line_before(language: Language, lines: list[str]) -> None:
    assert alone("\n".join(lines), language, 1) == [lines[1]]
    assert alone(lines[1], language, 0) == [lines[1]]


@pytest.mark.parametrize(
    ("language", "text", "note"),
    [
        ("zh", "渡船沉没了。船员受了培训。", "这见于登记册；另见附件。"),
        ("en", "Ferries sank. Crews left.", "These are new."),
    ],
)
def test_a_footnote_is_quoted_as_it_is(language: Language, text: str, note: str) -> None:
    paragraph = printed(text, language, footnotes=(Footnote("1", note),))
    assert chosen([(1.0, said(paragraph)[-1])]) == [note]


# --- lists ------------------------------------------------------------------------------------------------------------

LISTS: Mapping[Language, tuple[str, str, list[str]]] = {  # what stands before, the head, the items
    "zh": ("渡船沉没了。", "原因如下：", ["(a) 超载；", "(b) 照明不足；", "(c) 大雾。"]),
    "en": ("Ferries sank. ", "The causes were:", ["(a) Overloading;", "(b) Poor lighting;", "(c) Fog."]),
}
FOR_A_LIST: Mapping[Language, str] = {"zh": "有哪些原因？", "en": "What are the causes?"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_that_opens_a_list_is_quoted_with_all_of_it(language: Language) -> None:
    before, head, items = LISTS[language]
    whole = "\n".join([head, *items])
    assert alone(before + whole, language, 1) == [whole]
    assert alone(before + whole, language, 1, FOR_A_LIST[language]) == [whole]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("item", [0, 1, 2])
def test_an_item_brings_its_whole_list_with_its_head_where_a_list_is_asked_for(language: Language, item: int) -> None:
    before, head, items = LISTS[language]
    text = before + "\n".join([head, *items])
    assert alone(text, language, 2 + item, FOR_A_LIST[language]) == ["\n".join([head, *items])]
    one = "\n".join([before + head, items[0]]) if item == 0 else items[item]  # the first stands beneath its head
    assert alone(text, language, 2 + item, ASKED[language]) == [one]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_quoted_without_a_first_line_that_does_not_open_it(language: Language) -> None:
    before, _, items = LISTS[language]
    text = "\n".join([before.strip(), *items])
    assert alone(text, language, 2, FOR_A_LIST[language]) == ["\n".join(items)]
    assert alone(text, language, 0, FOR_A_LIST[language]) == [before.strip()]  # it is in no list


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", [1, 2])
def test_a_line_that_opens_one_other_is_quoted_with_it(language: Language, place: int) -> None:
    before, head, items = LISTS[language]
    text = "\n".join([before.strip(), head, items[0]])
    assert alone(text, language, place) == ["\n".join([head, items[0]])]
    assert alone("\n".join([before.strip(), items[0]]), language, 1) == [items[0]]  # which is no head


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("over", [0, 1])
def test_a_head_is_not_quoted_without_the_long_line_it_opens(language: Language, over: int) -> None:
    before, head, _ = LISTS[language]
    text = "\n".join([before.strip(), head, "z" * (WHOLE_SENTENCE - 1 + over)])
    first, opening, _ = said(printed(text, language))
    expected = [first.text] if over else ["\n".join(text.split("\n"))]
    assert chosen([(1.0, first), (0.9, opening)]) == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("over", [0, 1])
def test_a_list_longer_than_can_be_quoted_ends_with_a_whole_line(language: Language, over: int) -> None:
    _, head, items = LISTS[language]
    short = "\n".join([head, *items])
    text = short + "\n" + "z" * (LIST_LENGTH + over - len(short) - 1)
    assert alone(text, language, 0) == [short if over else text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_footnote_that_ends_with_a_colon_opens_no_list(language: Language) -> None:
    _, head, items = LISTS[language]
    paragraph = printed("\n".join([head, *items]), language, footnotes=(Footnote("1", head),))
    assert chosen([(1.0, said(paragraph)[-1])], FOR_A_LIST[language]) == [head]


SEVERAL = "Which ferries sank in the fog? Who lit the ports?"

# --- how many, and which ----------------------------------------------------------------------------------------------

MANY: Mapping[Language, str] = {
    "zh": "渡船沉没了。船主不多。港口装了灯。船员受了培训。乘客获救。灯塔新建。",
    "en": "Ferries sank. Owners were few. Ports were lit. Crews were trained. Riders were saved. Towers rose.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("paragraphs", "most"), [(1, 1), (1, 2), (3, 4), (6, 4)])
def test_no_more_is_quoted_than_the_weights_say_and_of_each_paragraph_something(
    language: Language, paragraphs: int, most: int
) -> None:
    apart = [said(printed(MANY[language], language, n))[::2] for n in range(1, paragraphs + 1)]
    few = replace(WEIGHTS, quotes=most, quotes_of_parts=9)
    quoted = choose(grouped([(1.0, each) for of in apart for each in of]), Question.of("?"), few)
    assert len(quoted) == most
    assert len({each.paragraph.id for each in quoted}) == min(paragraphs, most)


@pytest.mark.parametrize("question", [SEVERAL, "哪些渡船沉没了？港口由谁装灯？"])
def test_a_question_of_several_parts_gets_more_quotations(question: str) -> None:
    language: Language = "en" if question.isascii() else "zh"
    first = [said(printed(MANY[language], language, n))[0] for n in range(1, 9)]
    quoted = choose(grouped([(1.0, each) for each in first]), Question.of(question), WEIGHTS)
    assert (WEIGHTS.quotes, len(quoted)) == (4, 6)


def test_nothing_is_quoted_of_nothing() -> None:
    assert choose([], Question.of("?"), WEIGHTS) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("score", "kept"), [(2 * WEIGHTS.kept, True), (2 * WEIGHTS.kept - 0.01, False)])
def test_what_scores_too_far_below_the_best_of_its_paragraph_is_left_out(
    language: Language, score: float, kept: bool
) -> None:
    best, _, other = said(printed(MANY[language], language))[:3]
    assert chosen([(2.0, best), (score, other)]) == ([best.text, other.text] if kept else [best.text])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("score", [0.0, -0.5])
def test_the_best_sentence_is_quoted_however_little_speaks_for_it(language: Language, score: float) -> None:
    best, _, other = said(printed(MANY[language], language))[:3]
    assert chosen([(score, best), (score - 0.1, other)]) == [best.text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("question", "least"),
    [("Who sank?", 1.0), ("谁沉没了？", 1.0), ("Who wrote of it?", SOURCE), ("这是谁写的？", SOURCE)],
)
def test_a_footnote_is_quoted_where_it_answers_as_well_or_a_source_is_asked_for(
    language: Language, question: str, least: float
) -> None:
    sentence, *_, note = said(printed(MANY[language], language, footnotes=(Footnote("1", "z"),)))
    assert chosen([(2.0, sentence), (2 * least, note)], question) == [sentence.text, "z"]
    assert chosen([(2.0, sentence), (2 * least - 0.01, note)], question) == [sentence.text]


# --- of which paragraphs ----------------------------------------------------------------------------------------------

PLAIN = replace(WEIGHTS, behind=0.5, part_elsewhere=1.0, one_thing=-0.3, report_named=0.0)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Three paragraphs of one report and one of another."""
    first = [printed(text, "en", n) for n, text in enumerate(("Ferries sank.", "Ports were lit.", "Owners left."), 1)]
    of = [(FERRIES, first), (CREWS, [printed("船员受了培训。", "zh", 1, CREWS)])]
    return indexed(of, tmp_path_factory.mktemp("shelf"), FakeEmbedder(), Lexicon([], dict))


def kept(
    shelf: Index,
    scores: list[float],
    question: str = "?",
    weights: Weights = PLAIN,
    named: frozenset[str] = frozenset(),
    parts: Mapping[int, tuple[float, ...]] = {},
) -> list[int]:
    """The places of the paragraphs that answer, found in the shelf's order with these fused scores."""
    hits = tuple(Hit(paragraph, rank, 0.5) for rank, paragraph in enumerate(shelf.paragraphs, 1))
    found = Found(Question.of(question), hits, fused=np.array(scores), named=named)
    weighed = [Weighed(said(each)[0], 1.0, parts.get(n, ())) for n, each in enumerate(shelf.paragraphs)]
    answers = answering(weighed, found, shelf, weights)
    return [shelf.place[each[0].sentence.paragraph.id] for each in answers]


def test_the_paragraph_found_first_answers_and_others_as_far_as_they_are_not_behind(shelf: Index) -> None:
    assert kept(shelf, [3.0, 2.61, 1.0, 1.0]) == [0, 1]
    assert kept(shelf, [3.0, 2.59, 1.0, 1.0]) == [0]
    assert kept(shelf, [3.0, 2.0, 2.95, 1.0]) == [0, 2]  # each further one must be nearer


def test_a_paragraph_that_answers_a_part_better_is_quoted_too(shelf: Index) -> None:
    better = {0: (1.0, 0.2), 1: (0.2, 0.9), 2: (0.9, 0.3), 3: (0.1, 0.1)}
    assert kept(shelf, [3.0, 1.0, 2.0, 1.0], SEVERAL, parts=better) == [0, 1]
    assert kept(shelf, [3.0, 1.0, 2.0, 1.0], SEVERAL, replace(PLAIN, part_elsewhere=0.0), parts=better) == [0]


@pytest.mark.parametrize("question", ["?", "Compare the two reports.", "比较两份报告。"])
def test_each_report_that_is_named_or_compared_is_quoted(shelf: Index, question: str) -> None:
    weights, compared = replace(PLAIN, report_named=2.0), question != "?"
    assert kept(shelf, [3.0, 1.0, 1.0, 1.0], question, weights) == ([0, 3] if compared else [0])
    named = frozenset({FERRIES.id, CREWS.id})
    assert kept(shelf, [3.0, 1.0, 1.0, 1.0], question, weights, named) == [0, 3]


def test_of_nothing_found_nothing_answers(shelf: Index) -> None:
    assert answering([], Found(Question.of("?"), ()), shelf, PLAIN) == []


# --- neighbours -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("places", "joined"),
    [
        pytest.param([0, 1], [[0, 1]], id="side by side"),
        pytest.param([1, 0], [[0, 1]], id="the later one first"),
        pytest.param([2, 0, 1], [[0, 1, 2]], id="three"),
        pytest.param([2, 0], [[0], [2]], id="apart"),
        pytest.param([3, 0, 1], [[0, 1], [3]], id="two and one"),
    ],
)
def test_sentences_that_stand_side_by_side_are_one_quotation(
    language: Language, places: list[int], joined: list[list[int]]
) -> None:
    sentences = said(printed(MANY[language], language))
    expected = [JOINT[language].join(sentences[n].text for n in run) for run in joined]
    assert chosen([(1.0, sentences[place]) for place in places]) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_two_quotations_share_is_quoted_once(language: Language) -> None:
    leaning = {"zh": "渡船沉没了。这很少见。它们很旧。", "en": "Ferries sank. This is rare. They were old."}[language]
    first, second, third = said(printed(leaning, language))
    assert chosen([(1.0, third), (1.0, second), (0.9, first)]) == [leaning]
    assert chosen([(1.0, first), (1.0, second)]) == [first.text + JOINT[language] + second.text]
    clauses = said(printed(CLAUSES, "zh"))
    assert chosen([(1.0, each) for each in clauses]) == [CLAUSES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_paragraphs_stand_in_the_order_of_their_best_sentence_with_footnotes_last(language: Language) -> None:
    one, two = (said(printed(MANY[language], language, n, footnotes=(Footnote("1", MANY[language]),))) for n in (1, 2))
    scored = [(1.0, two[-1]), (1.0, one[0]), (0.9, two[2]), (1.0, one[-1])]
    assert chosen(scored) == [two[2].text, two[-1].text, one[0].text, one[-1].text]


# --- quoted -----------------------------------------------------------------------------------------------------------


WEIGHED: Mapping[Language, str] = {
    "zh": "渡船载了许多乘客。船主买了灯具。丧生的有318人。",
    "en": "Ferries took many riders. Owners bought lamps. The dead were 318.",
}


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [
        ("zh", "报告中有关的原文：\n", "“船主买了灯具。” [1]"),
        ("en", "What the reports say:\n", "“Owners bought lamps.” [1]"),
    ],
)
def test_the_sentence_that_answers_is_quoted_and_cited(
    tmp_path: Path, language: Language, label: str, text: str
) -> None:
    question = {"zh": "谁买了灯具？", "en": "Who bought lamps?"}[language]
    lexicon = Lexicon([], lambda: {"渡船": ["ferry"], "灯具": ["lamp"], "船主": ["owner"]})
    paragraph = printed(WEIGHED[language], language)
    index = indexed([(FERRIES, [paragraph])], tmp_path, FakeEmbedder(), lexicon)
    found = Found(Question.of(question), (Hit(paragraph, 1, 0.9),))
    only = replace(WEIGHTS, quotes=1)
    answer, citations = quote_answer(found, index, lexicon, Filters(), only)
    assert answer == label + text
    assert [(each.marker, each.paragraph, f"“{each.quote}” [1]") for each in citations] == [(1, paragraph, text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_row_that_answers_its_own_cells_are_quoted_and_no_footnote(language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", **TABLE[language], footnotes=(Footnote("1", "z"),))
    cells = said(row)
    scored = [(1.0, cells[1]), (0.9, cells[3]), (0.5, cells[2]), (0.1, cells[0])]
    assert chosen(scored) == [cells[1].text, cells[2].text, cells[0].text]
    assert chosen(scored, weights=replace(WEIGHTS, quotes=2)) == [cells[1].text, cells[2].text]
    assert chosen([(1.0, cells[3]), (0.5, cells[0])]) == ["z", cells[0].text]
