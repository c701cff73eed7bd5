"""nats-servers as operators run them, with the files of deploy/nats: one, three, one at an edge."""

import os
from pathlib import Path

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


def cluster(folder: Path) -> list[Server]:
    """Three servers that know each other, ready to be a hub."""
    routes, ports, monitors, leaves = (free_ports(3) for _ in range(4))
    known = {f"ROUTE_{at}": f"nats://{HOST}:{port}" for at, port in enumerate(routes, 1)}
    return [
        Server(
            f"n{at}",
            "node.conf",
            folder,
            ports[at],
            CLUSTER_PORT=routes[at],
            MONITOR_PORT=monitors[at],
            LEAF_PORT=leaves[at],
            **known,
        )
        for at in range(3)
    ]


def edge(folder: Path, hub_port: int, domain: str = "edge1") -> Server:
    """The server of a far site, whose line to the hub ends at `hub_port`."""
    port, monitor = free_ports(2)
    hub = f"nats://{HOST}:{hub_port}"
    return Server(domain, "edge.conf", folder, port, EDGE_DOMAIN=domain, HUB_URL=hub, MONITOR_PORT=monitor)
