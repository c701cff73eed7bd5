"""A server of asyncua on loopback, in the loop of its test."""

import asyncio

from asyncua import Server, ua

from integrations.protocols.opcua import OpcUaEndpoint
from integrations.simulation.opcua.server import stop_at_once


class Plant:
    """A server that can be stopped, started again on its port, and asked for its nodes."""

    def __init__(self, prepare=None, tags=0):
        self.port = 0
        self.tags = tags
        self.prepare = prepare
        self.loads_first = ""
        """Namespace that has its place before ours, with nodes of the same names."""
        self.server = None

    @property
    def endpoint(self):
        return OpcUaEndpoint(host="127.0.0.1", port=self.port, timeout_seconds=3, keep_alive_seconds=0.5)

    async def start(self):
        server = Server()
        await server.init()
        if not self.port:
            probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
            self.port = probe.sockets[0].getsockname()[1]
            probe.close()
            await probe.wait_closed()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}/plant")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        if self.loads_first:
            other = await server.register_namespace(self.loads_first)
            name = "STEAM.HEADER.PRESSURE"
            await server.nodes.objects.add_variable(ua.NodeId(name, other), f"{other}:{name}", -1.0)
        index = await server.register_namespace("urn:test:plant")
        plant = await server.nodes.objects.add_object(index, "Plant")
        self.pressure = await plant.add_variable(
            ua.NodeId("STEAM.HEADER.PRESSURE", index), f"{index}:STEAM.HEADER.PRESSURE", 10.0
        )
        self.setpoint = await plant.add_variable(ua.NodeId("SETPOINT", index), f"{index}:SETPOINT", 8.0)
        await self.setpoint.set_writable()
        self.counter = await plant.add_variable(
            ua.NodeId(1001, index), f"{index}:COUNT", 1, ua.VariantType.UInt16
        )
        await self.counter.set_writable()
        self.many = [
            await plant.add_variable(ua.NodeId(f"T{number}", index), f"{index}:T{number}", float(number))
            for number in range(self.tags)
        ]
        if self.prepare:
            await self.prepare(server, index)
        await server.start()
        self.server = server

    async def stop(self):
        server, self.server = self.server, None
        if server:
            await stop_at_once(server)
