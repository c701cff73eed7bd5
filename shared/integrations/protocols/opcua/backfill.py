"""What was recorded while there was no connection, read from the server's history afterwards."""

from asyncua import ua

from integrations.messages.status import is_bad

from .connection import Connection
from .events import EventKind, Events
from .history import read_history
from .status_names import status_name
from .subscription import OpcUaSubscription

MOST_PER_NODE = 10_000


async def backfill(connection: Connection, subscription: OpcUaSubscription, events: Events) -> None:
    """Hand over the values between the last one before the outage and the first one after it.

    Raises:
        OpcUaError: the server was lost.
    """
    gaps = subscription.take_gaps()
    if not gaps:
        return
    start_ns = min(gaps.values())
    end_ns = subscription.attached_ns
    histories = await read_history(connection, list(gaps), start_ns, end_ns, MOST_PER_NODE)
    values = [
        value
        for history in histories
        for value in history.values
        if value.time_ns is not None and gaps[history.node] < value.time_ns < end_ns
    ]
    refused = next((history for history in histories if is_bad(history.status)), None)
    if refused is not None and refused.status != ua.StatusCodes.BadNoData:
        count = sum(is_bad(history.status) for history in histories)
        events.tell(
            EventKind.NO_HISTORY, refused.node, f"{status_name(refused.status)}; {count} nodes in all"
        )
    if values:
        values.sort(key=lambda value: value.time_ns or 0)
        events.tell(EventKind.BACKFILLED, detail=f"{len(values)} values of {len(gaps)} nodes")
        subscription.hand_over(values, backfilled=True)
