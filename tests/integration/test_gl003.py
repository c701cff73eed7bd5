"""GL-003 over the bus, real services behind it: another agent asks, is told, has devices read and written."""

import contextlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fakes.agents import Heard, agents
from fakes.modbus import TcpPeer
from fakes.site import SITE, Meter, document, events, eventually, meter_table, running, served
from fakes.tags import TagRegisters
from integrations import MessageType
from integrations.coordination import AgentError

ACTIONS = json.loads((Path(__file__).parents[2] / "schemas" / "gl003-actions.json").read_text())


def check(action, answer):
    """Hold an answer to the published schema of its action."""
    schema = {**ACTIONS, **ACTIONS["actions"][action]["response"]}
    Draft202012Validator(schema).validate(answer)
    return answer


async def ask(agent, action, **arguments):
    return check(action, await agent.request("GL-003", action, arguments, timeout_seconds=20))


async def refused(agent, action, **arguments):
    with pytest.raises(AgentError) as error:
        await agent.request("GL-003", action, arguments, timeout_seconds=20)
    return error.value.code, error.value.reason


def steam_system(**more):
    """Return the table of a plant with one meter that shows the steam, and one user with the same."""
    return {
        "steam_flow": "main-flow_rate",
        "header_pressure": "main-pressure",
        "users": [{"name": "process", "flow": "user-flow_rate", "pressure": "main-pressure"}],
        "report_every_seconds": 1.0,
        **more,
    }


@contextlib.asynccontextmanager
async def plant(url, *more_services, **more):
    """Two meters, the services of their readings, and GL-003."""
    user = Meter(2, {"flow_rate": 6840.0, "pressure": 9.5})
    async with served(Meter(), user) as server:
        meters = [meter_table(server.port, "main"), meter_table(server.port, "user", 2)]
        table = document(url, *meters, steam_system=steam_system(), **more)
        async with contextlib.AsyncExitStack() as stack:
            for service in ("transformation", "steam_meter", *more_services, "coordination"):
                await stack.enter_async_context(running(service, table))
            yield table


@pytest.fixture
async def gl001(nats_server, streams):
    async with agents(nats_server.url, "GL-001") as (agent,):
        yield agent


async def test_reports_come_from_what_is_measured_and_every_question_is_answered(nats_server, gl001):
    reports, noted = Heard(), Heard()
    gl001.register_handler(MessageType.REQUEST, "report_steam_efficiency", reports)
    gl001.register_handler(MessageType.NOTIFICATION, "readings", noted)
    async with plant(nats_server.url):

        async def is_complete():
            return next((m for m in reports.messages if m.payload["efficiency"] is not None), None)

        report = (await eventually(is_complete, 20)).payload
        check("report_steam_efficiency", report)
        assert report["efficiency"] == pytest.approx(95.0)
        assert (report["steam_flow"], report["origin"], report["simulated"]) == (7.2, "measured", [])
        assert any("condensate_flow: no sensor is configured" in one for one in report["missing"])

        assert (await ask(gl001, "report_steam_efficiency"))["efficiency"] == pytest.approx(95.0)
        assert (await gl001.request("GL-003", "report"))["efficiency"] == pytest.approx(95.0)
        latest = await ask(gl001, "latest_readings")
        assert {one["sensor_id"] for one in latest["readings"]} == {
            "main-flow_rate", "main-pressure", "user-flow_rate", "user-pressure",
        }  # fmt: skip
        inputs = await ask(gl001, "header_efficiency_inputs")
        pressure = next(one for one in inputs["inputs"] if one["name"] == "header_pressure")
        assert pressure["value"] == pytest.approx(9.5 + 1.01325)
        assert (await ask(gl001, "condensate_return"))["return_percent"] is None
        assert (await ask(gl001, "steam_balance"))["missing"] == ["balances: none are configured"]
        quality = await ask(gl001, "quality_report")
        assert (quality["sensors"], quality["valid"]) == (4, 4)
        begin = latest["readings"][0]["time"] - 10**9
        history = await ask(gl001, "sensor_history", sensor_id="main-pressure", begin=begin, limit=3)
        assert (len(history["time"]), history["unit"]) == (3, "barg")
        assert history["next_cursor"]

        told = await ask(
            gl001, "subscribe_readings", sensors=["main-pressure", "x"], notify=True, every_seconds=1
        )
        assert told["subjects"][0] == f"gl.{SITE}.clean.steam_meter.main-pressure"
        assert told["unknown"] == ["x"]
        notification = (await eventually(lambda: noted.messages, 20))[0].payload
        assert notification["readings"][0]["value"] == 9.5
        assert notification["unknown"] == ["x"]
        ended = await ask(gl001, "subscribe_readings", notify=True)
        assert (ended["notify"], ended["subjects"]) == (False, [f"gl.{SITE}.clean.>"])

        device = await ask(gl001, "read_device", device_id="main")
        assert (device["service"], device["device"]["error"]) == ("steam_meter", None)
        code, reason = await refused(gl001, "read_device", device_id="nobody")
        assert (code, reason) == ("unknown_device", "device_id must be one of main, user, got nobody")
        assert (await refused(gl001, "sensor_history", sensor_id="main-pressure"))[0] == "bad_request"
        assert (await refused(gl001, "dance"))[0] == "no_handler"
        profile = gl001.directory.find("GL-003")
        offered = {one.capability_name for one in profile.capabilities}
        assert offered == set(ACTIONS["actions"])


async def test_two_replicas_send_one_report_and_one_goes_on_alone(nats_server, gl001):
    reports = Heard()
    gl001.register_handler(MessageType.REQUEST, "report_steam_efficiency", reports)
    async with plant(nats_server.url) as table:
        async with running("coordination", table, "b"):
            await eventually(lambda: len(reports.messages) >= 4, 20)
            assert (await ask(gl001, "quality_report"))["sensors"] == 4
        heard = len(reports.messages)
        await eventually(lambda: len(reports.messages) >= heard + 1, 20)
    times = [message.timestamp.timestamp() for message in reports.messages]
    assert len(times) <= max(times) - min(times) + 2.5


async def test_a_write_goes_to_the_device_that_has_the_tag_or_says_why_not(nats_server, streams, gl001):
    registers = TagRegisters()
    limits = {"writable": True, "min_value": 5, "max_value": 15}
    async with TcpPeer(registers) as peer:
        scada = {
            "scada_id": "plc",
            "host": "127.0.0.1",
            "port": peer.port,
            "protocol": "modbus_tcp",
            "allow_writes": True,
            "write_interval_seconds": 0.0,
            "tags": [{"tag_name": "SETPOINT", "address": 10, "type": "float32", **limits}],
        }
        async with plant(nats_server.url, scada=[scada]) as table:
            asked = {"tag": "SETPOINT", "value": 12.5, "device_id": "plc"}
            await eventually(lambda: gl001.directory.find("GL-003"))
            away = "no service scada is there for plc"
            assert await refused(gl001, "write_tag", **asked) == ("service_away", away)
            async with running("scada", table):
                written = await eventually(lambda: write(gl001, tag="SETPOINT", value=12.5), 20)
                assert (written["device_id"], written["new"]) == ("plc", 12.5)
                assert registers.float_at(10) == 12.5
                code, reason = await refused(gl001, "write_tag", **{**asked, "value": 99})
                assert code == "write_refused"
                assert "99" in reason
                assert registers.float_at(10) == 12.5
            assert await refused(gl001, "write_tag", **asked) == ("service_away", away)
            for wrong, code in (({"device_id": "nobody"}, "unknown_device"), ({"value": [1]}, "bad_request")):
                assert (await refused(gl001, "write_tag", **{**asked, **wrong}))[0] == code
            audit = await eventually(lambda: tries(streams))
        assert {event.facts["caller"] for event in audit} == {"GL-001"}
        of_gl003 = [event.facts for event in audit if event.service == "coordination"]
        assert [(each["device_id"], each["written"]) for each in of_gl003[-2:]] == [
            ("nobody", False),
            ("plc", False),
        ]
        assert [event.facts["written"] for event in audit if event.service == "scada"] == [True, False]


async def tries(bus):
    """Every try to write, once the last that was made has been told."""
    found = await events(bus, "tag_write")
    asked = [event for event in found if event.service == "coordination"]
    return found if asked and "value" in asked[-1].facts["reason"] else None


async def write(agent, **arguments):
    with contextlib.suppress(AgentError):
        return await ask(agent, "write_tag", **arguments)
