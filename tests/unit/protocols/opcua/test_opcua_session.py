"""Sessions with a real server: reads, writes, changes, and everything after a restart."""

import asyncio

import pytest
from asyncua import ua

from integrations.messages.status import Status
from integrations.protocols.opcua import (
    NodeTextError,
    NodeUnknownError,
    NotConnectedError,
    NotWritableError,
    OpcUaError,
    ServerUnreachableError,
    WriteValueError,
)
from integrations.protocols.opcua.client import (
    EventKind,
    MonitoredTag,
    OpcUaSession,
    SubscriptionSettings,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRESSURE = "ns=2;s=STEAM.HEADER.PRESSURE"
FAST = SubscriptionSettings(publishing_interval_ms=50)
UNKNOWN = 0x80340000


async def test_nodes_are_read_by_id_by_namespace_uri_and_by_path_with_dots_in_names(
    lasting_plant, open_session
):
    session = await open_session(lasting_plant.endpoint)
    nodes = [PRESSURE, "nsu=urn:test:plant;i=1001", "/Objects/2:Plant/2:STEAM.HEADER.PRESSURE"]
    values = await session.read(nodes)
    assert [(value.node, value.value, value.data_type) for value in values] == [
        (nodes[0], 10.0, "Double"),
        (nodes[1], 1, "UInt16"),
        (nodes[2], 10.0, "Double"),
    ]
    assert all(value.good and value.source_time_ns for value in values)


async def test_a_node_that_is_not_there_is_bad_and_its_neighbours_are_read(lasting_plant, open_session):
    session = await open_session(lasting_plant.endpoint)
    gone, path, foreign, there = await session.read(["ns=2;s=NO", "/Objects/2:NO", "nsu=urn:x;i=1", PRESSURE])
    assert gone.status == UNKNOWN
    assert path.bad
    assert foreign.status == UNKNOWN
    assert there.value == 10.0


async def test_status_codes_come_through_as_they_are(plant, open_session):
    session = await open_session(plant.endpoint)
    status = ua.StatusCode(Status.UNCERTAIN_LAST_USABLE.value)
    await plant.pressure.write_value(ua.DataValue(ua.Variant(9.0), status))
    (value,) = await session.read([PRESSURE])
    assert (value.value, value.status, value.uncertain) == (9.0, Status.UNCERTAIN_LAST_USABLE, True)


async def test_a_text_that_names_no_node_is_an_error_that_shows_it(lasting_plant, open_session):
    session = await open_session(lasting_plant.endpoint)
    with pytest.raises(NodeTextError, match="ns=2;i=x"):
        await session.read(["ns=2;i=x"])


async def test_a_value_is_written_in_the_type_of_its_node(plant, open_session):
    session = await open_session(plant.endpoint)
    await session.write("ns=2;s=SETPOINT", 12)
    await session.write("ns=2;i=1001", 7.0)
    values = await session.read(["ns=2;s=SETPOINT", "ns=2;i=1001"])
    assert [(value.value, value.data_type) for value in values] == [(12.0, "Double"), (7, "UInt16")]


@pytest.mark.parametrize(
    ("node", "value", "error", "words"),
    [
        ("ns=2;i=1001", 70_000, WriteValueError, "0..65535 .UInt16., got 70000"),
        ("ns=2;s=SETPOINT", "hot", WriteValueError, "number .Double., got 'hot'"),
        (PRESSURE, 1.0, NotWritableError, "read-only"),
        ("ns=2;s=NO", 1.0, NodeUnknownError, "BadNodeIdUnknown"),
    ],
)
async def test_a_write_that_cannot_be_says_why_and_names_the_node(
    lasting_plant, open_session, node, value, error, words
):
    session = await open_session(lasting_plant.endpoint)
    with pytest.raises(error, match=words) as caught:
        await session.write(node, value)
    assert node in str(caught.value)


async def test_nobody_there_is_an_error_that_names_the_place(plant):
    endpoint = plant.endpoint
    await plant.stop()
    with pytest.raises(ServerUnreachableError, match=f"127.0.0.1:{endpoint.port}"):
        await OpcUaSession(endpoint).open()


async def test_changes_come_in_batches_and_a_bad_node_blocks_none(plant, open_session, seen):
    session = await open_session(plant.endpoint)
    subscription = await session.subscribe([PRESSURE, "ns=2;s=NO"], seen, FAST)
    await plant.pressure.write_value(11.0)
    await seen.until(lambda values: any(value.value == 11.0 for value in values))
    assert subscription.refused == {"ns=2;s=NO": UNKNOWN}
    assert any(value.node == "ns=2;s=NO" and value.status == UNKNOWN for value in seen.values)


async def test_a_subscription_that_the_server_answers_with_nothing_is_an_error_and_none(
    lasting_plant, open_session, seen
):
    session = await open_session(lasting_plant.endpoint)

    async def nothing(_):
        return None

    services = session._connection.services
    services.create_monitored_items, create = nothing, services.create_monitored_items
    with pytest.raises(OpcUaError, match="cannot subscribe"):
        await session.subscribe([PRESSURE], seen, FAST)
    services.create_monitored_items = create
    assert session.subscriptions == ()
    await session.subscribe([PRESSURE], seen, FAST)
    await seen.until(bool)


async def test_a_refused_deadband_is_told_and_the_item_goes_on_without(lasting_plant, open_session, seen):
    events = []
    session = await open_session(lasting_plant.endpoint, on_event=events.append)
    tag = MonitoredTag(PRESSURE, deadband="percent", deadband_value=1.0)
    subscription = await session.subscribe([tag], seen, FAST)
    await seen.until(bool)
    assert subscription.refused == {}


async def test_a_type_that_changes_is_told(plant, open_session, seen):
    events = []
    session = await open_session(plant.endpoint, on_event=events.append)
    await session.subscribe([PRESSURE], seen, FAST)
    await seen.until(bool)
    node = plant.server.iserver.aspace[plant.pressure.nodeid]
    node.attributes[ua.AttributeIds.Value].value = None  # asyncua refuses a write of another type otherwise
    await plant.pressure.write_value(ua.DataValue(ua.Variant("10 bar", ua.VariantType.String)))
    await seen.until(lambda values: values[-1].value == "10 bar")
    (event,) = [event for event in events if event.kind is EventKind.TYPE_CHANGED]
    assert (event.node, event.detail) == (PRESSURE, "Double became String")


async def test_a_node_that_is_deleted_becomes_bad(plant, open_session, seen):
    session = await open_session(plant.endpoint)
    subscription = await session.subscribe([PRESSURE], seen, FAST)
    await seen.until(bool)
    await subscription.tend()
    await plant.server.delete_nodes([plant.pressure])
    await subscription.tend()
    assert seen.values[-1].status == UNKNOWN


async def test_all_subscriptions_live_again_after_a_restart(make_plant, open_session, seen):
    plant = await make_plant()
    events = []
    session = await open_session(plant.endpoint, on_event=events.append)
    await session.subscribe([PRESSURE], seen, FAST)
    await seen.until(bool)
    await plant.stop()
    async with asyncio.timeout(5):
        while session.state != "reconnecting":  # noqa: ASYNC110  # the state is what is to be seen
            await asyncio.sleep(0)
    with pytest.raises(NotConnectedError):
        await session.read([PRESSURE])
    await plant.start()
    await plant.pressure.write_value(42.0)
    await seen.until(lambda values: values[-1].value == 42.0)
    assert [event.kind for event in events if event.kind is EventKind.RECONNECTED]


async def test_a_server_that_numbers_its_namespaces_anew_is_read_at_the_same_nodes(
    make_plant, open_session, seen
):
    plant = await make_plant()
    events = []
    session = await open_session(plant.endpoint, on_event=events.append)
    path = "Objects/2:Plant/2:STEAM.HEADER.PRESSURE"
    await session.subscribe([PRESSURE, path], seen, FAST)
    await seen.until(lambda values: {value.node for value in values} == {PRESSURE, path})
    await plant.stop()

    plant.loads_first = "urn:test:other"  # has the index 2 from now on, and a node of the same name
    await plant.start()
    await plant.pressure.write_value(42.0)
    await seen.until(
        lambda values: {value.node for value in values if value.value == 42.0} == {PRESSURE, path}
    )
    assert [value.value for value in await session.read([PRESSURE, path])] == [42.0, 42.0]
    (moved,) = [event for event in events if event.kind is EventKind.NAMESPACES_MOVED]
    assert moved.detail == "urn:test:plant was ns=2 and is ns=3"


async def test_fifteen_hundred_tags_are_read_and_subscribed(make_plant, open_session, seen):
    plant = await make_plant(tags=1500)
    session = await open_session(plant.endpoint)
    nodes = [f"ns=2;s=T{number}" for number in range(1500)]
    assert [value.value for value in await session.read(nodes)] == list(map(float, range(1500)))
    await session.subscribe(nodes, seen, FAST)
    await seen.until(lambda values: len({value.node for value in values}) == 1500, seconds=60)


async def test_limits_of_the_server_are_kept(make_plant, open_session):
    async def limit(server, _):
        node = server.get_node(ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead)
        await node.write_value(ua.Variant(3, ua.VariantType.UInt32))

    plant = await make_plant(prepare=limit, tags=10)
    sizes = []
    session = await open_session(plant.endpoint)
    services = session._connection.services
    read = services.read

    async def counted(parameters):
        sizes.append(len(parameters.NodesToRead))
        return await read(parameters)

    services.read = counted
    await session.read([f"ns=2;s=T{number}" for number in range(10)])
    assert sizes[:4] == [3, 3, 3, 1]


async def test_the_tree_is_browsed_into_tags(lasting_plant, open_session):
    session = await open_session(lasting_plant.endpoint)
    tags = await session.browse()
    assert [(tag.node, tag.writable) for tag in tags] == [
        (PRESSURE, False),
        ("ns=2;s=SETPOINT", True),
        ("ns=2;i=1001", True),
    ]
    (value,) = await session.read([tags[0].path])
    assert value.value == 10.0


async def test_history_is_read_through_all_its_pages(plant, open_session):
    await plant.server.historize_node_data_change(plant.pressure, None, 5000)
    plant.server.iserver.history_manager.storage.max_history_data_response_size = 400
    for number in range(1500):
        await plant.pressure.write_value(float(number))
    session = await open_session(plant.endpoint)
    async with asyncio.timeout(10):
        while True:
            values = await session.history(PRESSURE, 0, 4_000_000_000_000_000_000)
            if values and values[-1].value == 1499.0:
                break
    times = [value.time_ns for value in values]
    assert len(values) >= 1500
    assert times == sorted(times)


async def test_close_leaves_no_task_behind(lasting_plant, seen):
    before = asyncio.all_tasks()
    async with OpcUaSession(lasting_plant.endpoint) as session:
        await session.subscribe([PRESSURE], seen, FAST)
        ours = {task for task in asyncio.all_tasks() - before if task.get_name().startswith("opcua")}
        assert ours
    assert all(task.done() for task in ours)
