"""What a metric is: OpenTelemetry's name, kind, unit and labels, and the name Prometheus shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """COUNTER grows from the start of the process, GAUGE is as it is now, HISTOGRAM counts in buckets."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """One metric; `bounds` are the upper limits of a histogram's buckets, in `unit`."""

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    bounds: tuple[float, ...] = ()

    @property
    def exported(self) -> str:
        """The name in Prometheus: with the unit, and `_total` behind a counter."""
        words = [self.name.replace(".", "_")]
        words += ["seconds"] if self.unit == "s" else []
        words += ["total"] if self.kind is Kind.COUNTER else []
        return "_".join(words)

    @property
    def series(self) -> tuple[str, ...]:
        """Names that may stand in a query."""
        if self.kind is not Kind.HISTOGRAM:
            return (self.exported,)
        return tuple(f"{self.exported}_{part}" for part in ("bucket", "count", "sum"))


Labels = Mapping[str, str]
Values = Iterable[tuple[float, Labels]]
Measures = Mapping[Metric, Callable[[], Values]]
"""From a metric to what reads its values. Readers are called from other threads than the event loop's."""


def alone(read: Callable[[], float]) -> Callable[[], Values]:
    """Return the reader of a metric without labels."""
    return lambda: [(read(), {})]
