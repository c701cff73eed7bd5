"""What a device gives in one request is found out by asking, also where that is cut short."""

import pytest

from fakes.modbus import TcpPeer, refusing, registers
from integrations.protocols.modbus import ModbusUnit, Register, RegisterTable, WrongTransactionError


async def test_a_search_that_is_cut_short_goes_on_where_it_was(open_line):
    answers = refusing(set(), 3, max_count=4)

    async def manners(query, wire):
        if len(peer.queries) == 3:
            wire.send(query, registers(query), transaction=query.transaction + 7)
        else:
            await answers(query, wire)

    table = RegisterTable(tuple(Register(f"r{at}", at) for at in range(10)))
    async with TcpPeer(manners) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table)
        with pytest.raises(WrongTransactionError):
            await unit.poll()
        assert [query.count for query in peer.queries] == [10, 5, 2]
        assert (await unit.poll()).values.tolist() == list(range(10))
        assert [query.count for query in peer.queries[3:]] == [2, 3, 5, 2, 3]
