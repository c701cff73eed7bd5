"""nats-servers as operators run them, with the files of deploy/nats: one, three, one at an edge."""

import os
from itertools import permutations
from pathlib import Path

from fakes.relay import Relay
from fakes.site import ROOT, eventually
from integrations.bus.embedded import find_binary
from integrations.bus.opening import is_nats

from .ports import free_ports
from .processes import Process

CONFIGURATIONS = ROOT / "deploy" / "nats"
HOST = "127.0.0.1"


class Server(Process):
    """One nats-server with its store; killed and started again it has the same."""

    def __init__(self, name: str, configuration: str, folder: Path, port: int, **more: object) -> None:
        settings = {"NODE": name, "NATS_HOST": HOST, "NATS_PORT": port, "NATS_STORE": folder / name, **more}
        environment = {**os.environ, **{key: str(value) for key, value in settings.items()}}
        command = [find_binary(), "-c", CONFIGURATIONS / configuration]
        super().__init__(name, command, folder / f"{name}.log", environment)
        self.port = port
        self.leaf_port = more.get("LEAF_PORT")

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://{HOST}:{self.port}"

    async def start(self) -> None:
        """Start and wait until it greets."""
        await super().start()
        await eventually(lambda: is_nats(HOST, self.port), 30)


def single(folder: Path, name: str = "bus") -> list[Server]:
    """A server by itself."""
    port, monitor = free_ports(2)
    return [Server(name, "single.conf", folder, port, MONITOR_PORT=monitor)]


class Routes:
    """The ways between three servers, through a proxy for each direction."""

    def __init__(self) -> None:
        self.ports = free_ports(3)
        pairs = list(permutations(range(3), 2))
        proxies = zip(pairs, free_ports(len(pairs)), strict=True)
        self._relays = {(at, to): Relay(self.ports[to], port) for (at, to), port in proxies}

    def known_to(self, at: int) -> dict[str, str]:
        """What a server is told of the others; its own place is as it is."""
        ports = [self.ports[to] if to == at else self._relays[at, to].port for to in range(3)]
        return {f"ROUTE_{to}": f"nats://{HOST}:{port}" for to, port in enumerate(ports, 1)}

    def of(self, at: int) -> list[Relay]:
        """The ways to and from one server."""
        return [relay for pair, relay in self._relays.items() if at in pair]

    async def start(self) -> None:
        """Let everything pass."""
        for relay in self._relays.values():
            await relay.start()

    async def stop(self) -> None:
        """Let nothing pass."""
        for relay in self._relays.values():
            await relay.stop()


def cluster(folder: Path, routes: Routes | None = None) -> list[Server]:
    """Three servers that know each other, ready to be a hub; with `routes` through its proxies."""
    own, ports, monitors, leaves = (free_ports(3) for _ in range(4))
    own = routes.ports if routes else own
    known = {f"ROUTE_{at}": f"nats://{HOST}:{port}" for at, port in enumerate(own, 1)}
    return [
        Server(
            f"n{at}",
            _without_short_cuts(folder) if routes else "node.conf",
            folder,
            ports[at],
            CLUSTER_PORT=own[at],
            MONITOR_PORT=monitors[at],
            LEAF_PORT=leaves[at],
            **(routes.known_to(at) if routes else known),
        )
        for at in range(3)
    ]


def _without_short_cuts(folder: Path) -> str:
    """Return node.conf with an address that leads nowhere: the others would find ways past the proxies."""
    path, text = folder / "node.conf", (CONFIGURATIONS / "node.conf").read_text()
    path.write_text(text.replace("cluster {", f'cluster {{\n  advertise: "{HOST}:1"', 1))
    return str(path)


def edge(folder: Path, hub_port: int, domain: str = "edge1") -> Server:
    """The server of a far site, whose line to the hub ends at `hub_port`."""
    port, monitor = free_ports(2)
    hub = f"nats://{HOST}:{hub_port}"
    return Server(domain, "edge.conf", folder, port, EDGE_DOMAIN=domain, HUB_URL=hub, MONITOR_PORT=monitor)
