"""Inputs that are nearly right: bytes, JSON, MessagePack and TOML with something in them changed."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

_INTEGERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**53 + 1, 2**63, 2**64, -(2**63) - 1),
    *("", " ", "\0", "a" * 5000, "é💥", "..", "*", ">", "NaN", "1e999", "BROADCAST", "role:x"),
    *(
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00",
    ),
    *("2026-11-30T12:00:00", "2026-11-30T12:00:00+01:00", [], {}, [[]], [None], {"": None}, {"a": {"a": {}}}),
    [0] * 1000,
)
_STRANGE_TOML = (
    *("0", "-1", "1e308", "nan", "-inf", "9223372036854775808", "9" * 400, "9" * 5000, "0x" + "f" * 80),
    *('""', '"\\u0000"', '"' + "a" * 5000 + '"', '"é💥"', "true", "[]", "{}", "[[]]", "[" * 40 + "]" * 40),
    *(
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-11-30",
        "12:00:00",
        "[1, [2, {a = 1}]]",
    ),
    *('["a", "a"]', "{a = {b = {c = 1}}}", '"/dev/null"', '"kg/h/h"', "[" + "0," * 500 + "]"),
)
_LINE = re.compile(r"^([^#\[\n=]+=\s*)(.+)$", re.MULTILINE)


def mutated_bytes(data: bytes, random: Random) -> bytes:
    """Change some bytes: flipped, repeated, taken out, numbers that lie about what follows."""
    changed = bytearray(data or b"\0")
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        end = min(len(changed), at + random.choice((1, 1, 2, 4, 16)))
        match random.randrange(5):
            case 0:
                changed[at:end] = random.randbytes(end - at)
            case 1:
                changed[at:at] = changed[at:end] * random.choice((1, 2, 64))
            case 2:
                del changed[at:end]
            case 3:
                size = random.choice((1, 2, 4))
                value = random.choice(_INTEGERS) & (256**size - 1)
                changed[at : at + size] = value.to_bytes(size, random.choice(("big", "little")))
            case _:
                changed[at:at] = random.choice((b"[", b"{", b'"', b"\\", b"\0", b"\xff", b",", b"9", b"."))
    return bytes(changed)


def mutated_json(data: bytes, random: Random) -> bytes:
    """Change a value somewhere in a document; now and then its bytes."""
    return _document(data, random, json.loads, lambda value: json.dumps(value).encode())


def mutated_msgpack(data: bytes, random: Random) -> bytes:
    """Change a value somewhere in a document; now and then its bytes."""
    return _document(data, random, msgspec.msgpack.decode, msgspec.msgpack.encode)


def tagged(mutated: Callable[[bytes, Random], bytes]) -> Callable[[bytes, Random], bytes]:
    """Return how to change what has one byte in front that says what it is."""

    def changed(data: bytes, random: Random) -> bytes:
        tag = data[:1] if random.random() < 0.9 else random.randbytes(1)
        return (tag or b"\0") + mutated(data[1:], random)

    return changed


def mutated_toml(data: bytes, random: Random) -> bytes:
    """Give some keys strange values, or take, repeat and move lines; now and then change its bytes."""
    if random.random() < 0.15:
        return mutated_bytes(data, random)
    text = data.decode(errors="replace")
    for _ in range(random.randint(1, 3)):
        if (places := list(_LINE.finditer(text))) and random.random() < 0.8:
            place = random.choice(places)
            text = text[: place.start(2)] + random.choice(_STRANGE_TOML) + text[place.end(2) :]
        else:
            lines = text.splitlines() or [""]
            line = lines.pop(random.randrange(len(lines)))
            for _ in range(random.randrange(3)):
                lines.insert(random.randrange(len(lines) + 1), line)
            text = "\n".join(lines)
    return text.encode(errors="replace")


def _document(
    data: bytes, random: Random, read: Callable[[bytes], Any], write: Callable[[Any], bytes]
) -> bytes:
    if random.random() < 0.15:
        return mutated_bytes(data, random)
    try:
        document = read(data)
        for _ in range(random.randint(1, 3)):
            document = _changed(document, random)
        return write(document)
    except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError):
        return mutated_bytes(data, random)


def _changed(value: Any, random: Random) -> Any:
    """Return `value` with something in it changed."""
    if not isinstance(value, dict | list) or not value or random.random() < 0.15:
        return _strange(value, random)
    if isinstance(value, list):
        at = random.randrange(len(value))
        if random.random() < 0.2:
            return value[:at] + value[at : at + 1] * random.choice((0, 2, 3))
        return [*value[:at], _changed(value[at], random), *value[at + 1 :]]
    key = random.choice(list(value))
    if random.random() < 0.1:
        return {name: one for name, one in value.items() if name != key}
    return {**value, key: _changed(value[key], random)}


def _strange(value: Any, random: Random) -> Any:
    if isinstance(value, str) and random.random() < 0.3:
        return mutated_bytes(value.encode(), random).decode(errors="replace")
    if isinstance(value, int | float) and random.random() < 0.3:
        return value * random.choice((-1, 0, 2, 10**6, 10**18))
    if random.random() < 0.03:
        deep: Any = value
        for _ in range(random.choice((15, 31, 33, 900))):
            deep = random.choice(([deep], {"a": deep}))
        return deep
    return random.choice(_STRANGE)
