"""Limits that come while readings do: in force at once, nothing forgotten, or refused and nothing changed."""

import pytest

from integrations.configuration import ConfigurationError
from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import Flag
from integrations.transformation import Cleaner, CleaningSettings, SensorLimits

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


class Rig:
    def __init__(self, **sensors):
        self.faults, self.refusals, self.count = [], [], 0
        self.cleaner = Cleaner(
            CleaningSettings(sensors=sensors),
            on_fault=self.faults.append,
            on_refusal=lambda *what: self.refusals.append(what),
            now_ns=lambda: START + self.count * SECOND,
        )

    def clean(self, *values, unit="bar", quantity="pressure", sensor="p"):
        """Clean one batch of values, a second apart each."""
        times = [START + (self.count + at) * SECOND for at in range(len(values))]
        self.count += len(values)
        column = RawColumn(sensor, quantity, unit, times, list(values), [0] * len(values))
        batch = RawBatch(
            site="s", device_class="pressure_sensor", source="g", sequence=self.count, epoch=1,
            origin=Origin.MEASURED, columns=[column],
        )  # fmt: skip
        (clean,) = self.cleaner.clean([(self.count, batch)])
        return clean


def flagged(clean, flag):
    return [bool(mask & flag) for mask in clean.flags]


def test_new_limits_hold_from_the_next_reading_on():
    rig = Rig()
    assert flagged(rig.clean(10.0), Flag.OUT_OF_RANGE) == [False]
    assert rig.cleaner.configure("p", SensorLimits(max_valid=9.0))
    assert flagged(rig.clean(10.0), Flag.OUT_OF_RANGE) == [True]
    rig.cleaner.configure("p", None)
    assert flagged(rig.clean(10.0), Flag.OUT_OF_RANGE) == [False]


def test_what_is_remembered_of_the_sensor_stays():
    rig = Rig(p=SensorLimits(flatline_count=5, flatline_tolerance=0.1))
    rig.clean(5.0, 5.0, 5.0)
    rig.cleaner.configure("p", SensorLimits(max_valid=20.0))
    assert flagged(rig.clean(5.0, 5.0, 5.0), Flag.FLATLINE) == [False, True, True]


def test_what_is_remembered_follows_into_another_unit():
    rig = Rig(p=SensorLimits(flatline_count=5, flatline_tolerance=0.1, rate_of_change_limit=60.0))
    rig.clean(5.0, 5.0, 5.0)
    rig.cleaner.configure("p", SensorLimits(target_unit="kPa"))
    still = rig.clean(5.0, 5.0, 5.0)
    assert (still.unit, still.value) == ("kPa", [500.0] * 3)
    assert flagged(still, Flag.FLATLINE) == [False, True, True]
    jump = rig.clean(5.9, 12.0)  # 60 bar/min are 1 bar/s
    assert flagged(jump, Flag.RATE_OF_CHANGE) == [False, True]


def test_a_baseline_follows_into_another_unit():
    rig = Rig(p=SensorLimits(drift_limit=0.5))
    for _ in range(6):
        rig.clean(*[5.0, 5.1] * 5)
    rig.cleaner.configure("p", SensorLimits(target_unit="kPa"))
    assert not any(flagged(rig.clean(*[5.0, 5.1] * 30), Flag.DRIFT))
    assert all(flagged(rig.clean(*[5.8, 5.9] * 40), Flag.DRIFT)[-5:])


def test_keys_left_open_stay_as_in_the_file_whatever_unit_the_new_ones_are_in():
    rig = Rig(p=SensorLimits(max_valid=10.0, min_valid=1.0))
    rig.cleaner.configure("p", SensorLimits(target_unit="kPa", min_valid=300.0))
    assert flagged(rig.clean(2.0, 5.0, 11.0), Flag.OUT_OF_RANGE) == [True, False, True]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (SensorLimits(min_valid=400.0), "min_valid must be less than max_valid"),
        (SensorLimits(target_unit="t/hr"), "target_unit does not fit"),
    ],
)
def test_limits_that_do_not_fit_are_refused_and_nothing_changes(limits, reason):
    rig = Rig()
    rig.clean(10.0)
    rig.cleaner.configure("p", SensorLimits(max_valid=9.0))
    with pytest.raises(ConfigurationError, match=reason):
        rig.cleaner.configure("p", limits)
    clean = rig.clean(8.0, 10.0)
    assert (clean.unit, flagged(clean, Flag.OUT_OF_RANGE)) == ("bar", [False, True])


def test_limits_of_a_sensor_not_yet_heard_wait_for_it():
    rig = Rig()
    assert not rig.cleaner.configure("p", SensorLimits(max_valid=9.0))
    assert flagged(rig.clean(10.0), Flag.OUT_OF_RANGE) == [True]


def test_limits_that_turn_out_not_to_fit_are_told_and_left():
    rig = Rig()
    rig.cleaner.configure("p", SensorLimits(target_unit="t/hr"))
    assert rig.clean(10.0).unit == "bar"
    assert [sensor for sensor, _ in rig.refusals] == ["p"]
    rig.clean(10.0)
    assert len(rig.refusals) == 1


def test_a_sensor_that_was_only_carried_is_cleaned_once_its_limits_are_right():
    rig = Rig(p=SensorLimits(target_unit="t/hr"))
    assert rig.clean(10.0).value == [None]
    rig.cleaner.configure("p", SensorLimits(target_unit="bar"))
    assert rig.clean(10.0).value == [None]  # the file's own table is still wrong
    assert rig.faults
