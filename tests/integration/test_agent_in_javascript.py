"""An agent in another language, written from the protocol's page: it registers, answers and is answered."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from fakes.agents import SOON, agents
from fakes.site import eventually
from integrations import AgentRole
from integrations.coordination import AgentError

EXAMPLE = Path(__file__).parents[2] / "examples" / "javascript"
CACHE = Path(tempfile.gettempdir()) / f"gl003-node-{os.getuid()}"
TRAPS = [{"id": "t1", "temperature_c": 101.0}, {"id": "t2", "temperature_c": 60.0}]


@pytest.fixture(scope="module")
def installed():
    """The example beside its packages, in a folder that is kept for the next time."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no Node.js here")
    CACHE.mkdir(exist_ok=True)
    for name in ("agent.mjs", "package.json"):
        shutil.copy(EXAMPLE / name, CACHE)
    if not (CACHE / "node_modules" / "@nats-io" / "jetstream").is_dir():
        npm = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        try:
            install = subprocess.run(npm, cwd=CACHE, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm does not come to an end here")
        if install.returncode:
            pytest.skip(f"npm cannot install nats.js here: {install.stderr.decode()[-200:]}")
    return CACHE


async def send_nonsense(bus):
    """Send what is no message wherever the agent listens."""
    for body in (b"{", b"null", b"[]", b'{"payload": {}, "sender_id": "a b", "message_id": "m"}'):
        for subject in ("ask", "reply.none"):
            await bus.client.publish(f"gl.agent.GL-008.{subject}", body)
        await bus.client.request("gl.agent.GL-008.inbox.p3", body)
    answer = json.loads((await bus.client.request("gl.agent.GL-008.ask", b"{", timeout=10)).data)
    assert answer["payload"]["error"]["code"] == "malformed"


async def test_an_agent_in_javascript_asks_and_answers_on_both_ways(nats_server, installed):
    async with agents(nats_server.url, "GL-001", role=AgentRole.ORCHESTRATOR, settings=SOON) as (gl_001,):
        process = await asyncio.create_subprocess_exec(
            "node", "agent.mjs", cwd=installed, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NATS_URL": nats_server.url},
        )  # fmt: skip
        try:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert json.loads(line) == {"registered": True}
            await eventually(lambda: "GL-008" in gl_001.directory.online())
            await send_nonsense(gl_001.bus.link.bus)
            for durable in (True, False):
                found = await gl_001.request("GL-008", "trap_status", {"traps": TRAPS}, durable=durable)
                assert found == {"leaking": ["t1"]}
                with pytest.raises(AgentError, match="GL-008 has no handler for dance"):
                    await gl_001.request("GL-008", "dance", durable=durable)
        finally:
            process.kill()
            await process.wait()


def test_the_example_stays_short():
    assert len((EXAMPLE / "agent.mjs").read_text().splitlines()) < 80
