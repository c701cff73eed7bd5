"""What an operator asks on the command line, of services that run: status, doctor, tail."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from fakes.secured import secured
from fakes.site import Feed, Meter, document, eventually, meter_table, running, served, toml
from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Publisher,
    StreamSettings,
    ensure_streams,
    stream_configs,
)
from integrations.bus.embedded import find_binary
from integrations.cli.app import app
from integrations.messages import Header
from integrations.runtime.discovery import discover
from integrations.runtime.operations.examination import examine
from integrations.runtime.operations.finding import Verdict
from integrations.runtime.plant.settings import read_plant

LIMITED = """
authorization { users: [
    { user: all, password: x }
    { user: some, password: x, permissions: {
        publish: { deny: ["gl.*.raw.>"] }, subscribe: { deny: ["gl.*.svc.>"] } } }
] }
"""


@pytest.fixture
def gl003(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def run(table, *arguments):
        (tmp_path / "plant.toml").write_text(toml(table))
        monkeypatch.setenv("GL003_CONFIG", str(tmp_path / "plant.toml"))
        return await asyncio.to_thread(CliRunner().invoke, app, [*map(str, arguments)])

    return run


@pytest.fixture
async def site(nats_server, streams):
    """A meter that answers and one that is away; cleaning."""
    async with served(Meter()) as server:
        table = document(nats_server.url, meter_table(server.port), meter_table(1, "away"))
        async with running("steam_meter", table, "here"), running("transformation", table, "there"):
            yield table


def verdicts(findings, topic):
    return {each.text: each.verdict for each in findings if each.topic == topic}


async def test_status_shows_every_instance_and_what_is_wrong(site, streams, gl003):
    await eventually(lambda: open_circuit(streams))
    shown = await gl003(site, "status", "--json")
    assert shown.exit_code == 3
    found = {one["service"]: one for one in json.loads(shown.stdout)["instances"]}
    meters, cleaning = found["steam_meter"], found["transformation"]
    assert (meters["instance"], meters["devices"], meters["devices_connected"]) == ("here", 2, 1)
    assert (meters["state"], meters["open_circuits"]) == ("degraded", ["away"])
    assert (cleaning["state"], cleaning["version"], cleaning["waiting"]) == ("healthy", "1.0.0", 0)
    text = (await gl003(site, "status")).output
    assert "steam_meter/here: away:" in text
    assert "1/2" in text


async def open_circuit(bus):
    found = await discover(bus, quiet_seconds=0.1)
    return any([b'"open"' in await bus.request(one.subject("health")) for one in found])


async def test_status_names_services_that_should_be_there(nats_server, streams, gl003):
    table = document(nats_server.url, meter_table(1))
    shown = await gl003(table, "status", "--wait", "0.3")
    assert shown.exit_code == 3
    assert "steam_meter: no instance answers" in shown.output
    assert "transformation: no instance answers" in shown.output


async def test_a_service_of_somebody_else_is_left_out(streams):
    async def answer(message):
        await message.respond(
            b'{"name":"x","id":"1","version":"1","endpoints":[{"name":"health","subject":"x"}]}'
        )

    async def garbage(message):
        await message.respond(b"\xff{")

    for callback in (answer, garbage):
        await streams.client.subscribe("$SRV.INFO", cb=callback)
    assert await discover(streams, patience_seconds=0.3) == []


async def test_without_a_bus_a_command_says_so_and_ends_with_one(gl003, monkeypatch):
    monkeypatch.setattr("integrations.cli.connected.ATTEMPTS", 1)
    for command in (["status"], ["doctor"], ["tail", "clean.>"]):
        shown = await gl003(document("nats://127.0.0.1:1"), *command)
        assert shown.exit_code == 1
        assert "no NATS server at nats://127.0.0.1:1" in shown.output


async def test_the_doctor_finds_a_site_that_is_well_to_be_well(nats_server, streams):
    async with served(Meter()) as server:
        table = document(nats_server.url, meter_table(server.port))
        plant = read_plant(table, {})
        await ensure_streams(streams, stream_configs(plant.streams, "test"))
        async with running("steam_meter", table), running("transformation", table):
            await eventually(lambda: discovered(streams, 2), 20)
            findings = await eventually(lambda: sound(plant, streams), 30)
    assert {each.topic for each in findings} >= {"bus", "permissions", "streams", "services", "clocks"}


async def discovered(bus, number):
    return len(await discover(bus, quiet_seconds=0.2)) == number


async def sound(plant, bus):
    findings = await examine(plant, bus, patience_seconds=2)
    return findings if {each.verdict for each in findings} == {Verdict.WELL} else None


async def test_the_doctor_advises_where_nothing_runs(nats_server, bus, gl003):
    table = document(nats_server.url, meter_table(1))
    shown = await gl003(table, "doctor", "--wait", "0.3", "--json")
    assert shown.exit_code == 3
    found = {each["text"]: each for each in json.loads(shown.stdout)}
    assert found["RAW is not there"]["verdict"] == "fault"
    missing = found["steam_meter is configured, and no instance of it answers"]
    assert missing["advice"] == "start it: python -m services.steam_meter --config plant.toml"


async def test_the_streams_of_agents_are_looked_at_where_they_are_coordinated(nats_server, streams):
    table = document(nats_server.url)
    async with running("coordination", table):
        await eventually(lambda: discovered(streams, 1), 20)
        found = verdicts(await examine(read_plant(table, {}), streams, patience_seconds=2), "streams")
    assert {text.split(":")[0]: verdict for text, verdict in found.items()}["AGENTS"] is Verdict.WELL


async def test_the_doctor_says_when_there_is_no_jetstream_and_goes_on(tmp_path, gl003):
    config = tmp_path / "bare.conf"
    config.write_text(f'port: -1\nhost: 127.0.0.1\nports_file_dir: "{tmp_path}"\n')
    process = await asyncio.create_subprocess_exec(
        find_binary(), "-c", config, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        ports = await eventually(lambda: [path.read_text() for path in tmp_path.glob("*.ports")])
        shown = await gl003(document(json.loads(ports[0])["nats"][0]), "doctor", "--wait", "0.2")
    finally:
        process.terminate()
        await process.wait()
    assert shown.exit_code == 3
    assert "round trip" in shown.output
    assert "streams      FAULT   cannot be looked at" in shown.output
    assert "is JetStream enabled" in shown.output


async def test_the_doctor_sees_streams_that_are_full_other_and_have_letters(nats_server, streams):
    plant = read_plant(document(nats_server.url, meter_table(1)), {})
    settings = StreamSettings(storage_bytes=64 * 1024 * 1024)
    await ensure_streams(streams, stream_configs(settings, "test"))
    config = next(each for each in stream_configs(settings, "test") if each["name"] == "EVENTS")
    await streams.api("STREAM.UPDATE.EVENTS", {**config, "max_bytes": 2000, "max_age": 10**15})
    async with Publisher(streams) as publisher:
        await publisher.publish_all([Feed().next()])
        await streams.client.publish("gl.test.dead.RAW", b"?")
        for _ in range(60):
            await streams.client.publish("gl.test.event.a.b", b"!" * 50)
        await streams.client.flush()
    findings = verdicts(await examine(plant, streams, patience_seconds=0.2), "streams")
    assert any(text.startswith("EVENTS: max_age is") and "declared" in text for text in findings)
    assert any(text.startswith("EVENTS is full") and "instead of 30.0 d" in text for text in findings)
    assert any(text.startswith("DEAD got a message") for text in findings)
    elsewhere = read_plant({**document(nats_server.url), "site": "elsewhere"}, {})
    found = verdicts(await examine(elsewhere, streams, patience_seconds=0.2), "streams")
    assert any(text.startswith("RAW does not take gl.elsewhere.raw.") for text in found)


async def test_the_doctor_reads_what_credentials_may_not_do():
    async with EmbeddedServer(config=LIMITED) as server:
        table = document(server.url, meter_table(1))
        plant = read_plant(table, {})
        url = server.url.replace("//", "//some:x@")
        async with Bus(BusSettings(url=url), name="test", attempts=3) as bus:
            findings = verdicts(await examine(plant, bus, patience_seconds=0.2), "permissions")
    told = "could not, with these credentials, publish to gl.test.raw.steam_meter.*; listen to gl.test.svc"
    assert any(text.startswith(f"steam_meter {told}") for text in findings)
    assert "these credentials are no service's, and cannot invent readings" in findings


async def test_what_secure_init_makes_suffices_for_each_command_and_service(tmp_path, gl003):
    async with secured(tmp_path / "secrets", "test") as site:
        operator, meters = site.settings("operator"), site.settings("steam_meter")
        table = document("", meter_table(1))
        table["nats"] = site.table("operator")
        plant = read_plant(table, {})
        async with Bus(operator, name="test", attempts=3) as bus:
            await ensure_streams(bus, stream_configs(plant.streams, plant.site))
            findings = verdicts(await examine(plant, bus, patience_seconds=0.2), "permissions")
            assert findings == {
                "these credentials are no service's, and cannot invent readings": Verdict.WELL
            }
        async with running("steam_meter", {**table, "nats": site.table("steam_meter")}):
            shown = await eventually(lambda: found_by(gl003, table), 20)
            assert "steam_meter/a: meter:" in shown.output
            assert (await gl003(table, "tail", "event.>", "--for", "0.2s")).exit_code == 0
        assert meters.inbox_prefix != operator.inbox_prefix


async def found_by(gl003, table):
    shown = await gl003(table, "status", "--wait", "1")
    return shown if "steam_meter/a" in shown.output else None


async def test_the_doctor_finds_readers_that_are_gone_or_of_a_former_version(
    nats_server, streams, monkeypatch
):
    monkeypatch.setattr("integrations.runtime.operations.consumer_check.FAR_BEHIND", 2)
    for name in ("historian", "transformation-test"):
        config = {"durable_name": name, "ack_policy": "explicit"}
        body = {"stream_name": "RAW", "config": config}
        await streams.api(f"CONSUMER.DURABLE.CREATE.RAW.{name}", body)
    async with Publisher(streams) as publisher:
        feed = Feed()
        await publisher.publish_all([feed.next() for _ in range(4)])
    plant = read_plant(document(nats_server.url), {})
    findings = {each.text: each for each in await examine(plant, streams, patience_seconds=0.2)}
    assert "historian of RAW is 4 messages behind, and nobody reads it" in findings
    former = findings["transformation-test of RAW is a former version's, and nobody's now"]
    assert former.advice == "nats consumer rm RAW transformation-test"


async def test_two_who_read_one_device_are_a_fault(nats_server, streams):
    async with served(Meter()) as server:
        table = document(nats_server.url, meter_table(server.port))
        async with running("steam_meter", table, "a"), running("steam_meter", table, "b"):
            await eventually(lambda: discovered(streams, 2))
            found = verdicts(await examine(read_plant(table, {}), streams, patience_seconds=2), "services")
    assert found["read by more than one instance: steam_meter meter"] is Verdict.FAULT


async def test_tail_shows_what_goes_by(site, gl003):
    shown = await gl003(site, "tail", "clean.>", "--count", 2, "--json")
    assert shown.exit_code == 0
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(rows) == 2
    assert all(row["body"]["site"] == "test" and Header.MESSAGE_ID in row["headers"] for row in rows)
    text = (await gl003(site, "tail", "raw.*.meter", "--count", 1)).output
    assert "gl.test.raw.steam_meter.meter" in text
    assert "meter-pressure 9.5 barg" in text


async def test_tail_says_when_it_may_not_listen(gl003):
    async with EmbeddedServer(config=LIMITED) as server:
        url = server.url.replace("//", "//some:x@")
        shown = await gl003(document(url), "tail", "svc.>", "--for", "10s")
    assert shown.exit_code == 1
    assert "not allowed: subscription to gl.test.svc.>" in shown.output
