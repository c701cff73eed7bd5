"""The score of a flow: the weights that users know, each alone and together."""

import math

import pytest

from integrations.devices.steam_meter import SteamMeterConfig
from integrations.devices.steam_meter.quality import Flow, flags_of, quality_score
from integrations.devices.window import Window
from integrations.messages import Flag, Origin, Status

SECOND = 1_000_000_000
CONFIG = SteamMeterConfig("h", 502)


def judged(value, history=(), *, status=Status.GOOD, origin=Origin.MEASURED, config=CONFIG, seconds=60):
    """Judge a flow `seconds` after the last of a history that has one value a minute."""
    window = Window()
    for at, earlier in enumerate(history):
        window.add(at * 60 * SECOND, earlier, 100.0)
    now = (max(len(history) - 1, 0) * 60 + seconds) * SECOND
    return flags_of(Flow(value, status, now, origin), window, config)


@pytest.mark.parametrize(
    ("value", "history", "flags", "score"),
    [
        (42.0, [], Flag(0), 100),
        (42.0, [40.0], Flag(0), 100),
        (500.0, [500.0], Flag(0), 100),
        (500.1, [500.0], Flag.OUT_OF_RANGE, 50),
        (100.1, [50.0], Flag.RATE_OF_CHANGE, 70),
        (42.0, [42.0] * 9, Flag.FLATLINE, 80),
        (42.0, [42.0] * 8, Flag(0), 100),
        (42.004, [42.0, 42.009] * 5, Flag.FLATLINE, 80),
        (42.0, [42.009] + [42.0] * 8, Flag.FLATLINE, 80),
        (42.0, [42.02] + [42.0] * 8, Flag(0), 100),
        (42.006, [42.0, 41.994] + [42.0] * 7, Flag(0), 100),
        (-1.0, [0.0], Flag.OUT_OF_RANGE | Flag.NEGATIVE, 10),
        (-60.0, [0.0], Flag.OUT_OF_RANGE | Flag.NEGATIVE | Flag.RATE_OF_CHANGE, 0),
        (math.nan, [42.0], Flag.MISSING, 0),
    ],
)
def test_each_finding_has_its_price(value, history, flags, score):
    found = judged(value, history)
    assert found == flags
    assert quality_score(found) == score


def test_the_limit_of_change_is_per_minute():
    assert judged(41.0, [40.0], seconds=1) == Flag.RATE_OF_CHANGE
    assert judged(40.8, [40.0], seconds=1) == Flag(0)
    assert judged(140.0, [40.0], seconds=120) == Flag(0)
    assert judged(99.0, [40.0], seconds=0) == Flag(0)


def test_a_meter_that_may_run_backwards_is_not_blamed_for_it():
    config = SteamMeterConfig("h", 502, min_valid_flow=-10)
    assert judged(-5.0, [-4.0], config=config) == Flag(0)


def test_what_the_meter_says_of_itself_counts():
    assert quality_score(judged(42.0, status=Status.UNCERTAIN_EU_EXCEEDED)) == 70
    assert quality_score(judged(42.0, status=Status.BAD_SENSOR_FAILURE)) == 0


def test_a_simulated_flow_never_counts_as_valid():
    flags = judged(42.0, origin=Origin.SIMULATED, status=Status.GOOD_EDITED)
    assert flags == Flag.SIMULATED
    assert quality_score(flags) < 50
