"""Nothing that is a secret is said: by no service, at any level, whatever goes wrong with it."""

import base64
import contextlib
import io
import logging
import secrets
from urllib.parse import quote

import httpx
import nkeys
import pytest
from nats import errors
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, generate_latest

from fakes.condensate import condensate_table
from fakes.console import bearer, free_port
from fakes.header import header_table
from fakes.identities import credentials, key_pair, public
from fakes.opcua import OpcUaPeer
from fakes.site import SITE, document, events, eventually, meter_table, running, stored
from integrations.bus import Bus, BusSettings, BusUnreachableError, EmbeddedServer
from integrations.messages import WriteRequest, encode
from integrations.runtime.process.exporters import Exporters
from integrations.runtime.process.logs import configure_logging
from integrations.runtime.process.telemetry import Telemetry

SERVICES = {
    "steam_meter": "url",
    "pressure_sensor": "password",
    "temperature_sensor": "password_file",
    "condensate_meter": "nkey",
    "scada": "password",
    "transformation": "url",
    "balances": "nkey",
    "coordination": "password_file",
    "console": "password",
}
"""Every service, and how it logs in."""


def word():
    return "Sc" + secrets.token_hex(10)


class Login:
    """The secret of a user of the bus, as it is configured, and what the server knows of it."""

    def __init__(self, folder, name, kind):
        self.secret = key_pair(nkeys.PREFIX_BYTE_USER).seed.decode() if kind == "nkey" else word()
        self._name, self._kind = name, kind
        self._file = folder / f"{name}.secret"
        self._file.write_text(self.secret)

    def table(self, port):
        url = f"nats://127.0.0.1:{port}"
        return {
            "url": {"url": url.replace("://", f"://{self._name}:{self.secret}@")},
            "password": {"url": url, "user": self._name, "password": self.secret},
            "password_file": {"url": url, "user": self._name, "password_file": str(self._file)},
            "nkey": {"url": url, "nkey_seed_file": str(self._file)},
        }[self._kind]

    @property
    def user(self):
        if self._kind == "nkey":
            return f"{{ nkey: {public(nkeys.from_seed(self.secret.encode()))} }}"
        return f"{{ user: {self._name}, password: {self.secret} }}"


@pytest.fixture
def said():
    """All that is logged: ours and every library's, at DEBUG, as a service would write it."""
    stream = io.StringIO()
    configure_logging("any", "a", stream=stream, level="DEBUG", form="json")
    logging.getLogger().setLevel(logging.DEBUG)
    return stream


def found_in(text, hidden):
    """The names of secrets that stand in a text, plainly or in the usual disguises."""
    return {
        name
        for name, secret in hidden.items()
        if any(
            one in text
            for one in (secret, quote(secret), base64.b64encode(secret.encode()).decode().rstrip("="))
        )
    }


async def test_no_service_says_a_secret_refused_or_let_in(tmp_path, said, capfd):
    logins = {name: Login(tmp_path, name, kind) for name, kind in SERVICES.items()}
    hidden = {name: login.secret for name, login in logins.items()}
    hidden |= {"opc ua": word(), "meter": word(), "viewer": word(), "operator": word(), "guess": word()}
    token_file = tmp_path / "operator"
    token_file.write_text(hidden["operator"])
    console_port, metrics = free_port(), CollectorRegistry()

    def users(*more):
        listed = ",".join([*(login.user for login in more), "{ user: op, password: op }"])
        return f"authorization {{ users: [{listed}] }}"

    with OpcUaPeer() as peer:
        closed = free_port()
        wrong = {"username": "operator", "password": hidden["opc ua"], "timeout_seconds": 2.0}
        table = document(
            "",
            meter_table(closed),
            {
                "meter_id": "by_opcua", "host": "127.0.0.1", "port": peer.port, "protocol": "opc_ua",
                "max_retries": 0, "opcua": {"username": "operator", "password": hidden["meter"]},
            },
            scada=[{"scada_id": "plc", "host": "127.0.0.1", "port": peer.port, "max_retries": 0, **wrong}],
            condensate_meter=[condensate_table(closed)],
            pressure_sensor=[{"sensor_id": "p", "host": "127.0.0.1", "port": closed, "max_retries": 0}],
            temperature_sensor=[{"sensor_id": "t", "host": "127.0.0.1", "port": closed, "max_retries": 0}],
            balances=[header_table()],
            console={"port": console_port, "token": hidden["viewer"], "operator_token_file": str(token_file)},
        )  # fmt: skip
        server = EmbeddedServer(config=users())
        async with contextlib.AsyncExitStack() as servers, contextlib.AsyncExitStack() as stack:
            await servers.enter_async_context(server)
            port, stops = server.port, []
            for name in SERVICES:
                own = {**table, "nats": logins[name].table(port)}
                telemetry = stack.enter_context(Telemetry(Resource({}), Exporters(), metrics))
                stops.append(await stack.enter_async_context(running(name, own, telemetry=telemetry)))
            await eventually(lambda: said.getvalue().count("Authorization Violation") >= len(SERVICES), 30)
            await server.stop()
            letting_in = EmbeddedServer(port=port, config=users(*logins.values()))
            await servers.enter_async_context(letting_in)
            told = await all_they_tell(port, console_port, hidden)
            assert "wrong username or password" in told
            told += generate_latest(metrics).decode()
            for stop in stops:
                stop.set("the test is over")
            await stack.aclose()
            output = capfd.readouterr()
            everything = said.getvalue() + told + output.out + output.err
    assert "connected to nats://127.0.0.1" in everything
    assert found_in(everything, hidden) == set()


async def all_they_tell(port, console_port, hidden):
    """Answers of every service, all that is stored, and what the console answers to anybody."""
    login = BusSettings(url=f"nats://127.0.0.1:{port}", user="op", password="op")  # noqa: S106 - test data
    texts = []
    async with Bus(login, attempts=5) as bus:
        write = encode(WriteRequest(tag="STEAM.SETPOINT", value=1, caller="x", device_id="plc"))
        for name in SERVICES:
            for endpoint in ("health", "metrics", "read", "write"):
                answer = await eventually(lambda n=name, e=endpoint: asked(bus, n, e, write), 30)
                texts.append(f"{name} {answer}")
        await eventually(lambda: both_are_refused(bus), 30)
        for stream in ("EVENTS", "RAW", "CLEAN", "KV_gl_latest", "KV_gl_agents", "AGENTS", "KV_gl_replicas"):
            texts += [str(one) for one in await everything_in(bus, stream)]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{console_port}") as client:
        for token in ("guess", "viewer", "operator"):
            answers = [
                await client.get("/api/services", headers=bearer(hidden[token])),
                await client.post("/api/login", json={"token": hidden[token]}),
            ]
            texts += [f"{answer.headers} {answer.text}" for answer in answers]
    return "\n".join(texts)


async def asked(bus, name, endpoint, write):
    """An answer in words; nothing while the service is not there."""
    body = write if endpoint == "write" else b""
    with contextlib.suppress(errors.NoRespondersError, errors.TimeoutError):
        answer = await bus.client.request(f"gl.{SITE}.svc.{name}.a.{endpoint}", body, timeout=5)
        return f"{answer.headers} {answer.data!r}"
    return "nobody has that" if endpoint in {"read", "write"} else None


async def both_are_refused(bus):
    """Whether both devices have said that the password is wrong."""
    told = [event.subject_id for event in await events(bus, "connection_state") if "wrong" in event.text]
    return {"by_opcua", "plc"} <= set(told)


async def everything_in(bus, stream):
    return [(one.subject, one.headers, one.data) for one in await stored(bus, stream, ">")]


@pytest.mark.parametrize("kind", ["token", "token_file", "token in the address", "credentials_file"])
async def test_nor_does_a_bus_that_lets_nobody_in(tmp_path, said, kind):
    seed = key_pair(nkeys.PREFIX_BYTE_ACCOUNT)
    secret = credentials(seed, "meter") if kind == "credentials_file" else word()
    file = tmp_path / "secret"
    file.write_text(secret)
    async with EmbeddedServer(config="authorization { user: op, password: op }") as server:
        login = {kind: str(file) if kind.endswith("_file") else secret}
        if " " in kind:
            login = {"url": server.url.replace("://", f"://{secret}@")}
        with pytest.raises(BusUnreachableError) as raised:
            async with Bus(BusSettings(**{"url": server.url, **login}), attempts=2):
                pass
    told = f"{said.getvalue()} {raised.value!r}"
    assert "Authorization Violation" in told
    assert (
        found_in(told, dict(enumerate(line for line in secret.splitlines() if line and "--" not in line)))
        == set()
    )
