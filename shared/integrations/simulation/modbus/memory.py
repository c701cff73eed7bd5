"""The registers of a unit as a server answers from them."""

from collections.abc import Mapping
from struct import Struct

import numpy as np

from integrations.protocols.modbus import Encoder, Register, RegisterTable, RegisterType
from integrations.simulation.errors import SimulationError

READ_REQUEST = Struct(">BHH")
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
MOST_REGISTERS, MOST_BITS = 125, 2000
LAST_BIT_FUNCTION, LAST_READ_FUNCTION = 2, 4


class Memory:
    """Words of one device, written as values and read as Modbus PDUs; read-only for its clients.

    What the table doesn't cover is an illegal address; gaps up to its `max_gap` are reserved registers, 0.
    Values beyond a register's range stop at its limit, as a converter's do.
    """

    def __init__(self, table: RegisterTable) -> None:
        self._encoder = Encoder(table)
        self._names = [register.name for register in table.registers]
        self._texts = {register.name for register in table.registers if register.type is RegisterType.STRING}
        limits = np.array([_limits(register) for register in table.registers])
        self._low, self._high = limits.min(axis=1), limits.max(axis=1)
        self._blocks: list[tuple[int, int, int, bytes]] = []

    def write(self, values: Mapping[str, float | str]) -> None:
        """Show these values from now on.

        Raises:
            SimulationError: a register's name has no value.
            EncodeError: NaN for a register that can't say so.
        """
        if missing := [name for name in self._names if name not in values]:
            raise SimulationError(f"no value for the registers {', '.join(missing)}")
        numbers = [0.0 if name in self._texts else float(values[name]) for name in self._names]
        texts = {name: str(values[name]) for name in self._texts}
        image = self._encoder(np.clip(numbers, self._low, self._high), texts)
        self._blocks = [
            (span.function.code, span.address, span.end, words.astype(">u2").tobytes())
            for span, words in self._encoder.layout.split(image)
        ]

    def answer(self, request: bytes) -> bytes:
        """Answer the PDU of a request, with an exception where the device would."""
        code = request[0]
        if not 1 <= code <= LAST_READ_FUNCTION:
            return exception(code, ILLEGAL_FUNCTION)
        reads_bits = code <= LAST_BIT_FUNCTION
        if len(request) != READ_REQUEST.size:
            return exception(code, ILLEGAL_VALUE)
        _, address, count = READ_REQUEST.unpack(request)
        if not 1 <= count <= (MOST_BITS if reads_bits else MOST_REGISTERS):
            return exception(code, ILLEGAL_VALUE)
        for function, start, end, words in self._blocks:
            if function == code and start <= address and address + count <= end:
                data = words[2 * (address - start) : 2 * (address - start + count)]
                data = _packed(data) if reads_bits else data
                return bytes((code, len(data))) + data
        return exception(code, ILLEGAL_ADDRESS)


def exception(function_code: int, exception_code: int) -> bytes:
    """PDU of an exception answer."""
    return bytes((function_code | 0x80, exception_code))


def _packed(words: bytes) -> bytes:
    return np.packbits(np.frombuffer(words, ">u2") != 0, bitorder="little").tobytes()


def _limits(register: Register) -> tuple[float, float]:
    if register.type is RegisterType.STRING or register.type.is_float:
        return -np.inf, np.inf
    limits = np.iinfo(register.type.value)
    low, high = (limits.min, limits.max) if register.bit is None else (0, (1 << register.bits) - 1)
    if register.function.reads_bits:
        high = 1
    return low * register.scale + register.offset, high * register.scale + register.offset
