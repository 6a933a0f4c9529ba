"""Rapporteur: ask United Nations reports in Chinese or English, every statement cited to its paragraph."""

import os as _os

# Read once, when the first of torch, faiss and llama.cpp is loaded, so it is said before any of them can be. A thread
# that waits for another goes to sleep: spinning, it would take the core the other one needs as soon as any process
# runs beside. Asleep at once, though, two threads write half as fast as they can (0.5B: 33 tokens a second, not 60);
# 2,000 turns, some 20 µs, bridge the wait where both run. GNU's OpenMP goes by the second, others by the first.
_os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
_os.environ.setdefault("GOMP_SPINCOUNT", "2000")
