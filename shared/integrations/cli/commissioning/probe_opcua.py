"""`gl003 probe opc.tcp://…`: endpoints, certificates, and the tree of variables, live, and as TOML."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import structs
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from integrations.cli.connected import EXIT_FINDINGS, say
from integrations.cli.printable import printable
from integrations.cli.progress import output, progress
from integrations.configuration import secret_from
from integrations.protocols.opcua import OpcUaEndpoint, OpcUaError, SecurityPolicy
from integrations.protocols.opcua.client import (
    BrowsedTag,
    Offer,
    OpcUaSession,
    OpcUaValue,
    offers,
    tags_as_toml,
)
from integrations.runtime.commissioning.described import name_of, text
from integrations.runtime.commissioning.targets import OpcUaTarget
from integrations.runtime.process.life import EXIT_CLEAN

from .node_view import SHOWN, endpoint_table, variable_table
from .wanted import Wanted, hand_over

TAG_TABLE = "[[scada.tags]]"
OBJECTS, MOST, PKI = "i=85", 2000, Path("pki")
"""Where variables are looked for, how many, and where certificates are, unless something else is said."""
REFRESH_SECONDS = 0.5
ANONYMOUS = "anonymous"
LONGEST_SENSOR = 128
"""A sensor is called after its system and its tag."""
HINT_OF_LOGIN = '# password_file = "/run/secrets/scada"      # its first line is the password'


async def probe_opcua(target: OpcUaTarget, wanted: Wanted) -> int:
    """Look at a server; errors that come before its endpoints are known end in `probe`."""
    seconds = wanted.seconds
    password = secret_from("password_file", str(wanted.password_file)) if wanted.password_file else ""
    endpoint = structs.replace(target.endpoint, pki_folder=str(wanted.pki or PKI), password=password)
    offered = await offers(endpoint)
    told: dict[str, object] = {"address": endpoint.address, "endpoints": offered}
    if wanted.shows:
        output().print(endpoint_table(offered))
        for line in _advice(offered, endpoint):
            output().print(line, markup=False)
    try:
        async with OpcUaSession(endpoint) as session:
            found, values = await _browsed(session, wanted)
            if wanted.is_live and found:
                await _live(session, found, values, seconds)
                return EXIT_CLEAN
    except OpcUaError as error:
        say(f"probe: {printable(str(error))}")
        _write(wanted, told | {"error": str(error)})
        return EXIT_FINDINGS
    if wanted.shows:
        output().print(variable_table(found, values))
    _write(wanted, told | {"variables": [_document(*pair) for pair in zip(found, values, strict=True)]})
    if not found:
        say(f"probe: no variable below {wanted.root or OBJECTS}, or none that this user may see")
        return EXIT_FINDINGS
    if wanted.toml:
        return _export(endpoint, found, wanted, name_of(wanted.name or target.name, "scada_1"))
    return EXIT_CLEAN


async def _browsed(
    session: OpcUaSession, wanted: Wanted
) -> tuple[Sequence[BrowsedTag], Sequence[OpcUaValue]]:
    most = wanted.most or MOST
    with progress("browsing, reading", 2) as told:
        found = await session.browse(wanted.root or OBJECTS, most=most)
        told(1)
        values = await session.read([tag.node for tag in found])
        told(1)
    if len(found) == most:
        say(f"probe: these are the first {most} variables: --most asks for more, --root for a part")
    return found, values


async def _live(
    session: OpcUaSession, found: Sequence[BrowsedTag], values: Sequence[OpcUaValue], seconds: float | None
) -> None:
    """Show the first variables anew until the end is asked for; a lost server is waited for."""
    nodes, trouble = [tag.node for tag in found[:SHOWN]], ""
    with Live(console=output(), auto_refresh=False) as live, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                live.update(_rendered(found, values, trouble), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)
                try:
                    values, trouble = await session.read(nodes), ""
                except OpcUaError as error:
                    trouble = str(error)


def _rendered(found: Sequence[BrowsedTag], values: Sequence[OpcUaValue], trouble: str) -> RenderableType:
    troubles = [Text(f"last values: {printable(trouble)}", style="bold red")] if trouble else []
    return Group(*troubles, variable_table(found, values))


def _advice(offered: Sequence[Offer], endpoint: OpcUaEndpoint) -> list[str]:
    """Say what to do about security: which certificate the server has, and how it comes to be trusted."""
    lines = []
    certificates = {one.certificate.thumbprint: one.certificate for one in offered if one.certificate}
    for certificate in certificates.values():
        until = f"valid until {certificate.valid_until:%Y-%m-%d}"
        standing = "trusted" if certificate.is_trusted else "not trusted yet"
        lines.append(f"certificate {printable(certificate.subject)}, {until}: {standing}")
        lines.append(f"  thumbprint {certificate.thumbprint}")
        if not certificate.is_trusted:
            lines.append("  compare it at the server; after a first secured probe has fetched it:")
            lines.append(f"  gl003 trust accept {certificate.thumbprint[:8]} --pki {endpoint.pki_folder}")
    known = set(SecurityPolicy) - {SecurityPolicy.NONE}
    secured = [one for one in offered if one.policy in known and one.mode == "SignAndEncrypt"]
    if secured and endpoint.security_policy is SecurityPolicy.NONE:
        lines.append(f"it offers more security: …?policy={secured[-1].policy}; not used now")
    if offered and not endpoint.username and not any(ANONYMOUS in one.users for one in offered):
        lines.append("it wants to know who asks: …?username=NAME and --password-file FILE")
    return lines


def _document(tag: BrowsedTag, value: OpcUaValue) -> dict[str, object]:
    plain = value.value if isinstance(value.value, (bool, int, float, str)) else None
    times = {"source_time_ns": value.source_time_ns, "server_time_ns": value.server_time_ns}
    return {**structs.asdict(tag), "value": plain, "status": value.status, **times}


def _write(wanted: Wanted, told: object) -> None:
    if wanted.as_json:
        print(msgspec.json.encode(told).decode())  # noqa: T201  # the outcome


def _export(endpoint: OpcUaEndpoint, found: Sequence[BrowsedTag], wanted: Wanted, name: str) -> int:
    tags = tags_as_toml(found, longest_name=LONGEST_SENSOR - len(name) - 1)
    if TAG_TABLE not in tags:
        say("probe: none of the variables is of a type that a tag can hold")
        return EXIT_FINDINGS
    hand_over(wanted, _plant(endpoint, tags, name, wanted.password_file))
    return EXIT_CLEAN


def _plant(endpoint: OpcUaEndpoint, tags: str, name: str, password_file: Path | None) -> str:
    lines = ["[[scada]]", f"scada_id = {text(name)}", f"host = {text(endpoint.server_host)}"]
    lines += [f"port = {endpoint.port}"] + [f"path = {text(endpoint.path)}"] * bool(endpoint.path.strip("/"))
    if endpoint.security_policy is not SecurityPolicy.NONE:
        lines.append(f"security_policy = {text(endpoint.security_policy.value)}")
        lines.append(f"security_mode = {text(endpoint.mode.value)}")
        lines.append(f"pki_folder = {text(endpoint.pki_folder)}")
    if endpoint.username:
        lines.append(f"username = {text(endpoint.username)}")
        lines.append(
            f"password_file = {text(str(password_file.resolve()))}" if password_file else HINT_OF_LOGIN
        )
    return "\n".join(lines) + "\n\n" + tags
