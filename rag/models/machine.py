"""What the machine has: its memory, and the cores a model may work on."""

import os
from pathlib import Path
from time import monotonic, process_time

LOOK_SECONDS = 0.1  # between two looks: the system counts in hundredths of a second
BUSY = 0.5  # cores that others keep at work: what one busy process takes where two threads of ours want both of two


def memory() -> int | None:
    """Its memory in bytes, where the system tells it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def physical_cores(topology: Path = Path("/sys/devices/system/cpu")) -> int:
    """Cores this process may use, two hyperthreads of one counted once; as many as CPUs where the system says no more.

    Two threads on one core share what it computes with, and a language model needs all of it.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    try:
        return len({(topology / f"cpu{n}" / "topology" / "thread_siblings_list").read_text() for n in allowed})
    except OSError:
        return len(allowed)


def time_of_others(stat: Path = Path("/proc/stat")) -> float:
    """Seconds of processor time that other processes have had so far; 0 where the system does not say.

    Those that run only when nobody else wants to do not count, unless we are one of them.
    """
    try:
        user, nice, system, _idle, _waiting, interrupts, more = map(int, stat.read_text().split()[1:8])
    except OSError:
        return 0.0
    ticks = user + system + interrupts + more + (nice if os.nice(0) > 0 else 0)
    return ticks / os.sysconf("SC_CLK_TCK") - process_time()


class Crew:
    """How many threads to work with: as many as are fixed, or the physical cores, less one while others are busy.

    All threads of a step wait for the slowest: beside one busy process two threads on two cores write at 0.3 of their
    speed, one at 0.8.
    """

    def __init__(self, fixed: int = 0) -> None:
        self._fixed, self._cores = fixed, physical_cores()
        self._threads = fixed or self._cores
        self._looked, self._busy = monotonic(), time_of_others()

    def threads(self) -> int:
        """How many to use now."""
        now = monotonic()
        if not self._fixed and now - self._looked >= LOOK_SECONDS:
            busy = time_of_others()
            crowded = busy - self._busy > BUSY * (now - self._looked)
            self._threads = max(1, self._cores - crowded)
            self._looked, self._busy = now, busy
        return self._threads
