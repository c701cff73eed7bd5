"""An agent in a process of its own, for tests that end it: `python agent_program.py URL AGENT_ID SECONDS`.

It does tasks of type report, each for SECONDS, and prints a line when it begins one and when it has done it.
"""

import asyncio
import sys

from fakes.tasks import doer


async def main(url: str, agent_id: str, seconds: float) -> None:
    async def report(task):
        print("begun", task.task_id, flush=True)  # noqa: T201 - read by the test
        await asyncio.sleep(seconds)
        print("done", task.task_id, flush=True)  # noqa: T201 - as above
        return {"by": agent_id}

    it = doer(url, agent_id, report, most=50)
    async with it.bus, it:
        print("ready", flush=True)  # noqa: T201 - as above
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
