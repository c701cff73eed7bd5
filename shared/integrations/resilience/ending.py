"""Tasks ended for good, whatever the libraries below do with a cancellation."""

import asyncio
from typing import Any

AGAIN_SECONDS = 3.0
"""Longer than anything that is done properly on the way out takes."""


async def ended(*tasks: "asyncio.Future[Any] | None") -> None:
    """Cancel tasks and return when they are over, whatever came of them.

    `asyncio.wait_for` before Python 3.12 loses a cancellation that comes together with what it waits for, and
    libraries use it; a task that goes on for ever would be waited for as long. So it is cancelled again.
    """
    left = {task for task in tasks if task is not None and not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
