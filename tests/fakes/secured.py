"""A nats-server started from the files that `gl003 secure init` makes, and who logs in with them."""

import asyncio
import contextlib
import signal
import socket

from fakes.site import eventually
from integrations.bus import BusSettings
from integrations.bus.embedded import find_binary
from integrations.bus.opening import is_nats
from integrations.runtime.security.kit import KitRequest, make_kit

NAMES = {
    "NATS_URL": "url",
    "NATS_NKEY_SEED_FILE": "nkey_seed_file",
    "NATS_INBOX_PREFIX": "inbox_prefix",
    "NATS_TLS_CA_FILE": "tls_ca_file",
    "NATS_TLS_CERTIFICATE_FILE": "tls_certificate_file",
    "NATS_TLS_KEY_FILE": "tls_key_file",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Secured:
    """What stands in the folder of a secured plant."""

    def __init__(self, folder, kit, port):
        self.folder = folder
        self.kit = kit
        self.port = port

    def variables(self, role):
        """The variables in the file of a role, as its service would have them."""
        lines = (self.folder / "users" / f"{role}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def table(self, role):
        """The same as the table [nats] of a configuration file."""
        return {NAMES[name]: value for name, value in self.variables(role).items() if name in NAMES}

    def settings(self, role):
        return BusSettings(**self.table(role))

    @property
    def secrets(self):
        """Whatever must be in no log."""
        users = [*self.folder.glob("users/*.nk"), *self.folder.rglob("*-key.pem")]
        return [line for file in users for line in file.read_text().splitlines() if "PRIVATE KEY" not in line]


@contextlib.asynccontextmanager
async def secured(folder, site, agents=()):
    """Make the kit and serve with it."""
    port = free_port()
    kit = make_kit(KitRequest(folder, site, ["127.0.0.1"], port, agents))
    process = await asyncio.create_subprocess_exec(
        find_binary(),
        *("-c", folder / "server" / "nats-server.conf", "-l", folder / "nats.log"),
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        await eventually(lambda: is_nats("127.0.0.1", port))
        yield Secured(folder, kit, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 10)
