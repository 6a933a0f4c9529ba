"""Questions put together at random from the words that references and questions are made of.

100,000 of them over the seeds, with any error shown beside the question that met it:

    python tests/recombined.py 100000
"""

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a command

from rag.errors import UnknownParagraph
from rag.question import asks, parts, report_years, stand_alone
from rag.records import Paragraph, Report, Turn
from rag.references import find_paragraphs, look_up, not_there, printed_references

SEEDS = Path(__file__).parents[1] / "seeds"
_TEXT = """
    0 1 3 9 10 12 21 24 24-2 92 99 100 122 999 2021 20212 21-23 23-21 0-0 1-1 005 ３ 一 二十一 十 百 零 〇 三百 二十四
    zero one twenty-one ninety-nine hundred first 1st 3rd 21st 0th i iv ix xii xl iiii vx a b (a) (ii) (四) * ** p1
    para paras para. paragraph paragraphs pp. p. ¶ ¶¶ § row rows footnote footnotes foot-note fn. no. nos. unnumbered
    第 段 条 行 自然段 分段 项 款 脚注 注释 个脚注 table 表 无编号 编号重复,第2次 次 号 份 届 # #21 #p1 #annex-92 #99
    annex annexes appendix summary outcome title page main text report proper 附件 附件十 附录 正文 摘要 成果 标题页
    S/2021/839 A/67/176 BMS7 BMS A/70/183 A/CONF.192/BMS/2021/1 UNODC A/75/78 A/70/183/Add.1 2220(2015) 《 》 决议
    毒罪办报告 第七次双年度会议 2021年秘书长小武器报告 大会 安理会 秘书长 《行动纲领》 004_0cf6bfd787c3b7d3 resolution
    , ; : 、 ， 。 ( ) （ ） and or to through & - – — ~ of in the its not rather than 至 到 和 与 及 或 的 中 里 不是
    What does say ? ？ vote on keeping deleted 保留 删除 表决 说了什么 内容 report reports 报告 2019 2022 year 年
    it its they their those it's 它 他们的 那 呢 其中 再 so far
"""
WORDS = _TEXT.split()
BETWEEN = ("", " ", " ", ", ", "的", "\n", "\u3000", "\u00ad")


def recombinations(count: int, seed: int) -> Iterator[str]:
    """That many questions of up to fourteen words, the same for the same seed."""
    random_ = random.Random(seed)
    for _ in range(count):
        words = random_.choices(WORDS, k=random_.randint(1, 14))
        yield "".join(word + random_.choice(BETWEEN) for word in words)


def read(
    question: str,
    reports: Mapping[str, Report],
    paragraphs: Sequence[Paragraph],
    forms: Callable[[str], Iterable[str]],
) -> None:
    """Read a question in every way that references and questions are read; only UnknownParagraph is foreseen."""
    for left_out in (set(), {next(iter(reports))}):
        rest = [paragraph for paragraph in paragraphs if paragraph.report not in left_out]
        look = look_up(question, reports, rest, forms, left_out)
        for language in ("zh", "en"):
            assert bool(not_there(look, reports, rest, language)) == bool(look.missing)
        assert not (look.in_vain and look.named)
    printed_references(question, reports.values())
    with suppress(UnknownParagraph):
        assert find_paragraphs(question, reports, paragraphs)
    stand_alone(question, [Turn("What does para. 3 of S/2021/839 say in 2021?", "")])
    report_years(question)
    asks(question)
    parts(question)


def main() -> None:
    """Recombine as often as the command says; exit 1 where a question met an error."""
    from rag.lexicon import Lexicon
    from rag.reports import read_folder

    seeds = list(read_folder(SEEDS))
    reports = {each.report.id: each.report for each in seeds}
    paragraphs = [paragraph for each in seeds for paragraph in each.paragraphs]
    forms = Lexicon.load(dictionary=False).forms
    failed = 0
    for n, question in enumerate(recombinations(int(sys.argv[1]), seed=int(sys.argv[2]) if sys.argv[2:] else 1), 1):
        try:
            read(question, reports, paragraphs, forms)
        except Exception as error:  # every one is to be seen
            failed += 1
            print(f"{n}: {question!r}: {type(error).__name__}: {error}")
    print(f"{failed} of {sys.argv[1]} recombinations met an unforeseen error.")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
