"""The nodes that the standard gives every OPC UA server: read once a process, not once a server."""

from asyncua.server.address_space import AttributeValue, NodeData
from asyncua.server.internal_server import InternalServer

read_standard = InternalServer.load_standard_address_space
standard = {}


async def load_standard_address_space(server, shelf_file=None):
    """Do what asyncua's own does, which takes two seconds each time."""
    if not standard:
        await read_standard(server, shelf_file)
        standard.update(server.aspace._nodes)
    server.aspace._nodes = Nodes(standard)


class Nodes(dict):
    """Nodes of one server, each copied when it is first asked for: nobody changes the others'."""

    def __init__(self, nodes):
        super().__init__(nodes)
        self._borrowed = set(nodes)

    def __getitem__(self, key):
        if key in self._borrowed:
            self[key] = copied(super().__getitem__(key))
        return super().__getitem__(key)

    def __setitem__(self, key, node):
        self._borrowed.discard(key)
        super().__setitem__(key, node)

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default


def copied(node):
    """Copy all that a server changes in a node: values and references are only ever replaced."""
    twin = NodeData(node.nodeid)
    twin.references = node.references[:]
    twin.attributes = {key: AttributeValue(one.value) for key, one in node.attributes.items()}
    return twin
