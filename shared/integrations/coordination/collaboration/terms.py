"""What is asked of the participants: what is better, what must hold, and until when."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

from .errors import TermsError

TARGET = "target_"
"""A parameter `target_<metric>` is an objective where none is given."""
MAX_PARTICIPANTS = 256
MAX_METRIC = 128
"""Characters in the name of a metric."""
MAX_SECONDS = 30 * 24 * 3600.0


class Goal(StrEnum):
    """Which values of a metric are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Objective:
    """Which values of a metric are better, and how much that weighs.

    `scale` is the distance from the best at which nothing is left of the score; the size of the best itself
    where it is not given.
    """

    metric: str
    goal: Goal = Goal.MAXIMIZE
    target: float | None = None
    weight: float = 1.0
    scale: float | None = None

    def __post_init__(self) -> None:
        _check_metric("objective", self.metric)
        if (self.goal is Goal.TARGET) != (self.target is not None):
            raise TermsError(
                f"objective {self.metric}: target must be given with goal target and no other,"
                f" got {self.target} with {self.goal}"
            )
        for name, value in (("weight", self.weight), ("scale", self.scale)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise TermsError(f"objective {self.metric}: {name} must be above 0, got {value}")
        if self.target is not None and not math.isfinite(self.target):
            raise TermsError(f"objective {self.metric}: target must be a number, got {self.target}")


@dataclass(frozen=True, slots=True)
class Constraint:
    """Between which values a metric must lie; a proposal that does not say violates it."""

    metric: str
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        _check_metric("constraint", self.metric)
        low, high = self.minimum, self.maximum
        if low is None and high is None:
            raise TermsError(f"constraint {self.metric}: min or max must be given")
        if any(limit is not None and not math.isfinite(limit) for limit in (low, high)):
            raise TermsError(f"constraint {self.metric}: limits must be numbers, got {low} and {high}")
        if low is not None and high is not None and low > high:
            raise TermsError(f"constraint {self.metric}: min must not be above max, got {low:g} and {high:g}")

    def holds(self, value: float | None) -> bool:
        """Whether `value` is within the limits."""
        if value is None:
            return False
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )

    def __str__(self) -> str:
        low = "" if self.minimum is None else f"{self.minimum:g} <= "
        high = "" if self.maximum is None else f" <= {self.maximum:g}"
        return f"{low}{self.metric}{high}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a collaboration is about; times are UTC nanoseconds by the stream's clock."""

    collaboration_id: str
    initiator: str
    task_type: str
    participants: tuple[str, ...]
    began_ns: int
    proposals_until_ns: int
    ends_ns: int
    objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    voting: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.participants) <= MAX_PARTICIPANTS:
            raise TermsError(
                f"required_agents must be 1 to {MAX_PARTICIPANTS} agents, got {len(self.participants)}"
            )
        if len(set(self.participants)) < len(self.participants):
            twice = next(name for name in self.participants if self.participants.count(name) > 1)
            raise TermsError(f"required_agents must name each agent once, got {twice} twice")
        if not self.began_ns < self.proposals_until_ns <= self.ends_ns:
            raise TermsError("a collaboration must begin before its proposals end, and these before itself")


def read_objectives(given: Any, parameters: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Read what is better: the name of a metric, an objective as a table, or a list of either.

    A name alone is to be maximised; `minimize:fuel` and `maximize:efficiency` say which. With nothing given,
    each parameter `target_<metric>` that is a number is a target.

    Raises:
        TermsError: names what is wrong.
    """
    if given is None:
        return tuple(
            Objective(key.removeprefix(TARGET), Goal.TARGET, float(value))
            for key, value in parameters.items()
            if key.startswith(TARGET) and is_number(value)
        )
    return tuple(_objective(one) for one in _listed(given))


def read_constraints(given: Any) -> tuple[Constraint, ...]:
    """Read what must hold: `{"pressure": {"min": 8, "max": 12}}`, `{"max_pressure": 12}` or a list of tables.

    Raises:
        TermsError: names what is wrong.
    """
    if given is None:
        return ()
    if isinstance(given, Mapping) and "metric" not in given:
        return tuple(_named_constraint(name, limits) for name, limits in given.items())
    return tuple(_constraint(one) for one in _listed(given))


def is_number(value: Any) -> TypeGuard[float]:
    """Whether `value` is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_metric(what: str, metric: str) -> None:
    if not 0 < len(metric) <= MAX_METRIC:
        raise TermsError(f"{what}.metric must have 1 to {MAX_METRIC} characters, got {metric[:MAX_METRIC]!r}")


def _listed(given: Any) -> Sequence[Any]:
    return list(given) if isinstance(given, list | tuple) else [given]


def _objective(given: Any) -> Objective:
    if isinstance(given, Objective):
        return given
    if isinstance(given, str):
        goal, colon, metric = given.rpartition(":")
        return Objective(metric, _goal(goal) if colon else Goal.MAXIMIZE)
    if not isinstance(given, Mapping):
        raise TermsError(f"objective must be a metric's name or a table, got {given!r}")
    _check_keys("objective", given, ("metric", "goal", "target", "weight", "scale"))
    target = _number("objective.target", given.get("target"))
    goal = Goal.MAXIMIZE if target is None else Goal.TARGET
    return Objective(
        str(given.get("metric", "")),
        _goal(given["goal"]) if "goal" in given else goal,
        target,
        _number("objective.weight", given.get("weight", 1.0)) or 0.0,
        _number("objective.scale", given.get("scale")),
    )


def _goal(given: Any) -> Goal:
    try:
        return Goal(given)
    except ValueError:
        raise TermsError(f"objective.goal must be one of {', '.join(Goal)}, got {given!r}") from None


def _named_constraint(name: Any, limits: Any) -> Constraint:
    if isinstance(limits, Mapping):
        return _constraint({"metric": name, **limits})
    side, underscore, metric = str(name).partition("_")
    if underscore and side in {"min", "max"} and metric:
        return _constraint({"metric": metric, side: limits})
    if isinstance(limits, list | tuple) and len(limits) == 2:
        return _constraint({"metric": name, "min": limits[0], "max": limits[1]})
    raise TermsError(f"constraint {name} must be min_<metric>, max_<metric> or a table of min and max")


def _constraint(given: Any) -> Constraint:
    if isinstance(given, Constraint):
        return given
    if not isinstance(given, Mapping) or not given.get("metric"):
        raise TermsError(f"constraint must be a table with a metric, got {given!r}")
    _check_keys("constraint", given, ("metric", "min", "max"))
    low, high = (_number(f"constraint.{side}", given.get(side)) for side in ("min", "max"))
    return Constraint(str(given["metric"]), low, high)


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not is_number(value):
        raise TermsError(f"{name} must be a number, got {value!r}")
    return float(value)


def _check_keys(what: str, given: Mapping[Any, Any], known: Iterable[str]) -> None:
    unknown = [str(key) for key in given if key not in set(known)]
    if unknown:
        raise TermsError(f"{what}: {unknown[0]} is not a known key; known: {', '.join(known)}")
