"""rag.answering.retrieve: from a question to ranked hits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_index import CREWS, FERRIES, FakeEmbedder, ferry_paragraphs, indexed

from rag.answering.retrieve import Retriever, fuse, squash
from rag.answering.weights import weights_for
from rag.index import Index
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import Filters, Footnote, Paragraph, Report, Translation

SCORES = st.one_of(st.just(np.nan), st.floats(-5, 5, width=16))
BARE = Lexicon([], dict)  # neither glossary nor dictionary
WEIGHTS = {"a": 2.0, "b": 1.0, "c": 0.5}
QUESTIONS = [
    "枪支",
    "2016年至2019年收缴了多少件非法小武器？",
    "How many firearms were seized in 2017?",
    "ferry",
    "Qu'est-ce que c'est ?",
    "!",
    "A/RES/65/69",
    "BMS7主席是谁，what about S/2021/839?",
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def ours(quick_index: Index, lexicon: Lexicon) -> Retriever:
    return Retriever(quick_index, FakeEmbedder, lexicon)


@pytest.fixture
def retriever(ours: Retriever) -> Retriever:
    return ours


def ids(retriever: Retriever, question: str, k: int = 10, **filters: Any) -> list[str]:
    return [hit.paragraph.id for hit in retriever.find(Question.of(question), k, Filters(**filters)).hits]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 10, 531, 1000])
def test_there_are_exactly_k_hits_or_all_there_are_best_first(question: str, k: int, retriever: Retriever) -> None:
    hits = retriever.find(Question.of(question), k).hits
    assert len({hit.paragraph.id for hit in hits}) == len(hits) == min(k, 531)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert all(np.isfinite([hit.dense, hit.lexical]).all() and hit.lexical >= 0 for hit in hits)


@pytest.mark.parametrize("question", [*QUESTIONS, "S/2021/839第43段"])
def test_front_matter_never_stands_above_body_text(question: str, retriever: Retriever) -> None:
    front = [hit.paragraph.part == "front" for hit in retriever.find(Question.of(question), 531).hits]
    assert front == sorted(front)
    assert any(front)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("S/2021/839第43段", ["S/2021/839#43"]),
        ("What did S/2021/839, para. 43 say of terrorists' weapons?", ["S/2021/839#43"]),
        ("A/70/183#annex-table-17", ["A/70/183#annex-table-17"]),
        ("BMS7附件第24段和S/2021/839第43段", ["A/CONF.192/BMS/2021/1#annex-24", "S/2021/839#43"]),
        ("title page of S/2021/839, unnumbered para. 1", ["S/2021/839#front-1"]),
    ],
)
def test_named_paragraphs_come_first_with_score_one(question: str, named: list[str], retriever: Retriever) -> None:
    found = retriever.find(Question.of(question), 10)
    assert [hit.paragraph.id for hit in found.hits[: len(named)]] == named
    assert [paragraph.id for paragraph in found.look_up.named] == named
    assert {hit.score for hit in found.hits[: len(named)]} == {1.0}
    assert max(hit.score for hit in found.hits[len(named) :]) < 1.0
    assert len(found.hits) == 10


def test_a_look_up_needs_no_embedder(quick_index: Index) -> None:
    def never() -> Any:
        raise AssertionError("loaded for nothing")

    without = Retriever(quick_index, never, Lexicon([], never))
    assert len(without.find(Question.of("S/2021/839第43段"), 10).hits) == 10
    with pytest.raises(AssertionError, match="loaded for nothing"):
        without.find(Question.of("枪支"), 10)


@pytest.mark.parametrize("question", ["枪支", "S/2021/839第43段"])
@pytest.mark.parametrize(
    ("filters", "reports"),
    [
        ({"reports": frozenset({"A/67/176"})}, {"A/67/176"}),
        ({"years": frozenset({2015})}, {"A/70/183"}),
        ({"years": frozenset({2021})}, {"S/2021/839", "A/CONF.192/BMS/2021/1", "004_0cf6bfd787c3b7d3"}),
        ({"reports": frozenset({"A/67/176", "A/70/183"}), "years": frozenset({2014})}, {"A/70/183"}),
        ({"reports": frozenset({"A/67/176"}), "years": frozenset({2021})}, set()),
    ],
    ids=["report", "year", "year of several", "both", "neither"],
)
def test_filters_hold_for_every_hit(
    question: str, filters: dict[str, Any], reports: set[str], retriever: Retriever
) -> None:
    hits = retriever.find(Question.of(question), 531, Filters(**filters)).hits
    assert {hit.paragraph.report for hit in hits} == reports
    assert len(hits) == sum(paragraph.report in reports for paragraph in retriever.index.paragraphs)


def test_without_renderings_they_change_nothing(tmp_path: Path, lexicon: Lexicon) -> None:
    """Hits and scores are those of an index that never had any."""
    (report, paragraphs), other = ferry_paragraphs()
    chinese = [
        replace(paragraph, translations={"en": Translation(f"A rendering of ferry {n}.")})
        for n, paragraph in enumerate(other[1])
    ]
    bare = indexed([(report, paragraphs), other], tmp_path / "bare", FakeEmbedder(), lexicon)
    rendered = indexed([(report, paragraphs), (other[0], chinese)], tmp_path / "rendered", FakeEmbedder(), lexicon)
    for question in ("ferry rendering", "渡船", "A/99/123, para. 1", "crews#p1"):
        of_bare = Retriever(bare, FakeEmbedder, lexicon).find(Question.of(question), 5)
        left_out = Filters(renderings=False)
        of_rendered = Retriever(rendered, FakeEmbedder, lexicon).find(Question.of(question), 5, left_out)
        assert [(hit.paragraph.id, hit.score) for hit in of_rendered.hits] == [
            (hit.paragraph.id, hit.score) for hit in of_bare.hits
        ]
    seen = Retriever(rendered, FakeEmbedder, lexicon).find(Question.of("ferry rendering"), 5)
    assert seen.hits != Retriever(bare, FakeEmbedder, lexicon).find(Question.of("ferry rendering"), 5).hits


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("2016年至2019年收缴了多少件非法小武器？", "2016年至2019年收繳了多少件非法小武器？"),
        ("安全理事会第2220(2015)号决议", "安全理事會第２２２０（２０１５）號決議"),
        ("S/2021/839第43段", "Ｓ／２０２１／８３９第４３段"),
        ("国际追查文书有什么作用？", "國際追查文書有什麼作用？"),
    ],
)
def test_a_question_in_traditional_or_full_width_characters_has_the_same_hits(
    simplified: str, traditional: str, retriever: Retriever
) -> None:
    assert retriever.find(Question.of(simplified), 30).hits == retriever.find(Question.of(traditional), 30).hits


def test_a_symbol_finds_the_paragraphs_that_print_it(retriever: Retriever) -> None:
    texts = [hit.paragraph.text for hit in retriever.find(Question.of("第2220(2015)号决议"), 3).hits]
    assert any("2220" in text for text in texts)


def test_an_english_question_meets_a_chinese_text_without_a_rendering(tmp_path: Path, lexicon: Lexicon) -> None:
    crews = ferry_paragraphs()[1]
    index = indexed([crews], tmp_path, FakeEmbedder(), lexicon)
    hits = Retriever(index, FakeEmbedder, lexicon).find(Question.of("training of the crew at night"), 2).hits
    lexical = {hit.paragraph.id: hit.lexical for hit in hits}
    assert lexical["crews#p2"] > lexical["crews#p1"]


@pytest.mark.parametrize(("question", "of"), [("ferry", 1), ("渡船", 0)])
def test_the_leg_of_renderings_speaks_only_where_they_are_shown(question: str, of: int, tmp_path: Path) -> None:
    report, (paragraph, *_) = ferry_paragraphs()[of]
    translations = {"en" if of else "zh": Translation("A rendering of the ferry 渡船.")}
    reports = [(report, [replace(paragraph, translations=translations)])]
    retriever = Retriever(indexed(reports, tmp_path, FakeEmbedder(), BARE), FakeEmbedder, BARE)
    for renderings in (True, False):
        assert ("terms rendering" in retriever.legs(question, Filters(renderings=renderings))[1]) is renderings


def legs(size: int) -> st.SearchStrategy[dict[str, np.ndarray]]:
    return st.fixed_dictionaries({name: arrays(np.float64, size, elements=SCORES) for name in WEIGHTS})


@given(st.integers(1, 8).flatmap(legs), st.floats(0.1, 9), st.floats(-5, 5))
def test_fusing_does_not_see_a_legs_scale_or_origin(made: dict[str, np.ndarray], scale: float, shift: float) -> None:
    moved = {**made, "b": made["b"] * scale + shift}
    spoken = made["b"][~np.isnan(made["b"])]
    if spoken.size and 0 < spoken.std() < 1e-3:
        return  # rounding
    np.testing.assert_allclose(fuse(moved, WEIGHTS), fuse(made, WEIGHTS), atol=1e-4)


@given(st.integers(2, 8).flatmap(legs))
def test_a_leg_that_cannot_speak_changes_nothing(made: dict[str, np.ndarray]) -> None:
    silent = {**made, "c": np.full(len(made["a"]), np.nan)}
    without = {name: made[name] for name in ("a", "b")}
    np.testing.assert_allclose(fuse(silent, WEIGHTS), fuse(without, WEIGHTS))


@given(st.integers(2, 8).flatmap(legs), st.data())
def test_a_paragraph_no_leg_speaks_for_is_last(made: dict[str, np.ndarray], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(made["a"]) - 1))
    for scores in made.values():
        scores[place] = np.nan
    fused = fuse(made, WEIGHTS)
    assert np.isfinite(fused).all()
    others = [score for i, score in enumerate(fused) if any(not np.isnan(scores[i]) for scores in made.values())]
    assert not others or fused[place] < min(others)


@given(arrays(np.float64, st.integers(1, 8), elements=st.floats(-5, 5, width=16)), st.data())
def test_legs_that_agree_keep_their_order_and_order_of_paragraphs_does_not_matter(
    scores: np.ndarray, data: st.DataObject
) -> None:
    made = dict.fromkeys(WEIGHTS, scores)
    fused = fuse(made, WEIGHTS)
    assert all(fused[i] >= fused[j] for i in range(len(scores)) for j in range(len(scores)) if scores[i] > scores[j])
    order = data.draw(st.permutations(range(len(scores))))
    np.testing.assert_allclose(fuse(dict.fromkeys(WEIGHTS, scores[order]), WEIGHTS), fused[order], atol=1e-6)


def test_a_paragraph_is_not_punished_for_a_leg_that_cannot_speak_for_it() -> None:
    full = {"a": np.array([1.0, 0.0, -1.0]), "b": np.array([1.0, 0.0, -1.0])}
    partial = {**full, "b": np.array([np.nan, 1.0, -1.0])}
    assert np.argmax(fuse(partial, WEIGHTS)) == 0
    assert fuse({"a": np.array([2.0, 2.0])}, WEIGHTS).tolist() == [0.0, 0.0]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_squashing_keeps_the_order_within_zero_and_one(one: float, other: float) -> None:
    assert 0 <= squash(one) <= 1
    assert squash(min(one, other)) <= squash(max(one, other))
    assert squash(one) + squash(-one) == pytest.approx(1)


def test_a_text_of_one_paragraph_is_found(tmp_path: Path) -> None:
    one = [Paragraph("A/99/123", "main", "1", 0, "Ferries sank.", "en", "1")]
    index = indexed([(FERRIES, one)], tmp_path, FakeEmbedder(), Lexicon([], dict))
    for question in ("Ferries", "渡船", "A/99/123 para. 1"):
        assert ids(Retriever(index, FakeEmbedder, Lexicon([], dict)), question, 3) == ["A/99/123#1"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("2016年至2019年，各国当局收缴了多少件非法小武器和轻武器？", "S/2021/839#21"),
        ("How many illicit small arms were collected by national authorities from 2016 to 2019?", "S/2021/839#21"),
    ],
)
def test_the_built_in_embedder_finds_the_paragraph_in_both_languages(
    question: str, expected: str, seed_index: Index, e5: Any, lexicon: Lexicon
) -> None:
    found = Retriever(seed_index, lambda: e5, lexicon)
    assert expected in ids(found, question, 5)
    assert expected in ids(found, question, 10, renderings=False)


# --- what a paragraph is found by besides its own words ---------------------------------------------------------------


def best(retriever: Retriever, question: str, leg: str = "terms own") -> str:
    """The paragraph a term leg puts first."""
    scores = retriever.legs(question, Filters())[1][leg]
    return retriever.index.paragraphs[int(np.nanargmax(scores))].id


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon) -> Retriever:
    """Two reports on harbours whose paragraphs differ in what stands around them."""
    dry = Report(
        "A/99/1", "dry.txt", "zh", "", "2" * 64, titles={"zh": "干船坞的现状"}, date="2031", body="General Assembly"
    )
    wet = Report(
        "S/2032/7",
        "wet.txt",
        "zh",
        "",
        "3" * 64,
        titles={"zh": "灯塔的现状"},
        date="2032-05-01",
        body="Security Council",
    )

    def paragraph(report: Report, n: int, text: str, **more: Any) -> Paragraph:
        return Paragraph(report.id, "main", str(n), n - 1, text, "zh", str(n), **more)

    row = Paragraph(dry.id, "annex-table", "1", 3, "甲港", "zh", row="甲港", columns=(("吞吐量", "七百"),))
    reports = [
        (dry, [paragraph(dry, 1, "码头已经修好。", headings=("一. 疏浚", "A. 费用")),
               paragraph(dry, 2, "码头没有修好。"),
               paragraph(dry, 3, "码头正在修。", footnotes=(Footnote("1", "见引航员手册。"),)),
               row]),
        (wet, [paragraph(wet, 1, "码头没有修好。"), paragraph(wet, 2, "疏浚船到了。", headings=("二. 码头",))]),
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("harbours")
    return Retriever(indexed(reports, folder, FakeEmbedder(), lexicon), FakeEmbedder, lexicon)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("疏浚的码头费用如何？", "A/99/1#1", id="a heading from the top"),
        pytest.param("引航员", "A/99/1#3", id="a footnote"),
        pytest.param("吞吐量是多少？", "A/99/1#annex-table-1", id="a column's name"),
        pytest.param("干船坞报告里哪个码头没有修好？", "A/99/1#2", id="the report's title"),
        pytest.param("2032年的码头没有修好？", "S/2032/7#1", id="the report's year"),
        pytest.param("疏浚船", "S/2032/7#2", id="its own words before a heading's"),
    ],
)
def test_what_stands_around_a_paragraph_counts_for_it(question: str, expected: str, harbours: Retriever) -> None:
    assert best(harbours, question) == expected


@pytest.mark.parametrize(
    ("question", "report"),
    [
        pytest.param("2032年的报告说了什么？", "S/2032/7", id="year"),
        pytest.param("What did the 2031 report say?", "A/99/1", id="year in English"),
        pytest.param("提交安理会的报告怎样说码头？", "S/2032/7", id="body"),
        pytest.param("What does the report to the Security Council say of quays?", "S/2032/7", id="body in English"),
        pytest.param("聯大收到的報告怎樣說碼頭？", "A/99/1", id="body in traditional characters"),
        pytest.param("A/99/1怎样说码头？", "A/99/1", id="symbol"),
    ],
)
def test_a_question_that_names_year_or_body_prefers_that_report(
    question: str, report: str, harbours: Retriever
) -> None:
    preferred = harbours.named_report(question)
    assert {p.report for p, yes in zip(harbours.index.paragraphs, preferred, strict=True) if yes} == {report}


@pytest.mark.parametrize(
    "question", ["码头何时修好？", "2032年修好了吗？", "安理会第1325号决议", "the Security Council met"]
)
def test_a_question_that_asks_for_no_report_prefers_none(question: str, harbours: Retriever) -> None:
    assert not harbours.named_report(question).any()


# --- however a thing is written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "any_of"),
    [
        pytest.param("SALW", ("small arms",), id="SALW"),
        pytest.param("What is said of the PoA?", ("Programme of Action",), id="PoA"),
        pytest.param("ITI", ("International Tracing Instrument", "International Instrument"), id="ITI"),
        pytest.param("Which courses did UNODC give?", ("UNODC", "Office on Drugs and Crime"), id="UNODC"),
        pytest.param("DDR programmes", ("disarmament, demobilization",), id="DDR"),
        pytest.param("MINUSCA", ("Central African Republic", "MINUSCA"), id="MINUSCA"),
        pytest.param("轻小武器", ("小武器和轻武器", "轻小武器", "小武器"), id="轻小武器"),
        pytest.param("联海综合办", ("联合国海地综合办事处", "联海综合办"), id="联海综合办"),
        pytest.param("毒罪办", ("毒品和犯罪问题办公室", "毒品与犯罪问题办公室", "毒罪办"), id="毒罪办"),
        pytest.param("輕小武器有哪些來源？", ("小武器",), id="traditional"),
        pytest.param("SALW是什么", ("小武器", "SALW"), id="mixed"),
        pytest.param("What does 国际追查文书 say?", ("追查", "tracing", "Tracing"), id="mixed the other way"),
    ],
)
def test_an_abbreviation_finds_what_it_stands_for(question: str, any_of: tuple[str, ...], retriever: Retriever) -> None:
    legs = retriever.legs(question, Filters())[1]
    scores = np.nansum([legs[name] for name in ("terms own", "terms rendering") if name in legs], axis=0)
    first = retriever.index.paragraphs[int(np.argmax(scores))]
    said = " ".join(
        [first.text, *first.headings, *(t.text + " ".join(t.headings) for t in first.translations.values())]
    )
    assert any(form in said for form in any_of)


@pytest.mark.parametrize(
    "forms",
    [
        pytest.param(("75.8万支枪", "758,000支枪", "758 000支枪", "758000支枪"), id="number"),
        pytest.param(
            ("第2220(2015)号决议", "2220号决议", "S/RES/2220(2015)", "第２２２０（２０１５）号决议"),
            id="resolution",
        ),
        pytest.param(("resolution 2220 (2015)", "S/RES/2220 (2015)", "SCR 2220"), id="resolution in English"),
        pytest.param(("2019年的枪支", "二〇一九年的枪支", "２０１９年的枪支"), id="year"),
        pytest.param(("15 countries in Africa", "fifteen countries in Africa"), id="number in words"),
    ],
)
def test_a_figure_finds_the_same_in_any_written_form(forms: tuple[str, ...], retriever: Retriever) -> None:
    def shares(question: str) -> set[str]:
        legs = retriever.legs(question, Filters())[1]
        scores = np.nansum([s for name, s in legs.items() if name in ("terms own", "terms rendering")], axis=0)
        return {retriever.index.paragraphs[i].id for i in np.argsort(-scores, kind="stable")[:3]}

    first = shares(forms[0])
    assert all(len(shares(form) & first) >= 2 for form in forms[1:]), [shares(form) for form in forms]


# --- the question itself ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quays(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A report in each language that says much of one thing and little of another."""
    english = [
        "Ferries sank near the old harbour in the storm.",
        "Ferries sank near the harbour in the fog.",
        "The old harbour and its ferries met a storm.",
        "A ministry bought lanterns.",
    ]
    chinese = [
        "渡船在旧码头附近的风暴中沉没。",
        "渡船在码头附近的大雾中沉没。",
        "旧码头和渡船遇到风暴。",
        "某部购买了灯笼。",
    ]
    reports = []
    for report, language, texts in ((FERRIES, "en", english), (CREWS, "zh", chinese)):
        numbers = range(1, len(texts) + 1)
        of_report = [Paragraph(report.id, "main", str(n), n - 1, texts[n - 1], language, str(n)) for n in numbers]  # type: ignore[arg-type]
        reports.append((report, of_report))
    return indexed(reports, tmp_path_factory.mktemp("quays"), FakeEmbedder(), BARE)


def by_words(index: Index, **weights: Any) -> Retriever:
    """A retriever for which only a paragraph's own words count."""
    shipped = weights_for(index)
    legs = {name: float(name == "terms own") for name in shipped.legs}
    return Retriever(index, FakeEmbedder, BARE, weights=replace(shipped, legs=legs, **weights))


@pytest.mark.parametrize(
    ("question", "second"),
    [
        ("How many ferries sank in the storm near the old harbour? Who bought lanterns?", "A/99/123#4"),
        ("有多少渡船在旧码头附近的风暴中沉没？灯笼是谁购买的？", "crews#4"),
    ],
)
def test_each_part_of_a_question_finds_its_paragraph(question: str, second: str, quays: Index) -> None:
    asked = Question.of(question)
    assert len(asked.parts) == 2
    places = []
    for weight in (0.0, 5.0):
        retriever = by_words(quays, part=weight)
        places.append([hit.paragraph.id for hit in retriever.find(asked, 8).hits].index(second))
        of_parts = [fuse(retriever.legs(each, Filters())[1], retriever.weights.legs) for each in asked.parts]
        whole = fuse(retriever.legs(question, Filters())[1], retriever.weights.legs)
        fused = retriever.find(asked, 8).fused
        np.testing.assert_allclose(fused, whole + weight * np.maximum(*of_parts))
    assert places[1] < min(2, places[0])


@pytest.mark.parametrize("question", ["Who bought lanterns?", "灯笼是谁购买的？"])
def test_a_question_that_asks_one_thing_has_no_part_to_gain_by(question: str, quays: Index) -> None:
    alone, gaining = (by_words(quays, part=weight).find(Question.of(question), 8).fused for weight in (0.0, 5.0))
    np.testing.assert_array_equal(alone, gaining)


@pytest.mark.parametrize(
    ("question", "searched", "first"),
    [
        ("Who bought lantersn?", {"lantersn": "lanterns"}, "A/99/123#4"),
        ("Where is the harbuor fog?", {"harbuor": "harbour"}, "A/99/123#2"),
        ("Who bought lanterns?", {}, "A/99/123#4"),
        ("谁买了lantersn灯笼？", {}, "crews#4"),
    ],
)
def test_a_misspelt_word_is_searched_for_as_it_was_meant(
    question: str, searched: dict[str, str], first: str, quays: Index
) -> None:
    found = by_words(quays).find(Question.of(question), 8)
    assert found.question.corrections == searched
    assert found.question.asked == question
    assert found.hits[0].paragraph.id == first
    right = Question.of(found.question.text)
    assert [hit.lexical for hit in found.hits] == [hit.lexical for hit in by_words(quays).find(right, 8).hits]


@pytest.mark.parametrize("where", ["front", "main"])
def test_a_reranker_orders_the_best_ten_and_no_more(where: str, tmp_path: Path) -> None:
    texts = [f"Ferry {n} sank near the harbour." for n in range(1, 13)]
    paragraphs = [Paragraph(FERRIES.id, where, str(n), n - 1, text, "en", str(n)) for n, text in enumerate(texts, 1)]
    index = indexed([(FERRIES, paragraphs)], tmp_path, FakeEmbedder(), BARE)

    class Backwards:
        def scores(self, question: str, texts: Any) -> Any:
            return np.arange(len(texts))

    plain = Retriever(index, FakeEmbedder, BARE)
    ranked = Retriever(index, FakeEmbedder, BARE, lambda: Backwards())  # type: ignore[arg-type,return-value]
    before, after = ids(plain, "harbour", 12), ids(ranked, "harbour", 12)
    assert after == [*before[:10][::-1], *before[10:]]
