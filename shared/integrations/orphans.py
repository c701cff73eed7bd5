"""No orphans: on Linux the kernel ends a child whose parent is gone, however the parent went."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""<linux/prctl.h>"""


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs between fork and exec to get the signal `how` with its parent's death.

    None where no kernel does that. Linux watches the thread that forks, so fork from the main thread.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: no import, no lock in the child
    parent = os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return bind
