import pytest

from integrations.messages import (
    CleanBatch,
    ContentType,
    Origin,
    Qartod,
    RawBatch,
    RawColumn,
    Status,
    decode,
    encode,
)
from integrations.quality import SIMULATED_CAP, Flag
from integrations.transformation import Cleaner, CleaningSettings, SensorLimits, UnusableBatchError

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


def column(sensor_id, *values, unit="kg/h", quantity="flow_rate", start=0, status=0):
    times = [START + (start + at) * SECOND for at in range(len(values))]
    return RawColumn(sensor_id, quantity, unit, times, list(values), [status] * len(values))


def raw(*columns, source="gateway_1", origin=Origin.MEASURED):
    return RawBatch(
        site="plant1",
        device_class="steam_meter",
        source=source,
        sequence=0,
        epoch=START,
        origin=origin,
        columns=list(columns),
    )


class Clock:
    def __init__(self):
        self.now = START + 100 * SECOND

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def faults():
    return []


@pytest.fixture
def cleaner(clock, faults):
    return Cleaner(CleaningSettings(), on_fault=faults.append, now_ns=clock)


def test_a_chunk_becomes_one_clean_batch_per_sensor(cleaner):
    chunk = [
        (7, raw(column("a", 1000.0, 1100.0), column("b", 5000.0))),
        (8, raw(column("a", 1200.0, start=2), column("b", 5200.0, start=1))),
    ]
    a, b = cleaner.clean(chunk)
    assert a == CleanBatch(
        site="plant1",
        device_class="steam_meter",
        source="gateway_1",
        sensor_id="a",
        quantity="flow_rate",
        unit="t/hr",
        raw_unit="kg/h",
        origin=Origin.MEASURED,
        raw_sequence=8,
        time=[START, START + SECOND, START + 2 * SECOND],
        value=[1.0, 1.1, 1.2],
        raw_value=[1000.0, 1100.0, 1200.0],
        status=[0, 0, 0],
        quality=[100, 100, 100],
        qartod=[1, 1, 1],
        flags=[0, 0, 0],
    )
    assert (b.sensor_id, b.value, b.raw_sequence) == ("b", [5.0, 5.2], 8)


@pytest.mark.parametrize("content_type", list(ContentType))
def test_a_clean_batch_survives_the_wire(cleaner, content_type):
    values = (1000.0, None, float("nan"), float("inf"), 8e307, -5.0)
    (clean,) = cleaner.clean([(1, raw(column("a", *values)))])
    body = encode(clean, content_type)
    read = decode(body, CleanBatch, content_type)
    assert read.value == [1.0, None, None, None, pytest.approx(8e304), -0.005]
    assert read.quality[1:4] == [0, 0, 0]
    assert read.flags[1:4] == [Flag.MISSING, Flag.MISSING, Flag.NOT_FINITE]


def test_the_raw_value_travels_along(cleaner):
    (clean,) = cleaner.clean([(1, raw(column("a", 900_000.0, None)))])
    assert clean.raw_value == [900_000.0, None]
    assert clean.value == [900.0, None]
    assert clean.flags == [Flag.OUT_OF_RANGE, Flag.MISSING]
    assert clean.qartod == [Qartod.FAIL, Qartod.MISSING]


def test_a_bad_status_takes_the_value_and_keeps_the_raw_one(cleaner):
    (clean,) = cleaner.clean([(1, raw(column("a", 1000.0, status=Status.BAD_NO_COMMUNICATION)))])
    assert (clean.value, clean.raw_value, clean.quality) == ([None], [1000.0], [0])
    assert clean.status == [Status.BAD_NO_COMMUNICATION]


def test_an_unknown_unit_is_reported_once_and_its_neighbours_go_on(cleaner, faults):
    for second in range(3):
        chunk = [
            (second, raw(column("a", 5.0, unit="bananas", start=second), column("b", 1000.0, start=second)))
        ]
        a, b = cleaner.clean(chunk)
        assert (a.value, a.raw_value, a.raw_unit, a.unit) == ([None], [5.0], "bananas", "bananas")
        assert (a.quality, a.flags) == ([0], [Flag.UNCONVERTIBLE])
        assert a.status == [Status.BAD_CONFIGURATION_ERROR]
        assert (b.value, b.quality) == ([1.0], [100])
    assert [(fault.sensor_id, fault.unit) for fault in faults] == [("a", "bananas")]
    assert "bananas" in faults[0].reason


def test_each_sensor_with_an_unknown_unit_is_reported(cleaner, faults):
    cleaner.clean([(1, raw(column("a", 5.0, unit="bananas"), column("b", 5.0, unit="bananas")))])
    assert [fault.sensor_id for fault in faults] == ["a", "b"]


def test_a_unit_that_measures_something_else_is_a_fault(cleaner, faults):
    (clean,) = cleaner.clean([(1, raw(column("a", 5.0, unit="bar")))])
    assert clean.flags == [Flag.UNCONVERTIBLE]
    assert "'bar'" in faults[0].reason
    assert "'t/hr'" in faults[0].reason


def test_a_unit_that_is_put_right_heals(cleaner):
    cleaner.clean([(1, raw(column("a", 5.0, unit="bananas")))])
    (clean,) = cleaner.clean([(2, raw(column("a", 5.0, unit="t/h", start=1)))])
    assert (clean.value, clean.quality) == ([5.0], [100])
    assert len(cleaner) == 1


def test_a_sensor_that_changes_its_unit_keeps_its_past(cleaner):
    batches = cleaner.clean(
        [(1, raw(column("a", 10_000.0, unit="kg/h"))), (2, raw(column("a", 40.0, unit="t/h", start=1)))]
    )
    assert [(clean.raw_unit, clean.value) for clean in batches] == [("kg/h", [10.0]), ("t/h", [40.0])]
    assert batches[1].flags == [Flag.RATE_OF_CHANGE]


def test_a_sensor_that_measures_something_else_begins_anew(cleaner):
    batches = cleaner.clean(
        [(1, raw(column("a", 10.0, unit="t/h"))), (2, raw(column("a", 90.0, unit="m3/h", start=1)))]
    )
    assert [(clean.unit, clean.flags) for clean in batches] == [("t/hr", [0]), ("m³/h", [0])]
    assert len(cleaner) == 1


def test_simulated_readings_are_marked_and_never_valid(cleaner):
    (clean,) = cleaner.clean([(1, raw(column("a", 1000.0), origin=Origin.SIMULATED))])
    assert clean.origin is Origin.SIMULATED
    assert clean.flags == [Flag.SIMULATED]
    assert clean.status == [Status.GOOD_EDITED]
    assert clean.quality == [SIMULATED_CAP]


def test_a_real_reading_is_not_measured_against_a_simulated_one(cleaner):
    cleaner.clean([(1, raw(column("a", 400_000.0), origin=Origin.SIMULATED))])
    (clean,) = cleaner.clean([(2, raw(column("a", 1000.0, start=1)))])
    assert (clean.origin, clean.flags) == (Origin.MEASURED, [0])


def test_gauge_and_absolute_pressures_never_share_a_unit(cleaner):
    columns = (
        column(sensor_id, 100.0, unit=unit, quantity="pressure")
        for sensor_id, unit in (("g", "psig"), ("a", "psia"), ("p", "psi"))
    )
    assert [clean.unit for clean in cleaner.clean([(1, raw(*columns))])] == ["barg", "bara", "bar"]


def test_a_quantity_nobody_knows_keeps_its_unit(cleaner):
    (clean,) = cleaner.clean([(1, raw(column("a", 3.0, unit="stage", quantity="fan_stage")))])
    assert (clean.unit, clean.value, clean.quality) == ("stage", [3.0], [100])


def test_columns_without_samples_and_empty_chunks_yield_nothing(cleaner):
    assert cleaner.clean([]) == []
    assert cleaner.clean([(1, raw())]) == []
    (clean,) = cleaner.clean([(1, raw(column("a"), column("b", 1.0)))])
    assert clean.sensor_id == "b"


@pytest.mark.parametrize(("time", "status"), [(2**63, 0), (START, 2**32), (START, -1)])
def test_numbers_no_reading_can_have_are_refused_and_nothing_is_remembered(cleaner, time, status):
    poison = RawColumn("a", "flow_rate", "t/h", [time], [400.0], [status])
    with pytest.raises(UnusableBatchError):
        cleaner.clean([(1, raw(column("b", 400.0, unit="t/h"), poison))])
    a, b = cleaner.clean([(2, raw(column("a", 10.0, unit="t/h"), column("b", 10.0, unit="t/h")))])
    assert (a.flags, b.flags) == ([0], [0])


def test_no_more_sensors_are_remembered_than_configured(clock, faults):
    cleaner = Cleaner(CleaningSettings(max_sensors=3), on_fault=faults.append, now_ns=clock)
    for second in range(10):
        clock.now += SECOND
        cleaner.clean(
            [(second, raw(column(f"s{second}", 10.0), column("steady", 10.0 + second, start=second)))]
        )
        assert len(cleaner) <= 3
    (clean,) = cleaner.clean([(11, raw(column("steady", 30_000.0, start=10)))])
    assert clean.flags == [Flag.RATE_OF_CHANGE]


def test_silence_is_told_by_name_once(cleaner, clock):
    for second in range(10):
        clock.now = START + second * SECOND
        cleaner.clean([(second, raw(column("a", 1000.0 * second, start=second)))])
    clock.now += 9 * SECOND
    assert cleaner.newly_silent() == []
    clock.now += 2 * SECOND
    (silence,) = cleaner.newly_silent()
    assert (silence.sensor_id, silence.interval_seconds) == ("a", 1.0)
    assert silence.last_heard_ns == START + 9 * SECOND
    assert cleaner.newly_silent() == []


def test_a_forgotten_sensor_is_new_when_it_comes_again(cleaner):
    cleaner.clean([(1, raw(column("a", 1000.0)))])
    cleaner.forget("a")
    cleaner.forget("never seen")
    assert len(cleaner) == 0
    (clean,) = cleaner.clean([(2, raw(column("a", 400_000.0, start=1)))])
    assert clean.flags == [0]


def test_limits_of_one_sensor_leave_the_others_alone(clock, faults):
    settings = CleaningSettings(sensors={"a": SensorLimits(max_valid=5.0)})
    cleaner = Cleaner(settings, on_fault=faults.append, now_ns=clock)
    a, b = cleaner.clean([(1, raw(column("a", 6000.0), column("b", 6000.0)))])
    assert (a.flags, b.flags) == ([Flag.OUT_OF_RANGE], [0])


def test_limits_that_contradict_each_other_fault_their_sensor_only(clock, faults):
    settings = CleaningSettings(sensors={"a": SensorLimits(max_valid=-5.0)})
    cleaner = Cleaner(settings, on_fault=faults.append, now_ns=clock)
    a, b = cleaner.clean([(1, raw(column("a", 6000.0), column("b", 6000.0)))])
    assert (a.flags, b.flags) == ([Flag.UNCONVERTIBLE], [0])
    assert "max_valid = -5.0" in faults[0].reason
