"""Late samples, replays and clocks that step: flagged, never in the way of what follows."""

from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import names
from integrations.transformation import Cleaner, CleaningSettings, SensorLimits

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
HOUR = 3600


class Line:
    """One sensor, whose samples come at our `now` and say what its device's clock says."""

    def __init__(self, **limits):
        self.now = 0
        self._value = 0.0
        self._sequence = 0
        settings = CleaningSettings(
            sensors={"s": SensorLimits(rate_of_change_limit=60.0, expected_interval_seconds=1.0, **limits)}
        )
        self.cleaner = Cleaner(settings, on_fault=print, now_ns=lambda: START + self.now * SECOND)

    def takes(self, *times, values=None):
        """Clean samples with these times, together; return the names of their flags."""
        values = values or [self._next() for _ in times]
        column = RawColumn("s", "level", "m", [START + at * SECOND for at in times], values, [0] * len(times))
        batch = RawBatch(
            site="p", device_class="c", source="g", sequence=self._sequence, epoch=1,
            origin=Origin.MEASURED, columns=[column],
        )  # fmt: skip
        self._sequence += 1
        (clean,) = self.cleaner.clean([(self._sequence, batch)])
        assert clean.time == column.time
        assert clean.raw_value == values
        return [names(mask) for mask in clean.flags]

    def run(self, seconds, behind=0):
        """Take a sample a second, of a clock that is `behind` ours; return the flags of all."""
        found = []
        for _ in range(seconds):
            self.now += 1
            found += self.takes(self.now - behind)
        return found

    def _next(self):
        self._value += 0.01
        return self._value


def test_late_samples_are_flagged_and_change_nothing_for_those_that_follow():
    line = Line()
    line.run(10)
    assert line.takes(4, 5, 6, values=[500.0, 500.0, 500.0]) == [["OUT_OF_ORDER"]] * 3
    assert line.run(5) == [[]] * 5


def test_a_history_that_comes_before_what_is_live_is_taken_as_it_was():
    line = Line()
    line.run(10)
    line.now += 60
    assert line.takes(*range(11, 70)) == [[]] * 59
    assert line.run(5) == [[]] * 5


def test_what_is_sent_again_is_a_duplicate_or_out_of_order():
    line = Line()
    line.run(3)
    assert line.takes(1, 2, 3) == [["OUT_OF_ORDER"], ["OUT_OF_ORDER"], ["DUPLICATE"]]
    assert line.run(1) == [[]]


def test_a_clock_that_runs_ahead_is_future_until_it_is_set_right_and_no_longer():
    line = Line()
    line.run(5)
    assert line.run(3, behind=-HOUR) == [["FUTURE"]] * 3
    assert line.run(5) == [[]] * 5


def test_a_clock_that_was_behind_is_set_right():
    line = Line()
    assert line.run(5, behind=60) == [[]] * 5
    assert line.run(5) == [[]] * 5


def test_a_clock_set_back_is_flagged_told_as_silence_and_heard_once_it_has_caught_up():
    line = Line()
    line.run(20)
    assert line.run(30, behind=40) == [["OUT_OF_ORDER"]] * 30
    (silence,) = line.cleaner.newly_silent()
    assert silence.sensor_id == "s"
    found = line.run(20, behind=40)
    assert found[:9] == [["OUT_OF_ORDER"]] * 9
    assert found[10:] == [[]] * 10
    assert line.cleaner.newly_silent() == []


def test_our_own_clock_set_back_by_less_than_the_tolerance_costs_nothing():
    line = Line()
    line.run(10)
    line.now -= 4
    assert line.takes(11) == [[]]


def test_our_own_clock_set_back_makes_samples_future_and_forgets_nothing():
    line = Line(flatline_count=5, flatline_tolerance=0.1)
    for second in range(4):
        line.now += 1
        assert line.takes(second + 1, values=[7.0]) == [[]]
    line.now -= 60
    assert line.takes(5, values=[7.0]) == [["FUTURE"]]
    line.now += 60
    assert line.takes(6, values=[7.0]) == [["FLATLINE"]]
