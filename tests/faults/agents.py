"""An agent as a program: `python -m faults.agents ID LOG`.

It does tasks of type `count` and writes down each message and each task that it is given.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from integrations import AgentCoordinator, AgentRole, MessageBus
from integrations.bus import BusSettings
from integrations.coordination import AgentSettings
from integrations.messages import AgentMessage, AgentTask, MessageType

TASK_TYPE = "count"
NOTE = "note"
DO_SECONDS = 0.2
SOON = AgentSettings(heartbeat_seconds=0.5, offline_seconds=2.0)


class Notebook:
    """What was given to an agent, written at once, so that a kill forgets nothing."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, message: AgentMessage) -> None:
        """Write a message down."""
        os.write(self._file, f"message {message.message_id}\n".encode())

    async def do(self, task: AgentTask) -> dict[str, str]:
        """Do a task, which takes a moment."""
        os.write(self._file, f"task {task.task_id}\n".encode())
        await asyncio.sleep(DO_SECONDS)
        return {"by": str(task.assignee_id)}


async def _be_an_agent(agent_id: str, log: Path, stop: asyncio.Event) -> None:
    book, bus = Notebook(log), MessageBus(BusSettings(url=os.environ["NATS_URL"]), name=agent_id)
    agent = AgentCoordinator(agent_id, AgentRole.ANALYTICS, bus=bus, settings=SOON)
    agent.register_handler(MessageType.NOTIFICATION, NOTE, book.note)
    agent.register_task_handler(TASK_TYPE, book.do)
    async with bus, agent:
        await stop.wait()


async def _main(arguments: list[str]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _be_an_agent(arguments[0], Path(arguments[1]), stop)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))
