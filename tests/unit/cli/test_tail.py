"""A message as a line: what is ours in words, everything else as it is, nothing that steers a terminal."""

import json

import msgspec
import pytest

from fakes.site import Feed
from integrations.cli.site.message_lines import Seen, line_of, row_of
from integrations.cli.site.tail import full_subject
from integrations.configuration import ConfigurationError
from integrations.messages import ContentType, Event, Header, Severity, encode

NOON = 1_796_040_000_000_000_000


def seen(subject, body, **headers):
    return Seen(NOON, subject, {Header.CONTENT_TYPE.value: headers["kind"]} if headers else {}, body)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("clean.>", "gl.plant1.clean.>"),
        (">", "gl.plant1.>"),
        ("gl.other.event.>", "gl.other.event.>"),
        ("$SRV.>", "$SRV.>"),
        ("raw.steam_meter.*", "gl.plant1.raw.steam_meter.*"),
    ],
)
def test_subjects_are_those_of_the_site_unless_they_are_whole(typed, meant):
    assert full_subject(typed, "plant1") == meant


@pytest.mark.parametrize("typed", ["", "clean.", "a b", "clean..x", "clean.>.x", "clean.\x1b[2J"])
def test_what_is_no_subject_is_refused_by_name(typed):
    with pytest.raises(ConfigurationError, match="subject must be a subject such as"):
        full_subject(typed, "plant1")


def test_an_event_is_told_in_its_own_words():
    event = Event(
        site="s",
        service="scada",
        instance="a",
        subject_id="boiler",
        kind="circuit_state",
        severity=Severity.WARNING,
        time=NOON,
        text="circuit is open",
    )
    body = encode(event, ContentType.MSGPACK)
    line = line_of(seen("gl.s.event.scada.boiler", body, kind=ContentType.MSGPACK.value))
    assert line == "12:00:00.000  gl.s.event.scada.boiler  warning circuit_state: circuit is open"


def test_a_raw_batch_shows_its_last_values():
    message = Feed(("a-flow_rate", "b-flow_rate"), unit="kg/h").next(samples=3)
    line = line_of(Seen(NOON, message.subject, dict(message.headers), message.payload))
    assert line.endswith("#0 a-flow_rate 2 kg/h, b-flow_rate 2 kg/h")


def test_what_is_not_ours_is_shown_as_it_is_but_steers_no_terminal():
    assert line_of(seen("gl.s.clean.x.y", b'{"a": 1}')).endswith('{"a":1}')
    assert "\x1b" not in line_of(seen("other", b"\x1b[2Jboo"))
    assert line_of(seen("other", b"\xff" * 9000)).endswith("(9000 bytes)")


def test_a_row_is_one_json_object_with_the_body_read():
    body = msgspec.msgpack.encode({"a": [1, 2]})
    row = json.loads(row_of(seen("gl.s.x", body, kind=ContentType.MSGPACK.value)))
    assert (row["body"], row["subject"], row["time"]) == ({"a": [1, 2]}, "gl.s.x", NOON)
    assert json.loads(row_of(seen("x", b"not json")))["body"] == "not json"
