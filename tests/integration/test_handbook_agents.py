"""The coordination example as users know it, run as a script; another script on the machine answers it."""

import asyncio
import os
import sys

from fakes.secured import free_port

EXAMPLE = """
from integrations import AgentCoordinator, AgentRole, MessageType, MessagePriority, AgentMessage
import uuid

async def agent_coordination():
    # Initialize coordinator for GL-003
    coordinator = AgentCoordinator(
        agent_id="GL-003",
        role=AgentRole.HEAT_RECOVERY
    )

    await coordinator.start()

    # Send message to parent orchestrator (GL-001)
    message = AgentMessage(
        message_id=str(uuid.uuid4()),
        sender_id="GL-003",
        recipient_id="GL-001",
        message_type=MessageType.REQUEST,
        priority=MessagePriority.NORMAL,
        timestamp=datetime.utcnow(),
        payload={
            'action': 'report_steam_efficiency',
            'efficiency': 92.5,
            'steam_flow': 105.2,
            'condensate_return': 87.3
        },
        requires_response=True
    )

    await coordinator.send_message(message)

    # Request collaboration
    collaboration_id = await coordinator.request_collaboration(
        task_type="steam_system_optimization",
        required_agents=["GL-001", "GL-002", "GL-004"],
        parameters={'target_efficiency': 95.0}
    )

    print(f"Started collaboration: {collaboration_id}")

    await asyncio.sleep(5)
    await coordinator.stop()

asyncio.run(agent_coordination())
"""
ORCHESTRATOR = """
async def orchestrate():
    orchestrator = AgentCoordinator("GL-001", AgentRole.ORCHESTRATOR)
    reports = asyncio.Queue()
    orchestrator.register_handler(MessageType.REQUEST, "report_steam_efficiency", reports.put)
    async with orchestrator:
        message = await reports.get()
        print(message.sender_id, message.payload["efficiency"], flush=True)
        while orchestrator.directory.find("GL-003").status != "offline":  # and its nats-server went with it
            await asyncio.sleep(0.1)
        late = AgentCoordinator("GL-002", AgentRole.BOILER_OPTIMIZER)
        late.register_handler(MessageType.REQUEST, "ping", lambda _: {"pong": True})
        async with late:
            print(await orchestrator.request("GL-002", "ping", timeout_seconds=20), flush=True)

asyncio.run(orchestrate())
"""
BEFORE = """
import asyncio
from datetime import datetime
from integrations import AgentCoordinator, AgentRole, MessageType
from integrations.bus import open_or_keep_bus
open_or_keep_bus.__wrapped__.__kwdefaults__["port"] = {port}  # the usual one may be somebody else's here
"""


async def script(text, port):
    env = {name: value for name, value in os.environ.items() if name not in {"NATS_URL", "SITE"}}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", BEFORE.format(port=port) + text,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env,
    )  # fmt: skip


async def test_two_scripts_without_a_server_reach_each_other_and_the_one_left_keeps_the_bus():
    port = free_port()
    example = await script(EXAMPLE, port)
    orchestrator = await script(ORCHESTRATOR, port)
    try:
        out, said = await asyncio.wait_for(example.communicate(), 60)
        assert (example.returncode, out.decode().startswith("Started collaboration: ")) == (0, True), said
        assert b"Traceback" not in said
        out, said = await asyncio.wait_for(orchestrator.communicate(), 60)
        assert out.decode().splitlines() == ["GL-003 92.5", "{'pong': True}"], said.decode()
        assert orchestrator.returncode == 0
    finally:
        for process in (example, orchestrator):
            if process.returncode is None:
                process.kill()
