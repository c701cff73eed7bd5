"""Three nats-servers with replicated streams: the fences hold there too, also when one server is killed."""

import asyncio
import shutil
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.replicas import line, shared_by
from fakes.site import document, eventually, running
from integrations.bus import Bus, BusSettings, StreamSettings, ensure_streams, stream_configs

SERVER = shutil.which("nats-server", path=Path(sys.executable).parent)


class Cluster:
    """Three servers that know each other; each may be killed and started again."""

    def __init__(self, folder):
        self._folder = folder
        taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
        self._ports = [each.getsockname()[1] for each in taken]
        for each in taken:
            each.close()
        self._processes = {}

    @property
    def url(self):
        return ",".join(f"nats://127.0.0.1:{port}" for port in self._ports[:3])

    async def start(self, number):
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in self._ports[3:])
        config = self._folder / f"{number}.conf"
        config.write_text(f"""
            listen: 127.0.0.1:{self._ports[number]}
            server_name: n{number}
            jetstream {{ store_dir: "{self._folder}/store{number}" }}
            cluster {{ name: c, listen: 127.0.0.1:{self._ports[3 + number]}, routes: [{routes}] }}
        """)
        self._processes[number] = await asyncio.create_subprocess_exec(
            SERVER, "-c", config, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def kill(self, number):
        process = self._processes.pop(number)
        process.kill()
        await process.wait()

    async def end(self):
        for number in tuple(self._processes):
            await self.kill(number)


@asynccontextmanager
async def cluster(folder):
    servers = Cluster(folder)
    try:
        for number in range(3):
            await servers.start(number)
        yield servers
    finally:
        await servers.end()


async def test_replicas_share_replicated_streams_whose_leader_is_killed(tmp_path):
    async with cluster(tmp_path) as servers, Bus(BusSettings(url=servers.url)) as bus:
        settings = {"storage_bytes": 64 * 1024 * 1024, "replicas": 3}
        await ensure_streams(bus, stream_configs(StreamSettings(**settings), "test"))
        table = document(servers.url, streams=settings)
        async with running("transformation", table, "a"), line(bus) as it:
            await eventually(shared_by(bus, "a"), 20)
            async with running("transformation", table, "b"):
                await eventually(shared_by(bus, "a", "b"), 20)
                await it.flows()
                leader = (await bus.api("STREAM.INFO.CLEAN"))["cluster"]["leader"]
                await servers.kill(int(leader.removeprefix("n")))
                await it.flows(60)
            await eventually(shared_by(bus, "a"), 20)
            await it.flows()
