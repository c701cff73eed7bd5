"""The built page, read from the package once; browsers ask again and are told that nothing has changed."""

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
INDEX = "index.html"


class Pages:
    """The files of the page by name."""

    def __init__(self) -> None:
        folder = files(__package__).joinpath("page")
        self._bodies = {
            each.name: each.read_bytes() for each in folder.iterdir() if _suffix(each.name) in TYPES
        }
        self._tags = {
            name: f'"{hashlib.sha256(body).hexdigest()[:32]}"' for name, body in self._bodies.items()
        }

    async def answer(self, request: Request) -> Response:
        """Answer with a file, 404 where there is none of that name."""
        name = request.path_params.get("name") or INDEX
        if name not in self._bodies:
            return Response("not found\n", 404, media_type="text/plain")
        headers = {"ETag": self._tags[name], "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == self._tags[name]:
            return Response(status_code=304, headers=headers)
        return Response(self._bodies[name], headers=headers | {"Content-Type": TYPES[_suffix(name)]})


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
