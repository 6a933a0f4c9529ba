"""rag.text.numbers and the readers behind it: figures in any written form, and what supports them."""

import time
from datetime import date
from fractions import Fraction

import pytest
import seed_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.records import Language
from rag.text.numbers import figure_supported, figures
from rag.text.numerals import Figure, ordinal_en, write_chinese, write_english


def said(text: str) -> str:
    """What the figures of a text say: "count 758000 · percent 27/100"."""
    return " · ".join(f"{figure.kind} {figure.value}" for figure in figures(text))


def only(text: str) -> Figure:
    (figure,) = figures(text)
    return figure


SCALES: dict[Language, dict[str, int]] = {
    "zh": {"万": 10**4, "亿": 10**8},
    "en": {" thousand": 10**3, " million": 10**6, " billion": 10**9, " trillion": 10**12},
}


def forms(number: int, language: Language) -> list[str]:
    """The usual written forms of a whole number: in digits, and in words where they stand alone as a number."""
    written = [str(number), f"{number:,}", f"{number:,}".replace(",", " ")]
    if language == "zh" and number > 10:
        written.append(write_chinese(number))
    if language == "en" and number >= 2:
        written.append(write_english(number))
    for name, factor in SCALES[language].items():
        if number >= factor and number * 100 % factor == 0:  # nobody writes more than two decimals before a scale
            written.append(f"{number // factor}.{number * 100 // factor % 100:02}".rstrip("0").rstrip(".") + name)
    return written


def test_the_usual_forms_of_a_number() -> None:
    assert forms(758000, "zh") == ["758000", "758,000", "758 000", "七十五万八千", "75.8万"]
    assert forms(3_100_000, "en")[3:] == ["three million one hundred thousand", "3100 thousand", "3.1 million"]


@given(st.one_of(st.integers(0, 3000), st.integers(0, 10**13)))
@settings(deadline=None, max_examples=60)
def test_a_whole_number_is_read_back_from_each_of_its_written_forms(number: int) -> None:
    for language in ("zh", "en"):
        for written in forms(number, language):  # type: ignore[arg-type]
            assert [figure.value for figure in figures(written)] == [number], written


@given(st.integers(2, 10**13))
@settings(deadline=None, max_examples=60)
def test_a_count_is_the_same_in_both_languages(number: int) -> None:
    chinese = only(f"共{write_chinese(number)}件")
    for written in forms(number, "en"):
        english = figures(f"with {written} guns")
        assert english[0].kind == "year" or figure_supported(chinese, english), written


@given(st.integers(0, 1000), st.integers(1, 99))
def test_a_percentage_is_the_same_in_every_written_form(whole: int, decimals: int) -> None:
    forms = [f"{whole}.{decimals:02}%", f"{whole}.{decimals:02} per cent", f"{whole}.{decimals:02}％"]
    assert {only(form).value for form in forms} == {Fraction(whole * 100 + decimals, 10000)}
    assert {only(form).kind for form in forms} == {"percent"}


@given(st.dates(date(1945, 1, 1), date(2099, 12, 31)))
def test_a_date_is_the_same_in_every_written_form(day: date) -> None:
    month = day.strftime("%B")
    forms = [
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{ordinal(day.day)} of {month} {day.year}",
        f"{day.day} {day.strftime('%b')} {day.year}",
        day.isoformat(),
    ]
    expected = f"date {day.year * 10000 + day.month * 100 + day.day}"
    assert {form: said(form) for form in forms} == dict.fromkeys(forms, expected)


def ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{suffix}"


@given(st.integers(1, 100))
def test_an_ordinal_is_the_same_in_every_written_form(number: int) -> None:
    forms = [f"第{number}次", f"第 {number} 次", f"第{write_chinese(number)}届", f"the {ordinal_en(number)} session"]
    assert {said(form) for form in [*forms, f"the {ordinal(number)} meeting"]} == {f"ordinal {number}"}


@given(
    st.text(
        st.one_of(st.sampled_from("0123456789零一二十百千万亿两点第年月日段%.,-/ 至和$元成分之July"), st.characters())
    )
)
@settings(deadline=None)
def test_figures_lie_in_any_text_in_order(text: str) -> None:
    end = 0
    for figure in figures(text):
        assert end <= figure.start < figure.end
        assert figure.text == text[figure.start : figure.end]
        assert figure.value >= 0
        end = figure.end


def test_every_figure_of_the_reports_is_supported_by_its_own_text() -> None:
    for text in seed_texts.chinese()[:40] + seed_texts.english()[:80]:
        found = figures(text)
        assert all(figure_supported(figure, found) for figure in found)


def test_headings_say_the_same_figures_in_both_languages() -> None:
    for chinese, english in seed_texts.pairs():
        one, other = figures(chinese), figures(english)
        # 两 is also "both" and "biennial", which are no figures.
        assert [f.text for f in one if not figure_supported(f, other) and f.text != "两"] == [], (chinese, english)
        assert [f.text for f in other if not figure_supported(f, one)] == [], (chinese, english)


FORMS: dict[str, list[str]] = {
    "count 758000": [
        *("758 000 件", "758,000", "758000", "75.8万件", "75.8 万", "７５８０００", "758\u00a0000", "758\u202f000"),
        *("七十五万八千", "七十五萬八千", "758 thousand", "seven hundred and fifty-eight thousand"),
        "Seven hundred fifty-eight thousand rounds",
    ],
    "count 2000000000000": ["2 万亿", "2万亿", "两万亿", "二万亿", "2 萬億", "近2万亿", "2 trillion", "two trillion"],
    "money 2000000000000": [
        "近 2 万亿美元",
        "2 万亿美元",
        "nearly $2 trillion",
        "US$ 2 trillion",
        "two trillion dollars",
    ],
    "count 150000000": ["1.5亿", "1.5 亿", "一亿五千万", "1亿5000万", "150 million", "150 000 000"],
    "money 3100000": [
        *("310 万美元", "310万美元", "$3.1 million", "US$3.1 million", "US$ 3.1 million", "3.1 million dollars"),
        *("3.1 million United States dollars", "$3,100,000", "3 100 000 美元", "三百一十万美元", "USD 3,100,000"),
    ],
    "money 500": ["500 欧元", "€500", "500 euros", "EUR 500", "£500", "500元"],
    "percent 27/100": [
        *("27%", "27％", "２７％", "27 %", "27 per cent", "27 percent", "百分之二十七", "百分之27", "二十七个百分点"),
        *("twenty-seven per cent", "27 percentage points", "27 个百分点"),
    ],
    "percent 1/200": ["0.5%", "百分之零点五", "0.5 per cent"],
    "percent 1": ["100%", "百分之百", "百分之一百"],
    "percent 1/3": ["三分之一", "3 分之 1", "a third of them", "one third", "one-third", "about a third.", "1/3"],
    "percent 2/3": ["三分之二", "two thirds", "two-thirds", "2/3"],
    "percent 1/7": ["七分之一是妇女", "one in seven civilians", "1 in 7", "one seventh", "one out of every seven"],
    "percent 1/2": ["超过一半的凶杀案", "半数", "过半", "half of them", "more than half", "one half"],
    "percent 3/4": ["四分之三", "three quarters", "three fourths", "3/4"],
    "percent 3/10": ["三成", "3/10", "30%", "十分之三", "three tenths"],
    "percent 1/20 · percent 1/10": [
        "5% 至 10%",
        "5-10%",
        "5%至10%",
        "5 to 10 per cent",
        "百分之五至十",
        "5 and 10 per cent",
    ],
    "count 200000 · count 300000": ["20 至 30 万人", "20万至30万", "200 000 to 300 000", "200,000–300,000"],
    "count 2000000 · count 3000000": ["2 to 3 million", "2-3 million", "200 至 300 万"],
    "count 6400": ["6,400 多个国家", "6 400多个", "6400 余个", "more than 6,400", "over 6 400", "六千四百多个"],
    "count 2": ["两次会议", "两个", "二级", "2 次", "two meetings", "twice"],
    "count 10": ["十年", "过去十年", "过去十多年", "the past decade", "ten years", "10 年", "十个"],
    "count 20": ["二十周年", "20 周年", "the twentieth anniversary", "20 years", "20th anniversary", "二十"],
    "count 120": ["一百二十", "一百二十名", "120", "one hundred and twenty", "一百二"],
    "count 100": ["一百", "a hundred", "one hundred", "100"],
    "count 500000": ["half a million", "50 万", "五十万", "500,000"],
    "count 35000": ["三万五千", "三万五", "3.5万", "3万5千", "thirty-five thousand"],
    "count 176095": ["176 095 名", "176,095", "17.6095 万"],
    "count 5": ["五大支柱", "五个", "5 名", "five", "(a) 五份", "1. 五份", "[1] five", "five [2, 3]", "(1) 5 支"],
    "count 10 · count 12": ["10 of 12 States", "10 个和 12 个", "10 或 12 个"],
    "year 2030": [
        "2030年",
        "2030 年",
        "二〇三〇年",
        "二零三零年",
        "by 2030",
        "the 2030 Agenda",
        "到 2030 年",
        "post-2030",
    ],
    "year 2016 · year 2019": [
        *("2016-2019", "2016–2019", "2016年至2019年", "2016-2019 年", "2016 年至 2019 年", "from 2016 to 2019"),
        *("between 2016 and 2019", "2016 和 2019 年", "2016-19"),
    ],
    "date 20210726 · date 20210730": [
        *("2021 年 7 月 26 日至 30 日", "2021年7月26日至7月30日", "26–30 July 2021", "26 to 30 July 2021"),
        *("from 26 to 30 July 2021", "July 26-30, 2021", "26 July to 30 July 2021", "2021年7月26日和30日"),
    ],
    "date 20060626 · date 20060707": ["2006 年 6 月 26 日至 7 月 7 日", "from 26 June to 7 July 2006"],
    "date 20210726 · date 20210727 · date 20210728": ["2021 年 7 月 26、27 和 28 日", "26, 27 and 28 July 2021"],
    "date 20210700": ["2021年7月", "2021 年 7 月份", "July 2021", "二〇二一年七月", "In July 2021, May I"],
    "date 726": ["7月26日", "七月二十六日", "26 July", "July 26", "on the 26th of July", "7月26号"],
    "date 500": ["5 月", "in May", "since May"],
    "date 20220300 · date 20220400": ["2022 年 3 月和 4 月", "March and April 2022", "March–April 2022"],
    "ordinal 7": ["第七次双年度会议", "第 7 次会议", "第7届", "the Seventh Biennial Meeting", "the 7th meeting"],
    "ordinal 67": ["第六十七届会议", "the sixty-seventh session", "Sixty-seventh session", "67th session"],
    "ordinal 1": ["首次", "第一次", "the first time", "the 1st meeting", "首届"],
    "ordinal 21": ["二十一世纪", "21世纪", "the twenty-first century", "the 21st century"],
    "ordinal 1 · ordinal 2": ["the first and second meetings", "the first, second", "第一次和第二次会议"],
    "label 12 · label 3": ["第十二条第三款"],
    "label 12": ["Article 12 (3)", "第 12 条"],
    "year 2014 · year 2015": ["2014/15 年度", "2014/15", "2014-2015"],
    "ordinal 8 · ordinal 9": ["第八和第九次会议", "第八次和第九次会议", "the 8th and 9th meetings"],
    "label 68": ["第 68 段", "第六十八段", "para. 68", "paragraph 68", "Para. 68"],
    "label 27 · label 28": ["第 27 和 28 段", "第 27、28 段", "第27-28段", "paras. 27 and 28", "paragraphs 27 to 28"],
    "label 16004002": ["指标 16.4.2", "indicator 16.4.2", "16.4.2"],
    "label 16004": ["目标 16.4", "具体目标 16.4", "target 16.4", "目标 16 具体目标 4", "Target 16.4"],
    "label 16": ["目标 16", "可持续发展目标16", "Goal 16", "Sustainable Development Goal 16"],
    "label 2": ["附件二", "annex II", "Annex 2", "附件 2"],
    "": [
        *(
            "COVID-19",
            "2019 冠状病毒病",
            "2019冠状病毒病(COVID-19)大流行",
            "coronavirus disease 2019",
            "coronavirus disease",
        ),
        *(
            "3D 打印",
            "G20",
            "BMS7",
            "AK-47",
            "A/RES/65/69",
            "第 2220(2015)号决议",
            "resolution 2220 (2015)",
            "S/2021/839",
        ),
        *(
            "https://x.org/2021/goal-16/",
            "[1]",
            "[2, 3]",
            "(a)",
            "1.",
            "(1) ",
            "24/7",
            "A/60/88 和 Corr.2",
            "¹",
            "信息的。²",
        ),
        *(
            "一些",
            "统一",
            "一致",
            "一个",
            "三方合作",
            "两性平等",
            "十分重要",
            "零部件",
            "万一",
            "千万不要",
            "一系列",
            "之一",
        ),
        *(
            "十几个",
            "数十个",
            "几十个",
            "数千发",
            "三三两两",
            "两三个",
            "一两个",
            "第",
            "dozens of States",
            "two dozen",
            "hundreds",
        ),
        *(
            "one of them",
            "no one",
            "one another",
            "may meet",
            "they march on",
            "seconds",
            "second half",
            "at first",
            "First, it",
        ),
        *("first of all", "完成员额", "三维打印", "半年", "a half-day meeting", ""),
    ],
}


def test_the_table_of_written_forms_is_long_enough() -> None:
    assert sum(map(len, FORMS.values())) >= 150


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        pytest.param(expected, text, id=f"{expected or 'no figure'}, form {number}")
        for expected, texts in FORMS.items()
        for number, text in enumerate(texts, start=1)
    ],
)
def test_figures(expected: str, text: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("由6500增至7076，2029年", "count 6500 · count 7076 · year 2029", id="a year after a clause"),
        pytest.param("增至7076，2029个", "count 7076 · count 2029", id="two counts"),
        pytest.param("增至7 076，2029年", "count 7076 · year 2029", id="thousands by blanks, then a year"),
        pytest.param("2019年7076，201人", "year 2019 · count 7076 · count 201", id="three digits after four"),
        pytest.param("It was 7,076,2029 was worse", "count 7076 · year 2029", id="thousands, then a year"),
        pytest.param("2020，2021，2022", "year 2020 · year 2021 · year 2022", id="years in a row"),
        pytest.param("见表3，2029年", "label 3 · year 2029", id="a label before a year"),
        pytest.param("１，２３４人", "count 1234", id="thousands in full width"),
        pytest.param("1,234,567 of them", "count 1234567", id="thousands"),
    ],
)
def test_a_comma_that_parts_no_thousands_parts_two_figures(text: str, expected: str) -> None:
    assert said(text) == expected


def test_several_figures_in_one_sentence() -> None:
    text = "2020 年，每 100 000 人中就有 5 名平民死亡(27%)，见第 68 段，其中七分之一是妇女。"
    assert said(text) == "year 2020 · count 100000 · count 5 · percent 27/100 · label 68 · percent 1/7"
    assert [figure.text for figure in figures(text)][:3] == ["2020 年", "100 000", "5"]


@pytest.mark.parametrize(
    ("text", "hedge"),
    [
        *[
            pytest.param(text, "about", id=f"about {n}")
            for n, text in enumerate(
                [
                    "约 600 支",
                    "大约600支",
                    "600 支左右",
                    "about 600",
                    "some 600 firearms",
                    "approximately 600",
                    "an estimated 600",
                ]
            )
        ],
        *[
            pytest.param(text, "above", id=f"above {n}")
            for n, text in enumerate(
                [
                    "超过 600 支",
                    "600 多支",
                    "600余支",
                    "至少 600 支",
                    "600 支以上",
                    "more than 600",
                    "over 600",
                    "at least 600",
                    "not less than 600",
                    "5 000 多万",
                ]
            )
        ],
        *[
            pytest.param(text, "below", id=f"below {n}")
            for n, text in enumerate(
                [
                    "近 600 支",
                    "将近600支",
                    "不到 600 支",
                    "不超过 600 支",
                    "nearly 600",
                    "up to 600",
                    "fewer than 600",
                    "no more than 600",
                ]
            )
        ],
        *[
            pytest.param(text, "", id=f"exact {n}")
            for n, text in enumerate(
                [
                    "600 支",
                    "条约 600",
                    "最近 5 年",
                    "近 5 年",
                    "附近 6 个",
                    "exactly 600",
                    "overall 600",
                    "600 支。以上",
                    "awesome 600",
                ]
            )
        ],
    ],
)
def test_what_a_text_says_of_a_figures_exactness(text: str, hedge: str) -> None:
    figure = only(text)
    assert figure.hedge == hedge


@pytest.mark.parametrize(
    ("written", "half_unit"),
    [
        pytest.param("27%", Fraction(1, 200), id="percent"),
        pytest.param("27.0%", Fraction(1, 2000), id="a printed decimal"),
        pytest.param("75.8万", Fraction(500), id="decimal before a scale"),
        pytest.param("758 000", Fraction(500), id="trailing zeros"),
        pytest.param("2 trillion", Fraction(10**12, 2), id="scale"),
        pytest.param("七十五万八千", Fraction(500), id="Chinese numerals"),
        pytest.param("2021年", Fraction(0), id="years are exact"),
    ],
)
def test_half_a_unit_of_the_last_printed_digit(written: str, half_unit: Fraction) -> None:
    assert only(written).half_unit == half_unit


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        pytest.param("758,000", "758 000 件", id="same count"),
        pytest.param("约 76 万", "758 000 rounds", id="rounded and marked"),
        pytest.param("about 758 000", "75.8万", id="marked but exact"),
        pytest.param("about 28 per cent", "27.6%", id="rounded percentage"),
        pytest.param("more than 70 countries", "来自 70 多个国家", id="the same bound"),
        pytest.param("more than 70", "76 个", id="above a rounded bound"),
        pytest.param("nearly 2 trillion", "1.98 万亿", id="below a rounded bound"),
        pytest.param("about a third", "33%", id="a worded fraction"),
        pytest.param("$2 trillion", "2 万亿美元", id="money"),
        pytest.param("$500", "500", id="a column of dollars"),
        pytest.param("in 2021", "2021 年 7 月 26 日", id="the year of a date"),
        pytest.param("July 2021", "26–30 July 2021", id="the month of a date"),
        pytest.param("7月26日", "26 July 2021", id="a date without its year"),
        pytest.param("phase 2", "第二阶段", id="label and ordinal"),
        pytest.param("二十周年", "20 years", id="anniversary"),
        pytest.param("half", "50%", id="half and per cent"),
    ],
)
def test_supported(answer: str, source: str) -> None:
    assert figure_supported(only(answer), figures(source))


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        pytest.param("758,001", "758 000", id="another count"),
        pytest.param("760 000", "758 000", id="rounded but not marked"),
        pytest.param("约 77 万", "758 000", id="rounded wrongly"),
        pytest.param("about 100", "140", id="hardly about"),
        pytest.param("more than 70", "69", id="below the bound"),
        pytest.param("more than 70", "95", id="far above the bound"),
        pytest.param("nearly 80", "81", id="above the limit"),
        pytest.param("27", "27%", id="a count is no percentage"),
        pytest.param("27%", "27 件", id="a percentage is no count"),
        pytest.param("2015", "2,015 件", id="a year is no count"),
        pytest.param("seven meetings", "第七次会议", id="a count is no ordinal"),
        pytest.param("500 欧元", "$500", id="another currency"),
        pytest.param("500 people", "$500", id="people are no dollars"),
        pytest.param("26 July 2021", "July 2021", id="more exact than the source"),
        pytest.param("26 July 2021", "26 July 2020", id="another year"),
        pytest.param("2021", "2020年7月", id="the year of another date"),
        pytest.param("16.4.2", "16.4", id="another label"),
        pytest.param("about 2021", "2020 年", id="years are not rounded"),
        pytest.param("5", "", id="no figure at all"),
    ],
)
def test_not_supported(answer: str, source: str) -> None:
    assert not figure_supported(only(answer), figures(source))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1 " * 5_000, id="digits and blanks"),
        pytest.param("1,000" * 4_000, id="groups"),
        pytest.param("一" * 20_000, id="Chinese numerals"),
        pytest.param("十百" * 10_000, id="Chinese units"),
        pytest.param("第1、" * 3_000, id="an endless list"),
        pytest.param("one hundred " * 1_500, id="English words"),
        pytest.param("2021年7月" * 3_000, id="dates"),
        pytest.param("1 to " * 2_000, id="ranges"),
        pytest.param("," * 20_000, id="commas"),
    ],
)
def test_a_hostile_text_takes_no_more_than_a_moment(text: str) -> None:
    start = time.process_time()
    figures(text)
    assert time.process_time() - start < 2
