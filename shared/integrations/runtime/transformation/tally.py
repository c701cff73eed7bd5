"""What the transformation has cleaned, counted by device class."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from integrations.bus import Received
from integrations.messages import CleanBatch
from integrations.quality import names


class Tally:
    """Counts of cleaned samples, their scores and their flags; `record_delay` is told of each chunk."""

    def __init__(
        self,
        record_delay: Callable[[float], None] = lambda _: None,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.readings: Counter[str] = Counter()
        self.points: defaultdict[str, float] = defaultdict(float)
        """Sums of scores."""
        self.flags: Counter[tuple[str, str]] = Counter()
        """By device class and name of the flag."""
        self._record_delay = record_delay
        self._now_ns = now_ns

    def count(self, chunk: Sequence[Received], clean: Iterable[CleanBatch]) -> None:
        """Count what came of a chunk, once it is stored."""
        for batch in clean:
            kind = batch.device_class
            self.readings[kind] += len(batch.time)
            self.points[kind] += sum(batch.quality)
            if any(batch.flags):
                for mask, times in Counter(batch.flags).items():
                    for name in names(mask):
                        self.flags[kind, name] += times
        self._record_delay(max(0.0, (self._now_ns() - chunk[0].time_ns) / 1e9))
