"""Which blocks of a report are its numbered paragraphs, and which are headings or list entries that look like them."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.reports.lines import Line

PRINTED_NUMBER = re.compile(r"(\d{1,3})[.．](?:\s+|$|(?=[^\W\d_]|[《“「(（]))")
SUMMARY = re.compile(r"摘\s?要|[内內]容(?:提要|摘要)|(?:Executive )?(?:Summary|SUMMARY)|Abstract")
ANNEX = re.compile(
    r"附(?:件|录|錄)\s?[一二三四五六七八九十]{0,3}|(?:Annex|ANNEX|Appendix|APPENDIX)\s?(?:[IVX]{1,5}|\d{1,2}|[A-F])?"
)
# A line that ends with one of these refers to the number that the next one begins with.
REFERENCE = re.compile(
    r"(?:\b(?:paragraphs?|paras?\.|articles?|sections?|items?|resolutions?|decisions?|chapters?|numbers?|annex|figure"
    r"|table|and|or|to|of|in|by|than|(?:vols?|Nos?|pp?|chaps?|figs?)\.)|[第和至、约約为為共])$"
)
_HAN_NUMERAL = "[一二三四五六七八九十]{1,3}"
ENUMERATORS = (  # the UN's order of headings; the level is the place in this list, counted from 1
    re.compile(rf"{_HAN_NUMERAL}\s?[.、．]\s?\S|[IVX]{{1,5}}\.\s+\S"),
    re.compile(rf"[A-Z]\.\s+\S|[(（]{_HAN_NUMERAL}[)）]\s?\S"),
    re.compile(r"\d{1,2}[.．]\s+\S"),
    re.compile(r"[(（][a-z][)）]\s?\S"),
)
LABELLED = len(ENUMERATORS)  # the level of a heading that begins like an entry of a list
UNNUMBERED = LABELLED + 1  # the level of a heading without an enumerator
HEADING_COLUMNS = 560  # the longest heading of the five reports has 318, its English 499
PARAGRAPH_COLUMNS = 240  # a numbered block wider than this is a paragraph even if no sentence ends it
GAP = 3  # numbers a report may leave out before a higher one is taken for a list entry
PARAGRAPH, MARGIN = 4, 2  # what a paragraph in a run counts, and what more at the margin; each gap takes 1
FROM_ELSEWHERE = 3  # numbers in a row that show that an excerpt begins with another number than 1
HEADINGS_IN_A_ROW = 6  # the five reports have four; more unnumbered short lines are a list


@dataclass(frozen=True)
class Block:
    """Lines that stand together: a paragraph's beginning, a heading, a list entry or a table."""

    lines: list[Line]
    is_table: bool = False

    @cached_property
    def text(self) -> str:
        """Its lines put together, for telling what it is."""
        return " ".join(line.text for line in self.lines)

    @cached_property
    def number(self) -> int | None:
        """The number it begins with, if more than that stands in it."""
        found = None if self.is_table else PRINTED_NUMBER.match(self.lines[0].text)
        return int(found[1]) if found and found[0].strip() != self.text else None

    @cached_property
    def width(self) -> int:
        """Columns of all its lines."""
        return sum(line.width for line in self.lines)

    @property
    def complete(self) -> bool:
        """Whether a sentence, clause or list opening ends with it."""
        return self.lines[-1].complete

    @property
    def opens_list(self) -> bool:
        """Whether it ends with a colon."""
        return self.lines[-1].opens_list

    @property
    def is_numbered_text(self) -> bool:
        """Whether it has a number, and is a sentence or too long for a heading."""
        return bool(self.number) and (self.complete or self.width > PARAGRAPH_COLUMNS)


def printed_number(line: str) -> int | None:
    """The number a line begins with, as "21. " or "21．"; no decimal, no year."""
    found = PRINTED_NUMBER.match(line)
    return int(found[1]) if found else None


def announces_part(text: str) -> bool:
    """Whether a line of its own announces a summary or an annex."""
    return bool(SUMMARY.fullmatch(text) or ANNEX.fullmatch(text))


def heading_level(line: str) -> int | None:
    """The depth a line's enumerator stands for, 1 the highest; None without one."""
    return next((level for level, enumerator in enumerate(ENUMERATORS, 1) if enumerator.match(line)), None)


def numbered_paragraphs(blocks: Sequence[Block]) -> dict[int, int]:
    """Place → number of the blocks that are numbered paragraphs, in order.

    They are the longest run of rising numbers; of two blocks with one number the one at the margin wins, then the later
    one (a list of agenda items stands inside a paragraph). A block that ends no sentence is one only where the run
    lacks its number. A number printed again is a paragraph where it follows a heading or the number itself.
    """
    entries = _list_entries(blocks)
    numbered = [i for i, block in enumerate(blocks) if block.number and i not in entries]
    candidates = [i for i in numbered if blocks[i].is_numbered_text]
    run = _longest_run(blocks, numbered)
    if not _are_paragraphs([blocks[i] for i in run]):
        return {}
    return {i: blocks[i].number or 0 for i in sorted({*run, *_repeated(blocks, run, candidates)})}


def _are_paragraphs(run: Sequence[Block]) -> bool:
    """Whether numbered blocks are paragraphs rather than headings over text without numbers: by what ends sentences."""
    ended = sum(block.is_numbered_text for block in run)
    from_start = ended > 0 and run[0].number == 1
    return ended >= FROM_ELSEWHERE or (from_start and (run[0].is_numbered_text or 2 * ended >= len(run)))


def headings(blocks: Sequence[Block], chosen: Container[int]) -> set[int]:
    """The places of blocks that read like headings: short, not a sentence, something they can head after them."""
    found: set[int] = set()
    in_a_row = 0
    for i in range(len(blocks) - 1, -1, -1):
        block = blocks[i]
        level = heading_level(block.text)
        in_a_row = in_a_row + 1 if i + 1 in found else 0
        if block.is_table or block.complete or block.width > HEADING_COLUMNS or i in chosen:
            continue
        heads_table = i + 1 < len(blocks) and blocks[i + 1].is_table
        if heads_table or i + 1 in chosen:
            heads = True
        elif i + 1 == len(blocks) or blocks[i + 1].complete:
            heads = level is not None
        else:
            heads = level in (1, 2) or i + 1 in found
        if heads and (level is not None or in_a_row < HEADINGS_IN_A_ROW):
            found.add(i)
    return found


def _list_entries(blocks: Sequence[Block]) -> set[int]:
    """The places of list entries 1, 2, 3 … that a numbered paragraph ending with a colon opens."""
    entries: set[int] = set()
    for i, block in enumerate(blocks):
        if block.number and block.opens_list and i not in entries:
            due = 1
            while i + due < len(blocks) and blocks[i + due].number == due:
                entries.add(i + due)
                due += 1
    return entries


def _longest_run(blocks: Sequence[Block], candidates: Sequence[int]) -> list[int]:
    """The places of the best run of rising numbers; a block that ends no sentence counts nothing."""
    best: dict[int, tuple[int, int]] = {}  # number → (score, place) of the best run so far that ends with it
    before: dict[int, int | None] = {}  # place → the place before it in its run
    for i in candidates:
        number = blocks[i].number or 0
        runs = [(best[n][0] - (number - n - 1), best[n][1]) for n in range(number - GAP, number) if n in best]
        score, before[i] = max((run for run in runs if run[0] >= 0), default=(0, None))
        if blocks[i].is_numbered_text:  # else it only bridges a gap
            score += PARAGRAPH + MARGIN * (blocks[i].lines[0].indent == 0)
        best[number] = max(best.get(number, (0, i)), (score, i))
    run: list[int] = []
    at = max(best.values())[1] if best else None
    while at is not None:
        run.append(at)
        at = before[at]
    return run[::-1]


def _repeated(blocks: Sequence[Block], run: Sequence[int], candidates: Sequence[int]) -> Iterator[int]:
    """The places, outside the run, of paragraphs that print one of its numbers again."""
    numbers = {blocks[i].number for i in run}
    in_run = set(run)
    for i in candidates:
        block = blocks[i]
        if i in in_run or i < run[0] - 1 or block.number not in numbers or block.lines[0].indent:
            continue
        before_itself = i + 1 in in_run and blocks[i + 1].number == block.number and not block.opens_list
        if before_itself or (i > 0 and not blocks[i - 1].complete and blocks[i - 1].number is None):
            yield i
