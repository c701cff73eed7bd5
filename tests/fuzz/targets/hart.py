"""HART-IP: messages, the PDUs in them, and the answers in those."""

from collections.abc import Callable

from fuzz.target import Target
from integrations.protocols.hart.address import Address
from integrations.protocols.hart.burst import read_burst
from integrations.protocols.hart.commands import ANSWERS, MEASURED, decode_answer
from integrations.protocols.hart.direct import decode_direct_answer, decode_direct_request
from integrations.protocols.hart.endpoint import HartEndpoint
from integrations.protocols.hart.errors import HartError
from integrations.protocols.hart.fields import packed_ascii
from integrations.protocols.hart.frame import Frame, FrameType, Reply, check_byte, decode_frame
from integrations.protocols.hart.header import Message, MessageId, MessageStream, MessageType, decode_message
from integrations.protocols.hart.link import Request, matching_reply
from integrations.protocols.hart.poll import SLOT_CODES, Gathering
from integrations.protocols.hart.session_terms import SessionTerms
from integrations.protocols.hart.transports import TcpSession

from .wire import conversation, pieces_of

ADDRESS = Address.unique(0x2601, 0x123456)
REQUESTS = tuple(Request(ADDRESS, command) for command in (0, 3, 9, 48, 533))
IDENTITY = bytes((254, 0x26, 1, 5, 7, 1, 2, 8, 0, 0x12, 0x34, 0x56, 5, 8, 0, 1, 0, 0, 0x26, 0, 0x26, 1))
VARIABLES = bytes.fromhex("41200000 39 41200000 20 42480000")
SLOTS = bytes((0,)) + bytes.fromhex("f6 41 39 41200000 c0" * 3) + bytes(4)
DATA = {0: IDENTITY, 3: VARIABLES, 9: SLOTS, 48: bytes(14), 12: bytes(24), 13: bytes(21), 15: bytes(18)}
DIRECT = bytes((0, 0)) + bytes.fromhex("0003 06 00 41200000 390009 01 00")


def _answer(command: int, data: bytes = b"") -> bytes:
    return Frame(FrameType.ANSWER, ADDRESS, command, bytes((0, 0)) + data).encode()


def _mended(pdu: bytes, odd: int) -> bytes:
    """Return a PDU whose check byte fits where `odd` says so: chance would hardly find one."""
    return pdu[:-1] + bytes((check_byte(pdu[:-1]),)) if odd & 1 and pdu else pdu


def _frame(data: bytes) -> object:
    frame = decode_frame(_mended(data[1:], data[0]))
    reply = frame.reply()
    read_burst(reply, SLOT_CODES, 0)
    return decode_answer(reply.command, reply.data) if reply.command in ANSWERS else None


def _reply(data: bytes) -> object:
    request = REQUESTS[data[0] // 2 % len(REQUESTS)]
    return matching_reply(request, _mended(data[1:], data[0]))


def _data(data: bytes) -> object:
    """One byte says of which command, two are codes, the rest is what the device says."""
    command, code, status = sorted(ANSWERS)[data[0] % len(ANSWERS)], data[1], data[2]
    answer = decode_answer(command, data[3:])
    if kind := MEASURED.get(command):
        gathering = Gathering()
        gathering.take(kind.decode(data[3:]), code, status)
        gathering.result(gathering.names, 0)
    read_burst(Reply(command, code, status, data[3:]), SLOT_CODES, 0)
    return answer.encode()


def _stream(data: bytes) -> object:
    stream = MessageStream()
    return [message for piece in pieces_of(data[1:], data[0] % 16) for message in stream.feed(piece)]


def _session(data: bytes) -> object:
    endpoint = HartEndpoint("nowhere")
    return conversation(
        lambda: TcpSession(endpoint, lambda message: None),
        lambda session: session.initiate(),
        pieces_of(data[1:], data[0] % 16),
    )


def _padded(read: Callable[[bytes], object], size: int) -> Callable[[bytes], object]:
    return lambda data: read(data.ljust(size, b"\0"))


TERMS = SessionTerms(1, 60_000).encode()
OPENED = Message(MessageType.RESPONSE, MessageId.SESSION_INITIATE, 1, TERMS).encode()
TABLE = (
    Target(
        "hart_frame",
        _padded(_frame, 1),
        (HartError,),
        [b"\1" + _answer(command, data) for command, data in DATA.items()],
        longest=512,
    ),
    Target(
        "hart_reply",
        _padded(_reply, 1),
        (HartError,),
        [bytes((1 + 2 * at,)) + _answer(command, DATA[command]) for at, command in enumerate((0, 3, 9, 48))],
        longest=512,
    ),
    Target(
        "hart_data",
        _padded(_data, 3),
        (HartError,),
        [bytes((sorted(ANSWERS).index(command), 0, 0)) + data for command, data in DATA.items()],
        longest=300,
    ),
    Target("hart_message", decode_message, (HartError,), [OPENED], longest=512),
    Target("hart_stream", _padded(_stream, 1), (HartError,), [b"\3" + OPENED * 3]),
    Target("hart_session", _padded(_session, 1), (HartError,), [b"\0" + OPENED]),
    Target("hart_direct", decode_direct_answer, (HartError,), [DIRECT]),
    Target("hart_direct_request", decode_direct_request, (HartError,), [DIRECT]),
    Target("hart_terms", SessionTerms.decode, (HartError,), [TERMS], longest=64),
    Target("hart_text", packed_ascii, (HartError,), [bytes(24)], longest=300),
)
