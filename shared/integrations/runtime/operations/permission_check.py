"""What nats-server lets these credentials do, against what the plant's services have to."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import msgspec

from integrations.bus import JetStreamUnavailableError
from integrations.runtime.operations.expected import expected_services
from integrations.runtime.operations.finding import Finding, warning, well
from integrations.runtime.operations.patient import Patient
from integrations.runtime.security.role import Grant
from integrations.runtime.security.roles import roles

TOPIC = "permissions"
ASK = "$SYS.REQ.USER.INFO"
ANSWER_SECONDS = 2.0

Rules = Mapping[str, Any]


async def look_at_permissions(patient: Patient) -> AsyncIterator[Finding]:
    """Yield for which services these credentials suffice, and what is missing where they nearly do."""
    try:
        answer = msgspec.json.decode(await patient.bus.request(ASK, timeout_seconds=ANSWER_SECONDS))
    except (JetStreamUnavailableError, msgspec.DecodeError):
        yield well(TOPIC, "nats-server does not tell these credentials what they may do")
        return
    user = answer.get("data") or {}
    rules: Mapping[str, Rules] = user.get("permissions") or {}
    if not rules:
        yield well(
            TOPIC, "these credentials may use everything; gl003 secure init makes some for each service"
        )
        return
    able = []
    for role in roles(patient.plant.site):
        if role.name not in expected_services(patient.plant):
            continue
        missing = list(_missing(rules, role.grant))
        if not missing:
            able.append(role.name)
        elif _is_meant(rules, role.grant):
            text = f"{role.name} could not, with these credentials, {'; '.join(missing)}"
            yield warning(TOPIC, text, "grant it, or make its user anew: gl003 secure init")
    told = f"suffice for {', '.join(able)}" if able else "are no service's, and cannot invent readings"
    yield well(TOPIC, f"these credentials {told}")


def _missing(rules: Mapping[str, Rules], grant: Grant) -> Iterator[str]:
    for action, subjects in (("publish", grant.publish), ("subscribe", grant.subscribe)):
        for subject in subjects:
            if not allowed(rules.get(action) or {}, _example(subject)):
                yield f"{'publish' if action == 'publish' else 'listen'} to {subject}"


def _is_meant(rules: Mapping[str, Rules], grant: Grant) -> bool:
    """Tell whether the credentials are this service's: they may publish readings or events as it does."""
    own = [subject for subject in grant.publish if subject.startswith("gl.")]
    return any(allowed(rules.get("publish") or {}, _example(subject)) for subject in own)


def _example(pattern: str) -> str:
    return ".".join("x" if token in {"*", ">"} else token for token in pattern.split("."))


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
