"""What GL-003 can be asked, and what it answers: payloads of requests and of their responses, by action.

Every number comes from the last clean readings, from CLEAN or from a device; where one is missing, the answer
says so and why.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from .fields import (
    SCHEMA_VERSION,
    Count,
    Label,
    Nanoseconds,
    Origin,
    Score,
    StatusCode,
    Times,
    Token,
    Values,
    Version,
)
from .requests import DeviceReading

MAX_HISTORY_SAMPLES = 5000
MAX_LATEST = 1000

Moment = Annotated[
    int | float | str,
    Meta(description="UTC nanoseconds since 1970-01-01, or ISO 8601; a time without offset is UTC"),
]
SensorIds = Annotated[list[Token], Meta(max_length=MAX_LATEST)]


class Measured(Struct, frozen=True, kw_only=True):
    """The last reading of a sensor."""

    sensor_id: Token
    device_class: Token
    quantity: Label
    unit: Label
    value: float | None
    time: Nanoseconds
    age_seconds: float
    """Before the answer."""
    quality: Score
    flags: list[str]
    """What the checks found, by name."""
    status: StatusCode
    origin: Origin
    uncertainty: float | None = None


class Input(Struct, frozen=True, kw_only=True):
    """One of the numbers that something is worked out from; without `value` there is a `missing`."""

    name: str
    unit: Label
    value: float | None = None
    """In `unit`, whatever the sensor's own."""
    sensor_id: Token | None = None
    """None for what is not measured."""
    assumed: bool = False
    """Whether it is configured or taken for granted."""
    missing: str | None = None
    """Why there is no value."""
    reading: Measured | None = None


class LatestRequest(Struct, frozen=True):
    """Action `latest_readings`: of these sensors, of one class, or of all."""

    sensors: SensorIds | None = None
    device_class: Token | None = None
    after: Token | None = None
    """Sensors by id come in order; those after this one, for the next page."""
    limit: Annotated[int, Meta(ge=1, le=MAX_LATEST)] = 500


class LatestReadings(Struct, frozen=True, kw_only=True):
    """Answer of `latest_readings`."""

    schema: Version = SCHEMA_VERSION
    site: Token
    time: Nanoseconds
    readings: list[Measured]
    unknown: list[Token] = field(default_factory=list)
    """Sensors that were asked for and of which nothing was ever heard."""
    next_after: Token | None = None
    """What `after` has to be for the next page; None where this is the last."""


class HeaderInputs(Struct, frozen=True, kw_only=True):
    """Answer of `header_efficiency_inputs`: all that the efficiency is worked out from."""

    schema: Version = SCHEMA_VERSION
    site: Token
    time: Nanoseconds
    inputs: list[Input]
    missing: list[str]
    simulated: list[Token]
    """Sensors whose readings are simulated."""


class CondensateMeterReadings(Struct, frozen=True, kw_only=True):
    """The last readings of one condensate meter, by quantity."""

    meter_id: Token
    readings: dict[str, Measured]


class CondensateReturn(Struct, frozen=True, kw_only=True):
    """Answer of `condensate_return`: how much of the steam comes back, and the meters' readings."""

    schema: Version = SCHEMA_VERSION
    site: Token
    time: Nanoseconds
    return_percent: float | None
    steam_flow: Input
    condensate_flow: Input
    origin: Origin
    missing: list[str]
    meters: list[CondensateMeterReadings]


class BalancedVariable(Struct, frozen=True, kw_only=True):
    """One variable of a balance, by its virtual sensor."""

    name: Label
    sensor_id: Token
    measured_by: Token | None
    quantity: Label
    unit: Label
    value: float | None
    """Reconciled."""
    uncertainty: float | None
    measured: float | None
    """Mean of what was measured in the period; the assumed value where it is not."""
    estimated: bool
    """Whether it is none of a measurement's own: not measured, or suspect."""
    flags: list[str]
    time: Nanoseconds | None
    missing: str | None = None


class NodeClosure(Struct, frozen=True, kw_only=True):
    """Whether what was measured into a node came out of it, in t/hr; null where that is not known."""

    node: Label
    inflow: float | None
    outflow: float | None
    imbalance: float | None
    imbalance_percent: float | None


class Balance(Struct, frozen=True, kw_only=True):
    """One balance as last drawn up."""

    balance_id: Token
    variables: list[BalancedVariable]
    nodes: list[NodeClosure]
    origin: Origin
    suspects: list[Token]
    """Sensors whose readings contradict the others'."""


class SteamBalance(Struct, frozen=True, kw_only=True):
    """Answer of `steam_balance`: what the service balances has last worked out."""

    schema: Version = SCHEMA_VERSION
    site: Token
    time: Nanoseconds
    balances: list[Balance]
    missing: list[str]


class ClassQuality(Struct, frozen=True, kw_only=True):
    """The sensors of one device class."""

    device_class: Token
    sensors: Count
    valid: Count
    average_quality: float


class QualityReport(Struct, frozen=True, kw_only=True):
    """Answer of `quality_report`: how good the last readings are; `worst` has the least good."""

    schema: Version = SCHEMA_VERSION
    site: Token
    time: Nanoseconds
    sensors: Count
    valid: Count
    """Score of 50 or more: simulated readings never are."""
    stale: Count
    simulated: Count
    average_quality: float | None
    flags: dict[str, Count]
    """How many sensors have each flag."""
    classes: list[ClassQuality]
    worst: list[Measured]


class HistoryRequest(Struct, frozen=True):
    """Action `sensor_history`: the readings of a sensor from CLEAN, by their own times."""

    sensor_id: Token
    begin: Moment
    end: Moment | None = None
    """Up to and without it; now where it is not given."""
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_SAMPLES)] = 1000
    cursor: Annotated[str, Meta(max_length=64)] = ""
    """`next_cursor` of the page before."""


class SensorHistory(Struct, frozen=True, kw_only=True):
    """Answer of `sensor_history`: one page, in the order in which the readings were stored; columns.

    What was stored more than an hour after the end of the range is not in it.
    """

    schema: Version = SCHEMA_VERSION
    site: Token
    sensor_id: Token
    quantity: Label = ""
    unit: Label = ""
    """One for the whole page: a page ends where the unit changes."""
    origin: Origin | None = None
    """None where the page is empty."""
    time: Times
    value: Values
    quality: list[Score]
    flags: list[Count]
    next_cursor: str | None = None
    """None where this is the last page."""


class SubscribeRequest(Struct, frozen=True):
    """Action `subscribe_readings`: where to listen; with `notify` readings are also sent as notifications.

    Asked again it replaces what the agent had; an empty list of sensors with `notify` ends it.
    """

    sensors: Annotated[list[Token], Meta(max_length=100)] = field(default_factory=list)
    notify: bool = False
    every_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 10.0
    """Between notifications, which carry the last readings of all the sensors."""
    lasts_seconds: Annotated[float, Meta(ge=1, le=7 * 86_400)] = 3600.0


class Subscription(Struct, frozen=True, kw_only=True):
    """Answer of `subscribe_readings`; subjects hold wildcards where a sensor was never heard of."""

    schema: Version = SCHEMA_VERSION
    site: Token
    subjects: list[str]
    latest_keys: list[str]
    """Keys of the last values in the bucket gl_latest."""
    unknown: list[Token]
    notify: bool
    ends: Nanoseconds | None = None
    """When notifications end, if any come."""


class ReadDeviceRequest(Struct, frozen=True):
    """Action `read_device`: a device is read now, past the polling."""

    device_id: Token


class DeviceAnswer(Struct, frozen=True, kw_only=True):
    """Answer of `read_device`, from the acquisition service that has the device."""

    schema: Version = SCHEMA_VERSION
    service: Token
    instance: Token
    device: DeviceReading


class WriteTagRequest(Struct, frozen=True):
    """Action `write_tag`: a value for a tag, within what the device's own configuration allows."""

    tag: Label
    value: bool | int | float | Annotated[str, Meta(max_length=4096)]
    device_id: Token | None = None
    """May be left out where one device at the site can be written to."""


class WrittenTag(Struct, frozen=True, kw_only=True):
    """Answer of `write_tag`: the device has the value, as read back; a write that was refused is an error."""

    schema: Version = SCHEMA_VERSION
    service: Token
    instance: Token
    device_id: Token
    tag: Label
    old: bool | int | float | str | None
    new: bool | int | float | str | None


class NoArguments(Struct, frozen=True):
    """An action that needs to be told nothing."""


class EfficiencyReport(Struct, frozen=True, kw_only=True):
    """Answer of `report_steam_efficiency` (or `report`), and what GL-001 is sent; see `definition`."""

    schema: Version = SCHEMA_VERSION
    action: str = "report_steam_efficiency"
    site: Token
    time: Nanoseconds
    efficiency: float | None
    """Percent; None where something is missing for it."""
    steam_flow: float | None
    """t/hr at the header."""
    condensate_return: float | None
    """Percent of the header's steam that comes back, by mass."""
    condensate_heat_return: float | None
    """Percent of the header's heat that comes back with the condensate."""
    heat_to_header_kw: float | None
    heat_to_users_kw: float | None
    heat_in_condensate_kw: float | None
    origin: Origin
    """Simulated as soon as one input is."""
    simulated: list[Token]
    missing: list[str]
    """What is not known, and why; names of inputs first."""
    assumed: list[str]
    remarks: list[str]
    inputs: list[Input]
    definition: str


ANALYZER_ACTIONS: tuple[tuple[str, str, type[Struct], type[Struct]], ...] = (
    ("latest_readings", "Last clean readings of sensors", LatestRequest, LatestReadings),
    ("header_efficiency_inputs", "What the efficiency is worked out from", NoArguments, HeaderInputs),
    ("condensate_return", "How much of the steam comes back", NoArguments, CondensateReturn),
    ("steam_balance", "Balances as last drawn up", NoArguments, SteamBalance),
    ("quality_report", "How good the readings are", NoArguments, QualityReport),
    ("sensor_history", "Readings of a sensor over a time range", HistoryRequest, SensorHistory),
    ("subscribe_readings", "Where to listen, or notifications", SubscribeRequest, Subscription),
    ("read_device", "A device read now", ReadDeviceRequest, DeviceAnswer),
    ("write_tag", "A tag written", WriteTagRequest, WrittenTag),
    ("report_steam_efficiency", "The steam system's efficiency", NoArguments, EfficiencyReport),
)
"""Action, summary, payload of the request and of the response."""
