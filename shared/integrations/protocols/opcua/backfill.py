"""What was recorded while there was no connection, read from the server's history afterwards."""

import asyncio
from collections.abc import Iterable, Iterator

import structlog
from asyncua import ua

from integrations.messages.status import is_bad

from .connection import Connection
from .events import EventKind, Events
from .gaps import Gap
from .history import read_history
from .status_names import status_name
from .subscription import OpcUaSubscription
from .values import OpcUaValue

logger = structlog.get_logger(__name__)

MOST_PER_NODE = 10_000
FIRST_REPORT_SECONDS = 2.0


async def backfill(connection: Connection, subscription: OpcUaSubscription, events: Events) -> None:
    """Hand over what came between the last value before an outage and the first one reported after it.

    Both times are the server's, so that nothing is missed or told twice, whatever our clock says.

    Raises:
        OpcUaError: the server was lost.
    """
    await _all_reported(subscription)
    gaps = subscription.gaps.take()
    if not gaps:
        return
    start_ns, end_ns = min(gap.start_ns for gap in gaps), max(gap.end_ns for gap in gaps)
    nodes = [gap.node for gap in gaps]
    histories = await read_history(connection, nodes, start_ns, end_ns, MOST_PER_NODE)
    values = [
        value for gap, history in zip(gaps, histories, strict=True) for value in _within(gap, history.values)
    ]
    refused = next((history for history in histories if is_bad(history.status)), None)
    if refused is not None and refused.status != ua.StatusCodes.BadNoData:
        count = sum(is_bad(history.status) for history in histories)
        events.tell(
            EventKind.NO_HISTORY, refused.node, f"{status_name(refused.status)}; {count} nodes in all"
        )
    if values:
        values.sort(key=lambda value: value.time_ns or 0)
        events.tell(EventKind.BACKFILLED, detail=f"{len(values)} values of {len(set(nodes))} nodes")
        subscription.hand_over(values, backfilled=True)


async def _all_reported(subscription: OpcUaSubscription) -> None:
    """Wait until all tags were reported; those that are not within two publishings have their turn later."""
    try:
        async with asyncio.timeout(2 * subscription.publishing_interval_ms / 1000 + FIRST_REPORT_SECONDS):
            await subscription.gaps.are_known.wait()
    except TimeoutError:
        logger.debug("tags are silent after an outage")


def _within(gap: Gap, values: Iterable[OpcUaValue]) -> Iterator[OpcUaValue]:
    """Yield each value of a gap once."""
    last_ns = gap.start_ns
    for value in values:
        if value.time_ns is not None and last_ns < value.time_ns < gap.end_ns:
            last_ns = value.time_ns
            yield value
