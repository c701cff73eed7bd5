"""The errors of this room."""

from collections.abc import Iterable
from numbers import Integral, Real


class TransformationError(Exception):
    """Readings cannot be transformed as asked."""


class UnusableBatchError(TransformationError, ValueError):
    """A chunk holds numbers that no reading can have, such as a time beyond the year 2262."""


class InvalidArgumentError(TransformationError, ValueError):
    """An argument that cannot be meant; the message names it and its value."""


class UnknownMethodError(TransformationError, ValueError):
    """A method that nobody here knows; the message lists those that are known."""

    def __init__(self, what: str, method: object, known: Iterable[str]) -> None:
        self.method = method
        super().__init__(f"unknown {what} {method!r}; known: {', '.join(known)}")


def check_number(name: str, value: object, least: float = 0, *, whole: bool = False) -> None:
    """Refuse what is not a number that is at least so much.

    Raises:
        InvalidArgumentError: names it and its value.
    """
    if not (isinstance(value, Integral if whole else Real) and float(value) >= least):
        kind, bound = (
            "whole number" if whole else "number",
            f"of at least {least}" if least else "not negative",
        )
        raise InvalidArgumentError(f"{name} must be a {kind}, {bound}, got {value!r}")


class UnusablePointError(TransformationError, ValueError):
    """A point that cannot be placed among the others, such as one without a time."""
