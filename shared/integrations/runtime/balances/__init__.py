"""Balances: clean readings compared by what must hold; suspects named, virtual sensors published."""
