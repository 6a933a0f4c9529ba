"""One reading of a figure in a text, and what all the readers of figures share."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rag.text.late import late
from rag.text.numerals import NUMBER, SCALE_ZH, Number, read_number

Kind = Literal["count", "percent", "money", "year", "date", "ordinal", "label"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as one of the readers took it; the fields are those of `numbers.Figure`."""

    value: Fraction
    kind: Kind
    start: int
    end: int
    half_unit: Fraction = Fraction(0)
    unit: str = ""


RANGE = r"(?: ?(?:至|到|-|~) ?| (?:to|or) )"
ONE_OR_RANGE = rf"{NUMBER}(?:{RANGE}{NUMBER})?"

_MEASURES = """
    个 名 位 次 项 份 种 类 届 场 期 件 支 把 枚 发 颗 辆 架 艘 国 州 省 市 县 区 家 所 座 处 间 门 套 批 组 队
    条 款 章 节 段 页 卷 册 本 部 篇 幅 张 封 起 宗 例 人 岁 年 月 日 天 周 小时 分钟 秒 倍 米 公里 千米 厘米 毫米
    吨 公斤 千克 克 升 平方 大 级 层 轮 步 只 头 票 席 户 对 阶段 方面 点 成员 元 世纪
"""
# What a Chinese numeral counts; without one, 三 in 三方 or 两 in 两性 is part of a word.
MEASURE = rf" ?[多余来]? ?(?:{'|'.join(_MEASURES.split())})"
_ANY_NUMBER = late(NUMBER)


def numbers_in(match: re.Match[str], group: str | int = 0) -> list[tuple[Number, int, int]]:
    """The numbers in a group of a match with their offsets, the first and last reaching to its ends.

    A scale behind a range counts for both its ends: "2 至 3 万", "2 to 3 million".
    """
    found = list(_ANY_NUMBER.finditer(match.string, *match.span(group)))
    scale = re.search(rf"(?<=\d) ?(?:{SCALE_ZH}|[A-Za-z]+)$", found[-1].group()) if found else None
    numbers = []
    for one in found:
        bare = re.fullmatch(r"[\d.]+", one.group())
        number = read_number(one.group() + scale.group() if scale and bare else one.group())
        if number:
            start = match.start(group) if one is found[0] else one.start()
            numbers.append((number, start, match.end(group) if one is found[-1] else one.end()))
    return numbers
