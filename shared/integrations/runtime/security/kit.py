"""Everything a plant needs to be secured, made in one folder; made again it adds what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrations.bus import BUS_VARIABLES
from integrations.configuration import ConfigurationError, Fault
from integrations.messages import NO_AGENTS, NO_SITES, MessageError, check_agent_id, check_site
from integrations.runtime.security.agent_roles import GL003
from integrations.runtime.security.authority import Authority, make_authority, read_authority
from integrations.runtime.security.files import write_public
from integrations.runtime.security.role import Role
from integrations.runtime.security.roles import AGENT, OPERATOR, roles
from integrations.runtime.security.server_configuration import (
    ACCOUNTS_FILE,
    SERVER_FILE,
    accounts_text,
    server_text,
)
from integrations.runtime.security.user_keys import user_key

CA_FILE = "ca.pem"
SERVER, USERS = "server", "users"
SYSTEM_USER = "system"


@dataclass(frozen=True)
class KitRequest:
    """What was asked for.

    `server_folder` and `users_folder` are where server and services will find their files, where that is
    not where they are made: in containers for example.
    """

    folder: Path
    site: str
    hosts: Sequence[str] = ("localhost", "127.0.0.1")
    port: int = 4222
    agents: Sequence[str] = ()
    server_folder: Path | None = None
    users_folder: Path | None = None
    renew: bool = False
    """Whether server and clients get new certificates; keys of users stay as they are."""


@dataclass
class Kit:
    """What is in the folder now, and what of it is new."""

    roles: list[Role] = field(default_factory=list)
    made: list[Path] = field(default_factory=list)


def make_kit(request: KitRequest) -> Kit:
    """Make what is missing; keys and certificates that are there stay.

    Raises:
        ConfigurationError: names every fault of what was asked, or the file that is not what it should be.
    """
    _check(request)
    try:
        return _make(request)
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            [Fault("", "folder", str(request.folder), f"cannot be used: {error}")]
        ) from error


def _check(request: KitRequest) -> None:
    faults = []
    for name, check, text, not_these in (
        ("site", check_site, request.site, NO_SITES),
        *(("agent", check_agent_id, agent, NO_AGENTS) for agent in request.agents),
    ):
        try:
            check(text)
        except MessageError:
            allowed = f"must be 1 to 128 letters, digits, _ or -, and none of {', '.join(not_these)}"
            faults.append(Fault("", name, text, allowed))
    if not request.hosts:
        faults.append(Fault("", "host", "", "must be given: the names that clients reach the server by"))
    if faults:
        raise ConfigurationError(faults)


def _make(request: KitRequest) -> Kit:
    folder, kit = request.folder, Kit()
    authority = _authority(request, kit)
    server = folder / SERVER
    if _wanted(server / "server.pem", request, kit):
        authority.issue(request.hosts[0], server / "server.pem", server / "server-key.pem", request.hosts)
    write_public(server / CA_FILE, (folder / CA_FILE).read_bytes())

    agents = _agents(folder / USERS, request.agents)
    kit.roles = roles(request.site, agents)
    keys = {role.name: _user(role, request, authority, kit) for role in kit.roles}
    _add_agents(folder / USERS / f"{OPERATOR}.env", agents)
    system_key = user_key(folder / USERS / f"{SYSTEM_USER}.nk")
    write_public(server / ACCOUNTS_FILE, accounts_text(kit.roles, keys, system_key).encode())
    if _wanted(server / SERVER_FILE, request, kit, renewable=False):
        seen = request.server_folder or server.resolve()
        write_public(server / SERVER_FILE, server_text(seen, seen / "jetstream", request.port).encode())
    return kit


def _authority(request: KitRequest, kit: Kit) -> Authority:
    files = request.folder / CA_FILE, request.folder / "ca-key.pem"
    if _wanted(files[0], request, kit, renewable=False):
        return make_authority(f"GL-003 {request.site}", *files)
    return read_authority(*files)


def _agents(users: Path, named: Iterable[str]) -> list[str]:
    """Return the agents named now, and those that have a key already."""
    known = (file.stem.removeprefix(AGENT) for file in users.glob(f"{AGENT}*.nk"))
    return sorted({*known, *named})


def _add_agents(operator: Path, agents: Sequence[str]) -> None:
    """Have `gl003 streams`, run as the operator, know whose mailboxes to make."""
    named = " ".join([GL003, *agents])
    write_public(operator, f"{operator.read_text()}AGENTS='{named}'\n".encode())


def _user(role: Role, request: KitRequest, authority: Authority, kit: Kit) -> str:
    """Make what a role needs to log in, and the variables that say where it is; return its public key."""
    users = request.folder / USERS
    seed, certificate = users / f"{role.name}.nk", users / f"{role.name}.pem"
    _wanted(seed, request, kit, renewable=False)
    key = user_key(seed)
    if _wanted(certificate, request, kit):
        authority.issue(role.name, certificate, users / f"{role.name}-key.pem")
    write_public(users / CA_FILE, (request.folder / CA_FILE).read_bytes())
    seen = request.users_folder or users.resolve()
    values = {
        "url": f"tls://{request.hosts[0]}:{request.port}",
        "nkey_seed_file": seen / seed.name,
        "inbox_prefix": role.inbox,
        "tls_ca_file": seen / CA_FILE,
        "tls_certificate_file": seen / certificate.name,
        "tls_key_file": seen / f"{role.name}-key.pem",
    }
    text = "".join(f"{BUS_VARIABLES[name]}={value}\n" for name, value in values.items())
    write_public(users / f"{role.name}.env", text.encode())
    return key


def _wanted(file: Path, request: KitRequest, kit: Kit, *, renewable: bool = True) -> bool:
    """Return whether a file is to be made, and note it if so."""
    if file.exists() and not (renewable and request.renew):
        return False
    kit.made.append(file)
    return True
