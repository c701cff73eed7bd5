"""What goes wrong with real servers: certificates by name, small limits, outages without doubles."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from integrations.messages.status import Status
from integrations.protocols.opcua import (
    OpcUaEndpoint,
    ServerCertificateExpiredError,
    ServerCertificateUntrustedError,
)
from integrations.protocols.opcua.client import EventKind, MonitoredTag, SubscriptionSettings
from integrations.protocols.opcua.own_certificate import self_signed
from integrations.protocols.opcua.trust import check_server_certificate

PRESSURE = "ns=2;s=STEAM.HEADER.PRESSURE"
FAST = SubscriptionSettings(publishing_interval_ms=50)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def endpoint(tmp_path):
    return OpcUaEndpoint(
        host="plc", security_policy="Basic256Sha256", pki_folder=str(tmp_path), application_uri="urn:us"
    )


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def test_an_unknown_certificate_is_kept_and_the_error_says_which_file_to_move_where(key, endpoint):
    sent = der(self_signed(key, "plc", "urn:plc"))
    with pytest.raises(ServerCertificateUntrustedError) as caught:
        check_server_certificate(sent, "urn:plc", endpoint)
    (kept,) = endpoint.rejected.iterdir()
    assert f"move {kept} to {endpoint.trusted}" in str(caught.value)
    shutil.move(kept, endpoint.trusted)
    assert der(check_server_certificate(sent, "urn:plc", endpoint)) == sent


@pytest.mark.parametrize("starts_in_days", [-30, 30], ids=["expired", "not yet valid"])
def test_a_trusted_certificate_out_of_its_time_says_its_time(key, endpoint, starts_in_days):
    begin = datetime.now(UTC) + timedelta(days=starts_in_days)
    certificate = self_signed(key, "plc", "urn:plc", valid_from=begin, valid_days=10)
    endpoint.trusted.mkdir(parents=True)
    (endpoint.trusted / "plc.der").write_bytes(der(certificate))
    with pytest.raises(ServerCertificateExpiredError, match=f"valid from {begin:%Y-%m-%d}"):
        check_server_certificate(der(certificate), "urn:plc", endpoint)


@pytest.mark.parametrize(("sent", "words"), [(None, "no certificate"), (b"0\x82\0\x01x", "cannot be read")])
def test_what_is_no_certificate_is_said(endpoint, sent, words):
    with pytest.raises(ServerCertificateUntrustedError, match=words):
        check_server_certificate(sent, "urn:plc", endpoint)


@pytest.mark.asyncio(loop_scope="module")
async def test_small_limits_of_a_server_are_kept_in_every_service(make_plant, open_session, seen):
    async def limit(server, _):
        for name, most in (("Read", 3), ("Browse", 2)):
            await set_limit(server, f"MaxNodesPer{name}", most)
        await set_limit(server, "MaxMonitoredItemsPerCall", 4)

    plant = await make_plant(prepare=limit, tags=10)
    session = await open_session(plant.endpoint)
    services, sizes = session._connection.services, {}

    def count(name, items):
        call = getattr(services, name)

        async def counted(parameters):
            sizes.setdefault(name, []).append(len(getattr(parameters, items)))
            return await call(parameters)

        setattr(services, name, counted)

    count("read", "NodesToRead")
    count("browse", "NodesToBrowse")
    count("create_monitored_items", "ItemsToCreate")
    nodes = [f"ns=2;s=T{number}" for number in range(10)]
    await session.read(nodes)
    await session.subscribe(nodes, seen, FAST)
    await session.browse()
    assert sizes["read"][:4] == [3, 3, 3, 1]
    assert sizes["create_monitored_items"] == [4, 4, 2]
    assert {name: max(each) for name, each in sizes.items()} == {
        "read": 3, "browse": 2, "create_monitored_items": 4,
    }  # fmt: skip
    await seen.until(lambda values: {value.node for value in values} == set(nodes))


async def set_limit(server, name, most):
    number = getattr(ua.ObjectIds, f"Server_ServerCapabilities_OperationLimits_{name}")
    await server.get_node(number).write_value(ua.Variant(most, ua.VariantType.UInt32))


@pytest.mark.asyncio(loop_scope="module")
async def test_an_outage_in_one_go(make_plant, open_session, seen):
    """Deadband, codes, two subscriptions, and what was recorded while nobody was connected."""
    plant = await make_plant()
    await plant.server.historize_node_data_change(plant.pressure, None, 1000)
    events = []
    session = await open_session(plant.endpoint, on_event=events.append)
    settings = SubscriptionSettings(publishing_interval_ms=50, backfill=True)
    await session.subscribe([PRESSURE, "ns=2;s=NO"], seen, settings)
    rough = []
    await session.subscribe(
        [MonitoredTag("ns=2;i=1001", deadband="absolute", deadband_value=5.0)],
        lambda batch: rough.extend(value.value for value in batch.values),
        FAST,
    )
    for value, status in ((11.0, 0), (12.0, Status.UNCERTAIN_SUBNORMAL), (13.0, Status.BAD_SENSOR_FAILURE)):
        stamped = ua.DataValue(ua.Variant(value), ua.StatusCode(int(status)), datetime.now(UTC))
        await plant.pressure.write_value(stamped)  # asyncua's history stumbles over a value without a time
        await seen.until(lambda values, status=status: values[-1].status == status)
    for count in (3, 5, 20):
        await plant.counter.write_value(ua.DataValue(ua.Variant(count, ua.VariantType.UInt16)))
    await plant.pressure.write_value(14.0)
    await seen.until(lambda values: values[-1].value == 14.0)

    await plant.server.bserver.stop()
    await until(lambda: session.state == "reconnecting")
    for value in (15.0, 16.0, 17.0):
        await plant.pressure.write_value(value)
    await plant.server.bserver.start()
    await seen.until(lambda values: {15.0, 16.0, 17.0} <= {value.value for value in values})
    await plant.counter.write_value(ua.DataValue(ua.Variant(40, ua.VariantType.UInt16)))
    await until(lambda: rough and rough[-1] == 40)

    times = [value.source_time_ns for value in seen.values if value.node == PRESSURE]
    past = [value.value for batch in seen.batches if batch.backfilled for value in batch.values]
    assert past == [15.0, 16.0]
    assert len(times) == len(set(times))
    assert 3 not in rough
    assert 5 not in rough
    assert [event.kind for event in events if event.kind is EventKind.RECONNECTED]


async def until(check):
    """Wait for the server's side and ours to get there."""
    async with asyncio.timeout(10):
        while not check():  # noqa: ASYNC110 - the other side has no event to wait for
            await asyncio.sleep(0.01)
