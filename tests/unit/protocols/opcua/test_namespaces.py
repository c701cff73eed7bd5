"""Namespace indices go on to mean what they meant when the session was opened."""

import pytest

from integrations.protocols.opcua.namespaces import Namespaces

BASE = "http://opcfoundation.org/UA/"
FIRST = (BASE, "urn:host", "urn:plant", "urn:boiler")


@pytest.mark.parametrize(
    ("now", "indices", "moved"),
    [
        (FIRST, [0, 1, 2, 3], ""),
        (
            (BASE, "urn:host", "urn:boiler", "urn:plant"),
            [0, 1, 3, 2],
            "urn:plant was ns=2 and is ns=3; urn:boiler was ns=3 and is ns=2",
        ),
        ((BASE, "urn:renamed", "urn:plant", "urn:boiler"), [0, 1, 2, 3], ""),
        (
            (BASE, "urn:host", "urn:boiler"),
            [0, 1, None, 2],
            "urn:plant was ns=2 and is gone; urn:boiler was ns=3 and is ns=2",
        ),
        ((BASE, "urn:host", "urn:plant"), [0, 1, 2, None], "urn:boiler was ns=3 and is gone"),
        ((), [0, 1, 2, 3], ""),
    ],
    ids=["same", "swapped", "renamed", "one is gone", "the last is gone", "not said"],
)
def test_an_index_means_the_namespace_that_it_meant_at_first(now, indices, moved):
    namespaces = Namespaces()
    namespaces.learn(FIRST)
    namespaces.learn(now)
    assert [namespaces.index(first) for first in range(4)] == indices
    assert namespaces.moved() == moved
    assert namespaces.index(9) == 9


def test_a_namespace_that_is_loaded_late_has_its_index_back():
    namespaces = Namespaces()
    for uris in (FIRST, FIRST[:2], FIRST):
        namespaces.learn(uris)
    assert [namespaces.index(first) for first in range(4)] == [0, 1, 2, 3]
    assert namespaces.index_of("urn:boiler") == 3
    assert namespaces.index_of("urn:nobody") is None
