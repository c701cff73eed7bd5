"""The roles of a plant: each service with the least it needs, people who look, people who operate, agents."""

from collections.abc import Iterable, Iterator

from integrations.bus import (
    AGENT_BUCKET,
    CLEAN,
    COLLAB,
    CONFIG_BUCKET,
    DEAD,
    EVENTS,
    LATEST_BUCKET,
    RAW,
    REPLICA_BUCKET,
    TASK_BUCKET,
    StreamSettings,
    stream_configs,
)
from integrations.coordination.presence.known import CONSOLE_ID
from integrations.devices.classes import device_classes
from integrations.messages import check_site, replies_subject
from integrations.runtime.balances.config import SERVICE as BALANCES
from integrations.runtime.console.config import SERVICE as CONSOLE
from integrations.runtime.coordination.parts import SERVICE as COORDINATION
from integrations.runtime.security.agent_roles import GL003, MAIL, agent_grant, coordination_grant
from integrations.runtime.security.role import (
    Grant,
    Role,
    consuming,
    finding,
    following,
    looking_up,
    putting,
    serving,
    watching,
)
from integrations.runtime.transformation.service import SERVICE as TRANSFORMATION

READER, OPERATOR = "reader", "operator"
CONSOLE_OPERATOR = f"{CONSOLE}_operator"
"""The console where operators may close circuits again; elsewhere it has the role that only reads."""
AGENT = "agent-"
"""Begins the role of each agent."""
STREAMS = tuple(config["name"] for config in stream_configs(StreamSettings(), "any"))
WANTS_STEAM_FLOW = "condensate_meter"


def roles(site: str, agents: Iterable[str] = ()) -> list[Role]:
    """Return every role of a site, and one for each of these agents."""
    check_site(site)
    agents = list(agents)
    return [
        *_acquisition(site),
        Role(TRANSFORMATION, _transformation(site)),
        Role(BALANCES, _balances(site)),
        Role(COORDINATION, coordination_grant(site, STREAMS)),
        Role(CONSOLE, _console(site), apart=True),
        Role(CONSOLE_OPERATOR, _console(site) + _asking(site, "reset_circuit"), apart=True),
        Role(READER, _reader(site), apart=True),
        Role(OPERATOR, _operator(site)),
        *(
            Role(f"{AGENT}{agent_id}", agent_grant(site, agent_id, [GL003, *agents]), apart=True)
            for agent_id in agents
        ),
    ]


def _acquisition(site: str) -> Iterator[Role]:
    for device_class in device_classes():
        own = (
            f"gl.{site}.raw.{device_class}.*",
            f"$JS.API.DIRECT.GET.{RAW}.gl.{site}.raw.*.{device_class}.*",
        )
        grant = serving(site, device_class, STREAMS) + Grant(publish=own)
        if device_class == WANTS_STEAM_FLOW:
            grant += watching(LATEST_BUCKET, f"{site}.*.*")
        yield Role(device_class, grant)


def _transformation(site: str) -> Grant:
    return (
        serving(site, TRANSFORMATION, STREAMS)
        + following(RAW, f"KV_{CONFIG_BUCKET}")
        + looking_up(RAW, CLEAN, DEAD, f"KV_{CONFIG_BUCKET}", f"KV_{LATEST_BUCKET}")
        + watching(REPLICA_BUCKET, f"{site}.member.*")
        + putting(REPLICA_BUCKET, f"{site}.member.*")
        + putting(REPLICA_BUCKET, f"{site}.position.*")
        + putting(LATEST_BUCKET, f"{site}.*.*")
        + Grant(
            publish=(f"gl.{site}.clean.*.*", f"gl.{site}.fence.*", f"gl.{site}.dead.{RAW}"),
            subscribe=(f"gl.{site}.fence.*",),
            never=(f"gl.{site}.clean.balance.*", f"$KV.{LATEST_BUCKET}.{site}.balance.*"),
        )
    )


def _balances(site: str) -> Grant:
    return (
        serving(site, BALANCES, STREAMS)
        + consuming(CLEAN, f"{BALANCES}-{site}")
        + looking_up(CLEAN, f"KV_{LATEST_BUCKET}", f"KV_{REPLICA_BUCKET}")
        + putting(REPLICA_BUCKET, f"{site}.{BALANCES}.member.*")
        + putting(LATEST_BUCKET, f"{site}.balance.*")
        + Grant(publish=(f"gl.{site}.clean.balance.*",))
    )


def _reader(site: str) -> Grant:
    """Historians, dashboards: they see everything that is clean, and can change nothing."""
    asked = tuple(f"gl.{site}.svc.*.*.{endpoint}" for endpoint in ("health", "metrics"))
    return _seeing(site) + finding() + Grant(publish=asked)


def _seeing(site: str) -> Grant:
    return (
        watching(LATEST_BUCKET, f"{site}.>")
        + looking_up(CLEAN, EVENTS)
        + Grant(
            subscribe=(f"gl.{site}.clean.>", f"gl.{site}.recleaned.>", f"gl.{site}.event.>"),
        )
    )


def _console(site: str) -> Grant:
    """A reader that is a service too, and sees what agents do."""
    return (
        serving(site, CONSOLE, STREAMS)
        + _seeing(site)
        + _asking(site, "health", "metrics")
        + Grant(publish=("$SRV.INFO", f"$SRV.INFO.{CONSOLE}"))
        + watching(AGENT_BUCKET, ">")
        + watching(TASK_BUCKET, "*")
        + looking_up(COLLAB)
    )


def _asking(site: str, *endpoints: str) -> Grant:
    """Grant asking each service by its name: all of them at once would be asking oneself, in a circle."""
    services = (*device_classes(), TRANSFORMATION, BALANCES, COORDINATION, CONSOLE)
    return Grant(publish=tuple(f"gl.{site}.svc.{each}.*.{one}" for each in services for one in endpoints))


def _operator(site: str) -> Grant:
    """People with `gl003`: they make streams, put limits, ask, reset, write; they cannot invent readings."""
    return (
        finding()
        + putting(CONFIG_BUCKET, f"{site}.>")
        + putting(TASK_BUCKET, "*")
        + Grant(
            publish=(
                "gl.task.*.*",
                *MAIL,
                "$JS.API.>",
                "$SYS.REQ.USER.INFO",
                f"gl.{site}.svc.>",
                f"gl.{site}.recleaned.>",
            ),
            subscribe=(f"gl.{site}.>", replies_subject(CONSOLE_ID), "$KV.>"),
        )
    )
