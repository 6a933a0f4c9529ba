"""Tests of counting the paragraphs that mention something, against counts made in another way."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from made_index import FERRIES, FakeEmbedder, ferry_paragraphs, indexed

from rag.answering.tally import SHOWN, read_tally, tally
from rag.assistant import Assistant
from rag.checking.passages import MARKER
from rag.index import Index
from rag.lexicon import Lexicon
from rag.page.export import as_markdown
from rag.page.markup import answer_html
from rag.present import answer_json, answer_text
from rag.question import Question
from rag.records import Filters, Paragraph, Turn, Verdict
from rag.settings import Settings

SCHEMAS = Path(__file__).parents[1] / "schemas"
WOMEN_ZH = "女人|女子|妇女"  # what the dictionary calls women, where a paragraph has no English text


def counted(question: str, index: Index, lexicon: Lexicon, filters: Filters = Filters()) -> list[str]:
    found = tally(Question.of(question), index, lexicon, filters)
    assert found is not None
    return [citation.paragraph.id for citation in found.citations]


def texts(paragraph: Paragraph) -> list[str]:
    renderings = [each.text for each in paragraph.translations.values()]
    return [paragraph.text, *renderings, *(note.text for note in paragraph.footnotes)]


def by_hand(index: Index, shape: str, where_no_english: str = "", reports: Sequence[str] = ()) -> set[str]:
    """The paragraphs in which a regular expression finds something, read one by one."""
    found = set()
    for paragraph in index.paragraphs:
        if paragraph.part == "front" or (reports and paragraph.report not in reports):
            continue
        more = f"|{where_no_english}" if where_no_english and not paragraph.translations else ""
        if any(re.search(shape + more, text) for text in texts(paragraph)):
            found.add(paragraph.id)
    return found


@pytest.mark.parametrize(
    ("question", "shape", "where_no_english"),
    [
        ("How many paragraphs mention women?", r"(?i)\bwom[ae]n\b", WOMEN_ZH),
        ("哪些段落提到儿童？", "儿童", ""),
        ("报告中哪些地方提到兒童", "儿童", ""),
        ("every place where ammunition is spoken of", r"(?i)\b(?:am)?munitions?\b|弹药", ""),
        ("弹药在报告里出现了几次？", r"(?i)\b(?:am)?munitions?\b|弹药", ""),
        ("list all paragraphs about Haiti", r"\bHaiti\b|海地", ""),
        ("How many passages mention illicit trade?", r"(?i)\b(?:illicit|illegal)\s+trades?\b|非法贸易", ""),
        ("有几段谈到非法貿易？", r"(?i)\b(?:illicit|illegal)\s+trades?\b|非法贸易", ""),
        ("How many paragraphs mention the ATT?", r"\bATT\b|武器贸易条约|武贸条约|\bArms Trade Treaty\b", ""),
        ("How many paragraphs mention China?", r"\bChina\b|中国(?!家)", ""),
        ("How many paragraphs mention countries?", r"(?i)\bcountr(?:y|ies)\b", "国家|国土|农村|乡村|乡间"),
        ("How many paragraphs mention unicorns?", "unicorn", ""),
        ("有多少段提到独角兽？", "独角兽", ""),
    ],
)
def test_a_count_is_exact(
    question: str, shape: str, where_no_english: str, quick_index: Index, lexicon: Lexicon
) -> None:
    found = counted(question, quick_index, lexicon)
    assert len(found) == len(set(found))
    assert set(found) == by_hand(quick_index, shape, where_no_english)


@pytest.mark.parametrize("question", ["How many paragraphs of {} mention women?", "{}里有几段提到妇女？"])
@pytest.mark.parametrize(
    ("named", "reports"),
    [
        ("S/2021/839", ["S/2021/839"]),
        ("BMS7", ["A/CONF.192/BMS/2021/1"]),
        ("《小武器和轻武器：秘书长的报告》", ["S/2021/839"]),
    ],
)
def test_only_the_reports_it_names_are_counted(
    question: str, named: str, reports: list[str], quick_index: Index, lexicon: Lexicon
) -> None:
    whole = {*by_hand(quick_index, r"(?i)\bwom[ae]n\b|妇女", reports=reports)}
    found = counted(question.format(named), quick_index, lexicon)
    assert found
    assert {each.partition("#")[0] for each in found} == set(reports)
    assert set(found) <= whole


def test_filters_hold(quick_index: Index, lexicon: Lexicon) -> None:
    question = "How many paragraphs mention ammunition?"
    everywhere = counted(question, quick_index, lexicon)
    one = counted(question, quick_index, lexicon, Filters(reports=frozenset({"A/67/176"})))
    assert one == [each for each in everywhere if each.startswith("A/67/176#")]
    of_2021 = counted(question, quick_index, lexicon, Filters(years=frozenset({2021})))
    assert set(of_2021) == {each for each in everywhere if 2021 in quick_index.reports[each.partition("#")[0]].years}
    both = counted(
        "How many paragraphs of S/2021/839 mention ammunition?", quick_index, lexicon, Filters(frozenset({"A/67/176"}))
    )
    assert both == []


def test_every_citation_is_found_in_its_paragraph_and_has_the_word(quick_index: Index, lexicon: Lexicon) -> None:
    for question, shape in (("哪些段落提到儿童", "儿童"), ("How many paragraphs mention women?", r"(?i)wom[ae]n")):
        found = tally(Question.of(question), quick_index, lexicon, Filters())
        assert found is not None
        for citation in found.citations:
            assert citation.verdict is Verdict.FOUND
            assert re.search(shape, citation.quote)
            assert len(citation.quote) < 200


def test_the_list_is_by_report_the_oldest_first(quick_index: Index, lexicon: Lexicon) -> None:
    found = counted("How many paragraphs mention weapons?", quick_index, lexicon)
    order = [(quick_index.reports[each.partition("#")[0]].date, quick_index.place[each]) for each in found]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        (
            "How many paragraphs mention women?",
            "“women”: 23 paragraphs in 5 reports, 39 mentions in all.",
            "Counted: “women”, “woman”",
        ),
        ("哪些段落提到兒童？", "提到“儿童”的有20段，见于5份报告，共提到35次。", "计入：“儿童”"),
    ],
)
def test_the_answer_says_how_many_and_how_it_was_counted(
    question: str, first: str, second: str, quick_index: Index, lexicon: Lexicon
) -> None:
    found = tally(Question.of(question), quick_index, lexicon, Filters())
    assert found is not None
    lines = found.text.split("\n")
    assert lines[0] == first
    assert lines[1].startswith(second)


def test_a_long_list_is_shown_in_part_and_cited_whole(quick_index: Index, lexicon: Lexicon) -> None:
    found = tally(Question.of("How many paragraphs mention weapons?"), quick_index, lexicon, Filters())
    assert found is not None
    shown = {int(marker) for marker in MARKER.findall(found.text)}
    assert len(shown) <= SHOWN < len(found.citations)
    assert f"{len(shown)} of the {len(found.citations)} paragraphs are shown" in found.text


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How many paragraphs mention unicorns?", "“unicorns”: no paragraph mentions it."),
        ("哪些段落提到独角兽？", "没有段落提到“独角兽”。"),
        ("How many paragraphs of S/1999/1 mention women?", "not among those looked in"),
    ],
)
def test_none_is_a_count_too(question: str, told: str, quick_index: Index, lexicon: Lexicon) -> None:
    found = tally(Question.of(question), quick_index, lexicon, Filters())
    assert found is not None
    assert told in found.text
    assert found.citations == ()


def test_two_things_are_counted_together_or_apart(quick_index: Index, lexicon: Lexicon) -> None:
    women, children = (set(counted(f"哪些段落提到{each}", quick_index, lexicon)) for each in ("妇女", "儿童"))
    assert set(counted("哪些段落提到妇女和儿童", quick_index, lexicon)) == women & children
    assert set(counted("哪些段落提到妇女或儿童", quick_index, lexicon)) == women | children
    whole = counted("How many paragraphs mention small arms and light weapons?", quick_index, lexicon)
    assert set(whole) == set(counted("How many paragraphs mention SALW?", quick_index, lexicon))


def test_a_phrase_that_is_nowhere_is_taken_apart_unless_it_is_quoted(quick_index: Index, lexicon: Lexicon) -> None:
    together = set(counted("哪些段落提到妇女和培训", quick_index, lexicon))
    assert together
    assert set(counted("哪些段落提到妇女的培训", quick_index, lexicon)) == together
    assert counted("哪些段落提到“妇女的培训”", quick_index, lexicon) == []


def test_a_misspelt_word_is_put_right_only_where_it_is_nowhere_as_typed(quick_index: Index, lexicon: Lexicon) -> None:
    typed = "How many paragraphs mention ammunitoin?"
    found = tally(Question(typed, typed, {"ammunitoin": "ammunition"}), quick_index, lexicon, Filters())
    assert found is not None
    assert found.corrected
    assert len(found.citations) == len(counted("How many paragraphs mention ammunition?", quick_index, lexicon))
    kept = tally(
        Question(typed, "How many paragraphs mention women?", {"women": "woman"}), quick_index, lexicon, Filters()
    )
    assert kept is not None
    assert not kept.corrected


@pytest.mark.parametrize(
    ("question", "longer"),
    [
        ("How many paragraphs mention Guinea?", "only as part of a longer name: 6 (“Guinea-Bissau”"),
        ("哪些段落提到苏丹？", "其中只见于较长名称的：10段（“南苏丹”"),
    ],
)
def test_it_says_what_stands_only_in_a_longer_name(
    question: str, longer: str, quick_index: Index, lexicon: Lexicon
) -> None:
    found = tally(Question.of(question), quick_index, lexicon, Filters())
    assert found is not None
    assert longer in found.text
    without = tally(Question.of("How many paragraphs mention Japan?"), quick_index, lexicon, Filters())
    assert without is not None
    assert "longer name" not in without.text


# A library of one's own


@pytest.fixture(scope="module")
def ferries(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(ferry_paragraphs(), tmp_path_factory.mktemp("ferries") / "index", FakeEmbedder(), lexicon)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many paragraphs mention ferries?", {"A/99/123#1", "crews#p1"}),  # 渡船 by the dictionary
        ("哪些段落提到渡船？", {"A/99/123#1", "crews#p1"}),
        ("哪些段落提到船員", {"crews#p2"}),
        ("How many paragraphs mention lamps?", {"A/99/123#3"}),
        ("How many paragraphs in A/99/123 mention ferries?", {"A/99/123#1"}),
        ("《crews.txt》里有几段提到渡船？", {"crews#p1"}),
        ("How many paragraphs mention ferries in 2035?", {"crews#p1"}),
        ("How many paragraphs mention aircraft?", set()),
    ],
)
def test_a_word_is_counted_in_documents_of_the_other_language(
    question: str, expected: set[str], ferries: Index, lexicon: Lexicon
) -> None:
    assert FERRIES.id in ferries.reports
    assert set(counted(question, ferries, lexicon)) == expected


def test_it_says_which_words_of_the_dictionary_were_looked_for(ferries: Index, lexicon: Lexicon) -> None:
    for question, told in (
        ("哪些段落提到船員", "没有中文文本的段落，“船员”按词典查：“sailor”、“crew member”。"),
        ("How many paragraphs mention zyzzyva?", "“zyzzyva” may be missed in paragraphs without English text"),
    ):
        found = tally(Question.of(question), ferries, lexicon, Filters())
        assert found is not None
        assert told in found.text


# The whole line


@pytest.fixture
def assistant(ferries: Index, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    monkeypatch.setattr("rag.models.embedder.load", lambda *_: FakeEmbedder())
    monkeypatch.setattr("rag.models.embedder.fingerprint_of", lambda *_: FakeEmbedder().fingerprint)
    monkeypatch.setattr("rag.assistant.Lexicon.load", lambda: lexicon)
    return Assistant(Settings(index=ferries.folder.parent, llm="none"))


def test_a_count_is_an_answer_everywhere(assistant: Assistant) -> None:
    answer, reports = assistant.ask("How many paragraphs mention ferries?"), assistant.reports
    assert (answer.mode, answer.abstained, answer.confidence) == ("count", False, "sure")
    line = answer_json(answer, reports)
    jsonschema.validate(line, json.loads((SCHEMAS / "ask.json").read_text()))
    assert [each["paragraph"] for each in line["citations"]] == ["A/99/123#1", "crews#p1"]
    for shown in (answer_text(answer, reports), answer_html(answer, reports, "", 0), as_markdown([answer], reports)):
        assert "2 paragraphs in 2 reports" in shown
        assert "Ferries sank in 2033; 318 people died." in shown


def test_a_count_of_none_is_no_refusal(assistant: Assistant) -> None:
    answer = assistant.ask("哪些段落提到飞机？")
    assert (answer.mode, answer.abstained, answer.citations) == ("count", False, ())
    assert "出处" not in answer_text(answer, assistant.reports)
    assert "没有段落提到“飞机”" in answer_html(answer, assistant.reports, "", 0)


def test_a_count_is_no_question_about_the_library(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.about.About.kind", lambda *_: "greeting")
    assert assistant.ask("Show every passage that mentions ferries.").mode == "count"
    assert assistant.ask("Which reports do you have?").mode == "help"


def test_a_count_asks_no_language_model_and_is_not_cut_short(assistant: Assistant) -> None:
    with_model = assistant.as_chosen(llm="scripted", short=True)
    with_model.chat_model = None
    answer = with_model.ask("How many paragraphs mention ferries?")
    assert (answer.mode, answer.llm_error, len(answer.citations)) == ("count", None, 2)


def test_files_to_take_away_have_the_whole_list(quick_index: Index, assistant: Assistant, lexicon: Lexicon) -> None:
    counted_all = tally(Question.of("How many paragraphs mention weapons?"), quick_index, lexicon, Filters())
    assert counted_all is not None
    answer = replace(assistant.ask("How many paragraphs mention ferries?"), text=counted_all.text)
    answer = replace(answer, citations=counted_all.citations, hits=())
    markdown = as_markdown([answer], quick_index.reports)
    assert markdown.count("\n[^") + markdown.startswith("[^") == len(counted_all.citations)
    assert "The other paragraphs:" in markdown
    terminal = answer_text(answer, quick_index.reports)
    assert len(terminal.partition("Sources:")[2].splitlines()) - 1 <= SHOWN
    assert answer_html(answer, quick_index.reports, "", 0).count("<li>") <= SHOWN


# What asks for a count


@pytest.mark.parametrize(
    "question",
    [
        "how many women were trained?",
        "有多少国家报告？",
        "How many paragraphs does the outcome document have?",
        "How many times did the Security Council meet on small arms?",
        "Where is the regional centre located?",
        "Which places did the team visit?",
        "How many countries mention women in their reports?",
        "What does the paragraph on women say?",
        "How many paragraphs were put to a vote?",
        "In which places did the course address trafficking?",
        "How many times were weapons used in attacks?",
        "Which paragraphs mention that the Secretary-General met the Group and why did he leave?",
        "有多少处武器库？",
        "培训举办了几次？",
        "哪些国家提到了弹药问题？",
        "报告提到的几次会议是什么？",
        "关于妇女的段落说了什么？",
        "多少次培训涉及妇女？",
    ],
)
def test_a_count_that_reports_state_is_none(question: str, quick_index: Index, lexicon: Lexicon) -> None:
    assert read_tally(Question.of(question), quick_index.reports, lexicon) is None


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("In how many paragraphs are women mentioned?", ("women",)),
        ("How many references to women are there in A/67/176?", ("women",)),
        ("Can you list all the places where the word “gender” appears?", ("gender",)),
        ("Which paragraphs discuss armed violence in the reports?", ("armed violence",)),
        ("Where do the reports mention Haiti?", ("Haiti",)),
        ("In which paragraphs of BMS7 does gender appear?", ("gender",)),
        ("List all the paragraphs that mention women or children, please", ("women", "children")),
        ("“三维打印”这个词在S/2021/839中出现过几次？", ("三维打印",)),
        ("请列出所有关于海地的段落", ("海地",)),
        ("報告裡有幾段談到婦女？", ("妇女",)),
        ("提到“标识”的段落有多少个？", ("标识",)),
        ("海地在哪些段落中被提到？", ("海地",)),
        ("请找出每一处提到妇女、儿童的地方", ("妇女", "儿童")),
    ],
)
def test_many_wordings_ask_for_a_count(
    question: str, terms: tuple[str, ...], quick_index: Index, lexicon: Lexicon
) -> None:
    asked = read_tally(Question.of(question), quick_index.reports, lexicon)
    assert asked is not None
    assert asked.terms == terms


@pytest.mark.parametrize(
    ("before", "follow_up", "terms", "reports"),
    [
        ("How many paragraphs mention women?", "And children?", ("children",), None),
        ("哪些段落提到儿童？", "那弹药呢？", ("弹药",), None),
        ("How many paragraphs mention women?", "And in S/2021/839?", ("women",), {"S/2021/839"}),
        ("How many paragraphs of BMS7 mention women?", "And children?", ("children",), {"A/CONF.192/BMS/2021/1"}),
    ],
)
def test_a_follow_up_says_what_else_or_where(
    before: str, follow_up: str, terms: tuple[str, ...], reports: set[str] | None, quick_index: Index, lexicon: Lexicon
) -> None:
    question = Question.parse(follow_up, [Turn(before, "…")], 2000)
    asked = read_tally(question, quick_index.reports, lexicon)
    assert asked is not None
    assert (asked.terms, asked.reports) == (terms, reports)


def test_no_question_of_the_tuning_halves_asks_for_a_count(quick_index: Index, lexicon: Lexicon) -> None:
    from eval.questions import QUESTIONS, TUNING, for_tuning, read_questions

    for each in [*for_tuning(read_questions(QUESTIONS)), *read_questions(TUNING)]:
        assert read_tally(Question.parse(each.text, each.history, 2000), quick_index.reports, lexicon) is None, each.id
