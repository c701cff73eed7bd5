"""The server as one session has it: its services, and whether the session still stands."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from asyncua.client.ua_session import UaSession

from .conversion import converting
from .errors import OpcUaError, ServerLostError

Result = TypeVar("Result")


class Peer:
    """The services of `server`; `lost` is set once they are of no use any more, and `reason` says why."""

    def __init__(self, services: UaSession, server: str) -> None:
        self.services = services
        self.server = server
        self.lost = asyncio.Event()
        self.reason: OpcUaError | None = None

    async def ask(self, doing: str, answer: Awaitable[Result]) -> Result:
        """Await a service's answer; what says that the session is gone also sets `lost`.

        Raises:
            OpcUaError: "cannot <doing>", and why.
        """
        try:
            with converting(self.server, doing):
                return await answer
        except ServerLostError as error:
            self.lose(error)
            raise

    def lose(self, reason: OpcUaError) -> None:
        """Take the session for lost."""
        self.reason = self.reason or reason
        self.lost.set()
