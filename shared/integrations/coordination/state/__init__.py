"""Shared state of the agents: a bucket, copies that follow it, and who watches."""

from .errors import StateConflictError, StateError, StateKeyError
from .manager import StateManager

__all__ = ["StateConflictError", "StateError", "StateKeyError", "StateManager"]
