"""What is said of an agent counts only where that agent alone may write it."""

import msgspec

from integrations.bus import Received
from integrations.coordination.tasks.agents import Agents
from integrations.coordination.tasks.roster import Roster
from integrations.messages import AgentProfile, AgentRole


def profile_at(key, agent_id):
    data = msgspec.json.encode(AgentProfile(agent_id, AgentRole.ANALYTICS))
    return Received(f"$KV.gl_agents.profile.{key}", {}, data, "$JS.ACK.S.c.1.2.3.1800000000000000000.0", 0)


def test_a_profile_under_anothers_key_is_not_taken():
    moved = []
    agents = Agents(Roster(), lambda: moved.append(True))
    agents.take(profile_at("GL-002", "GL-001"))
    assert not moved
    agents.take(profile_at("GL-002", "GL-002"))
    assert moved
