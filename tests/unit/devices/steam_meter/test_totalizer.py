"""A totaliser is followed through rollover, reset and change of the meter, each told from the others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.samples import utc_datetime
from integrations.devices.steam_meter import TotalizerEvent, TotalizerState
from integrations.devices.steam_meter.totalizer import HOUR_NS, Total, TotalizerTracker

SECOND_NS = 1_000_000_000
MAX_FLOW = 500.0


class Meter:
    """A tracker and what it saw; every step is one second unless said otherwise."""

    def __init__(self, rollover=9_999_999.0, resolution=1.0, max_flow=MAX_FLOW):
        self.state = TotalizerState()
        self.tracker = TotalizerTracker(rollover, resolution, max_flow)
        self.now = 0

    def show(self, value, flow=10.0, after=SECOND_NS):
        self.now += after
        return self.tracker.update(self.state, Total(value, self.now, flow))

    @property
    def totals(self):
        return (self.state.current_total, self.state.lifetime_total, self.state.rollover_count)


def test_the_first_total_is_the_meters_life_so_far():
    meter = Meter()
    assert meter.show(1000.0) is None
    assert meter.totals == (1000.0, 1000.0, 0)
    assert meter.state.previous_total == 1000.0
    assert meter.state.last_update == utc_datetime(SECOND_NS)


def test_a_total_that_grows_is_added():
    meter = Meter()
    for total in (100.0, 101.0, 101.0, 103.0):
        assert meter.show(total) is None
    assert meter.totals == (103.0, 103.0, 0)
    assert meter.state.previous_total == 101.0


def test_one_rollover_counts_once_and_only_once():
    meter = Meter()
    meter.show(9_999_998.0)
    assert meter.show(2.0) is TotalizerEvent.ROLLOVER
    assert meter.totals == (2.0, 10_000_002.0, 1)
    assert meter.show(3.0) is None
    assert meter.show(3.0) is None
    assert meter.totals == (3.0, 10_000_003.0, 1)


def test_the_count_after_the_largest_is_zero():
    meter = Meter()
    meter.show(9_999_999.0)
    assert meter.show(0.0) is TotalizerEvent.ROLLOVER
    assert meter.state.lifetime_total == 10_000_000.0


def test_a_32_bit_counter_of_kilograms_rolls_over_at_two_to_the_32():
    meter = Meter(rollover=(2**32 - 1) * 0.001, resolution=0.001)
    meter.show((2**32 - 5) * 0.001)
    assert meter.show(0.003) is TotalizerEvent.ROLLOVER
    assert meter.state.lifetime_total == pytest.approx((2**32 + 3) * 0.001, abs=1e-6)


def test_a_reset_starts_again_at_zero():
    meter = Meter()
    meter.show(5000.0)
    assert meter.show(0.0) is TotalizerEvent.RESET
    assert meter.show(1.0) is None
    assert meter.totals == (1.0, 5001.0, 0)


def test_what_flowed_while_nobody_looked_after_a_reset_counts():
    meter = Meter()
    meter.show(5000.0, flow=20.0)
    assert meter.show(35.0, flow=20.0, after=2 * HOUR_NS) is TotalizerEvent.RESET
    assert meter.state.lifetime_total == 5035.0


@pytest.mark.parametrize("total", [200.0, 4000.0, 900_000.0])
def test_another_meter_starts_anywhere_and_its_past_is_not_ours(total):
    meter = Meter()
    meter.show(5000.0)
    assert meter.show(total) is TotalizerEvent.METER_SWAP
    assert meter.show(total + 1) is None
    assert meter.totals == (total + 1, 5001.0, 0)


def test_a_long_gap_with_steam_flowing_is_growth():
    meter = Meter()
    meter.show(1000.0, flow=40.0)
    assert meter.show(3880.0, flow=40.0, after=72 * HOUR_NS) is None
    assert meter.state.lifetime_total == 3880.0


def test_a_rollover_in_a_long_gap_is_known_by_what_flowed():
    meter = Meter()
    meter.show(9_998_000.0, flow=400.0)
    assert meter.show(20_000.0, flow=400.0, after=55 * HOUR_NS) is TotalizerEvent.ROLLOVER
    assert meter.state.lifetime_total == 10_020_000.0


def test_without_a_flow_the_meters_range_is_what_can_have_passed():
    meter = Meter()
    meter.show(9_990_000.0, flow=math.nan)
    assert meter.show(15_000.0, flow=math.nan, after=100 * HOUR_NS) is TotalizerEvent.ROLLOVER


def test_a_display_that_is_seldom_refreshed_is_no_other_meter():
    meter = Meter(resolution=0.001)
    meter.show(100.0, flow=500.0)
    for step in range(1, 20):
        assert meter.show(100.0 + step * 80.0, flow=500.0) is None


def test_a_total_that_wavers_is_no_reset():
    meter = Meter(rollover=9999.999, resolution=0.001)
    meter.show(500.0)
    assert meter.show(499.998) is None
    assert meter.show(500.001) is None
    assert meter.state.lifetime_total == pytest.approx(500.001)


def test_rounding_near_zero_is_no_reset():
    meter = Meter(rollover=999.9, resolution=0.1)
    meter.show(3 * 0.1)
    assert meter.show(0.3) is None
    assert meter.show(0.2) is TotalizerEvent.RESET


def test_a_total_that_is_not_given_says_nothing():
    meter = Meter()
    meter.show(100.0)
    before = meter.totals
    for value in (math.nan, math.inf, -math.inf):
        assert meter.show(value) is None
    assert meter.totals == before
    assert meter.state.last_update == utc_datetime(SECOND_NS)
    meter.show(101.0)
    assert meter.state.lifetime_total == 101.0


def test_a_clock_that_goes_back_harms_nothing():
    meter = Meter()
    meter.show(9_999_999.0)
    assert meter.show(1.0, after=-10 * SECOND_NS) is TotalizerEvent.ROLLOVER


steps = st.lists(
    st.tuples(st.integers(1, 3600), st.integers(0, 500)), min_size=1, max_size=60
)  # seconds until the next poll, whole t/h that flow meanwhile


@given(st.integers(0, 9_999), steps)
def test_the_lifetime_is_exact_over_any_number_of_rollovers(start, walk):
    """A meter that shows 4 digits of 0.1 t: 1000 t a turn, so that an hour at full flow is half a turn."""
    meter = Meter(rollover=999.9, resolution=0.1)
    true = start * 0.1
    meter.show(true % 1000.0, flow=0.0)
    rollovers = 0
    for seconds, flow in walk:
        before, true = true, round(true + flow * seconds / 3600, 1)
        crossed = int(round(true, 1) // 1000) - int(round(before, 1) // 1000)
        event = meter.show(round(true % 1000.0, 1), flow=float(flow), after=seconds * SECOND_NS)
        assert event is (TotalizerEvent.ROLLOVER if crossed else None)
        rollovers += crossed
        assert meter.state.lifetime_total == pytest.approx(true, abs=1e-6)
    assert meter.state.rollover_count == rollovers


@given(st.integers(2**32 - 5000, 2**32 + 5000), st.lists(st.integers(0, 400), max_size=50))
def test_whole_counts_stay_whole(start, increments):
    meter = Meter(rollover=float(2**32 - 1))
    meter.show(float(start % 2**32))
    for increment in increments:
        start += increment
        meter.show(float(start % 2**32))
    turns = meter.state.rollover_count
    assert meter.state.lifetime_total % 2**32 == start % 2**32
    assert turns <= 1
