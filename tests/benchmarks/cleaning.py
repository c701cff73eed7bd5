"""The transformation alone as figures: see `transformation`, which does the work."""

from . import transformation
from .report import Figure

QUICK_READINGS = 50_000


def against_pydantic(quick: bool) -> list[Figure]:
    """Readings a second at 1, 100 and 1,000 a batch, against a plain loop over pydantic models."""
    if quick:
        transformation.READINGS = QUICK_READINGS
    figures = []
    for row in transformation.run():
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
