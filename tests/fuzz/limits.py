"""How long a reader of foreign bytes may take, and how much memory."""

import contextlib
import signal
import tracemalloc
from collections.abc import Iterator
from types import FrameType


class TooSlowError(AssertionError):
    """It took longer than it may."""


@contextlib.contextmanager
def bounded(seconds: float, peak_bytes: int | None = None) -> Iterator[None]:
    """Raise where what is inside takes longer, or more memory at once; for the main thread only."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if peak_bytes is not None:
        tracemalloc.start()
    try:
        yield
        if peak_bytes is not None:
            peak = tracemalloc.get_traced_memory()[1]
            assert peak <= peak_bytes, f"took {peak} bytes, {peak_bytes} at most"
    finally:
        if peak_bytes is not None:
            tracemalloc.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
