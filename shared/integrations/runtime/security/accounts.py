"""Accounts of the bus: services share one with the streams; who only looks or talks has one of its own.

The server publishes in its users' name: where an answer is wanted, where a consumer delivers. It does so
in the account of who asked, and asks nobody's permission. From an account of one's own it gets no further
than what is imported there, which is what its user may publish anyway.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from integrations.bus import RETOLD, covers, is_retold
from integrations.messages import vouched_subject
from integrations.runtime.security.role import TO_EVERY_SERVICE, Role

PLANT = "PLANT"
_MANY_ANSWERS = ("$SRV.", "$JS.API.DIRECT.GET.", "$JS.API.CONSUMER.MSG.NEXT.")
"""Begin the subjects where one question may have more than one answer."""


@dataclass
class Account:
    """What nats-server is told of an account."""

    name: str
    roles: list[Role] = field(default_factory=list)
    exports: list[dict[str, Any]] = field(default_factory=list)
    imports: list[dict[str, Any]] = field(default_factory=list)
    mappings: dict[str, str] = field(default_factory=dict)


def accounts(roles: Sequence[Role]) -> list[Account]:
    """Return the accounts of these roles, that of the plant first."""
    plant = Account(PLANT, [role for role in roles if not role.apart])
    guests = [role for role in roles if role.apart]
    asked = _distinct(signed(role, subject) for role in guests for subject in asks(role))
    heard = _distinct(subject for role in guests for subject in hears(role))
    plant.exports = [_service(subject) for subject in asked]
    plant.exports += [{"stream": _name_in_plant(subject)} for subject in heard]
    plant.imports = [
        {"service": {"account": role.name, "subject": subject}}
        for role in guests
        for subject in role.grant.serves
    ]
    return [plant, *map(_guest, guests)]


def asks(role: Role) -> tuple[str, ...]:
    """Return what goes from the account of a role into the plant's."""
    own = role.grant.serves
    return _distinct(each for each in role.grant.publish if not any(covers(one, each) for one in own))


def hears(role: Role) -> tuple[str, ...]:
    """Return what comes from there into the account of a role, to be heard and not to be answered."""
    served = {*role.grant.serves, *TO_EVERY_SERVICE}
    return _distinct(subject for subject in role.grant.subscribe if subject not in served)


def signed(role: Role, subject: str) -> str:
    """Return what becomes of a subject in the plant: where the sender counts, with the role's name."""
    grant = role.grant
    return vouched_subject(subject, grant.signature) if subject in grant.signed else subject


def name_within(subject: str) -> str:
    """Return what a subject of the plant is called within the account of who publishes to it.

    By its own name it would be heard there at once, and once more from the plant; and what is asked of
    streams would be answered by the server: here are none.
    """
    return f"${PLANT}.{subject}"


def _guest(role: Role) -> Account:
    account = Account(role.name, [role], [_service(subject) for subject in _distinct(role.grant.serves)])
    for subject in asks(role):
        name = name_within(subject)
        there = {"account": PLANT, "subject": signed(role, subject)}
        account.imports.append({"service": there, "to": name})
        account.mappings[subject] = _numbered(name)
    for subject in hears(role):
        there = {"account": PLANT, "subject": _name_in_plant(subject)}
        account.imports.append({"stream": there, "to": subject})
    return account


def _name_in_plant(heard: str) -> str:
    """Return where that is heard in the plant's account which is `heard` in another."""
    return f"{RETOLD}{heard}" if is_retold(heard) else heard


def _numbered(pattern: str) -> str:
    """Return a pattern as the aim of a mapping: each `*` says which it is."""
    numbers = count(1)
    parts = pattern.split(".")
    return ".".join(f"{{{{wildcard({next(numbers)})}}}}" if part == "*" else part for part in parts)


def _service(subject: str) -> dict[str, Any]:
    many = {"response_type": "stream"} if subject.startswith(_MANY_ANSWERS) else {}
    return {"service": subject, **many}


def _distinct(subjects: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(subjects)))
