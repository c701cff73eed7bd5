"""process_data: positions hold, units mix, bad input is flagged or named, statistics tell what was done."""

import math
import tracemalloc
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import DataTransformationPipeline, SensorConfig
from integrations.configuration import ConfigurationError
from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import score
from integrations.transformation import Cleaner, CleaningSettings, SensorLimits
from integrations.transformation.profiles import SensorProfile
from integrations.transformation.series import Treatment, clean_series
from integrations.units import IncompatibleUnitsError, UnknownUnitError

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SECOND = 1_000_000_000
QUIET = SensorProfile(resolution=0.1)
UNTOUCHED = {"remove_outliers": False, "impute_missing": False}


def raw(*values, unit="bar", seconds=60):
    return [
        {"timestamp": START + timedelta(seconds=seconds * step), "value": value, "unit": unit, "source": "s"}
        for step, value in enumerate(values)
    ]


def process(data, sensor=None, **config):
    pipeline = DataTransformationPipeline()
    if sensor:
        pipeline.configure_sensor(sensor)
        config["sensor_id"] = sensor.sensor_id
    return pipeline.process_data(data, config)


def values_of(result):
    return [entry["value"] for entry in result["processed_data"]]


def test_units_may_change_from_point_to_point():
    data = [*raw(1.0, 1.0), *raw(14.503774, unit="psi"), *raw(100.0, unit="kPa")]
    result = process(data, **UNTOUCHED)
    assert values_of(result) == pytest.approx([1.0] * 4)
    assert {entry["unit"] for entry in result["processed_data"]} == {"bar"}
    assert result["processed_data"][2]["original_value"] == 14.503774


@pytest.mark.parametrize(
    ("value", "cleaned", "issues"),
    [
        ("12.5", 12.5, []),
        (None, None, ["missing"]),
        ("", None, ["missing"]),
        (float("nan"), None, ["missing"]),
        (float("inf"), None, ["out_of_range"]),
        ("broken", None, ["out_of_range"]),
        (10**400, None, ["out_of_range"]),
        ([1, 2], None, ["out_of_range"]),
    ],
)
def test_a_value_is_read_or_flagged_and_shifts_nobody(value, cleaned, issues):
    result = process(raw(12.0, value, 13.0), **UNTOUCHED)
    assert values_of(result) == [12.0, cleaned, 13.0]
    assert result["processed_data"][1]["issues"] == issues
    assert result["processed_data"][1]["original_value"] is value


@pytest.mark.parametrize("data", [[], raw(None), raw(None, None, None), raw(5.0), raw(*[5.0] * 40)])
def test_little_or_nothing_to_do_is_done_and_told(data):
    result = process(data)
    found = result["statistics"]
    assert len(result["processed_data"]) == found["count"] == len(data)
    assert math.isnan(found["mean"]) == (found["measured_count"] == 0)
    assert bool(found["notes"]) == (found["measured_count"] < 3)


def test_missing_keys_are_a_missing_value_and_no_source():
    result = process([{"timestamp": START}, {"timestamp": START + timedelta(1), "value": 1}])
    assert [entry["issues"] for entry in result["processed_data"]] == [["missing"], []]
    assert result["processed_data"][0]["source"] == ""


def test_what_is_wrong_is_named():
    with pytest.raises(UnknownUnitError, match="furlong"):
        process(raw(1.0, unit="furlong"))
    with pytest.raises(IncompatibleUnitsError, match=r"'bar'.*'kg'"):
        process(raw(1.0), target_unit="kg")
    with pytest.raises(ConfigurationError, match="outlier_threshold must be greater than 0, got -1"):
        process(raw(1.0), outlier_threshold=-1)
    with pytest.raises(ConfigurationError, match="zscore, iqr, isolation, mad, hampel"):
        process(raw(1.0), outlier_method="sigma")
    with pytest.raises(ConfigurationError, match=r"forward_fill.*seasonal"):
        process(raw(1.0), impute_method="guess")
    with pytest.raises(ConfigurationError, match="did you mean outlier_threshold"):
        process(raw(1.0), outlier_treshold=3)
    with pytest.raises(ConfigurationError, match=r"resample_aggregation.*median"):
        process(raw(1.0), resample_aggregation="mode")


def test_unsorted_and_double_times_keep_their_places():
    data = raw(0.0, None, 20.0, 30.0)
    data = [data[3], data[1], data[0], data[2], data[2]]
    result = process(data, remove_outliers=False)
    assert values_of(result) == [30.0, 10.0, 0.0, 20.0, 20.0]
    assert [entry["timestamp"] for entry in result["processed_data"]] == [
        entry["timestamp"] for entry in data
    ]
    assert "inconsistent" in result["processed_data"][4]["issues"]


def test_the_statistics_tell_what_was_done():
    result = process(raw(100.0, 102.0, 500.0, None, 105.0, *[None] * 12))
    found = result["statistics"]
    told = {name: found[name] for name in found if name.endswith("_count")}
    assert told == {
        "valid_count": 5,
        "measured_count": 3,
        "missing_count": 13,
        "outlier_count": 1,
        "imputed_count": 1,
        "replaced_count": 1,
        "unfilled_count": 12,
        "gap_count": 0,
        "flagged_count": 13,
        "removed_count": 0,
    }
    assert result["processing_config"]["max_impute_gap"] == 10
    assert found["quality_dimensions"]["completeness"] < 50 < found["quality_dimensions"]["consistency"]


def test_outliers_that_are_removed_drop_out():
    result = process(raw(100.0, 102.0, 500.0, 105.0), outlier_replace="remove")
    assert values_of(result) == [100.0, 102.0, 105.0]
    assert result["statistics"]["removed_count"] == 1


def test_resampling_gives_even_intervals():
    result = process(raw(1.0, 3.0, 5.0, seconds=30), resample_interval=60, resample_aggregation="max")
    assert values_of(result) == [3.0, 5.0]
    assert [entry["timestamp"] for entry in result["processed_data"]] == [
        START,
        START + timedelta(minutes=1),
    ]


def test_a_sensors_limits_and_calibration_hold_in_the_target_unit():
    sensor = SensorConfig("s", "pressure", "bar", 0.0, 10.0, calibration_factor=2.0, calibration_offset=1.0)
    result = process(raw(1.0, 20.0), sensor, target_unit="kPa", **UNTOUCHED)
    assert values_of(result) == pytest.approx([300.0, 4100.0])
    assert [entry["issues"] for entry in result["processed_data"]] == [[], ["out_of_range"]]
    assert result["validation"]["valid_points"] == 2
    assert result["validation"]["average_quality"] == 75.0


def test_age_is_judged_only_where_it_is_asked_for():
    assert process(raw(1.0))["statistics"]["quality_score"] == 100.0
    later = process(raw(1.0), now=START + timedelta(hours=2))
    assert later["statistics"]["quality_score"] == 90.0
    assert later["processed_data"][0]["issues"] == ["stale_data"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(-3, 200), st.one_of(st.none(), st.floats(1.0, 25), st.just(math.inf))),
        min_size=1,
        max_size=40,
    )
)
def test_library_and_service_give_the_same_score(samples):
    times = [(1_000_000 + second) * SECOND for second, _ in samples]
    values = [value for _, value in samples]
    limits = SensorLimits(
        target_unit="bar",
        min_valid=0.0,
        max_valid=20.0,
        rate_of_change_limit=30.0,
        deadband=0.5,
        flatline_count=3,
        flatline_tolerance=0.1,
    )
    now_ns = 1_000_150 * SECOND
    service = Cleaner(
        CleaningSettings(sensors={"s": limits}), on_fault=lambda fault: None, now_ns=lambda: now_ns
    )
    column = RawColumn(
        sensor_id="s", quantity="pressure", unit="bar", time=times, value=values, status=[0] * len(times)
    )
    polled = RawBatch(
        site="p",
        device_class="pressure_sensor",
        source="c",
        sequence=0,
        epoch=0,
        origin=Origin.MEASURED,
        columns=[column],
    )
    (batch,) = service.clean([(1, polled)])
    sensor = SensorConfig(
        "s", "pressure", "bar", 0.0, 20.0, 30.0, 0.5, flatline_count=3, flatline_tolerance=0.1
    )
    data = [
        {"timestamp": time / SECOND, "value": value, "unit": "bar"}
        for time, value in zip(times, values, strict=True)
    ]
    now = datetime.fromtimestamp(now_ns / 1e9, UTC)
    pipeline = DataTransformationPipeline()
    pipeline.configure_sensor(sensor)
    result = pipeline.process_data(data, {"sensor_id": "s", "now": now, **UNTOUCHED})
    assert [entry["value"] for entry in result["processed_data"]] == batch.value
    scores = [entry["quality"] for entry in result["processed_data"]]
    # Stuck at a limit is what only a whole series shows.
    stuck = [entry["value"] is not None and entry["value"] > 19.8 for entry in result["processed_data"]]
    assert all(
        ours == theirs or (alone and ours < theirs)
        for ours, theirs, alone in zip(scores, batch.quality, stuck, strict=True)
    )
    assert result["validation"]["average_quality"] == pytest.approx(np.mean(batch.quality))


@settings(max_examples=80)
@given(
    st.lists(st.floats(9.9, 10.1), min_size=30, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from([None, 1e3, -1e3, math.inf])), max_size=6),
)
def test_more_trouble_in_the_data_never_raises_the_score(values, trouble):
    time = np.arange(len(values), dtype=np.int64) * SECOND
    treatment = Treatment(outlier_method="mad", outlier_threshold=10.0)
    good = np.array(values)
    bad = good.copy()
    for position, value in trouble:
        bad[position % len(values)] = np.nan if value is None else value
    before, after = (clean_series(time, one, treatment, profile=QUIET) for one in (good, bad))
    assert (before.quality == 100).all()
    assert after.quality.mean() <= before.quality.mean()
    assert (after.quality == score(after.flags)).all()


def test_a_million_samples_take_no_more_than_three_times_their_own_memory():
    count = 1_000_000
    time = np.arange(count, dtype=np.int64) * SECOND
    value = np.random.default_rng(0).normal(10.0, 0.1, count)
    value[::1000] += 9.0
    value[5::700] = np.nan
    tracemalloc.start()
    try:
        found = clean_series(time, value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.outliers >= 990
    assert peak <= 3 * (time.nbytes + value.nbytes)


def test_validation_is_of_the_raw_points_whatever_is_done_to_them_afterwards():
    sensor = SensorConfig("s", "pressure", "bar", 0.0, 20.0, drift_limit=0.5)
    chance = np.random.default_rng(8)
    data = raw(*chance.normal(10, 0.05, 200), *chance.normal(11, 0.05, 200), 50.0)
    untouched, treated = process(data, sensor, **UNTOUCHED), process(data, sensor)
    assert untouched["validation"] == treated["validation"]
    assert untouched["validation"]["issues"]["sensor_drift"] > 100
    assert untouched["validation"]["average_quality"] == pytest.approx(
        untouched["statistics"]["quality_score"]
    )
