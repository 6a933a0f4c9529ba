"""rag.answering.judge: whether the hits answer the question at all."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_index import FERRIES, FakeEmbedder, indexed

from eval.elsewhere import files, read_talk
from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions
from rag.answering.judge import MISSING, Signals, answerable, judge, kinds, missing, signals
from rag.answering.names import Name, Said, names, read_paragraph
from rag.answering.retrieve import Found, Retriever
from rag.answering.weights import DEFAULT, shipped
from rag.lexicon import Lexicon
from rag.question import Question
from rag.records import LANGUAGES, Filters, Hit, Paragraph, Translation

ENGLISH = [
    "Ferries sank in Mozambique in 2033; 318 people died and the owners paid $2 million.",
    "Because the lamps were old, Portugal bought 40 new ones for UNMISS.",
    "Crews were trained in three ports at the request of the Security Council.",
    "The Ninth Review Conference of the Ferry Convention met in 2031.",
]
CHINESE = [
    "2033年莫桑比克渡船沉没，318人丧生，船主赔偿200万美元。",
    "由于灯具陈旧，葡萄牙为南苏丹特派团购买了40盏新灯。",
    "应安全理事会的要求，在三个港口培训了船员。",
    "渡船公约第九次审议大会于2031年举行。",
]
SIGNALS = st.builds(
    Signals, st.sampled_from(LANGUAGES), st.floats(0, 1), st.floats(-5, 20), st.floats(-1, 1), *[st.floats(0, 50)] * 2
)
NUMBERS = [field.name for field in fields(Signals) if field.name != "language"]


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """One report in English, each paragraph with its Chinese rendering."""
    lexicon = Lexicon.load()
    paragraphs = [
        Paragraph(FERRIES.id, "main", str(n), n - 1, en, "en", str(n), translations={"zh": Translation(zh)})
        for n, (en, zh) in enumerate(zip(ENGLISH, CHINESE, strict=True), 1)
    ]
    index = indexed([(FERRIES, paragraphs)], tmp_path_factory.mktemp("ferries"), FakeEmbedder(), lexicon)
    return Retriever(index, FakeEmbedder, lexicon)


@pytest.fixture(scope="module")
def ask(retriever: Retriever) -> Callable[..., Signals]:
    """The signals of a question for which the paragraphs with these numbers were found, in this order."""

    def asked(question: str, *numbers: int, filters: Filters = Filters()) -> Signals:
        hits = found(question, retriever, numbers or (1, 2, 3, 4))
        return signals(hits, retriever.index, retriever.lexicon, filters)

    return asked


def found(question: str, retriever: Retriever, numbers: Sequence[int]) -> Found:
    paragraphs = [retriever.index.paragraphs[number - 1] for number in numbers]
    hits = tuple(Hit(paragraph, rank, 0.5) for rank, paragraph in enumerate(paragraphs, 1))
    return Found(Question.of(question), hits)


def absent(question: str, retriever: Retriever, numbers: Sequence[int] = (1, 2, 3, 4)) -> list[str]:
    return missing(found(question, retriever, numbers), retriever.index, retriever.lexicon, Filters())


def named(text: str, retriever: Retriever) -> list[Name]:
    return names(text, retriever.index, retriever.lexicon)


# --- the decision -----------------------------------------------------------------------------------------------------


MODEL = shipped()[DEFAULT].abstention


@pytest.mark.parametrize("part", ["about", "about_by_meaning", "says"])
def test_there_is_a_weight_a_mean_and_a_scale_for_every_signal(part: str) -> None:
    regression = MODEL[part]
    assert set(regression["signals"]) <= {field.name for field in fields(Signals)}
    assert len(regression["weights"]) == len(regression["signals"])
    for language in LANGUAGES:
        assert {len(regression[name][language]) for name in ("means", "scales")} == {len(regression["signals"])}
        assert min(regression["scales"][language]) > 0


def test_a_caveat_comes_before_a_refusal() -> None:
    assert 0 < MODEL["unsure"] < MODEL["sure"] < 1


@pytest.mark.parametrize("part", ["about", "about_by_meaning", "says"])
def test_every_weight_is_positive_so_that_no_signal_speaks_against_itself(part: str) -> None:
    assert min(MODEL[part]["weights"]) > 0


def test_the_coefficients_were_fitted_on_no_more_than_dev_and_tuning_questions() -> None:
    _documents, elsewhere, small_talk = files("tuning")
    asked = [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING), *read_questions(elsewhere)]
    fitted_on, most = MODEL["fitted_on"], len(asked) + len(read_talk(small_talk))
    assert 0.8 * most < fitted_on["questions"] <= most
    assert fitted_on["answerable"] <= sum(question.answerable for question in asked)


@given(SIGNALS, st.sampled_from(NUMBERS), st.floats(0, 5))
def test_more_of_any_signal_never_lowers_the_probability(some: Signals, name: str, more: float) -> None:
    assert answerable(replace(some, **{name: getattr(some, name) + more}), MODEL) >= answerable(some, MODEL)


@given(SIGNALS)
def test_the_probability_is_one(some: Signals) -> None:
    assert 0.0 <= answerable(some, MODEL) <= 1.0


@given(SIGNALS)
def test_the_outcome_follows_the_probability(some: Signals) -> None:
    for outcome, least in (("refused", 0.0), ("unsure", 0.5), ("sure", 1.0)):
        thresholds = {"unsure": 1.1 - least, "sure": 1.2 - 1.2 * (least == 1.0)}
        assert judge(some, {**MODEL, **thresholds}) == outcome or least == 0.5
    middle = answerable(some, MODEL)
    assert judge(some, {**MODEL, "unsure": middle, "sure": middle + 0.1}) == "unsure"


def test_what_has_everything_is_answered_and_what_has_nothing_is_not(retriever: Retriever) -> None:
    """Without the part that leans on an embedder's cosines, which the fake one has not."""
    model = {name: value for name, value in MODEL.items() if name != "about"}
    best = replace(found("How many died in Mozambique in 2033?", retriever, (1,)), fused=np.array([6.0]))
    nothing = replace(found("How many died in Mongolia in 2019?", retriever, (3,)), fused=np.array([1.0]))
    signs = [signals(each, retriever.index, retriever.lexicon, Filters()) for each in (best, nothing)]
    assert [judge(each, model) for each in signs] == ["sure", "refused"]


def test_what_no_report_is_about_is_refused_whatever_it_names(retriever: Retriever) -> None:
    for language in LANGUAGES:
        near = Signals(language, together=1.0, standing=6.0, dense=0.4, lexical=20.0, named=3.0)
        assert judge(near, MODEL) == "sure"
        assert judge(replace(near, standing=2.5, dense=0.02, lexical=1.0, named=0.0), MODEL) == "refused"


def test_a_third_language_is_judged_by_meaning_alone(retriever: Retriever) -> None:
    hits = found("Combien de bateaux ont coulé en 2033 ?", retriever, (1,))
    signs = signals(hits, retriever.index, retriever.lexicon, Filters())
    assert signs.lexical is None
    assert judge(replace(signs, standing=4.0, dense=0.35), MODEL) == "sure"
    assert judge(replace(signs, standing=4.0, dense=0.05), MODEL) == "refused"


def test_another_embedder_is_not_judged_by_cosines(retriever: Retriever) -> None:
    assert "about" in MODEL
    assert not {"about", "about_by_meaning"} & set(retriever.weights.abstention)  # the fake embedder's


# --- the signals ------------------------------------------------------------------------------------------------------

ANSWERABLE = [
    pytest.param("How many people died when ferries sank in Mozambique in 2033?", id="count-en"),
    pytest.param("2033年莫桑比克渡船沉没，死了多少人？", id="count-zh"),
    pytest.param("How much money did the owners in Mozambique pay?", id="money-en"),
    pytest.param("莫桑比克的船主赔了多少钱？", id="money-zh"),
    pytest.param("Why did Portugal buy lamps for UNMISS?", id="why-en"),
    pytest.param("葡萄牙为什么给UNMISS买灯？", id="why-zh-latin"),
    pytest.param("葡萄牙為什麼給南蘇丹特派團買燈？", id="why-zh-traditional"),
    pytest.param("Where did the Security Council want crews trained?", id="body-en"),
    pytest.param("安理会要求在哪里培训船员？", id="body-zh-short"),
    pytest.param("When was the Ninth Review Conference?", id="ordinal-en"),
    pytest.param("第九次审议大会是哪年开的？", id="ordinal-zh"),
    pytest.param("what about the lamps", id="nothing-named"),
]
UNANSWERABLE = [
    pytest.param("How many people died when ferries sank in Mongolia in 2033?", ["Mongolia"], id="country-en"),
    pytest.param("2033年蒙古渡船沉没，死了多少人？", ["蒙古"], id="country-zh"),
    pytest.param("2019年莫桑比克渡船沉没，死了多少人？", ["2019"], id="year-zh"),
    pytest.param("How many people died in Mozambique in 2019?", ["2019"], id="year-en"),
    pytest.param("Why did Portugal buy lamps for XQZ7?", ["XQZ7"], id="acronym-en"),
    pytest.param("葡萄牙为什么给XQZ7买灯？", ["XQZ7"], id="acronym-zh"),
    pytest.param("When was the Tenth Review Conference?", ["Tenth"], id="ordinal-en"),
    pytest.param("第十次审议大会是哪年开的？", ["第十"], id="ordinal-zh"),
    pytest.param("What does S/RES/1325(2000) ask of crews?", ["S/RES/1325(2000)"], id="symbol-en"),
    pytest.param("第1325(2000)号决议对船员有什么要求？", ["1325(2000)"], id="symbol-zh"),
    pytest.param("What did the Zanzibar Lagoon Treaty ask of crews?", ["Zanzibar Lagoon Treaty"], id="side-by-side"),
]


@pytest.mark.parametrize("question", ANSWERABLE)
def test_a_paragraph_that_has_all_a_question_names_and_wants_gives_all_it_can(
    ask: Callable[..., Signals], question: str
) -> None:
    assert ask(question).together == pytest.approx(1.0)


@pytest.mark.parametrize(("question", "missed"), UNANSWERABLE)
def test_what_no_paragraph_has_is_told_and_lowers_the_signals(
    ask: Callable[..., Signals], retriever: Retriever, question: str, missed: list[str]
) -> None:
    got = ask(question)
    assert got.together < 0.9
    told = absent(question, retriever)
    assert told[0] in missed or missed[0] in told


@pytest.mark.parametrize("question", [parameter.values[0] for parameter in ANSWERABLE])
def test_nothing_is_missing_where_everything_was_found(retriever: Retriever, question: str) -> None:
    assert absent(question, retriever) == []


@pytest.mark.parametrize(
    ("question", "number"),
    [
        pytest.param("How much money did UNMISS get from Portugal?", 2, id="money-en"),
        pytest.param("葡萄牙给了南苏丹特派团多少钱？", 2, id="money-zh"),
        pytest.param("What share of ferries sank in Mozambique?", 1, id="share-en"),
        pytest.param("莫桑比克渡船沉没的比例是百分之几？", 1, id="share-zh"),
        pytest.param("Why did ferries sink in Mozambique?", 1, id="why-en"),
        pytest.param("莫桑比克渡船为什么沉没？", 1, id="why-zh"),
        pytest.param("How many votes did Portugal get for UNMISS?", 2, id="votes-en"),
        pytest.param("When did the Security Council ask for training?", 3, id="date-en"),
        pytest.param("安全理事会是何时要求培训的？", 3, id="date-zh"),
        pytest.param("How long did the training for the Security Council take?", 3, id="duration-en"),
    ],
)
def test_a_paragraph_with_every_name_but_not_the_kind_of_answer_counts_for_nothing(
    ask: Callable[..., Signals], question: str, number: int
) -> None:
    assert ask(question, number).together == 0.0


@pytest.mark.parametrize(
    ("question", "texts", "kept"),
    [
        pytest.param("How many lamps were bought?", ["40 lamps were bought"], 1.0, id="beside-en"),
        pytest.param("买了多少盏灯？", ["买了40盏灯"], 1.0, id="beside-zh"),
        pytest.param("How many lamps were bought?", ["40 crews sailed"], 0.5, id="elsewhere-en"),
        pytest.param("How many lamps were bought?", ["lamps were bought"], 0.0, id="no-figure"),
        pytest.param("How many of the 40 lamps broke?", ["40 lamps were bought"], 0.0, id="the-question's-own-figure"),
        pytest.param("How many lamps were bought?", [], 0.0, id="nothing-said"),
        pytest.param("文号是多少？", ["见文件"], None, id="a-symbol-is-no-count"),
        pytest.param("Who bought lamps?", ["lamps"], None, id="cannot-be-told"),
    ],
)
def test_a_count_is_asked_for_beside_what_is_counted(
    retriever: Retriever, question: str, texts: list[str], kept: float | None
) -> None:
    assert [test(texts) for test in kinds(question, retriever.lexicon)] == ([] if kept is None else [kept])


def test_names_have_to_stand_together_in_one_paragraph(ask: Callable[..., Signals]) -> None:
    apart, together = ask("Mozambique and UNMISS in 2033"), ask("Mozambique in 2033")
    assert apart.together < 0.9 < together.together


@pytest.mark.parametrize("question", ["Compare Mozambique and UNMISS in 2033", "比较2033年的莫桑比克和南苏丹特派团"])
def test_what_a_comparison_names_may_stand_in_several_paragraphs(ask: Callable[..., Signals], question: str) -> None:
    assert ask(question).together == pytest.approx(1.0)
    assert ask(question, 1).together < 0.9


def test_every_part_of_a_question_may_have_a_paragraph_of_its_own(ask: Callable[..., Signals]) -> None:
    assert ask("How many people died in Mozambique? Why did Portugal buy lamps?").together == pytest.approx(1.0)


def test_a_rendering_that_is_left_out_is_not_read(retriever: Retriever) -> None:
    rendered = replace(retriever.index.paragraphs[0], translations={"zh": Translation("Sofala的渡船")})
    hits = Found(Question.of("Sofala在哪里？"), (Hit(rendered, 1, 0.5),))
    read, left_out = (
        signals(hits, retriever.index, retriever.lexicon, Filters(renderings=renderings))
        for renderings in (True, False)
    )
    assert read.together == 1.0 > left_out.together


@given(st.permutations([1, 2, 3, 4]))
def test_more_paragraphs_never_have_less_together(
    retriever: Retriever, ask: Callable[..., Signals], order: list[int]
) -> None:
    question = "How many people died in Mozambique in 2033, and why did Portugal pay UNMISS?"
    shares = [ask(question, *order[:n]).together for n in range(1, 5)]
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    "question",
    [
        "Did Mongolia, Zanzibar, Greenland, XQZ7 or Bhutan sail in 1999?",
        "蒙古、桑给巴尔、格陵兰、XQZ7和不丹1999年有船吗？",
    ],
)
def test_no_more_than_three_missing_names_are_told(retriever: Retriever, question: str) -> None:
    told = absent(question, retriever)
    assert len(told) == MISSING == 3
    assert all(each in question for each in told)


@given(st.text(max_size=80))
def test_any_text_has_names_it_writes_and_at_most_three_are_missing(retriever: Retriever, text: str) -> None:
    assert all(name.weight >= 0 for name in named(text, retriever))
    told = absent(text, retriever, (1, 2))
    assert len(told) <= MISSING
    assert all(each in text for each in told)
    signs = signals(found(text, retriever, (1, 2)), retriever.index, retriever.lexicon, Filters())
    assert 0 <= signs.together <= 1 + 1e-9
    assert signs.named >= 0


def test_what_is_named_and_there_weighs_by_its_rarity(ask: Callable[..., Signals]) -> None:
    both, one, none = (
        ask(f"{names} in lamps?", 1) for names in ("Mozambique 2033", "Mozambique 1999", "Mongolia 1999")
    )
    assert both.named > one.named > none.named == 0.0


def test_without_hits_nothing_is_together(retriever: Retriever) -> None:
    nothing = Found(Question.of("Mozambique?"), ())
    assert signals(nothing, retriever.index, retriever.lexicon, Filters()) == Signals("en", 0.0, 0.0, 0.0, 0.0, 0.0)
    assert absent("Mozambique?", retriever, ()) == ["Mozambique"]


@pytest.mark.parametrize(
    ("written", "of"),
    [
        pytest.param("毒罪办", "United Nations Office on Drugs and Crime", id="zh-short-for-en"),
        pytest.param("PoA", "《行动纲领》", id="en-short-for-zh"),
        pytest.param("安理会", "Security Council", id="a-body"),
        pytest.param("Mozambique", "莫桑比克", id="a-country"),
    ],
)
def test_a_name_is_the_same_thing_in_either_language(retriever: Retriever, written: str, of: str) -> None:
    forms: Callable[[str], set[str]] = lambda text: {form for name in named(text, retriever) for form in name.forms}  # noqa: E731
    assert forms(written) & forms(of)


def test_a_short_abbreviation_counts_in_its_own_case_only(retriever: Retriever) -> None:
    assert [name.written for name in named("Does the ITI cover crews?", retriever)] == ["ITI"]
    assert named("iti and it", retriever) == []
    assert [name.written for name in named("Did the CAR ask?", retriever)] == ["CAR"]
    assert named("Car ferries sank.", retriever) == []  # the Central African Republic is none


@pytest.mark.parametrize(
    "question",
    [
        "What did the section on ammunition say in July?",
        "What does Chapter II say about proliferation?",
        "Please answer in French: what about lamps?",
        "弹药扩散对部件有什么影响？",
        "请用法语回答：文件怎么说？",
    ],
)
def test_only_what_names_one_thing_is_a_name(retriever: Retriever, question: str) -> None:
    assert [name.written for name in named(question, retriever) if name.written != "II"] == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        pytest.param("What did WFP deliver?", "The World Food Programme sailed.", id="acronym-spelt-out"),
        pytest.param("What did the World Food Programme deliver?", "WFP sailed.", id="spelt-out-shortened"),
        pytest.param("What did Kenya/Uganda ask?", "Uganda and Kenya asked for lamps.", id="slash"),
        pytest.param("What did Kenyan crews ask?", "Crews of Kenya asked.", id="people-of-a-country"),
        pytest.param("What did Kenya ask?", "Kenyan crews asked.", id="country-of-a-people"),
        pytest.param("What did the Zanzibar Lagoon Treaty say?", "The Treaty of the Lagoon of Zanzibar.", id="words"),
        pytest.param("坎帕拉怎么说？", "Kampala said no.", id="a-city-in-chinese"),
        pytest.param("What did Kampala say?", "坎帕拉不同意。", id="a-city-in-english"),
    ],
)
def test_a_name_has_many_forms(retriever: Retriever, question: str, text: str) -> None:
    paragraph = Paragraph(FERRIES.id, "main", "1", 0, text, "zh" if "坎" in text else "en")
    said = read_paragraph(paragraph, FERRIES, Filters())
    asked = named(question, retriever)
    assert [said.has(name) for name in asked] == [True] * max(1, len(asked))


def test_a_name_without_a_form_in_a_paragraphs_language_says_nothing_of_it(retriever: Retriever) -> None:
    chinese = read_paragraph(Paragraph(FERRIES.id, "main", "1", 0, "船员不同意。", "zh"), FERRIES, Filters())
    english = read_paragraph(Paragraph(FERRIES.id, "main", "1", 0, "Crews said no.", "en"), FERRIES, Filters())
    (name,) = named("What did Xyzzyford say?", retriever)
    assert [said.has(name) for said in (chinese, english)] == [False, False]
    assert [said.tells(name) for said in (chinese, english)] == [False, True]


def test_a_name_is_found_as_whole_terms() -> None:
    said = Said("", " ferri  portug ")
    assert said.has(Name("Portugal", (" portug ",), 1.0))
    assert not said.has(Name("port", (" port ",), 1.0))


@pytest.mark.parametrize(
    "question",
    [
        "Combien de personnes sont mortes au Mozambique selon le Conseil de sécurité ?",
        "¿Qué dice el Consejo de Seguridad de las Naciones Unidas?",
        "Сколько человек погибло в Мозамбике?",
        "モザンビークで何人が死亡しましたか",
    ],
)
def test_what_a_third_language_calls_something_is_not_said_to_be_missing(retriever: Retriever, question: str) -> None:
    assert names(question, retriever.index, retriever.lexicon) == []
    dated = names(question + " 2033", retriever.index, retriever.lexicon)
    assert [name.written for name in dated] == ["2033"]
