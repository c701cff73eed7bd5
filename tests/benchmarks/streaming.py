"""A thousand sensors a batch through state, checks and scores, against ioos_qc's tests of the same readings.

The stream comes as a plant gives it: each batch has one reading of every sensor, and what a sensor was before
is remembered. ioos_qc remembers nothing; it is given each sensor's whole series at once, which suits it best,
and gives no score.
"""

from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag
from integrations.transformation import FlatSamples, Segments, SensorBank, SensorLimits

from .report import Figure

SENSORS = 1_000
SAMPLES = 1_000
QUICK_SAMPLES = 200
REPETITIONS = 3
AIM = "≥ 10 ×"
BASELINE = "ioos_qc"
MISSING = f"no {BASELINE} here"
SECOND = 1_000_000_000
START = 1_700_000_000
LOWEST, HIGHEST = 0.0, 40.0
SPIKE = 3.0
RATE_PER_SECOND = 1.0
STILL, TOLERANCE = 11, 1e-6
LIMITS = SensorLimits(
    min_valid=LOWEST,
    max_valid=HIGHEST,
    rate_of_change_limit=60 * RATE_PER_SECOND,
    flatline_count=STILL,
    flatline_tolerance=TOLERANCE,
    stale_after_seconds=86_400.0,
)


class Readings(NamedTuple):
    """Readings of all sensors: a row for each second, a column for each sensor."""

    value: NDArray[np.float64]
    spiked: NDArray[np.bool_]


def against_ioos_qc(quick: bool) -> list[Figure]:
    """Readings a second, of batches with one and with ten readings of each sensor."""
    readings = _readings(QUICK_SAMPLES if quick else SAMPLES)
    count = readings.value.size
    theirs = _ioos_qc(readings) if find_spec("ioos_qc") else None
    figures = []
    for rows in (1, 10):
        what = f"state, checks and scores: {SENSORS:,} sensors × {rows} a batch"
        batches = _batches(readings, rows)
        our_seconds, flags = _best(lambda batches=batches, rows=rows: _ours(batches, rows))
        if theirs is None:
            figures.append(Figure("streaming", what, count / our_seconds, "readings/s", AIM, note=MISSING))
            continue
        their_seconds, their_flags = _best(theirs)
        note = _agreed(readings, flags, their_flags)
        figures.append(
            Figure(
                "streaming",
                what,
                count / our_seconds,
                "readings/s",
                AIM,
                BASELINE,
                count / their_seconds,
                note,
            )
        )
    return figures


def _readings(samples: int) -> Readings:
    """Return noisy levels: one in 1,000 a spike, one in 500 too high, every tenth sensor stuck a while."""
    chance = np.random.default_rng(11)
    value = 20.0 + np.arange(SENSORS) / 200 + chance.normal(0.0, 0.1, (samples, SENSORS))
    spiked = chance.random(value.shape) < 1e-3
    value[spiked] += 8.0
    high = (chance.random(value.shape) < 2e-3) & ~spiked
    value[high] = HIGHEST + 5.0
    middle = samples // 2
    value[middle : middle + 40, ::10] = value[middle, ::10]
    spiked[middle - 1 : middle + 41, ::10] = False
    return Readings(value, spiked)


def _batches(readings: Readings, rows: int) -> list[FlatSamples]:
    segments = Segments(np.arange(SENSORS).repeat(rows))
    status, known = np.zeros(SENSORS * rows, np.uint32), np.zeros(SENSORS * rows, np.uint16)
    return [
        FlatSamples(
            segments=segments,
            time=np.tile((START + first + np.arange(rows)) * SECOND, SENSORS),
            value=readings.value[first : first + rows].T.ravel(),
            status=status,
            flags=known,
        )
        for first in range(0, len(readings.value), rows)
    ]


def _ours(batches: list[FlatSamples], rows: int) -> NDArray[np.uint16]:
    """Process batch after batch; return the flags as the readings lie."""
    bank = SensorBank()
    for _ in range(SENSORS):
        bank.add(LIMITS)
    cleaned = [bank.process(batch, int(batch.time[-1])) for batch in batches]
    return np.concatenate([clean.flags.reshape(SENSORS, rows).T for clean in cleaned])


def _ioos_qc(readings: Readings) -> Callable[[], Any]:
    from ioos_qc import qartod

    seconds = START + np.arange(len(readings.value))
    stamps = seconds.astype("datetime64[s]").astype("datetime64[ns]")
    series = np.ascontiguousarray(readings.value.T)

    def run() -> Any:
        return [
            (
                qartod.gross_range_test(value, (LOWEST, HIGHEST)),
                qartod.spike_test(value, suspect_threshold=SPIKE),
                qartod.flat_line_test(value, stamps, STILL - 1, STILL - 1, TOLERANCE),
                qartod.rate_of_change_test(value, stamps, RATE_PER_SECOND),
            )
            for value in series
        ]

    return run


def _agreed(readings: Readings, ours: NDArray[np.uint16], theirs: Any) -> str:
    """Make sure that both find what is there: the same out of range, the same stuck, and every spike."""
    ranges, spikes, still, rates = (np.array([found[test] for found in theirs]).T != 1 for test in range(4))
    np.testing.assert_array_equal(ours & Flag.OUT_OF_RANGE != 0, ranges, "out of range")
    inner = slice(STILL, -STILL)
    np.testing.assert_array_equal((ours & Flag.FLATLINE != 0)[inner], still[inner], "stuck")
    spiked = readings.spiked[inner]
    alone = spiked & ~ranges[inner] & ~np.roll(ranges, 1, 0)[inner] & ~np.roll(ranges, -1, 0)[inner]
    assert (ours & Flag.RATE_OF_CHANGE != 0)[inner][alone].all(), "we miss a spike"
    assert (spikes | rates)[inner][alone].all(), f"{BASELINE} misses a spike"
    counts = int(ranges.sum()), int(still[inner].sum()), int(alone.sum())
    return "both: {:,} out of range, {:,} stuck, {:,} spikes".format(*counts)


def _best(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the best time of a few, and what came of the last."""
    best, found = float("inf"), None
    for _ in range(REPETITIONS):
        began = perf_counter()
        found = work()
        best = min(best, perf_counter() - began)
    return best, found
