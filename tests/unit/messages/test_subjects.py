"""Subjects are built and parsed in one place, and no token gets in that could change their shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messages import (
    PARTITIONS,
    Subject,
    SubjectError,
    Subjects,
    check_token,
    parse_subject,
    partition_of,
    split_stored,
    token_from,
)

tokens = st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True)
bad_tokens = ["", " ", "a b", "a.b", "*", ">", "a\n", "é", "a\u0000", "x" * 129]


@given(tokens, tokens, tokens, tokens)
def test_what_is_built_is_parsed_back(site, one, two, three):
    subjects = Subjects(site)
    assert parse_subject(subjects.raw(one, two)) == Subject(site, "raw", {"device_class": one, "source": two})
    assert parse_subject(subjects.clean(one, two)).tokens == {"device_class": one, "sensor_id": two}
    assert parse_subject(subjects.event(one, two)).tokens == {"service": one, "id": two}
    assert parse_subject(subjects.dead(one)).tokens == {"stream": one}
    assert parse_subject(subjects.service(one, two, three)) == Subject(
        site, "svc", {"service": one, "instance": two, "endpoint": three}
    )


@pytest.mark.parametrize("bad", bad_tokens)
def test_a_bad_token_is_refused_by_name(bad):
    subjects = Subjects("plant1")
    for name, build in [
        ("site", lambda: Subjects(bad)),
        ("device_class", lambda: subjects.raw(bad, "a")),
        ("source", lambda: subjects.raw("a", bad)),
        ("sensor_id", lambda: subjects.clean("a", bad)),
        ("id", lambda: subjects.event("a", bad)),
        ("stream", lambda: subjects.dead(bad)),
        ("endpoint", lambda: subjects.service("a", "b", bad)),
        ("sensor_id", lambda: subjects.latest_key("a", bad)),
        ("meter", lambda: check_token("meter", bad)),
    ]:
        with pytest.raises(SubjectError, match=rf"^{name} must be 1 to 128 letters, digits, _ or -, got "):
            build()


@pytest.mark.parametrize(
    "subject",
    ["", "gl", "gl.plant1", "gl.plant1.raw", "gl.plant1.raw.a", "gl.plant1.raw.a.b.c", "gl.plant1.raw.a.",
     "gl.plant1.rare.a.b", "xx.plant1.raw.a.b", "gl..raw.a.b", "gl.plant1.raw.a.*", "gl.plant1.raw.a.b\n"],
)  # fmt: skip
def test_what_is_no_subject_of_ours_is_refused(subject):
    with pytest.raises(SubjectError):
        parse_subject(subject)


def test_a_filter_covers_a_kind_and_a_key_a_sensor():
    assert Subjects("p").every("raw") == "gl.p.raw.>"
    assert Subjects("p").latest_key("steam_meter", "a-flow") == "p.steam_meter.a-flow"
    with pytest.raises(
        SubjectError, match="kind must be one of raw, clean, recleaned, event, dead, svc, got 'rare'"
    ):
        Subjects("p").every("rare")


@given(st.text(max_size=300))
def test_any_text_becomes_a_token(text):
    assert check_token("token", token_from(text)) == token_from(token_from(text))


@given(tokens)
def test_a_token_stays_what_it_is(token):
    assert token_from(token) == token


def test_a_host_with_a_port_becomes_readable():
    assert token_from("10.0.0.7:502") == "10_0_0_7_502"
    assert token_from("...") == "_"


@given(tokens, tokens)
def test_a_stored_batch_is_known_by_partition_and_published_subject(device_class, source):
    partition = partition_of(device_class, source)
    assert 0 <= partition < PARTITIONS
    published = Subjects("p").raw(device_class, source)
    assert split_stored(published) == (partition, published)
    assert split_stored(f"gl.p.raw.{partition}.{device_class}.{source}") == (partition, published)
