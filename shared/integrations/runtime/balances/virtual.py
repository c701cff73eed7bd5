"""Virtual sensors: what a balance makes of its variables, as clean readings of class `balance`."""

import numpy as np
from numpy.typing import NDArray

from integrations.messages import CleanBatch, Origin, Status
from integrations.quality import Flag, qartod_from_flags, score, status_from_flags, weights_row
from integrations.runtime.balances.config import DEVICE_CLASS, UNITS
from integrations.runtime.balances.tracker import Outcome, Tracker


def virtual_id(balance_id: str, name: str) -> str:
    """Return the sensor id of a variable of a balance."""
    return f"{balance_id}-{name}"


def virtual_batches(site: str, tracker: Tracker, outcome: Outcome) -> list[CleanBatch]:
    """Return a reading of each variable, at the end of the period whose mean it is.

    `raw_value` is what was measured or assumed. A value of the others alone is flagged as estimated, one that
    nothing determines is missing, and where measurements contradict each other those are inconsistent.
    """
    origin = Origin.SIMULATED if tracker.simulated else Origin.MEASURED
    flags = _flags(tracker, outcome)
    status = status_from_flags(flags, np.full(len(flags), Status.GOOD, np.uint32)).tolist()
    qartod = qartod_from_flags(flags).tolist()
    found = outcome.reconciled
    batches = []
    for at, (name, role) in enumerate(zip(tracker.balance.names, tracker.balance.roles, strict=True)):
        batch = CleanBatch(
            site=site,
            device_class=DEVICE_CLASS,
            source=tracker.config.balance_id,
            sensor_id=virtual_id(tracker.config.balance_id, name),
            quantity=role.value,
            unit=UNITS[role],
            raw_unit=UNITS[role],
            origin=origin,
            raw_sequence=tracker.raw_sequence,
            time=[outcome.period.end_ns],
            value=[_or_none(found.values[at]) if found else None],
            raw_value=[_or_none(outcome.measured[at])],
            status=[status[at]],
            quality=score(flags[at : at + 1], weights_row(role.value)).astype(float).tolist(),
            qartod=[qartod[at]],
            flags=[int(flags[at])],
            uncertainty=[_or_none(found.uncertainties[at]) if found else None],
        )
        batches.append(batch)
    return batches


def _flags(tracker: Tracker, outcome: Outcome) -> NDArray[np.uint32]:
    found = outcome.reconciled
    origin = Flag.SIMULATED if tracker.simulated else Flag(0)
    flags = []
    for at in range(len(tracker.balance.names)):
        if found is None or not found.observable[at]:
            flags.append(origin | Flag.MISSING)
            continue
        estimated = Flag.ESTIMATED if at in outcome.estimated else Flag(0)
        contradicted = Flag.INCONSISTENT if found.checked[at] and not outcome.agreed else Flag(0)
        flags.append(origin | estimated | contradicted)
    return np.array(flags, np.uint32)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
