"""How much a server takes in one request, and how requests keep to it.

Source: OPC UA Part 5 §6.3.11 (OperationLimitsType; 0 is no limit).
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import TypeVar

import structlog
from asyncua import ua

from .errors import OpcUaError

logger = structlog.get_logger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

UNLIMITED = 1000
"""Most operations in a request where the server names no limit: a message's size has one all the same."""
TOO_MUCH = {
    ua.StatusCodes.BadTooManyOperations,
    ua.StatusCodes.BadEncodingLimitsExceeded,
    ua.StatusCodes.BadRequestTooLarge,
    ua.StatusCodes.BadResponseTooLarge,
    ua.StatusCodes.BadTcpMessageTooLarge,
}


class Operation(Enum):
    """A service with a limit; its value is the NodeId of the limit in namespace 0."""

    READ = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead
    WRITE = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite
    BROWSE = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse
    TRANSLATE = (
        ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds
    )
    MONITOR = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall
    HISTORY = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData


class Limits:
    """Operations per request, as the server says or as it was found to take; outlives a connection."""

    def __init__(self) -> None:
        self._said: dict[Operation, int] = {}
        self._found: dict[Operation, int] = {}

    def say(self, operation: Operation, most: int) -> None:
        """Take over what the server says."""
        self._said[operation] = most

    def most(self, operation: Operation) -> int:
        """Most operations to put into one request."""
        said = self._said.get(operation, 0) or UNLIMITED
        return max(1, min(said, UNLIMITED, self._found.get(operation, UNLIMITED)))

    async def batched(
        self,
        operation: Operation,
        items: Sequence[Item],
        call: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        server: str,
    ) -> list[Result]:
        """Call with as many items at a time as the server takes; results are in the order of `items`.

        Raises:
            OpcUaError: a call failed for another reason than its size, or answered for fewer items.
        """
        results: list[Result] = []
        while len(results) < len(items):
            chunk = items[len(results) : len(results) + self.most(operation)]
            try:
                got = await call(chunk)
            except OpcUaError as error:
                if error.status not in TOO_MUCH or len(chunk) == 1:
                    raise
                self._found[operation] = len(chunk) // 2
                logger.warning(
                    "server takes less in a request than it says",
                    server=server,
                    operation=operation.name.lower(),
                    tried=len(chunk),
                    now=len(chunk) // 2,
                )
                continue
            if len(got) != len(chunk):
                raise OpcUaError(f"asked about {len(chunk)} nodes, answered for {len(got)}", server=server)
            results += got
        return results
