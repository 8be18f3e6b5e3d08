"""How a player looks, in the link: written and read again, and nothing else is believed."""

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from pages.shared.look import checked, read_look, write_look

LOOK = {
    "colour": 2,
    "pane flow": {
        "yaw": 0.5,
        "pitch": -0.25,
        "zoom": 2.0,
        "shift": [0.0, 1.5],
        "unrolled": True,
        "flipped": {"field": True, "tails": False},
    },
}

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["colour", "pane a", "yaw", "zoom", "shift", "flipped", "x"]), inner
        )
    ),
    max_leaves=12,
)


def test_a_look_is_read_as_it_was_written():
    text = write_look(LOOK)
    assert read_look(text) == LOOK and len(text) < 300
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_what_is_not_well_formed_is_left_out():
    assert checked({**LOOK, "time": {"at": 1}, "picks": [1]}) == LOOK
    assert checked({"pane a": {"yaw": float("nan"), "pitch": 0, "zoom": 1, "shift": [0, 0]}}) == {}
    assert checked({"pane a": {"yaw": 1, "unrolled": 1, "flipped": {"field": "yes"}}})["pane a"] == {
        "flipped": {}
    }


def test_numbers_beyond_all_bounds_and_halves_of_characters_are_left_out():
    far = {"yaw": 10**400, "pitch": 0, "zoom": 1, "shift": [0, 0]}
    for text in (json.dumps({"pane a": far}), r'{"pane \ud800": {"unrolled": true}}'):
        assert read_look(base64.urlsafe_b64encode(text.encode()).decode()) is None
    halved = checked({"pane a": {"flipped": {"\ud800": True, "field": True}}})
    assert halved == {"pane a": {"flipped": {"field": True}}} and write_look(halved)


@given(value=json_like)
def test_whatever_a_browser_says_gives_a_look_that_can_be_read(value):
    look = checked(value)
    assert (read_look(write_look(look)) or {}) == look
    json.dumps(look, allow_nan=False)


@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda b: base64.b64encode(b).decode()))
def test_no_text_raises(text):
    read_look(text)
    read_look("[" * 2000)
