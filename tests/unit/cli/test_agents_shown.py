"""Agents in a table: each can be told from the others, whatever it can do."""

from integrations.cli.agents.agents import _show
from integrations.messages import AgentCapability, AgentProfile, AgentRole


def test_an_agent_of_many_capabilities_has_its_name_in_the_table(capsys):
    able = [AgentCapability(f"capability_number_{number}", "", {}, {}) for number in range(20)]
    _show("nats://bus", [AgentProfile("GL-003", AgentRole.MONITORING, able)])
    shown = capsys.readouterr().out
    assert "\nGL-003  monitoring  online" in shown
    assert "capability_number_19" in shown
