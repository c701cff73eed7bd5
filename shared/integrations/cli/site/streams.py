"""`gl003 streams`: make the streams and buckets that services use, or bring them to what is declared."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from dotenv import load_dotenv

from integrations.bus import (Bus, BusError, BusSettings, agent_stream_configs, ensure_streams, retold_configs, stream_configs)
from integrations.configuration import ConfigurationError
from integrations.coordination.mailbox.consumers import make_mailboxes
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH

ATTEMPTS = 5


def make_streams(config: Path | None, agents: Sequence[str] = ()) -> int:
    """Make them, and the mailboxes of these agents, and name them; return the exit code."""
    load_dotenv(Path(".env"))
    try:
        plant = load_plant(config)
        names = asyncio.run(_make(plant, agents))
    except ConfigurationError as error:
        for fault in error.faults:
            print(f"streams: {fault}", file=sys.stderr)  # noqa: T201  # said to the person who starts it
        return EXIT_CONFIGURATION
    except BusError as error:
        print(f"streams: {error}", file=sys.stderr)  # noqa: T201  # as above
        return EXIT_CRASH
    names += [f"mailbox of {agent_id}" for agent_id in agents]
    print(f"as declared: {', '.join(names)}")  # noqa: T201  # as above
    return EXIT_CLEAN


async def _make(plant: Plant, agents: Sequence[str]) -> list[str]:
    settings = plant.bus if plant.bus.servers else BusSettings(url="nats://127.0.0.1:4222")
    between_agents = retold_configs if agents else agent_stream_configs
    configs = [*stream_configs(plant.streams, plant.site), *between_agents(plant.streams)]
    async with Bus(settings, name="gl003 streams", attempts=ATTEMPTS) as bus:
        await ensure_streams(bus, configs, attempts=ATTEMPTS)
        await make_mailboxes(bus, agents)
    return [config["name"] for config in configs]
