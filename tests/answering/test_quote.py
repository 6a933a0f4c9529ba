"""rag.answering.quote: the sentences that answer, weighed, chosen, completed and joined."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from made_index import CREWS, FERRIES, FakeEmbedder, indexed

from rag.answering.compose import Sentence
from rag.answering.quote import LIST_LENGTH, WHOLE_SENTENCE, choose, quotable, quote_answer, weigh
from rag.answering.retrieve import Found
from rag.answering.weights import DEFAULT, Weights, shipped
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Footnote, Hit, Language, Paragraph, Report, Translation

WEIGHTS = shipped()[DEFAULT]
NO_WEIGHT = replace(WEIGHTS, nearness=0.0, coverage=0.0, rank=0.0, kind=0.0)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
OTHER: Mapping[Language, Language] = {"zh": "en", "en": "zh"}
ASKED: Mapping[Language, str] = {"zh": "渡船怎么样？", "en": "How are the ferries?"}


def printed(text: str, language: Language, number: int = 1, report: Report = FERRIES, **more: Any) -> Paragraph:
    return Paragraph(report.id, "main", str(number), number - 1, text, language, str(number), **more)


def said(paragraph: Paragraph, language: Language | None = None, renderings: bool = True) -> list[Sentence]:
    return list(quotable(paragraph, language or paragraph.language, renderings))


def chosen(scored: list[tuple[float, Sentence]], question: str = "?", weights: Weights = WEIGHTS) -> list[str]:
    """What is quoted of weighed sentences; each quotation stands where it says it does."""
    quotations = choose(scored, Question.of(question), weights)
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
    assert alone(f"事故：\n{first}{second}\n船主不多。", "zh", place + 1) == [first + second]


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
    assert alone(text, language, 2 + item, ASKED[language]) == [items[item]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_quoted_without_a_first_line_that_does_not_open_it(language: Language) -> None:
    before, _, items = LISTS[language]
    text = "\n".join([before.strip(), *items])
    assert alone(text, language, 2, FOR_A_LIST[language]) == ["\n".join(items)]
    assert alone(text, language, 0, FOR_A_LIST[language]) == [before.strip()]  # it is in no list


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_colon_before_one_line_opens_no_list(language: Language) -> None:
    before, head, items = LISTS[language]
    text = before + "\n".join([head, items[0]])
    assert alone(text, language, 1) == [head]
    assert alone(text, language, 2, FOR_A_LIST[language]) == [items[0]]


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


# --- how many, and which ----------------------------------------------------------------------------------------------

MANY: Mapping[Language, str] = {
    "zh": "渡船沉没了。船主不多。港口装了灯。船员受了培训。乘客获救。灯塔新建。",
    "en": "Ferries sank. Owners were few. Ports were lit. Crews were trained. Riders were saved. Towers rose.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("quotes", [1, 2, 4])
def test_no_more_is_quoted_than_the_weights_say(language: Language, quotes: int) -> None:
    sentences = [said(printed(MANY[language], language, n))[0] for n in range(1, 7)]
    few = replace(WEIGHTS, quotes=quotes)
    assert len(choose([(1.0, each) for each in sentences], Question.of("?"), few)) == quotes


def test_nothing_is_quoted_of_nothing() -> None:
    assert choose([], Question.of("?"), WEIGHTS) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("same", "score", "kept"),
    [
        (True, 2 * WEIGHTS.kept, True),
        (True, 2 * WEIGHTS.kept - 0.01, False),
        (False, 2 * WEIGHTS.kept_elsewhere, True),
        (False, 2 * WEIGHTS.kept_elsewhere - 0.01, False),
    ],
)
def test_what_scores_too_far_below_the_best_is_left_out(
    language: Language, same: bool, score: float, kept: bool
) -> None:
    best, _, other = said(printed(MANY[language], language))[:3]
    if not same:
        other = said(printed(MANY[language], language, 2))[2]
    expected = [best.text, other.text] if kept else [best.text]
    assert chosen([(2.0, best), (score, other)]) == expected


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("How did the two reports differ?", True),
        ("比较两份报告。", True),
        ("What do the reports say?", False),
        ("报告怎么说？", False),
    ],
)
def test_a_comparison_takes_a_sentence_of_each_report(question: str, kept: bool) -> None:
    language: Language = "en" if question.isascii() else "zh"
    first, _, _, second = said(printed(MANY[language], language))[:4]
    new, _, newer = said(printed(MANY[language], language, report=CREWS))[:3]
    low, lower = WEIGHTS.kept + 0.02, WEIGHTS.kept + 0.01
    expected = [first.text, second.text, *([new.text] if kept else [])]
    assert chosen([(1.0, first), (1.0, second), (low, new), (lower, newer)], question) == expected


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
    scored = [(1.0, two[-1]), (1.0, one[0]), (0.9, two[2]), (0.8, one[-1])]
    assert chosen(scored) == [two[2].text, two[-1].text, one[0].text, one[-1].text]


# --- weighed ----------------------------------------------------------------------------------------------------------

TABLE: Mapping[Language, Any] = {
    "zh": {"row": "甲号渡船", "columns": (("沉没", "三次"), ("乘客", "318人"), ("港口", "乙港"))},
    "en": {"row": "Ferry A", "columns": (("Sank", "three times"), ("Riders", "318 people"), ("Port", "Port B"))},
}
WEIGHED: Mapping[Language, str] = {
    "zh": "渡船载了许多乘客。船主买了灯具。丧生的有318人。",
    "en": "Ferries took many riders. Owners bought lamps. The dead were 318.",
}


@pytest.fixture(scope="module")
def small_lexicon() -> Lexicon:
    """A dictionary of three words, so that nothing is read."""
    return Lexicon([], lambda: {"渡船": ["ferry"], "灯具": ["lamp"], "船主": ["owner"]})


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, small_lexicon: Lexicon) -> Index:
    """A report in each language; their words are all that is read of it."""
    reports = [
        (FERRIES, [printed(WEIGHED["en"], "en"), printed("Nothing of note.", "en", 2)]),
        (CREWS, [printed(WEIGHED["zh"], "zh", 1, CREWS), printed("无事可记。", "zh", 2, CREWS)]),
    ]
    return indexed(reports, tmp_path_factory.mktemp("quotes"), FakeEmbedder(), small_lexicon)


Weighing = Callable[..., list[tuple[float, str]]]


@pytest.fixture(scope="module")
def weighed(index: Index, small_lexicon: Lexicon) -> Weighing:
    def of(question: str, *paragraphs: Paragraph, renderings: bool = True, **weights: float) -> list[tuple[float, str]]:
        """The scores and texts of what may be quoted, by only these weights."""
        nearness: Any = weights.pop("near", {})
        hits = tuple(Hit(paragraph, rank, 0.5) for rank, paragraph in enumerate(paragraphs, 1))
        found = Found(Question.of(question), hits, nearness=nearness)
        scored = weigh(found, index, small_lexicon, Filters(renderings=renderings), replace(NO_WEIGHT, **weights))  # type: ignore[arg-type]
        return [(round(score, 6), each.text) for score, each in scored]

    return of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_sentence_nearest_the_question_is_first(weighed: Weighing, language: Language, place: int) -> None:
    paragraph = printed(WEIGHED[language], language)
    view = f"{paragraph.id}@{language}:"
    found = weighed("?", paragraph, nearness=2.0, near={f"{view}0": 0.25, f"{view}{place + 1}": 0.5})
    assert found[0] == (1.0, said(paragraph)[place].text)
    assert [score for score, _ in found[1:]] == [0.5, 0.5]  # those without a view of their own: the whole paragraph's


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_is_as_near_as_its_row_and_a_footnote_as_its_own_view(weighed: Weighing, language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", **TABLE[language])
    noted = printed("x", language, footnotes=(Footnote("1", "z"),))
    assert weighed(ASKED[language], row, nearness=1.0, near={f"{row.id}@{language}:0": 0.5})[0][0] == 0.5
    near = {f"{noted.id}@{language}:n1": 0.5, f"{noted.id}@{language}:0": 0.25}
    assert weighed(ASKED[language], noted, nearness=1.0, near=near) == [(0.5, "z"), (0.25, "x")]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Who bought the lamps?", "Owners bought lamps."),
        ("How many riders did ferries take?", "Ferries took many riders."),
        ("谁买了灯具？", "船主买了灯具。"),
        ("渡船载了多少乘客？", "渡船载了许多乘客。"),
    ],
)
def test_the_sentence_with_the_questions_words_is_first(weighed: Weighing, question: str, first: str) -> None:
    language: Language = "en" if question.isascii() else "zh"
    (score, text), (second, _), *_ = weighed(question, printed(WEIGHED[language], language), coverage=1.0)
    assert text == first
    assert 0 <= second < score <= 1


@pytest.mark.parametrize(
    ("question", "first"), [("What lamps had the owner?", "船主买了灯具。"), ("灯具呢？", "Owners bought lamps.")]
)
def test_the_questions_words_are_looked_for_in_the_other_language(weighed: Weighing, question: str, first: str) -> None:
    language: Language = "zh" if question.isascii() else "en"
    (score, text), *_ = weighed(question, printed(WEIGHED[language], language), coverage=1.0)
    assert (text, score > 0) == (first, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cells_label_counts_among_its_words(weighed: Weighing, language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", row="?", columns=(("?", "z"), ("", "y")))
    named = replace(row, columns=(("", "z"), ({"zh": "灯具", "en": "lamps"}[language], "y")))
    question = {"zh": "灯具？", "en": "Lamps?"}[language]
    assert [text for _, text in weighed(question, row, coverage=1.0)] == ["z", "y"]
    assert [text for _, text in weighed(question, named, coverage=1.0)] == ["y", "z"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_better_paragraphs_sentence_goes_before(weighed: Weighing, language: Language) -> None:
    one, two = printed("x", language), printed("y", language, 2)
    assert weighed("?", two, one, rank=0.5) == [(0.5, "y"), (0.25, "x")]


@pytest.mark.parametrize(
    ("question", "gains"),
    [
        ("How many people died?", True),
        ("How many of the 318 people died?", False),
        ("Who died?", False),
        ("多少人丧生？", True),
        ("318人中有多少人丧生？", False),
        ("谁丧生？", False),
    ],
)
def test_a_new_figure_counts_where_one_is_asked_for(weighed: Weighing, question: str, gains: bool) -> None:
    language: Language = "en" if question.isascii() else "zh"
    paragraph = printed(WEIGHED[language], language)
    first = weighed(question, paragraph, kind=0.3)[0]
    assert first == ((0.3, said(paragraph)[2].text) if gains else (0.0, said(paragraph)[0].text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_best_paragraphs_are_quoted_and_never_a_title_page(weighed: Weighing, language: Language) -> None:
    paragraphs = [printed(f"{n}", language, n) for n in range(1, 8)]
    paragraphs[1] = replace(paragraphs[1], part="front")
    assert [text for _, text in weighed(ASKED[language], *paragraphs)] == ["1", "3", "4", "5"]


NOTED: Mapping[Language, str] = {"zh": "见登记册。", "en": "See the register."}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", LANGUAGES)
def test_only_footnotes_are_quoted_where_one_is_asked_for(weighed: Weighing, language: Language, of: Language) -> None:
    paragraph = printed("x", of, footnotes=(Footnote("1", NOTED[of]),))
    other = printed("y", of, 2)
    for question in {"zh": ("脚注怎么说？", "注释里有什么？"), "en": ("What do the footnotes say?",)}[language]:
        assert [text for _, text in weighed(question, paragraph, other)] == [NOTED[of]]
        assert [text for _, text in weighed(question, other)] == ["y"]  # there is none


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_footnote_not_asked_for_is_quoted_in_the_answers_language_only(weighed: Weighing, language: Language) -> None:
    for of in LANGUAGES:
        paragraph = printed("x", of, footnotes=(Footnote("1", NOTED[of]),))
        expected = ["x", NOTED[of]] if of == language else ["x"]
        assert [text for _, text in weighed(ASKED[language], paragraph)] == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("renderings", "official", "translated"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_a_paragraph_is_quoted_in_the_questions_language_where_it_may_be(
    weighed: Weighing, language: Language, renderings: bool, official: bool, translated: bool
) -> None:
    paragraph = printed("x", OTHER[language], translations={language: Translation("y", official=official)})
    (_, text), *_ = weighed(ASKED[language], paragraph, renderings=renderings)
    assert text == ("y" if translated else "x")


# --- quoted -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "label", "text"),
    [
        ("zh", "报告中有关的原文：\n", "“船主买了灯具。” [1]"),
        ("en", "What the reports say:\n", "“Owners bought lamps.” [1]"),
    ],
)
def test_the_sentence_that_answers_is_quoted_and_cited(
    index: Index, small_lexicon: Lexicon, language: Language, label: str, text: str
) -> None:
    question = {"zh": "谁买了灯具？", "en": "Who bought lamps?"}[language]
    paragraph = next(each for each in index.paragraphs if each.language == language)
    found = Found(Question.of(question), (Hit(paragraph, 1, 0.9),))
    only = replace(WEIGHTS, quotes=1)
    answer, citations = quote_answer(found, index, small_lexicon, Filters(), only)
    assert answer == label + text
    assert [(each.marker, each.paragraph, f"“{each.quote}” [1]") for each in citations] == [(1, paragraph, text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_row_that_answers_its_own_cells_are_quoted_and_no_footnote(language: Language) -> None:
    row = replace(printed("x", language), part="annex-table", **TABLE[language], footnotes=(Footnote("1", "z"),))
    other = replace(row, number="2", position=1)
    cells, others = said(row), said(other)
    scored = [(1.0, cells[1]), (1.0, cells[3]), (0.9, others[0]), (0.5, cells[2]), (0.1, cells[0])]
    assert chosen(scored) == [cells[1].text, cells[2].text, cells[0].text]
    assert chosen(scored, weights=replace(WEIGHTS, quotes=2)) == [cells[1].text, cells[2].text]
    assert chosen([(1.0, cells[3]), (0.5, cells[0])]) == ["z"]  # a row's footnote that is best is no row
