"""`gl003 probe`: which protocol an address means, and how each way to fail ends."""

import asyncio
import os

from integrations.cli.connected import EXIT_FINDINGS, INTERRUPTED, reader_has_enough, say
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
    except BrokenPipeError:
        return reader_has_enough()
    except OSError as error:
        say(f"probe: {error}")
        return EXIT_CRASH
    except KeyboardInterrupt:
        return INTERRUPTED


def _check_place(wanted: Wanted) -> None:
    """Look at where the file will be before the device is read for a minute."""
    if not wanted.toml or wanted.toml == STANDARD_OUTPUT:
        return
    if wanted.toml.exists():
        raise ConfigurationError(
            [Fault("", "toml", str(wanted.toml), "must be a file that is not there yet")]
        )
    folder = wanted.toml.absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ConfigurationError([Fault("", "toml", str(wanted.toml), "must be in a folder to write to")])


async def _probed(wanted: Wanted) -> int:
    target = read_target(wanted.address)
    check_applicable(wanted, target)
    _check_place(wanted)
    if isinstance(target, ModbusTarget):
        from .probe_modbus import probe_modbus  # noqa: PLC0415  # each protocol loads its own

        return await probe_modbus(target, wanted)
    if isinstance(target, HartTarget):
        from .probe_hart import probe_hart  # noqa: PLC0415  # as above

        return await probe_hart(target, wanted)
    from .probe_opcua import probe_opcua  # noqa: PLC0415  # as above

    return await probe_opcua(target, wanted)
