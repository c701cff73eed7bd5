"""The links of this process: whoever talks to the same server shares one session."""

import asyncio
from weakref import WeakKeyDictionary

from .endpoint import HartEndpoint, Transport
from .link import HartLink

_LINKS: WeakKeyDictionary[asyncio.AbstractEventLoop, "HartLinks"] = WeakKeyDictionary()


class HartLinks:
    """Links by transport and address, counted by their users, closed with the last one.

    The first user's endpoint holds for all, because a server has few sessions to give; each `HartDevice`
    keeps its own timeout.
    """

    def __init__(self) -> None:
        self._links: dict[tuple[Transport, str], HartLink] = {}
        self._users: dict[HartLink, int] = {}

    @classmethod
    def current(cls) -> "HartLinks":
        """Return the links of the running event loop."""
        return _LINKS.setdefault(asyncio.get_running_loop(), cls())

    def acquire(self, endpoint: HartEndpoint) -> HartLink:
        """Return the link to `endpoint`; nothing is connected yet. Give it back with `release`."""
        key = endpoint.transport, str(endpoint)
        if key not in self._links:
            self._links[key] = HartLink(endpoint)
        link = self._links[key]
        self._users[link] = self._users.get(link, 0) + 1
        return link

    async def release(self, link: HartLink) -> None:
        """Give a link back; the last user's release closes it."""
        self._users[link] -= 1
        if self._users[link]:
            return
        del self._users[link]
        self._links = {key: other for key, other in self._links.items() if other is not link}
        await link.close()
