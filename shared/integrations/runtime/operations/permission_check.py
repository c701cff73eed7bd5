"""What nats-server lets these credentials do, against what the plant's services have to."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from integrations.bus import JetStreamUnavailableError
from integrations.messages import Subjects
from integrations.runtime.operations.expected import expected_services
from integrations.runtime.operations.finding import Finding, warning, well
from integrations.runtime.operations.patient import Patient

TOPIC = "permissions"
ASK = "$SYS.REQ.USER.INFO"

Rules = Mapping[str, Sequence[str]]


async def look_at_permissions(patient: Patient) -> AsyncIterator[Finding]:
    """Yield what services that log in as we do could not use."""
    try:
        answer = msgspec.json.decode(await patient.bus.request(ASK))
    except (JetStreamUnavailableError, msgspec.DecodeError):
        advice = f"allow publishing to {ASK} and subscribing to _INBOX.>, to have them looked at"
        yield warning(TOPIC, "nats-server does not say what these credentials may do", advice)
        return
    user = answer.get("data") or {}
    rules: Mapping[str, Rules] = user.get("permissions") or {}
    denied = [
        *_denied(rules, "publish", _published(patient)),
        *_denied(rules, "subscribe", _subscribed(patient)),
    ]
    for action, subject in denied:
        advice = "grant it; or run doctor with the credentials of the service in question"
        yield warning(TOPIC, f"a service with these credentials may not {action} {subject}", advice)
    if not denied:
        limited = "some subjects" if rules else "everything"
        yield well(TOPIC, f"{user.get('user') or 'this user'} may use {limited}, and all that services need")


def _published(patient: Patient) -> Iterator[str]:
    subjects = Subjects(patient.plant.site)
    for name in expected_services(patient.plant):
        yield f"gl.{patient.plant.site}.event.{name}.x"
        if patient.plant.devices.get(name):
            yield subjects.raw(name, "x")
    for config in patient.declared():
        yield f"$JS.API.STREAM.INFO.{config['name']}"


def _subscribed(patient: Patient) -> Iterator[str]:
    site = patient.plant.site
    yield "_INBOX.x"
    yield "$SRV.INFO"
    for name in expected_services(patient.plant):
        yield f"gl.{site}.svc.{name}.x.health"


def _denied(rules: Mapping[str, Rules], action: str, subjects: Iterable[str]) -> Iterator[tuple[str, str]]:
    rule = rules.get(action) or {}
    for subject in subjects:
        if not allowed(rule, subject):
            yield {"publish": "publish to", "subscribe": "subscribe to"}[action], subject


def allowed(rule: Mapping[str, Any], subject: str) -> bool:
    """Tell whether `allow` (nothing given: everything) has the subject, and `deny` has not."""
    allow, deny = rule.get("allow") or (), rule.get("deny") or ()
    return (not allow or any(matches(one, subject) for one in allow)) and not any(
        matches(one, subject) for one in deny
    )


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject is one of `pattern`, which may have wildcards; a queue's name does not count."""
    wanted, given = pattern.partition(" ")[0].split("."), subject.split(".")
    for at, part in enumerate(wanted):
        if part == ">":
            return len(given) > at
        if at >= len(given) or part not in ("*", given[at]):
            return False
    return len(wanted) == len(given)
