"""Outliers by how few random cuts set a value apart: an isolation forest on one dimension.

In one dimension a tree is a staircase over the values, and so is the mean depth of a whole forest: it is
worked out once, and a million values are looked up in it.

Source: Liu, Ting, Zhou (2008), Isolation Forest.
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.random import Generator

from integrations.transformation.segments import Floats

from .scales import checked_threshold, least_scale
from .verdict import Verdict, among, blind

TREES = 100
SAMPLE = 256
ROUNDS = 5
EULER_GAMMA = 0.5772156649015329


def isolation(value: Floats, threshold: float = 3.0, resolution: float = 0.0, *, seed: int = 2008) -> Verdict:
    """Find values that isolate faster than one `threshold` deviations out would in a normal sample.

    Each tree's sample holds the lowest and the highest value, else a far value would look no farther than
    the farthest of the sample. What is found is set aside and the rest searched again, so that one monstrous
    value hides no other.

    Args:
        value: any order, NaN where missing.
        threshold: in standard deviations.
        resolution: values as close as this are not told apart.
        seed: same seed, same verdict.

    Raises:
        InvalidArgumentError: threshold not above 0.
    """
    threshold = checked_threshold(threshold)
    finite = np.isfinite(value)
    present = value[finite]
    if present.size < 4:
        return blind(value, f"isolation needs 4 values, there are {present.size}")
    step = least_scale(present, resolution)
    found = np.zeros(present.size, dtype=np.bool_)
    for _ in range(ROUNDS):
        left = np.flatnonzero(~found)
        rest = present[left]
        if rest.size < 4 or np.ptp(rest) <= threshold * step:
            break
        limit = _usual_depth(min(rest.size, SAMPLE), threshold)
        alone = Forest(rest, np.random.default_rng(seed)).depth(rest) < limit
        alone &= np.abs(rest - np.median(rest)) > threshold * step
        if not alone.any():
            break
        found[left[alone]] = True
    return Verdict(among(finite, found))


class Forest:
    """Mean number of cuts that set a value apart, as a staircase.

    Args:
        value: at least two finite values.
        chance: where samples and cuts come from.
    """

    def __init__(self, value: Floats, chance: Generator) -> None:
        lowest, highest = value.min(), value.max()
        size = min(value.size, SAMPLE)
        cuts: list[Floats] = []
        steps: list[Floats] = []
        leftmost = 0.0
        for _ in range(TREES):
            if size < value.size:
                inner = value[chance.integers(0, value.size, size - 2)]
                sample = np.sort(np.concatenate(([lowest, highest], inner)))
            else:
                sample = np.sort(value)
            tree_cuts, depths = _grown(sample, chance)
            cuts.append(tree_cuts)
            steps.append(np.diff(depths))
            leftmost += depths[0]
        edges = np.concatenate(cuts)
        order = np.argsort(edges, kind="stable")
        self._edges = edges[order]
        rises = np.concatenate(([leftmost], np.concatenate(steps)[order]))
        self._depth = np.cumsum(rises) / TREES

    def depth(self, value: Floats) -> Floats:
        """Return the mean depth of each value."""
        depths: Floats = self._depth[np.searchsorted(self._edges, value)]
        return depths


def _grown(sample: Floats, chance: Generator) -> tuple[Floats, Floats]:
    """Grow one tree on a sorted sample; return its cuts in order and the depth between each two of them."""
    deepest = int(np.ceil(np.log2(sample.size)))
    random = iter(chance.random(2 * sample.size).tolist())
    values: list[float] = sample.tolist()
    cuts: list[float] = []
    depths: list[float] = []
    waiting: list[tuple[int, int, int] | float] = [(0, len(values), 0)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, float):
            cuts.append(node)
            continue
        low, high, depth = node
        first, last = values[low], values[high - 1]
        if depth >= deepest or first == last:
            depths.append(depth + _expected_depth(high - low))
            continue
        cut = first + (last - first) * next(random)
        middle = low + int(np.searchsorted(sample[low:high], cut, side="right"))
        waiting += [(middle, high, depth + 1), cut, (low, middle, depth + 1)]
    return np.array(cuts), np.array(depths)


def _expected_depth(size: int) -> float:
    """Mean depth of an unsuccessful search in a binary tree of `size` values."""
    if size < 2:
        return 0.0
    return 2.0 * (float(np.log(size - 1)) + EULER_GAMMA) - 2.0 * (size - 1) / size if size > 2 else 1.0


@lru_cache(maxsize=64)
def _usual_depth(count: int, threshold: float) -> float:
    """Return the depth of a value `threshold` deviations out, beside a normal sample of the others."""
    normal = NormalDist()
    others = [normal.inv_cdf((rank + 0.5) / (count - 1)) for rank in range(count - 1)]
    sample = np.array([*others, threshold])
    return float(Forest(sample, np.random.default_rng(1)).depth(np.array([threshold]))[0])
