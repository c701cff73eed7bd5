"""Browsed tags as TOML: a configuration reads it, whatever a server says."""

import re
import tomllib

from integrations.configuration import read_table
from integrations.devices.scada import SCADAConnectionConfig
from integrations.protocols.opcua.client import BrowsedTag, tags_as_toml


def config_of(*tags):
    document = tomllib.loads('[[scada]]\nhost = "plc"\nport = 4840\n\n' + tags_as_toml(tags))
    (table,) = document["scada"]
    return read_table(SCADAConnectionConfig, table, "scada")


def tag(name, node="ns=2;i=1", path="", data_type="Double", **facts):
    return BrowsedTag(node, path or f"/Objects/2:{name}", name, data_type, **facts)


def test_what_a_server_says_of_a_tag_is_what_the_configuration_reads():
    (read,) = config_of(
        tag("P", "ns=2;s=A.P", unit="bar", low=0.0, high=20.0, description='the "header"\x7f', writable=True)
    ).tags
    assert (read.tag_name, read.node, read.data_type, read.engineering_units) == (
        "P", "ns=2;s=A.P", "float", "bar",
    )  # fmt: skip
    assert (read.min_value, read.max_value, read.description) == (0.0, 20.0, 'the "header"\x7f')
    assert read.writable is False


def test_every_type_that_a_tag_can_hold_has_its_word_and_others_are_named_in_a_comment():
    kinds = ["Float", "UInt16", "Boolean", "String"]
    assert [each.data_type for each in config_of(*(tag(kind, data_type=kind) for kind in kinds)).tags] == [
        "float", "int", "bool", "string",
    ]  # fmt: skip
    text = tags_as_toml([tag("AT", "ns=2;s=AT", data_type="DateTime")])
    assert text == "# left out, its type is DateTime: ns=2;s=AT\n"


def test_tags_of_one_name_are_named_by_their_paths():
    config = config_of(
        tag("P", "ns=2;i=1", "/Objects/2:Line 1/2:P"),
        tag("P", "ns=2;i=2", "/Objects/2:Line&/2/3:P"),
        tag("T"),
    )
    assert [each.tag_name for each in config.tags] == ["Line 1.P", "Line/2.P", "T"]


def test_siblings_of_one_name_and_names_of_signs_alone_are_numbered():
    same = [tag("P", f"ns=2;i={number}", "/Objects/2:Line/2:P") for number in range(3)]
    signs = [tag("圧力", "ns=2;i=7"), tag("温度", "ns=2;i=8")]
    names = [each.tag_name for each in config_of(*same, *signs).tags]
    assert names == ["Line.P", "Line.P.2", "Line.P.3", "圧力", "温度.2"]


def test_names_leave_room_for_the_system_and_stay_different():
    long = [tag("N" * 300 + ending, f"ns=2;s={ending}") for ending in ("a", "b")]
    names = re.findall('tag_name = "(.*)"', tags_as_toml(long, longest_name=60))
    assert [(len(name), name[-1]) for name in names] == [(60, "a"), (60, "b")]
    shared = [tag("N" * 300, f"ns=2;i={number}", "/Objects/2:" + "N" * 300) for number in range(2)]
    names = re.findall('tag_name = "(.*)"', tags_as_toml(shared, longest_name=60))
    assert [len(name) for name in names] == [60, 56]


def test_what_is_left_out_steers_no_terminal_and_is_toml():
    text = tags_as_toml([tag("X", "ns=2;s=\x1b[31m\x07\nA", data_type="Double[]")])
    assert text == "# left out, its type is Double[]: ns=2;s=?[31m? A\n"


def test_a_unit_that_is_not_known_and_a_range_without_width_are_left_to_people():
    (read,) = config_of(tag("P", unit="smoots per fortnight", low=0.0, high=0.0)).tags
    assert (read.engineering_units, read.min_value, read.max_value) == ("", None, None)
    assert "smoots" in tags_as_toml([tag("P", unit="smoots per fortnight")])


def test_a_range_without_end_is_left_out():
    (read,) = config_of(tag("P", low=0.0, high=float("inf"))).tags
    assert (read.min_value, read.max_value) == (None, None)
