"""What the transformation service measures, metric by metric."""

from collections.abc import Callable, Mapping

from integrations.bus import Publisher
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.metric import Measures, Values, alone
from integrations.runtime.metrics.outcomes import outcomes
from integrations.runtime.transformation.tally import Tally

_COUNTED = {
    catalogue.RAW_BATCHES: "raw_batches",
    catalogue.REPEATS: "repeats",
    catalogue.DEAD_LETTERS: "dead",
    catalogue.SENSORS: "sensors",
    catalogue.CONSUMER_PENDING: "consumer_pending",
}


def measures_of(
    counts: Callable[[], Mapping[str, int | float]], tally: Tally, publisher: Publisher
) -> Measures:
    """Return where the values of each metric come from."""

    def counted(key: str) -> Callable[[], Values]:
        return alone(lambda: counts()[key])

    def flags() -> Values:
        return [
            (count, {"device_class": kind, "flag": name})
            for (kind, name), count in tuple(tally.flags.items())
        ]

    return {
        **{metric: counted(key) for metric, key in _COUNTED.items()},
        catalogue.READINGS: lambda: _by_class(tally.readings),
        catalogue.QUALITY_POINTS: lambda: _by_class(tally.points),
        catalogue.FLAGS: flags,
        catalogue.PUBLISHED: lambda: outcomes(publisher),
    }


def _by_class(counter: Mapping[str, float]) -> Values:
    return [(count, {"device_class": kind}) for kind, count in tuple(counter.items())]
