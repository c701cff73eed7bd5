"""Registers become values and values registers."""

import math
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.protocols.modbus import (
    BADC,
    CDAB,
    DCBA,
    FLOAT32,
    FLOAT64,
    INT16,
    STRING,
    UINT16,
    UINT32,
    ByteOrder,
    Decoder,
    EncodeError,
    Encoder,
    Function,
    Register,
    RegisterTable,
    RegisterType,
    decode,
    encode,
)

NUMBERS = [kind for kind in RegisterType if kind is not STRING]
STRUCT = dict(zip(NUMBERS, "hHiIqQfd", strict=True))


def words(*values):
    return np.array(values, np.uint16)


def raw_of(kind):
    if kind.is_float:
        width = 32 if kind is FLOAT32 else 64
        return st.floats(width=width, allow_nan=False)
    info = np.iinfo(kind.value)
    # Beyond 2**53 float64 has no room for the last digits.
    return st.integers(max(info.min, -(2**53)), min(info.max, 2**53))


@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(list(ByteOrder)))
def test_each_type_in_each_order_is_read_from_the_bytes_a_manual_would_show(data, kind, order):
    raw = data.draw(raw_of(kind))
    big = struct.pack(">" + STRUCT[kind], raw)
    pairs = [big[at : at + 2] for at in range(0, len(big), 2)]
    if order in {CDAB, DCBA}:
        pairs.reverse()
    if order in {BADC, DCBA}:
        pairs = [pair[::-1] for pair in pairs]
    table = RegisterTable((Register("x", 0, kind, order=order),))
    image = words(*(int.from_bytes(pair, "big") for pair in pairs))
    assert decode(table, image).tolist() == [raw]
    assert encode(table, [raw]).tolist() == image.tolist()


@st.composite
def tables(draw):
    scales = st.sampled_from([1.0, 0.1, 0.01, 2.0, 0.125])
    kind_and_place = st.tuples(
        st.sampled_from(NUMBERS), st.sampled_from(list(ByteOrder)), scales, st.integers(0, 12)
    )
    kinds = draw(st.lists(kind_and_place, min_size=1, max_size=12))
    registers, address = [], 0
    for kind, order, scale, gap in kinds:
        register = Register(f"r{address}", address + gap, kind, order=order, scale=scale, offset=-40.0)
        registers.append(register)
        address = register.end
    return RegisterTable(tuple(draw(st.permutations(registers))))


@given(tables(), st.data())
def test_what_is_encoded_is_decoded_again(table, data):
    raws = [data.draw(st.integers(0, 32767)) for _ in table.registers]
    values = [raw * register.scale - 40.0 for raw, register in zip(raws, table.registers, strict=True)]
    image = encode(table, values)
    assert decode(table, image) == pytest.approx(values, abs=2e-3)
    both = Decoder(table)(np.stack([image, image]))
    assert both.shape == (2, len(table))
    assert (both == decode(table, image)).all()


@given(tables(), st.data())
def test_no_words_make_decode_fail_or_warn(table, data):
    decoder = Decoder(table)
    odd = st.sampled_from([0, 1, 0x7F80, 0x7FA0, 0x7FF0, 0xFFFF])
    image = words(*(data.draw(odd) for _ in range(decoder.layout.size)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decoder(image).shape == (len(table),)


def test_a_decimal_scale_gives_the_number_on_the_display():
    table = RegisterTable((Register("pressure", 3, scale=0.01), Register("temperature", 4, INT16, scale=0.1)))
    assert decode(table, words(1013, 1847)).tolist() == [10.13, 184.7]
    assert decode(table, words(73, 65535 - 72)).tolist() == [0.73, -7.3]


def test_low_word_first_totaliser_of_a_manual():
    table = RegisterTable((Register("total", 0, UINT32, order=CDAB),))
    assert decode(table, words(0x1234, 0x0001)).tolist() == [0x00011234]


def test_bit_fields_come_out_of_their_register():
    table = RegisterTable((
        Register("state", 9, bit=0, bits=2),
        Register("high_flow", 9, bit=4),
        Register("latched", 9, bit=8, bits=4),
        Register("word", 10),
    ))  # fmt: skip
    assert decode(table, words(0b1010_0001_0010, 7)).tolist() == [2, 1, 10, 7]
    assert encode(table, [2, 1, 10, 7]).tolist() == [0b1010_0001_0010, 7]


def test_coils_are_zero_and_one():
    table = RegisterTable(tuple(Register(f"c{at}", at, function=Function.COIL) for at in range(3)))
    assert decode(table, words(1, 0, 1)).tolist() == [1, 0, 1]
    with pytest.raises(EncodeError, match="c1 must be"):
        encode(table, [1, 2, 0])


def test_not_available_and_nan_become_nan_and_infinity_stays():
    table = RegisterTable((
        Register("level", 0, INT16, scale=0.1, not_available=-32768),
        Register("flow", 1, FLOAT32),
        Register("other", 3, FLOAT32, not_available=-999.25),
        Register("range", 5, FLOAT32),
        Register("fine", 7, UINT16, not_available=0xFFFF),
    ))  # fmt: skip
    nan, inf = math.nan, math.inf
    values = decode(table, encode(table, [nan, nan, nan, inf, 3]))
    assert np.isnan(values[:3]).all()
    assert values[3:].tolist() == [inf, 3]


def test_strings_lose_their_padding_and_never_fail():
    table = RegisterTable(
        (Register("unit", 0, STRING, length=3), Register("swapped", 3, STRING, order=BADC, length=2))
    )
    image = encode(table, [0, 0], {"unit": "kg/h", "swapped": "bar"})
    assert Decoder(table).texts(image) == {"unit": "kg/h", "swapped": "bar"}
    assert image[3] == int.from_bytes(b"ab", "big")
    assert np.isnan(decode(table, image)).all()
    assert Decoder(table).texts(words(0xFFFE, 0, 0, 0, 0))["unit"] == "ÿþ"


def test_a_value_without_room_in_its_registers_is_named():
    table = RegisterTable((Register("flow", 0, scale=0.1), Register("text", 1, STRING, length=1)))
    for values, texts in (
        ([6553.6, 0], {}),
        ([-0.1, 0], {}),
        ([math.nan, 0], {}),
        ([0, 0], {"text": "abc"}),
        ([0], {}),
    ):
        with pytest.raises(EncodeError):
            encode(table, values, texts)


def test_a_layout_knows_where_each_address_lies():
    registers = (
        Register("far", 100),
        Register("near", 0, FLOAT64),
        Register("input", 0, function=Function.INPUT),
    )
    encoder = Encoder(RegisterTable(registers))
    blocks = dict(encoder.layout.split(encoder([7, 1.0, 9])))
    assert {str(span): list(view) for span, view in blocks.items()} == {
        "holding 0..3": [0x3FF0, 0, 0, 0],
        "holding 100": [7],
        "input 0": [9],
    }
    image = encoder.layout.gather({Function.HOLDING: {100: 5, 0: 0x4000}, Function.INPUT: {0: 6}})
    assert decode(RegisterTable(registers), image).tolist() == [5, 2.0, 6]
