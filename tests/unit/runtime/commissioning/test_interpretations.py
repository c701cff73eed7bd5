"""Every way to read words, and which of them is believed."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.protocols.modbus import (
    ABCD,
    CDAB,
    FLOAT32,
    UINT16,
    UINT32,
    ByteOrder,
    Function,
    Register,
    RegisterTable,
    decode,
    encode,
)
from integrations.runtime.commissioning.guess import best_layout, guesses
from integrations.runtime.commissioning.interpretations import TYPES, interpretations
from integrations.runtime.commissioning.plausibility import plausibility
from integrations.runtime.commissioning.texts import texts_of

WORDS = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=7)
KINDS = st.sampled_from(TYPES)
ORDERS = st.sampled_from(list(ByteOrder))


def samples(words):
    return np.array([words], np.uint16)


@settings(max_examples=20)
@given(WORDS, st.integers(0, 60_000))
def test_what_is_shown_is_what_a_service_would_read(words, address):
    for candidate, values in interpretations(Function.HOLDING, address, samples(words)):
        start = candidate.address - address
        there = np.array(words[start : start + candidate.width], np.uint16)
        read = decode(RegisterTable((candidate.register(),)), there)
        np.testing.assert_array_equal(values, read)


@settings(max_examples=20)
@given(WORDS)
def test_no_register_is_taken_twice_and_the_best_reading_of_each_address_comes_first(words):
    there = guesses(Function.INPUT, 100, samples(words))
    layout = best_layout(there)
    for before, after in pairwise(layout):
        assert before.candidate.end <= after.candidate.address
    assert all(one.candidate.address >= 100 and one.candidate.end <= 100 + len(words) for one in layout)
    for before, after in pairwise(there):
        assert before.candidate.address < after.candidate.address or (
            before.candidate.address == after.candidate.address and before.score >= after.score
        )


@settings(max_examples=20)
@given(WORDS, KINDS, ORDERS)
def test_plausibility_is_a_share_and_numbers_that_are_none_have_none(words, kind, order):
    for candidate, values in interpretations(Function.HOLDING, 0, samples(words)):
        score = plausibility(candidate, values)
        assert 0 <= score <= 1
        assert score == 0 or np.isfinite(values).all()


def read_layout(table, *values):
    there = guesses(Function.HOLDING, 0, np.array([encode(table, one) for one in values]))
    return [(one.candidate.address, one.candidate.type, one.candidate.order) for one in best_layout(there)]


def test_devices_of_floats_are_understood_in_any_order_while_their_values_move():
    chance = random.Random(7)  # noqa: S311  # devices of a test, the same each time
    understood = 0
    for _ in range(30):
        order, count = chance.choice(list(ByteOrder)), chance.randint(3, 8)
        table = RegisterTable(tuple(Register(f"v{at}", 2 * at, FLOAT32, order=order) for at in range(count)))
        values = np.array(
            [chance.choice([5.0, 184.0, 7200.0]) * chance.uniform(0.5, 2) for _ in range(count)]
        )
        moved = values * [chance.uniform(0.998, 1.002) for _ in range(count)]
        is_right = read_layout(table, values, moved) == [(2 * at, FLOAT32, order) for at in range(count)]
        understood += is_right
    assert understood >= 28


@pytest.mark.parametrize("order", ByteOrder)
def test_floats_at_rest_before_empty_registers_are_understood_in_any_order(order):
    chance = random.Random(11)  # noqa: S311  # devices of a test, the same each time
    understood = 0
    for _ in range(10):
        count = chance.randint(3, 6)
        table = RegisterTable(tuple(Register(f"v{at}", 2 * at, FLOAT32, order=order) for at in range(count)))
        values = [round(chance.choice([5, 184, 7200]) * chance.uniform(0.5, 2), 2) for _ in range(count)]
        words = np.concatenate([encode(table, values), np.zeros(8, np.uint16)])
        layout = best_layout(guesses(Function.HOLDING, 0, samples(words)))
        understood += [one.candidate.address for one in layout] == list(range(0, 2 * count, 2)) and all(
            one.candidate.order is order for one in layout
        )
    assert understood >= 9


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"AB12 meter\0\0\x00\x07", [(0, 5, "AB12 meter", "BA21m tere")]),
        (b"\0\x01\0\x02SN-004711x\0\0", [(2, 5, "SN-004711x", "NS0-4017x1")]),
        (b"1234567", [(0, 4, "1234567", "2143657")]),
        (b"ABC", []),
        (b"        ", []),
        (bytes(16), []),
    ],
)
def test_texts_are_told_from_numbers(raw, found):
    words = np.frombuffer(raw.ljust(len(raw) + len(raw) % 2, b"\0"), ">u2").astype(np.uint16)
    assert [(one.address, one.count, one.text, one.swapped) for one in texts_of(0, words)] == found


def test_a_total_low_word_first_between_single_registers_is_seen():
    total = Register("total", 0, UINT32, order=CDAB)
    table = RegisterTable((total, Register("flow", 2, UINT16), Register("pressure", 3)))
    assert read_layout(table, [12_345_678, 4250, 1000]) == [
        (0, UINT32, CDAB), (2, UINT16, ABCD), (3, UINT16, ABCD),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [[0] * 8, [0xFFFF] * 8])
def test_registers_that_say_nothing_are_nothing(words):
    assert best_layout(guesses(Function.HOLDING, 0, samples(words))) == []
