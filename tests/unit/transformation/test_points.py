"""The customer's objects: points in, points out; nothing shifts, nothing crashes, everything is told."""

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import (
    DataImputer,
    DataPoint,
    DataQualityIssue,
    DataTransformationPipeline,
    DataValidator,
    OutlierDetector,
    SensorConfig,
    SensorFusion,
    TimeSeriesAligner,
    UnitConverter,
    UnitSystem,
)
from integrations.configuration import ConfigurationError
from integrations.transformation.errors import (
    InvalidArgumentError,
    TransformationError,
    UnknownMethodError,
    UnusablePointError,
)
from integrations.transformation.points.columns import times_of
from integrations.units import IncompatibleUnitsError, PressureReference, UnknownUnitError

START = datetime(2026, 3, 1, 12, 0, 0)  # noqa: DTZ001 - naive, as users have them
NOW_NS = round(datetime(2026, 3, 1, 12, 10, 0, tzinfo=UTC).timestamp() * 1e9)
HEADER = SensorConfig("header", "pressure", "bar", 0.0, 20.0, rate_of_change_limit=3.0)


def points(*values, unit="bar", seconds=60):
    return [
        DataPoint(START + timedelta(seconds=seconds * step), value, unit, source="header")
        for step, value in enumerate(values)
    ]


def values_of(found):
    return [point.value for point in found]


@pytest.fixture
def validator():
    validator = DataValidator(now_ns=lambda: NOW_NS)
    validator.configure_sensor(HEADER)
    return validator


def test_values_are_converted_and_an_unknown_unit_is_named():
    converter = UnitConverter()
    assert converter.convert(100, "psi", "bar") == pytest.approx(6.894757)
    assert converter.convert("212", "F", "C") == pytest.approx(100.0)
    assert converter.convert(None, "psi", "bar") is None
    assert math.isnan(converter.convert(float("nan"), "psi", "bar"))
    assert converter.convert(np.array([0.0, 1.0]), "barg", "bara").tolist() == [1.01325, 2.01325]
    with pytest.raises(UnknownUnitError, match="furlong"):
        converter.convert(1.0, "furlong", "bar")
    with pytest.raises(IncompatibleUnitsError, match=r"'psi'.*'kg'"):
        converter.convert(1.0, "psi", "kg")
    with pytest.raises(InvalidArgumentError, match="twelve"):
        converter.convert("twelve", "psi", "bar")
    with pytest.raises(InvalidArgumentError, match="barometer_bar"):
        UnitConverter(barometer_bar=-1.0)


def test_a_pressure_without_a_mark_can_be_told_its_reference():
    converter = UnitConverter(barometer_bar=0.95, pressure_reference=PressureReference.GAUGE)
    assert converter.convert(1.0, "bar", "bara") == pytest.approx(1.95)


@pytest.mark.parametrize(
    ("unit", "system", "expected"),
    [
        ("psi", UnitSystem.SI, "Pa"),
        ("psi", "metric", "bar"),
        ("t/h", UnitSystem.IMPERIAL, "lb/h"),
        ("K", UnitSystem.METRIC, "°C"),
    ],
)
def test_a_unit_system_has_one_unit_for_each_kind_of_quantity(unit, system, expected):
    assert UnitConverter().to_system(1.0, unit, system)[1] == expected


def test_a_system_without_a_unit_says_so():
    with pytest.raises(InvalidArgumentError, match="custom"):
        UnitConverter().to_system(1.0, "bar", UnitSystem.CUSTOM)


@pytest.mark.parametrize(
    ("value", "score", "issues"),
    [
        (10.0, 100.0, []),
        (25.0, 20.0, [DataQualityIssue.OUT_OF_RANGE, DataQualityIssue.SPIKE]),
        (14.0, 70.0, [DataQualityIssue.SPIKE]),
        (None, 0.0, [DataQualityIssue.MISSING]),
        (float("inf"), 0.0, [DataQualityIssue.OUT_OF_RANGE]),
    ],
)
def test_a_point_is_judged_by_limits_and_by_what_was_before(validator, value, score, issues):
    *before, point = points(10.0, 10.1, 10.0, value)
    valid, found_score, found = validator.validate_point(point, "header", before)
    assert (found_score, found) == (score, issues)
    assert valid == (score >= 50)


def test_a_point_in_another_unit_is_judged_in_the_sensors(validator):
    (psi,) = points(145.0, unit="psi")
    assert validator.validate_point(psi, "header") == (True, 100.0, [])
    (hot,) = points(400.0, unit="°C")
    with pytest.raises(IncompatibleUnitsError, match="°C"):
        validator.validate_point(hot, "header")


def test_three_deviations_from_the_last_ten_and_an_hours_age_cost_what_users_know(validator):
    *before, point = points(*[10.0, 10.01] * 5, 10.2, seconds=10)
    assert validator.validate_point(point, "header", before) == (True, 80.0, [DataQualityIssue.SPIKE])
    point.timestamp -= timedelta(hours=2)
    assert validator.validate_point(point) == (True, 90.0, [DataQualityIssue.STALE])


def test_a_data_set_is_counted(validator):
    found = validator.validate_dataset(points(10.0, None, 30.0, 10.0), "header")
    assert found == {
        "total_points": 4,
        "valid_points": 2,
        "validity_rate": 50.0,
        "average_quality": 55.0,
        "issues": {"missing": 1, "out_of_range": 1, "spike": 1},
        "sensor_id": "header",
    }
    assert validator.validate_dataset([])["validity_rate"] == 0.0


def test_noise_drift_and_a_stuck_sensor_are_found_where_they_are_configured(validator):
    config = SensorConfig(
        "s", "level", "m", 0.0, 5.0, expected_noise_level=0.01, drift_limit=0.5, flatline_count=5
    )
    validator.configure_sensor(config)
    chance = np.random.default_rng(0)
    noisy = chance.normal(2.0, 0.01, 200)
    noisy[120:] += chance.normal(0.0, 0.1, 80)
    drifting = chance.normal(2.0, 0.01, 200) + np.linspace(0.0, 1.2, 200)
    for values, issue in ((noisy, "excessive_noise"), (drifting, "sensor_drift"), ([5.0] * 9, "flatline")):
        assert issue in validator.validate_dataset(points(*values, unit="m", seconds=1), "s")["issues"]
    assert validator.validate_dataset(points(*[5.0] * 9, unit="m"), "s")["issues"]["out_of_range"] == 5


def test_a_sensor_that_cannot_be_is_refused_with_all_that_is_wrong():
    with pytest.raises(ConfigurationError, match="min_valid must be less") as caught:
        SensorConfig("s", "pressure", "furlong", 20.0, 0.0)
    assert "furlong" in str(caught.value)


def test_positions_of_outliers_do_not_shift_for_missing_values():
    detector = OutlierDetector()
    assert detector.detect_outliers(points(None, 100, None, 102, 500, 105)) == [4]
    assert detector.detect_outliers([None, "100", 102, 500, 105]) == [3]
    assert detector.detect_outliers([]) == []
    assert not detector.verdict([1.0, 2.0]).can_fire


def test_a_replaced_point_is_marked_scored_lower_and_keeps_what_was_measured():
    data = points(100.0, 102.0, 500.0, None, 105.0)
    cleaned = OutlierDetector().remove_outliers(data)
    assert values_of(cleaned) == [100.0, 102.0, 103.0, None, 105.0]
    assert (cleaned[2].original_value, cleaned[2].treatment, cleaned[2].quality) == (500.0, "replaced", 50.0)
    assert cleaned[2].issues == [DataQualityIssue.SPIKE]
    assert data[2].value == 500.0
    assert values_of(OutlierDetector().remove_outliers(data, replace_with="median"))[2] == 102.0
    assert values_of(OutlierDetector().remove_outliers(data, replace_with="remove")) == [100, 102, None, 105]
    assert OutlierDetector().remove_outliers([100, 102, 500, 105]) == [100, 102, 103.5, 105]
    with pytest.raises(UnknownMethodError, match=r"'zero'.*interpolate, mean, median, remove"):
        OutlierDetector().remove_outliers(data, replace_with="zero")


def test_mixed_units_are_compared_in_one_and_each_point_keeps_its_own():
    bar, psi = points(1.0, 1.1, 1.0, 1.1, 1.0), points(14.5, 15.0, 14.5, 90.0, None, 14.5, unit="psi")
    for step, point in enumerate(psi, len(bar)):
        point.timestamp = START + timedelta(minutes=step)
    assert OutlierDetector().detect_outliers([*bar, *psi]) == [8]
    cleaned = OutlierDetector().remove_outliers([*bar, *psi])
    assert (cleaned[8].value, cleaned[8].unit) == (pytest.approx(14.5), "psi")
    filled = DataImputer().impute_missing(cleaned)
    assert (filled[9].value, filled[9].unit) == (pytest.approx(14.5), "psi")


def test_an_imputed_point_is_marked_and_scored_lower_and_too_long_a_gap_stays():
    filled = DataImputer().impute_missing(points(1.0, None, 3.0, None, None, 6.0), max_gap=1)
    assert values_of(filled) == [1.0, 2.0, 3.0, None, None, 6.0]
    assert (filled[1].treatment, filled[1].quality) == ("imputed", 70.0)
    assert filled[1].issues == [DataQualityIssue.MISSING]
    assert DataImputer().impute_missing([1.0, None, 3.0]) == [1.0, 2.0, 3.0]
    assert "season" in DataImputer().note([1.0, None, 3.0], "seasonal")


def test_unsorted_points_are_filled_by_their_time():
    data = points(0.0, None, 20.0, 30.0)
    shuffled = [data[3], data[1], data[0], data[2]]
    assert values_of(DataImputer().impute_missing(shuffled)) == [30.0, 10.0, 0.0, 20.0]


def test_series_are_aligned_to_naive_and_aware_targets():
    targets = [
        START + timedelta(seconds=30),
        datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))),
    ]
    found = TimeSeriesAligner().align_series(points(10.0, 20.0), targets)
    assert [(point.value, point.quality) for point in found] == [(15.0, 90.0), (10.0, 100.0)]
    assert [point.timestamp for point in found] == targets
    (nothing,) = TimeSeriesAligner().align_series([], targets[:1])
    assert (nothing.value, nothing.quality, nothing.issues) == (None, 0.0, [DataQualityIssue.MISSING])


def test_resampling_keeps_empty_intervals_and_hands_on_issues():
    data = [*points(10.0, 20.0, unit="bar", seconds=30), *points(1450.377, unit="psi")]
    data[2].timestamp += timedelta(minutes=2)
    data[1].issues.append(DataQualityIssue.SPIKE)
    found = TimeSeriesAligner().resample(data, timedelta(minutes=1))
    assert values_of(found) == [15.0, None, pytest.approx(100.0, abs=1e-3)]
    assert [point.timestamp.minute for point in found] == [0, 1, 2]
    assert found[0].issues == [DataQualityIssue.SPIKE]
    assert found[1].issues == [DataQualityIssue.MISSING]
    assert TimeSeriesAligner().resample([], timedelta(minutes=1)) == []
    with pytest.raises(InvalidArgumentError, match="interval"):
        TimeSeriesAligner().resample(data, timedelta(0))


@pytest.mark.parametrize("method", ["weighted_average", "kalman", "voting", "best_quality"])
def test_sensors_that_agree_are_fused_to_what_they_say(method):
    sensors = {
        "a": points(10.0, 10.0, 10.0),
        "b": points(10.0, None, 10.0),
        "c": points(145.0377, unit="psi"),
    }
    found = SensorFusion().fuse_sensors(sensors, method)
    assert values_of(found) == pytest.approx([10.0] * 3, abs=1e-4)
    assert {point.source for point in found} == {f"fusion_{method}"}
    assert all(not point.issues for point in found)


def test_a_sensor_that_disagrees_is_outvoted_and_the_point_says_so():
    sensors = {"a": points(10.0, 10.0), "b": points(10.1, 20.0), "c": points(99.0, 30.0)}
    found = SensorFusion().fuse_sensors(sensors, "voting", tolerance=0.5)
    assert values_of(found) == [pytest.approx(10.05), None]
    assert found[0].issues == [DataQualityIssue.INCONSISTENT]
    assert found[1].quality == 0.0


def test_weights_and_quality_decide_whom_the_average_leans_on():
    low, high = points(10.0), points(20.0)
    low[0].quality = 25.0
    found = SensorFusion().fuse_sensors({"a": low, "b": high}, weights={"a": 2.0}, tolerance=50.0)
    assert values_of(found) == [pytest.approx((0.5 * 10 + 20) / 1.5)]
    assert values_of(SensorFusion().fuse_sensors({"a": low, "b": high}, "best_quality")) == [20.0]
    assert SensorFusion().fuse_sensors({}) == []
    for wrong in ({"x": 1.0}, {"a": -1.0}):
        with pytest.raises(InvalidArgumentError, match="weight"):
            SensorFusion().fuse_sensors({"a": low, "b": high}, weights=wrong)
    with pytest.raises(UnknownMethodError, match=r"'magic'.*weighted_average, kalman, voting, best_quality"):
        SensorFusion().fuse_sensors({"a": low}, "magic")


def test_what_is_no_point_is_named_with_its_position():
    with pytest.raises(UnusablePointError, match="point 1"):
        DataValidator().validate_dataset([points(1.0)[0], 17])
    with pytest.raises(UnusablePointError, match=r"point 0.*timestamp"):
        DataValidator().validate_dataset([{"value": 1.0}])
    with pytest.raises(UnusablePointError, match="yesterday"):
        DataValidator().validate_dataset([{"timestamp": "yesterday", "value": 1.0}])


FIRST = datetime(1970, 1, 1)  # noqa: DTZ001 - naive, as users have them
LAST = datetime(2261, 12, 31)  # noqa: DTZ001 - naive, as users have them


@settings(max_examples=50)
@given(st.lists(st.datetimes(FIRST, LAST), max_size=5))
def test_times_are_read_alike_however_they_are_told(stamps):
    naive = times_of(stamps).tolist()
    aware = [stamp.replace(tzinfo=UTC) for stamp in stamps]
    elsewhere = [stamp.astimezone(timezone(timedelta(hours=-5))) for stamp in aware]
    assert times_of(aware).tolist() == times_of(elsewhere).tolist() == naive
    assert times_of([stamp.isoformat() for stamp in stamps]).tolist() == naive
    assert times_of([np.datetime64(stamp) for stamp in stamps]).tolist() == naive
    assert naive == [
        (stamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000 for stamp in aware
    ]


@pytest.mark.parametrize(
    "stamp",
    [
        datetime(9999, 1, 1, tzinfo=UTC),
        START.replace(year=1969),
        -1,
        1e300,
        float("nan"),
        np.datetime64("NaT"),
        True,
    ],
)
def test_a_time_that_cannot_be_is_named(stamp):
    for stamps in ([stamp], ["2026-01-01", stamp]):
        with pytest.raises(UnusablePointError, match=f"point {len(stamps) - 1}"):
            times_of(stamps)


@pytest.mark.parametrize("unit", [None, 5])
def test_a_unit_that_is_no_text_is_an_unknown_unit(unit):
    with pytest.raises(UnknownUnitError, match=str(unit)):
        UnitConverter().convert(1.0, unit, "bar")


def test_arrays_of_text_and_none_are_converted_value_by_value():
    found = UnitConverter().convert(np.array(["1", None, 2], dtype=object), "bar", "kPa")
    assert found == pytest.approx([100.0, np.nan, 200.0], nan_ok=True)
    with pytest.raises(InvalidArgumentError, match="twelve"):
        UnitConverter().convert(np.array(["twelve"]), "bar", "kPa")


def test_arguments_of_a_wrong_kind_are_named_with_their_value():
    for wrong, words in (
        (lambda: DataImputer().impute_missing([1.0, None], max_gap="3"), "max_gap.*'3'"),
        (lambda: DataImputer().impute_missing([1.0, None], "seasonal", period=2.5), "period.*whole.*2.5"),
        (lambda: SensorFusion().fuse_sensors({"a": points(1.0)}, weights={"a": "x"}), "weight of a.*'x'"),
        (lambda: SensorFusion().fuse_sensors({"a": 1.0}), "list, got 1.0"),
        (lambda: TimeSeriesAligner().resample(points(1.0), None), "interval.*None"),
        (lambda: DataValidator().validate_dataset(None), "list, got None"),
        (lambda: DataTransformationPipeline().process_data([], [1]), "config.*mapping"),
    ):
        with pytest.raises(TransformationError, match=words):
            wrong()


def test_what_kalman_says_where_no_sensor_measured_is_marked_as_no_measurement():
    fused = SensorFusion().fuse_sensors({"a": points(1.0, 1.1, 1.0, None)}, "kalman")
    assert (fused[3].quality, fused[3].issues, fused[3].treatment) == (
        0.0, [DataQualityIssue.MISSING], "imputed",
    )  # fmt: skip
    assert fused[3].value == pytest.approx(1.0, abs=0.1)
