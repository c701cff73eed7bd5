"""Networks of streams: the published one, and any other as a hypothesis strategy."""

import numpy as np
from hypothesis import strategies as st

from integrations.balances import Constraints

# Narasimhan and Jordache: a splitter, a heat exchanger and a valve beside each other, a mixer; V = I.
EXAMPLE = Constraints.of(
    [[1, -1, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 1, 0, -1, 0], [0, 0, 0, 1, 1, -1]]
)
EXAMPLE_VALUES = (101.91, 64.45, 34.65, 64.20, 36.44, 98.88)


@st.composite
def networks(draw):
    """A tree of splitters: constraints, true flows, uncertainties, and noise in units of them."""
    rows, flows, ends = [], [draw(st.floats(50.0, 200.0))], [0]
    for _ in range(draw(st.integers(1, 4))):
        split = ends.pop(draw(st.integers(0, len(ends) - 1)))
        share = draw(st.floats(0.2, 0.8))
        ends += [len(flows), len(flows) + 1]
        rows.append((split, len(flows), len(flows) + 1))
        flows += [share * flows[split], (1.0 - share) * flows[split]]
    matrix = np.zeros((len(rows), len(flows)))
    for node, (inflow, *outflows) in enumerate(rows):
        matrix[node, inflow] = 1.0
        matrix[node, outflows] = -1.0

    def vector(low, high):
        return np.array(draw(st.lists(st.floats(low, high), min_size=len(flows), max_size=len(flows))))

    return Constraints.of(matrix), np.array(flows), vector(0.1, 5.0), vector(-2.0, 2.0)
