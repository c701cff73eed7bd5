"""Clean readings as answers show them."""

from collections.abc import Iterable
from typing import TypeGuard

from msgspec import UNSET

from integrations.messages import CleanBatch, Flag, Measured, Origin
from integrations.quality import names

SECOND_NS = 1_000_000_000


def measured_of(batch: CleanBatch, now_ns: int) -> Measured:
    """Return the last sample of a batch, which has one."""
    uncertainty = None if batch.uncertainty is UNSET or not batch.uncertainty else batch.uncertainty[-1]
    return Measured(
        sensor_id=batch.sensor_id,
        device_class=batch.device_class,
        quantity=batch.quantity,
        unit=batch.unit,
        value=batch.value[-1],
        time=batch.time[-1],
        age_seconds=round((now_ns - batch.time[-1]) / SECOND_NS, 3),
        quality=batch.quality[-1],
        flags=names(batch.flags[-1]),
        status=batch.status[-1],
        origin=batch.origin,
        uncertainty=uncertainty,
    )


def has_sample(batch: CleanBatch | None) -> TypeGuard[CleanBatch]:
    """Whether there is a batch with a sample in all of its columns."""
    if batch is None:
        return False
    return all((batch.time, batch.value, batch.quality, batch.flags, batch.status))


def is_simulated(batch: CleanBatch) -> bool:
    """Whether the last sample is."""
    return batch.origin is Origin.SIMULATED or bool(batch.flags[-1] & Flag.SIMULATED)


def origin_of(batches: Iterable[CleanBatch]) -> Origin:
    """Return simulated as soon as one of the last samples is."""
    return Origin.SIMULATED if any(map(is_simulated, batches)) else Origin.MEASURED
