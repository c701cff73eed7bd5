"""A plant's file to begin with: what was told, and what else may be said, as comments."""

from collections.abc import Iterable, Iterator, Sequence

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.steam_meter.registers import PRESETS

from .described import name_of, place_of, text
from .targets import HartTarget, ModbusTarget, OpcUaTarget, Target

_HEAD = """# A plant. `gl003 check {file}` says every fault of it; `gl003 run --config {file}` tries it.
# Every key of a device stands, with its default, in the sample.toml of its class.

site = {site}                     # begins every subject: gl.{plain}.clean.…
{bus}
"""
_BUS = """
[nats]
url = {url}
"""
_NO_BUS = """
# [nats]
# url = "nats://bus.example:4222"       # default: NATS_URL, else on this machine
"""
_TAIL = """
# What is believed of a sensor stands in a table of its own.
# [transformation.sensors.{sensor}]
# min_valid = 0.0
# max_valid = 25.0
# target_unit = "t/hr"
"""
_MAP = """# A register map of your own, where no preset fits; `gl003 probe` finds out what it is:
# [steam_meter.register_map]
# flow_rate = {{ address = 0, type = "float32", order = "cdab", unit = "kg/h" }}
"""


def plant_text(file: str, site: str, bus: str, targets: Sequence[Target]) -> str:
    """Write the file.

    Raises:
        ConfigurationError: two devices have the same name, or a preset is none.
    """
    names = [name_of(target.name, f"device_{at}") for at, target in enumerate(targets, 1)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        allowed = "must be the name of one device only: add &name=… to the address"
        raise ConfigurationError([Fault("device", "name", twice[0], allowed)])
    head = _HEAD.format(
        file=file, site=text(site), plain=site, bus=_BUS.format(url=text(bus)) if bus else _NO_BUS
    )
    blocks = [block for name, target in zip(names, targets, strict=True) for block in _blocks(name, target)]
    sensor = f"{names[0]}-flow_rate" if names else "header-flow_rate"
    return "\n".join([head, *(blocks or [_nothing()]), _TAIL.format(sensor=sensor)]).replace("\n\n\n", "\n\n")


def _blocks(name: str, target: Target) -> Iterator[str]:
    if isinstance(target, ModbusTarget):
        for unit in target.units:
            yield _meter(name if len(target.units) == 1 else f"{name}_{unit}", unit, target)
    elif isinstance(target, HartTarget):
        yield _hart(name, target)
    else:
        yield _scada(name, target)


def _meter(name: str, unit: int, target: ModbusTarget) -> str:
    if target.preset and target.preset not in PRESETS:
        allowed = f"must be one of {', '.join(PRESETS)}"
        raise ConfigurationError([Fault("device", "preset", target.preset, allowed)])
    known = (
        f"preset = {text(target.preset)}" if target.preset else f"# preset = {' | '.join(map(text, PRESETS))}"
    )
    lines = ["[[steam_meter]]", f"meter_id = {text(name)}", *place_of(target.endpoint)]
    lines += [
        f"slave_address = {unit}",
        known,
        'units = "t/hr"                  # what its flow is handed on in',
    ]
    return _joined([*lines, _MAP.format()])


def _hart(name: str, target: HartTarget) -> str:
    lines = [
        "[[steam_meter]]",
        f"meter_id = {text(name)}",
        'protocol = "hart"',
        f"host = {text(target.host)}",
    ]
    lines += [f"port = {target.port}", f"hart_transport = {text(target.transport or 'udp')}"]
    lines += [f"poll_address = {target.addresses[0]}"] if not target.device else []
    lines += [f"hart_device = {text(target.device)}"] if target.device else []
    lines.append(
        'hart_variables = { PV = "flow_rate", TV = "totalizer" }   # which quantity each of PV to QV is'
    )
    return _joined(lines)


def _scada(name: str, target: OpcUaTarget) -> str:
    endpoint = target.endpoint
    lines = ["[[scada]]", f"scada_id = {text(name)}", f"host = {text(endpoint.server_host)}"]
    lines += [f"port = {endpoint.port}", f"security_policy = {text(endpoint.security_policy.value)}"]
    lines += [f"path = {text(endpoint.path)}"] if endpoint.path.strip("/") else []
    lines += ["# Without tags the default table of a steam plant is read. What the server has, as TOML:"]
    lines += [f"#   gl003 probe {endpoint.address} --toml tags.toml"]
    return _joined(lines)


def _nothing() -> str:
    return _joined(["# [[steam_meter]]", '# meter_id = "header"', '# host = "10.1.2.3"', "# port = 502"])


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
