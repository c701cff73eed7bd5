"""An OPC UA server in a thread of its own: started once for a module, it leaves no task with a test."""

import asyncio
import socket
import threading
import time
from datetime import UTC, datetime

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole

from integrations.simulation.opcua.server import stop_at_once

STEAM = {
    "STEAM.HEADER.PRESSURE": 10.0,
    "STEAM.HEADER.TEMPERATURE": 184.0,
    "STEAM.HEADER.FLOW": 18.0,
    "STEAM.CONDENSATE.RETURN": 82.0,
    "STEAM.TRAP.STATUS": True,
    "STEAM.SETPOINT": 10.0,
}
WRITABLE = {"STEAM.SETPOINT"}


class Users:
    """Anonymous, and operators with the password `secret`."""

    def get_user(self, iserver, username=None, password=None, certificate=None):
        refused = username is not None and password != "secret"  # noqa: S105 - nothing is behind it
        return None if refused else User(role=UserRole.User, name=username)


class OpcUaPeer:
    """A server whose values, refusals and absences a test decides; methods may be called from any loop.

    `refused` gives write results by tag; values written to a `stuck` tag are taken and forgotten.
    """

    def __init__(self, values=STEAM, writable=WRITABLE, historized=()):
        self.refused = {}
        self.stuck = set()
        self._values = dict(values)
        self._writable = writable
        self._historized = historized
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="opc ua peer")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self):
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *exc):
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def write(self, tag, value, status=0, source_ns=None, kind=None):
        """Let a tag show a value; return the time of its source (UTC ns, in whole microseconds)."""
        source_ns = (source_ns or time.time_ns()) // 1000 * 1000
        seconds, rest = divmod(source_ns, 1_000_000_000)
        source = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
        data = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(int(status)), source, datetime.now(UTC))
        self._call(self._server.write_attribute_value(self._nodes[tag].nodeid, data))
        return source_ns

    def value(self, tag):
        """Return what a tag shows."""
        return self._call(self._nodes[tag].read_value())

    def has_recorded(self, tag, value):
        """Whether the history of a tag has got to this value: asyncua records a moment after a write."""
        storage = self._server.iserver.history_manager.storage
        recorded = storage._datachanges[self._nodes[tag].nodeid]
        return bool(recorded) and recorded[-1].Value.Value == value

    def add(self, tag, value):
        """Add a tag."""
        self._call(self._add(tag, value))

    def delete(self, tag):
        """Take a tag away."""
        self._call(self._server.delete_nodes([self._nodes.pop(tag)]))

    def retype(self, tag, value, kind):
        """Let a tag have another type from now on."""
        node = self._server.iserver.aspace[self._nodes[tag].nodeid]
        node.attributes[ua.AttributeIds.Value].value = None  # a write of another type is refused otherwise
        self.write(tag, value, kind=kind)

    def hang_up(self):
        """Close every connection and listen no more; the tags live on."""
        self._call(self._server.bserver.stop())

    def listen(self):
        """Be there again after `hang_up`."""
        self._call(self._server.bserver.start())

    def restart(self):
        """Begin anew, with the values of the beginning."""
        self._call(stop_at_once(self._server))
        self._call(self._start())

    def _call(self, doing):
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(30)

    async def _end(self):
        await stop_at_once(self._server)
        left = asyncio.all_tasks() - {asyncio.current_task()}  # asyncua forgets the tasks of lost sessions
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_default_executor()

    async def _start(self):
        server = Server(user_manager=Users())
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken])
        self._index = await server.register_namespace("urn:test:scada")
        self._server, self._nodes = server, {}
        self._plant = await server.nodes.objects.add_object(self._index, "Plant")
        for tag, value in self._values.items():
            await self._add(tag, value)
        for tag in self._historized:
            await server.historize_node_data_change(self._nodes[tag], None, 1000)
        self._refuse(server.iserver.aspace)
        await server.start()

    async def _add(self, tag, value):
        node_id = ua.NodeId(tag, self._index)
        self._nodes[tag] = node = await self._plant.add_variable(node_id, f"{self._index}:{tag}", value)
        if tag in self._writable:
            await node.set_writable()

    def _refuse(self, space):
        honest = space.write_attribute_value

        async def write(node_id, attribute, value):
            is_value = attribute == ua.AttributeIds.Value
            if is_value and node_id.Identifier in self.refused:
                return ua.StatusCode(self.refused[node_id.Identifier])
            if is_value and node_id.Identifier in self.stuck:
                return ua.StatusCode()
            return await honest(node_id, attribute, value)

        space.write_attribute_value = write
