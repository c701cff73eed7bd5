"""No orphans: on Linux the kernel kills a child whose parent is gone, however the parent went."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs between fork and exec to be killed with its parent; None where not known.

    The signal is SIGKILL: a parent that had the time stops its children in order, one that had not is a power
    cut to them. The kernel watches the thread that forks, so fork from the main thread.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(
        None, use_errno=True
    ).prctl  # looked up before the fork: no import, no lock in the child
    parent = os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return bind
