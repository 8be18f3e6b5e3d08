"""The projector switch: in the session, in the link, and in what it makes larger."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.looks import BIG


def shown(link: str = "") -> AppTest:
    def script():
        import streamlit as st

        from pages.shared.looks import projector_switch, scale, style_page

        style_page()
        projector_switch()
        st.write(f"scale {scale()}")

    at = AppTest.from_function(script, default_timeout=20)
    if link:
        at.query_params["big"] = link
    return at.run()


def sheet(at: AppTest) -> str:
    return at.get("html")[0].proto.body


@pytest.mark.parametrize("link", ["", "0", "yes"])
def test_without_the_link_or_with_a_wrong_one_everything_has_its_usual_size(link):
    at = shown(link)
    assert not at.toggle[0].value and at.markdown[0].value == "scale 1.0"
    assert "font-size: 16px" in sheet(at)
    assert "big" not in at.query_params


def test_a_link_makes_everything_larger_and_the_switch_takes_it_back():
    at = shown("1")
    assert at.toggle[0].value and at.markdown[0].value == f"scale {BIG}"
    assert f"font-size: {16 * BIG:g}px" in sheet(at)
    at.toggle[0].set_value(False).run()
    assert at.markdown[0].value == "scale 1.0" and "big" not in at.query_params


def test_the_switch_puts_itself_into_the_link():
    at = shown()
    at.toggle[0].set_value(True).run()
    assert at.query_params["big"] in ("1", ["1"]) and at.markdown[0].value == f"scale {BIG}"
