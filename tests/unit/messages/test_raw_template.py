"""The raw template: whatever a sample holds, the bytes are those of the codec."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from integrations.messages import EncodeError, Origin, RawBatch, RawColumn, RawTemplate, encode

tokens = st.text("abcXYZ019_-", min_size=1, max_size=12)
labels = st.text(max_size=12)  # whatever an engineer calls a unit: quotes, control characters, Cyrillic
sensors = st.lists(st.tuples(tokens, labels, labels), max_size=6)
nanoseconds = st.integers(0, 2**63 - 1)
INSTANT = 1_790_000_000_000_000_000


def batch_of(head, sensors, sequence, origin, times, values, status):
    columns = [
        RawColumn(*sensor, times, value, code)
        for sensor, value, code in zip(sensors, values.tolist(), status.tolist(), strict=True)
    ]
    return RawBatch(**head, sequence=sequence, origin=origin, columns=columns)


@given(st.data(), sensors, tokens, nanoseconds, st.sampled_from(Origin))
def test_a_rendered_batch_is_the_encoded_batch_byte_for_byte(data, sensors, name, sequence, origin):
    head = {"site": name, "device_class": name, "source": name, "epoch": sequence}
    template = RawTemplate(**head, sensors=sensors)
    for _ in range(3):  # the next see what the first left behind
        times = data.draw(st.lists(nanoseconds, min_size=1, max_size=4))
        shape = (len(sensors), len(times))
        values = data.draw(arrays(np.float64, shape, elements=st.floats()))
        status = data.draw(arrays(np.uint32, shape, elements=st.sampled_from([0, 0, 0, 2**31, 2**32 - 1])))
        body = template.render(sequence, origin, times, values, status)
        assert body == encode(batch_of(head, sensors, sequence, origin, times, values, status))


def test_a_batch_without_a_finite_value_says_null_for_each():
    template = RawTemplate(site="p", device_class="c", source="s", epoch=1, sensors=[("a", "q", "bar")] * 3)
    values = np.array([[np.nan], [np.inf], [-np.inf]])
    body = template.render(0, Origin.MEASURED, [INSTANT], values, np.zeros((3, 1), np.uint32))
    assert body.count(b'"value":[null]') == 3


def test_a_batch_too_large_to_be_sent_is_an_error(monkeypatch):
    monkeypatch.setattr("integrations.messages.raw_template.MAX_BYTES", 100)
    template = RawTemplate(site="p", device_class="c", source="s", epoch=1, sensors=[("a", "q", "bar")])
    with pytest.raises(EncodeError, match="a body may have 100 bytes"):
        template.render(0, Origin.MEASURED, [INSTANT], np.zeros((1, 1)), np.zeros((1, 1), np.uint32))
