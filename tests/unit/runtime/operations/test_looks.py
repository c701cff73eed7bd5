"""What is concluded from what was seen: clocks, versions, what services have met on the bus."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.messages import Health, HealthState, Metrics
from integrations.runtime.discovery import Found
from integrations.runtime.operations.clock_check import look_at_clocks
from integrations.runtime.operations.finding import Verdict
from integrations.runtime.operations.instances import Instance, offset_of
from integrations.runtime.operations.patient import Patient
from integrations.runtime.operations.service_check import look_at_services
from integrations.runtime.plant.settings import read_plant


class Bus:
    """A nats-server whose clock is off by so much."""

    def __init__(self, seconds=0.0):
        self._off = timedelta(seconds=seconds)

    async def api(self, subject):
        return {"ts": (datetime.now(UTC) + self._off).isoformat()}


def instance(name="a", offset=0.001, version="1.0.0", state=HealthState.HEALTHY, telemetry=()):
    found = Found("scada", name, version, [], {"site": "plant1", "instance": name})
    health = Health(
        site="plant1", service="scada", instance=name, version=version, state=state, time=1, uptime_seconds=1
    )
    metrics = Metrics(service="scada", instance=name, time=1, counts={}, telemetry=list(telemetry))
    return Instance(found, health, metrics, offset)


def point(name, value, **attributes):
    return {"name": name, "unit": "", "attributes": attributes, "value": value}


async def seen(look, *instances, bus=None):
    patient = Patient(read_plant({}, {}), bus or Bus(), instances)
    return {each.text: each.verdict async for each in look(patient)}


def test_a_clock_is_off_only_by_what_the_wait_for_its_answer_does_not_explain():
    assert offset_of(150, 100, 200) == 0
    assert offset_of(3 * 10**9, 10**9, 2 * 10**9) == 1
    assert offset_of(10**9, 2 * 10**9, 9 * 10**9) == -1


async def test_clocks_that_agree_are_well():
    found = await seen(look_at_clocks, instance(), instance("b", -0.002))
    assert list(found.values()) == [Verdict.WELL]
    assert "3 clocks are within 0.00 s of ours" in found


@pytest.mark.parametrize(
    ("offset", "said", "verdict"),
    [
        (2.0, "the clock of scada/a is 2.0 s before ours", Verdict.WARNING),
        (-60.0, "the clock of scada/a is 60.0 s behind ours", Verdict.FAULT),
    ],
)
async def test_a_clock_that_is_off_is_named_and_is_a_fault_beyond_what_readings_may_be(offset, said, verdict):
    assert (await seen(look_at_clocks, instance(offset=offset)))[said] is verdict


async def test_the_clock_of_the_server_counts_too():
    found = await seen(look_at_clocks, instance(), bus=Bus(30))
    (said,) = [text for text in found if "nats-server" in text]
    assert found[said] is Verdict.FAULT


async def test_readings_from_the_future_point_to_a_device():
    telemetry = [
        point("gl003.readings", 100, device_class="scada"),
        point("gl003.flags", 40, device_class="scada", flag="FUTURE"),
        point("gl003.flags", 90, device_class="scada", flag="RANGE"),
    ]
    found = await seen(look_at_clocks, instance(telemetry=telemetry))
    assert found["40 % of the readings of scada were measured later than now (FUTURE)"] is Verdict.WARNING
    assert not any("RANGE" in text for text in found)


async def test_two_versions_and_two_of_one_name_are_told():
    found = await seen(look_at_services, instance(), instance(version="2.0.0"))
    assert found["versions 1.0.0, 2.0.0 run side by side"] is Verdict.WARNING
    assert found["2 processes call themselves scada/a"] is Verdict.WARNING


async def test_what_a_service_has_met_on_the_bus_is_told():
    met = [point("gl003.bus.events", 3, kind="permission_denied"), point("gl003.bus.events", 9, kind="error")]
    found = await seen(look_at_services, instance(telemetry=met))
    (refused,) = [text for text in found if "refused" in text]
    assert refused.startswith("scada/a was refused by nats-server 3 times")


async def test_one_that_was_found_and_does_not_answer_is_a_fault():
    found = await seen(look_at_services, Instance(instance().found))
    assert found["scada/a is silent: was found on the bus, and does not answer"] is Verdict.FAULT
