"""The table of instances: worst troubles first, what many devices have in common once, no control codes."""

import pytest

from integrations.cli.site import status
from integrations.messages import Health, HealthState
from integrations.runtime.discovery import Found
from integrations.runtime.operations.instances import Instance


def instance(service, state=HealthState.HEALTHY, troubles=(), site="plant1", seconds=90):
    health = Health(
        site=site,
        service=service,
        instance="a",
        version="1.0.0",
        state=state,
        time=1,
        uptime_seconds=seconds,
        troubles=[*troubles],
    )
    return Instance(Found(service, service, "1.0.0", [], {"site": site, "instance": "a"}), health)


@pytest.fixture
def shown(capsys):
    def show(*instances, missing=()):
        status._show("nats://bus", instances, missing)
        return capsys.readouterr().out.splitlines()

    return show


def test_whoever_is_worst_is_told_of_first(shown):
    lines = shown(
        instance("steam_meter", HealthState.DEGRADED, ["b: slow"]),
        instance("scada", HealthState.UNHEALTHY, ["x: away"]),
        missing=["transformation"],
    )
    assert lines[-3:] == ["transformation: no instance answers", "scada/a: x: away", "steam_meter/a: b: slow"]


def test_what_many_devices_have_in_common_is_said_once(shown):
    troubles = [f"meter_{number}: no answer" for number in range(1000)]
    lines = shown(instance("steam_meter", HealthState.DEGRADED, [*troubles, "a trouble of its own"]))
    common = "meter_0, meter_1, meter_2, meter_3 and 996 more: no answer"
    assert lines[-2:] == [f"steam_meter/a: {common}", "steam_meter/a: a trouble of its own"]


def test_the_site_is_a_column_only_where_there_are_several(shown):
    alone = shown(instance("scada"))
    assert alone[0] == "bus nats://bus, site plant1, 1 service instances"
    assert "site" not in alone[1]
    assert "site" in shown(instance("scada"), instance("scada", site="plant2"))[1]


def test_nothing_from_the_wire_steers_the_terminal(shown):
    lines = shown(instance("sca\x1b[2Jda", HealthState.DEGRADED, ["\x1b[31mred: [bold]x[/bold]"]))
    assert not any("\x1b" in line for line in lines)
    assert lines[-1].endswith("?[31mred: [bold]x[/bold]")


def test_one_that_is_silent_has_no_uptime(shown):
    lines = shown(Instance(instance("scada").found))
    assert "silent" in lines[2]
    assert lines[3] == "scada/a: was found on the bus, and does not answer"
