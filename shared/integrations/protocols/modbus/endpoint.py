"""Where a device is reached, and how."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from integrations.configuration import Checked, Fault

FIXED_PAUSE_BAUD_RATE = 19_200


class Transport(StrEnum):
    """How Modbus frames travel."""

    TCP = "tcp"
    RTU = "rtu"
    RTU_OVER_TCP = "rtu_over_tcp"


class ModbusEndpoint(Checked, frozen=True):
    """A TCP server or gateway (`host`, `port`), or a serial line (`device`).

    `timeout_seconds` counts from the end of a request to its answer, and for a connection to come up.
    `connection_pool_size` is the most TCP connections to one gateway; a serial line always has one.
    `inter_frame_pause_seconds` defaults to what the serial line specification asks.
    """

    transport: Transport = Transport.TCP
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 502
    device: str = ""
    baud_rate: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    timeout_seconds: Annotated[float, Meta(gt=0, le=300)] = 3.0
    inter_frame_pause_seconds: Annotated[float, Meta(ge=0, le=1)] | None = None
    connection_pool_size: Annotated[int, Meta(ge=1, le=64)] = 5

    def faults(self) -> Iterable[Fault]:
        """Check that the transport has its address."""
        needed = "device" if self.transport == Transport.RTU else "host"
        if not getattr(self, needed):
            yield Fault("", needed, "", f"must be given for transport {self.transport.value}")

    def __str__(self) -> str:
        return self.device if self.transport == Transport.RTU else f"{self.host}:{self.port}"

    @property
    def is_serial(self) -> bool:
        """Whether frames are RTU, without transaction ids, so that one request at a time is under way."""
        return self.transport != Transport.TCP

    @property
    def settings(self) -> str:
        """Settings of a serial port, as people say them: 9600 baud 8N1."""
        return f"{self.baud_rate} baud 8{self.parity}{self.stop_bits}"

    @property
    def character_seconds(self) -> float:
        """Time one byte takes on the wire of a local serial line, 0 elsewhere."""
        if self.transport != Transport.RTU:
            return 0.0
        return (1 + 8 + (self.parity != "N") + self.stop_bits) / self.baud_rate

    @property
    def pause_seconds(self) -> float:
        """Silence kept between frames: 3.5 characters, above 19,200 baud 1.75 ms.

        Source: MODBUS over Serial Line V1.02, §2.5.1.1.
        """
        if self.inter_frame_pause_seconds is not None:
            return self.inter_frame_pause_seconds
        if self.transport == Transport.RTU and self.baud_rate > FIXED_PAUSE_BAUD_RATE:
            return 0.00175
        return 3.5 * self.character_seconds
