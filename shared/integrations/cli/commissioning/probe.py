"""`gl003 probe`: which protocol an address means, and how each way to fail ends."""

import asyncio

from integrations.cli.connected import EXIT_FINDINGS, INTERRUPTED, say
from integrations.cli.printable import printable
from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError
from integrations.runtime.commissioning.targets import HartTarget, ModbusTarget, read_target
from integrations.runtime.process.life import EXIT_CONFIGURATION, EXIT_CRASH

from .applicable import check_applicable
from .wanted import STANDARD_OUTPUT, Wanted


def probe(wanted: Wanted) -> int:
    """Look at the device and return the exit code."""
    try:
        return asyncio.run(_probed(wanted))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"probe: {fault}")
        return EXIT_CONFIGURATION
    except ProtocolError as error:
        say(f"probe: {printable(str(error))}")
        away = isinstance(error, (ProtocolConnectionError, ProtocolTimeoutError))
        return EXIT_CRASH if away else EXIT_FINDINGS
    except OSError as error:
        say(f"probe: {error}")
        return EXIT_CRASH
    except KeyboardInterrupt:
        return INTERRUPTED


async def _probed(wanted: Wanted) -> int:
    target = read_target(wanted.address)
    check_applicable(wanted, target)
    if wanted.toml and wanted.toml != STANDARD_OUTPUT and wanted.toml.exists():
        raise ConfigurationError(
            [Fault("", "toml", str(wanted.toml), "must be a file that is not there yet")]
        )
    if isinstance(target, ModbusTarget):
        from .probe_modbus import probe_modbus  # noqa: PLC0415  # each protocol loads its own

        return await probe_modbus(target, wanted)
    if isinstance(target, HartTarget):
        from .probe_hart import probe_hart  # noqa: PLC0415  # as above

        return await probe_hart(target, wanted)
    from .probe_opcua import probe_opcua  # noqa: PLC0415  # as above

    return await probe_opcua(target, wanted)
