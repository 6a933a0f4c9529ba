"""A statement against one paragraph, kind by kind, in both languages: what holds, and what words do not tell."""

import pytest

from rag.checking.comparison import compare
from rag.lexicon import Lexicon
from rag.records import Language, Verdict

FERRIES = """The Ferry Safety Office inspected 41 ferries in 2043, while the Harbour Board inspected 12. Some States
reported that night crossings were more dangerous than day crossings. The Office is preparing a handbook, which will be
translated into French. Member States were encouraged to train crews. Inspections may reduce accidents. Captains shall
keep records. The fund receives no money from the regular budget. The handbook covers fires, collisions and leaks."""
FERRIES = FERRIES.replace("\n", " ")
DAMS = "To ensure that dams are inspected each year, including by independent experts."
SHORES = "Trust facility. Seminars were held in Norway and Chile; a further seminar is planned for 2045 in Ghana."

渡船 = """渡船安全办公室于2043年检查了41艘渡船，港务局检查了12艘。一些国家报告说，夜间航行比白天航行更危险。
办公室正在编写手册，并计划译成法文。会议鼓励会员国培训船员。检查可能减少事故。船长应保存记录。
该基金没有经常预算资金。手册涵盖火灾、碰撞和漏水。"""
渡船 = 渡船.replace("\n", "")
大坝 = "加强对大坝的年度检查，包括由独立专家检查。"
副职 = "主任缺位时，由副主任代行其职权。"


def verdict(statement: str, source: str, lexicon: Lexicon) -> Verdict:
    return compare(statement, [source], "en" if statement.isascii() else "zh", lexicon)


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        pytest.param("In 2043 the Office examined 41 ferries.", FERRIES, id="a synonym"),
        pytest.param("Night crossings were riskier than day crossings, some States reported.", FERRIES, id="reordered"),
        pytest.param("A handbook is being drawn up by the Office.", FERRIES, id="from active to passive"),
        pytest.param("The preparation of a handbook by the Office.", FERRIES, id="a noun for a verb"),
        pytest.param("Inspections might lower the number of accidents.", FERRIES, id="what may be"),
        pytest.param("Captains must keep records.", FERRIES, id="shall is must"),
        pytest.param("Captains must maintain records.", FERRIES, id="another word for keep"),
        pytest.param("Dams should be inspected yearly.", DAMS, id="what is yet to be done is due"),
        pytest.param("Crew training was encouraged.", FERRIES, id="who was encouraged left out"),
        pytest.param("办公室2043年查看过41艘渡船。", 渡船, id="近义"),
        pytest.param("夜间航行比白天航行危险，一些国家指出。", 渡船, id="换序"),
        pytest.param("手册正由办公室编写。", 渡船, id="被动"),
        pytest.param("检查也许可能降低事故。", 渡船, id="可能"),
        pytest.param("船长必须保存记录。", 渡船, id="应与必须"),
        pytest.param("应当加强大坝的年度检查。", 大坝, id="尚待去做的是应当做的"),
        pytest.param("会议鼓励各国培训船员。", 渡船, id="谁鼓励谁"),
    ],
)
def test_what_is_said_in_other_words_is_supported(statement: str, source: str, lexicon: Lexicon) -> None:
    assert verdict(statement, source, lexicon) == Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        pytest.param("The Ferry Safety Office inspected 12 ferries.", FERRIES, id="a figure of another"),
        pytest.param("All States reported that night crossings were dangerous.", FERRIES, id="all for some"),
        pytest.param("Day crossings were more dangerous than night crossings.", FERRIES, id="compared the other way"),
        pytest.param("The handbook has been translated into French.", FERRIES, id="done, not to come"),
        pytest.param("The Office has published a handbook.", FERRIES, id="another deed"),
        pytest.param("Member States must train crews.", FERRIES, id="must for encouraged"),
        pytest.param("Member States have trained crews.", FERRIES, id="done, not encouraged"),
        pytest.param("Inspections have reduced accidents.", FERRIES, id="has for may"),
        pytest.param("The fund receives money from the regular budget.", FERRIES, id="denied"),
        pytest.param("Norway inspected 41 ferries.", FERRIES, id="a name that is not there"),
        pytest.param("Dams have been inspected by independent experts.", DAMS, id="done, not yet to be done"),
        pytest.param("The seminar in Ghana was held in 2043.", SHORES, id="planned, not held"),
        pytest.param("Captains underreport records.", FERRIES, id="a prefix that turns"),
        pytest.param("办公室检查了12艘渡船。", 渡船, id="另一数字"),
        pytest.param("所有国家报告说，夜间航行更危险。", 渡船, id="所有与一些"),
        pytest.param("白天航行比夜间航行更危险。", 渡船, id="比较颠倒"),
        pytest.param("手册已译成法文。", 渡船, id="已译与计划"),
        pytest.param("办公室独自检查了41艘渡船。", 渡船, id="仅此一家"),
        pytest.param("会员国必须培训船员。", 渡船, id="必须与鼓励"),
        pytest.param("检查已经减少事故。", 渡船, id="已经与可能"),
        pytest.param("该基金有经常预算资金。", 渡船, id="否定"),
        pytest.param("港务局鼓励会员国培训船员。", 渡船, id="鼓励者另有其人"),
        pytest.param("大坝的年度检查已经加强。", 大坝, id="尚待去做"),
        pytest.param("副主任缺位时，由主任代行其职权。", 副职, id="正副颠倒"),
    ],
)
def test_what_words_do_not_bear_out_is_not_supported(statement: str, source: str, lexicon: Lexicon) -> None:
    assert verdict(statement, source, lexicon) != Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("The handbook covers three dangers.", FERRIES),
        ("手册涵盖三类危险。", 渡船),
    ],
)
def test_things_listed_are_counted(statement: str, source: str) -> None:
    from rag.checking.passages import listed_counts

    assert 3 in listed_counts(source), statement


@pytest.mark.parametrize(
    ("statement", "asked", "language"),
    [
        ("Most accidents come from drunken captains.", "Where do most accidents come from?", "en"),
        ("事故主要来自船长。", "事故主要来自哪里？", "zh"),
    ],
)
def test_what_only_the_question_says_bears_nothing_out(
    statement: str, asked: str, language: Language, lexicon: Lexicon
) -> None:
    terms = lexicon.terms(asked, language)
    source = "Captains shall keep records." if language == "en" else "船长应保存记录。"
    assert compare(statement, [source], language, lexicon, asked=terms) == Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("The meeting MGE2 was held in Oslo.", "The meeting MGE2 was held in Oslo in May."),
        ("MGE2会议在奥斯陆举行。", "MGE2会议五月在奥斯陆召开。"),
    ],
)
def test_the_number_of_a_name_is_no_word_of_its_own(statement: str, source: str, lexicon: Lexicon) -> None:
    assert verdict(statement, source, lexicon) == Verdict.SUPPORTED
