"""A million samples with spikes, gaps and a change of unit: the library against pandas and scipy."""

import math
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations import DataTransformationPipeline, SensorConfig, UnitConverter
from integrations.messages import Flag
from integrations.transformation.series import Treatment, clean_series

from .report import Figure

SAMPLES = 1_000_000
QUICK_SAMPLES = 100_000
REPETITIONS = 5
AIM = "≥ 5 ×"
MEMORY_AIM = "≤ 3 ×"
BAR_PER_PSI = 0.0689475729
BASELINE = "pandas, scipy"
MISSING = f"no {BASELINE} here"
STILL, STILL_TOLERANCE = 10, 1e-4
SENSOR = SensorConfig(
    "s", "pressure", "bar", 0.0, 40.0, 300.0, 0.1,
    flatline_count=STILL, flatline_tolerance=STILL_TOLERANCE, resolution=0.05,
)  # fmt: skip
CONFIG: dict[str, Any] = {
    "sensor_id": "s", "target_unit": "bar", "outlier_method": "hampel", "outlier_threshold": 6.0,
}  # fmt: skip
TREATMENT = Treatment(outlier_method="hampel", outlier_threshold=6.0)
HALF_WINDOW = 5
MAX_GAP = 10
"""What `max_impute_gap` is unless told otherwise."""
LONG_GAP = 20
COSTS = {"missing": 30, "outlier": 50, "out_of_range": 50, "spike": 30, "flatline": 15, "inconsistent": 10}


class Found(NamedTuple):
    """What a side made of the series."""

    value: NDArray[np.float64]
    outlier: NDArray[np.bool_]


def against_pandas(quick: bool) -> list[Figure]:
    """Samples a second: dictionaries in and out, arrays in and out; memory of the latter."""
    count = QUICK_SAMPLES if quick else SAMPLES
    time, value, in_psi = _series(count)
    units = np.where(in_psi, "psi", "bar").tolist()
    stamps = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second) for second in range(count)]
    stamps = [stamp.replace(tzinfo=None) for stamp in stamps]
    values = [None if math.isnan(number) else number for number in value.tolist()]
    rows = [
        {"timestamp": stamp, "value": number, "unit": unit, "source": "s"}
        for stamp, number, unit in zip(stamps, values, units, strict=True)
    ]
    pipeline, converter, profile = DataTransformationPipeline(), UnitConverter(), SENSOR.profile("bar")
    pipeline.configure_sensor(SENSOR)

    def of_rows() -> Any:
        return pipeline.process_data(rows, CONFIG)["processed_data"]

    def of_arrays() -> Any:
        bar = np.where(in_psi, converter.convert(value, "psi", "bar"), value)
        return clean_series(time, bar, TREATMENT, profile=profile)

    memory = _memory(of_arrays, time.nbytes + value.nbytes + in_psi.nbytes)
    cases = [
        ("dictionaries in, dictionaries out", of_rows, _found_in_rows),
        ("arrays in, arrays out", of_arrays, _found_in_series),
    ]
    if not (find_spec("pandas") and find_spec("scipy")):
        figures = [_figure(what, count, _best(ours), note=MISSING) for what, ours, _ in cases]
        return [*figures, memory]
    figures = []
    baselines = _baselines(rows, time, value, in_psi)
    for (what, ours, found_of), theirs in zip(cases, baselines, strict=True):
        note = _agreed(found_of(ours()), theirs())
        our_seconds, their_seconds = _in_turn(ours, lambda theirs=theirs: theirs())
        figures.append(_figure(what, count, our_seconds, count / their_seconds, note))
    return [*figures, memory]


def _figure(what: str, count: int, seconds: float, baseline: float | None = None, note: str = "") -> Figure:
    known = BASELINE if baseline else ""
    return Figure("library", what, count / seconds, "samples/s", AIM, known, baseline, note)


def _agreed(ours: Found, theirs: Found) -> str:
    """Make sure that both say the same of every sample; return by how much values differ."""
    np.testing.assert_array_equal(np.isnan(ours.value), np.isnan(theirs.value), "what stays missing")
    np.testing.assert_array_equal(ours.outlier, theirs.outlier, "outliers")
    difference = float(np.nanmax(np.abs(ours.value - theirs.value)))
    assert difference < 1e-6, f"pandas and we differ by {difference} bar"
    return f"{int(ours.outlier.sum()):,} outliers each; values differ by at most {difference:.0e} bar"


def _found_in_rows(entries: Any) -> Found:
    value = np.array([entry["value"] for entry in entries], dtype=np.float64)
    return Found(value, np.array([entry["treatment"] == "replaced" for entry in entries]))


def _found_in_series(clean: Any) -> Found:
    return Found(clean.value, clean.flags & Flag.OUTLIER != 0)


def _memory(work: Callable[[], Any], given: int) -> Figure:
    """Return the most that is allocated at once, beside the arrays that are given."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    mebi = 2**20
    return Figure(
        "library", "peak memory of arrays", peak / mebi, "MiB", MEMORY_AIM, "the arrays given", given / mebi
    )


def _series(count: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return times, values and which of them are in psi.

    Every 1000th is a spike, one in a hundred is missing, and two in a thousand are in gaps too long to fill.
    """
    chance = np.random.default_rng(7)
    value = 10 + np.sin(np.arange(count) / 5000) + chance.normal(0.0, 0.05, count)
    value[500::1000] += 9.0
    gaps = chance.integers(10, count - 10, count // 100)
    value[gaps] = np.nan
    for start in range(5_000, count - LONG_GAP, 10_000):
        value[start : start + LONG_GAP] = np.nan
    in_psi = np.arange(count) >= count // 2
    value[in_psi] /= BAR_PER_PSI
    return np.arange(count, dtype=np.int64) * 1_000_000_000, value, in_psi


def _baselines(
    rows: list[dict[str, Any]], time: NDArray[np.int64], value: NDArray[np.float64], in_psi: NDArray[np.bool_]
) -> tuple[Callable[[], Found], Callable[[], Found]]:
    """Return the same steps as people write them: convert, check, Hampel by median filters, interpolate."""
    import pandas as pd
    from scipy.ndimage import median_filter

    def cleaned(frame: Any, seconds: Any) -> tuple[Any, Any]:
        bar = frame["value"].astype(float)
        bar = bar.where(~frame["psi"], bar * BAR_PER_PSI)
        issues = {
            "missing": bar.isna(),
            "out_of_range": (bar < SENSOR.min_valid) | (bar > SENSOR.max_valid),
            "spike": bar.diff().abs() > SENSOR.rate_of_change_limit / 60 * seconds.diff(),
            "flatline": bar.rolling(STILL).max() - bar.rolling(STILL).min() <= STILL_TOLERANCE,
            "inconsistent": seconds.duplicated() | (seconds.diff() < 0),
        }
        known = bar.dropna()
        width = 2 * HALF_WINDOW + 1
        middle = median_filter(known.to_numpy(), width, mode="nearest")
        away = np.abs(known.to_numpy() - middle)
        scale = np.maximum(1.4826 * median_filter(away, width, mode="nearest"), SENSOR.resolution)
        outlier = known.index[away > CONFIG["outlier_threshold"] * scale]
        bar[outlier] = np.nan
        issues["outlier"] = frame.index.isin(outlier)
        frame["quality"] = 100.0
        for issue, cost in COSTS.items():
            frame.loc[issues[issue], "quality"] -= cost
        gaps = bar.isna().to_numpy()
        filled = bar.interpolate(method="index", limit=MAX_GAP).to_numpy(copy=True)
        edges = np.flatnonzero(np.diff(gaps, prepend=False, append=False))
        starts, ends = edges[::2], edges[1::2]
        longer = ends - starts > MAX_GAP  # whose beginnings pandas fills
        for start, end in zip(starts[longer], ends[longer], strict=True):
            filled[start:end] = np.nan
        return filled, issues["outlier"]

    def of_rows() -> Found:
        frame = pd.DataFrame(rows)
        frame["psi"] = frame["unit"] == "psi"
        frame["value"], outlier = cleaned(frame, frame["timestamp"].astype("int64") / 1e9)
        frame["value"].agg(["count", "min", "max", "mean", "median", "std"])
        frame.to_dict("records")
        return Found(frame["value"].to_numpy(), outlier)

    def of_arrays() -> Found:
        frame = pd.DataFrame({"value": value, "psi": in_psi})
        filled, outlier = cleaned(frame, pd.Series(time / 1e9))
        return Found(filled, outlier)

    return of_rows, of_arrays


def _in_turn(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """Return the best time of each; they take turns, since a machine's pace changes."""
    times = [(_seconds(ours), _seconds(theirs)) for _ in range(REPETITIONS)]
    return min(our for our, _ in times), min(their for _, their in times)


def _best(work: Callable[[], Any]) -> float:
    return min(_seconds(work) for _ in range(REPETITIONS))


def _seconds(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
