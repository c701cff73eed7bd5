"""What two hosts said to each other, out of pcap and pcapng files: UDP and TCP payloads, in order."""

import struct
from collections.abc import Iterator
from pathlib import Path

PCAPNG = b"\x0a\x0d\x0d\x0a"
ENHANCED_PACKET = 6
TCP, UDP = 6, 17


def payloads(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield protocol, source port, destination port and bytes of every packet that carries any."""
    data = path.read_bytes()
    for packet in _ng_packets(data) if data[:4] == PCAPNG else _packets(data):
        if packet[12:14] != b"\x08\x00":
            continue
        ip = packet[14:]
        head, total, protocol = (ip[0] & 15) * 4, int.from_bytes(ip[2:4], "big"), ip[9]
        if protocol not in {TCP, UDP}:
            continue
        segment = ip[head:total]
        source, destination = struct.unpack_from(">HH", segment)
        body = segment[8 if protocol == UDP else (segment[12] >> 4) * 4 :]
        if body:
            yield protocol, source, destination, body


def _packets(data: bytes) -> Iterator[bytes]:
    order = "<" if data[:4] in {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"} else ">"
    at = 24
    while at < len(data):
        size = struct.unpack_from(order + "IIII", data, at)[2]
        yield data[at + 16 : at + 16 + size]
        at += 16 + size


def _ng_packets(data: bytes) -> Iterator[bytes]:
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == ENHANCED_PACKET:
            size = struct.unpack_from(order + "I", data, at + 20)[0]
            yield data[at + 28 : at + 28 + size]
        at += length
