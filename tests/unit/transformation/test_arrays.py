"""The array twins of the library's methods: same numbers, positions kept, errors by name."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from integrations.transformation import arrays
from integrations.transformation.errors import InvalidArgumentError, UnknownMethodError
from integrations.transformation.points import (
    DataImputer,
    DataPoint,
    DataTransformationPipeline,
    OutlierDetector,
    SensorFusion,
    TimeSeriesAligner,
    UnitConverter,
)
from integrations.units import IncompatibleUnitsError, UnknownUnitError

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - naive, as users have them
VALUES = [10.0, 10.2, None, 9.9, 10.1, 80.0, 10.0, float("nan"), 10.2, 9.8, 10.0, 10.1]
TIMES = np.datetime64(BEGIN) + np.arange(12).astype("timedelta64[m]")


def points(values=VALUES, unit="bar"):
    return [
        DataPoint(BEGIN + timedelta(minutes=at), value, unit, source="s") for at, value in enumerate(values)
    ]


def numbers(entries):
    return np.array([getattr(entry, "value", entry) for entry in entries], dtype=np.float64)


def test_each_twin_gives_what_the_method_on_points_gives():
    assert arrays.convert(VALUES, "bar", "psi") == pytest.approx(
        UnitConverter().convert(np.array(VALUES, dtype=object), "bar", "psi"), nan_ok=True
    )
    assert np.flatnonzero(arrays.detect_outliers(VALUES, "mad")).tolist() == [5]
    removed = OutlierDetector().remove_outliers(points(), "mad")
    assert arrays.remove_outliers(VALUES, "mad", time=TIMES) == pytest.approx(numbers(removed), nan_ok=True)
    filled = DataImputer().impute_missing(points(), "polynomial")
    assert arrays.impute_missing(VALUES, "polynomial", time=TIMES) == pytest.approx(numbers(filled))
    targets = [BEGIN + timedelta(seconds=30 + 150 * at) for at in range(4)]
    aligned = TimeSeriesAligner().align_series(points(), targets)
    found = arrays.align_series(VALUES, TIMES, np.array(targets, dtype="datetime64[ns]"))
    assert found == pytest.approx(numbers(aligned))
    resampled = TimeSeriesAligner().resample(points(), timedelta(minutes=4), "median")
    begin, medians = arrays.resample(VALUES, TIMES, timedelta(minutes=4), "median")
    assert medians == pytest.approx(numbers(resampled))
    assert begin[0] == resampled[0].timestamp.replace(tzinfo=UTC).timestamp() * 1e9
    fused = SensorFusion().fuse_sensors({"a": points(), "b": points([9.0] * 12)}, weights={"b": 0.5})
    twin = arrays.fuse_sensors([arrays.impute_missing(VALUES), [9.0] * 12], weights=[1.0, 0.5], time=TIMES)
    present = [0, 1, 3, 4]  # at the others points lose quality for having been brought there
    assert twin.value[present] == pytest.approx(numbers(fused)[present])
    processed = DataTransformationPipeline().process_data(points(), {})["processed_data"]
    clean = arrays.process_data(VALUES, TIMES)
    assert clean.value == pytest.approx([entry["value"] for entry in processed])
    assert clean.quality.tolist() == [entry["quality"] for entry in processed]
    assert arrays.validate(VALUES, TIMES)[1].tolist() == [0 if at in (2, 7) else 100 for at in range(12)]


def test_arrays_given_to_the_methods_themselves_come_back_as_arrays():
    values = np.array(VALUES, dtype=np.float64)
    assert isinstance(DataImputer().impute_missing(values), np.ndarray)
    assert OutlierDetector().remove_outliers(values, "mad", replace_with="remove").size == 11
    assert OutlierDetector().remove_outliers(values, "mad")[5] == pytest.approx(10.05)


def test_unsorted_times_move_no_position():
    assert arrays.impute_missing([3.0, None, 1.0], time=TIMES[:3][::-1]).tolist() == [3.0, 2.0, 1.0]


@pytest.mark.parametrize("values", [[], [None] * 5, [5.0] * 20, ["1", "2.5"], [1.0, np.inf, 3.0], 7.0])
def test_odd_series_keep_their_length(values):
    size = np.size(values)
    times = np.arange(size)
    for found in (
        arrays.convert(values, "bar", "psi"),
        arrays.detect_outliers(values),
        arrays.remove_outliers(values),
        arrays.impute_missing(values),
        arrays.process_data(values, times).value,
    ):
        assert found.size == size


def test_what_cannot_be_meant_is_named():
    with pytest.raises(UnknownUnitError, match="furlong"):
        arrays.convert([1.0], "furlong", "bar")
    with pytest.raises(IncompatibleUnitsError, match="°C"):
        arrays.convert([1.0], "°C", "bar")
    with pytest.raises(UnknownMethodError, match="zscore, iqr"):
        arrays.detect_outliers([1.0], "sigma")
    with pytest.raises(UnknownMethodError, match="weighted_average, kalman"):
        arrays.fuse_sensors([[1.0]], "magic")
    with pytest.raises(UnknownMethodError, match="interpolate, mean"):
        arrays.remove_outliers([1.0], replace_with="zero")
    for wrong in (
        lambda: arrays.detect_outliers([1.0], threshold=-1),
        lambda: arrays.detect_outliers(["twelve"]),
        lambda: arrays.impute_missing([1.0], max_gap="3"),
        lambda: arrays.impute_missing([1.0, None], time=[1]),
        lambda: arrays.impute_missing([[1.0, 2.0]]),
        lambda: arrays.align_series([1.0], [np.datetime64("NaT")], TIMES),
        lambda: arrays.resample([1.0], [0], float("nan")),
        lambda: arrays.fuse_sensors([[1.0], [2.0]], weights=[1.0, 2.0, 3.0]),
        lambda: arrays.fuse_sensors([[1.0], [2.0]], weights=-1.0),
        lambda: arrays.fuse_sensors([[1.0], [2.0]], "voting", tolerance=-1.0),
    ):
        with pytest.raises(InvalidArgumentError):
            wrong()
