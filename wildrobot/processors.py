"""How many processors this process may use: what its affinity and the CPU quota of its container leave."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_CGROUPS, _OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_threads(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUPS) -> int:
    """The number of threads that can run at the same time, at least 1; a quota of 1.5 processors gives 2.

    Args:
      cgroups: where the kernel shows its control groups, version 1 or 2.
      own: the file that says in which of them this process is.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min([count, *(math.ceil(quota) for quota in _quotas(cgroups, own))]))


def limit_threads() -> None:
    """Has XLA start no more threads than there are processors; before JAX computes anything.

    XLA counts the processors of the affinity, and knows nothing of quotas.
    """
    os.environ.setdefault("NPROC", str(available_threads()))


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """The limits [processors] of the control groups that this process is in, and of those that these are in."""
    with suppress(OSError, ValueError):
        for line in own.read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers == "":
                read, roots = _quota_2, (cgroups, cgroups / "unified")
            elif "cpu" in controllers.split(","):
                read, roots = _quota_1, (cgroups / controllers, cgroups / "cpu")
            else:
                continue
            # In a container, the path may be that on the host, of which the container sees the end alone: its root.
            path = PurePosixPath(group)
            for folder in {path, *path.parents}:
                for root in roots:
                    with suppress(OSError, ValueError, ZeroDivisionError):
                        quota = read(root / str(folder).lstrip("/"))
                        if quota > 0:
                            yield quota


def _quota_2(group: Path) -> float:
    quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
    return 0.0 if quota == "max" else int(quota) / int(period)


def _quota_1(group: Path) -> float:
    """The kernel writes -1 for no quota."""
    quota, period = (int((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii")) for name in ("quota", "period"))
    return quota / period
