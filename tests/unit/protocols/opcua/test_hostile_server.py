"""A server that lies about lengths, or sends what nobody asked for, costs a connection and nothing else."""

import asyncio
import struct

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary, variant_from_binary

from fuzz.targets.opcua import BETWEEN, CONNECTED, OFFER, TALKED, _answer, _message, _values, subscribed
from integrations.protocols.opcua import OpcUaEndpoint, OpcUaError, ServerUnreachableError
from integrations.protocols.opcua.bounded import MOST_ELEMENTS, BoundedBuffer
from integrations.protocols.opcua.connection import Connection
from integrations.protocols.opcua.limits import Limits
from integrations.protocols.opcua.namespaces import Namespaces
from integrations.protocols.opcua.wire import LARGEST_CHUNK

LONG = struct.pack("<i", 2**31 - 1)
ARRAY, MATRIX = 0x80, 0xC0


def variant(kind, body, flags=ARRAY):
    return variant_from_binary(BoundedBuffer(bytes([flags | kind.value]) + body))


@pytest.mark.parametrize("kind", ["Null", "Variant", "DataValue", "String", "ExtensionObject", "NodeId"])
def test_an_array_cannot_be_longer_than_its_message(kind):
    with pytest.raises(ua.UaError):
        variant(ua.VariantType[kind], LONG + bytes(64))


def test_arrays_in_arrays_are_counted_together():
    inner = bytes([ARRAY | ua.VariantType.Null.value]) + struct.pack("<i", 1000) + bytes(1000)
    data = struct.pack("<i", MOST_ELEMENTS) + inner * (MOST_ELEMENTS // len(inner) + 2)
    with pytest.raises(ua.UaError):
        variant(ua.VariantType.Variant, data)


def test_a_text_of_negative_length_leads_nowhere():
    with pytest.raises(ua.UaError, match="a length of -4 bytes"):
        variant(ua.VariantType.String, struct.pack("<ii", 1, -4) + bytes(64))


def test_dimensions_that_do_not_fit_leave_the_values_as_they_came():
    values = struct.pack("<i", 2) + b"\1\2"
    many = struct.pack("<i", 900) + struct.pack("<i", 1) * 899 + struct.pack("<i", 1_000_000)
    assert variant(ua.VariantType.Byte, values + many, MATRIX).Value == [1, 2]
    fitting = struct.pack("<iii", 2, 2, 1)
    assert variant(ua.VariantType.Byte, values + fitting, MATRIX).Value == [[1], [2]]


def test_a_text_that_is_no_utf8_can_still_be_written_down():
    read = struct_from_binary(ua.LocalizedText, BoundedBuffer(b"\2" + struct.pack("<i", 2) + b"\xb0C"))
    assert read.Text == "�C"


def test_a_state_that_is_an_array_and_namespaces_that_are_none_do_not_end_the_session():
    learned = TALKED[4]
    states = _values(ua.Variant([0, 4], ua.VariantType.Int32))
    talk = [learned[0], _values(ua.Variant(7, ua.VariantType.Int32)), learned[2], states]
    assert _answer(bytes((4,)) + BETWEEN.join(talk)) == ()


@pytest.mark.parametrize("given", [float("nan"), float("inf"), -1.0, 0.0])
def test_an_interval_that_is_none_does_not_make_silence_last_for_ever(given):
    subscription = subscribed()
    subscription._take_revision(
        ua.CreateSubscriptionResult(RevisedPublishingInterval=given, RevisedMaxKeepAliveCount=3)
    )
    assert subscription.silence_seconds == 2 * 3 * 1.0 + 3.0


class Server:
    """Says one thing after the other, a piece for each that it is told."""

    def __init__(self, *pieces):
        self._pieces = pieces

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return OpcUaEndpoint(host="127.0.0.1", port=port, timeout_seconds=5.0)

    async def __aexit__(self, *_):
        self._server.close()

    async def _talk(self, reader, writer):
        for piece in self._pieces:
            if not await reader.read(65_536):
                break
            writer.write(piece)
        writer.close()


@pytest.mark.parametrize("size", [0, 7, LARGEST_CHUNK + 1, 2**32 - 1])
async def test_a_chunk_of_a_size_that_cannot_be_is_hung_up_on(size):
    async with Server(struct.pack("<4sI", b"ACKF", size)) as endpoint:
        with pytest.raises(ServerUnreachableError):
            await Connection.open(endpoint, Limits(), Namespaces())


async def test_an_answer_that_lies_about_its_length_is_an_error():
    acknowledged, opened, _ = CONNECTED
    (offers,) = TALKED[6]
    url = struct.pack("<i", len(OFFER.EndpointUrl))
    lie = offers.replace(struct.pack("<i", 1) + url, LONG + url)
    async with Server(acknowledged, opened, _message(ua.MessageType.SecureMessage, lie, 2)) as endpoint:
        with pytest.raises(OpcUaError, match="an array of 2147483647 elements"):
            await Connection.open(endpoint, Limits(), Namespaces())
