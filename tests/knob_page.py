"""A page of nothing but the knobs, and what the tests of knobs do with it."""

import ast
from typing import Any

from streamlit.testing.v1 import AppTest

from autoencode_core.knob_links import SHORT
from autoencode_core.spec import RunSpec


def script(load=None):
    import streamlit as st

    from autoencode_core.spec import RunSpec
    from pages.shared.controls import knobs
    from pages.shared.knob_link import write_knobs
    from pages.shared.setup import guard, page_setup
    from pages.shared.table_preview import preview
    from pages.shared.touched_knobs import set_knobs

    page_setup("Test")
    if load:
        st.button("load", key="load", on_click=set_knobs, args=(RunSpec(**load),))
    with guard():
        spec = knobs()
        st.code(repr(spec.model_dump() if spec else None))
        preview()
        if spec is not None:
            write_knobs(spec)


def app(load: dict[str, Any] | None = None, **link: str) -> AppTest:
    """The page, opened by a link with such knobs; its button "load" sets those of `load`."""
    at = AppTest.from_function(script, kwargs={"load": load}, default_timeout=30)
    for name, value in link.items():
        at.query_params[SHORT.get(name, name)] = value
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def spec_of(at: AppTest) -> RunSpec | None:
    """What the knobs ask for."""
    value = ast.literal_eval(at.code[0].value)
    return None if value is None else RunSpec(**value)


def knob(at: AppTest, name: str):
    return at.get_by_key(f"knob_{name}")


def turn(at: AppTest, name: str, value) -> AppTest:
    knob(at, name).set_value(value)
    return ran(at)
