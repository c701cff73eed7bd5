"""The command `gl003`: what a person types and sees."""

from .app import main

__all__ = ["main"]
