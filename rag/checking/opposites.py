"""Words of the opposite direction: where one text has the one and the other text the other, they differ."""

from rag.checking.clauses import Word
from rag.records import Language
from rag.text import term_en

_PAIRS_EN = """
    increase rise grow higher high more surge expand | decrease fall decline drop lower low fewer less reduce shrink
    strengthen intensify | weaken undermine
    improve better | worsen deteriorate worse aggravate exacerbate
    begin start launch initiate commence | complete end finish stop cease conclude halt
    continue maintain keep retain resume | discontinue stop cease suspend abandon delete remove
    accept adopt approve | reject
    support favour | oppose
    include | exclude
    legal lawful licit legitimate | illegal unlawful illicit
    voluntary | mandatory compulsory obligatory
    many numerous | few
    majority | minority
    simple easy | complex difficult
    before prior | after
    import | export
    above over exceed | below under
    succeed success | fail failure
    same identical | different
    positive | negative
    direct | indirect
    formal | informal
    internal domestic | external foreign
    ordinary regular | extraordinary irregular
    possible | impossible
    agree | disagree
    allow permit | prohibit forbid ban
    encourage | discourage
    win | lose
    safe secure | unsafe insecure dangerous
    sufficient adequate | insufficient inadequate
    large big great | small little
    quick rapid fast | slow
    strong | weak
    early | late
    permanent | temporary
    public open | secret closed
"""
_PAIRS_ZH = """
    增加 增多 增至 增长 上升 升高 升至 扩大 提高 加强 更多 更高 高 多 | 减少 降低 下降 降至 缩小 削减 更少 更低 低 少
    强化 | 弱化 削弱
    改善 好转 | 恶化 加剧
    开始 启动 着手 发起 | 完成 结束 停止 终止
    继续 持续 恢复 保留 维持 | 停止 中断 中止 放弃 删除 取消
    通过 接受 同意 | 否决
    支持 赞成 | 反对
    包括 | 排除
    合法 | 非法
    自愿 | 强制 强制性
    简单 容易 | 复杂 困难
    之前 以前 | 之后 以后
    进口 | 出口
    成功 | 失败
    相同 一致 | 不同
    多数 大多数 | 少数
    积极 正面 | 消极 负面
    直接 | 间接
    正式 | 非正式
    允许 准许 | 禁止
    安全 | 危险
    充分 充足 | 不足
    快速 迅速 | 缓慢
    永久 | 临时
    公开 | 秘密
"""


def side(word: Word, language: Language) -> frozenset[tuple[int, int]]:
    """The pairs a word belongs to, each with its side: 0 or 1; empty for most words."""
    return _SIDES[language].get(word.key, frozenset())


def opposed(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    """Whether two words stand on the two sides of one pair, and on the same side of none."""
    return not one & other and any((pair, 1 - which) in other for pair, which in one)


def _sides(pairs: str, language: Language) -> dict[str, frozenset[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for n, line in enumerate(pairs.strip().splitlines()):
        for which, words in enumerate(line.split("|")):
            for word in words.split():
                key = (term_en(word) or word) if language == "en" else word
                found.setdefault(key, set()).add((n, which))
    return {key: frozenset(each) for key, each in found.items()}


_SIDES = {"en": _sides(_PAIRS_EN, "en"), "zh": _sides(_PAIRS_ZH, "zh")}
