"""Burst: samples that are taken faster than they travel, gathered into one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from integrations.devices.bursts import Burst
from integrations.devices.samples import Sample
from integrations.messages import Origin


def sample(milliseconds, *values, origin=Origin.MEASURED):
    return Sample(milliseconds * 1_000_000, np.array(values, float), np.zeros(len(values), np.uint32), origin)


def test_without_a_burst_a_sample_goes_on_as_it_is():
    one = sample(0, 1.0)
    assert Burst(1.0, 1.0).add(one) == [one]


def test_a_full_message_has_every_channels_points_oldest_first():
    burst = Burst(1.0, 3.0)
    assert burst.add(sample(0, 1.0, 10.0)) == burst.add(sample(300, 2.0, 20.0)) == []
    (message,) = burst.add(sample(600, 3.0, 30.0))
    assert message.values.tolist() == [1, 10, 2, 20, 3, 30]
    assert message.channel.tolist() == [0, 1, 0, 1, 0, 1]
    assert message.times.tolist() == [0, 0, 300_000_000, 300_000_000, 600_000_000, 600_000_000]
    assert message.time_ns == 600_000_000
    assert burst.rest() == []


def test_polls_that_take_long_do_not_hold_a_message_back():
    burst = Burst(1.0, 10.0)
    assert burst.add(sample(0, 1.0)) == []
    (message,) = burst.add(sample(1000, 2.0))
    assert message.values.tolist() == [1, 2]


def test_another_origin_begins_another_message():
    burst = Burst(1.0, 10.0)
    burst.add(sample(0, 1.0))
    (message,) = burst.add(sample(100, 2.0, origin=Origin.SIMULATED))
    assert (message.values.tolist(), message.origin) == ([1], Origin.MEASURED)
    (rest,) = burst.rest()
    assert (rest.values.tolist(), rest.origin) == ([2], Origin.SIMULATED)


@given(st.floats(0.1, 100), st.floats(0.1, 1000), st.lists(st.sampled_from(list(Origin)), max_size=60))
def test_no_sample_is_lost_doubled_or_put_out_of_order(message_hz, sample_hz, origins):
    if sample_hz < message_hz:
        return
    burst, handed_on = Burst(message_hz, sample_hz), []
    for at, origin in enumerate(origins):
        handed_on += burst.add(structs.replace(sample(at, float(at)), origin=origin))
    handed_on += burst.rest()
    assert [value for each in handed_on for value in each.values.tolist()] == pytest.approx(
        list(range(len(origins)))
    )
    given_origins = [each.origin for each in handed_on for _ in each.values]
    assert given_origins == origins
