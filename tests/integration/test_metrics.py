"""Metrics of running services, as Prometheus reads them, against the catalogue; probes of a real process."""

import asyncio
import contextlib
import http.client
import socket

import pytest
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry

from fakes.site import Child, Feed, Meter, document, eventually, meter_table, running, served, toml
from integrations.bus import Publisher
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.metric import Kind
from integrations.runtime.process.exporters import Exporters
from integrations.runtime.process.telemetry import Telemetry


class Shown:
    """Telemetry of a service in this process, with what Prometheus would read of it."""

    def __init__(self, service):
        self._registry = CollectorRegistry()
        resource = Resource({"service.name": service})
        self.telemetry = Telemetry(resource, Exporters(), self._registry)

    def families(self):
        return {family.name: family for family in self._registry.collect()}

    def names(self):
        counters = {name + "_total" for name, each in self.families().items() if each.type == "counter"}
        return counters | {name for name, each in self.families().items() if each.type != "counter"}

    def value(self, name, **labels):
        wanted = labels.items()
        return sum(
            sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == name and wanted <= sample.labels.items()
        )


@contextlib.asynccontextmanager
async def shown(service, table):
    one = Shown(service)
    with one.telemetry:
        async with running(service, table, telemetry=one.telemetry):
            yield one


@pytest.fixture
async def site(nats_server, streams):
    """A steam meter that answers and one that does not; cleaning with something unreadable before it."""
    async with served(Meter()) as server, Publisher(streams) as publisher:
        table = document(nats_server.url, meter_table(server.port), meter_table(1, "away"))
        async with shown("steam_meter", table) as meters, shown("transformation", table) as cleaning:
            await publisher.publish_all([Feed().next(value=-1e9)])
            await eventually(lambda: cleaning.value("gl003_readings_total") > 3)
            await eventually(lambda: meters.value("gl003_poll_failures_total", device="away") > 0)
            await eventually(lambda: meters.value("gl003_poll_duration_seconds_count") > 0)
            await eventually(lambda: cleaning.value("gl003_cleaning_delay_seconds_count") > 0)
            yield meters, cleaning


async def test_services_export_the_catalogue_and_nothing_else(site):
    meters, cleaning = site
    # events, flags and letters have series only once there was one
    sometimes = {catalogue.BUS_EVENTS.exported}
    for service, group in ((meters, catalogue.ACQUISITION), (cleaning, catalogue.TRANSFORMATION)):
        expected = {metric.exported for metric in (*catalogue.EVERY_SERVICE, *group)}
        expected -= {catalogue.LOOP_LAG.exported}  # of the process, not of the service: see below
        assert service.names() | sometimes == expected | sometimes


async def test_kinds_and_labels_are_as_the_page_says(site):
    for service in site:
        families = service.families()
        for metric in {one for group in catalogue.CATALOGUE.values() for one in group}:
            name = metric.exported.removesuffix("_total") if metric.kind is Kind.COUNTER else metric.exported
            if name not in families:
                continue
            assert families[name].type == metric.kind.value
            assert families[name].documentation == metric.text
            for sample in families[name].samples:
                assert set(sample.labels) - {"le"} == {*metric.labels, "service_name"}


async def test_what_is_measured_is_what_happened(site):
    meters, cleaning = site
    assert meters.value("gl003_polls_total", device="meter") > 0
    assert meters.value("gl003_poll_duration_seconds_count") > 0
    assert meters.value("gl003_device_connected", device="meter") == 1
    assert meters.value("gl003_device_connected", device="away") == 0
    assert meters.value("gl003_poll_failures_total", device="away", kind="connection") > 0
    assert meters.value("gl003_service_health", state="degraded") == 1
    assert meters.value("gl003_published_total", outcome="acked") > 0
    assert meters.telemetry.not_ready() == []
    flag = {"device_class": "steam_meter"}
    assert cleaning.value("gl003_flags_total", **flag) > 0
    mean = cleaning.value("gl003_quality_points_total") / cleaning.value("gl003_readings_total")
    assert 0 <= mean <= 100
    assert cleaning.value("gl003_cleaning_delay_seconds_count") > 0


async def test_a_service_is_not_ready_while_the_bus_is_away(site, nats_server):
    meters, _ = site
    await nats_server.stop()
    assert await eventually(meters.telemetry.not_ready) == ["not connected to the bus"]


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except ConnectionRefusedError:
        return 0, ""
    finally:
        connection.close()


async def test_a_process_answers_probes_before_it_has_a_bus_and_says_when_it_is_ready(nats_server, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "plant.toml"
    async with served(Meter()) as server:
        config.write_text(toml(document(nats_server.url, meter_table(server.port))))
        with socket.create_server(("127.0.0.1", 0)) as mute:
            env = {"GL003_HTTP_PORT": str(port), "NATS_URL": f"nats://127.0.0.1:{mute.getsockname()[1]}"}
            async with Child("steam_meter", config, tmp_path / "log", **env):
                await eventually(lambda: asyncio.to_thread(lambda: ask(port, "/healthz")[0] == 200))
                assert ask(port, "/readyz") == (503, "the service is starting\n")
        async with Child("steam_meter", config, tmp_path / "log", GL003_HTTP_PORT=str(port)) as child:
            await eventually(lambda: asyncio.to_thread(lambda: ask(port, "/readyz")[0] == 200))
            text = ask(port, "/metrics")[1]
            assert f'{catalogue.LOOP_LAG.exported}{{service_name="steam_meter"}}' in text
            assert "process_resident_memory_bytes" in text
            assert await child.end() == 0
