"""What stands between a connector and a real TCP server, to be silenced, taken away and brought back."""

import asyncio
from typing import Self


class Relay:
    """Passes bytes on to a server on 127.0.0.1, whatever they mean; `port` is a free one.

    While it is `silent` answers are held back: they come late, as after a stalled network, or never. While it
    is `deaf` the same happens to what is asked.
    """

    def __init__(self, server_port: int, port: int = 0) -> None:
        self.port = port
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._hearing = asyncio.Event()
        self._hearing.set()
        self.connections = 0
        """Connections there have been."""
        self._server_port = server_port
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def silent(self) -> bool:
        """Whether answers are held back."""
        return not self._speaking.is_set()

    @silent.setter
    def silent(self, wanted: bool) -> None:
        (self._speaking.clear if wanted else self._speaking.set)()

    @property
    def deaf(self) -> bool:
        """Whether requests are held back."""
        return not self._hearing.is_set()

    @deaf.setter
    def deaf(self, wanted: bool) -> None:
        (self._hearing.clear if wanted else self._hearing.set)()

    @property
    def open(self) -> int:
        """Connections there are."""
        return len(self._passing)

    async def start(self) -> None:
        """Listen: the first time on a free port, then on that one again."""
        if self._server is not None:
            return
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for passing in tuple(self._passing):
            passing.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mine = asyncio.current_task()
        self._passing.add(mine)
        try:
            await self._pass(reader, writer)
        except (asyncio.CancelledError, OSError):
            pass  # hung up, by one side or by the test: this task ends here
        finally:
            self._passing.discard(mine)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        ways = [
            asyncio.create_task(self._carry(reader, server_writer, self._hearing)),
            asyncio.create_task(self._carry(server_reader, writer, self._speaking)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            server_writer.close()

    @staticmethod
    async def _carry(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            await may_pass.wait()
            writer.write(data)
            await writer.drain()
