"""The simulated HART devices behind one address: requests in, answers out, and faults by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.protocols.hart import (
    Address,
    Command,
    DirectAnswer,
    Frame,
    FrameType,
    Reply,
    ResponseCode,
    decode_direct_request,
)
from integrations.protocols.hart.frame import EXTENDED_COMMAND
from integrations.protocols.hart.response_code import NO_FIELD_DEVICE
from integrations.simulation.errors import SimulationError, UnknownPointError

from .device import HartInstrument
from .faults import CODES, ActiveFault, HartFault
from .memory import HartMemory


@dataclass(frozen=True)
class HartAnswer:
    """One PDU that a device sends, after so long."""

    frame: Frame
    delay_seconds: float = 0.0


class HartGateway:
    """Devices by address, without any socket; they show the values of the last `refresh`.

    An address where nothing is gets communication error 0x84 from the gateway. A plant fault `dead` or
    `restart` makes a device silent, `slow` late, and `exception` answers with response code 6.

    Raises:
        SimulationError: two devices share a polling address or a tag.
    """

    def __init__(self, devices: Sequence[HartInstrument]) -> None:
        if not devices:
            raise SimulationError("devices must be at least one, got none")
        for what, keys in (
            ("polling_address", [device.polling_address for device in devices]),
            ("tag", [device.tag for device in devices]),
        ):
            if len(set(keys)) != len(keys):
                raise SimulationError(f"{what} must be unique, got {keys}")
        self._memories = [HartMemory(device) for device in devices]
        self._by_address = {
            address: memory
            for memory in self._memories
            for address in (memory.device.address, Address.polling(memory.device.polling_address))
        }
        self._faults: dict[HartMemory, ActiveFault] = {}

    @property
    def restarting(self) -> bool:
        """Whether this is a single device that is off for now."""
        return len(self._memories) == 1 and self._memories[0].condition.restarting

    def refresh(self) -> None:
        """Let every device measure; errors as HartMemory.refresh."""
        for memory in self._memories:
            memory.refresh()

    def break_device(self, kind: HartFault, tag: str, seconds: float, times: int | None) -> None:
        """Give the device with this tag (or long tag) a fault; UnknownPointError when there is none."""
        self.heal(tag)
        memory = self._tagged(tag)
        self._faults[memory] = ActiveFault(kind, seconds, times)
        self._show(memory, kind)

    def heal(self, tag: str) -> None:
        """End the fault of a device; errors as `break_device`."""
        memory = self._tagged(tag)
        self._faults.pop(memory, None)
        self._show(memory, None)

    def answer(self, request: Frame) -> list[HartAnswer]:
        """Return what is answered to a token-passing request: nothing, one PDU, or two."""
        command, data = command_of(request)
        memory = self._asked(request, command, data)
        if memory is None:
            return [HartAnswer(answer_frame(request, Reply(command, NO_FIELD_DEVICE, 0)))]
        fault = self._next_fault(memory)
        if self._is_silent(memory):
            return []
        frame = answer_frame(request, self._reply(memory, fault, command, data))
        if fault and fault.kind is HartFault.WRONG_ADDRESS:
            frame = Frame(frame.type, neighbour(frame.address), frame.command, frame.payload)
        delay = memory.condition.delay_seconds
        if fault and fault.kind is HartFault.LATE:
            delay += fault.seconds
        copies = 2 if fault and fault.kind is HartFault.DUPLICATE else 1
        return [HartAnswer(frame, delay)] * copies

    def direct(self, body: bytes) -> bytes:
        """Answer a direct PDU; it goes to the first device, in which the server is.

        Raises:
            FrameError: the request cannot be read.
        """
        memory = self._memories[0]
        replies = tuple(
            Reply(item.command, code, memory.status, data)
            for item in decode_direct_request(body)
            for code, data in [memory.answer(item.command, item.data)]
        )
        return DirectAnswer(memory.status, 0, replies).encode()

    def bursts(self, subscribed: set[Address]) -> Iterator[Frame]:
        """Yield a burst of command 3 for each of the devices that burst and are subscribed to."""
        for memory in self._memories:
            address = memory.device.address
            if memory.device.bursting and address in subscribed and not self._is_silent(memory):
                code, data = memory.answer(Command.READ_DYNAMIC_VARIABLES)
                payload = bytes((code, memory.status)) + data
                yield Frame(
                    FrameType.BURST, address, Command.READ_DYNAMIC_VARIABLES, payload, is_bursting=True
                )

    def knows(self, address: Address) -> bool:
        """Whether a device has this long address."""
        return address in self._by_address

    def _is_silent(self, memory: HartMemory) -> bool:
        fault = self._faults.get(memory)
        condition = memory.condition
        return condition.silent or condition.restarting or bool(fault and fault.kind is HartFault.SILENT)

    def _asked(self, request: Frame, command: int, data: bytes) -> HartMemory | None:
        if request.address.is_broadcast:
            return next((each for each in self._memories if each.is_meant_by(command, data)), None)
        return self._by_address.get(request.address)

    def _reply(self, memory: HartMemory, fault: ActiveFault | None, command: int, data: bytes) -> Reply:
        code, body = memory.answer(command, data)
        if memory.condition.exception_code:
            code, body = ResponseCode.DEVICE_SPECIFIC_ERROR, b""
        elif fault and fault.kind in CODES:
            code, body = CODES[fault.kind], b""
        elif fault and fault.kind is HartFault.DELAYED:
            first = fault.met == 1
            code = ResponseCode.DELAYED_RESPONSE_INITIATED if first else ResponseCode.DELAYED_RESPONSE_RUNNING
            body = b""
        return Reply(command, code, memory.status, body)

    def _next_fault(self, memory: HartMemory) -> ActiveFault | None:
        """Return the fault that this request meets; one that is used up is over."""
        fault = self._faults.get(memory)
        if fault is None or fault.times is None or fault.met < fault.times:
            if fault:
                fault.met += 1
            return fault
        del self._faults[memory]
        self._show(memory, None)
        return None

    def _show(self, memory: HartMemory, kind: HartFault | None) -> None:
        memory.primary_fails = kind is HartFault.NAN
        memory.malfunctions = kind is HartFault.MALFUNCTION

    def _tagged(self, tag: str) -> HartMemory:
        for memory in self._memories:
            if tag in {memory.device.tag, memory.device.long_tag}:
                return memory
        tags = ", ".join(memory.device.tag for memory in self._memories)
        raise UnknownPointError(f"tag must be one of {tags}, got {tag!r}")


def command_of(request: Frame) -> tuple[int, bytes]:
    """Return number and data of a request, extended commands unwrapped."""
    if request.command == EXTENDED_COMMAND and len(request.payload) >= 2:
        return int.from_bytes(request.payload[:2], "big"), request.payload[2:]
    return request.command, request.payload


def answer_frame(request: Frame, reply: Reply) -> Frame:
    """Return the PDU that carries a reply."""
    number = request.payload[:2] if request.command == EXTENDED_COMMAND else b""
    payload = bytes((reply.code, reply.device_status)) + number + reply.data
    return Frame(FrameType.ANSWER, request.address, request.command, payload, request.is_primary_master)


def neighbour(address: Address) -> Address:
    """Return an address that differs in its last bit."""
    *head, last = address.octets
    return Address(bytes((*head, last ^ 1)))
