"""Whether a model's answer says that the paragraphs hold no answer."""

import re

SAYS_SO = re.compile(
    r"(?:段落|报告|材料|资料|文件)(?:中|里|均|都)*(?:并)?(?:没有|未|不曾|无)(?:明确)?(?:回答|提及|提到|提供|说明|包含|涉及|给出)|无法(?:回答|确定|得知)"
    r"|\b(?:paragraphs?|reports?|passages?)\b[^.]{0,20}\b(?:do(?:es)? not|don't|doesn't|did not)"
    r" (?:answer|mention|say|state|contain|provide|specify|include)"
    r"|\bcannot (?:be answered|answer|be determined)\b|\bno (?:answer|information)\b",
    re.IGNORECASE,
)


def refuses(answer: str) -> bool:
    """Whether a model's answer says that the paragraphs hold no answer."""
    return SAYS_SO.search(answer) is not None
