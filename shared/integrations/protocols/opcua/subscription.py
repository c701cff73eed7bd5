"""A subscription that lives as long as its session, through as many connections as it takes."""

import math
from collections.abc import Callable, Sequence

import structlog
from asyncua import ua

from integrations.messages.status import is_bad

from .connection import Connection
from .errors import OpcUaError, ServerLostError
from .events import EventKind, Events, TypeWatch
from .gaps import Gaps
from .limits import Operation
from .monitoring import ChangeBatch, Deadband, MonitoredTag, SubscriptionSettings, create_request
from .nodes import find_nodes
from .status_names import status_name
from .values import OpcUaValue, bad_value, from_data_value

logger = structlog.get_logger(__name__)

LIFETIME_SECONDS = 60.0
"""How long the server keeps the subscription without a publish request."""
LONGEST_INTERVAL_MS = 86_400_000.0
MOST_NOTIFICATIONS = 5000
"""Changes in one message; the rest comes in the next one."""
GONE = {ua.StatusCodes.BadNodeIdUnknown, ua.StatusCodes.BadNodeIdInvalid}
DEADBAND_REFUSED = {
    ua.StatusCodes.BadDeadbandFilterInvalid,
    ua.StatusCodes.BadFilterNotAllowed,
    ua.StatusCodes.BadMonitoredItemFilterInvalid,
    ua.StatusCodes.BadMonitoredItemFilterUnsupported,
}


class OpcUaSubscription:
    """Tags whose changes are handed to `on_changes`, in batches, in the order in which the server sent them.

    `on_changes` is called in the event loop and must not block; what it raises is logged. A node that the
    server refuses is reported there as a value with the server's StatusCode, and asked for again from time
    to time; the others go on.
    """

    def __init__(
        self,
        tags: Sequence[MonitoredTag],
        on_changes: Callable[[ChangeBatch], None],
        settings: SubscriptionSettings,
        *,
        events: Events,
        types: TypeWatch,
        keep_alive_seconds: float,
    ) -> None:
        self.tags = tuple(tags)
        self.settings = settings
        self.last: list[OpcUaValue | None] = [None] * len(self.tags)
        """Last value of each tag."""
        self.publishing_interval_ms = settings.publishing_interval_ms
        """As the server revised it."""
        self.silence_seconds = math.inf
        self._on_changes = on_changes
        self._events = events
        self._types = types
        self._keep_alive_seconds = keep_alive_seconds
        self._connection: Connection | None = None
        self._id = 0
        self._items: dict[int, int] = {}
        self._without_deadband: set[int] = set()
        self._quiet = bytearray(len(self.tags))
        self.gaps = Gaps()
        """Outages to look up in history, with `backfill`."""

    @property
    def refused(self) -> dict[str, int]:
        """StatusCode of each node that the server does not monitor at the moment."""
        monitored = set(self._items.values())
        return {
            tag.node: 0 if last is None else last.code
            for index, (tag, last) in enumerate(zip(self.tags, self.last, strict=True))
            if index not in monitored
        }

    async def attach(self, connection: Connection) -> None:
        """Create the subscription and its items on a connection.

        Raises:
            OpcUaError: the server gives no subscription, or was lost.
        """
        interval = self.settings.publishing_interval_ms
        keep_alive_count = max(1, math.ceil(self._keep_alive_seconds * 1000 / interval))
        result = await connection.ask(
            "create a subscription",
            connection.services.create_subscription(
                ua.CreateSubscriptionParameters(
                    RequestedPublishingInterval=interval,
                    RequestedLifetimeCount=max(
                        3 * keep_alive_count, math.ceil(LIFETIME_SECONDS * 1000 / interval)
                    ),
                    RequestedMaxKeepAliveCount=keep_alive_count,
                    MaxNotificationsPerPublish=MOST_NOTIFICATIONS,
                    PublishingEnabled=True,
                ),
                _unused,
            ),
        )
        self._connection, self._id, self._items = connection, result.SubscriptionId, {}
        if self.settings.backfill:
            self.gaps.begin(self.last)
        self._take_revision(result)
        connection.publisher.add(self._id, self)
        try:
            await self._create(range(len(self.tags)))
        except BaseException:
            connection.publisher.remove(self._id)
            raise

    async def detach(self) -> None:
        """Delete the subscription at the server, if that is there."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.publisher.remove(self._id)
        if not connection.lost.is_set():
            await connection.ask(
                "delete a subscription", connection.services.delete_subscriptions([self._id])
            )

    async def tend(self) -> None:
        """Look after nodes that were refused, or went without a word; errors as `attach`.

        Servers differ in what they say to subscribers of a node that is deleted: some nothing at all.
        """
        if self._connection is None:
            return
        quiet = [index for index in self._items.values() if self._quiet[index]]
        self._quiet = bytearray(b"\x01") * len(self.tags)
        await self._look_at_quiet(self._connection, quiet)
        gone = [index for index, last in enumerate(self.last) if last is not None and last.code in GONE]
        await self._drop(self._connection, set(gone) & set(self._items.values()))
        refused = [index for index in range(len(self.tags)) if index not in set(self._items.values())]
        for index in refused:
            self._connection.nodes.pop(self.tags[index].node, None)
        await self._create(refused)

    def accept(self, message: ua.NotificationMessage) -> None:
        """Take over what the server published."""
        for data in message.NotificationData or ():
            if isinstance(data, ua.DataChangeNotification):
                self._take_changes(data.MonitoredItems or ())
            elif isinstance(data, ua.StatusChangeNotification):
                self.end(data.Status.value)

    def end(self, status: int) -> None:
        """The server ended the subscription: what helps is a new session."""
        if self._connection is not None and is_bad(status):
            what = f"the server ended subscription {self._id}: {status_name(status)}"
            self._connection.lose(ServerLostError(what, server=self._connection.server, code=status))

    def hand_over(self, values: list[OpcUaValue], *, backfilled: bool = False) -> None:
        """Call back with values."""
        try:
            self._on_changes(ChangeBatch(values, backfilled))
        except Exception:
            logger.exception("a receiver of opc ua changes failed", values=len(values))

    def _take_changes(self, items: Sequence[ua.MonitoredItemNotification]) -> None:
        values: list[OpcUaValue] = []
        tags, last, quiet, look = self.tags, self.last, self._quiet, self._types.look
        ended = self.gaps.end
        overflowed = 0
        for item in items:
            index = item.ClientHandle
            if index >= len(tags):
                continue
            value = from_data_value(tags[index].node, item.Value)
            last[index] = value
            quiet[index] = 0
            ended(index, value)
            look(value.node, value.data_type)
            overflowed += value.overflow
            values.append(value)
        if overflowed:
            node = next(value.node for value in values if value.overflow)
            self._events.tell(
                EventKind.OVERFLOW, node, f"the server's queue dropped values of {overflowed} changes"
            )
        if values:
            self.hand_over(values)

    def _take_revision(self, result: ua.CreateSubscriptionResult) -> None:
        asked, given = self.settings.publishing_interval_ms, result.RevisedPublishingInterval
        # an interval that is none would make a silence that is never too long
        self.publishing_interval_ms = given if 0 < given <= LONGEST_INTERVAL_MS else asked
        period = self.publishing_interval_ms / 1000 * max(1, result.RevisedMaxKeepAliveCount)
        self.silence_seconds = 2.0 * period + self._keep_alive_seconds
        if given != asked:
            self._events.tell(
                EventKind.REVISED, detail=f"publishing interval {asked:g} ms asked, {given:g} ms given"
            )

    async def _create(self, indices: Sequence[int]) -> None:
        """Create items; those that the server refuses are reported."""
        connection = self._connection
        if connection is None or not indices:
            return
        found = await find_nodes(connection, [self.tags[index].node for index in indices])
        known = [
            (index, node) for index, node in zip(indices, found, strict=True) if isinstance(node, ua.NodeId)
        ]
        refused = {index: node for index, node in zip(indices, found, strict=True) if isinstance(node, int)}
        without = refused_deadband = await self._create_items(connection, known, refused)
        if refused_deadband:
            nodes = dict(known)
            self._without_deadband |= set(refused_deadband)
            await self._create_items(connection, [(index, nodes[index]) for index in without], refused)
        self._report(refused, indices)

    async def _create_items(
        self, connection: Connection, known: Sequence[tuple[int, ua.NodeId]], refused: dict[int, int]
    ) -> list[int]:
        """Create items, add to `refused`; return those whose deadband the server does not take."""

        async def call(chunk: Sequence[tuple[int, ua.NodeId]]) -> list[ua.MonitoredItemCreateResult]:
            parameters = ua.CreateMonitoredItemsParameters(
                SubscriptionId=self._id,
                TimestampsToReturn=ua.TimestampsToReturn.Both,
                ItemsToCreate=[
                    create_request(
                        node,
                        index,
                        self.tags[index],
                        self.settings,
                        deadband=index not in self._without_deadband,
                    )
                    for index, node in chunk
                ],
            )
            answer: list[ua.MonitoredItemCreateResult] = await connection.ask(
                "create monitored items", connection.services.create_monitored_items(parameters)
            )
            return answer

        results = await connection.limits.batched(Operation.MONITOR, known, call, connection.server)
        no_deadband: list[int] = []
        for (index, _), result in zip(known, results, strict=True):
            code = result.StatusCode.value
            if not is_bad(code):
                self._items[result.MonitoredItemId] = index
                self._look_at_revision(self.tags[index], result)
            elif (
                code in DEADBAND_REFUSED and index not in self._without_deadband and self._has_deadband(index)
            ):
                no_deadband.append(index)
                self._events.tell(
                    EventKind.DEADBAND_REFUSED,
                    self.tags[index].node,
                    f"{status_name(code)}: going on without",
                )
            else:
                refused[index] = code
        return no_deadband

    def _has_deadband(self, index: int) -> bool:
        return self.tags[index].deadband is not Deadband.NONE

    def _look_at_revision(self, tag: MonitoredTag, result: ua.MonitoredItemCreateResult) -> None:
        asked = create_request(ua.NodeId(), 0, tag, self.settings, deadband=False).RequestedParameters
        if (
            result.RevisedSamplingInterval > asked.SamplingInterval
            or result.RevisedQueueSize < asked.QueueSize
        ):
            logger.debug(
                "opc ua item revised",
                node=tag.node,
                sampling_interval_ms=result.RevisedSamplingInterval,
                queue_size=result.RevisedQueueSize,
            )

    def _report(self, refused: dict[int, int], indices: Sequence[int]) -> None:
        values = []
        for index in indices:
            before = self.last[index]
            if index not in refused:
                if before is not None and before.code in GONE:
                    self._events.tell(EventKind.NODE_BACK, self.tags[index].node)
            elif before is None or before.code != refused[index]:
                node, status = self.tags[index].node, refused[index]
                self._events.tell(EventKind.NODE_REFUSED, node, status_name(status))
                self.last[index] = bad_value(node, status)
                values.append(bad_value(node, status))
        if values:
            self.hand_over(values)

    async def _look_at_quiet(self, connection: Connection, indices: Sequence[int]) -> None:
        """Report nodes that have become Bad without the server having said so."""
        nodes = await find_nodes(connection, [self.tags[index].node for index in indices])
        there = [
            (index, node) for index, node in zip(indices, nodes, strict=True) if isinstance(node, ua.NodeId)
        ]
        data = await connection.read([node for _, node in there])
        values = []
        for (index, _), read in zip(there, data, strict=True):
            value, before = from_data_value(self.tags[index].node, read), self.last[index]
            if value.bad and (before is None or before.code != value.code):
                self.last[index] = value
                values.append(value)
        if values:
            self.hand_over(values)

    async def _drop(self, connection: Connection, indices: set[int]) -> None:
        """Delete items whose nodes are gone: if a node comes back, it is another one to the server."""
        ids = [item for item, index in self._items.items() if index in indices]
        if not ids:
            return
        try:
            await connection.ask(
                "delete monitored items",
                connection.services.delete_monitored_items(
                    ua.DeleteMonitoredItemsParameters(SubscriptionId=self._id, MonitoredItemIds=ids)
                ),
            )
        except ServerLostError:
            raise
        except OpcUaError as error:
            logger.debug("opc ua items not deleted", reason=error.what)
        for item in ids:
            del self._items[item]


def _unused(_: ua.PublishResult) -> None:
    """Stand-in for a callback: publishing is the publisher's work."""
