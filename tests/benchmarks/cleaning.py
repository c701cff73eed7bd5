"""The transformation alone as figures: see `transformation`, which does the work."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.runtime.services import GARBAGE_THRESHOLDS

from . import transformation
from .report import Figure

QUICK_READINGS = 50_000


@contextmanager
def collector_as_in_a_service() -> Iterator[None]:
    """Let Python's garbage collector behave as in a service, for both sides."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def against_pydantic(quick: bool) -> list[Figure]:
    """Readings a second at 1, 100 and 1,000 a batch, against a plain loop over pydantic models."""
    if quick:
        transformation.READINGS = QUICK_READINGS
    with collector_as_in_a_service():
        rows = transformation.run()
    figures = []
    for row in rows:
        batch, chunk = row["readings_per_batch"], row["batches_per_chunk"]
        shape = f"{row['sensors']} sensors × {row['samples_per_sensor']}, {chunk} batches at once"
        for kind, name in (("alone", "cleaning alone"), ("json", "JSON in to JSON out")):
            figures.append(
                Figure(
                    "transformation",
                    f"{name}: {shape}",
                    row[f"{kind}_per_second"],
                    "readings/s",
                    "≥ 20 ×" if batch == 100 and kind == "alone" else "",
                    "loop over pydantic models",
                    row[f"pydantic_{kind}_per_second"],
                )
            )
    return figures
