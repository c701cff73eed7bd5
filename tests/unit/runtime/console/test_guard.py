"""What surrounds every request."""

from integrations.runtime.console.guard import REQUESTS_BURST, Guard


async def plain(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def asked(guard, address="10.0.0.1", **headers):
    """Ask and return status and headers."""
    sent = []

    async def send(message):
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": named, "client": (address, 1)}
    await guard(scope, None, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def test_a_flood_from_one_address_is_refused_and_others_are_served():
    guard = Guard(plain)
    codes = [(await asked(guard))[0] for _ in range(3 * REQUESTS_BURST)]
    assert codes[:REQUESTS_BURST] == [200] * REQUESTS_BURST
    assert codes.count(429) > REQUESTS_BURST
    assert (await asked(guard, "10.0.0.2"))[0] == 200


async def test_bodies_that_are_large_or_endless_are_refused_before_they_are_read():
    guard = Guard(plain)
    assert (await asked(guard, content_length="4096"))[0] == 200
    assert (await asked(guard, content_length="4097"))[0] == 413
    assert (await asked(guard, transfer_encoding="chunked"))[0] == 413


async def test_every_answer_has_the_headers_of_caution():
    _, headers = await asked(Guard(plain))
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
