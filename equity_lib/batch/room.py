"""How many jobs a machine has room for."""

import os
from contextlib import suppress
from pathlib import Path

#: Bytes that a notebook and whoever drives it may need beside the warm parent: a year of a large province.
_MEMORY_OF_A_JOB = 600 << 20


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def jobs_at_once() -> int:
    """As many as there are cores, and room in memory for; four at most."""
    return max(1, min(cores(), 4, _free_memory() // _MEMORY_OF_A_JOB))


def _free_memory() -> int:
    """Bytes of memory that can be had, here or in the container around us."""
    found = []
    with suppress(OSError, ValueError, IndexError):
        line = next(x for x in Path("/proc/meminfo").read_text().splitlines() if x.startswith("MemAvailable"))
        found.append(int(line.split()[1]) << 10)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit, used = ((group / name).read_text() for name in ("memory.max", "memory.current"))
        found.append(int(limit) - int(used))
    return min(found, default=1 << 40)
