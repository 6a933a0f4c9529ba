"""The slips the tests must notice can still be made."""

import pytest

from bench.mutants import MUTANTS, ROOT, TESTS, Mutant, check


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{each.file}: {each.fragment}" for each in MUTANTS])
def test_every_slip_changes_what_stands_once_in_its_file(mutant: Mutant) -> None:
    check(mutant, (ROOT / mutant.file).read_text(encoding="utf-8"))
    assert mutant.fragment != mutant.instead
    assert (ROOT / TESTS[mutant.file][0]).is_file()


def test_a_fragment_that_is_gone_is_named() -> None:
    with pytest.raises(SystemExit, match=r"a\.py has 0 times, not once: x = 1"):
        check(Mutant("a.py", "x = 1", "x = 2"), "y = 1")
