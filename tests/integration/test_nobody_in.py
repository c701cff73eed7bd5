"""A key stolen from who only looks or talks: what the server does for it goes nowhere else."""

import json
import re

import pytest

from fakes.secured import secured
from fakes.site import SITE, eventually
from integrations.bus import (
    Bus,
    BusForbiddenError,
    BusService,
    Endpoint,
    Outgoing,
    Publisher,
    Reply,
    StreamSettings,
    ensure_streams,
    listening,
    retold_configs,
    stream_configs,
    subjects_of,
)
from integrations.coordination.mailbox.consumers import make_mailboxes
from integrations.messages import Subjects

SMALL = StreamSettings(storage_bytes=64 * 1024 * 1024)
STREAMS = [*stream_configs(SMALL, SITE), *retold_configs(SMALL)]
AGENTS = ("GL-001", "GL-002")
THIEVES = ("reader", "console", "console_operator", "agent-GL-001")
EVIL = b'{"tag": "STEAM.SETPOINT", "value": 99, "caller": "x"}'
WRITE = f"gl.{SITE}.svc.scada.a.write"
TARGETS = (
    WRITE,
    f"gl.{SITE}.raw.scada.evil",
    f"gl.{SITE}.clean.scada.evil",
    f"gl.{SITE}.event.scada.evil",
    f"$KV.gl_latest.{SITE}.scada.evil",
    f"$KV.gl_config.{SITE}.transformation.sensors.evil",
)
STORES = ("RAW", "CLEAN", "EVENTS", "KV_gl_latest", "KV_gl_config")
READINGS = f"gl.{SITE}.clean.scada.good"


class Victim:
    """A plant whose tag can be written, and somebody who sees everything that goes there."""

    def __init__(self, plant, scada, operator):
        self.plant = plant
        self.scada = scada
        self.operator = operator
        self.written = []
        self.seen = []

    async def write(self, request):
        self.written.append(request.data)
        return Reply(b"{}")

    async def read(self, request):
        return Reply(EVIL)

    async def stored(self):
        """Every subject of which something is stored; of events, those of the thief are its own."""
        found = {name: set(await subjects_of(self.operator, name, ">")) for name in STORES}
        found["EVENTS"] = {each for each in found["EVENTS"] if ".event.console." not in each}
        return found


@pytest.fixture
async def victim(tmp_path):
    async with (
        secured(tmp_path / "secrets", SITE, agents=AGENTS) as plant,
        Bus(plant.settings("operator"), attempts=3) as operator,
        Bus(plant.settings("scada"), attempts=3) as scada,
    ):
        await ensure_streams(operator, STREAMS, attempts=3)
        await make_mailboxes(operator, AGENTS)
        victim = Victim(plant, scada, operator)
        endpoints = [Endpoint("write", victim.write), Endpoint("health", victim.read)]
        service = BusService(scada, Subjects(SITE), "scada", "a", endpoints, version="1.0.0")
        watching = listening(operator, f"gl.{SITE}.>", lambda subject, *_: victim.seen.append(subject))
        async with service, watching:
            await scada.client.flush()
            await operator.client.flush()
            yield victim


def concrete(subject):
    """A subject that a grant takes in; of the services, the one that can be written to."""
    return re.sub(r"svc\.\*\.\*", "svc.scada.a", subject).replace("*", "GL-002").replace(">", "evil")


def bodies(subject):
    """What to ask, so that the answer holds what the thief has chosen."""
    if subject.startswith("$JS.API.CONSUMER.MSG.NEXT"):
        return [b'{"batch": 1, "expires": 2000000000}']
    if subject.startswith("$JS.API.DIRECT.GET") and subject.count(".") == 4:
        return [
            json.dumps({"last_by_subj": "$KV.gl_state.GL-001.evil"}).encode(),
            json.dumps({"batch": 9, "next_by_subj": ">", "seq": 1}).encode(),
        ]
    return [EVIL if not subject.startswith("$JS.API") else b""]


async def plant_evil(thief, role):
    """Store what the thief wants to be said where it may, so that the server can be asked for it."""
    mine = (
        "$KV.gl_state.GL-001.evil",
        "gl.agent.GL-001.inbox.3",
        "gl.agent.broadcast",
        "gl.collab.evil.vote",
    )
    for subject in mine if role.startswith("agent") else ():
        await thief.client.publish(subject, EVIL)


@pytest.mark.parametrize("role", THIEVES)
async def test_no_answer_of_the_server_or_of_a_service_gets_where_its_asker_may_not_publish(victim, role):
    grant = next(each for each in victim.plant.kit.roles if each.name == role).grant
    async with Bus(victim.plant.settings(role), attempts=3) as thief:
        await plant_evil(thief, role)
        before = await victim.stored()
        del victim.written[:], victim.seen[:]
        for subject in sorted({concrete(each) for each in grant.publish}):
            for target in TARGETS:
                for body in bodies(subject):
                    await thief.client.publish(subject, body, reply=target)
                    traced = {"Nats-Trace-Dest": target}
                    await thief.client.publish(subject, body, headers=traced)
        await thief.client.flush()
        await settled(victim)
        assert victim.written == []
        assert set(victim.seen) & set(TARGETS) == set()
        assert await victim.stored() == before


async def settled(victim):
    """Return when everything that was under way has come: readings go the same ways, and come last."""
    async with Publisher(victim.scada) as publisher:
        await publisher.publish_all([Outgoing(f"gl.{SITE}.raw.scada.last", b"{}", {}, "last")])
    await eventually(lambda: f"gl.{SITE}.raw.scada.last" in victim.seen)
    await victim.operator.api("STREAM.PURGE.RAW", {"filter": f"gl.{SITE}.raw.*.scada.last"})


@pytest.mark.parametrize("role", THIEVES)
async def test_who_asks_himself_may_not_answer_where_he_may_not_publish(victim, role):
    """A question lets its recipient publish wherever the answer is wanted: he may have put it himself."""
    grant = next(each for each in victim.plant.kit.roles if each.name == role).grant
    async with Bus(victim.plant.settings(role), attempts=3) as thief:
        for subject in {concrete(each) for each in grant.subscribe} | {"gl.agent.GL-001.ask", "$SRV.INFO"}:
            await thief.client.subscribe(subject)
            for target in TARGETS:
                await thief.client.publish(subject, b"", reply=target)
        await thief.client.flush()
        before = await victim.stored()
        for target in TARGETS:
            await thief.client.publish(target, EVIL, reply=thief.client.new_inbox())
        await thief.client.flush()
        await settled(victim)
        assert victim.written == []
        assert set(victim.seen) & set(TARGETS) == set()
        assert await victim.stored() == before


@pytest.mark.parametrize("role", THIEVES)
async def test_who_looks_or_talks_makes_neither_streams_nor_consumers(victim, role):
    config = {"name": "evil", "durable_name": "evil", "deliver_subject": WRITE, "ack_policy": "none"}
    stream = {"name": "evil", "sources": [{"name": "COLLAB"}], "republish": {"src": ">", "dest": WRITE}}
    asked = {
        "CONSUMER.CREATE.NOTICES": {"stream_name": "NOTICES", "config": config},
        "CONSUMER.CREATE.NOTICES.notices-GL-001": {"stream_name": "NOTICES", "config": config},
        "CONSUMER.DURABLE.CREATE.NOTICES.evil": {"stream_name": "NOTICES", "config": config},
        "STREAM.CREATE.evil": stream,
        "STREAM.UPDATE.COLLAB": {**stream, "name": "COLLAB"},
        "STREAM.RESTORE.evil": {"config": stream},
        "STREAM.MSG.GET.RAW": {"seq": 1},
    }
    async with Bus(victim.plant.settings(role), attempts=3) as thief:
        for api, body in asked.items():
            with pytest.raises(BusForbiddenError, match="may not publish to"):
                await thief.api(api, body)
