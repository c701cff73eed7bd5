"""A million samples with spikes, gaps and a change of unit: the library against pandas and scipy."""

import math
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations import DataTransformationPipeline, SensorConfig, UnitConverter
from integrations.transformation.series import Treatment, clean_series

from .report import Figure

SAMPLES = 1_000_000
QUICK_SAMPLES = 100_000
REPETITIONS = 3
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
COSTS = {"missing": 30, "outlier": 50, "out_of_range": 50, "spike": 30, "flatline": 15, "inconsistent": 10}


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
        return pipeline.process_data(rows, CONFIG)

    def of_arrays() -> Any:
        bar = value.copy()
        bar[in_psi] = converter.convert(bar[in_psi], "psi", "bar")
        return clean_series(time, bar, TREATMENT, profile=profile).value

    figures = []
    known = find_spec("pandas") and find_spec("scipy")
    theirs_of_rows, theirs_of_arrays = _baselines(rows, time, value, in_psi) if known else (None, None)
    for what, ours, theirs in (
        ("dictionaries in, dictionaries out", of_rows, theirs_of_rows),
        ("arrays in, arrays out", of_arrays, theirs_of_arrays),
    ):
        seconds = min(_seconds(ours) for _ in range(REPETITIONS))
        if theirs is None:
            figures.append(Figure("library", what, count / seconds, "samples/s", AIM, note=MISSING))
            continue
        their_seconds = min(_seconds(theirs) for _ in range(REPETITIONS))
        figures.append(
            Figure("library", what, count / seconds, "samples/s", AIM, BASELINE, count / their_seconds)
        )
    if theirs_of_arrays is not None:
        difference = float(np.abs(of_arrays() - theirs_of_arrays()).max())
        assert difference < 1e-6, f"pandas and we differ by {difference} bar"
        figures[-1] = replace(figures[-1], note=f"they differ by at most {difference:.0e} bar")
    return [*figures, _memory(time, value)]


def _memory(time: NDArray[np.int64], value: NDArray[np.float64]) -> Figure:
    given = time.nbytes + value.nbytes
    tracemalloc.start()
    clean_series(time, value, TREATMENT, profile=SENSOR.profile("bar"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    mebi = 2**20
    return Figure(
        "library", "peak memory of arrays", peak / mebi, "MiB", MEMORY_AIM, "the arrays given", given / mebi
    )


def _series(count: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return times, values and which of them are in psi; every 1000th a spike, one in a hundred missing."""
    chance = np.random.default_rng(7)
    value = 10 + np.sin(np.arange(count) / 5000) + chance.normal(0.0, 0.05, count)
    value[500::1000] += 9.0
    gaps = chance.integers(10, count - 10, count // 100)
    value[gaps] = np.nan
    in_psi = np.arange(count) >= count // 2
    value[in_psi] /= BAR_PER_PSI
    return np.arange(count, dtype=np.int64) * 1_000_000_000, value, in_psi


def _baselines(
    rows: list[dict[str, Any]], time: NDArray[np.int64], value: NDArray[np.float64], in_psi: NDArray[np.bool_]
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return the same steps as people write them: convert, check, Hampel by median filters, interpolate."""
    import pandas as pd
    from scipy.ndimage import median_filter

    def cleaned(frame: Any, seconds: Any) -> Any:
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
        filled = bar.interpolate(method="index", limit=10)
        filled.agg(["count", "min", "max", "mean", "median", "std"])
        return filled

    def of_rows() -> Any:
        frame = pd.DataFrame(rows)
        frame["psi"] = frame["unit"] == "psi"
        frame["value"] = cleaned(frame, frame["timestamp"].astype("int64") / 1e9)
        return frame.to_dict("records")

    def of_arrays() -> Any:
        frame = pd.DataFrame({"value": value, "psi": in_psi})
        return cleaned(frame, pd.Series(time / 1e9)).to_numpy()

    return of_rows, of_arrays


def _seconds(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
