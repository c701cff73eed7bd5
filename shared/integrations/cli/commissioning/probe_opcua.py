"""`gl003 probe opc.tcp://…`: endpoints, certificates, and the tree of variables, also as TOML."""

from collections.abc import Sequence

import msgspec
from msgspec import structs
from rich.table import Table
from rich.text import Text

from integrations.cli.connected import EXIT_FINDINGS, say
from integrations.cli.printable import printable
from integrations.cli.progress import output, progress
from integrations.configuration import secret_from
from integrations.messages.status import is_good
from integrations.protocols.opcua import OpcUaEndpoint, OpcUaError, SecurityPolicy, status_name
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

from .wanted import Wanted, hand_over

TAG_TABLE = "[[scada.tags]]"
SHOWN = 200
"""Variables that the table has; a file has all of them."""


async def probe_opcua(target: OpcUaTarget, wanted: Wanted) -> int:
    """Look at a server; errors that come before its endpoints are known end in `probe`."""
    password = secret_from("password_file", str(wanted.password_file)) if wanted.password_file else ""
    endpoint = structs.replace(target.endpoint, pki_folder=str(wanted.pki), password=password)
    offered = await offers(endpoint)
    told: dict[str, object] = {"address": endpoint.address, "endpoints": offered}
    if wanted.shows:
        output().print(_endpoints(offered))
        for line in _advice(offered, endpoint):
            output().print(line, markup=False)
    try:
        found, values = await _browsed(endpoint, wanted)
    except OpcUaError as error:
        say(f"probe: {printable(str(error))}")
        _write(wanted, told | {"error": str(error)})
        return EXIT_FINDINGS
    if wanted.shows:
        output().print(_variables(found, values))
    _write(wanted, told | {"variables": [_document(*pair) for pair in zip(found, values, strict=True)]})
    if not found:
        say(f"probe: no variable below {wanted.root}, or none that this user may see")
        return EXIT_FINDINGS
    if wanted.toml:
        return _export(endpoint, found, wanted, name_of(wanted.name or target.name, "scada_1"))
    return EXIT_CLEAN


async def _browsed(
    endpoint: OpcUaEndpoint, wanted: Wanted
) -> tuple[Sequence[BrowsedTag], Sequence[OpcUaValue]]:
    with progress("browsing, reading", 3) as told:
        async with OpcUaSession(endpoint) as session:
            told(1)
            found = await session.browse(wanted.root, most=wanted.most)
            told(1)
            values = await session.read([tag.node for tag in found])
            told(1)
    return found, values


def _endpoints(offered: Sequence[Offer]) -> Table:
    table = Table("policy", "mode", "users", "url", box=None, pad_edge=False, title="endpoints")
    table.title_justify = "left"
    for one in offered:
        table.add_row(*map(printable, (one.policy, one.mode, ", ".join(one.users), one.url)))
    return table


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
    return lines


def _variables(found: Sequence[BrowsedTag], values: Sequence[OpcUaValue]) -> Table:
    table = Table("variable", "type", box=None, pad_edge=False, title="variables", title_justify="left")
    table.add_column("value", justify="right")
    for column in ("unit", "status", "node"):
        table.add_column(column)
    for tag, value in list(zip(found, values, strict=True))[:SHOWN]:
        status = "good" if is_good(value.status) else status_name(value.status)
        shown = (tag.path, tag.data_type, _shown(value), tag.unit, status, tag.node)
        table.add_row(*(Text(printable(cell)) for cell in shown))
    if len(found) > SHOWN:
        table.caption = f"and {len(found) - SHOWN} more"
    return table


def _shown(value: OpcUaValue) -> str:
    content = value.value
    return f"{content:.7g}" if isinstance(content, float) else "" if content is None else str(content)[:40]


def _document(tag: BrowsedTag, value: OpcUaValue) -> dict[str, object]:
    plain = value.value if isinstance(value.value, (bool, int, float, str)) else None
    return {**structs.asdict(tag), "value": plain, "status": value.status}


def _write(wanted: Wanted, told: object) -> None:
    if wanted.as_json:
        print(msgspec.json.encode(told).decode())  # noqa: T201  # the outcome


def _export(endpoint: OpcUaEndpoint, found: Sequence[BrowsedTag], wanted: Wanted, name: str) -> int:
    tags = tags_as_toml(found)
    if TAG_TABLE not in tags:
        say("probe: none of the variables is of a type that a tag can hold")
        return EXIT_FINDINGS
    hand_over(wanted, _plant(endpoint, tags, name))
    return EXIT_CLEAN


def _plant(endpoint: OpcUaEndpoint, tags: str, name: str) -> str:
    lines = ["[[scada]]", f"scada_id = {text(name)}", f"host = {text(endpoint.server_host)}"]
    lines += [f"port = {endpoint.port}"] + [f"path = {text(endpoint.path)}"] * bool(endpoint.path.strip("/"))
    if endpoint.security_policy is not SecurityPolicy.NONE:
        lines.append(f"security_policy = {text(endpoint.security_policy.value)}")
        lines.append(f"security_mode = {text(endpoint.mode.value)}")
        lines.append(f"pki_folder = {text(endpoint.pki_folder)}")
    if endpoint.username:
        lines.append(f"username = {text(endpoint.username)}")
        lines.append('# password_file = "/run/secrets/scada"      # its first line is the password')
    return "\n".join(lines) + "\n\n" + tags
