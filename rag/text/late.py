"""Regular expressions that are compiled when they are first used.

The large ones take half a second together, which a command that reads no figures need not wait for.
"""

import re
from functools import cached_property
from typing import Any, cast


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, compiled at the first use of any of its methods.

    >>> late("[0-9]+").findall("7 of 12")
    ['7', '12']
    """
    return cast(re.Pattern[str], _Late(pattern, flags))


class _Late:
    def __init__(self, pattern: str, flags: int) -> None:
        self._given = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._given)

    def __getattr__(self, name: str) -> Any:
        """Asked only for what is not here yet: from then on a method is found as quickly as on a compiled pattern."""
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found
