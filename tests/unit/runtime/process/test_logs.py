"""What a service says: one form for every source, and no secrets in it."""

import asyncio
import io
import json
import logging
import re

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from integrations.configuration import ConfigurationError
from integrations.runtime.process.logs import configure_logging
from integrations.runtime.process.redaction import redact, redacted


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("LOG_LEVEL", "LOG_FORMAT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_outside_a_terminal_and_says_who_speaks_and_when():
    stream = io.StringIO()
    configure_logging("steam_meter", "host-1", stream=stream)
    structlog.get_logger("integrations.devices").info("connected", device="m1", flow=float("nan"))
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {
        "service": "steam_meter",
        "instance": "host-1",
        "event": "connected",
        "device": "m1",
        "flow": None,
        "level": "info",
        "logger": "integrations.devices",
    }


def test_a_terminal_gets_coloured_lines_and_no_color_is_respected(monkeypatch):
    stream = Terminal()
    configure_logging("s", "i", stream=stream)
    structlog.get_logger("integrations").info("connected")
    assert "connected" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    configure_logging("s", "i", stream=plain)
    structlog.get_logger("integrations").info("connected")
    assert "\x1b[" not in plain.getvalue()


def test_the_environment_chooses_form_and_level(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "human")
    monkeypatch.setenv("LOG_LEVEL", "warning")
    stream = io.StringIO()
    configure_logging("s", "i", stream=stream)
    log = structlog.get_logger("integrations")
    log.info("not heard")
    log.warning("heard", value=3)
    assert "not heard" not in stream.getvalue()
    assert "value=3" in stream.getvalue()


def test_unknown_settings_are_all_named_at_once(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "xml")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(ConfigurationError) as caught:
        configure_logging("s", "i", stream=io.StringIO())
    assert [fault.key for fault in caught.value.faults] == ["LOG_LEVEL", "LOG_FORMAT"]


def test_libraries_speak_through_the_same_chain_one_level_quieter():
    stream = io.StringIO()
    configure_logging("s", "i", stream=stream)
    logging.getLogger("nats").info("chatter")
    logging.getLogger("some_library").warning("lost %s", "nats://me:hunter2@bus:4222")
    (line,) = lines(stream)
    assert line["event"] == "lost nats://***@bus:4222"
    assert (line["service"], line["logger"], line["level"]) == ("s", "some_library", "warning")


def test_a_line_inside_a_span_carries_its_ids():
    stream = io.StringIO()
    configure_logging("s", "i", stream=stream)
    with TracerProvider().get_tracer("t").start_as_current_span("poll") as span:
        structlog.get_logger("integrations").info("polled")
    (line,) = lines(stream)
    assert line["trace_id"] == trace.format_trace_id(span.get_span_context().trace_id)
    assert line["span_id"] == trace.format_span_id(span.get_span_context().span_id)


async def test_an_exception_group_is_taken_apart_and_causes_are_shown():
    stream = io.StringIO()
    configure_logging("s", "i", stream=stream)

    def connect(text):
        raise OSError(f"no route, password={text}")

    async def fail(text):
        try:
            connect(text)
        except OSError as error:
            raise ValueError(text) from error

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail("one"))
            group.create_task(fail("two"))
    except* ValueError:
        structlog.get_logger("integrations").exception("poll failed")
    rendered = lines(stream)[0]["exception"]
    assert rendered.count("ValueError: ") == 2
    assert rendered.count("caused by OSError: no route, password=***") == 2
    assert "TaskGroup" not in rendered
    assert all(line.startswith("  at ") for line in rendered.splitlines() if "Error" not in line)


@pytest.mark.parametrize(
    "key", ["password", "NATS_TOKEN", "nkeys_seed", "credentials", "api_key", "user_jwt"]
)
def test_values_of_secret_keys_are_hidden_at_any_depth(key):
    event = redact(None, "info", {"event": "x", key: "hunter2", "inner": {key: ["hunter2"]}})
    assert "hunter2" not in repr(event)


def test_a_number_is_no_secret():
    assert redact(None, "info", {"event": "simulating", "seed": 42})["seed"] == 42


@given(st.from_regex(r"[!-.0-~]{1,20}", fullmatch=True), st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True))
def test_user_info_never_stays_in_a_url(secret, host):
    assert redacted(f"to nats://{secret}@{host}:4222 now") == f"to nats://***@{host}:4222 now"


def test_an_nkeys_seed_is_told_by_its_form():
    assert redacted("read SU" + "A" * 56) == "read ***"


def test_a_password_with_a_slash_is_hidden_and_the_servers_beside_it_are_not():
    text = "lost nats://a:4222,nats://me:hun/ter2@b:4222 and opc.tcp://c:4840/path"
    assert redacted(text) == "lost nats://a:4222,nats://***@b:4222 and opc.tcp://c:4840/path"
