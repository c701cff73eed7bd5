"""The configuration of nats-server that lets every role do what it may, and nothing else."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from integrations.bus import MAX_PAYLOAD
from integrations.runtime.security.accounts import PLANT, Account, accounts, name_within
from integrations.runtime.security.role import Role

ACCOUNTS_FILE, SERVER_FILE = "accounts.conf", "nats-server.conf"
SYSTEM_ACCOUNT = "SYS"
ANSWER_SECONDS = 120
"""How long a request may wait for its answer before it can no longer be given."""


def accounts_text(roles: Sequence[Role], keys: Mapping[str, str], system_key: str) -> str:
    """Return the accounts: a user for each role, by its public key in `keys`."""
    each = "\n".join(_account(account, keys) for account in accounts(roles))
    return f"""# Who may do what. Made by `gl003 secure init`; run it again rather than changing this.
accounts {{
{each}
  {SYSTEM_ACCOUNT} {{ users: [ {{ nkey: {system_key} }} ] }}
}}
system_account: {SYSTEM_ACCOUNT}
"""


def server_text(folder: PurePath, store: PurePath, port: int) -> str:
    """Return the configuration of one server whose files are in `folder`."""
    files = {"cert_file": "server.pem", "key_file": "server-key.pem", "ca_file": "ca.pem"}
    tls = "\n".join(f"  {key}: {json.dumps(str(folder / name))}" for key, name in files.items())
    return f"""# One nats-server for one plant. Made by `gl003 secure init`; yours to change.
# Start it with: nats-server -c {folder / SERVER_FILE}
port: {port}
max_payload: {MAX_PAYLOAD}
jetstream {{
  store_dir: {json.dumps(str(store))}
  sync_interval: always  # one server alone: acknowledged must mean on disk
}}
tls {{
{tls}
  verify: true
}}
include {ACCOUNTS_FILE}
"""


def _account(account: Account, keys: Mapping[str, str]) -> str:
    users = ",\n".join(_user(role, keys[role.name]) for role in account.roles)
    lines = ["jetstream: enabled"] if account.name == PLANT else []
    for name, entries in (("exports", account.exports), ("imports", account.imports)):
        if entries:
            listed = ",\n".join(f"      {json.dumps(entry)}" for entry in entries)
            lines.append(f"{name}: [\n{listed}\n    ]")
    if account.mappings:
        lines.append(f"mappings: {json.dumps(account.mappings)}")
    rest = "\n    ".join([*lines, f"users: [\n{users}\n    ]"])
    return f"""  {account.name} {{
    {rest}
  }}"""


def _user(role: Role, key: str) -> str:
    grant = role.grant
    names = set(grant.publish)
    if role.apart:
        names |= {name_within(subject) for subject in names}
    publish = {"allow": sorted(names), "deny": sorted(set(grant.never))}
    permissions: dict[str, object] = {
        "publish": {verb: subjects for verb, subjects in publish.items() if subjects},
        "subscribe": {"allow": sorted({*grant.subscribe, f"{role.inbox}.>"})},
    }
    if grant.answers:
        permissions["allow_responses"] = {"max": 1, "expires": f"{ANSWER_SECONDS}s"}
    text = json.dumps(permissions, indent=2).replace("\n", "\n        ")
    return f"""      # {role.name}
      {{ nkey: {key}
        permissions: {text} }}"""
