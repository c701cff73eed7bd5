"""What is declared holds, in the constructor and in tables, and every fault is named at once."""

import math
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from integrations.configuration import Checked, ConfigurationError, Fault, FaultList, read_struct, read_table


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Mode(StrEnum):
    ON = "on"
    OFF = "off"


class Inner(Checked, frozen=True):
    size: Annotated[int, Meta(ge=1)]
    colour: Colour = Colour.RED


class Plain(Struct, frozen=True):
    count: int


class Settings(Checked, frozen=True, kw_only=True):
    port: Annotated[int, Meta(ge=1, le=65535)] = 502
    seconds: Annotated[float, Meta(gt=0, description="how long")] = 1.0
    share: Annotated[float, Meta(ge=0.0, lt=0.5)] = 0.1
    tries: Annotated[int, Meta(ge=0)] | None = None
    most: Annotated[int, Meta(le=4_000_000)] = 0
    name: Annotated[str, Meta(min_length=1)] = "x"
    code: Annotated[str, Meta(max_length=3)] = ""
    token_text: Annotated[str, Meta(pattern="^[a-z]*$")] = ""
    enabled: bool = True
    colour: Colour = Colour.RED
    shade: Colour | None = None
    mode: Mode = Mode.ON
    parity: Literal["N", "E", "O"] = "N"
    sizes: tuple[int, ...] = ()
    names: Annotated[list[str], Meta(max_length=2)] = field(default_factory=list)
    inner: Inner | None = None
    inners: dict[str, Inner] = field(default_factory=dict)
    parts: tuple[Inner, ...] = ()
    plain: Plain | None = None
    number: int | float | None = None
    either: Inner | str = ""
    free: dict[str, Any] = field(default_factory=dict)


def refusal(**fields):
    with pytest.raises(ConfigurationError) as caught:
        Settings(**fields)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"port": 99999}, "port must be 1..65535, got 99999"),
        ({"port": 2**80}, f"port must be 1..65535, got {2**80}"),
        ({"port": "502"}, "port must be a whole number, 1..65535, got '502'"),
        ({"port": 5.0}, "port must be a whole number, 1..65535, got 5.0"),
        ({"port": True}, "port must be a whole number, 1..65535, got True"),
        ({"port": None}, "port must be a whole number, 1..65535, got None"),
        ({"seconds": 0}, "seconds must be greater than 0, got 0"),
        ({"seconds": "1"}, "seconds must be a number, greater than 0, got '1'"),
        ({"share": 0.5}, "share must be at least 0 and less than 0.5, got 0.5"),
        ({"tries": -1}, "tries must be at least 0, got -1"),
        ({"tries": "a"}, "tries must be a whole number, at least 0, got 'a'"),
        ({"most": 4_000_001}, "most must be at most 4000000, got 4000001"),
        ({"name": ""}, "name must be not empty, got ''"),
        ({"name": 3}, "name must be text, not empty, got 3"),
        ({"code": "abcd"}, "code must be at most 3 characters long, got 'abcd'"),
        ({"enabled": 1}, "enabled must be true or false, got 1"),
        ({"colour": "green"}, "colour must be one of red, blue, got 'green'"),
        ({"colour": 7}, "colour must be one of red, blue, got 7"),
        ({"colour": Mode.ON}, "colour must be one of red, blue, got 'on'"),
        ({"shade": "green"}, "shade must be one of red, blue, got 'green'"),
        ({"mode": "On"}, "mode must be one of on, off, got 'On'"),
        ({"parity": "M"}, "parity must be one of E, N, O, got 'M'"),
        ({"sizes": 5}, "sizes must be a list, got 5"),
        ({"sizes": [1, "2"]}, "sizes[1] must be a whole number, got '2'"),
        ({"names": ["a", "b", "c"]}, "names must be at most 2 entries long, got ['a', 'b', 'c']"),
        ({"inner": 5}, "inner must be a table, got 5"),
        ({"inner": {"size": 0, "colour": "x"}}, "inner.size must be at least 1, got 0"),
        ({"inners": {"a": {}}}, "inners.a.size is missing"),
        ({"inners": []}, "inners must be a table, got []"),
        ({"inners": {"a": {"sise": 2}}}, "inners.a.sise is not a known key (did you mean size?), got 2"),
        ({"parts": [{"size": 1}, {"size": 0}]}, "parts[1].size must be at least 1, got 0"),
        ({"plain": {"count": "x"}}, "plain.count must be a whole number, got 'x'"),
        ({"number": "x"}, "number must be a whole number or a number, got 'x'"),
        ({"number": math.inf}, "number must be a finite number, got inf"),
        ({"either": 5}, "either must be a table or text, got 5"),
        ({"free": 5}, "free must be a table, got 5"),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_allowed_and_what_was_there(fields, sentence):
    assert refusal(**fields)[0] == sentence


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinities_never_pass_not_even_where_nothing_limits_them(value):
    class Free(Checked, frozen=True):
        number: float
        numbers: list[float] = field(default_factory=list)

    with pytest.raises(ConfigurationError, match="number must be a finite number"):
        Free(value)
    with pytest.raises(ConfigurationError, match=r"numbers\[1\] must be a finite number"):
        read_struct(Free, {"number": 1, "numbers": [1, value]})


def test_all_faults_come_at_once():
    assert len(refusal(port=0, seconds=-1, colour="green", inners={"a": {"size": 0}, "b": {"size": 0}})) == 5


def test_a_text_becomes_the_enums_member_and_an_int_a_float():
    settings = Settings(colour="blue", shade="red", mode="off", seconds=5, tries=3, share=np.float64(0.25))
    assert (settings.colour, settings.shade, settings.mode) == (Colour.BLUE, Colour.RED, Mode.OFF)
    assert (type(settings.seconds), settings.seconds) == (float, 5.0)
    assert type(settings.share) is float
    assert settings.mode is Mode.OFF


def test_tables_inside_become_structs():
    settings = Settings(inner={"size": 2}, inners={"a": {"size": 3, "colour": "blue"}}, parts=[{"size": 4}])
    assert settings.inner == Inner(2)
    assert settings.inners == {"a": Inner(3, Colour.BLUE)}
    assert settings.parts == (Inner(4),)
    assert Settings(either={"size": 1}).either == Inner(1)
    assert Settings(either="free").either == "free"


def test_a_changed_copy_is_checked_too():
    with pytest.raises(ConfigurationError, match=r"port must be 1\.\.65535, got 0"):
        replace(Settings(), port=0)


def test_rules_between_fields_are_asked_once_the_fields_are_right():
    class Range(Checked, frozen=True):
        low: float
        high: float

        def faults(self):
            if self.low >= self.high:
                yield Fault("", "low", self.low, f"must be below high = {self.high}")

    with pytest.raises(ConfigurationError) as caught:
        Range(5, 1)
    assert str(caught.value) == "low must be below high = 1.0, got 5.0"
    with pytest.raises(ConfigurationError, match=r"^low must be a number, got 'x'$"):
        Range("x", 1)


def test_a_table_names_its_place_its_unknown_and_its_missing_keys():
    with pytest.raises(ConfigurationError) as caught:
        read_table(Inner, {"colur": "red"}, "wall[2]")
    assert [str(fault) for fault in caught.value.faults] == [
        "wall[2].colur is not a known key (did you mean colour?), got 'red'",
        "wall[2].size is missing",
    ]
    with pytest.raises(ConfigurationError, match=r"wall\.z is not a known key \(known: size, colour\), got"):
        read_table(Inner, {"size": 1, "z": 1}, "wall")
    with pytest.raises(ConfigurationError, match="wall must be a table, got 5"):
        read_table(Inner, 5, "wall")


def test_a_secret_is_not_shown_and_a_long_value_is_cut():
    assert "hunter2" not in str(Fault("nats", "pasword", "hunter2", "is not a known key"))
    assert str(Fault("", "text", "x" * 500, "must be short")).endswith("xxx...")
    assert len(str(Fault("", "text", "x" * 500, "must be short"))) < 120


def test_faults_of_several_tables_are_collected_and_placed():
    faults = FaultList()
    for at in range(2):
        try:
            read_struct(Inner, {"size": 0})
        except ConfigurationError as error:
            faults.absorb(error, f"inner[{at}]")
    with pytest.raises(ConfigurationError, match=r"inner\[0\]\.size .*; inner\[1\]\.size "):
        faults.raise_any()
    FaultList().raise_any()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["red", "on"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(Settings.__struct_fields__), values))
def test_whatever_is_given_the_constructor_yields_what_is_declared_or_a_configuration_error(fields):
    try:
        settings = Settings(**fields)
    except ConfigurationError:
        return
    assert 1 <= settings.port <= 65535
    assert isinstance(settings.colour, Colour)
    assert math.isfinite(settings.seconds)
    assert all(isinstance(one, int) for one in settings.sizes)


class Ranged(Checked, frozen=True):
    low: Annotated[float, Meta(ge=0)] = 0.0
    high: float = 1.0
    unit: str = "bar"
    kind: Literal["a", "b"] = "a"

    def faults(self):
        if self.unit != "bar":
            yield Fault("", "unit", self.unit, "must be bar")
        if self.low > self.high:
            yield Fault("", "high", self.high, "must be at least low")
        if self.kind == "a" and self.high > 10:
            yield Fault("", "high", self.high, "must be at most 10 for kind a")


@pytest.mark.parametrize("make", [Ranged, lambda **fields: read_struct(Ranged, fields)])
@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"low": -1.0, "unit": "psi"}, ["low", "unit"]),
        ({"low": "x", "high": -1.0}, ["low", "high"]),
        ({"kind": "c", "unit": "psi"}, ["kind", "unit"]),
        ({"kind": "c", "high": 11.0}, ["kind"]),  # for kind b it would do
        ({"unit": 5, "low": 2.0}, ["unit", "high"]),
    ],
)
def test_what_is_wrong_between_fields_is_told_whatever_would_stand_right_in_those_that_are_wrong(
    make, fields, keys
):
    with pytest.raises(ConfigurationError) as caught:
        make(**fields)
    assert [fault.key for fault in caught.value.faults] == keys


def test_a_missing_key_hides_nothing_that_is_wrong_between_the_others():
    class Placed(Ranged, frozen=True, kw_only=True):
        host: str

    with pytest.raises(ConfigurationError) as caught:
        read_struct(Placed, {"unit": "psi", "colour": "red"})
    assert [fault.key for fault in caught.value.faults] == ["colour", "host", "unit"]
