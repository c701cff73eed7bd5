"""A recording through the service's own checks, as if its samples arrived one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from integrations.quality import VALID_FROM, Flags, Statuses
from integrations.transformation import cleaned_in_blocks
from integrations.transformation.segments import Floats, Indices, Times

from .recording import Recorded, Told
from .sensors import Treated


@dataclass(frozen=True)
class Cleaned:
    """One sensor's readings after the checks, in the order of the file."""

    sensor_id: str
    quantity: str
    unit: str
    row: Indices
    time: Times
    raw_value: Floats
    raw_units: tuple[str, ...]
    raw_unit: NDArray[np.int8]
    """Of each reading, as a position in `raw_units`."""
    converted: Floats
    """The raw value in `unit`."""
    value: Floats
    """NaN where there is none that can be used."""
    flags: Flags
    status: Statuses
    qartod: NDArray[np.uint8]
    quality: NDArray[np.uint8]


def cleaned(
    recorded: Sequence[Recorded], treated: Sequence[Treated], told: Told = lambda _: None
) -> list[Cleaned]:
    """Return what the service makes of each sensor; a sensor that changes to a unit of its own kind is one.

    Age is not judged: each reading counts as arriving when it was measured.
    """

    def key(pair: tuple[Recorded, Treated]) -> tuple[str, str]:
        return pair[0].sensor_id, pair[1].unit

    order = {one: at for at, one in enumerate(dict.fromkeys(map(key, zip(recorded, treated, strict=True))))}
    pairs = sorted(zip(recorded, treated, strict=True), key=lambda pair: order[key(pair)])
    total = max(1, sum(one.time.size for one in recorded))
    done = 0

    def on_block(size: int) -> None:
        nonlocal done
        done += size
        told(done / total)

    return [_one(list(group), on_block) for _, group in groupby(pairs, key)]


def _one(pairs: Sequence[tuple[Recorded, Treated]], on_block: Callable[[int], None]) -> Cleaned:
    first, treatment = pairs[0]
    row = np.concatenate([one.row for one, _ in pairs])
    order = np.argsort(row, kind="stable")
    time, raw = (
        np.concatenate([getattr(one, name) for one, _ in pairs])[order] for name in ("time", "value")
    )
    code = np.repeat(np.arange(len(pairs), dtype=np.int8), [one.row.size for one, _ in pairs])[order]
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.array([by.conversion.scale for _, by in pairs])[code] * raw
        value += np.array([by.conversion.offset for _, by in pairs])[code]
    clean = cleaned_in_blocks(time, value, treatment.limits, treatment.weights, on_block)
    return Cleaned(
        sensor_id=first.sensor_id,
        quantity=treatment.quantity,
        unit=treatment.unit,
        row=row[order],
        time=time,
        raw_value=raw,
        raw_units=tuple(by.raw_unit for _, by in pairs),
        raw_unit=code,
        converted=value,
        value=clean.value,
        flags=clean.flags,
        status=clean.status,
        qartod=clean.qartod,
        quality=clean.quality,
    )


def valid_percent(one: Cleaned) -> str:
    """Return the share of valid readings; 100 is all of them, not nearly all."""
    valid = int((one.quality >= VALID_FROM).sum())
    return "100" if valid == one.quality.size else f"{np.floor(10_000 * valid / one.quality.size) / 100:.2f}"
