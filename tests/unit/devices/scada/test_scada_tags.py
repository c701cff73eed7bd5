"""What tags show, what about them changed, what travels of them: pure parts of the SCADA class."""

import math
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.points import NOWHERE
from integrations.devices.scada import DataQuality, SCADAConnectionConfig, TagConfig
from integrations.devices.scada.board import Change, TagBoard
from integrations.devices.scada.changes import MOST_EVENTS, ChangeWatch
from integrations.devices.scada.course import Timed
from integrations.devices.scada.sampling import BAD_TYPE_MISMATCH, MOST_POINTS, Sampler, judge
from integrations.devices.scada.values import TagReading, number_of, quality_of
from integrations.messages import Origin, Status

GONE = 0x80340000
TABLE = (
    TagConfig("P", "pressure", engineering_units="bar"),
    TagConfig("BATCH", data_type="string"),
    TagConfig("PUMP", data_type="bool"),
)
SECOND = 1_000_000_000


class Mode(IntEnum):
    AUTO = 3


@pytest.fixture
def board():
    return TagBoard(TABLE)


@pytest.fixture
def sampler():
    return Sampler(SCADAConnectionConfig("h", 4840, scada_id="s", tags=TABLE))


def test_before_the_first_reading_every_tag_is_bad_and_empty(board):
    nothing = {"value": None, "quality": DataQuality.BAD, "timestamp": None, "origin": Origin.MEASURED}
    assert board.current_values() == {
        "P": {**nothing, "units": "bar"},
        "BATCH": {**nothing, "units": ""},
        "PUMP": {**nothing, "units": ""},
    }
    assert board.present("P") is None


def test_the_board_shows_the_last_reading_and_tells_changes_only(board):
    shown = [(0, 9.5, 0, SECOND), (0, 9.5, 0, 2 * SECOND), (0, 9.6, 0, 3 * SECOND)]
    assert [change.value for change in board.show(shown)] == [9.5, 9.6]
    assert board.tags["P"].last_value == 9.6
    assert board.tags["P"].last_update == datetime.fromtimestamp(3, UTC)
    assert board.present("P") == Change("P", 9.6, datetime.fromtimestamp(3, UTC))


def test_a_simulated_value_says_so_beside_its_quality(board):
    list(board.show([(0, 9.5, Status.GOOD_EDITED, SECOND)], Origin.SIMULATED))
    assert board.current_values()["P"]["origin"] == "simulated"
    list(board.show([(0, 9.6, 0, 2 * SECOND)]))
    assert board.current_values()["P"]["origin"] == "measured"


def test_another_quality_is_a_change_and_a_bad_value_is_none(board):
    shown = [(0, 9.5, 0, 1), (0, 9.5, Status.UNCERTAIN, 2), (0, 9.5, Status.BAD_SENSOR_FAILURE, 3)]
    assert [change.value for change in board.show(shown)] == [9.5, 9.5, None]
    assert board.current_values()["P"]["quality"] is DataQuality.BAD


def test_without_connection_a_value_is_of_uncertain_worth_and_the_next_is_a_change(board):
    list(board.show([(0, 9.5, 0, SECOND), (2, None, Status.BAD, SECOND)]))
    board.grow_stale()
    values = board.current_values()
    assert (values["P"]["value"], values["P"]["quality"]) == (9.5, DataQuality.UNCERTAIN)
    assert values["PUMP"]["quality"] is DataQuality.BAD
    assert len(list(board.show([(0, 9.5, 0, 2 * SECOND)]))) == 1


def test_events_are_about_transitions():
    watch = ChangeWatch(TABLE)

    def kinds(**reading):
        return [event.kind for event in watch.look([TagReading(0, None, **reading)])]

    assert kinds(status=0, data_type="Double") == []
    assert kinds(status=GONE | 0x400) == ["tag_gone"]
    assert kinds(status=GONE) == []
    assert kinds(status=Status.BAD_SENSOR_FAILURE) == ["tag_bad"]
    assert kinds(status=Status.UNCERTAIN, data_type="Double") == ["tag_back"]
    assert kinds(status=0, data_type="String") == ["tag_type_changed"]
    assert kinds(status=0) == []


def test_an_event_names_the_tag_and_what_happened():
    (event,) = ChangeWatch(TABLE).look([TagReading(0, None, GONE)])
    assert event.text == "P: BadNodeIdUnknown"
    assert event.facts == {"tag": "P", "status": GONE, "name": "BadNodeIdUnknown"}


def test_when_a_whole_server_goes_bad_one_event_counts_its_tags():
    table = [TagConfig(f"T{number}") for number in range(MOST_EVENTS + 1)]
    (event,) = ChangeWatch(table).look([TagReading(at, None, GONE) for at in range(len(table))])
    assert (event.kind, event.facts["count"]) == ("tag_gone", MOST_EVENTS + 1)
    assert event.text.startswith("21 tags, among them T0, T1")


@pytest.mark.parametrize(
    ("value", "number"),
    [(True, 1.0), (7, 7.0), (1.5, 1.5), (Mode.AUTO, 3.0), ("7", None), (None, None), ([1.0], None)],
)
def test_what_is_a_number_on_the_bus(value, number):
    assert number_of(value) == number


@given(st.integers(0, 2**32 - 1))
def test_the_quality_is_the_severity_of_the_code(status):
    qualities = [DataQuality.GOOD, DataQuality.UNCERTAIN, DataQuality.BAD, DataQuality.BAD]
    assert quality_of(status) is qualities[status >> 30]


@pytest.mark.parametrize(
    ("value", "status", "judged"),
    [
        (9.5, Status.UNCERTAIN_SUBNORMAL | 0x400, (9.5, Status.UNCERTAIN_SUBNORMAL | 0x400)),
        (9.5, Status.BAD_SENSOR_FAILURE, (None, Status.BAD_SENSOR_FAILURE)),
        ("hot", 0, (None, BAD_TYPE_MISMATCH)),
        (None, 0, (None, Status.BAD)),
        (math.nan, 0, (None, Status.BAD_SENSOR_FAILURE)),
        (-math.inf, 0, (None, Status.BAD_OUT_OF_RANGE)),
    ],
)
def test_what_is_no_number_is_bad_and_codes_stay_as_they_are(value, status, judged):
    number, code = judge(TagReading(0, value, status), travels=True)
    assert (None if math.isnan(number) else number, code) == judged


def test_text_is_shown_and_does_not_travel(sampler):
    assert [channel.sensor_id for channel in sampler.channels] == ["s-P", "s-PUMP"]
    readings = [Timed(5, TagReading(1, "B-7", 0)), Timed(6, TagReading(2, True, 0))]
    sample = sampler(readings, 9, Origin.SIMULATED)
    assert (sample.time_ns, sample.origin) == (9, Origin.SIMULATED)
    assert list(sample.shown()) == [(1, "B-7", 0, 5), (2, True, 0, 6)]
    assert sample.channel.tolist() == [NOWHERE, 1]
    (part,) = sample.parts()
    assert (part.channel.tolist(), part.values.tolist(), part.times.tolist()) == ([1], [1.0], [6])
    assert list(sampler([readings[0]], 9).parts()) == []


def test_what_was_overtaken_travels_and_is_not_shown(sampler):
    sample = sampler([Timed(5, TagReading(0, 9.0, 0), is_current=False)], 9)
    assert list(sample.shown()) == []
    assert [part.values.tolist() for part in sample.parts()] == [[9.0]]


@given(st.integers(0, 3 * MOST_POINTS))
def test_a_large_sample_goes_in_parts_of_the_same_points_in_the_same_order(count):
    sampler = Sampler(SCADAConnectionConfig("h", 4840, tags=TABLE))
    sample = sampler([Timed(at, TagReading(at % 3, float(at), 0)) for at in range(count)], 9)
    parts = list(sample.parts())
    assert all(0 < len(part.values) <= MOST_POINTS for part in parts)
    assert all(len(part.readings) == len(part.times) for part in parts)
    times = np.concatenate([part.times for part in parts]) if parts else np.array([])
    assert times.tolist() == [at for at in range(count) if at % 3 != 1]
