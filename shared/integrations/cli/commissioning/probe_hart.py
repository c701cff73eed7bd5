"""`gl003 probe hart-ip://…`: identity, PV to QV with units and status, live, and as TOML."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from integrations.cli.connected import EXIT_FINDINGS, say
from integrations.cli.printable import printable
from integrations.cli.progress import output, progress
from integrations.messages.status import is_bad, is_good
from integrations.protocols.hart import (
    Address,
    CannotConnectError,
    FrameError,
    HartEndpoint,
    HartError,
    HartLink,
    HartTimeoutError,
    NoFieldDeviceError,
    SessionRefusedError,
    Transport,
)
from integrations.runtime.commissioning.described import name_of
from integrations.runtime.commissioning.hart_bench import HartFound, identity_lines, look, meter_from
from integrations.runtime.commissioning.targets import HartTarget
from integrations.runtime.process.life import EXIT_CLEAN

from .wanted import Wanted, hand_over

REFRESH_SECONDS = 0.5
Devices = dict[int, HartFound]


async def probe_hart(target: HartTarget, wanted: Wanted) -> int:
    """Look at the devices of a HART-IP server; errors end in `probe`."""
    seconds = wanted.seconds
    link = await _link(target)
    try:
        with progress("devices", len(_numbers(target))) as told:
            found = await _devices(link, target, told)
        if wanted.is_live:
            await _live(link, target, found, seconds)
            return EXIT_CLEAN
        _show(target, list(found.values()), wanted)
        if wanted.toml:
            return _export(target, found, wanted)
        return EXIT_CLEAN
    finally:
        await link.close()


async def _link(target: HartTarget) -> HartLink:
    """Return a link over the transport that was named, else over the first that answers."""
    errors = []
    for transport in [Transport(target.transport)] if target.transport else list(Transport):
        endpoint = HartEndpoint(
            host=target.host, port=target.port, transport=transport, timeout_seconds=target.timeout_seconds
        )
        link = HartLink(endpoint)
        try:
            await look(link, _places(target)[0])
        except SessionRefusedError:
            await link.close()
            raise
        except (CannotConnectError, HartTimeoutError) as error:
            errors.append(f"{transport.value}: {error.what}")
            await link.close()
        except HartError:
            return link  # somebody is there, and has a word for why this device does not answer
        except BaseException:
            await link.close()
            raise
        else:
            return link
    raise CannotConnectError(
        f"nobody speaks HART-IP ({'; '.join(errors)})", place=f"{target.host}:{target.port}"
    )


def _numbers(target: HartTarget) -> tuple[int, ...]:
    return (0,) if target.device else target.addresses


def _places(target: HartTarget) -> list[Address | str]:
    if not target.device:
        return [Address.polling(number) for number in target.addresses]
    try:
        return [Address.parse(target.device)]
    except FrameError:
        return [target.device]


def _no_progress(_done: int) -> None:
    """A live view moves by itself."""


async def _devices(link: HartLink, target: HartTarget, told: Callable[[int], None] = _no_progress) -> Devices:
    """Return the devices that answer, by polling address."""
    found = {}
    numbers = _numbers(target)
    for number, where in zip(numbers, _places(target), strict=True):
        try:
            found[number] = await look(link, where)
        except (HartTimeoutError, NoFieldDeviceError):
            if len(numbers) == 1:
                raise
        told(1)
    if not found:
        place = f"{target.host}:{target.port}"
        raise HartTimeoutError(f"no device at any of {len(numbers)} polling addresses", place=place)
    return found


async def _live(
    link: HartLink, target: HartTarget, found: dict[int, HartFound], seconds: float | None
) -> None:
    trouble = ""
    with Live(console=output(), auto_refresh=False) as live, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                live.update(_rendered(list(found.values()), trouble), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)
                try:
                    found, trouble = await _devices(link, target), ""
                except HartError as error:
                    trouble = str(error)


def _rendered(found: Sequence[HartFound], trouble: str = "") -> RenderableType:
    parts: list[RenderableType] = [Text(f"last values: {trouble}", style="bold red")] if trouble else []
    for one in found:
        parts += [Text(printable(line)) for line in identity_lines(one)]
        parts.append(Text(f"device status: {', '.join(one.conditions) or 'nothing to tell'}"))
        table = Table("variable", box=None, pad_edge=False)
        for column, justify in (("value", "right"), ("unit", "left"), ("status", "left")):
            table.add_column(column, justify=justify)  # type: ignore[arg-type]  # rich names its four words
        for name, value, code, unit in one.variables:
            style = "" if is_good(code) else "red" if is_bad(code) else "yellow"
            table.add_row(name, f"{value:.7g}", printable(unit), Text(_status(code), style=style))
        parts += [table, Text("")]
    return Group(*parts)


def _status(code: int) -> str:
    word = "bad" if is_bad(code) else "good" if is_good(code) else "uncertain"
    return word if code in {0, 0x80000000} else f"{word} 0x{code:08X}"


def _show(target: HartTarget, found: Sequence[HartFound], wanted: Wanted) -> None:
    if wanted.as_json:
        told = {"address": f"{target.host}:{target.port}", "devices": [_document(one) for one in found]}
        print(msgspec.json.encode(told).decode())  # noqa: T201  # the outcome
    elif wanted.shows:
        output().print(_rendered(found))


def _document(one: HartFound) -> dict[str, object]:
    return {
        "transport": one.transport,
        "address": one.address,
        "long_address": str(one.identity.address),
        "identity": msgspec.to_builtins(one.identity),
        "texts": one.texts,
        "device_status": one.conditions,
        "variables": [
            {"name": name, "value": value, "status": code, "unit": unit}
            for name, value, code, unit in one.variables
        ],
    }


def _export(target: HartTarget, found: Devices, wanted: Wanted) -> int:
    blocks = []
    for (number, one), name in zip(found.items(), _names(target, found, wanted), strict=True):
        block = meter_from(one, target.host, target.port, name, number, target.device)
        if block is None:
            say(f"probe: {one.address}: no variable is a flow; others are not read over HART here")
        else:
            blocks.append(block)
    if not blocks:
        return EXIT_FINDINGS
    hand_over(wanted, "\n".join(blocks))
    return EXIT_CLEAN


def _names(target: HartTarget, found: Devices, wanted: Wanted) -> Iterator[str]:
    """Yield a name for each device: the one that was given, else its tag; with its address if two agree."""
    given = wanted.name or target.name
    tags = {n: one.texts.get("long tag") or one.texts.get("tag") or "hart" for n, one in found.items()}
    names = {number: name_of(given, tag) for number, tag in tags.items()}
    often = Counter(names.values())
    for number, name in names.items():
        yield name if often[name] == 1 else name_of(f"{name[:60]}_{number}", "")
