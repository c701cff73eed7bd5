"""A condensate meter on a real Modbus peer: the default map, its values what a test sets."""

import struct

from fakes.modbus import exception


class CondensateRegisters:
    """Floats in a row, as the default map has them; also its manners: silent, or with an exception code."""

    def __init__(self, **values):
        self.values = {
            "flow_rate": 20.0, "temperature": 92.0, "return_percentage": 80.0, "pressure": 7.0, "ph": 8.5,
            "conductivity": 10.0, "steam_flow": 25.0, **values,
        }  # fmt: skip
        self.silent = False
        self.exception_code = 0

    async def __call__(self, query, wire):
        if self.silent:
            return
        if self.exception_code:
            wire.send(query, exception(query, self.exception_code))
            return
        words = struct.pack(f">{len(self.values)}f", *self.values.values())
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + words[start : start + size])
