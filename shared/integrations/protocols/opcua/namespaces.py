"""Namespace indices, which a server may deal out anew at each of its starts."""


class Namespaces:
    """The namespaces of a server; an index goes on to mean what it meant when the session was opened.

    Else a `ns=2` would be another node's value, without a word, once a server loads its parts in another
    order. A namespace that was merely renamed, as those with the host's name in them are, keeps its index.
    """

    def __init__(self) -> None:
        self.uris: tuple[str, ...] = ()
        """As they are now, by index; empty where the server does not say."""
        self._first: tuple[str, ...] = ()

    def learn(self, uris: tuple[str, ...]) -> None:
        """Take what the server says on a new connection."""
        self.uris = uris
        self._first = self._first or uris

    def index(self, first: int) -> int | None:
        """Return the present index of the namespace that had the index `first`; None if it is gone."""
        uri = self._first[first] if first < len(self._first) else ""
        there = self.uris[first] if first < len(self.uris) else ""
        if not uri or not self.uris or uri == there:
            return first
        if uri in self.uris:
            return self.uris.index(uri)
        return first if there and there not in self._first else None

    def index_of(self, uri: str) -> int | None:
        """Return the present index of a namespace; None if the server has none of that name."""
        return self.uris.index(uri) if uri in self.uris else None

    def moved(self) -> str:
        """Say which namespaces are not where they were; empty if all are."""
        found = []
        for first, uri in enumerate(self._first):
            now = self.index(first)
            if now != first:
                found.append(f"{uri} was ns={first} and is {'gone' if now is None else f'ns={now}'}")
        return "; ".join(found)
