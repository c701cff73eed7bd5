"""Requests cover every value, and no fewer would do."""

from functools import lru_cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from integrations.protocols.modbus import Function, Span, plan


@st.composite
def span_lists(draw, functions=(Function.HOLDING, Function.INPUT)):
    spans = []
    for function in functions:
        address = 0
        for gap, width in draw(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=12)):
            spans.append(Span(function, address + gap, width))
            address += gap + width
    return draw(st.permutations(spans))


limits = st.integers(4, 20)
gaps = st.integers(0, 10)


@given(span_lists(), limits, gaps, st.data())
def test_each_value_lies_whole_in_exactly_one_request(spans, max_registers, max_gap, data):
    cuts = frozenset(data.draw(st.lists(st.sampled_from(spans), unique=True)) if spans else [])
    requests = plan(spans, max_registers, max_gap, cuts)
    for span in spans:
        assert sum(request.covers(span) for request in requests) == 1
        assert (
            sum(
                request.function is span.function
                and request.address < span.end
                and span.address < request.end
                for request in requests
            )
            == 1
        )
    for request in requests:
        assert request.count <= max_registers
        inside = sorted((span for span in spans if request.covers(span)), key=lambda span: span.address)
        assert inside[0].address == request.address
        assert inside[-1].end == request.end
        assert all(after.address - before.end <= max_gap for before, after in pairwise(inside))
        assert not cuts & set(inside[1:])


@given(span_lists(functions=(Function.HOLDING,)), limits, gaps)
def test_no_plan_needs_fewer_requests(spans, max_registers, max_gap):
    ordered = sorted(spans, key=lambda span: span.address)

    @lru_cache
    def fewest(first: int) -> int:
        if first == len(ordered):
            return 0
        best, last = len(ordered), first
        while True:
            best = min(best, 1 + fewest(last + 1))
            last += 1
            if (
                last == len(ordered)
                or ordered[last].address - ordered[last - 1].end > max_gap
                or ordered[last].end - ordered[first].address > max_registers
            ):
                return best

    assert len(plan(spans, max_registers, max_gap)) == fewest(0)


def test_coils_count_sixteen_to_a_register():
    coils = [Span(Function.COIL, address, 1) for address in range(2000)]
    assert plan(coils, 125, 0) == (Span(Function.COIL, 0, 2000),)


def test_bit_fields_of_one_register_are_asked_once():
    status = Span(Function.HOLDING, 9, 1)
    assert plan([status, status], 125, 8) == (status,)


def test_totaliser_registers_stay_in_one_request():
    spans = [Span(Function.HOLDING, 0, 2), Span(Function.HOLDING, 2, 2), Span(Function.HOLDING, 4, 4)]
    assert plan(spans, 5, 0) == (Span(Function.HOLDING, 0, 4), Span(Function.HOLDING, 4, 4))
