"""A steam meter on a real Modbus peer: its registers are what a test sets."""

import struct

from fakes.modbus import exception


class MeterRegisters:
    """The default map as a device shows it; also its manners: silent, or with an exception code."""

    def __init__(self, flow=42, total=1000):
        self.flow = flow
        self.total = total
        self.silent = False
        self.exception_code = 0

    def words(self):
        return struct.pack(">HHIHHHHHH", self.flow, 0, self.total, 31, 5, 184, 10, 0, 0)

    async def __call__(self, query, wire):
        if self.silent:
            return
        if self.exception_code:
            wire.send(query, exception(query, self.exception_code))
            return
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + self.words()[start : start + size])
