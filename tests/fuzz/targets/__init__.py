"""Every reader of bytes from outside, by name."""

from fuzz.target import Target

from .agents import AGENTS
from .devices import DEVICES
from .files import FILES
from .messages import MESSAGES
from .settings import SETTINGS

TARGETS: dict[str, Target] = {
    target.name: target for table in (DEVICES, MESSAGES, AGENTS, SETTINGS, FILES) for target in table
}
