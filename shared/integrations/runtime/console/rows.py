"""A reading as browsers get it: what a sensor is, once; its values as a list, again and again."""

from msgspec import UNSET

from integrations.messages import CleanBatch
from integrations.runtime.console.standing import STANDINGS, standing_of

MILLISECOND_NS = 1_000_000
TIME, STANDING = 0, 6
"""Where in a row they are."""
Row = tuple[float | None, ...]
_NUMBER_OF = {standing: at for at, standing in enumerate(STANDINGS)}


def described(batch: CleanBatch) -> dict[str, str]:
    """Return what does not change from sample to sample."""
    return {
        "id": batch.sensor_id,
        "device_class": batch.device_class,
        "source": batch.source,
        "quantity": batch.quantity,
        "unit": batch.unit,
        "raw_unit": batch.raw_unit,
        "origin": batch.origin.value,
    }


def valued(batch: CleanBatch) -> Row:
    """Return the last sample: time (ms), value, raw value, quality, flags, status, standing, uncertainty."""
    uncertainty = None if batch.uncertainty is UNSET or not batch.uncertainty else batch.uncertainty[-1]
    return (
        batch.time[-1] // MILLISECOND_NS,
        batch.value[-1],
        batch.raw_value[-1] if batch.raw_value else None,
        round(batch.quality[-1], 1),
        batch.flags[-1],
        batch.status[-1],
        _NUMBER_OF[standing_of(batch)],
        uncertainty,
    )
