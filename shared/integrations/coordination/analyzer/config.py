"""Which sensors measure the steam system, and when and to whom its efficiency is reported."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, Fault
from integrations.units import STANDARD_BAROMETER_BAR

SensorId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]


class SteamUser(Checked, frozen=True, kw_only=True):
    """A process that draws steam from the header: sensors of what arrives there."""

    name: Name
    flow: SensorId
    pressure: SensorId | None = None
    """Where it is not measured it is taken to be the header's."""
    temperature: SensorId | None = None
    """Where it is not measured steam counts as dry saturated."""


class SteamSystemConfig(Checked, frozen=True, kw_only=True):
    """Sensors by what they measure, and how old a reading may be to count."""

    agent_id: Name = "GL-003"
    steam_flow: SensorId | None = None
    """Mass flow of steam into the header."""
    header_pressure: SensorId | None = None
    header_temperature: SensorId | None = None
    users: tuple[SteamUser, ...] = ()
    condensate_flow: SensorId | None = None
    condensate_temperature: SensorId | None = None
    make_up_temperature: SensorId | None = None
    assumed_make_up_temperature_c: Annotated[float, Meta(ge=0, le=100)] = 15.0
    """Of the water that heat is counted from, where it is not measured."""
    barometer_bar: Annotated[float, Meta(ge=0.5, le=1.2)] = STANDARD_BAROMETER_BAR
    max_age_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    report_to: Name = "GL-001"
    report_every_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    """0 for no reports but those that are asked for."""

    def faults(self) -> Iterable[Fault]:
        """Yield users of one name, and a report to ourselves."""
        for name, count in Counter(user.name for user in self.users).items():
            if count > 1:
                yield Fault("users", "name", name, "must be used once only")
        if self.report_to == self.agent_id:
            yield Fault("", "report_to", self.report_to, "must not be the agent itself")
        if 0 < self.report_every_seconds < 1:
            yield Fault("", "report_every_seconds", self.report_every_seconds, "must be 0 or at least 1")
