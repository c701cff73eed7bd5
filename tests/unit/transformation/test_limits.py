import pytest

from integrations.configuration import ConfigurationError, read_table
from integrations.transformation import CleaningSettings, SensorLimits, canonical_unit
from integrations.units import Affine, IncompatibleUnitsError, PressureReference, UnknownUnitError


def test_a_sensor_goes_before_its_quantity_and_that_before_the_default():
    settings = CleaningSettings(
        default=SensorLimits(deadband=0.25, flatline_count=20),
        quantities={"pressure": SensorLimits(max_valid=40.0, flatline_count=30)},
        sensors={"header-pressure": SensorLimits(max_valid=12.0)},
    )
    header = settings.resolve("header-pressure", "pressure", "bar").limits
    assert (header.max_valid, header.flatline_count, header.rate_of_change_limit) == (12.0, 30, 300.0)
    assert settings.resolve("other", "pressure", "bar").limits.max_valid == 40.0
    unknown = settings.resolve("x", "fan_stage", "stage").limits
    assert (unknown.deadband, unknown.flatline_count, unknown.stale_after_seconds) == (0.25, 20, 3600.0)


def test_flow_is_judged_by_the_limits_that_steam_meters_come_with():
    limits = CleaningSettings().resolve("a", "flow_rate", "kg/h").limits
    assert (limits.min_valid, limits.max_valid, limits.rate_of_change_limit) == (0.0, 500.0, 50.0)
    assert (limits.flatline_count, limits.flatline_tolerance) == (10, 0.01)


def test_limits_of_mass_flow_do_not_judge_a_volume():
    resolved = CleaningSettings().resolve("a", "flow_rate", "m3/h")
    assert (resolved.unit, resolved.limits.max_valid) == ("m³/h", None)


def test_inherited_limits_follow_into_the_unit_a_sensor_is_published_in():
    settings = CleaningSettings(sensors={"a": SensorLimits(target_unit="°F", max_valid=900.0)})
    resolved = settings.resolve("a", "temperature", "°C")
    assert (resolved.unit, resolved.conversion) == ("°F", Affine(1.8, 32.0))
    limits = resolved.limits
    assert (limits.min_valid, limits.max_valid) == (pytest.approx(-58.0), 900.0)
    assert limits.rate_of_change_limit == pytest.approx(18.0)


def test_a_gauge_pressure_can_be_published_as_absolute_by_the_barometer():
    settings = CleaningSettings(
        quantities={"pressure": SensorLimits(target_unit="bara")},
        barometer_bar=0.9,
        pressure_reference=PressureReference.GAUGE,
    )
    for unit in ("bar", "barg"):
        assert settings.resolve("a", "pressure", unit).conversion == Affine(1.0, 0.9)
    assert settings.resolve("a", "pressure", "bara").conversion == Affine(1.0, 0.0)


def test_a_unit_that_cannot_be_is_named():
    with pytest.raises(UnknownUnitError, match="bananas"):
        CleaningSettings().resolve("a", "flow_rate", "bananas")
    with pytest.raises(IncompatibleUnitsError, match="'bar' to 't/hr'"):
        CleaningSettings().resolve("a", "flow_rate", "bar")


@pytest.mark.parametrize(
    ("quantity", "unit", "canonical"),
    [
        ("flow_rate", "t/h", "t/hr"),
        ("flow_rate", "l/min", "m³/h"),
        ("flow_rate", "ft/s", "m/s"),
        ("totalizer", "kg", "t"),
        ("pressure", "psig", "barg"),
        ("pressure", "kPa", "bar"),
        ("temperature", "K", "°C"),
        ("density", "kg/m3", "kg/m³"),
        ("whatever", "stage", "stage"),
    ],
)
def test_each_quantity_has_its_unit(quantity, unit, canonical):
    assert canonical_unit(quantity, unit) == canonical


def test_wrong_limits_are_all_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        SensorLimits(min_valid=5.0, max_valid=5.0, flatline_count=1, target_unit="bananas")
    assert [fault.key for fault in caught.value.faults] == ["min_valid", "flatline_count", "target_unit"]
    with pytest.raises(ConfigurationError, match="rate_of_change_limit"):
        SensorLimits(rate_of_change_limit=-1.0)


def test_settings_are_read_from_a_table():
    table = {"barometer_bar": 0.95, "sensors": {"a-flow_rate": {"max_valid": 120.0}}}
    settings = read_table(CleaningSettings, table, "transformation")
    assert settings.resolve("a-flow_rate", "flow_rate", "t/h").limits.max_valid == 120.0


@pytest.mark.parametrize(("resolution", "count"), [(0.001, 10), (0.01, 10), (0.02, 20), (0.1, 64), (1.0, 0)])
def test_a_sensor_that_moves_in_steps_may_stand_still_for_longer(resolution, count):
    sensors = {"flow": SensorLimits(resolution=resolution)}
    assert (
        CleaningSettings(sensors=sensors).resolve("flow", "flow_rate", "t/hr").limits.flatline_count == count
    )


def test_a_flatline_count_of_the_sensors_own_stands_however_coarse_it_is():
    sensors = {"flow": SensorLimits(resolution=1.0, flatline_count=30)}
    assert CleaningSettings(sensors=sensors).resolve("flow", "flow_rate", "t/hr").limits.flatline_count == 30
