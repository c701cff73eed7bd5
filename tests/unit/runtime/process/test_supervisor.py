"""Real children: started, restarted, stopped, and none left, however their parent ends."""

import asyncio
import os
import signal
import sys
import textwrap
from contextlib import suppress

import psutil
import pytest

from integrations.resilience import Backoff
from integrations.runtime.process.supervisor import ChildFact, ChildState, Program, Supervisor

AT_ONCE = Backoff(first_seconds=0.0)
SLEEPER = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def python(name, code, **more):
    return Program(name, [sys.executable, "-c", textwrap.dedent(code)], **more)


class Facts:
    """The facts a supervisor tells, to be waited for."""

    def __init__(self, supervisor):
        self._queue = asyncio.Queue()
        self.all = []
        supervisor.observe(self._queue.put_nowait)

    async def next(self, state):
        async with asyncio.timeout(10):
            while True:
                fact = await self._queue.get()
                self.all.append(fact)
                if fact.state is state:
                    return fact


def gone(pid):
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE
    return True


async def test_a_child_runs_inside_and_is_gone_outside():
    async with Supervisor() as supervisor:
        facts = Facts(supervisor)
        supervisor.start(python("sleeper", SLEEPER))
        started = await facts.next(ChildState.STARTED)
        assert supervisor.alive == {"sleeper": started.pid}
        assert os.getsid(started.pid) == started.pid
    stopped = await facts.next(ChildState.STOPPED)
    assert stopped == ChildFact("sleeper", ChildState.STOPPED, started.pid, -signal.SIGTERM)
    assert supervisor.alive == {}
    assert gone(started.pid)


async def test_a_child_that_dies_is_started_again():
    async with Supervisor(backoff=AT_ONCE) as supervisor:
        facts = Facts(supervisor)
        supervisor.start(python("sleeper", SLEEPER))
        first = await facts.next(ChildState.STARTED)
        os.kill(first.pid, signal.SIGKILL)
        assert (await facts.next(ChildState.RESTARTING)).exit_code == -signal.SIGKILL
        assert (await facts.next(ChildState.STARTED)).pid != first.pid


async def test_restarts_wait_longer_each_time_until_a_child_has_settled():
    waits = []
    lifetimes = iter([0.0, 0.0, 0.0, 60.0])
    instants = (instant for lifetime in lifetimes for instant in (0.0, lifetime))
    enough = asyncio.Event()

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 4:
            enough.set()
            await asyncio.Event().wait()

    async with Supervisor(
        backoff=Backoff(1.0), settled_seconds=30, clock=lambda: next(instants), sleep=sleep
    ) as supervisor:
        supervisor.start(python("brief", "raise SystemExit(1)"))
        async with asyncio.timeout(20):
            await enough.wait()
    assert waits == [1.0, 2.0, 4.0, 1.0]


async def test_a_configuration_error_is_not_tried_again():
    async with Supervisor(backoff=AT_ONCE) as supervisor:
        facts = Facts(supervisor)
        supervisor.start(python("misled", "raise SystemExit(2)"))
        assert (await facts.next(ChildState.FAILED)).exit_code == 2
        assert supervisor.alive == {}
    assert [fact.state for fact in facts.all] == [ChildState.STARTED, ChildState.FAILED]


async def test_a_child_deaf_to_sigterm_is_killed_after_the_grace():
    deaf = asyncio.Event()
    server = await asyncio.start_server(lambda _, writer: (deaf.set(), writer.close()), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"""
    import signal, socket, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    socket.create_connection(("127.0.0.1", {port}))
    time.sleep(600)
    """
    async with server, asyncio.timeout(10), Supervisor(grace_seconds=0.05) as supervisor:
        facts = Facts(supervisor)
        supervisor.start(python("deaf", code))
        await deaf.wait()
    assert (await facts.next(ChildState.STOPPED)).exit_code == -signal.SIGKILL


async def test_output_goes_to_the_log_file_and_env_is_added(tmp_path):
    output = tmp_path / "child.log"
    code = "import os, sys; print(os.environ['PLANT'], 'PATH' in os.environ); sys.exit(2)"
    async with Supervisor() as supervisor:
        facts = Facts(supervisor)
        supervisor.start(python("child", code, env={"PLANT": "p1"}, log=output))
        await facts.next(ChildState.FAILED)
    assert output.read_text() == "p1 True\n"


async def test_a_program_that_is_not_there_ends_the_supervisor_with_its_name():
    async def supervise():
        async with Supervisor() as supervisor:
            supervisor.start(Program("ghost", ["/no/such/program"]))
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await supervise()
    assert "/no/such/program" in str(caught.value.exceptions[0])


PARENT = """
import sys
from integrations.runtime.process.life import run_service
from integrations.runtime.process.supervisor import ChildState, Program, Supervisor

async def main(stop):
    async with Supervisor(grace_seconds=0.2) as supervisor:
        supervisor.observe(lambda fact: fact.state is ChildState.STARTED and print(fact.pid, flush=True))
        for number, code in enumerate(sys.argv[1:]):
            supervisor.start(Program(f"child{number}", [sys.executable, "-c", code]))
        await stop.wait()

sys.exit(run_service("parent", main))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
async def test_no_process_is_left_however_the_parent_ends(number):
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        SLEEPER,
        DEAF,
        SLEEPER,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        children = [psutil.Process(int(pid)) for pid in await read_pids(parent, 3)]
        parent.send_signal(number)
        async with asyncio.timeout(10):
            assert await parent.wait() == (-signal.SIGKILL if number == signal.SIGKILL else 0)
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
        assert [child for child in alive if not gone(child.pid)] == []
    finally:
        if parent.returncode is None:
            parent.kill()
            await parent.wait()


async def read_pids(parent, count):
    pids = []
    async with asyncio.timeout(10):
        while len(pids) < count:
            line = (await parent.stdout.readline()).decode().strip()
            pids += [line] if line.isdigit() else []
    return pids
