"""The published schemas say what the decoder does, to readers in any language."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakes.messages import MESSAGES, clean_fields
from integrations.messages import CleanBatch, DecodeError, Flag, decode, encode
from integrations.messages.catalogue import CHANNELS
from integrations.messages.schemas import schema_files

FILES = schema_files()
SCHEMAS = {name: json.loads(text) for name, text in FILES.items() if name.endswith(".schema.json")}
VALIDATORS = {name.split(".")[0]: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def test_there_is_a_schema_for_every_message():
    assert set(VALIDATORS) == {cls.__name__ for cls in MESSAGES}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema(name):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == name


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(*MESSAGES.values()))
def test_what_is_sent_is_valid(message):
    VALIDATORS[type(message).__name__].validate(json.loads(encode(message)))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "2.0"}, {"site": "a.b"}, {"site": ""}, {"origin": "guessed"}, {"time": [-1]},
        {"time": "now"}, {"status": [2**32]}, {"quality": [100.5]}, {"qartod": [10]}, {"unit": "x" * 129},
        {"value": ["1"]}, {"raw_sequence": -1}, {"flags": None},
    ],
)  # fmt: skip
def test_what_a_schema_forbids_the_decoder_refuses(change):
    wrong = clean_fields() | change
    assert not VALIDATORS["CleanBatch"].is_valid(wrong)
    with pytest.raises(DecodeError):
        decode(encode(wrong), CleanBatch)


@pytest.mark.parametrize("field", CleanBatch.__struct_fields__)
def test_a_field_is_required_by_both_or_by_neither(field):
    less = {name: value for name, value in clean_fields().items() if name != field}
    valid = VALIDATORS["CleanBatch"].is_valid(less)
    if valid:
        decode(encode(less), CleanBatch)
    else:
        with pytest.raises(DecodeError, match=field):
            decode(encode(less), CleanBatch)


def test_unknown_fields_are_allowed_by_both():
    more = clean_fields() | {"schema": "1.9", "weather": "rain"}
    VALIDATORS["CleanBatch"].validate(more)
    assert decode(encode(more), CleanBatch).schema == "1.9"


def test_the_schema_says_what_each_flag_means():
    described = SCHEMAS["CleanBatch.schema.json"]["$defs"]["CleanBatch"]["properties"]["flags"]["description"]
    for flag in Flag:
        assert f"{flag.value} {flag.name} ({flag.words})" in described


def test_patterns_are_ecmascript():
    assert r"\Z" not in json.dumps(SCHEMAS)
    assert SCHEMAS["DeviceRequest.schema.json"]["$defs"]["DeviceRequest"]["properties"]["device_id"]


def test_the_same_files_come_out_every_time():
    assert schema_files() == FILES
    assert all(text.endswith("\n") for text in FILES.values())


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def resolve(document, path):
    for part in path.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_the_asyncapi_document_refers_to_what_is_there():
    document = yaml.safe_load(FILES["asyncapi.yaml"])
    found = set(references(document))
    assert {ref.removeprefix("./") for ref in found if not ref.startswith("#")} == set(SCHEMAS)
    for ref in found:
        if ref.startswith("#"):
            assert resolve(document, ref)
    for schema in SCHEMAS.values():
        for ref in references(schema):
            assert resolve(schema, ref)


def test_every_subject_has_its_channel_and_its_parameters():
    document = yaml.safe_load(FILES["asyncapi.yaml"])
    assert document["asyncapi"] == "3.0.0"
    for channel in CHANNELS:
        described = document["channels"][channel.name]
        assert described["address"] == channel.subject.replace("<", "{").replace(">", "}")
        assert all(f"{{{name}}}" in described["address"] for name in described["parameters"])
    assert document["channels"]["read"]["messages"].keys() == {"DeviceRequest"}
    assert document["channels"]["read_reply"]["messages"].keys() == {"ReadReply"}
    headers = document["channels"]["dead"]["messages"]["Original"]["headers"]["properties"]
    assert {"GL-Dead-Reason", "GL-Dead-Subject", "GL-Dead-Sequence"} <= headers.keys()
