"""What the live table says."""

import asyncio
import io
import re

import pytest
from rich.console import Console

from integrations.cli.plant.live import MAX_SENSORS, LiveView
from integrations.cli.plant.show import show_plain, show_screen
from integrations.cli.plant.table import HEAD_LINES, coloured, plain
from integrations.messages import CleanBatch, Event, Origin, Severity
from integrations.runtime.process.life import Stop

SECOND = 1_000_000_000


class Clock:
    def __init__(self):
        self.now = 1_000 * SECOND

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def view(clock):
    return LiveView(
        "plant1", "nats://me:hunter2@bus:4222", flag_names=lambda mask: "STALE" if mask else "", now_ns=clock
    )


def batch(time, value=12.5, sensor="header-flow_rate", **changes):
    times = time if isinstance(time, list) else [time]
    fields = {
        "site": "plant1",
        "device_class": "steam_meter",
        "source": "gw",
        "sensor_id": sensor,
        "quantity": "flow_rate",
        "unit": "t/hr",
        "raw_unit": "t/hr",
        "origin": Origin.MEASURED,
        "raw_sequence": 1,
        "time": times,
        "value": [value] * len(times),
        "raw_value": [value] * len(times),
        "status": [0] * len(times),
        "quality": [100.0] * len(times),
        "qartod": [1] * len(times),
        "flags": [0] * len(times),
    }
    return CleanBatch(**{**fields, **changes})


def event(text):
    return Event(
        site="plant1",
        service="steam_meter",
        instance="i",
        subject_id="m1",
        kind="circuit_state",
        severity=Severity.WARNING,
        time=0,
        text=text,
    )


def drawn(picture, width=120):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system="standard")
    console.print(coloured(picture))
    return console.file.getvalue()


def test_a_row_shows_the_last_sample_of_its_sensor(view, clock):
    view.update(batch([clock.now - 2 * SECOND, clock.now], quality=[100.0, 62.5], flags=[0, 256]))
    clock.now += SECOND // 2
    (row,) = view.picture().rows
    assert (row.sensor, row.value, row.unit) == ("header-flow_rate", 12.5, "t/hr")
    assert (row.quality, row.flags, row.age_seconds, row.simulated) == (62.5, "STALE", 0.5, False)


def test_late_samples_count_but_do_not_take_the_place_of_newer_ones(view, clock):
    view.update(batch(clock.now, 2.0))
    view.update(batch(clock.now - SECOND, 1.0))
    clock.now += SECOND
    (row,) = view.picture().rows
    assert (row.value, row.rate) == (2.0, 2.0)


def test_the_rate_is_taken_over_the_last_five_seconds_and_falls_to_zero(view, clock):
    for _ in range(20):
        view.update(batch([clock.now] * 10))
        clock.now += SECOND
    assert view.picture().rate == pytest.approx(10)
    clock.now += 6 * SECOND
    assert view.picture().rate == 0


@pytest.mark.parametrize("phase", range(0, SECOND, SECOND // 8))
def test_a_sensor_read_once_a_second_shows_that_at_every_moment(view, clock, phase):
    for _ in range(12):
        view.update(batch(clock.now))
        clock.now += SECOND
    clock.now += phase - SECOND
    assert view.picture().rate == pytest.approx(1.0)


def test_a_clock_that_is_ahead_gives_no_negative_age(view, clock):
    view.update(batch(clock.now + SECOND))
    assert view.picture().rows[0].age_seconds == 0


def test_an_empty_batch_changes_nothing(view):
    view.update(batch([]))
    assert view.picture().sensors == 0


def test_sensors_beyond_the_bound_are_passed_over(view, clock):
    for number in range(MAX_SENSORS + 5):
        view.update(batch(clock.now, sensor=f"s{number}"))
    assert view.picture().sensors == MAX_SENSORS


def test_rows_that_do_not_fit_are_counted(view, clock):
    for number in range(200):
        view.update(batch(clock.now, sensor=f"s{number:03}"))
    picture = view.picture(max_rows=15)
    assert [row.sensor for row in picture.rows] == [f"s{n:03}" for n in range(15)]
    assert picture.hidden == 185
    for text in (plain(picture), drawn(picture)):
        assert "… and 185 more" in text
    assert len(drawn(picture).splitlines()) <= 15 + HEAD_LINES


def test_the_plain_table_reads_as_lines(view, clock):
    view.update(batch(clock.now))
    view.update(batch(clock.now, None, "header-pressure", unit="bar", quality=[0.0], flags=[256]))
    view.update(batch(clock.now, 1234567.89, "header-totalizer", unit="t", origin=Origin.SIMULATED))
    view.note_services(3, 3)
    view.note_event(event("circuit of m1 opened"))
    clock.now += SECOND
    assert plain(view.picture()).splitlines() == [
        "GL-003  site plant1  bus nats://***@bus:4222  sensors 3  3.0 readings/s  services 3 of 3 alive",
        "last event  warning steam_meter/m1: circuit of m1 opened",
        "sensor                  value  unit  quality         flags  age s  rate /s",
        "header-flow_rate       12.500  t/hr  [########] 100           1.0      1.0",
        "header-pressure             -  bar   [........]   0  STALE    1.0      1.0",
        "header-totalizer  1,234,567.9  t     [########] 100           1.0      1.0  SIM",
    ]


def test_the_coloured_table_marks_quality_and_simulation(view, clock):
    view.update(batch(clock.now, quality=[30.0], origin=Origin.SIMULATED))
    text = drawn(view.picture())
    assert "\x1b[31m██░░░░░░  30" in text
    assert re.search(r"\x1b\[[^m]*43m *SIM", text)


def test_nothing_from_the_wire_steers_the_terminal(view, clock):
    view.update(batch(clock.now, unit="\x1b[2Jbar[red]"))
    view.note_event(event("\x1b]0;title\x07 [blink]x"))
    for text in (plain(view.picture()), drawn(view.picture())):
        assert "\x1b[2J" not in text
        assert "\x1b]0" not in text
        assert "bar[red]" in text
        assert "[blink]x" in text


def test_before_the_first_reading_it_says_what_it_waits_for(view):
    assert "waiting for the first clean reading" in plain(view.picture())
    assert "waiting for the first clean reading" in drawn(view.picture())


async def test_plain_prints_until_stopped_and_once_more_at_the_end(view, clock):
    stream, stop = io.StringIO(), Stop()
    view.update(batch(clock.now))
    showing = asyncio.create_task(show_plain(view, stop, stream=stream, every_seconds=3600))
    stop.set("test")
    await showing
    assert stream.getvalue().count("header-flow_rate") == 1
    assert "\x1b" not in stream.getvalue()


async def test_plain_writes_what_an_ascii_stream_can_hold(view, clock):
    buffer, stop = io.BytesIO(), Stop()
    stream = io.TextIOWrapper(buffer, "ascii")
    view.update(batch(clock.now, unit="°C"))
    stop.set("test")
    await show_plain(view, stop, stream=stream, every_seconds=3600)
    assert b"?C" in buffer.getvalue()


class Closed(io.StringIO):
    """A pipe that nobody reads, or a terminal that was closed."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(5, "Input/output error")])
async def test_a_reader_that_went_away_stops_everything(view, error):
    stop = Stop()
    await show_plain(view, stop, stream=Closed(error), every_seconds=0)
    assert stop.is_set()


async def test_a_terminal_that_was_closed_stops_everything(view):
    stop = Stop()
    terminal = Closed(OSError(5, "Input/output error"))
    console = Console(file=terminal, width=100, height=10, force_terminal=True)
    async with asyncio.timeout(20):
        await show_screen(view, stop, console=console)
    assert stop.is_set()


async def test_the_screen_is_given_back_at_the_end(view, clock):
    view.update(batch(clock.now))
    console = Console(file=io.StringIO(), width=100, height=10, force_terminal=True)
    stop = Stop()
    stop.set("test")
    await show_screen(view, stop, console=console)
    text = console.file.getvalue()
    assert "header-flow_rate" in text
    assert text.index("\x1b[?1049h") < text.index("header-flow_rate") < text.index("\x1b[?1049l")
